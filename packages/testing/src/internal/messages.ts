/**
 * Requests and answers as plain bytes, the same for both skins. The platform's `Request` would cost more than
 * everything else.
 */
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Multipart from "@effect/platform/Multipart"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const EMPTY = new Uint8Array(0)

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

/** @internal */
export class ServerRequest extends Inspectable.Class implements HttpServerRequest.HttpServerRequest {
  readonly [HttpServerRequest.TypeId]: HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly method: HttpMethod
  readonly url: string
  readonly headers: Headers.Headers
  readonly bytes: Uint8Array

  constructor(method: HttpMethod, url: string, headers: Headers.Headers, bytes: Uint8Array) {
    super()
    this.method = method
    this.url = url
    this.headers = headers
    this.bytes = bytes
  }

  get source(): unknown {
    return this
  }

  get originalUrl(): string {
    return this.url
  }

  get cookies(): Readonly<Record<string, string>> {
    return Cookies.parseHeader(this.headers.cookie ?? "")
  }

  private failed(cause: unknown): HttpServerError.RequestError {
    return new HttpServerError.RequestError({ request: this, reason: "Decode", cause })
  }

  get text(): Effect.Effect<string> {
    return Effect.sync(() => new TextDecoder().decode(this.bytes))
  }

  get json(): Effect.Effect<unknown, HttpServerError.RequestError> {
    return Effect.try({
      try: () => parse(this.bytes),
      catch: (cause) => this.failed(cause)
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.sync(() => toArrayBuffer(this.bytes))
  }

  get stream(): Stream.Stream<Uint8Array> {
    return Stream.sync(() => this.bytes)
  }

  get multipart() {
    return Multipart.toPersisted(this.multipartStream)
  }

  get multipartStream(): Stream.Stream<Multipart.Part, Multipart.MultipartError> {
    return Stream.pipeThroughChannel(this.stream, Multipart.makeChannel(this.headers))
  }

  get upgrade() {
    return Effect.fail(this.failed("there is nothing to upgrade to"))
  }

  modify(options: { readonly url?: string; readonly headers?: Headers.Headers }): ServerRequest {
    return new ServerRequest(this.method, options.url ?? this.url, options.headers ?? this.headers, this.bytes)
  }

  toJSON(): unknown {
    return { _id: "@effect-frameio/testing/ServerRequest", method: this.method, url: this.url }
  }
}

const bytesOf = (response: HttpServerResponse.HttpServerResponse): Uint8Array =>
  response.body._tag === "Uint8Array" ? response.body.body : EMPTY

/** @internal */
export class ClientResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly cookies = Cookies.empty
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly bytes: Uint8Array

  constructor(request: HttpClientRequest.HttpClientRequest, answer: HttpServerResponse.HttpServerResponse) {
    super()
    this.request = request
    this.status = answer.status
    this.headers = answer.headers
    this.bytes = bytesOf(answer)
  }

  get text(): Effect.Effect<string> {
    return Effect.sync(() => new TextDecoder().decode(this.bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.try({
      try: () => parse(this.bytes),
      catch: (cause) =>
        new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.fail(
      new HttpClientError.ResponseError({
        request: this.request,
        response: this,
        reason: "Decode",
        description: "the fake sends no forms"
      })
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.sync(() => toArrayBuffer(this.bytes))
  }

  get stream(): Stream.Stream<Uint8Array> {
    return Stream.sync(() => this.bytes)
  }

  toJSON(): unknown {
    return { _id: "@effect-frameio/testing/ClientResponse", status: this.status }
  }
}
