/**
 * The parts of a realtime upload: of a file that is uploaded while it is still being written.
 *
 * Source: the endpoint "Request upload URLs for real-time upload" of the Assets group.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AssetId } from "./Asset.js"
import type { Problem } from "./FrameioError.js"
import * as text from "./SafeText.js"

/**
 * The smallest part in bytes, but for the final one: 5 MiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const MIN_SIZE = 5_242_880

/**
 * The highest number that a part can have.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_NUMBER = 10_000

/**
 * The largest file in bytes: 5 TiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_FILESIZE = 5_497_558_138_880

/**
 * One part.
 *
 * @example
 * ```ts
 * const { upload_urls } = yield* frameio.realtimeParts({
 *   assetId: growing,
 *   parts: [{ number: 1, size: UploadPart.MIN_SIZE, isFinal: false }]
 * })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadPart {
  /** From 1 to {@link MAX_NUMBER}. Numbers may be skipped, and come in any order. */
  readonly number: number
  /** Bytes; at least {@link MIN_SIZE} unless it is the final part. */
  readonly size: number
  /** Whether the file ends with it. */
  readonly isFinal: boolean
}

/**
 * The arguments of the client's `realtimeParts`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RealtimePartsArgs {
  /** The asset, created with `isRealtimeUpload`. */
  readonly assetId: AssetId
  /** At least one. */
  readonly parts: ReadonlyArray<UploadPart>
  /** The asset's name, with an extension. */
  readonly assetName?: string | undefined
  /** Bytes of the whole file, from 1 to {@link MAX_FILESIZE}; required when one of the parts is final. */
  readonly assetFilesize?: number | undefined
}

const part = Schema.Struct({
  number: Schema.Int.pipe(Schema.between(1, MAX_NUMBER)).annotations(
    text.says(`must be a whole number from 1 to ${MAX_NUMBER}`)
  ),
  size: Schema.Int.pipe(Schema.nonNegative()).annotations({
    description: "Bytes.",
    ...text.says("must be a whole number of bytes")
  }),
  is_final: Schema.Boolean
})

const fields = Schema.Struct({
  parts: Schema.Array(part),
  asset_name: Schema.optional(
    Schema.String.pipe(Schema.pattern(/\..+/, text.says("must end with an extension, such as a.mov")))
  ).annotations({
    description: "Must end with an extension."
  }),
  asset_filesize: Schema.optional(
    Schema.Int.pipe(Schema.between(1, MAX_FILESIZE)).annotations(
      text.says(`must be a whole number of bytes from 1 to ${MAX_FILESIZE}`)
    )
  ).annotations({
    description: "Bytes; required when one of the parts is final."
  })
})

export interface Payload extends Schema.Schema.Type<typeof fields> {}

const isPart = Schema.is(Schema.Struct({ size: Schema.Number, is_final: Schema.Boolean }))

/**
 * All broken rules between the fields of a payload, by their names on the wire. The schema judges single fields.
 *
 * @internal
 */
export const problemsOf = (payload: { readonly [K in keyof Payload]?: unknown }): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const parts: ReadonlyArray<unknown> = Array.isArray(payload.parts) ? payload.parts : []
  if (parts.length === 0) problems.push({ path: "parts", message: "is empty; request at least one URL" })
  parts.forEach((part, index) => {
    if (isPart(part) && !part.is_final && part.size < MIN_SIZE) {
      problems.push({
        path: `parts[${index}].size`,
        message: `is ${part.size} bytes; all but the final part have at least ${MIN_SIZE}`
      })
    }
  })
  if (payload.asset_filesize === undefined && parts.some((part) => isPart(part) && part.is_final)) {
    problems.push({ path: "asset_filesize", message: "is missing; the final part needs the size of the file" })
  }
  return problems
}

/**
 * The payload, as it is on the wire, with the rules of {@link problemsOf}.
 *
 * @since 0.1.0
 * @category wire
 */
export const Payload = fields
  .pipe(
    Schema.filter((payload) =>
      problemsOf(payload).map(({ message, path }) => ({ path: text.pathSteps(path), message }))
    )
  )
  .annotations({ identifier: "UploadParts", description: "The parts of a realtime upload for which URLs are wanted" })

const urls = Schema.Struct(
  { upload_urls: Schema.NonEmptyArray(Schema.String) },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

/**
 * The upload URLs of the parts, in the order of the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadUrls extends Schema.Schema.Type<typeof urls> {}

export const UploadUrls: Schema.Schema<UploadUrls> = urls.annotations({ identifier: "UploadUrls" })
