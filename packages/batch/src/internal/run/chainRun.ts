/**
 * One chain, link by link: which id to send to, what an answer means, and what to do when none came.
 *
 * Knows nothing of where a job's state is kept: it asks through `Calls`, tells through `emit`, and obeys `Halt`.
 */

import type { AssetId } from "@effect-frameio/core/Asset"
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as StackTarget from "@effect-frameio/stacks/StackTarget"
import { AlreadyElsewhere } from "@effect-frameio/stacks/VersionStackError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { MovedSince, TargetChanged } from "../../LinkError.js"
import type { Chain, Expected, Link } from "../../VersionPlan.js"
import { base, type End, inOrder, isOpen, type Tools } from "./links.js"
import * as Place from "./place.js"

/** What a link can fail with before it is sent. */
type Found = FrameioError.ReadError | AlreadyElsewhere | TargetChanged | MovedSince

/** @internal */
export const runChain = (chain: Chain, tools: Tools, options: { readonly lookFirst: boolean }): Effect.Effect<void> => {
  const { calls, emit } = tools
  const { resumed } = chain
  const target = StackTarget.make({
    id: resumed?.stack ?? chain.target,
    isStack: resumed?.stack !== undefined,
    get: calls.get
  })
  /** Whether a link was found in its place already: then every further one is looked up before it is sent. */
  let careful = options.lookFirst
  /** Whether a call is under way whose end is not known yet. */
  let underWay = false
  /** How many versions the stack had when it was last seen, ours included. */
  let versions: number | undefined

  /** Whether a link is in its place; fails where it is in another. */
  const isInPlace = (link: Link): Effect.Effect<boolean, FrameioError.ReadError | AlreadyElsewhere> =>
    Effect.flatMap(target.placeOf(link.nextAssetId), (place) =>
      place._tag === "Elsewhere"
        ? new AlreadyElsewhere({ assetId: link.nextAssetId, stackId: place.stackId, wanted: target.id() })
        : Effect.succeed(place._tag === "Here")
    )

  /** Fails where a link that was confirmed is no longer in its place. */
  const verify = (link: Link): Effect.Effect<End, FrameioError.ReadError | MovedSince> =>
    Effect.flatMap(
      target.placeOf(link.nextAssetId),
      (place): Effect.Effect<End, MovedSince> =>
        place._tag === "Here"
          ? Effect.succeed({ _tag: "Made", how: "already" })
          : new MovedSince({
              assetId: link.nextAssetId,
              ...(place._tag === "Elsewhere" ? { stackId: place.stackId } : {})
            })
    )

  const notice = (link: Link, stack: AssetId, reason: string): Effect.Effect<void> =>
    Effect.flatMap(base(chain, link), (fields) => emit({ _tag: "Noticed", ...fields, stackId: stack, reason }))

  /** Whether the newest version of a stack is one of this chain: then an earlier run without a ledger was here. */
  const isOurs = (stack: Asset.Asset): boolean =>
    Option.exists(Asset.coverAssetId(stack), (cover) =>
      chain.links.some((link) => Asset.sameId(link.nextAssetId, cover))
    )

  const changed = (
    change: TargetChanged["change"],
    stack: Asset.Asset | undefined
  ): Effect.Effect<never, TargetChanged> =>
    Effect.flatMap(
      Effect.option(
        Effect.flatMap(stack === undefined ? Option.none() : Asset.coverAssetId(stack), (cover) => calls.get(cover))
      ),
      (cover) =>
        new TargetChanged({
          assetId: chain.target,
          change,
          ...(chain.expected?.name === undefined ? {} : { name: chain.expected.name }),
          ...Option.match(cover, {
            onNone: () => ({}),
            onSome: ({ id, name }) => ({ newest: name === undefined ? id : JSON.stringify(name) })
          })
        })
    )

  /** Fails where the target has changed since the plan was made, in a way that would put versions in the wrong order. */
  const unchanged = (expected: Expected): Effect.Effect<void, FrameioError.ReadError | TargetChanged> =>
    Effect.gen(function* () {
      const asset = yield* calls.get(chain.target)
      if (expected.kind === "stack") {
        if (!Asset.isVersionStack(asset)) return yield* changed("Unstacked", undefined)
        const cover = Option.getOrUndefined(Asset.coverAssetId(asset))
        if (cover === undefined || expected.coverId === undefined || cover.toLowerCase() === expected.coverId) return
        careful = isOurs(asset)
        if (careful) return
        return yield* changed("Grown", asset)
      }
      const parent = Option.getOrUndefined(Asset.parentId(asset))
      if (parent === undefined || parent.toLowerCase() === expected.folderId) return
      const holder = yield* calls.get(parent)
      if (!Asset.isVersionStack(holder)) return
      careful = isOurs(holder)
      if (careful) return
      return yield* changed("Stacked", holder)
    })

  /** After a refusal that could mean "the target is inside a stack": goes to the stack, once. */
  const onRefusal = (
    link: Link,
    isFirst: boolean
  ): Effect.Effect<"already" | "send again" | "refused", FrameioError.ReadError | AlreadyElsewhere> =>
    Effect.gen(function* () {
      const before = target.id()
      const knew = target.isStack()
      if (!knew) yield* target.resolve
      const after = target.id()
      if (target.isStack() && (yield* isInPlace(link))) {
        careful = true
        return "already"
      }
      if (Asset.sameId(before, after)) return "refused"
      if (isFirst && !knew && resumed === undefined) {
        yield* notice(
          link,
          after,
          `${before} is in the stack ${after}, which this job has not made; versions go on top`
        )
      }
      return "send again"
    })

  /** The answer may be the stack or the file: only the first tells the stack's id, else it is read when needed. */
  const learn = (link: Link, sentTo: AssetId, asset: Asset.Asset): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!Asset.isVersionStack(asset)) {
        if (versions !== undefined) versions += 1
        return Effect.void
      }
      const isNew = !target.isStack() && !Asset.sameId(sentTo, asset.id)
      target.learn(asset)
      const expected = isNew ? 2 : versions === undefined ? undefined : versions + 1
      versions = Place.size(asset)
      const more = expected === undefined || versions === undefined ? 0 : versions - expected
      return more <= 0
        ? Effect.void
        : notice(
            link,
            asset.id,
            `Somebody else has put ${more === 1 ? "a version" : `${more} versions`} on the stack meanwhile; ours is on top`
          )
    })

  const run = (link: Link, isFirst: boolean): Effect.Effect<End, Found> =>
    Effect.gen(function* () {
      // The stack's id is needed from the second link on; a chain of one never asks for it.
      if ((!isFirst || options.lookFirst || (resumed !== undefined && resumed.inPlace > 0)) && !target.isStack()) {
        yield* target.resolve
      }
      if (isFirst && chain.expected !== undefined && resumed === undefined) yield* unchanged(chain.expected)
      if (link.isConfirmed === true) return yield* verify(link)
      if (careful && link.isUnsettled !== true && (yield* isInPlace(link))) {
        return { _tag: "Made", how: "already" }
      }
      let sentTo = target.id()
      let attempt = 0
      const end = yield* tools.makeOnce(chain, link, {
        endpoint: "assets.version",
        assetIds: () => [target.id(), link.nextAssetId],
        send: Effect.suspend(() => {
          const to = target.id()
          sentTo = to
          const beforeSend = Effect.flatMap(base(chain, link), (fields) => {
            underWay = true
            return emit({ _tag: "Sent", ...fields, target: to, attempt: ++attempt })
          })
          return Effect.tap(calls.version(to, link.nextAssetId, beforeSend), (result) =>
            Effect.sync(() => {
              underWay = isOpen(result)
            })
          )
        }),
        proves: (answer) =>
          StackTarget.shows(answer, { next: link.nextAssetId, stack: target.isStack() ? target.id() : undefined }),
        look: isInPlace(link),
        refused: onRefusal(link, isFirst)
      })
      if (end._tag === "Made" && end.answer !== undefined) yield* learn(link, sentTo, end.answer)
      return end
    })

  return inOrder(chain, tools, {
    run,
    underWay: () => underWay,
    confirmed: (link, how) =>
      Effect.map(base(chain, link), (fields) => ({
        _tag: "Confirmed",
        ...fields,
        stackId: target.isStack() ? target.id() : null,
        how
      }))
  })
}
