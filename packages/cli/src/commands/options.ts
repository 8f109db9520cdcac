/**
 * Options that several commands take, and the ids of the examples.
 *
 * @since 0.1.0
 */
import * as CommandLine from "../CommandLine.js"

/**
 * The defaults of the commands. The libraries have the same numbers; a test compares them.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = {
  /** Stacks side by side. */
  chains: 128,
  /** Parts of an upload side by side. */
  parts: 4,
  /** How long an upload waits while nothing gets through, in hours. */
  uploadHours: 1,
  /** Seconds after which a call without an answer counts as not made. */
  settleAfter: 30
} as const

/** @internal */
export const json = CommandLine.toggle("json", "Write JSON lines to standard output, as always in a pipe.")

/** @internal */
export const jsonObject = CommandLine.toggle("json", "Write one JSON object to standard output, as always in a pipe.")

/** @internal */
export const force = CommandLine.toggle("force", "Overwrite existing files.")

/** @internal */
export const yes = CommandLine.toggle("yes", "Do not ask.", "y")

/** @internal */
export const aLedger = CommandLine.optional("ledger", CommandLine.file, "The job's ledger, a SQLite file.")

/** @internal */
export const aJob = CommandLine.optional("job", CommandLine.text("name"), "The job's name, on a cluster.")

/** @internal */
export const cluster = CommandLine.optional(
  "cluster",
  CommandLine.text("url"),
  "The PostgreSQL with the jobs of a cluster.",
  "FRAMEIO_CLUSTER, which is safer for a password"
)

/** @internal */
export const settleAfter = CommandLine.optional(
  "settle-after",
  CommandLine.duration,
  "After how long a call without an answer counts as not made, if the stack does not show it, such as 90s or 2m.",
  `${defaults.settleAfter}s`
)

/** @internal */
export const giveUpAfter = CommandLine.optional(
  "give-up-after",
  CommandLine.duration,
  "How long to wait while nothing gets through, such as 90s, 30m or 2h, before the job stops; the next run sends the rest.",
  "12h with a ledger, 10m without"
)

/** @internal */
export const SOME_ID = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"

/** @internal */
export const OTHER_ID = "6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"
