/**
 * The rules of version stacks that Frame.io's API leaves to its callers: which id to send to, what is on a stack and in
 * which order, one version out, all versions out, a whole stack out of a list.
 *
 * Everything reads through the `AssetCache`; each function says how many requests it takes, where "known" means in the
 * cache. Each change is made exactly once, and a repetition after any failure sends only what is missing.
 *
 * From the guide "Manage Version Stacks": only files are versions, and files of one stack have one `asset_type`; no
 * stack goes onto a stack; versions go one by one onto the top; `cover_asset_id` of a stack is its newest version. Not
 * documented, and so not relied upon: which asset a version or unversion call answers, the order of a stack's children,
 * the effect of a version call on a file inside a stack, what remains when the second-last version leaves, and the status
 * of a broken rule.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as AssetCache from "./AssetCache.js"
import type * as ExactlyOnce from "./ExactlyOnce.js"
import { itemOf } from "./internal/assetItem.js"
import { once, type WriteOptions } from "./internal/stackChange.js"
import { type Location, locate } from "./internal/stackLocation.js"
import { membersOf, stackOf } from "./internal/stackMembers.js"
import { check, inPlace, listProblems, problem, refuse, versionProblems } from "./internal/stackRules.js"
import * as StackTarget from "./StackTarget.js"
import {
  AlreadyElsewhere,
  NotInStack,
  NotMade,
  type NotStackable,
  type OutcomeUnknown,
  OutOfOrder
} from "./VersionStackError.js"

export type { WriteOptions } from "./internal/stackChange.js"
export { type Location, locate, locateAll, type ReadOptions } from "./internal/stackLocation.js"
export { head, type Members, members } from "./internal/stackMembers.js"

type AssetId = Asset.AssetId
const { sameId } = Asset

type Cache = AssetCache.Service

type Target = StackTarget.StackTarget<FrameioError.ListError>

const targetOf = (cache: Cache, location: Location): Target =>
  StackTarget.make({
    id: location._tag === "Member" ? location.stack.id : location.asset.id,
    isStack: location._tag === "Member" || location._tag === "Stack",
    get: (assetId) => Effect.map(cache.get({ assetId, fresh: true }), itemOf)
  })

/** Errors of putting a version on a stack. */
type PutError =
  | FrameioError.WriteError
  | FrameioError.ListIncomplete
  | NotStackable
  | AlreadyElsewhere
  | NotMade
  | OutcomeUnknown

const isKnownToBeStacked = (cache: Cache, assetId: AssetId): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const parent = Option.flatMap(yield* cache.known(assetId), Asset.parentId)
    return Option.isSome(parent) && Option.exists(yield* cache.known(parent.value), Asset.isVersionStack)
  })

/** Puts one version on top. Afterwards the target is the stack. */
const put = (
  cache: Cache,
  target: Target,
  next: AssetId,
  options: WriteOptions | undefined
): Effect.Effect<ExactlyOnce.How, PutError> =>
  Effect.gen(function* () {
    const isThere = Effect.flatMap(target.placeOf(next), (place) =>
      place._tag === "Elsewhere"
        ? Effect.fail(new AlreadyElsewhere({ assetId: next, stackId: place.stackId, wanted: target.id() }))
        : Effect.succeed(place._tag === "Here")
    )
    // The cache may be stale, and sending a version that is on another stack might move it: look first.
    if ((yield* isKnownToBeStacked(cache, next)) && (yield* isThere)) return "already"
    const assetIds = () => [target.id(), next]
    const { answer, how } = yield* once(
      {
        send: Effect.suspend(() => cache.version({ assetId: target.id(), nextAssetId: next })),
        endpoint: "assets.version",
        assetIds,
        proves: (answer) =>
          StackTarget.shows(itemOf(answer), { next, stack: target.isStack() ? target.id() : undefined }),
        isMade: isThere,
        onRefusal: Effect.gen(function* () {
          const before = target.id()
          if (!target.isStack()) yield* target.resolve
          if (yield* isThere) return "already"
          if (!sameId(before, target.id())) return "send again"
          const nextAsset = Option.getOrUndefined(yield* cache.known(next))
          if (nextAsset !== undefined) yield* refuse(versionProblems(nextAsset, undefined))
          return "refused"
        })
      },
      options
    )
    if (answer !== undefined) target.learn(itemOf(answer))
    if (!target.isStack()) yield* target.resolve
    return target.isStack()
      ? how
      : yield* new NotMade({ endpoint: "assets.version", assetIds: assetIds(), attempts: 1 })
  })

/**
 * A version in its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Appended {
  /** The stack that it is on; a new one if it was put on a file. */
  readonly stackId: AssetId
  readonly how: ExactlyOnce.How
}

/**
 * Puts a file on top of another, or of a stack. `onto` may be a file, a stack, or a version, which means its stack.
 *
 * One request if `onto` is known, and one or two more if not; two more if a new stack was made and the answer does not show
 * it. A known asset that breaks a rule is refused before anything is sent, as is a version that proves to be on another
 * stack. Frame.io judges unknown assets; whether it refuses a version of another stack or moves it is not documented.
 *
 * @example
 * ```ts
 * const { how, stackId } = yield* VersionStack.append({ onto: shot, next: take2 })
 * ```
 *
 * @since 0.1.0
 * @category changing
 */
export const append = Effect.fn("VersionStack.append")(function* (
  args: {
    /** The file or stack that gets a new version. */
    readonly onto: AssetId
    /** The file that becomes the newest version. */
    readonly next: AssetId
  },
  options?: WriteOptions
): Effect.fn.Return<Appended, PutError, AssetCache.AssetCache> {
  const { next, onto } = args
  if (sameId(onto, next)) yield* refuse([problem(next, "is the asset itself, and cannot be a version of itself")])
  const cache = yield* AssetCache.AssetCache
  const location = yield* locate(onto, options)
  yield* check(cache, location, [next])
  const target = targetOf(cache, location)
  const how = yield* put(cache, target, next, options)
  return { stackId: target.id(), how }
})

/**
 * A stack that was built.
 *
 * @since 0.1.0
 * @category models
 */
export interface Built {
  readonly stackId: AssetId
  /** The added versions, oldest first, without those that were there already. */
  readonly added: ReadonlyArray<AssetId>
}

/**
 * One stack out of a list of files, the oldest version first. The first may also be a stack, or a version on one: then
 * the rest goes on top of that. Other versions on the stack stay where they are.
 *
 * One request for each version but the first, and up to two to find out what the first is, or as many as `members` takes
 * if it is on a stack already.
 *
 * @since 0.1.0
 * @category changing
 */
export const build = Effect.fn("VersionStack.build")(function* (
  assetIds: ReadonlyArray<AssetId>,
  options?: WriteOptions
): Effect.fn.Return<Built, PutError | OutOfOrder, AssetCache.AssetCache> {
  yield* refuse(listProblems(assetIds))
  const [first, ...rest] = assetIds
  if (first === undefined) return yield* Effect.dieMessage("an empty list was let through")
  const cache = yield* AssetCache.AssetCache
  const location = yield* locate(first, options)
  yield* check(cache, location, rest)
  const target = targetOf(cache, location)
  let there = 1
  if (target.isStack()) {
    const { versions } = yield* membersOf(target.id())
    const { count, early } = inPlace(assetIds, target.id(), versions)
    const [one, ...more] = early
    if (one !== undefined) return yield* new OutOfOrder({ stackId: target.id(), assetIds: [one, ...more] })
    there = Math.max(count, 1)
  }
  const added: Array<AssetId> = []
  for (const next of assetIds.slice(there)) {
    if ((yield* put(cache, target, next, options)) !== "already") added.push(next)
  }
  return { stackId: target.id(), added }
})

/** Errors of taking a version out. */
type TakeError = FrameioError.WriteError | FrameioError.ListIncomplete | NotInStack | NotMade | OutcomeUnknown

const isOn = (cache: Cache, stackId: AssetId, assetId: AssetId): Effect.Effect<boolean, FrameioError.ListError> =>
  Effect.map(cache.get({ assetId, fresh: true }), (asset) =>
    Option.exists(Asset.parentId(asset), (parent) => sameId(parent, stackId))
  )

const take = (
  cache: Cache,
  stackId: AssetId,
  assetId: AssetId,
  options: WriteOptions | undefined
): Effect.Effect<ExactlyOnce.How, FrameioError.WriteError | FrameioError.ListIncomplete | NotMade | OutcomeUnknown> => {
  const isOut = Effect.map(isOn(cache, stackId, assetId), (on) => !on)
  return Effect.map(
    once(
      {
        send: cache.unversion({ assetId }),
        endpoint: "assets.unversion",
        assetIds: () => [assetId],
        proves: (answer) => sameId(answer.id, assetId) || sameId(answer.id, stackId),
        isMade: isOut,
        onRefusal: Effect.map(isOut, (out) => (out ? ("already" as const) : ("refused" as const)))
      },
      options
    ),
    ({ how }) => how
  )
}

/**
 * A version that was taken out.
 *
 * @since 0.1.0
 * @category models
 */
export interface TakenOut {
  /** The stack that it was on, if any. */
  readonly stackId: Option.Option<AssetId>
  readonly how: ExactlyOnce.How
}

/**
 * Takes one version out of its stack. A file that is in no stack is left alone, and counts as done.
 *
 * One request if it is known to be on a stack, two more if nothing is known. What remains of a stack when its second-last
 * version leaves is not documented: read it.
 *
 * @since 0.1.0
 * @category changing
 */
export const takeOut = Effect.fn("VersionStack.takeOut")(function* (
  assetId: AssetId,
  options?: WriteOptions
): Effect.fn.Return<TakenOut, TakeError, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const wasKnown = Option.isSome(yield* cache.known(assetId))
  let location = yield* locate(assetId, options)
  // The cache may be stale.
  if (location._tag === "File" && wasKnown) location = yield* locate(assetId, { fresh: true })
  switch (location._tag) {
    case "File":
      return { stackId: Option.none(), how: "already" }
    case "Member": {
      const stackId = location.stack.id
      return { stackId: Option.some(stackId), how: yield* take(cache, stackId, assetId, options) }
    }
    default:
      return yield* new NotInStack({ assetId, kind: Asset.kind(location.asset) })
  }
})

/**
 * A stack that was taken apart.
 *
 * @since 0.1.0
 * @category models
 */
export interface TakenApart {
  /** The stack's former id. */
  readonly stackId: AssetId
  /** The files that were its versions, oldest first. */
  readonly files: ReadonlyArray<AssetId>
  /** The one version that Frame.io left on the stack and did not let go, if there is one. */
  readonly left: Option.Option<AssetId>
}

/**
 * Takes all versions out of a stack, the newest first. The id may be the stack's or a version's.
 *
 * One request for each version beside those of `members`, and one to see what became of the last: whether the stack goes
 * with its second-last version, stays until the last is taken out, or cannot be emptied at all, is not documented, and all
 * three end well.
 *
 * @since 0.1.0
 * @category changing
 */
export const takeApart = Effect.fn("VersionStack.takeApart")(function* (
  assetId: AssetId,
  options?: WriteOptions
): Effect.fn.Return<TakenApart, TakeError, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const stackId = (yield* stackOf(assetId, options)).id
  const files = (yield* membersOf(stackId)).versions.map(({ id }) => id)
  const [oldest, ...newer] = files
  for (const id of newer.toReversed()) yield* take(cache, stackId, id, options)
  let left = false
  if (oldest !== undefined && (newer.length === 0 || (yield* isOn(cache, stackId, oldest)))) {
    const end = yield* Effect.either(take(cache, stackId, oldest, options))
    if (Either.isLeft(end)) {
      if (
        end.left._tag === "FrameioNotMade" ||
        end.left._tag === "FrameioOutcomeUnknown" ||
        !StackTarget.mayBeStacked(end.left)
      ) {
        return yield* end.left
      }
      left = true
    }
  }
  return {
    stackId,
    files: left ? newer : files,
    left: left ? Option.fromNullable(oldest) : Option.none()
  }
})
