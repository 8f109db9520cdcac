/**
 * Limits once learnt, kept beyond the life of a scheduler: so that the first request of the next one need not go alone,
 * and estimates before it are numbers.
 *
 * ```ts
 * import { type RateLimitMemory, RateLimitScheduler } from "@effect-frameio/core"
 * import { Effect } from "effect"
 *
 * const known = new Map([["POST /v2/assets/:asset_id/version", { limit: 100, windowMillis: 60_000 }]])
 * const memory: RateLimitMemory.RateLimitMemory = {
 *   recall: ({ route }) => known.get(route),
 *   remember: ({ route }, rule) => Effect.sync(() => known.set(route, rule))
 * }
 * const Scheduler = RateLimitScheduler.layerMemory({ memory })
 * ```
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as LeakyBucket from "./LeakyBucket.js"
import type * as RateLimitStore from "./RateLimitStore.js"

/**
 * A small store of rules by bucket. What it recalls is a hint: the first answer's headers correct it. It must not keep
 * owners as they are, for an owner may be a token; a keyed hash will do.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitMemory {
  /** The rule that was last learnt for a bucket. At once, so what is elsewhere is read when the memory is made. */
  readonly recall: (key: RateLimitStore.BucketKey) => LeakyBucket.Rule | undefined
  /** Keeps a rule; called when it is learnt, and when it changes. What goes wrong is the memory's own matter. */
  readonly remember: (key: RateLimitStore.BucketKey, rule: LeakyBucket.Rule) => Effect.Effect<void>
}
