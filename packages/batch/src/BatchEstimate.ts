/**
 * How long a job must take at a given rate limit. Pure.
 *
 * Frame.io's bucket lets `floor(W / c)` requests pass at once and then one every `c = round(W / L)` ms, so the shortest
 * time for N is `max(0, N - floor(W / c)) * c` and one round trip.
 *
 * @since 0.1.0
 */

import * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"

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
 * The shortest time in ms in which all of it can be done from an empty bucket that nobody else uses.
 *
 * @since 0.1.0
 * @category formulas
 */
export const shortestMillis = (work: Work, limit: LeakyBucket.Rule): number => {
  if (work.jobs <= 0) return 0
  const roundTrip = work.roundTripMillis ?? 0
  const paced = LeakyBucket.shortestMillis(limit, work.jobs) + roundTrip
  return Math.max(paced, (work.longestChain ?? 1) * roundTrip)
}
