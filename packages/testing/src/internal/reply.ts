import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Fault } from "../FaultPlan.js"

/**
 * The client's view: an answer, no connection, a broken one, or silence.
 *
 * @internal
 */
export type Reply =
  | { readonly _tag: "Answer"; readonly response: HttpServerResponse.HttpServerResponse }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Broken" }
  | { readonly _tag: "Silence" }

/** @internal */
export const REFUSED: Reply = { _tag: "Refused" }
/** @internal */
export const BROKEN: Reply = { _tag: "Broken" }
const SILENCE: Reply = { _tag: "Silence" }

const PAGE =
  "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"

/**
 * A page from something in between.
 *
 * @internal
 */
export const html = (status: number): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(status === 200 ? PAGE.replaceAll("502 Bad Gateway", "Please sign in") : PAGE, {
    status,
    contentType: "text/html"
  })

/**
 * The answer to a change that was made, unless a fault removes it.
 *
 * @internal
 */
export const afterwards = (fault: Fault | undefined, response: () => HttpServerResponse.HttpServerResponse): Reply => {
  switch (fault?._tag) {
    case "AnswerLost":
      return BROKEN
    case "NoAnswer":
      return SILENCE
    case "HtmlAfter":
      return { _tag: "Answer", response: html(fault.status ?? 502) }
    default:
      return { _tag: "Answer", response: response() }
  }
}

/**
 * Adds the plan's retry hint to an answer.
 *
 * @internal
 */
export const withRetryAfter = (
  response: HttpServerResponse.HttpServerResponse,
  fault: Extract<Fault, { readonly _tag: "ErrorBefore" }>
): HttpServerResponse.HttpServerResponse =>
  fault.retryAfter === undefined ? response : HttpServerResponse.setHeader(response, "retry-after", fault.retryAfter)
