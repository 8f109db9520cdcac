/**
 * Reads a folder, and plans by a naming rule which of its files go on which stacks. It sends only reads, and reads the
 * versions of a stack only if a loose file has the stack's base.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as FolderReader from "./FolderReader.js"
import * as NamingRule from "./NamingRule.js"
import * as PlanFile from "./PlanFile.js"
import * as VersionGrouping from "./VersionGrouping.js"
import * as VersionPlan from "./VersionPlan.js"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends FolderReader.Options, VersionGrouping.Options {}

/**
 * A plan for a folder.
 *
 * @since 0.1.0
 * @category models
 */
export interface FolderPlan extends VersionGrouping.Grouping {
  /** The planned folder. */
  readonly folder: VersionGrouping.Folder
  /** The reads it took. */
  readonly read: FolderReader.Progress
  /** How many versions go on stacks. */
  readonly jobs: number
  /** The most versions that go on one stack. */
  readonly longestChain: number
  /** Folders in it that were not read, without `recursive`. */
  readonly foldersBelow: number
  /** Another rule that reads nearly all of the names, if this one reads less than half. */
  readonly suggestion: NamingRule.Suggestion | undefined
}

/**
 * Plans a folder. Nothing is guessed: a name that can be read in two ways is a finding, and in no group.
 *
 * @example
 * ```ts
 * const { findings, groups } = yield* FolderPlan.make(folderId, NamingRule.byName("vfx"), { recursive: true })
 * yield* fs.writeFileString("plan.csv", [...PlanFile.write(groups, "csv")].join(""))
 * ```
 *
 * @since 0.1.0
 * @category planning
 */
export const make = (
  folderId: AssetId,
  rule: NamingRule.NamingRule,
  options?: Options
): Effect.Effect<FolderPlan, FolderReader.NotAFolder | FrameioError.ListError, Repository.Repository> =>
  Effect.gen(function* () {
    const reader = yield* FolderReader.make(options)
    const root = yield* reader.root(folderId)
    const { files, findings, foldersBelow, stacks } = yield* reader.all(root)
    const touched = VersionGrouping.touchedStacks(rule, { files, stacks }, options)
    const members = new Map((yield* reader.withMembers(touched)).map((stack) => [stack.id, stack]))
    const grouping = VersionGrouping.group(
      rule,
      { files, stacks: stacks.map((stack) => members.get(stack.id) ?? stack) },
      options
    )
    return {
      ...grouping,
      findings: [...findings, ...grouping.findings].sort(VersionGrouping.byPlace),
      folder: root,
      read: reader.progress(),
      jobs: grouping.groups.reduce((sum, { lines }) => sum + lines.length, 0),
      longestChain: grouping.groups.reduce((most, { lines }) => Math.max(most, lines.length), 0),
      foldersBelow,
      suggestion: NamingRule.suggest(
        rule,
        files.map(({ name }) => name)
      )
    }
  }).pipe(Effect.scoped, Effect.withSpan("FolderPlan.make"))

/**
 * The plan for `BatchRunner`, with the plan file's columns as the links' `fields`. Fails if there is nothing to do.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toVersionPlan = (
  plan: VersionGrouping.Grouping
): Effect.Effect<VersionPlan.VersionPlan, VersionPlan.PlanRefused> =>
  Effect.suspend(() =>
    VersionPlan.fromPairs(
      Array.from(PlanFile.rows(plan.groups), ({ asset_id, next_asset_id, ...fields }) => ({
        assetId: asset_id,
        nextAssetId: next_asset_id,
        fields
      }))
    )
  )
