/**
 * Worlds for trying things: shots of a film with versions to stack, named like those of post houses; pure and
 * deterministic.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type { World } from "./World.js"

/**
 * The options of {@link shots}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShotsOptions {
  /** How many shots, at least 1. */
  readonly shots: number
  /** How many versions of each shot, at least 1. Default 3. */
  readonly versions?: number | undefined
  /** The code of the show, in front of every name. Default `AGM`. */
  readonly show?: string | undefined
  /** The text between shot and version. Default `comp_NFX`. */
  readonly task?: string | undefined
  /** Without the dot. Default `mov`. */
  readonly extension?: string | undefined
  /** The folder to put them into. By default a new one, named after the show, in the first project. */
  readonly folderId?: string | undefined
  /** Whether every version has its own upload time, a minute after the one before. Default `true`. */
  readonly spread?: boolean | undefined
}

/**
 * One shot and its files, first version first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shot {
  /** Such as `AGM_104_065_010`. */
  readonly name: string
  readonly versions: ReadonlyArray<AssetId>
}

/**
 * A folder full of shots.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shots {
  readonly folderId: AssetId
  readonly shots: ReadonlyArray<Shot>
}

const three = (n: number): string => String(n).padStart(3, "0")

/**
 * The name of the n-th shot, from 0: episode, scene, shot, such as `AGM_104_065_010`. Unique up to a million.
 *
 * @since 0.1.0
 * @category names
 */
export const shotName = (show: string, n: number): string =>
  `${show}_${three(101 + Math.floor(n / 9000))}_${three(5 * (1 + (Math.floor(n / 90) % 100)))}_${three(10 * (1 + (n % 90)))}`

/**
 * The name of a file, such as `AGM_104_065_010_comp_NFX_v001.mov`.
 *
 * @since 0.1.0
 * @category names
 */
export const fileName = (shot: string, version: number, options?: Pick<ShotsOptions, "task" | "extension">): string =>
  `${shot}_${options?.task ?? "comp_NFX"}_v${three(version)}.${options?.extension ?? "mov"}`

/**
 * Adds loose files to a world: shots × versions, in one folder, uploaded version by version.
 *
 * @example
 * ```ts
 * const { world } = yield* FakeFrameio.FakeFrameio
 * const pairs = Seed.pairs(Seed.shots(world, { shots: 20, versions: 3 }))
 * ```
 *
 * @since 0.1.0
 * @category worlds
 */
export const shots = (world: World, options: ShotsOptions): Shots => {
  const show = options.show ?? "AGM"
  const folderId = (options.folderId ?? world.addFolder({ name: show })) as AssetId
  const versions = options.versions ?? 3
  const files: Array<{ readonly name: string; readonly versions: Array<AssetId> }> = []
  for (let n = 0; n < options.shots; n++) files.push({ name: shotName(show, n), versions: [] })
  let count = 0
  for (let version = 1; version <= versions; version++) {
    for (const shot of files) {
      const nowMillis = options.spread === false ? world.epochMillis : world.epochMillis + 60_000 * count++
      shot.versions.push(world.addFile({ name: fileName(shot.name, version, options), parentId: folderId, nowMillis }))
    }
  }
  return { folderId, shots: files }
}

/**
 * The arguments of a version call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pair {
  readonly assetId: AssetId
  readonly nextAssetId: AssetId
}

/**
 * The pairs that stack every shot, chain after chain: each version onto the one before. A batch run turns them into one
 * stack per shot.
 *
 * @since 0.1.0
 * @category worlds
 */
export const pairs = (seeded: Shots): ReadonlyArray<Pair> =>
  seeded.shots.flatMap(({ versions }) =>
    versions.slice(1).flatMap((nextAssetId, n) => {
      const assetId = versions[n]
      return assetId === undefined ? [] : [{ assetId, nextAssetId }]
    })
  )

/**
 * The options of {@link delivery}.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeliveryOptions {
  /** How many shots come without any trouble, at least 0. Default 12. */
  readonly shots?: number | undefined
  /** The folder to put it into. By default the root of the first project. */
  readonly parentId?: string | undefined
}

/**
 * A folder as real deliveries look.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  readonly folderId: AssetId
  /** A folder in it, with dated cuts. */
  readonly editId: AssetId
  /** A folder in it, with takes. */
  readonly setId: AssetId
}

/**
 * Adds a folder with everything that makes versions by name hard: loose shots beside stacks, different padding, gaps,
 * versions that exist twice or come too late, names with two readings, sizes and dates that are not versions, frames of
 * a sequence, other extensions, spaces, two forms of Unicode.
 *
 * @since 0.1.0
 * @category worlds
 */
export const delivery = (world: World, options?: DeliveryOptions): Delivery => {
  let minutes = 0
  const now = (): number => world.epochMillis + 60_000 * minutes++
  const folder = (name: string, parentId: string | undefined): AssetId =>
    world.addFolder({ name, parentId, nowMillis: now() })
  const folderId = folder("AGM delivery", options?.parentId)
  const add = (...names: ReadonlyArray<string>): ReadonlyArray<AssetId> =>
    names.map((name) => world.addFile({ name, parentId: folderId, nowMillis: now() }))
  const stack = (...names: ReadonlyArray<string>): void => {
    const [first, ...others] = add(...names)
    let target = first
    for (const nextAssetId of others) {
      if (target === undefined) return
      const made = world.version({ assetId: target, nextAssetId, nowMillis: now() })
      if (made.ok) target = made.value.stackId
    }
  }

  shots(world, { shots: options?.shots ?? 12, show: "AGM", folderId })

  // Stacks with newer files beside them, in another padding or out of order.
  stack("AGM_201_010_comp_NFX_v001.mov", "AGM_201_010_comp_NFX_v002.mov")
  add("AGM_201_010_comp_NFX_v004.mov", "AGM_201_010_comp_NFX_v3.mov")
  stack("AGM_201_020_comp_NFX_v01.mov", "AGM_201_020_comp_NFX_v02.mov", "AGM_201_020_comp_NFX_v03.mov")
  add("AGM_201_020_comp_NFX_v04.mov", "AGM_201_020_comp_NFX_v02.mov")
  // A complete stack, and one without its v002, which comes too late.
  stack("AGM_201_030_comp_NFX_v001.mov", "AGM_201_030_comp_NFX_v002.mov")
  stack("AGM_201_040_comp_NFX_v001.mov", "AGM_201_040_comp_NFX_v003.mov")
  add("AGM_201_040_comp_NFX_v002.mov")
  // Two stacks of one shot.
  stack("AGM_201_050_comp_NFX_v001.mov", "AGM_201_050_comp_NFX_v002.mov")
  stack("AGM_201_050_comp_NFX_v003.mov", "AGM_201_050_comp_NFX_v004.mov")
  add("AGM_201_050_comp_NFX_v005.mov")

  // A gap, two files of one version, a still among videos.
  add("AGM_202_010_comp_v01.mov", "AGM_202_010_comp_v02.mov", "AGM_202_010_comp_v04.mov")
  add("AGM_202_020_comp_v04.mov", "AGM_202_020_comp_v05.mov", "AGM_202_020_comp_v5.mov", "AGM_202_020_comp_v06.mov")
  world.addFile({ name: "AGM_202_030_comp_v01.mov", parentId: folderId, nowMillis: now(), assetType: "image" })
  add("AGM_202_030_comp_v02.mov")

  // One base within another, a date in a show's code, sizes, a second number.
  add("ABC_010_v01.mov", "ABC_010_v02.mov", "XABC_010_v01.mov", "XABC_010_v02.mov")
  add("uc241217_020_v001.mov", "uc241217_020_v002.mov", "uc241217_030.mov")
  add("ABC_020_1920x1080_v01.mov", "ABC_020_1920x1080_v02.mov", "ABC_020_v1080.mov", "ABC_030_v01_02.mov")

  // Spaces, forms of Unicode, case, extensions, frames of a sequence, and files without a version.
  add("ABC_040_v01.mov", "ABC_040_v02.mov ", "Nuit_été_v01.mov".normalize("NFC"), "Nuit_été_v02.mov".normalize("NFD"))
  add("Nightsky_v01.mov", "nightsky_v02.mov", "ABC_050_v01.mov", "ABC_050_v02.mp4")
  add("ABC_060_v001.1001.exr", "ABC_060_v001.1002.exr", "ABC_060_v002.1001.exr", "ABC_060_v002.1002.exr")
  add("ABC_010_final.mov", "ABC_010_FINAL2.mov", "shotlist.pdf", "=HYPERLINK(A1)_v01.mov", "=HYPERLINK(A1)_v02.mov")

  const editId = folder("Edit", folderId)
  for (const name of ["Trailer_20241203.mov", "Trailer_2024-12-17.mov", "Trailer_241210.mov", "Teaser_20241217.mov"]) {
    world.addFile({ name, parentId: editId, nowMillis: now() })
  }
  const setId = folder("Set", folderId)
  for (const name of ["Sc12_tk01.mov", "Sc12_tk02.mov", "Sc12_take3.mov", "Sc13 take 1.mov", "Sc13 take 2.mov"]) {
    world.addFile({ name, parentId: setId, nowMillis: now() })
  }
  return { folderId, editId, setId }
}
