/**
 * The calls of Frame.io's API as Effects: typed, within the rate limit, and sent again only where that is safe.
 *
 * A call goes from here through the declaration (`FrameioApi`), the retry policy and the rate-limit scheduler to the
 * `HttpClient` that the program provides, and its answer comes back the same way.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { type Asset, AssetId, sameId } from "./Asset.js"
import * as FrameioApi from "./FrameioApi.js"
import * as FrameioConfig from "./FrameioConfig.js"
import * as FrameioError from "./FrameioError.js"
import { BufferedResponse } from "./internal/bufferedResponse.js"
import * as deadlines from "./internal/deadlines.js"
import * as text from "./internal/text.js"
import * as transport from "./internal/transport.js"
import * as Page from "./Page.js"
import type { RateLimitError } from "./RateLimitError.js"
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
// one call
// -----------------------------------------------------------------------------

/** What is known of a call while it runs: made by the call, written by the middleware below it. */
class Call extends Context.Tag("@effect-frameio/core/FrameioClient/Call")<
  Call,
  {
    readonly endpoint: FrameioApi.Endpoint
    readonly assetIds: ReadonlyArray<AssetId>
    /** The time in the rate limit's queue, added up by the scheduler. */
    readonly wait: { millis: number }
    /** The time between attempts, in ms. */
    pausedMillis: number
    attempts: number
    failures: RetryPolicy.Failures
    /** The last answer. */
    answer: BufferedResponse | undefined
  }
>() {}

type CallState = Context.Tag.Service<typeof Call>

const declared = (name: string): FrameioApi.Endpoint => {
  const endpoint = FrameioApi.endpoints.get(name)
  if (endpoint === undefined) throw new Error(`${name} is not in the declaration`)
  return endpoint
}

const waited = (call: CallState): Duration.Duration => Duration.millis(Math.round(call.wait.millis + call.pausedMillis))

const context = (call: CallState) => ({
  endpoint: call.endpoint.name,
  assetIds: call.assetIds,
  attempts: call.attempts,
  waited: waited(call)
})

const lost = (call: CallState): FrameioError.Outcome => (call.endpoint.reads ? "not-applied" : "unknown")

// -----------------------------------------------------------------------------
// middleware, from the wire upwards
// -----------------------------------------------------------------------------

/** No complete answer in time. Not yet the public error: that one knows of the other attempts. */
class TimedOut extends Data.TaggedError("TimedOut")<{ readonly millis: number }> {}

const withIdentity = (config: FrameioConfig.Service) => {
  const base = config.baseUrl.toString().replace(/\/+$/, "")
  return (request: HttpClientRequest.HttpClientRequest) =>
    HttpClientRequest.setHeaders(HttpClientRequest.prependUrl(request, base), {
      accept: "application/json",
      authorization: `Bearer ${Redacted.value(config.token)}`,
      ...(config.clientName === "" ? {} : { "x-frameio-client": config.clientName })
    })
}

const EMPTY = new ArrayBuffer(0)

/**
 * Reads an answer to its end. Where the status alone says what happened, a body that breaks off is as good as none.
 */
const buffered = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(
    response.status === 200 ? response.arrayBuffer : Effect.catchAll(response.arrayBuffer, () => Effect.succeed(EMPTY)),
    (bytes) => new BufferedResponse(response, bytes)
  )

/** One attempt: sent, answered and read within the time. */
const attempt = (timeout: Duration.Duration) => {
  const millis = Duration.toMillis(timeout)
  const withDeadline = deadlines.make(millis)(() => new TimedOut({ millis }))
  return <E, R>(send: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>) =>
    Effect.flatMap(Call, (call) => {
      call.attempts++
      return withDeadline(Effect.flatMap(send, buffered))
    })
}

type AttemptError = TimedOut | HttpClientError.HttpClientError

/** How an attempt failed, for the retry policy; and the public error if that gives up. */
interface Verdict<E> {
  readonly failure: RetryPolicy.Failure | undefined
  readonly error: () => E
}

const judgeError = (
  call: CallState,
  error: AttemptError,
  secret: string
): Verdict<FrameioError.TransportError | FrameioError.RequestTimeout> => {
  if (error._tag === "TimedOut") {
    return {
      failure: "AnswerLost",
      error: () =>
        new FrameioError.RequestTimeout({ ...context(call), outcome: lost(call), timeoutMillis: error.millis })
    }
  }
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return {
      failure: undefined,
      error: () =>
        new FrameioError.TransportError({
          ...context(call),
          reason: "NotSendable",
          outcome: "not-applied",
          detail: text.scrub(error.description ?? error.reason, secret)
        })
    }
  }
  const { code, detail, hopeless, neverSent } = transport.diagnose(error.cause ?? error.description)
  const answered = error._tag === "ResponseError" && error.response.status === 200
  return {
    failure: hopeless ? undefined : neverSent ? "NotSent" : "AnswerLost",
    error: () =>
      new FrameioError.TransportError({
        ...context(call),
        reason: neverSent ? "NotSent" : "AnswerLost",
        outcome: neverSent || call.endpoint.reads ? "not-applied" : answered ? "applied" : "unknown",
        detail: text.excerpt(text.scrub(detail, secret)),
        ...(code === undefined ? {} : { code })
      })
  }
}

const judgeAnswer = <E>(
  call: CallState,
  response: HttpClientResponse.HttpClientResponse,
  secret: string,
  fromAnswer: (answer: FrameioError.Answer) => E
): Verdict<E> => ({
  failure: response.status === 429 ? "Refused" : response.status >= 500 ? "ServerError" : undefined,
  error: () =>
    fromAnswer({
      ...context(call),
      status: response.status,
      body: response instanceof BufferedResponse ? response.body : "",
      writes: !call.endpoint.reads,
      location: response.headers.location,
      secret
    })
})

/** Sends again what the policy allows, and turns every failure into its public error. */
const retrying =
  <S>(options: {
    readonly policy: RetryPolicy.RetryPolicy
    readonly secret: string
    readonly fromAnswer: (answer: FrameioError.Answer) => S
  }) =>
  <R>(send: Effect.Effect<HttpClientResponse.HttpClientResponse, AttemptError | RateLimitError, R>) =>
    Effect.flatMap(Call, (call) => {
      type E = S | FrameioError.TransportError | FrameioError.RequestTimeout
      const again = (
        verdict: Verdict<E>
      ): Effect.Effect<HttpClientResponse.HttpClientResponse, E | RateLimitError, R> => {
        const { failure } = verdict
        if (failure === undefined) return Effect.fail(verdict.error())
        call.failures = RetryPolicy.failed(call.failures, failure)
        return Effect.flatMap(Random.next, (random) => {
          const delay = RetryPolicy.decide(options.policy, {
            failure,
            reads: call.endpoint.reads,
            failures: call.failures,
            random
          })
          if (delay === undefined) return Effect.fail(verdict.error())
          const logged = Effect.logDebug(
            `${call.endpoint.name}: attempt ${call.attempts} failed (${failure}), trying again in ${Math.round(delay)} ms`
          )
          if (delay === 0) return Effect.zipRight(logged, once)
          call.pausedMillis += delay
          return Effect.zipRight(Effect.zipRight(logged, Effect.sleep(delay)), once)
        })
      }
      const once: Effect.Effect<HttpClientResponse.HttpClientResponse, E | RateLimitError, R> = Effect.matchEffect(
        send,
        {
          onFailure: (error) =>
            error._tag === "TimedOut" || error._tag === "RequestError" || error._tag === "ResponseError"
              ? again(judgeError(call, error, options.secret))
              : Effect.fail(error),
          onSuccess: (response) => {
            if (response.status !== 200) return again(judgeAnswer(call, response, options.secret, options.fromAnswer))
            if (response instanceof BufferedResponse) call.answer = response
            return Effect.succeed(response)
          }
        }
      )
      return once
    })

// -----------------------------------------------------------------------------
// what the derived client can fail with beside our own errors
// -----------------------------------------------------------------------------

type Derived = ParseResult.ParseError | HttpClientError.HttpClientError | HttpApiError.HttpApiDecodeError

const issues = (error: ParseResult.ParseError): ReadonlyArray<ParseResult.ArrayFormatterIssue> =>
  ParseResult.ArrayFormatter.formatErrorSync(error)

const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const isAssetId = Schema.is(AssetId)

const idAt = (body: unknown, path: ReadonlyArray<PropertyKey>): AssetId | undefined => {
  const [index] = path
  const item: unknown = Array.isArray(body) && typeof index === "number" ? body[index] : body
  const id: unknown = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  return isAssetId(id) ? id : undefined
}

/** A field that may be of several types fails once for each; one line for a field, the innermost, is enough. */
const byField = (
  list: ReadonlyArray<ParseResult.ArrayFormatterIssue>,
  describe: (issue: ParseResult.ArrayFormatterIssue) => FrameioError.Problem
): readonly [FrameioError.Problem, ...Array<FrameioError.Problem>] => {
  const fields = new Map<string, FrameioError.Problem>()
  for (const issue of list) {
    const problem = describe(issue)
    if (!fields.has(problem.path) && fields.size < 10) fields.set(problem.path, problem)
  }
  const paths = [...fields.keys()]
  for (const path of paths) {
    if (path !== "" && paths.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[`))) {
      fields.delete(path)
    }
  }
  const [first = { path: "", message: "is not what is documented" }, ...rest] = fields.values()
  return [first, ...rest]
}

const undecodable = (call: CallState, error: ParseResult.ParseError, secret: string): FrameioError.DecodeError => {
  const body = call.answer?.body ?? ""
  const json = parseJson(body)
  // A page instead of JSON comes from something in between, which may or may not have passed the request on.
  const isFrameio = typeof json === "object" && json !== null
  const problems = byField(isFrameio ? issues(error) : [], (issue) => {
    const assetId = idAt(json, issue.path)
    return {
      path: text.fieldPath(issue.path),
      message: text.excerpt(text.scrub(issue.message, secret), 200),
      ...(assetId === undefined ? {} : { assetId })
    }
  })
  return new FrameioError.DecodeError({
    ...context(call),
    outcome: call.endpoint.reads ? "not-applied" : isFrameio ? "applied" : "unknown",
    problems: isFrameio
      ? problems
      : [{ path: "", message: body === "" ? "the body is empty" : "the body is not JSON" }],
    body: text.excerpt(text.scrub(body, secret))
  })
}

/** The wire's names for what the caller knows by another. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  asset_id: "assetId",
  next_asset_id: "nextAssetId",
  page_size: "pageSize",
  include_deleted: "includeDeleted"
}

const unencodable = (call: CallState, error: ParseResult.ParseError): FrameioError.InvalidRequest =>
  new FrameioError.InvalidRequest({
    endpoint: call.endpoint.name,
    assetIds: call.assetIds,
    problems: byField(issues(error), (issue) => {
      const path = text.fieldPath(issue.path)
      return { path: ARGUMENTS[path] ?? path, message: text.excerpt(issue.message, 200) }
    })
  })

/** What the derived client fails with by itself; the middleware has dealt with every status and every lost answer. */
const publicError = (
  call: CallState,
  error: Derived,
  secret: string
): FrameioError.DecodeError | FrameioError.InvalidRequest | FrameioError.TransportError => {
  if (error._tag === "ParseError") {
    return call.answer === undefined ? unencodable(call, error) : undecodable(call, error, secret)
  }
  return new FrameioError.TransportError({
    ...context(call),
    reason: "AnswerLost",
    outcome: lost(call),
    detail: text.scrub(error.message, secret)
  })
}

const DERIVED: ReadonlySet<string> = new Set<Derived["_tag"]>([
  "ParseError",
  "RequestError",
  "ResponseError",
  "HttpApiDecodeError"
])

const isDerived = <E extends { readonly _tag: string }>(error: E): error is Extract<E, Derived> =>
  DERIVED.has(error._tag)

// -----------------------------------------------------------------------------
// arguments
// -----------------------------------------------------------------------------

/** Judged before anything is sent, all of them at once; the types alone do not bind a caller from JavaScript. */
const wrongIds = (
  endpoint: FrameioApi.Endpoint,
  ids: Readonly<Record<string, AssetId>>
): FrameioError.InvalidRequest | undefined => {
  const names = Object.keys(ids).filter((name) => !isAssetId(ids[name]))
  const [first, ...rest] = names.map(
    (name): FrameioError.Problem => ({
      path: name,
      message: `${JSON.stringify(ids[name])?.slice(0, 60)} is not an asset id, which is a UUID such as 9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f`
    })
  )
  if (first === undefined) return undefined
  return new FrameioError.InvalidRequest({
    endpoint: endpoint.name,
    assetIds: Object.values(ids).filter((id) => isAssetId(id)),
    problems: [first, ...rest]
  })
}

const joined = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" || value === undefined ? value : value.join(",")

// -----------------------------------------------------------------------------
// the client
// -----------------------------------------------------------------------------

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

const VERSION = declared("assets.version")
const UNVERSION = declared("assets.unversion")
const GET = declared("assets.get")
const CHILDREN = declared("assets.children")

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
    const timeout = Duration.decode(options?.timeout ?? defaults.timeout)
    const policy = RetryPolicy.make(options?.retry)
    const secret = Redacted.value(config.token)

    const scheduled = http.pipe(
      // The call has a span of its own. Without one for each attempt there are no trace headers for Frame.io either, and
      // no attribute in which somebody may unredact the token.
      HttpClient.withTracerDisabledWhen(() => true),
      HttpClient.mapRequest(withIdentity(config)),
      HttpClient.transform(attempt(timeout)),
      (client) => scheduler.wrap(client, { owner: config.token, route: FrameioApi.routeOf })
    )

    const derive = <S>(fromAnswer: (answer: FrameioError.Answer) => S) =>
      HttpApiClient.group(FrameioApi.FrameioApi, {
        group: "assets",
        httpClient: HttpClient.transformResponse(scheduled, retrying({ policy, secret, fromAnswer }))
      })

    const reads = yield* derive(FrameioError.fromReadAnswer)
    const writes = yield* derive(FrameioError.fromWriteAnswer)

    /** Around every call: its span, its count of attempts and waiting, and its public errors. */
    const run = <A, E extends { readonly _tag: string }>(
      endpoint: FrameioApi.Endpoint,
      ids: { readonly assetId: AssetId; readonly nextAssetId?: AssetId },
      send: (call: CallState) => Effect.Effect<A, E, Call>
    ): Effect.Effect<
      A,
      | Exclude<E, Extract<E, Derived>>
      | FrameioError.DecodeError
      | FrameioError.InvalidRequest
      | FrameioError.TransportError
    > =>
      Effect.useSpan(`Frameio.${endpoint.name}`, { kind: "client", captureStackTrace: false }, (span) => {
        const call: CallState = {
          endpoint,
          assetIds: Object.values(ids),
          wait: { millis: 0 },
          pausedMillis: 0,
          attempts: 0,
          failures: RetryPolicy.noFailures,
          answer: undefined
        }
        span.attribute("frameio.asset_id", ids.assetId)
        if (ids.nextAssetId !== undefined) span.attribute("frameio.next_asset_id", ids.nextAssetId)
        span.attribute("http.route", endpoint.path)
        return Effect.suspend(() => send(call)).pipe(
          Effect.catchIf(isDerived, (error) => Effect.fail(publicError(call, error, secret))),
          Effect.ensuring(
            Effect.sync(() => {
              span.attribute("frameio.attempts", call.attempts)
              span.attribute("frameio.waited_ms", Duration.toMillis(waited(call)))
            })
          ),
          Effect.mapInputContext((input: Context.Context<never>) =>
            // One copy of what may be a large context.
            Context.merge(
              input,
              Context.make(Call, call).pipe(
                Context.add(Tracer.ParentSpan, span),
                Context.add(RateLimitScheduler.CurrentWait, call.wait),
                Context.add(FetchHttpClient.RequestInit, requestInit(input))
              )
            )
          )
        )
      })

    const service: Service = {
      version: ({ assetId, nextAssetId }) => {
        const wrong = wrongIds(VERSION, { assetId, nextAssetId })
        if (wrong !== undefined) return Effect.fail(wrong)
        if (sameId(assetId, nextAssetId)) {
          return Effect.fail(
            new FrameioError.InvalidRequest({
              endpoint: VERSION.name,
              assetIds: [assetId],
              problems: [
                { path: "nextAssetId", message: "is the asset itself; an asset cannot be a version of itself" }
              ]
            })
          )
        }
        return run(VERSION, { assetId, nextAssetId }, () =>
          writes.version({ path: { asset_id: assetId }, payload: { next_asset_id: nextAssetId } })
        )
      },
      unversion: ({ assetId }) => {
        const wrong = wrongIds(UNVERSION, { assetId })
        if (wrong !== undefined) return Effect.fail(wrong)
        return run(UNVERSION, { assetId }, () => writes.unversion({ path: { asset_id: assetId } }))
      },
      get: ({ assetId, includeDeleted, type }) => {
        const wrong = wrongIds(GET, { assetId })
        if (wrong !== undefined) return Effect.fail(wrong)
        return run(GET, { assetId }, () =>
          reads.get({ path: { asset_id: assetId }, urlParams: { include_deleted: includeDeleted, type } })
        )
      },
      children: ({ assetId, include, includeDeleted, page, pageSize, sort, type }) => {
        const wrong = wrongIds(CHILDREN, { assetId })
        if (wrong !== undefined) return Effect.fail(wrong)
        return run(CHILDREN, { assetId }, () =>
          Effect.map(
            reads.children({
              path: { asset_id: assetId },
              urlParams: {
                page,
                page_size: pageSize,
                include: joined(include),
                sort: joined(sort),
                include_deleted: includeDeleted,
                type
              },
              withResponse: true
            }),
            ([items, response]) => Page.fromHeaders(items, response.headers)
          )
        )
      }
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
