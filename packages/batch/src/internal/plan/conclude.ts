/**
 * Applies a naming rule to a listing: which files and stacks are one series, and what follows for each. Planning and
 * auditing share these rules. Pure.
 */
import { type Fits, isLeftover, type NamingRule, type Near } from "../../NamingRule.js"
import type { File, Finding, Folder, Listing, Options, Stack } from "../../VersionGrouping.js"
import { nearMatches } from "./nearMatches.js"
import { quoted } from "./quoted.js"
import { compare, doubtful, listed, type Member, Outcome, type Series, shown } from "./series.js"
import { settle } from "./settle.js"
import { unread } from "./stackHead.js"

type Scope = (folder: Folder, key: string) => string

/**
 * The key of the series that a file or stack belongs to: folder and key, or the key alone across folders.
 *
 * @internal
 */
export const scopeOf = (options: Options | undefined): Scope => {
  const across = options?.acrossFolders === true
  return (folder, key) => (across ? key : `${folder.id}\u0000${key}`)
}

/**
 * The reading of a name, doubtful or not.
 *
 * @internal
 */
export const readingOf = (rule: NamingRule, name: string): Fits | undefined => {
  const parsed = rule.parse(name)
  return parsed._tag === "Fits" ? parsed : parsed._tag === "Ambiguous" ? parsed.reading : undefined
}

/** A file that the rule cannot read plainly, and the series that it may belong to. */
interface Unread {
  readonly file: File
  readonly ambiguous: boolean
  readonly reason: string
  readonly near: ReadonlyArray<Near>
}

/** Each file once, and none that is on a stack: a page that moves while it is read shows such files. */
const distinct = (listing: Listing): ReadonlyArray<File> => {
  const inStacks = new Set(listing.stacks.flatMap(({ members }) => (members ?? []).map(({ id }) => id)))
  const byId = new Map(listing.files.map((file) => [file.id, file]))
  // The listing's order is the server's; the same files must make the same plan.
  return [...byId.values()].filter(({ id }) => !inStacks.has(id)).sort((one, other) => compare(one.id, other.id))
}

/** Puts each file that the rule reads into its series, and returns the others. */
const collect = (
  rule: NamingRule,
  files: ReadonlyArray<File>,
  scope: Scope,
  series: Map<string, Series>
): ReadonlyArray<Unread> => {
  const unread: Array<Unread> = []
  for (const file of files) {
    const parsed = rule.parse(file.name)
    const ambiguous = parsed._tag === "Ambiguous"
    const fits = parsed._tag === "Fits" ? parsed : ambiguous ? parsed.reading : undefined
    if (fits === undefined) {
      if (parsed._tag !== "Fits") unread.push({ file, ambiguous, reason: parsed.reason, near: parsed.near })
      continue
    }
    const member: Member = { file, fits, doubt: ambiguous ? parsed.reason : undefined }
    const { base, key, looseKey } = fits
    const known = series.get(scope(file.folder, key))
    if (known !== undefined) known.loose.push(member)
    else series.set(scope(file.folder, key), { key, base, looseKey, loose: [member], stacks: [], holds: [] })
  }
  return unread
}

/** A finding for an unread file; if it begins like a series, the series waits for it. */
const findingOf = (rule: NamingRule, { ambiguous, file, reason }: Unread, base: string | undefined): Finding => {
  const about = { folder: file.folder.path, base: "", assets: [shown(file)] }
  if (isLeftover(file.name)) {
    return { ...about, kind: "leftover", severity: "note", message: `${quoted(file.name)}: ${reason}.` }
  }
  if (ambiguous) {
    return { ...about, kind: "ambiguous-name", severity: "left-out", message: doubtful(file.name, reason) }
  }
  if (base === undefined) {
    const message = `${quoted(file.name)} does not fit the rule ${rule.name}: ${reason}.`
    return { ...about, kind: "no-rule", severity: "note", message }
  }
  return {
    ...about,
    base,
    kind: "ambiguous-name",
    severity: "left-out",
    message: `${quoted(file.name)} begins like ${quoted(base)} and may be a version of it, but the rule ${rule.name} does not read it: ${reason}. Rename it, or state a rule that reads it.`
  }
}

/** Unread files that begin alike with different versions: they may be a series of their own. */
const likeSeries = (unread: ReadonlyArray<Unread>, scope: Scope): ReadonlyArray<ReadonlyArray<Unread>> => {
  const alike = new Map<string, Array<Unread>>()
  for (const one of unread) {
    const [first] = one.near
    if (first === undefined || one.ambiguous) continue
    const key = scope(one.file.folder, first.key)
    const others = alike.get(key)
    if (others === undefined) alike.set(key, [one])
    else others.push(one)
  }
  return [...alike.values()].filter((all) => {
    // An unknown version counts as one of its own.
    const versions = all.map(({ file, near: [first] }) => first?.version?.join(".") ?? file.id)
    return new Set(versions).size > 1
  })
}

const seriesNotRead = (rule: NamingRule, alike: ReadonlyArray<Unread>): Finding => {
  const [first] = alike
  const base = first?.near[0]?.base ?? ""
  const assets = alike.map(({ file }) => shown(file)).sort((one, other) => compare(one.name, other.name))
  return {
    kind: "ambiguous-name",
    severity: "left-out",
    folder: alike.map(({ file }) => file.folder.path).sort(compare)[0] ?? "",
    base,
    assets,
    message: `${listed(assets.map(({ name }) => quoted(name)))} look like versions of ${quoted(base)}, but the rule ${rule.name} does not read them: ${first?.reason}. State a rule that reads them, or rename them.`
  }
}

/** Nothing may be stacked beside a stack that may have any base. */
const closedBy = (stack: Stack): Finding => ({
  kind: "stack-unread",
  severity: "left-out",
  folder: stack.folder.path,
  base: "",
  assets: [shown(stack)],
  message: `${unread(stack)} It may be of any base, so nothing was planned beside it.`
})

/** @internal */
export interface Conclusion {
  readonly outcomes: ReadonlyArray<Outcome>
  /** Findings about files that belong to no series. */
  readonly findings: ReadonlyArray<Finding>
}

/**
 * The plan of each series.
 *
 * @internal
 */
export const conclude = (
  rule: NamingRule,
  listing: Listing,
  options: Options | undefined,
  /** Whether stacks without loose files beside them are examined too. */
  everyStack = false
): Conclusion => {
  const scope = scopeOf(options)
  const series = new Map<string, Series>()
  const unread = collect(rule, distinct(listing), scope, series)

  const populated = new Set(
    [...series.values()].flatMap(({ loose }) => loose.map(({ file }) => scope(file.folder, "")))
  )
  const closed = new Set<string>()
  const unclaimed: Array<Stack> = []
  const stackBases = new Map<string, string>()
  const findings: Array<Finding> = []
  for (const stack of [...listing.stacks].sort((one, other) => compare(one.id, other.id))) {
    const claims = [stack.name, ...(stack.members ?? []).map(({ name }) => name)]
    const readings = claims.flatMap((name) => readingOf(rule, name) ?? [])
    for (const { base, key } of readings) stackBases.set(scope(stack.folder, key), base)
    const mine = [...new Set(readings.map(({ key }) => scope(stack.folder, key)))].flatMap(
      (key) => series.get(key) ?? []
    )
    for (const one of mine) one.stacks.push(stack)
    if (mine.length === 0) {
      unclaimed.push(stack)
      const [fits] = readings
      if (everyStack && fits !== undefined) {
        const { base, key, looseKey } = fits
        series.set(scope(stack.folder, key), { key, base, looseKey, loose: [], stacks: [stack], holds: [] })
      }
    }
    if (readings.length > 0 || stack.members !== undefined || !populated.has(scope(stack.folder, ""))) continue
    closed.add(scope(stack.folder, ""))
    findings.push(closedBy(stack))
  }

  const without: Array<Unread> = []
  for (const one of unread) {
    const { file, near } = one
    const [base] = near.flatMap(({ key, version }) => {
      const known = series.get(scope(file.folder, key))
      known?.holds.push({ file, version })
      return known?.base ?? stackBases.get(scope(file.folder, key)) ?? []
    })
    if (base === undefined) without.push(one)
    else findings.push(findingOf(rule, one, base))
  }
  const own = likeSeries(without, scope)
  const told = new Set(own.flat())
  findings.push(...own.map((alike) => seriesNotRead(rule, alike)))
  findings.push(...without.filter((one) => !told.has(one)).map((one) => findingOf(rule, one, undefined)))

  const outcomes = [...series.values()]
    .filter(({ loose: [first] }) => first === undefined || !closed.has(scope(first.file.folder, "")))
    .map((one) => new Outcome(one))
  for (const outcome of outcomes) settle(rule, outcome)
  nearMatches(rule, outcomes, unclaimed, scope, options?.acrossFolders === true)

  return { outcomes, findings }
}
