/**
 * The ledger of a job, in a SQLite file: enough to go on after a kill at any moment, to report, and to undo.
 *
 * A link is `planned`, then `sent` before its request leaves the machine, then `confirmed` or `failed`. What was
 * confirmed is never sent again; what was sent and not answered is looked for before it is sent again. Each write is one
 * transaction that is on the disk when `record` returns (`synchronous=FULL`), so a power cut loses no more than a kill.
 *
 * One run at a time: a lock on a file beside the ledger, which the operating system takes back whichever way a process
 * ends. Readers need none. Neither works on a network drive that does not lock files.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type { SqlError } from "@effect/sql/SqlError"
import type { AssetId } from "@effect-frameio/core/Asset"
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
  /** The version of Frame.io's API that it was begun on, such as `v2`; absent before its first run. */
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
 * A share that a job keeps up to date for one of its chains.
 *
 * @since 0.1.0
 * @category models
 */
export interface Share {
  /** The line of the link whose version takes the place of another in it. */
  readonly line: number
  /** The index of its chain. */
  readonly chain: number
  readonly shareId: string
  /** What its place is taken of. */
  readonly removed: AssetId
  /** What takes it. */
  readonly added: AssetId
  readonly state: BatchEvent.SharingState
}

/**
 * How a plan is taken in.
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
   * Takes a plan in when there is none yet, in memory that does not grow with it; else checks that it has the same pairs
   * in the same order, and fails with `OtherPlan` when it has not. A plan that is not sound is refused as a whole, with
   * every problem.
   */
  readonly takePlan: <E, R>(
    bytes: Stream.Stream<Uint8Array, E, R>,
    options?: TakeOptions
  ) => Effect.Effect<Job, VersionPlan.PlanRefused | LedgerError | E, R>
  /** The same for pairs as a program has them; a line is a pair's place, from 1. */
  readonly takePairs: <E, R>(
    pairs: Stream.Stream<VersionPlan.Pair, E, R>,
    options?: Pick<TakeOptions, "anyOrder" | "maxProblems" | "name" | "plan">
  ) => Effect.Effect<Job, VersionPlan.PlanRefused | LedgerError | E, R>
  /** The job. Fails with `NoPlan` when no plan was taken in. */
  readonly job: Effect.Effect<Job, LedgerError>
  /** Says which version of Frame.io's API a run is over. Fails with `OtherApi` when the job was begun on another. */
  readonly begin: (api: string) => Effect.Effect<void, LedgerError>
  /** How many links are in which state. */
  readonly counts: Effect.Effect<JobRecord.Counts, LedgerError>
  /** The remaining links: to be sent or settled, without those behind a failed one. */
  readonly extent: Effect.Effect<Extent, LedgerError>
  /** The chains of what is left to do. */
  readonly chains: Stream.Stream<VersionPlan.Chain, LedgerError>
  /** The same, those of most links first. */
  readonly longestChains: Stream.Stream<VersionPlan.Chain, LedgerError>
  /** The same, with what is confirmed: to be verified. */
  readonly chainsToVerify: Stream.Stream<VersionPlan.Chain, LedgerError>
  /**
   * Plans what failed, and what waits behind it, again; answers how many that are. What failed below a version that is in
   * place is left alone: it would come on top of that one.
   */
  readonly retryFailed: Effect.Effect<number, LedgerError>
  /** The links that the job has stacked and not undone. */
  readonly stackedExtent: Effect.Effect<Extent, LedgerError>
  /** The chains of what the job has stacked and not undone, newest versions first. */
  readonly stackedChains: Stream.Stream<VersionPlan.StackedChain, LedgerError>
  /**
   * The writer of one run's or undo's events, until the scope closes. `Sent`, `Undoing`, `Planned` and `Finished`
   * are on the disk when it returns; the others a moment later.
   */
  readonly recorder: (
    kind: "run" | "undo"
  ) => Effect.Effect<(event: BatchEvent.BatchEvent) => Effect.Effect<void, LedgerError>, never, Scope.Scope>
  /** The remaining links of one chain, as in `chains`. */
  readonly chain: (index: number) => Effect.Effect<Option.Option<VersionPlan.Chain>, LedgerError>
  /**
   * The files of a job of uploads.
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
  /** All of the above but the rows: what a report says above them. */
  readonly head: Effect.Effect<JobRecord.Head, LedgerError>
  /** Whether a run is at work on it: so for the ledger's own holder, too. */
  readonly inUse: Effect.Effect<boolean, LedgerError>
  /**
   * Whether the file was copied in the middle of a run without the log beside it, so that the last that was sent may be
   * missing. A run looks every link up before it sends it.
   */
  readonly isPartial: boolean
  /** How the shares stand that the job keeps up to date, by link. */
  readonly shares: Effect.Effect<ReadonlyArray<Share>, LedgerError>
  /** Notices of others' work, oldest first. */
  readonly notices: Effect.Effect<ReadonlyArray<Notice>, LedgerError>
}

/**
 * A ledger that is open.
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
  /** The SQLite file. `write` makes it, and a lock `<file>.lock` beside it. Links are followed. */
  readonly file: string
  /**
   * `write` for a run or an undo, one at a time; `read` for looking, also while one runs, for which no right to write is
   * needed. Default `write`.
   */
  readonly mode?: "read" | "write" | undefined
  /** Whether `write` makes a ledger where none is; else that fails with `Absent`. Default true. */
  readonly create?: boolean | undefined
  /** The size that the file may grow to, in pages of 4096 bytes. Default: as far as the disk goes. */
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

    // A ledger that is older and only read has none.
    const hasShares = (yield* query("SELECT 1 FROM sqlite_master WHERE name = 'shares'")).length > 0

    const job: Effect.Effect<Job, LedgerError> = Effect.flatMap(
      query<{
        name: string
        plan: string | null
        created_at: number
        links: number | null
        chains: number | null
        // Absent in a ledger that is older and only read.
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

    const { chainOf, chainRows, counts, extent, longestRows, retryFailed, runs, samples, stackedExtent } =
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
        ? query<Share>(
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
