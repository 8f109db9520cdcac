import * as Metric from "effect/Metric"
import * as RequestMetrics from "../RequestMetrics.js"

interface Meter {
  readonly requests: Metric.Metric.Counter<number>
  readonly durations: Metric.Metric.Histogram<number>
}

const meters = new Map<string, Meter>()

/** Cached because tagging makes a new metric; there are few endpoints and statuses. */
const meterOf = (endpoint: string, status: string): Meter => {
  const key = `${endpoint} ${status}`
  const known = meters.get(key)
  if (known !== undefined) return known
  const meter: Meter = {
    requests: Metric.tagged(Metric.tagged(RequestMetrics.requests, "endpoint", endpoint), "status", status),
    durations: Metric.tagged(Metric.tagged(RequestMetrics.durations, "endpoint", endpoint), "status", status)
  }
  meters.set(key, meter)
  return meter
}

/** @internal */
export const record = (endpoint: string, status: string, nanos: bigint): void => {
  const { durations, requests } = meterOf(endpoint, status)
  requests.unsafeUpdate(1, [])
  durations.unsafeUpdate(Number(nanos) / 1e9, [])
}
