/**
 * Reads the series and the version from a file name. Pure.
 *
 * The user chooses the rule: a named one, or a pattern of their own. A name that a rule can read in two ways is
 * `Ambiguous`; nobody guesses which was meant.
 *
 * The base of a name is everything except the version: what stands before it, a frame counter or other suffix after it,
 * and the extension. Two names belong to one series when their whole bases are equal. Unicode is compared in its
 * composed form (NFC); spaces at the ends and the case of an extension do not count.
 * @since 0.1.0
 */
import { doubtOfDates, doubtOfNumbers, ordersOf } from "./internal/plan/dates.js"
import { composed, folded } from "./internal/plan/folded.js"
import { readPattern } from "./internal/plan/ownPattern.js"
import { datesOf, type Found, type Nearby, scanners } from "./internal/plan/scanners.js"
import * as NamedRule from "./NamedRule.js"

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
 * The longest name to read, in UTF-16 units. No file system in use has longer ones.
 *
 * @internal
 */
export const MAX_NAME = 255

/**
 * A version in parts, the first counting most, so that 2.10 is `[2n, 10n]`. A date has one part, `yyyymmdd`.
 *
 * @since 0.1.0
 * @category models
 */
export type Version = ReadonlyArray<bigint>

/**
 * Negative when the first version is older, positive when it is newer, 0 when they are equal: missing parts count as
 * zeros.
 *
 * @since 0.1.0
 * @category versions
 */
export const compareVersions = (one: Version, other: Version): number => {
  for (let n = 0; n < Math.max(one.length, other.length); n++) {
    const [left, right] = [one[n] ?? 0n, other[n] ?? 0n]
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

/**
 * A name that fits the rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fits {
  readonly _tag: "Fits"
  /** The name without version and extension, for people. */
  readonly base: string
  /** Equal for two names exactly when they belong to one series. */
  readonly key: string
  /**
   * Equal for two names that would belong to one series if case, extension, separators, and invisible and compatibility
   * characters did not count.
   */
  readonly looseKey: string
  /** What stands after the version and belongs to the base, such as a frame's number; often empty. */
  readonly suffix: string
  readonly version: Version
  /** The version as written in the name, such as `v003`. */
  readonly label: string
  /** Whether the version is a date: gaps between dates cannot be told. */
  readonly dated: boolean
  /** In lower case, without the dot; empty if there is none. */
  readonly extension: string
  /** Whether the name had spaces at an end, which are ignored. */
  readonly spaced: boolean
}

/**
 * A series that a doubtful name may belong to: versions that would go above it have to wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface Near {
  /** The series' key, as in {@link Fits}. */
  readonly key: string
  readonly base: string
  /** The lowest version the name can stand for; undefined if nothing is known, so that the whole series waits. */
  readonly version: Version | undefined
}

/**
 * A name that can be read in two ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ambiguous {
  readonly _tag: "Ambiguous"
  /** The two readings, for people. */
  readonly reason: string
  /** The only reading, if the doubt is whether it holds. */
  readonly reading: Fits | undefined
  /** The series that the name may belong to by its other readings. */
  readonly near: ReadonlyArray<Near>
}

/**
 * A name that the rule does not cover.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unfit {
  readonly _tag: "Unfit"
  /** Why, for people. */
  readonly reason: string
  /** The series whose beginning it shares, if a version can be seen in it nevertheless. */
  readonly near: ReadonlyArray<Near>
}

/**
 * A rule's reading of a name.
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
  /** One of {@link NamedRule.all}, or `pattern`. */
  readonly name: string
  /** The rule's description, in a sentence. */
  readonly description: string
  /** The user's own pattern, if it is one. */
  readonly pattern: string | undefined
  /** Reads one name. */
  readonly parse: (name: string) => Parsed
  /**
   * Why a whole series may mean something else, although each of its names fits: dates that are also days in another
   * order, frames, times of day. The names come older versions first.
   */
  readonly doubtOf: (series: ReadonlyArray<Fits>) => string | undefined
}

/** One to eight letters and digits, not digits alone, and nothing that is a version: `shot.v003` has no extension. */
const EXTENSION = /\.(?!(?:v|tk|take)\d+[a-z]?$)(?=\d*[a-z])([a-z0-9]{1,8})$/i

/** Files that operating systems leave in folders: `._name`, `.DS_Store`, `Thumbs.db`, `desktop.ini`. */
const LEFTOVER = /^(?:\._.*|\.ds_store|(?:eh)?thumbs\.db|desktop\.ini)$/is

/**
 * Whether an operating system leaves files of this name in folders, such as `.DS_Store`: they are never media.
 *
 * @internal
 */
export const isLeftover = (name: string): boolean => LEFTOVER.test(name.trim())

interface Definition {
  readonly name: string
  readonly description: string
  readonly pattern?: string | undefined
  /** Gets the composed and trimmed name, without and with its extension. */
  readonly scan: (stem: string, whole: string) => Found
  /** The extension, if the pattern has its own group for it. */
  readonly extensionOf?: ((whole: string) => string | undefined) | undefined
  readonly dated: boolean
  readonly doubtOf: NamingRule["doubtOf"]
}

const make = (definition: Definition, options: Options | undefined): NamingRule => {
  const ignoreCase = options?.ignoreCase === true
  const anyExtension = options?.anyExtension === true
  const keyOf = (prefix: string, suffix: string, extension: string): string => {
    // No file name contains a zero character, so it keeps the parts apart.
    const exact = `${prefix}\u0000${suffix}\u0000${anyExtension ? "" : extension}`
    return ignoreCase ? exact.toLowerCase() : exact
  }
  const nearOf = (nearby: ReadonlyArray<Nearby>, extension: string): ReadonlyArray<Near> =>
    nearby.flatMap(({ prefix: untrimmed, suffix, version }) => {
      const prefix = untrimmed.trim()
      return prefix === "" ? [] : [{ key: keyOf(prefix, suffix, extension), base: `${prefix}${suffix}`, version }]
    })
  const parse = (name: string): Parsed => {
    if (name.length > MAX_NAME) {
      return unfit(`it has ${name.length} characters; more than ${MAX_NAME} are not read`)
    }
    if (isLeftover(name)) return unfit("an operating system left it there; it is not media")
    const untrimmed = composed(name)
    const whole = untrimmed.trim()
    const extension = (definition.extensionOf?.(whole) ?? EXTENSION.exec(whole)?.[1] ?? "").toLowerCase()
    const untrimmedStem = extension === "" ? whole : whole.slice(0, -(extension.length + 1))
    const stem = untrimmedStem.trimEnd()
    const found = definition.scan(stem, whole)
    if (found._tag === "Nothing") return unfit(found.reason, nearOf(found.near, extension))
    if (found._tag === "Two") {
      return { _tag: "Ambiguous", reason: found.reason, reading: undefined, near: nearOf(found.near, extension) }
    }
    const { doubt, label, suffix, version } = found
    const prefix = found.prefix.trim()
    if (prefix === "") return unfit("it contains nothing but the version")
    const fits: Fits = {
      _tag: "Fits",
      base: `${prefix}${suffix}`,
      key: keyOf(prefix, suffix, extension),
      looseKey: `${folded(prefix)}\u0000${folded(suffix)}`,
      suffix,
      version,
      label,
      dated: definition.dated || (label.length >= 8 && ordersOf(label).length > 0),
      extension,
      spaced:
        whole.length !== untrimmed.length ||
        stem.length !== untrimmedStem.length ||
        prefix.length !== found.prefix.length
    }
    return doubt === undefined ? fits : { _tag: "Ambiguous", reason: doubt, reading: fits, near: [] }
  }
  return {
    name: definition.name,
    description: definition.description,
    pattern: definition.pattern,
    parse,
    doubtOf: (series) => (series.length < 2 ? undefined : definition.doubtOf(series))
  }
}

const unfit = (reason: string, near: ReadonlyArray<Near> = []): Unfit => ({ _tag: "Unfit", reason, near })

const labelsOf = (series: ReadonlyArray<Fits>): ReadonlyArray<string> => series.map(({ label }) => label)

const numbersOf = (series: ReadonlyArray<Fits>): string | undefined => {
  // Only the order counts, so a version's rank stands for the version.
  let place = 0n
  const places = series.map(({ version }, n) => {
    const before = series[n - 1]?.version
    if (before !== undefined && compareVersions(before, version) !== 0) place++
    return place
  })
  return doubtOfNumbers(labelsOf(series), places)
}

/**
 * A rule by its name.
 *
 * @example
 * ```ts
 * const parsed = NamingRule.byName("vfx").parse("ABC_010_comp_v003.mov")
 * if (parsed._tag === "Fits") yield* Console.log(parsed.base, parsed.version) // ABC_010_comp [3n]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const byName = (name: NamedRule.Name, options?: Options): NamingRule => {
  const dates = datesOf[name]
  return make(
    {
      name,
      description: NamedRule.all.find((one) => one.name === name)?.description ?? name,
      scan: scanners[name],
      dated: dates !== undefined,
      doubtOf: (series) => {
        if (dates === undefined) return numbersOf(series)
        const { base = "", extension = "" } = series[0] ?? {}
        return doubtOfDates({ base, extension, labels: labelsOf(series) }, dates.order, dates.stated)
      }
    },
    options
  )
}

// -----------------------------------------------------------------------------
// a pattern of the user's own
// -----------------------------------------------------------------------------

/**
 * A rule, or everything that is wrong with the pattern.
 *
 * @since 0.1.0
 * @category models
 */
export type Made =
  | { readonly ok: true; readonly rule: NamingRule }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

/**
 * Makes a rule from a regular expression in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which
 * matches in time linear in the name. It has the named groups `base` and `version`, and may have `suffix` and `ext`;
 * instead of `version` it may have `year`, `month` and `day`.
 *
 * The pattern must match the whole name: without its extension, or with it if there is a group `ext`. The version is
 * digits, also in several parts such as `2.1` or `2a`, or a date with the year first such as `2024-12-17`. The suffix
 * is what stands after the version and belongs to the base. What is in no group is ignored.
 *
 * At most 1000 characters. If the pattern splits a number, so that its first digits go to the base, the name is
 * ambiguous.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPattern = (pattern: string, options?: Options): Made => {
  const read = readPattern(pattern, options?.ignoreCase === true)
  if (!read.ok) return read
  const { dated, extensionOf, scan } = read.value
  return {
    ok: true,
    rule: make(
      {
        name: "pattern",
        description: `The pattern ${pattern}`,
        pattern,
        scan,
        extensionOf,
        dated,
        doubtOf: dated ? () => undefined : numbersOf
      },
      options
    )
  }
}

/**
 * A named rule that reads nearly all of what another leaves.
 *
 * @since 0.1.0
 * @category models
 */
export interface Suggestion {
  readonly name: NamedRule.Name
  /** How many of the names it reads. */
  readonly fits: number
  /** How many names there are. */
  readonly of: number
}

/** The share of names that must fit before a rule is suggested. */
const NEARLY_ALL = 0.9

/**
 * A rule that reads nearly all of the names: another one if this one reads less than half of them, or any if there is
 * none.
 *
 * @since 0.1.0
 * @category checks
 */
export const suggest = (rule: NamingRule | undefined, names: ReadonlyArray<string>): Suggestion | undefined => {
  const media = names.filter((name) => !isLeftover(name))
  const fitsIn = (one: NamingRule): number => media.filter((name) => one.parse(name)._tag === "Fits").length
  if (media.length < 2 || (rule !== undefined && fitsIn(rule) * 2 >= media.length)) return undefined
  return NamedRule.all
    .filter(({ name }) => name !== rule?.name)
    .map(({ name }) => ({ name, fits: fitsIn(byName(name)), of: media.length }))
    .filter(({ fits, of }) => fits >= of * NEARLY_ALL)
    .reduce<Suggestion | undefined>((best, one) => (best === undefined || one.fits > best.fits ? one : best), undefined)
}
