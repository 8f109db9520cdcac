/** Moves and copies assets to other folders. */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as Unknowns from "../../Unknowns.js"
import type { Result } from "../../World.js"
import { type Asset, livingOf, nameOf, stackAround } from "./node.js"
import { gone, refuse } from "./refusal.js"
import type { Stacks } from "./stacks.js"
import type { Tree } from "./tree.js"

/** @internal */
export class Moves {
  readonly #tree: Tree
  readonly #stacks: Stacks
  readonly #unknowns: Unknowns.Unknowns

  constructor(tree: Tree, stacks: Stacks, unknowns: Unknowns.Unknowns) {
    this.#tree = tree
    this.#stacks = stacks
    this.#unknowns = unknowns
  }

  /** Moves an asset to the front of a folder. */
  move(id: string, folderId: string, nowMillis: number): Result<AssetId> {
    const asset = this.#tree.alive(id)
    const folder = this.#tree.alive(folderId)
    if (asset === undefined) return gone(id)
    if (folder === undefined) return gone(folderId)
    if (asset.parent === undefined) return refuse("Root", id, "The root of a project cannot be moved.")
    if (folder.kind !== "folder" || this.#tree.isWithin(folderId, id)) {
      return refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const now = nowMillis
    const from = stackAround(asset)
    this.#tree.unlink(asset)
    this.#tree.prepend(folder, asset)
    const pending = [asset]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      at.project = folder.project
      for (const child of at.children) pending.push(child)
    }
    asset.updatedAt = now
    if (from !== undefined) this.#stacks.settle(from, now)
    return { ok: true, value: asset.id }
  }

  /** Copies an asset, and all below it that is not deleted, to the front of a folder. Answers the copy. */
  copy(id: string, folderId: string, nowMillis: number): Result<AssetId> {
    const asset = this.#tree.alive(id)
    const folder = this.#tree.alive(folderId)
    if (asset === undefined) return gone(id)
    if (folder === undefined) return gone(folderId)
    if (asset.parent === undefined) return refuse("Root", id, "The root of a project cannot be copied.")
    if (folder.kind !== "folder" || this.#tree.isWithin(folderId, id)) {
      return refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const copied = this.#copyInto(asset, folder, nowMillis)
    if (this.#unknowns.copyName === "copy-of") copied.name = `Copy of ${nameOf(asset, this.#unknowns)}`
    return { ok: true, value: copied.id }
  }

  #copyInto(from: Asset, folder: Asset, nowMillis: number): Asset {
    const newest =
      from.kind === "version_stack" && this.#unknowns.copiedStack === "newest" ? livingOf(from)[0] : undefined
    const source = newest ?? from
    const { creatorId, kind, name } = source
    const made = this.#tree.append({ kind, name, project: folder.project, creatorId, nowMillis })
    made.assetType = source.assetType
    made.filesize = source.filesize
    made.filetype = source.filetype
    made.fields = source.fields
    this.#tree.prepend(folder, made)
    // The oldest first, because each is put before those that came before it.
    for (const child of livingOf(source).reverse()) this.#copyInto(child, made, nowMillis)
    return made
  }
}
