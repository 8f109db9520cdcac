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
    "It also serves a page with what is in it and how its limits stand, one to try calls in, and its OpenAPI document; the addresses are printed.",
    "It answers both APIs, of which --api says which one to begin with: V4 with the limits that Frame.io prints."
  ],
  parameters: {
    shots: shots(100),
    ...world,
    limit: CommandLine.optional(
      "limit",
      CommandLine.integer,
      "How many version calls per second it allows, 20 by default; over V4 new stacks and moves, the printed limits by default."
    ),
    api: CommandLine.withDefault("api", CommandLine.choice("api", ["v2", "v4"]), "v2", "Which API to say how to use."),
    host: CommandLine.withDefault(
      "host",
      CommandLine.text("host"),
      "127.0.0.1",
      "The address or name it listens on. Whoever reaches another than this machine's own may call it."
    ),
    pairs: CommandLine.optional(
      "pairs",
      CommandLine.file,
      "Write what there is to stack to this file, for frameio batch run."
    ),
    faults: CommandLine.repeated(
      "fault",
      FaultFlag.kind,
      "What goes wrong (429, 503, 503-after, lost-answer, lost-request, no-answer, refused, html, broken, slow:2s), for how many requests (5% unless said; 1/20), and of which call: 503=10%@assets.version."
    ),
    stale: CommandLine.optional(
      "stale",
      CommandLine.duration,
      "Over V4: for how long reads may show what was before a change, such as 500ms or 5s.",
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
    "The same job is then done by a plain script, on a smaller number, to see what it would be without this program.",
    "The shortest time for N calls is T* = max(0, N - floor(W / c)) * c + one round trip, with a bucket of W ms in which each call costs c."
  ],
  parameters: {
    shots: shots(150),
    ...world,
    strict: CommandLine.toggle("strict", "Print figures, and fail when one is off: for machines that do nothing else.")
  },
  sends: "to-itself",
  exits: [[1, "not all is in its place; --strict: refused even once, or 5 % above the shortest time"]],
  examples: [{ line: "frameio demo" }, { line: "frameio demo --shots 500 --limit 100 --strict" }]
})
