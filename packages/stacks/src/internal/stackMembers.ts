/** The versions of a stack, and their order. */
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Stream from "effect/Stream"
import * as AssetCache from "../AssetCache.js"
import { NotInStack } from "../VersionStackError.js"
import { locate, type ReadOptions } from "./stackLocation.js"

type AssetId = Asset.AssetId
const { sameId } = Asset

/**
 * The versions of a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Members {
  readonly stack: Asset.Asset
  /** Oldest first. */
  readonly versions: ReadonlyArray<Asset.Asset>
  /**
   * `confirmed` if `cover_asset_id`, which is documented to be the newest, is at one end; else `assumed` to be newest first
   * as listed, as in Frame.io's own SDK.
   */
  readonly order: "confirmed" | "assumed"
}

/**
 * The children of a stack, as they were listed, from the oldest to the newest. Pure.
 *
 * The order of a listing is not documented, but the newest version is: its end of the listing is the new end. If it is at
 * neither end, the children are sorted by `index`, provided it is at an end then.
 */
export const inOrder = (
  listed: ReadonlyArray<Asset.Asset>,
  newest: Option.Option<AssetId>
): Pick<Members, "versions" | "order"> => {
  const oldestFirst = (children: ReadonlyArray<Asset.Asset>): ReadonlyArray<Asset.Asset> | undefined => {
    if (Option.isNone(newest)) return undefined
    const [first] = children
    const last = children.at(-1)
    if (first !== undefined && sameId(first.id, newest.value)) return children.toReversed()
    return last !== undefined && sameId(last.id, newest.value) ? children : undefined
  }
  const versions = oldestFirst(listed) ?? oldestFirst(byIndex(listed))
  return versions === undefined
    ? { versions: listed.toReversed(), order: listed.length < 2 ? "confirmed" : "assumed" }
    : { versions, order: "confirmed" }
}

const byIndex = (children: ReadonlyArray<Asset.Asset>): ReadonlyArray<Asset.Asset> =>
  children.every(({ index }) => typeof index === "number")
    ? children.toSorted(Order.mapInput(Order.number, ({ index }) => index ?? 0))
    : []

/**
 * The stack that an asset is, or is in.
 *
 * @internal
 */
export const stackOf = (assetId: AssetId, options?: ReadOptions) =>
  Effect.flatMap(locate(assetId, options), (location) => {
    if (location._tag === "Stack") return Effect.succeed(location.asset)
    if (location._tag === "Member") return Effect.succeed(location.stack)
    return Effect.fail(new NotInStack({ assetId, kind: Asset.kind(location.asset) }))
  })

/** @internal */
export const membersOf = (stackId: AssetId): Effect.Effect<Members, FrameioError.ListError, AssetCache.AssetCache> =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.AssetCache
    const [stack, listed] = yield* Effect.all(
      [cache.get({ assetId: stackId, fresh: true }), Stream.runCollect(AssetCache.listing({ assetId: stackId }))],
      { concurrency: 2 }
    )
    return { stack, ...inOrder(Chunk.toReadonlyArray(listed), Asset.coverAssetId(stack)) }
  })

/**
 * The versions of a stack as they are now, oldest first. The id may be the stack's or a version's. One request for the
 * stack and one for each hundred versions; one or two more if the stack of a version is not known.
 *
 * @since 0.1.0
 * @category reading
 */
export const members = Effect.fn("VersionStack.members")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Members, FrameioError.ListError | NotInStack, AssetCache.AssetCache> {
  return yield* membersOf((yield* stackOf(assetId, options)).id)
})

/**
 * The newest version of the stack that the asset is or is in, or the file itself. Two requests if nothing is known, three
 * for a file inside a stack.
 *
 * @since 0.1.0
 * @category reading
 */
export const head = Effect.fn("VersionStack.head")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Asset.Asset, FrameioError.ListError | NotInStack, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const location = yield* locate(assetId, options)
  if (location._tag === "File") return location.asset
  const stack = yield* stackOf(assetId)
  const newest = Option.getOrUndefined(Asset.coverAssetId(stack))
  if (newest !== undefined) return yield* cache.get({ assetId: newest, fresh: options?.fresh })
  const last = (yield* membersOf(stack.id)).versions.at(-1)
  return last ?? (yield* new NotInStack({ assetId, kind: Asset.kind(stack) }))
})
