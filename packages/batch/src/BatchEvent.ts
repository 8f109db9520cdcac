/**
 * Events of a job, the same for the progress bar, the JSON lines, the ledger, the report and the tests.
 *
 * Each link ends in exactly one of `Confirmed`, `Failed`, `Skipped` or `Unknown`, or in an undo in `Undone` instead of
 * `Confirmed`. Links of chains that were not begun when the job was stopped have no event; `Finished` counts them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { LinkError } from "./LinkError.js"

const at = Schema.DateTimeUtc.annotations({ description: "When it happened, by the program's clock" })

const link = {
  /** When it happened. */
  at,
  /** The chain's index in the plan. */
  chain: Schema.Int,
  /** The link's line in the input. */
  line: Schema.Int,
  /** The target as the input names it. */
  assetId: Schema.String,
  /** The new version. */
  nextAssetId: Schema.String,
  /** The new version's name, if the plan has a column `name`. */
  name: Schema.optional(Schema.String)
}

/**
 * The job begins.
 *
 * @since 0.1.0
 * @category events
 */
export const Planned = Schema.TaggedStruct("Planned", {
  at,
  /** The job's name. */
  job: Schema.String,
  /** How many links the job has in all, those of earlier runs included, if known. */
  links: Schema.NullOr(Schema.Int),
  /** How many chains have something to do, if known. */
  chains: Schema.NullOr(Schema.Int),
  /** How many links earlier runs have done. */
  before: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  /** How many links failed in earlier runs and are left alone. */
  failedBefore: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  /** How many links are left alone behind these. */
  skippedBefore: Schema.optionalWith(Schema.Int, { default: () => 0 })
})

/**
 * A version call is about to be made. After a crash the link's outcome must be read before it is sent again.
 *
 * @since 0.1.0
 * @category events
 */
export const Sent = Schema.TaggedStruct("Sent", {
  ...link,
  /** The id that the call names: the target, or the stack that it proved to be in. */
  target: Schema.String,
  /** 1 for the first time; a request that the rate limit refused counts. */
  attempt: Schema.Int,
  /** The version's folder, if the call only moves it to the folder of its future stack. */
  from: Schema.optional(Schema.String)
})

/**
 * The new version takes the place of the old one in a share, before they are stacked. The old one is taken out first,
 * because only the answer tells whether it was in it.
 *
 * @since 0.1.0
 * @category events
 */
export const Sharing = Schema.TaggedStruct("Sharing", {
  ...link,
  /** The share. */
  shareId: Schema.String,
  /** The old file. */
  removed: Schema.String,
  /** The new file. */
  added: Schema.String,
  /**
   * The step that is about to be sent, or its outcome. `removing`: the old file is taken out. `proving`: once more, to see
   * whether Frame.io tells that it is out. `adding`: the new one is added. `done`: it has taken the old one's place.
   * `absent`: the old one was not in it, so nothing was added. `doubtful`: it is not known whether it was. `restoring`: the
   * old one is put back, because the new one was refused; then `restored`. `undoing`: the old one takes its place again;
   * then `undone`.
   */
  state: Schema.Literal(
    "removing",
    "proving",
    "adding",
    "done",
    "absent",
    "doubtful",
    "restoring",
    "restored",
    "undoing",
    "undone"
  )
})

/**
 * The state of a share.
 *
 * @since 0.1.0
 * @category models
 */
export type SharingState = (typeof Sharing.Type)["state"]

/**
 * The states in which a share may differ from before the job.
 *
 * @internal
 */
export const CHANGED: ReadonlyArray<SharingState> = ["proving", "adding", "done", "restoring", "undoing"]

/**
 * A chain waits for something other than the rate limit.
 *
 * @since 0.1.0
 * @category events
 */
export const Waiting = Schema.TaggedStruct("Waiting", {
  ...link,
  /** The cause, for people. */
  reason: Schema.String,
  /** How long, in ms. */
  millis: Schema.Number
})

/**
 * The version is on the stack.
 *
 * @since 0.1.0
 * @category events
 */
export const Confirmed = Schema.TaggedStruct("Confirmed", {
  ...link,
  /** The stack's id, if known: Frame.io does not promise to tell it, and it is only read when needed. */
  stackId: Schema.NullOr(Schema.String),
  /**
   * `answered`: by the call's own answer. `settled`: the answer was lost and the stack was read. `already`: it was there
   * before, and nothing was sent. `uploaded`: it is a new file by itself.
   */
  how: Schema.Literal("answered", "settled", "already", "uploaded")
})

/**
 * The version could not be put on the stack.
 *
 * @since 0.1.0
 * @category events
 */
export const Failed = Schema.TaggedStruct("Failed", {
  ...link,
  error: LinkError,
  /** The error in words: what went wrong and what to do. */
  message: Schema.String
})

/**
 * The link was not sent.
 *
 * @since 0.1.0
 * @category events
 */
export const Skipped = Schema.TaggedStruct("Skipped", {
  ...link,
  /** `chain`: an earlier link of its chain failed. `stopped`: the job was stopped. */
  why: Schema.Literal("chain", "stopped"),
  /** For people. */
  reason: Schema.String,
  /** The line whose failure is the reason. */
  because: Schema.NullOr(Schema.Int)
})

/**
 * The job was stopped while the call was under way: it may or may not have been made. Read the stack before sending again.
 *
 * @since 0.1.0
 * @category events
 */
export const Unknown = Schema.TaggedStruct("Unknown", { ...link, reason: Schema.String })

/**
 * Somebody else is at work on the same stack. Nothing of theirs was touched: versions only ever go on top.
 *
 * @since 0.1.0
 * @category events
 */
export const Noticed = Schema.TaggedStruct("Noticed", {
  ...link,
  /** The stack. */
  stackId: Schema.String,
  /** The notice, for people. */
  reason: Schema.String
})

/**
 * An unversion call is about to be made. After a crash the version must be read before it is sent again.
 *
 * @since 0.1.0
 * @category events
 */
export const Undoing = Schema.TaggedStruct("Undoing", {
  ...link,
  /** The asset that is taken out of its stack: the new version, or in the end the asset that the stack was made of. */
  takenOut: Schema.String,
  /** 1 for the first time. */
  attempt: Schema.Int
})

/**
 * The version is out of the stack again.
 *
 * @since 0.1.0
 * @category events
 */
export const Undone = Schema.TaggedStruct("Undone", {
  ...link,
  /** As in `Confirmed`; `already` if somebody else had taken it out. */
  how: Schema.Literal("answered", "settled", "already")
})

/**
 * Nothing gets through: the job waits before one call tries again.
 *
 * @since 0.1.0
 * @category events
 */
export const Paused = Schema.TaggedStruct("Paused", {
  at,
  /** Since when nothing got through. */
  since: at,
  /** The last failure. */
  error: LinkError,
  /** The failure in words. */
  message: Schema.String,
  /** How long until it is tried again, in ms. */
  millis: Schema.Number
})

/**
 * A call got through again, and the job goes on.
 *
 * @since 0.1.0
 * @category events
 */
export const Resumed = Schema.TaggedStruct("Resumed", {
  at,
  /** How long nothing got through, in ms. */
  millis: Schema.Number
})

/**
 * How the job kept to the limit since the last such event. Comes every second at first, and less often the longer a job
 * takes.
 *
 * @since 0.1.0
 * @category events
 */
export const Paced = Schema.TaggedStruct("Paced", {
  /** When the interval ended. */
  at,
  /** How long it was, in ms. */
  millis: Schema.Number,
  /** Calls that went out. */
  sent: Schema.Int,
  /** Answers 429. */
  refused: Schema.Int,
  /** Requests per window, as the last headers said; null until known. */
  limit: Schema.NullOr(Schema.Number),
  /** The window in ms; null until known. */
  windowMillis: Schema.NullOr(Schema.Number),
  /** How many requests could have gone at once at the interval's end. */
  free: Schema.NullOr(Schema.Number),
  /** Calls that waited for the limit at the interval's end. */
  waiting: Schema.Int
})

/**
 * Counts of a job as a whole: what earlier runs have done is in them, except for `sent`.
 *
 * @since 0.1.0
 * @category models
 */
export const Counts = Schema.Struct({
  /** Links of the job, if known. */
  links: Schema.NullOr(Schema.Int),
  /** Calls that went out in this run: version calls, or unversion calls when a job is undone. */
  sent: Schema.Int,
  /** Links that are on their stack, or off it again when a job is undone. */
  confirmed: Schema.Int,
  /** How many of these earlier runs have done. */
  before: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  /** How many of the confirmed were already in place when this run looked. */
  already: Schema.Int,
  /** Links that failed. */
  failed: Schema.Int,
  /** Links that were not sent because one before them failed. */
  skipped: Schema.Int,
  /** Links whose outcome is not known. */
  unknown: Schema.Int,
  /** Links that were not sent because the job was stopped. */
  notSent: Schema.Int,
  /** How many of the confirmed a stopped verification did not reach; absent if none. */
  notVerified: Schema.optional(Schema.Int)
})

export type Counts = typeof Counts.Type

/**
 * The job ended; always the last event.
 *
 * @since 0.1.0
 * @category events
 */
export const Finished = Schema.TaggedStruct("Finished", {
  at,
  /** From `Planned` to here. */
  elapsedMillis: Schema.Number,
  /** Why it stopped before its end, or null. */
  stopped: Schema.NullOr(Schema.String),
  counts: Counts
})

/**
 * All events; encodes to one JSON object each.
 *
 * @example
 * ```ts
 * const onEvent = (event: BatchEvent.BatchEvent) =>
 *   event._tag === "Failed" ? Console.error(`line ${event.line}: ${event.message}`) : Effect.void
 * ```
 *
 * @since 0.1.0
 * @category events
 */
export const BatchEvent = Schema.Union(
  Planned,
  Sent,
  Sharing,
  Waiting,
  Confirmed,
  Failed,
  Skipped,
  Unknown,
  Noticed,
  Undoing,
  Undone,
  Paused,
  Resumed,
  Paced,
  Finished
)

export type BatchEvent = typeof BatchEvent.Type

/**
 * One event as one line of JSON, without the line's end.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toJsonLine = Schema.encodeSync(Schema.parseJson(BatchEvent))

/**
 * Reads back what `toJsonLine` wrote; fails with a `ParseError`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const fromJsonLine = Schema.decode(Schema.parseJson(BatchEvent))
