/**
 * A stream from which many fibers take one element at a time.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** An effect that takes the next element, or nothing at the end. */
export const make = <A, E, R>(
  stream: Stream.Stream<A, E, R>
): Effect.Effect<Effect.Effect<A | undefined, E, R>, never, Scope.Scope | R> =>
  Effect.gen(function* () {
    const pull = yield* Stream.toPull(stream)
    const one = yield* Effect.makeSemaphore(1)
    let chunk: ReadonlyArray<A> = []
    let at = 0
    let ended = false
    const fill: Effect.Effect<void, E, R> = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () =>
          Effect.sync(() => {
            ended = true
          }),
        onSome: (error) => Effect.fail(error)
      }),
      onSuccess: (more) =>
        Effect.sync(() => {
          chunk = Chunk.toReadonlyArray(more)
          at = 0
        })
    })
    const next: Effect.Effect<A | undefined, E, R> = Effect.suspend(() => {
      if (at < chunk.length) return Effect.succeed(chunk[at++])
      if (ended) return Effect.succeed(undefined)
      // Another fiber may have filled it meanwhile.
      return Effect.zipRight(
        one.withPermits(1)(Effect.suspend(() => (at < chunk.length || ended ? Effect.void : fill))),
        next
      )
    })
    // @effect-diagnostics-next-line returnEffectInGen:off
    return next
  })
