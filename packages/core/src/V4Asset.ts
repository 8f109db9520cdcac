/**
 * Resources of Frame.io's V4 API: files, folders, version stacks, and what surrounds them.
 *
 * Ids and kinds are required; every other field may be absent or null, and unknown fields and values are kept. The shapes
 * are those of Frame.io's own OpenAPI document of July 2026; nobody here could try the live API.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AssetId } from "./Asset.js"
import * as UuidText from "./Uuid.js"

/**
 * The id of a file, folder, version stack, project or account: a UUID, or an Adobe id with the prefix `adobe:`.
 *
 * @since 0.1.0
 * @category ids
 */
export const Id = AssetId

export type Id = AssetId

/**
 * The id of a workspace, share, webhook or metadata field, which Adobe storage never holds: a UUID.
 *
 * @since 0.1.0
 * @category ids
 */
export const Uuid = Schema.String.pipe(
  Schema.pattern(UuidText.whole, {
    message: ({ actual }) =>
      `${typeof actual === "string" ? JSON.stringify(actual.slice(0, 60)) : typeof actual} is not a UUID such as 9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f`
  })
).annotations({ identifier: "Uuid", jsonSchema: { type: "string", format: "uuid" } })

const unknownFields = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const open = <Fields extends Schema.Struct.Fields>(fields: Fields) => Schema.Struct(fields, unknownFields)

/** A schema whose type has a name that editors and compiler messages show. */
type Named<A, S extends Schema.Schema.All> = Schema.Schema<A, Schema.Schema.Encoded<S>>

const text = Schema.optional(Schema.NullOr(Schema.String))
const number = Schema.optional(Schema.NullOr(Schema.Number))
const flag = Schema.optional(Schema.NullOr(Schema.Boolean))
const anything = Schema.optional(Schema.Unknown)

/** The URL of one part of an upload, and its size in bytes. */
const uploadUrl = open({ size: Schema.NonNegativeInt, url: Schema.String })

/** Times are ISO 8601 in UTC, and stay text because of their microseconds. */
const common = {
  name: text,
  project_id: text,
  /** The folder that holds it, or a version's stack; null on a project's root folder. */
  parent_id: text,
  created_at: text,
  updated_at: text,
  view_url: text,
  adobe_id: text,
  creator: anything,
  project: anything,
  metadata: anything
}

const ofFile = {
  /** Bytes. */
  file_size: number,
  /** MIME type, by the name's extension. */
  media_type: text,
  /** `created`, `uploaded`, `transcoded`, or what Frame.io adds one day. */
  status: text,
  adobe_version_id: text,
  media_links: anything,
  /** Only in the answer to a local upload. */
  upload_urls: Schema.optional(Schema.NullOr(Schema.Array(uploadUrl)))
}

const fileFields = open({ id: Id, type: Schema.Literal("file"), ...common, ...ofFile }).annotations({
  identifier: "V4File"
})

/**
 * A file, in a folder or on a version stack.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface File extends Schema.Schema.Type<typeof fileFields> {}

export const File: Named<File, typeof fileFields> = fileFields

const folderFields = open({
  id: Id,
  type: Schema.Literal("folder"),
  ...common,
  cover_file_id: text,
  restricted: flag
}).annotations({ identifier: "V4Folder" })

/**
 * A folder. A project's root has no parent.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Folder extends Schema.Schema.Type<typeof folderFields> {}

export const Folder: Named<Folder, typeof folderFields> = folderFields

const versionStackFields = open({
  id: Id,
  type: Schema.Literal("version_stack"),
  ...common,
  head_version: Schema.optional(Schema.NullOr(File))
}).annotations({ identifier: "V4VersionStack" })

/**
 * A version stack. It tells its newest version and neither how many there are nor which.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface VersionStack extends Schema.Schema.Type<typeof versionStackFields> {}

export const VersionStack: Named<VersionStack, typeof versionStackFields> = versionStackFields

const itemFields = open({
  id: Id,
  type: Schema.String,
  ...common,
  ...ofFile,
  cover_file_id: text,
  restricted: flag,
  head_version: Schema.optional(Schema.NullOr(File))
}).annotations({ identifier: "V4Item" })

/**
 * An entry of a folder, of a known kind or not.
 *
 * @example
 * ```ts
 * const { items } = yield* v4.folders.children({ folderId })
 * const newest = items.filter(V4Asset.isVersionStack).map((stack) => stack.head_version?.name)
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Item extends Schema.Schema.Type<typeof itemFields> {}

export const Item: Named<Item, typeof itemFields> = itemFields

/**
 * Whether an item is a file.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFile = (item: Item): item is Item & File => item.type === "file"

/**
 * Whether an item is a folder.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFolder = (item: Item): item is Item & Folder => item.type === "folder"

/**
 * Whether an item is a version stack.
 *
 * @since 0.1.0
 * @category guards
 */
export const isVersionStack = (item: Item): item is Item & VersionStack => item.type === "version_stack"

const uploadStatusFields = open({
  id: Id,
  filetype: text,
  upload_complete: Schema.Boolean,
  upload_failed: Schema.Boolean,
  uploaded_at: text,
  upload_completed_at: text
}).annotations({ identifier: "V4UploadStatus" })

/**
 * How far an upload is.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface UploadStatus extends Schema.Schema.Type<typeof uploadStatusFields> {}

export const UploadStatus: Named<UploadStatus, typeof uploadStatusFields> = uploadStatusFields

const meFields = open({ id: Uuid, name: text, email: text, avatar_url: text }).annotations({ identifier: "V4Me" })

/**
 * The user of a token. It names no account.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Me extends Schema.Schema.Type<typeof meFields> {}

export const Me: Named<Me, typeof meFields> = meFields

const accountFields = open({
  id: Id,
  display_name: text,
  roles: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  storage_limit: number,
  storage_usage: number,
  v4_migrated_at: text,
  created_at: text,
  updated_at: text
}).annotations({ identifier: "V4Account" })

/**
 * An account that a token reaches.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Account extends Schema.Schema.Type<typeof accountFields> {}

export const Account: Named<Account, typeof accountFields> = accountFields

const workspaceFields = open({
  id: Uuid,
  name: text,
  account_id: text,
  creator: anything,
  created_at: text,
  updated_at: text
}).annotations({ identifier: "V4Workspace" })

/**
 * A workspace: what v2 called a team.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Workspace extends Schema.Schema.Type<typeof workspaceFields> {}

export const Workspace: Named<Workspace, typeof workspaceFields> = workspaceFields

const projectFields = open({
  id: Id,
  name: text,
  root_folder_id: text,
  workspace_id: text,
  status: text,
  storage: number,
  description: text,
  restricted: flag,
  owner: anything,
  view_url: text,
  created_at: text,
  updated_at: text
}).annotations({ identifier: "V4Project" })

/**
 * A project. Its tree begins at `root_folder_id`.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Project extends Schema.Schema.Type<typeof projectFields> {}

export const Project: Named<Project, typeof projectFields> = projectFields

const searchHitFields = open({
  /** `file_result`, `folder_result`, `version_stack_result`, `project_result`. */
  type: Schema.String,
  result: open({ id: Id, type: text, ...common }),
  matches: anything
}).annotations({ identifier: "V4SearchHit" })

/**
 * One hit of a search: what was found, and by what.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface SearchHit extends Schema.Schema.Type<typeof searchHitFields> {}

export const SearchHit: Named<SearchHit, typeof searchHitFields> = searchHitFields

const MetadataField = open({
  field_definition_id: Uuid,
  field_definition_name: text,
  field_type: text,
  mutable: flag,
  value: anything
}).annotations({ identifier: "V4MetadataField" })

const fileMetadataFields = open({
  file_id: Schema.optional(Id),
  metadata: Schema.Array(MetadataField)
}).annotations({ identifier: "V4FileMetadata" })

/**
 * The metadata of one file.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface FileMetadata extends Schema.Schema.Type<typeof fileMetadataFields> {}

export const FileMetadata: Named<FileMetadata, typeof fileMetadataFields> = fileMetadataFields

const shareFields = open({
  id: Uuid,
  name: text,
  description: text,
  access: text,
  enabled: flag,
  commenting_enabled: flag,
  downloading_enabled: flag,
  collection_id: text,
  short_url: text,
  expiration: text,
  last_viewed_at: text,
  created_at: text,
  updated_at: text,
  /** The added assets, in the answer to adding. */
  asset_added: text,
  /** The removed assets, in the answer to removing. */
  asset_removed: text
}).annotations({ identifier: "V4Share" })

/**
 * A share: a link under which people outside see some assets. No documented call lists which.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Share extends Schema.Schema.Type<typeof shareFields> {}

export const Share: Named<Share, typeof shareFields> = shareFields

const webhookFields = open({
  id: Uuid,
  name: text,
  url: text,
  events: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  active: Schema.optional(Schema.NullOr(Schema.Union(Schema.Boolean, Schema.String))),
  workspace_id: text,
  /** The key its deliveries are signed with, in the answer to creating it only. */
  secret: Schema.optional(Schema.NullOr(Schema.Redacted(Schema.String))),
  created_at: text,
  updated_at: text
}).annotations({ identifier: "V4Webhook" })

/**
 * A webhook. Frame.io's printed example has the text "true" for `active`.
 *
 * @since 0.1.0
 * @category schemas
 */
export interface Webhook extends Schema.Schema.Type<typeof webhookFields> {}

export const Webhook: Named<Webhook, typeof webhookFields> = webhookFields
