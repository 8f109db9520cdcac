/**
 * Text for a terminal: foreign text is made harmless, long text is broken at words, and styles are marks that `Stdio`
 * turns into colours if wanted. Pure.
 *
 * @since 0.1.0
 */
import * as SafeText from "@effect-frameio/core/SafeText"
import { eastAsianWidth } from "get-east-asian-width"

/** Characters that Unicode leaves to programs. */
const MARKS = {
  bold: "\ufdd0",
  dim: "\ufdd1",
  red: "\ufdd2",
  green: "\ufdd3",
  yellow: "\ufdd4",
  cyan: "\ufdd5",
  end: "\ufddf"
}

/** Around a link's address, and after its text. */
const LINK = { address: "\ufdd8", text: "\ufdd9", end: "\ufdda" }

/** Links lead only to Frame.io, whatever marks a foreign text contains. */
const LINKED = /\ufdd8(https:\/\/(?:[\w-]+\.)*frame\.io\/[!-~]*)\ufdd9([^\ufdd8-\ufdda]*)\ufdda/g

const ADDRESS = /\ufdd8[^\ufdd9]*\ufdd9/g

const CODES: Readonly<Record<string, string>> = {
  [MARKS.bold]: "1",
  [MARKS.dim]: "2",
  [MARKS.red]: "31",
  [MARKS.green]: "32",
  [MARKS.yellow]: "33",
  [MARKS.cyan]: "36",
  [MARKS.end]: "0"
}

const MARK = /[\ufdd0-\ufddf]/g

/**
 * A text in a style. Colours are the eight that every terminal makes readable on its background.
 *
 * @since 0.1.0
 * @category styling
 */
export const styled = (style: Exclude<keyof typeof MARKS, "end">, text: string): string =>
  text === "" ? "" : `${MARKS[style]}${text}${MARKS.end}`

/**
 * A text that links to an address of Frame.io if the terminal supports links, and plain text elsewhere.
 *
 * @since 0.1.0
 * @category styling
 */
export const linked = (address: string | undefined, text: string): string =>
  address === undefined ? text : `${LINK.address}${address}${LINK.text}${text}${LINK.end}`

/**
 * A text with its styles as a terminal's colours, or without them; with links (OSC 8), or without them.
 *
 * @since 0.1.0
 * @category styling
 */
export const painted = (text: string, colors: boolean, links = false): string =>
  text
    .replace(LINKED, (_, address: string, words: string) =>
      links ? `\u001b]8;;${address}\u001b\\${words}\u001b]8;;\u001b\\` : words
    )
    .replace(ADDRESS, "")
    .replace(MARK, (mark) => (colors && mark in CODES ? `\u001b[${CODES[mark]}m` : ""))

/** Characters that a terminal acts on or that reverse text, except line feed and tab. */
const HARMFUL = new RegExp(`(?![\\n\\t])${SafeText.hidden}`, "gu")

const TOKEN = /\bfio-[a-z]-[\w-]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g

/**
 * A text without anything in the form of a Frame.io token, given as an argument by mistake or sent back.
 *
 * @since 0.1.0
 * @category printing
 */
export const withoutTokens = (text: string): string =>
  text.includes("fio-") || text.includes("eyJ") ? text.replace(TOKEN, "<token>") : text

/**
 * A foreign text made safe for a terminal: controls, and characters that reverse text, are spelt out as in JSON, and
 * tokens removed.
 *
 * @since 0.1.0
 * @category printing
 */
export const visible = (text: string): string =>
  withoutTokens(text).replace(HARMFUL, (character) => [...unitsOf(character)].map((unit) => `\\u${unit}`).join(""))

function* unitsOf(character: string): Generator<string> {
  for (let at = 0; at < character.length; at++) yield character.charCodeAt(at).toString(16).padStart(4, "0")
}

/**
 * {@link visible}, on one line.
 *
 * @since 0.1.0
 * @category printing
 */
export const visibleLine = (text: string): string => visible(text).replace(/\n/g, "\\n").replace(/\t/g, "\\t")

const ASCII = /^[ -~]*$/

/** Characters without a column of their own, which combine with the one before. */
const NO_WIDTH = /[\p{M}\p{Cf}\p{Cc}]/u

/**
 * How many columns a text takes: wide characters take two, marks none. An emoji of several parts counts as wider than
 * some terminals show it. (`string-width` knows better, but takes as long to load as all of the help.)
 *
 * @since 0.1.0
 * @category getters
 */
export const width = (text: string): number => {
  const plain = text.replace(ADDRESS, "").replace(MARK, "")
  if (ASCII.test(plain)) return plain.length
  let columns = 0
  for (const character of plain) {
    if (!NO_WIDTH.test(character)) columns += eastAsianWidth(character.codePointAt(0) ?? 0)
  }
  return columns
}

/**
 * A text filled up to a width.
 *
 * @since 0.1.0
 * @category printing
 */
export const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/**
 * A text cut in the middle if it is too wide, so that the beginning and the end of a name show.
 *
 * @since 0.1.0
 * @category printing
 */
export const shortened = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  const characters = [...text]
  const take = (from: ReadonlyArray<string>, room: number): ReadonlyArray<string> => {
    let taken = 0
    let count = 0
    for (const character of from) {
      taken += width(character)
      if (taken > room) break
      count += 1
    }
    return from.slice(0, count)
  }
  const room = Math.max(columns - 1, 0)
  const end = [...take([...characters].reverse(), Math.floor(room / 2))].reverse()
  return `${take(characters, room - width(end.join(""))).join("")}…${end.join("")}`
}

/**
 * A paragraph in lines no wider than `columns`, broken at spaces; an overlong word stays whole.
 *
 * @since 0.1.0
 * @category printing
 */
export const wrapped = (text: string, columns: number): ReadonlyArray<string> => {
  if (width(text) <= columns) return [text]
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/ +/)) {
    if (line === "") line = word
    else if (width(line) + 1 + width(word) <= columns) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line]
}

/**
 * A text of several lines, each wrapped; continuation lines are indented like their first line.
 *
 * @since 0.1.0
 * @category printing
 */
export const folded = (text: string, columns: number): string =>
  text
    .split("\n")
    .flatMap((line) => {
      const indent = /^ */.exec(line)?.[0] ?? ""
      return wrapped(line.slice(indent.length), Math.max(columns - indent.length, 20)).map((part) => indent + part)
    })
    .join("\n")

/**
 * Rows of a term and its meaning, the meanings aligned and wrapped.
 *
 * @since 0.1.0
 * @category printing
 */
export const rows = (
  pairs: ReadonlyArray<readonly [term: string, meaning: string]>,
  columns: number
): ReadonlyArray<string> => {
  const terms = Math.min(Math.max(0, ...pairs.map(([term]) => width(term))), Math.floor(columns * 0.4))
  const beside = columns - terms - 4
  // Beside a term there must be room for some words.
  const indent = " ".repeat(beside < 30 ? 6 : terms + 4)
  return pairs.flatMap(([term, meaning]) => {
    if (meaning === "") return [`  ${term}`]
    const lines = wrapped(meaning, columns - indent.length)
    const [first = "", ...rest] = lines
    return indent.length === 6 || width(term) > terms
      ? [`  ${term}`, ...lines.map((line) => indent + line)]
      : [`  ${padded(term, terms)}  ${first}`, ...rest.map((line) => indent + line)]
  })
}

/**
 * As much of a text as fits, with its styles ended.
 *
 * @since 0.1.0
 * @category printing
 */
export const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  let taken = ""
  let at = 0
  for (const character of text) {
    const wide = width(character)
    if (at + wide > columns) break
    taken += character
    at += wide
  }
  return taken.search(MARK) < 0 ? taken : taken + MARKS.end
}

const PLAIN: Readonly<Record<string, string>> = {
  "…": "...",
  "“": '"',
  "”": '"',
  "’": "'",
  "—": "-",
  "–": "-",
  "×": "x",
  "→": "->",
  "█": "#",
  "░": "."
}

/**
 * Our own signs in ASCII, for terminals without Unicode. File names stay.
 *
 * @since 0.1.0
 * @category printing
 */
export const ascii = (text: string): string => text.replace(/[…“”’—–×→█░]/g, (sign) => PLAIN[sign] ?? sign)

/**
 * A count and its noun.
 *
 * @since 0.1.0
 * @category printing
 */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** Terminals that support links, by their own environment variables; others may print the address. */
const hasLinks = (environment: (name: string) => string): boolean =>
  /^(?:iTerm\.app|WezTerm|vscode|ghostty|Hyper|Tabby|rio)$/.test(environment("TERM_PROGRAM")) ||
  /kitty|foot|alacritty|ghostty|contour/.test(environment("TERM")) ||
  environment("WT_SESSION") !== "" ||
  environment("KONSOLE_VERSION") !== "" ||
  Number(environment("VTE_VERSION")) >= 5000

/**
 * A word quoted for a POSIX shell.
 *
 * @since 0.1.0
 * @category printing
 */
export const quoted = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/**
 * The abilities of a terminal, from the environment.
 *
 * @since 0.1.0
 * @category getters
 */
export const traits = (
  /** A variable's value, empty if unset. */
  environment: (name: string) => string
): { readonly colors: boolean; readonly cursor: boolean; readonly unicode: boolean; readonly links: boolean } => {
  const cursor = environment("TERM") !== "dumb"
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(environment).find((value) => value !== "")
  return {
    colors: cursor && environment("NO_COLOR") === "",
    cursor,
    links: cursor && environment("NO_COLOR") === "" && hasLinks(environment),
    // Most terminals whose locale says nothing show all of Unicode; one with another encoding does not.
    unicode: locale === undefined || /utf-?8/i.test(locale)
  }
}
