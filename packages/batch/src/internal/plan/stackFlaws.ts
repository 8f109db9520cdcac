/**
 * Finds faults of stacks, by the rules of planning and by checks that need no rule. Pure.
 */
import { compareVersions, type NamingRule } from "../../NamingRule.js"
import {
  byPlace,
  type File,
  type Finding,
  type Group,
  type Listing,
  type Options,
  type Stack
} from "../../VersionGrouping.js"
import { conclude } from "./conclude.js"
import { quoted } from "./quoted.js"
import { absent, listed, type Outcome, shown } from "./series.js"
import { ascending, unread } from "./stackHead.js"
import * as StackOrder from "./stackOrder.js"

/** @internal */
export interface Flaws {
  readonly findings: ReadonlyArray<Finding>
  /** The candidates for its stack. */
  readonly groups: ReadonlyArray<Group>
  /** How many series of loose files would make a stack of their own. */
  readonly unstacked: number
}

/** Findings reported for every stack and file, whether or not the rule reads its name. */
const WITHOUT_RULE: ReadonlySet<Finding["kind"]> = new Set(["placeholder", "stack-unread"])

/** Notes of a plan that are faults of a stack. */
const FAULTS: ReadonlySet<Finding["kind"]> = new Set(["stack-order", "duplicate-version"])

const flaw = (
  kind: Finding["kind"],
  folder: string,
  assets: Finding["assets"],
  message: string,
  base = ""
): Finding => ({ kind, severity: "left-out", folder, base, assets: assets.map(shown), message })

const ofStack = (stack: Stack): ReadonlyArray<Finding> => {
  const { folder, members, name } = stack
  if (members === undefined) return [flaw("stack-unread", folder.path, [stack], unread(stack))]
  if (members.length > 1) return []
  const [only] = members
  const what = only === undefined ? "is empty" : `holds only ${quoted(only.name)}`
  return [flaw("stack-of-one", folder.path, [stack, ...members], `The stack ${quoted(name)} ${what}.`)]
}

const duplicates = (files: ReadonlyArray<File>): ReadonlyArray<Finding> => {
  const alike = new Map<string, Array<File>>()
  for (const file of files) {
    if (file.bytes === undefined || file.arrived === false) continue
    const key = `${file.folder.id}\u0000${file.bytes}\u0000${file.name}`
    const others = alike.get(key)
    if (others === undefined) alike.set(key, [file])
    else others.push(file)
  }
  return [...alike.values()].flatMap(([first, ...others]) =>
    first === undefined || others.length === 0
      ? []
      : [
          flaw(
            "duplicate-file",
            first.folder.path,
            [first, ...others],
            `${others.length + 1} files are called ${quoted(first.name)} and have ${first.bytes} bytes each. If they are the same, delete all but one of them.`
          )
        ]
  )
}

const placeOf = ({ base, folder }: { readonly base: string; readonly folder: string }): string =>
  `${folder}\u0000${base}`

/**
 * The fewest versions to put on top so that a stack is in order; only if the names of all its versions tell them apart,
 * and nothing is to be put on it.
 */
const orderOf = (rule: NamingRule, { folder, group, series }: Outcome): Group | undefined => {
  const [stack, ...others] = series.stacks
  if (stack === undefined || others.length > 0 || group !== undefined) return undefined
  const members = ascending(stack.members ?? [], stack.coverId) ?? []
  const read = members.flatMap((file) => {
    const parsed = rule.parse(file.name)
    return parsed._tag === "Fits" && parsed.key === series.key && file.arrived !== false ? [{ file, fits: parsed }] : []
  })
  const sorted = read.toSorted((one, other) => compareVersions(one.fits.version, other.fits.version))
  const isPlain = sorted.every(({ fits }, n) => {
    const before = sorted[n - 1]
    return before === undefined || compareVersions(before.fits.version, fits.version) < 0
  })
  if (read.length < members.length || !isPlain) return undefined
  let order: ReadonlyArray<string> = members.map(({ id }) => id)
  const raises = StackOrder.raisesTo(
    order,
    sorted.map(({ file }) => file.id)
  )
  const lines = raises.flatMap((id) => {
    const one = sorted.find(({ file }) => file.id === id)
    if (one === undefined) return []
    const { file, fits } = one
    const line = {
      nextAssetId: id,
      name: file.name,
      version: fits.label,
      folder: file.folder.path,
      reason: `${fits.label} belongs above what is on top of it`,
      order
    }
    order = StackOrder.raised(order, id)
    return [line]
  })
  const cover = read.find(({ file }) => file.id === stack.coverId)
  return lines.length === 0 || cover === undefined
    ? undefined
    : {
        base: series.base,
        folder,
        target: {
          kind: "stack",
          id: stack.id,
          name: stack.name,
          version: cover.fits.label,
          folderId: stack.folder.id,
          coverId: stack.coverId
        },
        lines
      }
}

/** The finding of a stack that the plan puts in order. */
const inOrderAgain = (finding: Finding, { lines, target }: Group): Finding => ({
  ...finding,
  message: `The versions on the stack ${quoted(target.name)}, which is at ${target.version}, do not ascend. The plan puts ${listed(lines.map(({ version }) => version))} on top${lines.length === 1 ? "" : ", one after the other"}.`
})

const looseSibling = ({ base, folder, lines, target }: Group): Finding =>
  flaw(
    "loose-sibling",
    folder,
    lines.map(({ name, nextAssetId }) => ({ id: nextAssetId, name })),
    `${listed(lines.map(({ version }) => version))} of ${quoted(base)} ${lines.length === 1 ? "lies" : "lie"} beside the stack, which is at ${target.version}.`,
    base
  )

/** A stack of none or one has its own finding; an unclear newest version would repeat it. */
const isToldOtherwise = (finding: Finding, small: ReadonlySet<string>): boolean =>
  WITHOUT_RULE.has(finding.kind) ||
  (finding.kind === "unclear-stack" && small.has(finding.assets[0]?.id ?? "") && finding.assets.length === 1)

const byRule = (rule: NamingRule, listing: Listing, options: Options | undefined, reorders: boolean): Flaws => {
  const { findings, outcomes } = conclude(rule, listing, options, true)
  const ofStacks = outcomes.filter(({ series }) => series.stacks.length > 0)
  const stackIds = new Set(listing.stacks.map(({ id }) => id))
  const empty = new Set(listing.stacks.flatMap(({ id, members }) => (members?.length === 0 ? [id] : [])))
  const places = new Set(
    ofStacks.map((outcome: Outcome) => placeOf({ folder: outcome.folder, base: outcome.series.base }))
  )
  const isOfStack = (finding: Finding): boolean =>
    places.has(placeOf(finding)) || finding.assets.some(({ id }) => stackIds.has(id))
  const groups = outcomes.flatMap(({ group }) => group ?? [])
  const isOutOfOrder = ({ kind }: Finding): boolean => kind === "stack-order"
  const orders = new Map<Outcome, Group>()
  for (const outcome of reorders ? ofStacks : []) {
    const order = outcome.findings.some(isOutOfOrder) ? orderOf(rule, outcome) : undefined
    if (order !== undefined) orders.set(outcome, order)
  }
  const told = (outcome: Outcome): ReadonlyArray<Finding> => {
    const order = orders.get(outcome)
    return order === undefined
      ? outcome.findings
      : outcome.findings.map((finding) => (isOutOfOrder(finding) ? inOrderAgain(finding, order) : finding))
  }
  const onStacks = groups.filter(({ target }) => target.kind === "stack")
  return {
    groups: [...onStacks, ...orders.values()],
    unstacked: groups.length - onStacks.length,
    findings: [
      ...onStacks.map(looseSibling),
      ...[...findings, ...outcomes.flatMap(told)]
        .filter((finding) => isOfStack(finding) && !isToldOtherwise(finding, empty))
        .map((finding): Finding => (FAULTS.has(finding.kind) ? { ...finding, severity: "left-out" } : finding))
    ]
  }
}

/**
 * Everything that is wrong with stacks and with the files beside them. The stacks must come with their members.
 *
 * @internal
 */
export const flawsOf = (
  rule: NamingRule | undefined,
  listing: Listing,
  options: Options | undefined,
  /** Whether the API can reorder versions. */
  reorders: boolean
): Flaws => {
  const files = [...listing.files, ...listing.stacks.flatMap(({ members }) => members ?? [])]
  const ruled =
    rule === undefined ? { groups: [], unstacked: 0, findings: [] } : byRule(rule, listing, options, reorders)
  return {
    ...ruled,
    findings: [
      ...files
        .filter(({ arrived }) => arrived === false)
        .map((file) => flaw("placeholder", file.folder.path, [file], absent(file))),
      ...listing.stacks.flatMap(ofStack),
      ...duplicates(files),
      ...ruled.findings
    ].sort(byPlace)
  }
}
