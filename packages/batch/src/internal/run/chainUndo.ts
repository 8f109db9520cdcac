/**
 * One chain taken apart again, newest version first.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { MovedSince } from "../../LinkError.js"
import type { Link, StackedChain } from "../../VersionPlan.js"
import { base, type End, inOrder, isOpen, type Tools } from "./links.js"
import * as Place from "./place.js"

/** What a link can fail with before it is taken out. */
type Found = FrameioError.ReadError | MovedSince

/** @internal */
export const undoChain = (chain: StackedChain, tools: Tools): Effect.Effect<void> => {
  const { calls, emit } = tools
  /** The stack that the job put its versions on. */
  let stack = chain.stack
  let underWay = false

  /** Where the job's versions are, when no answer ever told: in the stack that the target is, or is in. */
  const findStack: Effect.Effect<AssetId | undefined, FrameioError.ReadError> = Effect.gen(function* () {
    if (stack !== undefined) return stack
    const target = yield* calls.get(chain.target)
    stack = Asset.isVersionStack(target)
      ? target.id
      : Option.getOrUndefined(Option.map(yield* Place.stackOf(target, calls.get), (holder) => holder.id))
    return stack
  })

  /** Whether an asset is out of the stack that the job put it on; fails where it is on another. */
  const isOut = (id: AssetId): Effect.Effect<boolean, Found> =>
    Effect.gen(function* () {
      const asset = yield* calls.get(id)
      const parent = Option.getOrUndefined(Asset.parentId(asset))
      if (parent !== undefined && stack !== undefined && Asset.sameId(parent, stack)) return false
      const holder = Option.getOrUndefined(yield* Place.stackOf(asset, calls.get))
      if (holder === undefined) return true
      const ours = yield* findStack
      if (ours !== undefined && Asset.sameId(holder.id, ours)) return false
      return yield* new MovedSince({ assetId: id, stackId: holder.id })
    })

  const takeOut = (link: Link, id: AssetId, unsettled: boolean): Effect.Effect<End, Found> =>
    Effect.gen(function* () {
      if (!unsettled && (yield* isOut(id))) return { _tag: "Made", how: "already" }
      let attempt = 0
      const beforeSend = Effect.flatMap(base(chain, link), (fields) => {
        underWay = true
        return emit({ _tag: "Undoing", ...fields, takenOut: id, attempt: ++attempt })
      })
      return yield* tools.makeOnce(
        chain,
        link,
        {
          endpoint: "assets.unversion",
          assetIds: () => [id],
          send: Effect.tap(calls.unversion(id, beforeSend), (result) =>
            Effect.sync(() => {
              underWay = isOpen(result)
            })
          ),
          proves: (answer) => Asset.sameId(answer.id, id) || (stack !== undefined && Asset.sameId(answer.id, stack)),
          look: isOut(id),
          refused: Effect.map(isOut(id), (out) => (out ? ("already" as const) : ("refused" as const)))
        },
        unsettled
      )
    })

  /**
   * When the first version that the job put there is out, the stack that the job made holds only the asset that it was
   * made of. Whether Frame.io keeps such a stack is not documented; where it does, the asset is taken out as well.
   */
  const aloneInStack: Effect.Effect<boolean, FrameioError.ReadError> = Effect.gen(function* () {
    if (!chain.madeStack) return false
    const target = yield* calls.get(chain.target)
    if (Asset.isVersionStack(target)) return false
    const holder = Option.getOrUndefined(yield* Place.stackOf(target, calls.get))
    return holder !== undefined && Place.size(holder) === 1
  })

  const run = (link: Link): Effect.Effect<End, Found> =>
    Effect.gen(function* () {
      const end = yield* takeOut(link, link.nextAssetId, link.isUnsettled === true)
      if (end._tag !== "Made" || link.line !== chain.firstLine || !(yield* aloneInStack)) return end
      const last = yield* takeOut(link, chain.target, false)
      return last._tag === "Made" ? end : last
    })

  return inOrder(chain, tools, {
    run,
    underWay: () => underWay,
    confirmed: (link, how) => Effect.map(base(chain, link), (fields) => ({ _tag: "Undone", ...fields, how }))
  })
}
