/**
 * A cache of assets. Single reads are limited to a few per second; one page of a listing tells as much as a hundred of
 * them.
 *
 * - Equal reads in flight are one request, given up with its last reader.
 * - An asset is kept for a while, whether it was read by itself or shown by a listing.
 * - A change through the cache or its client evicts its assets; an answer that was under way meanwhile is not kept.
 * - Failures are never kept.
 *
 * Changes by others show after the time to live; where that matters, read `fresh`.
 *
 * Effect's `Request` would not do: Frame.io has no call for several ids, and the cache behind `Request` counts its time to
 * live from the question, which may wait longer than that for the rate limit, keeps failures, and cannot learn from
 * listings.
 *
 * @since 0.1.0
 */

import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type { Page } from "@effect-frameio/core/Page"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Listing from "./Listing.js"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How long an asset is kept from the moment of the answer. Default 10 minutes, in which a plan reads some thousand assets.
   * With 0 only equal reads in flight are merged.
   */
  readonly timeToLive?: Duration.DurationInput | undefined
  /**
   * How many assets are kept, a whole number from 0; the least recently used goes first. Default 10 000. A new file takes
   * some 4 kB, one with signed URLs to many renditions several times that.
   */
  readonly capacity?: number | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = {
  timeToLive: Duration.minutes(10),
  capacity: 10_000
} as const satisfies Options

/**
 * The arguments of {@link Service.get}.
 *
 * @since 0.1.0
 * @category models
 */
export interface GetArgs {
  /** Any asset: a file, a folder, a version stack. */
  readonly assetId: Asset.AssetId
  /** Whether to ask Frame.io in any case, by a new request. Default `false`. */
  readonly fresh?: boolean | undefined
}

/**
 * Counts of the cache. Each question was answered in exactly one of the first three ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  /** Questions whose answer was known. */
  readonly known: number
  /** Questions that joined a request in flight. */
  readonly joined: number
  /** Questions that became a request. */
  readonly asked: number
  /** Assets that are kept now. */
  readonly size: number
}

/**
 * The cache: reads and changes go through it to the client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** One asset, from the cache or else from Frame.io. */
  readonly get: (args: GetArgs) => Effect.Effect<Asset.Asset, FrameioError.ReadError>
  /** One asset from the cache. */
  readonly known: (assetId: Asset.AssetId) => Effect.Effect<Option.Option<Asset.Asset>>
  /**
   * One page of children, always from Frame.io, because nothing tells whether a list has grown. Its assets are kept, unless
   * deleted ones were asked for.
   */
  readonly children: (args: FrameioClient.ChildrenArgs) => Effect.Effect<Page<Asset.Asset>, FrameioError.ReadError>
  /** {@link FrameioClient.Service.version}; evicts all assets that it may have changed, even if it fails. */
  readonly version: (args: FrameioClient.VersionArgs) => Effect.Effect<Asset.Asset, FrameioError.WriteError>
  /** {@link FrameioClient.Service.unversion}, likewise. */
  readonly unversion: (args: FrameioClient.UnversionArgs) => Effect.Effect<Asset.Asset, FrameioError.WriteError>
  /**
   * Runs any other change of the named assets, and evicts them and their parents when it ends, even if it fails.
   */
  readonly changing: (
    assetIds: ReadonlyArray<Asset.AssetId>
  ) => <A, E, R>(change: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Keeps assets that were just read in another way. */
  readonly remember: (assets: Iterable<Asset.Asset>) => Effect.Effect<void>
  /** Forgets assets; without ids, all. */
  readonly forget: (assetIds?: ReadonlyArray<Asset.AssetId>) => Effect.Effect<void>
  /** Counts so far. */
  readonly stats: Effect.Effect<Stats>
}

/**
 * A cache of assets.
 *
 * @example
 * ```ts
 * const cache = yield* AssetCache.AssetCache
 * const asset = yield* cache.get({ assetId: shot })
 * const now = yield* cache.get({ assetId: shot, fresh: true })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class AssetCache extends Context.Tag("@effect-frameio/stacks/AssetCache")<AssetCache, Service>() {}

interface Known {
  readonly asset: Asset.Asset
  /** When its request started, in ticks. */
  readonly since: number
  /** On the monotonic clock, in ms. */
  readonly expiresAt: number
}

interface Flight<A, E> {
  readonly fiber: Fiber.RuntimeFiber<A, E>
  readonly since: number
  /** The first reader's options for the scheduler; a reader with others does not join. */
  readonly options: RateLimitCall.RateLimitCall
  readers: number
}

const waitsAlike = (one: RateLimitCall.RateLimitCall, other: RateLimitCall.RateLimitCall): boolean =>
  one.priority === other.priority &&
  one.maxWaitMillis === other.maxWaitMillis &&
  one.deadline === other.deadline &&
  one.beforeSend === undefined &&
  other.beforeSend === undefined

const keyOf = (id: Asset.AssetId): string => id.toLowerCase()

/**
 * Makes a cache over the client.
 *
 * @internal
 */
export const make = (options?: Options): Effect.Effect<Service, never, FrameioClient.FrameioClient | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* FrameioClient.FrameioClient
    const scope = yield* Effect.scope
    const timeToLiveMillis = Duration.toMillis(options?.timeToLive ?? defaults.timeToLive)
    const capacity = timeToLiveMillis > 0 ? (options?.capacity ?? defaults.capacity) : 0

    /** In the order of their last use. */
    const assets = new Map<string, Known>()
    /** Counts requests and changes, to order them. */
    let tick = 0
    let lastChange = 0
    let inFlight = 0
    /** The ticks of changes that a request in flight may not have seen. */
    const changed = new Map<string, number>()
    let allChanged = 0
    const stats = { known: 0, joined: 0, asked: 0 }

    const changedAt = (key: string): number => Math.max(changed.get(key) ?? 0, allChanged)

    const lookUp = (key: string, now: number): Asset.Asset | undefined => {
      const known = assets.get(key)
      if (known === undefined) return undefined
      assets.delete(key)
      if (known.expiresAt <= now) return undefined
      assets.set(key, known)
      return known.asset
    }

    const keep = (asset: Asset.Asset, since: number, now: number): void => {
      const key = keyOf(asset.id)
      if (capacity < 1 || since < changedAt(key) || since < (assets.get(key)?.since ?? 0)) return
      assets.delete(key)
      assets.set(key, { asset, since, expiresAt: now + timeToLiveMillis })
      if (assets.size <= capacity) return
      for (const oldest of assets.keys()) {
        assets.delete(oldest)
        return
      }
    }

    const drop = (ids: Iterable<Asset.AssetId>): void => {
      lastChange = ++tick
      for (const id of ids) {
        const key = keyOf(id)
        assets.delete(key)
        if (inFlight > 0) changed.set(key, lastChange)
      }
    }

    const withNow = <A>(f: (now: number) => A): Effect.Effect<A> =>
      Effect.clockWith((clock) => Effect.sync(() => f(RateLimitStore.monotonicMillis(clock))))

    /** One request; keeps the assets that no change has overtaken. */
    const asking = <A, E>(
      read: Effect.Effect<A, E>,
      shows: (value: A) => Iterable<Asset.Asset>,
      since: number
    ): Effect.Effect<A, E> =>
      Effect.tap(read, (value) =>
        withNow((now) => {
          for (const asset of shows(value)) keep(asset, since, now)
        })
      )

    /** Merges equal reads in flight. */
    const merging = <A, E>() => {
      const flights = new Map<string, Array<Flight<A, E>>>()

      const leave = (key: string, flight: Flight<A, E>): void => {
        const all = flights.get(key)?.filter((other) => other !== flight) ?? []
        if (all.length > 0) flights.set(key, all)
        else flights.delete(key)
      }

      const start = (key: string, options: RateLimitCall.RateLimitCall, read: (since: number) => Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          stats.asked++
          inFlight++
          const since = ++tick
          return Effect.map(Effect.forkIn(Effect.interruptible(read(since)), scope), (fiber) => {
            const flight: Flight<A, E> = { fiber, since, options, readers: 0 }
            flights.set(key, [...(flights.get(key) ?? []), flight])
            fiber.addObserver(() => {
              leave(key, flight)
              if (--inFlight === 0) changed.clear()
            })
            return flight
          })
        })

      return (
        key: string,
        read: (since: number) => Effect.Effect<A, E>,
        joins: (since: number) => boolean
      ): Effect.Effect<A, E> =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            const options = yield* RateLimitCall.Current
            const other = flights.get(key)?.find((one) => joins(one.since) && waitsAlike(one.options, options))
            if (other !== undefined) stats.joined++
            const flight = other ?? (yield* start(key, options, read))
            flight.readers++
            const exit = yield* restore(Fiber.await(flight.fiber)).pipe(
              Effect.onInterrupt(() => {
                if (--flight.readers > 0) return Effect.void
                leave(key, flight)
                return Fiber.interrupt(flight.fiber)
              })
            )
            return yield* exit
          })
        )
    }

    const gets = merging<Asset.Asset, FrameioError.ReadError>()
    const pages = merging<Page<Asset.Asset>, FrameioError.ReadError>()
    const itself = (asset: Asset.Asset) => [asset]

    const ask = ({ assetId, fresh }: GetArgs): Effect.Effect<Asset.Asset, FrameioError.ReadError> => {
      const key = keyOf(assetId)
      return gets(
        key,
        (since) => asking(client.get({ assetId }), itself, since),
        (since) => fresh !== true && since > changedAt(key)
      )
    }

    const get = (args: GetArgs): Effect.Effect<Asset.Asset, FrameioError.ReadError> =>
      args.fresh === true
        ? ask(args)
        : Effect.flatMap(
            withNow((now) => lookUp(keyOf(args.assetId), now)),
            (asset) => {
              if (asset === undefined) return ask(args)
              stats.known++
              return Effect.succeed(asset)
            }
          )

    const children = (args: FrameioClient.ChildrenArgs): Effect.Effect<Page<Asset.Asset>, FrameioError.ReadError> =>
      pages(
        JSON.stringify([
          keyOf(args.assetId),
          args.page,
          args.pageSize,
          args.include,
          args.sort,
          args.includeDeleted,
          args.type
        ]),
        (since) => asking(client.children(args), (page) => (args.includeDeleted === true ? [] : page.items), since),
        // Any change since the request may be on the list.
        (since) => since > lastChange
      )

    /** The known parents of assets, which change with them. */
    const holdersOf = (ids: ReadonlyArray<Asset.AssetId>): ReadonlyArray<Asset.AssetId> =>
      ids.flatMap((id) => {
        const asset = assets.get(keyOf(id))?.asset
        return asset === undefined ? [] : Option.toArray(Asset.parentId(asset))
      })

    const changing =
      (ids: ReadonlyArray<Asset.AssetId>) =>
      <A, E, R>(change: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
        Effect.ensuring(
          change,
          Effect.sync(() => drop([...ids, ...holdersOf(ids)]))
        )

    yield* FrameioClient.onChange(client, (ids) => drop([...ids, ...holdersOf(ids)]))

    /** The answer shows the asset's new parent, which changes with it. */
    const forgetAnswer = (asset: Asset.Asset): Effect.Effect<void> =>
      Effect.sync(() => drop([asset.id, ...Option.toArray(Asset.parentId(asset))]))

    return {
      get,
      known: (assetId) => withNow((now) => Option.fromNullable(lookUp(keyOf(assetId), now))),
      children,
      version: (args) => Effect.tap(changing([args.assetId, args.nextAssetId])(client.version(args)), forgetAnswer),
      unversion: (args) => Effect.tap(changing([args.assetId])(client.unversion(args)), forgetAnswer),
      changing,
      remember: (read) =>
        withNow((now) => {
          const since = ++tick
          for (const asset of read) keep(asset, since, now)
        }),
      forget: (ids) =>
        Effect.sync(() => {
          if (ids !== undefined) return drop(ids)
          assets.clear()
          lastChange = ++tick
          allChanged = lastChange
        }),
      stats: Effect.sync(() => ({ ...stats, size: assets.size }))
    }
  })

/**
 * A cache over the program's client.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<AssetCache, never, FrameioClient.FrameioClient> =>
  Layer.scoped(AssetCache, make(options))

/**
 * Everything that a folder or a stack holds, as in `Listing.children`; all of it is kept.
 *
 * @since 0.1.0
 * @category listing
 */
export const listing = (args: Listing.ChildrenArgs): Stream.Stream<Asset.Asset, FrameioError.ListError, AssetCache> =>
  Stream.unwrap(Effect.map(AssetCache, (cache) => Listing.childrenFrom(cache.children, args)))
