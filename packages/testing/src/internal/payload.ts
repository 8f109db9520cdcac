/**
 * Assets on the wire: the fields of real payloads, with made-up values. Pure.
 *
 * `full` has every field of a real, newly created file (105), and of a real folder (55), which omits the media fields
 * instead of sending null. No real version stack is public: it is shown with a file's fields. `slim` has 32 of them,
 * for bulk work where rendering would take most of the time.
 */
import type { Asset } from "@effect-frameio/core/Asset"
import type { Entry, Project, User, World } from "../World.js"
import { toUuid } from "./ids.js"
import { iso } from "./time.js"
import { nothingSet } from "./world/node.js"

/** How much of an asset is shown. */
export type Shape = "full" | "slim"

const PERMISSIONS = {
  can_download: true,
  can_manage_devices: true,
  can_modify_template: false,
  can_public_share_presentation: true,
  can_public_share_review_link: true,
  can_see_watermarking_settings: true,
  can_share_downloadable_presentation: true,
  can_share_downloadable_review_link: true,
  can_share_unwatermarked_presentation: true,
  can_share_unwatermarked_review_link: true,
  can_share_without_drm_presentation: false,
  can_share_without_drm_review_link: false,
  can_share_without_forensic_watermark_presentation: true,
  can_share_without_forensic_watermark_review_link: true,
  can_view_devices: true
}

const nulls = <const Names extends ReadonlyArray<string>>(...names: Names): Readonly<Record<Names[number], null>> =>
  Object.fromEntries(names.map((name) => [name, null])) as Record<Names[number], null>

const NO_DOWNLOADS = nulls(
  "h264_1080_best",
  "h264_2160",
  "h264_360",
  "h264_540",
  "h264_720",
  "image_full",
  "image_high",
  "image_small"
)

/** A user, as assets embed their creator. */
export const user = (one: User, since: number): Readonly<Record<string, unknown>> => ({
  ...nulls(
    "bio",
    "context",
    "deleted_at",
    "email_confirm_by",
    "email_preferences",
    "features_seen",
    "highest_account_role",
    "last_seen",
    "location",
    "mfa_enforced_at",
    "phone",
    "profile_image_original",
    "roles"
  ),
  _type: "user",
  id: one.id,
  account_id: one.accountId,
  name: one.name,
  email: one.email,
  digest_frequency: "0 * * * *",
  first_login_at: iso(since),
  from_adobe: false,
  from_google: false,
  image_32: "https://example.invalid/user-32.jpg",
  image_64: "https://example.invalid/user-64.jpg",
  image_128: "https://example.invalid/user-128.jpg",
  image_256: "https://example.invalid/user-256.jpg",
  inserted_at: iso(since),
  integrations: {},
  joined_via: "organic",
  next_digest_date: iso(since + 86_400_000),
  profile_image: "https://example.invalid/user.jpg",
  timezone_value: "America/New_York",
  updated_at: iso(since),
  upload_url: "https://example.invalid/user-upload",
  user_default_color: "#40ff9f"
})

/** A project, as assets embed it. */
const project = (one: Project): Readonly<Record<string, unknown>> => ({
  ...nulls("archived_at", "deleted_at", "description", "invite_url", "resource_id"),
  _type: "project",
  archive_status: "standard",
  archived_file_count: 0,
  archived_storage: 0,
  collaborator_count: 0,
  file_count: 0,
  folder_count: 0,
  id: one.id,
  ignore_archive: false,
  inserted_at: iso(one.insertedAt),
  name: one.name,
  owner_id: one.ownerId,
  private: false,
  read_only: false,
  root_asset_id: one.rootId,
  shared: false,
  storage: 0,
  team_id: one.teamId,
  updated_at: iso(one.insertedAt),
  user_permissions: PERMISSIONS
})

interface Embedded {
  readonly creators: Map<string, Readonly<Record<string, unknown>>>
  readonly projects: Map<string, Readonly<Record<string, unknown>>>
}

/** Users and projects never change once they are in a world, and every asset embeds them. */
const embedded = new WeakMap<World, Embedded>()

const embeddedOf = (world: World): Embedded => {
  let known = embedded.get(world)
  if (known === undefined) {
    known = { creators: new Map(), projects: new Map() }
    embedded.set(world, known)
  }
  return known
}

const creatorOf = (world: World, id: string): Readonly<Record<string, unknown>> | null => {
  const known = embeddedOf(world).creators.get(id)
  if (known !== undefined) return known
  const found = world.user(id)
  if (found === undefined) return null
  const rendered = user(found, world.epochMillis)
  embeddedOf(world).creators.set(id, rendered)
  return rendered
}

const projectOf = (world: World, id: string): Readonly<Record<string, unknown>> | null => {
  const known = embeddedOf(world).projects.get(id)
  if (known !== undefined) return known
  const found = world.project(id)
  if (found === undefined) return null
  const rendered = project(found)
  embeddedOf(world).projects.set(id, rendered)
  return rendered
}

const original = (entry: Entry): string => `https://example.invalid/${entry.id}/original`

const sourceOf = (world: World, entry: Entry) =>
  entry.kind === "file"
    ? {
        _type: "asset_source",
        external_id: null,
        id: toUuid(world.seed ^ 0x2545f491, Number.parseInt(entry.id.slice(0, 8), 16)),
        provider: null,
        url: `https://example.invalid/${entry.id}/source`
      }
    : null

// The objects are written out field by field: assembling them from parts takes ten times as long.

const slim = (entry: Entry, insertedAt: string): Asset => ({
  _type: entry.kind,
  id: entry.id,
  type: entry.kind,
  name: entry.name,
  account_id: entry.accountId,
  team_id: entry.teamId,
  project_id: entry.projectId,
  parent_id: entry.parentId,
  cover_asset_id: entry.coverAssetId,
  creator_id: entry.creatorId,
  index: entry.index,
  filesize: entry.filesize,
  filetype: entry.filetype,
  item_count: entry.itemCount,
  versions: entry.versions,
  inserted_at: insertedAt,
  updated_at: entry.updatedAt === entry.insertedAt ? insertedAt : iso(entry.updatedAt),
  deleted_at: entry.deletedAt === null ? null : iso(entry.deletedAt),
  uploaded_at: entry.kind === "folder" ? null : insertedAt,
  asset_type: entry.assetType,
  label: "none",
  description: null,
  properties: null,
  comment_count: 0,
  view_count: 0,
  frames: 0,
  fps: null,
  duration: null,
  original: entry.kind === "file" ? original(entry) : null,
  thumb: null,
  private: false,
  shared: false
})

const folder = (entry: Entry, insertedAt: string): Asset => ({
  _type: entry.kind,
  id: entry.id,
  type: entry.kind,
  name: entry.name,
  account_id: entry.accountId,
  team_id: entry.teamId,
  project_id: entry.projectId,
  parent_id: entry.parentId,
  cover_asset_id: entry.coverAssetId,
  creator_id: entry.creatorId,
  index: entry.index,
  filesize: entry.filesize,
  filetype: entry.filetype,
  item_count: entry.itemCount,
  versions: entry.versions,
  inserted_at: insertedAt,
  updated_at: entry.updatedAt === entry.insertedAt ? insertedAt : iso(entry.updatedAt),
  deleted_at: entry.deletedAt === null ? null : iso(entry.deletedAt),
  uploaded_at: null,
  archive_scheduled_at: null,
  archive_status: null,
  archived_at: null,
  audio_tracks: null,
  autoversion_id: null,
  checksums: null,
  description: null,
  drm: null,
  duration: null,
  fps: null,
  hard_deleted_at: null,
  metadata_flags: null,
  properties: null,
  rating: null,
  realtime_upload: null,
  resource_id: null,
  subtitle_tracks: null,
  workfront_approval_status: null,
  workfront_asset_locked_at: null,
  workfront_connected: null,
  workfront_task_connected: null,
  workfront_task_id: null,
  workfront_task_title: null,
  allow_original_playback: true,
  comment_count: 0,
  copy: false,
  frames: 0,
  is_360: false,
  is_forensically_watermarked: false,
  is_hls_required: false,
  is_session_watermarked: false,
  label: "none",
  private: false,
  public_item_count: 0,
  shared: false,
  user_permissions: PERMISSIONS
})

const file = (world: World, entry: Entry, insertedAt: string, processedAt: string | null): Asset => ({
  _type: entry.kind,
  id: entry.id,
  type: entry.kind,
  name: entry.name,
  account_id: entry.accountId,
  team_id: entry.teamId,
  project_id: entry.projectId,
  parent_id: entry.parentId,
  cover_asset_id: entry.coverAssetId,
  creator_id: entry.creatorId,
  index: entry.index,
  filesize: entry.filesize,
  filetype: entry.filetype,
  item_count: entry.itemCount,
  versions: entry.versions,
  inserted_at: insertedAt,
  updated_at: entry.updatedAt === entry.insertedAt ? insertedAt : iso(entry.updatedAt),
  deleted_at: entry.deletedAt === null ? null : iso(entry.deletedAt),
  uploaded_at: insertedAt,
  asset_type: entry.assetType,
  archive_from: insertedAt,
  creator: creatorOf(world, entry.creatorId),
  original: entry.kind === "file" ? original(entry) : null,
  project: projectOf(world, entry.projectId),
  source: sourceOf(world, entry),
  // The only value seen so far, on a newly created file; others are not documented.
  status: "created",
  transcoded_at: processedAt,
  upload_completed_at: processedAt,
  view_count: 0,
  downloads: NO_DOWNLOADS,
  archive_scheduled_at: null,
  archive_status: null,
  archived_at: null,
  audio_tracks: null,
  autoversion_id: null,
  checksums: null,
  description: null,
  drm: null,
  duration: null,
  fps: null,
  hard_deleted_at: null,
  metadata_flags: null,
  properties: null,
  rating: null,
  realtime_upload: null,
  resource_id: null,
  subtitle_tracks: null,
  workfront_approval_status: null,
  workfront_asset_locked_at: null,
  workfront_connected: null,
  workfront_task_connected: null,
  workfront_task_id: null,
  workfront_task_title: null,
  cover: null,
  frame_cover: null,
  frame_custom: null,
  frame_thumb: null,
  h264_1080_best: null,
  h264_2160: null,
  h264_360: null,
  h264_540: null,
  h264_720: null,
  h265_hdr_1080: null,
  h265_hdr_2160: null,
  h265_hdr_360: null,
  h265_hdr_540: null,
  h265_hdr_720: null,
  hls_manifest: null,
  image_full: null,
  image_high: null,
  image_small: null,
  includes: null,
  master_manifest_concentrate: null,
  page_full: null,
  page_high: null,
  page_small: null,
  page_thumb: null,
  scrub_sheet: null,
  scrub_video: null,
  thumb: null,
  thumb_540: null,
  thumb_orig_ar_540: null,
  thumb_scrub: null,
  timecode: null,
  transcode_statuses: null,
  upload_failed_at: null,
  video_h264_180: null,
  waveform: null,
  webm_1080_best: null,
  webm_360: null,
  webm_540: null,
  webm_720: null,
  allow_original_playback: true,
  comment_count: 0,
  copy: false,
  frames: 0,
  is_360: false,
  is_forensically_watermarked: false,
  is_hls_required: false,
  is_session_watermarked: false,
  label: "none",
  private: false,
  public_item_count: 0,
  shared: false,
  user_permissions: PERMISSIONS
})

/** An asset on the wire. */
export const render = (world: World, entry: Entry, shape: Shape): Asset => {
  const insertedAt = iso(entry.insertedAt)
  const asset =
    shape === "slim"
      ? slim(entry, insertedAt)
      : entry.kind === "folder"
        ? folder(entry, insertedAt)
        : file(world, entry, insertedAt, entry.assetType === null ? null : insertedAt)
  return entry.fields === nothingSet ? asset : { ...asset, ...entry.fields }
}
