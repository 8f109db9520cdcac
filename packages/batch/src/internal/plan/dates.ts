/**
 * Reads days in file names, and finds what else their digits can be. Pure.
 */
import { quoted } from "./quoted.js"

/**
 * The order in which a day is written.
 *
 * @internal
 */
export type DayOrder = "ymd" | "dmy" | "mdy"

const ORDERS: ReadonlyArray<DayOrder> = ["ymd", "dmy", "mdy"]

/** @internal */
export const orderWords: Readonly<Record<DayOrder, string>> = {
  ymd: "year first",
  dmy: "day first",
  mdy: "month first"
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `yyyymmdd`, if it is a day of this or the last century; a two-digit year is of this century. */
const calendarDay = (yearDigits: string, month: number, day: number): bigint | undefined => {
  const year = yearDigits.length === 2 ? 2000 + Number(yearDigits) : Number(yearDigits)
  const sound = year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  return sound ? BigInt(year * 10_000 + month * 100 + day) : undefined
}

/** A day from six or eight digits. */
const dayOfDigits = (digits: string, order: DayOrder): bigint | undefined => {
  const first = order === "ymd" ? digits.length - 4 : 2
  const second = first + 2
  const [one, two, three] = [digits.slice(0, first), digits.slice(first, second), digits.slice(second)]
  if (order === "ymd") return calendarDay(one, Number(two), Number(three))
  return order === "dmy" ? calendarDay(three, Number(two), Number(one)) : calendarDay(three, Number(one), Number(two))
}

const YEAR_FIRST = /^\d{4}([._-])\d{2}\1\d{2}$/
const YEAR_LAST = /^\d{2}([._-])\d{2}\1(?:\d{4}|\d{2})$/
const DIGITS = /^(?:\d{6}|\d{8})$/

/** Dates in a name: a four-digit year and separators, at either end; or six or eight digits. */
const WRITTEN = String.raw`\d{4}([._-])\d{2}\2\d{2}|\d{2}([._-])\d{2}\3(?:\d{4}|\d{2})|\d{8}|\d{6}`

/**
 * A date as the last field of a name: `[whole, label]`.
 *
 * @internal
 */
export const DATE_AT_END = new RegExp(`(?:^|[._ -])(${WRITTEN})$`)

/**
 * A date with something after it: `[whole, label]`.
 *
 * @internal
 */
export const DATE_INSIDE = new RegExp(`(?:^|[._ -])(${WRITTEN})(?=[._ -]|[A-Za-z])`)

const digitsOf = (label: string): string => label.replace(/[._-]/g, "")

/**
 * The day that a label names in this order, as `yyyymmdd`. A leading four-digit year is the year in any order.
 *
 * @internal
 */
export const dayOf = (label: string, order: DayOrder): bigint | undefined => {
  const digits = digitsOf(label)
  if (YEAR_FIRST.test(label)) return dayOfDigits(digits, "ymd")
  if (YEAR_LAST.test(label)) return order === "ymd" ? undefined : dayOfDigits(digits, order)
  return DIGITS.test(label) ? dayOfDigits(digits, order) : undefined
}

/**
 * The orders in which a label is a day.
 *
 * @internal
 */
export const ordersOf = (label: string): ReadonlyArray<DayOrder> =>
  ORDERS.filter((order) => dayOf(label, order) !== undefined)

const TIME = /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/

/** Still formats: a sequence has one file per frame. */
const STILLS: ReadonlySet<string> = new Set(
  "ari arx bmp cin cr2 cr3 dng dpx exr hdr heic jpeg jpg nef png psd sgi tga tif tiff webp".split(" ")
)

const sign = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0)

/** Whether two readings put labels in the same order; the labels ascend by the first. */
const sameOrder = (ones: ReadonlyArray<bigint>, others: ReadonlyArray<bigint>): boolean =>
  ones.every((one, n) => {
    const [next, other, otherNext] = [ones[n + 1], others[n], others[n + 1]]
    return (
      next === undefined || other === undefined || otherNext === undefined || sign(one, next) === sign(other, otherNext)
    )
  })

const daysOf = (labels: ReadonlyArray<string>, order: DayOrder): ReadonlyArray<bigint> | undefined => {
  const days = labels.flatMap((label) => dayOf(label, order) ?? [])
  return days.length === labels.length ? days : undefined
}

/** An order in which all labels are days too, but sort differently. */
const otherwiseOrdered = (labels: ReadonlyArray<string>, values: ReadonlyArray<bigint>): DayOrder | undefined =>
  ORDERS.find((order) => {
    const days = daysOf(labels, order)
    return days !== undefined && !sameOrder(values, days)
  })

/** Whether more than half of the steps go up by one, as frames do. */
const consecutive = (labels: ReadonlyArray<string>): boolean => {
  const numbers = labels.map(BigInt)
  const steps = numbers.slice(1).filter((number, n) => number - (numbers[n] ?? 0n) === 1n)
  return steps.length * 2 > labels.length - 1
}

/**
 * A series of dated names, in the order of their days.
 *
 * @internal
 */
export interface DatedSeries {
  readonly base: string
  readonly extension: string
  readonly labels: ReadonlyArray<string>
}

/**
 * Why the labels of a series may not be days, or may be days in another order. `stated`: the user has said which order
 * it is, so a label that can be read in several orders is not doubtful.
 *
 * @internal
 */
export const doubtOfDates = (
  { base, extension, labels }: DatedSeries,
  order: DayOrder,
  stated: boolean
): string | undefined => {
  const [first = ""] = labels
  const plain = labels.every((label) => DIGITS.test(label))
  if (plain && STILLS.has(extension) && consecutive(labels)) {
    return `${quoted(first)} and the others count up by one, as the frames of a sequence do`
  }
  if (stated) return undefined
  if (new Set(labels.map((label) => digitsOf(label).length)).size > 1) {
    return `some dates have six digits and others eight, as in ${labels.map(quoted).slice(0, 3).join(", ")}`
  }
  const days = daysOf(labels, order)
  const other = days === undefined ? undefined : otherwiseOrdered(labels, days)
  if (other !== undefined) {
    return `${labels.map(quoted).slice(0, 3).join(", ")} are days written ${orderWords[other]} too, which puts them in another order`
  }
  if (plain && labels.every((label) => TIME.test(label))) {
    return `${quoted(first)} and the others can be times of day`
  }
  if (plain && first.length === 6 && consecutive(labels)) {
    return `${quoted(first)} and the others count up by one, as frames and clips do`
  }
  if (/\d$/.test(base) && !labels.every((label) => label.includes("-"))) {
    return `${quoted(base)} ends in a digit, so ${quoted(first)} can be a part of a longer number`
  }
  return undefined
}

/**
 * Why versions that a pattern reads as numbers may be days that the numbers put in the wrong order.
 *
 * @internal
 */
export const doubtOfNumbers = (labels: ReadonlyArray<string>, values: ReadonlyArray<bigint>): string | undefined => {
  const written = labels.every((label) => ordersOf(label).length > 0)
  if (!written) return undefined
  if (new Set(labels.map((label) => digitsOf(label).length)).size > 1) {
    return `${labels.map(quoted).slice(0, 3).join(", ")} can be dates, some with the century and some without`
  }
  const other = otherwiseOrdered(labels, values)
  return other === undefined
    ? undefined
    : `${labels.map(quoted).slice(0, 3).join(", ")} can be days written ${orderWords[other]}, which puts them in another order`
}
