import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createServer as createSecure } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Schema } from "effect"
import { generate } from "selfsigned"
import { run } from "./run.js"

const Checks = Schema.parseJson(
  Schema.Struct({
    checks: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        state: Schema.Literal("ok", "warn", "fail"),
        what: Schema.String,
        todo: Schema.Array(Schema.String)
      })
    )
  })
)

const fake = Effect.map(FakeFrameioServer.make({ limits: RateLimiter.unlimited }), (server) => ({
  server,
  env: { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
}))

const frameio = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, terminal = false) =>
  run(args, { http: FetchHttpClient.layer, env, terminal })

const doctor = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { code, err, out } = yield* frameio(["doctor", ...args], env)
    const { checks } = yield* Schema.decode(Checks)(out)
    const of = (name: string) => {
      const found = checks.find((one) => one.name === name)
      if (found === undefined) throw new Error(`no check of ${name}: ${out}`)
      return found
    }
    return { code, err, of, out }
  })

/** A server that answers everything alike, over TLS or not. */
const listening = (server: ReturnType<typeof createServer> | ReturnType<typeof createSecure>) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )

describe("frameio whoami", () => {
  it.scopedLive("says who it is over V4, and which accounts are reached", () =>
    Effect.gen(function* () {
      const { env, server } = yield* fake
      const user = server.world.users[0]
      const told = yield* frameio(["whoami"], env, true)
      assert.strictEqual(told.code, 0, told.err)
      assert.include(told.out, `${user?.name}`)
      assert.include(told.out, server.world.projects[0]?.accountId ?? "")
      const json: unknown = JSON.parse((yield* frameio(["whoami"], env)).out)
      assert.deepInclude(json, { api: "v4", kind: "developer-token", from: "FRAMEIO_TOKEN" })
    })
  )

  it.scopedLive("says of v2 no more than that the token is accepted, and refuses one that is not", () =>
    Effect.gen(function* () {
      // Knows v2 only: a token that it takes, and no asset.
      const port = yield* listening(
        createServer((request, response) => {
          const accepted =
            request.url?.startsWith("/v2/") === true && request.headers.authorization === "Bearer old-token"
          response.writeHead(accepted ? 404 : 401, { "content-type": "application/json" }).end("{}")
        })
      )
      const base = { FRAMEIO_BASE_URL: `http://127.0.0.1:${port}` }
      const told = yield* frameio(["whoami"], { ...base, FRAMEIO_TOKEN: "old-token" }, true)
      assert.strictEqual(told.code, 0, told.err)
      assert.include(told.out, "over v2, which has no call that tells whose it is")
      const refused = yield* frameio(["whoami"], { ...base, FRAMEIO_TOKEN: "other-token" })
      assert.strictEqual(refused.code, 2)
      assert.include(refused.err, "frameio auth login")
      assert.notInclude(refused.err, "other-token")
    })
  )
})

describe("frameio doctor", () => {
  it.scopedLive("finds nothing in the way", () =>
    Effect.gen(function* () {
      const { env } = yield* fake
      const { code, of, out } = yield* doctor({ ...env, HTTPS_PROXY: "http://me:secret@proxy.example.com:8080" })
      assert.strictEqual(code, 0, out)
      for (const name of ["Node", "Network", "Clock", "Token", "SQLite"]) assert.strictEqual(of(name).state, "ok", name)
      assert.strictEqual(of("Proxy").what, "http://proxy.example.com:8080")
      assert.notInclude(out, "secret")
      assert.notInclude(out, FakeFrameio.token)
      const told = yield* frameio(["doctor"], env, true)
      assert.match(told.out, /^ok +Node +v\d+/)
    })
  )

  it.scopedLive("says what is wrong with a token, and fails", () =>
    Effect.gen(function* () {
      const { env } = yield* fake
      const refused = yield* doctor({ ...env, FRAMEIO_TOKEN: "another-token" })
      assert.strictEqual(refused.code, 1)
      assert.strictEqual(refused.of("Token").state, "fail")
      assert.include(refused.of("Token").todo.join(), "frameio auth login")
      assert.notInclude(refused.out + refused.err, "another-token")
      const missing = yield* doctor({ FRAMEIO_BASE_URL: env.FRAMEIO_BASE_URL })
      assert.strictEqual(missing.code, 1)
      assert.include(missing.of("Token").what, "FRAMEIO_TOKEN")
    })
  )

  it.scopedLive("says that there is no way, and what a certificate of a company's proxy needs", () =>
    Effect.gen(function* () {
      const nobody = yield* doctor({ FRAMEIO_BASE_URL: "http://127.0.0.1:9", FRAMEIO_TOKEN: "t" })
      assert.strictEqual(nobody.code, 1)
      assert.strictEqual(nobody.of("Network").state, "fail")
      const { cert, private: key } = yield* Effect.promise(() => generate([{ name: "commonName", value: "localhost" }]))
      const port = yield* listening(createSecure({ cert, key }, (_, response) => response.end()))
      const env = { FRAMEIO_BASE_URL: `https://localhost:${port}`, FRAMEIO_TOKEN: "t" }
      assert.include((yield* doctor(env)).of("Network").todo.join(), "NODE_EXTRA_CA_CERTS=<file>.pem")
      const shown = yield* frameio(["show", "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"], env)
      assert.strictEqual(shown.code, 1)
      assert.include(shown.err, "NODE_EXTRA_CA_CERTS=<file>.pem")
    })
  )

  it.scopedLive("warns of a clock that is off", () =>
    Effect.gen(function* () {
      const port = yield* listening(
        createServer((_, response) => {
          response.writeHead(401, { date: new Date(0).toUTCString() }).end()
        })
      )
      const { of } = yield* doctor({ FRAMEIO_BASE_URL: `http://127.0.0.1:${port}`, FRAMEIO_TOKEN: "t" })
      assert.strictEqual(of("Clock").state, "warn")
      assert.include(of("Clock").what, "ahead of")
    })
  )

  it.scopedLive("looks at ledgers", () =>
    Effect.gen(function* () {
      const { env, server } = yield* fake
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-doctor-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      const pairs = Seed.pairs(Seed.shots(server.world, { shots: 2, versions: 2 }))
      const plan = join(folder, "pairs.csv")
      writeFileSync(
        plan,
        ["asset_id,next_asset_id", ...pairs.map((one) => `${one.assetId},${one.nextAssetId}`)].join("\n")
      )
      const [good, bad] = [join(folder, "job.db"), join(folder, "other.db")]
      assert.strictEqual((yield* frameio(["batch", "run", plan, "--ledger", good], env)).code, 0)
      writeFileSync(bad, "no ledger at all, but a text of some length")
      const { code, of } = yield* doctor(env, good, bad)
      assert.strictEqual(code, 1)
      assert.include(of(good).what, "2 of 2 versions in place")
      assert.strictEqual(of(bad).state, "fail")
    })
  )
})
