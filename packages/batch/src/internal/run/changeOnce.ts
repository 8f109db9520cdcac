/**
 * One change at Frame.io, made once whatever becomes of its answers: what is not known is read before anything is sent
 * again.
 */
import type * as Asset from "@effect-frameio/core/Asset"
import * as StackTarget from "@effect-frameio/stacks/StackTarget"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Fault } from "../../BatchEvent.js"

/** What became of one call. */
export type CallResult =
  | { readonly _tag: "Answered"; readonly asset: Asset.Asset }
  | { readonly _tag: "Faulted"; readonly fault: Fault }
  /** The job was stopped before the call went out. */
  | { readonly _tag: "Withdrawn" }
  /** The job was stopped and the call did not come back in time. */
  | { readonly _tag: "Abandoned" }

/** What became of a change. */
export type End =
  | { readonly _tag: "Confirmed"; readonly how: "answered" | "settled" | "already" }
  | { readonly _tag: "Failed"; readonly fault: Fault }
  | { readonly _tag: "NotSent" }
  | { readonly _tag: "Unknown"; readonly reason: string }

export interface Control {
  /** Whether no more may be sent. */
  readonly stopping: () => boolean
  /** Waits as long as told, or until the job is stopped. */
  readonly sleep: (duration: Duration.Duration) => Effect.Effect<void>
  /** Stops the job: what happened would happen to every other link too. */
  readonly stop: (reason: string) => Effect.Effect<void>
}

export interface Options {
  readonly attempts: number
  readonly settleAfter: Duration.Duration
}

export interface Change {
  /** Sends it; the first attempt is 1. */
  readonly send: (attempt: number) => Effect.Effect<CallResult>
  /** Reads whether it is made; a fault for an end is one that says why it never can be. */
  readonly look: Effect.Effect<"made" | "not made" | Fault, Fault>
  /** What to do about a refusal that may mean that it is made already, or was sent to the wrong id. */
  readonly refused: (fault: Fault) => Effect.Effect<End | "send again", Fault>
  /** Takes note of an answer. */
  readonly answered: (asset: Asset.Asset) => Effect.Effect<void>
  /** Is told when nothing happens for a while. */
  readonly waits: (reason: string, millis: number) => Effect.Effect<void>
  /** When an earlier run sent it without learning what became of it, in ms since 1970. */
  readonly unsettledSince: number | undefined
}

/** Faults that are about the token or the account and not about the asset. */
const CONCERNS_ALL: ReadonlySet<string> = new Set(["FrameioUnauthorized", "FrameioUsageExceeded"])

/** Whether a fault would meet every other link as well, so that it says nothing of the one that met it. */
export const concernsAll = (fault: Fault): boolean => CONCERNS_ALL.has(fault.tag)

const SETTLED: End = { _tag: "Confirmed", how: "settled" }

const failed = (fault: Fault): End => ({ _tag: "Failed", fault })

const unsettled = (fault: Fault, reading: Fault): End =>
  failed({
    ...fault,
    outcome: "unknown",
    message: `${fault.message} Whether the change was made could not be read either: ${reading.message}`
  })

export const changeOnce = (change: Change, control: Control, options: Options): Effect.Effect<End> => {
  const looked = Effect.map(change.look, (found): End | undefined =>
    found === "made" ? SETTLED : found === "not made" ? undefined : failed(found)
  )

  /** Without an answer the request may still be under way; sending before it is not could make the change twice. */
  const waitAndLook = (millis: number): Effect.Effect<End | "send again", Fault> =>
    Effect.gen(function* () {
      yield* change.waits(
        "No answer came and the change is not to be seen; waiting until it can no longer be made",
        millis
      )
      yield* control.sleep(Duration.millis(millis))
      const end = yield* looked
      if (end !== undefined) return end
      return control.stopping()
        ? { _tag: "Unknown", reason: "No answer came, and the job was stopped before it was plain that none would." }
        : "send again"
    })

  /** After a call whose outcome is unknown: reads until it is plain whether the change was made. */
  const settle = (fault: Fault, attempt: number): Effect.Effect<End | "send again", Fault> =>
    Effect.gen(function* () {
      const end = yield* looked
      if (end !== undefined) return end
      if (StackTarget.mayBeUnderWay(fault.status)) return yield* waitAndLook(Duration.toMillis(options.settleAfter))
      if (attempt < options.attempts) {
        const millis = 1000 * 2 ** (attempt - 1)
        yield* change.waits(`The server failed (${fault.status}); waiting before it is asked again`, millis)
        yield* control.sleep(Duration.millis(millis))
      }
      return "send again"
    })

  const settleEarlier = (since: number): Effect.Effect<End | "send again", Fault> =>
    Effect.gen(function* () {
      const end = yield* looked
      if (end !== undefined) return end
      const left = since + Duration.toMillis(options.settleAfter) - (yield* Clock.currentTimeMillis)
      return left <= 0 ? "send again" : yield* waitAndLook(left)
    })

  return Effect.gen(function* () {
    const { unsettledSince } = change
    if (unsettledSince !== undefined) {
      const earlier = yield* Effect.either(settleEarlier(unsettledSince))
      if (Either.isLeft(earlier)) {
        return unsettled(
          { tag: "AnswerLost", message: "An earlier run sent this and got no answer.", outcome: "unknown" },
          earlier.left
        )
      }
      if (earlier.right !== "send again") return earlier.right
    }
    for (let attempt = 1; ; attempt++) {
      if (control.stopping()) return { _tag: "NotSent" }
      const result = yield* change.send(attempt)
      switch (result._tag) {
        case "Answered":
          yield* change.answered(result.asset)
          return { _tag: "Confirmed", how: "answered" }
        case "Withdrawn":
          return { _tag: "NotSent" }
        case "Abandoned":
          return { _tag: "Unknown", reason: "The job was stopped while the call was under way." }
      }
      const { fault } = result
      if (fault.outcome === "applied") return SETTLED
      if (concernsAll(fault)) {
        yield* control.stop(fault.message)
        return failed(fault)
      }
      const mayBeMade = StackTarget.mayBeStacked({ _tag: fault.tag, status: fault.status })
      if (fault.outcome === "not-applied" && !mayBeMade) return failed(fault)
      const next = yield* Effect.either(fault.outcome === "unknown" ? settle(fault, attempt) : change.refused(fault))
      if (Either.isLeft(next)) return fault.outcome === "unknown" ? unsettled(fault, next.left) : failed(fault)
      if (next.right !== "send again") return next.right
      if (attempt >= options.attempts) return failed({ ...fault, outcome: "not-applied" })
    }
  })
}
