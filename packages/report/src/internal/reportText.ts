/** Text for people: foreign text with nothing hidden in it, numbers. Pure: the page's own program has it, too. */

/**
 * Characters that are invisible or move the text around them, and spaces at either end. The page's program may not bundle
 * `SafeText.hidden` of `core`, so a test compares the two.
 */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|^\p{Zs}+|\p{Zs}+$/gu

const codePoints = (text: string): string =>
  Array.from(text, (one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ")

/** A piece of a text: itself, or the names of its hidden characters. */
export interface Piece {
  readonly text: string
  readonly hidden: boolean
  /** Its offset in the text. */
  readonly at: number
}

export const pieces = (text: string): ReadonlyArray<Piece> => {
  const found: Array<Piece> = []
  let end = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), hidden: false, at: end })
    found.push({ text: codePoints(match[0]), hidden: true, at: match.index })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), hidden: false, at: end })
  return found
}

/** For a terminal or an attribute: hidden characters as `[U+202E]`, so nothing in a name can control what shows it. */
export const visible = (text: string): string =>
  pieces(text)
    .map((piece) => (piece.hidden ? `[${piece.text}]` : piece.text))
    .join("")

/** A message of several lines, on one line. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** `12,345`. */
export const count = (value: number): string => value.toLocaleString("en-US")

/** Up to one digit after the point: `19.8`, `20`, `1,204`. */
export const decimal = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 })
