import * as Duration from "effect/Duration"
import type * as Tracer from "effect/Tracer"
import type { AssetId } from "../Asset.js"
import type * as FrameioApi from "../FrameioApi.js"
import * as RetryPolicy from "../RetryPolicy.js"

/**
 * Counters of a running call. Its span is updated throughout, so that it is right however the call ends.
 *
 * @internal
 */
export interface Call {
  readonly endpoint: FrameioApi.Endpoint
  readonly assetIds: ReadonlyArray<AssetId>
  readonly span: Tracer.Span
  /** Requests that were sent, including those that a wrapper of the `HttpClient` repeated. */
  attempts: number
  failures: RetryPolicy.Failures
  /** Whether the last attempt was refused while others got through, and how often that was. */
  passedOver: boolean
  timesPassedOver: number
  /** The time in the rate limit's queue and between attempts, in ms. */
  waitedMillis: number
}

/** @internal */
export const make = (endpoint: FrameioApi.Endpoint, assetIds: ReadonlyArray<AssetId>, span: Tracer.Span): Call => {
  const [id, next] = assetIds
  if (id !== undefined) span.attribute("frameio.asset_id", id)
  if (next !== undefined && endpoint.name === "assets.version") span.attribute("frameio.next_asset_id", next)
  span.attribute("http.request.method", endpoint.method)
  span.attribute("http.route", endpoint.path)
  span.attribute("frameio.attempts", 0)
  span.attribute("frameio.waited_ms", 0)
  return {
    endpoint,
    assetIds,
    span,
    attempts: 0,
    failures: RetryPolicy.noFailures,
    passedOver: false,
    timesPassedOver: 0,
    waitedMillis: 0
  }
}

/** @internal */
export const attempted = (call: Call, requests: number): void => {
  call.attempts += requests
  call.span.attribute("frameio.attempts", call.attempts)
  if (call.attempts > 1) call.span.attribute("http.request.resend_count", call.attempts - 1)
}

/** @internal */
export const refused = (call: Call, othersPassed: boolean): void => {
  call.passedOver = othersPassed
}

/** A limit that one call exceeds too often does not fault the call; a limit that refuses it for ever does. */
const MOST_PASSED_OVER = 100

/**
 * Whether the refusal of the last attempt is not counted, because others got through meanwhile.
 *
 * @internal
 */
export const isSpared = (call: Call): boolean => {
  const spared = call.passedOver && call.timesPassedOver < MOST_PASSED_OVER
  if (spared) call.timesPassedOver++
  call.passedOver = false
  return spared
}

/** @internal */
export const waited = (call: Call, millis: number): void => {
  call.waitedMillis += millis
  call.span.attribute("frameio.waited_ms", Math.round(call.waitedMillis))
}

/**
 * The fields that every error has of its call.
 *
 * @internal
 */
export const context = (call: Call) => ({
  endpoint: call.endpoint.name,
  assetIds: call.assetIds,
  attempts: call.attempts,
  waited: Duration.millis(Math.round(call.waitedMillis))
})
