/**
 * A pattern of the user's own, matched by RE2 in time linear in the name. Pure.
 */
import { RE2JS, RE2JSException } from "re2js"
import type { Version } from "../../NamingRule.js"
import { dayOf } from "./dates.js"
import { quoted } from "./quoted.js"
import { type Found, type Nearby, nothing, partsOf, two } from "./scanners.js"

/** The longest pattern, in UTF-16 units. */
const MAX_PATTERN = 1000

/** Instructions of a compiled pattern: so many take a few milliseconds for the longest name. */
const MAX_PROGRAM = 1000

const HINT = "(?<base>.+)_v(?<version>[0-9]+)"

const DATE_GROUPS = ["year", "month", "day"] as const

const GROUPS: ReadonlyArray<string> = ["base", "version", "suffix", "ext", ...DATE_GROUPS]

/**
 * How a pattern reads a name.
 *
 * @internal
 */
export interface OwnPattern {
  /** Gets the name without its extension, and with it. */
  readonly scan: (stem: string, whole: string) => Found
  /** The extension, if the pattern has its own group for it. */
  readonly extensionOf: ((whole: string) => string) | undefined
  /** Whether the pattern says in which order days are written. */
  readonly dated: boolean
}

const whyNot = (cause: unknown): string => {
  const text = cause instanceof RE2JSException ? cause.message : String(cause)
  // The message without its prefix names the faulty part.
  return text.replace(/^error parsing regexp: /, "")
}

const LOOKS_AROUND = /\(\?<?[=!]/
const REFERS_BACK = /\\(?:[1-9]|k<)/

const compiled = (source: string, flags: number): RE2JS | string => {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source), flags)
  } catch (cause) {
    return whyNot(cause)
  }
}

interface Matched {
  readonly base: string
  readonly version: string
  readonly suffix: string
  readonly ext: string
  /** Whether a digit stands right before or after the presumed version. */
  readonly torn: boolean
}

const isDigit = (text: string | undefined): boolean => text !== undefined && /^\d$/.test(text)

const matcherOf = (expression: RE2JS, names: ReadonlySet<string>) => {
  const parts: ReadonlyArray<string> = names.has("version") ? ["version"] : DATE_GROUPS
  return (text: string): Matched | undefined => {
    const match = expression.matcher(text)
    if (!match.matches()) return undefined
    const group = (name: string): string => (names.has(name) ? (match.group(name) ?? "") : "")
    const begin = Math.min(...parts.map((name) => match.start(name)))
    const end = Math.max(...parts.map((name) => match.end(name)))
    return {
      base: group("base"),
      version: parts.map((name) => (name === "version" ? group(name) : group(name).padStart(2, "0"))).join("-"),
      suffix: group("suffix"),
      ext: group("ext"),
      torn: begin >= 0 && (isDigit(text[begin - 1]) || isDigit(text[end]))
    }
  }
}

/** Digits, in several groups between separators, with one letter after them. */
const NUMBER = /^\d+(?:[._-]\d+)*[a-z]?$/i
const DAY_LAST = /^\d{2}([._-])\d{2}\1\d{4}$/

/** The version in a group's match, or why it is none. */
const versionOf = (text: string, dated: boolean): Version | string => {
  if (dated) {
    const digits = text.replaceAll("-", "")
    const day = dayOf(digits, "ymd")
    return day === undefined ? `${quoted(text)} (year-month-day) is not a day of the calendar` : [day]
  }
  const day = /^\d{4}[._-]/.test(text) ? dayOf(text, "ymd") : undefined
  if (day !== undefined) return [day]
  if (DAY_LAST.test(text) && (dayOf(text, "dmy") ?? dayOf(text, "mdy")) !== undefined) {
    return `${quoted(text)} can be a day, and nothing says in which order; use the groups day, month and year`
  }
  return NUMBER.test(text) ? partsOf(text) : `its version is ${quoted(text)}, which is not a number`
}

const foundIn = ({ base, suffix, version: label }: Matched, dated: boolean): Found => {
  const version = versionOf(label, dated)
  const near = { prefix: base, suffix, label }
  return typeof version === "string"
    ? nothing(version, /\d/.test(label) ? [{ ...near, version: undefined }] : [])
    : { _tag: "Found", ...near, version, doubt: undefined }
}

const nearOf = (found: Found): ReadonlyArray<Nearby> => (found._tag === "Found" ? [found] : found.near)

/** Problems of a pattern that can be seen without compiling it. */
const problemsOf = (pattern: string, groups: ReadonlyArray<string>): Array<string> => {
  const problems: Array<string> = []
  if (pattern.length > MAX_PATTERN) {
    problems.push(`The pattern has ${pattern.length} characters; the most is ${MAX_PATTERN}.`)
  }
  if (!groups.includes("base")) problems.push(`The group (?<base>…) is missing. An example: ${HINT}`)
  const ofDate = DATE_GROUPS.filter((name) => groups.includes(name))
  if (ofDate.length === 0 && !groups.includes("version")) {
    problems.push(`The group (?<version>…) is missing. An example: ${HINT}`)
  }
  if (ofDate.length > 0 && ofDate.length < DATE_GROUPS.length) {
    problems.push("The groups year, month and day are needed together.")
  }
  if (ofDate.length > 0 && groups.includes("version")) {
    problems.push("The version is the group version, or the groups year, month and day, but not both.")
  }
  for (const name of new Set(groups)) {
    if (!GROUPS.includes(name)) {
      problems.push(
        `The group (?<${name}>…) is unknown; the groups are ${GROUPS.join(", ")}. Use (?:…) for parts to ignore.`
      )
    }
  }
  if (LOOKS_AROUND.test(pattern) || REFERS_BACK.test(pattern)) {
    problems.push(
      "(?=…), (?!…), (?<=…), (?<!…) and references back to a group are not supported: they can take for ever."
    )
  }
  return problems
}

/**
 * A pattern, or everything that is wrong with it.
 *
 * @internal
 */
export const readPattern = (
  pattern: string,
  ignoreCase: boolean
):
  | { readonly ok: true; readonly value: OwnPattern }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> } => {
  if (pattern.trim() === "") return { ok: false, problems: [`The pattern is empty. An example: ${HINT}`] }
  const groups = [...pattern.matchAll(/\(\?P?<([^=!>][^>]*)>/g)].map(([, name = ""]) => name)
  const problems = problemsOf(pattern, groups)
  const names = new Set(groups)
  const flags = ignoreCase ? RE2JS.CASE_INSENSITIVE : 0
  // An overlong pattern is not compiled just to find its other faults.
  if (pattern.length > MAX_PATTERN) return { ok: false, problems }
  const expression = compiled(`(?:${pattern})`, flags)
  if (typeof expression === "string") {
    if (!LOOKS_AROUND.test(pattern) && !REFERS_BACK.test(pattern)) {
      problems.push(`The pattern is not a regular expression: ${expression}.`)
    }
    return { ok: false, problems }
  }
  if (expression.programSize() > MAX_PROGRAM) {
    problems.push("The pattern is too large: write fewer or smaller repetitions such as {0,200}.")
  }
  // The same pattern with every repetition as short as possible, and followed by anything but a digit.
  const shortest = compiled(`(?U)(?:${pattern})`, flags)
  const beginning = compiled(`(?:${pattern})[^0-9](?s:.*)`, flags)
  if (problems.length > 0 || typeof shortest === "string" || typeof beginning === "string") {
    return { ok: false, problems }
  }
  const dated = !names.has("version")
  const ownExtension = names.has("ext")
  const [match, matchShortest, matchBeginning] = [expression, shortest, beginning].map((one) => matcherOf(one, names))
  const scan = (stem: string, whole: string): Found => {
    const text = ownExtension ? whole : stem
    const matched = match?.(text)
    if (matched === undefined) {
      const begun = matchBeginning?.(text)
      return nothing("it does not match the pattern", begun === undefined ? [] : nearOf(foundIn(begun, dated)))
    }
    const found = foundIn(matched, dated)
    const other = matched.torn ? matchShortest?.(text) : undefined
    if (other === undefined || (other.base === matched.base && other.version === matched.version)) return found
    return two(
      `the pattern splits a number: the version can be ${quoted(matched.version)} or ${quoted(other.version)}`,
      [...nearOf(found), ...nearOf(foundIn(other, dated))]
    )
  }
  return {
    ok: true,
    value: {
      scan,
      extensionOf: ownExtension ? (whole) => match?.(whole)?.ext.replace(/^\./, "") ?? "" : undefined,
      dated
    }
  }
}
