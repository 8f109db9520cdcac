/**
 * Version stacks by hand: a stack out of the files of a folder whose names begin alike, and a stack taken apart.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/stack.js build <folder id> AGM_104_065_010_comp
 *         FRAMEIO_TOKEN=… node build/src/stack.js apart <stack id>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { AssetCache, VersionStack } from "@effect-frameio/stacks"
import { Chunk, Console, Effect, Layer, Option, Schema, Stream } from "effect"

/** One stack out of all files in a folder whose names begin so, in the order of their names: v001, v002, … */
export const stackShot = (folder: Asset.AssetId, name: string) =>
  Effect.gen(function* () {
    // A stream over all pages. What it shows is known from here on, so that `build` reads nothing first.
    const takes = yield* AssetCache.listing({ assetId: folder, sort: "name" }).pipe(
      Stream.filter((asset) => Asset.isFile(asset) && asset.name?.startsWith(name) === true),
      Stream.runCollect
    )

    // Exactly once, even when answers are lost. Done again after a failure, it goes on where it ended.
    const { added, stackId } = yield* VersionStack.build(Chunk.toReadonlyArray(takes).map(({ id }) => id))
    const { name: newest } = yield* VersionStack.head(stackId)
    return `stack ${stackId}: ${added.length} put on, ${newest} on top`
  }).pipe(
    Effect.catchTags({
      // Each error says what was wrong, and what to do.
      FrameioNotStackable: (error) => Effect.succeed(error.message),
      FrameioOutOfOrder: (error) => Effect.succeed(error.message),
      FrameioAlreadyElsewhere: (error) => Effect.succeed(error.message)
    })
  )

/** All versions of a stack as files again, whichever of them, or the stack itself, is named. */
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
