/**
 * Writes what changes of a job into its ledger.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as JobWriter from "../../JobWriter.js"
import type { LedgerError } from "../../LedgerError.js"

/** A confirmed link keeps its state when it is looked up again; only `retryFailed` plans it again. */
const UPDATE = `
  UPDATE links SET
    state = CASE WHEN links.state = 'confirmed' AND patch.state = 'planned' THEN links.state
            ELSE coalesce(patch.state, links.state) END,
    how = coalesce(CASE WHEN links.state = 'confirmed' THEN links.how END, patch.how, links.how),
    sent_to = coalesce(patch.sent_to, links.sent_to),
    stack_id = coalesce(patch.stack_id, links.stack_id),
    attempts = links.attempts + patch.attempts,
    sent_at = coalesce(patch.sent_at, links.sent_at),
    done_at = coalesce(CASE WHEN links.state = patch.state THEN links.done_at END, patch.done_at, links.done_at),
    fault = CASE WHEN patch.fault IS NULL THEN links.fault ELSE nullif(patch.fault, '') END,
    home = coalesce(links.home, patch.home)
  FROM (
    SELECT
      value ->> 0 AS line, value ->> 1 AS state, value ->> 2 AS how, value ->> 3 AS sent_to, value ->> 4 AS stack_id,
      value ->> 5 AS attempts, value ->> 6 AS sent_at, value ->> 7 AS done_at, value ->> 8 AS fault, value ->> 9 AS home
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
    /** Whether what was written can be found again. */
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
