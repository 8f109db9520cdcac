/** Markup of a page, where foreign text can only ever be text. Pure. */
import * as DateTime from "effect/DateTime"
import { pieces } from "./reportText.js"

/**
 * Safe markup, made by {@link html} from constants and escaped values.
 *
 * @internal
 */
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

/**
 * A template whose values are escaped unless they are markup themselves.
 *
 * @internal
 */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Inserted>): Markup =>
  new Markup(strings.reduce((text, part, index) => text + insert(values[index - 1] ?? null) + part))

/**
 * A foreign text: its change of direction ends with it, its extension stays at its end, hidden characters show.
 *
 * @internal
 */
export const outside = (text: string): Markup =>
  html`<bdi dir="ltr">${pieces(text).map((piece) => (piece.hidden ? html`<span class="hidden">${piece.text}</span>` : html`${piece.text}`))}</bdi>`

/**
 * JSON for a `script` element: no text in it can close the element or begin a comment, and line ends of older parsers
 * are escaped as well.
 *
 * @internal
 */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/**
 * `2026-11-25T19:15:48.000Z`, or the empty string for no time.
 *
 * @internal
 */
export const iso = (millis: number | null): string => {
  if (millis === null) return ""
  const time = DateTime.make(millis)
  return time._tag === "Some" ? DateTime.formatIso(time.value) : ""
}

/** `2026-11-25 19:15:48 UTC`. */
const utc = (millis: number): string => `${iso(millis).slice(0, 19).replace("T", " ")} UTC`

/**
 * A moment, in UTC until the page's script turns it into the viewer's zone.
 *
 * @internal
 */
export const moment = (millis: number): Markup => html`<time datetime="${iso(millis)}">${utc(millis)}</time>`
