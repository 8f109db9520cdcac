/**
 * A job with a ledger: it can be killed at any moment and goes on where it was, can be looked at while it runs, and can be
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

/**
 * How to run a job.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Omit<BatchRunner.Options, "giveUpAfter" | "name" | "onEvent"> {
  /** As of a job without a ledger; default 12 hours. */
  readonly giveUpAfter?: Duration.DurationInput | undefined
  /** Whether what failed in an earlier run is tried again. Default false. */
  readonly retryFailed?: boolean | undefined
  /**
   * The ids of shares that hold files of the plan. Where a file that is stacked for the first time is in one of them, the
   * newest of its versions takes its place in it, before they are stacked; where it is not, the share is left alone. Two
   * calls for each such file and share, each at its own limit. Over an API without shares the job does not begin. Default
   * none.
   */
  readonly keepShares?: ReadonlyArray<string> | undefined
}

/**
 * How to undo a job.
 *
 * @since 0.1.0
 * @category options
 */
export type UndoOptions = Omit<Options, "keepShares" | "lookFirst" | "retryFailed">

/**
 * What holds when an option is left out, beside `BatchRunner.defaults`.
 *
 * @internal
 */
export const defaults = { giveUpAfter: Duration.hours(12) } as const

/** A verification that was stopped has left links alone that need no sending: they are as an earlier run has left them. */
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

/** How shares stand, by chain; nothing where the job keeps none and never did. */
const sharesOf = (ledger: Ledger["Type"], keep: ReadonlyArray<string>) =>
  Effect.map(ledger.shares, (all) => {
    if (all.length + keep.length === 0) return undefined
    const byChain = new Map<number, Array<(typeof all)[number]>>()
    for (const one of all) byChain.set(one.chain, [...(byChain.get(one.chain) ?? []), one])
    return { keep, known: (chain: number) => byChain.get(chain) ?? [] }
  })

/**
 * Does what is left of the job in the ledger. Run it again after whatever has stopped it: what is confirmed is not sent
 * again, what was sent and not answered is looked for first, and what failed is left alone unless `retryFailed` says
 * otherwise. With `lookFirst` what is confirmed is verified: what is no longer in its place fails with `MovedSince`.
 *
 * The stream begins with `Planned` and ends with `Finished`. It fails when the ledger cannot be written any more; then
 * nothing more was sent.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options?: Options): Stream.Stream<BatchEvent, LedgerError, Ledger | Repository> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { abilities, shares } = yield* Repository
      const { filesPerStack, routes } = abilities
      const { name } = yield* ledger.job
      const keepShares = options?.keepShares ?? []
      if (keepShares.length > 0 && shares === undefined) {
        return yield* new LedgerError({ reason: "NoShares", file: ledger.file })
      }
      yield* ledger.begin(abilities.api)
      const before = yield* ledger.counts
      if (before.undone + before.undoing > 0) return yield* new LedgerError({ reason: "Undone", file: ledger.file })
      if (options?.retryFailed === true) yield* ledger.retryFailed
      const { failed, skipped } = yield* ledger.counts
      const left = yield* ledger.extent
      const verifies = options?.lookFirst === true
      // Where new stacks have a limit of their own, the longest chains go first: their versions go one after the other.
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
 * Takes what the job has stacked out of its stacks again, the newest versions first, with the same guarantees as
 * {@link run}: it can be killed and run again. What was in place before the job, and what somebody else has put on other
 * stacks since, is left alone.
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
      // What was sent and never answered may still be made, and is looked for only when it no longer can.
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
