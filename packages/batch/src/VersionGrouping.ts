/**
 * Files and stacks by their names: which go on which, in what order, and everything that a person should know or decide
 * first. Pure, and the same whatever the order in which the files come.
 *
 * Nothing is guessed. What can be meant in two ways is a finding and stays out of the plan, and so does what would have
 * to go above it, because Frame.io stacks in the order of the calls and what is stacked cannot be put in between later.
 *
 * @since 0.1.0
 */
import type { Fits, NamingRule } from "./NamingRule.js"

/**
 * A folder, as far as a plan needs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Folder {
  readonly id: string
  /** Its name with those of the folders above it, for people. */
  readonly path: string
}

/**
 * A file, as far as a plan needs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly id: string
  readonly name: string
  /** `stream`, `image`, `document`; null until Frame.io has processed it. */
  readonly assetType: string | null
  readonly folder: Folder
}

/**
 * A stack that is there already.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack {
  readonly id: string
  readonly name: string
  readonly folder: Folder
  /** Its newest version, where the listing tells. */
  readonly coverId: string | null
  /** The files in it; absent while they have not been read, or when they could not be. */
  readonly members: ReadonlyArray<File> | undefined
  /** Why they could not be read. */
  readonly problem?: string | undefined
}

/**
 * What there is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listing {
  /** Files that are in no stack. */
  readonly files: ReadonlyArray<File>
  readonly stacks: ReadonlyArray<Stack>
}

/**
 * How to group.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether files of different folders may go on one stack. Default false: every folder by itself. */
  readonly acrossFolders?: boolean | undefined
}

/**
 * What a finding is about.
 *
 * - `no-rule`: a name that the rule does not speak of.
 * - `ambiguous-name`: a name that can be read in two ways.
 * - `duplicate-version`: two files of one version, or a file of a version that is on the stack already.
 * - `waits`: a file that would go above one that is in doubt.
 * - `out-of-order`: a file that is older than the stack's newest version.
 * - `mixed-types`: files of one series with different `asset_type`.
 * - `several-stacks`: two stacks of one base.
 * - `unclear-stack`: a stack whose name or members do not tell by the rule what its newest version is.
 * - `member`: a stack's member whose name the rule does not speak of.
 * - `gap`: a version that is missing.
 * - `near-match`: bases that differ in case or extension only.
 * - `spaces`: spaces at the ends of a name.
 * - `unprocessed`: a file whose `asset_type` is not known yet.
 * - `folder-unread`, `stack-unread`: what could not be read.
 * - `changed`: a folder that was changed while it was read.
 * - `not-a-file`: an asset that is neither file, folder nor stack.
 *
 * @since 0.1.0
 * @category models
 */
export type FindingKind =
  | "no-rule"
  | "ambiguous-name"
  | "duplicate-version"
  | "waits"
  | "out-of-order"
  | "mixed-types"
  | "several-stacks"
  | "unclear-stack"
  | "member"
  | "gap"
  | "near-match"
  | "spaces"
  | "unprocessed"
  | "folder-unread"
  | "stack-unread"
  | "changed"
  | "not-a-file"

/**
 * One thing that a person should know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly kind: FindingKind
  /** `left-out`: it kept something out of the plan that may belong there. `note`: it did not. */
  readonly severity: "left-out" | "note"
  /** The folder's path. */
  readonly folder: string
  /** The base of the series; empty where it is about no series. */
  readonly base: string
  /** What it is about. */
  readonly assets: ReadonlyArray<{ readonly id: string; readonly name: string }>
  /** What is so, and what to do, for people. */
  readonly message: string
}

/**
 * A version to be put on a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly nextAssetId: string
  readonly name: string
  /** As its name has it, such as `v003`. */
  readonly version: string
  /** The folder's path. */
  readonly folder: string
  /** Why it goes where it goes, for people. */
  readonly reason: string
}

/**
 * A series with something to do: all lines go on one target, in order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly base: string
  /** The path of the folder that the target is in. */
  readonly folder: string
  /** The stack that grows, or the oldest file, on which a new stack will be made. */
  readonly target: {
    readonly kind: "stack" | "file"
    readonly id: string
    readonly name: string
    /** The newest version of the stack, or the file's. */
    readonly version: string
    /** The folder it is in. */
    readonly folderId: string
    /** The asset that is the stack's newest version, where the listing tells; null for a file. */
    readonly coverId: string | null
  }
  /** At least one; older versions first. */
  readonly lines: ReadonlyArray<Line>
}

/**
 * What came of grouping.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grouping {
  /** By folder, then base. */
  readonly groups: ReadonlyArray<Group>
  /** By folder, then base, then kind. */
  readonly findings: ReadonlyArray<Finding>
  /** How many series have nothing to do: one file alone. */
  readonly single: number
}

// -----------------------------------------------------------------------------
// series
// -----------------------------------------------------------------------------

interface Member {
  readonly file: File
  readonly fits: Fits
  /** Why the reading of the name is in doubt. */
  readonly doubt: string | undefined
}

interface Series {
  readonly base: string
  readonly looseKey: string
  /** In no stack. */
  readonly loose: Array<Member>
  readonly stacks: Array<Stack>
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const byVersion = (one: Member, other: Member): number =>
  one.fits.version < other.fits.version
    ? -1
    : one.fits.version > other.fits.version
      ? 1
      : compare(one.file.name, other.file.name) || compare(one.file.id, other.file.id)

const shown = (file: { readonly id: string; readonly name: string }) => ({ id: file.id, name: file.name })

const quoted = (text: string): string => `“${text}”`

const SOME = 6

const listed = (names: ReadonlyArray<string>): string =>
  names.length > SOME ? `${names.slice(0, SOME).join(", ")} and ${names.length - SOME} more` : names.join(", ")

const scopeOf = (options: Options | undefined) => {
  const across = options?.acrossFolders === true
  return (folder: Folder, key: string): string => (across ? key : `${folder.id}\u0000${key}`)
}

const fitsOf = (rule: NamingRule, name: string): Fits | undefined => {
  const parsed = rule.parse(name)
  return parsed._tag === "Fits" ? parsed : undefined
}

/** The reading of a name, in doubt or not. */
const readingOf = (rule: NamingRule, name: string): Fits | undefined => {
  const parsed = rule.parse(name)
  return parsed._tag === "Fits" ? parsed : parsed._tag === "Ambiguous" ? parsed.reading : undefined
}

/**
 * The stacks whose members have to be read before grouping: those whose name has the base of a file that is in no stack,
 * and those whose name says nothing, beside such files. All others have nothing to get.
 *
 * @since 0.1.0
 * @category grouping
 */
export const touchedStacks = (rule: NamingRule, listing: Listing, options?: Options): ReadonlyArray<Stack> => {
  if (listing.stacks.length === 0) return []
  const scope = scopeOf(options)
  const keys = new Set<string>()
  const folders = new Set<string>()
  for (const file of listing.files) {
    const fits = readingOf(rule, file.name)
    if (fits === undefined) continue
    keys.add(scope(file.folder, fits.key))
    folders.add(scope(file.folder, ""))
  }
  return listing.stacks.filter((stack) => {
    const fits = readingOf(rule, stack.name)
    return fits === undefined ? folders.has(scope(stack.folder, "")) : keys.has(scope(stack.folder, fits.key))
  })
}

/** Missing numbers between those that are there, as `v003` or `v005 to v007`. */
const gapsIn = (members: ReadonlyArray<Fits>): ReadonlyArray<string> => {
  const sorted = [...members].sort((one, other) =>
    one.version < other.version ? -1 : one.version > other.version ? 1 : 0
  )
  const gaps: Array<string> = []
  for (let n = 1; n < sorted.length; n++) {
    const [below, above] = [sorted[n - 1], sorted[n]]
    if (below === undefined || above === undefined || above.version - below.version < 2n) continue
    const digits = /\d+$/.exec(above.label)?.[0] ?? ""
    const label = (version: bigint): string =>
      `${above.label.slice(0, above.label.length - digits.length)}${String(version).padStart(digits.length, "0")}`
    const [first, last] = [below.version + 1n, above.version - 1n]
    gaps.push(first === last ? label(first) : `${label(first)} to ${label(last)}`)
  }
  return gaps
}

const typesOf = (files: ReadonlyArray<File>): ReadonlyArray<string> =>
  [...new Set(files.flatMap((file) => (file.assetType === null ? [] : [file.assetType])))].sort()

/** What one series comes to. */
class Outcome {
  readonly findings: Array<Finding> = []
  group: Group | undefined
  readonly series: Series
  readonly folder: string

  constructor(series: Series) {
    this.series = series
    const paths = [
      ...series.loose.map(({ file }) => file.folder.path),
      ...series.stacks.map(({ folder }) => folder.path)
    ]
    this.folder = paths.sort(compare)[0] ?? ""
  }

  find(
    kind: FindingKind,
    severity: Finding["severity"],
    assets: ReadonlyArray<{ readonly id: string; readonly name: string }>,
    message: string
  ): void {
    this.findings.push({
      kind,
      severity,
      folder: this.folder,
      base: this.series.base,
      assets: assets.map(shown),
      message
    })
  }
}

const unread = (stack: Stack): string =>
  `The versions on the stack ${quoted(stack.name)} could not be read, so nobody can say what comes next on it. ${stack.problem ?? ""}`.trimEnd()

/** The stack of a series, read: what is on it, and what its newest version is. Says so when that is not plain. */
const headOf = (rule: NamingRule, stack: Stack, series: Series, key: string, outcome: Outcome) => {
  const members = stack.members
  const loose = series.loose.map(({ file }) => file)
  if (members === undefined) {
    outcome.find("stack-unread", "left-out", [stack, ...loose], unread(stack))
    return undefined
  }
  const read = members.map((file) => ({ file, fits: fitsOf(rule, file.name) }))
  const strange = read.filter(({ fits }) => fits !== undefined && fits.key !== key)
  const cover = read.find(({ file }) => file.id === stack.coverId)
  const known = read.flatMap(({ file, fits }) => (fits?.key === key ? [{ file, fits }] : []))
  if (strange.length > 0) {
    outcome.find(
      "unclear-stack",
      "left-out",
      [stack, ...strange.map(({ file }) => file), ...loose],
      `The stack ${quoted(stack.name)} holds ${listed(strange.map(({ file }) => quoted(file.name)))}, of another base than ${quoted(series.base)}. If they belong together, say so with a rule that reads them as one; if not, take them out.`
    )
    return undefined
  }
  const top = known.reduce<(typeof known)[number] | undefined>(
    (most, one) => (most === undefined || one.fits.version > most.fits.version ? one : most),
    undefined
  )
  if (top === undefined || (cover !== undefined && cover.fits === undefined)) {
    outcome.find(
      "unclear-stack",
      "left-out",
      [stack, ...loose],
      members.length === 0
        ? `The stack ${quoted(stack.name)} is shown as empty, so nobody can say what comes next on it.`
        : `The rule does not read the newest version of the stack ${quoted(stack.name)}, ${quoted((cover ?? read[0])?.file.name ?? "")}, so nobody can say what comes next on it. Rename that file, or put the versions on by hand.`
    )
    return undefined
  }
  const others = read.flatMap(({ file, fits }) => (fits === undefined ? [file] : []))
  if (others.length > 0) {
    outcome.find(
      "member",
      "note",
      others,
      `On the stack ${quoted(stack.name)} the rule does not read ${listed(others.map(({ name }) => quoted(name)))}. The newest version is plain all the same.`
    )
  }
  return { top, members, known: known.map(({ fits }) => fits) }
}

const alike = (members: ReadonlyArray<Member>): ReadonlyArray<ReadonlyArray<Member>> => {
  const groups: Array<Array<Member>> = []
  for (const member of members) {
    const last = groups.at(-1)
    if (last?.[0]?.fits.version === member.fits.version) last.push(member)
    else groups.push([member])
  }
  return groups
}

/** All that holds for one series. */
const settle = (rule: NamingRule, key: string, series: Series): Outcome => {
  const outcome = new Outcome(series)
  const sorted = [...series.loose].sort(byVersion)
  const files = sorted.map(({ file }) => file)
  const [stack, otherStack] = series.stacks
  if (stack !== undefined && otherStack !== undefined) {
    outcome.find(
      "several-stacks",
      "left-out",
      [...series.stacks, ...files],
      `${series.stacks.length} stacks have the base ${quoted(series.base)}: ${listed(series.stacks.map(({ id }) => id))}. A stack cannot go onto a stack: take the versions out of one of them, and plan again.`
    )
    return outcome
  }
  const head = stack === undefined ? undefined : headOf(rule, stack, series, key, outcome)
  // Why not has been said.
  if (stack !== undefined && head === undefined) return outcome

  const stackTypes = typesOf(head?.members ?? [])
  const types = stackTypes.length > 0 ? stackTypes : typesOf(files)
  if (stackTypes.length === 0 && types.length > 1) {
    outcome.find(
      "mixed-types",
      "left-out",
      files,
      `Versions of ${quoted(series.base)} are of different asset_type: ${sorted
        .map(({ file, fits }) => `${fits.label} ${file.assetType ?? "not processed yet"}`)
        .slice(0, SOME)
        .join(", ")}. Frame.io stacks only what is of one type: move or rename those that do not belong.`
    )
    return outcome
  }
  const [type] = types
  const mistyped = sorted.filter(({ file }) => file.assetType !== null && type !== undefined && file.assetType !== type)
  if (mistyped.length > 0) {
    outcome.find(
      "mixed-types",
      "left-out",
      mistyped.map(({ file }) => file),
      `The stack of ${quoted(series.base)} is of the asset_type ${type}, and ${listed(mistyped.map(({ file, fits }) => `${fits.label} is ${file.assetType}`))}. Frame.io stacks only what is of one type.`
    )
  }
  const sound = sorted.filter((member) => !mistyped.includes(member))

  const floor = head?.top.fits.version
  const above: Array<Member> = []
  const stacked = new Set(head?.known.map(({ version }) => version))
  for (const member of sound) {
    const { file, fits } = member
    if (floor === undefined || head === undefined || fits.version > floor) above.push(member)
    else if (stacked.has(fits.version)) {
      outcome.find(
        "duplicate-version",
        "left-out",
        [file],
        `${fits.label} of ${quoted(series.base)} is on its stack already, and this is another file of the same version. Delete one of the two, or give this one a number of its own.`
      )
    } else {
      outcome.find(
        "out-of-order",
        "left-out",
        [file],
        `${fits.label} is older than ${head.top.fits.label}, the newest on the stack of ${quoted(series.base)}. A version can only go on top: take the newer ones out of the stack, and plan again.`
      )
    }
  }

  const accepted: Array<Member> = []
  let before: string | undefined
  for (const same of alike(above)) {
    const [first] = same
    if (first === undefined) continue
    if (before !== undefined) {
      for (const { file, fits } of same) {
        outcome.find(
          "waits",
          "left-out",
          [file],
          `${fits.label} of ${quoted(series.base)} has to wait until it is settled what ${before} is.`
        )
      }
      continue
    }
    if (same.length > 1) {
      before = first.fits.label
      outcome.find(
        "duplicate-version",
        "left-out",
        same.map(({ file }) => file),
        `${same.length} files are ${first.fits.label} of ${quoted(series.base)}. Delete or rename all but one of them, and plan again.`
      )
    } else if (first.doubt !== undefined) {
      before = quoted(first.file.name)
      outcome.find("ambiguous-name", "left-out", [first.file], doubtful(first.file.name, first.doubt))
    } else accepted.push(first)
  }

  const target =
    stack !== undefined && head !== undefined
      ? ({
          kind: "stack",
          id: stack.id,
          name: stack.name,
          version: head.top.fits.label,
          folderId: stack.folder.id,
          coverId: stack.coverId
        } as const)
      : fileTarget(accepted[0])
  const lines = stack === undefined ? accepted.slice(1) : accepted
  if (target !== undefined && lines.length > 0) {
    outcome.group = {
      base: series.base,
      folder: (stack ?? accepted[0]?.file)?.folder.path ?? outcome.folder,
      target,
      lines: lines.map(({ file, fits }, n) => {
        const below = n === 0 ? target.version : (lines[n - 1]?.fits.label ?? target.version)
        return {
          nextAssetId: file.id,
          name: file.name,
          version: fits.label,
          folder: file.folder.path,
          reason:
            stack !== undefined
              ? `follows ${below} on the stack`
              : n === 0
                ? `follows ${below}; a new stack`
                : `follows ${below} on the new stack`
        }
      })
    }
  }

  const there = sorted.findLastIndex(({ doubt }) => doubt === undefined)
  // What is in doubt fills a gap, but makes none above it.
  const counted = [...(head?.known ?? []), ...sorted.slice(0, there + 1).map(({ fits }) => fits)].filter(
    ({ dated }) => !dated
  )
  const gaps = gapsIn(counted)
  if (gaps.length > 0) {
    outcome.find(
      "gap",
      "note",
      [],
      `${listed(gaps)} of ${quoted(series.base)} ${gaps.length === 1 && !gaps[0]?.includes(" to ") ? "is" : "are"} missing. If such a version is still to come, wait for it: it cannot be put in between later.`
    )
  }
  const used = outcome.group === undefined ? [] : stack === undefined ? accepted : lines
  const spaced = used.filter(({ fits }) => fits.spaced)
  if (spaced.length > 0) {
    outcome.find(
      "spaces",
      "note",
      spaced.map(({ file }) => file),
      `There are spaces at an end of ${listed(spaced.map(({ file }) => quoted(file.name)))}; they were left out of account.`
    )
  }
  const unprocessed = used.filter(({ file }) => file.assetType === null)
  if (unprocessed.length > 0) {
    outcome.find(
      "unprocessed",
      "note",
      unprocessed.map(({ file }) => file),
      `Frame.io has not processed ${listed(unprocessed.map(({ fits }) => fits.label))} of ${quoted(series.base)} yet, so its type is not known: a version call may be refused until it has.`
    )
  }
  return outcome
}

const fileTarget = (member: Member | undefined): Group["target"] | undefined =>
  member === undefined
    ? undefined
    : {
        kind: "file",
        id: member.file.id,
        name: member.file.name,
        version: member.fits.label,
        folderId: member.file.folder.id,
        coverId: null
      }

const doubtful = (name: string, reason: string): string =>
  `${quoted(name)} can be read in two ways: ${reason}. Rename it, or state a pattern of your own that reads it.`

/** Series that would be one if case or extension did not count, where that kept something from being planned. */
const nearMatches = (outcomes: ReadonlyArray<Outcome>, scope: (folder: Folder, key: string) => string) => {
  const near = new Map<string, Array<Outcome>>()
  for (const outcome of outcomes) {
    const folder = outcome.series.loose[0]?.file.folder ?? outcome.series.stacks[0]?.folder
    if (folder === undefined) continue
    const key = scope(folder, outcome.series.looseKey)
    const others = near.get(key)
    if (others === undefined) near.set(key, [outcome])
    else others.push(outcome)
  }
  for (const [first, ...others] of near.values()) {
    const all = first === undefined ? [] : [first, ...others]
    if (first === undefined || others.length === 0 || !all.some(isSingle)) continue
    const versions = all.flatMap(({ series }) => series.loose.map(({ fits }) => fits.version))
    // The same versions twice are a file and its proxy, or its still: two series indeed.
    if (new Set(versions).size < versions.length) continue
    const members = all.flatMap(({ series }) => series.loose)
    const partsOf = (part: (key: string, end: number) => string): number =>
      new Set(members.map(({ fits }) => part(fits.key, fits.key.lastIndexOf("\u0000") + 1))).size
    const byCase = partsOf((key, end) => key.slice(0, end)) > 1
    const byExtension = partsOf((key, end) => key.slice(end)) > 1
    const flags = [...(byCase ? ["--ignore-case"] : []), ...(byExtension ? ["--any-extension"] : [])]
    const names = members.map(({ file }) => quoted(file.name)).sort(compare)
    first.find(
      "near-match",
      "note",
      members.map(({ file }) => file).sort((one, other) => compare(one.name, other.name) || compare(one.id, other.id)),
      `${listed(names)} differ in ${[...(byCase ? ["case"] : []), ...(byExtension ? ["extension"] : [])].join(" and ")} only, and count as different series. ${flags.join(" ")} takes them for one.`
    )
  }
}

const isSingle = ({ series }: Outcome): boolean => series.loose.length === 1 && series.stacks.length === 0

/**
 * Groups what there is by a rule. The stacks that {@link touchedStacks} names have to be there with their members.
 *
 * @since 0.1.0
 * @category grouping
 */
export const group = (rule: NamingRule, listing: Listing, options?: Options): Grouping => {
  const scope = scopeOf(options)
  const series = new Map<string, Series>()
  const keys = new Map<string, string>()
  const findings: Array<Finding> = []

  const inStacks = new Set(listing.stacks.flatMap(({ members }) => (members ?? []).map(({ id }) => id)))
  const seen = new Set<string>()
  // The order of the listing is the server's; the same files make the same plan.
  const files = [...listing.files].sort((one, other) => compare(one.id, other.id))
  for (const file of files) {
    // A page that moved while it was read shows a file twice, or one that has been stacked meanwhile.
    if (seen.has(file.id) || inStacks.has(file.id)) continue
    seen.add(file.id)
    const parsed = rule.parse(file.name)
    const fits = parsed._tag === "Fits" ? parsed : parsed._tag === "Ambiguous" ? parsed.reading : undefined
    if (parsed._tag !== "Fits" && fits === undefined) {
      const ambiguous = parsed._tag === "Ambiguous"
      findings.push({
        kind: ambiguous ? "ambiguous-name" : "no-rule",
        severity: ambiguous ? "left-out" : "note",
        folder: file.folder.path,
        base: "",
        assets: [shown(file)],
        message: ambiguous
          ? doubtful(file.name, parsed.reason)
          : `${quoted(file.name)} does not fit the rule ${rule.name}: ${parsed._tag === "Unfit" ? parsed.reason : ""}.`
      })
      continue
    }
    if (fits === undefined) continue
    const key = scope(file.folder, fits.key)
    const known = series.get(key)
    const member: Member = { file, fits, doubt: parsed._tag === "Ambiguous" ? parsed.reason : undefined }
    if (known === undefined) {
      keys.set(key, fits.key)
      series.set(key, { base: fits.base, looseKey: fits.looseKey, loose: [member], stacks: [] })
    } else known.loose.push(member)
  }

  const populated = new Set<string>()
  for (const { loose } of series.values()) {
    for (const { file } of loose) populated.add(scope(file.folder, ""))
  }
  /** Where a stack may be of any base, so that nothing may be stacked beside it. */
  const closed = new Set<string>()
  for (const stack of [...listing.stacks].sort((one, other) => compare(one.id, other.id))) {
    const claims = [stack.name, ...(stack.members ?? []).map(({ name }) => name)]
    const bases = new Set(
      claims.flatMap((name) => {
        const fits = readingOf(rule, name)
        return fits === undefined ? [] : [scope(stack.folder, fits.key)]
      })
    )
    for (const base of bases) series.get(base)?.stacks.push(stack)
    if (bases.size > 0 || stack.members !== undefined || !populated.has(scope(stack.folder, ""))) continue
    closed.add(scope(stack.folder, ""))
    findings.push({
      kind: "stack-unread",
      severity: "left-out",
      folder: stack.folder.path,
      base: "",
      assets: [shown(stack)],
      message: `${unread(stack)} It may be of any base, so nothing was planned beside it.`
    })
  }

  const outcomes: Array<Outcome> = []
  for (const [scoped, one] of series) {
    const folder = (one.loose[0]?.file ?? one.stacks[0])?.folder
    if (folder !== undefined && closed.has(scope(folder, ""))) continue
    outcomes.push(settle(rule, keys.get(scoped) ?? "", one))
  }
  nearMatches(outcomes, scope)
  const groups = outcomes.flatMap((outcome) => outcome.group ?? [])
  const order = (one: { folder: string; base: string }, other: { folder: string; base: string }): number =>
    compare(one.folder, other.folder) || compare(one.base, other.base)
  return {
    groups: groups.sort((one, other) => order(one, other) || compare(one.target.id, other.target.id)),
    findings: [...findings, ...outcomes.flatMap((outcome) => outcome.findings)].sort(byPlace),
    single: outcomes.filter(isSingle).length
  }
}

/**
 * The order of findings: by folder, base, kind, and then by what they are about.
 *
 * @since 0.1.0
 * @category grouping
 */
export const byPlace = (one: Finding, other: Finding): number =>
  compare(one.folder, other.folder) ||
  compare(one.base, other.base) ||
  compare(one.kind, other.kind) ||
  compare(one.assets[0]?.name ?? "", other.assets[0]?.name ?? "") ||
  compare(one.assets[0]?.id ?? "", other.assets[0]?.id ?? "")
