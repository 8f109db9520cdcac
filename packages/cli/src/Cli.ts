// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * A command of `frameio`: words in, an exit code out. Services provide the outside; libraries are loaded when the
 * command runs.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as PlatformLogger from "@effect/platform/PlatformLogger"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Arguments from "./Arguments.js"
import * as CallLog from "./CallLog.js"
import { CliError, ExitCode } from "./CliError.js"
import type * as CommandLine from "./CommandLine.js"
import * as ErrorText from "./ErrorText.js"
import * as Parser from "./Parser.js"
import * as Stdio from "./Stdio.js"

/**
 * What the command needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Environment = Stdio.Stdio | HttpClient.HttpClient | FileSystem.FileSystem | Path.Path

/**
 * Runs the words that belong to a command.
 *
 * @since 0.1.0
 * @category models
 */
export type Handler = (words: ReadonlyArray<string>) => Effect.Effect<void, CliError, Environment>

/**
 * The handlers, by the words that call a command.
 *
 * @since 0.1.0
 * @category models
 */
export type Handlers = ReadonlyMap<string, Handler>

/**
 * A command's handler with its module, which is loaded when it runs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const handler = <P extends CommandLine.Parameters>(
  command: CommandLine.Command<P>,
  load: () => Promise<{
    readonly handle: (given: CommandLine.Given<P>) => Effect.Effect<void, CliError, Environment>
  }>
): readonly [string, Handler] => [
  command.path.join(" "),
  (words) => Parser.run(command, words, (given) => Effect.flatMap(Effect.promise(load), ({ handle }) => handle(given)))
]

const LEVELS: Readonly<Record<string, LogLevel.LogLevel>> = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error,
  none: LogLevel.None
}

const levelOf = ({ logLevel, quiet, verbose }: Arguments.Globals, isService: boolean): LogLevel.LogLevel =>
  Option.match(logLevel, {
    onSome: (name) => LEVELS[name] ?? LogLevel.Warning,
    onNone: () => (verbose ? LogLevel.Debug : quiet ? LogLevel.Error : isService ? LogLevel.Info : LogLevel.Warning)
  })

/** Logs for a person, above the status line, or for programs, as JSON; or into a file, after its content. */
const logging = (globals: Arguments.Globals, stdio: Stdio.Service, isService: boolean) =>
  Layer.merge(
    Logger.minimumLogLevel(levelOf(globals, isService)),
    Option.match(globals.logFile, {
      onNone: () =>
        Logger.replace(
          Logger.defaultLogger,
          Logger.map(
            isService ? Logger.jsonLogger : Logger.stringLogger,
            (line) => void Effect.runFork(stdio.err(`${line}\n`))
          )
        ),
      onSome: (file) =>
        Layer.mapError(
          Logger.replaceScoped(Logger.defaultLogger, PlatformLogger.toFile(Logger.logfmtLogger, file, { flag: "a" })),
          (error) => CliError.badInput(`--log-file ${file} cannot be written: ${error.message}`)
        )
    })
  )

/** Options that take precedence over environment variables. */
const withOptions =
  ({ account, api, tokenFile }: Arguments.Globals) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const said = [
      ...Option.match(tokenFile, {
        onNone: () => [],
        onSome: (file) => [["FRAMEIO_TOKEN_FILE", file] as const, ["FRAMEIO_TOKEN", ""] as const]
      }),
      ...Option.toArray(Option.map(api, (version) => ["FRAMEIO_API", version] as const)),
      ...Option.toArray(Option.map(account, (id) => ["FRAMEIO_ACCOUNT", id] as const))
    ]
    return said.length === 0
      ? self
      : Effect.configProviderWith((provider) => {
          const named = ConfigProvider.fromMap(new Map(said))
          return Effect.withConfigProvider(
            self,
            ConfigProvider.orElse(named, () => provider)
          )
        })
  }

const complain = (stdio: Stdio.Service, said: ErrorText.Said): Effect.Effect<void> =>
  Effect.flatMap(stdio.columns, (columns) =>
    stdio.err(ErrorText.render(said, stdio.errIsTerminal ? columns : Number.POSITIVE_INFINITY))
  )

/**
 * Says what went wrong, and answers the exit code.
 *
 * @since 0.1.0
 * @category running
 */
export const fail = (error: CliError): Effect.Effect<number, never, Stdio.Stdio> =>
  Effect.flatMap(Stdio.Stdio, (stdio) =>
    Effect.as(error.message === "" ? Effect.void : complain(stdio, error), error.exitCode)
  )

/**
 * Runs a command and answers the exit code. Does not fail: it reports errors on standard error.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  asked: Extract<Arguments.Asked, { readonly _tag: "Run" }>,
  handlers: Handlers
): Effect.Effect<number, never, Environment> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const name = asked.command.path.join(" ")
    const handle = handlers.get(name)
    if (handle === undefined) return yield* Effect.dieMessage(`${name} has no handler`)
    /** Programs watch a service. */
    const isService = name === "worker" && !stdio.errIsTerminal
    const told = LogLevel.lessThanEqual(levelOf(asked.globals, isService), LogLevel.Debug)
    const command = handle(asked.words).pipe(
      told ? CallLog.withCallLog : identity,
      withOptions(asked.globals),
      Effect.provide(logging(asked.globals, stdio, isService)),
      Effect.provideService(Stdio.Stdio, asked.globals.quiet ? Stdio.quiet(stdio) : stdio),
      Effect.as(ExitCode.ok as number),
      Effect.catchAll((error) => Effect.provideService(fail(error), Stdio.Stdio, stdio)),
      Effect.catchAllCause((cause) =>
        Effect.as(
          Cause.isInterruptedOnly(cause)
            ? Effect.void
            : stdio.err(`This is a fault of frameio itself; please report it.\n${Cause.pretty(cause)}\n`),
          Cause.isInterruptedOnly(cause) ? ExitCode.interrupted : ExitCode.failed
        )
      )
    )
    // Commands handle the first Ctrl-C themselves; the second ends them wherever they are.
    const exitCode = yield* Effect.raceFirst(
      command,
      Effect.as(stdio.interrupted(2), ExitCode.interrupted as number)
    ).pipe(Effect.ensuring(stdio.status(undefined)))
    const failure = yield* stdio.outFailure
    if (failure === undefined) return exitCode
    yield* complain(stdio, {
      message: `Standard output cannot be written, and its content is incomplete: ${failure}`
    })
    return ExitCode.failed
  })
