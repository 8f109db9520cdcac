/**
 * Moves one version on its stack, exactly once: the orders before and after are known, so reading the stack settles
 * what a call did.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { LinkError } from "../../LinkError.js"
import type { Link } from "../../VersionPlan.js"
import * as StackOrder from "../plan/stackOrder.js"
import { type End, FIRST_LOOK_MILLIS, isOpen, type Tools, untouched } from "./links.js"

type Order = ReadonlyArray<AssetId>

/**
 * The answer of an API without such a call.
 *
 * @internal
 */
export const unable = ({ abilities }: Repository.Service, assetIds: ReadonlyArray<AssetId>) =>
  new FrameioError.InvalidRequest({
    endpoint: abilities.endpoints.raise,
    assetIds,
    problems: [
      {
        path: "reorder_from",
        message: `asks for another order of a stack, for which ${abilities.api} has no call; take out what is above, and put it on again`
      }
    ]
  })

/** @internal */
export const reorder = <E extends LinkError>(
  chain: { readonly index: number },
  link: Link,
  tools: Tools,
  change: {
    readonly stackId: AssetId
    readonly from: Order
    readonly to: Order
    readonly send: Effect.Effect<void, FrameioError.WriteError>
    /** Announces the call before it leaves. */
    readonly beforeSend: Effect.Effect<void>
    /** Hears whether the call is under way. */
    readonly onUnderWay: (is: boolean) => void
    /** The failure if the order is neither of the two. */
    readonly changed: Effect.Effect<never, E>
    /** The failure if the call was carried out without effect. */
    readonly inVain: LinkError
  }
): Effect.Effect<End, FrameioError.ListError | E> => {
  const { calls, halt, jobs, repository } = tools
  const { changed, from, stackId, to } = change
  let sent = false
  const read = <A>(request: Effect.Effect<A, FrameioError.ListError>) => Effect.suspend(() => calls.read(request, sent))

  const orderNow: Effect.Effect<Order | undefined, FrameioError.ListError> = Effect.gen(function* () {
    const stack = yield* read(repository.get(stackId))
    if (stack._tag !== "Stack") return []
    const { files, order } = yield* read(repository.versions(stack))
    return order === "assumed" ? undefined : files.map(({ id }) => id.toLowerCase() as AssetId)
  })

  /** Which of the two orders the stack has; another order is believed only once it can no longer be a stale read. */
  const look = (wanted: "either" | "to"): Effect.Effect<boolean, FrameioError.ListError | E> =>
    Effect.gen(function* () {
      for (let waited = 0, pause = FIRST_LOOK_MILLIS; ; waited += pause, pause *= 2) {
        const now = yield* orderNow
        if (now !== undefined && StackOrder.isSame(now, to)) return true
        const isFrom = now !== undefined && StackOrder.isSame(now, from)
        if (isFrom && wanted === "either") return false
        if (waited >= tools.settleMillis || halt.reason() !== undefined) return isFrom ? false : yield* changed
        yield* halt.sleep(Duration.millis(pause))
      }
    })

  const either = look("either")
  return Effect.gen(function* () {
    if (link.isUnsettled !== true && (yield* either)) {
      if (link.mayArrive !== true) return { _tag: "Made", how: "already" }
      // The call that is to be taken back may still be under way.
      yield* halt.sleep(yield* tools.earlier)
      if (halt.reason() !== undefined) return untouched(link)
      if (yield* either) return { _tag: "Made", how: "already" }
    }
    const end = yield* tools.makeOnce<void, E>(chain, link, {
      endpoint: repository.abilities.endpoints.raise,
      assetIds: () => [stackId, link.nextAssetId],
      send: Effect.tap(
        calls.change(change.send, {
          beforeSend: Effect.suspend(() => {
            sent = true
            change.onUnderWay(true)
            return change.beforeSend
          }),
          job: jobs.grows
        }),
        (result) => Effect.sync(() => change.onUnderWay(isOpen(result)))
      ),
      proves: () => true,
      look: either,
      refused: Effect.map(either, (is) => (is ? "already" : "refused"))
    })
    // An answer says that the call was carried out, but not what it did.
    if (end._tag !== "Made" || end.how !== "answered" || (yield* look("to"))) return end
    return { _tag: "Failed", error: change.inVain }
  })
}
