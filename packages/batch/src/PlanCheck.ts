/**
 * Checks before any of a plan is sent whether a version of Frame.io's API can do it: whether its ids exist, as those of
 * another version need not, and whether there is a call for each of its lines.
 *
 * @since 0.1.0
 */
import { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import { Repository } from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { orderIn, REORDER_FROM } from "./internal/plan/planRules.js"
import type { Chain } from "./VersionPlan.js"

/**
 * An id that is not found.
 *
 * @since 0.1.0
 * @category models
 */
export interface Missing {
  /** The first line of the plan that names it. */
  readonly line: number
  readonly assetId: AssetId
}

/**
 * Says which ids of a plan do not exist, each with its line.
 *
 * @since 0.1.0
 * @category printing
 */
export const describe = (missing: ReadonlyArray<Missing>): string =>
  [
    `Frame.io V4 does not find ${missing.length === 1 ? "one id" : `${missing.length} ids`} of the plan; nothing was sent.`,
    ...missing.map(({ assetId, line }) => `  line ${line}: ${assetId}`)
  ].join("\n")

/**
 * The column of a plan that puts a version of a stack on top of it.
 *
 * @since 0.1.0
 * @category constants
 */
export const reorderColumn: string = REORDER_FROM

/**
 * The lines of a plan that put a version of a stack on top of it, for which v2 has no call.
 *
 * @since 0.1.0
 * @category checking
 */
export const reorders = (chains: ReadonlyArray<Chain>): ReadonlyArray<number> =>
  chains.flatMap(({ links }) => links.flatMap((link) => (orderIn(link) === undefined ? [] : [link.line])))

/** So many lines are named. */
const NAMED = 5

/**
 * Says why an API without a call for the order of a stack takes no plan with these lines.
 *
 * @since 0.1.0
 * @category printing
 */
export const describeReorders = (api: string, lines: ReadonlyArray<number>): string => {
  const named = lines.slice(0, NAMED).join(", ")
  const more = lines.length > NAMED ? ` and ${lines.length - NAMED} more` : ""
  return (
    `The plan puts versions of stacks in another order (line${lines.length === 1 ? "" : "s"} ${named}${more}), for which ${api} has no call. ` +
    "Nothing was sent. Run it over V4, or leave these lines out and order these stacks by hand: take out what is above, and put it on again."
  )
}

/** Reads that wait for the limit side by side. */
const SIDE_BY_SIDE = 16

const isId = Schema.is(AssetId)

const isMissing = (error: FrameioError.ListError): boolean =>
  error._tag === "FrameioNotFound" || error._tag === "FrameioInvalidArguments"

/**
 * Every id of a plan that does not exist, by line. If the plan names the folders of its targets, they cost one request
 * for each 500 items; other assets are read one by one. Fails if reading fails for another reason.
 *
 * @example
 * ```ts
 * const plan = yield* VersionPlan.fromPairs([{ assetId: shot, nextAssetId: take2 }])
 * const missing = yield* PlanCheck.missing(Stream.fromIterable(plan.chains))
 * ```
 *
 * @since 0.1.0
 * @category checking
 */
export const missing = <E, R>(
  chains: Stream.Stream<Chain, E, R>,
  options?: {
    /** Hears how many of the ids that are read one by one were read. */
    readonly onProgress?: ((read: number, of: number) => Effect.Effect<void>) | undefined
  }
): Effect.Effect<ReadonlyArray<Missing>, E | FrameioError.ListError, R | Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository
    const wanted = new Map<string, Missing>()
    const folders = new Set<AssetId>()
    const want = (assetId: AssetId, line: number): void => {
      const key = assetId.toLowerCase()
      const known = wanted.get(key)
      if (known === undefined || known.line > line) wanted.set(key, { assetId, line })
    }
    yield* Stream.runForEach(chains, ({ expected, links, target }) =>
      Effect.sync(() => {
        for (const [place, { line, nextAssetId }] of links.entries()) {
          if (place === 0) want(target, line)
          want(nextAssetId, line)
        }
        const folderId = expected?.folderId
        if (isId(folderId)) folders.add(folderId)
      })
    )
    yield* Effect.forEach(
      folders,
      (folderId) =>
        repository.children(folderId).pipe(
          Stream.runForEach(({ id }) => Effect.sync(() => wanted.delete(id.toLowerCase()))),
          // A missing folder holds none of them.
          Effect.catchIf(isMissing, () => Effect.void)
        ),
      { discard: true }
    )
    let read = 0
    const found = yield* Effect.forEach(
      wanted.values(),
      (one) =>
        repository.get(one.assetId).pipe(
          Effect.as(undefined),
          Effect.catchIf(isMissing, () => Effect.succeed(one)),
          Effect.tap(() => options?.onProgress?.(++read, wanted.size))
        ),
      { concurrency: SIDE_BY_SIDE }
    )
    return found.flatMap((one) => (one === undefined ? [] : [one])).sort((one, other) => one.line - other.line)
  })
