// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * The `frameio` command: arguments in, exit code out. What it needs of the outside comes as services.
 *
 * @since 0.1.0
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import type * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Arguments from "./Arguments.js"
import * as BatchCommand from "./BatchCommand.js"
import { CliError, ExitCode } from "./CliError.js"
import * as DemoCommand from "./DemoCommand.js"
import * as FakeCommand from "./FakeCommand.js"
import * as PlanCommand from "./PlanCommand.js"
import { Stdio } from "./Stdio.js"
import * as UploadCommand from "./UploadCommand.js"
import { version } from "./Version.js"
import * as VersionCommand from "./VersionCommand.js"

const root = Command.make("frameio").pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Puts assets on their version stacks at Frame.io, as fast as its rate limit allows."),
      HelpDoc.p(
        "Set FRAMEIO_TOKEN to a developer token (https://developer.frame.io). FRAMEIO_BASE_URL is https://api.frame.io unless set."
      ),
      HelpDoc.h2("Try it without an account"),
      HelpDoc.p("frameio fake --pairs pairs.csv"),
      HelpDoc.p("In another terminal, after the two exports that it prints: frameio batch run pairs.csv"),
      HelpDoc.h2("Examples"),
      HelpDoc.p("frameio version 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10 6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"),
      HelpDoc.p("frameio upload shot_010_v003.mov --onto 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"),
      HelpDoc.p("frameio plan 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10 --rule vfx --out plan.csv"),
      HelpDoc.p("frameio batch run versions.csv --ledger job.db")
    ])
  ),
  Command.withSubcommands([
    VersionCommand.command,
    UploadCommand.command,
    PlanCommand.command,
    BatchCommand.command,
    FakeCommand.command,
    DemoCommand.command
  ])
)

const COMMANDS: Arguments.Tree = {
  version: {},
  upload: {},
  plan: {},
  batch: { run: {}, status: {}, report: {}, undo: {} },
  fake: {},
  demo: {}
}

const OPTIONS = {
  valued: new Set([
    "--onto",
    "--into",
    "--name",
    "--filetype",
    "--rule",
    "--out",
    "--format",
    "--concurrency",
    "--shots",
    "--versions",
    "--limit",
    "--latency",
    "--port",
    "--pairs",
    "--ledger",
    "--settle-after",
    "--html",
    "--csv",
    "--jsonl",
    "--log-level",
    "--completions"
  ]),
  plain: new Set([
    "--recursive",
    "--across-folders",
    "--any-order",
    "--ignore-case",
    "--any-extension",
    "--force",
    "--json",
    "--look-first",
    "--retry-failed",
    "--dry-run",
    "--help",
    "-h",
    "--version",
    "--wizard"
  ])
}

const normal = (args: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...args.slice(0, 2),
  ...Arguments.optionsFirst(args.slice(2), COMMANDS, OPTIONS)
]

/**
 * What the command needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Environment = Stdio | HttpClient.HttpClient | FileSystem.FileSystem | Path.Path | Terminal.Terminal

/**
 * Runs the command with a process's arguments, the first two of which are the runtime's and the script's, and answers the
 * exit code. Does not fail: what goes wrong is said on standard error.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (args: ReadonlyArray<string>): Effect.Effect<number, never, Environment> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const command = Command.run(root, { name: "frameio", version })(normal(args)).pipe(
      Effect.as(ExitCode.ok as number),
      Effect.catchIf(ValidationError.isValidationError, () => Effect.succeed(ExitCode.badInput)),
      Effect.catchIf(
        (error): error is CliError => error instanceof CliError,
        (error) => Effect.as(error.message === "" ? Effect.void : stdio.err(`${error.message}\n`), error.exitCode)
      ),
      Effect.catchAllCause((cause) =>
        Effect.as(
          Cause.isInterruptedOnly(cause)
            ? Effect.void
            : stdio.err(`This is a fault of frameio itself; please report it.\n${Cause.pretty(cause)}\n`),
          Cause.isInterruptedOnly(cause) ? ExitCode.interrupted : ExitCode.failed
        )
      )
    )
    // The first Ctrl-C is the commands' own affair, the second ends them wherever they are.
    return yield* Effect.raceFirst(command, Effect.as(stdio.interrupted(2), ExitCode.interrupted as number))
  }).pipe(
    Effect.provide(
      Layer.merge(
        CliConfig.layer({ showBuiltIns: false }),
        Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.stringLogger))
      )
    )
  )
