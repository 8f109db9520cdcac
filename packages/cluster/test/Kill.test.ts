/** The real command in processes of its own, with real servers: workers die in the middle, and nobody tells the others. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import * as RedisServer from "@effect-frameio/servers/RedisServer"
import { FakeFrameioServer, Seed } from "@effect-frameio/testing"
import { Context, Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"

const exec = promisify(execFile)

const bundle = fileURLToPath(new URL("../../cli/bundle.mjs", import.meta.url))

/** The command as it is in the sources, and a folder for files. */
const program = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-cluster-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  // Beside the package, where what is not bundled is found.
  const built = fileURLToPath(new URL(`../../cli/build/program-of-the-cluster-${process.pid}`, import.meta.url))
  yield* Effect.acquireRelease(
    Effect.promise(() => exec(process.execPath, [bundle, built])),
    () => Effect.sync(() => rmSync(built, { recursive: true, force: true }))
  )
  return { bin: join(built, "bin.js"), folder }
})

const Status = Schema.parseJson(
  Schema.Struct({
    inUse: Schema.Boolean,
    left: Schema.Number,
    counts: Schema.Struct({ total: Schema.Number, confirmed: Schema.Number, sent: Schema.Number })
  })
)

const SHOTS = 30
const VERSIONS = 16
const LIMIT = 100

describe("several workers, one killed every few seconds", () => {
  it.scopedLive.skipIf(PostgresServer.missing || RedisServer.missing)(
    "put every version on its stack once, and in order",
    () =>
      Effect.gen(function* () {
        const { bin, folder } = yield* program
        const postgres = yield* PostgresServer.start
        const redis = yield* RedisServer.start()
        const context = yield* Layer.build(
          FakeFrameioServer.layer({
            limits: { "*": { limit: 1000, windowMillis: 1000 }, "assets.version": { limit: LIMIT, windowMillis: 1000 } }
          })
        )
        const fake = Context.get(context, FakeFrameioServer.FakeFrameioServer)
        const seeded = Seed.shots(fake.world, { shots: SHOTS, versions: VERSIONS })
        const pairs = Seed.pairs(seeded)
        const plan = join(folder, "reel-7.csv")
        yield* Effect.sync(() =>
          writeFileSync(
            plan,
            [
              "asset_id,next_asset_id",
              ...pairs.map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`),
              ""
            ].join("\n")
          )
        )
        const env = {
          PATH: process.env.PATH,
          FRAMEIO_CLUSTER: Redacted.value(postgres.url),
          FRAMEIO_BASE_URL: fake.baseUrl,
          FRAMEIO_TOKEN_SHOW_A: Redacted.value(fake.token),
          FRAMEIO_REDIS_URL: Redacted.value(redis.url),
          FRAMEIO_REDIS_HASH_KEY: "a hash key of some length"
        }
        const frameio = (...args: ReadonlyArray<string>) =>
          Effect.promise(() => exec(process.execPath, [bin, ...args], { env, maxBuffer: 1e8 }))
        const workers: Array<ChildProcess> = []
        const atWork = new Set<ChildProcess>()
        const work = Effect.sync(() => {
          const child = spawn(process.execPath, [bin, "worker"], { env, stdio: ["ignore", "ignore", "pipe"] })
          let said = ""
          child.stderr.on("data", (chunk: Buffer) => {
            said += chunk.toString()
            if (said.includes("is at work")) atWork.add(child)
          })
          child.once("exit", (code) => {
            if (code !== null && code !== 130 && code !== 0) console.error(`a worker ended with ${code}: ${said}`)
          })
          workers.push(child)
        })
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            for (const child of workers) child.kill("SIGKILL")
          })
        )
        const submitted = yield* frameio("batch", "submit", plan, "--account", "show-a", "--settle-after", "2")
        assert.deepInclude(JSON.parse(submitted.stdout), { job: "reel-7", isNew: true, links: pairs.length })
        yield* Effect.repeatN(work, 2)
        const status = Effect.flatMap(frameio("batch", "status", "--job", "reel-7", "--json"), ({ stdout }) =>
          Schema.decode(Status)(stdout)
        )
        let kills = 0
        const killOne = Effect.suspend(() => {
          workers.shift()?.kill("SIGKILL")
          kills++
          return work
        })
        // Not before the first of them has done something.
        yield* status.pipe(
          Effect.repeat({ until: ({ counts }) => counts.confirmed > 0, schedule: Schedule.spaced("200 millis") })
        )
        const killing = yield* Effect.forkScoped(Effect.repeat(Effect.delay(killOne, "2 seconds"), Schedule.recurs(2)))
        const { counts } = yield* status.pipe(
          Effect.repeat({ until: ({ left }) => left === 0, schedule: Schedule.spaced("500 millis") }),
          Effect.timeout("90 seconds"),
          Effect.zipRight(status)
        )
        // A job that is done before the last kill must not leave it to the worker that is told to end.
        yield* Fiber.interrupt(killing)
        assert.isAtLeast(kills, 2)
        assert.deepStrictEqual(counts, { total: pairs.length, confirmed: pairs.length, sent: 0 })
        for (const { versions } of seeded.shots) {
          assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
        const calls = fake.journal.of("assets.version")
        assert.strictEqual(calls.filter(({ applied }) => applied).length, pairs.length)
        assert.isBelow(calls.filter(({ status }) => status === 429).length, pairs.length / 20)
        const report = yield* frameio("batch", "report", "--job", "reel-7", "--jsonl", "-")
        assert.strictEqual(report.stdout.trim().split("\n").length, pairs.length)
        assert.notInclude(report.stdout, Redacted.value(fake.token))
        // A worker that is told to end does so by itself.
        const last = yield* Effect.repeat(
          Effect.sync(() => workers.find((child) => atWork.has(child))),
          { until: (child) => child !== undefined, schedule: Schedule.spaced("100 millis") }
        ).pipe(Effect.zipRight(Effect.sync(() => workers.find((child) => atWork.has(child)))))
        const ended = yield* Effect.async<number | null>((resume) => {
          last?.once("exit", (code) => resume(Effect.succeed(code)))
          last?.kill("SIGTERM")
        }).pipe(Effect.timeout("20 seconds"))
        assert.strictEqual(ended, 0)
      }),
    150_000
  )
})
