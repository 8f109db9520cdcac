/** Every asset of a world, and where it lies. */
import type { AssetId } from "@effect-frameio/core/Asset"
import { toUuid } from "../ids.js"
import { hash } from "../random.js"
import { type Asset, deletedAt, nothingSet } from "./node.js"

/** Shared by all files, which never get children. */
const noChildren = new Set<Asset>()

/** @internal */
export class Tree {
  readonly #seed: number
  /** In the order in which they were added. */
  readonly #assets = new Map<string, Asset>()
  #revision = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** How many assets there are, deleted ones and roots included. */
  get size(): number {
    return this.#assets.size
  }

  /** Counts changes, so that a kept listing notices when it is stale. */
  get revision(): number {
    return this.#revision
  }

  /** All assets, newest first. */
  all(): ReadonlyArray<Asset> {
    return [...this.#assets.values()].reverse()
  }

  /** Ids match in either case. */
  find(id: string): Asset | undefined {
    return this.#assets.get(id) ?? this.#assets.get(id.toLowerCase())
  }

  /** An asset that is not deleted. */
  alive(id: string): Asset | undefined {
    const asset = this.find(id)
    return asset === undefined || deletedAt(asset) !== null ? undefined : asset
  }

  /** Whether an asset is, or lies below, a folder or a stack. */
  isWithin(id: string, ancestorId: string): boolean {
    const ancestor = this.find(ancestorId)
    for (let at = this.find(id); at !== undefined; at = at.parent) if (at === ancestor) return true
    return false
  }

  /** The id of the asset that is added next. */
  nextId(): AssetId {
    return toUuid(this.#seed, this.#assets.size) as AssetId
  }

  append(made: Pick<Asset, "kind" | "name" | "project" | "creatorId"> & { readonly nowMillis: number }): Asset {
    const { creatorId, kind, name, nowMillis, project } = made
    const asset: Asset = {
      id: this.nextId(),
      kind,
      name,
      assetType: null,
      project,
      creatorId,
      parent: undefined,
      children: kind === "file" ? noChildren : new Set(),
      items: 0,
      index: 0,
      front: 0,
      filesize: kind === "file" ? 1_000_000 + (hash(this.#seed, this.#assets.size, 4) % 4_000_000_000) : 0,
      filetype: undefined,
      insertedAt: nowMillis,
      updatedAt: nowMillis,
      deletedAt: null,
      fields: nothingSet
    }
    this.#assets.set(asset.id, asset)
    this.#revision++
    return asset
  }

  /** Puts an asset without a place into a folder or stack. */
  place(parent: Asset, asset: Asset, index: number): void {
    asset.parent = parent
    asset.index = index
    parent.children.add(asset)
    if (asset.deletedAt === null) parent.items++
    this.#revision++
  }

  /** Puts an asset without a place before everything else in a folder or stack. */
  prepend(parent: Asset, asset: Asset): void {
    this.place(parent, asset, --parent.front)
  }

  unlink(asset: Asset): void {
    const { parent } = asset
    if (parent === undefined) return
    parent.children.delete(asset)
    if (asset.deletedAt === null) parent.items--
    asset.parent = undefined
    this.#revision++
  }

  /** Notes that an asset has moved. */
  touch(asset: Asset, now: number): void {
    asset.updatedAt = now
    this.#revision++
  }

  markDeleted(asset: Asset, now: number): void {
    if (asset.deletedAt !== null) return
    asset.deletedAt = now
    if (asset.parent !== undefined) asset.parent.items--
    this.touch(asset, now)
  }
}
