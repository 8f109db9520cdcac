/**
 * Takes a plan into a ledger if it has none yet, else compares the two.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { LedgerError } from "../../LedgerError.js"
import * as VersionPlan from "../../VersionPlan.js"
import { readPairs } from "../plan/readPairs.js"
import * as LedgerImport from "./ledgerImport.js"

/** The ledger that takes the plan. */
interface Into {
  readonly file: string
  readonly mode: "read" | "write"
  readonly sql: SqlClient.SqlClient
  /** Fails when the file is no longer the one that was opened. */
  readonly verify: Effect.Effect<void, LedgerError>
  readonly orLedgerError: <A, R>(effect: Effect.Effect<A, SqlError, R>) => Effect.Effect<A, LedgerError, R>
}

type Options = Pick<VersionPlan.Options, "anyOrder" | "maxProblems"> & {
  readonly name?: string | undefined
  readonly plan?: string | undefined
}

type Read<E, R> = (
  sink: LedgerImport.PendingPairs,
  between: Effect.Effect<void, LedgerError>
) => Effect.Effect<void, E | LedgerError, R>

type Taken<E, R> = Effect.Effect<void, VersionPlan.PlanRefused | LedgerError | E, R>

const refusedBy = (sink: LedgerImport.PendingPairs) =>
  new VersionPlan.PlanRefused({ problems: sink.problems, total: sink.total })

/** Fails with the first line that differs from the ledger's. */
const compare = <E, R>(
  { file, orLedgerError, sql }: Into,
  known: number,
  sink: LedgerImport.PendingPairs,
  read: Read<E, R>
): Taken<E, R> =>
  Effect.gen(function* () {
    let last = 0
    const otherPlan = (detail: string) => new LedgerError({ reason: "OtherPlan", file, detail })
    const compareNext = Effect.suspend(() =>
      Effect.flatMap(
        orLedgerError(LedgerImport.compare(sql, last, sink.drain())),
        (compared): Effect.Effect<void, LedgerError> => {
          last = compared.last
          // A line with a problem of its own is reported at the end.
          return compared.differs === undefined || sink.total > 0
            ? Effect.void
            : Effect.fail(otherPlan(`The first line that differs is ${compared.differs}.`))
        }
      )
    )
    yield* read(sink, compareNext)
    if (sink.total > 0) return yield* refusedBy(sink)
    if (sink.size !== known) return yield* otherPlan(`It has ${known} pairs, this plan ${sink.size}.`)
  })

const takeIn = <E, R>(
  { orLedgerError, sql, verify }: Into,
  sink: LedgerImport.PendingPairs,
  read: Read<E, R>,
  options: Options | undefined
): Taken<E, R> =>
  Effect.gen(function* () {
    const createdAt = yield* Clock.currentTimeMillis
    yield* orLedgerError(LedgerImport.clear(sql))
    yield* orLedgerError(
      sql.unsafe("INSERT OR REPLACE INTO job (id, name, plan, created_at) VALUES (1, ?, ?, ?)", [
        options?.name ?? "batch",
        options?.plan ?? null,
        createdAt
      ])
    )
    yield* read(
      sink,
      Effect.suspend(() => orLedgerError(LedgerImport.insert(sql, sink.drain())))
    )
    const built = yield* orLedgerError(LedgerImport.build(sql, sink, options?.anyOrder ?? false))
    if (sink.total > 0) {
      yield* orLedgerError(LedgerImport.clear(sql))
      return yield* refusedBy(sink)
    }
    yield* orLedgerError(sql.unsafe("UPDATE job SET links = ?, chains = ?", [built.links, built.chains]))
    // So that a copy of the file alone has the plan.
    yield* orLedgerError(sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)"))
    yield* verify
  })

/** Takes pairs from any source. */
const take = <E, R>(into: Into, read: Read<E, R>, options: Options | undefined): Taken<E, R> =>
  Effect.gen(function* () {
    const sink = new LedgerImport.PendingPairs(options?.maxProblems ?? VersionPlan.defaults.maxProblems)
    // Links are null until a plan is taken in completely.
    const [job] = yield* into.orLedgerError(into.sql.unsafe<{ links: number | null }>("SELECT links FROM job"))
    const known = job?.links ?? undefined
    if (known !== undefined) return yield* compare(into, known, sink, read)
    if (into.mode === "read") return yield* new LedgerError({ reason: "NoPlan", file: into.file })
    return yield* takeIn(into, sink, read, options)
  }).pipe(Effect.withSpan("Ledger.take"))

/** A plan from a file. */
export const takePlan = <E, R>(
  into: Into,
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: (VersionPlan.Options & Options) | undefined
): Taken<E, R> => {
  const { anyOrder, maxProblems, ...reading } = VersionPlan.withDefaults(options)
  return take(into, (sink, between) => readPairs(bytes, sink, reading, between), { ...options, anyOrder, maxProblems })
}

/** Pairs from a program. */
export const takePairs = <E, R>(
  into: Into,
  pairs: Stream.Stream<VersionPlan.Pair, E, R>,
  options: Options | undefined
): Taken<E, R> =>
  take(
    into,
    (sink, between) =>
      Effect.zipRight(
        LedgerImport.readStream(pairs, sink, between),
        Effect.sync(() => {
          if (sink.size === 0 && sink.total === 0) sink.problem("empty", undefined, VersionPlan.NO_PAIRS)
        })
      ),
    options
  )
