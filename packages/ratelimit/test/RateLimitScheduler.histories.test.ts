import { Headers } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  RateLimitCall,
  type RateLimitError,
  RateLimitJob,
  RateLimitScheduler,
  RateLimitStore
} from "@effect-frameio/ratelimit"
import * as Limiter from "@effect-frameio/testing/RateLimiter"
import * as VirtualClock from "@effect-frameio/testing/VirtualClock"
import { Cause, Effect, Exit, Fiber, FastCheck as fc, Redacted } from "effect"

/** A hundred in every `npm test`; more, or others, by `npm run histories -- <count> <seed>`. */
const COUNT = Math.ceil(Number(process.env.HISTORIES ?? 10_000) / 100)

const PRIORITIES = ["interactive", "normal", "bulk"] as const

/** How many grants may pass a waiting request of a lower priority; two priorities may come to their turn at once. */
const MOST_OVERTAKES = 18

interface Call {
  /** When it is made, in ms. */
  readonly at: number
  readonly rank: 0 | 1 | 2
  /** The job it is part of, if any. */
  readonly job: number | undefined
  readonly maxWait: number | undefined
  /** Interrupted so many ms after it was made, wherever it is by then. */
  readonly interruptedAfter: number | undefined
  /** How long it takes between its permit and its request, in ms. */
  readonly beforeSend: number
}

interface History {
  readonly limit: number
  readonly windowMillis: number
  readonly latency: number
  readonly isHinted: boolean
  /** How many requests each job says that it will send; more or fewer than it does. */
  readonly jobs: ReadonlyArray<number | "unknown">
  readonly calls: ReadonlyArray<Call>
}

const sometimes = (value: fc.Arbitrary<number>) => fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, value)

const history: fc.Arbitrary<History> = fc
  .record({
    limit: fc.integer({ min: 1, max: 40 }),
    windowMillis: fc.integer({ min: 100, max: 5000 }),
    latency: fc.integer({ min: 0, max: 400 }),
    isHinted: fc.boolean(),
    jobs: fc.array(fc.oneof(fc.constant("unknown" as const), fc.nat(60)), { maxLength: 3 })
  })
  .chain((rule) => {
    const cost = Math.max(1, Math.round(rule.windowMillis / rule.limit))
    const call = fc.record<Call>({
      at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 * cost })),
      rank: fc.constantFrom(0, 0, 0, 1, 2),
      job: rule.jobs.length === 0 ? fc.constant(undefined) : sometimes(fc.nat(rule.jobs.length - 1)),
      // A whole number of costs after it came is when permits fall free: the very edge.
      maxWait: sometimes(
        fc.oneof(
          fc.integer({ min: 0, max: 40 * cost }),
          fc.nat(40).map((costs) => costs * cost)
        )
      ),
      interruptedAfter: sometimes(fc.integer({ min: 0, max: 60 * cost + rule.latency })),
      beforeSend: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 * cost }))
    })
    return fc.record({
      limit: fc.constant(rule.limit),
      windowMillis: fc.constant(rule.windowMillis),
      latency: fc.constant(rule.latency),
      isHinted: fc.constant(rule.isHinted),
      jobs: fc.constant(rule.jobs),
      // Enough of the higher ones to keep the lower ones waiting.
      calls: fc.array(call, { minLength: 1, maxLength: 150, size: "max" })
    })
  })

/** What became of a call. */
interface Seen {
  readonly call: Call
  grantedAt: number | undefined
  sent: number
  refused: number
  endedAt: number
  exit: Exit.Exit<RateLimitScheduler.Answered, RateLimitError.RateLimitError> | undefined
}

const key = { owner: Redacted.make("token"), route: "POST /v2/assets/:asset_id/version" }

const play = ({ calls, isHinted, jobs, latency, limit, windowMillis }: History) =>
  Effect.gen(function* () {
    const rule = { limit, windowMillis }
    const limiter = Limiter.make({ limits: { "*": rule } })
    const clock = yield* Effect.clock
    const now = () => RateLimitStore.monotonicMillis(clock)
    const { schedule, snapshot } = yield* RateLimitScheduler.make({
      linger: latency,
      ...(isHinted ? { hint: () => rule } : {})
    })
    const grants: Array<Seen> = []

    const send = (seen: Seen) =>
      Effect.gen(function* () {
        seen.sent++
        yield* Effect.sleep(latency / 2)
        const { admitted, remaining } = limiter.take("user", "version", now())
        if (!admitted) seen.refused++
        yield* Effect.sleep(latency / 2)
        return {
          status: admitted ? 200 : 429,
          headers: Headers.fromInput({
            "x-ratelimit-limit": `${limit}`,
            "x-ratelimit-window": `${windowMillis}`,
            "x-ratelimit-remaining": `${remaining}`
          })
        }
      })

    const make = (known: ReadonlyArray<RateLimitJob.RateLimitJob>) => (call: Call) =>
      Effect.gen(function* () {
        const seen: Seen = { call, grantedAt: undefined, sent: 0, refused: 0, endedAt: Number.NaN, exit: undefined }
        yield* Effect.sleep(call.at)
        const granted = Effect.suspend(() => {
          seen.grantedAt = now()
          grants.push(seen)
          return call.beforeSend === 0 ? Effect.void : Effect.sleep(call.beforeSend)
        })
        const job = call.job === undefined ? undefined : known[call.job]
        const fiber = yield* schedule(key)(send(seen)).pipe(
          job === undefined ? (self) => self : RateLimitCall.withJob(job),
          RateLimitCall.withBeforeSend(granted),
          RateLimitCall.withPriority(PRIORITIES[call.rank]),
          call.maxWait === undefined ? (self) => self : RateLimitCall.withMaxWait(call.maxWait),
          Effect.onExit((exit) =>
            Effect.sync(() => {
              seen.exit = exit
              seen.endedAt = now()
            })
          ),
          Effect.fork
        )
        if (call.interruptedAfter !== undefined) {
          yield* Effect.delay(Fiber.interrupt(fiber), call.interruptedAfter)
        }
        yield* Fiber.await(fiber)
        return seen
      })

    const seen = yield* Effect.scoped(
      Effect.flatMap(
        Effect.forEach(jobs, (remaining, n) => RateLimitJob.make({ name: `job ${n}`, remaining })),
        (known) => Effect.forEach(calls, make(known), { concurrency: "unbounded" })
      )
    )
    // What lingers, and what it leaves in the bucket.
    yield* Effect.sleep(latency + 2 * windowMillis)
    return { seen, grants, buckets: yield* snapshot }
  }).pipe(
    Effect.scoped,
    Effect.provideServiceEffect(RateLimitStore.RateLimitStore, RateLimitStore.makeMemory),
    VirtualClock.run
  )

const holds = (check: (played: Effect.Effect.Success<ReturnType<typeof play>>, history: History) => void) =>
  fc.assert(
    fc.asyncProperty(history, async (history) => check(await Effect.runPromise(play(history)), history)),
    { numRuns: COUNT }
  )

const gaveUp = ({ exit }: Seen): boolean =>
  exit !== undefined &&
  Exit.isFailure(exit) &&
  [...Cause.failures(exit.cause)].some(({ _tag }) => _tag === "FrameioMaxWaitExceeded")

/** A timer that would wake so much sooner is not set anew, in ms. */
const GRAIN = 1

describe("RateLimitScheduler, whoever calls, waits, gives up or is interrupted", { timeout: 3_600_000 }, () => {
  it("nothing is refused, all who may wait are answered, and nothing of them stays", () =>
    holds(({ buckets, seen }) => {
      for (const { call, exit, refused, sent } of seen) {
        assert.strictEqual(refused, 0)
        assert.isAtMost(sent, 1)
        if (call.maxWait === undefined && call.interruptedAfter === undefined) {
          assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
          assert.strictEqual(sent, 1)
        }
      }
      assert.deepStrictEqual(
        buckets.map(({ backlog, inFlight, levelMillis, shared, waiting }) => ({
          backlog,
          inFlight,
          levelMillis,
          shared,
          waiting
        })),
        [{ backlog: 0, inFlight: 0, levelMillis: 0, shared: false, waiting: 0 }]
      )
    }))

  it("a call gives up exactly when it may wait no longer, and then was never sent", () =>
    holds(({ seen }) => {
      for (const one of seen) {
        const { at, maxWait } = one.call
        if (maxWait === undefined) continue
        if (one.grantedAt !== undefined) assert.isAtMost(one.grantedAt, at + maxWait + GRAIN)
        if (!gaveUp(one)) continue
        assert.isUndefined(one.grantedAt)
        assert.strictEqual(one.sent, 0)
        assert.isAtLeast(one.endedAt, at + maxWait)
        assert.isAtMost(one.endedAt, at + maxWait + GRAIN)
      }
    }))

  it("within a priority and a job they go in the order they came, and no lower one is passed for ever", () =>
    holds(({ grants, seen }, { jobs }) => {
      for (const rank of [0, 1, 2] as const) {
        for (const job of [undefined, ...jobs.keys()]) {
          const times = grants.filter(({ call }) => call.rank === rank && call.job === job).map(({ call }) => call.at)
          assert.deepStrictEqual(
            times,
            times.toSorted((a, b) => a - b)
          )
        }
        for (const waiting of seen) {
          if (waiting.call.rank !== rank) continue
          const until = waiting.grantedAt ?? waiting.endedAt
          const index = grants.indexOf(waiting)
          // The first of its priority: those before it have had their turn.
          const since = grants.findLastIndex(
            ({ call }, n) => call.rank === rank && n < (index === -1 ? grants.length : index)
          )
          const passed = grants.filter(
            ({ call, grantedAt = Number.NaN }, n) =>
              n > since &&
              (index === -1 || n < index) &&
              call.rank < rank &&
              grantedAt > waiting.call.at &&
              grantedAt < until
          )
          assert.isAtMost(passed.length, MOST_OVERTAKES)
        }
      }
    }))
})
