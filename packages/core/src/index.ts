/** What a client knows of one rate-limit bucket; pure. */
export * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
/** What a call says of itself to the scheduler. */
export * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
/** What the scheduler refuses by itself. */
export * as RateLimitError from "@effect-frameio/ratelimit/RateLimitError"
/** An `HttpClient` that keeps to its server's rate limit. */
export * as RateLimitedHttpClient from "@effect-frameio/ratelimit/RateLimitedHttpClient"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "@effect-frameio/ratelimit/RateLimitHeaders"
/** A run of many requests that says how many are to come. */
export * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
/** Limits once learnt, kept for the next scheduler. */
export * as RateLimitMemory from "@effect-frameio/ratelimit/RateLimitMemory"
/** What the scheduler counts. */
export * as RateLimitMetrics from "@effect-frameio/ratelimit/RateLimitMetrics"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
/** Where bucket states live. */
export * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
/** Tokens of Adobe's identity management, for V4. */
export * as AdobeIms from "./AdobeIms.js"
/** What Frame.io stores: files, folders, version stacks and bundles. */
export * as Asset from "./Asset.js"
/** What comes of copying or deleting many assets at once. */
export * as Bulk from "./Bulk.js"
/** A token for each request, for as long as a program runs. */
export * as Credentials from "./Credentials.js"
/** An `HttpClient` with a shorter way through it. */
export * as DirectHttpClient from "./DirectHttpClient.js"
/** The one declaration of Frame.io's API. */
export * as FrameioApi from "./FrameioApi.js"
/** The calls of Frame.io's API as Effects. */
export * as FrameioClient from "./FrameioClient.js"
/** Who calls Frame.io, and where it is. */
export * as FrameioConfig from "./FrameioConfig.js"
/** Everything that a call can fail with. */
export * as FrameioError from "./FrameioError.js"
/** Whose a token is, and which version of the API takes it. */
export * as Identity from "./Identity.js"
/** What is to be created in a folder. */
export * as NewAsset from "./NewAsset.js"
/** One page of a list. */
export * as Page from "./Page.js"
/** How long an outage is waited out. */
export * as Patience from "./Patience.js"
/** How many requests went out, and how long they took. */
export * as RequestMetrics from "./RequestMetrics.js"
/** What may be sent again, and when; pure. */
export * as RetryPolicy from "./RetryPolicy.js"
/** Text of a server made fit for messages. */
export * as SafeText from "./SafeText.js"
/** What can be asked of Frame.io's two searches. */
export * as Search from "./Search.js"
/** Which URLs a secret may be sent to. */
export * as SecureUrl from "./SecureUrl.js"
/** The audio and subtitle tracks of a file. */
export * as Tracks from "./Tracks.js"
/** The parts of a realtime upload. */
export * as UploadPart from "./UploadPart.js"
/** A person as Frame.io embeds one. */
export * as User from "./User.js"
/** The declaration of what stacking needs of Frame.io's V4 API. */
export * as V4Api from "./V4Api.js"
/** What Frame.io's V4 API stores and answers. */
export * as V4Asset from "./V4Asset.js"
/** The calls of Frame.io's V4 API as Effects. */
export * as V4Client from "./V4Client.js"
/** The receiving end of a V4 webhook. */
export * as WebhookSignature from "./WebhookSignature.js"
