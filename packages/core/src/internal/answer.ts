import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as DirectHttpClient from "../DirectHttpClient.js"
import * as SafeText from "../SafeText.js"
import * as compression from "./compression.js"

/**
 * The result of an attempt: a whole answer, with nothing left to read.
 *
 * @internal
 */
export interface Answer {
  readonly status: number
  readonly headers: Headers.Headers
  readonly body: string
}

const utf8 = new TextDecoder()

const lengthOf = (headers: Headers.Headers): number | undefined => {
  const value = headers["content-length"]
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** Up to {@link DirectHttpClient.MAX_BYTES}. An answer without a body has an empty one. */
const bytesOf = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Uint8Array, HttpClientError.ResponseError | DirectHttpClient.TooLarge> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return response.stream.pipe(
      Stream.runForEachWhile((chunk) =>
        Effect.sync(() => {
          chunks.push(chunk)
          size += chunk.length
          return size <= DirectHttpClient.MAX_BYTES
        })
      ),
      Effect.catchIf(
        (error) => error.reason === "EmptyBody",
        () => Effect.void
      ),
      Effect.flatMap(() =>
        size > DirectHttpClient.MAX_BYTES
          ? Effect.fail(new DirectHttpClient.TooLarge({ status: response.status }))
          : Effect.succeed(concat(chunks, size))
      )
    )
  })

const textOf = (
  response: HttpClientResponse.HttpClientResponse,
  isBounded: boolean
): Effect.Effect<string, HttpClientError.ResponseError | DirectHttpClient.TooLarge> => {
  const encodings = compression.encodingsOf(response.headers["content-encoding"])
  if (encodings.length === 0) {
    const length = lengthOf(response.headers)
    // A client holds a server to the length that it announced.
    if (isBounded) {
      return Effect.mapError(response.text, (error) =>
        error.cause instanceof DirectHttpClient.TooLarge ? error.cause : error
      )
    }
    if (length !== undefined && length <= DirectHttpClient.MAX_BYTES) return response.text
    return Effect.map(bytesOf(response), (bytes) => utf8.decode(bytes))
  }
  return Effect.flatMap(bytesOf(response), (bytes) =>
    Either.match(compression.decompress(bytes, encodings, DirectHttpClient.MAX_BYTES), {
      onLeft: () => Effect.fail(new DirectHttpClient.TooLarge({ status: response.status })),
      onRight: (plain) => Effect.succeed(utf8.decode(plain))
    })
  )
}

/** A server may send back what it was sent, also in a header that ends up in a message. */
const withoutSecret = (headers: Headers.Headers, secret: string): Headers.Headers => {
  let clean: Record<string, string> | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    const scrubbed = SafeText.scrub(value, secret)
    if (scrubbed === value) continue
    clean ??= { ...headers }
    clean[name] = scrubbed
  }
  return clean === undefined ? headers : Object.setPrototypeOf(clean, Object.getPrototypeOf(headers))
}

/**
 * Reads an answer to its end. The status of a refusal stands even if its body cannot be read.
 *
 * @param isBounded whether the client itself stops at {@link DirectHttpClient.MAX_BYTES}
 *
 * @internal
 */
export const read =
  (secret: string, isSuccess: (status: number) => boolean, isBounded: boolean) =>
  (
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<Answer, HttpClientError.ResponseError | DirectHttpClient.TooLarge> => {
    const { status } = response
    const text = textOf(response, isBounded)
    return Effect.map(isSuccess(status) ? text : Effect.catchAll(text, () => Effect.succeed("")), (body) => ({
      status,
      headers: withoutSecret(response.headers, secret),
      body
    }))
  }
