/**
 * Settles one series: which of its files go where, and which stay out. Pure.
 */
import { compareVersions, type Fits, type NamingRule, type Version } from "../../NamingRule.js"
import type { File, Group, Line, Stack } from "../../VersionGrouping.js"
import { quoted } from "./quoted.js"
import { absent, byVersion, doubtful, type Hold, listed, type Member, type Outcome } from "./series.js"
import { type Head, headOf } from "./stackHead.js"

const typesOf = (files: ReadonlyArray<File>): ReadonlyArray<string> =>
  [...new Set(files.flatMap((file) => (file.assetType === null ? [] : [file.assetType])))].sort()

const filesOf = (members: ReadonlyArray<Member>): ReadonlyArray<File> => members.map(({ file }) => file)

/** Dates in another order, frames, times of day: any of them leaves out the whole series. */
const doubtOf = (
  rule: NamingRule,
  head: Head | undefined,
  sorted: ReadonlyArray<Member>,
  outcome: Outcome
): boolean => {
  const all = [...(head?.known ?? []), ...sorted.map(({ fits }) => fits)].sort((one, other) =>
    compareVersions(one.version, other.version)
  )
  const doubt = rule.doubtOf(all)
  if (doubt === undefined) return false
  outcome.find(
    "ambiguous-series",
    "left-out",
    filesOf(sorted),
    `The versions of ${quoted(outcome.series.base)} are in doubt: ${doubt}. State a rule or a pattern that says what the digits are.`
  )
  return true
}

/** Files of the series' type, or nothing if no file tells the type. */
const ofOneType = (
  head: Head | undefined,
  sorted: ReadonlyArray<Member>,
  outcome: Outcome
): ReadonlyArray<Member> | undefined => {
  const { base } = outcome.series
  const stackTypes = typesOf(head?.members ?? [])
  const types = stackTypes.length > 0 ? stackTypes : typesOf(filesOf(sorted))
  if (stackTypes.length === 0 && types.length > 1) {
    const each = sorted.map(({ file, fits }) => `${fits.label} ${file.assetType ?? "not processed yet"}`)
    outcome.find(
      "mixed-types",
      "left-out",
      filesOf(sorted),
      `Versions of ${quoted(base)} are of different asset_type: ${listed(each)}. Frame.io stacks only files of one type: move or rename those that do not belong.`
    )
    return undefined
  }
  const [type] = types
  const mistyped = sorted.filter(({ file }) => file.assetType !== null && type !== undefined && file.assetType !== type)
  if (mistyped.length > 0) {
    outcome.find(
      "mixed-types",
      "left-out",
      filesOf(mistyped),
      `The stack of ${quoted(base)} is of the asset_type ${type}, and ${listed(mistyped.map(({ file, fits }) => `${fits.label} is ${file.assetType}`))}. Frame.io stacks only files of one type.`
    )
  }
  return sorted.filter((member) => !mistyped.includes(member))
}

/** Files newer than the stack's newest version. */
const aboveHead = (head: Head | undefined, members: ReadonlyArray<Member>, outcome: Outcome): ReadonlyArray<Member> => {
  if (head === undefined) return members
  const { base } = outcome.series
  const { label, version: top } = head.top.fits
  return members.filter(({ file, fits }) => {
    if (compareVersions(fits.version, top) > 0) return true
    if (head.known.some(({ version }) => compareVersions(version, fits.version) === 0)) {
      outcome.find(
        "duplicate-version",
        "left-out",
        [file],
        `${fits.label} of ${quoted(base)} is on its stack already, and this is another file of the same version. Delete one of the two, or give this one a number of its own.`
      )
    } else {
      outcome.find(
        "out-of-order",
        "left-out",
        [file],
        `${fits.label} is older than ${label}, the newest on the stack of ${quoted(base)}. A version can only go on top: take the newer ones out of the stack, and plan again.`
      )
    }
    return false
  })
}

/** Groups neighbours of the same version. */
const alike = (members: ReadonlyArray<Member>): ReadonlyArray<readonly [Member, ...Array<Member>]> => {
  const groups: Array<[Member, ...Array<Member>]> = []
  for (const member of members) {
    const last = groups.at(-1)
    if (last !== undefined && compareVersions(last[0].fits.version, member.fits.version) === 0) last.push(member)
    else groups.push([member])
  }
  return groups
}

/** Doubtful files that may go above the stack's newest version, so that others must wait for them. */
const holdsAbove = (holds: ReadonlyArray<Hold>, top: Version | undefined): ReadonlyArray<Hold> =>
  holds.filter(({ version }) => version === undefined || top === undefined || compareVersions(version, top) >= 0)

/** Files in order, up to the first doubtful one. */
const accepted = (
  above: ReadonlyArray<Member>,
  holds: ReadonlyArray<Hold>,
  outcome: Outcome
): ReadonlyArray<Member> => {
  const { base } = outcome.series
  const taken: Array<Member> = []
  let before: string | undefined
  for (const same of alike(above)) {
    const [first] = same
    const { fits } = first
    const hold = holds.find(({ version }) => version === undefined || compareVersions(fits.version, version) > 0)
    if (before === undefined && hold !== undefined) before = quoted(hold.file.name)
    if (before !== undefined) {
      for (const { file, fits } of same) {
        outcome.find(
          "waits",
          "left-out",
          [file],
          `${fits.label} of ${quoted(base)} has to wait until somebody decides what ${before} is.`
        )
      }
    } else if (same.length > 1) {
      before = fits.label
      outcome.find(
        "duplicate-version",
        "left-out",
        filesOf(same),
        `${same.length} files are ${fits.label} of ${quoted(base)}. Delete or rename all but one of them, and plan again.`
      )
    } else if (first.doubt !== undefined) {
      before = quoted(first.file.name)
      outcome.find("ambiguous-name", "left-out", [first.file], doubtful(first.file.name, first.doubt))
    } else if (first.file.arrived === false) {
      before = quoted(first.file.name)
      outcome.find(
        "placeholder",
        "left-out",
        [first.file],
        `${absent(first.file)} Plan again when it has arrived, or delete it.`
      )
    } else taken.push(first)
  }
  return taken
}

const targetOf = (
  stack: Stack | undefined,
  head: Head | undefined,
  oldest: Member | undefined
): Group["target"] | undefined => {
  if (stack !== undefined && head !== undefined) {
    return {
      kind: "stack",
      id: stack.id,
      name: stack.name,
      version: head.top.fits.label,
      folderId: stack.folder.id,
      coverId: stack.coverId
    }
  }
  return oldest === undefined
    ? undefined
    : {
        kind: "file",
        id: oldest.file.id,
        name: oldest.file.name,
        version: oldest.fits.label,
        folderId: oldest.file.folder.id,
        coverId: null
      }
}

const linesOf = (target: Group["target"], members: ReadonlyArray<Member>): ReadonlyArray<Line> =>
  members.map(({ file, fits }, n) => {
    const below = members[n - 1]?.fits.label ?? target.version
    const where = target.kind === "stack" ? " on the stack" : n === 0 ? "; a new stack" : " on the new stack"
    return {
      nextAssetId: file.id,
      name: file.name,
      version: fits.label,
      folder: file.folder.path,
      reason: `follows ${below}${where}`
    }
  })

/** Missing numbers between those that exist, as `v003` or `v005 to v007`. A doubtful version fills a gap. */
const gapsIn = (members: ReadonlyArray<Fits>, inDoubt: ReadonlyArray<Version>): ReadonlyArray<string> => {
  const sorted = [...members].sort((one, other) => compareVersions(one.version, other.version))
  const gaps: Array<string> = []
  sorted.forEach((above, n) => {
    const below = sorted[n - 1]
    if (below === undefined) return
    const [, mark = "", digits = ""] = /^(\D*)(\d+)/.exec(above.label) ?? []
    const label = (number: bigint): string => `${mark}${String(number).padStart(digits.length, "0")}`
    const [from, to] = [below.version[0] ?? 0n, above.version[0] ?? 0n]
    const filled = inDoubt.flatMap(([number = 0n]) => (number > from && number < to ? [number] : []))
    const there = [from, ...new Set(filled), to].sort((one, other) => (one < other ? -1 : 1))
    there.forEach((number, place) => {
      const [first, last] = [(there[place - 1] ?? number) + 1n, number - 1n]
      if (place > 0 && first <= last) gaps.push(first === last ? label(first) : `${label(first)} to ${label(last)}`)
    })
  })
  return gaps
}

const noteGaps = (head: Head | undefined, sorted: ReadonlyArray<Member>, outcome: Outcome): void => {
  // A doubtful version opens no gap below it.
  const there = sorted.findLastIndex(({ doubt }) => doubt === undefined)
  const counted = [...(head?.known ?? []), ...sorted.slice(0, there + 1).map(({ fits }) => fits)].filter(
    ({ dated }) => !dated
  )
  const gaps = gapsIn(
    counted,
    outcome.series.holds.flatMap(({ version }) => (version === undefined ? [] : [version]))
  )
  if (gaps.length === 0) return
  outcome.find(
    "gap",
    "note",
    [],
    `${listed(gaps)} of ${quoted(outcome.series.base)} ${gaps.length === 1 && !gaps[0]?.includes(" to ") ? "is" : "are"} missing. If such a version is still to come, wait for it: it cannot be put in between later.`
  )
}

const noteUsed = (used: ReadonlyArray<Member>, outcome: Outcome): void => {
  const spaced = used.filter(({ fits }) => fits.spaced)
  if (spaced.length > 0) {
    outcome.find(
      "spaces",
      "note",
      filesOf(spaced),
      `There are spaces at an end of ${listed(spaced.map(({ file }) => quoted(file.name)))}; they are ignored.`
    )
  }
  const unprocessed = used.filter(({ file }) => file.assetType === null)
  if (unprocessed.length > 0) {
    outcome.find(
      "unprocessed",
      "note",
      filesOf(unprocessed),
      `Frame.io gives no type yet for ${listed(unprocessed.map(({ fits }) => fits.label))} of ${quoted(outcome.series.base)}, as before it has processed a file: until then it may refuse a version call.`
    )
  }
}

/**
 * Draws every conclusion about one series.
 *
 * @internal
 */
export const settle = (rule: NamingRule, outcome: Outcome): void => {
  outcome.reset()
  const { base, holds, loose, stacks } = outcome.series
  const sorted = [...loose].sort(byVersion)
  const [stack, otherStack] = stacks
  if (stack !== undefined && otherStack !== undefined) {
    outcome.find(
      "several-stacks",
      "left-out",
      [...stacks, ...filesOf(sorted)],
      `${stacks.length} stacks have the base ${quoted(base)}: ${listed(stacks.map(({ name }) => quoted(name)))}. A stack cannot go onto a stack: take the versions out of one of them, and plan again.`
    )
    return
  }
  const head = stack === undefined ? undefined : headOf(rule, stack, outcome)
  // A finding has said why already.
  if (stack !== undefined && head === undefined) return
  if (doubtOf(rule, head, sorted, outcome)) return
  const sound = ofOneType(head, sorted, outcome)
  if (sound === undefined) return

  const above = aboveHead(head, sound, outcome)
  const taken = accepted(above, holdsAbove(holds, head?.top.fits.version), outcome)
  const target = targetOf(stack, head, taken[0])
  const added = stack === undefined ? taken.slice(1) : taken
  if (target !== undefined && added.length > 0) {
    outcome.group = {
      base,
      folder: (stack ?? taken[0]?.file)?.folder.path ?? outcome.folder,
      target,
      lines: linesOf(target, added)
    }
    noteUsed(taken, outcome)
  }
  noteGaps(head, sorted, outcome)
}
