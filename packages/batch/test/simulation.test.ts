import { assert, describe, it } from "@effect/vitest"
import { BatchProgress, BatchRunner, VersionPlan } from "@effect-frameio/batch"
import { RateLimitScheduler } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, VirtualClock } from "@effect-frameio/testing"
import { Effect, Logger, LogLevel, Random, Stream } from "effect"
import * as Layers from "./layers.js"

const HOUR = 3_600_000

interface Simulation {
  readonly seed: number
  readonly shots: number
  readonly versions: number
  readonly limit: RateLimiter.Limit
  readonly faults: FaultPlan.FaultPlan
  readonly foreign?: ReadonlyArray<RateLimiter.Foreign>
}

/** The whole stack on a clock that jumps: runner, client, retry, scheduler, fake. */
const simulate = (simulation: Simulation) =>
  VirtualClock.run(
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: simulation.shots, versions: simulation.versions })
      const plan = yield* VersionPlan.fromPairs(Seed.pairs(seeded))
      const progress = yield* Stream.runFold(BatchRunner.run(plan), BatchProgress.empty, BatchProgress.add)
      const [bucket] = (yield* Effect.flatMap(
        RateLimitScheduler.RateLimitScheduler,
        ({ snapshot }) => snapshot
      )).filter(({ route }) => route.startsWith("POST"))
      return {
        fake,
        seeded,
        progress,
        bucket,
        counts: yield* fake.counts("assets.version"),
        elapsed: yield* fake.elapsedMillis
      }
    }).pipe(
      Effect.provide(
        Layers.v2({
          seed: simulation.seed,
          limits: { "assets.version": simulation.limit },
          faults: simulation.faults,
          foreign: simulation.foreign,
          payload: "slim",
          // Transport and server failures are the point here, so none of them stops the client's reads.
          client: { retry: { readRetries: 10 } }
        })
      ),
      // The pauses of retries are drawn from the seed, too: each run is the same history.
      Effect.withRandom(Random.make(simulation.seed)),
      Logger.withMinimumLogLevel(LogLevel.Error)
    )
  )

type Outcome = Effect.Effect.Success<ReturnType<typeof simulate>>

/** Every shot is one stack with all its versions, oldest first, and no call changed anything twice. */
const everythingInPlaceOnce = ({ counts, fake, progress, seeded }: Outcome, links: number) => {
  assert.deepInclude(progress, { confirmed: links, failed: 0 })
  for (const { versions } of seeded.shots) {
    assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
  }
  assert.strictEqual(counts.applied, links)
}

describe("hours of a bulk job, simulated", () => {
  it.live(
    "three hours at 100 per minute, beside a stranger, with answers lost and servers failing: all in place, once",
    () =>
      Effect.gen(function* () {
        const outcome = yield* simulate({
          seed: 1,
          shots: 4200,
          versions: 4,
          limit: { limit: 100, windowMillis: 60_000 },
          foreign: [RateLimiter.steady({ endpoint: "assets.version", perSecond: 0.4, insists: true })],
          faults: FaultPlan.combine(
            FaultPlan.latency({ millis: 80, jitterMillis: 60 }),
            FaultPlan.random({
              seed: 1,
              answerLost: 0.005,
              requestLost: 0.005,
              errorBefore: 0.0025,
              errorAfter: 0.0025,
              headersMissing: 0.005,
              headersMalformed: 0.005
            })
          )
        })
        everythingInPlaceOnce(outcome, 12_600)
        assert.isAbove(outcome.elapsed, 2 * HOUR)
        // Of ten seeds that were tried one has a single refusal.
        assert.strictEqual(outcome.counts.refused, 0)
        const answered = outcome.counts.requests
        // What the stranger leaves of 100 per minute, after the first 100.
        const shortest = ((answered - 100) * 600) / (1 - 0.24)
        assert.isAtMost((outcome.counts.lastSuccessAtMillis ?? 0) / shortest, 1.02)
        assert.strictEqual(outcome.bucket?.inFlight, 0)
      }),
    120_000
  )

  it.live.each([2, 3, 4, 5, 6])("with faults out of seed %i", (seed) =>
    Effect.gen(function* () {
      const outcome = yield* simulate({
        seed,
        shots: 150,
        versions: 3,
        limit: { limit: 7, windowMillis: 1000 },
        faults: FaultPlan.combine(
          FaultPlan.latency({ millis: 150, jitterMillis: 150 }),
          FaultPlan.random({
            seed,
            connectionRefused: 0.02,
            answerLost: 0.02,
            requestLost: 0.02,
            errorBefore: 0.02,
            errorAfter: 0.02,
            htmlBefore: 0.02,
            htmlAfter: 0.02,
            noAnswer: 0.01,
            headersMissing: 0.02,
            headersMalformed: 0.05
          })
        )
      })
      everythingInPlaceOnce(outcome, 300)
      assert.strictEqual(outcome.counts.refused, 0)
    })
  )
})
