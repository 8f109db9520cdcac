import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Effect from "effect/Effect"

/**
 * Whole ms on the monotonic clock, for durations.
 *
 * @internal
 */
export const monotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.sync(() => Math.floor(RateLimitStore.monotonicMillis(clock)))
)
