/**
 * One chain, link by link: which id to send to, what an answer means, and what to do when none came.
 *
 * Knows nothing of where a job's state is kept: it asks through `Calls`, tells through `emit`, and obeys `Control`.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Asset from "@effect-frameio/core/Asset"
import * as StackTarget from "@effect-frameio/stacks/StackTarget"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { BatchEvent, Fault } from "../../BatchEvent.js"
import type { Chain, Expected, Link } from "../../VersionPlan.js"
import type { CallResult, Control, End, Options } from "./changeOnce.js"
import { changeOnce } from "./changeOnce.js"
import * as Place from "./place.js"

export interface Calls {
  /** `beforeSend` runs when the call's turn has come, and before anything leaves the machine. */
  readonly version: (target: AssetId, next: AssetId, beforeSend: Effect.Effect<void>) => Effect.Effect<CallResult>
  readonly unversion: (id: AssetId, beforeSend: Effect.Effect<void>) => Effect.Effect<CallResult>
  readonly get: Place.Get
}

export interface ChainOptions extends Options {
  readonly lookFirst: boolean
}

export type Emit = (event: BatchEvent) => Effect.Effect<void>

/** What every event says of its link. */
export const base = (chain: number, link: Link) =>
  Effect.map(DateTime.now, (at) => ({
    at,
    chain,
    line: link.line,
    assetId: link.assetId,
    nextAssetId: link.nextAssetId
  }))

export const refusal = (message: string): Fault => ({ tag: "StackConflict", message, outcome: "not-applied" })

const ALREADY: End = { _tag: "Confirmed", how: "already" }

/**
 * Links one after the other. When one fails the rest is left out and says so; `run` is told whether a call is under way
 * by what it emits.
 */
export const inOrder = (
  chain: { readonly index: number; readonly links: ReadonlyArray<Link> },
  emit: Emit,
  work: {
    readonly run: (link: Link, isFirst: boolean) => Effect.Effect<End>
    readonly underWay: () => boolean
    readonly confirmed: (link: Link, how: "answered" | "settled" | "already") => Effect.Effect<BatchEvent>
  }
): Effect.Effect<void> => {
  const tell = (link: Link, end: End): Effect.Effect<void> =>
    Effect.flatMap(base(chain.index, link), (fields) => {
      switch (end._tag) {
        case "Confirmed":
          return Effect.flatMap(work.confirmed(link, end.how), emit)
        case "Failed":
          return emit({ _tag: "Failed", ...fields, fault: end.fault })
        case "NotSent":
          return emit({ _tag: "Skipped", ...fields, why: "stopped", reason: "The job was stopped.", because: null })
        case "Unknown":
          return emit({ _tag: "Unknown", ...fields, reason: end.reason })
      }
    })
  return Effect.gen(function* () {
    let broken: { readonly line: number; readonly why: "chain" | "stopped"; readonly reason: string } | undefined
    let isFirst = true
    for (const link of chain.links) {
      if (broken !== undefined) {
        yield* emit({
          _tag: "Skipped",
          ...(yield* base(chain.index, link)),
          why: broken.why,
          reason: broken.reason,
          because: broken.why === "chain" ? broken.line : null
        })
        continue
      }
      const end = yield* work
        .run(link, isFirst)
        .pipe(
          Effect.onInterrupt(() =>
            tell(
              link,
              work.underWay()
                ? { _tag: "Unknown", reason: "The job was interrupted while the call was under way." }
                : { _tag: "NotSent" }
            )
          )
        )
      isFirst = false
      yield* tell(link, end)
      if (end._tag === "Failed") {
        const reason = `Line ${link.line} of the same stack failed, and versions go in order: ${end.fault.message}`
        broken = { line: link.line, why: "chain", reason }
      } else if (end._tag === "NotSent" || end._tag === "Unknown") {
        broken = { line: link.line, why: "stopped", reason: "The job was stopped." }
      }
    }
  })
}

export const runChain = (
  chain: Chain,
  calls: Calls,
  emit: Emit,
  control: Control,
  options: ChainOptions
): Effect.Effect<void> => {
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

  const elsewhere = (link: Link, stack: AssetId): Fault =>
    refusal(`${link.nextAssetId} is on another stack already, ${stack}. Take it out there first, or remove the line.`)

  const notice = (link: Link, stack: AssetId, reason: string): Effect.Effect<void> =>
    Effect.flatMap(base(chain.index, link), (fields) => emit({ _tag: "Noticed", ...fields, stackId: stack, reason }))

  /** Whether the newest version of a stack is one of this chain: then an earlier run without a ledger was here. */
  const isOurs = (stack: Asset.Asset): boolean =>
    Option.exists(Asset.coverAssetId(stack), (cover) =>
      chain.links.some((link) => Asset.sameId(link.nextAssetId, cover))
    )

  const changed = (what: string, stack: Asset.Asset | undefined): Effect.Effect<Fault> =>
    Effect.map(
      Effect.option(
        Effect.flatMap(stack === undefined ? Option.none() : Asset.coverAssetId(stack), (cover) => calls.get(cover))
      ),
      (cover) => {
        const name = chain.expected?.name
        const top = Option.match(cover, {
          onNone: () => "",
          onSome: (asset) => `, with ${asset.name === undefined ? asset.id : JSON.stringify(asset.name)} on top`
        })
        return refusal(
          `${name === undefined ? chain.target : JSON.stringify(name)} ${what}${top}. Nothing was put on it: plan again.`
        )
      }
    )

  /** What has become of the target since the plan was made, where that would put versions in the wrong order. */
  const targetChanged = (expected: Expected): Effect.Effect<Fault | undefined, Fault> =>
    Effect.gen(function* () {
      const asset = yield* calls.get(chain.target)
      if (expected.kind === "stack") {
        if (!Asset.isVersionStack(asset))
          return yield* changed("was a stack when the plan was made, and is none now", undefined)
        const cover = Option.getOrUndefined(Asset.coverAssetId(asset))
        if (cover === undefined || expected.coverId === undefined || cover.toLowerCase() === expected.coverId)
          return undefined
        careful = isOurs(asset)
        return careful ? undefined : yield* changed("has changed since the plan was made", asset)
      }
      const parent = Option.getOrUndefined(Asset.parentId(asset))
      if (parent === undefined || parent.toLowerCase() === expected.folderId) return undefined
      const holder = yield* calls.get(parent)
      if (!Asset.isVersionStack(holder)) return undefined
      careful = isOurs(holder)
      return careful ? undefined : yield* changed("was in no stack when the plan was made, and is in one now", holder)
    })

  /** After a refusal that could mean "the target is inside a stack": goes to the stack, once. */
  const onRefusal = (link: Link, isFirst: boolean, fault: Fault): Effect.Effect<End | "send again", Fault> =>
    Effect.gen(function* () {
      const before = target.id()
      const knew = target.isStack()
      if (!knew) yield* target.resolve
      const after = target.id()
      if (target.isStack()) {
        const place = yield* target.placeOf(link.nextAssetId)
        if (place._tag === "Here") {
          careful = true
          return ALREADY
        }
        if (place._tag === "Elsewhere") return { _tag: "Failed", fault: elsewhere(link, place.stackId) }
      }
      if (Asset.sameId(before, after)) return { _tag: "Failed", fault }
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

  const run = (link: Link, isFirst: boolean): Effect.Effect<End> =>
    Effect.gen(function* () {
      // The stack's id is needed from the second link on; a chain of one never asks for it.
      if ((!isFirst || options.lookFirst || (resumed !== undefined && resumed.inPlace > 0)) && !target.isStack()) {
        const resolved = yield* Effect.either(target.resolve)
        if (Either.isLeft(resolved)) return { _tag: "Failed", fault: { ...resolved.left, outcome: "not-applied" } }
      }
      if (isFirst && chain.expected !== undefined && resumed === undefined) {
        const fault = yield* Effect.either(targetChanged(chain.expected))
        if (Either.isLeft(fault)) return { _tag: "Failed", fault: { ...fault.left, outcome: "not-applied" } }
        if (fault.right !== undefined) return { _tag: "Failed", fault: fault.right }
      }
      if (careful && link.unsettledSince === undefined) {
        const place = yield* Effect.either(target.placeOf(link.nextAssetId))
        if (Either.isLeft(place)) return { _tag: "Failed", fault: { ...place.left, outcome: "not-applied" } }
        if (place.right._tag === "Here") return ALREADY
        if (place.right._tag === "Elsewhere") return { _tag: "Failed", fault: elsewhere(link, place.right.stackId) }
      }
      let sentTo = target.id()
      return yield* changeOnce(
        {
          send: (attempt) =>
            Effect.suspend(() => {
              sentTo = target.id()
              const to = sentTo
              const beforeSend = Effect.flatMap(base(chain.index, link), (fields) => {
                underWay = true
                return emit({ _tag: "Sent", ...fields, target: to, attempt })
              })
              return Effect.map(calls.version(to, link.nextAssetId, beforeSend), (result) => {
                underWay = result._tag === "Faulted" && result.fault.outcome === "unknown"
                return result
              })
            }),
          look: Effect.map(target.placeOf(link.nextAssetId), (place) => {
            switch (place._tag) {
              case "Here":
                return "made"
              case "Loose":
                return "not made"
              case "Elsewhere":
                return elsewhere(link, place.stackId)
            }
          }),
          refused: (fault) => onRefusal(link, isFirst, fault),
          answered: (asset) => learn(link, sentTo, asset),
          waits: (reason, millis) =>
            Effect.flatMap(base(chain.index, link), (fields) => emit({ _tag: "Waiting", ...fields, reason, millis })),
          unsettledSince: link.unsettledSince
        },
        control,
        options
      )
    })

  return inOrder(chain, emit, {
    run,
    underWay: () => underWay,
    confirmed: (link, how) =>
      Effect.map(base(chain.index, link), (fields) => ({
        _tag: "Confirmed",
        ...fields,
        stackId: target.isStack() ? target.id() : null,
        how
      }))
  })
}
