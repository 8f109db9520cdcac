/**
 * Writes the changes of a job into its ledger.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as JobWriter from "../../JobWriter.js"
import type { LedgerError } from "../../LedgerError.js"
import * as LinkRecord from "../../LinkRecord.js"

const UPDATE = `
  UPDATE links SET ${LinkRecord.SET}
  FROM (
    SELECT
      value ->> 0 AS line, value ->> 1 AS state, value ->> 2 AS how, value ->> 3 AS "sentTo", value ->> 4 AS "stackId",
      value ->> 5 AS attempts, value ->> 6 AS "sentAt", value ->> 7 AS "doneAt", value ->> 8 AS fault, value ->> 9 AS home
    FROM json_each(?)
  ) AS patch
  WHERE links.line = patch.line`

interface Statement {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

const statementOf = (kind: "run" | "undo", event: JobWriter.Other): Statement => {
  const at = DateTime.toEpochMillis(event.at)
  switch (event._tag) {
    case "Planned":
      return { text: "INSERT INTO runs (kind, began_at) VALUES (?, ?)", values: [kind, at] }
    case "Finished":
      return {
        text: "UPDATE runs SET ended_at = ?, stopped = ? WHERE id = (SELECT max(id) FROM runs)",
        values: [at, event.stopped]
      }
    case "Paced":
      return {
        text: "INSERT INTO paces VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values: [
          at,
          Math.round(event.millis),
          event.sent,
          event.refused,
          event.limit,
          event.windowMillis,
          event.free,
          event.waiting
        ]
      }
    case "Noticed":
      return {
        text: "INSERT INTO notices VALUES (?, ?, ?, ?)",
        values: [event.line, at, event.stackId, event.reason]
      }
  }
}

const rowOf = (one: JobWriter.Patch) => [
  one.line,
  one.state,
  one.how,
  one.sentTo,
  one.stackId,
  one.attempts,
  one.sentAt,
  one.doneAt,
  one.fault,
  one.home
]

const shareOf = (event: JobWriter.Entries["shares"][number]): Statement => ({
  text: "INSERT OR REPLACE INTO shares (line, chain, share_id, removed, added, state, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
  values: [
    event.line,
    event.chain,
    event.shareId,
    event.removed,
    event.added,
    event.state,
    DateTime.toEpochMillis(event.at)
  ]
})

export const make =
  (
    kind: "run" | "undo",
    execute: (text: string, values: ReadonlyArray<unknown>) => Effect.Effect<unknown, LedgerError>,
    /** Fails if what was written could not be found again. */
    verify: Effect.Effect<void, LedgerError>
  ) =>
  ({ others, patches, shares }: JobWriter.Entries): Effect.Effect<void, LedgerError> =>
    Effect.forEach(
      [...others.map((event) => statementOf(kind, event)), ...shares.map(shareOf)],
      ({ text, values }) => execute(text, values),
      { discard: true }
    ).pipe(
      Effect.zipRight(patches.length === 0 ? Effect.void : execute(UPDATE, [JSON.stringify(patches.map(rowOf))])),
      Effect.zipRight(verify)
    )
