/**
 * The state of one bucket, for people, logs and tests.
 *
 * @since 0.1.0
 */
import type * as LeakyBucket from "./LeakyBucket.js"

/**
 * Why nothing is sent for a while, and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hold {
  /** The server's reason: 429, a row of 503, or either with a `Retry-After`. */
  readonly reason: LeakyBucket.HoldReason
  /** How much longer, in ms; 0 while the one request that goes first is under way. */
  readonly leftMillis: number
}

/**
 * The state of one bucket.
 *
 * @example
 * ```ts
 * const scheduler = yield* RateLimitScheduler.RateLimitScheduler
 * for (const { free, hold, route, waiting } of yield* scheduler.snapshot) {
 *   yield* Effect.log(`${route}: ${waiting} wait, ${free} could go at once`, hold)
 * }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface BucketSnapshot {
  /** The route template. */
  readonly route: string
  /** Tells the owners apart, in the order in which they came up. Never the token. */
  readonly owner: number
  /** Requests per window; absent until known. */
  readonly limit: number | undefined
  /** The window in ms; absent until known. */
  readonly windowMillis: number | undefined
  /** How full the bucket is at most, in ms, 0 to the window. */
  readonly levelMillis: number
  /** How many requests could go at once now; 0 while the bucket holds. */
  readonly free: number
  /** Requests sent and not answered. */
  readonly inFlight: number
  /** Requests that wait here. */
  readonly waiting: number
  /** Requests to come, as far as known: those waiting and those that jobs announce. */
  readonly backlog: number
  /** Whether somebody else was lately seen to use the bucket. */
  readonly shared: boolean
  /** Set while the bucket holds after a refusal. */
  readonly hold: Hold | undefined
}
