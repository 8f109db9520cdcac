/**
 * Events of a job, the same for the progress bar, the JSON lines, the ledger, the report and the tests.
 *
 * Each link ends in exactly one of `Confirmed`, `Failed`, `Skipped` or `Unknown`; an undo ends it in `Undone` instead
 * of `Confirmed`. When a job is stopped, the links of chains it had not begun have no event; `Finished` counts them.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
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
  /** How many links are left alone because they come after failed ones. */
  skippedBefore: Schema.optionalWith(Schema.Int, { default: () => 0 })
})

export interface Planned extends Schema.Schema.Type<typeof Planned> {}

/**
 * A version call is about to be made. After a crash, its outcome is read before it is sent again.
 *
 * @since 0.1.0
 * @category events
 */
export const Sent = Schema.TaggedStruct("Sent", {
  ...link,
  /** The id that the call names: the target, or the stack that it proved to be in. */
  target: Schema.String,
  /** 1 the first time; a request that the rate limit refused counts too. */
  attempt: Schema.Int,
  /** The folder the version lay in, if it is not the stack's and undo has to take it back there. */
  from: Schema.optional(Schema.String)
})

export interface Sent extends Schema.Schema.Type<typeof Sent> {}

/**
 * The new version takes the place of the old one in a share, before they are stacked. The old one is removed first,
 * because only that answer tells whether it was in the share.
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
   * The step that is about to be sent, or its outcome. `removing`: the old file is being removed. `proving`: it is
   * removed once more, to see whether Frame.io reports that it is gone. `adding`: the new file is being added. `done`:
   * it has taken the old one's place. `absent`: the old file was not in the share, so nothing was added. `doubtful`:
   * nobody knows whether it was. `restoring`: the new file was refused, so the old one is put back; then `restored`.
   * `undoing`: the old file takes its place again; then `undone`.
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

export interface Sharing extends Schema.Schema.Type<typeof Sharing> {}

/**
 * The state of a share.
 *
 * @since 0.1.0
 * @category models
 */
export type SharingState = Sharing["state"]

/**
 * A share that a job keeps up to date for one of its chains.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeptShare {
  /** The line of the link whose version takes another's place in the share. */
  readonly line: number
  /** The index of its chain. */
  readonly chain: number
  readonly shareId: string
  /** The asset that gives up its place. */
  readonly removed: AssetId
  /** The asset that takes the place. */
  readonly added: AssetId
  readonly state: SharingState
}

/**
 * The states in which a share may no longer be as it was before the job.
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

export interface Waiting extends Schema.Schema.Type<typeof Waiting> {}

/**
 * The version is on the stack.
 *
 * @since 0.1.0
 * @category events
 */
export const Confirmed = Schema.TaggedStruct("Confirmed", {
  ...link,
  /** The stack's id, if known: Frame.io does not promise to return it, and the job reads it only when needed. */
  stackId: Schema.NullOr(Schema.String),
  /**
   * `answered`: the call's own answer said so. `settled`: the answer was lost, and reading the stack said so.
   * `already`: it was there before, and nothing was sent. `uploaded`: it is a new file, on no stack.
   */
  how: Schema.Literal("answered", "settled", "already", "uploaded")
})

export interface Confirmed extends Schema.Schema.Type<typeof Confirmed> {}

/**
 * The version could not be put on the stack.
 *
 * @since 0.1.0
 * @category events
 */
export const Failed = Schema.TaggedStruct("Failed", {
  ...link,
  error: LinkError,
  /** What went wrong and what to do, in words. */
  message: Schema.String
})

export interface Failed extends Schema.Schema.Type<typeof Failed> {}

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

export interface Skipped extends Schema.Schema.Type<typeof Skipped> {}

/**
 * The job was stopped while the call was under way: the change may or may not have been made. Read the stack before
 * sending again.
 *
 * @since 0.1.0
 * @category events
 */
export const Unknown = Schema.TaggedStruct("Unknown", { ...link, reason: Schema.String })

export interface Unknown extends Schema.Schema.Type<typeof Unknown> {}

/**
 * Somebody else is working on the same stack. Nothing of theirs was touched: versions only ever go on top.
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

export interface Noticed extends Schema.Schema.Type<typeof Noticed> {}

/**
 * An unversion call is about to be made. After a crash, the version is read before the call is sent again.
 *
 * @since 0.1.0
 * @category events
 */
export const Undoing = Schema.TaggedStruct("Undoing", {
  ...link,
  /** The asset to take out of its stack: the new version or, at the end, the asset that the stack was made from. */
  takenOut: Schema.String,
  /** 1 for the first time. */
  attempt: Schema.Int
})

export interface Undoing extends Schema.Schema.Type<typeof Undoing> {}

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

export interface Undone extends Schema.Schema.Type<typeof Undone> {}

/**
 * No call gets through: the job waits, then lets one call try again.
 *
 * @since 0.1.0
 * @category events
 */
export const Paused = Schema.TaggedStruct("Paused", {
  at,
  /** When calls stopped getting through. */
  since: at,
  /** The last failure. */
  error: LinkError,
  /** The failure in words. */
  message: Schema.String,
  /** How long until it is tried again, in ms. */
  millis: Schema.Number
})

export interface Paused extends Schema.Schema.Type<typeof Paused> {}

/**
 * A call got through again, and the job goes on.
 *
 * @since 0.1.0
 * @category events
 */
export const Resumed = Schema.TaggedStruct("Resumed", {
  at,
  /** How long no call got through, in ms. */
  millis: Schema.Number
})

export interface Resumed extends Schema.Schema.Type<typeof Resumed> {}

/**
 * How the job kept to the limit since the last such event. It comes every second at first, and less often the longer a
 * job takes.
 *
 * @since 0.1.0
 * @category events
 */
export const Paced = Schema.TaggedStruct("Paced", {
  /** When the interval ended. */
  at,
  /** The interval's length, in ms. */
  millis: Schema.Number,
  /** Calls sent. */
  sent: Schema.Int,
  /** Calls answered with 429. */
  refused: Schema.Int,
  /** Requests per window, as the last headers said; null until known. */
  limit: Schema.NullOr(Schema.Number),
  /** The window in ms; null until known. */
  windowMillis: Schema.NullOr(Schema.Number),
  /** How many requests could have gone at once when the interval ended. */
  free: Schema.NullOr(Schema.Number),
  /** Calls waiting for the limit when the interval ended. */
  waiting: Schema.Int
})

export interface Paced extends Schema.Schema.Type<typeof Paced> {}

/**
 * Counts of the whole job: they include what earlier runs did, except for `sent`.
 *
 * @since 0.1.0
 * @category models
 */
export const Counts = Schema.Struct({
  /** Links of the job, if known. */
  links: Schema.NullOr(Schema.Int),
  /** Calls sent in this run: version calls, or unversion calls when a job is undone. */
  sent: Schema.Int,
  /** Links on their stack or, when a job is undone, off it again. */
  confirmed: Schema.Int,
  /** How many of these earlier runs did. */
  before: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  /** How many of the confirmed were already in place when this run looked. */
  already: Schema.Int,
  /** Links that failed. */
  failed: Schema.Int,
  /** Links not sent because an earlier one of their chain failed. */
  skipped: Schema.Int,
  /** Links with an unknown outcome. */
  unknown: Schema.Int,
  /** Links not sent because the job was stopped. */
  notSent: Schema.Int,
  /** How many of the confirmed links a stopped verification did not reach; absent if none. */
  notVerified: Schema.optional(Schema.Int)
})

export interface Counts extends Schema.Schema.Type<typeof Counts> {}

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

export interface Finished extends Schema.Schema.Type<typeof Finished> {}

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

export type BatchEvent =
  | Planned
  | Sent
  | Sharing
  | Waiting
  | Confirmed
  | Failed
  | Skipped
  | Unknown
  | Noticed
  | Undoing
  | Undone
  | Paused
  | Resumed
  | Paced
  | Finished

/**
 * One event as one line of JSON, without the line's end.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toJsonLine = Schema.encodeSync(Schema.parseJson(BatchEvent))

/**
 * Reads back what {@link toJsonLine} wrote; fails with a `ParseError`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const fromJsonLine = Schema.decode(Schema.parseJson(BatchEvent))
