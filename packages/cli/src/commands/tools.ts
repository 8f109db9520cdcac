/**
 * The commands about this machine and its shell.
 *
 * @since 0.1.0
 */
import * as CommandLine from "../CommandLine.js"
import { jsonObject } from "./options.js"

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
    "It checks Node, the proxy, the connection to Frame.io, this machine's clock, the token, the limits that earlier commands learnt, SQLite, and the named ledgers."
  ],
  parameters: {
    ledgers: CommandLine.many("ledger", CommandLine.file, "Ledgers to check.", { atLeastOne: false }),
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
  about: ["They know every command, option and rule, and offer file names."],
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
