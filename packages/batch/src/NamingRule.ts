/**
 * What a file name says of itself: which series it belongs to, and which version of it it is. Pure.
 *
 * The rule is the user's: one of the four that have a name, or a pattern of the user's own. A name that a rule can read
 * in two ways is `Ambiguous`, and nobody guesses which was meant.
 *
 * The base of a name is all of it but the version: what stands before it, the frame counter or other suffix behind it,
 * and the extension. Two names are of one series when their whole bases are the same. Unicode is compared in its composed
 * form (NFC), spaces at the ends do not count, and the case of an extension does not count.
 *
 * @since 0.1.0
 */

/**
 * How names are compared.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether `Nightsky` and `nightsky` are one base. Default false. */
  readonly ignoreCase?: boolean | undefined
  /** Whether `.mov` and `.mp4` may be versions of one another. Default false. */
  readonly anyExtension?: boolean | undefined
}

/**
 * The longest name that is read, in UTF-16 units. No file system in use has longer ones.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_NAME = 255

/**
 * The longest pattern, in UTF-16 units.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_PATTERN = 1000

/**
 * A name that fits the rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fits {
  readonly _tag: "Fits"
  /** What is left without the version and the extension, for people. */
  readonly base: string
  /** Equal for two names exactly when they are of one series. */
  readonly key: string
  /** Equal for two names that would be of one series if neither case nor extension counted. */
  readonly looseKey: string
  /** The version as a number; a date as `yyyymmdd`. */
  readonly version: bigint
  /** The version as the name has it, such as `v003`. */
  readonly label: string
  /** Whether it is a date: then one that is missing cannot be told. */
  readonly dated: boolean
  /** In lower case, without the dot; empty where there is none. */
  readonly extension: string
  /** Whether spaces at an end were left out of account. */
  readonly spaced: boolean
}

/**
 * A name that can be read in two ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ambiguous {
  readonly _tag: "Ambiguous"
  /** Which two, for people. */
  readonly reason: string
  /** One of the readings, where there is a likely one: what depends on it has to wait. */
  readonly reading: Fits | undefined
}

/**
 * A name that the rule does not speak of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unfit {
  readonly _tag: "Unfit"
  /** Why, for people. */
  readonly reason: string
}

/**
 * What a rule makes of a name.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed = Fits | Ambiguous | Unfit

/**
 * A naming rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface NamingRule {
  /** `vfx`, `netflix`, `take`, `date`, or `pattern`. */
  readonly name: string
  /** What it reads, in a sentence. */
  readonly description: string
  /** The user's own pattern, if it is one. */
  readonly pattern: string | undefined
  /** Reads one name. */
  readonly parse: (name: string) => Parsed
}

/** What a scanner finds in a name without its extension. */
type Found =
  | {
      readonly _tag: "Found"
      readonly prefix: string
      readonly label: string
      readonly version: bigint
      readonly suffix: string
      /** Why this reading is in doubt. */
      readonly doubt: string | undefined
    }
  | { readonly _tag: "Two"; readonly reason: string }
  | { readonly _tag: "Nothing"; readonly reason: string }

const nothing = (reason: string): Found => ({ _tag: "Nothing", reason })

const two = (reason: string): Found => ({ _tag: "Two", reason })

const quoted = (text: string): string => `“${text}”`

// -----------------------------------------------------------------------------
// the parts of a name
// -----------------------------------------------------------------------------

/** One to eight letters and digits, not digits alone, and nothing that is a version: `shot.v003` has no extension. */
const EXTENSION = /\.(?!(?:v|tk|take)\d+$)(?=\d*[a-z])([a-z0-9]{1,8})$/i

/** What may stand behind a version and be the name of a frame: `.1001`, `_00001`, `_####`, `.%04d`. */
const FRAME = /^[._](?:\d{4,7}|#{1,8}|%0?\d{0,2}d)$/

/** The usual heights of a picture in lines: `v720` may be one. */
const HEIGHTS: ReadonlySet<string> = new Set(["360", "480", "540", "576", "720"])

/** Whether digits look like a size, and not like a count: four of them without a leading zero, or a usual height. */
const looksLikeASize = (digits: string): boolean =>
  HEIGHTS.has(digits) || (digits.length === 4 && !digits.startsWith("0"))

interface Token {
  readonly at: number
  /** Where what follows begins. */
  readonly end: number
  readonly label: string
  readonly digits: string
}

/** All tokens, with the separator in front of each left out. */
const tokensOf = (pattern: RegExp, stem: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  pattern.lastIndex = 0
  for (let match = pattern.exec(stem); match !== null; match = pattern.exec(stem)) {
    const [whole, label = "", digits = ""] = match
    tokens.push({ at: match.index, end: match.index + whole.length, label, digits })
  }
  return tokens
}

/** A name with one marked number, at the end but for a frame counter. */
const scanMarked =
  (pattern: RegExp, what: string) =>
  (stem: string): Found => {
    const tokens = tokensOf(pattern, stem)
    const [token, second] = tokens
    if (token === undefined) return nothing(`it has no ${what} with a number between separators`)
    if (second !== undefined) {
      return two(`both ${quoted(token.label)} and ${quoted(second.label)} can be the version`)
    }
    const suffix = stem.slice(token.end)
    if (/^[._ -]\d{1,3}$/.test(suffix)) {
      return two(`${quoted(suffix)} behind ${quoted(token.label)} can be a part of the version`)
    }
    if (suffix !== "" && !FRAME.test(suffix)) {
      return nothing(`${quoted(suffix)} stands behind the version ${quoted(token.label)} and is no frame counter`)
    }
    if (token.digits.length > 4) {
      return nothing(`${quoted(token.label)} has more than four digits, which a version of this rule has not`)
    }
    return {
      _tag: "Found",
      prefix: stem.slice(0, token.at),
      label: token.label,
      version: BigInt(token.digits),
      suffix,
      doubt: looksLikeASize(token.digits) ? `${quoted(token.label)} can be a size and not a version` : undefined
    }
  }

const scanVfx = scanMarked(/[._](v(\d+))(?=[._ -]|$)/gi, "_v or .v")

const FIELD = /^[a-z0-9-]+$/i

/** The fields that may stand before the version: show, episode, sequence, scene, shot, task, vendor, and an element. */
const FIELDS = { fewest: 3, most: 8 } as const

const scanNetflix = (stem: string): Found => {
  const found = scanVfx(stem)
  if (found._tag !== "Found") return found
  const fields = found.prefix.split("_")
  if (fields.length < FIELDS.fewest || fields.length > FIELDS.most) {
    return nothing(
      `it has ${fields.length === 1 ? "one field" : `${fields.length} fields`} before the version, and ${FIELDS.fewest} to ${FIELDS.most} are expected`
    )
  }
  const odd = fields.find((field) => !FIELD.test(field))
  if (odd !== undefined) return nothing(`the field ${quoted(odd)} is not made of letters, digits and hyphens`)
  if (stem[found.prefix.length] !== "_") return nothing(`no _ stands before ${quoted(found.label)}`)
  if (found.label.length < 4) return nothing(`${quoted(found.label)} has fewer than three digits`)
  return found
}

const scanTake = scanMarked(/[._ -]((?:tk|take)[._ -]?(\d+))(?=[._ -]|$)/gi, "tk or take")

const DATE = /(?:^|[._ -])((\d{4})-(\d{2})-(\d{2})|(\d{8})|(\d{6}))$/

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `yyyymmdd` out of eight digits, if they are a day of this or the last century. */
const dateOf = (digits: string): bigint | undefined => {
  const year = Number(digits.slice(0, 4))
  const month = Number(digits.slice(4, 6))
  const day = Number(digits.slice(6, 8))
  const sound =
    /^\d{8}$/.test(digits) &&
    year >= 1900 &&
    year <= 2099 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month)
  return sound ? BigInt(digits) : undefined
}

const scanDate = (stem: string): Found => {
  const match = DATE.exec(stem)
  const [, label = "", year = "", month = "", day = "", eight = "", six = ""] = match ?? []
  if (match === null) return nothing("its last field is no date such as 20241217, 2024-12-17 or 241217")
  const version = dateOf(eight || (six === "" ? `${year}${month}${day}` : `20${six}`))
  if (version === undefined) return nothing(`${quoted(label)} is no day of the calendar (year, month, day)`)
  return { _tag: "Found", prefix: stem.slice(0, match.index), label, version, suffix: "", doubt: undefined }
}

// -----------------------------------------------------------------------------
// a rule
// -----------------------------------------------------------------------------

interface Definition {
  readonly name: string
  readonly description: string
  readonly pattern?: string | undefined
  /** Gets the name composed and trimmed, with and without its extension. */
  readonly scan: (stem: string, whole: string) => Found
  /** Where the pattern itself says what the extension is. */
  readonly extensionOf?: ((whole: string) => string | undefined) | undefined
}

const PLAIN = /^[\x20-\x7e]*$/

const composed = (name: string): string => (PLAIN.test(name) ? name : name.normalize("NFC"))

const make = (definition: Definition, options: Options | undefined): NamingRule => {
  const ignoreCase = options?.ignoreCase === true
  const anyExtension = options?.anyExtension === true
  const parse = (name: string): Parsed => {
    if (name.length > MAX_NAME) {
      return { _tag: "Unfit", reason: `it has ${name.length} characters; more than ${MAX_NAME} are not read` }
    }
    const untrimmed = composed(name)
    const whole = untrimmed.trim()
    const extension = (definition.extensionOf?.(whole) ?? EXTENSION.exec(whole)?.[1] ?? "").toLowerCase()
    const untrimmedStem = extension === "" ? whole : whole.slice(0, -(extension.length + 1))
    const stem = untrimmedStem.trimEnd()
    const found = definition.scan(stem, whole)
    if (found._tag === "Nothing") return { _tag: "Unfit", reason: found.reason }
    if (found._tag === "Two") return { _tag: "Ambiguous", reason: found.reason, reading: undefined }
    const prefix = found.prefix.trim()
    if (prefix === "") return { _tag: "Unfit", reason: "there is nothing in it but the version" }
    const base = `${prefix}${found.suffix}`
    // No file has a zero in its name, so it keeps the parts apart.
    const exact = `${prefix}\u0000${found.suffix}\u0000${anyExtension ? "" : extension}`
    const fits: Fits = {
      _tag: "Fits",
      base,
      key: ignoreCase ? exact.toLowerCase() : exact,
      looseKey: `${prefix}\u0000${found.suffix}`.toLowerCase(),
      version: found.version,
      label: found.label,
      dated:
        definition.name === "date" ||
        (found.label.length >= 8 && dateOf(found.label.replaceAll("-", "")) !== undefined),
      extension,
      spaced:
        whole.length !== untrimmed.length ||
        stem.length !== untrimmedStem.length ||
        prefix.length !== found.prefix.length
    }
    return found.doubt === undefined ? fits : { _tag: "Ambiguous", reason: found.doubt, reading: fits }
  }
  return {
    name: definition.name,
    description: definition.description,
    pattern: definition.pattern,
    parse
  }
}

/**
 * The names of the rules that have one.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = "vfx" | "netflix" | "take" | "date"

/**
 * A rule that has a name, as it is shown to people.
 *
 * @since 0.1.0
 * @category models
 */
export interface Named {
  readonly name: Name
  /** What it reads, in a sentence. */
  readonly description: string
  /** Names that fit, and what they are read as. */
  readonly examples: ReadonlyArray<{ readonly name: string; readonly base: string; readonly version: string }>
  /** Names that do not, or that can be read in two ways. */
  readonly not: ReadonlyArray<string>
}

const SCANNERS: Readonly<Record<Name, (stem: string) => Found>> = {
  vfx: scanVfx,
  netflix: scanNetflix,
  take: scanTake,
  date: scanDate
}

/**
 * The rules that have a name.
 *
 * Netflix's is that of its VFX shot and version naming recommendations
 * (https://partnerhelp.netflixstudios.com), whose optional fields make the number of fields vary within one show.
 *
 * @since 0.1.0
 * @category constants
 */
export const named: ReadonlyArray<Named> = [
  {
    name: "vfx",
    description:
      "_v or .v and one to four digits at the end, before a frame counter if there is one. v1, v002 and V03 are one series.",
    examples: [
      { name: "ABC_010_comp_v003.mov", base: "ABC_010_comp", version: "v003" },
      { name: "ABC_010.v2.mov", base: "ABC_010", version: "v2" },
      { name: "ABC_010_comp_v0012.1001.exr", base: "ABC_010_comp.1001", version: "v0012" },
      { name: "uc241217_020_1920x1080_v01.mov", base: "uc241217_020_1920x1080", version: "v01" }
    ],
    not: ["ABC_010_v1080.mov", "ABC_010_1920x1080.mov", "ABC_010_v01_02.mov", "ABC_010_v003_final.mov", "dev2.mov"]
  },
  {
    name: "netflix",
    description:
      "show_episode_sequence_scene_shot_task_vendor_v001: three to eight fields of letters, digits and hyphens, then _v and three or four digits.",
    examples: [
      { name: "AGM_104_065_010_comp_NFX_v001.mov", base: "AGM_104_065_010_comp_NFX", version: "v001" },
      { name: "AGM_010_comp_v012.1001.exr", base: "AGM_010_comp.1001", version: "v012" }
    ],
    not: ["AGM_v001.mov", "AGM_104_065_010_comp_NFX_v1.mov", "AGM 104_065_010_v001.mov"]
  },
  {
    name: "take",
    description: "tk or take and one to four digits at the end: _tk03, _take2, take 12.",
    examples: [
      { name: "Sc12_tk03.mov", base: "Sc12", version: "tk03" },
      { name: "Interview Anna take 2.mp4", base: "Interview Anna", version: "take 2" }
    ],
    not: ["mistake2.mov", "Sc12_tk03_02.mov"]
  },
  {
    name: "date",
    description:
      "A date as the last field, year first: 20241217, 2024-12-17 or 241217. Later days are later versions, whichever way they are written.",
    examples: [
      { name: "Trailer_20241217.mov", base: "Trailer", version: "20241217" },
      { name: "Trailer 2024-12-18.mov", base: "Trailer", version: "2024-12-18" },
      { name: "Trailer_241219.mov", base: "Trailer", version: "241219" }
    ],
    not: ["uc241217_020.mov", "Trailer_20241317.mov", "Trailer_17122024.mov"]
  }
]

/**
 * A rule by its name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const byName = (name: Name, options?: Options): NamingRule =>
  make(
    {
      name,
      description: named.find((one) => one.name === name)?.description ?? name,
      scan: SCANNERS[name]
    },
    options
  )

// -----------------------------------------------------------------------------
// a pattern of the user's own
// -----------------------------------------------------------------------------

/**
 * A rule, or all that is wrong with the pattern.
 *
 * @since 0.1.0
 * @category models
 */
export type Made =
  | { readonly ok: true; readonly rule: NamingRule }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

const GROUPS: ReadonlyArray<string> = ["base", "version", "suffix", "ext"]

const HINT = "(?<base>.+)_v(?<version>[0-9]+)"

const ISO = /^(\d{4})-(\d{2})-(\d{2})$/

const versionOf = (text: string): bigint | undefined => {
  if (/^\d+$/.test(text)) return BigInt(text)
  const iso = ISO.exec(text)
  return iso === null ? undefined : dateOf(text.replaceAll("-", ""))
}

const compiled = (source: string, flags: string): RegExp | string => {
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/**
 * A rule out of a regular expression (ECMAScript, with the flag `u`) that has the named groups `base` and `version`,
 * and may have `suffix` and `ext`.
 *
 * It must match the whole name: without its extension, or with it where there is a group `ext`. The version is digits,
 * or a date `2024-12-17`. The suffix is what stands behind the version and belongs to the base. What is in no group is
 * left out of account.
 *
 * Whether a pattern takes too long is for {@link findSlow} to say, which needs a clock.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPattern = (pattern: string, options?: Options): Made => {
  const problems: Array<string> = []
  if (pattern.trim() === "") return { ok: false, problems: [`The pattern is empty. An example: ${HINT}`] }
  if (pattern.length > MAX_PATTERN) {
    problems.push(`The pattern has ${pattern.length} characters; the most is ${MAX_PATTERN}.`)
  }
  const expression = compiled(`^(?:${pattern})$`, options?.ignoreCase === true ? "iu" : "u")
  if (typeof expression === "string") {
    // Without the source, which is told anyway, and is here with our own frame around it.
    problems.push(
      `The pattern is no regular expression: ${expression.replace(/^Invalid regular expression: .*\/[a-z]*: /s, "")}.`
    )
  }
  const groups = [...pattern.matchAll(/\(\?<([^=!>][^>]*)>/g)].map(([, name = ""]) => name)
  for (const wanted of ["base", "version"]) {
    if (!groups.includes(wanted)) problems.push(`The group (?<${wanted}>…) is missing. An example: ${HINT}`)
  }
  for (const name of new Set(groups)) {
    if (!GROUPS.includes(name)) {
      problems.push(
        `The group (?<${name}>…) has no meaning; there are ${GROUPS.join(", ")}. Use (?:…) for what is left out of account.`
      )
    }
  }
  if (typeof expression === "string" || problems.length > 0) return { ok: false, problems }
  const ownExtension = groups.includes("ext")
  const scan = (stem: string, whole: string): Found => {
    const match = expression.exec(ownExtension ? whole : stem)
    if (match === null) return nothing("it does not match the pattern")
    const label = match.groups?.version ?? ""
    const version = versionOf(label)
    if (version === undefined) return nothing(`its version is ${quoted(label)}, which is no number`)
    return {
      _tag: "Found",
      prefix: match.groups?.base ?? "",
      label,
      version,
      suffix: match.groups?.suffix ?? "",
      doubt: undefined
    }
  }
  const extensionOf = (whole: string): string => expression.exec(whole)?.groups?.ext?.replace(/^\./, "") ?? ""
  return {
    ok: true,
    rule: make(
      {
        name: "pattern",
        description: `The pattern ${pattern}`,
        pattern,
        scan,
        extensionOf: ownExtension ? extensionOf : undefined
      },
      options
    )
  }
}

/** Longer than any sound pattern takes for one name, in ms. */
const SLOW_MILLIS = 40

const LENGTHS: ReadonlyArray<number> = [
  ...Array.from({ length: 20 }, (_, n) => 4 + 2 * n),
  60,
  90,
  130,
  180,
  MAX_NAME - 1
]

/** What a bad pattern chokes on is most often a run of what it likes, with an end that it does not. */
const units = (pattern: string): ReadonlyArray<string> => {
  const literal = [...new Set(pattern.match(/[A-Za-z0-9_. -]/g) ?? [])].slice(0, 12)
  const common = ["a", "A", "0", "_", ".", "-", " "]
  return [...new Set([...common, ...literal, "a_", "0_", "a0", "A_", "a.", "a ", "a-"])]
}

/**
 * Tries a rule's own pattern on names made to be hard for it, ever longer ones, and answers what to say if one of them
 * takes too long. Rules that have a name are never slow. The clock is in ms, and must be a real one.
 *
 * No such trial can prove a pattern harmless, so no name longer than {@link MAX_NAME} is read either.
 *
 * @since 0.1.0
 * @category checks
 */
export const findSlow = (rule: NamingRule, nowMillis: () => number): string | undefined => {
  if (rule.pattern === undefined) return undefined
  const lead = /^[A-Za-z0-9_ -]{2,}/.exec(rule.pattern)?.[0].slice(0, -1) ?? ""
  for (const unit of units(rule.pattern)) {
    for (const length of LENGTHS) {
      const name = `${lead}${unit.repeat(Math.ceil(length / unit.length))}`.slice(0, MAX_NAME - 1)
      const before = nowMillis()
      rule.parse(`${name}!`)
      const took = nowMillis() - before
      if (took > SLOW_MILLIS) {
        return `The pattern takes ${Math.round(took)} ms for a name of ${name.length + 1} characters, and longer ones would never end. It has a repetition inside a repetition, such as (a+)+; write one of them without.`
      }
    }
  }
  return undefined
}
