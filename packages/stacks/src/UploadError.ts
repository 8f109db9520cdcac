/**
 * Errors of an upload, beside those of its calls to Frame.io. Each says what is left at Frame.io, so that nothing is
 * orphaned silently. None holds an upload URL, which would let anybody write the file.
 *
 * @since 0.1.0
 */

import { AssetId } from "@effect-frameio/core/Asset"
import { FrameioError, isFrameioError, outcomeOf } from "@effect-frameio/core/FrameioError"
import * as text from "@effect-frameio/core/SafeText"
import * as Schema from "effect/Schema"
import { VersionStackError } from "./VersionStackError.js"

const KEY = "@effect-frameio/stacks/UploadError"

const left = (assetId: string): string =>
  ` The asset ${assetId} is left without its content: delete it, and upload the file again.`

/**
 * The source has fewer or more bytes than `filesize`, or was changed during the upload. Nothing is filled up, cut off or
 * mixed; the upload stops.
 *
 * @since 0.1.0
 * @category errors
 */
export class SourceMismatch extends Schema.TaggedError<SourceMismatch>(`${KEY}/SourceMismatch`)(
  "FrameioSourceMismatch",
  {
    /** The declared size, in bytes. */
    filesize: Schema.Number,
    /** Which way the source differs. */
    source: Schema.Literal("shorter", "longer", "changed"),
    /** The offset of the fault, in bytes; `filesize` after the whole file. */
    offset: Schema.Number,
    /** The created asset, without content; absent if nothing was created. */
    assetId: Schema.optional(AssetId)
  }
) {
  override get message(): string {
    if (this.source === "changed") {
      const rest =
        this.assetId === undefined
          ? "Nothing was created."
          : `The asset ${this.assetId} is left, and is on no stack: delete it.`
      return `Upload: the source was changed or replaced while it was uploaded, seen at byte ${this.offset} of ${this.filesize}. Upload it again when nobody writes to it any more. ${rest}`
    }
    const what =
      this.source === "shorter"
        ? `the source ends at byte ${this.offset} instead of ${this.filesize}, its filesize. Is the file still being written? Try again when it is whole.`
        : this.offset === this.filesize
          ? `the source continues after byte ${this.filesize}, where it should end by its filesize. Is the file still being written? Try again when it is whole.`
          : `the source gave more than it was asked for, beyond byte ${this.offset}. It must heed the offset and the length.`
    return `Upload: ${what}${this.assetId === undefined ? " Nothing was created." : left(this.assetId)}`
  }
}

/**
 * The storage host does not accept an upload URL (403): it has expired, or was not made for this content type. A file of
 * known size was begun anew once before this error, a part of a realtime upload got other URLs.
 *
 * @since 0.1.0
 * @category errors
 */
export class UploadExpired extends Schema.TaggedError<UploadExpired>(`${KEY}/UploadExpired`)("FrameioUploadExpired", {
  /** The asset that was created and is not complete. */
  assetId: AssetId,
  /** The part whose URL was refused, from 1. */
  part: Schema.Int,
  /** The storage's own words. */
  detail: Schema.String
}) {
  override get message(): string {
    const said = this.detail === "" ? "" : ` It said: "${this.detail}".`
    return `Upload: the storage does not accept the URL of part ${this.part} any more (403), most likely because it has expired, and did not accept a new one either.${said} Start the upload anew.${left(this.assetId)}`
  }
}

/**
 * A part did not get through: `Refused` by a status that will not change; or until the time was over `Unavailable` (a status
 * that may change), `Unproven` (a success that is not the storage's), `Connection` (no whole exchange) or `Stalled` (no byte
 * moved for too long).
 *
 * @since 0.1.0
 * @category errors
 */
export class PartFailed extends Schema.TaggedError<PartFailed>(`${KEY}/PartFailed`)("FrameioPartFailed", {
  /** The asset that was created and is not complete. */
  assetId: AssetId,
  /** From 1. */
  part: Schema.Int,
  reason: Schema.Literal("Refused", "Unavailable", "Unproven", "Connection", "Stalled"),
  /** How often it was sent. */
  attempts: Schema.Int,
  /** The status of the storage's answer, if there was one. */
  status: Schema.optional(Schema.Int),
  /** The system's code, such as `ECONNRESET`, if there is one. */
  code: Schema.optional(Schema.String),
  /** The storage's or the system's own words. */
  detail: Schema.String
}) {
  override get message(): string {
    const times = this.attempts === 1 ? "" : ` after ${this.attempts} attempts`
    const said = this.detail === "" ? "" : ` It said: "${this.detail}".`
    const code = this.code === undefined ? "" : ` (${this.code})`
    const what = (): string => {
      switch (this.reason) {
        case "Refused":
          return this.status === 411 || this.status === 501
            ? `the storage needs the length of part ${this.part} beforehand (${this.status}), which this HttpClient does not send with a stream; fetch never does. Use undici's client, or body: "bytes".`
            : this.status !== undefined && this.status >= 300 && this.status < 400
              ? `the storage answered part ${this.part} with a redirection (${this.status}), which is not followed.`
              : `the storage refused part ${this.part} (${this.status ?? "no status"}).${said}`
        case "Unavailable":
          return `the storage could not take part ${this.part}${times} (${this.status ?? "no status"}).${said}`
        case "Unproven":
          return `something other than the storage answered that it has part ${this.part} (${this.status ?? "no status"})${times}. Is there a login page or a proxy in between?${said}`
        case "Connection":
          return `the connection to the storage broke at part ${this.part}${times}${code}. Check the network.${said}`
        case "Stalled":
          return `no byte of part ${this.part} moved for too long${times}. Check the network.`
      }
    }
    return `Upload: ${what()}${left(this.assetId)}`
  }
}

/**
 * Frame.io created the asset, but gave no usable URLs for its parts.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnusableUrls extends Schema.TaggedError<UnusableUrls>(`${KEY}/UnusableUrls`)("FrameioUnusableUrls", {
  /** The asset that was created and has no content. */
  assetId: AssetId,
  /** `Missing`: there are none, or too few. `Insecure`: one is neither https nor on this machine. */
  reason: Schema.Literal("Missing", "Insecure")
}) {
  override get message(): string {
    const what =
      this.reason === "Missing"
        ? "Frame.io created the asset and sent no upload_urls with it"
        : "an upload URL is not https, so anybody on the way could read the file; nothing was sent to it"
    return `Upload: ${what}.${left(this.assetId)}`
  }
}

/**
 * A realtime upload has used up the numbers that a part can have.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooManyParts extends Schema.TaggedError<TooManyParts>(`${KEY}/TooManyParts`)("FrameioTooManyParts", {
  /** The asset that was created and is not complete. */
  assetId: AssetId,
  /** The bytes of each part. */
  partSize: Schema.Int,
  /** How many parts there may be. */
  parts: Schema.Int
}) {
  override get message(): string {
    return `Upload: the source has more than ${this.parts} parts of ${this.partSize} bytes. Send larger parts.${left(this.assetId)}`
  }
}

/**
 * The storage has every part, but Frame.io does not have the file.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotArrived extends Schema.TaggedError<NotArrived>(`${KEY}/NotArrived`)("FrameioNotArrived", {
  /** The asset that was created. */
  assetId: AssetId,
  /** Bytes that were sent. */
  filesize: Schema.Number,
  /** Bytes that Frame.io has, if it says so; `null` if it says that the upload failed. */
  has: Schema.NullOr(Schema.Number)
}) {
  override get message(): string {
    const what =
      this.has === null
        ? "Frame.io says that the upload failed"
        : `Frame.io has ${this.has} bytes of it instead of ${this.filesize}`
    return `Upload: every part was taken, but ${what}.${left(this.assetId)}`
  }
}

/**
 * The file is uploaded, but did not become a version.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotVersioned extends Schema.TaggedError<NotVersioned>(`${KEY}/NotVersioned`)("FrameioNotVersioned", {
  /** The uploaded file. It is whole, and lies beside the target. */
  assetId: AssetId,
  /** The file or stack that it should have become the next version of. */
  onto: AssetId,
  /** Why not. */
  error: Schema.Union(FrameioError, VersionStackError)
}) {
  override get message(): string {
    const unknown = isFrameioError(this.error)
      ? outcomeOf(this.error) === "unknown"
      : this.error._tag === "FrameioOutcomeUnknown"
    const is = unknown ? "it is not known whether it is a version of" : "it did not become a version of"
    const finish = unknown
      ? "Read the stack, and put it there if it is missing."
      : "Fix that, then put it on the stack; it need not be uploaded again."
    return `Upload: the file is uploaded, as ${this.assetId}, but ${is} ${this.onto}. ${text.excerpt(
      this.error.message,
      600
    )} ${finish}`
  }
}

/**
 * The target cannot have versions, so nothing was uploaded.
 *
 * @since 0.1.0
 * @category errors
 */
export class NoTarget extends Schema.TaggedError<NoTarget>(`${KEY}/NoTarget`)("FrameioNoTarget", {
  /** The named asset. */
  assetId: AssetId,
  /** Its kind, such as `folder`. */
  kind: Schema.String
}) {
  override get message(): string {
    return `Upload: ${this.assetId} is a ${this.kind}, which has no versions, or lies in no folder. Name a file or a version stack. Nothing was uploaded.`
  }
}

/**
 * Every error of sending the parts of one file.
 *
 * @example
 * ```ts
 * const cleanUp = (error: UploadError.UploadError) =>
 *   error._tag === "FrameioPartFailed" ? frameio.delete({ assetId: error.assetId }) : Effect.void
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const UploadError = Schema.Union(
  SourceMismatch,
  UploadExpired,
  PartFailed,
  UnusableUrls,
  TooManyParts,
  NotArrived,
  NotVersioned,
  NoTarget
)

export type UploadError = typeof UploadError.Type
