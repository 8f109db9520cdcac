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
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import type { Repository } from "@effect-frameio/stacks/Repository"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as StackSteps from "@effect-frameio/stacks/StackSteps"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CliError, ExitCode } from "./CliError.js"
import * as JobEstimate from "./JobEstimate.js"
import { Stdio } from "./Stdio.js"
import { plural } from "./Text.js"

type Chains<E, R> = Stream.Stream<VersionPlan.Chain, E, R>

const MAKE = "versionStacks.create"
const MOVE = "files.move"
const REORDER = "versionStacks.reorder"
const FILE = "files.show"
const STACK = "versionStacks.show"

const printed = (name: string) => V4Api.endpoints.get(name)?.printed

/**
 * The requests that chains take over V4, and the shortest time for them by the printed limits.
 *
 * @since 0.1.0
 * @category printing
 */
export const estimate = <E, R>(
  chains: Chains<E, R>,
  options?: {
    /** Whether {@link checkIds} comes first, which reads each id whose folder the plan does not name. */
    readonly checked?: boolean | undefined
  }
): Effect.Effect<string, E, R> =>
  Effect.map(
    Stream.runFold(chains, { steps: BatchEstimate.none, files: 0, stacks: 0, checks: 0 }, (sum, chain) => {
      const { filesPerStack } = RepositoryV4
      const reads = BatchEstimate.readsOf(chain, { blind: false, filesPerStack })
      const isListed = options?.checked !== true || chain.expected?.folderId !== undefined
      return {
        steps: BatchEstimate.plus(sum.steps, BatchEstimate.stepsOf(chain, filesPerStack)),
        files: sum.files + reads.files,
        stacks: sum.stacks + reads.stacks,
        checks: sum.checks + (isListed ? 0 : 1 + chain.links.length)
      }
    }),
    ({ checks, files, stacks, steps }) => {
      const counts = new Map([
        [MAKE, steps.makes],
        [MOVE, steps.grows],
        [REORDER, steps.raises],
        [FILE, files],
        [STACK, stacks]
      ])
      const millis =
        StackSteps.shortestMillis(new Map([[FILE, checks]]), printed) + StackSteps.shortestMillis(counts, printed)
      const reorders = steps.raises === 0 ? "" : `, ${plural(steps.raises, "reordering")} (10 a minute)`
      return (
        `Over V4 that is ${plural(steps.makes, "new stack")} (10 a minute), ${plural(steps.grows, "move")} (100 a minute)${reorders} ` +
        `and about ${checks + files + stacks} reads: ${JobEstimate.least(millis)}, and more if files lie in other folders.`
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
    `${plural(each, "addition")} (10 a minute each): ${DurationText.words(StackSteps.shortestMillis(counts, printed))} at least.`
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
): Effect.Effect<void, E | CliError | FrameioError.ListError, R | Repository | Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const missing = yield* Effect.ensuring(
      PlanCheck.missing(chains, {
        onProgress: (read, of) => stdio.status(`looking whether all of it is there: ${read} of ${of}`)
      }),
      stdio.status(undefined)
    )
    return yield* missing.length === 0
      ? Effect.void
      : new CliError({
          exitCode: ExitCode.badInput,
          message: PlanCheck.describe(missing),
          todo: ["Ids of v2 may differ in V4. frameio plan <folder> --api v4 plans the folder again."]
        })
  })
