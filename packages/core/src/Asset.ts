/**
 * Frame.io's assets: files, folders, version stacks and bundles.
 *
 * An `Asset` is the JSON object that arrived, checked and not copied. The id and the kind are required; known fields are
 * checked in every form that is documented or has been seen; every other field stays as it came. A known field of another
 * type reads as `undefined`, and {@link oddFields} has its value, so that one odd field does not cost a page of a hundred
 * assets.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { odd, tolerant } from "./internal/tolerant.js"
import { User } from "./User.js"
import * as Uuid from "./Uuid.js"

/** In Adobe storage: `adobe:<asset id>`, for a file followed by `|<version>`. */
const ANY_ID = new RegExp(`^(?:${Uuid.pattern}|adobe:[^\\s/?#]{1,500})$`, "i")

const EXAMPLE = "9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f"

const shown = (actual: unknown): string =>
  typeof actual === "string" ? JSON.stringify(actual.slice(0, 60)) : typeof actual

const noId = (actual: unknown): string => `${shown(actual)} is not an asset id; it must be a UUID such as ${EXAMPLE}`

/**
 * The id of an asset, on either version of the API: a UUID in lower or upper case, or an Adobe id such as
 * `adobe:urn:aaid:…`, which V4 takes for what lies in Adobe storage.
 *
 * @since 0.1.0
 * @category ids
 */
export const AssetId = Schema.String.pipe(
  Schema.pattern(ANY_ID, {
    message: ({ actual }) =>
      typeof actual === "string" && /^adobe:/i.test(actual)
        ? `${shown(actual)} is not an Adobe id such as adobe:urn:aaid:…, which has no spaces, slashes, ? or #`
        : noId(actual)
  }),
  Schema.brand("AssetId")
).annotations({
  identifier: "AnyAssetId",
  jsonSchema: { type: "string", description: "A UUID, or an Adobe id with the prefix adobe:." },
  arbitrary: () => (fc) => fc.uuid().map((id) => AssetId.make(id))
})

export type AssetId = typeof AssetId.Type

/**
 * The id of an asset as v2 takes it: a UUID in lower or upper case.
 *
 * @since 0.1.0
 * @category ids
 */
export const AssetUuid = Schema.String.pipe(
  Schema.pattern(Uuid.whole, {
    message: ({ actual }) =>
      typeof actual === "string" && /^adobe:/i.test(actual)
        ? `${shown(actual)} is an Adobe id, which the v2 API does not know; use the asset's UUID, or the V4 API`
        : noId(actual)
  }),
  Schema.brand("AssetId")
).annotations({
  identifier: "AssetId",
  jsonSchema: { type: "string", format: "uuid", description: "The id of an asset." },
  arbitrary: () => (fc) => fc.uuid().map((id) => AssetUuid.make(id))
})

/**
 * Whether two ids name the same asset. UUIDs are compared without regard to case.
 *
 * @since 0.1.0
 * @category ids
 */
export const sameId = (one: AssetId, other: AssetId): boolean =>
  one === other || (one.toLowerCase() === other.toLowerCase() && Uuid.whole.test(one))

const text = Schema.optional(Schema.NullOr(Schema.String))
const number = Schema.optional(Schema.NullOr(Schema.Number))
const flag = Schema.optional(Schema.NullOr(Schema.Boolean))
const anyRecord = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const record = Schema.optional(Schema.NullOr(anyRecord))

/** The fields of assets and of fragments. Times are ISO 8601 in UTC, and stay text because of their microseconds. */
const known = {
  /** Always sent beside `type` in real payloads, and absent from the documentation. */
  _type: text,
  /** `file`, `folder`, `version_stack`, `bundle`, or what Frame.io adds one day. */
  type: text,
  name: text,
  /** `document`, `image`, `stream`; null until a file has been processed, absent on folders. */
  asset_type: text,
  description: text,
  account_id: text,
  project_id: text,
  team_id: text,
  /** The id of the folder or stack that holds this asset; null on a project's root. */
  parent_id: text,
  /** The documented name of `parent_id`, seen in no real payload. */
  parent_asset_id: text,
  /** On a version stack: the asset with the highest version number. */
  cover_asset_id: text,
  creator_id: text,
  creator: Schema.optional(Schema.NullOr(User)),
  /** The custom sort order within the folder; negative and fractional values occur. */
  index: number,
  /** `none`, `in_progress`, `needs_review`, `approved`. */
  label: text,
  /** `created` has been seen; the other values are not documented. */
  status: text,
  /** How many versions a stack holds; 0 on other assets. */
  versions: number,
  item_count: number,
  comment_count: number,
  view_count: number,
  frames: number,
  /** Bytes. */
  filesize: number,
  /** MIME type. */
  filetype: text,
  /** URL; absent on folders and where downloads are not permitted. */
  original: text,
  /** URLs by rendition, for files without `original`. */
  downloads: record,
  hls_manifest: text,
  /** The upload URLs of a file that was just created. */
  upload_urls: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  properties: record,
  metadata: record,
  metadata_flags: record,
  /** Documented as an object of booleans with `finalized`; real videos carry a plain list of names. */
  required_transcodes: Schema.optional(Schema.NullOr(Schema.Union(Schema.Array(Schema.String), anyRecord))),
  user_permissions: record,
  is_hls_required: flag,
  is_session_watermarked: flag,
  private: flag,
  shared: flag,
  bundle: flag,
  bundle_view: text,
  is_bundle_child: flag,
  archive_status: text,
  archive_from: text,
  archive_scheduled_at: text,
  archived_at: text,
  hard_deleted_at: text,
  inserted_at: text,
  updated_at: text,
  uploaded_at: text,
  upload_completed_at: text,
  upload_failed_at: text,
  transcoded_at: text,
  deleted_at: text
}

const fragmentFields = Schema.Struct({ id: Schema.optional(AssetUuid), ...known }, anyRecord)

const assetFields = Schema.Struct({ id: AssetUuid, ...known }, anyRecord)

const isNamed = (value: unknown): boolean => typeof value === "string" && value !== ""

const assetChecked = assetFields.pipe(
  Schema.filter((asset) =>
    isNamed(asset._type) || isNamed(asset.type)
      ? true
      : { path: ["type"], message: "is missing, and so is _type; one of them must say what kind of asset this is" }
  )
)

/**
 * A file, folder, version stack or bundle: the object that arrived, unknown fields included; encoding gives it back.
 *
 * `id` and one of `type` and `_type` are required. Unknown values of enumerations are kept. The functions of this module
 * read what is spelt in two ways.
 *
 * @example
 * ```ts
 * const asset = yield* frameio.get({ assetId: shot })
 * if (Asset.isVersionStack(asset)) yield* Console.log(`${asset.versions} versions in`, Asset.parentId(asset))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Asset extends Schema.Schema.Type<typeof assetFields> {}

export const Asset: Schema.Schema<Asset> = tolerant(assetChecked, {
  identifier: "Asset",
  identifies: ["id"],
  description: "A file, folder, version stack or bundle"
})

const createdChecked = assetFields.pipe(
  Schema.filter((asset) =>
    isNamed(asset._type) || isNamed(asset.type) || isNamed(asset.name)
      ? true
      : { path: ["type"], message: "is missing, and so are _type and name; nothing says what was created" }
  )
)

/**
 * An asset that has just been created: a whole one, with `upload_urls` if parts are to be uploaded; or, for a realtime
 * upload, only `id` and `name`. `upload_urls` are not documented, but Frame.io's own SDK reads them.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatedAsset extends Schema.Schema.Type<typeof assetFields> {}

export const CreatedAsset: Schema.Schema<CreatedAsset> = tolerant(createdChecked, {
  identifier: "CreatedAsset",
  identifies: ["id"],
  description: "An asset that has just been created; only id and name for a realtime upload"
})

/**
 * The upload URLs of a file that has just been created, in order: each part has `ceil(filesize / count)` bytes, and the
 * last one the rest. Empty for a folder, a remote file and a realtime upload.
 *
 * @since 0.1.0
 * @category reading
 */
export const uploadUrls = (asset: AssetFragment): ReadonlyArray<string> => asset.upload_urls ?? []

/**
 * A part of an asset, as in `only_fields` listings and embedded assets: the rules of {@link Asset}, but no field is
 * required.
 *
 * @since 0.1.0
 * @category models
 */
export interface AssetFragment extends Schema.Schema.Type<typeof fragmentFields> {}

export const AssetFragment: Schema.Schema<AssetFragment> = tolerant(fragmentFields, {
  identifier: "AssetFragment",
  identifies: ["id"],
  description: "A part of an asset"
})

/**
 * The known fields whose values are of another type than documented, such as `filesize: "1024"`, as they came. In the
 * asset itself they are `undefined`.
 *
 * @since 0.1.0
 * @category reading
 */
export const oddFields = (asset: AssetFragment): Readonly<Record<string, unknown>> => odd(asset)

/**
 * The kinds of asset that the documentation names.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "file" | "folder" | "version_stack" | "bundle"

/**
 * The kind of an asset: `_type`, which Frame.io's own tools read, or else `type`. Not always a {@link Kind}.
 *
 * @since 0.1.0
 * @category reading
 */
export const kind = (asset: AssetFragment): string => asset._type || asset.type || "unknown"

/**
 * Whether the asset is a version stack.
 *
 * @since 0.1.0
 * @category reading
 */
export const isVersionStack = (asset: AssetFragment): boolean => kind(asset) === "version_stack"

/**
 * Whether the asset is a folder.
 *
 * @since 0.1.0
 * @category reading
 */
export const isFolder = (asset: AssetFragment): boolean => kind(asset) === "folder"

/**
 * Whether the asset is a file.
 *
 * @since 0.1.0
 * @category reading
 */
export const isFile = (asset: AssetFragment): boolean => kind(asset) === "file"

const toId = Schema.decodeUnknownOption(AssetUuid)

/**
 * The folder or stack that holds the asset: `parent_id`, or the documented `parent_asset_id`. None on a project's root.
 *
 * @since 0.1.0
 * @category reading
 */
export const parentId = (asset: AssetFragment): Option.Option<AssetId> =>
  Option.orElse(toId(asset.parent_id), () => toId(asset.parent_asset_id))

/**
 * The newest version of a version stack.
 *
 * @since 0.1.0
 * @category reading
 */
export const coverAssetId = (asset: AssetFragment): Option.Option<AssetId> => toId(asset.cover_asset_id)
