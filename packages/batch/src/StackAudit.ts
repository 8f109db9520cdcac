/**
 * Audits the version stacks of a folder: their faults, the loose files beside them, and a plan that mends what a plan
 * can mend. It sends only reads: one list for each folder, and the versions of each stack.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as FolderReader from "./FolderReader.js"
import { flawsOf } from "./internal/plan/stackFlaws.js"
import * as NamingRule from "./NamingRule.js"
import * as VersionGrouping from "./VersionGrouping.js"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends FolderReader.Options, VersionGrouping.Options {
  /**
   * The naming rule. Without it, only stacks of one, placeholders, duplicate files and unreadable entries are found.
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
  /** The audited folder. */
  readonly folder: VersionGrouping.Folder
  /** The reads it took. */
  readonly read: FolderReader.Progress
  /** Folders in it that were not read, without `recursive`. */
  readonly foldersBelow: number
  /** By folder, then base, then kind. `left-out` is a fault, `note` is for information. */
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
  /**
   * The groups that mend each `loose-sibling` and, if the API can reorder, each `stack-order` whose versions can be
   * told apart by name; for `PlanFile`.
   */
  readonly mend: ReadonlyArray<VersionGrouping.Group>
  /** How many series of loose files would make a stack of their own; `FolderPlan` plans them. */
  readonly unstacked: number
  /** A rule that reads nearly all of the names, if there is no rule, or one that reads less than half. */
  readonly suggestion: NamingRule.Suggestion | undefined
}

/**
 * Audits a folder. Fails if the folder itself cannot be read; an unreadable entry below it is a finding.
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
): Effect.Effect<StackAudit, FolderReader.NotAFolder | FrameioError.ListError, Repository.Repository> =>
  Effect.gen(function* () {
    const reader = yield* FolderReader.make(options)
    const folder = yield* reader.root(folderId)
    const { files, findings, foldersBelow, stacks } = yield* reader.all(folder)
    const listing = { files, stacks: yield* reader.withMembers(stacks) }
    const { lower, raise } = yield* Repository.Repository
    const flaws = flawsOf(options?.rule, listing, options, raise !== undefined && lower !== undefined)
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
