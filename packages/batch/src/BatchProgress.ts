/**
 * The sum of the events so far; pure.
 *
 * @since 0.1.0
 */
import type { BatchEvent, Counts } from "./BatchEvent.js"

/**
 * The counts before the first event.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Counts = {
  links: null,
  sent: 0,
  confirmed: 0,
  before: 0,
  already: 0,
  failed: 0,
  skipped: 0,
  unknown: 0,
  notSent: 0
}

/**
 * Counts one more event.
 *
 * @example
 * ```ts
 * const plan = yield* VersionPlan.fromPairs([{ assetId: shot, nextAssetId: take2 }])
 * const counts = yield* Stream.runFold(BatchRunner.run(plan), BatchProgress.empty, BatchProgress.add)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const add = (counts: Counts, event: BatchEvent): Counts => {
  switch (event._tag) {
    case "Planned":
      return {
        ...counts,
        links: event.links,
        confirmed: event.before,
        before: event.before,
        failed: event.failedBefore,
        skipped: event.skippedBefore
      }
    case "Sent":
    case "Undoing":
      return { ...counts, sent: counts.sent + 1 }
    case "Sharing":
    case "Waiting":
    case "Noticed":
    case "Paused":
    case "Resumed":
    case "Paced":
      return counts
    case "Confirmed":
    case "Undone":
      return {
        ...counts,
        confirmed: counts.confirmed + 1,
        already: counts.already + (event.how === "already" ? 1 : 0)
      }
    case "Failed":
      return { ...counts, failed: counts.failed + 1 }
    case "Skipped":
      return event.why === "chain"
        ? { ...counts, skipped: counts.skipped + 1 }
        : { ...counts, notSent: counts.notSent + 1 }
    case "Unknown":
      return { ...counts, unknown: counts.unknown + 1 }
    case "Finished":
      return event.counts
  }
}

/**
 * How many links have ended, however they ended.
 *
 * @since 0.1.0
 * @category getters
 */
export const done = (counts: Counts): number =>
  counts.confirmed + counts.failed + counts.skipped + counts.unknown + counts.notSent

/**
 * How many links are still to come, if the number of links is known.
 *
 * @since 0.1.0
 * @category getters
 */
export const left = (counts: Counts): number | undefined =>
  counts.links === null ? undefined : Math.max(counts.links - done(counts), 0)
