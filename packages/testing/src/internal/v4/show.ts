/** The bodies of V4's answers, made from the world. */

import type { Entry, Project } from "../../World.js"
import { iso } from "../time.js"
import type { Share, Visit, Webhook } from "./state.js"

/** The names after `media_links.`, and the source of each link. */
const MEDIA_LINKS: Readonly<Record<string, ReadonlyArray<string>>> = {
  original: ["download_url", "inline_url"],
  thumbnail: ["download_url", "url"],
  thumbnail_high_quality: ["download_url", "url"],
  video_h264_180: ["download_url", "url"],
  high_quality: ["download_url"],
  efficient: ["download_url"],
  scrub_sheet: ["download_url", "url"]
}

/**
 * Everything that `include` can request.
 *
 * @internal
 */
export const INCLUDES: ReadonlySet<string> = new Set([
  "creator",
  "owner",
  "project",
  "project.owner",
  "metadata",
  ...Object.keys(MEDIA_LINKS).map((name) => `media_links.${name}`)
])

const person = (visit: Visit, id: string) => {
  const { email, name } = visit.world.user(id) ?? { email: "", name: null }
  return { id, name, email, avatar_url: null, active: true }
}

/** @internal */
export const project = (visit: Visit, one: Project) => ({
  id: one.id,
  name: one.name,
  status: "active",
  storage: 0,
  workspace_id: one.teamId,
  root_folder_id: one.rootId,
  description: null,
  restricted: false,
  created_at: iso(one.insertedAt),
  updated_at: iso(one.insertedAt),
  view_url: `https://next.frame.io/project/${one.id}`,
  ...(visit.include.has("owner") || visit.include.has("project.owner") ? { owner: person(visit, one.ownerId) } : {})
})

/** The requested related resources of an asset. */
const included = (visit: Visit, entry: Entry) => {
  const { include, world } = visit
  const holder = world.project(entry.projectId)
  const { metadata } = entry.fields
  return {
    ...(include.has("creator") ? { creator: person(visit, entry.creatorId) } : {}),
    ...(holder !== undefined && (include.has("project") || include.has("project.owner"))
      ? { project: project(visit, holder) }
      : {}),
    ...(include.has("metadata") ? { metadata: Array.isArray(metadata) ? metadata : [] } : {})
  }
}

/** A link that is not ready is null. */
const mediaLinks = (visit: Visit, entry: Entry) => {
  const asked = Object.entries(MEDIA_LINKS).filter(([name]) => visit.include.has(`media_links.${name}`))
  if (asked.length === 0) return {}
  const isReady = status(visit, entry) === "transcoded"
  const links = asked.map(([name, urls]) => [
    name,
    isReady ? Object.fromEntries(urls.map((url) => [url, `https://media.example.invalid/${entry.id}/${name}`])) : null
  ])
  return { media_links: Object.fromEntries(links) }
}

const status = (visit: Visit, entry: Entry): string => {
  if (typeof entry.fields.status === "string") return entry.fields.status
  if (visit.world.uploads.get(entry.id) !== undefined && !visit.world.uploads.isComplete(entry.id)) return "created"
  return entry.assetType === null ? "uploaded" : "transcoded"
}

const common = (visit: Visit, entry: Entry) => ({
  id: entry.id,
  name: entry.name,
  type: entry.kind,
  project_id: entry.projectId,
  parent_id: visit.state.parentOf(entry, visit.nowMillis),
  created_at: iso(entry.insertedAt),
  updated_at: iso(entry.updatedAt),
  view_url: `https://next.frame.io/project/${entry.projectId}/view/${entry.id}`,
  ...included(visit, entry)
})

/** @internal */
export const file = (visit: Visit, entry: Entry) => ({
  ...common(visit, entry),
  file_size: entry.filesize,
  media_type: entry.filetype ?? "application/octet-stream",
  status: status(visit, entry),
  ...mediaLinks(visit, entry)
})

/** @internal */
export const folder = (visit: Visit, entry: Entry) => ({
  ...common(visit, entry),
  view_url: `https://next.frame.io/project/${entry.projectId}/${entry.id}`,
  cover_file_id: null
})

const headOf = (visit: Visit, entry: Entry) => {
  const [head] = visit.state.childrenOf(entry.id, visit.nowMillis)
  const found = head === undefined ? undefined : visit.world.get(head)
  if (found === undefined) return null
  const shown = file(visit, found)
  return visit.unknowns.headParent === "folder" ? { ...shown, parent_id: entry.parentId } : shown
}

/** @internal */
export const stack = (visit: Visit, entry: Entry) => ({ ...common(visit, entry), head_version: headOf(visit, entry) })

/** @internal */
export const item = (visit: Visit, entry: Entry): unknown => {
  switch (entry.kind) {
    case "file":
      return file(visit, entry)
    case "folder":
      return folder(visit, entry)
    case "version_stack":
      return stack(visit, entry)
  }
}

/** @internal */
export const share = (one: Share) => ({
  id: one.id,
  name: one.name,
  description: null,
  access: "public",
  enabled: true,
  commenting_enabled: true,
  downloading_enabled: false,
  collection_id: one.id,
  short_url: `https://f.io/${one.id.slice(-8)}`,
  expiration: null,
  last_viewed_at: null,
  created_at: iso(one.createdAt),
  updated_at: iso(one.updatedAt)
})

/** @internal */
export const webhook = (one: Webhook) => ({
  id: one.id,
  name: one.name,
  url: one.url,
  active: true,
  events: one.events,
  workspace_id: one.workspaceId,
  created_at: iso(one.createdAt),
  updated_at: iso(one.createdAt)
})
