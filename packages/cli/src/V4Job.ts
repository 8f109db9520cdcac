/**
 * What to check and report about a job over V4 before it begins: its ids, its requests, and how long these take.
 *
 * @since 0.1.0
 */
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import * as PlanCheck from "@effect-frameio/batch/PlanCheck"
import type * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as V4Api from "@effect-frameio/core/V4Api"
import type { Repository } from "@effect-frameio/stacks/Repository"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as StackSteps from "@effect-frameio/stacks/StackSteps"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CliError, ExitCode } from "./CliError.js"
import { clock } from "./DurationText.js"
import { plural } from "./Text.js"

type Chains<E, R> = Stream.Stream<VersionPlan.Chain, E, R>

const MAKE = "versionStacks.create"
const MOVE = "files.move"
const REORDER = "versionStacks.reorder"

const printed = (name: string) => V4Api.endpoints.get(name)?.printed

/**
 * The requests that chains take over V4, and the shortest time for them by the printed limits.
 *
 * @since 0.1.0
 * @category printing
 */
export const estimate = <E, R>(chains: Chains<E, R>): Effect.Effect<string, E, R> =>
  Effect.map(
    Stream.runFold(chains, { steps: BatchEstimate.none, links: 0, chains: 0 }, (sum, chain) => ({
      steps: BatchEstimate.plus(sum.steps, BatchEstimate.stepsOf(chain, RepositoryV4.filesPerStack)),
      links: sum.links + chain.links.length,
      chains: sum.chains + 1
    })),
    ({ chains, links, steps }) => {
      const counts = new Map([
        [MAKE, steps.makes],
        [MOVE, steps.grows],
        [REORDER, steps.raises]
      ])
      const millis = StackSteps.shortestMillis(counts, printed)
      const reorders = steps.raises === 0 ? "" : `, ${plural(steps.raises, "reordering")} (10 a minute)`
      // Each version and each target is looked at once, and each stack at its end.
      return (
        `Over V4 that is ${plural(steps.makes, "new stack")} (10 a minute), ${plural(steps.grows, "move")} (100 a minute)${reorders} ` +
        `and about ${links + 2 * chains} reads: ${clock(millis)} at the least, and more where files lie in other folders.`
      )
    }
  )

/**
 * The most that keeping shares up to date can take: no call tells in advance which files are in them.
 *
 * @since 0.1.0
 * @category printing
 */
export const sharesEstimate = (stacks: number, shares: number): string => {
  const each = stacks * shares
  // The first is taken out twice, which shows what the answer means.
  const counts = new Map([
    ["shares.removeAsset", each === 0 ? 0 : each + 1],
    ["shares.addAsset", each]
  ])
  return (
    `Keeping ${plural(shares, "share")} up to date is up to ${plural(each === 0 ? 0 : each + 1, "removal")} and ` +
    `${plural(each, "addition")} (10 a minute each): ${clock(StackSteps.shortestMillis(counts, printed))} at the least.`
  )
}

/**
 * Fails with all ids of chains that V4 does not find: the plan may be for v2, whose ids may differ.
 *
 * @since 0.1.0
 * @category checking
 */
export const checkIds = <E, R>(
  chains: Chains<E, R>
): Effect.Effect<void, E | CliError | FrameioError.ListError, R | Repository> =>
  Effect.flatMap(PlanCheck.missing(chains), (missing) =>
    missing.length === 0
      ? Effect.void
      : new CliError({
          exitCode: ExitCode.badInput,
          message: PlanCheck.describe(missing),
          todo: ["Ids of v2 need not be those of V4. frameio plan <folder> --api v4 plans the folder anew."]
        })
  )
