/** One asset in its place, and the facts that follow from it. Pure. */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as Unknowns from "../../Unknowns.js"
import type { AssetType, Entry, Kind, Project } from "../../World.js"

const TYPES_BY_EXTENSION: Readonly<Record<string, readonly [AssetType, string]>> = {
  mov: ["stream", "video/quicktime"],
  mp4: ["stream", "video/mp4"],
  mxf: ["stream", "application/mxf"],
  wav: ["stream", "audio/wav"],
  mp3: ["stream", "audio/mpeg"],
  jpg: ["image", "image/jpeg"],
  jpeg: ["image", "image/jpeg"],
  png: ["image", "image/png"],
  exr: ["image", "image/x-exr"],
  tif: ["image", "image/tiff"],
  tiff: ["image", "image/tiff"],
  dpx: ["image", "image/x-dpx"],
  pdf: ["document", "application/pdf"]
}

const extensionOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase()

/**
 * `asset_type` and MIME type by a name's extension; a stream of bytes if unknown.
 *
 * @internal
 */
export const byExtension = (name: string): readonly [AssetType, string] =>
  TYPES_BY_EXTENSION[extensionOf(name)] ?? ["stream", "application/octet-stream"]

/**
 * The fields of an asset that no update has changed.
 *
 * @internal
 */
export const nothingSet: Readonly<Record<string, unknown>> = {}

/**
 * An asset in its place. Other fields of `Entry` are computed on demand.
 *
 * @internal
 */
export interface Asset {
  readonly id: AssetId
  readonly kind: Kind
  /** A stack without a name of its own has that of one of its versions. */
  name: string
  assetType: AssetType
  project: Project
  readonly creatorId: string
  /** None on a root, and on an asset that is being moved. */
  parent: Asset | undefined
  /** In no order; deleted ones stay. */
  readonly children: Set<Asset>
  /** How many children are not deleted. */
  items: number
  /** The place among the children of its parent, the newest lowest. */
  index: number
  /** The lowest index that a child was given. */
  front: number
  filesize: number
  /** By the extension of the name unless given. */
  filetype: string | undefined
  readonly insertedAt: number
  updatedAt: number
  /** When it was deleted itself. */
  deletedAt: number | null
  fields: Readonly<Record<string, unknown>>
}

/**
 * When an asset, or a container of it, was deleted.
 *
 * @internal
 */
export const deletedAt = (asset: Asset): number | null => {
  for (let at: Asset | undefined = asset; at !== undefined; at = at.parent) {
    if (at.deletedAt !== null) return at.deletedAt
  }
  return null
}

/**
 * Newest first.
 *
 * @internal
 */
export const childrenOf = ({ children }: Asset): Array<Asset> =>
  [...children].sort((one, other) => one.index - other.index)

/**
 * Newest first, without those that are deleted.
 *
 * @internal
 */
export const livingOf = (parent: Asset): Array<Asset> =>
  childrenOf(parent).filter(({ deletedAt }) => deletedAt === null)

/**
 * The stack that a file is in.
 *
 * @internal
 */
export const stackAround = ({ parent }: Asset): Asset | undefined =>
  parent?.kind === "version_stack" ? parent : undefined

/** @internal */
export const filetypeOf = ({ filetype, name }: Asset): string => filetype ?? byExtension(name)[1]

/**
 * A stack is named after one of its versions, unless it was given a name of its own.
 *
 * @internal
 */
export const nameOf = (asset: Asset, { stackName }: Pick<Unknowns.Unknowns, "stackName">): string => {
  if (asset.kind !== "version_stack" || asset.name !== "") return asset.name
  return livingOf(asset).at(stackName === "newest" ? 0 : -1)?.name ?? ""
}

/**
 * An asset in the form that tests see.
 *
 * @internal
 */
export const entryOf = (asset: Asset, unknowns: Pick<Unknowns.Unknowns, "stackName">): Entry => {
  const { kind, project } = asset
  const isFile = kind === "file"
  return {
    id: asset.id,
    kind,
    name: nameOf(asset, unknowns),
    assetType: asset.assetType,
    parentId: asset.parent?.id ?? null,
    projectId: project.id,
    teamId: project.teamId,
    accountId: project.accountId,
    creatorId: asset.creatorId,
    index: asset.index,
    filesize: isFile ? asset.filesize : 0,
    filetype: isFile ? filetypeOf(asset) : null,
    itemCount: asset.items,
    versions: kind === "version_stack" ? asset.items : 0,
    coverAssetId: kind === "version_stack" ? (livingOf(asset)[0]?.id ?? null) : null,
    insertedAt: asset.insertedAt,
    updatedAt: asset.updatedAt,
    deletedAt: deletedAt(asset),
    fields: asset.fields
  }
}
