/**
 * The retry policy; pure.
 *
 * - A request refused by the rate limit (429) was not carried out: it is sent again, without a delay here, because the
 *   scheduler holds the bucket as long as it takes.
 * - A request that never left is sent again after a growing delay.
 * - A failed server (5xx, 408) or a lost answer may mean that the request was carried out: reads are sent again, writes
 *   are reported.
 *
 * The scheduler's `maxWait` bounds how long a request waits for the rate limit.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/**
 * How an attempt failed: refused with 429, never sent, failed with 5xx or 408, or left without a complete answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure = "Refused" | "NotSent" | "ServerError" | "AnswerLost"

/**
 * The failure that a status means, or `undefined` if the same request would be answered alike. A server says 408 when it
 * closes a connection that a request has just been sent into; of the 5xx only 501 will not change.
 *
 * @since 0.1.0
 * @category deciding
 */
export const failureOf = (status: number): Failure | undefined => {
  if (status === 429) return "Refused"
  return status === 408 || (status >= 500 && status < 600 && status !== 501) ? "ServerError" : undefined
}

/**
 * The bounds of the policy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How often a request is sent again after a 429. Default 10. */
  readonly refusedRetries?: number | undefined
  /** How often a request is sent again that never left. Default 5. */
  readonly notSentRetries?: number | undefined
  /** How often a read is sent again after a 5xx, a 408 or a lost answer. Default 3. */
  readonly readRetries?: number | undefined
  /** The first delay; each further one is twice as long. Default 250 ms. */
  readonly baseDelay?: Duration.DurationInput | undefined
  /** The longest delay. Default 10 s. */
  readonly maxDelay?: Duration.DurationInput | undefined
}

/**
 * The bounds, all of them given.
 *
 * @example
 * ```ts
 * const policy = RetryPolicy.make({ readRetries: 5 })
 * const failures = RetryPolicy.failed(RetryPolicy.noFailures, "ServerError")
 * const delayMillis = RetryPolicy.decide(policy, { failure: "ServerError", failures, reads: true, random: 0.5 })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryPolicy {
  readonly refusedRetries: number
  readonly notSentRetries: number
  readonly readRetries: number
  readonly baseDelayMillis: number
  readonly maxDelayMillis: number
}

/**
 * The default bounds.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: RetryPolicy = {
  refusedRetries: 10,
  notSentRetries: 5,
  readRetries: 3,
  baseDelayMillis: 250,
  maxDelayMillis: 10_000
}

/**
 * Fills in the defaults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): RetryPolicy => ({
  refusedRetries: options?.refusedRetries ?? defaults.refusedRetries,
  notSentRetries: options?.notSentRetries ?? defaults.notSentRetries,
  readRetries: options?.readRetries ?? defaults.readRetries,
  baseDelayMillis: options?.baseDelay === undefined ? defaults.baseDelayMillis : Duration.toMillis(options.baseDelay),
  maxDelayMillis: options?.maxDelay === undefined ? defaults.maxDelayMillis : Duration.toMillis(options.maxDelay)
})

/**
 * The failed attempts of one call so far. A 5xx and a lost answer share one budget.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failures {
  readonly refused: number
  readonly notSent: number
  readonly unanswered: number
}

/**
 * A call that has not failed yet.
 *
 * @since 0.1.0
 * @category constants
 */
export const noFailures: Failures = { refused: 0, notSent: 0, unanswered: 0 }

/**
 * Counts one more failure.
 *
 * @since 0.1.0
 * @category deciding
 */
export const failed = (failures: Failures, failure: Failure): Failures => {
  switch (failure) {
    case "Refused":
      return { ...failures, refused: failures.refused + 1 }
    case "NotSent":
      return { ...failures, notSent: failures.notSent + 1 }
    case "ServerError":
    case "AnswerLost":
      return { ...failures, unanswered: failures.unanswered + 1 }
  }
}

/**
 * The delay in ms after which to send again, or `undefined`: give up, and report it.
 *
 * `failures` counts the present failure, too; `random` is in [0, 1).
 *
 * @since 0.1.0
 * @category deciding
 */
export const decide = (
  policy: RetryPolicy,
  attempt: {
    readonly failure: Failure
    /** Whether the call changes nothing. */
    readonly reads: boolean
    readonly failures: Failures
    readonly random: number
  }
): number | undefined => {
  const { failure, failures, random, reads } = attempt
  switch (failure) {
    case "Refused":
      return failures.refused > policy.refusedRetries ? undefined : 0
    case "NotSent":
      return failures.notSent > policy.notSentRetries ? undefined : delay(policy, failures.notSent, random)
    case "ServerError":
    case "AnswerLost":
      return !reads || failures.unanswered > policy.readRetries ? undefined : delay(policy, failures.unanswered, random)
  }
}

/** Doubled and capped, then spread between half and all of it, so that calls that failed together do not return together. */
const delay = (policy: RetryPolicy, count: number, random: number): number =>
  Math.min(policy.baseDelayMillis * 2 ** (count - 1), policy.maxDelayMillis) * (0.5 + random / 2)
