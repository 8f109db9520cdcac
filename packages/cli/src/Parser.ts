/**
 * `@effect/cli` set up from a command's declaration.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Terminal from "@effect/platform/Terminal"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CliError } from "./CliError.js"
import * as CommandLine from "./CommandLine.js"

const optionOf = (flag: CommandLine.Flag<unknown>): Options.Options<readonly [string, ReadonlyArray<string>]> =>
  flag.value === undefined
    ? Options.map(Options.boolean(flag.name), (given) => [flag.name, given ? [""] : []] as const)
    : Options.map(
        flag.many
          ? Options.repeated(Options.text(flag.name))
          : Options.map(Options.optional(Options.text(flag.name)), Option.toArray),
        (words) => [flag.name, words] as const
      )

/**
 * Parses the words that belong to a command and runs it with what they mean.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <P extends CommandLine.Parameters, E, R>(
  declared: CommandLine.Command<P>,
  words: ReadonlyArray<string>,
  handle: (given: CommandLine.Given<P>) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | CliError, R | FileSystem.FileSystem | Path.Path> =>
  Effect.consoleWith((console) => {
    const decodeAndHandle = (parsed: {
      readonly flags: ReadonlyArray<readonly [string, ReadonlyArray<string>]>
      readonly words: ReadonlyArray<string>
    }): Effect.Effect<void, E | CliError, R> => {
      const read = CommandLine.decode(declared.parameters, { flags: new Map(parsed.flags), words: parsed.words })
      return read.ok
        ? Effect.withConsole(handle(read.value), console)
        : CliError.badInput(read.problems.map(({ problem }) => problem).join("\n"))
    }
    const parser = Command.make(
      declared.path.at(-1) ?? "frameio",
      {
        flags: Options.all(CommandLine.flagsOf(declared).map(optionOf)),
        words: Args.repeated(Args.text({ name: "word" }))
      },
      decodeAndHandle
    )
    return Command.run(parser, { name: "frameio", version: "" })(["node", "frameio", ...words]).pipe(
      Effect.catchIf(ValidationError.isValidationError, (error) =>
        CliError.badInput(HelpDoc.toAnsiText(error.error).trim())
      ),
      // @effect/cli prints errors in its own form.
      Effect.withConsole(silent(console)),
      Effect.provideService(Terminal.Terminal, noTerminal)
    )
  })

/** The words are complete: there is nothing to ask for. */
const noTerminal = Terminal.Terminal.of({
  columns: Effect.succeed(80),
  rows: Effect.succeed(24),
  isTTY: Effect.succeed(false),
  readInput: Effect.dieMessage("the parser has asked something"),
  readLine: Effect.dieMessage("the parser has asked something"),
  display: () => Effect.void
})

const silent = (console: Console.Console): Console.Console => ({
  ...console,
  error: () => Effect.void,
  log: () => Effect.void
})
