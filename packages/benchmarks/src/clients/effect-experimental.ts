/** The `RateLimiter` of `@effect/experimental`, token bucket, told the limit; each attempt takes a token. */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import type { Client } from "../Client.js"
import { bodyOf, HEADERS, RETRIES, urlOf } from "../Client.js"

export const client: Client = {
  id: "effect-experimental",
  title: "`@effect/experimental` `RateLimiter`",
  told: "limit and window",
  make: async ({ baseUrl, limit, windowMillis }) => {
    const runtime = ManagedRuntime.make(
      Layer.merge(NodeHttpClient.layerUndici, RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))
    )
    const { http, withLimiter } = await runtime.runPromise(
      Effect.all({ withLimiter: RateLimiter.makeWithRateLimiter, http: HttpClient.HttpClient })
    )
    const limited = withLimiter({
      algorithm: "token-bucket",
      onExceeded: "delay",
      key: "assets.version",
      limit,
      window: windowMillis
    })
    const again = Schedule.exponential("1 second").pipe(Schedule.intersect(Schedule.recurs(RETRIES)))
    return {
      submit: (call) =>
        runtime.runPromise(
          limited(
            HttpClientRequest.post(urlOf(baseUrl, call)).pipe(
              HttpClientRequest.setHeaders(HEADERS),
              HttpClientRequest.setBody(HttpBody.text(bodyOf(call), "application/json")),
              http.execute,
              Effect.flatMap(HttpClientResponse.filterStatusOk),
              Effect.flatMap((response) => response.json)
            )
          ).pipe(
            Effect.retry({
              schedule: again,
              while: (error) => error._tag === "ResponseError" && error.response.status === 429
            })
          )
        ),
      close: () => runtime.dispose()
    }
  }
}
