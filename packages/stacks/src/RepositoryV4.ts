/**
 * The repository over the V4 client. V4 has a route for each kind of asset, so the kind of an unknown id is found out once;
 * a stack tells its newest version, but neither their number nor their order.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as V4Asset from "@effect-frameio/core/V4Asset"
import * as V4Client from "@effect-frameio/core/V4Client"
import type * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Repository from "./Repository.js"

/**
 * The most files that V4 puts on a file in one request for a new stack.
 *
 * @since 0.1.0
 * @category constants
 */
export const filesPerStack = 9

/** The largest page of a folder's listing, and of a stack's. */
const FOLDER_PAGE = 500
const STACK_PAGE = 100

/** Kinds never change; beyond this many ids the oldest are forgotten. */
const KINDS_KEPT = 50_000

const endpoints = {
  get: "files.show",
  children: "folders.children",
  versions: "versionStacks.children",
  stack: "versionStacks.create",
  grow: "files.move",
  raise: "versionStacks.reorder",
  takeOut: "files.move",
  move: "files.move",
  create: "files.localUpload",
  remove: "files.delete"
} as const satisfies { readonly [Step in Repository.Step]: V4Api.OperationName }

type Kind = "file" | "folder" | "version_stack"

/** What holds a file is one of two kinds, and seldom a stack where its kind is not known. */
type Known = Kind | "holder"

const isId = Schema.is(V4Asset.Id)

const idOf = (value: string | null | undefined): AssetId | undefined => (isId(value) ? value : undefined)

const commonOf = (item: V4Asset.Item) => ({
  id: item.id,
  name: item.name ?? "",
  parentId: idOf(item.parent_id),
  createdAt: item.created_at ?? undefined
})

/** v2's word for a kind of media, because its rule of one kind per stack is about those; any other type is its own kind. */
const mediaKindOf = (mediaType: string | null | undefined): string | undefined => {
  if (typeof mediaType !== "string" || mediaType === "application/octet-stream") return undefined
  if (/^(?:video|audio)\//.test(mediaType)) return "stream"
  if (mediaType.startsWith("image/")) return "image"
  return mediaType === "application/pdf" ? "document" : mediaType
}

const fileOf = (item: V4Asset.Item): Repository.File => ({
  _tag: "File",
  ...commonOf(item),
  bytes: item.file_size ?? undefined,
  mediaKind: mediaKindOf(item.media_type),
  arrived: typeof item.status === "string" ? item.status !== "created" : undefined
})

const stackOf = (item: V4Asset.Item): Repository.Stack => ({
  _tag: "Stack",
  ...commonOf(item),
  newest: item.head_version?.id,
  count: undefined
})

const itemOf = (item: V4Asset.Item): Repository.Item => {
  switch (item.type) {
    case "file":
      return fileOf(item)
    case "version_stack":
      return stackOf(item)
    case "folder":
      return { _tag: "Folder", ...commonOf(item) }
    default:
      return { _tag: "Other", ...commonOf(item), kind: item.type }
  }
}

/**
 * The children of a stack from the oldest to the newest: the end of the listing with the stack's head is the top. Pure.
 *
 * @since 0.1.0
 * @category reading
 */
export const inOrder = <File extends { readonly id: AssetId }>(
  listed: ReadonlyArray<File>,
  head: AssetId | undefined
): { readonly files: ReadonlyArray<File>; readonly order: Repository.Versions["order"] } => {
  if (listed.length < 2) return { files: listed, order: "confirmed" }
  if (listed[0]?.id === head) return { files: listed.toReversed(), order: "confirmed" }
  if (listed.at(-1)?.id === head) return { files: listed, order: "confirmed" }
  return { files: listed.toReversed(), order: "assumed" }
}

interface PageArgs {
  readonly after?: string | undefined
  readonly pageSize: number
  readonly includeTotalCount?: boolean | undefined
}

/** All pages of a list; asks for the total only for `onPage`. */
const pagesOf = <A, E>(
  list: (args: PageArgs) => Effect.Effect<V4Client.Page<A>, E>,
  most: number,
  { onPage, pageSize = most }: Repository.ListOptions = {}
): Stream.Stream<A, E> =>
  Stream.suspend(() => {
    let page = 0
    const size = Math.min(pageSize, most)
    const read = (args: PageArgs) =>
      Effect.tap(list(args), ({ totalCount: total }) =>
        onPage?.({ page: ++page, total, pages: total === undefined ? undefined : Math.ceil(total / size) })
      )
    return V4Client.pages(read, { pageSize: size, ...(onPage === undefined ? {} : { includeTotalCount: true }) })
  })

/** Whether a refusal may mean that the id is of another kind; it may also be nobody's. */
const isOtherKind = (error: FrameioError.ReadError): boolean =>
  error._tag === "FrameioNotFound" || error._tag === "FrameioInvalidArguments"

/**
 * A repository over the V4 client, in the account of the client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Repository.Service, never, V4Client.V4Client> = Effect.map(
  V4Client.V4Client,
  (client) => {
    const kinds = new Map<AssetId, Known>()
    const know = (id: AssetId, kind: Known): void => {
      if (kinds.size >= KINDS_KEPT) for (const oldest of kinds.keys()) if (kinds.delete(oldest)) break
      kinds.set(id, kind)
    }
    const learn = <
      Item extends {
        readonly id: AssetId
        readonly type: string
        readonly parent_id?: string | null | undefined
      }
    >(
      item: Item
    ): Item => {
      const { id, type } = item
      if (type === "file" || type === "folder" || type === "version_stack") know(id, type)
      const holder = type === "file" ? idOf(item.parent_id) : undefined
      if (holder !== undefined && !kinds.has(holder)) know(holder, "holder")
      return item
    }

    const routeOf = (name: V4Api.OperationName): string => {
      const { method, path } = V4Api.endpoints.get(name) ?? { method: "", path: "" }
      return V4Api.routeOf({ method, url: path.replace(":account_id", client.accountId) })
    }

    const show: Readonly<Record<Kind, (id: AssetId) => Effect.Effect<V4Asset.Item, FrameioError.ReadError>>> = {
      file: (fileId) => client.files.show({ fileId }),
      version_stack: (versionStackId) => client.versionStacks.show({ versionStackId }),
      folder: (folderId) => client.folders.show({ folderId })
    }

    const probe = (
      id: AssetId,
      [first, ...others]: Arr.NonEmptyReadonlyArray<Kind>
    ): Effect.Effect<V4Asset.Item, FrameioError.ReadError> =>
      others.reduce(
        (asked, next) => Effect.catchAll(asked, (error) => (isOtherKind(error) ? show[next](id) : Effect.fail(error))),
        show[first](id)
      )

    const probing = new Map<AssetId, Fiber.RuntimeFiber<V4Asset.Item, FrameioError.ReadError>>()

    /**
     * Concurrent questions about one id share an answer, because many files have one folder. A fiber of its own, because
     * the first caller may be interrupted.
     */
    const probeOnce = (
      id: AssetId,
      kindsInTurn: Arr.NonEmptyReadonlyArray<Kind>
    ): Effect.Effect<V4Asset.Item, FrameioError.ReadError> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          let fiber = probing.get(id)
          if (fiber === undefined) {
            fiber = yield* Effect.forkDaemon(Effect.interruptible(probe(id, kindsInTurn)))
            probing.set(id, fiber)
            fiber.addObserver(() => probing.delete(id))
          }
          return yield* Effect.flatten(restore(Fiber.await(fiber)))
        })
      )

    const get = (id: AssetId): Effect.Effect<Repository.Item, FrameioError.ReadError> =>
      Effect.suspend(() => {
        const kind = kinds.get(id)
        const found =
          kind === undefined
            ? probeOnce(id, ["file", "version_stack", "folder"])
            : kind === "holder"
              ? probeOnce(id, ["folder", "version_stack"])
              : show[kind](id)
        return Effect.map(found, (item) => itemOf(learn(item)))
      })

    const move = (file: AssetId, parentId: AssetId) =>
      Effect.map(client.files.move({ fileId: file, parentId }), (item) => itemOf(learn(item)))

    return {
      abilities: {
        api: "v4",
        filesPerStack,
        sameFolder: true,
        kindByExtension: true,
        // A move would take a version out of any other stack.
        blind: false,
        growsOnTop: false,
        endpoints,
        routes: Record.map(endpoints, routeOf)
      },
      get,
      isFolder: (id) => kinds.get(id) === "folder",
      children: (folderId, options) =>
        Stream.map(
          pagesOf((args) => client.folders.children({ ...args, folderId }), FOLDER_PAGE, options).pipe(
            // Only folders can be listed.
            Stream.onEnd(Effect.sync(() => learn({ id: folderId, type: "folder" })))
          ),
          (item) => itemOf(learn(item))
        ),
      versions: (stack, options) =>
        Effect.map(
          Effect.all(
            [
              client.versionStacks.show({ versionStackId: stack.id }),
              Stream.runCollect(
                pagesOf(
                  (args) => client.versionStacks.children({ ...args, versionStackId: stack.id }),
                  STACK_PAGE,
                  options
                )
              )
            ],
            { concurrency: 2 }
          ),
          ([shown, listed]) => ({
            stack: stackOf(shown),
            ...inOrder(
              Chunk.toReadonlyArray(listed).map((item) => fileOf(learn(item))),
              shown.head_version?.id
            )
          })
        ),
      stack: ({ files, onto }) =>
        onto.parentId === undefined
          ? Effect.fail(
              new FrameioError.InvalidRequest({
                endpoint: "versionStacks.create",
                assetIds: [onto.id, ...files],
                problems: [{ path: "onto", message: "is in no folder, so no stack can be made from it" }]
              })
            )
          : Effect.map(
              client.versionStacks.create({ folderId: onto.parentId, fileIds: [onto.id, ...files] }),
              (stack) => itemOf(learn(stack))
            ),
      grow: ({ file, stackId }) => move(file, stackId),
      raise: ({ file, stackId }) =>
        Effect.asVoid(client.versionStacks.reorder({ versionStackId: stackId, targetFileId: file, moveTo: "top" })),
      lower: ({ below, file, stackId }) =>
        Effect.asVoid(
          client.versionStacks.reorder({ versionStackId: stackId, targetFileId: file, moveBelowFileId: below })
        ),
      shares: {
        endpoints: { add: "shares.addAsset", remove: "shares.removeAsset" },
        name: (shareId) => Effect.map(client.shares.show({ shareId }), ({ name }) => name ?? ""),
        add: ({ file, shareId }) => Effect.asVoid(client.shares.addAsset({ shareId, assetId: file })),
        remove: ({ file, shareId }) => Effect.asVoid(client.shares.removeAsset({ shareId, assetId: file }))
      },
      takeOut: ({ file, stack }) =>
        stack.parentId === undefined
          ? Effect.fail(
              new FrameioError.InvalidRequest({
                endpoint: "files.move",
                assetIds: [file],
                problems: [{ path: "stack", message: "is in no folder that its version could go to" }]
              })
            )
          : move(file, stack.parentId),
      move: ({ file, folderId }) => Effect.asVoid(move(file, folderId)),
      create: ({ bytes, folderId, name }) =>
        Effect.map(client.files.localUpload({ folderId, name, fileSize: bytes }), (file) => {
          const parts = (learn(file).upload_urls ?? []).map(({ size, url }) => ({
            url: Redacted.make(url),
            bytes: size
          }))
          return {
            id: file.id,
            name: file.name ?? name,
            contentType: file.media_type ?? "application/octet-stream",
            // Parts of another size would make another file.
            parts: parts.reduce((sum, part) => sum + part.bytes, 0) === bytes ? parts : []
          }
        }),
      arrival: (fileId) =>
        Effect.map(client.files.status({ fileId }), ({ upload_complete, upload_failed }) => ({
          state: upload_failed ? "failed" : upload_complete ? "arrived" : "arriving",
          bytes: undefined
        })),
      remove: (id) => {
        const file = client.files.delete({ fileId: id })
        const folder = client.folders.delete({ folderId: id })
        if (kinds.get(id) === "folder") return folder
        if (kinds.get(id) === "file") return file
        return Effect.catchAll(file, (error) =>
          error._tag === "FrameioNotFound" || error._tag === "FrameioInvalidArguments" ? folder : Effect.fail(error)
        )
      }
    }
  }
)

/**
 * The repository over the V4 client.
 *
 * @example
 * ```ts
 * const RepositoryLive = RepositoryV4.layer.pipe(Layer.provide(V4Client.layerConfig()))
 * const { stackId } = yield* StackBuild.build({ onto: shot, files: [take2] }).pipe(Effect.provide(RepositoryLive))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Repository.Repository, never, V4Client.V4Client> = Layer.effect(
  Repository.Repository,
  make
)
