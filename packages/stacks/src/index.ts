/** A cache of assets. */
export * as AssetCache from "./AssetCache.js"
/** One change, made exactly once even if answers are lost. */
export * as ExactlyOnce from "./ExactlyOnce.js"
/** Lists as streams, over all their pages. */
export * as Listing from "./Listing.js"
/** Files, folders and stacks, over either API. */
export * as Repository from "./Repository.js"
/** The repository over the V4 client. */
export * as RepositoryV4 from "./RepositoryV4.js"
/** Versions put on a file or a stack, over either API. */
export * as StackBuild from "./StackBuild.js"
/** Which requests a growing stack takes; pure. */
export * as StackSteps from "./StackSteps.js"
/** The id that new versions are sent to, and what is known about it. */
export * as StackTarget from "./StackTarget.js"
/** Files to Frame.io, and onto their stacks. */
export * as Upload from "./Upload.js"
/** Errors of an upload. */
export * as UploadError from "./UploadError.js"
/** Events of an upload. */
export * as UploadEvent from "./UploadEvent.js"
/** The state that lets an upload resume. */
export * as UploadJournal from "./UploadJournal.js"
/** The rules of version stacks that Frame.io's API leaves to its callers. */
export * as VersionStack from "./VersionStack.js"
/** Errors of version stacks. */
export * as VersionStackError from "./VersionStackError.js"
