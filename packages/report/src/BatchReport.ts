/**
 * The report of a job, for people and for other programs: one page that opens anywhere, CSV, JSON lines, a few lines for
 * a terminal. Rows stream, so a job of a million links is written in little memory.
 *
 * @since 0.1.0
 */

import type { Head, Row } from "@effect-frameio/batch/JobRecord"
import * as LinkError from "@effect-frameio/batch/LinkError"
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as Chunk from "effect/Chunk"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Facts from "./internal/reportFacts.js"
import { iso } from "./internal/reportHtml.js"
import * as Page from "./internal/reportPage.js"
import { RowPicker } from "./internal/reportRows.js"
import * as Text from "./internal/reportText.js"

/**
 * Options of a page.
 *
 * @since 0.1.0
 * @category options
 */
export interface HtmlOptions {
  /**
   * The most rows of the page, cut to 0 to 250 000. Default 50 000, about 15 MB. If there are more, failed rows stay first,
   * then unsettled, skipped, not sent, undone, and last those on their stacks; the page says which are missing, and where
   * to get them.
   */
  readonly maxRows?: number | undefined
  /** The page's title. Default the plan's file name, or else the job's name. */
  readonly title?: string | undefined
  /**
   * The address of assets on Frame.io without the id at the end, for the page's links. Default v2's; V4 has one for each
   * project.
   */
  readonly assetUrl?: string | undefined
  /** Possible next steps, each with a command to copy. Default none. */
  readonly next?: ReadonlyArray<{
    /** The command's purpose, as a sentence. */
    readonly when: string
    /** The command as it is typed. */
    readonly command: string
  }>
}

/**
 * Options of a text.
 *
 * @since 0.1.0
 * @category options
 */
export interface TextOptions {
  /** How many failures to spell out. Default 20. */
  readonly maxFailures?: number | undefined
}

/**
 * Options of a CSV.
 *
 * @since 0.1.0
 * @category options
 */
export interface CsvOptions {
  /** Begins with a byte order mark, without which Excel does not see that it is UTF-8. Default false. */
  readonly byteOrderMark?: boolean | undefined
}

/**
 * The defaults of the options.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  maxRows: 50_000,
  assetUrl: "https://app.frame.io/player/",
  maxFailures: 20,
  byteOrderMark: false
} as const

/** Browsers cannot lay out a higher table. */
const MOST_ROWS = 250_000

/** Rows in memory at a time, and in one data block. */
const ROWS_PER_BLOCK = 1000

/**
 * One self-contained page: what was stacked, what failed and why, requests against the limit over time, the waits, and a
 * table to search. It loads nothing and sends nothing, its policy forbids it to, and it can be read without its script.
 *
 * Rows come in any order and are read once. `head.counts` decides which of too many rows are dropped; if a running job
 * changes between the counts and the rows, the page says what is really missing.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toHtml = <E, R>(
  head: Head,
  rows: Stream.Stream<Row, E, R>,
  options?: HtmlOptions
): Stream.Stream<string, E, R> =>
  Stream.suspend(() => {
    const maxRows = Math.min(Math.max(Math.floor(options?.maxRows ?? defaults.maxRows), 0), MOST_ROWS)
    const wording: Page.Wording = {
      title: options?.title,
      assetUrl: options?.assetUrl ?? defaults.assetUrl,
      next: options?.next ?? []
    }
    const picker = new RowPicker(head.counts, maxRows)
    const failures = new Page.StaticFailures(wording.assetUrl)
    const blocks = rows.pipe(
      Stream.rechunk(ROWS_PER_BLOCK),
      Stream.mapChunks((chunk) => {
        const kept: Array<Row> = []
        for (const row of chunk) {
          failures.add(row)
          if (picker.take(row)) kept.push(row)
        }
        return Chunk.of(Page.rows(kept))
      })
    )
    return Stream.concat(
      Stream.concat(Page.opening(head, wording), blocks),
      Stream.sync(() => Page.closing(head, picker, failures))
    )
  })

const CSV_COLUMNS: ReadonlyArray<readonly [string, (row: Row) => string | number | null]> = [
  ["line", (row) => row.line],
  ["chain", (row) => row.chain],
  ["state", (row) => row.state],
  ["how", (row) => row.how],
  ["asset_id", (row) => row.assetId],
  ["next_asset_id", (row) => row.nextAssetId],
  ["stack_id", (row) => row.stackId],
  ["name", (row) => row.name],
  ["stack", (row) => row.stack],
  ["attempts", (row) => row.attempts],
  ["sent_at", (row) => iso(row.sentAtMillis)],
  ["done_at", (row) => iso(row.doneAtMillis)],
  ["error", (row) => (row.error === null ? null : LinkError.tagOf(row.error))],
  ["error_status", (row) => (row.error === null ? null : (LinkError.statusOf(row.error) ?? null))],
  ["error_outcome", (row) => (row.error === null ? null : LinkError.outcomeOf(row.error))],
  ["error_message", (row) => row.error?.message ?? null],
  ["fields", (row) => (Object.keys(row.fields).length === 0 ? null : JSON.stringify(row.fields))]
]

const csvCell = (value: string | number | null): string =>
  typeof value === "string" ? PlanFile.cell(value) : String(value ?? "")

const csvLine = (cells: ReadonlyArray<string | number | null>): string => `${cells.map(csvCell).join(",")}\r\n`

/**
 * Every row as CSV (RFC 4180) with a header; times in ISO 8601, UTC. The ids are in a plan's columns, so some of the rows
 * are a plan again.
 *
 * A text that a spreadsheet would take for a formula has an apostrophe in front; without one apostrophe every cell that
 * matches `^'+(\s*[=+\-@＝＋－＠]|[\t\r\n])` is the text again. Half a surrogate pair, which UTF-8 cannot hold, is for
 * {@link toJsonLines}.
 *
 * @example
 * ```ts
 * const ledger = yield* Ledger.Ledger
 * const csv = yield* Stream.mkString(BatchReport.toCsv(ledger.rows))
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const toCsv = <E, R>(rows: Stream.Stream<Row, E, R>, options?: CsvOptions): Stream.Stream<string, E, R> =>
  Stream.concat(
    Stream.succeed(
      `${(options?.byteOrderMark ?? defaults.byteOrderMark) ? "\ufeff" : ""}${csvLine(CSV_COLUMNS.map(([name]) => name))}`
    ),
    Stream.mapChunks(rows, (chunk) =>
      Chunk.of(
        Chunk.toReadonlyArray(chunk)
          .map((row) => csvLine(CSV_COLUMNS.map(([, cell]) => cell(row))))
          .join("")
      )
    )
  )

const encodeError = Schema.encodeSync(LinkError.LinkError)

const jsonOf = (row: Row) => ({
  line: row.line,
  chain: row.chain,
  state: row.state,
  how: row.how,
  assetId: row.assetId,
  nextAssetId: row.nextAssetId,
  stackId: row.stackId,
  name: row.name,
  stack: row.stack,
  attempts: row.attempts,
  sentAt: iso(row.sentAtMillis) || null,
  doneAt: iso(row.doneAtMillis) || null,
  error: row.error === null ? null : encodeError(row.error),
  message: row.error?.message ?? null,
  fields: row.fields
})

/**
 * Every row as one JSON object per line, with the names of events and of a plan in JSON, so that some of the lines are a
 * plan again; an error as `LinkError` encodes it, and in words as `message`; times in ISO 8601, UTC. Nothing is lost, not
 * even half a surrogate pair.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toJsonLines = <E, R>(rows: Stream.Stream<Row, E, R>): Stream.Stream<string, E, R> =>
  Stream.mapChunks(rows, (chunk) =>
    Chunk.of(
      Chunk.toReadonlyArray(chunk)
        .map((row) => `${JSON.stringify(jsonOf(row))}\n`)
        .join("")
    )
  )

const failureLine = (row: Row): string => {
  const what = Text.visible(row.name ?? row.nextAssetId)
  const where = Text.visible(row.stack ?? row.stackId ?? row.assetId)
  const fault = Facts.faultOf(row)
  const status = fault?.status === undefined ? "" : ` ${fault.status}`
  const why =
    fault === null ? "the outcome of its call is not known" : `${fault.tag}${status}: ${Text.oneLine(fault.reason)}`
  return `  line ${row.line}: ${what} on ${where}: ${Text.visible(why)}`
}

/**
 * A few lines for a terminal: the counts, the time, the limit, and the first rows that failed or are unsettled
 * (`failures`), up to `maxFailures`. No text in it can control the terminal.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toText = (head: Head, failures: ReadonlyArray<Row>, options?: TextOptions): string => {
  const { refused, sent, longestQueue, meanWaitMillis } = Facts.totals(head.samples)
  const worked = Facts.workedMillis(head)
  const runs = head.runs.length === 1 ? "one run" : `${Text.count(head.runs.length)} runs`
  const wait =
    meanWaitMillis === null || meanWaitMillis < 1 ? "" : `, ${DurationText.words(meanWaitMillis)} each on average`
  const spelt = failures.slice(0, options?.maxFailures ?? defaults.maxFailures)
  const more = head.counts.failed + head.counts.sent + head.counts.undoing - spelt.length
  return [
    `${Text.visible(head.job)}${head.plan === null ? "" : `, from ${Text.visible(head.plan)}`}`,
    `${Facts.sentence(head)}.`,
    ...(head.runs.length === 0 ? [] : [`${DurationText.words(worked)} of work in ${runs}.`]),
    ...(head.samples.length === 0
      ? []
      : [
          `${Text.count(sent)} requests to stack, ${refused === 0 ? "none" : Text.count(refused)} refused by the rate limit; ${longestQueue === 0 ? "none" : `at most ${Text.count(longestQueue)}`} waited for it${wait}.`
        ]),
    ...spelt.map(failureLine),
    ...(more > 0 && spelt.length > 0 ? [`  and ${Text.count(more)} more`] : []),
    ""
  ].join("\n")
}
