import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  type BatchEvent,
  BatchJob,
  BatchProgress,
  BatchRunner,
  Ledger,
  LinkError,
  VersionPlan
} from "@effect-frameio/batch"
import { RateLimitCall } from "@effect-frameio/ratelimit"
import { FakeFrameio, FaultPlan, Seed } from "@effect-frameio/testing"
import { Chunk, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import * as Layers from "./layers.js"

const COUNT = 60

const refusedBetween = (from: number, to: number) =>
  FaultPlan.combine(
    FaultPlan.latency({ millis: 20 }),
    FaultPlan.make(({ elapsedMillis }) =>
      elapsedMillis >= from && elapsedMillis < to ? { fault: { _tag: "ConnectionRefused" } } : undefined
    )
  )

const options = (api: Layers.Api, faults: FaultPlan.FaultPlan): FakeFrameio.Options => ({
  limits: Layers.limitsOf(api, 20),
  payload: "slim",
  faults
})

/** Moves the clock until an effect is through; what it writes to a disk takes its own time. */
const driven = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* TestClock.adjust("1 second")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  })

/** Runs a job of {@link COUNT} links against a fake. */
const run = (api: Layers.Api, made: FakeFrameio.Options, runner?: BatchRunner.Options) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const seeded = Seed.shots(fake.world, { shots: COUNT, versions: 2 })
    const plan = yield* VersionPlan.fromPairs(Seed.pairs(seeded))
    const events = Chunk.toReadonlyArray(yield* driven(Stream.runCollect(BatchRunner.run(plan, runner))))
    const counts = events.reduce(BatchProgress.add, BatchProgress.empty)
    return { counts, events, fake, of: of(events), finished: events.at(-1) }
  }).pipe(Effect.provide(api.layer(made)))

const of =
  (events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  <T extends BatchEvent.BatchEvent["_tag"]>(tag: T) =>
    events.filter((event): event is Extract<BatchEvent.BatchEvent, { _tag: T }> => event._tag === tag)

describe.each(Layers.apis)("an outage over $name", (api) => {
  it.effect("of minutes is a pause: one call tries, somebody is told, and no link fails", () =>
    Effect.gen(function* () {
      const { counts, fake, of } = yield* run(api, options(api, refusedBetween(1000, 181_000)))
      assert.deepInclude(counts, { links: COUNT, confirmed: COUNT, failed: 0, unknown: 0, notSent: 0 })
      const paused = of("Paused")
      assert.isAtLeast(paused.length, 4)
      assert.isAtMost(paused.length, 12)
      assert.include(paused[0]?.message, "no connection")
      assert.strictEqual(of("Resumed").length, 1)
      assert.isAtLeast(of("Resumed")[0]?.millis ?? 0, 170_000)
      // What waited for the limit when it began has the client's own tries; then one call at a time has them.
      assert.isAtMost(Layers.changesOf(api, fake).length, COUNT + 6 * (COUNT - 20 + paused.length))
    })
  )

  it.effect("of an hour ends a job of less patience, and what never left is not failed", () =>
    Effect.gen(function* () {
      const { counts, finished, of } = yield* run(api, options(api, refusedBetween(1000, 10_000_000)), {
        giveUpAfter: "5 minutes"
      })
      assert.deepInclude(counts, { failed: 0, unknown: 0 })
      assert.isAbove(counts.confirmed, 0)
      assert.strictEqual(counts.confirmed + counts.notSent, COUNT)
      assert.include(finished?._tag === "Finished" ? (finished.stopped ?? "") : "", "Nothing got through for 5 min")
      assert.isTrue(of("Skipped").every(({ why }) => why === "stopped"))
    })
  )

  it.effect("from the beginning on is not waited out for long", () =>
    Effect.gen(function* () {
      const { counts, finished } = yield* run(api, options(api, refusedBetween(0, 10_000_000)), {
        giveUpAfter: "12 hours"
      })
      assert.deepInclude(counts, { failed: 0, notSent: COUNT })
      assert.isAtMost(finished?._tag === "Finished" ? finished.elapsedMillis : 0, 60_000)
    })
  )

  describe("met while a refused link is looked up, is told as the outage and not as the refusal:", () => {
    /** A job of one link whose version is on its stack already, so that Frame.io refuses it, and whose reads meet a fault. */
    const lookUp = (fault: FaultPlan.Fault) =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const seeded = Seed.shots(fake.world, { shots: 1, versions: 2 })
        const [first = "", second = ""] = seeded.shots[0]?.versions ?? []
        assert.isTrue(fake.world.version({ assetId: first, nextAssetId: second }).ok)
        const plan = yield* VersionPlan.fromPairs(Seed.pairs(seeded))
        const events = Chunk.toReadonlyArray(
          yield* driven(Stream.runCollect(BatchRunner.run(plan, { giveUpAfter: "1 minute" })))
        )
        assert.strictEqual(Layers.changesOf(api, fake).length > 0, !api.readsFirst)
        return { events, of: of(events), finished: events.at(-1) }
      }).pipe(
        Effect.provide(
          api.layer(
            options(
              api,
              FaultPlan.when(({ endpoint }) => endpoint === api.get, fault)
            )
          )
        )
      )

    it.effect("nothing gets through", () =>
      Effect.gen(function* () {
        const { finished, of } = yield* lookUp({ _tag: "ConnectionRefused" })
        assert.lengthOf(of("Failed"), 0)
        assert.isAbove(of("Paused").length, 0)
        assert.include(of("Paused")[0]?.message, "no connection")
        assert.strictEqual(of("Skipped")[0]?.why, "stopped")
        // Where all is read first, nothing ever got through, and patience is short.
        const patience = api.readsFirst ? "5 s" : "1 min"
        assert.include(
          finished?._tag === "Finished" ? (finished.stopped ?? "") : "",
          `Nothing got through for ${patience}`
        )
      })
    )

    it.effect("the server fails", () =>
      Effect.gen(function* () {
        const { of } = yield* lookUp({ _tag: "ErrorBefore", status: 500 })
        const [failed] = of("Failed")
        assert.strictEqual(failed?.error._tag, "FrameioServerError")
        assert.isTrue(failed !== undefined && LinkError.isStillPlanned(failed.error), "and is tried again by itself")
      })
    )
  })

  it.scoped("leaves links planned in the ledger, and the same command does the rest", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "job.db")
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: COUNT, versions: 2 })
      // The ledger is opened while the clock stands still: the outage would be over before.
      const job = (runner?: BatchJob.Options) =>
        Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          yield* ledger.takePairs(Stream.fromIterable(Seed.pairs(seeded)))
          const counts = yield* driven(Stream.runFold(BatchJob.run(runner), BatchProgress.empty, BatchProgress.add))
          return { counts, ledger: yield* ledger.counts }
        }).pipe(Effect.provide(Ledger.layer({ file })))
      const first = yield* job({ giveUpAfter: "20 seconds" })
      assert.deepInclude(first.ledger, { failed: 0, sent: 0, planned: COUNT - first.counts.confirmed })
      assert.isAbove(first.ledger.planned, 0)
      yield* TestClock.adjust("2 minutes")
      const second = yield* job()
      assert.deepInclude(second.counts, { links: COUNT, confirmed: COUNT, before: first.counts.confirmed, failed: 0 })
    }).pipe(Effect.provide(Layer.merge(api.layer(options(api, refusedBetween(1000, 100_000))), NodeContext.layer)))
  )
})

describe.each(Layers.apis)("a job over $name", (api) => {
  it.effect("fails no link because the limit lets it wait longer than other calls may", () =>
    Effect.gen(function* () {
      const { counts } = yield* run(api, {
        ...options(api, FaultPlan.latency({ millis: 20 })),
        limits: Layers.limitsOf(api, 1, 2000)
      }).pipe(RateLimitCall.withMaxWait("1 second"))
      assert.deepInclude(counts, { confirmed: COUNT, failed: 0 })
    })
  )

  it.effect("stops after the first few of 60 that are refused alike, with none in place", () =>
    Effect.gen(function* () {
      const { counts, fake, finished } = yield* run(
        api,
        options(
          api,
          FaultPlan.combine(
            FaultPlan.latency({ millis: 20 }),
            FaultPlan.when(() => true, { _tag: "ErrorBefore", status: 403 })
          )
        ),
        { concurrency: 4 }
      )
      assert.isAtMost(counts.failed, 14)
      assert.include(finished?._tag === "Finished" ? (finished.stopped ?? "") : "", "all failed alike")
      assert.isAtMost(Layers.changesOf(api, fake).length, 14)
    })
  )
})
