/**
 * `frameio batch status`: how a job stands, also while it runs.
 *
 * @since 0.1.0
 */
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as LedgerFile from "./LedgerFile.js"
import { clock } from "./ProgressBar.js"
import { Stdio } from "./Stdio.js"
import { plural } from "./Text.js"

const iso = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

const day = (millis: number): string =>
  new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: "UTC" }).format(millis)

const line = (what: string, count: number, remark = ""): ReadonlyArray<string> =>
  count === 0 ? [] : [`  ${what.padEnd(12)}${String(count).padStart(9)}${remark === "" ? "" : `  ${remark}`}`]

const lastRun = (runs: ReadonlyArray<JobRecord.Run>, inUse: boolean): string => {
  const run = runs.at(-1)
  if (run === undefined) return "It was never run."
  const what = run.kind === "undo" ? "undo" : "run"
  const began = `began ${day(run.beganAtMillis)} UTC`
  if (inUse) return `A ${what} is at work on it; it ${began}.`
  if (run.endedAtMillis === null) return `The last ${what} ${began} and was killed.`
  const ended = `The last ${what} ${began} and ended ${day(run.endedAtMillis)} UTC`
  return run.stopped === null ? `${ended}.` : `${ended}, before its end: ${run.stopped}`
}

/**
 * Says how the job in a ledger stands.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchStatus")(function* (args: {
  readonly ledger: string
  readonly json: boolean
}) {
  const stdio = yield* Stdio
  const ledger = yield* LedgerFile.open(args.ledger, "read")
  const { counts, inUse, job, left, runs, samples } = yield* Effect.all({
    job: ledger.job,
    counts: ledger.counts,
    left: ledger.extent,
    runs: ledger.runs,
    samples: ledger.samples,
    inUse: ledger.inUse
  }).pipe(Effect.mapError(LedgerFile.toCliError))
  const pace = samples.findLast(({ limit, windowMillis }) => limit !== null && windowMillis !== null)
  const leftMillis =
    pace === undefined || pace.limit === null || pace.windowMillis === null
      ? undefined
      : BatchEstimate.shortestMillis({ jobs: left.links }, { limit: pace.limit, windowMillis: pace.windowMillis })
  if (args.json || !stdio.outIsTerminal) {
    return yield* stdio.out(
      `${JSON.stringify({
        ledger: args.ledger,
        job: job.name,
        plan: job.plan ?? null,
        createdAt: iso(job.createdAtMillis),
        inUse,
        isPartial: ledger.isPartial,
        counts,
        left: left.links,
        leftMillis: leftMillis ?? null,
        runs: runs.map(({ beganAtMillis, endedAtMillis, kind, stopped }) => ({
          kind,
          beganAt: iso(beganAtMillis),
          endedAt: endedAtMillis === null ? null : iso(endedAtMillis),
          stopped
        }))
      })}\n`
    )
  }
  yield* stdio.out(
    [
      `${args.ledger}: ${job.name}${job.plan === undefined ? "" : ` of ${job.plan}`}, ${plural(job.links, "version")} for ${plural(job.chains, "stack")}`,
      ...line("in place", counts.confirmed, counts.already > 0 ? `${counts.already} of them before the job` : ""),
      ...line("to be sent", counts.planned),
      ...(inUse
        ? line("under way", counts.sent, "sent, and not answered yet")
        : line("no answer", counts.sent, "the next run looks for them first")),
      ...line("failed", counts.failed, "frameio batch report says why; --retry-failed tries them again"),
      ...line("skipped", counts.skipped, "behind a failed one of their stack"),
      ...line("undone", counts.undone),
      ...line("undoing", counts.undoing, inUse ? "under way" : "no answer; the next undo looks for them first"),
      lastRun(runs, inUse),
      ...(ledger.isPartial ? [LedgerFile.PARTIAL] : []),
      ...(leftMillis === undefined || left.links === 0
        ? []
        : [`What is left takes ${clock(leftMillis)} at the limit that was seen last.`]),
      ""
    ].join("\n")
  )
}, Effect.scoped)
