/** What a client knows of one rate-limit bucket; pure. */
export * as LeakyBucket from "./LeakyBucket.js"
/** What the scheduler refuses by itself. */
export * as RateLimitError from "./RateLimitError.js"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "./RateLimitHeaders.js"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "./RateLimitScheduler.js"
/** Where bucket states live. */
export * as RateLimitStore from "./RateLimitStore.js"
/** When a server says that it may be asked again; pure. */
export * as RetryAfter from "./RetryAfter.js"
/** What a failed connection says: whether the request left. */
export * as Transport from "./Transport.js"
