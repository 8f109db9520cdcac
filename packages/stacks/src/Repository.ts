/**
 * The files, folders and version stacks of an account, in the words of the work: the one way from stacks, jobs and
 * uploads to Frame.io, over either version of its API.
 *
 * Each changing function is one request, so that its caller can make it exactly once: after a lost answer {@link locate}
 * tells where the file is. Only {@link Abilities} say what one request can do, and which budget it draws on.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { fileOf, itemOf } from "./internal/assetItem.js"
import * as PartPlan from "./internal/partPlan.js"
import { inOrder, type Members } from "./internal/stackMembers.js"
import * as Listing from "./Listing.js"

type AssetId = Asset.AssetId

// -----------------------------------------------------------------------------
// what is there
// -----------------------------------------------------------------------------

interface Common {
  readonly id: AssetId
  /** Empty if Frame.io does not tell it. */
  readonly name: string
  /** The folder that holds it, or a version's stack; absent for the root of a project. */
  readonly parentId: AssetId | undefined
  /** ISO 8601 in UTC. */
  readonly createdAt: string | undefined
}

/**
 * A file in a folder, or a version on a stack; the parent tells which.
 *
 * @since 0.1.0
 * @category models
 */
export interface File extends Common {
  readonly _tag: "File"
  readonly bytes: number | undefined
  /** The kind of media; absent until the file has been processed. */
  readonly mediaKind: string | undefined
  /** Whether all of its content has arrived, if Frame.io tells. */
  readonly arrived: boolean | undefined
}

/**
 * A folder.
 *
 * @since 0.1.0
 * @category models
 */
export interface Folder extends Common {
  readonly _tag: "Folder"
}

/**
 * A version stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack extends Common {
  readonly _tag: "Stack"
  /** Its newest version. */
  readonly newest: AssetId | undefined
  /** How many versions it has, if Frame.io tells. */
  readonly count: number | undefined
}

/**
 * Any other asset, such as a bundle.
 *
 * @since 0.1.0
 * @category models
 */
export interface Other extends Common {
  readonly _tag: "Other"
  /** Frame.io's word for it. */
  readonly kind: string
}

/**
 * Anything with an id.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = File | Folder | Stack | Other

/**
 * The versions of a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Versions {
  readonly stack: Stack
  /** Oldest first. */
  readonly files: ReadonlyArray<File>
  /** `confirmed` if the newest is at one end; else `assumed` to be Frame.io's usual order. */
  readonly order: Members["order"]
}

/**
 * A file that was created, and where its content goes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Created {
  readonly id: AssetId
  readonly name: string
  /** The MIME type of the parts' requests. */
  readonly contentType: string
  /** In the order of the file; empty if the answer has none. A URL is a secret: it lets anybody write the file. */
  readonly parts: ReadonlyArray<{ readonly url: Redacted.Redacted; readonly bytes: number }>
}

/**
 * How far the content of a file is, once its parts are sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrival {
  /** `arrived` also on an API without such a state. */
  readonly state: "arriving" | "arrived" | "failed"
  /** Bytes, if Frame.io tells. */
  readonly bytes: number | undefined
}

// -----------------------------------------------------------------------------
// what can be done
// -----------------------------------------------------------------------------

/**
 * The requests that a repository makes.
 *
 * @since 0.1.0
 * @category models
 */
export type Step =
  | "get"
  | "children"
  | "versions"
  | "stack"
  | "grow"
  | "raise"
  | "takeOut"
  | "move"
  | "create"
  | "remove"

/**
 * The abilities of an API.
 *
 * @since 0.1.0
 * @category models
 */
export interface Abilities {
  /** The API's name for people, such as `v2`; never to decide by. */
  readonly api: string
  /** The most files that one `stack` puts on a file. */
  readonly filesPerStack: number
  /** Whether `stack` takes only files in the folder of the file below; others are moved there first. */
  readonly sameFolder: boolean
  /** Whether the name's extension alone decides the kind of a file, so that there must be one. */
  readonly kindByExtension: boolean
  /**
   * Whether `grow` also takes the id of a file, and refuses what cannot be: then a version can be put on an id of which
   * nothing is known. Else both are read first.
   */
  readonly blind: boolean
  /** Whether `grow` is documented to put on top; else the stack is read to prove it. */
  readonly growsOnTop: boolean
  /** The API's name of each step's call, for errors; of the nearest call if the API has no such step. */
  readonly endpoints: Readonly<Record<Step, string>>
  /** The scheduler's name of each step's budget. Steps of one name share it. */
  readonly routes: Readonly<Record<Step, string>>
}

/**
 * A page's information on its list.
 *
 * @since 0.1.0
 * @category models
 */
export interface PageRead {
  /** Its place, counted from 1. */
  readonly page: number
  /** How many items the list has, if the API tells. */
  readonly total: number | undefined
  /** How many pages the list has, if the API tells. */
  readonly pages: number | undefined
}

/**
 * How a list is read.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions {
  /** Items per page, at least 1, cut to the API's maximum. Default: as the API is usually read. */
  readonly pageSize?: number | undefined
  /** How many pages are asked for before they are needed, if the API allows it. Default: a few. */
  readonly ahead?: number | undefined
  /** Sees each page as it comes; pages asked for ahead may come in another order. */
  readonly onPage?: ((page: PageRead) => Effect.Effect<void>) | undefined
}

/**
 * Shares: links under which outsiders see some files. No API lists the files of a share.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shares {
  /** The API's names of the calls, for errors. */
  readonly endpoints: { readonly add: string; readonly remove: string }
  /** The name of a share, or the empty string. */
  readonly name: (shareId: string) => Effect.Effect<string, FrameioError.ReadError>
  /** Shows a file in a share. The effect on a file that is in it already is not documented. */
  readonly add: (args: {
    readonly shareId: string
    readonly file: AssetId
  }) => Effect.Effect<void, FrameioError.WriteError>
  /**
   * Takes a file out of a share; with a version the whole stack goes. The effect on a file that is not in it is not
   * documented.
   */
  readonly remove: (args: {
    readonly shareId: string
    readonly file: AssetId
  }) => Effect.Effect<void, FrameioError.WriteError>
}

/**
 * The repository. It takes every id that the API knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The abilities of the API, and the buckets that its steps draw on. */
  readonly abilities: Abilities
  /** Reads the item with an id. */
  readonly get: (id: AssetId) => Effect.Effect<Item, FrameioError.ReadError>
  /** Whether an id is known to be a folder's, so that it need not be read; kinds never change. */
  readonly isFolder: (id: AssetId) => boolean
  /** Lists a folder, without the versions on stacks. */
  readonly children: (folderId: AssetId, options?: ListOptions) => Stream.Stream<Item, FrameioError.ListError>
  /** Reads the versions on a stack. */
  readonly versions: (stack: Stack, options?: ListOptions) => Effect.Effect<Versions, FrameioError.ListError>
  /**
   * Makes a stack of a file that is on none, and of files on top of it, the oldest first: at least one, and at most
   * `filesPerStack`. Like all changes of stacks it answers as the API does: the stack or a file of it.
   */
  readonly stack: (args: {
    readonly onto: File
    readonly files: Arr.NonEmptyReadonlyArray<AssetId>
  }) => Effect.Effect<Item, FrameioError.WriteError>
  /** Puts a file on top of a stack. */
  readonly grow: (args: {
    readonly stackId: AssetId
    readonly file: AssetId
  }) => Effect.Effect<Item, FrameioError.WriteError>
  /** Puts a version on top of its stack, if the API can. */
  readonly raise?:
    | ((args: { readonly stackId: AssetId; readonly file: AssetId }) => Effect.Effect<void, FrameioError.WriteError>)
    | undefined
  /** Puts a version right below another one of its stack, if the API can. */
  readonly lower?:
    | ((args: {
        readonly stackId: AssetId
        readonly file: AssetId
        readonly below: AssetId
      }) => Effect.Effect<void, FrameioError.WriteError>)
    | undefined
  /** Shares, if the API has calls for them. */
  readonly shares?: Shares | undefined
  /** Takes a version out of its stack, into the stack's folder, which a `blind` API need not be told. */
  readonly takeOut: (args: {
    readonly stack: Pick<Stack, "id" | "parentId">
    readonly file: AssetId
  }) => Effect.Effect<Item, FrameioError.WriteError>
  /** Moves a file that is on no stack into a folder. */
  readonly move: (args: {
    readonly file: AssetId
    readonly folderId: AssetId
  }) => Effect.Effect<void, FrameioError.WriteError>
  /** Creates a file whose content is still to come. */
  readonly create: (args: {
    readonly folderId: AssetId
    /** With its extension. */
    readonly name: string
    /** At least 1. */
    readonly bytes: number
    /** The MIME type, for APIs that do not read it off the extension. */
    readonly mediaType: string
    /** Text for people, if the API keeps it. */
    readonly description?: string | undefined
    /** Custom properties by name, if the API keeps them. */
    readonly properties?: Readonly<Record<string, unknown>> | undefined
  }) => Effect.Effect<Created, FrameioError.WriteError>
  /** How far the content of a file is. */
  readonly arrival: (file: AssetId) => Effect.Effect<Arrival, FrameioError.ReadError>
  /** Deletes a file or a folder. */
  readonly remove: (id: AssetId) => Effect.Effect<void, FrameioError.WriteError>
}

/**
 * The repository.
 *
 * @example
 * ```ts
 * const repository = yield* Repository.Repository
 * const files = repository.children(folder).pipe(Stream.filter((item) => item._tag === "File"))
 * yield* repository.grow({ stackId: shot, file: take2 })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Repository extends Context.Tag("@effect-frameio/stacks/Repository")<Repository, Service>() {}

/**
 * An item's place: a file by itself, a version with its stack, or anything else.
 *
 * @since 0.1.0
 * @category models
 */
export type Location =
  | { readonly _tag: "File"; readonly file: File }
  | { readonly _tag: "Member"; readonly file: File; readonly stack: Stack }
  | { readonly _tag: "Stack"; readonly stack: Stack }
  | { readonly _tag: "Folder"; readonly folder: Folder }
  | { readonly _tag: "Other"; readonly item: Other }

/**
 * Reads an item's place: one request, and one more for a file whose parent is not known to be a folder.
 *
 * @since 0.1.0
 * @category reading
 */
export const locate = (id: AssetId): Effect.Effect<Location, FrameioError.ReadError, Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository
    const item = yield* repository.get(id)
    switch (item._tag) {
      case "File": {
        const { parentId } = item
        const holder =
          parentId === undefined || repository.isFolder(parentId) ? undefined : yield* repository.get(parentId)
        return holder?._tag === "Stack" ? { _tag: "Member", file: item, stack: holder } : { _tag: "File", file: item }
      }
      case "Stack":
        return { _tag: "Stack", stack: item }
      case "Folder":
        return { _tag: "Folder", folder: item }
      case "Other":
        return { _tag: "Other", item }
    }
  })

// -----------------------------------------------------------------------------
// over v2
// -----------------------------------------------------------------------------

const endpointsV2 = {
  get: "assets.get",
  children: "assets.children",
  versions: "assets.children",
  stack: "assets.version",
  grow: "assets.version",
  raise: "assets.version",
  takeOut: "assets.unversion",
  move: "assets.move",
  create: "assets.create",
  remove: "assets.delete"
} as const satisfies Abilities["endpoints"]

const abilitiesV2: Abilities = {
  api: "v2",
  filesPerStack: 1,
  sameFolder: false,
  kindByExtension: false,
  blind: true,
  growsOnTop: true,
  endpoints: endpointsV2,
  routes: Record.map(endpointsV2, (name) => {
    const endpoint = FrameioApi.endpoints.get(name)
    // A misspelt name fails when this module is loaded.
    if (endpoint === undefined) throw new Error(`no endpoint is called ${name}`)
    return endpoint.route
  })
}

const childrenV2 = (
  client: FrameioClient.Service,
  assetId: AssetId,
  { ahead, onPage, pageSize }: ListOptions = {}
): Stream.Stream<Asset.Asset, FrameioError.ListError> =>
  Listing.childrenFrom(
    (args) =>
      Effect.tap(client.children(args), ({ total, totalPages }) =>
        onPage?.({ page: args.page ?? 1, total, pages: totalPages })
      ),
    { assetId, ahead, pageSize }
  )

/**
 * A repository over the v2 client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeV2: Effect.Effect<Service, never, FrameioClient.FrameioClient> = Effect.map(
  FrameioClient.FrameioClient,
  (client) => ({
    abilities: abilitiesV2,
    get: (assetId) => Effect.map(client.get({ assetId }), itemOf),
    isFolder: () => false,
    children: (folderId, options) => Stream.map(childrenV2(client, folderId, options), itemOf),
    versions: (stack, options) =>
      Effect.map(Stream.runCollect(childrenV2(client, stack.id, options)), (listed) => {
        const { order, versions } = inOrder([...listed], Option.fromNullable(stack.newest))
        return { stack, files: versions.map(fileOf), order }
      }),
    stack: ({ files, onto }) => {
      const [nextAssetId, ...more] = files
      return more.length > 0
        ? Effect.fail(
            new FrameioError.InvalidRequest({
              endpoint: "assets.version",
              assetIds: [onto.id, ...files],
              problems: [{ path: "files", message: `has ${files.length} files; v2 puts one on another at a time` }]
            })
          )
        : Effect.map(client.version({ assetId: onto.id, nextAssetId }), itemOf)
    },
    grow: ({ file, stackId }) => Effect.map(client.version({ assetId: stackId, nextAssetId: file }), itemOf),
    takeOut: ({ file }) => Effect.map(client.unversion({ assetId: file }), itemOf),
    move: ({ file, folderId }) => Effect.asVoid(client.move({ assetId: file, destinationId: folderId })),
    create: ({ bytes, description, folderId, mediaType, name, properties }) =>
      Effect.map(
        client.create({
          parentId: folderId,
          type: "file",
          name,
          filesize: bytes,
          filetype: mediaType,
          description,
          properties
        }),
        (asset) => {
          const urls = Asset.uploadUrls(asset).map((url) => Redacted.make(url))
          const parts = PartPlan.split(bytes, urls.length)
          return {
            id: asset.id,
            name: asset.name ?? name,
            contentType: asset.filetype ?? mediaType,
            parts: urls.map((url, index) => ({ url, bytes: parts[index]?.length ?? 0 }))
          }
        }
      ),
    arrival: (assetId) =>
      Effect.map(client.get({ assetId }), (asset) => ({
        state: typeof asset.upload_failed_at === "string" ? "failed" : "arrived",
        bytes: asset.filesize ?? undefined
      })),
    remove: (assetId) => Effect.asVoid(client.delete({ assetId }))
  })
)

/**
 * The repository over the v2 client.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerV2: Layer.Layer<Repository, never, FrameioClient.FrameioClient> = Layer.effect(Repository, makeV2)
