/**
 * Effect 4's `HttpClient.withRateLimiter`, which learns the limit but not the window from the headers, and retries a
 * 429 by itself. If not told, it starts from Frame.io's documented limit of asset updates, 10 per second, and gets its
 * calls from workers: handed all at once, it would reserve a slot for each at that guess.
 */
import * as Effect from "effect4/Effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect4/http"
import * as Layer from "effect4/Layer"
import * as ManagedRuntime from "effect4/ManagedRuntime"
import { RateLimiter } from "effect4/persistence"
import type { Client, Context, Instance } from "../Client.js"
import { bodyOf, HEADERS, urlOf, workers } from "../Client.js"

const make = async (baseUrl: string, limit: number, windowMillis: number): Promise<Instance> => {
  const runtime = ManagedRuntime.make(
    Layer.merge(FetchHttpClient.layer, RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))
  )
  const http = await runtime.runPromise(
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const bare = yield* HttpClient.HttpClient
      return bare.pipe(HttpClient.withRateLimiter({ limiter, key: "assets.version", limit, window: windowMillis }))
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

export const client: Client = {
  id: "effect4",
  title: "Effect 4 `HttpClient.withRateLimiter`",
  told: "a guess",
  make: async ({ baseUrl, concurrency }) => {
    const instance = await make(baseUrl, 10, 1000)
    const work = workers(concurrency)
    return { ...instance, submit: (call) => work(call, () => instance.submit(call)) }
  }
}

/** The same with the true limit, and all calls at once. */
export const told: Client = {
  id: "effect4-told",
  title: "Effect 4 `HttpClient.withRateLimiter`, told",
  told: "limit and window",
  make: ({ baseUrl, limit, windowMillis }: Context) => make(baseUrl, limit, windowMillis)
}
