/**
 * A run of many requests that knows how many are still to come, though only few of them wait at any time.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BucketSnapshot } from "./BucketSnapshot.js"
import * as JobState from "./internal/jobState.js"
import { monotonicMillis } from "./RateLimitStore.js"

/**
 * A job, whose buckets stay calm until the rest of it fits into what is free. `RateLimitCall.withJob` puts calls under it.
 *
 * @example
 * ```ts
 * const job = yield* RateLimitJob.make({ name: "import", remaining: shots.length })
 * yield* Effect.forEach(shots, (assetId) => frameio.get({ assetId }), { concurrency: 32 }).pipe(RateLimitCall.withJob(job))
 * ```
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
 * Announces a job until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  /** For messages and snapshots. */
  readonly name: string
  /** How many requests the job will send, if that is known. */
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
