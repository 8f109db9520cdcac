/**
 * Takes one chain apart again, newest version first.
 */
import { type AssetId, sameId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Repository from "@effect-frameio/stacks/Repository"
import { NotMade } from "@effect-frameio/stacks/VersionStackError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { MovedSince, ReorderedSince } from "../../LinkError.js"
import type { Link, StackedChain } from "../../VersionPlan.js"
import * as StackOrder from "../plan/stackOrder.js"
import { base, type End, FIRST_LOOK_MILLIS, inOrder, isOpen, type Links, type Tools, untouched } from "./links.js"
import * as Reorder from "./reorder.js"
import * as ShareSwap from "./shareSwap.js"

/** Why a link can fail before it is taken out. */
type Found = FrameioError.ListError | MovedSince | ReorderedSince

/** @internal */
export const undoChain = (chain: StackedChain, tools: Tools): Effect.Effect<void> => {
  const { calls, emit, halt, repository } = tools
  const { abilities } = repository
  /** Whether the step has sent a change: only then does it still read once the job is stopped. */
  let sent = false
  const read = <A>(request: Effect.Effect<A, FrameioError.ListError>) => Effect.suspend(() => calls.read(request, sent))
  const get = (id: AssetId) => read(repository.get(id))
  /** The stack that the job put its versions on. */
  let stack = chain.stack
  /** The same stack as last read: an API that moves versions out must know where its folder is. */
  let seen: Repository.Stack | undefined
  let underWay = false

  /** The stack that holds an item, if any. */
  const holderOf = ({
    parentId
  }: Repository.Item): Effect.Effect<Repository.Stack | undefined, FrameioError.ListError> =>
    parentId === undefined || repository.isFolder(parentId)
      ? Effect.succeed(undefined)
      : Effect.map(get(parentId), (holder) => (holder._tag === "Stack" ? holder : undefined))

  /** Where the job's versions are, if no answer ever said so: in the stack that the target is, or is in. */
  const findStack: Effect.Effect<AssetId | undefined, FrameioError.ListError> = Effect.gen(function* () {
    if (stack !== undefined) return stack
    const target = yield* get(chain.target)
    seen = target._tag === "Stack" ? target : yield* holderOf(target)
    stack = seen?.id
    return stack
  })

  /** The folder that the stack is in, or was. */
  const folderOf: Effect.Effect<AssetId | undefined, FrameioError.ListError> = Effect.gen(function* () {
    if (seen !== undefined) return seen.parentId
    const target = yield* get(chain.target)
    // A stack that is gone may still be shown as its holder.
    const holder = yield* Effect.catchTag(holderOf(target), "FrameioNotFound", () => Effect.succeed(undefined))
    return (holder ?? target).parentId
  })

  /**
   * Whether an asset is out of the stack that the job put it on, and back in the folder that it was taken from; fails
   * if it is on another stack.
   */
  const isOut = (id: AssetId, home: AssetId | undefined): Effect.Effect<boolean, Found> =>
    Effect.gen(function* () {
      const item = yield* get(id)
      const { parentId } = item
      if (parentId !== undefined && stack !== undefined && sameId(parentId, stack)) return false
      const holder = yield* holderOf(item)
      if (holder === undefined) {
        if (home === undefined || parentId === undefined || sameId(parentId, home)) return true
        const folder = yield* folderOf
        // If it does not lie beside its stack, somebody else has put it there.
        return folder === undefined || !sameId(parentId, folder)
      }
      const ours = yield* findStack
      if (ours === undefined || !sameId(holder.id, ours))
        return yield* new MovedSince({ assetId: id, stackId: holder.id })
      seen = holder
      return false
    })

  /** What to take a version out of, once it is known to be on it. */
  const source: Effect.Effect<
    Pick<Repository.Stack, "id" | "parentId">,
    FrameioError.ListError | MovedSince
  > = Effect.gen(function* () {
    if (seen !== undefined) return seen
    const id = stack ?? chain.target
    if (abilities.blind) return { id, parentId: undefined }
    const item = yield* get(id)
    if (item._tag === "Stack") seen = item
    return item
  })

  const takeOut = (
    link: Link,
    id: AssetId,
    {
      home,
      mayArrive = false,
      unsettled
    }: { readonly home: AssetId | undefined; readonly mayArrive?: boolean | undefined; readonly unsettled: boolean }
  ): Effect.Effect<End, Found> =>
    Effect.gen(function* () {
      if (yield* isOut(id, home)) {
        // Its stack may be gone, and so is not read.
        if (unsettled) return { _tag: "Made", how: "settled" }
        const wait = abilities.blind && !mayArrive ? Duration.zero : yield* tools.earlier
        // What the run has done last may not show yet, or be under way.
        if (Duration.toMillis(wait) > 0) yield* halt.sleep(wait)
        if (halt.reason() !== undefined) return untouched(link)
        if (Duration.toMillis(wait) <= 0 || (yield* isOut(id, home))) return { _tag: "Made", how: "already" }
      }
      const { id: stackId, parentId } = yield* source
      const from = { id: stackId, parentId: home ?? parentId }
      let attempt = 0
      const beforeSend = Effect.flatMap(base(chain, link), (fields) => {
        sent = true
        underWay = true
        return emit({ _tag: "Undoing", ...fields, takenOut: id, attempt: ++attempt })
      })
      return yield* tools.makeOnce<Repository.Item, Found>(
        chain,
        link,
        {
          endpoint: abilities.endpoints.takeOut,
          assetIds: () => [id],
          send: Effect.tap(calls.change(repository.takeOut({ stack: from, file: id }), { beforeSend }), (result) =>
            Effect.sync(() => {
              underWay = isOpen(result)
            })
          ),
          proves: (answer) => sameId(answer.id, id) || (stack !== undefined && sameId(answer.id, stack)),
          look: isOut(id, home),
          refused: Effect.map(isOut(id, home), (out) => (out ? ("already" as const) : ("refused" as const)))
        },
        unsettled
      )
    })

  /**
   * Once the first version that the job put there is out, the stack that the job made holds only the asset that it was
   * made from. Whether Frame.io keeps such a stack is not documented; if it does, that asset is taken out as well.
   */
  const aloneInStack: Effect.Effect<boolean, FrameioError.ListError> = Effect.gen(function* () {
    if (!chain.madeStack) return false
    for (let waited = 0, pause = FIRST_LOOK_MILLIS; ; waited += pause, pause *= 2) {
      const target = yield* get(chain.target)
      if (target._tag === "Stack") return false
      const isLast = waited >= tools.settleMillis || halt.reason() !== undefined
      // A stack that is gone may still be shown as its holder.
      const holder = yield* Effect.catchTag(holderOf(target), "FrameioNotFound", (error) =>
        isLast ? Effect.fail(error) : Effect.succeed("gone" as const)
      )
      if (holder === undefined) return false
      if (holder !== "gone") {
        if (holder.count !== undefined) return holder.count === 1
        const others = (yield* read(repository.versions(holder))).files.filter(({ id }) => !sameId(id, target.id))
        if (others.length === 0) return true
        // What was taken out may still be shown.
        const mayBeOld = others.every(({ id }) => chain.links.some(({ nextAssetId }) => sameId(nextAssetId, id)))
        if (!mayBeOld || isLast) return false
      }
      yield* halt.sleep(Duration.millis(pause))
    }
  })

  /** Puts a version that was raised back below the one it was below. */
  const putBack = (link: Link, order: ReadonlyArray<AssetId>): Effect.Effect<End, Found> =>
    Effect.suspend((): Effect.Effect<End, Found> => {
      const { lower } = repository
      const stackId = stack ?? chain.target
      const file = link.nextAssetId
      if (lower === undefined)
        return Effect.succeed({ _tag: "Failed", error: Reorder.unable(repository, [stackId, file]) })
      const below = order[order.indexOf(file) + 1]
      // It was on top before.
      if (below === undefined) return Effect.succeed({ _tag: "Made", how: "already" })
      let attempt = 0
      return Reorder.reorder(chain, link, tools, {
        stackId,
        from: StackOrder.raised(order, file),
        to: order,
        send: lower({ stackId, file, below }),
        beforeSend: Effect.flatMap(base(chain, link), (fields) =>
          emit({ _tag: "Undoing", ...fields, takenOut: file, attempt: ++attempt })
        ),
        onUnderWay: (is) => {
          underWay = is
        },
        inVain: new NotMade({ endpoint: abilities.endpoints.raise, assetIds: [stackId, file], attempts: 1 }),
        changed: Effect.suspend(() => new ReorderedSince({ assetId: file, stackId }))
      })
    })

  const run = ([link]: Links): Effect.Effect<End, Found> =>
    Effect.gen(function* () {
      sent = false
      underWay = false
      if (link.order !== undefined) return yield* putBack(link, link.order)
      const end: End =
        link.isShownOnly === true
          ? { _tag: "Made", how: "already" }
          : yield* takeOut(link, link.nextAssetId, {
              home: link.home,
              mayArrive: link.mayArrive,
              unsettled: link.isUnsettled === true
            })
      if (end._tag !== "Made" || link.line !== chain.firstLine) return end
      if (yield* aloneInStack) {
        const last = yield* takeOut(link, chain.target, { home: undefined, unsettled: false })
        if (last._tag !== "Made") return last
      }
      return (yield* ShareSwap.back(chain, link, tools)) ?? end
    })

  return inOrder(chain, tools, {
    run,
    underWay: () => underWay,
    confirmed: (link, how) => Effect.map(base(chain, link), (fields) => ({ _tag: "Undone", ...fields, how }))
  })
}
