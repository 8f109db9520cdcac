/**
 * The ledger of a job, in a SQLite file: enough to resume after a kill at any moment, to report, and to undo.
 *
 * A link is `planned`, then `sent` before its request leaves the machine, then `confirmed` or `failed`. A confirmed
 * link is never sent again; one that was sent without an answer is looked up before it is sent again. Each write is one
 * transaction that is on disk when `record` returns (`synchronous=FULL`), so a power cut loses no more than a kill.
 *
 * One run at a time: a run holds a lock on a file beside the ledger, which the operating system releases however the
 * process ends. Readers need no lock. Neither works on a network drive that does not lock files.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as BatchEvent from "./BatchEvent.js"
import * as LedgerFile from "./internal/ledger/ledgerFile.js"
import * as LedgerIntake from "./internal/ledger/ledgerIntake.js"
import * as LedgerQueries from "./internal/ledger/ledgerQueries.js"
import * as LedgerUploads from "./internal/ledger/ledgerUploads.js"
import * as LedgerWriter from "./internal/ledger/ledgerWriter.js"
import * as JobRecord from "./JobRecord.js"
import * as JobWriter from "./JobWriter.js"
import { fromSql, LedgerError } from "./LedgerError.js"
import * as LinkRecord from "./LinkRecord.js"
import type * as VersionPlan from "./VersionPlan.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A job as a whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  /** Its name. */
  readonly name: string
  /** The plan's file, as it was named when the job was made. */
  readonly plan: string | undefined
  /** When the job was made, in ms since 1970. */
  readonly createdAtMillis: number
  /** How many links the plan has. */
  readonly links: number
  /** How many chains they make. */
  readonly chains: number
  /** The version of Frame.io's API that the job was begun on, such as `v2`; absent before its first run. */
  readonly api: string | undefined
}

/**
 * A notice of somebody else's work on a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Notice {
  /** The link's line. */
  readonly line: number
  /** In ms since 1970. */
  readonly atMillis: number
  /** The stack. */
  readonly stackId: string
  /** The notice. */
  readonly reason: string
}

/**
 * How to take in a plan.
 *
 * @since 0.1.0
 * @category models
 */
export interface TakeOptions extends VersionPlan.Options {
  /** The job's name. Default `"batch"`. */
  readonly name?: string | undefined
  /** The plan's file, for the report. */
  readonly plan?: string | undefined
}

/**
 * How much there is to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extent {
  readonly links: number
  readonly chains: number
}

/**
 * A ledger that is open.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The ledger's file. */
  readonly file: string
  /**
   * Takes a plan in if there is none yet, in memory that does not grow with it; else checks that it has the same pairs
   * in the same order, and fails with `OtherPlan` if not. An unsound plan is refused as a whole, with every problem.
   */
  readonly takePlan: <E, R>(
    bytes: Stream.Stream<Uint8Array, E, R>,
    options?: TakeOptions
  ) => Effect.Effect<Job, VersionPlan.PlanRefused | LedgerError | E, R>
  /** The same for pairs that a program has; a line is a pair's place, from 1. */
  readonly takePairs: <E, R>(
    pairs: Stream.Stream<VersionPlan.Pair, E, R>,
    options?: Pick<TakeOptions, "anyOrder" | "maxProblems" | "name" | "plan">
  ) => Effect.Effect<Job, VersionPlan.PlanRefused | LedgerError | E, R>
  /** The job. Fails with `NoPlan` if no plan was taken in. */
  readonly job: Effect.Effect<Job, LedgerError>
  /** Records which version of Frame.io's API a run uses. Fails with `OtherApi` if the job was begun on another. */
  readonly begin: (api: string) => Effect.Effect<void, LedgerError>
  /** How many links are in each state. */
  readonly counts: Effect.Effect<JobRecord.Counts, LedgerError>
  /** The remaining links, to send or to settle, without those that come after a failed one. */
  readonly extent: Effect.Effect<Extent, LedgerError>
  /** The chains of what is left to do. */
  readonly chains: Stream.Stream<VersionPlan.Chain, LedgerError>
  /** The same, chains with the most links first. */
  readonly longestChains: Stream.Stream<VersionPlan.Chain, LedgerError>
  /** The same, with the confirmed links, for verification. */
  readonly chainsToVerify: Stream.Stream<VersionPlan.Chain, LedgerError>
  /**
   * Plans failed links again, and those waiting behind them; returns how many. A failed link below a version in place
   * is left alone: it would come out on top of that version.
   */
  readonly retryFailed: Effect.Effect<number, LedgerError>
  /** The links that the job stacked and has not undone. */
  readonly stackedExtent: Effect.Effect<Extent, LedgerError>
  /** The chains that the job stacked and has not undone, newest versions first. */
  readonly stackedChains: Stream.Stream<VersionPlan.StackedChain, LedgerError>
  /**
   * The writer of the events of one run or undo, until the scope closes. `Sent`, `Undoing`, `Planned` and `Finished`
   * are on disk when it returns; the others a moment later.
   */
  readonly recorder: (
    kind: "run" | "undo"
  ) => Effect.Effect<(event: BatchEvent.BatchEvent) => Effect.Effect<void, LedgerError>, never, Scope.Scope>
  /** The remaining links of one chain, as in `chains`. */
  readonly chain: (index: number) => Effect.Effect<Option.Option<VersionPlan.Chain>, LedgerError>
  /**
   * The files of an upload job.
   *
   * @internal
   */
  readonly uploads: LedgerUploads.Uploads
  /** Every link, by chain and place in it. */
  readonly rows: Stream.Stream<JobRecord.Row, LedgerError>
  /** The runs, oldest first. */
  readonly runs: Effect.Effect<ReadonlyArray<JobRecord.Run>, LedgerError>
  /** How the runs kept to the limit, oldest first. */
  readonly samples: Effect.Effect<ReadonlyArray<JobRecord.Sample>, LedgerError>
  /** All of the above except the rows: the head of a report. */
  readonly head: Effect.Effect<JobRecord.Head, LedgerError>
  /** Whether a run is at work on it; true for the ledger's own holder too. */
  readonly inUse: Effect.Effect<boolean, LedgerError>
  /**
   * Whether the file was copied in the middle of a run without the log beside it, so that the last calls may be missing
   * from it. A run then looks up every link before sending it.
   */
  readonly isPartial: boolean
  /** How the shares stand that the job keeps up to date, by link. */
  readonly shares: Effect.Effect<ReadonlyArray<BatchEvent.KeptShare>, LedgerError>
  /**
   * The lines that put a version of a stack on top of it, and are not confirmed.
   *
   * @internal
   */
  readonly reorders: Effect.Effect<ReadonlyArray<number>, LedgerError>
  /** Notices of others' work, oldest first. */
  readonly notices: Effect.Effect<ReadonlyArray<Notice>, LedgerError>
}

/**
 * An open ledger.
 *
 * @example
 * ```ts
 * const failed = Effect.gen(function* () {
 *   const ledger = yield* Ledger.Ledger
 *   const { confirmed, failed, total } = yield* ledger.counts
 *   yield* Console.log(`${confirmed} of ${total} stacked, ${failed} failed`)
 * }).pipe(Effect.provide(Ledger.layer({ file: "plan.ledger" })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Ledger extends Context.Tag("@effect-frameio/batch/Ledger")<Ledger, Service>() {}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The SQLite file. `write` creates it, and a lock `<file>.lock` beside it. Links are followed. */
  readonly file: string
  /**
   * `write` for a run or an undo, one at a time; `read` for looking, even during a run, without the right to write.
   * Default `write`.
   */
  readonly mode?: "read" | "write" | undefined
  /** Whether `write` creates a missing ledger; else it fails with `Absent`. Default true. */
  readonly create?: boolean | undefined
  /** The largest size of the file, in pages of 4096 bytes. Default: no limit but the disk's. */
  readonly maxPages?: number | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Opens a ledger until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, LedgerError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { file } = options
    const mode = options.mode ?? "write"
    const { inUse, isPartial, sql, verify } = yield* LedgerFile.open({
      file,
      mode,
      create: options.create ?? true,
      maxPages: options.maxPages
    })
    const orLedgerError = <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, LedgerError, R> =>
      LedgerFile.patiently(Effect.mapError(effect, fromSql(file)))
    const query = <A extends object>(text: string, values?: ReadonlyArray<unknown>) =>
      orLedgerError(sql.unsafe<A>(text, values))

    // An older ledger that is only read has none.
    const hasShares = (yield* query("SELECT 1 FROM sqlite_master WHERE name = 'shares'")).length > 0

    const job: Effect.Effect<Job, LedgerError> = Effect.flatMap(
      query<{
        name: string
        plan: string | null
        created_at: number
        links: number | null
        chains: number | null
        // Absent in an older ledger that is only read.
        api?: string | null
      }>("SELECT * FROM job"),
      ([row]) =>
        row === undefined || row.links === null || row.chains === null
          ? new LedgerError({ reason: "NoPlan", file })
          : Effect.succeed({
              name: row.name,
              plan: row.plan ?? undefined,
              createdAtMillis: row.created_at,
              links: row.links,
              chains: row.chains,
              api: row.api ?? undefined
            })
    )

    const { chainOf, chainRows, counts, extent, longestRows, reorders, retryFailed, runs, samples, stackedExtent } =
      LedgerQueries.make(query, hasShares)
    const into = { file, mode, sql, verify, orLedgerError }

    return {
      file,
      takePlan: (bytes, options) => Effect.zipRight(LedgerIntake.takePlan(into, bytes, options), job),
      takePairs: (pairs, options) => Effect.zipRight(LedgerIntake.takePairs(into, pairs, options), job),
      job,
      begin: (api) =>
        Effect.flatMap(job, (known) => {
          if (known.api === undefined) return Effect.asVoid(query("UPDATE job SET api = ?", [api]))
          return known.api === api
            ? Effect.void
            : new LedgerError({ reason: "OtherApi", file, detail: `It was begun on ${known.api}, and this is ${api}.` })
        }),
      counts,
      extent,
      chains: Stream.filterMap(chainRows, (rows) => LinkRecord.leftOf(rows)),
      longestChains: Stream.filterMap(longestRows, (rows) => LinkRecord.leftOf(rows)),
      chain: (index) => Effect.map(chainOf(index), (rows) => LinkRecord.leftOf(rows)),
      uploads: LedgerUploads.make(sql, orLedgerError),
      chainsToVerify: Stream.filterMap(chainRows, (rows) => LinkRecord.leftOf(rows, "verify")),
      reorders,
      retryFailed,
      stackedExtent,
      stackedChains: Stream.filterMap(chainRows, LinkRecord.stackedOf),
      recorder: (kind) =>
        Effect.map(
          JobWriter.make(
            kind,
            LedgerWriter.make(kind, (text, values) => query(text, values), verify)
          ),
          ({ record }) => record
        ),
      rows: Stream.flattenIterables(Stream.map(chainRows, LinkRecord.rowsOf)),
      runs,
      samples,
      head: Effect.flatMap(job, (known) => JobRecord.headOf(known, { counts, runs, samples })),
      inUse,
      isPartial,
      shares: hasShares
        ? query<BatchEvent.KeptShare>(
            "SELECT line, chain, share_id AS shareId, removed, added, state FROM shares ORDER BY line, share_id"
          )
        : Effect.succeed([]),
      notices: query<Notice>(
        "SELECT line, noticed_at AS atMillis, stack_id AS stackId, reason FROM notices ORDER BY rowid"
      )
    }
  })

/**
 * A ledger for as long as the program on it runs.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Ledger, LedgerError, FileSystem.FileSystem> =>
  Layer.scoped(Ledger, make(options))
