/** `frameio worker` from without: what an orchestrator asks, what it logs, and how it ends. */
import { readFileSync } from "node:fs"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { freePort } from "@effect-frameio/servers/freePort"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { FakeFrameio, FakeFrameioServer, RateLimiter, Seed } from "@effect-frameio/testing"
import { Deferred, Effect, Either, Fiber, Redacted, Schedule, Schema } from "effect"
import * as JsonOutput from "../src/JsonOutput.js"
import { run } from "./run.js"

/** The status of a path, 0 while nothing listens. */
const statusOf = (port: number, path: string) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => 0
    )
  )

const becomes = (port: number, path: string, status: number) =>
  statusOf(port, path).pipe(
    Effect.repeat({ until: (now) => now === status, schedule: Schedule.spaced("50 millis") }),
    Effect.timeout("20 seconds")
  )

const Line = Schema.parseJson(
  Schema.Struct({ message: Schema.String, logLevel: Schema.String, timestamp: Schema.String })
)

/** A person's login whose access token has ended. */
const loginOfPerson = (baseUrl: string) =>
  Effect.gen(function* () {
    const answer = yield* Effect.promise(() =>
      fetch(`${baseUrl}/ims/token/v3`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: "client",
          client_secret: "the secret of the client",
          code: "of-a-browser"
        })
      }).then((response) => response.json())
    )
    const { access_token, refresh_token } = yield* Schema.decodeUnknown(Tokens)(answer)
    return {
      kind: "person",
      host: new URL(baseUrl).host,
      clientId: "client",
      clientSecret: "the secret of the client",
      imsUrl: baseUrl,
      accessToken: access_token,
      expiresAt: "2020-01-01T00:00:00.000Z",
      refreshToken: refresh_token
    }
  })

const Tokens = Schema.Struct({ access_token: Schema.String, refresh_token: Schema.String })

describe("frameio worker", () => {
  it.scopedLive.skipIf(PostgresServer.missing)(
    "is alive before it is ready, works with files for variables, logs JSON without a secret, and lays down its work",
    () =>
      Effect.gen(function* () {
        const postgres = yield* PostgresServer.start
        let seeded: Seed.Shots | undefined
        let others: Seed.Shots | undefined
        const server = yield* FakeFrameioServer.make({
          port: 0,
          limits: RateLimiter.unlimited,
          world: (world) => {
            seeded = Seed.shots(world, { shots: 2, versions: 3 })
            others = Seed.shots(world, { shots: 1, versions: 3 })
          }
        })
        assert(seeded !== undefined && others !== undefined)
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        yield* fs.writeFileString(`${folder}/FRAMEIO_CLUSTER`, `${Redacted.value(postgres.url)}\n`)
        yield* fs.writeFileString(`${folder}/show-a`, `${FakeFrameio.token}\n`)
        const login = yield* loginOfPerson(server.baseUrl)
        yield* fs.writeFileString(`${folder}/show-b.json`, JSON.stringify(login), { mode: 0o600 })
        const planned = (name: string, shots: Seed.Shots) => {
          const file = `${folder}/${name}.csv`
          const lines = Seed.pairs(shots).map((one) => `${one.assetId},${one.nextAssetId}`)
          return Effect.as(fs.writeFileString(file, ["asset_id,next_asset_id", ...lines].join("\n")), file)
        }
        const plan = yield* planned("reel-7", seeded)
        const other = yield* planned("reel-8", others)
        const cluster = { FRAMEIO_CLUSTER: Redacted.value(postgres.url) }
        const port = yield* freePort
        const told = yield* Deferred.make<Effect.Effect<void>>()
        const worker = yield* Effect.fork(
          run(["worker", "--tokens", folder, "--health-port", String(port)], {
            env: { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_API_SHOW_A: "v4" },
            http: FetchHttpClient.layer,
            onErr: (_, stop) => Effect.asVoid(Deferred.succeed(told, stop))
          })
        )
        const first = yield* statusOf(port, "/ready").pipe(
          Effect.filterOrFail((status) => status !== 0),
          Effect.retry(Schedule.spaced("5 millis"))
        )
        assert.strictEqual(first, 503, "the engine is not up yet")
        assert.strictEqual(yield* statusOf(port, "/health"), 200)
        yield* becomes(port, "/ready", 200)
        const submitted = yield* run(["batch", "submit", plan, "--account", "show-a"], {
          env: { ...cluster, FRAMEIO_API: "" }
        })
        assert.strictEqual(submitted.code, 0, submitted.err)
        assert.deepInclude(JSON.parse(submitted.out), { job: "reel-7", account: "show-a", api: null, isNew: true })
        const written = JSON.parse(readFileSync(new URL("../../../docs/json.schema.json", import.meta.url), "utf8"))
        assert.sameMembers(
          written.properties["batch submit --json"].anyOf[0].required,
          Object.keys(JSON.parse(submitted.out))
        )
        const read = Schema.decodeUnknownEither(JsonOutput.all["batch submit --json"], { onExcessProperty: "error" })
        assert.isTrue(Either.isRight(read(JSON.parse(submitted.out))), submitted.out)
        const second = yield* run(["batch", "submit", other, "--account", "show-b"], {
          env: { ...cluster, FRAMEIO_API: "" }
        })
        assert.strictEqual(second.code, 0, second.err)
        for (const job of ["reel-7", "reel-8"]) {
          yield* run(["batch", "status", "--job", job], { env: cluster }).pipe(
            Effect.repeat({ until: ({ out }) => JSON.parse(out).left === 0, schedule: Schedule.spaced("200 millis") }),
            Effect.timeout("30 seconds")
          )
        }
        for (const { versions } of [...seeded.shots, ...others.shots]) {
          assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
        assert.strictEqual(server.journal.of("versionStacks.create").length, 3)
        // The login was refreshed, and what replaces the token that is used up was written down.
        const kept = yield* fs.readFileString(`${folder}/show-b.json`)
        assert.notInclude(kept, login.refreshToken)
        yield* yield* Deferred.await(told)
        const { code, err } = yield* Fiber.join(worker)
        assert.strictEqual(code, 0, err)
        assert.strictEqual(yield* statusOf(port, "/ready"), 0)
        const lines = yield* Effect.forEach(err.trim().split("\n"), (line) => Schema.decode(Line)(line))
        assert.isTrue(lines.some(({ message }) => message.includes("is at work")))
        assert.isTrue(lines.some(({ message }) => message.startsWith("Stopping")))
        assert.notInclude(err, FakeFrameio.token)
        assert.notInclude(err, login.refreshToken)
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})
