import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { get } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Layer } from "effect"
import { run } from "./run.js"

const SECRET = "made-up-client-secret"

/** A fake on a port, a home of its own, and the command in it. */
const setup = (options?: FakeFrameioServer.Options) =>
  Effect.gen(function* () {
    const home = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-auth-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const server = yield* FakeFrameioServer.make({ limits: RateLimiter.unlimited, ...options })
    const env = { HOME: home, FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_IMS_URL: server.baseUrl }
    const frameio = (
      args: ReadonlyArray<string>,
      outside: Parameters<typeof run>[1] & { readonly env?: Record<string, string> } = {}
    ) => run(args, { http: FetchHttpClient.layer, ...outside, env: { ...env, ...outside.env } })
    return { env, file: join(home, ".config/effect-frameio/credentials.json"), frameio, home, server }
  })

const service = { FRAMEIO_CLIENT_ID: "studio", FRAMEIO_CLIENT_SECRET: SECRET }

const browse = (url: string) =>
  Effect.async<number>((resume) => {
    get(url, { rejectUnauthorized: false }, (response) => {
      response.resume()
      response.once("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    }).once("error", (error) => resume(Effect.die(error)))
  })

const post = (url: string, form: Readonly<Record<string, string>>) =>
  Effect.promise(() => fetch(url, { method: "POST", body: new URLSearchParams(form) }).then(({ status }) => status))

describe("frameio auth", () => {
  it.scopedLive("logs a person in through the browser, and every command to come uses that", () =>
    Effect.gen(function* () {
      const { file, frameio, server } = yield* setup()
      const redirect = "https://localhost:18453/callback"
      let came = 0
      const login = yield* frameio(["auth", "login", "--client-id", "studio", "--redirect-uri", redirect], {
        terminal: true,
        onErr: (text) => {
          const address = /^http\S+$/m.exec(text)?.[0]
          if (address === undefined) return Effect.void
          const query = new URL(address).searchParams
          assert.strictEqual(query.get("redirect_uri"), redirect)
          assert.strictEqual(query.get("code_challenge_method"), "S256")
          return Effect.asVoid(
            Effect.forkDaemon(
              Effect.map(browse(`${redirect}?code=made-up-code&state=${query.get("state")}`), (status) => {
                came = status
              })
            )
          )
        }
      })
      assert.strictEqual(login.code, 0, login.err)
      assert.strictEqual(came, 200)
      assert.include(login.err, "over V4, with a person at Adobe, as ")
      if (process.platform !== "win32") {
        assert.strictEqual(statSync(file).mode & 0o777, 0o600)
        assert.strictEqual(statSync(join(file, "..")).mode & 0o777, 0o700)
      }
      const kept = JSON.parse(readFileSync(file, "utf8"))
      for (const secret of [kept.accessToken, kept.refreshToken, "made-up-code"]) {
        assert.notInclude(login.out + login.err, secret)
      }
      const asked = yield* frameio(["whoami"])
      assert.strictEqual(asked.code, 0, asked.err)
      assert.deepInclude(JSON.parse(asked.out), { api: "v4", kind: "person", from: file })
      const status = yield* frameio(["auth", "status"])
      assert.deepInclude(JSON.parse(status.out), { kind: "person", api: "v4", renewedAutomatically: true })
      assert.notInclude(status.out, kept.accessToken)
      const told = yield* frameio(["auth", "status"], { terminal: true })
      assert.match(told.out, /Until +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+, and renewed automatically\n/)

      const ended = yield* frameio(["auth", "logout"])
      assert.strictEqual(ended.code, 0, ended.err)
      assert.include(ended.err, "Adobe has revoked its tokens")
      assert.isFalse(existsSync(file))
      const refresh = yield* post(`${server.baseUrl}/ims/token/v3`, {
        client_id: "studio",
        grant_type: "refresh_token",
        refresh_token: kept.refreshToken
      })
      assert.strictEqual(refresh, 400)
      const access = yield* frameio(["whoami"], { env: { FRAMEIO_TOKEN: kept.accessToken } })
      assert.strictEqual(access.code, 2)
      const after = yield* frameio(["whoami"])
      assert.strictEqual(after.code, 2)
      assert.include(after.err, "frameio auth login")
    })
  )

  it.scopedLive("deletes a login whose tokens Adobe does not revoke, and says so", () =>
    Effect.gen(function* () {
      const { file, frameio } = yield* setup()
      yield* frameio(["auth", "login", "--service"], { env: service })
      const { accessToken } = JSON.parse(readFileSync(file, "utf8"))
      const refusing = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.succeed(HttpClientResponse.fromWeb(request, new Response("", { status: 400 })))
        )
      )
      const ended = yield* frameio(["auth", "logout", "--json"], { http: refusing })
      assert.strictEqual(ended.code, 1)
      assert.deepStrictEqual(JSON.parse(ended.out), { deleted: true, revoked: false })
      assert.include(ended.err, "not revoked")
      for (const secret of [accessToken, SECRET]) assert.notInclude(ended.err + ended.out, secret)
      assert.isFalse(existsSync(file))
    })
  )

  it.scopedLive("refuses an address of another login, and what says why there is none", () =>
    Effect.gen(function* () {
      const { file, frameio } = yield* setup()
      const args = ["auth", "login", "--client-id", "studio", "--redirect-uri", "https://example.com/callback"]
      for (const [input, said] of [
        ["https://example.com/callback?code=x&state=other\n", "another login"],
        ["https://example.com/callback?error=access_denied\n", "access_denied"],
        ["", "No address was given"]
      ] as const) {
        const { code, err } = yield* frameio(args, { input })
        assert.notStrictEqual(code, 0)
        assert.include(err, said)
        assert.isFalse(existsSync(file))
      }
    })
  )

  it.scopedLive("logs a service in by its secret, whose token is kept and not asked for again", () =>
    Effect.gen(function* () {
      const { file, frameio, home, server } = yield* setup()
      const secret = join(home, "secret.txt")
      writeFileSync(secret, `${SECRET}\n`)
      const args = ["auth", "login", "--service", "--client-id", "studio"]
      const nothing = yield* frameio(args)
      assert.strictEqual(nothing.code, 2)
      assert.include(nothing.err, "--client-secret-file, or FRAMEIO_CLIENT_SECRET, is missing")
      const login = yield* frameio([...args, "--client-secret-file", secret])
      assert.strictEqual(login.code, 0, login.err)
      assert.notInclude(login.out + login.err, SECRET)
      assert.include(readFileSync(file, "utf8"), SECRET)
      for (let n = 0; n < 3; n++) assert.strictEqual((yield* frameio(["whoami"])).code, 0)
      assert.strictEqual((yield* server.counts("ims.token")).requests, 1)
    })
  )

  it.scopedLive("uses a service of the environment without any login", () =>
    Effect.gen(function* () {
      const { file, frameio } = yield* setup()
      const asked = yield* frameio(["whoami"], { env: service })
      assert.strictEqual(asked.code, 0, asked.err)
      assert.isFalse(existsSync(file))
    })
  )

  it.scopedLive("keeps a developer token from standard input, and takes FRAMEIO_TOKEN and --token-file before it", () =>
    Effect.gen(function* () {
      const { frameio, home, server } = yield* setup()
      const login = yield* frameio(["auth", "login", "--with-token"], { input: `${FakeFrameio.token}\n` })
      assert.strictEqual(login.code, 0, login.err)
      const asset = server.world.projects[0]?.rootId ?? ""
      assert.strictEqual((yield* frameio(["show", asset])).code, 0)
      const wrong = join(home, "token.txt")
      writeFileSync(wrong, "another-token\n")
      assert.strictEqual((yield* frameio(["show", asset, "--token-file", wrong])).code, 2)
      assert.strictEqual((yield* frameio(["show", asset], { env: { FRAMEIO_TOKEN: "another-token" } })).code, 2)
      const right = join(home, "right.txt")
      writeFileSync(right, FakeFrameio.token)
      const env = { FRAMEIO_TOKEN: "another-token" }
      assert.strictEqual((yield* frameio(["show", asset, "--token-file", right], { env })).code, 0)
    })
  )

  it.scopedLive("keeps the login that was there when Frame.io does not accept another", () =>
    Effect.gen(function* () {
      const { file, frameio } = yield* setup()
      yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.token })
      const before = readFileSync(file, "utf8")
      const other = yield* frameio(["auth", "login", "--with-token"], { input: "another-token" })
      assert.strictEqual(other.code, 2, other.err)
      assert.notInclude(other.err, "another-token")
      assert.strictEqual(readFileSync(file, "utf8"), before)
      for (const input of ["", "two words"]) {
        assert.strictEqual((yield* frameio(["auth", "login", "--with-token"], { input })).code, 2)
      }
    })
  )

  it.scopedLive("sends a login to no other host", () =>
    Effect.gen(function* () {
      const { env, frameio, server } = yield* setup()
      yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.token })
      const other = yield* FakeFrameioServer.make()
      const shown = yield* frameio(["show", server.world.projects[0]?.rootId ?? ""], {
        env: { ...env, FRAMEIO_BASE_URL: other.baseUrl }
      })
      assert.strictEqual(shown.code, 2)
      assert.include(shown.err, "its token is not sent to")
      assert.strictEqual((yield* other.counts()).requests, 0)
    })
  )

  it.scopedLive.skipIf(process.platform === "win32")("does not use a login that others can read", () =>
    Effect.gen(function* () {
      const { file, frameio, server } = yield* setup()
      yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.token })
      for (const [path, open, closed] of [
        [file, 0o640, 0o600],
        [file, 0o604, 0o600],
        [join(file, ".."), 0o777, 0o700]
      ] as const) {
        chmodSync(path, open)
        const shown = yield* frameio(["show", server.world.projects[0]?.rootId ?? ""])
        assert.strictEqual(shown.code, 2)
        assert.include(shown.err, `chmod 600 ${file}`)
        chmodSync(path, closed)
      }
      assert.strictEqual((yield* server.counts("assets.get")).requests, 0)
    })
  )

  it.scopedLive("says that a file is no login, and nothing of what is in it", () =>
    Effect.gen(function* () {
      const { file, frameio } = yield* setup()
      yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.token })
      writeFileSync(file, `{"kind":"developer-token","token":42,"secret":"${FakeFrameio.token}"}`)
      const { code, err } = yield* frameio(["auth", "status"])
      assert.strictEqual(code, 2)
      assert.include(err, "is not a login of this program")
      assert.notInclude(err, FakeFrameio.token)
    })
  )

  it.scopedLive("says of a service whose token cannot be renewed how to go on, and goes on after a login", () =>
    Effect.gen(function* () {
      const { file, frameio, server } = yield* setup({
        faults: FaultPlan.nth("ims.token", 1, { _tag: "ErrorBefore", status: 400 })
      })
      yield* frameio(["auth", "login", "--service"], { env: service })
      const { accessToken } = JSON.parse(readFileSync(file, "utf8"))
      server.world.revokeToken(accessToken)
      const asked = yield* frameio(["whoami"])
      assert.strictEqual(asked.code, 2)
      assert.include(asked.err, "frameio auth login")
      for (const secret of [accessToken, SECRET]) assert.notInclude(asked.err + asked.out, secret)
      assert.strictEqual((yield* frameio(["auth", "login", "--service"], { env: service })).code, 0)
      assert.strictEqual((yield* frameio(["whoami"])).code, 0)
    })
  )

  it.scopedLive("ends a job cleanly whose token is accepted no more, and after a login it goes on", () =>
    Effect.gen(function* () {
      const { frameio, home, server } = yield* setup()
      yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.token })
      const pairs = Seed.pairs(Seed.shots(server.world, { shots: 40, versions: 2 }))
      const plan = join(home, "plan.csv")
      const ledger = join(home, "job.db")
      writeFileSync(
        plan,
        ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n")
      )
      const args = ["batch", "run", plan, "--ledger", ledger, "--concurrency", "2"]
      let confirmed = 0
      const stopped = yield* frameio(args, {
        onOut: (line) =>
          Effect.sync(() => {
            if (line.includes('"Confirmed"') && ++confirmed === 10) server.world.revokeToken(FakeFrameio.token)
          })
      })
      assert.strictEqual(stopped.code, 1, stopped.err)
      assert.include(stopped.err, "frameio auth login")
      assert.include(stopped.err, "To continue: ")
      assert.isBelow((yield* server.counts("assets.version")).applied, 40)
      assert.notInclude(stopped.err + stopped.out, FakeFrameio.token)
      assert.isFalse(readFileSync(ledger).includes(FakeFrameio.token))
      const again = yield* frameio(["auth", "login", "--with-token"], { input: FakeFrameio.secondToken })
      assert.strictEqual(again.code, 0, again.err)
      const went = yield* frameio(args)
      assert.strictEqual(went.code, 0, went.err)
      assert.strictEqual((yield* server.counts("assets.version")).applied, 40)
    })
  )
})
