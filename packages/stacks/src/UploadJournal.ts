/**
 * The state that lets an upload resume after its process has ended: the created asset, the URLs of its parts, and those that
 * are done. A journal is a secret: its upload URLs let anybody write the file.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { AssetId } from "@effect-frameio/core/Asset"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * An upload that has begun.
 *
 * @since 0.1.0
 * @category models
 */
export const Begun = Schema.Struct({
  version: Schema.Literal(1),
  /** The folder that the file was created in. */
  folderId: AssetId,
  name: Schema.String,
  filetype: Schema.String,
  /** Bytes. */
  filesize: Schema.Int,
  /** The identity of the source at the beginning. */
  identity: Schema.String,
  /** The asset that was created. */
  assetId: AssetId,
  /** The MIME type of the parts' requests. */
  contentType: Schema.String,
  /** The URL and the size in bytes of each part, in order. */
  parts: Schema.NonEmptyArray(Schema.Struct({ url: Schema.Redacted(Schema.String), bytes: Schema.NonNegativeInt }))
})

export interface Begun extends Schema.Schema.Type<typeof Begun> {}

/**
 * An upload that ended early.
 *
 * @since 0.1.0
 * @category models
 */
export interface Saved {
  readonly begun: Begun
  /** The numbers of the parts that the storage has, from 1. */
  readonly done: ReadonlySet<number>
}

/**
 * The journal cannot be read or written.
 *
 * @since 0.1.0
 * @category errors
 */
export class JournalFailed extends Schema.TaggedError<JournalFailed>(
  "@effect-frameio/stacks/UploadJournal/JournalFailed"
)("JournalFailed", {
  /** Its path. */
  path: Schema.String,
  /** The system's own words. */
  detail: Schema.String
}) {
  override get message(): string {
    return `The journal ${this.path} cannot be used: ${this.detail}`
  }
}

/**
 * The journal of one upload.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadJournal {
  /** The saved state; none if there is none, or it is malformed. */
  readonly load: Effect.Effect<Option.Option<Saved>, JournalFailed>
  /** Keeps a new upload in the place of an earlier one. */
  readonly begin: (begun: Begun) => Effect.Effect<void, JournalFailed>
  /** Notes that the storage has a part. */
  readonly partDone: (part: number) => Effect.Effect<void, JournalFailed>
  /** Forgets the finished upload. */
  readonly clear: Effect.Effect<void, JournalFailed>
}

const Line = Schema.parseJson(Schema.Struct({ part: Schema.Int }))
const decodeLine = Schema.decodeUnknownOption(Line)
const BegunLine = Schema.parseJson(Begun)
const decodeBegun = Schema.decodeUnknownOption(BegunLine)
const encodeBegun = Schema.encodeSync(BegunLine)

const parse = (text: string): Option.Option<Saved> => {
  const [first, ...lines] = text.split("\n")
  return Option.map(decodeBegun(first), (begun) => ({
    begun,
    done: new Set(lines.flatMap((line) => Option.toArray(decodeLine(line))).map(({ part }) => part))
  }))
}

const MODE = 0o600

/**
 * A journal in a file, which only its owner can read: JSON lines, the upload first and then a line for each part. A line
 * that was cut off by a crash counts as absent.
 *
 * @example
 * ```ts
 * const name = "shot_010_v003.mov"
 * const { id } = yield* Upload.upload({
 *   ...{ folderId, name, filetype: "video/quicktime", filesize: Number(size) },
 *   source: (offset, length) => fs.stream(name, { offset, bytesToRead: length }),
 *   identity: Effect.map(fs.stat(name), ({ mtime, size }) => `${size} ${mtime}`),
 *   journal: yield* UploadJournal.file(`${name}.journal`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const file = (path: string): Effect.Effect<UploadJournal, never, FileSystem.FileSystem> =>
  Effect.map(FileSystem.FileSystem, (fs) => {
    const failed = Effect.mapError(
      (error: { readonly message: string }) => new JournalFailed({ path, detail: error.message })
    )
    const read = fs.readFileString(path).pipe(
      Effect.asSome,
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () => Effect.succeed(Option.none<string>())
      )
    )
    return {
      load: Effect.map(failed(read), Option.flatMap(parse)),
      // Removed first: the mode counts for a new file only.
      begin: (begun) =>
        failed(
          Effect.zipRight(
            fs.remove(path, { force: true }),
            fs.writeFileString(path, `${encodeBegun(begun)}\n`, { mode: MODE, flag: "wx" })
          )
        ),
      partDone: (part) => failed(fs.writeFileString(path, `${JSON.stringify({ part })}\n`, { flag: "a", mode: MODE })),
      clear: failed(fs.remove(path, { force: true }))
    }
  })
