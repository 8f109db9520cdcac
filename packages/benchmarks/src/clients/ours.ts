/**
 * This project's client over undici. It is told nothing, and gets all jobs at once. If there is a Redis, its processes
 * share the bucket's state there.
 */

import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RedisRateLimitStore from "@effect-frameio/redis/RedisRateLimitStore"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { Call, Client, Context, Instance } from "../Client.js"

const asset = (id: string): Asset.AssetId => Asset.AssetId.make(id)

const sharing = (config: FrameioConfig.Options, redisUrl: string) =>
  FrameioClient.layerWithScheduler().pipe(
    Layer.provide(FrameioConfig.layer(config)),
    Layer.provide(RateLimitScheduler.layer()),
    Layer.provide(
      RedisRateLimitStore.layer({
        url: Redacted.make(redisUrl),
        hashKey: Redacted.make("the same for both processes")
      })
    )
  )

const over =
  (http: Layer.Layer<HttpClient.HttpClient>, remembers = false) =>
  async ({ baseUrl, limit, redisUrl, windowMillis }: Context): Promise<Instance> => {
    const scheduler = remembers ? { hint: () => ({ limit, windowMillis }) } : {}
    const config = { token: Redacted.make("benchmark"), baseUrl, scheduler }
    const frameioLayer = redisUrl === undefined ? FrameioClient.layer(config) : sharing(config, redisUrl)
    const runtime = ManagedRuntime.make(Layer.provide(frameioLayer, http))
    const frameio = await runtime.runPromise(FrameioClient.FrameioClient)
    const version = (call: Call) => {
      const send = frameio.version({ assetId: asset(call.assetId), nextAssetId: asset(call.nextAssetId) })
      return call.urgent ? RateLimitCall.withPriority(send, "interactive") : send
    }
    return {
      submit: (call) => runtime.runPromise(version(call)),
      submitAll: (calls, concurrency) => {
        const failures: Array<unknown> = []
        // Without the assets, because the other clients do not keep answers either.
        const send = (call: Call) =>
          Effect.match(version(call), { onFailure: (error) => void failures.push(error), onSuccess: () => {} })
        if (concurrency === undefined) {
          const all = Effect.forEach(calls, send, { concurrency: "unbounded", discard: true })
          return runtime.runPromise(all).then(() => failures)
        }
        // So many workers take the next call when free, as the others' calls are made.
        let next = 0
        const worker = Effect.whileLoop({
          while: () => next < calls.length,
          body: () => {
            const call = calls[next++]
            return call === undefined ? Effect.void : send(call)
          },
          step: () => {}
        })
        const workers = Effect.all(
          Array.from({ length: concurrency }, () => worker),
          { concurrency: "unbounded", discard: true }
        )
        return runtime.runPromise(workers).then(() => failures)
      },
      close: () => runtime.dispose()
    }
  }

export const client: Client = {
  id: "ours",
  title: "**effect-frameio**",
  told: "nothing",
  sharedStore: true,
  make: over(UndiciHttpClient.layer)
}

/** The same after an earlier run has learnt the limit. */
export const remembering: Client = {
  id: "ours-remembered",
  title: "**effect-frameio**, limit remembered",
  told: "limit and window",
  limitOnly: true,
  make: over(UndiciHttpClient.layer, true)
}

/** Over the same `HttpClient` as the other clients made with Effect. */
export const overPlatform: Client = {
  id: "ours-platform",
  title: "effect-frameio over `NodeHttpClient.layerUndici`",
  told: "nothing",
  costOnly: true,
  make: over(NodeHttpClient.layerUndici)
}
