/**
 * One call inside a program: put a new cut on the stack of a shot, and decide what each failure means here.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/compose.js <asset> <next>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { Console, Effect, Layer, Schema } from "effect"

/** Answers where the new cut went, or why it went nowhere. */
export const publish = Effect.fn("publish")(function* (shot: string, cut: string) {
  const frameio = yield* FrameioClient.FrameioClient
  const assetId = yield* Schema.decode(Asset.AssetId)(shot)
  const nextAssetId = yield* Schema.decode(Asset.AssetId)(cut)

  return yield* frameio.version({ assetId, nextAssetId }).pipe(
    Effect.map((answer) => `published, see ${Asset.kind(answer)} ${answer.id}`),
    Effect.catchTags({
      // Each error's message says what to do; this decides what the error means here.
      FrameioNotFound: (error) => Effect.succeed(`gone: ${error.assetIds.join(" or ")} was deleted or moved`),
      FrameioInvalidArguments: (error) => Effect.succeed(`refused: ${error.errors[0]?.title ?? error.message}`),
      FrameioRateLimited: (error) => Effect.succeed(`too busy: ${error.attempts} attempts were refused`)
    })
  )
})

/** The client keeps to the rate limit by itself; it takes any `HttpClient`. */
const Live = FrameioClient.layerConfig().pipe(Layer.provide(NodeHttpClient.layerUndici))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , shot = "", cut = ""] = process.argv
  publish(shot, cut).pipe(Effect.flatMap(Console.log), Effect.provide(Live), NodeRuntime.runMain)
}
