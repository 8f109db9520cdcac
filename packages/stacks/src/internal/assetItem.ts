/**
 * An asset of v2 in the words of the repository. Pure.
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as Option from "effect/Option"
import type { File, Item, Stack } from "../Repository.js"

const commonOf = (asset: Asset.Asset) => ({
  id: asset.id,
  name: asset.name ?? "",
  parentId: Option.getOrUndefined(Asset.parentId(asset)),
  createdAt: asset.inserted_at ?? undefined
})

/** @internal */
export const fileOf = (asset: Asset.Asset): File => ({
  _tag: "File",
  ...commonOf(asset),
  bytes: asset.filesize ?? undefined,
  mediaKind: asset.asset_type ?? undefined,
  arrived: asset.upload_completed_at === undefined ? undefined : asset.upload_completed_at !== null
})

const stackOf = (asset: Asset.Asset): Stack => ({
  _tag: "Stack",
  ...commonOf(asset),
  newest: Option.getOrUndefined(Asset.coverAssetId(asset)),
  count: asset.versions ?? asset.item_count ?? undefined
})

/** @internal */
export const itemOf = (asset: Asset.Asset): Item => {
  if (Asset.isVersionStack(asset)) return stackOf(asset)
  if (Asset.isFile(asset)) return fileOf(asset)
  return Asset.isFolder(asset)
    ? { _tag: "Folder", ...commonOf(asset) }
    : { _tag: "Other", ...commonOf(asset), kind: Asset.kind(asset) }
}
