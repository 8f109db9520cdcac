/**
 * Assets for a person: names first, ids and links last. Pure.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as AssetLink from "./AssetLink.js"
import * as Text from "./Text.js"
import * as UploadBar from "./UploadBar.js"

/**
 * The name, or the id if there is none, on one line.
 *
 * @since 0.1.0
 * @category printing
 */
export const nameOf = (asset: Asset.Asset): string =>
  Text.visibleLine(typeof asset.name === "string" && asset.name !== "" ? asset.name : asset.id)

/**
 * An asset as JSON on one line: the fields that Frame.io gives it, and always its kind under `type`.
 *
 * @since 0.1.0
 * @category printing
 */
export const json = (asset: Asset.Asset): string => `${JSON.stringify({ ...asset, type: Asset.kind(asset) })}\n`

const KINDS: Readonly<Record<string, string>> = { version_stack: "stack" }

/**
 * The asset's kind, in one word.
 *
 * @since 0.1.0
 * @category printing
 */
export const kindOf = (asset: Asset.Asset): string => {
  const kind = Asset.kind(asset)
  return KINDS[kind] ?? kind
}

/**
 * The asset's size: bytes of a file, items in a folder; empty if unknown.
 *
 * @since 0.1.0
 * @category printing
 */
export const sizeOf = (asset: Asset.Asset): string => {
  if (Asset.isVersionStack(asset)) return ""
  if (Asset.isFolder(asset)) return typeof asset.item_count === "number" ? Text.plural(asset.item_count, "item") : ""
  return typeof asset.filesize === "number" ? UploadBar.bytes(asset.filesize) : ""
}

/**
 * Assets as a table no wider than `columns`. If names would have to be cut, each asset takes two lines: names of shots
 * differ in the middle, and people look for them.
 *
 * @since 0.1.0
 * @category printing
 */
export const table = (assets: ReadonlyArray<Asset.Asset>, columns: number): string => {
  const cells = assets.map((asset) => [nameOf(asset), kindOf(asset), sizeOf(asset), asset.id, asset] as const)
  const widest = (n: 0 | 1 | 2 | 3): number => Math.max(0, ...cells.map((row) => Text.width(row[n])))
  const isWide = widest(0) + widest(1) + widest(2) + widest(3) + 6 < columns
  const room = isWide ? widest(0) : Math.max(columns - 1, 16)
  return cells
    .map(([name, kind, size, id, asset]) => {
      const shown = Text.linked(AssetLink.linkOf(asset), Text.shortened(name, room))
      const rest = [Text.padded(kind, widest(1)), Text.padded(size, widest(2)), id].join("  ")
      return isWide ? `${Text.padded(shown, room)}  ${rest}\n` : `${shown}\n  ${rest}\n`
    })
    .join("")
}
