/** The real command in processes of its own, with real servers: workers die in the middle, and nobody tells the others. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, layer } from "@effect/vitest"
import { freePort } from "@effect-frameio/servers/freePort"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import * as RedisServer from "@effect-frameio/servers/RedisServer"
import { FakeFrameioServer, FaultPlan, Seed } from "@effect-frameio/testing"
import { Context, Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"

const exec = promisify(execFile)

const bundle = fileURLToPath(new URL("../../cli/bundle.mjs", import.meta.url))

/** The command as it is in the sources. */
class Program extends Context.Tag("test/Program")<Program, string>() {
  static readonly live = Layer.scoped(
    Program,
    Effect.gen(function* () {
      // Beside the package, where what is not bundled is found.
      const built = fileURLToPath(new URL(`../../cli/build/program-of-the-cluster-${process.pid}`, import.meta.url))
      yield* Effect.acquireRelease(
        Effect.promise(() => exec(process.execPath, [bundle, built])),
        () => Effect.sync(() => rmSync(built, { recursive: true, force: true }))
      )
      return join(built, "bin.js")
    })
  )
}

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-cluster-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const writePlan = (file: string, pairs: ReturnType<typeof Seed.pairs>) =>
  Effect.sync(() => {
    const lines = pairs.map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`)
    writeFileSync(file, ["asset_id,next_asset_id", ...lines, ""].join("\n"))
  })

const Status = Schema.parseJson(
  Schema.Struct({
    inUse: Schema.Boolean,
    left: Schema.Number,
    counts: Schema.Struct({ total: Schema.Number, confirmed: Schema.Number, sent: Schema.Number })
  })
)

/** Looks until it is so, and gives what it saw then. */
const until = <A, E>(look: Effect.Effect<A, E>, isSo: (seen: A) => boolean) =>
  Effect.filterOrFail(look, isSo, () => "not yet" as const).pipe(
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.timeout("2 minutes")
  )

/** 0 while nothing listens. */
const readiness = (port: number) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ status }) => status,
      () => 0
    )
  )

/** So many chains, each with one slow answer. */
const SLOW = 12

/** The command over one account and without Redis. */
const command = (given: {
  readonly bin: string
  readonly fake: FakeFrameioServer.Service
  readonly job: string
  readonly postgres: Effect.Effect.Success<typeof PostgresServer.start>
}) => {
  const { bin, fake, job, postgres } = given
  const env = {
    PATH: process.env.PATH,
    FRAMEIO_CLUSTER: Redacted.value(postgres.url),
    FRAMEIO_BASE_URL: fake.baseUrl,
    FRAMEIO_API: "v2",
    FRAMEIO_TOKEN: Redacted.value(fake.token)
  }
  const frameio = (...args: ReadonlyArray<string>) =>
    Effect.promise(() => exec(process.execPath, [bin, ...args], { env, maxBuffer: 1e8 }))
  return {
    frameio,
    status: Effect.flatMap(frameio("batch", "status", "--job", job, "--json"), ({ stdout }) =>
      Schema.decode(Status)(stdout)
    ),
    /** A worker that is ready, with the port of its health. */
    start: Effect.gen(function* () {
      const port = yield* freePort
      const child = spawn(process.execPath, [bin, "worker", "--health-port", String(port)], { env, stdio: "ignore" })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      yield* until(readiness(port), (status) => status === 200)
      return { child, port }
    })
  }
}

const SHOTS = 30
const VERSIONS = 26
const LIMIT = 100

const missing = PostgresServer.missing || RedisServer.missing

layer(missing ? Layer.succeed(Program, "") : Program.live, { excludeTestServices: true, timeout: 180_000 })(
  "several workers",
  (it) => {
    it.scoped.skipIf(missing)(
      "put every version on its stack once, and in order, while one after the other is killed",
      () =>
        Effect.gen(function* () {
          const bin = yield* Program
          const folder = yield* temporaryFolder
          const postgres = yield* PostgresServer.start
          const redis = yield* RedisServer.start()
          const context = yield* Layer.build(
            FakeFrameioServer.layer({
              limits: {
                "*": { limit: 1000, windowMillis: 1000 },
                "assets.version": { limit: LIMIT, windowMillis: 1000 }
              }
            })
          )
          const fake = Context.get(context, FakeFrameioServer.FakeFrameioServer)
          const seeded = Seed.shots(fake.world, { shots: SHOTS, versions: VERSIONS })
          const pairs = Seed.pairs(seeded)
          const plan = join(folder, "reel-7.csv")
          yield* writePlan(plan, pairs)
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
          let warnings = 0
          /** Whether all were in time for Redis; on a machine with too much to do they go by counts of their own. */
          let isShared = true
          const work = Effect.sync(() => {
            const child = spawn(process.execPath, [bin, "worker"], { env, stdio: ["ignore", "ignore", "pipe"] })
            let said = ""
            child.stderr.on("data", (chunk: Buffer) => {
              said += chunk.toString()
              if (said.includes("is at work")) atWork.add(child)
              if (chunk.toString().includes("DeprecationWarning")) warnings++
              if (chunk.toString().includes("this process's own count")) isShared = false
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
          assert.deepInclude(JSON.parse(submitted.stdout), { job: "reel-7", isNew: true, versions: pairs.length })
          yield* Effect.repeatN(work, 2)
          const status = Effect.flatMap(frameio("batch", "status", "--job", "reel-7", "--json"), ({ stdout }) =>
            Schema.decode(Status)(stdout)
          )
          const applied = () => fake.journal.of("assets.version").filter((call) => call.applied).length
          for (const share of [0.1, 0.4, 0.7]) {
            yield* until(Effect.sync(applied), (count) => count >= share * pairs.length)
            workers.shift()?.kill("SIGKILL")
            yield* work
          }
          assert.isBelow(applied(), pairs.length, "each was killed in the middle")
          const { counts } = yield* status.pipe(
            Effect.repeat({ until: ({ left }) => left === 0, schedule: Schedule.spaced("500 millis") }),
            Effect.timeout("3 minutes"),
            Effect.zipRight(status)
          )
          assert.deepStrictEqual(counts, { total: pairs.length, confirmed: pairs.length, sent: 0 })
          for (const { versions } of seeded.shots) {
            assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
          }
          const calls = fake.journal.of("assets.version")
          assert.strictEqual(applied(), pairs.length)
          if (isShared) assert.isBelow(calls.filter(({ status }) => status === 429).length, pairs.length / 20)
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
          }).pipe(Effect.timeout("60 seconds"))
          assert.strictEqual(ended, 0)
          assert.strictEqual(warnings, 0, "what the workers do is not deprecated")
        }),
      300_000
    )

    it.scoped.skipIf(missing)(
      "go on with what one lays down that is told to end, which is not ready meanwhile",
      () =>
        Effect.gen(function* () {
          const bin = yield* Program
          const folder = yield* temporaryFolder
          const postgres = yield* PostgresServer.start
          const context = yield* Layer.build(
            FakeFrameioServer.layer({
              limits: { "*": { limit: 1000, windowMillis: 1000 } },
              // Of the first of each chain the answers take so long that the worker is seen while it waits for them.
              faults: FaultPlan.make(({ endpoint, ofEndpoint }) => ({
                answerMillis: endpoint === "assets.version" && ofEndpoint < SLOW ? 6000 : 1500
              }))
            })
          )
          const fake = Context.get(context, FakeFrameioServer.FakeFrameioServer)
          const seeded = Seed.shots(fake.world, { shots: SLOW, versions: 4 })
          const pairs = Seed.pairs(seeded)
          const plan = join(folder, "reel-8.csv")
          yield* writePlan(plan, pairs)
          const { frameio, start, status } = command({ bin, fake, job: "reel-8", postgres })
          const first = yield* start
          const second = yield* start
          yield* frameio("batch", "submit", plan, "--settle-after", "5")
          const calls = () => fake.journal.of("assets.version")
          // One of each chain is out, at either worker.
          yield* until(Effect.sync(calls), (calls) => calls.length >= seeded.shots.length)
          const exited = yield* Effect.forkScoped(
            Effect.async<number | null>((resume) => {
              first.child.once("exit", (code) => resume(Effect.succeed(code)))
              first.child.kill("SIGTERM")
            })
          )
          const now = yield* until(readiness(first.port), (status) => status !== 200)
          assert.strictEqual(now, 503, "it is alive, and not ready")
          assert.strictEqual(yield* readiness(second.port), 200)
          assert.strictEqual(yield* Fiber.join(exited), 0)
          assert.isBelow(calls().length, pairs.length, "it has ended in the middle of the job")
          const { counts } = yield* until(status, ({ left }) => left === 0)
          assert.deepStrictEqual(counts, { total: pairs.length, confirmed: pairs.length, sent: 0 })
          for (const { versions } of seeded.shots) {
            assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
          }
          assert.strictEqual(
            calls().length,
            pairs.length,
            "what it had sent was waited for, and nothing was sent again"
          )
        }),
      300_000
    )

    it.scoped.skipIf(missing)(
      "go on with what one has in hand that is frozen, which does no harm when it wakes",
      () =>
        Effect.gen(function* () {
          const bin = yield* Program
          const folder = yield* temporaryFolder
          const postgres = yield* PostgresServer.start
          const context = yield* Layer.build(
            FakeFrameioServer.layer({
              limits: { "*": { limit: 1000, windowMillis: 1000 } },
              faults: FaultPlan.latency({ millis: 300 })
            })
          )
          const fake = Context.get(context, FakeFrameioServer.FakeFrameioServer)
          const seeded = Seed.shots(fake.world, { shots: 12, versions: 8 })
          const pairs = Seed.pairs(seeded)
          const plan = join(folder, "reel-9.csv")
          yield* writePlan(plan, pairs)
          const { frameio, start, status } = command({ bin, fake, job: "reel-9", postgres })
          const frozen = yield* start
          yield* start
          yield* frameio("batch", "submit", plan, "--settle-after", "2")
          const calls = () => fake.journal.of("assets.version")
          yield* until(Effect.sync(calls), (calls) => calls.length >= 2 * seeded.shots.length)
          frozen.child.kill("SIGSTOP")
          assert.isBelow(calls().length, pairs.length, "in the middle of the job")
          const { counts } = yield* until(status, ({ left }) => left === 0)
          frozen.child.kill("SIGCONT")
          yield* until(readiness(frozen.port), (status) => status === 200)
          const code = yield* Effect.async<number | null>((resume) => {
            frozen.child.once("exit", (code) => resume(Effect.succeed(code)))
            frozen.child.kill("SIGTERM")
          })
          assert.strictEqual(code, 0)
          assert.deepStrictEqual(counts, { total: pairs.length, confirmed: pairs.length, sent: 0 })
          for (const { versions } of seeded.shots) {
            assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
          }
          assert.strictEqual(calls().filter(({ applied }) => applied).length, pairs.length)
        }),
      300_000
    )
  }
)
