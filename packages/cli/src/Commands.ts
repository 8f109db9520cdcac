/**
 * Every command of `frameio`, with its options, arguments and examples. A command is added here, and its handler in `Cli`.
 *
 * @since 0.1.0
 */
import * as NamedRule from "@effect-frameio/batch/NamedRule"
import * as AssetLink from "./AssetLink.js"
import * as CommandLine from "./CommandLine.js"
import * as FaultFlag from "./FaultFlag.js"

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
  /** Seconds after which a call without an answer is taken for not made. */
  settleAfter: 30
} as const

const json = CommandLine.toggle("json", "Write JSON lines to standard output, as always in a pipe.")

const force = CommandLine.toggle("force", "Overwrite files that are there.")

const jsonObject = CommandLine.toggle("json", "Write one JSON object to standard output, as always in a pipe.")

const aLedger = CommandLine.optional("ledger", CommandLine.file, "The job's ledger, a SQLite file.")

const aJob = CommandLine.optional("job", CommandLine.text("name"), "The job's name, on a cluster.")

const cluster = CommandLine.optional(
  "cluster",
  CommandLine.text("url"),
  "PostgreSQL, where the jobs of a cluster are.",
  "FRAMEIO_CLUSTER, where a password is safer"
)

const settleAfter = CommandLine.optional(
  "settle-after",
  CommandLine.seconds,
  "After how long a call without an answer counts as not made, when the stack does not show it.",
  String(defaults.settleAfter)
)

const yes = CommandLine.toggle("yes", "Do not ask.", "y")

const giveUpAfter = CommandLine.optional(
  "give-up-after",
  CommandLine.seconds,
  "How long to wait while nothing gets through, before the job stops; what is left is sent by the next run.",
  "12 hours with a ledger, 10 minutes without"
)

const SOME_ID = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"

const OTHER_ID = "6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"

/**
 * One call.
 *
 * @since 0.1.0
 * @category commands
 */
export const version = CommandLine.command({
  path: ["version"],
  summary: "Put one file on another as its newest version",
  about: [
    "A file on a file makes a new stack with an id of its own; a file on a stack, or on a version inside one, adds to it."
  ],
  parameters: {
    asset: CommandLine.argument(
      "asset",
      AssetLink.kind("asset"),
      "The file or stack that gets the new version: its id, or its link at Frame.io."
    ),
    next: CommandLine.argument("next", AssetLink.kind("next"), "The new version: the id or link of a file."),
    json: jsonObject
  },
  sends: "to-frameio",
  examples: [
    { line: `frameio version ${SOME_ID} ${OTHER_ID}` },
    { line: 'frameio version "$STACK" "$NEW" | jq -r .id' }
  ]
})

/**
 * A file, and onto its stack.
 *
 * @since 0.1.0
 * @category commands
 */
export const upload = CommandLine.command({
  path: ["upload"],
  summary: "Upload files, and put each on the stack of another or of its name",
  about: [
    "With --rule each file goes onto the stack in the folder --to that its name belongs to, several versions of one shot in order, or becomes a new file there. What is in doubt is listed and left out, what is there already is not uploaded again. It is one job: with --ledger it can be killed at any moment and goes on with the same command, and frameio batch status, report and undo read the same ledger.",
    "Without --rule it is one file. The file goes in parts, several side by side, and a part that does not get through is sent again. With --onto it is put beside the asset first, and then on top of its stack; a file without a stack gets one.",
    "After Ctrl-C or a crash the same command goes on where it ended. An outage is waited out. A file that changes meanwhile is put on no stack.",
    "On a terminal a bar shows how it goes; in a pipe, standard output has one JSON object per event."
  ],
  parameters: {
    files: CommandLine.many(
      "file",
      CommandLine.file,
      "The file; with --rule any number of files, and of folders with files. - is standard input, which is uploaded as it comes.",
      { atLeastOne: true }
    ),
    rule: CommandLine.optional(
      "rule",
      CommandLine.suggested(
        "rule",
        NamedRule.all.map(({ name }) => name)
      ),
      `Upload by name. How files are named: ${NamedRule.all.map(({ name }) => name).join(", ")}, or a regular expression, as for frameio plan.`
    ),
    to: CommandLine.optional(
      "to",
      AssetLink.kind("folder"),
      "With --rule: the folder whose stacks grow and that gets new files: its id or link."
    ),
    recursive: CommandLine.toggle("recursive", "With --rule: take what is in the folders below as well."),
    ignoreCase: CommandLine.toggle("ignore-case", "With --rule: take Nightsky and nightsky for the same base."),
    anyExtension: CommandLine.toggle("any-extension", "With --rule: take .mov and .mp4 for versions of one another."),
    ledger: CommandLine.optional(
      "ledger",
      CommandLine.file,
      "With --rule: the job's ledger, a SQLite file that remembers what was uploaded and stacked."
    ),
    retryFailed: CommandLine.toggle(
      "retry-failed",
      "With --rule: try again what failed in an earlier run with the same ledger."
    ),
    dryRun: CommandLine.toggle("dry-run", "With --rule: list what would go where, upload nothing."),
    onto: CommandLine.optional(
      "onto",
      AssetLink.kind("asset"),
      "Make it the next version of this asset: the id or link of a file, of a stack, or of a version on a stack."
    ),
    into: CommandLine.optional("into", AssetLink.kind("folder"), "Only upload it, into this folder: its id or link."),
    name: CommandLine.optional(
      "name",
      CommandLine.text("name"),
      "The name at Frame.io, with its extension.",
      "that of the file"
    ),
    filetype: CommandLine.optional(
      "filetype",
      CommandLine.text("type"),
      "The MIME type, such as video/quicktime.",
      "by the extension of the name"
    ),
    concurrency: CommandLine.optional(
      "concurrency",
      CommandLine.integer,
      "How many parts to send side by side.",
      String(defaults.parts)
    ),
    giveUpAfter: CommandLine.optional(
      "give-up-after",
      CommandLine.duration,
      "How long to wait while nothing gets through, such as 90s, 30m or 2h.",
      `${defaults.uploadHours}h, with --rule 12h`
    ),
    noChecksum: CommandLine.toggle(
      "no-checksum",
      "Do not compare the MD5 of each part with what the storage answers: faster from some 3 Gbit/s on, but a proxy's answer could pass for the storage's."
    ),
    journal: CommandLine.optional(
      "journal",
      CommandLine.file,
      "Where to keep how far the upload is; it is removed at the end.",
      "beside the file"
    ),
    json
  },
  sends: "to-frameio",
  exits: [
    [0, "uploaded, and on its stack where one was named"],
    [1, "failed, or something was left out; what is left at Frame.io is said"]
  ],
  examples: [
    { line: `frameio upload shot_010_v003.mov --onto ${SOME_ID}` },
    { line: `frameio upload --rule vfx --to ${OTHER_ID} *.mov --dry-run` },
    { line: 'frameio upload --rule vfx --to "$SHOTS" renders/ --ledger tonight.db' },
    { line: `frameio upload reel.mp4 --into ${OTHER_ID} --name 'Reel, draft.mp4'` },
    { line: 'frameio upload cut.mov --onto "$SHOT" | jq -r \'select(._tag == "Finished") | .stackId\'' },
    { line: 'render | frameio upload - --name cut.mp4 --onto "$SHOT"' }
  ]
})

/** A folder, and how its files are named. */
const folderAndRule = {
  folder: CommandLine.argument("folder", AssetLink.kind("folder"), "The folder: its id or link."),
  rule: CommandLine.optional(
    "rule",
    CommandLine.suggested(
      "rule",
      NamedRule.all.map(({ name }) => name)
    ),
    `How files are named: ${NamedRule.all.map(({ name }) => name).join(", ")}, or a regular expression with the groups (?<base>…) and (?<version>…).`
  ),
  recursive: CommandLine.toggle("recursive", "Read the folders below it as well, each by itself."),
  acrossFolders: CommandLine.toggle("across-folders", "Stack files of different folders on one another."),
  ignoreCase: CommandLine.toggle("ignore-case", "Take Nightsky and nightsky for the same base."),
  anyExtension: CommandLine.toggle("any-extension", "Take .mov and .mp4 for versions of one another.")
}

/**
 * Which files of a folder go on which stacks.
 *
 * @since 0.1.0
 * @category commands
 */
export const plan = CommandLine.command({
  path: ["plan"],
  summary: "Plan which files of a folder go on which stacks, by name",
  about: [
    "Files of one base go on one stack, lower versions first: on the stack that is there, or on a new one. What can be meant in two ways is listed and left out, with what would have to go above it. Nothing is changed.",
    "The plan is a file for frameio batch run: look it over, take lines out, run it."
  ],
  parameters: {
    ...folderAndRule,
    out: CommandLine.optional("out", CommandLine.file, "Write the plan to this file, and what was found beside it."),
    format: CommandLine.optional(
      "format",
      CommandLine.choice("format", ["csv", "jsonl"]),
      "How the plan is written.",
      "by the name of the file, else csv"
    ),
    keepShares: CommandLine.optional(
      "keep-shares",
      AssetLink.shares,
      "Say what keeping these shares up to date would take, and name them in the command that runs the plan."
    ),
    force,
    json: CommandLine.toggle("json", "Write all of it to standard output as JSON lines: Line, Finding, Summary.")
  },
  sends: "to-frameio",
  exits: [
    [0, "all of it is planned"],
    [1, "something was left out, or could not be read"]
  ],
  sections: [
    {
      title: "Rules",
      rows: [
        ...NamedRule.all.map(
          ({ description, examples, name }) =>
            [
              name,
              `${description} ${examples.map((one) => `${one.name} is ${one.version} of ${one.base}`).join("; ")}.`
            ] as const
        ),
        [
          "a pattern",
          "must match the whole name without its extension; a group (?<suffix>…) behind the version belongs to the base, and with a group (?<ext>…) the extension is yours to say."
        ]
      ]
    }
  ],
  examples: [
    { line: `frameio plan ${SOME_ID} --rule vfx` },
    { line: `frameio plan ${SOME_ID} --rule vfx --recursive --out plan.csv` },
    { line: "frameio plan \"$FOLDER\" --rule '(?<base>.+)-r(?<version>[0-9]+)' | frameio batch run -" }
  ]
})

/**
 * What is wrong with the stacks of a folder.
 *
 * @since 0.1.0
 * @category commands
 */
export const stacksAudit = CommandLine.command({
  path: ["stacks", "audit"],
  summary: "Find what is wrong with the stacks of a folder, and plan what mends it",
  about: [
    "Looks for versions that lie beside their stack, stacks whose newest version is not their highest, gaps, versions and files that are there twice, placeholders of uploads that never came, and stacks of one. Nothing is changed.",
    "Without --rule only what needs no names is looked at. The plan puts loose versions on their stacks; what only a person can settle is listed."
  ],
  parameters: {
    ...folderAndRule,
    plan: CommandLine.optional(
      "plan",
      CommandLine.file,
      "Write the plan that mends to this file, for frameio batch run."
    ),
    force,
    json: CommandLine.toggle(
      "json",
      "Write all of it to standard output as JSON lines, as always in a pipe: Line, Finding, Summary."
    )
  },
  sends: "to-frameio",
  exits: [
    [0, "nothing is wrong"],
    [1, "something is wrong, or could not be read"]
  ],
  examples: [
    { line: `frameio stacks audit ${SOME_ID} --rule vfx` },
    { line: `frameio stacks audit ${SOME_ID} --rule vfx --recursive --plan mend.csv` },
    { line: 'frameio stacks audit "$FOLDER" --json | jq -r \'select(.kind == "placeholder") | .assets[].id\'' }
  ]
})

/**
 * A file of versions.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchRun = CommandLine.command({
  path: ["batch", "run"],
  summary: "Put a file of versions on their stacks; goes on where it stopped",
  about: [
    "Each line puts next_asset_id on the stack of asset_id. The versions of one stack go in the order of the file, stacks go side by side. All of the file is checked before anything is sent. When a version fails, the rest of its stack is left out and the others go on.",
    "With --ledger the job can be killed at any moment: the same command goes on where it was. What is confirmed is not sent again, what was sent and not answered is looked for first. frameio batch status, report and undo read the same ledger.",
    "On a terminal a bar shows how it goes; in a pipe, standard output has one JSON object per event. Ctrl-C stops gently."
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
      "The job's ledger, a SQLite file that remembers what was sent and what became of it."
    ),
    retryFailed: CommandLine.toggle("retry-failed", "Try again what failed in an earlier run with the same ledger."),
    dryRun: CommandLine.toggle("dry-run", "Check everything, say what would be done, send nothing."),
    format: CommandLine.withDefault(
      "format",
      CommandLine.choice("format", ["auto", "csv", "jsonl"]),
      "auto",
      "How the file is written; auto goes by its name, else by its first character."
    ),
    json,
    concurrency: CommandLine.optional(
      "concurrency",
      CommandLine.integer,
      "How many stacks to work on side by side. The rate limit is kept whatever it is.",
      String(defaults.chains)
    ),
    lookFirst: CommandLine.toggle(
      "look-first",
      "Read each stack before sending, so that what is in place is not sent again, and verify what the ledger has in place. Slower."
    ),
    keepShares: CommandLine.optional(
      "keep-shares",
      AssetLink.shares,
      "Over V4, with --ledger: in these shares, put the newest version in the place of an old file before they are stacked, where the old file is in the share. Needs two calls for each, of 10 a minute."
    ),
    anyOrder: CommandLine.toggle(
      "any-order",
      "Send versions as the file has them, though its columns position or version say another order."
    ),
    settleAfter,
    giveUpAfter
  },
  sends: "to-frameio",
  exits: [
    [0, "all of it is in place"],
    [1, "some of it is not"]
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
 * A file of versions, for a cluster.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchSubmit = CommandLine.command({
  path: ["batch", "submit"],
  summary: "Hand a file of versions to the workers of a cluster",
  about: [
    "All of the file is checked before anything is handed over; then the workers (frameio worker) put the versions on their stacks, whoever of them comes and goes. The same file under the same name goes on where it was.",
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
      "What the job is called.",
      "the file's name without its extension"
    ),
    account: CommandLine.withDefault(
      "account",
      CommandLine.text("name"),
      "default",
      "Whose token it runs with: the workers have FRAMEIO_TOKEN for default, FRAMEIO_TOKEN_SHOW_A for show-a."
    ),
    retryFailed: CommandLine.toggle("retry-failed", "Try again what failed when the job ran before."),
    format: CommandLine.withDefault(
      "format",
      CommandLine.choice("format", ["auto", "csv", "jsonl"]),
      "auto",
      "How the file is written; auto goes by its name, else by its first character."
    ),
    anyOrder: CommandLine.toggle(
      "any-order",
      "Send versions as the file has them, though its columns position or version say another order."
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
 * One of the processes that share the jobs of a cluster.
 *
 * @since 0.1.0
 * @category commands
 */
export const worker = CommandLine.command({
  path: ["worker"],
  summary: "Work on the jobs of a cluster, beside other workers",
  about: [
    "Any number of workers share the jobs that frameio batch submit has handed over. One that is killed is missed within seconds, and others go on with what it had in hand: each version is put on its stack once, and in order.",
    "When it is told to end (SIGTERM, Ctrl-C), nothing more is sent, what is under way may finish, and the rest goes to other workers.",
    "Several workers keep to one limit through Redis: FRAMEIO_REDIS_URL, and FRAMEIO_REDIS_HASH_KEY, a secret of 16 characters or more that is the same for all."
  ],
  parameters: {
    cluster,
    tokens: CommandLine.optional(
      "tokens",
      CommandLine.text("folder"),
      "A folder with a file for each account, called like it, that holds its token and nothing else; or show-a.json, a login. A variable that is not set may be a file there, too.",
      "FRAMEIO_TOKENS, if it is set"
    ),
    healthPort: CommandLine.optional(
      "health-port",
      CommandLine.integer,
      "Answer on this port: /health while the process works, /ready when it can take work."
    ),
    healthHost: CommandLine.withDefault("health-host", CommandLine.text("host"), "127.0.0.1", "Where to answer.")
  },
  sends: "to-frameio",
  examples: [
    { line: "frameio worker --cluster postgres://frameio@db.example.com/jobs" },
    { line: "frameio worker --tokens /run/secrets/frameio --health-port 8080 --health-host 0.0.0.0" }
  ]
})

/**
 * How a job stands.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchStatus = CommandLine.command({
  path: ["batch", "status"],
  summary: "Say how a job stands, also while it runs",
  about: ["Says what is in place, what is left, what failed. Needs no token and sends nothing."],
  parameters: {
    ledger: aLedger,
    job: aJob,
    cluster,
    watch: CommandLine.toggle(
      "watch",
      "Say it again every second while a run is at work; in a pipe one object each time."
    ),
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
    "Says what was stacked, what failed and why, how it kept to the rate limit. The page is one file that loads nothing and sends nothing. Without an option a terminal gets a few lines, a pipe every row as JSON lines.",
    "Needs no token and sends nothing; a job may be at work meanwhile."
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
      "What the page is called; without it, by the plan's file name."
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
 * A job taken apart again.
 *
 * @since 0.1.0
 * @category commands
 */
export const batchUndo = CommandLine.command({
  path: ["batch", "undo"],
  summary: "Take what a job has stacked out of its stacks again",
  about: [
    "The newest versions go first. Only what the job itself has put there: what was in place before, and what somebody has moved to another stack since, is left alone. It can be killed and run again, like the job. After it the ledger is of use for status and report only."
  ],
  parameters: {
    ledger: aLedger,
    job: aJob,
    cluster,
    dryRun: CommandLine.toggle("dry-run", "Say what would be taken out, send nothing."),
    deleteUploads: CommandLine.toggle(
      "delete-uploads",
      "Of a job of frameio upload: delete what it has uploaded, too. Frame.io keeps it for 30 days."
    ),
    yes,
    json,
    settleAfter,
    giveUpAfter
  },
  sends: "to-frameio",
  exits: [
    [0, "all of it is taken out"],
    [1, "some of it is not"]
  ],
  examples: [{ line: "frameio batch undo --ledger job.db --dry-run" }, { line: "frameio batch undo --ledger job.db" }]
})

/**
 * The contents of a folder.
 *
 * @since 0.1.0
 * @category commands
 */
export const ls = CommandLine.command({
  path: ["ls"],
  summary: "List what is in a folder, or on a stack",
  about: ["Names first, ids last. In a pipe, standard output has one asset as JSON on each line."],
  parameters: {
    folder: CommandLine.argument("folder", AssetLink.kind("folder"), "The folder or stack: its id or link."),
    json
  },
  sends: "to-frameio",
  examples: [{ line: `frameio ls ${SOME_ID}` }, { line: 'frameio ls "$FOLDER" | jq -r .name' }]
})

/**
 * One asset.
 *
 * @since 0.1.0
 * @category commands
 */
export const show = CommandLine.command({
  path: ["show"],
  summary: "Show an asset, and the versions of its stack",
  about: [],
  parameters: {
    asset: CommandLine.argument("asset", AssetLink.kind("asset"), "The asset: its id or link."),
    json: jsonObject
  },
  sends: "to-frameio",
  examples: [{ line: `frameio show ${SOME_ID}` }]
})

/**
 * An asset deleted.
 *
 * @since 0.1.0
 * @category commands
 */
export const rm = CommandLine.command({
  path: ["rm"],
  summary: "Delete an asset; Frame.io keeps it for 30 days",
  about: ["Asks on a terminal. A folder or a stack goes with all that is in it."],
  parameters: {
    asset: CommandLine.argument("asset", AssetLink.kind("asset"), "The asset: its id or link."),
    yes,
    json: jsonObject
  },
  sends: "to-frameio",
  examples: [{ line: `frameio rm ${SOME_ID}` }]
})

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

const clientId = CommandLine.optional(
  "client-id",
  CommandLine.text("id"),
  "The client id of a credential of the Adobe Developer Console.",
  "FRAMEIO_CLIENT_ID"
)

const clientSecretFile = CommandLine.optional(
  "client-secret-file",
  CommandLine.file,
  "A file with that credential's secret, for a service or a web app; a native or single-page app has none.",
  "FRAMEIO_CLIENT_SECRET"
)

/**
 * A login for all commands to come.
 *
 * @since 0.1.0
 * @category commands
 */
export const authLogin = CommandLine.command({
  path: ["auth", "login"],
  summary: "Log in, for all commands to come",
  about: [
    "Without an option a person logs in at Adobe, in a browser of this machine or of another. --service logs in with a credential's id and secret, --with-token with a developer token from standard input.",
    "Frame.io is asked whether it accepts the login. It is kept in a file that only you can read, and renewed before it ends. FRAMEIO_TOKEN and --token-file go before it."
  ],
  parameters: {
    withToken: CommandLine.toggle("with-token", "Read a developer token from standard input."),
    service: CommandLine.toggle("service", "Log in as a service, with the client's id and secret."),
    clientId,
    clientSecretFile,
    redirectUri: CommandLine.withDefault(
      "redirect-uri",
      CommandLine.text("uri"),
      "https://localhost:8080/callback",
      "Where the browser ends, as registered for the credential."
    ),
    json: CommandLine.toggle("json", "Write what frameio auth status says as one JSON object to standard output.")
  },
  sends: "to-frameio",
  examples: [
    { line: "frameio auth login --client-id 1f3c0a9e5b7d4c21" },
    { line: "frameio auth login --service --client-id 1f3c0a9e5b7d4c21 --client-secret-file secret.txt" },
    { line: "frameio auth login --with-token < token.txt" }
  ]
})

/**
 * Which token the commands use.
 *
 * @since 0.1.0
 * @category commands
 */
export const authStatus = CommandLine.command({
  path: ["auth", "status"],
  summary: "Say which login or token is used, and until when",
  about: ["Sends nothing; frameio whoami asks Frame.io."],
  parameters: { json: jsonObject },
  sends: "nothing",
  examples: [{ line: "frameio auth status" }]
})

/**
 * The end of a login.
 *
 * @since 0.1.0
 * @category commands
 */
export const authLogout = CommandLine.command({
  path: ["auth", "logout"],
  summary: "End the login: revoke it at Adobe, delete it from this machine",
  about: ["A developer token stays valid; it is revoked at https://developer.frame.io."],
  parameters: { json: CommandLine.toggle("json", "Write one JSON object to standard output.") },
  sends: "to-frameio",
  exits: [[1, "deleted from this machine, but Adobe could not be told"]],
  examples: [{ line: "frameio auth logout" }]
})

/**
 * The user of the token.
 *
 * @since 0.1.0
 * @category commands
 */
export const whoami = CommandLine.command({
  path: ["whoami"],
  summary: "Ask Frame.io who the token belongs to",
  about: ["Over V4 also which accounts it reaches. v2 only says whether it accepts the token."],
  parameters: { json: jsonObject },
  sends: "to-frameio",
  examples: [{ line: "frameio whoami" }, { line: "frameio whoami | jq -r .user.email" }]
})

/**
 * Checks of everything that commands need.
 *
 * @since 0.1.0
 * @category commands
 */
export const doctor = CommandLine.command({
  path: ["doctor"],
  summary: "Check what commands need: token, network, proxy, clock",
  about: [
    "Each line is ok, warn or fail, with what to do. Changes nothing.",
    "It looks at Node, the proxy, the way to Frame.io, this machine's clock, the token, limits that earlier commands saw, SQLite, and the ledgers that are named."
  ],
  parameters: {
    ledgers: CommandLine.many("ledger", CommandLine.file, "Ledgers to look at.", { atLeastOne: false }),
    json: jsonObject
  },
  sends: "to-frameio",
  exits: [
    [0, "nothing is in the way"],
    [1, "something is"]
  ],
  examples: [
    { line: "frameio doctor" },
    { line: "frameio doctor job.db --json | jq '.checks[] | select(.state != \"ok\")'" }
  ]
})

/**
 * Completions for a shell.
 *
 * @since 0.1.0
 * @category commands
 */
export const completion = CommandLine.command({
  path: ["completion"],
  summary: "Print completions for bash, zsh or fish",
  about: ["They know every command, option and rule, and offer files where files go."],
  parameters: {
    shell: CommandLine.argument("shell", CommandLine.choice("shell", ["bash", "zsh", "fish"]), "bash, zsh or fish.")
  },
  sends: "nothing",
  examples: [
    { line: "frameio completion bash > ~/.local/share/bash-completion/completions/frameio" },
    { line: "frameio completion zsh > ~/.zfunc/_frameio", does: "with ~/.zfunc in fpath before compinit" },
    { line: "frameio completion fish > ~/.config/fish/completions/frameio.fish" }
  ]
})

/**
 * All commands, in the order of the help.
 *
 * @since 0.1.0
 * @category commands
 */
export const all: ReadonlyArray<CommandLine.Command> = [
  version,
  upload,
  plan,
  stacksAudit,
  batchRun,
  batchSubmit,
  batchStatus,
  batchReport,
  batchUndo,
  ls,
  show,
  rm,
  authLogin,
  authStatus,
  authLogout,
  whoami,
  doctor,
  worker,
  fake,
  demo,
  completion
]

/**
 * Words that only lead to others.
 *
 * @since 0.1.0
 * @category commands
 */
export const groups: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly summary: string }> = [
  { path: [], summary: "Puts files on their version stacks at Frame.io, as fast as it allows" },
  { path: ["stacks"], summary: "Version stacks as they are" },
  { path: ["batch"], summary: "Many versions at once" },
  { path: ["auth"], summary: "Who the commands are for Frame.io" }
]

/**
 * Options that every command takes.
 *
 * @since 0.1.0
 * @category options
 */
export const globals = {
  help: CommandLine.toggle("help", "Show what a command does and takes.", "h"),
  version: CommandLine.toggle("version", "Show the version of frameio.", "V"),
  verbose: CommandLine.toggle("verbose", "Log what is asked of Frame.io and what it answers.", "v"),
  quiet: CommandLine.toggle("quiet", "Say nothing but results and errors.", "q"),
  tokenFile: CommandLine.optional(
    "token-file",
    CommandLine.file,
    "Take the token from this file, whatever the environment or the login say."
  ),
  api: CommandLine.optional(
    "api",
    CommandLine.choice("version", ["v2", "v4"]),
    "The version of Frame.io's API. Found out by asking, where it is not said."
  ),
  account: CommandLine.optional(
    "account",
    CommandLine.text("id"),
    "The account of V4 to work in, where the token reaches several."
  ),
  logLevel: CommandLine.optional(
    "log-level",
    CommandLine.choice("level", ["debug", "info", "warning", "error", "none"]),
    "What is logged at least.",
    "warning"
  ),
  logFile: CommandLine.optional(
    "log-file",
    CommandLine.file,
    "Log to this file, behind what is there, and not to the terminal."
  )
}

/**
 * The options of every command that one does not mean in its own way.
 *
 * @since 0.1.0
 * @category getters
 */
export const globalsOf = (command: CommandLine.Command): ReadonlyArray<CommandLine.Flag<unknown>> => {
  const own = new Set(CommandLine.flagsOf(command).map(({ name }) => name))
  return Object.values(globals).filter(({ name }) => !own.has(name))
}

/**
 * The variables that commands read when they talk to Frame.io.
 *
 * @since 0.1.0
 * @category constants
 */
export const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["FRAMEIO_TOKEN", "A developer token, from https://developer.frame.io. Or log in: frameio auth login."],
  ["FRAMEIO_BASE_URL", "Where Frame.io is. Default: https://api.frame.io"],
  ["FRAMEIO_TOKEN_FILE", "A file with the token."],
  ["FRAMEIO_API", "As --api: v2 or v4."],
  ["FRAMEIO_ACCOUNT", "As --account."],
  ["FRAMEIO_CLIENT_ID", "A service at Adobe, with FRAMEIO_CLIENT_SECRET or FRAMEIO_CLIENT_SECRET_FILE."],
  ["FRAMEIO_IMS_URL", "Where Adobe's identity management is. Default: https://ims-na1.adobelogin.com"],
  ["HTTPS_PROXY", "The proxy to go through; HTTP_PROXY, NO_PROXY likewise."],
  ["NODE_EXTRA_CA_CERTS", "A file with the certificates of a proxy that signs its own."],
  ["NO_COLOR", "Whatever it says: no colours."]
]

/**
 * The meaning of the exit codes.
 *
 * @since 0.1.0
 * @category constants
 */
export const exits: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, "all went well"],
  [1, "some of it failed"],
  [2, "bad input; nothing was done"],
  [130, "ended by Ctrl-C"]
]
