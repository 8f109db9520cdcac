/**
 * An `HttpClient` that keeps to its server's rate limit, for any API that sends Frame.io's headers.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { RateLimitScheduler } from "./RateLimitScheduler.js"

/** A limit is the endpoint's, whichever its ids. `Uuid` of `core` is above this package. */
const ID = /^(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i

const routeOf = (request: HttpClientRequest.HttpClientRequest): string => {
  const [address = ""] = request.url.split(/[?#]/)
  const path = address
    .split("/")
    .map((part) => (ID.test(part) ? ":id" : part))
    .join("/")
  return `${request.method} ${path}`
}

/**
 * Puts a scheduler around the given `HttpClient`: one bucket per `Authorization` header and route. The scheduler's own
 * errors arrive as the `cause` of a `RequestError`, because the error type of an `HttpClient` is fixed.
 *
 * @example
 * ```ts
 * const Live = RateLimitedHttpClient.layer().pipe(
 *   Layer.provide(RateLimitScheduler.layerMemory()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * const me = yield* HttpClient.get("https://api.frame.io/v2/me").pipe(Effect.provide(Live))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: {
  /** Whose limit it is. Default: the `Authorization` header. */
  readonly owner?: ((request: HttpClientRequest.HttpClientRequest) => Redacted.Redacted<string>) | undefined
  /** The bucket's route. Default: method, host and path, with numbers and UUIDs as `:id`. */
  readonly route?: ((request: HttpClientRequest.HttpClientRequest) => string) | undefined
}): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | RateLimitScheduler> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const scheduler = yield* RateLimitScheduler
      const ownerOf =
        options?.owner ??
        ((request: HttpClientRequest.HttpClientRequest) => Redacted.make(request.headers.authorization ?? ""))
      const route = options?.route ?? routeOf
      return HttpClient.transform(client, (send, request) =>
        Effect.mapError(
          scheduler.schedule({
            owner: ownerOf(request),
            route: route(request)
          })(send),
          (error) =>
            error._tag === "RequestError" || error._tag === "ResponseError"
              ? error
              : new HttpClientError.RequestError({
                  request,
                  reason: "Transport",
                  cause: error,
                  description: error.message
                })
        )
      )
    })
  )
