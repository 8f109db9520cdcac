/**
 * Faults and when they happen. A plan is a pure function from a request to its fate, and a list of events at given
 * times. All randomness comes from a seed, so a run can be repeated.
 *
 * @since 0.1.0
 */
import type * as FrameioApi from "@effect-frameio/core/FrameioApi"
import type * as V4Api from "@effect-frameio/core/V4Api"
import { unit } from "./internal/random.js"
import type { Limit } from "./RateLimiter.js"
import type { World } from "./World.js"

/**
 * The name of an endpoint of either API, of the storage host, or of the token endpoint. A misspelt one is a type error.
 *
 * @since 0.1.0
 * @category models
 */
export type EndpointName = FrameioApi.EndpointName | V4Api.EndpointName | "storage.part" | "ims.token"

/**
 * A fault of one request.
 *
 * - `ConnectionRefused`: no connection; the request never left. (On a port it is a reset before anything was read.)
 * - `RequestLost`: the connection breaks before the server has seen the request. Nothing is charged, nothing is done.
 * - `AnswerLost`: the server does what was asked, and the connection breaks before the answer arrives.
 * - `NoAnswer`: the server does what was asked, and nothing ever comes back.
 * - `ErrorBefore`, `ErrorAfter`: a 5xx with the documented JSON, before or after the change was made. `retryAfter` is the
 *   value of a `Retry-After` header, such as `120` or a date.
 * - `HtmlBefore`, `HtmlAfter`: a proxy's page without rate-limit headers instead of the answer, before or after the change
 *   was made; with status 502 by default. `HtmlBefore`: the limiter has not seen the request.
 * - `BrokenMidway`: the connection breaks after half of the body. Nothing is charged, nothing is done.
 * - `UrlExpired`: the storage host answers that the upload URL has expired (403). Frame.io itself never does.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault =
  | { readonly _tag: "ConnectionRefused" }
  | { readonly _tag: "RequestLost" }
  | { readonly _tag: "AnswerLost" }
  | { readonly _tag: "NoAnswer" }
  | { readonly _tag: "ErrorBefore"; readonly status?: number | undefined; readonly retryAfter?: string | undefined }
  | { readonly _tag: "ErrorAfter"; readonly status?: number | undefined }
  | { readonly _tag: "HtmlBefore"; readonly status?: number | undefined }
  | { readonly _tag: "HtmlAfter"; readonly status?: number | undefined }
  | { readonly _tag: "BrokenMidway" }
  | { readonly _tag: "UrlExpired" }

/**
 * The rate-limit headers of an answer: missing, or with something else in the place of their values.
 *
 * @since 0.1.0
 * @category models
 */
export type HeaderFault =
  | "missing"
  | {
      readonly limit?: string | undefined
      readonly window?: string | undefined
      readonly remaining?: string | undefined
    }

/**
 * A request, for a plan to decide on.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestInfo {
  /** The number of the request, from 0, in the order in which requests were sent. */
  readonly sequence: number
  /** Its number among the requests to its endpoint, from 0. */
  readonly ofEndpoint: number
  /** ms since the start of the fake. */
  readonly elapsedMillis: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Such as `assets.version`; `storage.part` for a part of an upload; empty if the API has no such endpoint. */
  readonly endpoint: EndpointName | ""
}

/**
 * The fate of a request: an ordinary answer if all fields are absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fate {
  readonly fault?: Fault | undefined
  readonly headers?: HeaderFault | undefined
  /** ms on the way to the server. */
  readonly requestMillis?: number | undefined
  /** ms on the way back. */
  readonly answerMillis?: number | undefined
}

/**
 * An event at a time, in ms after the start of the fake; it affects every later request.
 *
 * @since 0.1.0
 * @category models
 */
export type Happening =
  | {
      readonly _tag: "LimitChanges"
      readonly atMillis: number
      readonly endpoint: EndpointName
      readonly limit: Limit | "unlimited"
    }
  | { readonly _tag: "TokenExpires"; readonly atMillis: number; readonly token: string }
  | { readonly _tag: "AssetDeleted"; readonly atMillis: number; readonly assetId: string }
  | { readonly _tag: "WorldChanges"; readonly atMillis: number; readonly change: (world: World) => void }

/**
 * A plan.
 *
 * @example
 * ```ts
 * const faults = FaultPlan.combine(
 *   FaultPlan.latency({ millis: 80, jitterMillis: 40 }),
 *   FaultPlan.nth("assets.version", [0, 3], { _tag: "AnswerLost" }),
 *   FaultPlan.happening({ _tag: "TokenExpires", atMillis: 60_000, token: FakeFrameio.token })
 * )
 * const Fake = FakeFrameio.layer({ faults })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultPlan {
  readonly decide: (request: RequestInfo) => Fate
  readonly happenings: ReadonlyArray<Happening>
}

const NOTHING: Fate = {}
const NO_HAPPENINGS: ReadonlyArray<Happening> = []

/**
 * Nothing goes wrong, and nothing takes time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: FaultPlan = { decide: () => NOTHING, happenings: NO_HAPPENINGS }

/**
 * A plan from a function; `undefined` is an ordinary answer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (decide: (request: RequestInfo) => Fate | undefined): FaultPlan => ({
  decide: (request) => decide(request) ?? NOTHING,
  happenings: NO_HAPPENINGS
})

/**
 * One fault, for every request that the test accepts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const when = (test: (request: RequestInfo) => boolean, fault: Fault): FaultPlan => {
  const fate: Fate = { fault }
  return { decide: (request) => (test(request) ? fate : NOTHING), happenings: NO_HAPPENINGS }
}

/**
 * One fault, for the n-th request to an endpoint (from 0), or for several of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const nth = (endpoint: EndpointName, n: number | ReadonlyArray<number>, fault: Fault): FaultPlan => {
  const wanted = new Set(typeof n === "number" ? [n] : n)
  return when((request) => request.endpoint === endpoint && wanted.has(request.ofEndpoint), fault)
}

/**
 * Delays the way there and the way back by half of `millis` each, plus or minus an evenly spread `jitterMillis`.
 * Requests may overtake one another, as on several connections.
 *
 * @since 0.1.0
 * @category constructors
 */
export const latency = (options: {
  /** There and back, in ms. */
  readonly millis: number
  /** The most ms more or less. Default 0. */
  readonly jitterMillis?: number | undefined
  /** Default 1. */
  readonly seed?: number | undefined
}): FaultPlan => {
  const jitter = options.jitterMillis ?? 0
  const seed = options.seed ?? 1
  const way = (sequence: number, lane: number): number =>
    Math.max(0, (options.millis + jitter * (2 * unit(seed, sequence, lane) - 1)) / 2)
  const fixed: Fate = { requestMillis: options.millis / 2, answerMillis: options.millis / 2 }
  return {
    decide: ({ sequence }) =>
      jitter === 0 ? fixed : { requestMillis: way(sequence, 10), answerMillis: way(sequence, 11) },
    happenings: NO_HAPPENINGS
  }
}

/**
 * One fate for a share of the requests, by chance from a seed: the n-th request always has the same fate.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sometimes = (
  options: {
    /** How many of the requests, from 0 to 1. */
    readonly share: number
    /** The same seed gives the same fates. */
    readonly seed: number
    /** Default: all. */
    readonly endpoints?: ReadonlyArray<EndpointName> | undefined
  },
  fate: Fate
): FaultPlan =>
  make(({ endpoint, sequence }) =>
    (options.endpoints === undefined || options.endpoints.some((one) => one === endpoint)) &&
    unit(options.seed, sequence, 23) < options.share
      ? fate
      : undefined
  )

/**
 * How likely each fault is, from 0 to 1; together at most 1.
 *
 * @since 0.1.0
 * @category models
 */
export interface Odds {
  readonly connectionRefused?: number | undefined
  readonly requestLost?: number | undefined
  readonly answerLost?: number | undefined
  readonly noAnswer?: number | undefined
  readonly errorBefore?: number | undefined
  readonly errorAfter?: number | undefined
  readonly htmlBefore?: number | undefined
  readonly htmlAfter?: number | undefined
  readonly brokenMidway?: number | undefined
  /** Answers whose rate-limit headers are missing. Independent of the others. */
  readonly headersMissing?: number | undefined
  /** Answers whose rate-limit headers are nonsense. Independent of the others. */
  readonly headersMalformed?: number | undefined
}

const NONSENSE: ReadonlyArray<HeaderFault> = [
  { limit: "" },
  { limit: "-5" },
  { limit: "0", window: "0" },
  { limit: "Infinity" },
  { window: "one second" },
  { remaining: "NaN" },
  { remaining: "-1" },
  { limit: "1e400", window: "1000.5", remaining: "12abc" }
]

/**
 * Faults by chance, from a seed: the n-th request always has the same fate.
 *
 * @since 0.1.0
 * @category constructors
 */
export const random = (
  options: { readonly seed: number; readonly endpoints?: ReadonlyArray<EndpointName> | undefined } & Odds
): FaultPlan => {
  const odds: ReadonlyArray<readonly [number, Fault]> = [
    [options.connectionRefused ?? 0, { _tag: "ConnectionRefused" }],
    [options.requestLost ?? 0, { _tag: "RequestLost" }],
    [options.answerLost ?? 0, { _tag: "AnswerLost" }],
    [options.noAnswer ?? 0, { _tag: "NoAnswer" }],
    [options.errorBefore ?? 0, { _tag: "ErrorBefore" }],
    [options.errorAfter ?? 0, { _tag: "ErrorAfter" }],
    [options.htmlBefore ?? 0, { _tag: "HtmlBefore" }],
    [options.htmlAfter ?? 0, { _tag: "HtmlAfter" }],
    [options.brokenMidway ?? 0, { _tag: "BrokenMidway" }]
  ]
  const pick = (sequence: number): Fault | undefined => {
    let at = unit(options.seed, sequence, 20)
    for (const [chance, fault] of odds) {
      if (at < chance) return fault
      at -= chance
    }
    return undefined
  }
  const missing = options.headersMissing ?? 0
  const malformed = options.headersMalformed ?? 0
  const headers = (sequence: number): HeaderFault | undefined => {
    const at = unit(options.seed, sequence, 21)
    if (at < missing) return "missing"
    if (at >= missing + malformed) return undefined
    return NONSENSE[Math.floor(unit(options.seed, sequence, 22) * NONSENSE.length)]
  }
  return {
    decide: ({ endpoint, sequence }) =>
      options.endpoints === undefined || options.endpoints.some((one) => one === endpoint)
        ? { fault: pick(sequence), headers: headers(sequence) }
        : NOTHING,
    happenings: NO_HAPPENINGS
  }
}

/**
 * A plan of events.
 *
 * @since 0.1.0
 * @category constructors
 */
export const happening = (...happenings: ReadonlyArray<Happening>): FaultPlan => ({
  decide: none.decide,
  happenings
})

const orElse = (one: Fate, other: Fate): Fate => ({
  fault: one.fault ?? other.fault,
  headers: one.headers ?? other.headers,
  requestMillis: one.requestMillis ?? other.requestMillis,
  answerMillis: one.answerMillis ?? other.answerMillis
})

/**
 * Combines several plans: for each part of a request's fate, the first plan that decides it wins.
 *
 * @since 0.1.0
 * @category combining
 */
export const combine = (...plans: ReadonlyArray<FaultPlan>): FaultPlan => ({
  decide: (request) => plans.map((plan) => plan.decide(request)).reduce(orElse, NOTHING),
  happenings: plans.flatMap((plan) => plan.happenings)
})
