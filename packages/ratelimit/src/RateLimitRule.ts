/**
 * The rule of a rate limit, as its headers tell it, and what follows from it. Pure.
 *
 * @since 0.1.0
 */

/**
 * A bucket's rule, as its headers tell it.
 *
 * @example
 * ```ts
 * const rule = { limit: 100, windowMillis: 60_000 }
 * RateLimitRule.costMillis(rule) // 600
 * RateLimitRule.burst(rule) // 100
 * RateLimitRule.shortestMillis(rule, 1000) // 540 000
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitRule {
  /** Requests per window, at least 1. */
  readonly limit: number
  /** The window in ms, at least 1. It is also the level at which the bucket is full. */
  readonly windowMillis: number
}

/**
 * Whether a rule can be one: at least one request per window, and a window of at least 1 ms, both finite.
 *
 * @internal
 */
export const isRule = ({ limit, windowMillis }: RateLimitRule): boolean =>
  limit >= 1 && limit < Number.POSITIVE_INFINITY && windowMillis >= 1 && windowMillis < Number.POSITIVE_INFINITY

/**
 * The cost of one request under a rule, in ms of level. Frame.io rounds it, half away from zero.
 *
 * @since 0.1.0
 * @category getters
 */
export const costMillis = (rule: RateLimitRule): number => Math.round(rule.windowMillis / rule.limit)

/**
 * How many requests pass at once from an empty bucket: with 7 per 1000 ms not 7 but 6, for the cost is rounded up.
 *
 * @since 0.1.0
 * @category getters
 */
export const burst = (rule: RateLimitRule): number => {
  const cost = costMillis(rule)
  return cost === 0 ? Number.POSITIVE_INFINITY : Math.floor(rule.windowMillis / cost)
}

/**
 * The shortest time in ms in which `requests` can succeed from an empty bucket, without the last round trip.
 *
 * @since 0.1.0
 * @category getters
 */
export const shortestMillis = (rule: RateLimitRule, requests: number): number => {
  const cost = costMillis(rule)
  return cost === 0 ? 0 : Math.max(0, requests - burst(rule)) * cost
}
