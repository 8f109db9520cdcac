/**
 * What Frame.io's API leaves to its callers about version stacks: which id to send to, what is on a stack and in which
 * order, one version out, all versions out, a whole stack out of a list.
 *
 * Everything here reads through the `AssetCache` and sends as little as it can; the number of requests stands with each
 * function, where "known" is what the cache holds. A change whose answer was lost is read before it is sent again, so it
 * is made exactly once, and doing the same again after any failure goes on where it ended.
 *
 * From the guide "Manage Version Stacks": only files are versions, and files of one stack have one `asset_type`; no
 * stack goes onto a stack; versions go one by one onto the top; `cover_asset_id` of a stack is its newest version. Not
 * documented, and so not relied upon: which asset a version or unversion call answers, the order of a stack's children,
 * what a version call on a file inside a stack does, what remains when the second-last version leaves, and with which
 * status a broken rule is refused.
 *
 * @since 0.1.0
 */

import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AssetCache from "./AssetCache.js"
import * as ExactlyOnce from "./ExactlyOnce.js"
import { itemOf } from "./internal/assetItem.js"
import * as StackTarget from "./StackTarget.js"
import {
  AlreadyElsewhere,
  NotInStack,
  NotMade,
  NotStackable,
  type OutcomeUnknown,
  OutOfOrder
} from "./VersionStackError.js"

type AssetId = Asset.AssetId
const { sameId } = Asset

// -----------------------------------------------------------------------------
// where an asset is
// -----------------------------------------------------------------------------

/**
 * What an asset is, as far as stacks are concerned: a file by itself, a version inside a stack, a stack, a folder, or
 * something else such as a bundle.
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
 * How to read.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** Whether to ask Frame.io for what is known, too. Default `false`. */
  readonly fresh?: boolean | undefined
}

/**
 * What an asset is: a file, a stack, inside one, or something else. Nothing is asked for that is known; else one request
 * for the asset, and for a file one for what holds it.
 *
 * @since 0.1.0
 * @category reading
 */
export const locate = Effect.fn("VersionStack.locate")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Location, FrameioError.ReadError, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const asset = yield* cache.get({ assetId, fresh: options?.fresh })
  const parent = Asset.isFile(asset) ? Asset.parentId(asset) : Option.none()
  if (Option.isNone(parent)) return located(asset, undefined)
  return located(asset, yield* cache.get({ assetId: parent.value, fresh: options?.fresh }))
})

/** What an asset is, given what holds it where it is a file. */
const located = (asset: Asset.Asset, holder: Asset.Asset | undefined): Location => {
  if (Asset.isVersionStack(asset)) return { _tag: "Stack", asset }
  if (Asset.isFolder(asset)) return { _tag: "Folder", asset }
  if (!Asset.isFile(asset)) return { _tag: "Other", asset }
  return holder !== undefined && Asset.isVersionStack(holder)
    ? { _tag: "Member", asset, stack: holder }
    : { _tag: "File", asset }
}

/** So many single reads take as much of the rate limit as one page of a listing: 5 per second against 40 per minute. */
const READS_PER_PAGE = 8

/** After so many looks in a row at assets whose folder helped with no other, the rest is read one by one. */
const SCOUTS = 3

const inFlight = 16

/** An asset that is not there, or that the token's user may not see. */
const isMissing = (error: FrameioError.ReadError): error is FrameioError.NotFound | FrameioError.Forbidden =>
  error._tag === "FrameioNotFound" || error._tag === "FrameioForbidden"

/**
 * What many assets are. Those that are gone, or may not be seen, are told apart from the rest; any other failure fails
 * the whole.
 *
 * Where some of them are in one folder, the folder is listed instead, page by page, as long as a page tells of eight of
 * them or of their stacks: by the documented limits a page costs as much as eight single reads. The versions inside a stack are on no
 * folder's list, so they are one request each, and one for their stack where no list showed it.
 *
 * @since 0.1.0
 * @category reading
 */
export const locateAll = Effect.fn("VersionStack.locateAll")(function* (
  assetIds: Iterable<AssetId>
): Effect.fn.Return<
  ReadonlyMap<AssetId, Either.Either<Location, FrameioError.NotFound | FrameioError.Forbidden>>,
  FrameioError.ReadError,
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

  /** Lists while it pays. Answers whether it did. */
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
    // What was known cost nothing, and neither does the next.
    if (Option.isSome(known) || Either.isLeft(scout)) continue
    const location = scout.right
    let paid = false
    if (location._tag === "Member" && mayPay(Option.some(location.stack.id), location.stack)) {
      listed.add(location.stack.id.toLowerCase())
      paid = yield* list(location.stack.id, location.stack)
    }
    // A folder holds no version of a stack, so what holds the files on its list need not be known.
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

// -----------------------------------------------------------------------------
// what is on a stack
// -----------------------------------------------------------------------------

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
   * Whether the order is `confirmed` by `cover_asset_id`, which is documented to be the newest, being at one end; or
   * `assumed` to be newest first as listed, as Frame.io's own SDK takes it to be.
   */
  readonly order: "confirmed" | "assumed"
}

/**
 * The children of a stack, as they were listed, from the oldest to the newest. Pure.
 *
 * The order of a listing is not documented. The newest is, so the end of the listing where it stands is the new end.
 * Where it stands at neither, the children are put in order by `index`, if it is at an end then.
 *
 * @since 0.1.0
 * @category reading
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

/** The stack that an asset is, or is in. */
const stackOf = (assetId: AssetId, options?: ReadOptions) =>
  Effect.flatMap(locate(assetId, options), (location) => {
    if (location._tag === "Stack") return Effect.succeed(location.asset)
    if (location._tag === "Member") return Effect.succeed(location.stack)
    return Effect.fail(new NotInStack({ assetId, kind: Asset.kind(location.asset) }))
  })

const membersOf = (stackId: AssetId): Effect.Effect<Members, FrameioError.ReadError, AssetCache.AssetCache> =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.AssetCache
    const [stack, listed] = yield* Effect.all(
      [cache.get({ assetId: stackId, fresh: true }), Stream.runCollect(AssetCache.listing({ assetId: stackId }))],
      { concurrency: 2 }
    )
    return { stack, ...inOrder(Chunk.toReadonlyArray(listed), Asset.coverAssetId(stack)) }
  })

/**
 * The versions of a stack as they are now, oldest first. The id may be the stack's or that of any version on it. One
 * request for the stack and one for each hundred versions; one or two more where it is not known which stack it is.
 *
 * @since 0.1.0
 * @category reading
 */
export const members = Effect.fn("VersionStack.members")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Members, FrameioError.ReadError | NotInStack, AssetCache.AssetCache> {
  return yield* membersOf((yield* stackOf(assetId, options)).id)
})

/**
 * The newest version: of the stack that the asset is or is in, or the file itself. Two requests where nothing is known,
 * three for a file inside a stack.
 *
 * @since 0.1.0
 * @category reading
 */
export const head = Effect.fn("VersionStack.head")(function* (
  assetId: AssetId,
  options?: ReadOptions
): Effect.fn.Return<Asset.Asset, FrameioError.ReadError | NotInStack, AssetCache.AssetCache> {
  const cache = yield* AssetCache.AssetCache
  const location = yield* locate(assetId, options)
  if (location._tag === "File") return location.asset
  const stack = yield* stackOf(assetId)
  const newest = Option.getOrUndefined(Asset.coverAssetId(stack))
  if (newest !== undefined) return yield* cache.get({ assetId: newest, fresh: options?.fresh })
  const last = (yield* membersOf(stack.id)).versions.at(-1)
  return last ?? (yield* new NotInStack({ assetId, kind: Asset.kind(stack) }))
})

// -----------------------------------------------------------------------------
// changes
// -----------------------------------------------------------------------------

/**
 * How to change.
 *
 * @since 0.1.0
 * @category models
 */
export interface WriteOptions extends ReadOptions {
  /** How often one change may be sent, at least 1. Default 3. */
  readonly attempts?: number | undefined
  /**
   * How long to wait after an answer was lost until the change can no longer be made, before it is sent again. Default
   * 30 seconds, which is documented to be Frame.io's own limit for a request.
   */
  readonly settleAfter?: Duration.DurationInput | undefined
}

/**
 * The defaults of {@link WriteOptions}.
 *
 * @internal
 */
export const defaults = {
  attempts: 3,
  settleAfter: Duration.seconds(30)
} as const satisfies WriteOptions

/** Makes one change exactly once. */
const once = <E, R>(
  change: {
    readonly endpoint: string
    readonly assetIds: () => ReadonlyArray<AssetId>
    readonly send: Effect.Effect<Asset.Asset, FrameioError.WriteError, R>
    readonly proves: (answer: Asset.Asset) => boolean
    readonly isMade: Effect.Effect<boolean, E | FrameioError.ReadError, R>
    readonly onRefusal: Effect.Effect<"already" | "send again" | "refused", E | FrameioError.ReadError, R>
  },
  options: WriteOptions | undefined
): Effect.Effect<
  { readonly how: ExactlyOnce.How; readonly answer?: Asset.Asset },
  E | FrameioError.WriteError | NotMade | OutcomeUnknown,
  R
> =>
  Effect.flatMap(
    ExactlyOnce.make<Asset.Asset, E, R>(
      {
        endpoint: change.endpoint,
        assetIds: change.assetIds,
        send: Effect.match(change.send, {
          onFailure: (error): ExactlyOnce.Attempt<Asset.Asset> => ({ _tag: "Faulted", error }),
          onSuccess: (answer): ExactlyOnce.Attempt<Asset.Asset> => ({ _tag: "Answered", answer })
        }),
        proves: change.proves,
        look: change.isMade,
        refused: change.onRefusal
      },
      {
        attempts: options?.attempts ?? defaults.attempts,
        settleAfter: Duration.decode(options?.settleAfter ?? defaults.settleAfter),
        onWait: (reason, duration) =>
          Effect.logDebug(
            `${change.endpoint} (${change.assetIds().join(", ")}): ${reason} (${Duration.format(duration)})`
          )
      }
    ),
    (end) => {
      switch (end._tag) {
        case "Made":
          return Effect.succeed(end)
        case "Failed":
          return Effect.fail(end.error)
        case "NotSent":
        case "Unknown":
          return Effect.dieMessage("a change was stopped that nobody can stop")
      }
    }
  )

type Cache = AssetCache.Service

type Target = StackTarget.StackTarget<FrameioError.ReadError>

const targetOf = (cache: Cache, location: Location): Target =>
  StackTarget.make({
    id: location._tag === "Member" ? location.stack.id : location.asset.id,
    isStack: location._tag === "Member" || location._tag === "Stack",
    get: (assetId) => Effect.map(cache.get({ assetId, fresh: true }), itemOf)
  })

const problem = (assetId: AssetId, message: string): FrameioError.Problem => ({ path: "", assetId, message })

/** What keeps an asset from getting versions. */
const targetProblems = (location: Location): ReadonlyArray<FrameioError.Problem> =>
  location._tag === "Folder" || location._tag === "Other"
    ? [problem(location.asset.id, `is a ${Asset.kind(location.asset)}, and only files and stacks get versions`)]
    : []

/** What keeps an asset from becoming a version: its kind, or that it does not go with one that is there. */
const versionProblems = (next: Asset.Asset, there: Asset.Asset | undefined): ReadonlyArray<FrameioError.Problem> => {
  if (Asset.isVersionStack(next)) {
    const advice = "name its versions instead, after taking it apart (VersionStack.takeApart)"
    return [problem(next.id, `is a version stack, and a stack goes onto no other: ${advice}`)]
  }
  if (!Asset.isFile(next)) return [problem(next.id, `is a ${Asset.kind(next)}, and only files are versions`)]
  const one = there?.asset_type
  const other = next.asset_type
  // Null until the file has been processed: not known, and left to Frame.io.
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

const refuse = (problems: ReadonlyArray<FrameioError.Problem>): Effect.Effect<void, NotStackable> => {
  const [first, ...more] = problems
  return first === undefined ? Effect.void : new NotStackable({ problems: [first, ...more] })
}

/** Everything about the target and the versions that breaks a rule, as far as it is known. */
const check = (cache: Cache, location: Location, versions: ReadonlyArray<AssetId>): Effect.Effect<void, NotStackable> =>
  Effect.gen(function* () {
    const sample = yield* sampleOf(cache, location)
    const known = yield* Effect.forEach(versions, (id) => cache.known(id))
    yield* refuse([
      ...targetProblems(location),
      ...known.flatMap((next) => (Option.isNone(next) ? [] : versionProblems(next.value, sample)))
    ])
  })

/** What putting a version on a stack can fail with. */
type PutError = FrameioError.WriteError | NotStackable | AlreadyElsewhere | NotMade | OutcomeUnknown

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
    // What was known to be on a stack may have been taken out since; what is would perhaps be moved.
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
  /** The stack that it is on: a new one, where it was put on a file. */
  readonly stackId: AssetId
  readonly how: ExactlyOnce.How
}

/**
 * Puts a file on top of another, or of a stack. `onto` may be a file, a stack, or a version inside a stack, which means
 * that stack.
 *
 * One request where `onto` is known, and one or two more where it is not; two more where a new stack was made and the
 * answer does not show it. What is known of `next` to break a rule is refused before anything is sent, and so is what
 * reading shows to be on another stack, where it was known to be on one. Of what is not known Frame.io is the judge, and
 * whether it refuses a version of another stack or moves it is not documented.
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
 * A stack out of a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface Built {
  readonly stackId: AssetId
  /** What was put on the stack; the rest of the list had been there before. Oldest first. */
  readonly added: ReadonlyArray<AssetId>
}

const isAssetId = Schema.is(Asset.AssetUuid)

const listProblems = (assetIds: ReadonlyArray<AssetId>): ReadonlyArray<FrameioError.Problem> => {
  const seen = new Map<string, number>()
  const problems: Array<FrameioError.Problem> = []
  assetIds.forEach((id, n) => {
    const path = `[${n}]`
    if (!isAssetId(id)) problems.push({ path, message: "is not an asset id" })
    const before = seen.get(id.toLowerCase())
    if (before !== undefined) problems.push({ path, message: `is the same as [${before}]: ${id}` })
    else seen.set(id.toLowerCase(), n)
  })
  if (assetIds.length < 2) problems.push({ path: "", message: "needs two ids at least, the oldest version first" })
  return problems
}

/**
 * Where a list goes on: how many of it are on the stack in order, from its front. What is on the stack beyond these is
 * out of order.
 */
const inPlace = (assetIds: ReadonlyArray<AssetId>, stackId: AssetId, versions: ReadonlyArray<Asset.Asset>) => {
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

/**
 * One stack out of a list of files, the oldest version first. The first may also be a stack, or a version on one: then
 * the rest goes on top of that. Versions on the stack that are not on the list stay where they are.
 *
 * One request for each version but the first, and up to two to find out what the first is; where it is on a stack
 * already, what `members` needs. Done again with the same list after a failure, it puts on what is missing.
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

/** What taking a version out can fail with. */
type TakeError = FrameioError.WriteError | NotInStack | NotMade | OutcomeUnknown

const isOn = (cache: Cache, stackId: AssetId, assetId: AssetId): Effect.Effect<boolean, FrameioError.ReadError> =>
  Effect.map(cache.get({ assetId, fresh: true }), (asset) =>
    Option.exists(Asset.parentId(asset), (parent) => sameId(parent, stackId))
  )

const take = (
  cache: Cache,
  stackId: AssetId,
  assetId: AssetId,
  options: WriteOptions | undefined
): Effect.Effect<ExactlyOnce.How, FrameioError.WriteError | NotMade | OutcomeUnknown> => {
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
 * A version that is on a stack no more.
 *
 * @since 0.1.0
 * @category models
 */
export interface TakenOut {
  /** The stack that it was on; none, where it was on none. */
  readonly stackId: Option.Option<AssetId>
  readonly how: ExactlyOnce.How
}

/**
 * Takes one version out of its stack. A file that is in no stack is left alone, and counts as done.
 *
 * One request where it is known to be on a stack, two more where nothing is known. What remains of a stack when its
 * second-last version leaves is not documented: read it.
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
  // Nothing to do is no conclusion from what was known a while ago.
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
  /** What the stack's id was. */
  readonly stackId: AssetId
  /** The files that were its versions, oldest first. */
  readonly files: ReadonlyArray<AssetId>
  /** The one version that Frame.io left on the stack and did not let go, if there is one. */
  readonly left: Option.Option<AssetId>
}

/**
 * Takes all versions out of a stack, the newest first, until nothing is left to take out. The id may be the stack's or
 * that of a version on it.
 *
 * One request for each version beside what `members` needs, and one to see what became of the last: whether the stack
 * goes when one version is left, or stays until that is taken out, or cannot be emptied at all, is not documented, and
 * all three end well.
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
