/** The rules of version stacks: what goes on one, in which order, and what remains of one. */
import type * as Unknowns from "../../Unknowns.js"
import type { Result, Versioned } from "../../World.js"
import { type Asset, livingOf, stackAround } from "./node.js"
import { gone, refuse } from "./refusal.js"
import type { Tree } from "./tree.js"

/** @internal */
export class Stacks {
  readonly #tree: Tree
  readonly #unknowns: Unknowns.Unknowns

  constructor(tree: Tree, unknowns: Unknowns.Unknowns) {
    this.#tree = tree
    this.#unknowns = unknowns
  }

  /** Makes `nextAssetId` the newest version of `assetId`. */
  version(args: {
    readonly assetId: string
    readonly nextAssetId: string
    readonly nowMillis: number
    /** Whether the kinds of the two may differ; unknown for V4. Default `false`. */
    readonly anyType?: boolean | undefined
    /** Whether the new version may come from another stack, whatever `Unknowns` says of v2. Default `false`. */
    readonly fromStack?: boolean | undefined
  }): Result<Versioned> {
    const now = args.nowMillis
    const named = this.#tree.alive(args.assetId)
    const file = this.#tree.alive(args.nextAssetId)
    if (named === undefined) return gone(args.assetId)
    if (file === undefined) return gone(args.nextAssetId)
    if (named === file) return refuse("SelfVersion", args.assetId, "An asset cannot be a version of itself.")
    if (named.kind === "folder") return refuse("NotAFile", args.assetId, "A folder cannot have versions.")
    if (file.kind === "folder") return refuse("NotAFile", args.nextAssetId, "A folder cannot be a version.")
    if (file.kind === "version_stack") {
      return refuse("StackOnStack", args.nextAssetId, "A version stack cannot be a version.")
    }
    const around = stackAround(named)
    if (around !== undefined && this.#unknowns.targetInStack === "refuse") {
      return refuse("TargetInStack", args.assetId, "The asset is inside a version stack; use the id of the stack.")
    }
    const target = around ?? named
    const from = stackAround(file)
    if (from !== undefined && args.fromStack !== true && this.#unknowns.nextInStack === "refuse") {
      return refuse("NextInStack", args.nextAssetId, "The new version is inside a version stack already.")
    }
    const one = target.assetType
    const other = file.assetType
    const unprocessed = (one === null || other === null) && this.#unknowns.unprocessed === "matches-any"
    if (one !== other && !unprocessed && args.anyType !== true) {
      return refuse(
        "AssetTypeMismatch",
        args.nextAssetId,
        `Both must have the same asset_type: ${one} is not ${other}.`
      )
    }
    const stack = target.kind === "file" ? this.#stackInPlaceOf(target, now) : target
    this.#tree.unlink(file)
    this.#tree.prepend(stack, file)
    stack.assetType = other ?? one
    file.project = stack.project
    stack.updatedAt = now
    file.updatedAt = now
    if (from !== undefined && from !== stack) this.settle(from, now)
    return { ok: true, value: { stackId: stack.id, fileId: file.id } }
  }

  #stackInPlaceOf(file: Asset, nowMillis: number): Asset {
    const { creatorId, index, parent, project } = file
    const stack = this.#tree.append({ kind: "version_stack", name: "", project, creatorId, nowMillis })
    this.#tree.unlink(file)
    if (parent !== undefined) this.#tree.place(parent, stack, index)
    this.#tree.prepend(stack, file)
    file.updatedAt = nowMillis
    return stack
  }

  /** Puts the versions of a stack into an order, oldest first. All of them must be named. */
  reorder(stackId: string, versions: ReadonlyArray<string>, nowMillis: number): void {
    const stack = this.#tree.find(stackId)
    if (stack === undefined) return
    for (const id of versions) {
      const version = this.#tree.find(id)
      if (version === undefined) continue
      this.#tree.unlink(version)
      this.#tree.prepend(stack, version)
    }
    stack.updatedAt = nowMillis
  }

  /** Takes a version out of its stack, to the front of the folder that the stack is in. */
  unversion(args: { readonly assetId: string; readonly nowMillis: number }): Result<Versioned> {
    const now = args.nowMillis
    const file = this.#tree.alive(args.assetId)
    if (file === undefined) return gone(args.assetId)
    const stack = stackAround(file)
    const folder = stack?.parent
    if (stack === undefined || folder === undefined) {
      return refuse("NotInStack", args.assetId, "The asset is not one version inside a version stack.")
    }
    this.#tree.unlink(file)
    this.#tree.prepend(folder, file)
    file.updatedAt = now
    this.settle(stack, now)
    return { ok: true, value: { stackId: stack.id, fileId: file.id } }
  }

  /** Settles a stack after a version has left it. */
  settle(stack: Asset, now: number): void {
    stack.updatedAt = now
    if (stack.items === 0) {
      if (this.#unknowns.emptyStack === "gone") this.#tree.markDeleted(stack, now)
      return
    }
    const [last] = livingOf(stack)
    const { index, parent: folder } = stack
    if (stack.items > 1 || this.#unknowns.lastVersion !== "dissolve" || last === undefined || folder === undefined)
      return
    this.#tree.unlink(last)
    this.#tree.markDeleted(stack, now)
    // Takes the stack's place; the deleted stack stays behind it.
    this.#tree.place(folder, last, index)
    stack.index = index + 0.5
    last.updatedAt = now
  }
}
