/**
 * Limits once learnt, kept beyond the life of a scheduler: the first request of the next one need not go alone, and
 * estimates before it are numbers.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as RateLimitRule from "./RateLimitRule.js"
import type * as RateLimitStore from "./RateLimitStore.js"

/**
 * A small store of rules by bucket. A recalled rule is a hint, corrected by the first answer's headers. An owner may be a
 * token, so keep a keyed hash of it at most.
 *
 * @example
 * ```ts
 * const known = new Map([["POST /v2/assets/:asset_id/version", { limit: 100, windowMillis: 60_000 }]])
 * const memory: RateLimitMemory.RateLimitMemory = {
 *   recall: ({ route }) => known.get(route),
 *   remember: ({ route }, rule) => Effect.sync(() => known.set(route, rule))
 * }
 * const Scheduler = RateLimitScheduler.layerMemory({ memory })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitMemory {
  /** The rule last learnt for a bucket. Synchronous: a memory on a disk is read when it is made. */
  readonly recall: (key: RateLimitStore.BucketKey) => RateLimitRule.RateLimitRule | undefined
  /** Keeps a rule; called when it is learnt, and when it changes. A failure is the memory's own matter. */
  readonly remember: (key: RateLimitStore.BucketKey, rule: RateLimitRule.RateLimitRule) => Effect.Effect<void>
}
