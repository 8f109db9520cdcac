/**
 * The links of a chain one after the other, whatever is done with them.
 */
import type { Asset } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as ExactlyOnce from "@effect-frameio/stacks/ExactlyOnce"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { BatchEvent } from "../../BatchEvent.js"
import { kindOf, type LinkError } from "../../LinkError.js"
import type { Link } from "../../VersionPlan.js"
import type { Calls, Result } from "./calls.js"
import type { Halt } from "./halt.js"

/**
 * What the work on one chain has at hand.
 *
 * @internal
 */
export interface Tools {
  readonly calls: Calls
  readonly emit: (event: BatchEvent) => Effect.Effect<void>
  readonly halt: Halt
  /** Makes a change exactly once, with the job's patience, and tells of its waits. */
  readonly makeOnce: <E>(
    chain: { readonly index: number },
    link: Link,
    change: ExactlyOnce.Change<Asset, E>,
    unsettled?: boolean
  ) => Effect.Effect<ExactlyOnce.End<Asset, E>>
}

/** @internal */
export type End = ExactlyOnce.End<Asset, LinkError>

/** A plan in memory has the name among its fields, a ledger tells it. */
const nameOf = ({ fields, name = fields?.name }: Omit<Link, "name"> & { readonly name?: unknown }) =>
  typeof name === "string" && name !== "" ? { name } : {}

/**
 * What every event says of its link.
 *
 * @internal
 */
export const base = (chain: { readonly index: number }, link: Link) =>
  Effect.map(DateTime.now, (at) => ({
    at,
    chain: chain.index,
    line: link.line,
    assetId: link.assetId,
    nextAssetId: link.nextAssetId,
    ...nameOf(link)
  }))

/**
 * Whether a call that ended so may still change something.
 *
 * @internal
 */
export const isOpen = (result: Result): boolean =>
  result._tag === "Faulted" && FrameioError.outcomeOf(result.error) === "unknown"

/** @internal */
export const onceFor =
  (options: {
    readonly attempts: number
    readonly settleAfter: Duration.Duration
    readonly emit: Tools["emit"]
    readonly halt: Halt
    /** How long what an earlier run has sent may still be under way, as far as this process can see. */
    readonly earlier: Effect.Effect<Duration.Duration>
  }): Tools["makeOnce"] =>
  (chain, link, change, unsettled = link.isUnsettled === true) =>
    Effect.flatMap(unsettled ? options.earlier : Effect.succeed(undefined), (earlier) =>
      ExactlyOnce.make(change, {
        attempts: options.attempts,
        settleAfter: options.settleAfter,
        earlier,
        sleep: options.halt.sleep,
        stopping: () => options.halt.reason() !== undefined,
        onWait: (reason, duration) =>
          Effect.flatMap(base(chain, link), (fields) =>
            options.emit({ _tag: "Waiting", ...fields, reason, millis: Duration.toMillis(duration) })
          )
      })
    )

/** The end of a link that nothing was done about. */
const untouched = (link: Link): End =>
  link.isUnsettled === true
    ? { _tag: "Unknown", reason: "An earlier run sent it, and the job was stopped before it was looked for." }
    : { _tag: "NotSent" }

/**
 * Links one after the other. When one fails the rest is left out and says so.
 *
 * @internal
 */
export const inOrder = (
  chain: { readonly index: number; readonly links: ReadonlyArray<Link> },
  { emit, halt }: Pick<Tools, "emit" | "halt">,
  work: {
    readonly run: (link: Link, isFirst: boolean) => Effect.Effect<End, LinkError>
    /** Whether a call is under way whose end is not known yet. */
    readonly underWay: () => boolean
    readonly confirmed: (link: Link, how: ExactlyOnce.How) => Effect.Effect<BatchEvent>
  }
): Effect.Effect<void> => {
  const tell = (link: Link, end: End): Effect.Effect<void> =>
    Effect.flatMap(base(chain, link), (fields) => {
      switch (end._tag) {
        case "Made":
          return Effect.flatMap(work.confirmed(link, end.how), emit)
        case "Failed":
          return emit({ _tag: "Failed", ...fields, error: end.error, message: end.error.message })
        case "NotSent":
          return emit({ _tag: "Skipped", ...fields, why: "stopped", reason: "The job was stopped.", because: null })
        case "Unknown":
          return emit({ _tag: "Unknown", ...fields, reason: end.reason })
      }
    })

  const run = (link: Link, isFirst: boolean): Effect.Effect<End> =>
    work.run(link, isFirst).pipe(
      Effect.catchAll((error) =>
        // What could not be read because the job was stopped is no failure of the link.
        Effect.succeed<End>(
          halt.reason() !== undefined && kindOf(error) === "moment" ? untouched(link) : { _tag: "Failed", error }
        )
      ),
      Effect.onInterrupt(() =>
        tell(
          link,
          work.underWay()
            ? { _tag: "Unknown", reason: "The job was interrupted while the call was under way." }
            : untouched(link)
        )
      )
    )

  return Effect.gen(function* () {
    let broken: { readonly line: number; readonly why: "chain" | "stopped"; readonly reason: string } | undefined
    let isFirst = true
    for (const link of chain.links) {
      // A version that was confirmed is only looked up, whatever became of one before it.
      if (broken !== undefined && !(broken.why === "chain" && link.isConfirmed === true)) {
        const { line, reason, why } = broken
        const end = untouched(link)
        if (why === "stopped" && end._tag === "Unknown") {
          yield* tell(link, end)
          continue
        }
        const because = why === "chain" ? line : null
        yield* emit({ _tag: "Skipped", ...(yield* base(chain, link)), why, reason, because })
        continue
      }
      const end = yield* run(link, isFirst)
      isFirst = false
      yield* tell(link, end)
      if (end._tag === "Failed") {
        const reason = `Line ${link.line} of the same stack failed, and versions go in order: ${end.error.message}`
        broken = { line: link.line, why: "chain", reason }
      } else if (end._tag === "NotSent" || end._tag === "Unknown") {
        broken = { line: link.line, why: "stopped", reason: "The job was stopped." }
      }
    }
  })
}
