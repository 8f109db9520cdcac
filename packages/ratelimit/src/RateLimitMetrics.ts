/**
 * The scheduler's metrics, each tagged with `route`.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * Requests granted a permit.
 *
 * @since 0.1.0
 * @category metrics
 */
export const granted = Metric.counter("frameio_ratelimit_granted_total", {
  description: "Requests granted a permit",
  incremental: true
})

/**
 * Answers 429; the scheduler exists to keep them at none.
 *
 * @example
 * ```ts
 * const { count } = yield* Metric.value(Metric.tagged(RateLimitMetrics.refusals, "route", "GET /v2/me"))
 * ```
 *
 * @since 0.1.0
 * @category metrics
 */
export const refusals = Metric.counter("frameio_ratelimit_refused_total", {
  description: "Requests refused with 429",
  incremental: true
})

/**
 * Rate-limit headers that could not be read.
 *
 * @since 0.1.0
 * @category metrics
 */
export const malformedHeaders = Metric.counter("frameio_ratelimit_malformed_headers_total", {
  description: "Rate-limit headers that were not a usable number",
  incremental: true
})

/**
 * Requests that wait for a permit, of all owners of a route.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waitingRequests = Metric.gauge("frameio_ratelimit_waiting", {
  description: "Requests that wait for a permit"
})

/**
 * Time spent waiting, in ms, added up.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waitedMillis = Metric.counter("frameio_ratelimit_waited_milliseconds_total", {
  description: "Time that requests waited for their permits",
  incremental: true
})
