/**
 * The words of PostgreSQL's errors, and waiting for it.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** The innermost words of an error; those of a failed connection have no password in them. */
export const of = (error: unknown): string => {
  let words = ""
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 8; depth++) {
    if ("message" in at && typeof at.message === "string" && at.message !== "") words = at.message
    at = "cause" in at ? at.cause : undefined
  }
  return words
}

/** Tries again, at least every two seconds, as long as told. */
export const patiently = (patience: Duration.DurationInput) =>
  Schedule.exponential("50 millis").pipe(
    Schedule.union(Schedule.spaced("2 seconds")),
    Schedule.intersect(Schedule.recurUpTo(patience))
  )

/** "frio" in ASCII. */
const LOCK = 0x6672696f

/** Lets one process at a time make tables, because PostgreSQL fails if two make the same. */
export const alone = <A, E, R>(
  sql: SqlClient.SqlClient,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const connection = yield* sql.reserve
      yield* Effect.acquireRelease(connection.executeRaw(`SELECT pg_advisory_lock(${LOCK})`, []), () =>
        Effect.ignore(connection.executeRaw(`SELECT pg_advisory_unlock(${LOCK})`, []))
      )
      return yield* work
    })
  )
