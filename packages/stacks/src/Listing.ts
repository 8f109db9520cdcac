/**
 * Lists as streams, over all their pages.
 *
 * A list ends where the header `total-pages` says, read anew on every page, because lists change while they are read.
 * Where it is missing, `total` and `per-page` are asked instead; and where nothing is said, as on an endpoint that is
 * not paged, a page that is not full is the last. Frame.io documents neither a default nor a maximum of `page_size`.
 *
 * @since 0.1.0
 */

import type { Asset } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
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
   * other request; when the stream is stopped, those that have not come are given up. Default 4.
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

/** The last page there is, as far as page number `n` tells. */
const lastPage = <A>(page: Page<A>, n: number, pageSize: number | undefined): number => {
  if (page.totalPages !== undefined) return page.totalPages
  const { perPage = Number.POSITIVE_INFINITY, total } = page
  if (total !== undefined && perPage >= 1 && perPage < Number.POSITIVE_INFINITY) return Math.ceil(total / perPage)
  return page.items.length >= Math.max(1, Math.min(perPage, pageSize ?? Number.POSITIVE_INFINITY)) ? n + 1 : n
}

/**
 * The items of all pages, in order, out of a function that reads one page.
 *
 * The first page is read alone; when there are more, the next ones are asked for ahead of need. Nothing is asked for
 * before the stream runs or after it is stopped. An error comes in its place, after the items of the pages before it.
 *
 * Each item comes once: when the list changes while it is read, items move to another page, and those that were seen
 * are left out. (What moved to a page that had been read already is missed; only reading again helps there.) It ends
 * even where the server does not: a page that brings nothing new does not make the list longer, nor does one whose
 * `page-number` is not the one that was asked for.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPages = <A, E, R>(
  /** Reads one page; counted from 1. */
  read: (page: number) => Effect.Effect<Page<A>, E, R>,
  options: Options & {
    /** What tells the items apart. The keys of all items are remembered while the stream runs. */
    readonly key: (item: A) => string
    /** How many items a full page has, where the headers do not say; absent: not known. */
    readonly pageSize?: number | undefined
  }
): Stream.Stream<A, E, R> => {
  const ahead = Math.max(0, Math.floor(options.ahead ?? defaults.ahead))
  return Stream.fromPull(
    Effect.map(Effect.scope, (scope) => {
      const seen = new Set<string>()
      /** The pages that were asked for and not handed out yet. */
      const asked: Array<Fiber.Fiber<Page<A>, E>> = []
      let next = 1
      let last = 1

      const isNew = (item: A): boolean => {
        const key = options.key(item)
        if (seen.has(key)) return false
        seen.add(key)
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

      /** What is new on a page; learns from it where the list ends. */
      const take = (page: Page<A>): Chunk.Chunk<A> => {
        const items = page.items.filter(isNew)
        const end = page.page !== undefined && page.page < next ? page.page : lastPage(page, next, options.pageSize)
        last = items.length > 0 ? end : Math.min(last, end)
        asked.shift()
        next++
        return Chunk.unsafeFromArray(items)
      }

      const pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>, R> = Effect.suspend(() => {
        if (next > last) return Effect.fail(Option.none())
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
   * Items per page, at least 1. Default 100. The maximum is not documented; a server that gives fewer says so in its
   * headers, and the list is read to its end all the same.
   */
  readonly pageSize?: number | undefined
}

/**
 * The children of a folder or a stack out of a function that reads one page of them: {@link children} over another
 * reader than the client, such as the cache.
 *
 * @since 0.1.0
 * @category constructors
 */
export const childrenFrom = <E, R>(
  read: (args: FrameioClient.ChildrenArgs) => Effect.Effect<Page<Asset>, E, R>,
  { ahead, ...args }: ChildrenArgs
): Stream.Stream<Asset, E, R> => {
  const pageSize = args.pageSize ?? defaults.pageSize
  return fromPages((page) => read({ ...args, page, pageSize }), { ahead, pageSize, key: (asset) => asset.id })
}

/**
 * Everything that a folder or a stack holds. At the limits that are documented, 40 to 200 pages a minute, the rate
 * limit is what takes the time; the priority is `normal` unless the effect says otherwise.
 *
 * ```ts
 * import { type Asset } from "@effect-frameio/core"
 * import { Listing } from "@effect-frameio/stacks"
 * import { Stream } from "effect"
 *
 * const filesOf = (folder: Asset.AssetId) =>
 *   Listing.children({ assetId: folder, type: "file", sort: "name" }).pipe(Stream.runCollect)
 * ```
 *
 * @since 0.1.0
 * @category listing
 */
export const children = (
  args: ChildrenArgs
): Stream.Stream<Asset, FrameioError.ReadError, FrameioClient.FrameioClient> =>
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

/**
 * Frame.io says that a page of a search may hold fewer than it should, so that a short one is not the end. Where no
 * header tells the end, only a page without anything new does.
 */
const found = <Args extends Options, E>(
  read: (
    args: Omit<Args, keyof Options> & { readonly page: number; readonly pageSize: number }
  ) => Effect.Effect<Page<Asset>, E>,
  { ahead, ...args }: Args & { readonly pageSize?: number | undefined }
): Stream.Stream<Asset, E> => {
  const pageSize = args.pageSize ?? defaults.pageSize
  return fromPages((page) => read({ ...args, page, pageSize }), { ahead, pageSize: 1, key: (asset) => asset.id })
}

/**
 * Everything that a search finds, each asset once. Frame.io advises against going past about 100 results: take as many
 * as are needed, and the rest is not asked for. Items per page are 100 unless the arguments say otherwise.
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
