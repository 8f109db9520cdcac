// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio upload`: uploads a file, and puts it on its stack; or files by their names.
 *
 * @since 0.1.0
 */

import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Path from "@effect/platform/Path"
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Patience from "@effect-frameio/core/Patience"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Upload from "@effect-frameio/stacks/Upload"
import { UploadError } from "@effect-frameio/stacks/UploadError"
import type { UploadEvent } from "@effect-frameio/stacks/UploadEvent"
import * as UploadJournal from "@effect-frameio/stacks/UploadJournal"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ResultText from "./ResultText.js"
import { type InputFailed, Stdio } from "./Stdio.js"
import * as UploadBar from "./UploadBar.js"
import * as UploadJobCommand from "./UploadJobCommand.js"
import * as UploadSource from "./UploadSource.js"

/** The least time between JSON lines about progress, in ms. */
const LINE_MILLIS = 1000

/**
 * The arguments as they were given.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadArgs extends UploadJobCommand.Args {
  /** The asset that gets the file as its next version. */
  readonly onto: Option.Option<string>
  /** The folder that gets the file. */
  readonly into: Option.Option<string>
  /** The name at Frame.io. */
  readonly name: Option.Option<string>
  /** The MIME type. */
  readonly filetype: Option.Option<string>
  /** The file that keeps the upload's progress. */
  readonly journal: Option.Option<string>
}

/** One file, or standard input. */
interface OneFile extends UploadArgs {
  /** A path, or `-` for standard input. */
  readonly file: string
}

type Target =
  | { readonly _tag: "onto"; readonly id: Asset.AssetId }
  | { readonly _tag: "into"; readonly id: Asset.AssetId }

interface Checked {
  readonly target: Target
  readonly name: string
  readonly filetype: string
  /** Absent for standard input. */
  readonly filesize: number | undefined
  readonly giveUpAfter: Duration.Duration
  /** The journal's path; absent for standard input, which comes only once. */
  readonly journal: string | undefined
}

/** The command's options behind the library's problems. */
const FLAGS: Readonly<Record<string, string>> = {
  name: "--name",
  filetype: "--filetype",
  concurrency: "--concurrency"
}

const targetOf = (args: UploadArgs): Either.Either<Target, ReadonlyArray<string>> => {
  const given = [
    ...Option.match(args.onto, { onNone: () => [], onSome: (id) => [{ _tag: "onto", id } as const] }),
    ...Option.match(args.into, { onNone: () => [], onSome: (id) => [{ _tag: "into", id } as const] })
  ]
  const [first, second] = given
  if (first === undefined) {
    return Either.left(["Say where it goes: --onto an asset as its next version, or --into a folder."])
  }
  const wrong = given.flatMap(({ _tag, id }) =>
    Either.match(Schema.decodeEither(Asset.AssetId)(id), {
      onLeft: () => [`--${_tag} is "${id}", which is not an asset's id; it must be a UUID.`],
      onRight: () => []
    })
  )
  const problems = [
    ...(second === undefined
      ? []
      : ["--onto and --into exclude each other: a version lies in the folder of its stack."]),
    ...wrong
  ]
  return problems.length > 0 ? Either.left(problems) : Either.right({ ...first, id: Asset.AssetId.make(first.id) })
}

/** Everything wrong with the arguments, at once. */
const check = (args: OneFile): Effect.Effect<Checked, CliError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const piped = args.file === "-"
    const target = targetOf(args)
    const size = piped ? Either.right(undefined) : yield* UploadSource.sizeOf(args.file)
    const name = Option.getOrElse(args.name, () => (piped ? "" : path.basename(args.file)))
    const filetype = Option.getOrElse(args.filetype, () => UploadSource.typeOf(name))
    const concurrency = Option.getOrUndefined(args.concurrency)
    const problems = [
      ...(piped && Option.isSome(args.journal)
        ? ["--journal is for files: piped input comes only once, so its upload cannot be resumed."]
        : []),
      ...(Either.isLeft(size) ? [size.left] : []),
      ...(Either.isLeft(target) ? target.left : []),
      ...Upload.problemsOf({ name, filetype, concurrency }).map(({ message, path }) =>
        piped && path === "name" && Option.isNone(args.name)
          ? "Standard input has no name: give it one with --name."
          : `${FLAGS[path] ?? path} ${message}.`
      )
    ]
    if (Either.isLeft(target) || Either.isLeft(size) || problems.length > 0) {
      return yield* CliError.badInput(problems.join("\n"))
    }
    const journal = piped
      ? undefined
      : Option.getOrElse(args.journal, () => UploadSource.journalOf(path, args.file, target.right.id))
    const giveUpAfter = Option.match(args.giveUpAfter, {
      onNone: () => Upload.defaults.giveUpAfter,
      onSome: Duration.seconds
    })
    return { target: target.right, name, filetype, filesize: size.right, giveUpAfter, journal }
  })

/** The state of an upload, for the message if it ends early. */
interface State {
  progress: UploadBar.Progress
  asset: Asset.AssetId | undefined
  uploaded: boolean
  versioning: Asset.AssetId | undefined
  /** Whether the same command resumes this upload. */
  journaled: boolean
}

/** What is left at Frame.io of an upload that ended early. */
const left = (state: State, name: string): string => {
  if (state.asset === undefined) {
    return `Nothing was uploaded; if the folder has a ${name} nevertheless, that file has no content.`
  }
  if (!state.uploaded) {
    if (state.journaled) return `The same command resumes the upload, with the asset ${state.asset}.`
    return `The asset ${state.asset} is left without its content: delete it. The same command uploads the file again, as a new asset.`
  }
  if (state.versioning === undefined) return `The file is uploaded, as ${state.asset}.`
  return `The file is uploaded, as ${state.asset}. Whether it was put on the stack is unknown; read the stack, and if it is not there: frameio version ${state.versioning} ${state.asset}`
}

/** A message about an event, beside the bar. */
const said = (event: UploadEvent): string | undefined => {
  switch (event._tag) {
    case "Resumed":
      return `Resuming the last run: ${event.partsDone} of ${event.parts} parts are uploaded.`
    case "Discarded": {
      const why = {
        changed: "The file has changed since the last run",
        expired: "The upload URLs have expired",
        gone: "What the last run uploaded is gone from Frame.io"
      }[event.reason]
      const rest =
        event.deleted || event.reason === "gone" ? "" : ` The file it created is left: ${event.assetId}. Delete it.`
      return `${why}, so the upload begins again.${rest}`
    }
    case "LeftBehind":
      return `Frame.io's answer was lost, so the file is created again. These files of the same name have no content, and one of them may be left from that: ${event.assetIds.join(", ")}.`
    case "NotJournaled":
      return `${event.reason} If this run ends early, the upload has to begin again; --journal names another place.`
    default:
      return undefined
  }
}

type Ended = CliError | FrameioError.RealtimeError | UploadError | PlatformError | InputFailed

/** An upload's own errors say what is left; for the others the command says it. */
const toCliError = (error: Ended, state: State, checked: Checked): CliError => {
  if (error._tag === "CliError") return error
  const nothingDone = state.asset === undefined
  if (error._tag === "SystemError" || error._tag === "BadArgument" || error._tag === "InputFailed") {
    const rest = nothingDone ? "" : `\n${left(state, checked.name)}`
    return CliError.failed(`${error.message}${rest}`)
  }
  const { exitCode, message, todo } = Failure.toCliError(error, {
    badInput: ["FrameioInvalidRequest", "FrameioNoTarget"]
  })
  return new CliError({
    exitCode: nothingDone ? exitCode : ExitCode.failed,
    message: nothingDone || Schema.is(UploadError)(error) ? message : `${message}\n${left(state, checked.name)}`,
    todo
  })
}

interface Outcome {
  readonly file: Upload.Uploaded
  /** Null if it was only put into a folder. */
  readonly stackId: Asset.AssetId | null
}

const run = (
  args: OneFile,
  checked: Checked,
  onEvent: (event: UploadEvent) => Effect.Effect<void>
): Effect.Effect<
  Outcome,
  Exclude<Ended, CliError>,
  Repository.Repository | FrameioClient.FrameioClient | HttpClient.HttpClient | FileSystem.FileSystem | Stdio
> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { filesize, filetype, giveUpAfter, journal, name, target } = checked
    const common = { name, filetype, giveUpAfter, checksum: !args.noChecksum, onEvent }
    if (filesize === undefined) {
      const realtime = { ...common, stream: stdio.input }
      return target._tag === "onto"
        ? yield* Upload.asNextVersion({ ...realtime, onto: target.id })
        : { file: yield* Upload.realtime({ ...realtime, folderId: target.id }), stackId: null }
    }
    const content = {
      ...common,
      filesize,
      source: UploadSource.of(args.file),
      identity: UploadSource.identity(args.file),
      journal: journal === undefined ? undefined : yield* UploadJournal.file(journal),
      concurrency: Option.getOrUndefined(args.concurrency)
    }
    return target._tag === "onto"
      ? yield* Upload.asNextVersion({ ...content, onto: target.id })
      : { file: yield* Upload.upload({ ...content, folderId: target.id }), stackId: null }
  })

/** Options that are useless with `--rule`, and those that are useless without it. */
const OF_ONE = ["onto", "into", "name", "filetype", "journal"] as const
const OF_MANY = ["to", "ledger"] as const
const OF_MANY_TOGGLES = {
  recursive: "recursive",
  ignoreCase: "ignore-case",
  anyExtension: "any-extension",
  retryFailed: "retry-failed",
  dryRun: "dry-run"
} as const

const misplaced = (args: UploadArgs): ReadonlyArray<string> => {
  if (Option.isSome(args.rule)) {
    return OF_ONE.flatMap((name) => (Option.isSome(args[name]) ? [`--${name} is for one file, not for --rule.`] : []))
  }
  const toggles = Object.entries(OF_MANY_TOGGLES) as ReadonlyArray<[keyof typeof OF_MANY_TOGGLES, string]>
  return [
    ...OF_MANY.flatMap((name) =>
      Option.isSome(args[name]) ? [`--${name} is for --rule, which says how files are named.`] : []
    ),
    ...toggles.flatMap(([key, name]) =>
      args[key] ? [`--${name} is for --rule, which says how files are named.`] : []
    ),
    ...(args.files.length > 1
      ? [`There are ${args.files.length} files; several go with --rule and --to, each onto the stack of its name.`]
      : [])
  ]
}

/**
 * Uploads files: by name as one job, or one of them.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.upload")(function* (args: UploadArgs) {
  const problems = misplaced(args)
  if (problems.length > 0) return yield* CliError.badInput(problems.join("\n"))
  if (Option.isSome(args.rule)) return yield* UploadJobCommand.handle(args)
  return yield* one({ ...args, file: args.files[0] ?? "" })
})

/** Uploads a file, shows its progress, and says where it is. */
const one = Effect.fnUntraced(function* (args: OneFile) {
  const stdio = yield* Stdio
  const checked = yield* check(args)
  const { filesize, filetype, name, target } = checked
  const begun = yield* Clock.currentTimeMillis
  const json = args.json || !stdio.outIsTerminal
  const state: State = {
    progress: UploadBar.empty,
    asset: undefined,
    uploaded: false,
    versioning: undefined,
    journaled: checked.journal !== undefined
  }
  let lineAt = Number.NEGATIVE_INFINITY

  const draw = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* stdio.status(UploadBar.render(state.progress, { now, columns: yield* stdio.columns }))
  })

  const take = (event: UploadEvent): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      state.progress = UploadBar.add(state.progress, event, now)
      if (event._tag === "Created" || event._tag === "Resumed") state.asset = event.assetId
      if (event._tag === "NotJournaled") state.journaled = false
      if (event._tag === "Uploaded") state.uploaded = true
      if (event._tag === "Versioning") state.versioning = event.onto
      const told = said(event)
      return told === undefined ? line(event, now) : Effect.zipRight(stdio.tell(`${told}\n`), line(event, now))
    })

  const line = (event: UploadEvent, now: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!json) return Effect.void
      if (event._tag === "Progress") {
        if (now - lineAt < LINE_MILLIS) return Effect.void
        lineAt = now
      }
      return stdio.out(`${JSON.stringify(event)}\n`)
    })

  const bar = stdio.errIsTerminal ? Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("100 millis"))) : Effect.void

  yield* stdio.tell(`${name}: ${filesize === undefined ? "" : `${UploadBar.bytes(filesize)}, `}${filetype}.\n`)
  /** The file is in place whether or not all names can be read. */
  const named = ({ file, stackId }: Outcome) =>
    (stackId === null ? ResultText.inFolder(file.id, target.id) : ResultText.onStack(file.name, file.id, stackId)).pipe(
      Patience.withPatience(0),
      Effect.orElseSucceed(() =>
        stackId === null
          ? `${file.id} is uploaded into the folder ${target.id}.\n`
          : `${file.id} is the newest version on the stack ${stackId}.\n`
      ),
      orInterrupted(`Interrupted. The file is in its place, as ${file.id}.`)
    )
  const { file, stackId, text } = yield* bar.pipe(
    Effect.zipRight(run(args, checked, take)),
    Effect.scoped,
    Effect.mapError((error) => toCliError(error, state, checked)),
    orInterrupted(() => `Interrupted. ${left(state, name)}`),
    Effect.flatMap((ended) => Effect.map(json ? Effect.succeed("") : named(ended), (text) => ({ ...ended, text }))),
    RateLimitCall.withPriority("interactive"),
    Effect.provide(Connection.layer),
    Effect.ensuring(stdio.status(undefined)),
    Effect.tapError((error) =>
      json
        ? stdio.out(
            `${JSON.stringify({
              _tag: error.exitCode === ExitCode.interrupted ? "Interrupted" : "Failed",
              assetId: state.asset ?? null,
              uploaded: state.uploaded,
              message: error.message
            })}\n`
          )
        : Effect.void
    )
  )
  const elapsedMillis = (yield* Clock.currentTimeMillis) - begun
  const { sent } = state.progress
  yield* stdio.tell(`${UploadBar.bytes(sent)} in ${DurationText.words(elapsedMillis)}.\n`)
  yield* json
    ? stdio.out(`${JSON.stringify({ _tag: "Finished", assetId: file.id, stackId, filesize: sent, elapsedMillis })}\n`)
    : stdio.say(text)
})
