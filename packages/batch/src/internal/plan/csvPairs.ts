/**
 * Reads pairs from CSV. `csv-parse` splits it into fields; this module knows what the fields mean.
 */
import { Parser } from "csv-parse"
import * as Effect from "effect/Effect"
import * as CsvCell from "./csvCell.js"
import { ASSET_ID, isUuid, missingName, NEXT_ASSET_ID, type PairSink, shown } from "./planBuilder.js"

const HEADER = `${ASSET_ID},${NEXT_ASSET_ID}`

/** A line above the header that tells Excel the delimiter. */
const SEP = /^"?sep=(.)"?\r?$/i

/** The header's delimiter: spreadsheets in half of Europe write semicolons. */
const delimiterOf = (header: string): string =>
  SEP.exec(header)?.[1] ??
  [",", ";", "\t"].find((one) => header.split(one).some((name) => name.replaceAll('"', "").trim() === ASSET_ID)) ??
  [",", ";", "\t"].find((one) => header.includes(one)) ??
  ","

const ofColumn = (name: string, index: number): string => (name === "" ? `column_${index + 1}` : name)

interface Header {
  readonly asset: number
  readonly next: number
  readonly names: ReadonlyArray<string>
  readonly extras: boolean
}

const readHeader = (cells: ReadonlyArray<string>, line: number, sink: PairSink): Header | undefined => {
  const names = cells.map((cell) => cell.trim())
  if (names.some(isUuid)) {
    sink.problem("no-header", line, `The first line has ids instead of column names. Put this line above it: ${HEADER}`)
    // The rest is still worth checking if it is plain which column is which.
    return isUuid(names[0] ?? "") && isUuid(names[1] ?? "")
      ? { asset: 0, next: 1, names: [], extras: false }
      : undefined
  }
  const found = names.map((name) => name.toLowerCase())
  let sound = true
  for (const wanted of [ASSET_ID, NEXT_ASSET_ID]) {
    const first = found.indexOf(wanted)
    if (first === -1) {
      sink.problem("missing-column", line, missingName("column", wanted, names))
      sound = false
    } else if (found.indexOf(wanted, first + 1) !== -1) {
      sink.problem("duplicate-column", line, `The column "${wanted}" appears twice. Remove or rename one of the two.`)
      sound = false
    }
  }
  for (const [index, name] of found.entries()) {
    if (name === "" || name === ASSET_ID || name === NEXT_ASSET_ID || names.indexOf(names[index] ?? "") === index)
      continue
    sink.problem(
      "duplicate-column",
      line,
      `The column ${shown(names[index] ?? "")} appears twice. Remove or rename one of the two.`
    )
    sound = false
  }
  if (!sound) return undefined
  return {
    asset: found.indexOf(ASSET_ID),
    next: found.indexOf(NEXT_ASSET_ID),
    names: names.map(ofColumn),
    extras: names.length > 2
  }
}

const extrasOf = (header: Header, cells: ReadonlyArray<string>): Readonly<Record<string, unknown>> | undefined => {
  if (!header.extras) return undefined
  const fields: Record<string, unknown> = {}
  for (let index = 0; index < header.names.length; index++) {
    const name = header.names[index]
    if (index === header.asset || index === header.next || name === undefined) continue
    Object.defineProperty(fields, name, {
      value: CsvCell.decode(cells[index] ?? ""),
      enumerable: true,
      configurable: true,
      writable: true
    })
  }
  return fields
}

const countIn = (cells: ReadonlyArray<string>, pattern: RegExp): number =>
  cells.reduce((sum, cell) => sum + (cell.match(pattern)?.length ?? 0), 0)

const isBlank = (cells: ReadonlyArray<string>): boolean => cells.every((cell) => cell.trim() === "")

export interface CsvPairs {
  /** Answers whether more is wanted: after a quoting fault, nothing that follows can be trusted. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<boolean>
  readonly end: Effect.Effect<void>
}

export const make = (
  sink: PairSink,
  firstText: string,
  firstLine: number,
  maxLineBytes: number,
  end: "\n" | "\r"
): CsvPairs => {
  const lineEnd = end === "\r" ? /\r/g : /\n/g
  let header: Header | undefined
  let started = false
  let stopped = false
  /** The end of the last valid record: a broken one begins after it, however far a lost quote ran on. */
  let last = firstLine - 1
  let counted = 0

  const row = (cells: ReadonlyArray<string>, line: number): void => {
    // Spreadsheets write empty rows with all their delimiters.
    if (stopped || isBlank(cells)) return
    if (!started && /^sep=/i.test(cells[0]?.trim() ?? "") && isBlank(cells.slice(1))) return
    if (!started) {
      started = true
      header = readHeader(cells, line, sink)
      if (header === undefined) stopped = true
      if (header === undefined || header.names.length > 0) return
    }
    if (header === undefined) return
    const width = header.names.length
    if (width > 0 && cells.slice(width).some((cell) => cell.trim() !== "")) {
      sink.problem(
        "field-count",
        line,
        `This line has ${cells.length} fields, the header has ${width}. Put a field that holds a delimiter in double quotes.`
      )
      return
    }
    sink.pair(line, cells[header.asset], cells[header.next], extrasOf(header, cells))
  }

  const nonEmptyFirstLine = firstText.split(/\r\n|\r|\n/).find((line) => line.trim() !== "") ?? ""
  const parser = new Parser({
    columns: false,
    delimiter: delimiterOf(nonEmptyFirstLine),
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: maxLineBytes,
    on_record: (cells: Array<string>, context) => {
      // The count is at the record's last line and counts both halves of a quoted CRLF; messages name the first line.
      const ends = countIn(cells, lineEnd)
      counted += countIn(cells, /[\r\n]/g) - ends
      last = firstLine - 1 + context.lines - counted
      row(cells, last - ends)
      return undefined
    },
    on_skip: (error) => {
      if (stopped || error === undefined) return undefined
      stopped = true
      const at = last + 1
      if (error.code === "CSV_MAX_RECORD_SIZE") sink.problem("too-long", at, tooLong(maxLineBytes))
      else {
        sink.problem(
          "broken-csv",
          at,
          error.code === "CSV_QUOTE_NOT_CLOSED"
            ? "A double quote opened in this line is never closed. The rest was not checked."
            : "A double quote is in the middle of a field. Put the whole field in double quotes, and double each one inside. The rest was not checked."
        )
      }
      return undefined
    }
  })

  return {
    write: (bytes) =>
      stopped
        ? Effect.succeed(false)
        : Effect.async<boolean>((resume) => {
            parser.write(bytes, () => resume(Effect.succeed(!stopped)))
          }),
    end: Effect.async<void>((resume) => {
      parser.end(() => resume(Effect.void))
    }).pipe(Effect.tap(() => Effect.sync(() => parser.destroy())))
  }
}

export const tooLong = (maxLineBytes: number): string =>
  `This line is longer than ${maxLineBytes} bytes, the most a pair may take. Is this a file of pairs?`

export const emptyMessage = (header: boolean): string =>
  header
    ? `There are no pairs below the header. Add a line for each new version: ${shown("<asset id>,<next asset id>")}.`
    : `The input is empty. It must be CSV with the header ${HEADER}, or one JSON object with these two names per line.`
