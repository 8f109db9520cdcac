/**
 * Every operation of V4 that is declared here, the way a program would use it: a folder is filled, its files are stacked and
 * put in order, shown to a client, and cleared away.
 *
 * Run it, on a project of your own: FRAMEIO_TOKEN=… node build/src/v4Endpoints.js
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { V4Asset, V4Client } from "@effect-frameio/core"
import { Chunk, Console, Effect, Layer, Schema, Stream } from "effect"

const isId = Schema.is(V4Asset.Id)

/** Whose token it is, and the first project that it reaches. */
export const orient = Effect.fn("orient")(function* () {
  const v4 = yield* V4Client.V4Client
  const me = yield* v4.me.show()
  const accounts = yield* v4.accounts.list()
  const [workspace] = (yield* v4.workspaces.list()).items
  const all = yield* v4.projects.list()
  if (workspace === undefined) return yield* Effect.dieMessage("This account has no workspace.")
  const [first] = (yield* v4.projects.listOfWorkspace({ workspaceId: workspace.id })).items
  if (first === undefined) return yield* Effect.dieMessage("This workspace has no project.")
  const project = yield* v4.projects.show({ projectId: first.id })
  const { root_folder_id: rootId } = project
  if (!isId(rootId)) return yield* Effect.dieMessage("This project has no root folder.")
  return { me, accounts: accounts.items.length, projects: all.items.length, workspace, project, rootId }
})

/** A folder with three takes: one to be uploaded, one that Frame.io fetches, and a copy of that. */
export const create = Effect.fn("create")(function* (rootId: V4Asset.Id) {
  const v4 = yield* V4Client.V4Client
  const folder = yield* v4.folders.create({ folderId: rootId, name: "Dailies" })
  // The parts are put to these URLs, each as long as it says; then Frame.io tells how far it is.
  const take1 = yield* v4.files.localUpload({ folderId: folder.id, name: "shot_010_v001.mov", fileSize: 62_914_560 })
  const whereTo = take1.upload_urls ?? []
  const { upload_complete } = yield* v4.files.status({ fileId: take1.id })
  const take2 = yield* v4.files.remoteUpload({
    folderId: folder.id,
    name: "shot_010_v002.mov",
    sourceUrl: "https://example.com/shot_010_v002.mov"
  })
  const copy = yield* v4.files.copy({ fileId: take2.id })
  const take3 = yield* v4.files.rename({ fileId: copy.id, name: "shot_010_v003.mov" })
  return { folder, take1, take2, take3, parts: whereTo.length, isComplete: upload_complete }
})

/** A stack of two takes by one request, a third on top, and the second on top of that. */
export const stack = Effect.fn("stack")(function* (
  folderId: V4Asset.Id,
  [take1, take2, take3]: readonly [V4Asset.Id, V4Asset.Id, V4Asset.Id]
) {
  const v4 = yield* V4Client.V4Client
  const { id: versionStackId } = yield* v4.versionStacks.create({ folderId, fileIds: [take1, take2] })
  // Onto a stack a move makes a version; the answer is the file.
  yield* v4.files.move({ fileId: take3, parentId: versionStackId })
  yield* v4.versionStacks.reorder({ versionStackId, targetFileId: take2, moveTo: "top" })
  const { head_version } = yield* v4.versionStacks.show({ versionStackId })
  const versions = yield* v4.versionStacks.children({ versionStackId })
  return { versionStackId, newest: head_version?.id, versions: versions.items.length }
})

/** What a folder holds: by kinds, or all of it page by page. */
export const read = Effect.fn("read")(function* (folderId: V4Asset.Id, fileId: V4Asset.Id) {
  const v4 = yield* V4Client.V4Client
  const { name } = yield* v4.folders.show({ folderId })
  const files = (yield* v4.folders.files({ folderId, sort: "created_at_desc" })).items
  const folders = (yield* v4.folders.folders({ folderId })).items
  const stacks = (yield* v4.folders.versionStacks({ folderId })).items
  const all = yield* Stream.runCollect(V4Client.pages(v4.folders.children, { folderId, pageSize: 500 }))
  const file = yield* v4.files.show({ fileId })
  const found = yield* v4.search.search({ query: file.name ?? "" })
  return {
    name,
    counts: { files: files.length, folders: folders.length, stacks: stacks.length, all: Chunk.size(all) },
    found: found.items.length
  }
})

/** Values of metadata fields of many files at once, and those of one. */
export const describe = Effect.fn("describe")(function* (
  projectId: V4Asset.Id,
  fileId: V4Asset.Id,
  fieldDefinitionId: string
) {
  const v4 = yield* V4Client.V4Client
  yield* v4.metadata.update({ projectId, fileIds: [fileId], values: [{ fieldDefinitionId, value: "approved" }] })
  return (yield* v4.metadata.ofFile({ fileId })).metadata
})

/** The new file in the place of the old one, in each share of a project whose name says that it is for a client. */
export const share = Effect.fn("share")(function* (projectId: V4Asset.Id, old: V4Asset.Id, next: V4Asset.Id) {
  const v4 = yield* V4Client.V4Client
  const shares = (yield* v4.shares.list({ projectId })).items.filter(({ name }) => name?.startsWith("Client") === true)
  return yield* Effect.forEach(shares, ({ id: shareId }) =>
    Effect.gen(function* () {
      yield* v4.shares.removeAsset({ shareId, assetId: old })
      yield* v4.shares.addAsset({ shareId, assetId: next })
      return (yield* v4.shares.show({ shareId })).name
    })
  )
})

/** A webhook that hears of versions. Its secret is told once, in the answer that makes it. */
export const listen = Effect.fn("listen")(function* (workspaceId: string, url: string) {
  const v4 = yield* V4Client.V4Client
  const hook = yield* v4.webhooks.create({ workspaceId, name: "versions", url, events: ["file.versioned"] })
  const all = yield* v4.webhooks.list({ workspaceId })
  yield* v4.webhooks.delete({ webhookId: hook.id })
  return { isSecretTold: hook.secret !== undefined, webhooks: all.items.length }
})

/** A stack copied and moved; then a file is deleted, and the folder with all that is left in it. */
export const clear = Effect.fn("clear")(function* (
  rootId: V4Asset.Id,
  folderId: V4Asset.Id,
  versionStackId: V4Asset.Id,
  fileId: V4Asset.Id
) {
  const v4 = yield* V4Client.V4Client
  const copy = yield* v4.versionStacks.copy({ versionStackId, copyMetadata: true })
  const moved = yield* v4.versionStacks.move({ versionStackId: copy.id, parentId: rootId })
  yield* v4.files.delete({ fileId })
  yield* v4.folders.delete({ folderId }).pipe(Effect.catchTag("FrameioNotFound", () => Effect.void))
  return moved
})

const tour = Effect.gen(function* () {
  const { me, project, rootId, workspace } = yield* orient()
  yield* Console.log(`${me.name ?? me.id}, in ${project.name ?? project.id}`)
  const { folder, parts, take1, take2, take3 } = yield* create(rootId)
  yield* Console.log(`${parts} parts to put`)
  const { newest, versionStackId, versions } = yield* stack(folder.id, [take1.id, take2.id, take3.id])
  yield* Console.log(`${versions} versions, ${newest} on top`)
  const { found } = yield* read(folder.id, take1.id)
  yield* Console.log(`${found} found`)
  const { webhooks } = yield* listen(workspace.id, "https://hooks.example.com/frameio")
  yield* Console.log(`${webhooks} webhooks`)
  yield* clear(rootId, folder.id, versionStackId, take1.id)
})

const Live = V4Client.layerConfig().pipe(Layer.provide(NodeHttpClient.layerUndici))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  tour.pipe(Effect.provide(Live), NodeRuntime.runMain)
}
