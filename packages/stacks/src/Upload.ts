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
import * as HttpClient from "@effect/platform/HttpClient"
import { type AssetId, type CreatedAsset, kind, parentId, uploadUrls } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RetryPolicy from "@effect-frameio/core/RetryPolicy"
import { isSecure } from "@effect-frameio/core/SecureUrl"
import * as UploadPart from "@effect-frameio/core/UploadPart"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AssetCache from "./AssetCache.js"
import * as PartSender from "./internal/partSender.js"
import * as PartPlan from "./PartPlan.js"
import * as UploadError from "./UploadError.js"
import * as VersionStack from "./VersionStack.js"

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
export type Source<E = never, R = never> = (offset: number, length: number) => Stream.Stream<Uint8Array, E, R>

/**
 * What happens to an upload, in this order but for `Retrying`.
 *
 * - `Created`: Frame.io has the asset, and no content yet. `parts` is 0 where they are not known beforehand.
 * - `Progress`: bytes were taken by the wire, or, where an attempt was in vain, are to be sent again; or a part is done.
 * - `Retrying`: a part did not get through, and is sent again after `delayMillis`.
 * - `Uploaded`: the storage has all of it.
 * - `Versioning`: the version call is about to be sent.
 *
 * @since 0.1.0
 * @category models
 */
export type UploadEvent =
  | {
      readonly _tag: "Created"
      readonly assetId: AssetId
      readonly name: string
      /** Bytes; `null` where it is not known yet. */
      readonly filesize: number | null
      readonly parts: number
    }
  | {
      readonly _tag: "Progress"
      readonly assetId: AssetId
      /** Bytes that the wire took, of parts that are done or under way. */
      readonly sent: number
      /** Bytes; `null` where it is not known yet. */
      readonly filesize: number | null
      readonly partsDone: number
      readonly parts: number
    }
  | {
      readonly _tag: "Retrying"
      readonly assetId: AssetId
      /** From 1. */
      readonly part: number
      /** Which attempt failed, from 1. */
      readonly attempt: number
      readonly delayMillis: number
      /** A status, a system's code, or a word. */
      readonly reason: string
    }
  | { readonly _tag: "Uploaded"; readonly assetId: AssetId; readonly filesize: number }
  | { readonly _tag: "Versioning"; readonly assetId: AssetId; readonly onto: AssetId }

/**
 * How parts are sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  /**
   * How often a part is sent again after 408, 429, 5xx, or without a whole exchange. Default 8, which outlasts a network
   * that is away for a minute.
   */
  readonly retries?: number | undefined
  /** The delay before the first of them; each further one is twice as long, and jittered. Default 500 ms. */
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
  /** Sees everything that happens, as it happens. While it runs, the part that it tells of waits. */
  readonly onEvent?: ((event: UploadEvent) => Effect.Effect<void>) | undefined
}

/**
 * What is to be said of a new file.
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
  /** Values of one's own, by name. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * What to upload: a file whose size is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContentOptions<E = never, R = never> extends FileOptions, SendOptions {
  /** Bytes, at least 1. The source must have exactly so many. */
  readonly filesize: number
  /** The bytes. */
  readonly source: Source<E, R>
  /** How many parts go side by side, at least 1. Default 4. */
  readonly concurrency?: number | undefined
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
 * Where the file is to become the next version.
 *
 * @since 0.1.0
 * @category models
 */
export interface TargetOptions {
  /** A file, a version stack, or a version inside a stack, which means that stack. */
  readonly onto: AssetId
  /** How the version is put on the stack once the file is uploaded. */
  readonly stacking?: VersionStack.WriteOptions | undefined
}

/**
 * The options of {@link asNextVersion}.
 *
 * @since 0.1.0
 * @category models
 */
export interface NextVersionOptions<E = never, R = never> extends ContentOptions<E, R>, TargetOptions {}

/**
 * The options of {@link realtimeAsNextVersion}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RealtimeNextVersionOptions<E = never, R = never>
  extends Omit<RealtimeOptions<E, R>, "folderId">,
    TargetOptions {}

/**
 * An uploaded file in its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface NextVersion {
  /** The file as it was created, without its URLs. */
  readonly asset: CreatedAsset
  /** The stack whose newest version it is: a new one, where it was put on a file. */
  readonly stackId: AssetId
}

/**
 * The defaults of the options.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = {
  concurrency: 4,
  retries: 8,
  baseDelay: Duration.millis(500),
  maxDelay: Duration.seconds(20),
  idleTimeout: Duration.seconds(60),
  body: "stream",
  partSize: 16 * 1024 * 1024
} as const

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

// -----------------------------------------------------------------------------
// judging
// -----------------------------------------------------------------------------

const CREATE = "assets.create"

const isWhole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least

/** All that is wrong with the arguments, before anything is asked of anybody. */
const refuse = (problems: ReadonlyArray<FrameioError.Problem>): Effect.Effect<void, FrameioError.InvalidRequest> => {
  const [first, ...rest] = problems
  return first === undefined
    ? Effect.void
    : Effect.fail(new FrameioError.InvalidRequest({ endpoint: CREATE, problems: [first, ...rest] }))
}

const MIME = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/

const wholeProblem = (
  path: string,
  value: number | undefined,
  least: number,
  remedy = `it must be a whole number of at least ${least}`
): ReadonlyArray<FrameioError.Problem> =>
  value === undefined || isWhole(value, least) ? [] : [{ path, message: `is ${value}; ${remedy}` }]

/**
 * Everything that is wrong with options, as far as it can be told without asking anybody. The uploads refuse with it.
 *
 * @since 0.1.0
 * @category judging
 */
export const problemsOf = (
  options: Pick<FileOptions, "name" | "filetype"> &
    Pick<SendOptions, "retries"> & {
      /** Bytes; only where it is known. */
      readonly filesize?: number | undefined
      /** Parts side by side. */
      readonly concurrency?: number | undefined
      /** Bytes of a part. */
      readonly partSize?: number | undefined
    }
): ReadonlyArray<FrameioError.Problem> => [
  ...(options.name.trim() === ""
    ? [{ path: "name", message: "is empty; give the file's name with its extension" }]
    : []),
  ...(MIME.test(options.filetype)
    ? []
    : [{ path: "filetype", message: `is "${options.filetype}"; it must be a MIME type such as video/quicktime` }]),
  ...wholeProblem("filesize", options.filesize, 1, "it must be the number of bytes, and at least 1"),
  ...wholeProblem("retries", options.retries, 0),
  ...wholeProblem("concurrency", options.concurrency, 1),
  ...wholeProblem("partSize", options.partSize, UploadPart.MIN_SIZE, `a part has at least ${UploadPart.MIN_SIZE} bytes`)
]

/** Whether there is a byte at a place. */
const hasByteAt = <E, R>(source: Source<E, R>, offset: number): Effect.Effect<boolean, E, R> =>
  Effect.map(Stream.runHead(Stream.filter(source(offset, 1), (bytes) => bytes.length > 0)), Option.isSome)

/** A source of another length is refused while there is nothing that could be left behind. */
const checkEnds = <E, R>(options: ContentOptions<E, R>): Effect.Effect<void, E | UploadError.SourceMismatch, R> => {
  const { filesize, source } = options
  const mismatch = (which: "shorter" | "longer", offset: number) =>
    Effect.fail(new UploadError.SourceMismatch({ filesize, source: which, offset }))
  return Effect.gen(function* () {
    if (!(yield* hasByteAt(source, filesize - 1))) return yield* mismatch("shorter", filesize - 1)
    if (yield* hasByteAt(source, filesize)) return yield* mismatch("longer", filesize)
  })
}

const urlOf = (text: string, assetId: AssetId): Effect.Effect<URL, UploadError.UnusableUrls> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return Effect.fail(new UploadError.UnusableUrls({ assetId, reason: "Missing" }))
  return isSecure(url)
    ? Effect.succeed(url)
    : Effect.fail(new UploadError.UnusableUrls({ assetId, reason: "Insecure" }))
}

// -----------------------------------------------------------------------------
// sending
// -----------------------------------------------------------------------------

const senderOf = (
  options: SendOptions,
  file: Pick<PartSender.Upload, "assetId" | "filetype" | "filesize" | "http">
): PartSender.Upload => ({
  ...file,
  policy: RetryPolicy.make({
    readRetries: options.retries ?? defaults.retries,
    baseDelay: options.baseDelay ?? defaults.baseDelay,
    maxDelay: options.maxDelay ?? defaults.maxDelay
  }),
  idleMillis: Duration.toMillis(options.idleTimeout ?? defaults.idleTimeout),
  body: options.body ?? defaults.body
})

/** How far an upload is; tells it to whom it concerns. */
const progressOf = (
  options: SendOptions,
  file: { readonly assetId: AssetId; readonly filesize: number | null; readonly parts: number }
) => {
  let sent = 0
  let partsDone = 0
  const tell = options.onEvent ?? (() => Effect.void)
  const progress = Effect.suspend(() => tell({ _tag: "Progress", ...file, sent, partsDone }))
  return {
    tell,
    sent: () => sent,
    moved: (bytes: number) => {
      sent += bytes
      return progress
    },
    done: Effect.suspend(() => {
      partsDone += 1
      return progress
    }),
    retrying: (part: number) => (attempt: number, delayMillis: number, reason: string) =>
      tell({
        _tag: "Retrying",
        assetId: file.assetId,
        part,
        attempt,
        delayMillis: Math.round(delayMillis),
        reason
      })
  }
}

const spanOf = (name: string, attributes: Record<string, unknown>) =>
  Effect.withSpan(name, { attributes, captureStackTrace: false })

/** The asset as it came, without the URLs: they are spent, and whoever has one could write the file. */
const withoutUrls = (asset: CreatedAsset): CreatedAsset => {
  const { upload_urls: _, ...rest } = asset
  return rest
}

/** The arguments have been judged. */
const uploadChecked = <E, R>(
  options: UploadOptions<E, R>
): Effect.Effect<
  CreatedAsset,
  FrameioError.WriteError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> =>
  Effect.gen(function* () {
    const client = yield* FrameioClient.FrameioClient
    const http = yield* HttpClient.HttpClient
    const { description, filesize, filetype, folderId, name, properties, source } = options
    const asset = yield* client.create({
      parentId: folderId,
      type: "file",
      name,
      filesize,
      filetype,
      description,
      properties
    })
    const assetId = asset.id
    const urls = yield* Effect.forEach(uploadUrls(asset), (url) => urlOf(url, assetId))
    if (urls.length === 0) return yield* new UploadError.UnusableUrls({ assetId, reason: "Missing" })
    const sender = senderOf(options, {
      http,
      assetId,
      filetype: asset.filetype ?? filetype,
      filesize: () => filesize
    })
    const progress = progressOf(options, { assetId, filesize, parts: urls.length })
    yield* progress.tell({ _tag: "Created", assetId, name: asset.name ?? name, filesize, parts: urls.length })
    const parts = PartPlan.split(filesize, urls.length)
    yield* Effect.forEach(
      parts,
      (part) => {
        const url = urls[part.number - 1]
        if (url === undefined) return Effect.void
        // One byte too many is asked for at the end: none must come.
        const asked = part.offset + part.length === filesize ? part.length + 1 : part.length
        return PartSender.send(sender, {
          part,
          url,
          source: part.length === 0 ? Stream.empty : source(part.offset, asked),
          moved: progress.moved,
          retrying: progress.retrying(part.number)
        }).pipe(
          Effect.zipRight(progress.done),
          spanOf("Upload.part", {
            "frameio.asset_id": assetId,
            "upload.part": part.number,
            "upload.bytes": part.length
          })
        )
      },
      { concurrency: options.concurrency ?? defaults.concurrency, discard: true }
    )
    yield* progress.tell({ _tag: "Uploaded", assetId, filesize })
    return withoutUrls(asset)
  }).pipe(spanOf("Upload.upload", { "frameio.folder_id": options.folderId, "upload.bytes": options.filesize }))

/**
 * Creates a file in a folder and uploads its content, and answers it as it was created (without its URLs). Frame.io
 * begins to process it by itself.
 *
 * The parts go side by side as streams, so that memory is bounded whatever the size. A part that does not get through is
 * read and sent again. When the source is not `filesize` long, nothing is filled up or cut off: the upload fails.
 *
 * @since 0.1.0
 * @category uploading
 */
export const upload = <E = never, R = never>(
  options: UploadOptions<E, R>
): Effect.Effect<
  CreatedAsset,
  FrameioError.WriteError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> => refuse(problemsOf(options)).pipe(Effect.zipRight(checkEnds(options)), Effect.zipRight(uploadChecked(options)))

const PIECE = 64 * 1024

/** Bytes a piece at a time, so that it can be seen how far they are. */
const inPieces = (bytes: Uint8Array): Stream.Stream<Uint8Array> =>
  Stream.unfold(0, (at) =>
    at >= bytes.length ? Option.none() : Option.some([bytes.subarray(at, at + PIECE), at + PIECE])
  )

/** Takes a stream apart into parts, in one buffer: a part is lent until the next is asked for. */
const inParts = <E, R, E2, R2>(
  stream: Stream.Stream<Uint8Array, E, R>,
  partSize: number,
  use: (bytes: Uint8Array, isFinal: boolean) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.scoped(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(stream)
      const buffer = new Uint8Array(partSize)
      let filled = 0
      let ended = false
      /** What has come and did not fit yet. */
      let waiting: Chunk.Chunk<Uint8Array> = Chunk.empty()
      while (!ended) {
        const next = Option.getOrUndefined(Chunk.head(waiting))
        if (next === undefined) {
          const pulled = yield* Effect.either(pull)
          if (pulled._tag === "Right") waiting = pulled.right
          else if (Option.isSome(pulled.left)) return yield* Effect.fail(pulled.left.value)
          else ended = true
          continue
        }
        if (next.length > 0 && filled === partSize) {
          yield* use(buffer, false)
          filled = 0
        }
        const fits = next.subarray(0, partSize - filled)
        buffer.set(fits, filled)
        filled += fits.length
        const rest = Chunk.drop(waiting, 1)
        waiting = fits.length === next.length ? rest : Chunk.prepend(rest, next.subarray(fits.length))
      }
      yield* use(buffer.subarray(0, filled), true)
    })
  )

/**
 * Uploads a file while it is being written: its size need not be known, and its bytes come once. The asset is created
 * with the first bytes. Each part is held in memory until the storage has it, one at a time, and meanwhile the stream
 * waits. With the last part Frame.io learns the size.
 *
 * @since 0.1.0
 * @category uploading
 */
export const realtime = <E = never, R = never>(
  options: RealtimeOptions<E, R>
): Effect.Effect<
  CreatedAsset,
  FrameioError.RealtimeError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> =>
  Effect.gen(function* () {
    const partSize = options.partSize ?? defaults.partSize
    yield* refuse(problemsOf(options))
    const client = yield* FrameioClient.FrameioClient
    const http = yield* HttpClient.HttpClient
    const { description, filetype, folderId, name, properties } = options
    const create = Effect.gen(function* () {
      const asset = yield* client.create({
        parentId: folderId,
        type: "file",
        isRealtimeUpload: true,
        name,
        filetype,
        description,
        properties
      })
      const assetId = asset.id
      const progress = progressOf(options, { assetId, filesize: null, parts: 0 })
      yield* progress.tell({ _tag: "Created", assetId, name: asset.name ?? name, filesize: null, parts: 0 })
      return {
        asset,
        progress,
        sender: senderOf(options, {
          http,
          assetId,
          filetype: asset.filetype ?? filetype,
          filesize: (part) => part.offset + part.length
        })
      }
    })
    const begun: { upload?: Effect.Effect.Success<typeof create> } = {}
    let number = 0
    let size = 0
    yield* inParts(options.stream, partSize, (bytes, isFinal) =>
      Effect.gen(function* () {
        if (bytes.length === 0) {
          return yield* refuse([{ path: "stream", message: "has no bytes; there is nothing to upload" }])
        }
        begun.upload ??= yield* create
        const { asset, progress, sender } = begun.upload
        const assetId = asset.id
        number += 1
        size += bytes.length
        if (number > UploadPart.MAX_NUMBER) {
          return yield* new UploadError.TooManyParts({ assetId, partSize, parts: UploadPart.MAX_NUMBER })
        }
        const answer = yield* client.realtimeParts({
          assetId,
          parts: [{ number, size: bytes.length, isFinal }],
          assetFilesize: isFinal ? size : undefined
        })
        const url = yield* urlOf(answer.upload_urls[0], assetId)
        yield* PartSender.send(sender, {
          part: { number, offset: size - bytes.length, length: bytes.length },
          url,
          source: inPieces(bytes),
          moved: progress.moved,
          retrying: progress.retrying(number)
        })
        yield* progress.done
      }).pipe(spanOf("Upload.part", { "upload.part": number + 1, "upload.bytes": bytes.length }))
    )
    // The stream had bytes, or the last step would have refused it.
    if (begun.upload === undefined) return yield* Effect.dieMessage("a realtime upload without a part")
    const { asset, progress } = begun.upload
    yield* progress.tell({ _tag: "Uploaded", assetId: asset.id, filesize: size })
    return withoutUrls(asset)
  }).pipe(spanOf("Upload.realtime", { "frameio.folder_id": options.folderId }))

/** The folder that a target lies in, and what a version call goes to. Nothing is uploaded beside what gets no versions. */
const placeOf = (
  onto: AssetId
): Effect.Effect<
  { readonly folderId: AssetId; readonly target: AssetId },
  FrameioError.ReadError | UploadError.NoTarget,
  AssetCache.AssetCache
> =>
  Effect.flatMap(VersionStack.locate(onto), (location) => {
    const target = location._tag === "Member" ? location.stack : location.asset
    const folderId = Option.getOrUndefined(parentId(target))
    return location._tag === "Folder" || location._tag === "Other" || folderId === undefined
      ? Effect.fail(new UploadError.NoTarget({ assetId: onto, kind: kind(target) }))
      : Effect.succeed({ folderId, target: target.id })
  })

const nextVersionOf = <E, R>(
  options: SendOptions & TargetOptions,
  uploaded: (folderId: AssetId) => Effect.Effect<CreatedAsset, E, R>
): Effect.Effect<
  NextVersion,
  E | FrameioError.ReadError | UploadError.NoTarget | UploadError.NotVersioned,
  FrameioClient.FrameioClient | R
> =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.make()
    const { folderId, target } = yield* Effect.provideService(placeOf(options.onto), AssetCache.AssetCache, cache)
    const asset = yield* uploaded(folderId)
    const assetId = asset.id
    yield* options.onEvent?.({ _tag: "Versioning", assetId, onto: target }) ?? Effect.void
    const { stackId } = yield* VersionStack.append({ onto: target, next: assetId }, options.stacking).pipe(
      Effect.provideService(AssetCache.AssetCache, cache),
      Effect.mapError((error) => new UploadError.NotVersioned({ assetId, onto: target, error }))
    )
    return { asset, stackId }
  }).pipe(Effect.scoped, spanOf("Upload.asNextVersion", { "frameio.asset_id": options.onto }))

/**
 * Uploads a file beside an asset, and makes it that asset's next version: onto a file it makes a new stack, onto a stack,
 * or a version inside one, it goes on top of the stack. Frame.io has no upload straight into a stack.
 *
 * The target is read first, and nothing is uploaded where it gets no versions. When the version call fails, the error
 * says as what the file is uploaded, and how to finish.
 *
 * @since 0.1.0
 * @category versions
 */
export const asNextVersion = <E = never, R = never>(
  options: NextVersionOptions<E, R>
): Effect.Effect<
  NextVersion,
  FrameioError.WriteError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> =>
  Effect.zipRight(
    Effect.zipRight(refuse(problemsOf(options)), checkEnds(options)),
    nextVersionOf(options, (folderId) => uploadChecked({ ...options, folderId }))
  )

/**
 * The same with a file that is uploaded while it is still being written.
 *
 * @since 0.1.0
 * @category versions
 */
export const realtimeAsNextVersion = <E = never, R = never>(
  options: RealtimeNextVersionOptions<E, R>
): Effect.Effect<
  NextVersion,
  FrameioError.RealtimeError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | HttpClient.HttpClient | R
> =>
  Effect.zipRight(
    refuse(problemsOf(options)),
    nextVersionOf(options, (folderId) => realtime({ ...options, folderId }))
  )
