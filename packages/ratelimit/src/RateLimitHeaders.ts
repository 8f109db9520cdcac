/**
 * The three headers in which Frame.io tells its rate limit; pure, without Effect.
 *
 * All three are decimal integers, sent with every answer. There is no reset header.
 * See <https://developer.frame.io/platform/v2/rate-limits.md>.
 *
 * @since 0.1.0
 */

/**
 * The bucket's state as one answer reports it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitHeaders {
  /** Requests per window, at least 1. */
  readonly limit: number
  /** The window's length in ms, at least 1. */
  readonly windowMillis: number
  /** Requests left, rounded to the nearest whole one. Absent where the header was missing or broken. */
  readonly remaining: number | undefined
}

/**
 * A header that was there and could not be used: no number, or a number that contradicts the others.
 *
 * @since 0.1.0
 * @category models
 */
export interface Malformed {
  /** The header's name. */
  readonly header: string
  /** Its value as it came. */
  readonly value: string
}

/**
 * The result of reading an answer's headers: what could be used, and what could not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parsed {
  /** Absent unless both limit and window were there and sound, and nothing contradicts them. */
  readonly headers: RateLimitHeaders | undefined
  /** Every rate-limit header that was there and could not be used. */
  readonly malformed: ReadonlyArray<Malformed>
}

/**
 * The name of the header with the requests allowed per window.
 *
 * @since 0.1.0
 * @category names
 */
export const LIMIT = "x-ratelimit-limit"

/**
 * The name of the header with the window's length in ms.
 *
 * @since 0.1.0
 * @category names
 */
export const WINDOW = "x-ratelimit-window"

/**
 * The name of the header with the requests left.
 *
 * @since 0.1.0
 * @category names
 */
export const REMAINING = "x-ratelimit-remaining"

/** A day: a longer window is a mistake of the server. */
const LONGEST_WINDOW_MILLIS = 86_400_000

const NOTHING_MALFORMED: ReadonlyArray<Malformed> = []

/** The documentation types the limit as a double, so `20.0` is read too. */
const NUMBER = /^\s*\d{1,15}(?:\.0+)?\s*$/

/** A header that came twice with one value says one thing. */
const single = (value: string): string => {
  if (!value.includes(",")) return value
  const [first = "", ...rest] = value.split(",").map((one) => one.trim())
  return rest.every((one) => one === first) ? first : value
}

const read = (value: string, lowest: number, highest: number): number | undefined => {
  const text = single(value)
  if (!NUMBER.test(text)) return undefined
  const number = Number(text)
  return number >= lowest && number <= highest ? number : undefined
}

/**
 * Reads the headers of an answer; names are in lower case, as every `HttpClient` gives them.
 *
 * A header that is not a whole number in its range (missing, negative, zero, `Infinity`, text) is not believed. If
 * `remaining` is more than the limit, none of the three is.
 *
 * @example
 * ```ts
 * const { headers, malformed } = RateLimitHeaders.parse({
 *   "x-ratelimit-limit": "100",
 *   "x-ratelimit-window": "60000",
 *   "x-ratelimit-remaining": "99"
 * })
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (headers: Readonly<Record<string, string | undefined>>): Parsed => {
  const limitText = headers[LIMIT]
  const windowText = headers[WINDOW]
  const remainingText = headers[REMAINING]
  const limit = limitText === undefined ? undefined : read(limitText, 1, Number.MAX_SAFE_INTEGER)
  const windowMillis = windowText === undefined ? undefined : read(windowText, 1, LONGEST_WINDOW_MILLIS)
  const remaining = remainingText === undefined ? undefined : read(remainingText, 0, Number.MAX_SAFE_INTEGER)
  const malformed: Array<Malformed> = []
  if (limitText !== undefined && limit === undefined) malformed.push({ header: LIMIT, value: limitText })
  if (windowText !== undefined && windowMillis === undefined) malformed.push({ header: WINDOW, value: windowText })
  if (remainingText !== undefined && remaining === undefined) {
    malformed.push({ header: REMAINING, value: remainingText })
  }
  // One of the two is wrong, and nothing says which.
  const contradictory = limit !== undefined && remaining !== undefined && remaining > limit
  if (contradictory && remainingText !== undefined) malformed.push({ header: REMAINING, value: remainingText })
  return {
    headers:
      limit === undefined || windowMillis === undefined || contradictory
        ? undefined
        : { limit, windowMillis, remaining },
    malformed: malformed.length === 0 ? NOTHING_MALFORMED : malformed
  }
}
