/**
 * An `HttpClient` with a shorter way through it: one request and its whole answer, by callback. `FrameioClient` takes
 * that way where it is there, for an effect that could be anything needs a fiber of its own to be interrupted in time, and
 * the span, the controller and the stream that come with it are most of what a small answer costs.
 *
 * A wrapped client (`HttpClient.mapRequest`, `tap`, …) is a new one without the short way, so no wrapper is bypassed.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"

/**
 * The key under which a client keeps its short way.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-frameio/core/DirectHttpClient")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * No more of an answer is read, in bytes, compressed or not: 64 MiB, many times the largest page.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_BYTES = 67_108_864

/**
 * Why the `text` of a response fails that is longer than {@link MAX_BYTES}, as the `cause` of its error.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooLarge extends Data.TaggedError("TooLarge")<{ readonly status: number }> {}

/**
 * Sends a request, whose body is empty or in memory, reads the answer to its end, and calls back once; no redirection
 * is followed, and no span is made. A body that breaks off after the status, or is longer than {@link MAX_BYTES}, is a
 * response whose `text` fails.
 *
 * Gives what abandons it: the connection is closed, and nothing is called back any more. It does nothing afterwards.
 *
 * @since 0.1.0
 * @category models
 */
export type Exchange = (
  request: HttpClientRequest.HttpClientRequest
) => (
  context: Context.Context<never>,
  callback: (exit: Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>) => void
) => () => void

/**
 * An `HttpClient` with a short way.
 *
 * @since 0.1.0
 * @category models
 */
export interface DirectHttpClient extends HttpClient.HttpClient {
  /** The short way. */
  readonly [TypeId]: Exchange
}

/**
 * Whether a client has a short way.
 *
 * @since 0.1.0
 * @category guards
 */
export const isDirect = (client: HttpClient.HttpClient): client is DirectHttpClient =>
  Predicate.hasProperty(client, TypeId)
