/**
 * One line with a job's progress. Pure: state and event in, text out.
 *
 * @since 0.1.0
 */

import type { BatchEvent, Counts } from "@effect-frameio/batch/BatchEvent"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import type { Hold } from "@effect-frameio/ratelimit/BucketSnapshot"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as DateTime from "effect/DateTime"
import * as Rate from "./Rate.js"
import * as Text from "./Text.js"

/**
 * The state that the line is drawn from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly counts: Counts
  /** How many links have ended. */
  readonly ends: Rate.Rate
  /** Chains that wait for something other than the limit, and until when. */
  readonly waits: ReadonlyMap<number, number>
  /** While nothing gets through: since when, and when the next try is, in ms since 1970. */
  readonly pause: { readonly since: number; readonly until: number } | undefined
}

/**
 * The known rate limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Budget {
  readonly limit: number | undefined
  readonly windowMillis: number | undefined
  /** How many requests could go at once. */
  readonly free: number
  /** Set while the bucket holds after a refusal. */
  readonly hold: Hold | undefined
}

/**
 * A bucket of any calls, some of which may delay the job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bucket extends Budget {
  readonly route: string
  /** Requests waiting here. */
  readonly waiting: number
}

/**
 * The bucket that the job waits for while its own calls wait for nothing: reads have limits of their own, often lower
 * ones.
 *
 * @since 0.1.0
 * @category getters
 */
export const brake = (buckets: ReadonlyArray<Bucket>, route: string | undefined): Bucket | undefined => {
  if (buckets.some((one) => one.route === route && (one.waiting > 0 || one.hold !== undefined))) return undefined
  return buckets
    .filter((one) => one.route !== route && one.waiting > 0)
    .reduce<Bucket | undefined>(
      (most, one) => (most === undefined || one.waiting > most.waiting ? one : most),
      undefined
    )
}

/** Short holds come and go within a glance; a long one has to say why the bar stands still. */
const holding = ({ leftMillis, reason }: Hold): string =>
  leftMillis < 1000
    ? "limit: holding"
    : `held for ${DurationText.clock(leftMillis)}, ${reason === "RetryAfter" ? "as Frame.io asked" : "Frame.io refused some"}`

/** The purpose of a route's calls. */
const purpose = (route: string): string => {
  if (route.endsWith("/children")) return "reading stacks"
  return route.startsWith("GET ") ? "looking up files" : "other calls"
}

/**
 * Before the first event.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Progress = { counts: BatchProgress.empty, ends: [], waits: new Map(), pause: undefined }

type End = Extract<BatchEvent, { readonly _tag: "Confirmed" | "Undone" | "Failed" | "Skipped" | "Unknown" }>

const ENDS: ReadonlySet<string> = new Set(["Confirmed", "Undone", "Failed", "Skipped", "Unknown"])

/** Unsent links of a stopped job have not ended. */
const isEnd = (event: BatchEvent): event is End =>
  ENDS.has(event._tag) && !(event._tag === "Skipped" && event.why !== "chain")

/** Links that have ended, in any way. */
const over = (counts: Counts): number => BatchProgress.done(counts) - counts.notSent

/**
 * Adds one event, at a time in ms.
 *
 * @since 0.1.0
 * @category combinators
 */
export const add = (progress: Progress, event: BatchEvent, now: number): Progress => {
  const counts = BatchProgress.add(progress.counts, event)
  if (event._tag === "Planned") return { ...progress, counts, ends: Rate.begin(now, over(counts)) }
  if (event._tag === "Paused") {
    return { ...progress, counts, pause: { since: DateTime.toEpochMillis(event.since), until: now + event.millis } }
  }
  if (event._tag === "Resumed") return { ...progress, counts, pause: undefined }
  if (event._tag === "Waiting") {
    return { ...progress, counts, waits: new Map(progress.waits).set(event.chain, now + event.millis) }
  }
  if (!isEnd(event)) return { ...progress, counts }
  const ends = Rate.add(progress.ends, now, over(counts))
  if (!progress.waits.has(event.chain)) return { ...progress, counts, ends }
  const waits = new Map(progress.waits)
  waits.delete(event.chain)
  return { ...progress, counts, ends, waits }
}

/**
 * Recent links per second, or nothing while it is too early to say.
 *
 * @since 0.1.0
 * @category getters
 */
export const rate = (progress: Progress, now: number): number | undefined =>
  Rate.perSecond(progress.ends, now, over(progress.counts))

/** How long so many requests take at a limit, in ms. */
const atLimit = (count: number, { free, limit, windowMillis }: Budget): number | undefined =>
  limit === undefined || windowMillis === undefined ? undefined : Math.max(count - free, 0) * (windowMillis / limit)

/**
 * The remaining time, in ms: by the limit if it is known and the waiting calls can use it, else by the recent rate, and
 * no less than the brake's waiting requests take.
 *
 * @since 0.1.0
 * @category getters
 */
const leftMillis = (
  progress: Progress,
  budget: Budget | undefined,
  brake: Bucket | undefined,
  now: number
): number | undefined => {
  const left = BatchProgress.left(progress.counts)
  if (left === undefined) return undefined
  const lately = rate(progress, now)
  const byRate = lately === undefined ? undefined : (left / lately) * 1000
  if (brake !== undefined) {
    const byBrake = atLimit(brake.waiting, brake)
    return byBrake === undefined ? byRate : Math.max(byBrake, byRate ?? 0)
  }
  const byLimit = budget === undefined ? undefined : atLimit(left, budget)
  if (byLimit === undefined) return byRate
  // Early on, the burst makes the rate too good; later, other users make the limit too good.
  return byRate === undefined ? byLimit : Math.max(byLimit, progress.ends.length < Rate.SAMPLES ? 0 : byRate)
}

/**
 * A moment on the person's clock: `18:04:12`.
 *
 * @since 0.1.0
 * @category printing
 */
export const timeOfDay = (millis: number): string =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(millis)

/** A piece of the line. */
interface Part {
  readonly text: string
  /** Used if the text does not fit. */
  readonly short?: string
  /** The higher, the sooner it is omitted. */
  readonly rank: number
}

/** As many parts as fit; only a part that stands alone is cut. */
const fitted = (parts: ReadonlyArray<Part>, columns: number): string => {
  let left = parts
  const joined = (): string => left.map(({ text }) => text).join("  ")
  while (left.length > 1 && Text.width(joined()) > columns) {
    const last = left.reduce((most, one) => (one.rank > most.rank ? one : most))
    left = left.flatMap((one) => {
      if (one !== last) return [one]
      return one.short === undefined ? [] : [{ text: one.short, rank: one.rank - 0.5 }]
    })
  }
  return joined()
}

/**
 * The line, no wider than `columns`. If there is no room, the least important parts are omitted, and nothing is cut.
 *
 * @since 0.1.0
 * @category printing
 */
export const render = (
  progress: Progress,
  options: {
    /** ms since 1970. */
    readonly now: number
    /** How wide the terminal is. */
    readonly columns: number
    /** What is left of the job's own rate limit, once the first answer has shown it. */
    readonly budget: Budget | undefined
    /** Another bucket that the job waits for. */
    readonly brake?: Bucket | undefined
    /** Whether the job was asked to stop. */
    readonly stopping?: boolean | undefined
  }
): string => {
  const { brake, budget, now } = options
  const { counts, pause } = progress
  const done = over(counts)
  const bad = counts.failed + counts.skipped + counts.unknown
  const lately = rate(progress, now)
  // At the pace of its own calls, the job would be over long before its reads are.
  const left = leftMillis(progress, budget, brake, now)
  const until = Math.max(0, ...progress.waits.values())
  const limit = (of: Budget | undefined): string | undefined =>
    of?.limit === undefined || of.windowMillis === undefined
      ? undefined
      : Rate.said({ limit: of.limit, windowMillis: of.windowMillis })
  const own = limit(budget)
  const hold = brake?.hold ?? budget?.hold
  const parts: ReadonlyArray<Part> = [
    { text: `${done}/${counts.links ?? "?"}`, rank: 0 },
    ...(bad > 0 ? [{ text: `${bad} failed`, rank: 1 }] : []),
    ...(pause === undefined || options.stopping === true
      ? []
      : [
          {
            text: `no answer since ${timeOfDay(pause.since)}, trying again in ${DurationText.clock(pause.until - now)}`,
            short: `no answer since ${timeOfDay(pause.since)}`,
            rank: 1.5
          }
        ]),
    ...(options.stopping === true
      ? [{ text: "stopping; Ctrl-C again to leave at once", short: "stopping", rank: 3 }]
      : [
          ...(lately === undefined ? [] : [{ text: `${lately.toFixed(1)}/s`, rank: 6 }]),
          ...(hold !== undefined
            ? [{ text: holding(hold), short: "held", rank: 4 }]
            : brake !== undefined
              ? [
                  {
                    text: `${purpose(brake.route)}: ${limit(brake) ?? "at their limit"}`,
                    short: purpose(brake.route),
                    rank: 4
                  }
                ]
              : own === undefined
                ? []
                : [{ text: `limit ${own}`, rank: 7 }]),
          ...(left === undefined ? [] : [{ text: `${DurationText.clock(left)} left`, rank: 2 }])
        ]),
    ...(progress.waits.size === 0
      ? []
      : [
          {
            text: `${progress.waits.size} waiting ${DurationText.clock(until - now)}`,
            short: `${progress.waits.size} waiting`,
            rank: 5
          }
        ])
  ]
  const share = (count: number): number => Math.min(count / Math.max(counts.links ?? 0, 1), 1)
  return line(
    fitted(parts, Math.max(options.columns - 1, 0)),
    counts.links === null ? { done: 0, failed: 0 } : { done: share(done), failed: share(bad) },
    options
  )
}

/**
 * A bar and the text after it, no wider than `columns`; without the bar if there is no room for it.
 *
 * @since 0.1.0
 * @category printing
 */
export const line = (
  text: string,
  /** From 0 to 1, failures included in what is done; no bar if unknown. */
  shares: { readonly done: number; readonly failed: number } | undefined,
  options: {
    /** How wide the terminal is. */
    readonly columns: number
  }
): string => {
  const width = Math.min(40, options.columns - Text.width(text) - 3)
  if (shares === undefined || width < 8) return Text.cut(text, Math.max(options.columns - 1, 0))
  const full = Math.floor(shares.done * width)
  const failed = Math.min(full, Math.ceil(shares.failed * width))
  const bar = [
    Text.styled("green", "█".repeat(full - failed)),
    Text.styled("red", "█".repeat(failed)),
    Text.styled("dim", "░".repeat(width - full))
  ]
  return `${bar.join("")}  ${text}`
}
