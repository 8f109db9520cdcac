/**
 * The server's side of the rate limit: one leaky bucket per user and endpoint, whole milliseconds. Pure.
 *
 * The rule is that of the limiter library that Frame.io publishes, which sends the very headers that are documented:
 * a request costs `round(window / limit)` ms of a level that leaks 1 ms per ms, is admitted when the level stays within
 * the window, and costs nothing when it is refused. `remaining` is computed after the charge, with the unrounded cost,
 * and **a refusal reports the figure of an empty bucket**.
 *
 * @since 0.1.0
 */
/**
 * A limit: so many requests per window of ms. Both are whole and at least 1.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limit {
  readonly limit: number
  readonly windowMillis: number
}
/**
 * Limits by the name of the endpoint, such as `assets.version`; `*` is for the rest. An unlimited endpoint sends no
 * rate-limit headers.
 *
 * @since 0.1.0
 * @category models
 */
export type Limits = Readonly<Record<string, Limit | "unlimited">>
/**
 * A limit of so many requests per second.
 *
 * @since 0.1.0
 * @category constructors
 */
export declare const perSecond: (limit: number) => Limit
/**
 * The documented limits (developer.frame.io, "Rate Limits"). Not documented, and therefore a guess: everything else,
 * `assets.version` and `assets.unversion` among it, has the limit of "Assets update".
 *
 * @since 0.1.0
 * @category constants
 */
export declare const documented: Limits
/**
 * No limit on any endpoint.
 *
 * @since 0.1.0
 * @category constants
 */
export declare const unlimited: Limits
/**
 * The cost of one request in ms of level.
 *
 * @since 0.1.0
 * @category rules
 */
export declare const costOf: (limit: Limit) => number
/**
 * How many requests pass at once from an empty bucket. Infinite where the cost rounds to nothing.
 *
 * @since 0.1.0
 * @category rules
 */
export declare const burstOf: (limit: Limit) => number
/**
 * `x-ratelimit-remaining` at a level.
 *
 * @since 0.1.0
 * @category rules
 */
export declare const remainingAt: (limit: Limit, level: number) => number
/**
 * Somebody else on a user's bucket: a browser, another process. Requests arrive `burst` at a time, every
 * `everyMillis`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Foreign {
  /** The endpoint whose bucket is used, such as `assets.version`. */
  readonly endpoint: string
  /** The user's id; by default the first user. */
  readonly userId?: string | undefined
  /** Requests that arrive together. */
  readonly burst: number
  /** ms between arrivals; fractions add up. */
  readonly everyMillis: number
  /** ms after the start of the fake at which the first arrive; 0 by default. */
  readonly fromMillis?: number | undefined
  /** ms after the start of the fake from which none arrive any more; never by default. */
  readonly untilMillis?: number | undefined
  /**
   * Whether a refused request comes again at the very first moment that has room, before anybody else. Otherwise it is
   * lost, as a web page's is. Default `false`.
   */
  readonly insists?: boolean | undefined
}
/**
 * Foreign traffic of single requests, evenly spread.
 *
 * @since 0.1.0
 * @category constructors
 */
export declare const steady: (options: {
  readonly endpoint: string
  readonly perSecond: number
  readonly userId?: string | undefined
  readonly fromMillis?: number | undefined
  readonly untilMillis?: number | undefined
  readonly insists?: boolean | undefined
}) => Foreign
/**
 * What became of a foreign client's requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface ForeignCount {
  readonly sent: number
  readonly refused: number
  /** Refused ones that wait for their next try. */
  readonly waiting: number
}
/**
 * What the limiter says to one request. `limit` is absent on an unlimited endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision {
  readonly admitted: boolean
  readonly limit: Limit | undefined
  /** The value of `x-ratelimit-remaining`: on a refusal that of an empty bucket. */
  readonly remaining: number
}
/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** {@link documented} by default; what is given here stands before it. */
  readonly limits?: Limits | undefined
  readonly foreign?: ReadonlyArray<Foreign> | undefined
  /** The user whom foreign traffic belongs to that does not say. */
  readonly defaultUserId?: string | undefined
  /** The time in ms from which `fromMillis` counts. */
  readonly startMillis?: number | undefined
}
/**
 * All buckets. Times are in ms and may be fractional; the limiter counts whole ones. A time before the last is read as
 * the last.
 *
 * @since 0.1.0
 * @category models
 */
export declare class RateLimiter {
  private limits
  private readonly strangers
  private readonly defaultUserId
  private readonly buckets
  constructor(options?: Options)
  /** The limit of an endpoint; `undefined` is none. */
  limitOf(endpoint: string): Limit | undefined
  /** Changes a limit from now on. The level stays as it is. */
  setLimit(endpoint: string, limit: Limit | "unlimited"): void
  /** Charges one request, or refuses it. */
  take(userId: string, endpoint: string, nowMillis: number): Decision
  /** Charges `count` requests of somebody else right now; answers how many of them were admitted. */
  charge(userId: string, endpoint: string, nowMillis: number, count: number): number
  /** The level in ms at a time. */
  levelOf(userId: string, endpoint: string, nowMillis: number): number
  /** What became of each foreign client's requests up to a time, in the order of the options. */
  foreignCounts(nowMillis: number): ReadonlyArray<ForeignCount>
  private bucketOf
  /** Lets everybody else's requests arrive that are due, in the order of their times. */
  private settleForeign
}
/**
 * A limiter with empty buckets.
 *
 * @since 0.1.0
 * @category constructors
 */
export declare const make: (options?: Options) => RateLimiter
