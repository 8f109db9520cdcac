/**
 * Whether a job must stop, and why.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** @internal */
export interface Halt {
  /** Why nothing more may be sent; `undefined` while the job goes on. */
  readonly reason: () => string | undefined
  /** Stops the job; the first reason stands. */
  readonly stop: (reason: string) => Effect.Effect<void>
  readonly signal: Deferred.Deferred<void>
  /** Ends when the job is stopped. */
  readonly await: Effect.Effect<void>
  /** Waits for the given time, or until the job is stopped. */
  readonly sleep: (duration: Duration.Duration) => Effect.Effect<void>
}

/** @internal */
export const make: Effect.Effect<Halt> = Effect.map(Deferred.make<void>(), (signal) => {
  let reason: string | undefined
  const halted = Deferred.await(signal)
  return {
    reason: () => reason,
    stop: (why) =>
      Effect.suspend(() => {
        reason ??= why
        return Deferred.succeed(signal, undefined)
      }),
    signal,
    await: halted,
    sleep: (duration) => Effect.raceFirst(Effect.sleep(duration), halted)
  }
})
