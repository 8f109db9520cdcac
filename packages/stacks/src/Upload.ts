/**
 * Files to Frame.io: created, cut into parts, sent to the storage host side by side with bounded memory, each part again
 * where it did not get through; and, if wanted, made the next version of an asset.
 *
 * A part goes to where the answer of the create call says (`upload_urls`), by the rules of Frame.io's own SDK: PUT, with
 * the `content-type` of the asset and `x-amz-acl: private`. The storage host is not Frame.io: no token, no header of
 * Frame.io's and no trace header goes there, and a redirection is not followed.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { onto } from "./internal/nextVersion.js"
import * as Pieces from "./internal/pieces.js"
import * as UploadFile from "./internal/uploadFile.js"
import * as Uploading from "./internal/uploading.js"
import * as UploadStream from "./internal/uploadStream.js"
import * as Repository from "./Repository.js"
import type * as StackBuild from "./StackBuild.js"
import type * as UploadError from "./UploadError.js"
import type { UploadEvent } from "./UploadEvent.js"
import type { UploadJournal } from "./UploadJournal.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Bytes that can be read again, from anywhere: at most `length` of them from `offset` on, and fewer only where the file
 * ends. Must give the same each time it is asked. For a file of Node's: `(offset, bytesToRead) => fs.stream(path,
 * { offset, bytesToRead })`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source<E = never, R = never> {
  (offset: number, length: number): Stream.Stream<Uint8Array, E, R>
  /** A shorter way to the same bytes, taken where the `HttpClient` has one, too. {@link fromFileHandle} gives it. */
  readonly direct?: DirectSource<E> | undefined
}

/**
 * A file that is open: what Node's `FileHandle` has of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadHandle {
  /** Reads at most `length` bytes from `position` on, into the buffer at `offset`; none where the file ends. */
  readonly read: (
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number
  ) => Promise<{ readonly bytesRead: number }>
  /** Closes it. */
  readonly close: () => Promise<void>
}

/**
 * The file of a {@link Source}.
 *
 * @since 0.1.0
 * @category models
 */
export interface DirectSource<E = never> {
  /** Opens it: once for each part that is under way, or more often. */
  readonly open: () => Promise<ReadHandle>
  /** The error of the upload, where the file cannot be opened or read. */
  readonly onError: (cause: unknown) => E
}

/**
 * How parts are sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  /**
   * For how long each step is tried again when nothing gets through, from its first failure on: a part, a call to
   * Frame.io, the wait until a file is processed. Default 1 hour.
   */
  readonly giveUpAfter?: Duration.DurationInput | undefined
  /** The delay before a part is sent again; each further one is twice as long, and jittered. Default 500 ms. */
  readonly baseDelay?: Duration.DurationInput | undefined
  /** No delay is longer. Default 20 s. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /**
   * Whether a part is sent as it is read (`stream`, the default), or in one piece (`bytes`, which takes the memory of all
   * parts that are under way). `FetchHttpClient` needs `bytes`: fetch does not tell the length of a stream, and the
   * storage wants to know it.
   */
  readonly body?: "stream" | "bytes" | undefined
  /**
   * How long no byte of a part may move, and no answer come, before its attempt counts as failed. Default 60 s. Of a
   * part in one piece nothing can be seen, so it has a second more for each 64 KiB.
   */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * Whether the ETag of each part is compared with the MD5 of what was sent. It proves that the storage has these bytes,
   * which TLS does not: TLS ends at a proxy or a login page that answers 200 itself. It takes a core some 1.4 s for each
   * GB. Default `true`.
   */
  readonly checksum?: boolean | undefined
  /** Hears everything that happens, as it happens. While it runs, the part that it tells of waits. */
  readonly onEvent?: ((event: UploadEvent) => Effect.Effect<void>) | undefined
}

/**
 * Options of a new file.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileOptions {
  /** The name at Frame.io, with its extension. */
  readonly name: string
  /** MIME type, such as `video/quicktime`. */
  readonly filetype: string
  /** Text for people. */
  readonly description?: string | undefined
  /** Custom properties by name. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The content to upload: a file whose size is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContentOptions<E = never, R = never> extends FileOptions, SendOptions {
  /** Bytes, at least 1. The source must have exactly so many. */
  readonly filesize: number
  /** The bytes. */
  readonly source: Source<E, R>
  /**
   * The identity of the source, such as device, inode, size and time of change: the same text each
   * time. Asked at the beginning, after each part is read and before it is complete, and before the version call; where
   * it differs the upload fails. Without it, the length alone is held to.
   */
  readonly identity?: Effect.Effect<string, E, R> | undefined
  /** The journal of the upload's progress, so that it can resume after its process has ended. Needs an `identity`. */
  readonly journal?: UploadJournal | undefined
  /** How many parts go side by side, at least 1. Default 4. */
  readonly concurrency?: number | undefined
  /** Shared by several uploads: each part that is under way takes one of these permits. Default none are needed. */
  readonly permits?: Effect.Semaphore | undefined
}

/**
 * The options of {@link upload}.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOptions<E = never, R = never> extends ContentOptions<E, R> {
  /** The folder that gets the file. */
  readonly folderId: AssetId
}

/**
 * The options of {@link realtime}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RealtimeOptions<E = never, R = never> extends FileOptions, SendOptions {
  /** The folder that gets the file. */
  readonly folderId: AssetId
  /** The bytes, once. */
  readonly stream: Stream.Stream<Uint8Array, E, R>
  /** Bytes of each part but the last, and what is held in memory: at least 5 MiB. Default 16 MiB, good for 156 GiB. */
  readonly partSize?: number | undefined
}

/**
 * The target of the next version.
 *
 * @since 0.1.0
 * @category models
 */
export interface TargetOptions {
  /** A file, a version stack, or a version inside a stack, which means that stack. */
  readonly onto: AssetId
  /** How the version is put on the stack once the file is uploaded. */
  readonly stacking?: StackBuild.Options | undefined
}

/**
 * The options of {@link asNextVersion}.
 *
 * @since 0.1.0
 * @category models
 */
export interface NextVersionOptions<E = never, R = never> extends ContentOptions<E, R>, TargetOptions {}

/**
 * The options of {@link asNextVersion} for a file that is still being written.
 *
 * @since 0.1.0
 * @category models
 */
export interface RealtimeNextVersionOptions<E = never, R = never>
  extends Omit<RealtimeOptions<E, R>, "folderId">,
    TargetOptions {}

/**
 * A file that was uploaded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Uploaded {
  readonly id: AssetId
  readonly name: string
  /** The folder that it was put into. */
  readonly folderId: AssetId
  /** Bytes. */
  readonly filesize: number
}

/**
 * An uploaded file in its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface NextVersion {
  readonly file: Uploaded
  /** The stack whose newest version it is: a new one, where it was put on a file. */
  readonly stackId: AssetId
}

/**
 * The defaults of the options.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = Uploading.defaults

// -----------------------------------------------------------------------------
// sources
// -----------------------------------------------------------------------------

/**
 * A source out of bytes in memory.
 *
 * @since 0.1.0
 * @category sources
 */
export const fromBytes =
  (bytes: Uint8Array): Source =>
  (offset, length) =>
    Stream.sync(() => bytes.subarray(offset, offset + length))

/**
 * A source out of a file, which is opened for the parts that go side by side, and closed however that ends. Over
 * `UndiciHttpClient` this is the fastest: its bytes go to the wire out of two buffers for each part.
 *
 * @example
 * ```ts
 * import { open } from "node:fs/promises"
 * import { Upload } from "@effect-frameio/stacks"
 *
 * const file = Upload.fromFileHandle(
 *   () => open("shot_010_v002.mov"),
 *   (cause) => new Error("The file cannot be read", { cause })
 * )
 * ```
 *
 * @since 0.1.0
 * @category sources
 */
export const fromFileHandle = <E>(open: () => Promise<ReadHandle>, onError: (cause: unknown) => E): Source<E> => {
  const direct = { open, onError }
  return Object.assign((offset: number, length: number) => Pieces.ofFile(direct)(offset, length), { direct })
}

// -----------------------------------------------------------------------------
// judging
// -----------------------------------------------------------------------------

/**
 * The input of {@link problemsOf}.
 *
 * @since 0.1.0
 * @category judging
 */
export interface Judged extends Pick<FileOptions, "name" | "filetype"> {
  /** Bytes; only where it is known. */
  readonly filesize?: number | undefined
  /** Parts side by side. */
  readonly concurrency?: number | undefined
  /** Bytes of a part. */
  readonly partSize?: number | undefined
}

/**
 * Everything that is wrong with options, as far as it can be told without asking anybody. The uploads refuse with it.
 *
 * @since 0.1.0
 * @category judging
 */
export const problemsOf: (options: Judged) => ReadonlyArray<FrameioError.Problem> = Uploading.problemsOf

// -----------------------------------------------------------------------------
// uploading
// -----------------------------------------------------------------------------

/** Only v2 takes a file whose size is not known. */
const overV2 = Effect.provideServiceEffect(Repository.Repository, Repository.makeV2)

/**
 * Creates a file in a folder and uploads its content. Frame.io begins to process it by itself.
 *
 * The parts go side by side as streams, so that memory is bounded whatever the size. A part that does not get through is
 * read and sent again; where its URL has expired, the file is deleted and begun anew, once. A part is done when the storage
 * has answered with a success and, where its ETag can tell, with the MD5 of what was sent. When the source is not
 * `filesize` long, or another than at the beginning, nothing is filled up, cut off or mixed: the upload fails.
 *
 * @since 0.1.0
 * @category uploading
 */
export const upload = <E = never, R = never>(
  options: UploadOptions<E, R>
): Effect.Effect<
  Uploaded,
  FrameioError.WriteError | UploadError.UploadError | E,
  Repository.Repository | HttpClient.HttpClient | R
> =>
  Effect.zipLeft(
    UploadFile.watch(options, (watched) => UploadFile.upload(options, watched)),
    UploadFile.finish(options)
  ).pipe(Uploading.patiently(options))

/**
 * Uploads a file while it is being written: its size need not be known, and its bytes come once. The asset is created
 * with the first bytes. Each part is held in memory until the storage has it, one at a time, and meanwhile the stream
 * waits. With the last part Frame.io learns the size. V2 only.
 *
 * @since 0.1.0
 * @category uploading
 */
export const realtime = <E = never, R = never>(
  options: RealtimeOptions<E, R>
): Effect.Effect<
  Uploaded,
  FrameioError.RealtimeError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> =>
  Effect.gen(function* () {
    yield* Uploading.refuse(problemsOf(options))
    return yield* UploadStream.upload(options)
  }).pipe(overV2, Uploading.patiently(options))

const fileAsNextVersion = <E, R>(options: NextVersionOptions<E, R>) =>
  Effect.zipLeft(
    UploadFile.watch(options, (watched) =>
      onto(
        options,
        (folderId) => UploadFile.upload({ ...options, folderId }, watched),
        (assetId) => watched.intact(options.filesize, assetId)
      )
    ),
    UploadFile.finish(options)
  ).pipe(Uploading.patiently(options))

const streamAsNextVersion = <E, R>(options: RealtimeNextVersionOptions<E, R>) =>
  Effect.gen(function* () {
    yield* Uploading.refuse(problemsOf(options))
    return yield* onto(
      options,
      (folderId) => UploadStream.upload({ ...options, folderId }),
      () => Effect.void
    )
  }).pipe(overV2, Uploading.patiently(options))

/**
 * Uploads a file beside an asset, and makes it that asset's next version: onto a file it makes a new stack, onto a stack,
 * or a version inside one, it goes on top of the stack. Frame.io has no upload straight into a stack. With a `stream`
 * instead of a `source` it is a file that is still being written, as in {@link realtime}.
 *
 * The target is read first, and nothing is uploaded where it gets no versions. Before the version call it is waited for
 * until Frame.io has the file. Where Frame.io refuses a file that it has not processed yet, that is waited for, too. When
 * the version call fails, the error says as what the file is uploaded.
 *
 * @example
 * ```ts
 * const source = Upload.fromBytes(yield* fs.readFile("shot_010_v003.mov"))
 * const { stackId } = yield* Upload.asNextVersion({
 *   onto: shot,
 *   name: "shot_010_v003.mov",
 *   filetype: "video/quicktime",
 *   filesize: Number(size),
 *   source
 * })
 * ```
 *
 * @since 0.1.0
 * @category versions
 */
export const asNextVersion: {
  <E = never, R = never>(
    options: NextVersionOptions<E, R>
  ): Effect.Effect<
    NextVersion,
    FrameioError.WriteError | UploadError.UploadError | E,
    Repository.Repository | HttpClient.HttpClient | R
  >
  <E = never, R = never>(
    options: RealtimeNextVersionOptions<E, R>
  ): Effect.Effect<
    NextVersion,
    FrameioError.RealtimeError | UploadError.UploadError | E,
    FrameioClient.FrameioClient | HttpClient.HttpClient | R
  >
} = <E, R>(
  options: NextVersionOptions<E, R> | RealtimeNextVersionOptions<E, R>
): Effect.Effect<
  NextVersion,
  FrameioError.RealtimeError | UploadError.UploadError | E,
  Repository.Repository | FrameioClient.FrameioClient | HttpClient.HttpClient | R
> => ("stream" in options ? streamAsNextVersion(options) : fileAsNextVersion(options))
