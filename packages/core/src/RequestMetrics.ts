/**
 * How many requests went out and how long they took, without waiting for the rate limit, which `RateLimitMetrics` counts.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * Requests by `endpoint` (`assets.version`) and `status` (`200`, or the error's tag if there was no answer).
 *
 * @example
 * ```ts
 * const conflicts = RequestMetrics.requests.pipe(Metric.tagged("endpoint", "assets.version"), Metric.tagged("status", "409"))
 * const { count } = yield* Metric.value(conflicts)
 * ```
 *
 * @since 0.1.0
 * @category metrics
 */
export const requests = Metric.counter("frameio_requests_total", {
  description: "Requests sent to Frame.io",
  incremental: true
})

/** From a loopback fake to Frame.io's own limit of 30 seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * Seconds from sending a request to the end of its answer, by the same tags.
 *
 * @since 0.1.0
 * @category metrics
 */
export const durations = Metric.histogram(
  "frameio_request_duration_seconds",
  MetricBoundaries.fromIterable(SECONDS),
  "Seconds from sending a request to the end of its answer"
)
