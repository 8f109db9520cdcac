/**
 * A job's record at one moment: its links, its runs, and how they kept to the limit. A ledger keeps it, a report shows
 * it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LinkError } from "./LinkError.js"

/**
 * The state of a link.
 *
 * @since 0.1.0
 * @category models
 */
export type State = "planned" | "sent" | "confirmed" | "failed" | "skipped" | "undoing" | "undone"

/**
 * One link of the job, with its current state.
 *
 * @example
 * ```ts
 * const ledger = yield* Ledger.Ledger
 * const failed = ledger.rows.pipe(Stream.filter(({ state }) => state === "failed"))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Row {
  /** Its line in the plan; 1 for the first line of the file. */
  readonly line: number
  /** The index of its chain: links of one chain go on one stack. */
  readonly chain: number
  /** The target as the plan names it. */
  readonly assetId: string
  /** The new version. */
  readonly nextAssetId: string
  /** The stack it is on, if known. */
  readonly stackId: string | null
  /** The new version's name: the plan's column `name`, if there was one. */
  readonly name: string | null
  /** The stack's name: the plan's column `stack`, if there was one. */
  readonly stack: string | null
  /** All columns of the plan except the two ids. */
  readonly fields: Readonly<Record<string, unknown>>
  /**
   * `planned`: not sent yet. `sent`: the call went out, and its outcome is unknown. `confirmed`: on its stack.
   * `failed`: see the error. `skipped`: not sent, because an earlier link failed. `undoing`: the call that takes it off
   * again went out, and its outcome is unknown. `undone`: taken off again.
   */
  readonly state: State
  /** How it was confirmed, as in `BatchEvent.Confirmed`. */
  readonly how: "answered" | "settled" | "already" | "uploaded" | null
  /** Why it failed. */
  readonly error: LinkError | null
  /** How many version calls were sent for it. */
  readonly attempts: number
  /** When the last of them was sent, in ms since 1970. */
  readonly sentAtMillis: number | null
  /** When the link ended, in ms since 1970. */
  readonly doneAtMillis: number | null
}

/**
 * One interval: requests against the limit, and the waits. For a time without a sample, a plot shows nothing rather
 * than zero.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sample {
  /** The interval's start, in ms since 1970. */
  readonly atMillis: number
  /** Its length, in ms; above 0. */
  readonly millis: number
  /** Version calls sent in it. */
  readonly sent: number
  /** How many of them were answered with 429. */
  readonly refused: number
  /** Requests per window, as the headers said; null until known. */
  readonly limit: number | null
  /** The window, in ms. */
  readonly windowMillis: number | null
  /** Requests that could have gone at once. */
  readonly free: number | null
  /** The most requests that waited for the rate limit at one time. */
  readonly waiting: number
}

/**
 * One run of the job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Run {
  /** Whether it stacked or took apart. */
  readonly kind: "run" | "undo"
  /** In ms since 1970. */
  readonly beganAtMillis: number
  /** In ms since 1970; null if the run is still going, or died. */
  readonly endedAtMillis: number | null
  /** Why it stopped early, or null. */
  readonly stopped: string | null
}

/**
 * How many links stand in each state. The states add up to `total`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts extends Readonly<Record<State, number>> {
  /** How many of the confirmed were on their stack before the job. */
  readonly already: number
  /** Links in the plan. */
  readonly total: number
}

/**
 * The head of a report.
 *
 * @since 0.1.0
 * @category models
 */
export interface Head {
  /** The job's name. */
  readonly job: string
  /** The file name of the plan. */
  readonly plan: string | null
  /** When the job was first begun, in ms since 1970. */
  readonly createdAtMillis: number
  /** When the report was made, in ms since 1970. */
  readonly reportedAtMillis: number
  /** When the report was made. */
  readonly counts: Counts
  /** In any order. */
  readonly runs: ReadonlyArray<Run>
  /** In any order; at most a few thousand. */
  readonly samples: ReadonlyArray<Sample>
}

/**
 * The head of a report at this moment, from a store's record of a job.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headOf = <E>(
  job: { readonly name: string; readonly plan: string | undefined; readonly createdAtMillis: number },
  of: {
    readonly counts: Effect.Effect<Counts, E>
    readonly runs: Effect.Effect<ReadonlyArray<Run>, E>
    readonly samples: Effect.Effect<ReadonlyArray<Sample>, E>
  }
): Effect.Effect<Head, E> =>
  Effect.all({
    job: Effect.succeed(job.name),
    plan: Effect.succeed(job.plan ?? null),
    createdAtMillis: Effect.succeed(job.createdAtMillis),
    reportedAtMillis: Clock.currentTimeMillis,
    ...of
  })
