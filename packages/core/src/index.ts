/** What Frame.io stores: files, folders, version stacks and bundles. */
export * as Asset from "./Asset.js"
/** What is known of assets, so that it is not asked for again. */
export * as AssetCache from "./AssetCache.js"
/** What comes of copying or deleting many assets at once. */
export * as Bulk from "./Bulk.js"
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
/** What a client knows of one rate-limit bucket; pure. */
export * as LeakyBucket from "./LeakyBucket.js"
/** Lists as streams, over all their pages. */
export * as Listing from "./Listing.js"
/** What is to be created in a folder. */
export * as NewAsset from "./NewAsset.js"
/** One page of a list. */
export * as Page from "./Page.js"
/** Which bytes of a file go to which upload URL; pure. */
export * as PartPlan from "./PartPlan.js"
/** What the scheduler refuses by itself. */
export * as RateLimitError from "./RateLimitError.js"
/** The three rate-limit headers; pure. */
export * as RateLimitHeaders from "./RateLimitHeaders.js"
/** Sends requests as fast as the limit allows, and no faster. */
export * as RateLimitScheduler from "./RateLimitScheduler.js"
/** Where bucket states live. */
export * as RateLimitStore from "./RateLimitStore.js"
/** What may be sent again, and when; pure. */
export * as RetryPolicy from "./RetryPolicy.js"
/** What can be asked of Frame.io's two searches. */
export * as Search from "./Search.js"
/** The id that new versions are sent to, and what is known of it. */
export * as StackTarget from "./StackTarget.js"
/** The audio and subtitle tracks of a file. */
export * as Tracks from "./Tracks.js"
/** Files to Frame.io, and onto their stacks. */
export * as Upload from "./Upload.js"
/** What an upload can fail with. */
export * as UploadError from "./UploadError.js"
/** The parts of a realtime upload. */
export * as UploadPart from "./UploadPart.js"
/** A person as Frame.io embeds one. */
export * as User from "./User.js"
/** What Frame.io's API leaves to its callers about version stacks. */
export * as VersionStack from "./VersionStack.js"
/** What can be wrong with a version stack. */
export * as VersionStackError from "./VersionStackError.js"
