/**
 * How the named rules find the version in a name without its extension. Pure.
 */
import type { Name } from "../../NamedRule.js"
import type { Version } from "../../NamingRule.js"
import { DATE_AT_END, DATE_INSIDE, type DayOrder, dayOf, orderWords } from "./dates.js"
import { quoted } from "./quoted.js"

/**
 * The series that a doubtful name may belong to.
 *
 * @internal
 */
export interface Nearby {
  readonly prefix: string
  readonly suffix: string
  readonly label: string
  /** The lowest version the name can stand for; undefined if nothing is known. */
  readonly version: Version | undefined
}

/**
 * A scanner's match.
 *
 * @internal
 */
export type Found =
  | {
      readonly _tag: "Found"
      readonly prefix: string
      readonly label: string
      readonly version: Version
      readonly suffix: string
      /** Why this reading is in doubt. */
      readonly doubt: string | undefined
    }
  | { readonly _tag: "Two"; readonly reason: string; readonly near: ReadonlyArray<Nearby> }
  | { readonly _tag: "Nothing"; readonly reason: string; readonly near: ReadonlyArray<Nearby> }

/** @internal */
export type Scanner = (stem: string) => Found

/** @internal */
export const nothing = (reason: string, near: ReadonlyArray<Nearby> = []): Found => ({ _tag: "Nothing", reason, near })

/** @internal */
export const two = (reason: string, near: ReadonlyArray<Nearby>): Found => ({ _tag: "Two", reason, near })

// -----------------------------------------------------------------------------
// a number with a mark in front of it
// -----------------------------------------------------------------------------

/** A frame's number after a version: `.1001`, `_00001`, `_####`, `.%04d`. */
const FRAME = /[._](?:\d{4,7}|#{1,8}|%0?\d{0,2}d)$/

const frameAtEnd = (suffix: string): string => FRAME.exec(suffix)?.[0] ?? ""

/** The usual heights of a picture in lines: `v720` may be one. */
const HEIGHTS: ReadonlySet<string> = new Set(["360", "480", "540", "576", "720"])

/** Whether digits look like a size rather than a count: four of them without a leading zero, or a usual height. */
const looksLikeASize = (digits: string): boolean =>
  HEIGHTS.has(digits) || (digits.length === 4 && !digits.startsWith("0"))

interface Token {
  readonly at: number
  /** The offset after the match. */
  readonly end: number
  readonly label: string
  readonly number: string
}

const tokensOf = (pattern: RegExp, stem: string): ReadonlyArray<Token> =>
  Array.from(stem.matchAll(pattern), ({ 0: whole, 1: label = "", 2: number = "", index }) => ({
    at: index,
    end: index + whole.length,
    label,
    number
  }))

/**
 * `2.1` and `2_1` as 2, 1; a letter counts from a = 1.
 *
 * @internal
 */
export const partsOf = (number: string): Version =>
  Array.from(number.toLowerCase().matchAll(/\d+|[a-z]/g), ([part]) =>
    BigInt(/\d/.test(part) ? part : part.charCodeAt(0) - 96)
  )

interface Mark {
  /** The version at its proper place: `[whole, label, number]`. */
  readonly strict: RegExp
  /** Anything that shows the number, whatever stands around it: `[whole, label, number]`. */
  readonly loose: RegExp
  /** The missing part, if there is no match. */
  readonly what: string
  /** Whether a number of several parts is one version. */
  readonly parts: boolean
}

const nearOf = (loose: RegExp, stem: string): ReadonlyArray<Nearby> =>
  tokensOf(loose, stem).map(({ at, end, label, number }) => ({
    prefix: stem.slice(0, at),
    suffix: frameAtEnd(stem.slice(end)),
    label,
    version: partsOf(number)
  }))

/** Scans a name with one marked number at its end, before an optional frame counter. */
const scanMarked =
  ({ loose, parts, strict, what }: Mark): Scanner =>
  (stem) => {
    const near = () => nearOf(loose, stem)
    const [token, second] = tokensOf(strict, stem)
    if (token === undefined) return nothing(`it has no ${what} with a number between separators`, near())
    if (second !== undefined) {
      return two(`both ${quoted(token.label)} and ${quoted(second.label)} can be the version`, near())
    }
    const suffix = stem.slice(token.end)
    const frame = frameAtEnd(suffix)
    if (/^[._ -]\d{1,3}$/.test(suffix)) {
      return two(`${quoted(suffix)} after ${quoted(token.label)} can be a part of the version`, near())
    }
    if (suffix !== frame) {
      return nothing(`${quoted(suffix)} follows the version ${quoted(token.label)} and is not a frame counter`, near())
    }
    const [digits = ""] = /^\d+/.exec(token.number) ?? []
    if (digits.length > 4) {
      return nothing(`${quoted(token.label)} has more than four digits, too many for a version of this rule`, near())
    }
    return {
      _tag: "Found",
      prefix: stem.slice(0, token.at),
      label: token.label,
      version: parts ? partsOf(token.number) : [BigInt(digits)],
      suffix,
      doubt:
        digits === token.number && looksLikeASize(digits)
          ? `${quoted(token.label)} can be a size instead of a version`
          : undefined
    }
  }

const LOOSE_V = /(?:[._ -]+|(?<=\d))(v[._ -]?(\d+))(?!\d)/gi

const scanVfx = scanMarked({
  strict: /[._](v(\d+))(?=[._ -]|$)/gi,
  loose: LOOSE_V,
  what: "_v or .v",
  parts: false
})

const scanVfxParts = scanMarked({
  strict: /[._](v(\d+(?:[._-]\d{1,3}(?!\d))*[a-z]?))(?=[._ -]|$)/gi,
  loose: LOOSE_V,
  what: "_v or .v",
  parts: true
})

const scanTake = scanMarked({
  strict: /[._ -]((?:tk|take)[._ -]?(\d+))(?=[._ -]|$)/gi,
  loose: /(?:[._ -]+|(?<=\d))((?:tk|take)[._ -]?(\d+))(?!\d)/gi,
  what: "tk or take",
  parts: false
})

const FIELD = /^[a-z0-9-]+$/i

/** The fields that may stand before the version: show, episode, sequence, scene, shot, task, vendor, and an element. */
const FIELDS = { fewest: 3, most: 8 } as const

const scanNetflix: Scanner = (stem) => {
  const found = scanVfx(stem)
  if (found._tag !== "Found") return found
  const unfit = (reason: string) => nothing(reason, nearOf(LOOSE_V, stem))
  const fields = found.prefix.split("_")
  if (fields.length < FIELDS.fewest || fields.length > FIELDS.most) {
    return unfit(
      `it has ${fields.length === 1 ? "one field" : `${fields.length} fields`} before the version instead of ${FIELDS.fewest} to ${FIELDS.most}`
    )
  }
  const odd = fields.find((field) => !FIELD.test(field))
  if (odd !== undefined) return unfit(`the field ${quoted(odd)} is not made of letters, digits and hyphens`)
  if (stem[found.prefix.length] !== "_") return unfit(`there is no _ before ${quoted(found.label)}`)
  if (found.label.length < 4) return unfit(`${quoted(found.label)} has fewer than three digits`)
  return found
}

// -----------------------------------------------------------------------------
// a date
// -----------------------------------------------------------------------------

const DATE_EXAMPLES: Readonly<Record<DayOrder, string>> = {
  ymd: "20241217, 2024-12-17 or 241217",
  dmy: "17122024, 17.12.2024 or 171224",
  mdy: "12172024, 12-17-2024 or 121724"
}

const scanDate =
  (order: DayOrder): Scanner =>
  (stem) => {
    const match = DATE_AT_END.exec(stem)
    if (match === null) {
      const inside = DATE_INSIDE.exec(stem)
      const reason = `its last field is not a date such as ${DATE_EXAMPLES[order]}`
      if (inside === null) return nothing(reason)
      const [, label = ""] = inside
      const day = dayOf(label, order)
      return nothing(reason, [
        { prefix: stem.slice(0, inside.index), suffix: "", label, version: day === undefined ? undefined : [day] }
      ])
    }
    const [, label = ""] = match
    const prefix = stem.slice(0, match.index)
    const day = dayOf(label, order)
    const before = DATE_AT_END.exec(prefix)
    const [, other = ""] = before ?? []
    const otherDay = dayOf(other, order)
    const near: ReadonlyArray<Nearby> = [
      { prefix, suffix: "", label, version: day === undefined ? undefined : [day] },
      ...(before === null || otherDay === undefined
        ? []
        : [{ prefix: prefix.slice(0, before.index), suffix: "", label: other, version: [otherDay] }])
    ]
    if (day === undefined) return nothing(`${quoted(label)} is not a day of the calendar (${orderWords[order]})`, near)
    const separator = /^\d{2}([._-])\d{2}\1\d{2}$/.exec(label)?.[1]
    if (separator !== undefined && stem[prefix.length] === separator && /\d{2}$/.test(prefix)) {
      return two(`${quoted(`${prefix.slice(-2)}${separator}${label}`)} can be a timecode`, near)
    }
    if (otherDay !== undefined) {
      return two(`both ${quoted(other)} and ${quoted(label)} can be the date, or the second a time of day`, near)
    }
    return { _tag: "Found", prefix, label, version: [day], suffix: "", doubt: undefined }
  }

/**
 * The scanners of the named rules.
 *
 * @internal
 */
export const scanners: Readonly<Record<Name, Scanner>> = {
  vfx: scanVfx,
  "vfx-parts": scanVfxParts,
  netflix: scanNetflix,
  take: scanTake,
  date: scanDate("ymd"),
  "date-ymd": scanDate("ymd"),
  "date-dmy": scanDate("dmy"),
  "date-mdy": scanDate("mdy")
}

/**
 * The order of days that a rule reads, and whether the user has stated it by choosing the rule.
 *
 * @internal
 */
export const datesOf: Readonly<Partial<Record<Name, { order: DayOrder; stated: boolean }>>> = {
  date: { order: "ymd", stated: false },
  "date-ymd": { order: "ymd", stated: true },
  "date-dmy": { order: "dmy", stated: true },
  "date-mdy": { order: "mdy", stated: true }
}
