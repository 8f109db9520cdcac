/**
 * Reads `Retry-After`: when a server says that it may be asked again; pure, without Effect.
 *
 * Frame.io does not send it, but a proxy before it or a storage host may, with a 429 or a 503.
 *
 * @since 0.1.0
 */

/** A longer wait is cut to a day; a server that still refuses then says so again. */
const LONGEST_MILLIS = 86_400_000

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

const NUMBER = /^\d{1,15}(?:\.\d{1,15})?$/
const TIME = String.raw`(\d{2}):(\d{2}):(\d{2})`
/** `Sun, 06 Nov 1994 08:49:37 GMT`, the form that HTTP asks for. */
const FIXED = new RegExp(String.raw`^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) ${TIME} (?:GMT|UTC)$`, "i")
/** `Sunday, 06-Nov-94 08:49:37 GMT`, its first obsolete form. */
const RFC_850 = new RegExp(String.raw`^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) ${TIME} (?:GMT|UTC)$`, "i")
/** `Sun Nov  6 08:49:37 1994`, the second; it names no zone, and means UTC. */
const ASCTIME = new RegExp(String.raw`^[a-z]{3} ([a-z]{3}) ([ \d]\d) ${TIME} (\d{4})$`, "i")

const DAY_MILLIS = 86_400_000
const YEAR_MILLIS = 365.2425 * DAY_MILLIS

const utc = (
  year: number,
  month: string,
  day: number,
  hours: number,
  minutes: number,
  seconds: number
): number | undefined => {
  const index = MONTHS.indexOf(month.toLowerCase())
  const days = (Date.UTC(year, index + 1, 1) - Date.UTC(year, index, 1)) / DAY_MILLIS
  // A leap second is a second, too.
  const exists = index >= 0 && day >= 1 && day <= days && hours < 24 && minutes < 60 && seconds <= 60
  return exists ? Date.UTC(year, index, day, hours, minutes, seconds) : undefined
}

/** Two digits mean the year that is at most 50 years ahead. */
const fullYear = (twoDigits: number, nowMillis: number): number => {
  const present = 1970 + Math.floor(nowMillis / YEAR_MILLIS)
  const year = present - (present % 100) + twoDigits
  return year > present + 50 ? year - 100 : year
}

/** One of the three forms of an HTTP date, in ms since 1970. */
const parseDate = (text: string, nowMillis: number): number | undefined => {
  const fixed = FIXED.exec(text)
  if (fixed !== null) {
    const [, day = "", month = "", year, hours = "", minutes = "", seconds = ""] = fixed
    return utc(Number(year), month, Number(day), Number(hours), Number(minutes), Number(seconds))
  }
  const rfc850 = RFC_850.exec(text)
  if (rfc850 !== null) {
    const [, day = "", month = "", year, hours = "", minutes = "", seconds = ""] = rfc850
    return utc(fullYear(Number(year), nowMillis), month, Number(day), Number(hours), Number(minutes), Number(seconds))
  }
  const asctime = ASCTIME.exec(text)
  if (asctime === null) return undefined
  const [, month = "", day = "", hours = "", minutes = "", seconds = "", year] = asctime
  return utc(Number(year), month, Number(day), Number(hours), Number(minutes), Number(seconds))
}

/** A header that came twice is one value with a comma between; a date has a comma of its own after its weekday. */
const elements = (value: string): ReadonlyArray<string> =>
  value.split(/(?<!(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*),/i).map((element) => element.trim())

/**
 * How long an answer asks to wait, in ms, 0 to a day; `undefined` if it does not say so in a form that HTTP knows.
 *
 * - Seconds, with a fraction or without, or one of HTTP's three forms of a date.
 * - A date counts from the answer's own `Date`, so that a wrong clock here changes nothing; without one, from
 *   `nowMillis` (ms since 1970).
 * - The longest of several values.
 *
 * @example
 * ```ts
 * const millis = RetryAfter.fromHeaders({ "retry-after": "120" }, 0) // 120 000
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromHeaders = (
  headers: Readonly<Record<string, string | undefined>>,
  nowMillis: number
): number | undefined => {
  const value = headers["retry-after"]
  if (value === undefined) return undefined
  const { date } = headers
  const since = (date === undefined ? undefined : parseDate(date.trim(), nowMillis)) ?? nowMillis
  let longest: number | undefined
  for (const element of elements(value)) {
    const at = NUMBER.test(element) ? since + Number(element) * 1000 : parseDate(element, since)
    if (at !== undefined) longest = Math.max(longest ?? 0, at - since)
  }
  return longest === undefined ? undefined : Math.min(longest, LONGEST_MILLIS)
}
