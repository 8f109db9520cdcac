/**
 * One change at Frame.io, made exactly once whatever becomes of its answers: an unknown outcome is read before anything is
 * sent again. Stacks, bulk jobs and their undo are made of it.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as StackTarget from "./StackTarget.js"
import { NotMade, OutcomeUnknown } from "./VersionStackError.js"

/**
 * The outcome of one call. `Withdrawn`: stopped before it went out. `Abandoned`: stopped while it was under way.
 *
 * @since 0.1.0
 * @category models
 */
export type Attempt<A> =
  | { readonly _tag: "Answered"; readonly answer: A }
  | { readonly _tag: "Faulted"; readonly error: FrameioError.WriteError }
  | { readonly _tag: "Withdrawn" }
  | { readonly _tag: "Abandoned" }

/**
 * How a change proved to be made: by the answer to the call; by reading, because the answer was lost or proved nothing; or
 * it had been made before.
 *
 * @since 0.1.0
 * @category models
 */
export type How = "answered" | "settled" | "already"

/**
 * The outcome of a change. `NotSent`: stopped before anything was changed. `Unknown`: stopped before its outcome could be
 * read.
 *
 * @since 0.1.0
 * @category models
 */
export type End<A, E> =
  | { readonly _tag: "Made"; readonly how: How; readonly answer?: A }
  | {
      readonly _tag: "Failed"
      readonly error: E | FrameioError.WriteError | FrameioError.ListIncomplete | NotMade | OutcomeUnknown
    }
  | { readonly _tag: "NotSent" }
  | { readonly _tag: "Unknown"; readonly reason: string }

/**
 * The change.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change<A, E, R = never> {
  /** Such as `assets.version`. */
  readonly endpoint: string
  /** The assets concerned, the one in the path first; for errors. */
  readonly assetIds: () => ReadonlyArray<AssetId>
  /** Sends it. */
  readonly send: Effect.Effect<Attempt<A>, never, R>
  /** Whether an answer proves that the change is made. */
  readonly proves: (answer: A) => boolean
  /** Reads whether it is made; fails with an `E` if it cannot be made any more. */
  readonly look: Effect.Effect<boolean, E | FrameioError.ListError, R>
  /** Handles a refusal that may mean that the change is made already, or was sent to the wrong id. */
  readonly refused: Effect.Effect<"already" | "send again" | "refused", E | FrameioError.ListError, R>
}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How often it may be sent, at least 1. */
  readonly attempts: number
  /** How long after the last sending a change without an answer can still be made. */
  readonly settleAfter: Duration.Duration
  /**
   * How long an earlier request for the same change may still be under way, which is looked for first; absent: there was
   * none.
   */
  readonly earlier?: Duration.Duration | undefined
  /** Waits as long as told, or until `stopping`. Default `Effect.sleep`. */
  readonly sleep?: ((duration: Duration.Duration) => Effect.Effect<void>) | undefined
  /** Whether nothing more may be sent. Default never. */
  readonly stopping?: (() => boolean) | undefined
  /** Hears of each pause when it begins. */
  readonly onWait?: ((reason: string, duration: Duration.Duration) => Effect.Effect<void>) | undefined
}

/** Cases that need a read: a failure, a success without proof, or a call of an earlier run. */
type Doubt = FrameioError.WriteError | "unproven" | "earlier"

/**
 * Makes the change. It is sent again only after reading shows that the last request changed nothing, and can no longer be
 * carried out. Every request is one of the attempts; a second one to another id is made even if one is allowed.
 *
 * @example
 * ```ts
 * const isDeleted = frameio.get({ assetId: shot }).pipe(
 *   Effect.as(false),
 *   Effect.catchTag("FrameioNotFound", () => Effect.succeed(true))
 * )
 * const end = yield* ExactlyOnce.make(
 *   {
 *     endpoint: "assets.delete",
 *     assetIds: () => [shot],
 *     send: frameio.delete({ assetId: shot }).pipe(
 *       Effect.match({
 *         onFailure: (error) => ({ _tag: "Faulted", error }) as const,
 *         onSuccess: (answer) => ({ _tag: "Answered", answer }) as const
 *       })
 *     ),
 *     proves: () => true,
 *     look: isDeleted,
 *     refused: Effect.map(isDeleted, (is) => (is ? "already" : "refused"))
 *   },
 *   { attempts: 3, settleAfter: Duration.seconds(30) }
 * )
 * ```
 *
 * @since 0.1.0
 * @category making
 */
export const make = <A, E, R>(change: Change<A, E, R>, options: Options): Effect.Effect<End<A, E>, never, R> => {
  const { endpoint, look } = change
  const { attempts, settleAfter } = options
  const sleep = options.sleep ?? Effect.sleep
  const stopping = options.stopping ?? (() => false)

  /** Whether an error is of the stopping only, and no failure. */
  const isStopped = (error: FrameioError.FrameioError): boolean => stopping() && FrameioError.kindOf(error) === "moment"

  const failed = (error: Extract<End<A, E>, { readonly _tag: "Failed" }>["error"]): End<A, E> => ({
    _tag: "Failed",
    error
  })

  const unknown: End<A, E> = {
    _tag: "Unknown",
    reason: "No answer came, and the job was stopped before it was certain that none would."
  }

  const failureOf = (doubt: Doubt) => (typeof doubt === "string" ? {} : { failure: doubt })

  const unreadable = (doubt: Doubt, reading: FrameioError.ListError): End<A, E> =>
    isStopped(reading)
      ? unknown
      : failed(new OutcomeUnknown({ endpoint, assetIds: change.assetIds(), ...failureOf(doubt), reading }))

  const made = (doubt: Doubt): Effect.Effect<End<A, E> | undefined, never, R> =>
    Effect.match(look, {
      onFailure: (error) => (isReadError(error) ? unreadable(doubt, error) : failed(error)),
      onSuccess: (is): End<A, E> | undefined => (is ? { _tag: "Made", how: "settled" } : undefined)
    })

  const pause = (reason: string, duration: Duration.Duration): Effect.Effect<void> =>
    Effect.zipRight(options.onWait?.(reason, duration) ?? Effect.void, sleep(duration))

  /** Whether the server is done with the request, though it is not known whether it made the change. */
  const isFailure = (doubt: Doubt): doubt is FrameioError.WriteError =>
    typeof doubt !== "string" && !StackTarget.mayBeUnderWay(doubt)

  const serverFailed = (error: FrameioError.WriteError): string =>
    `The server failed${"status" in error ? ` (${error.status})` : ""}`

  /** Reads until it is certain whether the change was made; `undefined` if it may be sent again. */
  const settle = (doubt: Doubt, attempt: number): Effect.Effect<End<A, E> | undefined, never, R> =>
    Effect.gen(function* () {
      const end = yield* made(doubt)
      if (end !== undefined) return end
      const hasFailed = isFailure(doubt)
      if (hasFailed && attempt < attempts) {
        yield* pause(`${serverFailed(doubt)}; waiting before it is asked again`, Duration.seconds(2 ** (attempt - 1)))
      } else {
        const patience = doubt === "earlier" ? (options.earlier ?? settleAfter) : settleAfter
        if (Duration.toMillis(patience) <= 0) return undefined
        const why = hasFailed
          ? serverFailed(doubt)
          : doubt === "unproven"
            ? "The answer did not show the change"
            : "No answer"
        yield* pause(`${why}, and the change is not visible yet; waiting until it can no longer be made`, patience)
      }
      // The first look may have shown the state before the change.
      return (yield* made(doubt)) ?? (stopping() ? unknown : undefined)
    })

  /**
   * The meaning of a refusal; `undefined` if the change may be sent again, to another id. An earlier request in `doubt` may
   * be what it is refused for, and not visible yet.
   */
  const refused = (
    error: FrameioError.WriteError,
    doubt: Doubt | undefined
  ): Effect.Effect<End<A, E> | undefined, never, R> =>
    Effect.flatMap(meaning(error), (end) => {
      if (doubt === undefined) return Effect.succeed(end)
      if (end?._tag !== "Failed") return Effect.succeed(end?._tag === "NotSent" ? unknown : end)
      return pause(
        "Refused, perhaps because it is made and not visible yet; waiting until it must be",
        settleAfter
      ).pipe(
        Effect.zipRight(made(doubt)),
        Effect.map((settled) => settled ?? (stopping() ? unknown : end))
      )
    })

  const meaning = (error: FrameioError.WriteError): Effect.Effect<End<A, E> | undefined, never, R> =>
    !StackTarget.mayBeStacked(error)
      ? Effect.succeed(isStopped(error) ? { _tag: "NotSent" } : failed(error))
      : Effect.match(change.refused, {
          onFailure: (reading): End<A, E> => {
            if (!isReadError(reading)) return failed(reading)
            // An unreadable asset says no more than the refusal; an outage must not pass for a refusal.
            if (FrameioError.kindOf(reading) === "asset") return failed(error)
            return isStopped(reading) ? { _tag: "NotSent" } : failed(reading)
          },
          onSuccess: (next): End<A, E> | undefined =>
            next === "send again" ? undefined : next === "already" ? { _tag: "Made", how: "already" } : failed(error)
        })

  return Effect.gen(function* () {
    if (options.earlier !== undefined) {
      const end = yield* settle("earlier", 1)
      if (end !== undefined) return end
    }
    /** A failure whose change was looked for, but not for as long as it may take to show. */
    let unsure: FrameioError.WriteError | undefined
    for (let attempt = 1; ; attempt++) {
      const notSent: End<A, E> = unsure === undefined ? { _tag: "NotSent" } : unknown
      if (stopping()) return notSent
      const result = yield* change.send
      let doubt: Doubt
      switch (result._tag) {
        case "Answered":
          if (change.proves(result.answer)) return { _tag: "Made", how: "answered", answer: result.answer }
          doubt = "unproven"
          break
        case "Faulted":
          doubt = result.error
          break
        case "Withdrawn":
          return notSent
        case "Abandoned":
          return { _tag: "Unknown", reason: "The job was stopped while the call was under way." }
      }
      const refusal = typeof doubt !== "string" && FrameioError.outcomeOf(doubt) === "not-applied" ? doubt : undefined
      const end = yield* refusal === undefined ? settle(doubt, attempt) : refused(refusal, unsure)
      if (end !== undefined) return end
      if (refusal === undefined) unsure = isFailure(doubt) ? doubt : undefined
      // The first request may have named the wrong id: the right one is tried whatever the number of attempts.
      if (attempt >= attempts && (refusal === undefined || attempt > 1)) {
        return failed(new NotMade({ endpoint, assetIds: change.assetIds(), attempts: attempt, ...failureOf(doubt) }))
      }
    }
  })
}

const isReadError = (error: unknown): error is FrameioError.ListError => FrameioError.isFrameioError(error)
