/** `effect/RateLimiter`, told the limit; each attempt takes a token, a 429 waits a second, then longer. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RateLimiter from "effect/RateLimiter"
import * as Schedule from "effect/Schedule"
import type { Client } from "../Client.js"
import { bodyOf, HEADERS, RETRIES, urlOf } from "../Client.js"

export const client: Client = {
  id: "effect-rate-limiter",
  title: "`effect/RateLimiter`",
  told: "limit and window",
  make: async ({ baseUrl, limit, windowMillis }) => {
    const runtime = ManagedRuntime.make(Layer.mergeAll(NodeHttpClient.layerUndici, Layer.scope))
    const { http, limiter } = await runtime.runPromise(
      Effect.all({
        limiter: RateLimiter.make({ limit, interval: windowMillis }),
        http: HttpClient.HttpClient
      })
    )
    const again = Schedule.exponential("1 second").pipe(Schedule.intersect(Schedule.recurs(RETRIES)))
    return {
      submit: (call) =>
        runtime.runPromise(
          limiter(
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
