/**
 * Lists as streams, over all their pages: all of a list, or an error.
 *
 * A list ends where a header of the newest page says so, because lists change while they are read: `total-pages`, `link`,
 * `total`, or a page with fewer items than its own `per-page`. Without such a header only a page without anything new is
 * the last, because servers cap pages silently. Frame.io documents neither a default nor a maximum of `page_size`.
 *
 * @since 0.1.0
 */
import type { Asset } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type { Page } from "@effect-frameio/core/Page"
import type * as Search from "@effect-frameio/core/Search"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * How a list is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How many pages are asked for before they are needed, a whole number from 0. They wait for the rate limit like any
   * request, and are given up when the stream is stopped. Default 4.
   */
  readonly ahead?: number | undefined
}

/**
 * The defaults of {@link Options} and {@link ChildrenArgs}.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = { ahead: 4, pageSize: 100 } as const

/**
 * The number of the last page, as far as page `n` tells, which brought something new; `n + 1` if nothing says that it is
 * the last.
 */
const lastPage = <A>(page: Page<A>, n: number, seen: number, isShortTheLast: boolean): number => {
  const { hasNext, perPage, total, totalPages } = page
  const isMissing = hasNext === true || (total !== undefined && seen < total)
  if (totalPages !== undefined) return isMissing ? Math.max(totalPages, n + 1) : totalPages
  if (isMissing) return total === undefined || !perPage ? n + 1 : Math.max(Math.ceil(total / perPage), n + 1)
  if (hasNext === false || total !== undefined) return n
  return isShortTheLast && perPage !== undefined && page.items.length < perPage ? n : n + 1
}

/**
 * The facts of an incomplete list.
 *
 * @since 0.1.0
 * @category models
 */
export interface Incomplete {
  readonly seen: number
  readonly total: number | undefined
}

/** How often in a row a list is read again in vain. */
const VAIN_READINGS = 2

/**
 * The items of all pages, in order, out of a function that reads one page.
 *
 * The first page is read alone; if there are more, the next ones are asked for ahead of need. Nothing is asked for before
 * the stream runs or after it is stopped. An error comes in its place, after the items of the pages before it.
 *
 * Each item comes once: a list that changes while it is read may show it on two pages. An item that moved to an earlier
 * page is missed, unless `incomplete` asks for another reading. The stream always ends: a page without anything new, or
 * with another `page-number` than asked for, does not make the list longer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPages = <A, E, R, E2 = never>(
  /** Reads one page; counted from 1. */
  read: (page: number) => Effect.Effect<Page<A>, E, R>,
  options: Options & {
    /** The key of an item. All keys are remembered while the stream runs. */
    readonly key: (item: A) => string
    /** Whether a page with fewer items than its `per-page` is the last. Default `true`. */
    readonly isShortTheLast?: boolean | undefined
    /**
     * Demands the whole list: if items left it while it was read, or fewer came than `total` says, it is read again, and if
     * that brings nothing, fails with this. Default: the list is taken as it comes.
     */
    readonly incomplete?: ((facts: Incomplete) => E2) | undefined
  }
): Stream.Stream<A, E | E2, R> => {
  const ahead = Math.max(0, Math.floor(options.ahead ?? defaults.ahead))
  const isShortTheLast = options.isShortTheLast ?? true
  const { incomplete } = options
  return Stream.fromPull(
    Effect.map(Effect.scope, (scope) => {
      const seen = new Set<string>()
      /** Pages that were asked for, but not handed out yet. */
      const asked: Array<Fiber.Fiber<Page<A>, E>> = []
      let next = 1
      let last = 1
      /** Keys seen by this reading; the first reading shares `seen`. */
      let now = seen
      let total: number | undefined
      let totalPages: number | undefined
      let hasShrunk = false
      let before = 0
      let vain = 0

      const isNewNow = (item: A): boolean => {
        const key = options.key(item)
        if (now.has(key)) return false
        now.add(key)
        return true
      }

      const ask = (most: number): Effect.Effect<void, never, R> =>
        Effect.whileLoop({
          while: () => asked.length < most && next + asked.length <= last,
          body: () => Effect.forkIn(read(next + asked.length), scope),
          step: (fiber) => {
            asked.push(fiber)
          }
        })

      /** The new items of a page; learns where the list ends. */
      const take = (page: Page<A>): Chunk.Chunk<A> => {
        const fresh = page.items.filter(isNewNow)
        const items = now === seen ? fresh : fresh.filter((item) => !seen.has(options.key(item)))
        if (now !== seen) for (const item of items) seen.add(options.key(item))
        if (page.total !== undefined) {
          hasShrunk ||= total !== undefined && page.total < total
          total = page.total
        }
        if (page.totalPages !== undefined) {
          hasShrunk ||= totalPages !== undefined && page.totalPages < totalPages
          totalPages = page.totalPages
        }
        const end =
          page.page !== undefined && page.page < next ? page.page : lastPage(page, next, now.size, isShortTheLast)
        last = fresh.length > 0 ? end : Math.min(last, end)
        asked.shift()
        next++
        return Chunk.unsafeFromArray(items)
      }

      const over: Effect.Effect<Chunk.Chunk<A>, Option.Option<E | E2>, R> = Effect.suspend(() => {
        if (incomplete === undefined || !(hasShrunk || (total !== undefined && now.size < total))) {
          return Effect.fail(Option.none())
        }
        vain = seen.size > before ? 0 : vain + 1
        if (vain === VAIN_READINGS) return Effect.fail(Option.some(incomplete({ seen: now.size, total })))
        before = seen.size
        now = new Set()
        next = 1
        last = 1
        total = undefined
        totalPages = undefined
        hasShrunk = false
        // Prefetched pages belong to the previous reading.
        return Effect.zipRight(Fiber.interruptAll(asked.splice(0)), pull)
      })

      const pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E | E2>, R> = Effect.suspend(() => {
        if (next > last) return over
        return ask(Math.max(1, ahead)).pipe(
          Effect.flatMap(() => {
            const [first] = asked
            return first === undefined ? Effect.die("no page was asked for") : Effect.flatten(Fiber.await(first))
          }),
          Effect.mapError(Option.some),
          Effect.flatMap((page) => {
            const items = take(page)
            return Effect.zipRight(ask(ahead), Chunk.isEmpty(items) ? pull : Effect.succeed(items))
          })
        )
      })
      return pull
    })
  )
}

/**
 * The arguments of {@link children}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildrenArgs extends Omit<FrameioClient.ChildrenArgs, "page">, Options {
  /**
   * Items per page, at least 1. Default 100. The maximum is not documented; a list with smaller pages is read to its end
   * all the same.
   */
  readonly pageSize?: number | undefined
}

/**
 * {@link children} over another reader than the client, such as the cache.
 *
 * @internal
 */
export const childrenFrom = <E, R>(
  read: (args: FrameioClient.ChildrenArgs) => Effect.Effect<Page<Asset>, E, R>,
  { ahead, ...args }: ChildrenArgs
): Stream.Stream<Asset, E | FrameioError.ListIncomplete, R> => {
  const pageSize = args.pageSize ?? defaults.pageSize
  return fromPages((page) => read({ ...args, page, pageSize }), {
    ahead,
    key: (asset) => asset.id,
    incomplete: ({ seen, total }) =>
      new FrameioError.ListIncomplete({
        endpoint: "assets.children",
        assetIds: [args.assetId],
        seen,
        ...(total === undefined ? {} : { total })
      })
  })
}

/**
 * Everything that a folder or a stack holds. The documented limits allow 40 to 200 pages a minute.
 *
 * @example
 * ```ts
 * const files = yield* Listing.children({ assetId: folder, type: "file", sort: "name" }).pipe(Stream.runCollect)
 * ```
 *
 * @since 0.1.0
 * @category listing
 */
export const children = (
  args: ChildrenArgs
): Stream.Stream<Asset, FrameioError.ListError, FrameioClient.FrameioClient> =>
  Stream.unwrap(Effect.map(FrameioClient.FrameioClient, (client) => childrenFrom(client.children, args)))

/**
 * The arguments of {@link search}.
 *
 * @since 0.1.0
 * @category models
 */
export interface SearchArgs extends Omit<Search.SearchArgs, "page">, Options {}

/**
 * The arguments of {@link librarySearch}.
 *
 * @since 0.1.0
 * @category models
 */
export interface LibrarySearchArgs extends Omit<Search.LibrarySearchArgs, "page">, Options {}

/** Frame.io says that a page of a search may be short, so a short one is not the end. */
const found = <Args extends Options, E>(
  read: (
    args: Omit<Args, keyof Options> & { readonly page: number; readonly pageSize: number }
  ) => Effect.Effect<Page<Asset>, E>,
  { ahead, ...args }: Args & { readonly pageSize?: number | undefined }
): Stream.Stream<Asset, E> => {
  const pageSize = args.pageSize ?? defaults.pageSize
  return fromPages((page) => read({ ...args, page, pageSize }), {
    ahead,
    key: (asset) => asset.id,
    isShortTheLast: false
  })
}

/**
 * Everything that a search finds, each asset once, in pages of 100 by default. Frame.io advises against going past about
 * 100 results: take as many as you need, and the rest is not asked for.
 *
 * @since 0.1.0
 * @category searching
 */
export const search = (args: SearchArgs): Stream.Stream<Asset, FrameioError.ReadError, FrameioClient.FrameioClient> =>
  Stream.unwrap(Effect.map(FrameioClient.FrameioClient, (client) => found(client.search, args)))

/**
 * Everything that the advanced search finds, in the same way.
 *
 * @since 0.1.0
 * @category searching
 */
export const librarySearch = (
  args: LibrarySearchArgs
): Stream.Stream<Asset, FrameioError.ReadError, FrameioClient.FrameioClient> =>
  Stream.unwrap(Effect.map(FrameioClient.FrameioClient, (client) => found(client.librarySearch, args)))
