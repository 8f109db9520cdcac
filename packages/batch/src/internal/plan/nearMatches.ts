/**
 * Finds series that differ only in how their names are written. Pure.
 */
import { compareVersions, type Fits, type NamingRule, type Version } from "../../NamingRule.js"
import type { Difference, Finding, Folder, Stack } from "../../VersionGrouping.js"
import { folded, type Trait } from "./folded.js"
import { quoted } from "./quoted.js"
import { compare, listed, type Outcome, shown } from "./series.js"
import { settle } from "./settle.js"

/** A series, or a stack whose base no loose file has. */
interface Entry {
  readonly outcome: Outcome | undefined
  readonly stack: Stack | undefined
  readonly folder: Folder
  /** One of its names, parsed. */
  readonly fits: Fits
  readonly versions: ReadonlyArray<Version>
  /** Only the newest version of an unread stack is known; lower ones may exist. */
  readonly upTo: Version | undefined
}

/** The key by which series are compared, within a folder or across all. */
type Scope = (folder: Folder, key: string) => string

const has = ({ upTo, versions }: Entry, version: Version): boolean =>
  (upTo !== undefined && compareVersions(version, upTo) <= 0) ||
  versions.some((one) => compareVersions(one, version) === 0)

const holdsAllOf = (one: Entry, other: Entry): boolean => other.versions.every((version) => has(one, version))

/** Whether no version is in both, so that one continues the other or fills its gaps. */
const goOn = (one: Entry, other: Entry): boolean =>
  !one.versions.some((version) => has(other, version)) && !other.versions.some((version) => has(one, version))

const isStack = ({ outcome, stack }: Entry): boolean =>
  stack !== undefined || (outcome !== undefined && outcome.series.stacks.length > 0)

const entryOf = (rule: NamingRule, outcome: Outcome): Entry | undefined => {
  const { key, loose, stacks } = outcome.series
  const [first] = loose
  if (first === undefined) return undefined
  const onStacks = stacks.flatMap(({ members, name }) =>
    (members?.map((file) => file.name) ?? [name]).flatMap((one) => {
      const parsed = rule.parse(one)
      return parsed._tag === "Fits" && parsed.key === key ? [parsed.version] : []
    })
  )
  return {
    outcome,
    stack: undefined,
    folder: first.file.folder,
    fits: first.fits,
    versions: [...loose.map(({ fits }) => fits.version), ...onStacks],
    upTo: undefined
  }
}

const entryOfStack = (rule: NamingRule, stack: Stack): Entry | undefined => {
  const parsed = rule.parse(stack.name)
  return parsed._tag !== "Fits"
    ? undefined
    : {
        outcome: undefined,
        stack,
        folder: stack.folder,
        fits: parsed,
        versions: [parsed.version],
        upTo: parsed.version
      }
}

const groupedBy = (
  entries: ReadonlyArray<Entry>,
  keyOf: (entry: Entry) => string | undefined
): ReadonlyArray<ReadonlyArray<Entry>> => {
  const groups = new Map<string, Array<Entry>>()
  for (const entry of entries) {
    const key = keyOf(entry)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entry])
    else group.push(entry)
  }
  return [...groups.values()].filter((group) => group.length > 1 && group.some(({ outcome }) => outcome !== undefined))
}

const TRAITS: ReadonlyArray<Trait> = ["case", "separators", "characters"]

const differOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Difference> => [
  ...TRAITS.filter((trait) => new Set(entries.map(({ fits }) => folded(fits.base, trait))).size > 1),
  ...(new Set(entries.map(({ fits }) => fits.extension)).size > 1 ? (["extension"] as const) : [])
]

const WORDS: Readonly<Record<Difference, string>> = {
  case: "case",
  separators: "separators",
  characters: "invisible or look-alike characters",
  extension: "extension",
  suffix: "the number after the version",
  folder: "folder"
}

const assetsOf = (entries: ReadonlyArray<Entry>): Finding["assets"] =>
  entries
    .flatMap(({ outcome, stack }) =>
      stack === undefined
        ? [...(outcome?.series.stacks ?? []), ...(outcome?.series.loose ?? []).map(({ file }) => file)]
        : [stack]
    )
    .map(shown)
    .sort((one, other) => compare(one.name, other.name) || compare(one.id, other.id))

const toldOf = (
  entries: ReadonlyArray<Entry>,
  differ: ReadonlyArray<Difference>,
  severity: Finding["severity"],
  consequence: string
): void => {
  const [first] = entries
    .flatMap(({ outcome }) => outcome ?? [])
    .sort((one, other) => compare(one.folder, other.folder) || compare(one.series.key, other.series.key))
  const assets = assetsOf(entries)
  first?.find(
    "near-match",
    severity,
    assets,
    `${listed([...new Set(assets.map(({ name }) => name))].map(quoted))} differ only in ${differ.map((one) => WORDS[one]).join(" and ")}, and count as different series.${consequence}`,
    differ
  )
}

/**
 * Leaves out files that would make two stacks of one shot, and holds back those that could not be put in between later.
 */
const keepApart = (rule: NamingRule, entries: ReadonlyArray<Entry>, differ: ReadonlyArray<Difference>): void => {
  const planned = entries.filter(({ outcome }) => outcome?.group !== undefined)
  const stacks = entries.filter((entry) => isStack(entry) || entry.outcome?.group !== undefined)
  const [only] = planned
  if (only === undefined) {
    toldOf(entries, differ, "note", "")
    return
  }
  if (stacks.length > 1) {
    for (const { outcome } of planned) if (outcome !== undefined) outcome.group = undefined
    toldOf(entries, differ, "left-out", " They would make several stacks of what may be one, so none was planned.")
    return
  }
  const { outcome } = only
  if (outcome === undefined) return
  const before = outcome.group?.lines.length ?? 0
  for (const other of entries) {
    if (other === only) continue
    for (const { file, fits } of other.outcome?.series.loose ?? []) {
      outcome.series.holds.push({ file, version: fits.version })
    }
  }
  settle(rule, outcome)
  const waits = (outcome.group?.lines.length ?? 0) < before
  const why = " If they are one, a version in between cannot be put in later, so those above wait."
  toldOf(entries, differ, "note", waits ? why : "")
}

/** Finds names that are spelt differently. */
const spelling = (rule: NamingRule, entries: ReadonlyArray<Entry>, scope: Scope): ReadonlySet<Entry> => {
  const told = new Set<Entry>()
  for (const alike of groupedBy(entries, ({ fits, folder }) => scope(folder, fits.looseKey))) {
    const apart = alike.filter((one) => alike.some((other) => other !== one && goOn(one, other)))
    const overlapping = alike.filter((one) =>
      alike.some(
        (other) =>
          other !== one &&
          !goOn(one, other) &&
          // A file and its proxy, or its still, have the same numbers.
          !(one.fits.extension !== other.fits.extension && (holdsAllOf(one, other) || holdsAllOf(other, one)))
      )
    )
    const involved = apart.length > 0 ? apart : overlapping
    for (const one of involved) told.add(one)
    if (apart.some(({ outcome }) => outcome !== undefined)) keepApart(rule, apart, differOf(apart))
    else if (overlapping.some(({ outcome }) => outcome !== undefined)) {
      toldOf(overlapping, differOf(overlapping), "note", " They have versions in common.")
    }
  }
  return told
}

/** Finds a date or time after the version that is taken for a frame number: then no version exists twice. */
const numbersBehind = (rule: NamingRule, entries: ReadonlyArray<Entry>, scope: Scope): void => {
  const numbered = groupedBy(entries, ({ fits, folder }) =>
    /^[._]\d+$/.test(fits.suffix)
      ? scope(folder, `${folded(fits.base.slice(0, -fits.suffix.length))}\u0000${fits.extension}`)
      : undefined
  )
  for (const alike of numbered) {
    const versions = alike.flatMap((one) => one.versions)
    const distinct = new Set(versions.map((version) => version.join(".")))
    if (distinct.size === versions.length) keepApart(rule, alike, ["suffix"])
  }
}

const ancestorsOf = (path: string): ReadonlyArray<string> => {
  const ancestors: Array<string> = []
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    ancestors.push(path.slice(0, end))
  return ancestors
}

/** Finds the same shot in a folder and in those below it. */
const subFolders = (rule: NamingRule, entries: ReadonlyArray<Entry>): void => {
  for (const alike of groupedBy(entries, ({ fits }) => fits.key)) {
    const paths = new Map(alike.map((entry) => [entry.folder.path, entry]))
    const below = new Map<Entry, Array<Entry>>()
    for (const entry of alike) {
      const uppermost = ancestorsOf(entry.folder.path).findLast((path) => paths.has(path))
      const above = uppermost === undefined ? undefined : paths.get(uppermost)
      if (above !== undefined) below.set(above, [...(below.get(above) ?? []), entry])
    }
    for (const [above, others] of below) {
      const all = [above, ...others]
      // The same version in several folders means that the name is a common one, and each folder stands by itself.
      const apart = all.every((one, n) => all.slice(n + 1).every((other) => goOn(one, other)))
      if (apart && all.some(({ outcome }) => outcome !== undefined)) keepApart(rule, all, ["folder"])
    }
  }
}

/**
 * Reports series that differ only in how their names are written, and leaves out files that would make two stacks of
 * one.
 *
 * @internal
 */
export const nearMatches = (
  rule: NamingRule,
  outcomes: ReadonlyArray<Outcome>,
  /** Stacks whose base no loose file has. */
  stacks: ReadonlyArray<Stack>,
  scope: Scope,
  acrossFolders: boolean
): void => {
  const entries = [
    ...outcomes.flatMap((outcome) => entryOf(rule, outcome) ?? []),
    ...stacks.flatMap((stack) => entryOfStack(rule, stack) ?? [])
  ]
  const told = spelling(rule, entries, scope)
  const others = entries.filter((entry) => !told.has(entry))
  numbersBehind(rule, others, scope)
  if (!acrossFolders) subFolders(rule, others)
}
