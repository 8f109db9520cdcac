/**
 * A run of many requests that knows how many are still to come, though only few of them wait at any time.
 *
 * ```ts
 * import { RateLimitCall, RateLimitJob } from "@effect-frameio/core"
 * import { Effect } from "effect"
 *
 * const all = <E, R>(calls: ReadonlyArray<Effect.Effect<void, E, R>>) =>
 *   Effect.gen(function* () {
 *     const job = yield* RateLimitJob.make({ name: "import", remaining: calls.length })
 *     yield* Effect.forEach(calls, RateLimitCall.withJob(job), { concurrency: 32, discard: true })
 *   }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BucketSnapshot } from "./BucketSnapshot.js"
import * as JobState from "./internal/jobState.js"
import { monotonicMillis } from "./RateLimitStore.js"

/**
 * A job. Its buckets stay calm until the rest of it fits into what is free. Put its calls under it with
 * `RateLimitCall.withJob`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitJob {
  /** For messages and snapshots; jobs are told apart by identity, not by name. */
  readonly name: string
  /** Requests still to be sent, those that wait included; `Infinity` while it is not known. */
  readonly remaining: () => number
  /** Sets how many requests are still to be sent. Every request sent decrements it. */
  readonly setRemaining: (requests: number) => void
  /** How many of its requests were refused with 429 so far. */
  readonly refused: () => number
  /** The buckets that its requests went through, in the order of their first request. */
  readonly buckets: Effect.Effect<ReadonlyArray<BucketSnapshot>>
}

/**
 * Announces a job of so many requests (`"unknown"` where that is not known), until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  /** For messages and snapshots. */
  readonly name: string
  /** How many requests the job will send. */
  readonly remaining: number | "unknown"
}): Effect.Effect<RateLimitJob, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const state: RateLimitJob & JobState.JobState = {
        name: options.name,
        left: options.remaining === "unknown" ? Number.POSITIVE_INFINITY : options.remaining,
        open: true,
        refusals: 0,
        through: new Set(),
        remaining: () => state.left,
        setRemaining: (requests) => {
          state.left = Math.max(0, requests)
        },
        refused: () => state.refusals,
        buckets: Effect.clockWith((clock) =>
          Effect.sync(() => {
            const now = monotonicMillis(clock)
            return Array.from(state.through, (bucket) => bucket.snapshot(now))
          })
        )
      }
      return JobState.register(state)
    }),
    (state) =>
      Effect.sync(() => {
        state.open = false
        state.left = 0
      })
  )
