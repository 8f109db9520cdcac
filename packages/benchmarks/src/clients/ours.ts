/** This project's client over undici. It is told nothing, and gets all jobs at once. */

import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitScheduler from "@effect-frameio/core/RateLimitScheduler"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { Call, Client } from "../Client.js"

const asset = (id: string): Asset.AssetId => Asset.AssetId.make(id)

export const client: Client = {
  id: "ours",
  title: "**effect-frameio**",
  told: "nothing",
  make: async ({ baseUrl }) => {
    const runtime = ManagedRuntime.make(
      FrameioClient.layer({ token: Redacted.make("benchmark"), baseUrl }).pipe(
        Layer.provide(NodeHttpClient.layerUndici)
      )
    )
    const frameio = await runtime.runPromise(FrameioClient.FrameioClient)
    const version = (call: Call) => {
      const send = frameio.version({ assetId: asset(call.assetId), nextAssetId: asset(call.nextAssetId) })
      return call.urgent ? RateLimitScheduler.withPriority(send, "interactive") : send
    }
    return {
      submit: (call) => runtime.runPromise(version(call)),
      submitAll: (calls, concurrency) =>
        runtime
          .runPromise(
            Effect.forEach(calls, (call) => Effect.either(version(call)), { concurrency: concurrency ?? "unbounded" })
          )
          .then((results) => results.flatMap((result) => (result._tag === "Left" ? [result.left] : []))),
      close: () => runtime.dispose()
    }
  }
}
