/** What a report says of a job: names of states, sums over samples and runs. Pure. */
import type { Counts, Head, Row, Run, Sample } from "@effect-frameio/batch/JobRecord"
import * as LinkError from "@effect-frameio/batch/LinkError"
import { count } from "./reportText.js"

/** What a person reads for a state. */
export interface StateWords {
  readonly state: Row["state"]
  readonly mark: string
  readonly label: string
  /** After a number. */
  readonly several: string
  readonly meaning: string
}

/** In the order in which they need somebody's attention; a page that cannot hold all rows drops from the end. */
export const STATES: ReadonlyArray<StateWords> = [
  { state: "failed", mark: "✕", label: "Failed", several: "failed", meaning: "could not be put on its stack" },
  {
    state: "sent",
    mark: "?",
    label: "Unsettled",
    several: "unsettled",
    meaning: "the call went out and its outcome is not known"
  },
  {
    state: "undoing",
    mark: "?",
    label: "Being undone",
    several: "being undone",
    meaning: "the call that takes it off went out and its outcome is not known"
  },
  {
    state: "skipped",
    mark: "»",
    label: "Skipped",
    several: "skipped",
    meaning: "not sent, because one before it on its stack failed"
  },
  {
    state: "planned",
    mark: "–",
    label: "Not sent",
    several: "not sent",
    meaning: "in the plan, its turn has not come"
  },
  { state: "undone", mark: "↶", label: "Undone", several: "undone", meaning: "taken off its stack again" },
  { state: "confirmed", mark: "✓", label: "On its stack", several: "on their stacks", meaning: "done" }
]

/** Whether an earlier call may have been made and nobody has looked, or it failed. */
export const isTrouble = (row: Row): boolean =>
  row.state === "failed" || row.state === "sent" || row.state === "undoing"

/** What is told of a row's error. */
export interface Fault {
  readonly tag: string
  readonly status: number | undefined
  readonly outcome: ReturnType<typeof LinkError.outcomeOf>
  readonly message: string
  /** The message without the call and the ids, which stand beside it. */
  readonly reason: string
}

export const faultOf = ({ error }: Row): Fault | null =>
  error === null
    ? null
    : {
        tag: LinkError.tagOf(error).replace(/^Frameio/, ""),
        status: LinkError.statusOf(error),
        outcome: LinkError.outcomeOf(error),
        message: error.message,
        reason: LinkError.reasonOf(error)
      }

/** What the fault's outcome means. */
export const OUTCOMES = {
  "not-applied": "Nothing was changed.",
  unknown: "The change may have been made all the same: look at the stack before sending again.",
  applied: "The change was made all the same."
} as const

/** The counts as one sentence, without its full stop. */
export const sentence = (counts: Counts): string => {
  const rest = STATES.filter(({ state }) => state !== "confirmed" && counts[state] > 0).map(
    ({ several, state }) => `${count(counts[state])} ${several}`
  )
  const done =
    counts.total > 0 && counts.confirmed === counts.total
      ? `All ${count(counts.total)} versions are on their stacks`
      : `${count(counts.confirmed)} of ${count(counts.total)} versions ${counts.confirmed === 1 ? "is on its stack" : "are on their stacks"}`
  const already = counts.already > 0 ? ` (${count(counts.already)} before this job)` : ""
  return `${done}${already}${rest.length > 0 ? `; ${rest.join(", ")}` : ""}`
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
  /** Requests sent over requests the limit allowed, while it was known. */
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

/** When a run ended, as far as anything tells: a run that died has no end, and then its last sample is the end. */
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
