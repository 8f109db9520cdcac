/**
 * How texts that came from outside are written into a page, a terminal and a spreadsheet, and how numbers are written for
 * people. Pure.
 */
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import * as DateTime from "effect/DateTime"

/**
 * What a person cannot see, or what moves the text around it: controls, the direction controls that make `exe.mov` of
 * `vom.exe`, line separators, halves of characters, invisible spaces, spaces at either end. The joiners of emoji and of
 * Persian are left alone. For a `RegExp` with the flags `gu`; the page's script uses the same.
 */
export const HIDDEN = String.raw`[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\u00ad\u200b\u2060\ufeff]|^\p{Zs}+|\p{Zs}+$`

const hidden = new RegExp(HIDDEN, "gu")

const codePoints = (text: string): string =>
  Array.from(text, (one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ")

/** A piece of a text: as it is, or the names of what cannot be seen. */
export interface Piece {
  readonly text: string
  readonly hidden: boolean
}

const pieces = (text: string): ReadonlyArray<Piece> => {
  const found: Array<Piece> = []
  let end = 0
  for (const match of text.matchAll(hidden)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), hidden: false })
    found.push({ text: codePoints(match[0]), hidden: true })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), hidden: false })
  return found
}

/** For a terminal or an attribute: hidden characters as `[U+202E]`, so nothing in a name can steer what shows it. */
export const visible = (text: string): string =>
  pieces(text)
    .map((piece) => (piece.hidden ? `[${piece.text}]` : piece.text))
    .join("")

/** A message of several lines on one. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** Markup that is known to be safe: made by {@link html} of constants and escaped values. */
export class Markup {
  constructor(readonly text: string) {}
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

type Inserted = string | number | Markup | ReadonlyArray<Markup> | null

const insert = (value: Inserted): string => {
  if (value === null) return ""
  if (value instanceof Markup) return value.text
  if (typeof value === "object") return value.map((one) => one.text).join("")
  return String(value).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
}

/** A template whose values are escaped unless they are markup themselves. */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Inserted>): Markup =>
  new Markup(strings.reduce((text, part, index) => text + insert(values[index - 1] ?? null) + part))

/** A text from outside: its change of direction ends with it, its extension stays at its end, what is hidden shows. */
export const outside = (text: string): Markup =>
  html`<bdi dir="ltr">${pieces(text).map((piece) => (piece.hidden ? html`<span class="hidden">${piece.text}</span>` : html`${piece.text}`))}</bdi>`

/**
 * JSON that can stand in a `script` element: no text in it can close the element or begin a comment, and what older
 * parsers took for the end of a line is escaped as well. Still the same JSON.
 */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** One cell of CSV by RFC 4180. */
export const csvCell = (value: string | number | null): string =>
  value === null ? "" : typeof value === "number" ? String(value) : PlanFile.cell(value)

/** `12,345`. */
export const count = (value: number): string => value.toLocaleString("en-US")

/** Up to one digit after the point: `19.8`, `20`, `1,204`. */
export const decimal = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 })

/** `250 ms`, `12.3 s`, `8 min 12 s`, `8 h 12 min`, `3 d 4 h`. */
export const duration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${decimal(millis / 1000)} s`
  const pair = (of: number, big: number, small: number, bigName: string, smallName: string): string => {
    const units = Math.round(of / small)
    const whole = Math.floor(units / (big / small))
    const rest = units % (big / small)
    return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`
  }
  if (millis < 3_600_000 - 500) return pair(millis, 60_000, 1000, "min", "s")
  if (millis < 86_400_000 - 30_000) return pair(millis, 3_600_000, 60_000, "h", "min")
  return pair(millis, 86_400_000, 3_600_000, "d", "h")
}

/** `2026-11-25T19:15:48.000Z`, or nothing for what is no time. */
export const iso = (millis: number | null): string => {
  if (millis === null) return ""
  const time = DateTime.make(millis)
  return time._tag === "Some" ? DateTime.formatIso(time.value) : ""
}

/** `2026-11-25 19:15:48 UTC`. */
const utc = (millis: number): string => `${iso(millis).slice(0, 19).replace("T", " ")} UTC`

/** A moment: in UTC until the page's script puts it into the viewer's zone. */
export const moment = (millis: number): Markup => html`<time datetime="${iso(millis)}">${utc(millis)}</time>`
