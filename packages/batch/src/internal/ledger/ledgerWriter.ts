/**
 * Writes events down, many with one transaction: what comes while one is written goes with the next.
 */

import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { BatchEvent } from "../../BatchEvent.js"
import type { LedgerError } from "../../LedgerError.js"
import * as LinkError from "../../LinkError.js"

/** What changes of one link; null leaves a column as it is, and an empty fault clears it. */
interface Patch {
  state: string | null
  how: string | null
  sentTo: string | null
  stackId: string | null
  attempts: number
  sentAt: number | null
  doneAt: number | null
  fault: string | null
}

interface Statement {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

/** What was confirmed stays as it was when it is looked up again, and is planned again by nobody but `retryFailed`. */
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
    fault = CASE WHEN patch.fault IS NULL THEN links.fault ELSE nullif(patch.fault, '') END
  FROM (
    SELECT
      value ->> 0 AS line, value ->> 1 AS state, value ->> 2 AS how, value ->> 3 AS sent_to, value ->> 4 AS stack_id,
      value ->> 5 AS attempts, value ->> 6 AS sent_at, value ->> 7 AS done_at, value ->> 8 AS fault
    FROM json_each(?)
  ) AS patch
  WHERE links.line = patch.line`

const millis = (event: { readonly at: DateTime.Utc }): number => DateTime.toEpochMillis(event.at)

/** Events that nothing may follow before they are on the disk. */
const isAwaited = (event: BatchEvent): boolean =>
  event._tag === "Sent" || event._tag === "Undoing" || event._tag === "Planned" || event._tag === "Finished"

/** Nothing new for so many turns of all fibers: who is still coming waits for something else than a turn. */
const QUIET = 16

/** So many links are written at once, whoever is still to come. */
const MOST = 1024

export interface Writer {
  /** Returns when what must not be lost is on the disk. */
  readonly record: (event: BatchEvent) => Effect.Effect<void, LedgerError>
}

export const make = (
  kind: "run" | "undo",
  execute: (text: string, values: ReadonlyArray<unknown>) => Effect.Effect<unknown, LedgerError>,
  /** Whether what was written can be found again. */
  verify: Effect.Effect<void, LedgerError>
): Effect.Effect<Writer, never, Scope.Scope> =>
  Effect.gen(function* () {
    let patches = new Map<number, Patch>()
    let statements: Array<Statement> = []
    let waiters: Array<(exit: Exit.Exit<void, LedgerError>) => void> = []
    let broken: LedgerError | undefined
    let seen = 0
    /** Lines that this run has sent, and not heard of yet. */
    const open = new Set<number>()
    const latch = yield* Effect.makeLatch(false)

    const patch = (line: number): Patch => {
      let one = patches.get(line)
      if (one === undefined) {
        one = {
          state: null,
          how: null,
          sentTo: null,
          stackId: null,
          attempts: 0,
          sentAt: null,
          doneAt: null,
          fault: null
        }
        patches.set(line, one)
      }
      return one
    }

    /** Whether there is anything of an event to write down. */
    const take = (event: BatchEvent): boolean => {
      switch (event._tag) {
        case "Planned":
          statements.push({ text: "INSERT INTO runs (kind, began_at) VALUES (?, ?)", values: [kind, millis(event)] })
          return true
        case "Finished":
          statements.push({
            text: "UPDATE runs SET ended_at = ?, stopped = ? WHERE id = (SELECT max(id) FROM runs)",
            values: [millis(event), event.stopped]
          })
          return true
        case "Paced":
          statements.push({
            text: "INSERT INTO paces VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            values: [
              millis(event),
              Math.round(event.millis),
              event.sent,
              event.refused,
              event.limit,
              event.windowMillis,
              event.free,
              event.waiting
            ]
          })
          return true
        case "Noticed":
          statements.push({
            text: "INSERT INTO notices VALUES (?, ?, ?, ?)",
            values: [event.line, millis(event), event.stackId, event.reason]
          })
          return true
        case "Sent": {
          const one = patch(event.line)
          one.state = "sent"
          one.sentAt = millis(event)
          one.sentTo = event.target
          one.attempts += 1
          open.add(event.line)
          return true
        }
        case "Confirmed": {
          open.delete(event.line)
          const one = patch(event.line)
          one.state = "confirmed"
          one.how = event.how
          one.stackId = event.stackId
          one.doneAt = millis(event)
          one.fault = ""
          return true
        }
        case "Undoing": {
          const one = patch(event.line)
          one.state = "undoing"
          one.sentAt = millis(event)
          open.add(event.line)
          return true
        }
        case "Undone": {
          open.delete(event.line)
          const one = patch(event.line)
          one.state = "undone"
          one.doneAt = millis(event)
          one.fault = ""
          return true
        }
        case "Failed": {
          open.delete(event.line)
          const one = patch(event.line)
          one.fault = LinkError.toJson(event.error)
          // What is not known stays sent, so that the next run settles it before anything else.
          if (LinkError.outcomeOf(event.error) === "unknown") return true
          if (event.error._tag === "FrameioNotOnTop") {
            one.how = "answered"
            one.stackId = event.error.stackId
          }
          one.state = kind === "undo" ? "confirmed" : LinkError.isStillPlanned(event.error) ? "planned" : "failed"
          one.doneAt = millis(event)
          return true
        }
        case "Skipped":
          // What turned out not to have left is where it was.
          if (!open.delete(event.line)) return false
          patch(event.line).state = kind === "undo" ? "confirmed" : "planned"
          return true
        case "Unknown":
        case "Waiting":
        case "Paused":
        case "Resumed":
          return false
      }
    }

    const flush: Effect.Effect<void, LedgerError> = Effect.suspend(() => {
      const rows = Array.from(patches, ([line, one]) => [
        line,
        one.state,
        one.how,
        one.sentTo,
        one.stackId,
        one.attempts,
        one.sentAt,
        one.doneAt,
        one.fault
      ])
      const others = statements
      const told = waiters
      patches = new Map()
      statements = []
      waiters = []
      const tell = (exit: Exit.Exit<void, LedgerError>): void => {
        for (const resume of told) resume(exit)
      }
      if (others.length + rows.length + told.length === 0) return Effect.void
      return Effect.forEach(others, ({ text, values }) => execute(text, values), { discard: true }).pipe(
        Effect.zipRight(rows.length === 0 ? Effect.void : execute(UPDATE, [JSON.stringify(rows)])),
        Effect.zipRight(verify),
        Effect.matchEffect({
          onFailure: (error) =>
            Effect.suspend(() => {
              broken ??= error
              tell(Exit.fail(error))
              return Effect.fail(error)
            }),
          onSuccess: () => Effect.sync(() => tell(Exit.void))
        })
      )
    }).pipe(Effect.uninterruptible)

    /** Whoever is about to write something comes along: a transaction costs the same for one as for a hundred. */
    const untilQuiet = (quietFor: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const before = seen
        return Effect.flatMap(Effect.yieldNow(), () => {
          const now = seen === before ? quietFor + 1 : 0
          return now === QUIET || patches.size >= MOST ? Effect.void : untilQuiet(now)
        })
      })

    yield* Effect.forkScoped(
      Effect.forever(
        latch.await.pipe(
          Effect.zipRight(latch.close),
          Effect.zipRight(untilQuiet(0)),
          Effect.zipRight(Effect.ignore(flush))
        )
      )
    )
    yield* Effect.addFinalizer(() => Effect.ignore(flush))

    return {
      record: (event) =>
        Effect.suspend(() => {
          if (broken !== undefined) return Effect.fail(broken)
          if (!take(event)) return Effect.void
          seen++
          if (!isAwaited(event)) return latch.open
          return Effect.zipRight(
            latch.open,
            Effect.async<void, LedgerError>((resume) => {
              waiters.push(resume)
            })
          )
        })
    }
  })
