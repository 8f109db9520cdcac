/**
 * The commands about one asset, or its contents.
 *
 * @since 0.1.0
 */
import * as AssetLink from "../AssetLink.js"
import * as CommandLine from "../CommandLine.js"
import { json, jsonObject, OTHER_ID, SOME_ID, yes } from "./options.js"

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
 * The contents of a folder.
 *
 * @since 0.1.0
 * @category commands
 */
export const ls = CommandLine.command({
  path: ["ls"],
  summary: "List a folder or a stack",
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
 * Deletes an asset.
 *
 * @since 0.1.0
 * @category commands
 */
export const rm = CommandLine.command({
  path: ["rm"],
  summary: "Delete an asset; Frame.io keeps it for 30 days",
  about: ["Asks on a terminal. A folder or a stack is deleted with everything in it."],
  parameters: {
    asset: CommandLine.argument("asset", AssetLink.kind("asset"), "The asset: its id or link."),
    yes,
    json: jsonObject
  },
  sends: "to-frameio",
  examples: [{ line: `frameio rm ${SOME_ID}` }]
})
