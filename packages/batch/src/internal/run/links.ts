/**
 * The links of a chain, step by step, for stacking and for undo: a step is one request, for one link or several.
 */
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type { RateLimitJob } from "@effect-frameio/ratelimit/RateLimitJob"
import * as ExactlyOnce from "@effect-frameio/stacks/ExactlyOnce"
import type * as Repository from "@effect-frameio/stacks/Repository"
import type * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Steps } from "../../BatchEstimate.js"
import type { BatchEvent, KeptShare } from "../../BatchEvent.js"
import { kindOf, type LinkError, outcomeOf } from "../../LinkError.js"
import type { Link } from "../../VersionPlan.js"
import type { Calls } from "./calls.js"
import type { Halt } from "./halt.js"

/**
 * The first pause in ms between looks that may show what was; each further one is twice as long.
 *
 * @internal
 */
export const FIRST_LOOK_MILLIS = 1000

/** @internal */
export type Links = Arr.NonEmptyReadonlyArray<Link>

/**
 * The shares that a job keeps up to date.
 *
 * @internal
 */
export interface Shares {
  readonly api: Repository.Shares
  /** The shares in which new files take the place of old ones. */
  readonly keep: ReadonlyArray<string>
  /** How they stand for a chain after earlier runs. */
  readonly known: (chain: number) => ReadonlyArray<KeptShare>
  readonly job: RateLimitJob
  /** Whether Frame.io refuses to remove a file that is not in a share, if known; `turn` lets one chain find out. */
  readonly proof: { tells: boolean | undefined; readonly turn: Effect.Semaphore }
}

/**
 * What the work on one chain needs.
 *
 * @internal
 */
export interface Tools {
  readonly repository: Repository.Service
  readonly calls: Calls
  /** The jobs of new stacks and of further versions; the same job if the API has one limit for both. */
  readonly jobs: { readonly makes: RateLimitJob; readonly grows: RateLimitJob }
  readonly emit: (event: BatchEvent) => Effect.Effect<void>
  readonly halt: Halt
  /** Makes a change exactly once, with the job's patience, and reports its waits. */
  readonly makeOnce: <A, E>(
    chain: { readonly index: number },
    link: Link,
    change: ExactlyOnce.Change<A, E>,
    unsettled?: boolean
  ) => Effect.Effect<ExactlyOnce.End<A, E>>
  /** How long a request of an earlier run may still be under way. */
  readonly earlier: Effect.Effect<Duration.Duration>
  /** Corrects how many requests a chain is expected to take. */
  readonly expect: (before: Steps, now: Steps) => void
  /**
   * Bounds how many chains read their targets at once, and how many gather files for new stacks: early reads get stale,
   * and hold up the first changes.
   */
  readonly lanes: { readonly scout: Effect.Semaphore; readonly make: Effect.Semaphore }
  /** How long a change may take to show, in ms. */
  readonly settleMillis: number
  /** How long the content of a file that is to be stacked may take to be there, in ms; absent: `earlier`. */
  readonly contentMillis?: number | undefined
  /** How often a change may be sent. */
  readonly attempts: number
  /** Absent if no share is or ever was kept. */
  readonly shares?: Shares | undefined
}

/** @internal */
export type End = ExactlyOnce.End<unknown, LinkError>

/** A plan in memory has the name among its fields; a ledger keeps it by itself. */
const nameOf = ({ fields, name = fields?.name }: Omit<Link, "name"> & { readonly name?: unknown }) =>
  typeof name === "string" && name !== "" ? { name } : {}

/**
 * The fields of every event about a link.
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
 * Whether a call has or may have changed something: until its link has an end, an interruption leaves the link unknown.
 *
 * @internal
 */
export const isOpen = (result: ExactlyOnce.Attempt<unknown>): boolean =>
  result._tag === "Answered" || (result._tag === "Faulted" && FrameioError.outcomeOf(result.error) === "unknown")

/** @internal */
export const onceFor =
  (options: {
    readonly attempts: number
    readonly settleAfter: Duration.Duration
    readonly emit: Tools["emit"]
    readonly halt: Halt
    /** How long a request of an earlier run may still be under way, as far as this process can tell. */
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

/**
 * The end of an untouched link.
 *
 * @internal
 */
export const untouched = (link: Link): End =>
  link.isUnsettled === true
    ? { _tag: "Unknown", reason: "An earlier run sent it, and the job was stopped before it was looked up." }
    : { _tag: "NotSent" }

const isNonEmpty = (links: ReadonlyArray<Link>): links is Links => links.length > 0

/**
 * Runs the links in order, those of a step together. When one fails, the rest is skipped.
 *
 * @internal
 */
export const inOrder = (
  chain: { readonly index: number; readonly links: ReadonlyArray<Link> },
  { emit, halt }: Pick<Tools, "emit" | "halt">,
  work: {
    /**
     * Works on the first of the remaining links, or on as many as it claims before it sends anything.
     */
    readonly run: (left: Links, claim: (step: Links) => void) => Effect.Effect<End, LinkError>
    /** Whether the claimed links were sent, and may have changed something. */
    readonly underWay: () => boolean
    readonly confirmed: (link: Link, how: ExactlyOnce.How) => Effect.Effect<BatchEvent>
  }
): Effect.Effect<void> => {
  const skip = (link: Link, why: "chain" | "stopped", reason: string, because: number | null) =>
    Effect.flatMap(base(chain, link), (fields) => emit({ _tag: "Skipped", ...fields, why, reason, because }))

  const failedBefore = (link: Link, error: LinkError): string =>
    `Line ${link.line} of the same stack failed, and versions go in order: ${error.message}`

  const tell = (link: Link, end: End): Effect.Effect<void> =>
    Effect.flatMap(base(chain, link), (fields) => {
      switch (end._tag) {
        case "Made":
          return Effect.flatMap(work.confirmed(link, end.how), emit)
        case "Failed":
          return emit({ _tag: "Failed", ...fields, error: end.error, message: end.error.message })
        case "NotSent":
          return skip(link, "stopped", "The job was stopped.", null)
        case "Unknown":
          return emit({ _tag: "Unknown", ...fields, reason: end.reason })
      }
    })

  /** Reports the failure of a step once, because one request stands for all its links. */
  const tellAll = ([first, ...more]: Links, end: End): Effect.Effect<void> =>
    Effect.zipRight(
      tell(first, end),
      Effect.forEach(
        more,
        (link) => {
          if (end._tag !== "Failed") return tell(link, end)
          const reason = failedBefore(first, end.error)
          return outcomeOf(end.error) === "unknown"
            ? tell(link, { _tag: "Unknown", reason })
            : skip(link, "chain", reason, first.line)
        },
        { discard: true }
      )
    )

  const run = (left: Links): Effect.Effect<{ readonly step: Links; readonly end: End }> =>
    Effect.suspend(() => {
      const [first] = left
      let step: Links = [first]
      const claim = (links: Links): void => {
        step = links
      }
      if (halt.reason() !== undefined) return Effect.succeed({ step, end: untouched(first) })
      return work.run(left, claim).pipe(
        Effect.catchAll((error) =>
          // A read that was interrupted because the job stopped is not a failure of the link.
          Effect.succeed<End>(
            halt.reason() !== undefined && kindOf(error) === "moment" ? untouched(first) : { _tag: "Failed", error }
          )
        ),
        Effect.onInterrupt(() =>
          tellAll(
            step,
            work.underWay()
              ? { _tag: "Unknown", reason: "The job was interrupted while the call was under way." }
              : untouched(first)
          )
        ),
        Effect.map((end) => ({ step, end }))
      )
    })

  return Effect.gen(function* () {
    let broken: { readonly line: number; readonly why: "chain" | "stopped"; readonly reason: string } | undefined
    let left = chain.links
    while (isNonEmpty(left)) {
      const [link] = left
      // A confirmed version is only looked up, even after a failed one.
      if (broken !== undefined && !(broken.why === "chain" && link.isConfirmed === true)) {
        left = left.slice(1)
        const { line, reason, why } = broken
        const end = untouched(link)
        yield* why === "stopped" && end._tag === "Unknown"
          ? tell(link, end)
          : skip(link, why, reason, why === "chain" ? line : null)
        continue
      }
      const { end, step } = yield* run(left)
      left = left.slice(step.length)
      yield* tellAll(step, end)
      if (end._tag === "Failed") broken = { line: link.line, why: "chain", reason: failedBefore(link, end.error) }
      else if (end._tag === "NotSent" || end._tag === "Unknown") {
        broken = { line: link.line, why: "stopped", reason: "The job was stopped." }
      }
    }
  })
}
