/**
 * The calls of Frame.io's V4 API as Effects, derived from their declaration: typed, within the rate limit, and sent again
 * only where that is safe. They share their engine, their errors and their scheduler with v2's `FrameioClient`.
 *
 * Names of arguments are those of the declaration in camel case, path, query and body together. The account is the
 * client's own; what lies in another takes an `accountId`. Answers come without their envelope.
 *
 * @since 0.1.0
 */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Chunk from "effect/Chunk"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { camelToSnake, snakeToCamel } from "effect/String"
import { AssetId } from "./Asset.js"
import type * as FrameioClient from "./FrameioClient.js"
import * as FrameioConfig from "./FrameioConfig.js"
import * as FrameioError from "./FrameioError.js"
import * as Calls from "./internal/calls.js"
import { type AnyDeclared, derive } from "./internal/derivedCall.js"
import { byField } from "./internal/failures.js"
import { isOutage } from "./internal/outage.js"
import * as Patience from "./Patience.js"
import * as text from "./SafeText.js"
import * as V4Api from "./V4Api.js"
import type * as V4Asset from "./V4Asset.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Everything that a V4 call can fail with. What only reads fails with a `ReadError`.
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
  /** Where the next page begins; none on the last. It holds for the same query only. */
  readonly after: Option.Option<string>
  /** How many items there are on all pages, if that was asked for. */
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

type Result<Success> = Success extends { readonly data: ReadonlyArray<infer Item>; readonly total_count?: unknown }
  ? "links" extends keyof Success
    ? Page<Item>
    : ReadonlyArray<Item>
  : Success extends { readonly data: infer Data }
    ? Data
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
 * What an operation succeeds with: a page, or what was inside the envelope.
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
 * What an operation can fail with. Searching reads, although it is sent by POST.
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

type Methods = {
  readonly [Group in keyof V4Api.Operations]: {
    readonly [Name in keyof V4Api.Operations[Group]]: Method<V4Api.Operations[Group][Name]>
  }
}

/**
 * The calls, by what they are about: `v4.files.move({ fileId, parentId })`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Methods {
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
 * The token reaches several accounts, or none, and nobody said which one is meant.
 *
 * @since 0.1.0
 * @category errors
 */
export class AccountNotChosen extends Schema.TaggedError<AccountNotChosen>(
  "@effect-frameio/core/V4Client/AccountNotChosen"
)("FrameioAccountNotChosen", { accounts: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })) }) {
  override get message(): string {
    return this.accounts.length === 0
      ? "The token reaches no account of V4. Accounts that were not upgraded are reached by the v2 API only."
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

// -----------------------------------------------------------------------------
// arguments
// -----------------------------------------------------------------------------

const LEGACY_HEADER = { "x-frameio-legacy-token-auth": "true" }

/** Below these are the caller's own names. */
const OPEN = new Set(["value"])

const toWire = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(toWire)
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [camelToSnake(key), OPEN.has(key) ? field : toWire(field)])
  )
}

const parameterNames = (path: string): ReadonlyArray<string> =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "")

/** The names of a query's fields, as declared. */
const queryNames = (endpoint: AnyDeclared): ReadonlySet<string> => {
  if (Option.isNone(endpoint.urlParamsSchema)) return new Set()
  const { ast } = endpoint.urlParamsSchema.value
  return new Set(ast._tag === "TypeLiteral" ? ast.propertySignatures.map(({ name }) => String(name)) : [])
}

const hasEnvelope = (endpoint: AnyDeclared): boolean =>
  Option.exists(
    endpoint.payloadSchema,
    ({ ast }) => ast._tag === "TypeLiteral" && ast.propertySignatures.some(({ name }) => name === "data")
  )

/** `payload.data.file_ids[0]` is the caller's `fileIds[0]`. */
const argumentAt = (path: ReadonlyArray<PropertyKey>): string =>
  text.fieldPath(
    path
      .slice(1)
      .filter((step, index) => !(index === 0 && step === "data"))
      .map((step) => (typeof step === "string" ? snakeToCamel(step) : step))
  )

const isAssetId = Schema.is(AssetId)

const idsIn = (args: Readonly<Record<string, unknown>>): ReadonlyArray<AssetId> =>
  Object.entries(args).flatMap(([name, value]) =>
    name === "account_id" ? [] : (Array.isArray(value) ? value : [value]).filter(isAssetId)
  )

const invalid = (
  endpoint: V4Api.Endpoint,
  ids: ReadonlyArray<AssetId>,
  issue: ParseResult.ParseIssue
): FrameioError.InvalidRequest =>
  new FrameioError.InvalidRequest({
    endpoint: endpoint.name,
    assetIds: ids,
    problems: byField(issue, ({ message, path }) => ({ path: argumentAt(path), message: text.excerpt(message, 200) }))
  })

// -----------------------------------------------------------------------------
// answers
// -----------------------------------------------------------------------------

/** The cursor out of `links.next`, whose other parameters are not the query's: it carries none of them. */
const cursorOf = (links: unknown): Option.Option<string> => {
  const next = Predicate.isRecord(links) ? links.next : undefined
  if (typeof next !== "string") return Option.none()
  const query = next.indexOf("?")
  return Option.fromNullable(new URLSearchParams(query === -1 ? "" : next.slice(query)).get("after"))
}

/** An answer without its envelope. */
const opened = (value: unknown, isPage: boolean): unknown => {
  if (!Predicate.isRecord(value)) return undefined
  if (!isPage) return value.data
  return {
    items: value.data,
    after: cursorOf(value.links),
    totalCount: typeof value.total_count === "number" ? value.total_count : undefined
  }
}

// -----------------------------------------------------------------------------
// the client
// -----------------------------------------------------------------------------

/**
 * The limit that Frame.io prints for a route, for the `hint` of a scheduler that many clients share: nothing is learnt
 * by a refusal then. The headers of an answer correct it.
 *
 * @since 0.1.0
 * @category rate limits
 */
export const hint = (route: string): LeakyBucket.Rule | undefined => {
  const space = route.indexOf(" ")
  return V4Api.endpointOf({ method: route.slice(0, space), url: route.slice(space + 1) })?.printed
}

type Call = (args: Readonly<Record<string, unknown>> | undefined) => Effect.Effect<unknown, V4Error>

const isService = (_: unknown): _ is Methods => true

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
    const config = yield* FrameioConfig.FrameioConfig
    const onTheWire = {
      baseUrl: config.baseUrl.toString().replace(/\/+$/, ""),
      headers: {
        accept: "application/json",
        ...(config.clientName === "" ? {} : { "x-frameio-client": config.clientName, "user-agent": config.clientName }),
        ...((options?.developerToken ?? true) ? LEGACY_HEADER : {})
      },
      literalCommas: true
    }
    const exchanged = yield* Calls.make({
      timeout: options?.timeout ?? defaults.timeout,
      retry: options?.retry,
      transformClient: options?.transformClient,
      tracePropagation: options?.tracePropagation ?? false
    })

    const callOf = (name: string, schemas: AnyDeclared, accountId: () => V4Asset.Id | undefined): Call => {
      const declared = V4Api.endpoints.get(name)
      if (declared === undefined) throw new Error(`${name} is not in the declaration`)
      const { decode, request } = derive(schemas, onTheWire)
      const parameters = parameterNames(declared.path)
      const inQuery = queryNames(schemas)
      const enveloped = hasEnvelope(schemas)
      const isPage = inQuery.has("after")
      const mayPass = isOutage(declared.reads)
      return (given) => {
        const wire = toWire(given ?? {})
        const args: Readonly<Record<string, unknown>> = Predicate.isRecord(wire) ? wire : {}
        const path: Record<string, unknown> = {}
        const urlParams: Record<string, unknown> = {}
        const payload: Record<string, unknown> = {}
        for (const [key, value] of Object.entries({ ...args, account_id: args.account_id ?? accountId() })) {
          if (parameters.includes(key)) path[key] = value
          else if (key === "account_id") continue
          else if (key === "include" && Array.isArray(value)) urlParams[key] = value.join(",")
          else if (inQuery.has(key)) urlParams[key] = value
          else payload[key] = value
        }
        const ids = idsIn(args)
        const made = request({ path, urlParams, payload: enveloped ? { data: payload } : payload })
        if (Either.isLeft(made)) return Effect.fail(invalid(declared, ids, made.left))
        const route = V4Api.routeOf({ method: declared.method, url: made.right.url })
        return Patience.outlast(
          exchanged({
            endpoint: { ...declared, route },
            assetIds: ids,
            request: made.right,
            fromAnswer: declared.reads ? FrameioError.fromReadAnswer : FrameioError.fromWriteAnswer,
            empty: declared.reads ? undefined : () => undefined,
            decode: (json) => Either.map(decode(json), (value) => opened(value, isPage))
          }),
          mayPass
        )
      }
    }

    const build = (accountId: () => V4Asset.Id | undefined): Methods => {
      const methods = Object.fromEntries(
        Object.entries(V4Api.operations).map(([group, endpoints]) => [
          group,
          Object.fromEntries(
            Object.entries(endpoints).map(([name, schemas]) => [name, callOf(`${group}.${name}`, schemas, accountId)])
          )
        ])
      )
      // The types of the methods are made of the declaration as their values are.
      if (!isService(methods)) throw new Error("unreachable")
      return methods
    }

    let accountId = options?.accountId
    const methods = build(() => accountId)
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
 * The defaults of {@link Options}.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = { timeout: "60 seconds" } as const

/**
 * Everything of a list, page after page: the first query is sent again with each cursor, which carries nothing of it.
 * Cursors count from the beginning, so what leaves the list while it is read makes others be skipped: read it to its end
 * before anything is moved.
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
 * The client over a configuration and a scheduler that the program provides. Give the scheduler {@link hint}.
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
 * The client with a scheduler of its own, configured by `FRAMEIO_TOKEN` and `FRAMEIO_BASE_URL`, or by the `Config`s that
 * are given.
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
