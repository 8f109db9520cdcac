/**
 * One chain taken apart again, newest version first.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Asset from "@effect-frameio/core/Asset"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Fault } from "../../BatchEvent.js"
import type { Link, StackedChain } from "../../VersionPlan.js"
import { base, type Calls, type ChainOptions, type Emit, inOrder, refusal } from "./chainRun.js"
import { type Control, changeOnce, type End } from "./changeOnce.js"
import * as Place from "./place.js"

export const undoChain = (
  chain: StackedChain,
  calls: Calls,
  emit: Emit,
  control: Control,
  options: ChainOptions
): Effect.Effect<void> => {
  /** The stack that the job put its versions on. */
  let stack = chain.stack
  let underWay = false

  /** Where the job's versions are, when no answer ever told: in the stack that the target is, or is in. */
  const findStack: Effect.Effect<AssetId | undefined, Fault> = Effect.gen(function* () {
    if (stack !== undefined) return stack
    const target = yield* calls.get(chain.target)
    stack = Asset.isVersionStack(target)
      ? target.id
      : Option.getOrUndefined(Option.map(yield* Place.stackOf(target, calls.get), (holder) => holder.id))
    return stack
  })

  /** Whether an asset is out of the stack that the job put it on. */
  const isOut = (id: AssetId): Effect.Effect<"made" | "not made" | Fault, Fault> =>
    Effect.gen(function* () {
      const asset = yield* calls.get(id)
      const parent = Option.getOrUndefined(Asset.parentId(asset))
      if (parent !== undefined && stack !== undefined && Asset.sameId(parent, stack)) return "not made"
      const holder = Option.getOrUndefined(yield* Place.stackOf(asset, calls.get))
      if (holder === undefined) return "made"
      const ours = yield* findStack
      return ours !== undefined && Asset.sameId(holder.id, ours)
        ? "not made"
        : refusal(`${id} is on another stack now, ${holder.id}, where this job has not put it. It was left there.`)
    })

  const takeOut = (link: Link, id: AssetId, unsettledSince: number | undefined): Effect.Effect<End> =>
    Effect.gen(function* () {
      if (unsettledSince === undefined) {
        const before = yield* Effect.either(isOut(id))
        if (Either.isLeft(before)) return { _tag: "Failed", fault: { ...before.left, outcome: "not-applied" } }
        if (before.right === "made") return { _tag: "Confirmed", how: "already" }
        if (before.right !== "not made") return { _tag: "Failed", fault: before.right }
      }
      return yield* changeOnce(
        {
          send: (attempt) => {
            const beforeSend = Effect.flatMap(base(chain.index, link), (fields) => {
              underWay = true
              return emit({ _tag: "Undoing", ...fields, takenOut: id, attempt })
            })
            return Effect.map(calls.unversion(id, beforeSend), (result) => {
              underWay = result._tag === "Faulted" && result.fault.outcome === "unknown"
              return result
            })
          },
          look: isOut(id),
          refused: (fault) =>
            Effect.map(isOut(id), (found) =>
              found === "made" ? { _tag: "Confirmed", how: "already" } : { _tag: "Failed", fault }
            ),
          answered: () => Effect.void,
          waits: (reason, millis) =>
            Effect.flatMap(base(chain.index, link), (fields) => emit({ _tag: "Waiting", ...fields, reason, millis })),
          unsettledSince
        },
        control,
        options
      )
    })

  /**
   * When the first version that the job put there is out, the stack that the job made holds only the asset that it was
   * made of. Whether Frame.io keeps such a stack is not documented; where it does, the asset is taken out as well.
   */
  const aloneInStack: Effect.Effect<boolean, Fault> = Effect.gen(function* () {
    if (!chain.madeStack) return false
    const target = yield* calls.get(chain.target)
    if (Asset.isVersionStack(target)) return false
    const holder = Option.getOrUndefined(yield* Place.stackOf(target, calls.get))
    return holder !== undefined && Place.size(holder) === 1
  })

  const run = (link: Link): Effect.Effect<End> =>
    Effect.gen(function* () {
      const end = yield* takeOut(link, link.nextAssetId, link.unsettledSince)
      if (end._tag !== "Confirmed" || link.line !== chain.firstLine) return end
      const alone = yield* Effect.either(aloneInStack)
      if (Either.isLeft(alone)) return { _tag: "Failed", fault: { ...alone.left, outcome: "not-applied" } }
      if (!alone.right) return end
      const last = yield* takeOut(link, chain.target, undefined)
      return last._tag === "Confirmed" ? end : last
    })

  return inOrder(chain, emit, {
    run,
    underWay: () => underWay,
    confirmed: (link, how) => Effect.map(base(chain.index, link), (fields) => ({ _tag: "Undone", ...fields, how }))
  })
}
