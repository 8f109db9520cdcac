/**
 * Uploads a local file as the next version of a shot: reads it piece by piece, and shows its progress on standard
 * error.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/upload.js <file> <asset>
 */
import { fileURLToPath } from "node:url"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { Repository, Upload } from "@effect-frameio/stacks"
import { Console, Effect, Layer, Schema } from "effect"

/** Answers where the file is now. */
export const publishFile = Effect.fn("publishFile")(function* (file: string, shot: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const onto = yield* Schema.decode(Asset.AssetId)(shot)
  const { size } = yield* fs.stat(file)

  return yield* Upload.asNextVersion({
    onto,
    name: path.basename(file),
    filetype: "video/quicktime",
    filesize: Number(size),
    // Called for each part, and again for a part that did not get through.
    source: (offset, bytesToRead) => fs.stream(file, { offset, bytesToRead }),
    onEvent: (event) =>
      event._tag === "Progress" ? Console.error(`${event.partsDone} of ${event.parts} parts`) : Effect.void
  }).pipe(
    Effect.map(({ file, stackId }) => `${file.id} is the newest version on ${stackId}`),
    Effect.catchTags({
      // The file is uploaded but on no stack: somebody has to decide.
      FrameioNotVersioned: (error) =>
        Effect.succeed(`${error.assetId} is uploaded; to be put on ${error.onto}: ${error.error.message}`),
      FrameioUploadExpired: (error) =>
        Effect.succeed(`too slow: part ${error.part} of ${error.assetId} came after its time`)
    })
  )
})

const Live = Repository.layerV2.pipe(
  Layer.provideMerge(FrameioClient.layerConfig()),
  Layer.provideMerge(NodeHttpClient.layerUndici),
  Layer.merge(NodeContext.layer)
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = "", shot = ""] = process.argv
  publishFile(file, shot).pipe(Effect.flatMap(Console.log), Effect.provide(Live), NodeRuntime.runMain)
}
