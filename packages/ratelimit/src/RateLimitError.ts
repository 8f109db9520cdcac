/**
 * The scheduler's own errors, raised before a request is sent, so that nothing was changed.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as DurationText from "./DurationText.js"

/**
 * The bucket's queue is full: as many requests wait as the scheduler's `queueLimit` allows.
 *
 * @since 0.1.0
 * @category errors
 */
export class QueueFull extends Schema.TaggedError<QueueFull>("@effect-frameio/ratelimit/RateLimitError/QueueFull")(
  "FrameioQueueFull",
  {
    /** The bucket's route, such as `POST /v2/assets/:asset_id/version`. */
    route: Schema.String,
    /** How many requests waited, which is also the limit. */
    waiting: Schema.Int
  }
) {
  override get message(): string {
    return `${this.route}: ${this.waiting} requests already wait for this rate limit, and no more may. Nothing was sent; send fewer at once.`
  }
}

/**
 * The request would have waited, or has waited, longer than the caller's or the scheduler's `maxWait`.
 *
 * @since 0.1.0
 * @category errors
 */
export class MaxWaitExceeded extends Schema.TaggedError<MaxWaitExceeded>(
  "@effect-frameio/ratelimit/RateLimitError/MaxWaitExceeded"
)("FrameioMaxWaitExceeded", {
  /** The bucket's route. */
  route: Schema.String,
  /** The time allowed, in ms. */
  maxWaitMillis: Schema.Number,
  /** The time waited, in ms. */
  waitedMillis: Schema.Number
}) {
  override get message(): string {
    return `${this.route}: no slot of the rate limit within ${DurationText.words(this.maxWaitMillis)}. Nothing was sent; try again later, or allow a longer wait.`
  }
}

/**
 * The request's deadline passed while it waited, so it was not sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>(
  "@effect-frameio/ratelimit/RateLimitError/DeadlineExceeded"
)("FrameioDeadlineExceeded", {
  /** The bucket's route. */
  route: Schema.String,
  /** The time waited, in ms. */
  waitedMillis: Schema.Number
}) {
  override get message(): string {
    return `${this.route}: the deadline passed after ${DurationText.words(this.waitedMillis)} in the rate limit's queue. Nothing was sent.`
  }
}

/**
 * The shared store of bucket states did not answer, and the scheduler is not allowed to go on without it.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>(
  "@effect-frameio/ratelimit/RateLimitError/StoreUnavailable"
)("FrameioStoreUnavailable", {
  /** The store's name, such as `redis`. */
  store: Schema.String,
  /** The store's own message. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The rate limit's store (${this.store}) is away: ${this.reason}. Nothing was sent. Bring it back, and try again.`
  }
}

/**
 * Every error of the scheduler itself.
 *
 * @example
 * ```ts
 * const asset = yield* frameio.get({ assetId: shot }).pipe(
 *   RateLimitCall.withMaxWait("2 seconds"),
 *   Effect.asSome,
 *   Effect.catchTag("FrameioMaxWaitExceeded", () => Effect.succeedNone)
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const RateLimitError = Schema.Union(QueueFull, MaxWaitExceeded, DeadlineExceeded, StoreUnavailable)

export type RateLimitError = typeof RateLimitError.Type
