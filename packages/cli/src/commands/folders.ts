/**
 * The commands that read a folder by a naming rule.
 *
 * @since 0.1.0
 */
import * as NamedRule from "@effect-frameio/batch/NamedRule"
import * as AssetLink from "../AssetLink.js"
import * as CommandLine from "../CommandLine.js"
import { force, SOME_ID } from "./options.js"

/** A folder, and the naming rule of its files. */
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
  ignoreCase: CommandLine.toggle("ignore-case", "Treat Nightsky and nightsky as the same base."),
  anyExtension: CommandLine.toggle("any-extension", "Treat .mov and .mp4 as versions of one another.")
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
    "Files of one base go on one stack, lower versions first: on the existing stack, or on a new one. A file that can be meant in two ways is listed and left out, and so is whatever would have to go above it. Nothing is changed.",
    "The plan is a file for frameio batch run: look it over, delete lines, run it."
  ],
  parameters: {
    ...folderAndRule,
    out: CommandLine.optional(
      "out",
      CommandLine.file,
      "Write the plan to this file, and the findings to another beside it."
    ),
    format: CommandLine.optional(
      "format",
      CommandLine.choice("format", ["csv", "jsonl"]),
      "The format of the plan.",
      "by the name of the file, else csv"
    ),
    keepShares: CommandLine.optional(
      "keep-shares",
      AssetLink.shares,
      "Say how much keeping these shares up to date would take, and put them into the command that runs the plan."
    ),
    force,
    json: CommandLine.toggle("json", "Write everything to standard output as JSON lines: Line, Finding, Summary.")
  },
  sends: "to-frameio",
  exits: [
    [0, "everything is planned"],
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
          "must match the whole name without its extension; a group (?<suffix>…) after the version belongs to the base, and a group (?<ext>…) matches the extension."
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
  summary: "Find what is wrong with the stacks of a folder, and plan the repair",
  about: [
    "Looks for versions that lie beside their stack, stacks whose newest version is not their highest, gaps, versions and files that exist twice, placeholders of uploads that never arrived, and stacks of one. Nothing is changed.",
    "Without --rule, only faults that need no names are found. The plan puts loose versions on their stacks; faults for a person to settle are listed."
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
      "Write everything to standard output as JSON lines, as always in a pipe: Line, Finding, Summary."
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
