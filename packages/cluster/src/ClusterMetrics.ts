/**
 * What a worker counts. `RateLimitMetrics` counts how long requests wait for the rate limit.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * Chains that a worker took in hand.
 *
 * @since 0.1.0
 * @category metrics
 */
export const chainsTaken = Metric.counter("frameio_cluster_chains_taken_total", {
  description: "Chains that this worker took in hand",
  incremental: true
})

/**
 * Chains that a worker has in hand now.
 *
 * @since 0.1.0
 * @category metrics
 */
export const chainsInHand = Metric.gauge("frameio_cluster_chains_in_hand", {
  description: "Chains that this worker has in hand now"
})

/**
 * Stalled chains that a worker has started again.
 *
 * @since 0.1.0
 * @category metrics
 */
export const chainsRestarted = Metric.counter("frameio_cluster_chains_restarted_total", {
  description: "Chains that had stalled and were started again by this worker",
  incremental: true
})

/**
 * Links that ended at a worker, with the tag `outcome`: `made` (on the stack, or off it again) or `left`.
 *
 * @example
 * ```ts
 * const { count } = yield* Metric.value(Metric.tagged(ClusterMetrics.links, "outcome", "made"))
 * ```
 *
 * @since 0.1.0
 * @category metrics
 */
export const links = Metric.counter("frameio_cluster_links_total", {
  description: "Links that came to their end at this worker, by outcome",
  incremental: true
})
