/**
 * Bucket states in Redis, so that any number of processes behave like one.
 *
 * @since 0.1.0
 */
export * as RedisRateLimitStore from "./RedisRateLimitStore.js"
