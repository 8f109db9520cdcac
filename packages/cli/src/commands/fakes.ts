/**
 * The commands with a Frame.io on this machine.
 *
 * @since 0.1.0
 */
import * as CommandLine from "../CommandLine.js"
import * as FaultFlag from "../FaultFlag.js"
import { force } from "./options.js"

const world = {
  versions: CommandLine.withDefault(
    "versions",
    CommandLine.integer,
    3,
    "How many versions of each shot, loose at first."
  ),
  limit: CommandLine.withDefault("limit", CommandLine.integer, 20, "How many version calls per second it allows."),
  latency: CommandLine.withDefault("latency", CommandLine.integer, 20, "From a request to its answer, in ms."),
  port: CommandLine.withDefault("port", CommandLine.integer, 0, "The port it listens on; 0 takes any that is free.")
}

const shots = (many: number) =>
  CommandLine.withDefault("shots", CommandLine.integer, many, "How many shots it has; each is one stack in the end.")

/**
 * A Frame.io on this machine.
 *
 * @since 0.1.0
 * @category commands
 */
export const fake = CommandLine.command({
  path: ["fake"],
  summary: "Start a Frame.io on this machine, to try without an account",
  about: [
    "It keeps Frame.io's rules about stacks and its rate limit to the millisecond. It lives in memory and is gone when it ends.",
    "It also serves a page with its content and its limits, a page for trying calls, and its OpenAPI document; it prints the addresses.",
    "It answers both APIs; --api chooses the one to begin with: V4 has the limits that Frame.io prints."
  ],
  parameters: {
    shots: shots(100),
    ...world,
    limit: CommandLine.optional(
      "limit",
      CommandLine.integer,
      "How many version calls per second it allows, 20 by default; over V4 new stacks and moves, the printed limits by default."
    ),
    api: CommandLine.withDefault(
      "api",
      CommandLine.choice("api", ["v2", "v4"]),
      "v2",
      "The API that the printed hints are for."
    ),
    host: CommandLine.withDefault(
      "host",
      CommandLine.text("host"),
      "127.0.0.1",
      "The address or name it listens on. Beyond this machine, anybody who reaches it may call it."
    ),
    pairs: CommandLine.optional(
      "pairs",
      CommandLine.file,
      "Write the pairs to stack to this file, for frameio batch run."
    ),
    faults: CommandLine.repeated(
      "fault",
      FaultFlag.kind,
      "A fault (429, 503, 503-after, lost-answer, lost-request, no-answer, refused, html, broken, slow:2s), for how many requests (default 5%; or 1/20), and of which call: 503=10%@assets.version."
    ),
    stale: CommandLine.optional(
      "stale",
      CommandLine.duration,
      "Over V4: how long reads may show the state before a change, such as 500ms or 5s.",
      "not at all"
    ),
    force
  },
  sends: "nothing",
  examples: [
    { line: "frameio fake --pairs pairs.csv" },
    { line: "frameio fake --api v4" },
    { line: "frameio fake --api v4 --stale 5s" },
    { line: "frameio fake --fault 503=10% --fault lost-answer=2%@assets.version --fault slow:2s=1/20" },
    { line: "frameio fake --shots 1000 --versions 5 --limit 100 --latency 50 --port 8080" }
  ]
})

/**
 * A fake and a batch against it.
 *
 * @since 0.1.0
 * @category commands
 */
export const demo = CommandLine.command({
  path: ["demo"],
  summary: "Run a batch against a Frame.io on this machine, and measure it",
  about: [
    "A plain script then does the same job with fewer versions, to show how it would go without this program.",
    "The shortest time for N calls is T* = max(0, N - floor(W / c)) * c + one round trip, with a bucket of W ms in which each call costs c."
  ],
  parameters: {
    shots: shots(150),
    ...world,
    strict: CommandLine.toggle("strict", "Print figures, and fail if one is off; for machines that do nothing else.")
  },
  sends: "to-itself",
  exits: [[1, "not all is in its place; --strict: refused even once, or 5 % above the shortest time"]],
  examples: [{ line: "frameio demo" }, { line: "frameio demo --shots 500 --limit 100 --strict" }]
})
