/**
 * What is on a stack, by the names of its versions. Pure.
 */
import { compareVersions, type Fits, type NamingRule } from "../../NamingRule.js"
import type { File, Stack } from "../../VersionGrouping.js"
import { quoted } from "./quoted.js"
import { listed, type Outcome } from "./series.js"

/** @internal */
export interface Head {
  /** The newest version. */
  readonly top: { readonly file: File; readonly fits: Fits }
  readonly members: ReadonlyArray<File>
  /** The parsed names of its versions. */
  readonly known: ReadonlyArray<Fits>
}

/** @internal */
export const unread = (stack: Stack): string =>
  `The versions on the stack ${quoted(stack.name)} could not be read, so nobody can say what comes next on it. ${stack.problem ?? ""}`.trimEnd()

/**
 * Members with older versions first; the place of the cover shows from which end they were listed.
 *
 * @internal
 */
export const ascending = (members: ReadonlyArray<File>, coverId: string | null): ReadonlyArray<File> | undefined => {
  if (members.at(-1)?.id === coverId) return members
  return members[0]?.id === coverId ? members.toReversed() : undefined
}

const isDescent = (fits: ReadonlyArray<Fits>): boolean =>
  fits.some((one, n) => {
    const before = fits[n - 1]
    return before !== undefined && compareVersions(before.version, one.version) > 0
  })

/** Says which versions are on the stack more than once. */
const noteTwice = (
  stack: Stack,
  known: ReadonlyArray<{ readonly file: File; readonly fits: Fits }>,
  outcome: Outcome
) => {
  const byVersion = new Map<string, Array<(typeof known)[number]>>()
  for (const one of known) {
    // Missing parts are zeros.
    const version = one.fits.version.join(".").replace(/(?:\.0)+$/, "")
    byVersion.set(version, [...(byVersion.get(version) ?? []), one])
  }
  for (const [first, ...others] of byVersion.values()) {
    if (first === undefined || others.length === 0) continue
    const files = [first, ...others].map(({ file }) => file)
    outcome.find(
      "duplicate-version",
      "note",
      files,
      `The stack ${quoted(stack.name)} holds ${first.fits.label} ${files.length === 2 ? "twice" : `${files.length} times`}: ${listed(files.map(({ name }) => quoted(name)))}.`
    )
  }
}

/**
 * A series' stack: what is on it, and its newest version. Adds a finding if that is not plain.
 *
 * @internal
 */
export const headOf = (rule: NamingRule, stack: Stack, outcome: Outcome): Head | undefined => {
  const { base, key, loose: looseMembers } = outcome.series
  const members = stack.members
  const loose = looseMembers.map(({ file }) => file)
  if (members === undefined) {
    outcome.find("stack-unread", "left-out", [stack, ...loose], unread(stack))
    return undefined
  }
  const read = members.map((file) => {
    const parsed = rule.parse(file.name)
    return { file, fits: parsed._tag === "Fits" ? parsed : undefined }
  })
  const strange = read.filter(({ fits }) => fits !== undefined && fits.key !== key)
  const cover = read.find(({ file }) => file.id === stack.coverId)
  const known = read.flatMap(({ file, fits }) => (fits?.key === key ? [{ file, fits }] : []))
  if (strange.length > 0) {
    outcome.find(
      "unclear-stack",
      "left-out",
      [stack, ...strange.map(({ file }) => file), ...loose],
      `The stack ${quoted(stack.name)} holds ${listed(strange.map(({ file }) => quoted(file.name)))}, of another base than ${quoted(base)}. If they belong together, say so with a rule that reads them as one; if not, take them out.`
    )
    return undefined
  }
  const top = known.reduce<(typeof known)[number] | undefined>(
    (most, one) => (most === undefined || compareVersions(one.fits.version, most.fits.version) > 0 ? one : most),
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
  if (cover?.fits !== undefined && compareVersions(cover.fits.version, top.fits.version) < 0) {
    outcome.find(
      "stack-order",
      "left-out",
      [stack, cover.file, top.file, ...loose],
      `The stack ${quoted(stack.name)} shows ${cover.fits.label} as its newest version and holds ${top.fits.label}. Put its versions in order first: take out those that are above ${top.fits.label}, and plan again.`
    )
    return undefined
  }
  const inOrder = ascending(members, stack.coverId)
  const fitsById = new Map(known.map(({ file, fits }) => [file.id, fits]))
  if (inOrder !== undefined && isDescent(inOrder.flatMap(({ id }) => fitsById.get(id) ?? []))) {
    outcome.find(
      "stack-order",
      "note",
      [stack, ...members],
      `The versions on the stack ${quoted(stack.name)} do not ascend: ${listed(inOrder.map(({ id, name }) => fitsById.get(id)?.label ?? quoted(name)))}. Its newest is ${top.fits.label} nevertheless.`
    )
  }
  noteTwice(stack, known, outcome)
  const others = read.flatMap(({ file, fits }) => (fits === undefined ? [file] : []))
  if (others.length > 0) {
    outcome.find(
      "member",
      "note",
      others,
      `On the stack ${quoted(stack.name)} the rule does not read ${listed(others.map(({ name }) => quoted(name)))}. The newest version is clear nevertheless.`
    )
  }
  return { top, members, known: known.map(({ fits }) => fits) }
}
