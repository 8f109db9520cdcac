// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * The `frameio` command: a line in, an exit code out. What it needs of the outside comes as services; what a command needs
 * of the libraries is loaded when it runs.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as PlatformLogger from "@effect/platform/PlatformLogger"
import type * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Answer from "./Answer.js"
import type * as Arguments from "./Arguments.js"
import * as CallLog from "./CallLog.js"
import { CliError, ExitCode } from "./CliError.js"
import type * as CommandLine from "./CommandLine.js"
import * as Commands from "./Commands.js"
import * as ErrorText from "./ErrorText.js"
import * as Parser from "./Parser.js"
import * as Stdio from "./Stdio.js"

/**
 * What the command needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Environment = Stdio.Stdio | HttpClient.HttpClient | FileSystem.FileSystem | Path.Path | Terminal.Terminal

type Handler = (words: ReadonlyArray<string>) => Effect.Effect<void, CliError, Environment>

type Handle<P extends CommandLine.Parameters> = (
  given: CommandLine.Given<P>
) => Effect.Effect<void, CliError, Environment>

const handler = <P extends CommandLine.Parameters>(
  command: CommandLine.Command<P>,
  load: () => Promise<{ readonly handle: Handle<P> }>
): readonly [CommandLine.Command, Handler] => [
  command,
  (words) => Parser.run(command, words, (given) => Effect.flatMap(Effect.promise(load), ({ handle }) => handle(given)))
]

const handlers: ReadonlyMap<CommandLine.Command, Handler> = new Map([
  handler(Commands.version, () => import("./VersionCommand.js")),
  handler(Commands.upload, () => import("./UploadCommand.js")),
  handler(Commands.plan, () => import("./PlanCommand.js")),
  handler(Commands.stacksAudit, () => import("./StacksAuditCommand.js")),
  handler(Commands.batchRun, () => import("./BatchRunCommand.js")),
  handler(Commands.batchSubmit, () => import("./BatchSubmitCommand.js")),
  handler(Commands.batchStatus, () => import("./BatchStatusCommand.js")),
  handler(Commands.batchReport, () => import("./BatchReportCommand.js")),
  handler(Commands.batchUndo, () => import("./BatchUndoCommand.js")),
  handler(Commands.ls, () => import("./LsCommand.js")),
  handler(Commands.show, () => import("./ShowCommand.js")),
  handler(Commands.rm, () => import("./RmCommand.js")),
  handler(Commands.authLogin, () => import("./AuthCommand.js").then(({ login }) => ({ handle: login }))),
  handler(Commands.authStatus, () => import("./AuthCommand.js").then(({ status }) => ({ handle: status }))),
  handler(Commands.authLogout, () => import("./AuthCommand.js").then(({ logout }) => ({ handle: logout }))),
  handler(Commands.whoami, () => import("./WhoAmICommand.js")),
  handler(Commands.doctor, () => import("./DoctorCommand.js")),
  handler(Commands.worker, () => import("./WorkerCommand.js")),
  handler(Commands.fake, () => import("./FakeCommand.js")),
  handler(Commands.demo, () => import("./DemoCommand.js"))
])

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

/** Logs for a person, above the status line, or for programs, as JSON; or into a file, behind what is there. */
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

/** What options say in the place of variables, whatever the environment says. */
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

const runHandler = (
  asked: Extract<Arguments.Asked, { readonly _tag: "Run" }>
): Effect.Effect<number, never, Environment> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const handle = handlers.get(asked.command)
    if (handle === undefined) return yield* Effect.dieMessage(`${asked.command.path.join(" ")} has no handler`)
    /** What runs by itself is watched by programs. */
    const isService = asked.command === Commands.worker && !stdio.errIsTerminal
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
    // The first Ctrl-C is the commands' own affair, the second ends them wherever they are.
    const exitCode = yield* Effect.raceFirst(
      command,
      Effect.as(stdio.interrupted(2), ExitCode.interrupted as number)
    ).pipe(Effect.ensuring(stdio.status(undefined)))
    const failure = yield* stdio.outFailure
    if (failure === undefined) return exitCode
    yield* complain(stdio, {
      message: `Standard output cannot be written, and what is there is not whole: ${failure}`
    })
    return ExitCode.failed
  })

/**
 * Runs what a line asks for and answers the exit code. Does not fail: what goes wrong is said on standard error.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (asked: Arguments.Asked): Effect.Effect<number, never, Environment> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const answer = Answer.answer(asked, yield* stdio.columns)
    if (answer !== undefined) {
      yield* answer.to === "out" ? stdio.say(answer.text) : stdio.err(answer.text)
      return answer.exitCode
    }
    return asked._tag === "Run" ? yield* runHandler(asked) : ExitCode.failed
  })
