/**
 * The command that uploads.
 *
 * @since 0.1.0
 */
import * as NamedRule from "@effect-frameio/batch/NamedRule"
import * as AssetLink from "../AssetLink.js"
import * as CommandLine from "../CommandLine.js"
import { defaults, json, OTHER_ID, SOME_ID } from "./options.js"

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
    "With --rule each file goes onto the stack in the folder --to that its name belongs to, several versions of one shot in order, or becomes a new file there. Doubtful files are listed and left out, and existing ones are not uploaded again. It is one job: with --ledger it can be killed at any moment and resumed with the same command, and frameio batch status, report and undo read the same ledger.",
    "Without --rule it is one file. The file goes in parts, several side by side, and a part that does not get through is sent again. With --onto it is put beside the asset first, and then on top of its stack; a file without a stack gets one.",
    "After Ctrl-C or a crash, the same command resumes the upload. It waits out outages. A file that changes meanwhile is put on no stack.",
    "On a terminal a bar shows the progress; in a pipe, standard output has one JSON object per event."
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
    recursive: CommandLine.toggle("recursive", "With --rule: include the folders below."),
    ignoreCase: CommandLine.toggle("ignore-case", "With --rule: treat Nightsky and nightsky as the same base."),
    anyExtension: CommandLine.toggle("any-extension", "With --rule: treat .mov and .mp4 as versions of one another."),
    ledger: CommandLine.optional(
      "ledger",
      CommandLine.file,
      "With --rule: the job's ledger, a SQLite file that remembers what was uploaded and stacked."
    ),
    retryFailed: CommandLine.toggle(
      "retry-failed",
      "With --rule: try files again that failed in an earlier run with the same ledger."
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
      "Do not compare the MD5 of each part with what the storage answers: faster from some 3 Gbit/s on, but a proxy's answer could be mistaken for the storage's."
    ),
    journal: CommandLine.optional(
      "journal",
      CommandLine.file,
      "The file that keeps the upload's progress; it is removed at the end.",
      "beside the file"
    ),
    json
  },
  sends: "to-frameio",
  exits: [
    [0, "uploaded, and on its stack if one was named"],
    [1, "failed, or something was left out; the message says what is left at Frame.io"]
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
