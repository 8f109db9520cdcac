/**
 * The store of bucket states, apart from the rule so that processes can share it.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as LeakyBucket from "./LeakyBucket.js"
import type { StoreUnavailable } from "./RateLimitError.js"
import type * as RateLimitRule from "./RateLimitRule.js"

/**
 * Names one bucket. Frame.io limits each user on each endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface BucketKey {
  /** Whose limit it is: the token, or the user's name where several tokens of one user are known to share. */
  readonly owner: Redacted.Redacted<string>
  /** The route template, such as `POST /v2/assets/:asset_id/version`. */
  readonly route: string
}

/**
 * The input of a transaction.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  /** The state as the last process left it. */
  readonly bucket: LeakyBucket.LeakyBucket
  /** The store's time in ms: monotonic, and the same for all who share the store. */
  readonly now: number
  /** How many requests other processes still want to send; `Infinity` where one of them does not know. */
  readonly elsewhere: number
}

/**
 * The outcome of a transaction.
 *
 * @since 0.1.0
 * @category models
 */
export interface Update<A> {
  /** The result for the caller. */
  readonly value: A
  /** The new state. */
  readonly bucket: LeakyBucket.LeakyBucket
  /** How many requests this process still wants to send after this transaction; `Infinity` where it does not know. */
  readonly backlog: number
}

/**
 * A store of bucket states.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** For messages, such as `memory` or `redis`. */
  readonly name: string
  /**
   * Runs `transaction` on the bucket, atomically. It is pure, and may be run again when another process was faster.
   * `hint` is the rule of a bucket whose rule nobody knows.
   */
  readonly update: <A>(
    key: BucketKey,
    hint: RateLimitRule.RateLimitRule | undefined,
    transaction: (view: View) => Update<A>
  ) => Effect.Effect<A, StoreUnavailable>
  /**
   * `update` at once, on the caller's time, for a store in memory: spares the scheduler an Effect per step.
   */
  readonly updateNow?:
    | (<A>(
        key: BucketKey,
        hint: RateLimitRule.RateLimitRule | undefined,
        now: number,
        transaction: (view: View) => Update<A>
      ) => A)
    | undefined
  /** Forgets a bucket that nobody of this process uses any more. */
  readonly forget: (key: BucketKey) => Effect.Effect<void>
  /** How often to look again in ms while others may have changed the state; absent where nobody else can. */
  readonly pollMillis: number | undefined
}

/**
 * The store of bucket states.
 *
 * @example
 * ```ts
 * const store = yield* RateLimitStore.RateLimitStore
 * yield* store.forget({ owner: Redacted.make("ann"), route: "GET /v2/me" })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class RateLimitStore extends Context.Tag("@effect-frameio/ratelimit/RateLimitStore")<
  RateLimitStore,
  Service
>() {}

/**
 * A monotonic time in ms, with fractions: a step of the wall clock changes nothing.
 *
 * @since 0.1.0
 * @category clock
 */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos()) / 1e6

/**
 * A store in this process's memory, on the caller's `Clock`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const owners = new Map<string, Map<string, LeakyBucket.LeakyBucket>>()
  const updateNow = <A>(
    { owner, route }: BucketKey,
    hint: RateLimitRule.RateLimitRule | undefined,
    now: number,
    transaction: (view: View) => Update<A>
  ): A => {
    const name = Redacted.value(owner)
    let routes = owners.get(name)
    if (routes === undefined) {
      routes = new Map()
      owners.set(name, routes)
    }
    const known = routes.get(route)
    const bucket = known === undefined ? LeakyBucket.make(hint) : LeakyBucket.hinted(known, hint)
    const update = transaction({ bucket, now, elsewhere: 0 })
    routes.set(route, update.bucket)
    return update.value
  }
  return {
    name: "memory",
    pollMillis: undefined,
    updateNow,
    update: (key, hint, transaction) =>
      Effect.clockWith((clock) => Effect.sync(() => updateNow(key, hint, monotonicMillis(clock), transaction))),
    forget: ({ owner, route }) =>
      Effect.sync(() => {
        const routes = owners.get(Redacted.value(owner))
        routes?.delete(route)
        if (routes?.size === 0) owners.delete(Redacted.value(owner))
      })
  }
})

/**
 * Bucket states in this process's memory: the default.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<RateLimitStore> = Layer.effect(RateLimitStore, makeMemory)
