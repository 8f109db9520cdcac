/** A report's facts: sums over links, samples and runs. Pure. */
import type { Counts, Head, Row, Run, Sample } from "@effect-frameio/batch/JobRecord"
import * as LinkError from "@effect-frameio/batch/LinkError"
import { type Fault, STATES } from "./reportEmbedded.js"
import { count } from "./reportText.js"

/** Whether an earlier call may have been made and nobody has looked, or it failed. */
export const isTrouble = (row: Row): boolean =>
  row.state === "failed" || row.state === "sent" || row.state === "undoing"

export const faultOf = ({ error }: Row): Fault | null =>
  error === null
    ? null
    : {
        tag: LinkError.tagOf(error).replace(/^Frameio/, ""),
        status: LinkError.statusOf(error),
        outcome: LinkError.outcomeOf(error),
        message: error.message,
        reason: LinkError.explanationOf(error)
      }

/** The counts as one sentence, without its full stop. Some files of an upload go on no stack. */
export const sentence = ({ counts, job }: Pick<Head, "counts" | "job">): string => {
  const rest = STATES.filter(({ state }) => state !== "confirmed" && counts[state] > 0).map(
    ({ several, state }) => `${count(counts[state])} ${several}`
  )
  const [noun, one, many] =
    job === "upload" ? ["files", "is in place", "are in place"] : ["versions", "is on its stack", "are on their stacks"]
  const done =
    counts.total > 0 && counts.confirmed === counts.total
      ? `All ${count(counts.total)} ${noun} ${many}`
      : `${count(counts.confirmed)} of ${count(counts.total)} ${noun} ${counts.confirmed === 1 ? one : many}`
  const already = counts.already > 0 ? ` (${count(counts.already)} before this job)` : ""
  return `${done}${already}${rest.length > 0 ? `; ${rest.join(", ")}` : ""}`
}

/** The smallest visible share of a state with any link, in percent of the bar. */
const LEAST_SHARE = 1.2

/** The width of each state in the bar, in percent: rare states stay visible, and common ones give up the room. */
export const shares = (counts: Counts): ReadonlyArray<{ readonly state: Row["state"]; readonly percent: number }> => {
  const parts = STATES.filter(({ state }) => counts[state] > 0).map(({ state }) => ({
    state,
    exact: (counts[state] / counts.total) * 100
  }))
  const small = parts.filter(({ exact }) => exact < LEAST_SHARE)
  const room = 100 - small.length * LEAST_SHARE
  const large = parts.reduce((sum, { exact }) => (exact < LEAST_SHARE ? sum : sum + exact), 0)
  return parts.map(({ exact, state }) => ({
    state,
    percent: exact < LEAST_SHARE ? LEAST_SHARE : (exact / large) * room
  }))
}

/** Requests per second that a sample's limit allows, once the bucket is full. */
export const limitRate = (sample: Pick<Sample, "limit" | "windowMillis">): number | null =>
  sample.limit === null || sample.windowMillis === null || sample.windowMillis <= 0
    ? null
    : (sample.limit / sample.windowMillis) * 1000

/** Sums over all samples. */
export interface Totals {
  readonly sent: number
  readonly refused: number
  /** The most requests that waited at one time. */
  readonly longestQueue: number
  /** For how long at least one request waited, in ms. */
  readonly queuedMillis: number
  /** How long a request waited for the limit, on average, in ms: by Little's law, queue length over throughput. */
  readonly meanWaitMillis: number | null
  /** Requests sent over requests that the limit allowed, while it was known. */
  readonly share: number | null
}

export const totals = (samples: ReadonlyArray<Sample>): Totals => {
  let sent = 0
  let refused = 0
  let longestQueue = 0
  let queuedMillis = 0
  let waited = 0
  let sentWithin = 0
  let allowed = 0
  for (const sample of samples) {
    sent += sample.sent
    refused += sample.refused
    longestQueue = Math.max(longestQueue, sample.waiting)
    if (sample.waiting > 0) queuedMillis += sample.millis
    waited += sample.waiting * sample.millis
    const rate = limitRate(sample)
    if (rate !== null) {
      sentWithin += sample.sent - sample.refused
      allowed += (rate * sample.millis) / 1000
    }
  }
  return {
    sent,
    refused,
    longestQueue,
    queuedMillis,
    meanWaitMillis: sent > 0 ? waited / sent : null,
    share: allowed > 0 ? sentWithin / allowed : null
  }
}

/** When a run ended, as far as known: a run that died has no end, so its last sample stands for it. */
export const endOf = (head: Pick<Head, "runs" | "samples">, run: Run): number => {
  if (run.endedAtMillis !== null) return Math.max(run.endedAtMillis, run.beganAtMillis)
  const next = head.runs.reduce(
    (soonest, other) => (other.beganAtMillis > run.beganAtMillis ? Math.min(soonest, other.beganAtMillis) : soonest),
    Number.POSITIVE_INFINITY
  )
  return head.samples.reduce(
    (last, sample) =>
      sample.atMillis >= run.beganAtMillis && sample.atMillis < next
        ? Math.max(last, Math.min(sample.atMillis + sample.millis, next))
        : last,
    run.beganAtMillis
  )
}

/** How long all runs took together, in ms. */
export const workedMillis = (head: Pick<Head, "runs" | "samples">): number =>
  head.runs.reduce((sum, run) => sum + endOf(head, run) - run.beganAtMillis, 0)
