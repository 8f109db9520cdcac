/**
 * Text of a server made fit for messages: without secrets, on one line, of bounded length. Pure.
 *
 * @since 0.1.0
 */

/** Long enough to recognise a page, short enough for a log line. */
const EXCERPT_LENGTH = 500

/**
 * Removes every spelling of a secret from a server's text.
 *
 * @example
 * ```ts
 * const shown = SafeText.excerpt(SafeText.scrub("<h1>Bad token fio-u-123</h1>", "fio-u-123"), 80)
 * ```
 *
 * @since 0.1.0
 * @category text
 */
export const scrub = (text: string, secret: string | undefined): string => {
  if (secret === undefined || secret === "") return text
  let clean = text
  for (const spelling of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
    clean = clean.split(spelling).join("<redacted>")
  }
  // JSON may escape the slash, which `JSON.stringify` does not.
  return secret.includes("/") ? clean.split(secret.split("/").join("\\/")).join("<redacted>") : clean
}

/**
 * The source of a regular expression (with the flag `u`) for one character that acts instead of being seen: controls,
 * invisible formatting, changes of direction, line separators, halves of characters; but not the joiners of emoji and of
 * Persian.
 *
 * @since 0.1.0
 * @category text
 */
export const hidden = "(?![\\u200c\\u200d])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]"

const HIDDEN = new RegExp(hidden, "gu")

/**
 * A server's text for a terminal or a log: {@link hidden} characters are written as `\\u{1b}`, so that they cannot move the
 * cursor or turn the direction of a line.
 *
 * @internal
 */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)

/**
 * The beginning of a text on one line, at most `length` characters, with nothing unseen in it.
 *
 * @since 0.1.0
 * @category text
 */
export const excerpt = (text: string, length: number = EXCERPT_LENGTH): string => {
  const line = visible(
    text
      .slice(0, length * 8)
      .replace(/\s+/g, " ")
      .trim()
  )
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}

/**
 * The words of a body, without the tags of a page.
 *
 * @since 0.1.0
 * @category text
 */
export const words = (body: string, length: number): string =>
  excerpt(
    body
      .slice(0, length * 40)
      .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, " ")
      .replace(/<[^>]*>/g, " "),
    length
  )

/**
 * The path of a field as a person writes it: `creator.id`, `[3].name`.
 *
 * @internal
 */
export const fieldPath = (path: ReadonlyArray<PropertyKey>): string => {
  let text = ""
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`
    else text += text === "" ? String(key) : `.${String(key)}`
  }
  return text
}

/**
 * The reverse of {@link fieldPath}.
 *
 * @internal
 */
export const pathSteps = (path: string): ReadonlyArray<PropertyKey> =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))

/**
 * Annotates a schema with one message for all its rules.
 *
 * @internal
 */
export const says = (message: string) => ({ message: () => ({ message, override: true }) })
