import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * An answer whose body has been read to its end, so that nothing can be lost of it any more: reading belongs to the
 * attempt, with its timeout and its retries, and decoding does not.
 *
 * @internal
 */
export class BufferedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly original: HttpClientResponse.HttpClientResponse
  readonly bytes: ArrayBuffer

  constructor(original: HttpClientResponse.HttpClientResponse, bytes: ArrayBuffer) {
    super()
    this.original = original
    this.bytes = bytes
  }

  get request(): HttpClientRequest.HttpClientRequest {
    return this.original.request
  }

  get status(): number {
    return this.original.status
  }

  get headers(): Headers.Headers {
    return this.original.headers
  }

  get cookies(): Cookies.Cookies {
    return this.original.cookies
  }

  get remoteAddress(): Option.Option<string> {
    return this.original.remoteAddress
  }

  get body(): string {
    return new TextDecoder().decode(this.bytes)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.succeed(this.bytes)
  }

  get text(): Effect.Effect<string> {
    return Effect.sync(() => this.body)
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.try({
      try: (): unknown => JSON.parse(this.body),
      catch: (cause) =>
        new HttpClientError.ResponseError({
          request: this.request,
          response: this,
          reason: "Decode",
          cause
        })
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams> {
    return Effect.sync(() => UrlParams.fromInput(new URLSearchParams(this.body)))
  }

  get stream(): Stream.Stream<Uint8Array> {
    return Stream.sync(() => new Uint8Array(this.bytes))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.fail(
      new HttpClientError.ResponseError({
        request: this.request,
        response: this,
        reason: "Decode",
        description: "a form is not expected here"
      })
    )
  }

  toJSON(): unknown {
    return {
      _id: "@effect-frameio/core/BufferedResponse",
      status: this.status
    }
  }
}
