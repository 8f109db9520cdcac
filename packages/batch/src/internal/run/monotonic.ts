import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Effect from "effect/Effect"

/**
 * Whole ms on a clock that nobody sets: for durations.
 *
 * @internal
 */
export const monotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.sync(() => Math.floor(RateLimitStore.monotonicMillis(clock)))
)
