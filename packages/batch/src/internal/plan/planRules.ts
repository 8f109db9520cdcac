/**
 * The further columns of a plan: the order of versions, and the state of the target when the plan was made. Pure.
 */

/** The state of a target when the plan was made. */
export interface Expected {
  readonly kind: "file" | "stack"
  /** The target's file name. */
  readonly name: string | undefined
  /** The folder that a loose file is in. */
  readonly folderId: string | undefined
  /** The newest version of a stack. */
  readonly coverId: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

const text = (value: unknown): string | undefined => {
  const trimmed = typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : ""
  return trimmed === "" ? undefined : trimmed
}

/** The target's state from a line's columns; nothing in a file of bare pairs. */
export const expectedOf = (fields: Fields | undefined): Expected | undefined => {
  const kind = text(fields?.target_type)
  if (kind !== "file" && kind !== "version_stack") return undefined
  return {
    kind: kind === "file" ? "file" : "stack",
    name: text(fields?.target_name),
    folderId: text(fields?.target_folder_id)?.toLowerCase(),
    coverId: text(fields?.target_cover_id)?.toLowerCase()
  }
}

/** The column of a line that puts a version of a stack on top of it: all of its versions before that, oldest first. */
export const REORDER_FROM = "reorder_from"

/** The ids of {@link REORDER_FROM}, in lower case; nothing for a line that puts a file on a stack. */
export const orderOf = (fields: Fields | undefined): ReadonlyArray<string> | undefined =>
  text(fields?.[REORDER_FROM])?.toLowerCase().split(/\s+/)

/** The order that a link changes: a plan in memory has it among the fields, a ledger in its own column. */
export const orderIn = <Id extends string>(link: {
  readonly order?: ReadonlyArray<Id> | undefined
  readonly fields: Fields | undefined
}): ReadonlyArray<Id> | undefined =>
  // The ids were checked on intake.
  link.order ?? (orderOf(link.fields) as ReadonlyArray<Id> | undefined)

/** A line's place among the versions of its stack. */
export interface Place {
  readonly line: number
  readonly version: string | undefined
  readonly position: string | undefined
}

export const placeOf = (line: number, fields: Fields | undefined): Place => ({
  line,
  version: text(fields?.version),
  position: text(fields?.position)
})

const WHOLE = /^\d{1,15}$/

/** `v2.1` as its words and numbers, so that 10 comes after 9. */
const parts = (label: string): ReadonlyArray<string> =>
  label
    .normalize("NFKC")
    .toLowerCase()
    .match(/\d+|[a-z]+/g) ?? []

/** Negative, 0 or positive; nothing if the labels may not belong to one numbering. */
const compareVersions = (one: string, other: string): number | undefined => {
  const left = parts(one)
  const right = parts(other)
  let numbers = 0
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const a = left[at]
    const b = right[at]
    // `v2` before `v2.1` and `v2a`, after a number was compared.
    if (a === undefined || b === undefined) return numbers === 0 ? undefined : left.length - right.length
    const numeric = /^\d/.test(a)
    if (numeric !== /^\d/.test(b)) return undefined
    if (numeric) {
      numbers += 1
      const difference = BigInt(a) - BigInt(b)
      if (difference !== 0n) return difference < 0n ? -1 : 1
    } else if (a !== b) {
      // Words before the number name a numbering; a single letter after it is a part of the version.
      return numbers > 0 && a.length === 1 && b.length === 1 ? (a < b ? -1 : 1) : undefined
    }
  }
  return numbers === 0 ? undefined : 0
}

/** The plan's own count is exact; labels are compared only if a line has none. */
const compare = (one: Place, other: Place): number | undefined => {
  const [a, b] = [one.position, other.position]
  if (a !== undefined && b !== undefined && WHOLE.test(a) && WHOLE.test(b)) return Number(a) - Number(b)
  return one.version === undefined || other.version === undefined
    ? undefined
    : compareVersions(one.version, other.version)
}

/** A line whose version does not belong above the one that goes on the stack before it. */
export interface Misplaced {
  readonly line: number
  readonly message: string
}

const named = ({ line, position, version }: Place): string =>
  version === undefined ? `position ${position} (line ${line})` : `${JSON.stringify(version)} (line ${line})`

/** Takes the places of one stack in sending order. */
export const makeOrder = (): ((place: Place) => Misplaced | undefined) => {
  let highest: Place | undefined
  return (place) => {
    if (place.version === undefined && place.position === undefined) return undefined
    const difference = highest === undefined ? undefined : compare(place, highest)
    if (highest === undefined || difference === undefined || difference > 0) {
      highest = place
      return undefined
    }
    const { line } = place
    return {
      line,
      message: `${named(place)} would go above ${named(highest)} on the same stack. Versions of a stack must ascend in the order of the file: sort its lines by version, or plan again.`
    }
  }
}
