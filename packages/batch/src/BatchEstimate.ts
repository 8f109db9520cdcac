/**
 * How long a job must take at a given rate limit. Pure.
 *
 * Frame.io's bucket lets `floor(W / c)` requests pass at once and then one every `c = round(W / L)` ms, so the shortest
 * time for N is `max(0, N - floor(W / c)) * c` and one round trip.
 *
 * @since 0.1.0
 */

/**
 * The limit that an answer's headers tell.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limit {
  /** Requests per window, at least 1. */
  readonly limit: number
  /** The window, in ms, at least 1. */
  readonly windowMillis: number
}

/**
 * What is to be done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Work {
  /** How many links. */
  readonly jobs: number
  /** From a request to its answer, in ms. Default 0. */
  readonly roundTripMillis?: number | undefined
  /** The links of the longest chain: they go one after the other, each a round trip. Default 1. */
  readonly longestChain?: number | undefined
}

/**
 * What one request costs, in ms of the bucket's level.
 *
 * @since 0.1.0
 * @category formulas
 */
export const cost = (limit: Limit): number => Math.max(Math.round(limit.windowMillis / limit.limit), 0)

/**
 * How many requests an empty bucket lets pass at once; `Infinity` for a limit so high that a request costs nothing.
 *
 * @since 0.1.0
 * @category formulas
 */
export const burst = (limit: Limit): number => {
  const each = cost(limit)
  return each === 0 ? Number.POSITIVE_INFINITY : Math.floor(limit.windowMillis / each)
}

/**
 * The shortest time in ms in which all of it can be done from an empty bucket that nobody else uses.
 *
 * @since 0.1.0
 * @category formulas
 */
export const shortestMillis = (work: Work, limit: Limit): number => {
  if (work.jobs <= 0) return 0
  const roundTrip = work.roundTripMillis ?? 0
  const beyond = work.jobs - burst(limit)
  const paced = (beyond > 0 ? beyond * cost(limit) : 0) + roundTrip
  return Math.max(paced, (work.longestChain ?? 1) * roundTrip)
}
