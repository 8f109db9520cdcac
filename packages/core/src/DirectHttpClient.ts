/**
 * An `HttpClient` with a shorter way through it: one request and its whole answer, by callback. `FrameioClient` prefers
 * it, because the fiber, the span, the controller and the stream of an ordinary request are most of a small answer's cost.
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
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"

/**
 * The key under which a client keeps its short way.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-frameio/core/DirectHttpClient")

export type TypeId = typeof TypeId

/**
 * The most that is read of an answer, in bytes, compressed or not: 64 MiB, many times the largest page.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_BYTES = 67_108_864

/**
 * The `cause` when the `text` of a response is longer than {@link MAX_BYTES}.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooLarge extends Data.TaggedError("TooLarge")<{ readonly status: number }> {}

/**
 * Sends a request, reads the answer to its end, and calls back once, without following redirections and without a span.
 * The body is empty, in memory, or a `Raw` async iterable of bytes with a length: a piece is asked for when the one before
 * is sent, and its memory free. An answer that breaks off, or is longer than {@link MAX_BYTES}, is a response whose `text`
 * fails.
 *
 * The returned function abandons it: the connection is closed and nothing is called back. It does nothing afterwards.
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
 * @example
 * ```ts
 * const client = yield* HttpClient.HttpClient
 * yield* Effect.log(DirectHttpClient.isDirect(client) ? "the short way" : "the ordinary way")
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface DirectHttpClient extends HttpClient.HttpClient {
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

/**
 * Sends by the short way; to interrupt it is to abandon the request.
 *
 * @since 0.1.0
 * @category sending
 */
export const execute = (
  client: DirectHttpClient,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Effect.flatMap(Effect.context<never>(), (context) =>
    Effect.async((resume) => {
      const abandon = client[TypeId](request)(context, resume)
      return Effect.sync(abandon)
    })
  )
