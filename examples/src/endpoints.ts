/**
 * Every call of the Assets group once, the way a program would use it: a folder is filled, sorted out and cleared away.
 *
 * Run it, on a project of your own: FRAMEIO_TOKEN=… node build/src/endpoints.js <the id of a folder>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient, UploadPart } from "@effect-frameio/core"
import { Console, Effect, Layer, Schema } from "effect"

/** A folder, and files in it: one to upload, one that Frame.io fetches, one that is still being written. */
export const create = Effect.fn("create")(function* (parentId: Asset.AssetId) {
  const frameio = yield* FrameioClient.FrameioClient
  const folder = yield* frameio.create({ parentId, type: "folder", name: "Dailies" })

  // Upload the parts of an ordinary file to these URLs, each with the file's MIME type.
  const file = yield* frameio.create({
    parentId: folder.id,
    type: "file",
    name: "shot_010_v001.mov",
    filesize: 62_914_560,
    filetype: "video/quicktime"
  })
  const whereTo = Asset.uploadUrls(file)

  const remote = yield* frameio.create({
    parentId: folder.id,
    type: "file",
    name: "shot_010_v002.mov",
    source: { url: "https://example.com/shot_010_v002.mov" }
  })

  // A growing file needs neither name nor size; each part requests its own URL.
  const growing = yield* frameio.create({
    parentId: folder.id,
    type: "file",
    isRealtimeUpload: true,
    extension: "mxf",
    filetype: "application/mxf"
  })
  const first = yield* frameio.realtimeParts({
    assetId: growing.id,
    parts: [{ number: 1, size: UploadPart.MIN_SIZE, isFinal: false }]
  })
  const last = yield* frameio.realtimeParts({
    assetId: growing.id,
    parts: [{ number: 2, size: 1000, isFinal: true }],
    assetName: "camera_a.mxf",
    assetFilesize: UploadPart.MIN_SIZE + 1000
  })
  return { folder, file, remote, growing, urls: [...whereTo, ...first.upload_urls, ...last.upload_urls] }
})

/** Names, properties and labels; a version on another, and off again. */
export const change = Effect.fn("change")(function* (assetId: Asset.AssetId, nextAssetId: Asset.AssetId) {
  const frameio = yield* FrameioClient.FrameioClient
  const named = yield* frameio.update({
    assetId,
    name: "shot_010_graded.mov",
    properties: { shot: "010" },
    fields: { label: "approved" }
  })
  yield* frameio.version({ assetId, nextAssetId })
  const loose = yield* frameio.unversion({ assetId: nextAssetId })
  return { named, loose }
})

/** One asset, its tracks, and the contents of a folder: whole, or only a few fields. */
export const read = Effect.fn("read")(function* (folderId: Asset.AssetId, fileId: Asset.AssetId) {
  const frameio = yield* FrameioClient.FrameioClient
  const file = yield* frameio.get({ assetId: fileId })
  const { audio_tracks } = yield* frameio.audio({ assetId: fileId })
  const { subtitle_tracks } = yield* frameio.subtitles({ assetId: fileId })
  const page = yield* frameio.children({ assetId: folderId, sort: ["-uploaded_at", "name"], include: "cover_asset" })
  const slim = yield* frameio.slimChildren({ assetId: folderId, onlyFields: ["a.name", "a.filesize", "u.name"] })
  return { file, audio: audio_tracks ?? [], subtitles: subtitle_tracks ?? [], page, slim }
})

/** The two searches. By POST, which can carry a filter; by GET, which has a rate limit of its own. */
export const find = Effect.fn("find")(function* (accountId: string, projectId: string) {
  const frameio = yield* FrameioClient.FrameioClient
  const approved = yield* frameio.librarySearch({
    accountId,
    filter: {
      label: { op: "eq", value: "approved" },
      inserted_at: [
        { op: "gte", value: "1970-01-01" },
        { op: "lte", value: "2999-12-31" }
      ]
    },
    sort: "-inserted_at"
  })
  const shots = yield* frameio.search({ projectId, q: "shot", type: "file", pageSize: 50 })
  const byGet = yield* frameio.search({ method: "GET", projectId, q: "shot", type: "file" })
  const everywhere = yield* frameio.librarySearch({ method: "GET", accountId, q: "shot" })
  return { approved, shots, byGet, everywhere }
})

/** Copies and moves. A bulk copy succeeds even if it could not do everything: the rest is in `errors`. */
export const arrange = Effect.fn("arrange")(function* (
  assetIds: ReadonlyArray<Asset.AssetId>,
  destinationId: Asset.AssetId
) {
  const frameio = yield* FrameioClient.FrameioClient
  const [assetId, ...rest] = assetIds
  if (assetId === undefined) return { copied: 0, failed: [] }
  yield* frameio.copy({ assetId, destinationId })
  const { copied, errors } = yield* frameio.bulkCopy({ assetIds: rest, destinationId, copyComments: "all" })
  yield* frameio.move({ assetId, destinationId })
  return { copied: copied.length, failed: errors.map((error) => error.key) }
})

/** Deletes softly, one and many; here it is no failure if an asset is gone already. */
export const clear = Effect.fn("clear")(function* (assetId: Asset.AssetId, assetIds: ReadonlyArray<Asset.AssetId>) {
  const frameio = yield* FrameioClient.FrameioClient
  const { errors } = yield* frameio.bulkDelete({ assetIds })
  yield* frameio.delete({ assetId }).pipe(Effect.catchTag("FrameioNotFound", () => Effect.void))
  return errors.map((error) => error.key)
})

const tour = Effect.fn("tour")(function* (argument: string) {
  const root = yield* Schema.decode(Asset.AssetId)(argument)
  const { file, folder, growing, remote, urls } = yield* create(root)
  yield* Console.log(`${urls.length} parts to put`)
  const { named } = yield* change(file.id, remote.id)
  const { page } = yield* read(folder.id, file.id)
  yield* Console.log(`${page.items.length} in ${folder.name}`)
  const { shots } = yield* find(named.account_id ?? "", named.project_id ?? "")
  yield* Console.log(`${shots.total ?? shots.items.length} found`)
  const { copied } = yield* arrange([file.id, remote.id, growing.id], root)
  yield* Console.log(`${copied} copied`)
  yield* clear(folder.id, [remote.id, growing.id])
})

const Live = FrameioClient.layerConfig().pipe(Layer.provide(NodeHttpClient.layerUndici))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  tour(process.argv[2] ?? "").pipe(Effect.provide(Live), NodeRuntime.runMain)
}
