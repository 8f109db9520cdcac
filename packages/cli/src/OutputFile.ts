/**
 * How every command writes its files: nothing is overwritten unless told to, and nobody sees a half-written file.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliError } from "./CliError.js"

/**
 * A place to write to, checked before there is anything to write.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  /** As it was given, for people. */
  readonly given: string
  /** Where the bytes go, links followed. */
  readonly path: string
  /**
   * `new`: nothing is there yet. `replace`: a regular file that may be overwritten. `through`: a pipe, a terminal or
   * another device, which is written to and never replaced.
   */
  readonly how: "new" | "replace" | "through"
}

/**
 * A text and its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Output<R = never> {
  /** The place. */
  readonly target: Target
  /** What to write; `undefined` removes an existing file. */
  readonly text: Stream.Stream<string, CliError, R> | undefined
}

/**
 * A file that must not be written to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  /** Its path. */
  readonly file: string
  /** Its description, such as `the ledger itself`. */
  readonly what: string
}

/** One file under any name: device and inode if it exists, else the folder's real path and its name. */
interface Place {
  readonly path: string
  readonly info: FileSystem.File.Info | undefined
  readonly key: string
}

const absent = <A, R>(effect: Effect.Effect<A, PlatformError, R>): Effect.Effect<A | undefined, PlatformError, R> =>
  Effect.catchIf(
    effect,
    (error) => error._tag === "SystemError" && error.reason === "NotFound",
    () => Effect.succeed(undefined)
  )

const keyOf = (path: string, info: FileSystem.File.Info | undefined): string =>
  Option.match(info === undefined ? Option.none() : info.ino, {
    onNone: () => path,
    onSome: (ino) => `${info?.dev}:${ino}`
  })

/** A dangling link is followed too: writing to it creates the file it names. */
const find = (file: string, links = 8): Effect.Effect<Place, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const info = yield* absent(fs.stat(file))
    if (info !== undefined) {
      // The names of open descriptors lead to nothing with a path.
      const real = yield* Effect.orElseSucceed(fs.realPath(file), () => file)
      return { path: real, info, key: keyOf(real, info) }
    }
    const linked = links === 0 ? undefined : yield* Effect.orElseSucceed(fs.readLink(file), () => undefined)
    if (linked !== undefined) return yield* find(path.resolve(path.dirname(file), linked), links - 1)
    const real = path.join(yield* fs.realPath(path.dirname(file)), path.basename(file))
    return { path: real, info: undefined, key: real }
  })

/** Open descriptors by name, such as `/dev/stdout`: somebody else has opened what is behind them. */
const DESCRIPTOR = /^\/(?:dev\/(?:std(?:out|err)|fd\/\d+)|proc\/(?:self|\d+)\/fd\/\d+)$/

const problemOf = (file: string, folder: string, error: PlatformError): string =>
  error._tag === "SystemError" && error.reason === "NotFound"
    ? `The folder ${folder} is not there, so ${file} cannot be written.`
    : `${file} cannot be written: ${error.message}`

/**
 * Checks places before anything is done: existing files, several names of one file, files that must be kept. Answers
 * every problem at once.
 *
 * @since 0.1.0
 * @category checking
 */
export const check = (
  files: ReadonlyArray<string>,
  options: {
    /** Whether existing files may be overwritten. */
    readonly force: boolean
    /** Files that no output may be. */
    readonly keep?: ReadonlyArray<Kept> | undefined
  }
): Effect.Effect<
  { readonly targets: ReadonlyArray<Target>; readonly problems: ReadonlyArray<string> },
  never,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const targets: Array<Target> = []
    const problems: Array<string> = []
    const taken = new Map<string, string>()
    const path = yield* Path.Path
    for (const { file, what } of options.keep ?? []) {
      const place = yield* Effect.option(find(file))
      if (Option.isSome(place)) taken.set(place.value.key, what)
    }
    for (const file of files) {
      const found = yield* Effect.either(find(file))
      if (found._tag === "Left") {
        problems.push(problemOf(file, path.dirname(file), found.left))
        continue
      }
      const { info, key, path: real } = found.right
      const other = taken.get(key)
      if (other !== undefined) {
        problems.push(`${file} is ${other}. Name another file.`)
        continue
      }
      taken.set(key, `the same file as ${file}`)
      if (info === undefined) targets.push({ given: file, path: real, how: "new" })
      else if (info.type === "Directory") problems.push(`${file} is a folder. Name a file in it.`)
      else if (info.type !== "File" || DESCRIPTOR.test(file)) targets.push({ given: file, path: file, how: "through" })
      else if (options.force) targets.push({ given: file, path: real, how: "replace" })
      else problems.push(`${file} exists already; --force overwrites it.`)
    }
    return { targets, problems }
  })

/**
 * Whether a file is made, which a spreadsheet may open, rather than a pipe to a program.
 *
 * @since 0.1.0
 * @category checking
 */
export const isFile = (target: Target): boolean => target.how !== "through"

/**
 * CSV for a file: without a byte order mark Excel does not recognize UTF-8.
 *
 * @since 0.1.0
 * @category getters
 */
export const marked = <R>(target: Target, csv: Stream.Stream<string, never, R>): Stream.Stream<string, never, R> =>
  isFile(target) ? Stream.concat(Stream.make("\ufeff"), csv) : csv

/** Text in larger pieces, because many small writes are slow. */
const bytes = <E, R>(text: Stream.Stream<string, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.encodeText(Stream.map(Stream.chunks(Stream.rechunk(text, 512)), (parcel) => [...parcel].join("")))

/** Writes the text beside its place, until the scope closes or it is moved there. */
const beside = <E, R>(target: Target, text: Stream.Stream<string, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* fs.makeTempDirectoryScoped({
      directory: path.dirname(target.path),
      prefix: `.${path.basename(target.path)}.`
    })
    const partial = path.join(folder, "partial")
    yield* Stream.run(bytes(text), fs.sink(partial, { flag: "wx" }))
    if (target.how === "replace") yield* fs.chmod(partial, (yield* fs.stat(target.path)).mode & 0o7777)
    return partial
  })

/** Moves it to its place; a file that has appeared there meanwhile is not overwritten. */
const settle = (target: Target, partial: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (target.how === "replace") return yield* fs.rename(partial, target.path)
    yield* fs.link(partial, target.path).pipe(
      // Some file systems have no hard links.
      Effect.catchIf(
        (error) => !(error._tag === "SystemError" && error.reason === "AlreadyExists"),
        () => fs.rename(partial, target.path)
      )
    )
  })

const unwritten = ({ given }: Target, error: PlatformError | CliError): CliError => {
  if (error._tag === "CliError") return error
  return CliError.failed(
    error._tag === "SystemError" && error.reason === "AlreadyExists"
      ? `${given} exists already; --force overwrites it.`
      : `${given} cannot be written: ${error.message}`
  )
}

/**
 * Writes files that belong together: first all of them beside their places, then each is moved there. Anything but a
 * regular file is written directly.
 *
 * @since 0.1.0
 * @category writing
 */
export const write = <R>(
  outputs: ReadonlyArray<Output<R>>
): Effect.Effect<void, CliError, R | FileSystem.FileSystem | Path.Path> =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const ready: Array<Effect.Effect<void, CliError, FileSystem.FileSystem>> = []
      for (const { target, text } of outputs) {
        const told = <A, R2>(effect: Effect.Effect<A, PlatformError | CliError, R2>) =>
          Effect.mapError(effect, (error) => unwritten(target, error))
        if (text === undefined) {
          if (target.how === "replace") ready.push(told(fs.remove(target.path)))
        } else if (target.how === "through") {
          // Appending is the only way of writing without a position, which a pipe does not have.
          yield* told(Stream.run(bytes(text), fs.sink(target.path, { flag: "a" })))
        } else {
          const partial = yield* told(beside(target, text))
          ready.push(told(settle(target, partial)))
        }
      }
      yield* Effect.uninterruptible(Effect.all(ready, { discard: true }))
    })
  )
