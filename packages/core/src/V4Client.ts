/**
 * The calls of Frame.io's V4 API as Effects, derived from their declaration: typed, within the rate limit, and sent again
 * only where that is safe. They share their engine, their errors and their scheduler with v2's `FrameioClient`.
 *
 * Arguments have the names of the declaration in camel case, path, query and body together. The account is the client's
 * own unless `accountId` names another. Answers come without their envelope.
 *
 * @since 0.1.0
 */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Chunk from "effect/Chunk"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as FrameioClient from "./FrameioClient.js"
import * as FrameioConfig from "./FrameioConfig.js"
import type * as FrameioError from "./FrameioError.js"
import type * as DerivedCall from "./internal/derivedCall.js"
import * as Methods from "./internal/methods.js"
import * as StatusError from "./internal/statusError.js"
import * as V4Api from "./V4Api.js"
import type * as V4Asset from "./V4Asset.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Everything that a V4 call can fail with; a reading call fails with a `ReadError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type V4Error = FrameioError.WriteError

/**
 * One page of a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** The cursor of the next page; none on the last. It holds for the same query only. */
  readonly after: Option.Option<string>
  /** How many items there are on all pages, if `includeTotalCount` asked for it. */
  readonly totalCount: number | undefined
}

type CamelKey<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelKey<Tail>>}`
  : Name

type Camel<A> = A extends string | number | boolean | null | undefined
  ? A
  : A extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Camel<Item>>
    : A extends object
      ? { readonly [Key in keyof A as CamelKey<Extract<Key, string>>]: Camel<A[Key]> }
      : A

type Section<A> = [A] extends [never] ? unknown : A

/** Several names may be given as a list. */
type Query<UrlParams> = Omit<Section<UrlParams>, "include"> &
  ("include" extends keyof Section<UrlParams>
    ? { readonly include?: string | ReadonlyArray<string> | undefined }
    : unknown)

type Body<Payload> = [Payload] extends [never]
  ? unknown
  : Payload extends { readonly data: infer Data }
    ? Data
    : Payload

type OfAccount<Path> = "account_id" extends keyof Section<Path>
  ? {
      /** The account to work in; the client's own by default. */
      readonly account_id?: V4Asset.Id | undefined
    }
  : unknown

/** The declared keys, without index signatures. */
type KnownKeys<A> = keyof { [Key in keyof A as string extends Key ? never : Key]: unknown }

type Result<Success> = Success extends { readonly data: infer Data }
  ? "links" extends KnownKeys<Success>
    ? Data extends ReadonlyArray<infer Item>
      ? Page<Item>
      : never
    : Data
  : undefined

/**
 * The arguments of an operation: path, query and body together, in camel case.
 *
 * @since 0.1.0
 * @category models
 */
export type ArgsOf<Endpoint> =
  Endpoint extends HttpApiEndpoint.HttpApiEndpoint<
    string,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer _Headers,
    infer _Success,
    infer _Error,
    infer _R,
    infer _RE
  >
    ? Camel<Omit<Section<Path>, "account_id"> & OfAccount<Path> & Query<UrlParams> & Body<Payload>>
    : never

/**
 * An operation's success: a page, or the content of the envelope.
 *
 * @since 0.1.0
 * @category models
 */
export type ResultOf<Endpoint> =
  Endpoint extends HttpApiEndpoint.HttpApiEndpoint<
    string,
    infer _Method,
    infer _Path,
    infer _UrlParams,
    infer _Payload,
    infer _Headers,
    infer Success,
    infer _Error,
    infer _R,
    infer _RE
  >
    ? Result<Success>
    : never

/**
 * An operation's errors. Searching reads, although it is sent by POST.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorOf<Endpoint> = Endpoint extends { readonly method: "GET" } | { readonly name: "search" }
  ? FrameioError.ReadError
  : FrameioError.WriteError

/**
 * One operation as a function.
 *
 * @since 0.1.0
 * @category models
 */
export type Method<Endpoint> =
  Partial<ArgsOf<Endpoint>> extends ArgsOf<Endpoint>
    ? (args?: ArgsOf<Endpoint>) => Effect.Effect<ResultOf<Endpoint>, ErrorOf<Endpoint>>
    : (args: ArgsOf<Endpoint>) => Effect.Effect<ResultOf<Endpoint>, ErrorOf<Endpoint>>

type Operations = {
  readonly [Group in keyof V4Api.Operations]: {
    readonly [Name in keyof V4Api.Operations[Group]]: Method<V4Api.Operations[Group][Name]>
  }
}

/**
 * The calls, by their subject: `v4.files.move({ fileId, parentId })`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Operations {
  /** The account that the calls work in unless they name another. */
  readonly accountId: V4Asset.Id
}

/**
 * The calls of Frame.io's V4 API.
 *
 * @since 0.1.0
 * @category tags
 */
export class V4Client extends Context.Tag("@effect-frameio/core/V4Client")<V4Client, Service>() {}

/**
 * The token reaches several accounts, or none, and the options name none.
 *
 * @since 0.1.0
 * @category errors
 */
export class AccountNotChosen extends Schema.TaggedError<AccountNotChosen>(
  "@effect-frameio/core/V4Client/AccountNotChosen"
)("FrameioAccountNotChosen", { accounts: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })) }) {
  override get message(): string {
    return this.accounts.length === 0
      ? "The token reaches no V4 account. Accounts that were not upgraded work only over the v2 API."
      : `The token reaches ${this.accounts.length} accounts; choose one by its id: ${this.accounts.map(({ id, name }) => `${name} (${id})`).join(", ")}.`
  }
}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Pick<FrameioClient.Options, "retry" | "transformClient" | "tracePropagation"> {
  /** The account to work in. Default: the only one that the token reaches, which costs a request. */
  readonly accountId?: V4Asset.Id | undefined
  /** How long one attempt may take from sending to the end of its answer. Default 60 seconds, as in Frame.io's own SDKs. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Whether the token is a developer token of v2, which V4 takes with a header of its own. Default `true`; `false` for
   * tokens that Adobe's identity provider gives out.
   */
  readonly developerToken?: boolean | undefined
}

const LEGACY_HEADER = { "x-frameio-legacy-token-auth": "true" }

// -----------------------------------------------------------------------------
// answers
// -----------------------------------------------------------------------------

/** `links.next` has the cursor, but not the query's other parameters. */
const cursorOf = (links: unknown): Option.Option<string> => {
  const next = Predicate.isRecord(links) ? links.next : undefined
  if (typeof next !== "string") return Option.none()
  const query = next.indexOf("?")
  return Option.fromNullable(new URLSearchParams(query === -1 ? "" : next.slice(query)).get("after"))
}

interface Enveloped<A> {
  readonly data: A
}

interface EnvelopedPage<A> extends Enveloped<ReadonlyArray<A>> {
  readonly links?: unknown
  readonly total_count?: number | null | undefined
}

const opened = <A>({ data }: Enveloped<A>): A => data

const pageOf = <A>({ data, links, total_count }: EnvelopedPage<A>): Page<A> => ({
  items: data,
  after: cursorOf(links),
  totalCount: total_count ?? undefined
})

const nothing = (): undefined => undefined

// -----------------------------------------------------------------------------
// the client
// -----------------------------------------------------------------------------

/**
 * The limit that Frame.io prints for a route, for the `hint` of a scheduler that several clients share.
 *
 * @since 0.1.0
 * @category rate limits
 */
export const hint = (route: string): RateLimitRule.RateLimitRule | undefined => {
  const space = route.indexOf(" ")
  return V4Api.endpointOf({ method: route.slice(0, space), url: route.slice(space + 1) })?.printed
}

interface Declared<A, I> {
  readonly endpoint: V4Api.Endpoint
  readonly schemas: DerivedCall.Declared<A, I>
}

const declared = <Group extends keyof V4Api.Operations, Name extends keyof V4Api.Operations[Group]>(
  group: Group,
  name: Name
) => {
  const endpoint = V4Api.endpoints.get(`${group}.${String(name)}`)
  if (endpoint === undefined) throw new Error(`${group}.${String(name)} is not in the declaration`)
  return { endpoint, schemas: V4Api.operations[group][name] }
}

/**
 * Makes the client. Without an `accountId` it asks for the accounts that the token reaches.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<
  Service,
  V4Error | AccountNotChosen,
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
        ...(clientName === "" ? {} : { "x-frameio-client": clientName, "user-agent": clientName }),
        ...((options?.developerToken ?? true) ? LEGACY_HEADER : {})
      },
      literalCommas: true
    })

    let accountId = options?.accountId
    const here = {
      complete: (args: { readonly accountId?: unknown }): object =>
        args.accountId === undefined ? { ...args, accountId } : args,
      routeOf: V4Api.routeOf
    }
    const { fromReadAnswer, fromWriteAnswer } = StatusError
    const reads = <A, I, B>(one: Declared<A, I>, result: (value: A) => B) =>
      method({ ...one, ...here, fromAnswer: fromReadAnswer, result })
    const changes = <A, I, B>(one: Declared<A, I>, result: (value: A) => B) =>
      method({ ...one, ...here, fromAnswer: fromWriteAnswer, result })
    const removes = <A, I>(one: Declared<A, I>) =>
      method({ ...one, ...here, fromAnswer: fromWriteAnswer, result: nothing, empty: nothing })

    const methods: Operations = {
      me: { show: reads(declared("me", "show"), opened) },
      accounts: { list: reads(declared("accounts", "list"), pageOf) },
      workspaces: { list: reads(declared("workspaces", "list"), pageOf) },
      projects: {
        list: reads(declared("projects", "list"), pageOf),
        listOfWorkspace: reads(declared("projects", "listOfWorkspace"), pageOf),
        show: reads(declared("projects", "show"), opened)
      },
      folders: {
        show: reads(declared("folders", "show"), opened),
        children: reads(declared("folders", "children"), pageOf),
        files: reads(declared("folders", "files"), pageOf),
        folders: reads(declared("folders", "folders"), pageOf),
        versionStacks: reads(declared("folders", "versionStacks"), pageOf),
        create: changes(declared("folders", "create"), opened),
        delete: removes(declared("folders", "delete"))
      },
      files: {
        show: reads(declared("files", "show"), opened),
        localUpload: changes(declared("files", "localUpload"), opened),
        remoteUpload: changes(declared("files", "remoteUpload"), opened),
        status: reads(declared("files", "status"), opened),
        move: changes(declared("files", "move"), opened),
        copy: changes(declared("files", "copy"), opened),
        rename: changes(declared("files", "rename"), opened),
        delete: removes(declared("files", "delete"))
      },
      versionStacks: {
        create: changes(declared("versionStacks", "create"), opened),
        show: reads(declared("versionStacks", "show"), opened),
        children: reads(declared("versionStacks", "children"), pageOf),
        move: changes(declared("versionStacks", "move"), opened),
        copy: changes(declared("versionStacks", "copy"), opened),
        reorder: changes(declared("versionStacks", "reorder"), opened)
      },
      search: { search: reads(declared("search", "search"), pageOf) },
      metadata: {
        ofFile: reads(declared("metadata", "ofFile"), opened),
        update: removes(declared("metadata", "update"))
      },
      shares: {
        list: reads(declared("shares", "list"), pageOf),
        show: reads(declared("shares", "show"), opened),
        addAsset: changes(declared("shares", "addAsset"), opened),
        removeAsset: changes(declared("shares", "removeAsset"), opened)
      },
      webhooks: {
        list: reads(declared("webhooks", "list"), pageOf),
        create: changes(declared("webhooks", "create"), opened),
        delete: removes(declared("webhooks", "delete"))
      }
    }

    if (accountId === undefined) {
      const accounts = yield* Stream.runCollect(pages(methods.accounts.list, {}))
      const [only, ...others] = Chunk.toReadonlyArray(accounts)
      if (only === undefined || others.length > 0) {
        return yield* new AccountNotChosen({
          accounts: Chunk.toReadonlyArray(accounts).map(({ display_name, id }) => ({ id, name: display_name ?? "" }))
        })
      }
      accountId = only.id
    }
    return { ...methods, accountId }
  })

/**
 * A client for one of several users, over one scheduler that keeps their limits apart.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeWith = (
  config: FrameioConfig.Service,
  options?: Options
): Effect.Effect<Service, V4Error | AccountNotChosen, RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient> =>
  Effect.provideService(make(options), FrameioConfig.FrameioConfig, config)

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = { timeout: "60 seconds" } as const

/**
 * All pages of a list. Cursors count from the beginning, so an item that leaves the list during the reading makes another
 * one be skipped: read to the end before moving anything.
 *
 * @example
 * ```ts
 * const items = V4Client.pages(v4.folders.children, { folderId, pageSize: 500 })
 * ```
 *
 * @since 0.1.0
 * @category streams
 */
export const pages = <Args extends { readonly after?: string | undefined }, A, E>(
  list: (args: Args) => Effect.Effect<Page<A>, E>,
  args: Args
): Stream.Stream<A, E> =>
  Stream.paginateChunkEffect(Option.none<string>(), (cursor) =>
    Effect.map(list(Option.isNone(cursor) ? args : { ...args, after: cursor.value }), ({ after, items }) => [
      Chunk.fromIterable(items),
      Option.map(after, Option.some)
    ])
  )

/**
 * The client over the program's configuration and scheduler. Give the scheduler {@link hint}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithScheduler = (
  options?: Options
): Layer.Layer<
  V4Client,
  V4Error | AccountNotChosen,
  FrameioConfig.FrameioConfig | RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient
> => Layer.effect(V4Client, make(options))

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

const withOwnScheduler = <E, R>(
  config: Layer.Layer<FrameioConfig.FrameioConfig, E, R>,
  options: LayerOptions | undefined
): Layer.Layer<
  V4Client | RateLimitScheduler.RateLimitScheduler,
  E | V4Error | AccountNotChosen,
  HttpClient.HttpClient | R
> =>
  layerWithScheduler(options).pipe(
    Layer.provide(config),
    Layer.provideMerge(RateLimitScheduler.layerMemory({ hint, ...options?.scheduler }))
  )

/**
 * The client with a scheduler of its own, which knows the printed limits. Needs nothing but an `HttpClient`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: FrameioConfig.Options & LayerOptions
): Layer.Layer<
  V4Client | RateLimitScheduler.RateLimitScheduler,
  ConfigError.ConfigError | V4Error | AccountNotChosen,
  HttpClient.HttpClient
> => withOwnScheduler(FrameioConfig.layer(options), options)

/**
 * The client with a scheduler of its own, configured as in {@link FrameioConfig.fromConfig}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: FrameioConfig.ConfigOptions & LayerOptions
): Layer.Layer<
  V4Client | RateLimitScheduler.RateLimitScheduler,
  ConfigError.ConfigError | V4Error | AccountNotChosen,
  HttpClient.HttpClient
> => withOwnScheduler(FrameioConfig.layerConfig(options), options)
