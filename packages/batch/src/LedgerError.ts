/**
 * Why a ledger cannot be used.
 *
 * @since 0.1.0
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Schema from "effect/Schema"

const Reason = Schema.Literal(
  "Absent",
  "NotALedger",
  "Newer",
  "OtherPlan",
  "OtherApi",
  "NoPlan",
  "InUse",
  "Busy",
  "Linked",
  "Replaced",
  "NoShares",
  "NoReorder",
  "Undone",
  "ReadOnly",
  "Full",
  "Corrupt",
  "NoDriver",
  "Failed"
)

type Reason = typeof Reason.Type

const advice: { readonly [K in Reason]: string } = {
  Absent: "there is no such file. Run a job with it first.",
  NotALedger: "this is not a ledger. Name another file; this one was not touched.",
  Newer: "a newer version wrote this ledger. Update, or use the version that wrote it.",
  OtherPlan: "this is the ledger of another plan. Run the plan that it was made for, or name a new ledger.",
  OtherApi:
    "this job was begun on another version of Frame.io's API. Go on over that one; to do the rest over this one, plan again and take a new ledger: versions in place are then found, and not sent.",
  NoPlan: "no plan was taken into this ledger yet. Run a plan with it first.",
  Busy: "another program has had this file to itself for half a minute, such as a backup or a database browser. Nothing more was sent; close it and run the same command again.",
  Linked:
    "this file has several names (hard links), and a run under one of them would not see what a run under another has sent. Keep one name; for a copy use cp.",
  Replaced:
    "this file, or the log beside it, was moved, removed or replaced while a run was writing to it. Nothing more was sent. Put it back, or wait half a minute and run the plan with a new ledger and let it look first.",
  InUse: "another run is at work on this ledger. Wait until it has ended; its status can be read meanwhile.",
  NoShares: "this version of Frame.io's API has no calls for shares, so none can be kept. Nothing was sent.",
  NoReorder: "this job cannot be done over this version of Frame.io's API.",
  Undone: "this job was undone. To stack the plan again, name a new ledger.",
  ReadOnly: "it cannot be written to. Check the rights of the file and of its folder.",
  Full: "there is no room left to write. Nothing more was sent; make room and run the same command again.",
  Corrupt:
    "the file is damaged. Wait half a minute, because a call may be under way, then run the plan with a new ledger and let it look first: versions in place are found by reading, and not sent again.",
  NoDriver:
    "SQLite's library for this platform is not installed. Install again without `--omit=optional` or `--no-optional`.",
  Failed: "it cannot be used."
}

/**
 * A ledger cannot be used. Nothing was sent that it does not know of.
 *
 * @example
 * ```ts
 * const LedgerLive = Ledger.layer({ file: "plan.ledger" })
 * const counts = yield* Effect.flatMap(Ledger.Ledger, (ledger) => ledger.counts).pipe(
 *   Effect.provide(LedgerLive),
 *   Effect.catchTag("LedgerError", ({ reason }) => Effect.dieMessage(reason === "InUse" ? "it runs already" : reason))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class LedgerError extends Schema.TaggedError<LedgerError>("@effect-frameio/batch/LedgerError")("LedgerError", {
  /**
   * Why, for programs:
   *
   * - `Absent`: there is no such file.
   * - `NotALedger`: the file is something else.
   * - `Newer`: a newer version of this library wrote it.
   * - `OtherPlan`: it is the ledger of another plan.
   * - `OtherApi`: the job was begun on another version of Frame.io's API, whose ids and calls are others.
   * - `NoPlan`: no plan was ever taken into it.
   * - `InUse`: another run is at work on it.
   * - `Busy`: another program has the file to itself.
   * - `Linked`: the file has several names (hard links), each of which would have a lock of its own.
   * - `Replaced`: the file was moved, removed or replaced while it was in use.
   * - `NoShares`: shares are to be kept, and the API has no calls for them.
   * - `NoReorder`: the plan puts stacks in another order, and the API has no call for that.
   * - `Undone`: the job was undone, or is being undone.
   * - `ReadOnly`: it cannot be written to.
   * - `Full`: the disk, or the file, is full.
   * - `Corrupt`: the file is damaged.
   * - `NoDriver`: SQLite's library for this platform is not installed.
   * - `Failed`: anything else, in SQLite's own words.
   */
  reason: Reason,
  /** The ledger's file. */
  file: Schema.String,
  /** Details, such as the line that differs, or SQLite's own message. */
  detail: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const detail = this.detail === undefined ? "" : ` ${this.detail}`
    return `${this.file}: ${advice[this.reason]}${detail}`
  }
}

const REASONS: ReadonlyArray<readonly [prefix: string, reason: Reason]> = [
  ["SQLITE_NOTADB", "NotALedger"],
  ["SQLITE_BUSY", "Busy"],
  ["SQLITE_LOCKED", "Busy"],
  ["SQLITE_READONLY", "ReadOnly"],
  ["SQLITE_CANTOPEN", "ReadOnly"],
  ["SQLITE_PERM", "ReadOnly"],
  ["SQLITE_FULL", "Full"],
  ["SQLITE_CORRUPT", "Corrupt"]
]

/** The first code and words in a chain of causes. */
const told = (error: unknown): { readonly code: string; readonly words: string } => {
  let words = ""
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 8; depth++) {
    if ("message" in at && typeof at.message === "string" && at.message !== "") words = at.message
    // The driver's message when SQLite could not open the file at all.
    if (words.startsWith("ConnectionFailed")) return { code: "SQLITE_CANTOPEN", words }
    if ("code" in at && typeof at.code === "string" && at.code.startsWith("SQLITE")) return { code: at.code, words }
    at = "cause" in at ? at.cause : undefined
  }
  return { code: "", words }
}

/**
 * The ledger error of a failure of SQLite.
 *
 * @internal
 */
export const fromSql =
  (file: string) =>
  (error: SqlError | unknown): LedgerError => {
    const { code, words } = told(error)
    const reason = REASONS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "Failed"
    return new LedgerError({
      reason,
      file,
      ...(reason === "NotALedger" || reason === "Busy"
        ? {}
        : { detail: [code, words].filter((one) => one !== "").join(": ") })
    })
  }
