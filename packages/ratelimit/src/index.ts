/** One bucket as it stands. */
export * as BucketSnapshot from "./BucketSnapshot.js"
/** What a client knows of one rate-limit bucket; pure. */
export * as LeakyBucket from "./LeakyBucket.js"
/** What a call says of itself to the scheduler. */
export * as RateLimitCall from "./RateLimitCall.js"
/** What the scheduler refuses by itself. */
export * as RateLimitError from "./RateLimitError.js"
/** An `HttpClient` that keeps to its server's rate limit. */
export * as RateLimitedHttpClient from "./RateLimitedHttpClient.js"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "./RateLimitHeaders.js"
/** A run of many requests that says how many are to come. */
export * as RateLimitJob from "./RateLimitJob.js"
/** Limits once learnt, kept for the next scheduler. */
export * as RateLimitMemory from "./RateLimitMemory.js"
/** What the scheduler counts. */
export * as RateLimitMetrics from "./RateLimitMetrics.js"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "./RateLimitScheduler.js"
/** Where bucket states live. */
export * as RateLimitStore from "./RateLimitStore.js"
/** When a server says that it may be asked again; pure. */
export * as RetryAfter from "./RetryAfter.js"
/** What a failed connection says: whether the request left. */
export * as Transport from "./Transport.js"
