/**
 * Results of copying or deleting many assets at once. Both calls answer 200 even if some or all of the assets were left
 * as they are: read `errors`.
 *
 * The shapes inside `error` and `success` are not documented, so nothing is required of them, and `raw` is the answer as
 * it came.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Asset, type AssetId } from "./Asset.js"

/**
 * The arguments of the client's `bulkCopy`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkCopyArgs {
  /** The assets to copy: files, folders, stacks. At least one; how many are allowed is not documented. */
  readonly assetIds: ReadonlyArray<AssetId>
  /** The folder to copy into. */
  readonly destinationId: AssetId
  /** Whether the comments come along; the default is not documented. */
  readonly copyComments?: "all" | "none" | undefined
}

/**
 * The arguments of the client's `bulkDelete`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkDeleteArgs {
  /** The assets to delete, with everything in them. At least one; how many are allowed is not documented. */
  readonly assetIds: ReadonlyArray<AssetId>
}

const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const copyAnswer = Schema.Struct(
  {
    error: Schema.optional(Schema.Unknown).annotations({
      description:
        "The assets that were not copied, and why: an object or null, as documented; its content is not documented."
    }),
    success: Schema.optional(Schema.Unknown).annotations({
      description: "The copied assets: an object or null, as documented; presumably assets by id."
    })
    // The specification's `succes_test` and its property without a name are accidents.
  },
  anything
)

/**
 * The answer of a bulk copy, as it is on the wire.
 *
 * @since 0.1.0
 * @category wire
 */
export interface CopyAnswer extends Schema.Schema.Type<typeof copyAnswer> {}

export const CopyAnswer: Schema.Schema<CopyAnswer> = copyAnswer.annotations({ identifier: "BulkCopyAnswer" })

const deleteAnswer = Schema.Struct(
  {
    error: Schema.optional(Schema.Unknown).annotations({
      description: "The assets that were not deleted, and why: an object, as documented; its content is not documented."
    })
  },
  anything
)

/**
 * The answer of a bulk delete, as it is on the wire.
 *
 * @since 0.1.0
 * @category wire
 */
export interface DeleteAnswer extends Schema.Schema.Type<typeof deleteAnswer> {}

export const DeleteAnswer: Schema.Schema<DeleteAnswer> = deleteAnswer.annotations({ identifier: "BulkDeleteAnswer" })

/**
 * One entry of `error`: presumably the id of an asset, and why it was left as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  /** The key in the object or the place in the list; empty where there was only one value. */
  readonly key: string
  readonly value: unknown
}

/**
 * One entry of `success`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copied {
  /** The key in the object or the place in the list; empty if there was only one value. */
  readonly key: string
  readonly value: unknown
  /** The value if it is an asset; whether it is the copy or its original is not documented. */
  readonly asset: Asset | undefined
}

/**
 * The result of a bulk copy.
 *
 * @example
 * ```ts
 * const { copied, errors } = yield* frameio.bulkCopy({ assetIds: shots, destinationId: folder })
 * for (const { key, value } of errors) yield* Console.error(`${key} was not copied:`, value)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkCopy {
  readonly copied: ReadonlyArray<Copied>
  /** Empty when nothing went wrong. */
  readonly errors: ReadonlyArray<Failure>
  /** The answer as it came. */
  readonly raw: CopyAnswer
}

/**
 * The result of a bulk delete.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkDelete {
  /** Empty when nothing went wrong. */
  readonly errors: ReadonlyArray<Failure>
  /** The answer as it came. */
  readonly raw: DeleteAnswer
}

const toAsset = Schema.decodeUnknownOption(Asset)

const entriesOf = (value: unknown): ReadonlyArray<Failure> => {
  if (value === undefined || value === null || value === "") return []
  if (typeof value !== "object") return [{ key: "", value }]
  // By the specification, one asset may replace the map.
  if (Option.isSome(toAsset(value))) return [{ key: "", value }]
  return Object.entries(value).map(([key, one]: [string, unknown]) => ({ key, value: one }))
}

/**
 * Reads the result of a bulk copy from its answer.
 *
 * @since 0.1.0
 * @category converting
 */
export const fromCopyAnswer = (raw: CopyAnswer): BulkCopy => ({
  copied: entriesOf(raw.success).map(({ key, value }) => ({
    key,
    value,
    asset: Option.getOrUndefined(toAsset(value))
  })),
  errors: entriesOf(raw.error),
  raw
})

/**
 * Reads the result of a bulk delete from its answer.
 *
 * @since 0.1.0
 * @category converting
 */
export const fromDeleteAnswer = (raw: DeleteAnswer): BulkDelete => ({ errors: entriesOf(raw.error), raw })
