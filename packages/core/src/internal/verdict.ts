import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as transport from "@effect-frameio/ratelimit/Transport"
import * as Data from "effect/Data"
import * as FrameioError from "../FrameioError.js"
import * as RetryPolicy from "../RetryPolicy.js"
import * as text from "../SafeText.js"
import * as Call from "./call.js"

/**
 * How an attempt failed, for the retry policy; and the public error if that gives up.
 *
 * @internal
 */
export interface Verdict<E> {
  readonly failure: RetryPolicy.Failure | undefined
  readonly error: () => E
}

/**
 * No complete answer in time. Not yet the public error: that one knows of the other attempts.
 *
 * @internal
 */
export class TimedOut extends Data.TaggedError("TimedOut")<{ readonly millis: number }> {}

/** @internal */
export const ofError = (
  call: Call.Call,
  error: TimedOut | HttpClientError.HttpClientError,
  secret: string
): Verdict<FrameioError.TransportError | FrameioError.RequestTimeout> => {
  if (error._tag === "TimedOut") {
    return {
      failure: "AnswerLost",
      error: () =>
        new FrameioError.RequestTimeout({
          ...Call.context(call),
          outcome: Call.lost(call),
          timeoutMillis: error.millis
        })
    }
  }
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return {
      failure: undefined,
      error: () =>
        new FrameioError.TransportError({
          ...Call.context(call),
          reason: "NotSendable",
          outcome: "not-applied",
          detail: text.scrub(error.description ?? error.reason, secret)
        })
    }
  }
  const { code, detail, hopeless, neverSent } = transport.diagnose(error.cause ?? error.description)
  const answered = error._tag === "ResponseError" && error.response.status === 200
  return {
    failure: hopeless ? undefined : neverSent ? "NotSent" : "AnswerLost",
    error: () =>
      new FrameioError.TransportError({
        ...Call.context(call),
        reason: neverSent ? "NotSent" : "AnswerLost",
        outcome: neverSent || call.endpoint.reads ? "not-applied" : answered ? "applied" : "unknown",
        detail: text.excerpt(text.scrub(detail, secret)),
        ...(code === undefined ? {} : { code })
      })
  }
}

/** @internal */
export const ofAnswer = <E>(
  call: Call.Call,
  response: HttpClientResponse.HttpClientResponse,
  secret: string,
  fromAnswer: (answer: FrameioError.Answer) => E
): Verdict<E> => ({
  failure: RetryPolicy.failureOf(response.status),
  error: () =>
    fromAnswer({
      ...Call.context(call),
      status: response.status,
      body: call.body,
      writes: !call.endpoint.reads,
      location: response.headers.location,
      secret
    })
})
