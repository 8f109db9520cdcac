/** One bucket as it stands. */
export * as BucketSnapshot from "./BucketSnapshot.js"
/** Durations as people read them; pure. */
export * as DurationText from "./DurationText.js"
/** A client's state of one rate-limit bucket; pure. */
export * as LeakyBucket from "./LeakyBucket.js"
/** The options of one call for the scheduler. */
export * as RateLimitCall from "./RateLimitCall.js"
/** The scheduler's own errors. */
export * as RateLimitError from "./RateLimitError.js"
/** An `HttpClient` that keeps to its server's rate limit. */
export * as RateLimitedHttpClient from "./RateLimitedHttpClient.js"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "./RateLimitHeaders.js"
/** A run of many requests that says how many are to come. */
export * as RateLimitJob from "./RateLimitJob.js"
/** Limits once learnt, kept for the next scheduler. */
export * as RateLimitMemory from "./RateLimitMemory.js"
/** The scheduler's metrics. */
export * as RateLimitMetrics from "./RateLimitMetrics.js"
/** The rule of a rate limit, and what follows from it; pure. */
export * as RateLimitRule from "./RateLimitRule.js"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "./RateLimitScheduler.js"
/** The store of bucket states. */
export * as RateLimitStore from "./RateLimitStore.js"
/** When a server says that it may be asked again; pure. */
export * as RetryAfter from "./RetryAfter.js"
/** The diagnosis of a failed connection: whether the request left. */
export * as Transport from "./Transport.js"
