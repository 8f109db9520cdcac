/**
 * How long an outage is waited out: the one patience of a call, an upload and a job.
 *
 * The client's retry policy sends again within seconds. With patience, a call that still fails because nothing gets
 * through is tried again until the time is over. Any other failure, such as a 404, ends it at once.
 *
 * @since 0.1.0
 */
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"

/**
 * A pause: nothing got through, and it is tried again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Waiting {
  /** How long nothing got through, in ms. */
  readonly sinceMillis: number
  /** When it is tried again, in ms from now. */
  readonly delayMillis: number
  /** The failure's message. */
  readonly reason: string
}

/**
 * The patience of the calls of an effect.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patience {
  /** How long each step is tried again from its first failure, in ms; 0 for not at all. */
  readonly giveUpAfterMillis: number
  /** Hears of each pause when it begins. */
  readonly onWaiting: (waiting: Waiting) => Effect.Effect<void>
}

/**
 * The patience of the calls of an effect; by default a call fails when its retries are used up.
 *
 * @since 0.1.0
 * @category references
 */
export class CurrentPatience extends Context.Reference<CurrentPatience>()("@effect-frameio/core/Patience", {
  defaultValue: (): Patience => ({ giveUpAfterMillis: 0, onWaiting: () => Effect.void })
}) {}

/**
 * Lets the calls of an effect wait out an outage of at most this long.
 *
 * @example
 * ```ts
 * const asset = yield* frameio
 *   .get({ assetId: shot })
 *   .pipe(Patience.withPatience("10 minutes", ({ reason }) => Console.error(`waiting: ${reason}`)))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPatience: {
  (
    giveUpAfter: Duration.DurationInput,
    onWaiting?: (waiting: Waiting) => Effect.Effect<void>
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    giveUpAfter: Duration.DurationInput,
    onWaiting?: (waiting: Waiting) => Effect.Effect<void>
  ): Effect.Effect<A, E, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    giveUpAfter: Duration.DurationInput,
    onWaiting?: (waiting: Waiting) => Effect.Effect<void>
  ) =>
    Effect.provideService(self, CurrentPatience, {
      giveUpAfterMillis: Duration.toMillis(giveUpAfter),
      onWaiting: onWaiting ?? (() => Effect.void)
    })
)

/** The first pause of an outage in ms; each further one is twice as long. */
const FIRST_MILLIS = 1000

/** The longest pause in ms, so that the end of an outage is noticed soon. */
const LONGEST_MILLIS = 20_000

const monotonicMillis = Effect.clockWith((clock) => Effect.sync(() => RateLimitStore.monotonicMillis(clock)))

/**
 * Tries an effect again while nothing gets through, as long as the current patience lasts.
 *
 * @param isOutage whether a failure means that nothing got through
 *
 * @since 0.1.0
 * @category combinators
 */
export const outlast: {
  <E extends { readonly message: string }>(
    isOutage: (error: E) => boolean
  ): <A, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E extends { readonly message: string }, R>(
    self: Effect.Effect<A, E, R>,
    isOutage: (error: E) => boolean
  ): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E extends { readonly message: string }, R>(
    self: Effect.Effect<A, E, R>,
    isOutage: (error: E) => boolean
  ): Effect.Effect<A, E, R> => {
    const again = (first: E, patience: Patience): Effect.Effect<A, E, R> =>
      Effect.gen(function* () {
        const since = yield* monotonicMillis
        let error = first
        for (let pause = FIRST_MILLIS; ; pause = Math.min(pause * 2, LONGEST_MILLIS)) {
          const left = since + patience.giveUpAfterMillis - (yield* monotonicMillis)
          if (left <= 0) return yield* Effect.fail(error)
          const delayMillis = Math.min(pause, left)
          const sinceMillis = patience.giveUpAfterMillis - left
          yield* patience.onWaiting({ sinceMillis, delayMillis, reason: error.message })
          yield* Effect.sleep(delayMillis)
          const result = yield* Effect.either(self)
          if (result._tag === "Right") return result.right
          error = result.left
          if (!isOutage(error)) return yield* Effect.fail(error)
        }
      })
    return Effect.catchAll(self, (error) =>
      isOutage(error)
        ? Effect.flatMap(CurrentPatience, (patience) =>
            patience.giveUpAfterMillis > 0 ? again(error, patience) : Effect.fail(error)
          )
        : Effect.fail(error)
    )
  }
)
