/**
 * Which requests a growing stack takes, for any API: what one request can do is told by `Repository.Abilities`. Pure.
 *
 * An API that makes a stack of several files at once, and whose budget for that is the tighter one, gets as many as it
 * takes into that request; the rest go on top one by one.
 *
 * ```ts
 * import { StackSteps } from "@effect-frameio/stacks"
 *
 * const millis = StackSteps.shortestMillis(new Map([["POST /v2/assets/:asset_id/version", 1000]]), () => ({
 *   limit: 100,
 *   windowMillis: 60_000
 * }))
 * ```
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as Arr from "effect/Array"
import type { Abilities } from "./Repository.js"

/**
 * A file that is to become a version, and where it lies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Next {
  readonly id: AssetId
  /** The folder or the stack that holds it; absent where that is not known. */
  readonly parentId: AssetId | undefined
}

/**
 * The bottom of a growing stack: a stack, or a file out of which one is made.
 *
 * @since 0.1.0
 * @category models
 */
export type Bottom =
  | { readonly _tag: "Stack"; readonly id: AssetId }
  | { readonly _tag: "File"; readonly id: AssetId; readonly folderId: AssetId }

/**
 * One request. `Gather` brings a file to where a stack is to be made; the `Gather`s of a chain may go side by side, all
 * else goes in order.
 *
 * @since 0.1.0
 * @category models
 */
export type Step =
  | { readonly _tag: "Gather"; readonly file: AssetId; readonly folderId: AssetId }
  | { readonly _tag: "Make"; readonly onto: AssetId; readonly files: Arr.NonEmptyReadonlyArray<AssetId> }
  | { readonly _tag: "Grow"; readonly file: AssetId }

const isNonEmpty = <A>(list: ReadonlyArray<A>): list is Arr.NonEmptyReadonlyArray<A> => list.length > 0

/**
 * The requests that put files on top of a stack or a file, the oldest first.
 *
 * @since 0.1.0
 * @category planning
 */
export const steps = (
  bottom: Bottom,
  next: ReadonlyArray<Next>,
  abilities: Pick<Abilities, "filesPerStack" | "sameFolder">
): ReadonlyArray<Step> => {
  const grow = (file: Next): Step => ({ _tag: "Grow", file: file.id })
  if (bottom._tag === "Stack") return next.map(grow)
  const together = next.slice(0, abilities.filesPerStack)
  if (!isNonEmpty(together)) return []
  const { folderId } = bottom
  const gather = abilities.sameFolder
    ? together.flatMap(
        (file): ReadonlyArray<Step> => (file.parentId === folderId ? [] : [{ _tag: "Gather", file: file.id, folderId }])
      )
    : []
  const [first, ...rest] = together
  const make: Step = { _tag: "Make", onto: bottom.id, files: [first.id, ...rest.map(({ id }) => id)] }
  return [...gather, make, ...next.slice(together.length).map(grow)]
}

/**
 * How many requests each budget has to give, by the scheduler's name of it.
 *
 * @since 0.1.0
 * @category planning
 */
export const requests = (
  all: Iterable<Step>,
  routes: Pick<Abilities["routes"], "stack" | "grow" | "move">
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { _tag } of all) {
    const route = _tag === "Make" ? routes.stack : _tag === "Grow" ? routes.grow : routes.move
    counts.set(route, (counts.get(route) ?? 0) + 1)
  }
  return counts
}

/**
 * The shortest time in ms in which the budgets can give so many requests, each at its limit from an empty bucket: the
 * budgets work side by side, so the one that takes longest decides. A budget whose limit is not known takes none.
 *
 * @since 0.1.0
 * @category planning
 */
export const shortestMillis = (
  counts: ReadonlyMap<string, number>,
  limitOf: (route: string) => { readonly limit: number; readonly windowMillis: number } | undefined
): number => {
  let longest = 0
  for (const [route, count] of counts) {
    const rule = limitOf(route)
    if (rule === undefined) continue
    const cost = Math.round(rule.windowMillis / rule.limit)
    const burst = cost === 0 ? count : Math.floor(rule.windowMillis / cost)
    longest = Math.max(longest, Math.max(0, count - burst) * cost)
  }
  return longest
}
