// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio upload --rule`: uploads files onto the stacks that their names belong to, as one job.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { NotAFolder } from "@effect-frameio/batch/FolderReader"
import * as Ledger from "@effect-frameio/batch/Ledger"
import type { LedgerError } from "@effect-frameio/batch/LedgerError"
import type * as NamingRule from "@effect-frameio/batch/NamingRule"
import * as UploadJob from "@effect-frameio/batch/UploadJob"
import * as UploadPlan from "@effect-frameio/batch/UploadPlan"
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Upload from "@effect-frameio/stacks/Upload"
import type { UploadEvent } from "@effect-frameio/stacks/UploadEvent"
import * as UploadJournal from "@effect-frameio/stacks/UploadJournal"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as FolderRequest from "./FolderRequest.js"
import * as JobView from "./JobView.js"
import * as LedgerFile from "./LedgerFile.js"
import * as PlanText from "./PlanText.js"
import * as Rate from "./Rate.js"
import { Stdio } from "./Stdio.js"
import { folded, plural, visibleLine } from "./Text.js"
import * as UploadBar from "./UploadBar.js"
import * as UploadSource from "./UploadSource.js"

/**
 * The arguments as they were given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Args {
  /** Local files and folders. */
  readonly files: ReadonlyArray<string>
  /** The name of a rule, or a pattern. */
  readonly rule: Option.Option<string>
  /** The folder at Frame.io. */
  readonly to: Option.Option<string>
  /** Whether the folders below are included. */
  readonly recursive: boolean
  /** Whether names that differ in case have one base. */
  readonly ignoreCase: boolean
  /** Whether names that differ in their extension have one base. */
  readonly anyExtension: boolean
  /** The job's ledger. */
  readonly ledger: Option.Option<string>
  /** Whether to try files again that failed in an earlier run. */
  readonly retryFailed: boolean
  /** Whether to send nothing. */
  readonly dryRun: boolean
  /** Parts side by side. */
  readonly concurrency: Option.Option<number>
  /** How long to wait out an outage, in seconds. */
  readonly giveUpAfter: Option.Option<number>
  /** Whether to skip comparing the MD5 of the parts with the storage's answer. */
  readonly noChecksum: boolean
  /** JSON lines on standard output, even on a terminal. */
  readonly json: boolean
}

interface Checked {
  readonly folderId: AssetId
  readonly rule: NamingRule.NamingRule
  readonly files: ReadonlyArray<UploadPlan.LocalFile>
}

/** The files that a word names: itself, or a folder's content without hidden files. */
const filesIn = (
  word: string,
  recursive: boolean
): Effect.Effect<ReadonlyArray<string>, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if ((yield* fs.stat(word)).type !== "Directory") return [word]
    const names = (yield* fs.readDirectory(word)).filter((name) => !name.startsWith(".")).sort()
    const below = yield* Effect.forEach(names, (name) => {
      const file = path.join(word, name)
      return Effect.flatMap(fs.stat(file), ({ type }) =>
        type === "Directory" ? (recursive ? filesIn(file, true) : Effect.succeed([])) : Effect.succeed([file])
      )
    })
    return below.flat()
  })

const toLocal = (
  file: string
): Effect.Effect<Either.Either<UploadPlan.LocalFile, string>, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const size = yield* UploadSource.sizeOf(file)
    if (Either.isLeft(size)) return Either.left(size.left)
    const name = path.basename(file)
    return Either.right({
      path: path.resolve(file),
      name,
      bytes: size.right,
      filetype: UploadSource.typeOf(name),
      identity: yield* UploadSource.identity(file)
    })
  })

/** Everything wrong with the arguments, at once. */
const check = (args: Args): Effect.Effect<Checked, CliError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const problems: Array<string> = []
    const files = new Map<string, UploadPlan.LocalFile>()
    for (const word of args.files) {
      const found = yield* Effect.either(filesIn(word, args.recursive))
      if (Either.isLeft(found)) {
        const { left } = found
        problems.push(
          left._tag === "SystemError" && left.reason === "NotFound"
            ? `${word}: there is no such file.`
            : `${word}: cannot be read. ${left.message}`
        )
        continue
      }
      for (const file of found.right) {
        const local = yield* Effect.either(toLocal(file))
        if (Either.isLeft(local)) problems.push(`${file}: cannot be read. ${local.left.message}`)
        else if (Either.isLeft(local.right)) problems.push(local.right.left)
        else files.set(local.right.right.path, local.right.right)
      }
    }
    const concurrency = Option.getOrUndefined(args.concurrency)
    const asked = Option.map(args.to, (folder) =>
      FolderRequest.read({ ...args, folder, recursive: false, acrossFolders: false }, { ruleNeeded: true })
    )
    const read = Option.getOrUndefined(asked)
    if (read === undefined) problems.push("--to is missing: the folder at Frame.io that gets the files.")
    else if (!read.ok) problems.push(...read.problems)
    if (concurrency !== undefined && concurrency < 1) {
      problems.push(`--concurrency is ${concurrency}; it must be at least 1.`)
    }
    if (args.retryFailed && Option.isNone(args.ledger)) {
      problems.push("--retry-failed needs --ledger: without one, nothing is known about earlier runs.")
    }
    if (problems.length === 0 && files.size === 0) problems.push(`There are no files in ${args.files.join(", ")}.`)
    if (read?.ok !== true || read.rule === undefined || problems.length > 0) {
      return yield* CliError.badInput(problems.join("\n"))
    }
    return { folderId: read.folderId, rule: read.rule, files: [...files.values()] }
  })

const checksumOf = ({ path }: UploadPlan.LocalFile): Effect.Effect<string, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(
      Stream.runFold(fs.stream(path, { chunkSize: 256 * 1024 }), createHash("sha256"), (hash, bytes) =>
        hash.update(bytes)
      ),
      (hash) => hash.digest("hex")
    )
  )

/**
 * The journals of a job's uploads: beside its ledger, else beside the files, where the next run without a ledger looks.
 */
const journalsOf = (ledger: Option.Option<string>, folderId: AssetId) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = Option.map(ledger, (file) => `${file}.uploads`)
    const file = (local: UploadPlan.LocalFile & { readonly line?: number | null }): string =>
      Option.match(folder, {
        onNone: () => UploadSource.journalOf(path, local.path, folderId),
        onSome: (folder) => path.join(folder, `${local.line}.jsonl`)
      })
    const provide = Effect.provideService(FileSystem.FileSystem, fs)
    return {
      prepare: Option.match(folder, {
        onNone: () => Effect.void,
        onSome: (folder) => Effect.ignore(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }))
      }),
      /** Leaves the journals of unfinished uploads. */
      tidy: Option.match(folder, {
        onNone: () => Effect.void,
        onSome: (folder) =>
          Effect.ignore(
            Effect.flatMap(fs.readDirectory(folder), (left) =>
              left.length === 0 ? fs.remove(folder, { recursive: true }) : Effect.void
            )
          )
      }),
      of: (local: UploadPlan.LocalFile): UploadJournal.UploadJournal => {
        const journal = provide(UploadJournal.file(file(local)))
        return {
          load: Effect.flatMap(journal, ({ load }) => load),
          begin: (begun) => Effect.flatMap(journal, (one) => one.begin(begun)),
          partDone: (part) => Effect.flatMap(journal, (one) => one.partDone(part)),
          clear: Effect.flatMap(journal, ({ clear }) => clear)
        }
      }
    }
  })

/** The same file, with the asset that an earlier upload of it has left. */
const withBegun =
  (journalOf: (file: UploadPlan.LocalFile) => UploadJournal.UploadJournal) =>
  (file: UploadPlan.LocalFile): Effect.Effect<UploadPlan.LocalFile> =>
    Effect.map(Effect.orElseSucceed(journalOf(file).load, Option.none<UploadJournal.Saved>), (saved) =>
      Option.match(saved, { onNone: () => file, onSome: ({ begun }) => ({ ...file, begun: begun.assetId }) })
    )

const sizeOfAll = (files: Iterable<UploadPlan.LocalFile>): number => {
  let sum = 0
  for (const { bytes } of files) sum += bytes
  return sum
}

/** How many files make what, in one sentence. */
const extent = (plan: UploadPlan.UploadPlan): string => {
  const bottoms = plan.groups.filter(({ target }) => plan.files.has(target.id)).length
  const lines = plan.groups.reduce((sum, { lines }) => sum + lines.length, 0)
  const all = plan.files.size + plan.alone.length
  const bytes = UploadBar.bytes(sizeOfAll([...plan.files.values(), ...plan.alone]))
  return `${plural(all, "file")} to upload, ${bytes}: ${plural(lines, "version")} for ${plural(plan.groups.length, "stack")}, ${plural(bottoms + plan.alone.length, "new file")}.`
}

const LISTED = 40

const aloneText = (alone: ReadonlyArray<UploadPlan.LocalFile>): string => {
  if (alone.length === 0) return ""
  const names = alone.slice(0, LISTED).map(({ name }) => `    ${visibleLine(name)}`)
  const more = alone.length - LISTED
  return `New files, which belong to no stack:\n\n${names.join("\n")}\n${more > 0 ? `    and ${more} more\n` : ""}\n`
}

function* planLines(plan: UploadPlan.UploadPlan): Generator<string> {
  const nameOf = new Map<string, string>()
  for (const { files, groups } of [plan]) {
    for (const { base, lines, target } of groups) {
      nameOf.set(target.id, target.name)
      const bottom = files.get(target.id)
      const onto = bottom === undefined ? target.id : null
      if (bottom !== undefined) yield line(bottom, { stack: base, onto: null, ontoName: null })
      for (const { name, nextAssetId } of lines) {
        const file = files.get(nextAssetId)
        const where = { stack: base, onto, ontoName: target.name }
        yield file === undefined
          ? `${JSON.stringify({ _tag: "Line", path: null, name, bytes: null, nextAssetId, ...where })}\n`
          : line(file, where)
      }
    }
  }
  for (const file of plan.alone) yield line(file, { stack: null, onto: null, ontoName: null })
  for (const { assets, base, folder, kind, message, severity } of plan.findings) {
    const names = assets.map(({ name }) => name)
    yield `${JSON.stringify({ _tag: "Finding", severity, kind, folder, stack: base, names, message })}\n`
  }
}

const line = (
  { bytes, name, path }: UploadPlan.LocalFile,
  where: { readonly stack: string | null; readonly onto: string | null; readonly ontoName: string | null }
): string => `${JSON.stringify({ _tag: "Line", path, name, bytes, nextAssetId: null, ...where })}\n`

const isLeftOut = ({ severity }: { readonly severity: string }): boolean => severity === "left-out"

/** Shows what would go where, and what is left out. */
const tell = (plan: UploadPlan.UploadPlan, json: boolean, to: "out" | "err") =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const found = { ...plan, findings: plan.findings.map(PlanText.advised) }
    if (json) for (const text of planLines(found)) yield* stdio.out(text)
    const say = to === "out" && !json ? stdio.out : stdio.err
    const isSeen = say === stdio.err ? stdio.errIsTerminal : stdio.outIsTerminal
    const columns = isSeen ? yield* stdio.columns : Number.POSITIVE_INFINITY
    yield* say(PlanText.table(plan.groups, columns))
    yield* say(aloneText(plan.alone))
    yield* say(folded(PlanText.findings(found.findings, undefined), columns))
    yield* say(folded(`${extent(plan)}\n`, columns))
  })

/** Fails if the named files are not the job's: then it is another job. */
const compare = (
  files: ReadonlyArray<UploadJob.UploadFile>,
  { files: named, folderId }: Checked,
  ledger: string
): Effect.Effect<void, CliError> => {
  const known = new Set(files.map(({ path }) => path))
  const others = named.filter(({ path }) => !known.has(path)).map(({ name }) => name)
  const folder = files.find((file) => file.folderId !== folderId)?.folderId
  const problems = [
    ...(folder === undefined ? [] : [`The job in ${ledger} uploads to another folder, ${folder}.`]),
    ...(others.length === 0
      ? []
      : [
          `${plural(others.length, "file")} ${others.length === 1 ? "is" : "are"} not part of the job in ${ledger}: ${others.slice(0, 5).join(", ")}${others.length > 5 ? " and more" : ""}.`
        ])
  ]
  return problems.length === 0
    ? Effect.void
    : new CliError({
        exitCode: ExitCode.badInput,
        message: problems.join("\n"),
        todo: ["Use another ledger for them."]
      })
}

/** All uploads together, as one line. */
const makeBar = (files: ReadonlyArray<UploadJob.UploadFile>) => {
  const filesize = sizeOfAll(files)
  const sent = new Map<string, number>()
  const [first] = files
  let total = 0
  let progress = UploadBar.empty
  let begun = false
  const note = (path: string, bytes: number): void => {
    total += bytes - (sent.get(path) ?? 0)
    sent.set(path, bytes)
  }
  return {
    add: (file: UploadJob.UploadFile, event: UploadEvent, now: number): void => {
      if (!begun) {
        begun = true
        progress = { ...UploadBar.empty, filesize, samples: Rate.begin(now, 0), phase: "uploading" }
      }
      if ("sent" in event) note(file.path, event.sent)
      if (event._tag === "Uploaded") note(file.path, event.filesize)
      if (event._tag === "Progress") progress = UploadBar.add(progress, { ...event, sent: total, filesize }, now)
      else if (event._tag === "Resumed") progress = { ...progress, sent: total, samples: Rate.begin(now, total) }
      else if (event._tag === "Retrying" || event._tag === "Waiting") progress = UploadBar.add(progress, event, now)
    },
    /** Nothing once everything is uploaded. */
    render: (options: JobView.Room): string | undefined =>
      first === undefined || !begun || progress.sent >= filesize ? undefined : UploadBar.render(progress, options)
  }
}

/** The files that are at Frame.io and not whole. */
const makeUnfinished = () => {
  const names = new Map<string, string>()
  return {
    add: ({ name, path }: UploadJob.UploadFile, event: UploadEvent): void => {
      if (event._tag === "Created" || event._tag === "Resumed") names.set(path, name)
      else if (event._tag === "Uploaded" || (event._tag === "Discarded" && (event.deleted || event.reason === "gone")))
        names.delete(path)
    },
    text: (): string => {
      if (names.size === 0) return ""
      const [is, its] = names.size === 1 ? ["is", "its"] : ["are", "their"]
      return `${plural(names.size, "file")} ${is} at Frame.io without ${its} content: ${[...names.values()].map(visibleLine).join(", ")}.\n`
    }
  }
}

/** The least time between JSON lines about progress, in ms. */
const LINE_MILLIS = 1000

const runJob = (args: Args, checked: Checked, ledger: Ledger.Service) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const json = args.json || !stdio.outIsTerminal
    const journals = yield* journalsOf(args.ledger, checked.folderId)
    let files = yield* UploadJob.files
    if (files.length > 0) {
      yield* compare(files, checked, ledger.file)
      const { confirmed, total } = yield* ledger.counts
      yield* stdio.tell(`Resuming: ${confirmed} of ${plural(total, "file")} in place.\n`)
    } else {
      const plan = yield* planned(args, checked)
      yield* tell(plan, json, "err")
      yield* UploadJob.begin(plan)
      files = yield* UploadJob.files
    }
    const leftOut = files.filter(({ state }) => state === "left-out")
    const pending = files.filter(({ assetId, line }) => line !== null && assetId === null)
    const bar = makeBar(pending)
    const unfinished = makeUnfinished()
    let lineAt = Number.NEGATIVE_INFINITY
    yield* journals.prepare
    const ended = yield* JobView.show(
      (stop) =>
        UploadJob.run({
          stop,
          retryFailed: args.retryFailed,
          parts: Option.getOrElse(args.concurrency, () => Upload.defaults.concurrency),
          giveUpAfter: Option.getOrUndefined(Option.map(args.giveUpAfter, Duration.seconds)),
          checksum: !args.noChecksum,
          journalOf: journals.of,
          contentOf: ({ path }) => ({
            identity: UploadSource.identity(path),
            source: UploadSource.of(path)
          }),
          onUpload: (file, event) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
              bar.add(file, event, now)
              unfinished.add(file, event)
              if (!json) return Effect.void
              if (event._tag === "Progress") {
                if (now - lineAt < LINE_MILLIS) return Effect.void
                lineAt = now
              }
              return stdio.out(`${JSON.stringify({ ...event, path: file.path, line: file.line })}\n`)
            })
        }),
      {
        json: args.json,
        noun: "file",
        goOn: "The same command resumes it.",
        instead: bar.render
      }
    )
    yield* journals.tidy
    yield* stdio.err(unfinished.text())
    if (leftOut.length > 0) {
      const names = leftOut.slice(0, 5).map(({ name }) => name)
      yield* stdio.tell(
        `${plural(leftOut.length, "file")} ${leftOut.length === 1 ? "was" : "were"} left out: ${names.join(", ")}${leftOut.length > 5 ? " and more" : ""}.\n`
      )
    }
    yield* JobView.leave(ended)
    if (leftOut.length > 0) return yield* CliError.failed()
  }).pipe(Effect.provideService(Ledger.Ledger, ledger))

const planned = (args: Args, checked: Checked) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const journals = yield* journalsOf(args.ledger, checked.folderId)
    const files = Option.isSome(args.ledger)
      ? checked.files
      : yield* Effect.forEach(checked.files, withBegun(journals.of))
    return yield* UploadPlan.make(checked.folderId, files, checked.rule, {
      checksum: checksumOf,
      onProgress: (progress) =>
        Effect.flatMap(stdio.columns, (columns) => stdio.status(PlanText.reading(progress, columns)))
    }).pipe(Effect.ensuring(stdio.status(undefined)), orInterrupted("Interrupted; nothing was uploaded."))
  })

const dryRun = (args: Args, checked: Checked) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const fs = yield* FileSystem.FileSystem
    const file = Option.getOrUndefined(args.ledger)
    const json = args.json || !stdio.outIsTerminal
    if (file !== undefined && (yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
      const ledger = yield* LedgerFile.open(file, "read")
      const files = yield* Effect.provideService(UploadJob.files, Ledger.Ledger, ledger)
      yield* compare(files, checked, file)
      const pending = files.filter(({ assetId, line }) => line !== null && assetId === null)
      const { confirmed, total } = yield* ledger.counts
      return yield* json
        ? stdio.out(
            `${JSON.stringify({ _tag: "DryRun", files: pending.length, bytes: sizeOfAll(pending), counts: yield* ledger.counts })}\n`
          )
        : stdio.out(
            `Would upload ${plural(pending.length, "file")}, ${UploadBar.bytes(sizeOfAll(pending))}; ${confirmed} of ${total} are in place already. Nothing was uploaded.\n`
          )
    }
    const plan = yield* planned(args, checked)
    yield* tell(plan, json, "out")
    if (json) {
      yield* stdio.out(
        `${JSON.stringify({
          _tag: "DryRun",
          files: plan.files.size + plan.alone.length,
          bytes: sizeOfAll([...plan.files.values(), ...plan.alone]),
          counts: null
        })}\n`
      )
    } else yield* stdio.out("Nothing was uploaded; the same command without --dry-run does it.\n")
    if (plan.findings.some(isLeftOut)) return yield* CliError.failed()
  })

const toCliError = (error: CliError | LedgerError | NotAFolder | FrameioError.ListError | PlatformError): CliError => {
  switch (error._tag) {
    case "LedgerError":
      return LedgerFile.toCliError(error)
    case "SystemError":
    case "BadArgument":
      return CliError.failed(error.message)
    default:
      return Failure.toCliError(error, { badInput: ["FrameioForbidden", "FrameioNotFound"] })
  }
}

/** A ledger for one run, if none is named. */
const temporary: Effect.Effect<string, PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> = Effect.gen(
  function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return path.join(yield* fs.makeTempDirectoryScoped({ prefix: "frameio-" }), "job.db")
  }
)

/**
 * Uploads files onto the stacks that their names belong to.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.uploadJob")(function* (args: Args) {
  const checked = yield* check(args)
  const job = args.dryRun
    ? dryRun(args, checked)
    : Effect.gen(function* () {
        const file = Option.isSome(args.ledger) ? args.ledger.value : yield* temporary
        const ledger = yield* LedgerFile.open(file, "create")
        return yield* runJob(args, checked, ledger)
      })
  yield* job.pipe(Effect.provide(Connection.layer), Effect.mapError(toCliError))
}, Effect.scoped)
