/**
 * A repository's items as v2's assets: printed alike, whichever API they come from. Pure.
 *
 * @since 0.1.0
 */
import type * as Asset from "@effect-frameio/core/Asset"
import type { Item } from "@effect-frameio/stacks/Repository"

const typeOf = (item: Item): string => {
  switch (item._tag) {
    case "File":
      return "file"
    case "Folder":
      return "folder"
    case "Stack":
      return "version_stack"
    case "Other":
      return item.kind
  }
}

/**
 * An item as an asset.
 *
 * @since 0.1.0
 * @category printing
 */
export const of = (item: Item): Asset.Asset => ({
  id: item.id,
  type: typeOf(item),
  name: item.name,
  parent_id: item.parentId ?? null,
  ...(item.createdAt === undefined ? {} : { inserted_at: item.createdAt }),
  ...(item._tag === "File" && item.bytes !== undefined ? { filesize: item.bytes } : {}),
  ...(item._tag === "Stack" && item.newest !== undefined ? { cover_asset_id: item.newest } : {}),
  ...(item._tag === "Stack" && item.count !== undefined ? { versions: item.count } : {})
})
