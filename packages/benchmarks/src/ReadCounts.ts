/**
 * How many requests it takes to find where 3000 files are, each a file by itself or inside a stack. They are counted at
 * the fake and not timed, so the result is the same on every machine.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as AssetCache from "@effect-frameio/stacks/AssetCache"
import * as VersionStack from "@effect-frameio/stacks/VersionStack"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Table from "./Table.js"

/**
 * The size of a world: one folder with loose files and stacks.
 *
 * @since 0.1.0
 * @category models
 */
export interface World {
  /** Files in no stack. */
  readonly loose: number
  readonly stacks: number
  /** Versions on each stack. */
  readonly versions: number
}

/**
 * The world of the table: 3000 files.
 *
 * @since 0.1.0
 * @category constants
 */
export const world: World = { loose: 1000, stacks: 500, versions: 4 }

/**
 * The requests of one way.
 *
 * @since 0.1.0
 * @category models
 */
export interface Count {
  readonly way: string
  /** Reads of one asset. */
  readonly gets: number
  /** Pages of listings. */
  readonly pages: number
}

interface Seeded {
  readonly folderId: Asset.AssetId
  readonly files: ReadonlyArray<Asset.AssetId>
}

type Where = "File" | "Member"

const CONCURRENCY = 16

const seed = (fake: FakeFrameio.Service, size: World): Seeded => {
  const stacked = Seed.shots(fake.world, { shots: size.stacks, versions: size.versions })
  for (const { versions } of stacked.shots) {
    const [first = "", ...rest] = versions
    for (const next of rest) fake.world.version({ assetId: fake.world.stackOf(first)?.id ?? first, nextAssetId: next })
  }
  const { folderId } = stacked
  const loose = Seed.shots(fake.world, { shots: size.loose, versions: 1, show: "LSE", folderId })
  return { folderId, files: [...loose.shots, ...stacked.shots].flatMap(({ versions }) => versions) }
}

type Way = (
  seeded: Seeded
) => Effect.Effect<ReadonlyArray<Where>, FrameioError.ListError, FrameioClient.FrameioClient | AssetCache.AssetCache>

/** The guide's way, without keeping anything. */
const oneByOne: Way = ({ files }) =>
  Effect.flatMap(FrameioClient.FrameioClient, (client) =>
    Effect.forEach(
      files,
      (assetId) =>
        Effect.gen(function* () {
          const parent = Asset.parentId(yield* client.get({ assetId }))
          if (Option.isNone(parent)) return "File"
          return Asset.isVersionStack(yield* client.get({ assetId: parent.value })) ? "Member" : "File"
        }),
      { concurrency: CONCURRENCY }
    )
  )

const where = (location: VersionStack.Location): Where => (location._tag === "Member" ? "Member" : "File")

const cached: Way = ({ files }) =>
  Effect.forEach(files, (id) => Effect.map(VersionStack.locate(id), where), { concurrency: CONCURRENCY })

const together: Way = ({ files }) =>
  Effect.map(VersionStack.locateAll(files), (located) =>
    Array.from(located.values(), (one) => (Either.isRight(one) ? where(one.right) : "File"))
  )

/** As a plan does that begins with a folder: lists everything in it and on its stacks. */
const listed: Way = (seeded) =>
  AssetCache.listing({ assetId: seeded.folderId }).pipe(
    Stream.filter(Asset.isVersionStack),
    Stream.mapEffect(({ id }) => Stream.runDrain(AssetCache.listing({ assetId: id })), { concurrency: CONCURRENCY }),
    Stream.runDrain,
    Effect.zipRight(cached(seeded))
  )

const ways: ReadonlyArray<readonly [string, Way]> = [
  ["each file and what holds it, nothing kept", oneByOne],
  ["`VersionStack.locate` each, over `AssetCache`", cached],
  ["`VersionStack.locateAll`", together],
  ["folder and stacks listed, then `locate` each", listed]
]

/**
 * Counts the requests of each way, each in a world of its own.
 *
 * @since 0.1.0
 * @category running
 */
export const measure = (size: World): Effect.Effect<ReadonlyArray<Count>, FrameioError.ListError> =>
  Effect.forEach(ways, ([way, locate]) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const places = yield* locate(seed(fake, size))
      const members = places.filter((place) => place === "Member").length
      if (members !== size.stacks * size.versions || places.length !== members + size.loose) {
        return yield* Effect.dieMessage(`${way}: ${members} of ${places.length} files were found on stacks`)
      }
      const requests = (endpoint: "assets.get" | "assets.children") => fake.journal.counts(endpoint).requests
      return { way, gets: requests("assets.get"), pages: requests("assets.children") }
    }).pipe(
      Effect.provide(
        AssetCache.layer().pipe(
          Layer.provideMerge(FakeFrameio.layerClient({ limits: RateLimiter.unlimited, payload: "slim", journal: 0 }))
        )
      )
    )
  )

/** After the burst, one request every `windowMillis / limit`. */
const seconds = (requests: number, limit: number, windowMillis: number): number =>
  (Math.max(0, requests - limit) * windowMillis) / limit / 1000

const minutes = (count: Count, pagesPerMinute: number): string =>
  Table.fixed(Math.max(seconds(count.gets, 5, 1000), seconds(count.pages, pagesPerMinute, 60_000)) / 60, 1)

/**
 * The table.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (counts: ReadonlyArray<Count>): string => {
  const most = Math.max(...counts.map(({ gets, pages }) => gets + pages))
  return Table.render(
    ["way", "reads", "pages", "requests", "of the first", "at 40 pages per min", "at 200 pages per min"],
    counts.map((count) => [
      count.way,
      Table.grouped(count.gets),
      Table.grouped(count.pages),
      Table.grouped(count.gets + count.pages),
      `${Table.fixed((100 * (count.gets + count.pages)) / most, 0)} %`,
      `${minutes(count, 40)} min`,
      `${minutes(count, 200)} min`
    ])
  )
}
