/**
 * `frameio batch`: many versions at once.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as BatchReportCommand from "./BatchReportCommand.js"
import * as BatchRunCommand from "./BatchRunCommand.js"
import * as BatchStatusCommand from "./BatchStatusCommand.js"
import * as BatchUndoCommand from "./BatchUndoCommand.js"

/**
 * The command and its subcommands.
 *
 * @since 0.1.0
 * @category commands
 */
export const command = Command.make("batch").pipe(
  Command.withDescription("Many versions at once."),
  Command.withSubcommands([
    BatchRunCommand.command,
    BatchStatusCommand.command,
    BatchReportCommand.command,
    BatchUndoCommand.command
  ])
)
