/** The skin without a wire: an `HttpClient` that hands its requests to the fake, on the program's own clock. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { Engine } from "./engine.js"
import { ClientResponse, ServerRequest } from "./messages.js"
import type { Reply } from "./reply.js"

const EMPTY = new Uint8Array(0)

const concat = (chunks: Chunk.Chunk<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(Chunk.reduce(chunks, 0, (sum, one) => sum + one.length))
  let at = 0
  for (const one of chunks) {
    all.set(one, at)
    at += one.length
  }
  return all
}

const bytesOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Uint8Array, HttpClientError.RequestError> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(EMPTY)
    case "Uint8Array":
      return Effect.succeed(body.body)
    case "Raw": {
      const raw = body.body
      if (typeof raw === "string") return Effect.succeed(new TextEncoder().encode(raw))
      if (raw instanceof Uint8Array) return Effect.succeed(raw)
      if (raw instanceof ArrayBuffer) return Effect.succeed(new Uint8Array(raw))
      break
    }
    case "Stream":
      return body.stream.pipe(
        Stream.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause })),
        Stream.runCollect,
        Effect.map(concat)
      )
    case "FormData":
      break
  }
  return Effect.fail(
    new HttpClientError.RequestError({
      request,
      reason: "Encode",
      description: "the fake in process takes text, bytes and streams, but no forms: use it on a port for those"
    })
  )
}

const broken = (request: HttpClientRequest.HttpClientRequest, code: string, message: string, syscall: string) =>
  Effect.fail(
    new HttpClientError.RequestError({
      request,
      reason: "Transport",
      cause: Object.assign(new Error(`${syscall} ${code}: ${message}`), { code, syscall })
    })
  )

const replyTo = (
  request: HttpClientRequest.HttpClientRequest,
  reply: Reply
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.RequestError> => {
  switch (reply._tag) {
    case "Answer":
      return Effect.succeed(new ClientResponse(request, reply.response))
    case "Refused":
      return broken(request, "ECONNREFUSED", "the fake refused the connection, by plan", "connect")
    case "Broken":
      return broken(request, "ECONNRESET", "the fake broke the connection, by plan", "read")
    case "Silence":
      return Effect.never
  }
}

/** A body that fails breaks the connection, as on a wire. */
const putPart = (engine: Engine, request: HttpClientRequest.HttpClientRequest, url: string) =>
  Effect.gen(function* () {
    const failed = yield* Deferred.make<never, HttpClientError.RequestError>()
    const body =
      request.body._tag === "Stream"
        ? request.body.stream.pipe(
            Stream.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause })),
            Stream.tapError((error) => Deferred.fail(failed, error))
          )
        : Stream.fromEffect(bytesOf(request))
    const exchange = engine.exchangeWithStorage({ method: request.method, url, headers: request.headers, body })
    return yield* replyTo(request, yield* Effect.raceFirst(exchange, Deferred.await(failed)))
  })

/** @internal */
export const make = (engine: Engine): HttpClient.HttpClient => {
  const send = (request: HttpClientRequest.HttpClientRequest) => {
    const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
    if (Either.isLeft(url)) {
      return Effect.fail(new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause: url.left }))
    }
    const target = url.right.pathname + url.right.search
    if (engine.isForStorage(target)) return putPart(engine, request, target)
    return Effect.flatMap(bytesOf(request), (bytes) =>
      Effect.flatMap(engine.exchange(new ServerRequest(request.method, target, request.headers, bytes)), (reply) =>
        replyTo(request, reply)
      )
    )
  }
  return HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest, HttpClientError.HttpClientError>) =>
      Effect.flatMap(request, send),
    (request) => Effect.succeed(request)
  )
}
