/**
 * When nothing gets through, one call tries again, the others wait for it, and the job goes on when an answer comes.
 */
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { BatchEvent } from "../../BatchEvent.js"
import type { Halt } from "./halt.js"
import { monotonicMillis } from "./monotonic.js"

/** @internal */
export interface Outage {
  /** Makes a call, and waits out an outage as long as the job's patience lasts. */
  readonly outlast: <A, E extends FrameioError.FrameioError>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** Whether another call may fare better: the answer was about one list or asset, or the scheduler's queue is full. */
const isOne = (error: FrameioError.FrameioError): boolean =>
  ("status" in error && error.status === 500) ||
  error._tag === "FrameioListIncomplete" ||
  error._tag === "FrameioQueueFull" ||
  error._tag === "FrameioMaxWaitExceeded" ||
  error._tag === "FrameioDeadlineExceeded"

/** Whether a failure says nothing about the asset, and made no change. */
const isNoWay = (error: FrameioError.FrameioError): boolean =>
  FrameioError.kindOf(error) === "moment" && FrameioError.outcomeOf(error) === "not-applied" && !isOne(error)

/** The first pause in ms; each further one is twice as long. */
const FIRST_MILLIS = 1000

/** The longest pause in ms, so that the end of an outage is soon noticed. */
const LONGEST_MILLIS = 60_000

/** Patience in ms until anything has ever got through: a wrong address must not be tried for hours. */
const FIRST_PATIENCE_MILLIS = 5000

/** @internal */
export const make = (options: {
  readonly giveUpAfter: Duration.Duration
  /** Whether any call has got through in earlier runs. */
  readonly isKnown: boolean
  readonly halt: Halt
  readonly emit: (event: BatchEvent) => Effect.Effect<void>
}): Outage => {
  const { emit, halt } = options
  /** Completes when the call that tries again got through, or gave up. */
  let trying: Deferred.Deferred<void> | undefined
  let everThrough = options.isKnown

  const through = (): void => {
    everThrough = true
  }

  const tryAgain = <A, E extends FrameioError.FrameioError>(call: Effect.Effect<A, E>, first: E) =>
    Effect.gen(function* () {
      const since = yield* monotonicMillis
      const sinceAt = yield* DateTime.now
      const patience = everThrough
        ? Duration.toMillis(options.giveUpAfter)
        : Math.min(Duration.toMillis(options.giveUpAfter), FIRST_PATIENCE_MILLIS)
      let error = first
      for (let pause = FIRST_MILLIS; ; pause = Math.min(pause * 2, LONGEST_MILLIS)) {
        if (halt.reason() !== undefined) return yield* Effect.fail(error)
        const left = since + patience - (yield* monotonicMillis)
        if (left <= 0) {
          yield* halt.stop(`Nothing got through for ${DurationText.words(patience)}. ${error.message}`)
          return yield* Effect.fail(error)
        }
        const millis = Math.min(pause, left)
        yield* emit({ _tag: "Paused", at: yield* DateTime.now, since: sinceAt, error, message: error.message, millis })
        yield* halt.sleep(Duration.millis(millis))
        if (halt.reason() !== undefined) return yield* Effect.fail(error)
        const result = yield* Effect.either(call)
        if (result._tag === "Left" && isNoWay(result.left)) {
          error = result.left
          continue
        }
        through()
        yield* emit({ _tag: "Resumed", at: yield* DateTime.now, millis: (yield* monotonicMillis) - since })
        return yield* result
      }
    })

  const outlast = <A, E extends FrameioError.FrameioError>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      if (trying !== undefined && halt.reason() === undefined) {
        return Effect.zipRight(Effect.raceFirst(Deferred.await(trying), halt.await), outlast(call))
      }
      return Effect.matchEffect(call, {
        onSuccess: (value) => {
          through()
          return Effect.succeed(value)
        },
        onFailure: (error) => {
          if (!isNoWay(error)) {
            through()
            return Effect.fail(error)
          }
          if (halt.reason() !== undefined) return Effect.fail(error)
          if (trying !== undefined) return outlast(call)
          const mine = Deferred.unsafeMake<void>(FiberId.none)
          trying = mine
          return Effect.ensuring(
            tryAgain(call, error),
            Effect.suspend(() => {
              trying = undefined
              return Deferred.succeed(mine, undefined)
            })
          )
        }
      })
    })

  return { outlast }
}
