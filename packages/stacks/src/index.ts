/** What is known of assets, so that it is not asked for again. */
export * as AssetCache from "./AssetCache.js"
/** One change, made exactly once whatever becomes of its answers. */
export * as ExactlyOnce from "./ExactlyOnce.js"
/** Lists as streams, over all their pages. */
export * as Listing from "./Listing.js"
/** Files, folders and stacks, whichever API is behind. */
export * as Repository from "./Repository.js"
/** The repository over the V4 client. */
export * as RepositoryV4 from "./RepositoryV4.js"
/** Versions put on a file or a stack, whichever API is behind. */
export * as StackBuild from "./StackBuild.js"
/** Which requests a growing stack takes; pure. */
export * as StackSteps from "./StackSteps.js"
/** The id that new versions are sent to, and what is known of it. */
export * as StackTarget from "./StackTarget.js"
/** Files to Frame.io, and onto their stacks. */
export * as Upload from "./Upload.js"
/** What an upload can fail with. */
export * as UploadError from "./UploadError.js"
/** What happens to an upload. */
export * as UploadEvent from "./UploadEvent.js"
/** What an upload keeps so that it can go on. */
export * as UploadJournal from "./UploadJournal.js"
/** What Frame.io's API leaves to its callers about version stacks. */
export * as VersionStack from "./VersionStack.js"
/** What can be wrong with a version stack. */
export * as VersionStackError from "./VersionStackError.js"
