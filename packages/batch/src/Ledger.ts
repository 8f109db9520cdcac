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
import { NotOnTop } from "@effect-frameio/stacks/VersionStackError"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as BatchEvent from "./BatchEvent.js"
import * as LedgerFile from "./internal/ledger/ledgerFile.js"
import * as LedgerImport from "./internal/ledger/ledgerImport.js"
import * as LedgerUploads from "./internal/ledger/ledgerUploads.js"
import * as LedgerWriter from "./internal/ledger/ledgerWriter.js"
import { readPairs } from "./internal/plan/readPairs.js"
import type * as JobRecord from "./JobRecord.js"
import * as JobWriter from "./JobWriter.js"
import { fromSql, LedgerError } from "./LedgerError.js"
import * as LinkRecord from "./LinkRecord.js"
import * as VersionPlan from "./VersionPlan.js"

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
// reading
// -----------------------------------------------------------------------------

/** Chains are read so many at a time. */
const CHAINS = 256

/** Whether a share was changed for a link, and is not as it was. */
const SHARED = `EXISTS (SELECT 1 FROM shares WHERE shares.line = links.line
  AND shares.state IN (${BatchEvent.CHANGED.map((state) => `'${state}'`).join(", ")}))`

/** What the job has stacked: as `LinkRecord` has it, for SQL. */
const stackedWhere = (
  hasShares: boolean
): string => `(state = 'confirmed' AND how NOT IN ('already', 'uploaded')) OR state IN ('sent', 'undoing')
  OR (state = 'failed' AND fault ->> '$._tag' = '${NotOnTop._tag}')
${hasShares ? `  OR (state <> 'undone' AND (home IS NOT NULL OR ${SHARED}))` : ""}`

/** The planned and sent links behind a failed one of their chain. */
const BEHIND_FAILED = `
  FROM (SELECT chain, min(position) AS position FROM links WHERE state = 'failed' GROUP BY chain) AS failed
  JOIN links ON links.chain = failed.chain AND links.position > failed.position
  WHERE links.state IN ('planned', 'sent')`

/** Failed links without a confirmed version above them. */
const ON_TOP_AND_FAILED = `
  state = 'failed' AND NOT EXISTS (
    SELECT 1 FROM links AS later
    WHERE later.chain = links.chain AND later.position > links.position AND later.state = 'confirmed'
  )`

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
    const count = (text: string) => Effect.map(query<{ n: number }>(text), ([row]) => row?.n ?? 0)

    // A ledger that is older and only read has none.
    const hasShares = (yield* count("SELECT count(*) AS n FROM sqlite_master WHERE name = 'shares'")) > 0

    const known: Effect.Effect<Option.Option<Job>, LedgerError> = Effect.map(
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
          ? Option.none()
          : Option.some({
              name: row.name,
              plan: row.plan ?? undefined,
              createdAtMillis: row.created_at,
              links: row.links,
              chains: row.chains,
              api: row.api ?? undefined
            })
    )

    const job = Effect.flatMap(
      known,
      Option.match({
        onNone: () => Effect.fail(new LedgerError({ reason: "NoPlan", file })),
        onSome: Effect.succeed
      })
    )

    const refused = (sink: LedgerImport.PendingPairs) =>
      new VersionPlan.PlanRefused({ problems: sink.problems, total: sink.total })

    /** Whatever the pairs come from: takes them in, or compares them with those that are in. */
    const take = <E, R>(
      read: (
        sink: LedgerImport.PendingPairs,
        between: Effect.Effect<void, LedgerError>
      ) => Effect.Effect<void, E | LedgerError, R>,
      options: Pick<TakeOptions, "anyOrder" | "maxProblems" | "name" | "plan"> | undefined
    ): Effect.Effect<Job, VersionPlan.PlanRefused | LedgerError | E, R> =>
      Effect.gen(function* () {
        const sink = new LedgerImport.PendingPairs(options?.maxProblems ?? VersionPlan.defaults.maxProblems)
        const before = yield* known
        if (Option.isSome(before)) {
          let last = 0
          const otherPlan = (detail: string) => new LedgerError({ reason: "OtherPlan", file, detail })
          const compare = Effect.suspend(() => {
            return Effect.flatMap(
              orLedgerError(LedgerImport.compare(sql, last, sink.drain())),
              (compared): Effect.Effect<void, LedgerError> => {
                last = compared.last
                // A line that is wrong in itself is told as such in the end.
                return compared.differs === undefined || sink.total > 0
                  ? Effect.void
                  : Effect.fail(otherPlan(`The first line that differs is ${compared.differs}.`))
              }
            )
          })
          yield* read(sink, compare)
          if (sink.total > 0) return yield* refused(sink)
          if (sink.size !== before.value.links) {
            return yield* otherPlan(`It has ${before.value.links} pairs, this plan ${sink.size}.`)
          }
          return before.value
        }
        if (mode === "read") return yield* new LedgerError({ reason: "NoPlan", file })
        const name = options?.name ?? "batch"
        const plan = options?.plan ?? null
        const createdAt = yield* Clock.currentTimeMillis
        yield* orLedgerError(LedgerImport.clear(sql))
        yield* query("INSERT OR REPLACE INTO job (id, name, plan, created_at) VALUES (1, ?, ?, ?)", [
          name,
          plan,
          createdAt
        ])
        yield* read(
          sink,
          Effect.suspend(() => orLedgerError(LedgerImport.insert(sql, sink.drain())))
        )
        const built = yield* orLedgerError(LedgerImport.build(sql, sink, options?.anyOrder ?? false))
        if (sink.total > 0) {
          yield* orLedgerError(LedgerImport.clear(sql))
          return yield* refused(sink)
        }
        yield* query("UPDATE job SET links = ?, chains = ?", [built.links, built.chains])
        // A copy of the file alone has the plan then.
        yield* query("PRAGMA wal_checkpoint(TRUNCATE)")
        yield* verify
        return yield* job
      }).pipe(Effect.withSpan("Ledger.take"))

    /** All chains, some at a time, in an order that a table tells. */
    const chainRowsBy = (order: { readonly from: string; readonly place: string }) =>
      Stream.unwrap(
        Effect.map(count(`SELECT coalesce(max(${order.place}), -1) AS n FROM ${order.from}`), (last) =>
          Stream.paginateChunkEffect(0, (from) =>
            Effect.map(
              query<LinkRecord.LinkRecord>(
                `SELECT links.*, chains.target${hasShares ? `, ${SHARED} AS shared` : ""} FROM ${order.from}
               WHERE ${order.place} >= ? AND ${order.place} < ? ORDER BY ${order.place}, links.position`,
                [from, from + CHAINS]
              ),
              (rows) => [
                Chunk.unsafeFromArray(LinkRecord.byChain(rows)),
                from + CHAINS > last ? Option.none<number>() : Option.some(from + CHAINS)
              ]
            )
          )
        )
      )
    const LINKS = "links JOIN chains ON chains.id = links.chain"
    const chainRows = chainRowsBy({ from: LINKS, place: "links.chain" })

    /** In a table, so that memory does not grow with the plan. */
    const longestRows = Stream.unwrap(
      Effect.gen(function* () {
        yield* query("DROP TABLE IF EXISTS temp.turns")
        yield* query("CREATE TEMP TABLE turns (place INTEGER PRIMARY KEY, chain INTEGER NOT NULL)")
        yield* query("INSERT INTO turns (chain) SELECT chain FROM links GROUP BY chain ORDER BY count(*) DESC, chain")
        return chainRowsBy({ from: `${LINKS} JOIN turns ON turns.chain = links.chain`, place: "turns.place" })
      })
    )

    const counts: Effect.Effect<JobRecord.Counts, LedgerError> = Effect.gen(function* () {
      const states = yield* query<{ state: string; already: number; n: number }>(
        "SELECT state, coalesce(how = 'already', 0) AS already, count(*) AS n FROM links GROUP BY 1, 2"
      )
      const skipped = yield* count(`SELECT count(*) AS n ${BEHIND_FAILED} AND links.state = 'planned'`)
      const of = (state: string, already?: number): number =>
        states.reduce(
          (sum, one) => (one.state === state && (already === undefined || one.already === already) ? sum + one.n : sum),
          0
        )
      return {
        total: states.reduce((sum, one) => sum + one.n, 0),
        planned: of("planned") - skipped,
        sent: of("sent"),
        confirmed: of("confirmed"),
        already: of("confirmed", 1),
        failed: of("failed"),
        skipped,
        undoing: of("undoing"),
        undone: of("undone")
      }
    })

    const runs = query<JobRecord.Run>(
      "SELECT kind, began_at AS beganAtMillis, ended_at AS endedAtMillis, stopped FROM runs ORDER BY id"
    )

    const samples = query<JobRecord.Sample>(
      `SELECT ended_at - millis AS atMillis, millis, sent, refused, "limit", window_millis AS windowMillis, free, waiting
       FROM paces WHERE millis > 0 ORDER BY rowid`
    )

    const extentOf = (where: string): Effect.Effect<Extent, LedgerError> =>
      Effect.map(
        query<Extent>(`SELECT count(*) AS links, count(DISTINCT chain) AS chains FROM links WHERE ${where}`),
        ([row]) => row ?? { links: 0, chains: 0 }
      )

    return {
      file,
      takePlan: (bytes, options) => {
        const { anyOrder, maxProblems, ...reading } = VersionPlan.withDefaults(options)
        return take((sink, between) => readPairs(bytes, sink, reading, between), { ...options, anyOrder, maxProblems })
      },
      takePairs: (pairs, options) =>
        take(
          (sink, between) =>
            Effect.zipRight(
              LedgerImport.readStream(pairs, sink, between),
              Effect.sync(() => {
                if (sink.size === 0 && sink.total === 0) sink.problem("empty", undefined, VersionPlan.NO_PAIRS)
              })
            ),
          options
        ),
      job,
      begin: (api) =>
        Effect.flatMap(job, (known) => {
          if (known.api === undefined) return Effect.asVoid(query("UPDATE job SET api = ?", [api]))
          return known.api === api
            ? Effect.void
            : new LedgerError({ reason: "OtherApi", file, detail: `It was begun on ${known.api}, and this is ${api}.` })
        }),
      counts,
      extent: Effect.gen(function* () {
        const all = yield* extentOf("state IN ('planned', 'sent')")
        const behind = yield* count(`SELECT count(*) AS n ${BEHIND_FAILED}`)
        return { links: all.links - behind, chains: all.chains }
      }),
      chains: Stream.filterMap(chainRows, (rows) => LinkRecord.leftOf(rows)),
      longestChains: Stream.filterMap(longestRows, (rows) => LinkRecord.leftOf(rows)),
      chain: (index) =>
        Effect.map(
          query<LinkRecord.LinkRecord>(
            `SELECT links.*, chains.target FROM links JOIN chains ON chains.id = links.chain
             WHERE links.chain = ? ORDER BY links.position`,
            [index]
          ),
          (rows) => LinkRecord.leftOf(rows)
        ),
      uploads: LedgerUploads.make(sql, orLedgerError),
      chainsToVerify: Stream.filterMap(chainRows, (rows) => LinkRecord.leftOf(rows, "verify")),
      retryFailed: Effect.gen(function* () {
        const failed = yield* count(`SELECT count(*) AS n FROM links WHERE ${ON_TOP_AND_FAILED}`)
        if (failed > 0) yield* query(`UPDATE links SET state = 'planned' WHERE ${ON_TOP_AND_FAILED}`)
        return failed
      }),
      stackedExtent: extentOf(stackedWhere(hasShares)),
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
      head: Effect.gen(function* () {
        const { createdAtMillis, name, plan } = yield* job
        return {
          job: name,
          plan: plan ?? null,
          createdAtMillis,
          reportedAtMillis: yield* Clock.currentTimeMillis,
          counts: yield* counts,
          runs: yield* runs,
          samples: yield* samples
        }
      }),
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
