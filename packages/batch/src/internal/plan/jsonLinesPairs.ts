/**
 * Reads pairs from JSON lines. Pure: without Effect.
 */
import * as PlanFile from "../../PlanFile.js"
import * as JsonFault from "./jsonFault.js"
import { jsonName } from "./jsonName.js"
import { ASSET_ID, missingName, NEXT_ASSET_ID, type PairSink, shown } from "./planBuilder.js"

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const parse = (line: string): Parsed => {
  try {
    const value: unknown = JSON.parse(line)
    return { ok: true, value }
  } catch {
    return { ok: false }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether the two ids are text; reports a problem if not. */
const text = (value: unknown, name: string, line: number, sink: PairSink): string | undefined => {
  if (typeof value === "string") return value
  sink.problem("not-a-uuid", line, `"${name}" is ${shown(JSON.stringify(value))}, which is not a string with a UUID.`)
  return undefined
}

/** From a name in JSON to the column's name. */
const COLUMN_OF: ReadonlyMap<string, string> = new Map(
  PlanFile.columns.flatMap((column) => (jsonName(column) === column ? [] : [[jsonName(column), column]]))
)

type Fields = Readonly<Record<string, unknown>>

const withColumns = (value: Fields): Fields =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [COLUMN_OF.get(name) ?? name, field]))

const one = (source: string, line: number, sink: PairSink): void => {
  const parsed = parse(source)
  if (!parsed.ok) {
    const fault = JsonFault.find(source)
    sink.problem(
      "broken-json",
      line,
      fault === undefined ? "This line is not JSON." : `This line is not JSON: ${fault.message}.`,
      fault?.column
    )
    return
  }
  const given = parsed.value
  if (!isObject(given)) {
    sink.problem(
      "not-an-object",
      line,
      `Expected one object such as {"${ASSET_ID}":"…","${NEXT_ASSET_ID}":"…"} per line, found ${
        Array.isArray(given) ? "a list" : shown(source.trim())
      }.`
    )
    return
  }
  const twice = JsonFault.nameTwice(source, given)
  if (twice !== undefined) {
    sink.problem(
      "duplicate-column",
      line,
      `The field ${shown(twice.name)} appears twice. Remove or rename one of the two.`,
      twice.column
    )
    return
  }
  const camel = Object.hasOwn(given, jsonName(ASSET_ID))
  const both = camel ? [...COLUMN_OF].find((names) => names.every((name) => Object.hasOwn(given, name))) : undefined
  if (both !== undefined) {
    const [name, column] = both.map((one) => shown(one))
    sink.problem("duplicate-column", line, `The fields ${column} and ${name} are the same. Remove one of the two.`)
    return
  }
  const value = camel ? withColumns(given) : given
  const names = Object.keys(value)
  let sound = true
  for (const wanted of [ASSET_ID, NEXT_ASSET_ID]) {
    if (Object.hasOwn(value, wanted)) continue
    sink.problem("missing-column", line, missingName("field", wanted, names))
    sound = false
  }
  if (!sound) return
  const asset = text(value[ASSET_ID], ASSET_ID, line, sink)
  const next = text(value[NEXT_ASSET_ID], NEXT_ASSET_ID, line, sink)
  if (asset === undefined || next === undefined) return
  const { [ASSET_ID]: _asset, [NEXT_ASSET_ID]: _next, ...fields } = value
  sink.pair(line, asset, next, names.length > 2 ? fields : undefined)
}

/** The complaint about JSON that is not one object per line, judged by its first line. */
export const misshapen = (first: string): string | undefined => {
  if (/^\s*\[\s*(?:\{|$)/.test(first)) {
    return "This is a JSON array, but there must be one object per line: jq -c '.[]' in.json > pairs.jsonl converts it."
  }
  return /^\s*\{(?:\s*|[^}]*,\s*)$/.test(first)
    ? "This JSON object spans several lines, but each must be on one line: jq -c . in.json > pairs.jsonl converts them."
    : undefined
}

/**
 * Takes whole lines; `line` is the number of the first.
 */
export const write = (
  sink: PairSink,
  lines: string,
  firstLine: number,
  maxLineBytes: number,
  end: "\n" | "\r"
): boolean => {
  let line = firstLine
  let from = 0
  while (from < lines.length) {
    const feed = lines.indexOf(end, from)
    const to = feed === -1 ? lines.length : feed
    if (to - from > maxLineBytes) {
      sink.problem("too-long", line, `This line is longer than ${maxLineBytes} bytes, the most a pair may take.`)
      return false
    }
    const source = lines.slice(from, to)
    if (source.trim() !== "") one(source, line, sink)
    line += 1
    from = to + 1
  }
  return true
}
