/**
 * Writes down the events of one run, many at a time: events that come during a write go with the next one. What a store
 * does with them is its own business.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type * as BatchEvent from "./BatchEvent.js"
import type * as JobRecord from "./JobRecord.js"
import * as LinkError from "./LinkError.js"

/**
 * A change of one link; null leaves a field as it is, and an empty fault clears it.
 *
 * A confirmed link keeps its state, `how` and `doneAt` when it is looked up again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patch {
  readonly line: number
  readonly state: "planned" | "sent" | "confirmed" | "failed" | "undoing" | "undone" | null
  readonly how: JobRecord.Row["how"]
  /** The id that the call names. */
  readonly sentTo: string | null
  readonly stackId: string | null
  /** How many more calls. */
  readonly attempts: number
  /** In ms since 1970. */
  readonly sentAt: number | null
  /** In ms since 1970. */
  readonly doneAt: number | null
  /** A `LinkError` as JSON. */
  readonly fault: string | null
  /** The folder that the version lay in before it was moved to its stack's folder. */
  readonly home: string | null
}

/**
 * Events that change no link's state.
 *
 * @since 0.1.0
 * @category models
 */
export type Other = Extract<BatchEvent.BatchEvent, { readonly _tag: "Planned" | "Finished" | "Paced" | "Noticed" }>

/**
 * One batch of writes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entries {
  /** At most one for each link. */
  readonly patches: ReadonlyArray<Patch>
  /** In their order. */
  readonly others: ReadonlyArray<Other>
  /** In their order. */
  readonly shares: ReadonlyArray<BatchEvent.Sharing>
}

/**
 * A writer.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobWriter<E> {
  /**
   * Returns when everything that must not be lost is written: `Sent`, `Sharing`, `Undoing`, `Planned` and `Finished`.
   */
  readonly record: (event: BatchEvent.BatchEvent) => Effect.Effect<void, E>
  /** Returns when everything recorded so far is written. */
  readonly written: Effect.Effect<void, E>
}

type Change = { -readonly [K in keyof Patch]: Patch[K] }

const millis = (event: { readonly at: DateTime.Utc }): number => DateTime.toEpochMillis(event.at)

/** Events that must be on disk before anything may follow them. */
const isAwaited = (event: BatchEvent.BatchEvent): boolean =>
  event._tag === "Sent" ||
  event._tag === "Sharing" ||
  event._tag === "Undoing" ||
  event._tag === "Planned" ||
  event._tag === "Finished"

/**
 * After so many turns of all fibers without a new event, whoever is still to come is waiting for something other than a
 * turn.
 */
const QUIET = 16

/** So many links are written at once, however many are still to come. */
const MOST = 1024

/**
 * A writer, until the scope closes. After the first failure of `write` nothing more is written, and every event fails
 * with that error.
 *
 * @example
 * ```ts
 * const writer = yield* JobWriter.make("run", ({ patches }) => Console.log(`${patches.length} links changed`))
 * const plan = yield* VersionPlan.fromPairs([{ assetId: shot, nextAssetId: take2 }])
 * yield* Stream.runDrain(BatchRunner.run(plan, { onEvent: writer.record }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(
  kind: "run" | "undo",
  write: (entries: Entries) => Effect.Effect<void, E>
): Effect.Effect<JobWriter<E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    let patches = new Map<number, Change>()
    let others: Array<Other> = []
    let shares: Array<BatchEvent.Sharing> = []
    let waiters: Array<(exit: Exit.Exit<void, E>) => void> = []
    let broken: { readonly error: E } | undefined
    let seen = 0
    /** Lines that this run has sent, without an answer so far. */
    const open = new Set<number>()
    const latch = yield* Effect.makeLatch(false)

    const patch = (line: number): Change => {
      let one = patches.get(line)
      if (one === undefined) {
        one = {
          line,
          state: null,
          how: null,
          sentTo: null,
          stackId: null,
          attempts: 0,
          sentAt: null,
          doneAt: null,
          fault: null,
          home: null
        }
        patches.set(line, one)
      }
      return one
    }

    /** Whether an event has anything to write down. */
    const take = (event: BatchEvent.BatchEvent): boolean => {
      switch (event._tag) {
        case "Planned":
        case "Finished":
        case "Paced":
        case "Noticed":
          others.push(event)
          return true
        case "Sharing":
          shares.push(event)
          return true
        case "Sent": {
          const one = patch(event.line)
          one.state = "sent"
          one.sentAt = millis(event)
          one.sentTo = event.target
          one.home = event.from ?? one.home
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
          const wasSent = open.delete(event.line)
          const one = patch(event.line)
          one.fault = LinkError.toJson(event.error)
          // An unknown outcome stays `sent`, so that the next run settles it first.
          if (LinkError.outcomeOf(event.error) === "unknown") return true
          if (event.error._tag === "FrameioNotOnTop") {
            one.how = "answered"
            one.stackId = event.error.stackId
          }
          // What was not touched by the undo stays as it was.
          if (kind === "undo" && !wasSent) return true
          one.state = kind === "undo" ? "confirmed" : LinkError.isStillPlanned(event.error) ? "planned" : "failed"
          one.doneAt = millis(event)
          return true
        }
        case "Skipped":
          // A link whose request never left returns to its earlier state.
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

    const flush: Effect.Effect<void, E> = Effect.suspend(() => {
      const entries: Entries = { patches: [...patches.values()], others, shares }
      const told = waiters
      patches = new Map()
      others = []
      shares = []
      waiters = []
      const tell = (exit: Exit.Exit<void, E>): void => {
        for (const resume of told) resume(exit)
      }
      if (entries.others.length + entries.patches.length + entries.shares.length === 0)
        return Effect.sync(() => tell(Exit.void))
      return write(entries).pipe(
        Effect.matchEffect({
          onFailure: (error) =>
            Effect.suspend(() => {
              broken ??= { error }
              tell(Exit.fail(error))
              return Effect.fail(error)
            }),
          onSuccess: () => Effect.sync(() => tell(Exit.void))
        })
      )
    }).pipe(Effect.uninterruptible)

    /** Waits for others that are about to write: a transaction costs the same for one link as for a hundred. */
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

    const awaited = Effect.zipRight(
      latch.open,
      Effect.async<void, E>((resume) => {
        waiters.push(resume)
      })
    )

    return {
      record: (event) =>
        Effect.suspend(() => {
          if (broken !== undefined) return Effect.fail(broken.error)
          if (!take(event)) return Effect.void
          seen++
          return isAwaited(event) ? awaited : latch.open
        }),
      written: Effect.suspend(() => {
        if (broken !== undefined) return Effect.fail(broken.error)
        seen++
        return awaited
      })
    }
  })
