/**
 * Which requests a growing stack takes, for any API, by its `Repository.Abilities`; pure. An API that makes a stack of
 * several files at once gets as many as it takes into that request; the rest go on top one by one.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as Arr from "effect/Array"
import type { Abilities } from "./Repository.js"

/**
 * A file that will become a version, and its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Next {
  readonly id: AssetId
  /** The folder or the stack that holds it, if known. */
  readonly parentId: AssetId | undefined
}

/**
 * The bottom of a growing stack: a stack, or a file that becomes one.
 *
 * @since 0.1.0
 * @category models
 */
export type Bottom =
  | { readonly _tag: "Stack"; readonly id: AssetId }
  | { readonly _tag: "File"; readonly id: AssetId; readonly folderId: AssetId }

/**
 * One request. `Gather` brings a file to the folder of a new stack; the `Gather`s of a chain may go side by side, the
 * other steps in order.
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
 * @example
 * ```ts
 * const v2 = { filesPerStack: 1, sameFolder: false }
 * const next = [take2, take3].map((id) => ({ id, parentId: folder }))
 * const steps = StackSteps.steps({ _tag: "File", id: shot, folderId: folder }, next, v2) // Make, Grow
 * ```
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
 * How many requests each budget has to give, by the scheduler's name of the budget.
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
 * The shortest time in ms in which the budgets can give so many requests, side by side, each at its limit from an empty
 * bucket. A budget whose limit is not known takes none.
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
