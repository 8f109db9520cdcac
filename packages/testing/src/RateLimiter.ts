/**
 * The server's side of the rate limit: one leaky bucket per user and endpoint, in whole milliseconds; pure.
 *
 * The rule is that of Frame.io's public limiter library, which sends the documented headers: a request costs
 * `round(window / limit)` ms of a level that leaks 1 ms per ms, is admitted if the level stays within the window, and costs
 * nothing when refused. `remaining` is computed after the charge, with the unrounded cost, and **a refusal reports the
 * figure of an empty bucket**.
 *
 * @since 0.1.0
 */

import * as V4Api from "@effect-frameio/core/V4Api"
import type { EndpointName } from "./FaultPlan.js"

/**
 * A limit: a number of requests per window in ms. Both are whole and at least 1.
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

const per = (limit: number, windowMillis: number): Limit => ({ limit, windowMillis })

/**
 * A limit of so many requests per second.
 *
 * @since 0.1.0
 * @category constructors
 */
export const perSecond = (limit: number): Limit => per(limit, 1000)

/**
 * The documented limits (developer.frame.io, "Rate Limits"). All other endpoints of v2, `assets.version` and
 * `assets.unversion` among them, have the limit of "Assets update", which is a guess.
 *
 * @since 0.1.0
 * @category constants
 */
export const documented: Limits = {
  "assets.create": per(5, 1000),
  "assets.update": per(10, 1000),
  "assets.get": per(5, 1000),
  "assets.children": per(40, 60_000),
  "assets.search": per(200, 60_000),
  "assets.searchPost": per(200, 60_000),
  "assets.librarySearch": per(200, 60_000),
  "assets.librarySearchPost": per(200, 60_000),
  ...Object.fromEntries([...V4Api.endpoints.values()].map(({ name, printed }) => [name, printed])),
  "*": per(10, 1000)
}

/**
 * No limit on any endpoint.
 *
 * @since 0.1.0
 * @category constants
 */
export const unlimited: Limits = { "*": "unlimited" }

/**
 * The cost of one request in ms of level.
 *
 * @since 0.1.0
 * @category rules
 */
export const costOf = (limit: Limit): number => Math.round(limit.windowMillis / limit.limit)

/**
 * How many requests an empty bucket lets pass at once; infinite if the cost rounds to 0.
 *
 * @since 0.1.0
 * @category rules
 */
export const burstOf = (limit: Limit): number => {
  const cost = costOf(limit)
  return cost === 0 ? Number.POSITIVE_INFINITY : Math.floor(limit.windowMillis / cost)
}

/**
 * `x-ratelimit-remaining` at a level.
 *
 * @internal
 */
export const remainingAt = (limit: Limit, level: number): number =>
  Math.round(Math.max(limit.windowMillis - level, 0) / (limit.windowMillis / limit.limit))

/**
 * Somebody else on a user's bucket: a browser, another process. Requests arrive `burst` at a time, every
 * `everyMillis`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Foreign {
  /** The endpoint whose bucket is used, such as `assets.version`. */
  readonly endpoint: EndpointName
  /** The user's id; by default the first user. */
  readonly userId?: string | undefined
  /** Requests that arrive together. */
  readonly burst: number
  /** ms between bursts; fractions add up. */
  readonly everyMillis: number
  /** ms after the start of the fake when the first arrive; 0 by default. */
  readonly fromMillis?: number | undefined
  /** ms after the start of the fake when they stop; never by default. */
  readonly untilMillis?: number | undefined
  /**
   * Whether a refused request returns at the first moment that has room, before anybody else, instead of being lost
   * like a web page's. Default `false`.
   */
  readonly insists?: boolean | undefined
}

/**
 * Foreign traffic of single requests, evenly spread.
 *
 * @since 0.1.0
 * @category constructors
 */
export const steady = (options: {
  /** The endpoint whose bucket is used. */
  readonly endpoint: EndpointName
  /** Requests a second. */
  readonly perSecond: number
  /** The user's id; by default the first user. */
  readonly userId?: string | undefined
  /** ms after the start of the fake when the first arrives; 0 by default. */
  readonly fromMillis?: number | undefined
  /** ms after the start of the fake when they stop; never by default. */
  readonly untilMillis?: number | undefined
  /** Whether a refused request returns, see {@link Foreign}. Default `false`. */
  readonly insists?: boolean | undefined
}): Foreign => {
  const { perSecond, ...rest } = options
  return { ...rest, burst: 1, everyMillis: 1000 / perSecond }
}

/**
 * Counts of a foreign client's requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface ForeignCount {
  readonly sent: number
  readonly refused: number
  /** Refused requests waiting for their next try. */
  readonly waiting: number
}

/**
 * The limiter's decision on one request. `limit` is absent on an unlimited endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision {
  readonly admitted: boolean
  readonly limit: Limit | undefined
  /** The value of `x-ratelimit-remaining`; on a refusal, that of an empty bucket. */
  readonly remaining: number
  /** The true value, without that quirk. */
  readonly left: number
}

/**
 * The bucket of one user and endpoint at a given time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Standing {
  readonly userId: string
  readonly endpoint: string
  readonly limit: Limit
  /** Requests that would be admitted at once. */
  readonly left: number
}

interface Stranger {
  readonly foreign: Foreign
  readonly from: number
  readonly until: number
  arrivals: number
  sent: number
  refused: number
  waiting: number
}

interface Bucket {
  level: number
  last: number
  strangers: ReadonlyArray<Stranger>
}

const checked = (limits: Limits): Limits => {
  for (const [endpoint, limit] of Object.entries(limits)) {
    if (limit === "unlimited") continue
    for (const value of [limit.limit, limit.windowMillis]) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new RangeError(
          `the limit of ${endpoint} has ${value}: limit and windowMillis must be whole and at least 1`
        )
      }
    }
  }
  return limits
}

const NONE: ReadonlyArray<Stranger> = []
const FREE: Decision = { admitted: true, limit: undefined, remaining: 0, left: 0 }

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default {@link documented}; these limits override it, and `*` replaces all of it. */
  readonly limits?: Limits | undefined
  /** Other clients on the same buckets. Default: none. */
  readonly foreign?: ReadonlyArray<Foreign> | undefined
  /** The user of foreign traffic that names none. */
  readonly defaultUserId?: string | undefined
  /** The time in ms from which `fromMillis` counts. */
  readonly startMillis?: number | undefined
}

/**
 * All buckets. Throws a `RangeError` for a limit that is not whole or below 1. Times are in ms, and cut to whole ones;
 * a time before the last counts as the last.
 *
 * @example
 * ```ts
 * const Fake = FakeFrameio.layer({
 *   limits: { "assets.version": RateLimiter.perSecond(2), "*": "unlimited" },
 *   foreign: [{ endpoint: "assets.version", everyMillis: 1000, burst: 1 }]
 * })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class RateLimiter {
  private limits: Limits
  private readonly strangers: ReadonlyArray<Stranger>
  private readonly defaultUserId: string
  private readonly buckets = new Map<string, Map<string, Bucket>>()

  constructor(options?: Options) {
    const limits = checked(options?.limits ?? {})
    this.limits = limits["*"] === undefined ? { ...documented, ...limits } : limits
    this.defaultUserId = options?.defaultUserId ?? ""
    const start = options?.startMillis ?? 0
    this.strangers = (options?.foreign ?? []).map((foreign) => ({
      foreign,
      from: start + (foreign.fromMillis ?? 0),
      until: foreign.untilMillis === undefined ? Number.POSITIVE_INFINITY : start + foreign.untilMillis,
      arrivals: 0,
      sent: 0,
      refused: 0,
      waiting: 0
    }))
  }

  /** The limit of an endpoint; `undefined` is none. */
  limitOf(endpoint: string): Limit | undefined {
    const limit = this.limits[endpoint] ?? this.limits["*"]
    return limit === "unlimited" ? undefined : limit
  }

  /** Changes a limit from now on. The level stays. */
  setLimit(endpoint: string, limit: Limit | "unlimited"): void {
    this.limits = { ...this.limits, ...checked({ [endpoint]: limit }) }
  }

  /** Charges one request, or refuses it. */
  take(userId: string, endpoint: string, nowMillis: number): Decision {
    const limit = this.limitOf(endpoint)
    if (limit === undefined) return FREE
    const bucket = this.bucketOf(userId, endpoint, Math.floor(nowMillis))
    const now = Math.floor(nowMillis)
    this.settleForeign(bucket, limit, now)
    const admitted = charge(bucket, limit, now)
    const left = remainingAt(limit, bucket.level)
    return { admitted, limit, remaining: admitted ? left : remainingAt(limit, 0), left }
  }

  /** Charges `count` requests of somebody else now; answers how many were admitted. */
  charge(userId: string, endpoint: string, nowMillis: number, count: number): number {
    let admitted = 0
    for (let i = 0; i < count; i++) {
      if (!this.take(userId, endpoint, nowMillis).admitted) break
      admitted++
    }
    return admitted
  }

  /** The level in ms at a time. */
  levelOf(userId: string, endpoint: string, nowMillis: number): number {
    const limit = this.limitOf(endpoint)
    if (limit === undefined) return 0
    const now = Math.floor(nowMillis)
    const bucket = this.bucketOf(userId, endpoint, now)
    this.settleForeign(bucket, limit, now)
    leak(bucket, now)
    return bucket.level
  }

  /** Every used bucket with a limit, in the order of first use. */
  standing(nowMillis: number): ReadonlyArray<Standing> {
    return [...this.buckets].flatMap(([userId, ofUser]) =>
      [...ofUser.keys()].flatMap((endpoint) => {
        const limit = this.limitOf(endpoint)
        if (limit === undefined) return []
        return [{ userId, endpoint, limit, left: remainingAt(limit, this.levelOf(userId, endpoint, nowMillis)) }]
      })
    )
  }

  /** Counts of each foreign client's requests up to a time, in the order of the options. */
  foreignCounts(nowMillis: number): ReadonlyArray<ForeignCount> {
    for (const { foreign } of this.strangers) {
      this.levelOf(foreign.userId ?? this.defaultUserId, foreign.endpoint, nowMillis)
    }
    return this.strangers.map(({ refused, sent, waiting }) => ({ sent, refused, waiting }))
  }

  private bucketOf(userId: string, endpoint: string, now: number): Bucket {
    let ofUser = this.buckets.get(userId)
    if (ofUser === undefined) {
      ofUser = new Map()
      this.buckets.set(userId, ofUser)
    }
    let bucket = ofUser.get(endpoint)
    if (bucket === undefined) {
      const strangers = this.strangers.filter(
        ({ foreign }) => foreign.endpoint === endpoint && (foreign.userId ?? this.defaultUserId) === userId
      )
      const earliest = strangers.reduce((first, one) => Math.min(first, Math.floor(one.from)), now)
      bucket = { level: 0, last: earliest, strangers: strangers.length === 0 ? NONE : strangers }
      ofUser.set(endpoint, bucket)
    }
    return bucket
  }

  /** Lets everybody else's due requests arrive, in the order of their times. */
  private settleForeign(bucket: Bucket, limit: Limit, now: number): void {
    if (bucket.strangers === NONE) return
    for (;;) {
      let due: Stranger | undefined
      let at = Number.POSITIVE_INFINITY
      let again = false
      for (const stranger of bucket.strangers) {
        if (stranger.waiting > 0) {
          const free = bucket.last + Math.max(0, bucket.level + costOf(limit) - limit.windowMillis)
          if (free < at || (free === at && !again)) {
            due = stranger
            at = free
            again = true
          }
        }
        const arrival = stranger.from + stranger.arrivals * stranger.foreign.everyMillis
        if (arrival < stranger.until && Math.floor(arrival) < at) {
          due = stranger
          at = Math.floor(arrival)
          again = false
        }
      }
      if (due === undefined || at > now) return
      if (again) {
        if (!charge(bucket, limit, at)) return
        due.waiting--
        continue
      }
      due.arrivals++
      for (let i = 0; i < due.foreign.burst; i++) {
        due.sent++
        if (charge(bucket, limit, at)) continue
        due.refused++
        if (due.foreign.insists === true) due.waiting++
      }
    }
  }
}

const leak = (bucket: Bucket, now: number): void => {
  if (now <= bucket.last) return
  bucket.level = Math.max(bucket.level - (now - bucket.last), 0)
  bucket.last = now
}

const charge = (bucket: Bucket, limit: Limit, now: number): boolean => {
  leak(bucket, now)
  const cost = costOf(limit)
  if (bucket.level + cost > limit.windowMillis) return false
  bucket.level += cost
  return true
}

/**
 * A limiter with empty buckets.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): RateLimiter => new RateLimiter(options)
