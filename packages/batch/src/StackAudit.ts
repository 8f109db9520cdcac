/**
 * Looks over the version stacks of a folder: what is wrong with them, what lies beside them, and a plan that mends what a
 * plan can mend. Sends nothing but reads, over v2 and V4 alike: one list for each folder, and the versions of each stack.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as FolderReader from "./FolderReader.js"
import { flawsOf } from "./internal/plan/stackFlaws.js"
import * as NamingRule from "./NamingRule.js"
import * as VersionGrouping from "./VersionGrouping.js"

/**
 * How to audit.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends FolderReader.Options, VersionGrouping.Options {
  /**
   * How files are named. Without it only what needs no rule is looked at: stacks of one, placeholders, files that are there
   * twice, and what could not be read.
   */
  readonly rule?: NamingRule.NamingRule | undefined
}

/**
 * The result of an audit.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackAudit {
  /** The folder that was looked over. */
  readonly folder: VersionGrouping.Folder
  /** What was read for it. */
  readonly read: FolderReader.Progress
  /** Folders in it that were not read, because it was not asked for. */
  readonly foldersBelow: number
  /** By folder, then base, then kind. `left-out` is a fault, `note` is for a person to know. */
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
  /** What mends each `loose-sibling`: groups as in a plan, which `PlanFile` writes. */
  readonly mend: ReadonlyArray<VersionGrouping.Group>
  /** How many series of loose files would make a stack of their own: `FolderPlan` plans them. */
  readonly unstacked: number
  /** A rule that reads nearly all of the names, where there is no rule, or one that reads less than half. */
  readonly suggestion: NamingRule.Suggestion | undefined
}

/**
 * Audits a folder. Fails when the folder itself cannot be read or is none; what cannot be read below it is a finding.
 *
 * @example
 * ```ts
 * const { findings, mend } = yield* StackAudit.make(folderId, { rule: NamingRule.byName("vfx") })
 * yield* fs.writeFileString("mend.csv", [...PlanFile.write(mend, "csv")].join(""))
 * ```
 *
 * @since 0.1.0
 * @category auditing
 */
export const make = (
  folderId: AssetId,
  options?: Options
): Effect.Effect<StackAudit, FolderReader.NotAFolder | FrameioError.ReadError, Repository.Repository> =>
  Effect.gen(function* () {
    const reader = yield* FolderReader.make(options)
    const folder = yield* reader.root(folderId)
    const { files, findings, foldersBelow, stacks } = yield* reader.all(folder)
    const listing = { files, stacks: yield* reader.withMembers(stacks) }
    const flaws = flawsOf(options?.rule, listing, options)
    const names = [...files, ...listing.stacks.flatMap(({ members }) => members ?? [])].map(({ name }) => name)
    return {
      folder,
      read: reader.progress(),
      foldersBelow,
      findings: [...findings.filter(({ kind }) => kind !== "not-a-file"), ...flaws.findings].sort(
        VersionGrouping.byPlace
      ),
      mend: flaws.groups,
      unstacked: flaws.unstacked,
      suggestion: NamingRule.suggest(options?.rule, names)
    }
  }).pipe(Effect.scoped, Effect.withSpan("StackAudit.make"))
