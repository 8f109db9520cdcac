/**
 * One line with an upload's progress. Pure: state and event in, text out.
 *
 * @since 0.1.0
 */

import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import type { UploadEvent } from "@effect-frameio/stacks/UploadEvent"
import * as ProgressBar from "./ProgressBar.js"
import * as Rate from "./Rate.js"

/**
 * The state that the line is drawn from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Bytes that the wire took. */
  readonly sent: number
  /** Bytes; `null` if unknown. */
  readonly filesize: number | null
  /** How often a part had to be sent again. */
  readonly retries: number
  /** The positions at the latest times. */
  readonly samples: Rate.Rate
  /** The current phase. */
  readonly phase: "reading" | "uploading" | "processing" | "versioning"
  /** Since when nothing gets through, in ms since 1970; absent otherwise. */
  readonly awaySince: number | undefined
}

/**
 * Before the first event.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Progress = {
  sent: 0,
  filesize: null,
  retries: 0,
  samples: [],
  phase: "reading",
  awaySince: undefined
}

/**
 * Adds one event, at a time in ms.
 *
 * @since 0.1.0
 * @category combinators
 */
export const add = (progress: Progress, event: UploadEvent, now: number): Progress => {
  switch (event._tag) {
    case "Created":
      return { ...empty, filesize: event.filesize, samples: Rate.begin(now, 0), phase: "uploading" }
    case "Resumed": {
      const { filesize, sent } = event
      return { ...progress, filesize, sent, samples: Rate.begin(now, sent), phase: "uploading", awaySince: undefined }
    }
    case "Progress": {
      const samples = Rate.add(progress.samples, now, event.sent)
      const moves = event.sent > progress.sent
      return { ...progress, sent: event.sent, samples, awaySince: moves ? undefined : progress.awaySince }
    }
    case "Retrying":
      return { ...progress, retries: progress.retries + 1, awaySince: progress.awaySince ?? now - event.sinceMillis }
    case "Waiting":
      return { ...progress, awaySince: progress.awaySince ?? now - event.sinceMillis }
    case "Uploaded":
      return { ...progress, sent: event.filesize, filesize: event.filesize, awaySince: undefined }
    case "Processing":
      return { ...progress, phase: "processing", awaySince: undefined }
    case "Versioning":
      return { ...progress, phase: "versioning", awaySince: undefined }
    case "Discarded":
    case "LeftBehind":
    case "NotJournaled":
      return progress
  }
}

/**
 * Recent bytes per second, or nothing while it is too early to say.
 *
 * @since 0.1.0
 * @category getters
 */
export const rate = (progress: Progress, now: number): number | undefined =>
  Rate.perSecond(progress.samples, now, progress.sent)

const UNITS = ["KiB", "MiB", "GiB", "TiB"]

/**
 * A size as `1.5 GiB`.
 *
 * @since 0.1.0
 * @category printing
 */
export const bytes = (count: number): string => {
  let value = count
  let unit = "bytes"
  for (const next of UNITS) {
    if (value < 1024) break
    value /= 1024
    unit = next
  }
  return unit === "bytes" ? `${count} ${count === 1 ? "byte" : unit}` : `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`
}

/** A shorter pause is a hiccup, and not worth a word. */
const AWAY_MILLIS = 3000

const PHASES: Readonly<Record<Progress["phase"], ReadonlyArray<string>>> = {
  reading: ["looking"],
  uploading: [],
  processing: ["waiting until Frame.io has processed it"],
  versioning: ["putting it on the stack"]
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
  }
): string => {
  const { awaySince, filesize, phase, retries, sent } = progress
  const lately = phase === "uploading" ? rate(progress, options.now) : undefined
  const left = filesize === null || lately === undefined ? undefined : (filesize - sent) / lately
  const away = awaySince === undefined ? 0 : options.now - awaySince
  const parts = [
    filesize === null ? bytes(sent) : `${bytes(sent)} of ${bytes(filesize)}`,
    ...(lately === undefined ? [] : [`${bytes(Math.round(lately))}/s`]),
    ...(left === undefined ? [] : [`${DurationText.clock(left * 1000)} left`]),
    ...(retries === 0 ? [] : [`${retries} sent again`]),
    ...(away < AWAY_MILLIS ? [] : [`no answer for ${DurationText.clock(away)}, trying again`]),
    ...PHASES[phase]
  ]
  return ProgressBar.line(
    parts.join("  "),
    filesize === null ? undefined : { done: sent / filesize, failed: 0 },
    options
  )
}
