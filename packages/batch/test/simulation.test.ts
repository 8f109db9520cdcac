import { assert, describe, it } from "@effect/vitest"
import { BatchProgress, BatchRunner, VersionPlan } from "@effect-frameio/batch"
import { RateLimitScheduler } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, VirtualClock } from "@effect-frameio/testing"
import { Effect, Logger, LogLevel, Random, Stream } from "effect"
import * as Layers from "./layers.js"

const HOUR = 3_600_000

interface Simulation {
  readonly api: Layers.Api
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
      const scheduler = yield* RateLimitScheduler.RateLimitScheduler
      const [bucket] = (yield* scheduler.snapshot).filter(({ route }) => route.startsWith("POST"))
      const changes = Layers.changesOf(simulation.api, fake)
      return {
        fake,
        seeded,
        progress,
        bucket,
        refused: changes.filter(({ status }) => status === 429).length,
        applied: changes.filter(({ applied }) => applied).length,
        counts: yield* fake.counts(simulation.api.make),
        elapsed: yield* fake.elapsedMillis
      }
    }).pipe(
      Effect.provide(
        simulation.api.layer({
          seed: simulation.seed,
          limits: Layers.limitsOf(simulation.api, simulation.limit.limit, simulation.limit.windowMillis),
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
const everythingInPlaceOnce = ({ applied, fake, progress, seeded }: Outcome, links: number, changes: number) => {
  assert.deepInclude(progress, { confirmed: links, failed: 0 })
  for (const { versions } of seeded.shots) {
    assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
  }
  assert.strictEqual(applied, changes)
}

/** Over V4, where each pair is read first, a lower limit makes a long job of few. */
const hours = [
  { api: Layers.apis[0], shots: 4200, versions: 4, limit: 100, stranger: 0.4, atLeast: 2 * HOUR },
  { api: Layers.apis[1], shots: 500, versions: 2, limit: 10, stranger: 0.04, atLeast: HOUR }
].flatMap(({ api, ...rest }) => (api === undefined ? [] : [{ api, ...rest }]))

describe("hours of a bulk job, simulated", () => {
  for (const { api, atLeast, limit, shots, stranger, versions } of hours) {
    it.live(
      `hours at ${limit} per minute over ${api.name}, beside a stranger, with answers lost and servers failing: all in place, once`,
      () =>
        Effect.gen(function* () {
          const outcome = yield* simulate({
            api,
            seed: 1,
            shots,
            versions,
            limit: { limit, windowMillis: 60_000 },
            foreign: [RateLimiter.steady({ endpoint: api.make, perSecond: stranger, insists: true })],
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
          everythingInPlaceOnce(outcome, shots * (versions - 1), shots * Layers.changesFor(api, versions))
          assert.isAbove(outcome.elapsed, atLeast)
          // Of ten seeds that were tried one has a single refusal.
          assert.strictEqual(outcome.refused, 0)
          const answered = outcome.counts.requests
          // What the stranger leaves of the limit, after the first burst.
          const shortest = ((answered - limit) * (60_000 / limit)) / (1 - (stranger * 60) / limit)
          assert.isAtMost((outcome.counts.lastSuccessAtMillis ?? 0) / shortest, 1.02)
          assert.strictEqual(outcome.bucket?.inFlight, 0)
        }),
      120_000
    )
  }

  for (const api of Layers.apis) {
    it.live.each([2, 3, 4, 5, 6])(`with faults out of seed %i, over ${api.name}`, (seed) =>
      Effect.gen(function* () {
        const versions = api.together + 2
        const shots = api.readsFirst ? 40 : 150
        const outcome = yield* simulate({
          api,
          seed,
          shots,
          versions,
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
        everythingInPlaceOnce(outcome, shots * (versions - 1), shots * Layers.changesFor(api, versions))
        assert.strictEqual(outcome.refused, 0)
      })
    )
  }
})
