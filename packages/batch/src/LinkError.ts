/**
 * Why a link of a job failed: the typed error itself. Events, ledger and report hold it in its encoded form.
 *
 * @since 0.1.0
 */
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import { UploadError } from "@effect-frameio/stacks/UploadError"
import {
  AlreadyElsewhere,
  NotInStack,
  NotMade,
  NotOnTop,
  OutcomeUnknown,
  WithoutContent
} from "@effect-frameio/stacks/VersionStackError"
import * as Schema from "effect/Schema"

const KEY = "@effect-frameio/batch/LinkError"

/**
 * The target has changed since the plan was made, so the version could land in the wrong order. Nothing was put on it.
 *
 * @since 0.1.0
 * @category errors
 */
export class TargetChanged extends Schema.TaggedError<TargetChanged>(`${KEY}/TargetChanged`)("FrameioTargetChanged", {
  /** The target as the plan names it. */
  assetId: AssetId,
  /** Its name in the plan. */
  name: Schema.optional(Schema.String),
  /**
   * `Stacked`: a file in no stack is in one now. `Grown`: a stack has another newest version. `Unstacked`: a stack is
   * no stack any more. `Reordered`: its versions are others, or in another order.
   */
  change: Schema.Literal("Stacked", "Grown", "Unstacked", "Reordered"),
  /** The name of the newest version now, or its id. */
  newest: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const what = {
      Stacked: "was in no stack when the plan was made, but is in one now",
      Grown: "has changed since the plan was made",
      Unstacked: "was a stack when the plan was made, but is no stack now",
      Reordered: "had other versions, or another order of them, when the plan was made"
    }[this.change]
    const top = this.newest === undefined ? "" : `, with ${this.newest} on top`
    return `${this.name === undefined ? this.assetId : JSON.stringify(this.name)} ${what}${top}. Nothing was put on it: plan again.`
  }
}

/**
 * A version is not where this job put it, found when it was to be taken out again or verified. It was left where it is.
 *
 * @since 0.1.0
 * @category errors
 */
export class MovedSince extends Schema.TaggedError<MovedSince>(`${KEY}/MovedSince`)("FrameioMovedSince", {
  /** The version. */
  assetId: AssetId,
  /** The stack it is on, if any. */
  stackId: Schema.optional(AssetId)
}) {
  override get message(): string {
    return this.stackId === undefined
      ? `${this.assetId} is no longer on the stack where this job put it, nor on another. It was left where it is; a retry puts it back, unless a later version of this job is on top.`
      : `${this.assetId} is on another stack now, ${this.stackId}, where this job did not put it. It was left there.`
  }
}

/**
 * The versions of a stack are no longer in the order that this job made, found when that order was to be undone. They
 * were left as they are.
 *
 * @since 0.1.0
 * @category errors
 */
export class ReorderedSince extends Schema.TaggedError<ReorderedSince>(`${KEY}/ReorderedSince`)(
  "FrameioReorderedSince",
  {
    /** The version that the job put on top. */
    assetId: AssetId,
    stackId: AssetId
  }
) {
  override get message(): string {
    return `The versions of the stack ${this.stackId} are no longer as this job left them, with ${this.assetId} on top: somebody has changed them since. They were left as they are.`
  }
}

/**
 * Nobody knows whether the old file was in a share, so the new one was not added to it. Nothing was stacked.
 *
 * @since 0.1.0
 * @category errors
 */
export class ShareInDoubt extends Schema.TaggedError<ShareInDoubt>(`${KEY}/ShareInDoubt`)("FrameioShareInDoubt", {
  /** The old file. */
  assetId: AssetId,
  /** The new one. */
  next: AssetId,
  shareId: Schema.String,
  /**
   * `Lost`: the answer to removing the old file was lost, and it is not in the share now. `Untold`: Frame.io answers
   * alike whether or not a file was in a share.
   */
  why: Schema.Literal("Lost", "Untold")
}) {
  override get message(): string {
    const why =
      this.why === "Lost"
        ? "the answer to removing it was lost"
        : "Frame.io answers the removal of a file that is in no share as if it had been there"
    return `Nobody can tell whether ${this.assetId} was in the share ${this.shareId}: ${why}. It is not in the share now, ${this.next} was not added, and nothing was stacked. If it was in the share, put it back by hand; ${
      this.why === "Lost"
        ? "a retry looks once more, and leaves the share alone if it is not there."
        : "then run the job in a new ledger that keeps no shares, and change the share by hand."
    }`
  }
}

/**
 * A local file could not be read, so it was not uploaded, or not completely.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unreadable extends Schema.TaggedError<Unreadable>(`${KEY}/Unreadable`)("FrameioUnreadable", {
  /** Its path. */
  path: Schema.String,
  /** The system's own words. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path} cannot be read: ${this.detail}`
  }
}

/**
 * A failure from a ledger older than 0.1.0, in words only.
 *
 * @since 0.1.0
 * @category errors
 */
export class Recorded extends Schema.TaggedError<Recorded>(`${KEY}/Recorded`)("FrameioRecorded", {
  /** The error's tag. */
  tag: Schema.String,
  words: Schema.String,
  outcome: FrameioError.Outcome,
  status: Schema.optional(Schema.Int)
}) {
  override get message(): string {
    return this.words
  }
}

const RecordedInWords = Schema.transform(
  Schema.Struct({
    tag: Schema.String,
    message: Schema.String,
    outcome: FrameioError.Outcome,
    status: Schema.optional(Schema.Int)
  }),
  Schema.typeSchema(Recorded),
  {
    strict: true,
    decode: ({ message, ...rest }) => new Recorded({ ...rest, words: message }),
    encode: ({ outcome, status, tag, words }) => ({
      tag,
      message: words,
      outcome,
      ...(status === undefined ? {} : { status })
    })
  }
)

/**
 * Why a link failed.
 *
 * @example
 * ```ts
 * const advise = (error: LinkError.LinkError) =>
 *   LinkError.kindOf(error) === "asset" ? `leave it out: ${LinkError.reasonOf(error)}` : "run the job again"
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const LinkError = Schema.Union(
  FrameioError.FrameioError,
  AlreadyElsewhere,
  NotInStack,
  WithoutContent,
  NotOnTop,
  NotMade,
  OutcomeUnknown,
  TargetChanged,
  MovedSince,
  ReorderedSince,
  ShareInDoubt,
  UploadError,
  Unreadable,
  RecordedInWords
)

export type LinkError = typeof LinkError.Type

/** The failed call behind an error, if there is one. */
const callOf = (error: LinkError): FrameioError.FrameioError | undefined => {
  if (FrameioError.isFrameioError(error)) return error
  return "failure" in error ? error.failure : undefined
}

/**
 * What a failure is about: see `FrameioError.kindOf`.
 *
 * @since 0.1.0
 * @category reading
 */
export const kindOf = (error: LinkError): FrameioError.Kind => {
  const call = callOf(error)
  if (call !== undefined) return FrameioError.kindOf(call)
  return error instanceof NotMade || error instanceof OutcomeUnknown ? "moment" : "asset"
}

/**
 * Whether the change may have been made in spite of the failure.
 *
 * @since 0.1.0
 * @category reading
 */
export const outcomeOf = (error: LinkError): FrameioError.Outcome => {
  if (FrameioError.isFrameioError(error)) return FrameioError.outcomeOf(error)
  if (error instanceof Recorded) return error.outcome
  if (error instanceof NotOnTop) return "applied"
  return error instanceof OutcomeUnknown ? "unknown" : "not-applied"
}

/**
 * Whether the failure says nothing about the link, so that the next run of the job tries it again without being asked
 * to.
 *
 * @since 0.1.0
 * @category reading
 */
export const isStillPlanned = (error: LinkError): boolean =>
  outcomeOf(error) === "not-applied" &&
  (kindOf(error) === "account" || (FrameioError.isFrameioError(error) && kindOf(error) === "moment"))

/**
 * The HTTP status, if there was an answer.
 *
 * @since 0.1.0
 * @category reading
 */
export const statusOf = (error: LinkError): number | undefined => {
  if (error instanceof Recorded) return error.status
  const call = callOf(error)
  return call !== undefined && "status" in call ? call.status : undefined
}

/**
 * The tag of what happened: that of the failed call, if there is one.
 *
 * @since 0.1.0
 * @category reading
 */
export const tagOf = (error: LinkError): string =>
  error instanceof Recorded ? error.tag : (callOf(error)?._tag ?? error._tag)

/**
 * The message without the call and ids at its beginning.
 *
 * @since 0.1.0
 * @category reading
 */
export const reasonOf = (error: LinkError): string =>
  FrameioError.isFrameioError(error) ? FrameioError.reasonOf(error) : error.message

/**
 * {@link reasonOf} without the words that end with its status, for callers that print both before it.
 *
 * @since 0.1.0
 * @category reading
 */
export const explanationOf = (error: LinkError): string => {
  const reason = reasonOf(error)
  const rest = reason.replace(/^(?:[^().:]|\.(?! ))*\(\d{3}\)[.:] /, "")
  return rest === reason ? reason : `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
}

/**
 * The encoded form as JSON, as the ledger stores it.
 *
 * @internal
 */
export const toJson = Schema.encodeSync(Schema.parseJson(LinkError))

/**
 * Reads a ledger's error, including those of older versions.
 *
 * @internal
 */
export const fromJson = Schema.decodeOption(Schema.parseJson(LinkError))
