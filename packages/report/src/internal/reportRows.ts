/** Chooses the rows of a page that cannot hold all, and embeds them. */
import type { Counts, Row } from "@effect-frameio/batch/JobRecord"
import { COLUMNS, STATES } from "./reportEmbedded.js"
import { faultOf } from "./reportFacts.js"
import { scriptJson } from "./reportHtml.js"

const cellOf = (row: Row, column: (typeof COLUMNS)[number]): unknown => {
  switch (column) {
    case "fields":
      return otherFields(row)
    case "fault":
      return faultOf(row)
    default:
      return row[column]
  }
}

/** Fields with a column of their own are not repeated. */
const otherFields = ({ fields, name, stack }: Row): Row["fields"] => {
  const { name: itsName, stack: itsStack, ...rest } = fields
  return {
    ...rest,
    ...(itsName === undefined || itsName === name ? {} : { name: itsName }),
    ...(itsStack === undefined || itsStack === stack ? {} : { stack: itsStack })
  }
}

/**
 * One data block: rows as arrays, in the order of {@link COLUMNS}.
 *
 * @internal
 */
export const block = (rows: ReadonlyArray<Row>): string =>
  rows.length === 0
    ? ""
    : `<script type="application/json" class="rows">${scriptJson(rows.map((row) => COLUMNS.map((column) => cellOf(row, column))))}</script>\n`

const rankOf = new Map(STATES.map(({ state }, rank) => [state, rank]))

/**
 * Failures with the same cause.
 *
 * @internal
 */
export interface Reason {
  readonly tag: string
  readonly status: number | null
  count: number
  /** The first message and its line, as an example. */
  readonly message: string
  readonly line: number
}

/** How many causes are distinguished; a server that makes every error different must not fill the memory. */
const MAX_REASONS = 50

/**
 * Takes rows one at a time and keeps none. A row is left out if the page is full, or if by the job's counts later rows
 * of a graver state need the free places.
 *
 * @internal
 */
export class RowPicker {
  readonly kept = new Map<Row["state"], number>()
  readonly seen = new Map<Row["state"], number>()
  readonly reasons = new Map<string, Reason>()
  /** Failures whose cause came after {@link MAX_REASONS} others. */
  otherReasons = 0
  keptTotal = 0
  seenTotal = 0

  constructor(
    readonly counts: Counts,
    readonly maxRows: number
  ) {}

  take(row: Row): boolean {
    this.seenTotal++
    this.seen.set(row.state, (this.seen.get(row.state) ?? 0) + 1)
    if (row.state === "failed") this.explain(row)
    if (this.keptTotal + this.reservedBefore(row.state) >= this.maxRows) return false
    this.keptTotal++
    this.kept.set(row.state, (this.kept.get(row.state) ?? 0) + 1)
    return true
  }

  private reservedBefore(state: Row["state"]): number {
    let reserved = 0
    for (const graver of STATES.slice(0, rankOf.get(state))) {
      reserved += Math.max(this.counts[graver.state] - (this.seen.get(graver.state) ?? 0), 0)
    }
    return reserved
  }

  private explain(row: Row): void {
    const fault = faultOf(row)
    const tag = fault?.tag ?? "Unknown"
    const status = fault?.status ?? null
    const key = `${status} ${tag}`
    const reason = this.reasons.get(key)
    if (reason !== undefined) reason.count++
    else if (this.reasons.size < MAX_REASONS) {
      this.reasons.set(key, {
        tag,
        status,
        count: 1,
        message: fault?.reason ?? "No cause was recorded.",
        line: row.line
      })
    } else this.otherReasons++
  }
}
