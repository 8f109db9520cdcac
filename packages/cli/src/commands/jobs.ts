/**
 * The commands about bulk jobs, on this machine or a cluster.
 *
 * @since 0.1.0
 */
import * as AssetLink from "../AssetLink.js"
import * as CommandLine from "../CommandLine.js"
import {
  aJob,
  aLedger,
  cluster,
  defaults,
  force,
  giveUpAfter,
  json,
  jsonObject,
  OTHER_ID,
  SOME_ID,
  settleAfter,
  yes
} from "./options.js"

/**
 * Puts a file of versions on their stacks.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchRun = CommandLine.command({
  path: ["batch", "run"],
  summary: "Put a file of versions on their stacks; resumes where it stopped",
  about: [
    "Each line puts next_asset_id on the stack of asset_id. The versions of one stack go in the order of the file, stacks go side by side. The whole file is checked before anything is sent. When a version fails, the rest of its stack is left out and the others go on.",
    "With --ledger the job can be killed at any moment: the same command resumes it. Confirmed versions are not sent again; versions without an answer are looked up first. frameio batch status, report and undo read the same ledger.",
    "On a terminal a bar shows the progress; in a pipe, standard output has one JSON object per event. Ctrl-C stops gently."
  ],
  parameters: {
    file: CommandLine.argument(
      "file",
      CommandLine.file,
      "CSV with the columns asset_id and next_asset_id, or JSON lines with these fields; - is standard input."
    ),
    ledger: CommandLine.optional(
      "ledger",
      CommandLine.file,
      "The job's ledger, a SQLite file that remembers what was sent, and the outcome."
    ),
    retryFailed: CommandLine.toggle(
      "retry-failed",
      "Try versions again that failed in an earlier run with the same ledger."
    ),
    dryRun: CommandLine.toggle("dry-run", "Check everything, list what would be done, send nothing."),
    format: CommandLine.withDefault(
      "format",
      CommandLine.choice("format", ["auto", "csv", "jsonl"]),
      "auto",
      "The format of the file; auto goes by its name, else by its first character."
    ),
    json,
    concurrency: CommandLine.optional(
      "concurrency",
      CommandLine.integer,
      "How many stacks to work on side by side. The rate limit is kept in any case.",
      String(defaults.chains)
    ),
    lookFirst: CommandLine.toggle(
      "look-first",
      "Read each stack before sending, so that nothing in place is sent again, and verify what the ledger has confirmed. Slower."
    ),
    keepShares: CommandLine.optional(
      "keep-shares",
      AssetLink.shares,
      "Over V4, with --ledger: in these shares, put the newest version in the place of an old file before they are stacked, where the old file is in the share. Needs two calls for each, of 10 a minute."
    ),
    anyOrder: CommandLine.toggle(
      "any-order",
      "Send versions in the order of the file, even if its columns position or version say another."
    ),
    settleAfter,
    giveUpAfter
  },
  sends: "to-frameio",
  exits: [
    [0, "everything is in place"],
    [1, "something is not"]
  ],
  sections: [
    {
      title: "A file",
      rows: [
        ["asset_id,next_asset_id", ""],
        [`${SOME_ID},${OTHER_ID}`, ""]
      ]
    }
  ],
  examples: [
    { line: "frameio batch run versions.csv --dry-run" },
    { line: "frameio batch run versions.csv --ledger job.db" },
    { line: "frameio batch run versions.csv --json | jq -r 'select(._tag == \"Failed\") | .nextAssetId'" },
    { line: "export-pairs | frameio batch run - --format jsonl > log.jsonl" }
  ]
})

/**
 * Hands a file of versions to a cluster.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchSubmit = CommandLine.command({
  path: ["batch", "submit"],
  summary: "Hand a file of versions to the workers of a cluster",
  about: [
    "The whole file is checked before anything is handed over; then the workers (frameio worker) put the versions on their stacks, even if workers come and go. The same file under the same name resumes the job.",
    "Needs no token: the job names an account, whose token the workers have."
  ],
  parameters: {
    file: CommandLine.argument(
      "file",
      CommandLine.file,
      "CSV with the columns asset_id and next_asset_id, or JSON lines with these fields; - is standard input."
    ),
    cluster,
    job: CommandLine.optional(
      "job",
      CommandLine.text("name"),
      "The job's name.",
      "the file's name without its extension"
    ),
    account: CommandLine.withDefault(
      "account",
      CommandLine.text("name"),
      "default",
      "Whose token it runs with: the workers have FRAMEIO_TOKEN for default, FRAMEIO_TOKEN_SHOW_A for show-a."
    ),
    retryFailed: CommandLine.toggle("retry-failed", "Try versions again that failed when the job ran before."),
    format: CommandLine.withDefault(
      "format",
      CommandLine.choice("format", ["auto", "csv", "jsonl"]),
      "auto",
      "The format of the file; auto goes by its name, else by its first character."
    ),
    anyOrder: CommandLine.toggle(
      "any-order",
      "Send versions in the order of the file, even if its columns position or version say another."
    ),
    keepShares: CommandLine.optional(
      "keep-shares",
      AssetLink.shares,
      "Not on a cluster: nothing is handed over. frameio batch run keeps shares, with a ledger, on one machine."
    ),
    settleAfter,
    json: jsonObject
  },
  sends: "nothing",
  examples: [
    { line: "frameio batch submit versions.csv --cluster postgres://frameio@db.example.com/jobs" },
    { line: "frameio batch submit versions.csv --job reel-7 --account show-a" }
  ]
})

/**
 * Shows how a job stands.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchStatus = CommandLine.command({
  path: ["batch", "status"],
  summary: "Show how a job stands, even while it runs",
  about: ["Shows what is in place, what is left, and what failed. Needs no token and sends nothing."],
  parameters: {
    ledger: aLedger,
    job: aJob,
    cluster,
    watch: CommandLine.toggle("watch", "Repeat every second while a run is at work; in a pipe, one object each time."),
    json: jsonObject
  },
  sends: "nothing",
  examples: [
    { line: "frameio batch status --ledger job.db" },
    { line: "frameio batch status --ledger job.db --watch" },
    { line: "frameio batch status --job reel-7" },
    { line: "frameio batch status --ledger job.db --json | jq .counts" }
  ]
})

/**
 * A report on a job.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchReport = CommandLine.command({
  path: ["batch", "report"],
  summary: "Report what became of a job, as a page or a table",
  about: [
    "Shows what was stacked, what failed and why, and how the job kept to the rate limit. The page is one file that loads nothing and sends nothing. Without an option a terminal gets a few lines, a pipe every row as JSON lines.",
    "Needs no token and sends nothing; the job may be running meanwhile."
  ],
  parameters: {
    ledger: aLedger,
    job: aJob,
    cluster,
    html: CommandLine.optional(
      "html",
      CommandLine.file,
      "Write one page to this file, to open in a browser or to send; - is standard output."
    ),
    title: CommandLine.optional(
      "title",
      CommandLine.text("words"),
      "The title of the page. Default: the plan's file name."
    ),
    csv: CommandLine.optional("csv", CommandLine.file, "Write every row as CSV to this file; - is standard output."),
    jsonl: CommandLine.optional(
      "jsonl",
      CommandLine.file,
      "Write every row as JSON lines to this file; - is standard output."
    ),
    force,
    json: CommandLine.toggle("json", "Write every row as JSON lines to standard output, as always in a pipe.")
  },
  sends: "nothing",
  examples: [
    { line: "frameio batch report --ledger job.db" },
    { line: 'frameio batch report --ledger job.db --html report.html --title "AGM, Friday"' },
    { line: "frameio batch report --ledger job.db --csv rows.csv" }
  ]
})

/**
 * Takes a job apart again.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchUndo = CommandLine.command({
  path: ["batch", "undo"],
  summary: "Take what a job has stacked out of its stacks again",
  about: [
    "The newest versions go first. Only what the job itself put there is taken out: versions that were in place before, or that somebody has moved to another stack since, are left alone. It can be killed and run again, like the job. Afterwards the ledger serves only for status and report."
  ],
  parameters: {
    ledger: aLedger,
    job: aJob,
    cluster,
    dryRun: CommandLine.toggle("dry-run", "List what would be taken out, send nothing."),
    deleteUploads: CommandLine.toggle(
      "delete-uploads",
      "For a job of frameio upload: also delete what it uploaded. Frame.io keeps it for 30 days."
    ),
    yes,
    json,
    settleAfter,
    giveUpAfter
  },
  sends: "to-frameio",
  exits: [
    [0, "everything is taken out"],
    [1, "something is not"]
  ],
  examples: [{ line: "frameio batch undo --ledger job.db --dry-run" }, { line: "frameio batch undo --ledger job.db" }]
})

/**
 * One of the processes that share the jobs of a cluster.
 *
 * @since 0.1.0
 * @category commands
 */
export const worker = CommandLine.command({
  path: ["worker"],
  summary: "Work on the jobs of a cluster, together with other workers",
  about: [
    "Any number of workers share the jobs that frameio batch submit handed over. If one is killed, the others notice within seconds and continue its work: each version is put on its stack once, and in order.",
    "When told to end (SIGTERM, Ctrl-C), it sends nothing more, lets calls under way finish, and leaves the rest to other workers.",
    "Several workers keep to one limit through Redis: FRAMEIO_REDIS_URL, and FRAMEIO_REDIS_HASH_KEY, a secret of 16 characters or more that is the same for all."
  ],
  parameters: {
    cluster,
    tokens: CommandLine.optional(
      "tokens",
      CommandLine.text("folder"),
      "A folder with a file for each account, of the same name, that holds only its token; or show-a.json, a login. An unset variable may be a file there, too.",
      "FRAMEIO_TOKENS, if it is set"
    ),
    healthPort: CommandLine.optional(
      "health-port",
      CommandLine.integer,
      "Answer on this port: /health while the process works, /ready when it can take work."
    ),
    healthHost: CommandLine.withDefault(
      "health-host",
      CommandLine.text("host"),
      "127.0.0.1",
      "The address to answer on."
    )
  },
  sends: "to-frameio",
  examples: [
    { line: "frameio worker --cluster postgres://frameio@db.example.com/jobs" },
    { line: "frameio worker --tokens /run/secrets/frameio --health-port 8080 --health-host 0.0.0.0" }
  ]
})
