/** A complete answer, as an `HttpClientResponse`. */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as DirectHttpClient from "@effect-frameio/core/DirectHttpClient"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

type BrokenOff = Exit.Exit<never, HttpClientError.ResponseError>

const utf8 = new TextDecoder()

export class Answer extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly remoteAddress = Option.none()
  readonly headers: Headers.Headers
  private readonly setCookie: string | ReadonlyArray<string> | undefined
  private chunks: Uint8Array | Array<Uint8Array> | undefined
  private brokenOff: BrokenOff | undefined
  private size = 0

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  ) {
    super()
    this.headers = Headers.fromInput(headers)
    this.setCookie = headers["set-cookie"]
  }

  /** Whether there is room for it; a body that is too large is not kept. */
  add(chunk: Uint8Array): boolean {
    this.size += chunk.length
    if (this.size > DirectHttpClient.MAX_BYTES) {
      this.chunks = undefined
      this.breakOff(new DirectHttpClient.TooLarge({ status: this.status }))
      return false
    }
    if (this.chunks === undefined) this.chunks = chunk
    else if (Array.isArray(this.chunks)) this.chunks.push(chunk)
    else this.chunks = [this.chunks, chunk]
    return true
  }

  breakOff(cause: unknown): void {
    this.brokenOff = Exit.fail(
      new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
    )
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return this.brokenOff ?? Exit.succeed(utf8.decode(this.bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.brokenOff ?? this.web.json
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return this.brokenOff ?? this.web.arrayBuffer
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return this.brokenOff ?? this.web.formData
  }

  get urlParamsBody(): HttpClientResponse.HttpClientResponse["urlParamsBody"] {
    return this.brokenOff ?? this.web.urlParamsBody
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.brokenOff === undefined ? Stream.make(this.bytes) : Stream.fromEffect(this.brokenOff)
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.setCookie ?? [])
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect-frameio/undici/Answer",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  private get bytes(): Uint8Array {
    if (Array.isArray(this.chunks)) this.chunks = Buffer.concat(this.chunks)
    return this.chunks ?? new Uint8Array(0)
  }

  /** Only for rarely used properties, because it costs more than everything else. Each is read once. */
  private get web(): HttpClientResponse.HttpClientResponse {
    return HttpClientResponse.fromWeb(this.request, new Response(new Uint8Array(this.bytes), { headers: this.headers }))
  }
}
