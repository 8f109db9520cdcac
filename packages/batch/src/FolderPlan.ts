/**
 * Reads a folder and plans by a naming rule which of its files go on which stacks. Sends nothing but reads: the versions on
 * a stack are read only where a file that is in no stack has the base of that stack.
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
 * How to plan.
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
  /** The folder it is for. */
  readonly folder: VersionGrouping.Folder
  /** The reads that it took. */
  readonly read: FolderReader.Progress
  /** How many versions are to be put on stacks. */
  readonly jobs: number
  /** How many of them go on one stack at the most, one after the other. */
  readonly longestChain: number
  /** Folders in it that were not read, because it was not asked for. */
  readonly foldersBelow: number
  /** Another rule that reads nearly all of the names, where this one reads less than half. */
  readonly suggestion: NamingRule.Suggestion | undefined
}

/**
 * Plans a folder. Nothing of it is guessed: what can be meant in two ways is among the findings and not in the groups.
 *
 * @since 0.1.0
 * @category planning
 */
export const make = (
  folderId: AssetId,
  rule: NamingRule.NamingRule,
  options?: Options
): Effect.Effect<FolderPlan, FolderReader.NotAFolder | FrameioError.ReadError, Repository.Repository> =>
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
 * The same as what `BatchRunner` runs, with the columns of the file as the links' `fields`. Fails when there is nothing
 * to do.
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
