/**
 * Effect 4's `HttpClient.withRateLimiter`, which learns the limit from the headers but not the window, and tries a 429
 * again by itself. It must start from a guess: what Frame.io's documentation says of asset updates, 10 per second.
 */
import * as Effect from "effect4/Effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect4/http"
import * as Layer from "effect4/Layer"
import * as ManagedRuntime from "effect4/ManagedRuntime"
import { RateLimiter } from "effect4/persistence"
import type { Client } from "../Client.js"
import { bodyOf, HEADERS, urlOf } from "../Client.js"

export const client: Client = {
  id: "effect4",
  title: "Effect 4 `HttpClient.withRateLimiter`",
  told: "a guess",
  make: async ({ baseUrl }) => {
    const runtime = ManagedRuntime.make(
      Layer.merge(FetchHttpClient.layer, RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))
    )
    const http = await runtime.runPromise(
      Effect.gen(function* () {
        const limiter = yield* RateLimiter.RateLimiter
        const bare = yield* HttpClient.HttpClient
        return bare.pipe(
          HttpClient.withRateLimiter({ limiter, key: "assets.version", limit: 10, window: "1 second" })
        )
      })
    )
    return {
      submit: (call) =>
        runtime.runPromise(
          HttpClientRequest.post(urlOf(baseUrl, call)).pipe(
            HttpClientRequest.setHeaders(HEADERS),
            HttpClientRequest.bodyText(bodyOf(call), "application/json"),
            http.execute,
            Effect.flatMap(HttpClientResponse.filterStatusOk),
            Effect.flatMap((response) => response.json)
          )
        ),
      close: () => runtime.dispose()
    }
  }
}
