/**
 * The reference that runs are measured against. Pure.
 *
 * @since 0.1.0
 */
import * as Bucket from "./Bucket.js"
import type { Scenario } from "./Scenario.js"

/**
 * The fraction of the rate that somebody else takes, 0 to 1.
 *
 * @since 0.1.0
 * @category rules
 */
const foreignShare = (scenario: Pick<Scenario, "foreign" | "limit" | "windowMillis">): number => {
  const { foreign } = scenario
  switch (foreign.kind) {
    case "none":
      return 0
    case "steady":
      return foreign.share
    case "page":
      return (foreign.requests * Bucket.costOf(scenario.limit, scenario.windowMillis)) / foreign.everyMillis
  }
}

/**
 * `T*`: the shortest time in ms in which `jobs` requests can succeed. The burst passes at once (unless the bucket is
 * full at the start), the rest at one per cost of the share that others leave, and the last one makes one round trip.
 *
 * @since 0.1.0
 * @category rules
 */
export const shortestMillis = (
  scenario: Pick<Scenario, "foreign" | "full" | "latencyMillis" | "limit" | "windowMillis">,
  jobs: number
): number => {
  const cost = Bucket.costOf(scenario.limit, scenario.windowMillis)
  const burst = scenario.full ? 0 : cost === 0 ? jobs : Math.floor(scenario.windowMillis / cost)
  return (Math.max(0, jobs - burst) * cost) / (1 - foreignShare(scenario)) + scenario.latencyMillis
}

/**
 * The middle value, or the mean of the two in the middle. `NaN` for none.
 *
 * @since 0.1.0
 * @category rules
 */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return Number.NaN
  const lower = sorted[middle - 1]
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}
