/** Rules of stacks that can be checked before anything is sent. */
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AssetCache from "../AssetCache.js"
import { NotStackable } from "../VersionStackError.js"
import type { Location } from "./stackLocation.js"

type AssetId = Asset.AssetId
type Cache = AssetCache.Service
const { sameId } = Asset

/** @internal */
export const problem = (assetId: AssetId, message: string): FrameioError.Problem => ({ path: "", assetId, message })

/** Reasons why an asset cannot get versions. */
const targetProblems = (location: Location): ReadonlyArray<FrameioError.Problem> =>
  location._tag === "Folder" || location._tag === "Other"
    ? [problem(location.asset.id, `is a ${Asset.kind(location.asset)}, and only files and stacks get versions`)]
    : []

/**
 * Reasons why an asset cannot become a version: its kind, or an `asset_type` other than the stack's.
 *
 * @internal
 */
export const versionProblems = (
  next: Asset.Asset,
  there: Asset.Asset | undefined
): ReadonlyArray<FrameioError.Problem> => {
  if (Asset.isVersionStack(next)) {
    const advice = "name its versions instead, after taking it apart"
    return [problem(next.id, `is a version stack, and a stack goes onto no other: ${advice}`)]
  }
  if (!Asset.isFile(next)) return [problem(next.id, `is a ${Asset.kind(next)}, and only files are versions`)]
  const one = there?.asset_type
  const other = next.asset_type
  // Null until the file has been processed, so Frame.io judges it.
  if (!one || !other || one === other) return []
  return [problem(next.id, `has the asset_type ${other}, and ${there.id} has ${one}: both must be the same`)]
}

/** A file that the versions of a stack have to go with, if one is known. */
const sampleOf = (cache: Cache, location: Location): Effect.Effect<Asset.Asset | undefined> =>
  location._tag === "Stack"
    ? Option.match(Asset.coverAssetId(location.asset), {
        onNone: () => Effect.succeed(undefined),
        onSome: (cover) => Effect.map(cache.known(cover), Option.getOrUndefined)
      })
    : Effect.succeed(location.asset)

/** @internal */
export const refuse = (problems: ReadonlyArray<FrameioError.Problem>): Effect.Effect<void, NotStackable> => {
  const [first, ...more] = problems
  return first === undefined ? Effect.void : new NotStackable({ problems: [first, ...more] })
}

/**
 * All known faults of the target and the versions.
 *
 * @internal
 */
export const check = (
  cache: Cache,
  location: Location,
  versions: ReadonlyArray<AssetId>
): Effect.Effect<void, NotStackable> =>
  Effect.gen(function* () {
    const sample = yield* sampleOf(cache, location)
    const known = yield* Effect.forEach(versions, (id) => cache.known(id))
    yield* refuse([
      ...targetProblems(location),
      ...known.flatMap((next) => (Option.isNone(next) ? [] : versionProblems(next.value, sample)))
    ])
  })

const isAssetId = Schema.is(Asset.AssetUuid)

/** @internal */
export const listProblems = (assetIds: ReadonlyArray<AssetId>): ReadonlyArray<FrameioError.Problem> => {
  const seen = new Map<string, number>()
  const problems: Array<FrameioError.Problem> = []
  assetIds.forEach((id, n) => {
    const path = `[${n}]`
    if (!isAssetId(id)) problems.push({ path, message: "is not an asset id" })
    const before = seen.get(id.toLowerCase())
    if (before !== undefined) problems.push({ path, message: `is the same as [${before}]: ${id}` })
    else seen.set(id.toLowerCase(), n)
  })
  if (assetIds.length < 2) problems.push({ path: "", message: "needs at least two ids, the oldest version first" })
  return problems
}

/**
 * How far a list is on the stack in order, from its front. Further ids of it on the stack are out of order.
 *
 * @internal
 */
export const inPlace = (assetIds: ReadonlyArray<AssetId>, stackId: AssetId, versions: ReadonlyArray<Asset.Asset>) => {
  const position = new Map(versions.map(({ id }, n) => [id.toLowerCase(), n]))
  const positions = assetIds.map((id) => position.get(id.toLowerCase()))
  // The first of the list may be the stack itself, which is below all of its versions.
  const [first] = assetIds
  if (first !== undefined && sameId(first, stackId)) positions[0] = -1
  let count = 0
  let last = Number.NEGATIVE_INFINITY
  for (const at of positions) {
    if (at === undefined || at <= last) break
    last = at
    count++
  }
  return { count, early: assetIds.filter((_, n) => n >= count && positions[n] !== undefined) }
}
