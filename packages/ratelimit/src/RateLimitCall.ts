/**
 * The options of one call for the scheduler: its priority, how long it may wait, its job.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Priority as LinePriority } from "./internal/waitingLine.js"
import type { RateLimitJob } from "./RateLimitJob.js"
import * as RateLimitStore from "./RateLimitStore.js"

/**
 * The order of calls: a person who waits, the rest, a long job. Within a priority first in is first out, jobs in turn.
 *
 * A higher priority passes a lower one, but not for ever: after 16 in a row one of the lower goes.
 *
 * @since 0.1.0
 * @category models
 */
export type Priority = LinePriority

/**
 * The options of one call for the scheduler, set by the combinators of this module.
 *
 * @example
 * ```ts
 * const preview = yield* frameio
 *   .get({ assetId: shot })
 *   .pipe(RateLimitCall.withPriority("interactive"), RateLimitCall.withMaxWait("2 seconds"))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitCall {
  /** Default `normal`. */
  readonly priority: Priority
  /** The longest time to wait for one permit, in ms; absent: the scheduler's own. */
  readonly maxWaitMillis: number | undefined
  /** The time on the monotonic clock, in ms, after which nothing may be sent any more. */
  readonly deadline: number | undefined
  /** The job this call is part of. */
  readonly job: RateLimitJob | undefined
  /** Runs when the permit is there and before anything is sent, on every attempt. */
  readonly beforeSend?: Effect.Effect<void> | undefined
}

/**
 * The options of the calls that an effect makes.
 *
 * @since 0.1.0
 * @category references
 */
export class Current extends Context.Reference<Current>()("@effect-frameio/ratelimit/RateLimitCall/Current", {
  defaultValue: (): RateLimitCall => ({
    priority: "normal",
    maxWaitMillis: undefined,
    deadline: undefined,
    job: undefined
  })
}) {}

const updateCall = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  f: (options: RateLimitCall) => RateLimitCall
): Effect.Effect<A, E, R> => Effect.flatMap(Current, (options) => Effect.provideService(self, Current, f(options)))

/**
 * Sets the priority of all calls of an effect.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPriority: {
  (priority: Priority): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, priority: Priority): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, priority: Priority) =>
  updateCall(self, (options) => ({ ...options, priority }))
)

/**
 * Bounds how long each request of an effect waits for its permit; then it fails with `MaxWaitExceeded`, unsent.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMaxWait: {
  (maxWait: Duration.DurationInput): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, maxWait: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, maxWait: Duration.DurationInput) =>
  updateCall(self, (options) => ({
    ...options,
    maxWaitMillis: Duration.toMillis(maxWait)
  }))
)

/**
 * Bounds how long after its start an effect may still send: a request that waits beyond fails with `DeadlineExceeded`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withDeadline: {
  (after: Duration.DurationInput): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, after: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, after: Duration.DurationInput) =>
  Effect.clockWith((clock) => {
    const deadline = RateLimitStore.monotonicMillis(clock) + Duration.toMillis(after)
    return updateCall(self, (options) => ({
      ...options,
      deadline: Math.min(deadline, options.deadline ?? Number.POSITIVE_INFINITY)
    }))
  })
)

/**
 * Makes all calls of an effect part of a job. Jobs of one priority share the bucket evenly.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withJob: {
  (job: RateLimitJob): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, job: RateLimitJob): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, job: RateLimitJob) =>
  updateCall(self, (options) => ({ ...options, job }))
)

/**
 * Runs an effect on each attempt, after the permit and before anything is sent: an interruption before it has sent
 * nothing. Keep it short, because the permit's slot waits with it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withBeforeSend: {
  (beforeSend: Effect.Effect<void>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, beforeSend: Effect.Effect<void>): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, beforeSend: Effect.Effect<void>) =>
  updateCall(self, (options) => ({ ...options, beforeSend }))
)
