/**
 * Worlds to try things in: shots of a film with versions to stack, named as post houses name them. Pure and
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
  /** How many shots; each will be one stack. At least 1. */
  readonly shots: number
  /** How many versions of each shot, at least 1. Default 3. */
  readonly versions?: number | undefined
  /** The code of the show, in front of every name. Default `AGM`. */
  readonly show?: string | undefined
  /** What stands between shot and version. Default `comp_NFX`. */
  readonly task?: string | undefined
  /** Without the dot. Default `mov`. */
  readonly extension?: string | undefined
  /** The folder to put them into. By default a new one, named after the show, in the first project. */
  readonly folderId?: string | undefined
  /** Whether every version has an upload time of its own, a minute after the last. Default `true`. */
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
 * The name of the n-th shot, from 0: episode, scene, shot, such as `AGM_104_065_010`. Up to a million are different.
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
 * Adds loose files to a world: shots × versions, in one folder, uploaded version by version. Nothing is stacked yet.
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
 * A pair for a version call: what gets the new version, and the new version.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pair {
  readonly assetId: AssetId
  readonly nextAssetId: AssetId
}

/**
 * The pairs that stack every shot, chain after chain: each names the first version of its shot as the target, and then
 * each version the one before. A batch run resolves them to one stack per shot.
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
