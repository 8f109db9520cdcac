/**
 * Version stacks by hand: builds a stack from the files of a folder whose names begin alike, and takes a stack apart.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/stack.js build <folder id> AGM_104_065_010_comp
 *         FRAMEIO_TOKEN=… node build/src/stack.js apart <stack id>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { AssetCache, VersionStack } from "@effect-frameio/stacks"
import { Chunk, Console, Effect, Layer, Option, Schema, Stream } from "effect"

/** One stack from all files of a folder whose names begin like this, in the order of their names: v001, v002, … */
export const stackShot = (folder: Asset.AssetId, name: string) =>
  Effect.gen(function* () {
    // A stream over all pages. The listed assets are known from here on, so `build` need not read them first.
    const takes = yield* AssetCache.listing({ assetId: folder, sort: "name" }).pipe(
      Stream.filter((asset) => Asset.isFile(asset) && asset.name?.startsWith(name) === true),
      Stream.runCollect
    )

    // Exactly once, even if answers are lost. After a failure, run it again to continue.
    const { added, stackId } = yield* VersionStack.build(Chunk.toReadonlyArray(takes).map(({ id }) => id))
    const { name: newest } = yield* VersionStack.head(stackId)
    return `stack ${stackId}: ${added.length} put on, ${newest} on top`
  }).pipe(
    Effect.catchTags({
      // Each error says what was wrong and what to do.
      FrameioNotStackable: (error) => Effect.succeed(error.message),
      FrameioOutOfOrder: (error) => Effect.succeed(error.message),
      FrameioAlreadyElsewhere: (error) => Effect.succeed(error.message)
    })
  )

/** Turns all versions of a stack into files again; names the stack or any of its versions. */
export const unstack = (assetId: Asset.AssetId) =>
  Effect.gen(function* () {
    const { files, left } = yield* VersionStack.takeApart(assetId)
    return `${files.length} files${Option.isSome(left) ? `; ${left.value} could not be taken out` : ""}`
  }).pipe(Effect.catchTag("FrameioNotInStack", (error) => Effect.succeed(error.message)))

const Live = AssetCache.layer().pipe(
  Layer.provide(FrameioClient.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici)
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, id, name = ""] = process.argv
  Schema.decodeUnknown(Asset.AssetId)(id).pipe(
    Effect.flatMap((assetId) => (what === "apart" ? unstack(assetId) : stackShot(assetId, name))),
    Effect.flatMap(Console.log),
    Effect.provide(Live),
    NodeRuntime.runMain
  )
}
