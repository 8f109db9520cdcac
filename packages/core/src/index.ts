/** A client's state of one rate-limit bucket; pure. */
export * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
/** The options of one call for the scheduler. */
export * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
/** The scheduler's own errors. */
export * as RateLimitError from "@effect-frameio/ratelimit/RateLimitError"
/** An `HttpClient` that keeps to its server's rate limit. */
export * as RateLimitedHttpClient from "@effect-frameio/ratelimit/RateLimitedHttpClient"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "@effect-frameio/ratelimit/RateLimitHeaders"
/** A run of many requests that says how many are to come. */
export * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
/** Limits once learnt, kept for the next scheduler. */
export * as RateLimitMemory from "@effect-frameio/ratelimit/RateLimitMemory"
/** The scheduler's metrics. */
export * as RateLimitMetrics from "@effect-frameio/ratelimit/RateLimitMetrics"
/** The rule of a rate limit, and what follows from it; pure. */
export * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
/** The store of bucket states. */
export * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
/** Tokens of Adobe's identity management, for V4. */
export * as AdobeIms from "./AdobeIms.js"
/** Frame.io's assets: files, folders, version stacks and bundles. */
export * as Asset from "./Asset.js"
/** Results of copying or deleting many assets at once. */
export * as Bulk from "./Bulk.js"
/** A token for each request, for as long as a program runs. */
export * as Credentials from "./Credentials.js"
/** An `HttpClient` with a shorter way through it. */
export * as DirectHttpClient from "./DirectHttpClient.js"
/** The one declaration of Frame.io's API. */
export * as FrameioApi from "./FrameioApi.js"
/** The calls of Frame.io's API as Effects. */
export * as FrameioClient from "./FrameioClient.js"
/** Credentials and base URL. */
export * as FrameioConfig from "./FrameioConfig.js"
/** Everything that a call can fail with. */
export * as FrameioError from "./FrameioError.js"
/** Whose a token is, and which version of the API takes it. */
export * as Identity from "./Identity.js"
/** Arguments for creating an asset in a folder. */
export * as NewAsset from "./NewAsset.js"
/** One page of a list. */
export * as Page from "./Page.js"
/** How long an outage is waited out. */
export * as Patience from "./Patience.js"
/** How many requests went out, and how long they took. */
export * as RequestMetrics from "./RequestMetrics.js"
/** The retry policy; pure. */
export * as RetryPolicy from "./RetryPolicy.js"
/** Text of a server made fit for messages. */
export * as SafeText from "./SafeText.js"
/** Queries of Frame.io's two searches. */
export * as Search from "./Search.js"
/** Which URLs a secret may be sent to. */
export * as SecureUrl from "./SecureUrl.js"
/** The audio and subtitle tracks of a file. */
export * as Tracks from "./Tracks.js"
/** The parts of a realtime upload. */
export * as UploadPart from "./UploadPart.js"
/** A person as Frame.io embeds one. */
export * as User from "./User.js"
/** The form of a UUID; pure. */
export * as Uuid from "./Uuid.js"
/** The declaration of what stacking needs of Frame.io's V4 API. */
export * as V4Api from "./V4Api.js"
/** Resources of Frame.io's V4 API. */
export * as V4Asset from "./V4Asset.js"
/** The calls of Frame.io's V4 API as Effects. */
export * as V4Client from "./V4Client.js"
/** The receiving end of a V4 webhook. */
export * as WebhookSignature from "./WebhookSignature.js"
