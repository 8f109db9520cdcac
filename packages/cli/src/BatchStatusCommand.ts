/**
 * `frameio batch status`: shows how a job stands, even while it runs.
 *
 * @since 0.1.0
 */
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CliError, orInterrupted } from "./CliError.js"
import * as JobEstimate from "./JobEstimate.js"
import * as JobSource from "./JobSource.js"
import * as LedgerFile from "./LedgerFile.js"
import * as LocalTime from "./LocalTime.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

const { plural } = Text

/** The least room for a remark beside its count, in columns. */
const BESIDE = 20

/** A count by name; the remark beside it, or below it on a narrow terminal. */
const line =
  (columns: number) =>
  (what: string, count: number, remark = ""): ReadonlyArray<string> => {
    if (count === 0) return []
    const counted = `  ${what.padEnd(12)}${String(count).padStart(9)}`
    if (remark === "") return [counted]
    const isBeside = columns - counted.length - 2 >= BESIDE
    const indent = " ".repeat(isBeside ? counted.length + 2 : 6)
    const lines = Text.wrapped(remark, columns - indent.length).map((words) => indent + words)
    return isBeside ? [counted + (lines[0] ?? "").slice(counted.length), ...lines.slice(1)] : [counted, ...lines]
  }

const lastRun = (runs: ReadonlyArray<JobRecord.Run>, inUse: boolean): string => {
  const run = runs.at(-1)
  if (run === undefined) return "It has never run."
  const what = run.kind === "undo" ? "undo" : "run"
  const began = `began ${LocalTime.local(run.beganAtMillis)}`
  if (inUse) return `A ${what} is at work on it and ${began}.`
  if (run.endedAtMillis === null) return `The last ${what} ${began} and was killed.`
  const ended = `The last ${what} ${began} and ended ${LocalTime.local(run.endedAtMillis)}`
  return run.stopped === null ? `${ended}.` : `${ended}, before its end: ${run.stopped}`
}

/** The state of a job at one moment. */
interface Standing {
  readonly job: JobSource.Job
  readonly counts: JobRecord.Counts
  readonly left: { readonly links: number; readonly chains: number }
  readonly runs: ReadonlyArray<JobRecord.Run>
  readonly inUse: boolean
  /** Whether the last calls may be missing from it. */
  readonly isPartial: boolean
  /** How long the rest takes at the limit seen last, in ms. */
  readonly leftMillis: number | undefined
}

const standing = (source: JobSource.Source): Effect.Effect<Standing, CliError> =>
  Effect.all({
    job: source.job,
    counts: source.counts,
    left: source.left,
    runs: source.runs,
    samples: source.samples,
    inUse: source.inUse
  }).pipe(
    Effect.map(({ samples, ...rest }) => {
      const { left } = rest
      const pace = samples.findLast(({ limit, windowMillis }) => limit !== null && windowMillis !== null)
      const leftMillis =
        pace === undefined || pace.limit === null || pace.windowMillis === null
          ? undefined
          : BatchEstimate.shortestMillis({ jobs: left.links }, { limit: pace.limit, windowMillis: pace.windowMillis })
      return { ...rest, isPartial: source.isPartial, leftMillis }
    })
  )

const json = (
  ledger: Option.Option<string>,
  { counts, inUse, isPartial, job, left, leftMillis, runs }: Standing
): string =>
  `${JSON.stringify({
    ...(Option.isSome(ledger) ? { ledger: ledger.value } : {}),
    job: job.name,
    plan: job.plan ?? null,
    api: job.api ?? null,
    createdAt: LocalTime.iso(job.createdAtMillis),
    inUse,
    isPartial,
    counts,
    left: left.links,
    leftMillis: leftMillis ?? null,
    runs: runs.map(({ beganAtMillis, endedAtMillis, kind, stopped }) => ({
      kind,
      beganAt: LocalTime.iso(beganAtMillis),
      endedAt: endedAtMillis === null ? null : LocalTime.iso(endedAtMillis),
      stopped
    }))
  })}\n`

/** The rate limit does not tell how long uploads take. */
const isUpload = ({ job }: Standing): boolean => job.name === "upload"

const table = (place: string, standing: Standing, columns: number): string => {
  const { counts, inUse, isPartial, job, left, leftMillis, runs } = standing
  const row = line(columns)
  const rest = [
    lastRun(runs, inUse),
    ...(job.reason === undefined ? [] : [`It was stopped: ${job.reason}`]),
    ...(isPartial ? [LedgerFile.PARTIAL] : []),
    ...(leftMillis === undefined || left.links === 0 || isUpload(standing)
      ? []
      : [`The rest takes ${JobEstimate.least(leftMillis)}, at the limit seen last.`])
  ]
  const title = `${place}: ${job.name}${job.plan === undefined ? "" : ` of ${job.plan}`}, ${isUpload(standing) ? plural(job.links, "file") : `${plural(job.links, "version")} for ${plural(job.chains, "stack")}`}${job.api === undefined ? "" : `, over ${job.api === "v4" ? "V4" : job.api}`}`
  return [
    Text.folded(title, columns),
    ...row("in place", counts.confirmed, counts.already > 0 ? `${counts.already} of them before the job` : ""),
    ...row("to be sent", counts.planned),
    ...(inUse
      ? row("under way", counts.sent, "sent, without an answer so far")
      : row("no answer", counts.sent, "the next run looks them up first")),
    ...row("failed", counts.failed, "frameio batch report says why; --retry-failed tries them again"),
    ...row("skipped", counts.skipped, "waiting for a failed one of their stack"),
    ...row("undone", counts.undone),
    ...row("undoing", counts.undoing, inUse ? "under way" : "no answer; the next undo looks them up first"),
    Text.folded(rest.join("\n"), columns),
    ""
  ].join("\n")
}

/** One line while a run is at work. */
const short = (standing: Standing): string => {
  const { counts, job, left, leftMillis } = standing
  return [
    `${counts.confirmed} of ${plural(job.links, isUpload(standing) ? "file" : "version")} in place`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.sent > 0 ? [`${counts.sent} under way`] : []),
    ...(leftMillis === undefined || left.links === 0 || isUpload(standing)
      ? []
      : [`${DurationText.clock(leftMillis)} left at the limit`])
  ].join(", ")
}

const EVERY = "1 second"

/**
 * Shows how a job stands; with `watch`, repeatedly while a run is at work, on a terminal in one line.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchStatus")(
  function* (args: {
    readonly ledger: Option.Option<string>
    readonly job: Option.Option<string>
    readonly cluster: Option.Option<string>
    readonly json: boolean
    readonly watch: boolean
  }) {
    const stdio = yield* Stdio
    const source = yield* JobSource.open(args)
    const asJson = args.json || !stdio.outIsTerminal
    let last = yield* standing(source)
    while (args.watch && last.inUse) {
      yield* asJson ? stdio.out(json(args.ledger, last)) : stdio.status(short(last))
      yield* Effect.sleep(EVERY)
      last = yield* standing(source)
    }
    yield* asJson ? stdio.out(json(args.ledger, last)) : stdio.out(table(source.place, last, yield* stdio.columns))
  },
  (effect) => effect.pipe(Effect.scoped, orInterrupted(""))
)
