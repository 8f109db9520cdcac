/**
 * A plan for a person: a table of what goes where, what is left out and why, and the totals. Pure.
 *
 * @since 0.1.0
 */
import type { FolderPlan } from "@effect-frameio/batch/FolderPlan"
import type { Progress } from "@effect-frameio/batch/FolderReader"
import type { Difference, Finding, FindingKind, Group } from "@effect-frameio/batch/VersionGrouping"
import { folded, padded, plural, shortened, visibleLine, width } from "./Text.js"

/** How many rows of the table are printed; the files have all. */
const ROWS = 40

/** How many findings of each kind. */
const EACH = 8

const WIDEST = 48

const cellsOf = ({ base, folder, lines, target }: Group): ReadonlyArray<string> => {
  const versions = lines.map(({ version }) => version)
  const shownVersions = versions.length > 8 ? [...versions.slice(0, 7), `… ${versions.at(-1)}`] : versions
  return [
    shortened(visibleLine(base), WIDEST),
    visibleLine(target.kind === "stack" ? `stack at ${target.version}` : target.version),
    visibleLine(shownVersions.join(" ")),
    target.kind === "stack" ? "goes on the stack" : "makes a new stack",
    shortened(visibleLine(folder), WIDEST)
  ]
}

const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = rows.reduce<ReadonlyArray<number>>(
    (most, row) => row.map((text, n) => Math.max(most[n] ?? 0, width(text))),
    []
  )
  return rows.map((row) =>
    row
      .map((text, n) => padded(text, widths[n] ?? 0))
      .join("  ")
      .trimEnd()
  )
}

/** A group in sentences, for a terminal that is narrower than the table. */
const spelt = ([base = "", on, versions, does, ...rest]: ReadonlyArray<string>): string =>
  [base, `  on ${on}: ${versions}`, `  ${[does, ...rest].join(", ")}`].join("\n")

/**
 * The groups as a table, at most 40 of them. If it is wider than `columns`, it goes without the folder if all have the
 * same one, and else each group takes some lines.
 *
 * @since 0.1.0
 * @category printing
 */
export const table = (groups: ReadonlyArray<Group>, columns: number): string => {
  if (groups.length === 0) return ""
  const cells = groups.slice(0, ROWS).map(cellsOf)
  const rows = [["base", "on", "new versions", "", "folder"], ...cells]
  const isOneFolder = new Set(groups.map(({ folder }) => folder)).size === 1
  const withoutFolder = (row: ReadonlyArray<string>) => row.slice(0, -1)
  const fitting = [rows, ...(isOneFolder ? [rows.map(withoutFolder)] : [])]
    .map(aligned)
    .find((lines) => lines.every((line) => width(line) <= columns))
  const lines = fitting ?? cells.map((row) => folded(spelt(isOneFolder ? withoutFolder(row) : row), columns))
  const more = groups.length - ROWS
  return [...lines, ...(more > 0 ? [`and ${plural(more, "stack")} more`] : []), "", ""].join("\n")
}

/** The options that treat names with this difference as one. */
const FLAGS: Partial<Readonly<Record<Difference, string>>> = {
  case: "--ignore-case",
  extension: "--any-extension",
  folder: "--across-folders"
}

const adviceFor = ({ differ, kind }: Finding): string => {
  if (kind === "ambiguous-series") return "--rule date-ymd, date-dmy or date-mdy says in which order days are written."
  if (differ === undefined) return ""
  const flags = differ.flatMap((one) => FLAGS[one] ?? [])
  return flags.length === differ.length
    ? `${flags.join(" ")} treats them as one.`
    : "Rename those that are spelt wrongly, or state a pattern that reads them as one."
}

/**
 * A finding with this command's options for settling it.
 *
 * @since 0.1.0
 * @category printing
 */
export const advised = (finding: Finding): Finding => ({
  ...finding,
  message: `${finding.message} ${adviceFor(finding)}`.trimEnd()
})

const TITLES: Readonly<Record<FindingKind, string>> = {
  "no-rule": "names that the rule does not read",
  "ambiguous-name": "names that can be read in two ways",
  "ambiguous-series": "versions that may be something else",
  "duplicate-version": "versions that exist twice",
  waits: "versions above a doubtful one",
  "out-of-order": "versions older than the newest on their stack",
  "mixed-types": "files of different types",
  "several-stacks": "several stacks of one base",
  "unclear-stack": "stacks whose newest version is unclear",
  "stack-order": "stacks out of order",
  member: "files on a stack that the rule does not read",
  gap: "missing versions",
  "near-match": "names that differ only in spelling",
  spaces: "spaces at an end of a name",
  unprocessed: "files without a type from Frame.io",
  "folder-unread": "folders that could not be read",
  "stack-unread": "stacks that could not be read",
  changed: "folders that changed while they were read",
  "not-a-file": "assets that cannot be stacked",
  "same-content": "files that exist already, or twice",
  leftover: "files that operating systems leave behind",
  placeholder: "files whose content has not arrived",
  "loose-sibling": "versions beside their stack",
  "stack-of-one": "stacks of one version, or none",
  "duplicate-file": "files that exist twice"
}

const SOME = 6

/** The files of a finding, unless its message names them. */
const unnamed = ({ assets, message }: Finding): string | undefined => {
  const names = assets.map(({ name }) => name).filter((name) => !message.includes(name))
  if (names.length === 0) return undefined
  const more = names.length - SOME
  return `${names.slice(0, SOME).join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

/** The files of a finding, with their ids, each on a line. */
const withIds = ({ assets }: Finding): ReadonlyArray<string> => {
  const more = assets.length - SOME
  return [
    ...assets.slice(0, SOME).map(({ id, name }) => `      ${visibleLine(name)}  ${id}`),
    ...(more > 0 ? [`      and ${more} more`] : [])
  ]
}

interface Sections {
  readonly titles: Readonly<Record<Finding["severity"], string>>
  /** Where the rest is. */
  readonly where: string
  /** Whether each file is named with its id. */
  readonly ids?: boolean | undefined
}

const linesOf = (finding: Finding, ofManyFolders: boolean, ids: boolean): ReadonlyArray<string> => {
  const names = unnamed(finding)
  const where = ofManyFolders ? ` (${visibleLine(finding.folder)})` : ""
  return [
    `    ${visibleLine(finding.message)}${where}`,
    ...(ids ? withIds(finding) : names === undefined ? [] : [`      ${visibleLine(names)}`])
  ]
}

const section = (findings: ReadonlyArray<Finding>, title: string, { ids = false, where }: Sections): string => {
  if (findings.length === 0) return ""
  const kinds = [...new Set(findings.map(({ kind }) => kind))]
  const ofManyFolders = findings.some(({ folder }) => folder !== findings[0]?.folder)
  const parts = kinds.map((kind) => {
    const all = findings.filter((finding) => finding.kind === kind)
    const more = all.length - EACH
    return [
      `  ${all.length} ${kind}: ${TITLES[kind]}`,
      ...all.slice(0, EACH).flatMap((finding) => linesOf(finding, ofManyFolders, ids)),
      ...(more > 0 ? [`    and ${more} more; ${where}`] : [])
    ].join("\n")
  })
  return `${title}:\n\n${parts.join("\n\n")}\n\n`
}

/**
 * Findings by kind, graver ones first, at most 8 of each kind.
 *
 * @since 0.1.0
 * @category printing
 */
export const sections = (all: ReadonlyArray<Finding>, options: Sections): string =>
  (["left-out", "note"] as const)
    .map((severity) =>
      section(
        all.filter((finding) => finding.severity === severity),
        options.titles[severity],
        options
      )
    )
    .join("")

/**
 * The findings of a plan by kind.
 *
 * @since 0.1.0
 * @category printing
 */
export const findings = (all: ReadonlyArray<Finding>, file: string | undefined): string =>
  sections(all, {
    titles: { "left-out": "Left out", note: "To know" },
    where: file === undefined ? "--out writes all of them to a file" : `${file} has all of them`
  })

/**
 * A line about folders below that were not read.
 *
 * @since 0.1.0
 * @category printing
 */
export const notRead = (foldersBelow: number): ReadonlyArray<string> =>
  foldersBelow === 0
    ? []
    : [
        `${plural(foldersBelow, "folder")} below ${foldersBelow === 1 ? "was" : "were"} not read: --recursive reads them.`
      ]

/**
 * What a plan comes to, and what running it takes.
 *
 * @since 0.1.0
 * @category printing
 */
export const summary = (plan: FolderPlan, estimate: string): string => {
  const { folders, files, requests, stacks } = plan.read
  const looked = `Read ${plural(folders, "folder")}: ${plural(files, "loose file")} and ${plural(stacks, "stack")}, in ${plural(requests, "request")}.`
  const leftOut = plan.findings.filter(({ severity }) => severity === "left-out").length
  const lines = [
    looked,
    ...notRead(plan.foldersBelow),
    ...(plan.single === 0
      ? []
      : [
          `${plural(plan.single, "file")} ${plan.single === 1 ? "stays" : "stay"} alone, with no other version and no stack to go on.`
        ]),
    ...(plan.suggestion === undefined
      ? []
      : [
          `Hardly any name fits this rule; ${plan.suggestion.fits} of ${plan.suggestion.of} fit --rule ${plan.suggestion.name}.`
        ]),
    ...work(plan, estimate),
    ...(leftOut === 0 ? [] : [`${plural(leftOut, "finding")} kept something out.`])
  ]
  return `${lines.join("\n")}\n`
}

/** How many versions, on how many stacks, in what time. */
const work = (plan: FolderPlan, estimate: string): ReadonlyArray<string> => {
  if (plan.jobs === 0) return ["There is nothing to stack."]
  const made = plan.groups.filter(({ target }) => target.kind === "file").length
  return [`${plural(plan.jobs, "version")} for ${plural(plan.groups.length, "stack")}, ${made} of them new.`, estimate]
}

/**
 * The progress of reading, on one line no wider than `columns`.
 *
 * @since 0.1.0
 * @category printing
 */
export const reading = (progress: Progress, columns: number): string => {
  const { files, folders, left, requests, stacks } = progress
  return `reading  ${plural(folders, "folder")}  ${plural(files, "file")}  ${plural(stacks, "stack")}  ${plural(requests, "request")}, ${left} to come`.slice(
    0,
    Math.max(columns - 1, 0)
  )
}
