/** The client for a program written with promises. */
import type { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Asset, FrameioClient, FrameioError } from "@effect-frameio/core"
import { Effect, Layer, ManagedRuntime, Schema } from "effect"

/** Make it once: the scheduler lives in it. End with `dispose()`. */
export const connect = (http: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerUndici) => {
  const runtime = ManagedRuntime.make(FrameioClient.layerConfig().pipe(Layer.provide(http)))
  return {
    version: (shot: string, cut: string): Promise<Asset.Asset> =>
      FrameioError.runPromise(
        Effect.gen(function* () {
          const frameio = yield* FrameioClient.FrameioClient
          const assetId = yield* Schema.decode(Asset.AssetId)(shot)
          const nextAssetId = yield* Schema.decode(Asset.AssetId)(cut)
          return yield* frameio.version({ assetId, nextAssetId })
        }).pipe(Effect.provide(runtime))
      ),
    dispose: () => runtime.dispose()
  }
}

/** A message for people. */
export const publish = async (frameio: ReturnType<typeof connect>, shot: string, cut: string): Promise<string> => {
  try {
    return `published as ${(await frameio.version(shot, cut)).id}`
  } catch (error) {
    if (error instanceof FrameioError.NotFound) return `gone: ${error.assetIds.join(" or ")}`
    if (FrameioError.isFrameioError(error) && FrameioError.outcomeOf(error) === "unknown") return "read the stack first"
    throw error
  }
}
