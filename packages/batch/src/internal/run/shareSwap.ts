/**
 * Keeps shares up to date: before a file gets its first version, the newest version of its chain takes its place in
 * each named share that holds it; undo gives it back.
 *
 * No call lists the files of a share. Only the answer to removing the old file shows whether it was in it, so that call
 * comes first: a new file is never shown where the old one was not. The answer proves something only if Frame.io
 * refuses to remove a file that is not there; each run finds that out once, by removing the first file a second time.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import { OutcomeUnknown } from "@effect-frameio/stacks/VersionStackError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { CHANGED, type KeptShare, type SharingState } from "../../BatchEvent.js"
import { type LinkError, ShareInDoubt } from "../../LinkError.js"
import type { Link } from "../../VersionPlan.js"
import { base, type End, type Shares, type Tools } from "./links.js"

/** Whether a call was carried out or refused, and whether an answer to it was lost before. */
type Told =
  | { readonly _tag: "Done"; readonly lost: boolean }
  | { readonly _tag: "Refused"; readonly error: FrameioError.WriteError; readonly lost: boolean }
  | { readonly _tag: "Ended"; readonly end: End }

const failed = (error: LinkError): End => ({ _tag: "Failed", error })

const UNKNOWN: End = {
  _tag: "Unknown",
  reason: "The job was stopped before the outcome of a change of a share was known."
}

/** Whether a refusal can mean that a file is not in the share, or is in it already. */
const isOfTheFile = (error: FrameioError.WriteError): boolean =>
  error._tag === "FrameioNotFound" || error._tag === "FrameioInvalidArguments" || error._tag === "FrameioConflict"

const isAlready = (error: FrameioError.WriteError, lost: boolean): boolean =>
  error._tag === "FrameioConflict" || (lost && error._tag === "FrameioInvalidArguments")

const of = (
  chain: { readonly index: number },
  link: Link,
  tools: Tools,
  shares: Shares,
  share: Pick<KeptShare, "added" | "removed" | "shareId">
) => {
  const { added, removed, shareId } = share
  const { api, job } = shares
  const add = (file: AssetId) => ({ endpoint: api.endpoints.add, file, send: api.add({ shareId, file }) })
  const remove = (file: AssetId) => ({ endpoint: api.endpoints.remove, file, send: api.remove({ shareId, file }) })

  const tell = (state: SharingState): Effect.Effect<void> =>
    Effect.flatMap(base(chain, link), (fields) =>
      tools.emit({ _tag: "Sharing", ...fields, shareId, removed, added, state })
    )

  /** Sends until there is an answer; sending again is harmless once the last request can no longer be carried out. */
  const call = (
    state: SharingState,
    { endpoint, file, send }: ReturnType<typeof add>,
    wasSent = false
  ): Effect.Effect<Told> =>
    Effect.gen(function* () {
      const ended = (end: End): Told => ({ _tag: "Ended", end })
      const settle = Duration.millis(tools.settleMillis)
      let lost = wasSent
      if (wasSent) yield* tools.halt.sleep(settle)
      for (let attempt = 1; ; attempt++) {
        if (tools.halt.reason() !== undefined) return ended(lost ? UNKNOWN : { _tag: "NotSent" })
        const result = yield* tools.calls.change(send, { beforeSend: tell(state), job })
        switch (result._tag) {
          case "Answered":
            return { _tag: "Done", lost }
          case "Withdrawn":
            return ended(lost ? UNKNOWN : { _tag: "NotSent" })
          case "Abandoned":
            return ended(UNKNOWN)
          case "Faulted": {
            const { error } = result
            if (FrameioError.outcomeOf(error) === "not-applied") {
              return isOfTheFile(error) ? { _tag: "Refused", error, lost } : ended(failed(error))
            }
            lost = true
            if (attempt >= tools.attempts) {
              return ended(failed(new OutcomeUnknown({ endpoint, assetIds: [file], failure: error, reading: error })))
            }
            yield* Effect.flatMap(base(chain, link), (fields) =>
              tools.emit({
                _tag: "Waiting",
                ...fields,
                reason: "No answer about a share; waiting until it can no longer be changed by that call",
                millis: tools.settleMillis
              })
            )
            yield* tools.halt.sleep(settle)
          }
        }
      }
    })

  const doubt = (why: ShareInDoubt["why"]): Effect.Effect<End> =>
    Effect.as(tell("doubtful"), failed(new ShareInDoubt({ assetId: removed, next: added, shareId, why })))

  /** Puts the old file back, because the new one was refused. */
  const restore = (error: LinkError | undefined, wasSent: boolean): Effect.Effect<End | undefined> =>
    Effect.gen(function* () {
      const told = yield* call("restoring", add(removed), wasSent)
      if (told._tag === "Ended") return told.end
      if (told._tag === "Refused" && !isAlready(told.error, told.lost)) return failed(told.error)
      yield* tell("restored")
      return error === undefined ? undefined : failed(error)
    })

  const addNew = (wasSent: boolean): Effect.Effect<End | undefined> =>
    Effect.gen(function* () {
      const told = yield* call("adding", add(added), wasSent)
      if (told._tag === "Ended") return told.end
      if (told._tag === "Refused" && !isAlready(told.error, told.lost)) return yield* restore(told.error, false)
      yield* tell("done")
      return undefined
    })

  /** Removes the removed file again: if that succeeds, the answer proves nothing about any file. */
  const prove = (wasSent: boolean): Effect.Effect<End | undefined> =>
    Effect.gen(function* () {
      if (shares.proof.tells !== true) {
        const told = yield* call("proving", remove(removed), wasSent)
        if (told._tag === "Ended") return told.end
        shares.proof.tells = told._tag === "Refused"
        if (!shares.proof.tells) return yield* doubt("Untold")
      }
      return yield* addNew(false)
    })

  const begin = (wasSent: boolean): Effect.Effect<End | undefined> =>
    Effect.gen(function* () {
      if (shares.proof.tells === false) return yield* doubt("Untold")
      const told = yield* call("removing", remove(removed), wasSent)
      if (told._tag === "Ended") return told.end
      if (told._tag === "Done") return yield* prove(false)
      if (told.lost) return yield* doubt("Lost")
      yield* tell("absent")
      return undefined
    })

  const goOn = (state: SharingState | undefined): Effect.Effect<End | undefined> => {
    switch (state) {
      case "done":
      case "absent":
        return Effect.succeed(undefined)
      case "removing":
        return begin(true)
      case "proving":
        return prove(true)
      case "adding":
        return addNew(true)
      case "restoring":
        return Effect.flatMap(restore(undefined, true), (end) =>
          end === undefined ? begin(false) : Effect.succeed(end)
        )
      default:
        // A person has looked at a doubtful or refused share since, so it is tried again.
        return begin(false)
    }
  }

  return {
    /** One chain at a time, until the meaning of an answer is known. */
    swap: (state: SharingState | undefined): Effect.Effect<End | undefined> =>
      Effect.suspend(() =>
        shares.proof.tells === undefined ? shares.proof.turn.withPermits(1)(goOn(state)) : goOn(state)
      ),
    back: (state: SharingState): Effect.Effect<End | undefined> =>
      Effect.gen(function* () {
        const put = yield* call("undoing", add(removed), state === "undoing")
        if (put._tag === "Ended") return put.end
        if (put._tag === "Refused" && !isAlready(put.error, put.lost)) return failed(put.error)
        const taken = yield* call("undoing", remove(added), state === "undoing")
        if (taken._tag === "Ended") return taken.end
        yield* tell("undone")
        return undefined
      })
  }
}

/** One after the other, up to the first failure. */
const each = <A>(all: ReadonlyArray<A>, one: (a: A) => Effect.Effect<End | undefined>) =>
  Effect.gen(function* () {
    for (const a of all) {
      const end = yield* one(a)
      if (end !== undefined) return end
    }
    return undefined
  })

/**
 * Puts the newest version of a chain in the place of its target in the shares. Answers an end if the chain cannot be
 * stacked.
 *
 * @internal
 */
export const swap = (
  chain: { readonly index: number; readonly target: AssetId },
  newest: Link,
  tools: Tools
): Effect.Effect<End | undefined> => {
  const { shares } = tools
  if (shares === undefined) return Effect.succeed(undefined)
  const known = shares.known(chain.index)
  const ids = [...new Set([...known.map(({ shareId }) => shareId), ...shares.keep])]
  return each(ids, (shareId) => {
    const before = known.find((one) => one.shareId === shareId)
    const share = before ?? { shareId, removed: chain.target, added: newest.nextAssetId }
    const link = before === undefined ? newest : { ...newest, line: before.line }
    return of(chain, link, tools, shares, share).swap(before?.state)
  })
}

/**
 * Puts a chain's target back in the shares, once nothing of the chain is stacked.
 *
 * @internal
 */
export const back = (chain: { readonly index: number }, link: Link, tools: Tools): Effect.Effect<End | undefined> => {
  const { shares } = tools
  if (shares === undefined) return Effect.succeed(undefined)
  const standing = shares.known(chain.index).filter(({ state }) => CHANGED.includes(state))
  return each(standing, (one) => of(chain, { ...link, line: one.line }, tools, shares, one).back(one.state))
}
