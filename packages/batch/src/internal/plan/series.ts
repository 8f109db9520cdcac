/**
 * One series of files, and its outcome. Pure.
 */
import type { Fits, Version } from "../../NamingRule.js"
import { compareVersions } from "../../NamingRule.js"
import type { File, Finding, FindingKind, Group, Stack } from "../../VersionGrouping.js"
import { quoted } from "./quoted.js"

/** @internal */
export interface Member {
  readonly file: File
  readonly fits: Fits
  /** Why the reading of the name is in doubt. */
  readonly doubt: string | undefined
}

/**
 * A file that may belong to a series: versions above it wait.
 *
 * @internal
 */
export interface Hold {
  readonly file: File
  /** The lowest version it can be; undefined holds all. */
  readonly version: Version | undefined
}

/** @internal */
export interface Series {
  readonly key: string
  readonly base: string
  readonly looseKey: string
  /** In no stack. */
  readonly loose: Array<Member>
  readonly stacks: Array<Stack>
  readonly holds: Array<Hold>
}

/** @internal */
export const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** @internal */
export const byVersion = (one: Member, other: Member): number =>
  compareVersions(one.fits.version, other.fits.version) ||
  compare(one.file.name, other.file.name) ||
  compare(one.file.id, other.file.id)

type Shown = Finding["assets"][number]

/** @internal */
export const shown = (file: Shown): Shown => ({ id: file.id, name: file.name })

/** @internal */

const SOME = 6

/** @internal */
export const listed = (names: ReadonlyArray<string>): string =>
  names.length > SOME ? `${names.slice(0, SOME).join(", ")} and ${names.length - SOME} more` : names.join(", ")

/** @internal */
export const doubtful = (name: string, reason: string): string =>
  `${quoted(name)} can be read in two ways: ${reason}. Rename it, or state a pattern of your own that reads it.`

/** @internal */
export const absent = (file: File): string =>
  `The content of ${quoted(file.name)} has not arrived${file.createdAt === undefined ? "" : ` since ${file.createdAt}`}: its upload is still going on, or never ended.`

/**
 * The outcome of one series: a group, findings, or both.
 *
 * @internal
 */
export class Outcome {
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
    assets: ReadonlyArray<Shown>,
    message: string,
    differ?: Finding["differ"]
  ): void {
    this.findings.push({
      kind,
      severity,
      folder: this.folder,
      base: this.series.base,
      assets: assets.map(shown),
      message,
      ...(differ === undefined ? {} : { differ })
    })
  }

  /** Takes back what was concluded. */
  reset(): void {
    this.findings.length = 0
    this.group = undefined
  }
}
