/** `frameio worker` from without: what an orchestrator asks, what it logs, and how it ends. */
import { createServer } from "node:http"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { FakeFrameio, FakeFrameioServer, RateLimiter, Seed } from "@effect-frameio/testing"
import { Deferred, Effect, Fiber, Redacted, Schedule, Schema } from "effect"
import { run } from "./run.js"

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

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

describe("frameio worker", () => {
  it.scopedLive.skipIf(PostgresServer.missing)(
    "is alive before it is ready, works with files for variables, logs JSON without a secret, and lays down its work",
    () =>
      Effect.gen(function* () {
        const postgres = yield* PostgresServer.start
        let seeded: Seed.Shots | undefined
        const server = yield* FakeFrameioServer.make({
          port: 0,
          limits: RateLimiter.unlimited,
          world: (world) => {
            seeded = Seed.shots(world, { shots: 2, versions: 3 })
          }
        })
        assert(seeded !== undefined)
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        yield* fs.writeFileString(`${folder}/FRAMEIO_CLUSTER`, `${Redacted.value(postgres.url)}\n`)
        yield* fs.writeFileString(`${folder}/show-a`, `${FakeFrameio.token}\n`)
        const plan = `${folder}/reel-7.csv`
        yield* fs.writeFileString(
          plan,
          ["asset_id,next_asset_id", ...Seed.pairs(seeded).map((one) => `${one.assetId},${one.nextAssetId}`)].join("\n")
        )
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
          Effect.repeat({ until: (status) => status !== 0, schedule: Schedule.spaced("5 millis") }),
          Effect.zipRight(statusOf(port, "/ready"))
        )
        assert.strictEqual(first, 503, "the engine is not up yet")
        assert.strictEqual(yield* statusOf(port, "/health"), 200)
        yield* becomes(port, "/ready", 200)
        const submitted = yield* run(["batch", "submit", plan, "--account", "show-a"], {
          env: { ...cluster, FRAMEIO_API: "" }
        })
        assert.strictEqual(submitted.code, 0, submitted.err)
        assert.deepInclude(JSON.parse(submitted.out), { job: "reel-7", account: "show-a", api: null })
        yield* run(["batch", "status", "--job", "reel-7"], { env: cluster }).pipe(
          Effect.repeat({ until: ({ out }) => JSON.parse(out).left === 0, schedule: Schedule.spaced("200 millis") }),
          Effect.timeout("30 seconds")
        )
        for (const { versions } of seeded.shots) {
          assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
        assert.strictEqual(server.journal.of("versionStacks.create").length, 2)
        yield* yield* Deferred.await(told)
        const { code, err } = yield* Fiber.join(worker)
        assert.strictEqual(code, 0, err)
        assert.strictEqual(yield* statusOf(port, "/ready"), 0)
        const lines = yield* Effect.forEach(err.trim().split("\n"), (line) => Schema.decode(Line)(line))
        assert.isTrue(lines.some(({ message }) => message.includes("is at work")))
        assert.isTrue(lines.some(({ message }) => message.startsWith("Stopping")))
        assert.notInclude(err, FakeFrameio.token)
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})
