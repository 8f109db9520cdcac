import * as Duration from "effect/Duration"
import type * as Tracer from "effect/Tracer"
import type { AssetId } from "../Asset.js"
import type * as FrameioApi from "../FrameioApi.js"
import type * as FrameioError from "../FrameioError.js"
import * as RetryPolicy from "../RetryPolicy.js"

/**
 * What is known of a call while it runs. Its span is kept up to date all along, so that it is right however the call
 * ends.
 *
 * @internal
 */
export interface Call {
  readonly endpoint: FrameioApi.Endpoint
  readonly assetIds: ReadonlyArray<AssetId>
  readonly span: Tracer.Span
  attempts: number
  failures: RetryPolicy.Failures
  /** The time in the rate limit's queue and between attempts, in ms. */
  waitedMillis: number
  /** The last answer's body. */
  body: string
}

/** @internal */
export const make = (endpoint: FrameioApi.Endpoint, assetIds: ReadonlyArray<AssetId>, span: Tracer.Span): Call => {
  const [id, next] = assetIds
  if (id !== undefined) span.attribute("frameio.asset_id", id)
  if (next !== undefined && endpoint.name === "assets.version") span.attribute("frameio.next_asset_id", next)
  span.attribute("http.route", endpoint.path)
  span.attribute("frameio.attempts", 0)
  span.attribute("frameio.waited_ms", 0)
  return { endpoint, assetIds, span, attempts: 0, failures: RetryPolicy.noFailures, waitedMillis: 0, body: "" }
}

/** @internal */
export const attempted = (call: Call): void => {
  call.attempts++
  call.span.attribute("frameio.attempts", call.attempts)
}

/** @internal */
export const waited = (call: Call, millis: number): void => {
  call.waitedMillis += millis
  call.span.attribute("frameio.waited_ms", Math.round(call.waitedMillis))
}

/**
 * What every error says of its call.
 *
 * @internal
 */
export const context = (call: Call) => ({
  endpoint: call.endpoint.name,
  assetIds: call.assetIds,
  attempts: call.attempts,
  waited: Duration.millis(Math.round(call.waitedMillis))
})

/**
 * What an answer that did not arrive leaves open.
 *
 * @internal
 */
export const lost = (call: Call): FrameioError.Outcome => (call.endpoint.reads ? "not-applied" : "unknown")
