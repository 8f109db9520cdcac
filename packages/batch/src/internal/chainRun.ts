/**
 * One chain, link by link: which id to send to, what an answer means, and what to do when none came.
 *
 * Knows nothing of where a job's state is kept: it asks through `Calls`, tells through `emit`, and obeys `Control`.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Asset from "@effect-frameio/core/Asset"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { BatchEvent, Fault } from "../BatchEvent.js"
import type { Chain, Link } from "../VersionPlan.js"

/** What became of one version call. */
export type CallResult =
  | { readonly _tag: "Answered"; readonly asset: Asset.Asset }
  | { readonly _tag: "Faulted"; readonly fault: Fault }
  /** The job was stopped before the call went out. */
  | { readonly _tag: "Withdrawn" }
  /** The job was stopped and the call did not come back in time. */
  | { readonly _tag: "Abandoned" }

export interface Calls {
  /** `beforeSend` runs when the call's turn has come, and before anything leaves the machine. */
  readonly version: (target: AssetId, next: AssetId, beforeSend: Effect.Effect<void>) => Effect.Effect<CallResult>
  readonly get: (id: AssetId) => Effect.Effect<Asset.Asset, Fault>
}

export interface Control {
  /** Whether no more may be sent. */
  readonly stopping: () => boolean
  /** Waits as long as told, or until the job is stopped. */
  readonly sleep: (duration: Duration.Duration) => Effect.Effect<void>
  /** Stops the job: what happened would happen to every other link too. */
  readonly stop: (reason: string) => Effect.Effect<void>
}

export interface ChainOptions {
  readonly attempts: number
  readonly settleAfter: Duration.Duration
  readonly lookFirst: boolean
}

export type Emit = (event: BatchEvent) => Effect.Effect<void>

/** Faults that are about the token or the account and not about the asset. */
const CONCERNS_ALL = new Set(["Unauthorized", "UsageExceeded"])

/** Statuses after which the server is done with the request: nothing is still under way behind them. */
const isFinal = (status: number | undefined): boolean =>
  status !== undefined && status !== 502 && status !== 503 && status !== 504

/** Refusals that Frame.io gives when the target is inside a stack, or the version is there already. */
const MAY_BE_STACKED = new Set(["InvalidArguments", "Conflict"])

type Place =
  | { readonly _tag: "Loose" }
  /** In the stack that this chain builds. */
  | { readonly _tag: "Here"; readonly stack: AssetId }
  | { readonly _tag: "Elsewhere"; readonly stack: AssetId }

type LinkEnd =
  | { readonly _tag: "Confirmed"; readonly how: "answered" | "settled" | "already" }
  | { readonly _tag: "Failed"; readonly fault: Fault }
  | { readonly _tag: "NotSent" }
  | { readonly _tag: "Unknown"; readonly reason: string }

const refusal = (message: string, outcome: Fault["outcome"] = "not-applied"): Fault => ({
  tag: "StackConflict",
  message,
  outcome
})

export const runChain = (
  chain: Chain,
  calls: Calls,
  emit: Emit,
  control: Control,
  options: ChainOptions
): Effect.Effect<void> => {
  /** The id to send to. */
  let target: AssetId = chain.target
  /** Whether `target` is known to be the stack itself. */
  let isStack = false
  /** Whether a link was found in its place already: then every further one is looked up before it is sent. */
  let careful = options.lookFirst
  /** Whether a call is under way whose end is not known yet. */
  let underWay = false

  const base = (link: Link) =>
    Effect.map(DateTime.now, (at) => ({
      at,
      chain: chain.index,
      line: link.line,
      assetId: link.assetId,
      nextAssetId: link.nextAssetId
    }))

  const found = (stack: AssetId): void => {
    target = stack
    isStack = true
  }

  /** The stack that holds an asset, if one does. */
  const stackOf = (asset: Asset.Asset): Effect.Effect<Option.Option<AssetId>, Fault> =>
    Option.match(Asset.parentId(asset), {
      onNone: () => Effect.succeedNone,
      onSome: (parent) =>
        Effect.map(calls.get(parent), (holder) =>
          Asset.isVersionStack(holder) ? Option.some(holder.id) : Option.none()
        )
    })

  /** Reads the target, and from then on sends to the stack that it is, or is in. */
  const resolve: Effect.Effect<void, Fault> = Effect.suspend(() =>
    Effect.flatMap(calls.get(target), (asset) =>
      Asset.isVersionStack(asset)
        ? Effect.sync(() => found(asset.id))
        : Effect.map(stackOf(asset), (stack) => {
            if (Option.isSome(stack)) found(stack.value)
          })
    )
  )

  /** Where a version is now. Three reads at most, one when the stack is known. */
  const placeOf = (next: AssetId): Effect.Effect<Place, Fault> =>
    Effect.gen(function* () {
      const asset = yield* calls.get(next)
      const parent = Option.getOrUndefined(Asset.parentId(asset))
      if (parent === undefined) return { _tag: "Loose" }
      if (Asset.sameId(parent, target)) {
        found(target)
        return { _tag: "Here", stack: target }
      }
      const holder = yield* calls.get(parent)
      if (!Asset.isVersionStack(holder)) return { _tag: "Loose" }
      if (!isStack) yield* resolve
      return isStack && Asset.sameId(target, holder.id)
        ? { _tag: "Here", stack: target }
        : { _tag: "Elsewhere", stack: holder.id }
    })

  const elsewhere = (link: Link, stack: AssetId, outcome?: Fault["outcome"]): LinkEnd => ({
    _tag: "Failed",
    fault: refusal(
      `${link.nextAssetId} is on another stack already, ${stack}. Take it out there first, or remove the line.`,
      outcome
    )
  })

  /** After a call whose outcome is unknown: reads until it is plain whether the change was made. */
  const settle = (link: Link, fault: Fault, attempt: number): Effect.Effect<LinkEnd | "send again", Fault> =>
    Effect.gen(function* () {
      const first = yield* placeOf(link.nextAssetId)
      if (first._tag === "Here") return { _tag: "Confirmed", how: "settled" }
      if (first._tag === "Elsewhere") return elsewhere(link, first.stack)
      const final = isFinal(fault.status)
      if (final && attempt >= options.attempts) return "send again"
      const pause = final ? Duration.seconds(2 ** (attempt - 1)) : options.settleAfter
      yield* emit({
        _tag: "Waiting",
        ...(yield* base(link)),
        reason: final
          ? `The server failed (${fault.status}); waiting before it is asked again`
          : "No answer came and the change is not to be seen; waiting until it can no longer be made",
        millis: Duration.toMillis(pause)
      })
      yield* control.sleep(pause)
      // Without an answer the request may still be under way; sending before it is not could stack it twice.
      if (final) return "send again"
      const second = yield* placeOf(link.nextAssetId)
      if (second._tag === "Here") return { _tag: "Confirmed", how: "settled" }
      if (second._tag === "Elsewhere") return elsewhere(link, second.stack)
      return control.stopping()
        ? { _tag: "Unknown", reason: "No answer came, and the job was stopped before it was plain that none would." }
        : "send again"
    })

  /** After a refusal that could mean "the target is inside a stack": goes to the stack, once. */
  const onRefusal = (link: Link, fault: Fault): Effect.Effect<LinkEnd | "send again", Fault> =>
    Effect.gen(function* () {
      const before = target
      if (!isStack) yield* resolve
      if (isStack) {
        const place = yield* placeOf(link.nextAssetId)
        if (place._tag === "Here") {
          careful = true
          return { _tag: "Confirmed", how: "already" }
        }
        if (place._tag === "Elsewhere") return elsewhere(link, place.stack)
      }
      return isStack && !Asset.sameId(before, target) ? "send again" : { _tag: "Failed", fault }
    })

  /** The answer may be the stack or the file: only the first tells the stack's id, else it is read when needed. */
  const learn = (asset: Asset.Asset): void => {
    if (!isStack && Asset.isVersionStack(asset)) found(asset.id)
  }

  const unsettled = (fault: Fault, reading: Fault): LinkEnd => ({
    _tag: "Failed",
    fault: {
      ...fault,
      outcome: "unknown",
      message: `${fault.message} Whether the change was made could not be read either: ${reading.message}`
    }
  })

  const runLink = (link: Link, isFirst: boolean): Effect.Effect<LinkEnd> =>
    Effect.gen(function* () {
      // The stack's id is needed from the second link on; a chain of one never asks for it.
      if ((!isFirst || options.lookFirst) && !isStack) {
        const resolved = yield* Effect.either(resolve)
        if (Either.isLeft(resolved)) return { _tag: "Failed", fault: { ...resolved.left, outcome: "not-applied" } }
      }
      if (careful) {
        const place = yield* Effect.either(placeOf(link.nextAssetId))
        if (Either.isLeft(place)) return { _tag: "Failed", fault: { ...place.left, outcome: "not-applied" } }
        if (place.right._tag === "Here") return { _tag: "Confirmed", how: "already" }
        if (place.right._tag === "Elsewhere") return elsewhere(link, place.right.stack)
      }
      for (let attempt = 1; ; attempt++) {
        if (control.stopping()) return { _tag: "NotSent" }
        const sentTo = target
        const result = yield* calls.version(
          sentTo,
          link.nextAssetId,
          Effect.flatMap(base(link), (fields) => {
            underWay = true
            return emit({ _tag: "Sent", ...fields, target: sentTo, attempt })
          })
        )
        underWay = result._tag === "Faulted" && result.fault.outcome === "unknown"
        switch (result._tag) {
          case "Answered":
            learn(result.asset)
            return { _tag: "Confirmed", how: "answered" }
          case "Withdrawn":
            return { _tag: "NotSent" }
          case "Abandoned":
            return { _tag: "Unknown", reason: "The job was stopped while the call was under way." }
        }
        const fault = result.fault
        if (fault.outcome === "applied") return { _tag: "Confirmed", how: "settled" }
        if (CONCERNS_ALL.has(fault.tag)) {
          yield* control.stop(fault.message)
          return { _tag: "Failed", fault }
        }
        if (fault.outcome === "not-applied" && !MAY_BE_STACKED.has(fault.tag)) return { _tag: "Failed", fault }
        const next = yield* Effect.either(
          fault.outcome === "unknown" ? settle(link, fault, attempt) : onRefusal(link, fault)
        )
        if (Either.isLeft(next))
          return fault.outcome === "unknown" ? unsettled(fault, next.left) : { _tag: "Failed", fault }
        if (next.right !== "send again") return next.right
        if (attempt >= options.attempts) return { _tag: "Failed", fault: { ...fault, outcome: "not-applied" } }
      }
    })

  const tell = (link: Link, end: LinkEnd): Effect.Effect<void> =>
    Effect.flatMap(base(link), (fields) => {
      switch (end._tag) {
        case "Confirmed":
          return emit({ _tag: "Confirmed", ...fields, stackId: isStack ? target : null, how: end.how })
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
          ...(yield* base(link)),
          why: broken.why,
          reason: broken.reason,
          because: broken.why === "chain" ? broken.line : null
        })
        continue
      }
      const end = yield* runLink(link, isFirst).pipe(
        Effect.onInterrupt(() =>
          tell(
            link,
            underWay
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
