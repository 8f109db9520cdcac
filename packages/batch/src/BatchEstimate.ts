/**
 * How long a job must take at a given rate limit; pure.
 *
 * Frame.io's bucket lets `floor(W / c)` requests pass at once and then one every `c = round(W / L)` ms, so the shortest
 * time for N is `max(0, N - floor(W / c)) * c` and one round trip.
 *
 * @since 0.1.0
 */
import * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
import { orderIn } from "./internal/plan/planRules.js"
import type { Chain } from "./VersionPlan.js"

/**
 * The work to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Work {
  /** The number of links. */
  readonly jobs: number
  /** From a request to its answer, in ms. Default 0. */
  readonly roundTripMillis?: number | undefined
  /** The links of the longest chain: they go one after the other, each a round trip. Default 1. */
  readonly longestChain?: number | undefined
}

/**
 * The shortest time in ms for the work, if the bucket starts empty and nobody else uses it.
 *
 * @example
 * ```ts
 * const rule = { limit: 100, windowMillis: 60_000 }
 * const millis = BatchEstimate.shortestMillis({ jobs: 1000, roundTripMillis: 200 }, rule) // 540 200
 * ```
 *
 * @since 0.1.0
 * @category formulas
 */
export const shortestMillis = (work: Work, limit: RateLimitRule.RateLimitRule): number => {
  if (work.jobs <= 0) return 0
  const roundTrip = work.roundTripMillis ?? 0
  const paced = RateLimitRule.shortestMillis(limit, work.jobs) + roundTrip
  return Math.max(paced, (work.longestChain ?? 1) * roundTrip)
}

/**
 * How many requests of each kind a job takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Steps {
  /** New stacks, of as many files as the API takes at once. */
  readonly makes: number
  /** Versions put on stacks one by one. */
  readonly grows: number
  /** Versions of stacks put on top of them. */
  readonly raises: number
}

/**
 * The requests that put the links of a chain on its target, before the target is read: an unknown target counts as a
 * file in no stack. Moving files to the folder of a new stack is not counted.
 *
 * @since 0.1.0
 * @category formulas
 */
export const stepsOf = (chain: Pick<Chain, "expected" | "links" | "resumed">, filesPerStack: number): Steps => {
  const left = chain.links.filter((link) => link.isConfirmed !== true)
  const raises = left.filter((link) => orderIn(link) !== undefined).length
  const links = left.length - raises
  const isOnStack = chain.expected?.kind === "stack" || chain.resumed?.stack !== undefined
  return isOnStack || links === 0
    ? { makes: 0, grows: links, raises }
    : { makes: 1, grows: links - Math.min(links, filesPerStack), raises }
}

/**
 * The least number of reads that a job takes, apart from its changes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reads {
  /** Of files, and of anything that the API does not distinguish from files before reading it. */
  readonly files: number
  /** Of stacks, if the API has another limit for them. */
  readonly stacks: number
}

/**
 * The reads that belong to the links of a chain. A `blind` API is asked only if the plan says what the target was, or
 * with `lookFirst`; any other is asked for each target and version, and reads a stack at its first and at its last
 * move.
 *
 * @since 0.1.0
 * @category formulas
 */
export const readsOf = (
  chain: Pick<Chain, "expected" | "links" | "resumed">,
  api: { readonly blind: boolean; readonly filesPerStack: number; readonly lookFirst?: boolean | undefined }
): Reads => {
  const links = chain.links.filter((link) => link.isConfirmed !== true).length
  if (links === 0) return { files: 0, stacks: 0 }
  if (api.blind) {
    const target = chain.resumed === undefined && (chain.expected !== undefined || api.lookFirst === true) ? 1 : 0
    return { files: target + (api.lookFirst === true ? links : 0), stacks: 0 }
  }
  const isOnStack = chain.expected?.kind === "stack" || chain.resumed?.stack !== undefined
  const { grows } = stepsOf(chain, api.filesPerStack)
  return { files: links + (isOnStack ? 0 : 1), stacks: (isOnStack ? 1 : 0) + Math.min(grows, 2) }
}

/**
 * No requests.
 *
 * @since 0.1.0
 * @category formulas
 */
export const none: Steps = { makes: 0, grows: 0, raises: 0 }

/**
 * The sum of two counts.
 *
 * @since 0.1.0
 * @category formulas
 */
export const plus = (one: Steps, other: Steps): Steps => ({
  makes: one.makes + other.makes,
  grows: one.grows + other.grows,
  raises: one.raises + other.raises
})
