/**
 * The calls of Frame.io's API as Effects: typed, within the rate limit, and sent again only where that is safe.
 *
 * A call goes from here through the declaration (`FrameioApi`), the retry policy and the rate-limit scheduler to the
 * `HttpClient` that the program provides, and its answer comes back the same way.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRefs from "effect/FiberRefs"
import { constTrue, identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { type Asset, AssetId, sameId } from "./Asset.js"
import * as FrameioApi from "./FrameioApi.js"
import * as FrameioConfig from "./FrameioConfig.js"
import * as FrameioError from "./FrameioError.js"
import * as Call from "./internal/call.js"
import * as deadlines from "./internal/deadlines.js"
import { type DerivedCall, derive } from "./internal/derivedCall.js"
import * as Problems from "./internal/problems.js"
import * as Verdict from "./internal/verdict.js"
import * as Page from "./Page.js"
import * as RateLimitScheduler from "./RateLimitScheduler.js"
import * as RetryPolicy from "./RetryPolicy.js"

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
 * What a listing can bring along.
 *
 * @since 0.1.0
 * @category models
 */
export type Include = "children" | "cover_asset" | "review_links"

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
  /** What comes along with each child. */
  readonly include?: Include | ReadonlyArray<Include> | undefined
  /** The order; `-` turns a field's order round. */
  readonly sort?: SortField | `-${SortField}` | ReadonlyArray<SortField | `-${SortField}`> | undefined
  /** Whether deleted assets are listed, too. */
  readonly includeDeleted?: boolean | undefined
  /** Only assets of this kind. */
  readonly type?: Kinds | undefined
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
   */
  readonly version: (args: VersionArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /** Takes a version out of its stack. Which asset the answer shows is not documented. */
  readonly unversion: (args: UnversionArgs) => Effect.Effect<Asset, FrameioError.WriteError>
  /** Reads one asset. */
  readonly get: (args: GetArgs) => Effect.Effect<Asset, FrameioError.ReadError>
  /** Reads one page of what a folder or a stack holds. */
  readonly children: (args: ChildrenArgs) => Effect.Effect<Page.Page<Asset>, FrameioError.ReadError>
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
}

/**
 * The defaults of {@link Options}.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = {
  timeout: Duration.seconds(45),
  retry: RetryPolicy.defaults
} as const

// -----------------------------------------------------------------------------
// the declaration
// -----------------------------------------------------------------------------

type Endpoints = HttpApiGroup.HttpApiGroup.Endpoints<typeof FrameioApi.AssetsGroup>

const isNamed = <E extends { readonly name: string }, Name extends string>(
  endpoint: E | undefined,
  name: Name
): endpoint is Extract<E, { readonly name: Name }> => endpoint?.name === name

/** An endpoint as it was declared, with its types, and what the declaration says of it as a whole. */
const declared = <const Name extends Endpoints["name"]>(name: Name) => {
  const schemas = FrameioApi.AssetsGroup.endpoints[name]
  const endpoint = FrameioApi.endpoints.get(`assets.${name}`)
  if (!isNamed(schemas, name) || endpoint === undefined) throw new Error(`${name} is not in the declaration`)
  return { schemas, endpoint }
}

const VERSION = declared("version")
const UNVERSION = declared("unversion")
const GET = declared("get")
const CHILDREN = declared("children")

const isAssetId = Schema.is(AssetId)

const joined = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" || value === undefined ? value : value.join(",")

// -----------------------------------------------------------------------------
// on the wire
// -----------------------------------------------------------------------------

/** What all requests have in common. */
const wireOf = (config: FrameioConfig.Service) => ({
  baseUrl: config.baseUrl.toString().replace(/\/+$/, ""),
  headers: {
    accept: "application/json",
    authorization: `Bearer ${Redacted.value(config.token)}`,
    ...(config.clientName === "" ? {} : { "x-frameio-client": config.clientName })
  }
})

/**
 * Redirections are not followed, for the token would go along. The program's own `RequestInit`, which is read where the
 * client is made and where it is called, stays in force otherwise.
 */
const withManualRedirect = (around: Context.Context<never>) => {
  const outer = Option.getOrUndefined(Context.getOption(around, FetchHttpClient.RequestInit))
  const standard: RequestInit = { ...outer, redirect: "manual" }
  return (inner: Context.Context<never>): RequestInit => {
    const own = Option.getOrUndefined(Context.getOption(inner, FetchHttpClient.RequestInit))
    return own === undefined || own === outer ? standard : { ...own, redirect: "manual" }
  }
}

/** What an attempt runs in: the caller's context, within the call's span. */
const surroundings = (
  call: Call.Call,
  requestInit: (inner: Context.Context<never>) => RequestInit
): deadlines.Surroundings<never> => ({
  context: (outer) =>
    // One copy of what may be a large context.
    Context.unsafeMake(
      new Map<string, unknown>(outer.unsafeMap)
        .set(Tracer.ParentSpan.key, call.span)
        .set(FetchHttpClient.RequestInit.key, requestInit(outer))
    ),
  // The call has a span of its own. Without one for each attempt there are no trace headers for Frame.io either, and no
  // attribute in which somebody may unredact the token.
  updateRefs: (refs, fiberId) =>
    FiberRefs.updateAs(refs, { fiberId, fiberRef: HttpClient.currentTracerDisabledWhen, value: constTrue })
})

/**
 * Reads an answer to its end, for nothing can be lost of it then: reading belongs to the attempt, and decoding does not.
 * Where the status alone says what happened, a body that breaks off is as good as none.
 */
const read = (call: Call.Call) => (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(
    response.status === 200 ? response.text : Effect.catchAll(response.text, () => Effect.succeed("")),
    (body) => {
      call.body = body
      return response
    }
  )

/** Not every `HttpClient` takes the byte order mark away. */
const parseJson = (body: string): Either.Either<unknown, unknown> =>
  Either.try((): unknown => JSON.parse(body.startsWith("\ufeff") ? body.slice(1) : body))

// -----------------------------------------------------------------------------
// the client
// -----------------------------------------------------------------------------

/**
 * Makes the client. It runs on any `HttpClient`; on `FetchHttpClient` it forbids redirections by itself, and the others
 * of `@effect/platform` do not follow them.
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
    const config = yield* FrameioConfig.FrameioConfig
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const http = yield* HttpClient.HttpClient
    const requestInit = withManualRedirect(yield* Effect.context<never>())
    const timeoutMillis = Duration.toMillis(options?.timeout ?? defaults.timeout)
    const withDeadline = deadlines.make(timeoutMillis)
    const policy = RetryPolicy.make(options?.retry)
    const secret = Redacted.value(config.token)
    const onTheWire = wireOf(config)

    /** One attempt: let through by the rate limit, then sent, answered and read within the time. */
    const attempt = (call: Call.Call, request: HttpClientRequest.HttpClientRequest) => {
      const { route } = call.endpoint
      const send = Effect.suspend(() => {
        Call.attempted(call)
        return withDeadline(
          Effect.flatMap(http.execute(request), read(call)),
          surroundings(call, requestInit),
          () => new Verdict.TimedOut({ millis: timeoutMillis })
        )
      })
      return scheduler.schedule(
        { owner: config.token, route },
        { onWaited: (millis) => Call.waited(call, millis) }
      )(send)
    }

    /** Attempts until one succeeds or the policy gives up; every failure becomes its public error. */
    const attempts = <A, S>(
      call: Call.Call,
      request: HttpClientRequest.HttpClientRequest,
      fromAnswer: (answer: FrameioError.Answer) => S,
      decode: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, FrameioError.DecodeError>
    ) => {
      type E = S | FrameioError.CallError
      const again = (verdict: Verdict.Verdict<E>): Effect.Effect<A, E> => {
        const { failure } = verdict
        if (failure === undefined) return Effect.fail(verdict.error())
        call.failures = RetryPolicy.failed(call.failures, failure)
        return Effect.flatMap(Random.next, (random) => {
          const { reads } = call.endpoint
          const delay = RetryPolicy.decide(policy, { failure, reads, failures: call.failures, random })
          if (delay === undefined) return Effect.fail(verdict.error())
          const logged = Effect.withParentSpan(
            Effect.logDebug(
              `${call.endpoint.name}: attempt ${call.attempts} failed (${failure}), trying again in ${Math.round(delay)} ms`
            ),
            call.span
          )
          if (delay === 0) return Effect.zipRight(logged, once)
          Call.waited(call, delay)
          return Effect.zipRight(Effect.zipRight(logged, Effect.sleep(delay)), once)
        })
      }
      const once: Effect.Effect<A, E> = Effect.matchEffect(attempt(call, request), {
        onFailure: (error) =>
          error._tag === "TimedOut" || error._tag === "RequestError" || error._tag === "ResponseError"
            ? again(Verdict.ofError(call, error, secret))
            : Effect.fail(error),
        onSuccess: (response) =>
          response.status === 200 ? decode(response) : again(Verdict.ofAnswer(call, response, secret, fromAnswer))
      })
      return once
    }

    /** One endpoint: its arguments judged before anything is sent, all of them at once; then its span and its attempts. */
    const endpoint =
      <Args, A, S>(
        { endpoint }: { readonly endpoint: FrameioApi.Endpoint },
        { decode, request }: DerivedCall<Args, A>,
        fromAnswer: (answer: FrameioError.Answer) => S
      ) =>
      <B>(
        assetIds: readonly [AssetId, ...ReadonlyArray<AssetId>],
        args: Args,
        result: (value: A, response: HttpClientResponse.HttpClientResponse) => B
      ): Effect.Effect<B, S | FrameioError.CallError> => {
        const made = request(args)
        if (Either.isLeft(made)) return Effect.fail(Problems.unencodable(endpoint, assetIds, made.left))
        return Effect.useSpan(`Frameio.${endpoint.name}`, { kind: "client", captureStackTrace: false }, (span) => {
          const call = Call.make(endpoint, assetIds, span)
          return attempts(call, made.right, fromAnswer, (response) => {
            const json = parseJson(call.body)
            if (Either.isLeft(json)) return Effect.fail(Problems.notJson(call, secret))
            const value = decode(json.right)
            return Either.isLeft(value)
              ? Effect.fail(Problems.undecodable(call, json.right, value.left, secret))
              : Effect.succeed(result(value.right, response))
          })
        })
      }

    const version = endpoint(VERSION, derive(VERSION.schemas, onTheWire), FrameioError.fromWriteAnswer)
    const unversion = endpoint(UNVERSION, derive(UNVERSION.schemas, onTheWire), FrameioError.fromWriteAnswer)
    const get = endpoint(GET, derive(GET.schemas, onTheWire), FrameioError.fromReadAnswer)
    const children = endpoint(CHILDREN, derive(CHILDREN.schemas, onTheWire), FrameioError.fromReadAnswer)

    const service: Service = {
      version: ({ assetId, nextAssetId }) =>
        isAssetId(assetId) && isAssetId(nextAssetId) && sameId(assetId, nextAssetId)
          ? Effect.fail(
              new FrameioError.InvalidRequest({
                endpoint: VERSION.endpoint.name,
                assetIds: [assetId],
                problems: [
                  { path: "nextAssetId", message: "is the asset itself; an asset cannot be a version of itself" }
                ]
              })
            )
          : version(
              [assetId, nextAssetId],
              { path: { asset_id: assetId }, payload: { next_asset_id: nextAssetId } },
              identity
            ),
      unversion: ({ assetId }) => unversion([assetId], { path: { asset_id: assetId } }, identity),
      get: ({ assetId, includeDeleted, type }) =>
        get([assetId], { path: { asset_id: assetId }, urlParams: { include_deleted: includeDeleted, type } }, identity),
      children: ({ assetId, include, includeDeleted, page, pageSize, sort, type }) =>
        children(
          [assetId],
          {
            path: { asset_id: assetId },
            urlParams: {
              page,
              page_size: pageSize,
              include: joined(include),
              sort: joined(sort),
              include_deleted: includeDeleted,
              type
            }
          },
          (items, response) => Page.fromHeaders(items, response.headers)
        )
    }
    return service
  })

/**
 * The client over a configuration and a scheduler that the program provides, to share one scheduler between clients,
 * or to bring a store of its own.
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
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: FrameioConfig.Options & LayerOptions
): Layer.Layer<FrameioClient | RateLimitScheduler.RateLimitScheduler, ConfigError.ConfigError, HttpClient.HttpClient> =>
  withOwnScheduler(FrameioConfig.layer(options), options)

/**
 * The client with a scheduler of its own, configured by `FRAMEIO_TOKEN` and `FRAMEIO_BASE_URL`, or by the `Config`s
 * that are given.
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
