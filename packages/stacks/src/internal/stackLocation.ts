/** The place of an asset: by itself, or on a stack. */
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AssetCache from "../AssetCache.js"

type AssetId = Asset.AssetId

/**
 * The place of an asset: a loose file, a version inside a stack, a stack, a folder, or something else such as a bundle.
 *
 * @since 0.1.0
 * @category models
 */
export type Location =
  | { readonly _tag: "File"; readonly asset: Asset.Asset }
  | { readonly _tag: "Member"; readonly asset: Asset.Asset; readonly stack: Asset.Asset }
  | { readonly _tag: "Stack"; readonly asset: Asset.Asset }
  | { readonly _tag: "Folder"; readonly asset: Asset.Asset }
  | { readonly _tag: "Other"; readonly asset: Asset.Asset }

/**
 * The options of reading.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** Whether to read cached assets anew, too. Default `false`. */
  readonly fresh?: boolean | undefined
}

/**
 * Locates an asset. Cached assets cost nothing; else one request for the asset, and for a file one for its parent.
 *
 * @since 0.1.0
 * @category reading
 */
export const locate = Effect.fn("VersionStack.locate")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Location, FrameioError.ListError, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const asset = yield* cache.get({ assetId, fresh: options?.fresh })
  const parent = Asset.isFile(asset) ? Asset.parentId(asset) : Option.none()
  if (Option.isNone(parent)) return located(asset, undefined)
  return located(asset, yield* cache.get({ assetId: parent.value, fresh: options?.fresh }))
})

/** The place of an asset, given the parent of a file. */
const located = (asset: Asset.Asset, holder: Asset.Asset | undefined): Location => {
  if (Asset.isVersionStack(asset)) return { _tag: "Stack", asset }
  if (Asset.isFolder(asset)) return { _tag: "Folder", asset }
  if (!Asset.isFile(asset)) return { _tag: "Other", asset }
  return holder !== undefined && Asset.isVersionStack(holder)
    ? { _tag: "Member", asset, stack: holder }
    : { _tag: "File", asset }
}

/**
 * This many single reads take as much of the rate limit as one page of a listing: 5 per second against 40 per minute.
 */
const READS_PER_PAGE = 8

/** After this many looks in a row that helped with no other asset, the rest is read one by one. */
const SCOUTS = 3

const inFlight = 16

/** An asset that is not there, or that the token's user may not see. */
const isMissing = (error: FrameioError.ListError): error is FrameioError.NotFound | FrameioError.Forbidden =>
  error._tag === "FrameioNotFound" || error._tag === "FrameioForbidden"

/**
 * Locates many assets. Assets that are gone, or may not be seen, are listed apart; any other failure fails the whole.
 *
 * If several are in one folder, the folder is listed instead, as long as a page shows eight of them or of their stacks: by
 * the documented limits a page costs as much as eight single reads. Versions inside a stack are on no folder's list, so
 * they are one request each, and one for their stack if no list showed it.
 *
 * @since 0.1.0
 * @category reading
 */
export const locateAll = Effect.fn("VersionStack.locateAll")(function* (
  assetIds: Iterable<AssetId>
): Effect.fn.Return<
  ReadonlyMap<AssetId, Either.Either<Location, FrameioError.NotFound | FrameioError.Forbidden>>,
  FrameioError.ListError,
  AssetCache.AssetCache
> {
  const cache = yield* AssetCache.AssetCache
  const found = new Map<string, Either.Either<Location, FrameioError.NotFound | FrameioError.Forbidden>>()
  const wanted = Array.from(assetIds)
  const pending = new Map(wanted.map((id) => [id.toLowerCase(), id]))

  const settle = (id: AssetId, result: Either.Either<Location, FrameioError.NotFound | FrameioError.Forbidden>) => {
    pending.delete(id.toLowerCase())
    found.set(id.toLowerCase(), result)
  }

  const one = (id: AssetId) =>
    Effect.tap(
      Effect.catchIf(Effect.map(locate(id), Either.right), isMissing, (error) => Effect.succeed(Either.left(error))),
      (result) => Effect.sync(() => settle(id, result))
    )

  /** Lists while it pays; answers whether it did. */
  const list = (holderId: AssetId, holder: Asset.Asset | undefined) => {
    let paid = false
    return AssetCache.listing({ assetId: holderId, ahead: 0 }).pipe(
      Stream.chunks,
      Stream.runForEachWhile((page) =>
        Effect.sync(() => {
          const told = Chunk.filter(page, ({ id }) => pending.has(id.toLowerCase()))
          for (const asset of told) settle(asset.id, Either.right(located(asset, holder)))
          if (told.length >= READS_PER_PAGE) paid = true
          // In a folder that many of them are in, a stack may be the one that others are on, and need not be read then.
          const worth = told.length + (paid ? Chunk.size(Chunk.filter(page, Asset.isVersionStack)) : 0)
          return worth >= READS_PER_PAGE && pending.size >= READS_PER_PAGE
        })
      ),
      Effect.catchIf(isMissing, () => Effect.void),
      Effect.map(() => paid)
    )
  }

  const listed = new Set<string>()
  const mayPay = (holderId: Option.Option<AssetId>, holder: Asset.Asset | undefined): boolean =>
    Option.isSome(holderId) &&
    !listed.has(holderId.value.toLowerCase()) &&
    pending.size >= READS_PER_PAGE &&
    (holder?.item_count ?? READS_PER_PAGE) >= READS_PER_PAGE

  for (let misses = 0; misses < SCOUTS && pending.size > 0; ) {
    const [next] = pending.values()
    if (next === undefined) break
    const known = yield* cache.known(next)
    const scout = yield* one(next)
    // A cached asset cost no request, so it does not count as a look.
    if (Option.isSome(known) || Either.isLeft(scout)) continue
    const location = scout.right
    let paid = false
    if (location._tag === "Member" && mayPay(Option.some(location.stack.id), location.stack)) {
      listed.add(location.stack.id.toLowerCase())
      paid = yield* list(location.stack.id, location.stack)
    }
    // A folder's list has no versions of stacks, so the parents of its files need not be read.
    const folder = Asset.parentId(location._tag === "Member" ? location.stack : location.asset)
    if (mayPay(folder, undefined) && Option.isSome(folder)) {
      listed.add(folder.value.toLowerCase())
      paid = (yield* list(folder.value, undefined)) || paid
    }
    misses = paid ? 0 : misses + 1
  }
  yield* Effect.forEach(pending.values(), one, { concurrency: inFlight, discard: true })
  return new Map(
    wanted.flatMap((id) => {
      const result = found.get(id.toLowerCase())
      return result === undefined ? [] : [[id, result]]
    })
  )
})
