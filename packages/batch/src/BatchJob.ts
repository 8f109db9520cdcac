/**
 * A job with a ledger: it survives a kill at any moment and resumes where it was; it can be read while it runs, and
 * undone.
 *
 * @since 0.1.0
 */
import { Repository } from "@effect-frameio/stacks/Repository"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as BatchEstimate from "./BatchEstimate.js"
import type { BatchEvent } from "./BatchEvent.js"
import * as BatchRunner from "./BatchRunner.js"
import { Ledger, type Service } from "./Ledger.js"
import { LedgerError } from "./LedgerError.js"
import * as PlanCheck from "./PlanCheck.js"

/**
 * The options of {@link run}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Omit<BatchRunner.Options, "giveUpAfter" | "name" | "onEvent"> {
  /** As in `BatchRunner.Options`; default 12 hours. */
  readonly giveUpAfter?: Duration.DurationInput | undefined
  /** Whether links that failed in an earlier run are tried again. Default false. */
  readonly retryFailed?: boolean | undefined
  /**
   * The ids of shares that hold files of the plan. If a file that gets its first version is in one of these shares, the
   * newest of its versions takes its place there before they are stacked: two calls for each file and share, each at
   * its own limit. Over an API without shares the job does not begin. Default none.
   */
  readonly keepShares?: ReadonlyArray<string> | undefined
}

/**
 * The options of {@link undo}.
 *
 * @since 0.1.0
 * @category options
 */
export type UndoOptions = Omit<Options, "keepShares" | "lookFirst" | "retryFailed">

/**
 * The defaults beside `BatchRunner.defaults`.
 *
 * @internal
 */
export const defaults = { giveUpAfter: Duration.hours(12) } as const

/** Links that a stopped verification leaves over need no sending: they count as earlier runs left them. */
const verifiedOnly =
  (ledger: Service) =>
  (event: BatchEvent): Effect.Effect<BatchEvent, LedgerError> => {
    if (event._tag !== "Finished" || event.counts.notSent === 0) return Effect.succeed(event)
    return Effect.map(ledger.counts, ({ planned, sent }) => {
      const { before, confirmed, notSent, unknown } = event.counts
      const notVerified = Math.max(notSent - planned - Math.max(sent - unknown, 0), 0)
      return notVerified === 0
        ? event
        : {
            ...event,
            counts: {
              ...event.counts,
              confirmed: confirmed + notVerified,
              before: before + notVerified,
              notSent: notSent - notVerified,
              notVerified
            }
          }
    })
  }

/** How shares stand, by chain; `undefined` if the job keeps none and never did. */
const sharesOf = (ledger: Ledger["Type"], keep: ReadonlyArray<string>) =>
  Effect.map(ledger.shares, (all) => {
    if (all.length + keep.length === 0) return undefined
    const byChain = new Map<number, Array<(typeof all)[number]>>()
    for (const one of all) byChain.set(one.chain, [...(byChain.get(one.chain) ?? []), one])
    return { keep, known: (chain: number) => byChain.get(chain) ?? [] }
  })

/**
 * Does the rest of the job in the ledger. Run it again after any interruption: a confirmed link is not sent again, a
 * link without an answer is looked up first, and a failed one is left alone unless `retryFailed` is set. With
 * `lookFirst`, confirmed links are verified: one that is no longer in place fails with `MovedSince`.
 *
 * The stream begins with `Planned` and ends with `Finished`. It fails when the ledger cannot be written any more;
 * nothing is sent after that.
 *
 * @example
 * ```ts
 * const job = Effect.gen(function* () {
 *   const ledger = yield* Ledger.Ledger
 *   yield* ledger.takePlan(PlanSource.file("plan.csv"), { plan: "plan.csv" })
 *   return yield* Stream.runFold(BatchJob.run(), BatchProgress.empty, BatchProgress.add)
 * }).pipe(Effect.provide(Ledger.layer({ file: "plan.ledger" })))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options?: Options): Stream.Stream<BatchEvent, LedgerError, Ledger | Repository> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { abilities, raise, shares } = yield* Repository
      const { filesPerStack, routes } = abilities
      const { name } = yield* ledger.job
      const keepShares = options?.keepShares ?? []
      if (keepShares.length > 0 && shares === undefined) {
        return yield* new LedgerError({ reason: "NoShares", file: ledger.file })
      }
      const reorders = raise === undefined ? yield* ledger.reorders : []
      if (reorders.length > 0) {
        const detail = PlanCheck.describeReorders(abilities.api, reorders)
        return yield* new LedgerError({ reason: "NoReorder", file: ledger.file, detail })
      }
      yield* ledger.begin(abilities.api)
      const before = yield* ledger.counts
      if (before.undone + before.undoing > 0) return yield* new LedgerError({ reason: "Undone", file: ledger.file })
      if (options?.retryFailed === true) yield* ledger.retryFailed
      const { failed, skipped } = yield* ledger.counts
      const left = yield* ledger.extent
      const verifies = options?.lookFirst === true
      // If new stacks have a limit of their own, the longest chains go first, because their versions go one by one.
      const hasTwo = routes.stack !== routes.grow
      const chains = hasTwo ? ledger.longestChains : ledger.chains
      const events = BatchRunner.runChains(verifies ? ledger.chainsToVerify : chains, {
        ...options,
        lookFirst: verifies || ledger.isPartial,
        ...(verifies ? { links: left.links + before.confirmed } : left),
        giveUpAfter: options?.giveUpAfter ?? defaults.giveUpAfter,
        name,
        before: verifies ? 0 : before.confirmed,
        failedBefore: failed,
        skippedBefore: skipped,
        requests: hasTwo
          ? yield* Stream.runFold(ledger.chains, BatchEstimate.none, (sum, chain) =>
              BatchEstimate.plus(sum, BatchEstimate.stepsOf(chain, filesPerStack))
            )
          : undefined,
        shares: yield* sharesOf(ledger, keepShares),
        onEvent: yield* ledger.recorder("run")
      })
      return verifies ? Stream.mapEffect(events, verifiedOnly(ledger)) : events
    })
  )

/**
 * Takes what the job stacked out of its stacks again, the newest versions first; it can be killed and run again.
 * Versions that were in place before the job, or that somebody else has put on other stacks since, are left alone.
 *
 * @since 0.1.0
 * @category running
 */
export const undo = (options?: UndoOptions): Stream.Stream<BatchEvent, LedgerError, Ledger | Repository> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { abilities } = yield* Repository
      const { name } = yield* ledger.job
      yield* ledger.begin(abilities.api)
      const { sent, undone } = yield* ledger.counts
      // A call without an answer may still be carried out, so its outcome is read only once it no longer can be.
      const settled = Stream.execute(
        sent === 0 ? Effect.void : Effect.sleep(options?.settleAfter ?? BatchRunner.defaults.settleAfter)
      )
      return BatchRunner.undoChains(Stream.concat(settled, ledger.stackedChains), {
        ...options,
        ...(yield* ledger.stackedExtent),
        giveUpAfter: options?.giveUpAfter ?? defaults.giveUpAfter,
        name,
        before: undone,
        shares: yield* sharesOf(ledger, []),
        onEvent: yield* ledger.recorder("undo")
      })
    })
  )
