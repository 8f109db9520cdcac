/** The bodies of V4's answers, out of the world. */

import type { Entry } from "../../World.js"
import { iso } from "../time.js"
import type { Share, Visit, Webhook } from "./state.js"

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
  view_url: `https://next.frame.io/project/${entry.projectId}/view/${entry.id}`
})

/** @internal */
export const file = (visit: Visit, entry: Entry) => ({
  ...common(visit, entry),
  file_size: entry.filesize,
  media_type: entry.filetype ?? "application/octet-stream",
  status: status(visit, entry)
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
