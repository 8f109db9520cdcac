/**
 * One line that says how a job goes. Pure: state and event in, text out.
 *
 * @since 0.1.0
 */

import type { BatchEvent, Counts } from "@effect-frameio/batch/BatchEvent"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import type { Hold } from "@effect-frameio/ratelimit/BucketSnapshot"
import * as Text from "./Text.js"

/**
 * What the line is drawn from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly counts: Counts
  /** When the job began, in ms. */
  readonly begun: number
  /** When links came to their end: the latest, at most {@link SAMPLES}, in ms. */
  readonly ends: ReadonlyArray<number>
  /** Chains that wait for something other than the limit, and until when. */
  readonly waits: ReadonlyMap<number, number>
}

/**
 * What is known of the rate limit.
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

/** Short holds come and go within a glance; a long one has to say why the bar stands still. */
const holding = ({ leftMillis, reason }: Hold): string =>
  leftMillis < 1000
    ? "limit: holding"
    : `limit: held for ${clock(leftMillis)}${reason === "RetryAfter" ? " as the server asked" : " after refusals"}`

/**
 * How many ends the rate is taken from.
 *
 * @since 0.1.0
 * @category constants
 */
export const SAMPLES = 64

/**
 * Before the first event.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Progress = { counts: BatchProgress.empty, begun: 0, ends: [], waits: new Map() }

type End = Extract<BatchEvent, { readonly _tag: "Confirmed" | "Undone" | "Failed" | "Skipped" | "Unknown" }>

const ENDS: ReadonlySet<string> = new Set(["Confirmed", "Undone", "Failed", "Skipped", "Unknown"])

const isEnd = (event: BatchEvent): event is End => ENDS.has(event._tag)

/**
 * One event more, at a time in ms.
 *
 * @since 0.1.0
 * @category combinators
 */
export const add = (progress: Progress, event: BatchEvent, now: number): Progress => {
  const counts = BatchProgress.add(progress.counts, event)
  if (event._tag === "Planned") return { ...progress, counts, begun: now }
  if (event._tag === "Waiting") {
    return { ...progress, counts, waits: new Map(progress.waits).set(event.chain, now + event.millis) }
  }
  if (!isEnd(event)) return { ...progress, counts }
  const ends = [...progress.ends.slice(-SAMPLES + 1), now]
  if (!progress.waits.has(event.chain)) return { ...progress, counts, ends }
  const waits = new Map(progress.waits)
  waits.delete(event.chain)
  return { ...progress, counts, ends, waits }
}

/**
 * Links per second of late, or nothing while it is too early to say.
 *
 * @since 0.1.0
 * @category getters
 */
export const rate = (progress: Progress, now: number): number | undefined => {
  const first = progress.ends[0]
  if (first === undefined || progress.ends.length < 2) return undefined
  const millis = Math.max(now - (progress.ends.length < SAMPLES ? progress.begun : first), 1)
  return (progress.ends.length / millis) * 1000
}

/**
 * What is left of the time, in ms: by the limit where it is known and what waits can go at it, else by the rate of late.
 *
 * @since 0.1.0
 * @category getters
 */
export const leftMillis = (progress: Progress, budget: Budget | undefined, now: number): number | undefined => {
  const left = BatchProgress.left(progress.counts)
  if (left === undefined) return undefined
  const lately = rate(progress, now)
  const byRate = lately === undefined ? undefined : (left / lately) * 1000
  if (budget?.limit === undefined || budget.windowMillis === undefined) return byRate
  const byLimit = Math.max(left - budget.free, 0) * (budget.windowMillis / budget.limit)
  // Early on the burst makes the rate too good, and later what others take makes the limit too good.
  return byRate === undefined ? byLimit : Math.max(byLimit, progress.ends.length < SAMPLES ? 0 : byRate)
}

/**
 * A time as `1:05` or `2:03:04`, rounded up to whole seconds.
 *
 * @since 0.1.0
 * @category printing
 */
export const clock = (millis: number): string => {
  const seconds = Math.ceil(Math.max(millis, 0) / 1000)
  const two = (value: number): string => String(value).padStart(2, "0")
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/**
 * The line, no wider than `columns`.
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
    /** What is left of the rate limit, once the first answer has told it. */
    readonly budget: Budget | undefined
    /** Said in front of the rest, such as why it stops. */
    readonly note?: string | undefined
  }
): string => {
  const { counts } = progress
  const done = BatchProgress.done(counts)
  const bad = counts.failed + counts.skipped + counts.unknown
  const lately = rate(progress, options.now)
  const left = leftMillis(progress, options.budget, options.now)
  const until = Math.max(0, ...progress.waits.values())
  const parts = [
    `${done}/${counts.links ?? "?"}`,
    ...(bad > 0 ? [`${bad} failed`] : []),
    ...(lately === undefined ? [] : [`${lately.toFixed(1)}/s`]),
    ...(options.budget?.limit === undefined
      ? []
      : [
          options.budget.hold === undefined
            ? `budget ${options.budget.free}/${options.budget.limit}`
            : holding(options.budget.hold)
        ]),
    ...(left === undefined ? [] : [`${clock(left)} left`]),
    ...(progress.waits.size === 0 ? [] : [`${progress.waits.size} waiting ${clock(until - options.now)}`]),
    ...(options.note === undefined ? [] : [options.note])
  ]
  const share = (count: number): number => Math.min(count / Math.max(counts.links ?? 0, 1), 1)
  return line(
    parts.join("  "),
    counts.links === null ? { done: 0, failed: 0 } : { done: share(done), failed: share(bad) },
    options
  )
}

/**
 * A bar and what is said behind it, no wider than `columns`; without the bar where there is no room for it.
 *
 * @since 0.1.0
 * @category printing
 */
export const line = (
  text: string,
  /** From 0 to 1, what failed being a part of what is done; no bar where it is not known. */
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
