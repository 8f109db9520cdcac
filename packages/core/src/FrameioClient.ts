/**
 * The calls of Frame.io's API as Effects: typed, within the rate limit, and sent again only where that is safe.
 *
 * A call goes through the declaration (`FrameioApi`), the retry policy and the rate-limit scheduler to the program's
 * `HttpClient`, and its answer comes back the same way.
 *
 * @since 0.1.0
 */
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Asset, type AssetFragment, AssetId, type CreatedAsset, sameId } from "./Asset.js"
import * as Bulk from "./Bulk.js"
import * as FrameioApi from "./FrameioApi.js"
import * as FrameioConfig from "./FrameioConfig.js"
import type * as FrameioError from "./FrameioError.js"
import type { Answer } from "./internal/answer.js"
import type * as DerivedCall from "./internal/derivedCall.js"
import * as Methods from "./internal/methods.js"
import * as StatusError from "./internal/statusError.js"
import * as NewAsset from "./NewAsset.js"
import * as Page from "./Page.js"
import * as RetryPolicy from "./RetryPolicy.js"
import type * as Search from "./Search.js"
import type * as Tracks from "./Tracks.js"
import * as UploadPart from "./UploadPart.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * One kind of asset, or several, to which a reading call is restricted.
 *
 * @since 0.1.0
 * @category models
 */
export type Kinds = string | ReadonlyArray<string>

/**
 * The fields that a list can be sorted by, as documented. A `-` in front reverses.
 *
 * @since 0.1.0
 * @category models
 */
export type SortField = "comment_count" | "filesize" | "filetype" | "id" | "label" | "name" | "uploaded_at"

/**
 * Related resources that a listing can include. Documented are `children` (at most three of each folder), `cover_asset`
 * and `review_links`; only Frame.io's own SDK names `creator` and `presentation`.
 *
 * @since 0.1.0
 * @category models
 */
export type Include = "children" | "cover_asset" | "review_links" | "creator" | "presentation"

/**
 * The arguments of {@link Service.version}.
 *
 * @since 0.1.0
 * @category models
 */
export interface VersionArgs {
  /** The file or version stack that gets a new version. For a file inside a stack, take the stack's id. */
  readonly assetId: AssetId
  /** The file that becomes the newest version. */
  readonly nextAssetId: AssetId
}

/**
 * The arguments of {@link Service.unversion}.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnversionArgs {
  /** The version to take out of its stack. */
  readonly assetId: AssetId
}

/**
 * The arguments of {@link Service.get}.
 *
 * @since 0.1.0
 * @category models
 */
export interface GetArgs {
  /** Any asset: a file, a folder, a version stack. */
  readonly assetId: AssetId
  /** Whether a deleted asset is found, too. */
  readonly includeDeleted?: boolean | undefined
  /** Only assets of this kind. */
  readonly type?: Kinds | undefined
}

/**
 * The arguments of {@link Service.children}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildrenArgs {
  /** A folder or a version stack. */
  readonly assetId: AssetId
  /** Counted from 1. */
  readonly page?: number | undefined
  /** Items per page, at least 1. Default and maximum are not documented. */
  readonly pageSize?: number | undefined
  /** Related resources to include with each child. */
  readonly include?: Include | ReadonlyArray<Include> | undefined
  /** The order; `-` before a field sorts it in descending order. */
  readonly sort?: SortField | `-${SortField}` | ReadonlyArray<SortField | `-${SortField}`> | undefined
  /** Whether deleted assets are listed, too. */
  readonly includeDeleted?: boolean | undefined
  /** Only assets of this kind. */
  readonly type?: Kinds | undefined
}

/**
 * The arguments of {@link Service.slimChildren}.
 *
 * @since 0.1.0
 * @category models
 */
export interface SlimChildrenArgs extends ChildrenArgs {
  /** The fields to show, each with the prefix of its table: `a.` for the asset, `u.` for its creator. */
  readonly onlyFields: ReadonlyArray<string>
  /** Fields to leave out, such as `a.transcodes`. */
  readonly dropIncludes?: ReadonlyArray<string> | undefined
  /** Fields not to show, such as `a.source`. */
  readonly hardDropFields?: ReadonlyArray<string> | undefined
}

/**
 * The arguments of {@link Service.update}.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateArgs {
  /** Any asset. */
  readonly assetId: AssetId
  /** The new name. */
  readonly name?: string | undefined
  /** Custom properties by name; null removes them. Whether they are merged is not documented. */
  readonly properties?: Readonly<Record<string, unknown>> | null | undefined
  /** Further fields by the names on the wire, such as `label`. Which ones are allowed is not documented. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The arguments of {@link Service.delete}.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeleteArgs {
  /** Any asset. With a folder goes all that is in it. */
  readonly assetId: AssetId
}

/**
 * The arguments of {@link Service.copy}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyArgs {
  /** The asset to copy. */
  readonly assetId: AssetId
  /** The folder to copy it into. */
  readonly destinationId: AssetId
}

/**
 * The arguments of {@link Service.move}.
 *
 * @since 0.1.0
 * @category models
 */
export interface MoveArgs {
  /** The asset to move. */
  readonly assetId: AssetId
  /** The folder to move it into. */
  readonly destinationId: AssetId
}

/**
 * The calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Makes `nextAssetId` the newest version of `assetId`. File onto file makes a new stack with an id of its own; file
   * onto stack appends. Which asset the answer shows, the file or the stack, is not documented.
   *
   * Never sent twice unless it is certain that the first was not carried out: when the outcome of an error is
   * `unknown`, read the stack.
   *
   * @example
   * ```ts
   * const stack = yield* frameio.version({ assetId: shot, nextAssetId: cut })
   * ```
   */
  readonly version: (args: VersionArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Takes a version out of its stack. Which asset the answer shows is not documented.
   *
   * @example
   * ```ts
   * const loose = yield* frameio.unversion({ assetId: cut })
   * ```
   */
  readonly unversion: (args: UnversionArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Reads one asset.
   *
   * @example
   * ```ts
   * const asset = yield* frameio.get({ assetId: shot, includeDeleted: true })
   * ```
   */
  readonly get: (args: GetArgs) => Effect.Effect<Asset, FrameioError.ReadError>
  /**
   * Reads one page of what a folder or a stack holds.
   *
   * @example
   * ```ts
   * const page = yield* frameio.children({ assetId: folder, sort: "-uploaded_at", pageSize: 50 })
   * ```
   */
  readonly children: (args: ChildrenArgs) => Effect.Effect<Page.Page<Asset>, FrameioError.ReadError>
  /**
   * The same with chosen fields only, for smaller answers. Not documented: Frame.io's own SDK lists so. What an item has
   * for certain is not known, so nothing of it is required.
   *
   * @example
   * ```ts
   * const names = yield* frameio.slimChildren({ assetId: folder, onlyFields: ["a.id", "a.name"] })
   * ```
   */
  readonly slimChildren: (args: SlimChildrenArgs) => Effect.Effect<Page.Page<AssetFragment>, FrameioError.ReadError>
  /**
   * Creates a file or a folder. The parts of a file go to the `upload_urls` of the answer (`Asset.uploadUrls`). The
   * answer for a realtime upload has only `id` and `name`, and its parts go where {@link Service.realtimeParts} says.
   *
   * Never sent twice unless it is certain that nothing was created: nothing says that names must differ, so a second
   * request may make a second asset. When the outcome of an error is `unknown`, list the folder.
   *
   * @example
   * ```ts
   * const folder = yield* frameio.create({ parentId: root, type: "folder", name: "Dailies" })
   * const file = yield* frameio.create({
   *   parentId: folder.id,
   *   type: "file",
   *   name: "a.mov",
   *   filesize: 1024,
   *   filetype: "video/quicktime"
   * })
   * const whereTo = Asset.uploadUrls(file)
   * ```
   */
  readonly create: (args: NewAsset.CreateArgs) => Effect.Effect<CreatedAsset, FrameioError.WriteError>
  /**
   * Changes fields of an asset. No body is documented: `name`, `properties` and other fields are what Frame.io's own
   * tools send. Never sent twice blindly, for somebody else's change may have come between.
   *
   * @example
   * ```ts
   * yield* frameio.update({ assetId: shot, name: "a_v002.mov", fields: { label: "approved" } })
   * ```
   */
  readonly update: (args: UpdateArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Deletes an asset, softly: for 30 days it is found with `includeDeleted`. Answers the deleted asset. Never sent twice
   * blindly; when the outcome of an error is `unknown`, read the asset: `NotFound` says that it was deleted.
   *
   * @example
   * ```ts
   * const gone = yield* frameio.delete({ assetId: shot })
   * ```
   */
  readonly delete: (args: DeleteArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Copies an asset into a folder. The answer is an asset, presumably the copy. Never sent twice unless it is certain
   * that nothing was copied: there would be two.
   *
   * @example
   * ```ts
   * const copy = yield* frameio.copy({ assetId: shot, destinationId: folder })
   * ```
   */
  readonly copy: (args: CopyArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Moves an asset into a folder. Never sent twice blindly; when the outcome of an error is `unknown`, read the asset's
   * `parent_id`.
   *
   * @example
   * ```ts
   * yield* frameio.move({ assetId: shot, destinationId: folder })
   * ```
   */
  readonly move: (args: MoveArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /**
   * Copies many assets into a folder. **Succeeds even when some, or all, were not copied**: read `errors`. Never sent
   * twice unless it is certain that nothing was copied.
   *
   * @example
   * ```ts
   * const { copied, errors } = yield* frameio.bulkCopy({ assetIds: shots, destinationId: folder, copyComments: "all" })
   * if (errors.length > 0) yield* Console.error(`not copied: ${errors.map((one) => one.key).join(", ")}`)
   * ```
   */
  readonly bulkCopy: (args: Bulk.BulkCopyArgs) => Effect.Effect<Bulk.BulkCopy, FrameioError.WriteError>
  /**
   * Deletes many assets, softly. **Succeeds even when some, or all, were not deleted**: read `errors`. Never sent twice
   * blindly.
   *
   * @example
   * ```ts
   * const { errors } = yield* frameio.bulkDelete({ assetIds: shots })
   * ```
   */
  readonly bulkDelete: (args: Bulk.BulkDeleteArgs) => Effect.Effect<Bulk.BulkDelete, FrameioError.WriteError>
  /**
   * Reads which audio tracks a file has.
   *
   * @example
   * ```ts
   * const { audio_tracks } = yield* frameio.audio({ assetId: shot })
   * ```
   */
  readonly audio: (args: Tracks.TracksArgs) => Effect.Effect<Tracks.AudioTracks, FrameioError.ReadError>
  /**
   * Reads which subtitle tracks a file has.
   *
   * @example
   * ```ts
   * const { subtitle_tracks } = yield* frameio.subtitles({ assetId: shot })
   * ```
   */
  readonly subtitles: (args: Tracks.TracksArgs) => Effect.Effect<Tracks.SubtitleTracks, FrameioError.ReadError>
  /**
   * Asks where to put parts of a realtime upload; the URLs come in the order of `parts`. The one endpoint that documents
   * a 400, which is `BadRequest`. Not sent twice blindly: with the final part it sets the size of the file.
   *
   * @example
   * ```ts
   * const { upload_urls } = yield* frameio.realtimeParts({
   *   assetId: growing,
   *   parts: [{ number: 1, size: UploadPart.MIN_SIZE, isFinal: false }]
   * })
   * ```
   */
  readonly realtimeParts: (
    args: UploadPart.RealtimePartsArgs
  ) => Effect.Effect<UploadPart.UploadUrls, FrameioError.RealtimeError>
  /**
   * Searches for assets, one page at a time. May be sent again, by either method.
   *
   * @example
   * ```ts
   * const page = yield* frameio.search({ projectId, q: "comp", sort: "-inserted_at" })
   * ```
   */
  readonly search: (args: Search.SearchArgs) => Effect.Effect<Page.Page<Asset>, FrameioError.ReadError>
  /**
   * The advanced search: over all that an account has, one page at a time. May be sent again, by either method.
   *
   * @example
   * ```ts
   * const page = yield* frameio.librarySearch({
   *   accountId,
   *   filter: { label: { op: "eq", value: "approved" }, inserted_at: [{ op: "gte", value: "2024-01-01" }] }
   * })
   * ```
   */
  readonly librarySearch: (args: Search.LibrarySearchArgs) => Effect.Effect<Page.Page<Asset>, FrameioError.ReadError>
}

/**
 * The calls of Frame.io's API.
 *
 * @since 0.1.0
 * @category tags
 */
export class FrameioClient extends Context.Tag("@effect-frameio/core/FrameioClient")<FrameioClient, Service>() {}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How long one attempt may take from sending to the end of its answer; waiting for the rate limit is not part of it.
   * Default 45 seconds, because Frame.io itself gives up after 30.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** How often to send again what may be sent again. */
  readonly retry?: RetryPolicy.Options | undefined
  /**
   * A wrapper around the program's `HttpClient` for calls to Frame.io: a header, a log. It must not send again: a repeated
   * change may be made twice, so the outcome of such a call is `unknown`.
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** Whether Frame.io is sent the trace that a call is part of (`traceparent`, `b3`). Default `false`. */
  readonly tracePropagation?: boolean | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = {
  timeout: Duration.seconds(45),
  retry: RetryPolicy.defaults,
  tracePropagation: false
} as const

// -----------------------------------------------------------------------------
// the declaration
// -----------------------------------------------------------------------------

type Endpoints = HttpApiGroup.HttpApiGroup.Endpoints<typeof FrameioApi.AssetsGroup>

const isNamed = <E extends { readonly name: string }, Name extends string>(
  endpoint: E | undefined,
  name: Name
): endpoint is Extract<E, { readonly name: Name }> => endpoint?.name === name

const declared = <const Name extends Endpoints["name"]>(name: Name) => {
  const schemas = FrameioApi.AssetsGroup.endpoints[name]
  const endpoint = FrameioApi.endpoints.get(`assets.${name}`)
  if (!isNamed(schemas, name) || endpoint === undefined) throw new Error(`${name} is not in the declaration`)
  return { schemas, endpoint }
}

const pageOf = <A>(items: ReadonlyArray<A>, { headers }: Answer): Page.Page<A> => Page.fromHeaders(items, headers)

// -----------------------------------------------------------------------------
// rules that no schema holds, by the names on the wire
// -----------------------------------------------------------------------------

interface Declared<A, I> {
  readonly endpoint: FrameioApi.Endpoint
  readonly schemas: DerivedCall.Declared<A, I>
}

const isAssetId = Schema.is(AssetId)

const notOnItself: Methods.Rules = ({ path: { asset_id }, payload: { next_asset_id } }) =>
  isAssetId(asset_id) && isAssetId(next_asset_id) && sameId(asset_id, next_asset_id)
    ? [{ path: "next_asset_id", message: "is the asset itself; an asset cannot be a version of itself" }]
    : []

const someChange: Methods.Rules = ({ payload }) =>
  Object.keys(payload).length === 0
    ? [{ path: "fields", message: "is empty, and neither name nor properties are given" }]
    : []

const some =
  (field: string): Methods.Rules =>
  ({ payload }) => {
    const list = payload[field]
    return Array.isArray(list) && list.length > 0 ? [] : [{ path: field, message: "is empty; name at least one asset" }]
  }

const eitherMethod: Methods.Rules = (_, { method }: { readonly method?: unknown }) =>
  method === undefined || method === "POST" ? [] : [{ path: "method", message: "must be GET or POST" }]

const byMethod =
  <A, E>(get: (args: object) => Effect.Effect<A, E>, post: (args: object) => Effect.Effect<A, E>) =>
  (args: Search.LibrarySearchArgs): Effect.Effect<A, E> =>
    args.method === "GET" ? get(args) : post(args)

// -----------------------------------------------------------------------------
// the client
// -----------------------------------------------------------------------------

/**
 * Hears the assets of every change when it ends, whether or not it succeeded.
 *
 * @since 0.1.0
 * @category models
 */
export type ChangeListener = (assetIds: ReadonlyArray<AssetId>) => void

const listenersOf = new WeakMap<Service, Set<ChangeListener>>()

/**
 * Listens to every change through a client until the scope closes, for a cache of assets. Only clients of {@link make} and
 * {@link makeWith} tell their changes.
 *
 * @since 0.1.0
 * @category watching
 */
export const onChange = (client: Service, listener: ChangeListener): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void listenersOf.get(client)?.add(listener)),
    () => Effect.sync(() => void listenersOf.get(client)?.delete(listener))
  )

/**
 * Makes the client, on any `HttpClient`. No redirection is followed.
 *
 * Give it an `HttpClient` that sends each request once, wrapped through `transformClient`. One with a retry of its own may
 * make a change twice; the outcome is then `unknown`, and a warning says so.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<
  Service,
  never,
  FrameioConfig.FrameioConfig | RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient
> =>
  Effect.gen(function* () {
    const { clientName } = yield* FrameioConfig.FrameioConfig
    const method = yield* Methods.make({
      timeout: options?.timeout ?? defaults.timeout,
      retry: options?.retry,
      transformClient: options?.transformClient,
      tracePropagation: options?.tracePropagation ?? false,
      headers: {
        accept: "application/json",
        ...(clientName === "" ? {} : { "x-frameio-client": clientName })
      }
    })

    const listeners = new Set<ChangeListener>()
    const onEnd: ChangeListener = (assetIds) => {
      for (const listener of listeners) listener(assetIds)
    }
    const { fromReadAnswer, fromRealtimeAnswer, fromWriteAnswer } = StatusError

    const reads = <A, I, B>(one: Declared<A, I>, result: (value: A, answer: Answer) => B, rules?: Methods.Rules) =>
      method({ ...one, fromAnswer: fromReadAnswer, result, rules })
    const changes = <A, I, B>(one: Declared<A, I>, result: (value: A, answer: Answer) => B, rules?: Methods.Rules) =>
      method({ ...one, fromAnswer: fromWriteAnswer, result, rules, onEnd })

    const service: Service = {
      version: changes(declared("version"), identity, notOnItself),
      unversion: changes(declared("unversion"), identity),
      get: reads(declared("get"), identity),
      children: reads(declared("children"), pageOf),
      slimChildren: reads({ ...declared("children"), schemas: FrameioApi.slimChildren }, pageOf),
      create: changes(declared("create"), identity, ({ payload }) => NewAsset.problemsOf(payload)),
      update: changes(declared("update"), identity, someChange),
      delete: changes(declared("delete"), identity),
      copy: changes(declared("copy"), identity),
      move: changes(declared("move"), identity),
      bulkCopy: changes(declared("bulkCopy"), Bulk.fromCopyAnswer, some("batch")),
      bulkDelete: changes(declared("bulkDelete"), Bulk.fromDeleteAnswer, some("asset_ids")),
      audio: reads(declared("audio"), identity),
      subtitles: reads(declared("subtitles"), identity),
      realtimeParts: method({
        ...declared("realtimeParts"),
        fromAnswer: fromRealtimeAnswer,
        result: identity,
        rules: ({ payload }) => UploadPart.problemsOf(payload),
        onEnd
      }),
      search: byMethod(reads(declared("search"), pageOf), reads(declared("searchPost"), pageOf, eitherMethod)),
      librarySearch: byMethod(
        reads(declared("librarySearch"), pageOf),
        reads(declared("librarySearchPost"), pageOf, eitherMethod)
      )
    }
    listenersOf.set(service, listeners)
    return service
  })

/**
 * A client for one of several users, over one scheduler that keeps their limits apart.
 *
 * @example
 * ```ts
 * const config = yield* FrameioConfig.fromConfig({ token: Config.redacted("ANN_TOKEN"), owner: Config.succeed("ann") })
 * const ann = yield* FrameioClient.makeWith(config)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeWith = (
  config: FrameioConfig.Service,
  options?: Options
): Effect.Effect<Service, never, RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient> =>
  Effect.provideService(make(options), FrameioConfig.FrameioConfig, config)

/**
 * The client over the program's configuration and scheduler, to share a scheduler between clients or to bring a store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithScheduler = (
  options?: Options
): Layer.Layer<
  FrameioClient,
  never,
  FrameioConfig.FrameioConfig | RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient
> => Layer.effect(FrameioClient, make(options))

/**
 * The options of {@link layer} beside those of the configuration.
 *
 * @since 0.1.0
 * @category models
 */
export interface LayerOptions extends Options {
  /** The options of the scheduler that the layer brings. */
  readonly scheduler?: RateLimitScheduler.Options | undefined
}

/**
 * The client with a scheduler of its own, whose bucket states live in memory. Needs nothing but an `HttpClient`.
 *
 * @example
 * ```ts
 * const Live = FrameioClient.layer({ token: Redacted.make("fio-u-…") }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: FrameioConfig.Options & LayerOptions
): Layer.Layer<FrameioClient | RateLimitScheduler.RateLimitScheduler, ConfigError.ConfigError, HttpClient.HttpClient> =>
  withOwnScheduler(FrameioConfig.layer(options), options)

/**
 * The client with a scheduler of its own, configured as in {@link FrameioConfig.fromConfig}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: FrameioConfig.ConfigOptions & LayerOptions
): Layer.Layer<FrameioClient | RateLimitScheduler.RateLimitScheduler, ConfigError.ConfigError, HttpClient.HttpClient> =>
  withOwnScheduler(FrameioConfig.layerConfig(options), options)

const withOwnScheduler = <E>(
  config: Layer.Layer<FrameioConfig.FrameioConfig, E>,
  options: LayerOptions | undefined
): Layer.Layer<FrameioClient | RateLimitScheduler.RateLimitScheduler, E, HttpClient.HttpClient> =>
  layerWithScheduler(options).pipe(
    Layer.provide(config),
    Layer.provideMerge(RateLimitScheduler.layerMemory(options?.scheduler))
  )
