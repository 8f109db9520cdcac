/**
 * Runs a plan: chains side by side, the links of each in order, as fast as the rate limit allows.
 *
 * A version call is never repeated blindly: when its outcome is unknown the stack is read, and the link is confirmed, sent
 * again, or reported. When a link fails, the rest of its chain is skipped; other chains go on.
 *
 * @since 0.1.0
 */
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as BatchEstimate from "./BatchEstimate.js"
import type { BatchEvent, Counts, KeptShare } from "./BatchEvent.js"
import * as BatchProgress from "./BatchProgress.js"
import * as ChainRun from "./internal/run/chainRun.js"
import * as ChainUndo from "./internal/run/chainUndo.js"
import * as JobRun from "./internal/run/jobRun.js"
import * as PlanCheck from "./PlanCheck.js"
import type { Chain, StackedChain, VersionPlan } from "./VersionPlan.js"

/**
 * The options of a run.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<E = never> {
  /** The job's name in events, and in the scheduler's fairness between jobs. Default `"batch"`. */
  readonly name?: string | undefined
  /**
   * How many chains go side by side, 1 or more. Default 128, more than 100 requests per second need; 1024 if new stacks
   * have a limit of their own.
   */
  readonly concurrency?: number | undefined
  /** How often a link is sent if each time proves not to have been applied, 1 or more. Default 5. */
  readonly attempts?: number | undefined
  /**
   * How long after a call without an answer the change can still be made, if the stack does not show it. Default 30
   * seconds, after which Frame.io gives up a request:
   * https://developer.frame.io/platform/v2/docs/getting-started/errors
   */
  readonly settleAfter?: Duration.DurationInput | undefined
  /**
   * Reads each target and each version before sending, so that nothing already in place is sent again: two to three
   * reads per link, at a lower limit than version calls. Default false: a link is looked up only when Frame.io refuses
   * it, or when an earlier link of its chain was found in place.
   */
  readonly lookFirst?: boolean | undefined
  /**
   * How many links in a row may fail for reasons other than their assets, such as a failing server, before the job
   * stops: 1 or more, or `Infinity`. Default 32. The job stops after 10 if all of them failed alike (403, say, but not
   * 404) and none is in place, and after one if the token or the account is refused.
   */
  readonly stopAfter?: number | undefined
  /**
   * How long a job waits while no call gets through, before it stops; at most 5 seconds if none ever did. One call
   * tries again at growing intervals of up to a minute. Default 10 minutes.
   */
  readonly giveUpAfter?: Duration.DurationInput | undefined
  /**
   * Completes when the job should stop: nothing more is sent, waiting calls are withdrawn, and calls under way may
   * finish within `grace`. Default never.
   */
  readonly stop?: Effect.Effect<unknown> | undefined
  /**
   * How long changes under way may take after `stop` before their outcome counts as unknown; reads have a second of it.
   * Default 10 seconds.
   */
  readonly grace?: Duration.DurationInput | undefined
  /**
   * Sees each event before the run acts on it, even when the job is interrupted; for a ledger. The stream has the same
   * events. If it fails, the job stops without sending anything unwritten, and the stream fails with its error after
   * `Finished`.
   */
  readonly onEvent?: ((event: BatchEvent) => Effect.Effect<void, E>) | undefined
}

/**
 * The defaults of the options.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  name: "batch",
  concurrency: JobRun.CONCURRENCY,
  attempts: 5,
  settleAfter: Duration.seconds(30),
  stopAfter: 32,
  giveUpAfter: Duration.minutes(10),
  grace: Duration.seconds(10),
  lookFirst: false
} as const

const settingsOf = <E>(
  options: (Options<E> & ExtentOptions) | undefined,
  steps: JobRun.Settings<E>["steps"]
): JobRun.Settings<E> => ({
  contentWithin: options?.contentWithin === undefined ? undefined : Duration.decode(options.contentWithin),
  name: options?.name ?? defaults.name,
  concurrency: options?.concurrency,
  attempts: options?.attempts ?? defaults.attempts,
  settleAfter: Duration.decode(options?.settleAfter ?? defaults.settleAfter),
  settleFrom: options?.settleFrom ?? "run",
  stopAfter: options?.stopAfter ?? defaults.stopAfter,
  giveUpAfter: Duration.decode(options?.giveUpAfter ?? defaults.giveUpAfter),
  stop: options?.stop,
  refused: options?.refused,
  grace: Duration.decode(options?.grace ?? defaults.grace),
  onEvent: options?.onEvent,
  links: options?.links,
  chains: options?.chains,
  mayCome: options?.mayCome,
  before: options?.before ?? 0,
  failedBefore: options?.failedBefore ?? 0,
  skippedBefore: options?.skippedBefore ?? 0,
  steps,
  requests: options?.requests,
  shares: options?.shares
})

/**
 * How much there is to do, if known, for the scheduler and the progress.
 *
 * @since 0.1.0
 * @category options
 */
export interface ExtentOptions {
  /** How many links there are in all the chains. */
  readonly links?: number | undefined
  /** How many chains there are. */
  readonly chains?: number | undefined
  /**
   * Whether more chains may come, if `links` is unknown: once none may, the rest is known, and no part of the limits is
   * left to others any longer. Default: they may.
   */
  readonly mayCome?: (() => boolean) | undefined
  /** The requests the links take, if known: other jobs hold back a part of the limits until the rest fits. */
  readonly requests?: BatchEstimate.Steps | undefined
  /** How many further links of the same job earlier runs have done. Default 0. */
  readonly before?: number | undefined
  /** How many further links failed in earlier runs and are left alone. Default 0. */
  readonly failedBefore?: number | undefined
  /** How many further links are left alone because they come after these. Default 0. */
  readonly skippedBefore?: number | undefined
  /**
   * Where `settleAfter` starts counting for requests another process sent: when the run began, because that process was
   * over by then, or, if others work on the same job meanwhile, when the chain came. Default `"run"`.
   */
  readonly settleFrom?: "run" | "chain" | undefined
  /**
   * How long a file may take to have its content before it fails as `WithoutContent`, over an API that is not asked
   * blindly. Default: until `settleAfter` is over since the time that `settleFrom` says, when nothing older can be new.
   * A job that uploads waits longer for what it has uploaded.
   */
  readonly contentWithin?: Duration.DurationInput | undefined
  /**
   * Why nothing is sent: the job ends at once, and says so.
   *
   * @internal
   */
  readonly refused?: string | undefined
  /**
   * The shares that are kept up to date, by their ids, and how each stands for a chain after earlier runs; as in
   * `BatchJob.Options`. The event `Sharing` tells of each step before it is sent. Default none.
   */
  readonly shares?:
    | {
        readonly keep: ReadonlyArray<string>
        readonly known: (chain: number) => ReadonlyArray<KeptShare>
      }
    | undefined
}

/**
 * Runs chains as they come, for plans that are not held in memory.
 *
 * The stream begins with `Planned`, ends with `Finished`, and fails only as `chains` and `onEvent` do. A slow reader slows
 * the job.
 *
 * @since 0.1.0
 * @category running
 */
export const runChains = <E, R, E2 = never>(
  chains: Stream.Stream<Chain, E, R>,
  options?: Options<E2> & ExtentOptions
): Stream.Stream<BatchEvent, E | E2, R | Repository.Repository> =>
  JobRun.run(chains, settingsOf(options, ["stack", "grow", "raise"]), (chain, tools) => {
    const { filesPerStack } = tools.repository.abilities
    if (options?.mayCome !== undefined) tools.expect(BatchEstimate.none, BatchEstimate.stepsOf(chain, filesPerStack))
    return ChainRun.runChain(chain, tools, { lookFirst: options?.lookFirst ?? defaults.lookFirst })
  })

/**
 * Takes what a job stacked out of its stacks again: chains side by side, the links of each in the given order, newest
 * first. Each version is looked up before it is taken out, and left alone if it is not where the job put it.
 *
 * @since 0.1.0
 * @category running
 */
export const undoChains = <E, R, E2 = never>(
  chains: Stream.Stream<StackedChain, E, R>,
  options?: Omit<Options<E2>, "lookFirst"> & ExtentOptions
): Stream.Stream<BatchEvent, E | E2, R | Repository.Repository> =>
  JobRun.run(chains, settingsOf(options, ["takeOut"]), ChainUndo.undoChain)

/**
 * Runs a plan. One that puts stacks in another order is not begun over an API without a call for that.
 *
 * The stream begins with `Planned`, ends with `Finished`, and fails only as `onEvent` does: a failed link is an event.
 * Interrupting it interrupts the calls under way; to stop gently, use the option `stop`.
 *
 * @example
 * ```ts
 * const plan = yield* VersionPlan.fromPairs([{ assetId: shot, nextAssetId: take2 }])
 * yield* BatchRunner.run(plan).pipe(Stream.runForEach((event) => Console.log(BatchEvent.toJsonLine(event))))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = <E = never>(
  plan: VersionPlan,
  options?: Options<E>
): Stream.Stream<BatchEvent, E, Repository.Repository> =>
  Stream.unwrap(
    Effect.map(Repository.Repository, ({ abilities, raise }) => {
      const { filesPerStack, routes } = abilities
      const extent = { ...options, links: plan.jobs, chains: plan.chains.length }
      const reorders = PlanCheck.reorders(plan.chains)
      if (raise === undefined && reorders.length > 0) {
        const refused = PlanCheck.describeReorders(abilities.api, reorders)
        return runChains(Stream.empty, { ...extent, refused })
      }
      const chains =
        routes.stack === routes.grow
          ? plan.chains
          : // Versions of a chain go one after the other: what begins last ends last.
            plan.chains.toSorted((one, other) => other.links.length - one.links.length)
      const requests = chains.reduce(
        (sum, chain) => BatchEstimate.plus(sum, BatchEstimate.stepsOf(chain, filesPerStack)),
        BatchEstimate.none
      )
      return runChains(Stream.fromIterable(chains), { ...extent, requests })
    })
  )

/**
 * Runs a plan for its counts only; events go to `onEvent`.
 *
 * @since 0.1.0
 * @category running
 */
export const runCounted = <E = never>(
  plan: VersionPlan,
  options?: Options<E>
): Effect.Effect<Counts, E, Repository.Repository> =>
  Stream.runFold(run(plan, options), BatchProgress.empty, BatchProgress.add)
