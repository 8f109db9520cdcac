/** A file whose size is known: its parts side by side, and on from where an earlier upload ended. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Repository from "../Repository.js"
import type * as Upload from "../Upload.js"
import * as UploadError from "../UploadError.js"
import type { JournalFailed } from "../UploadJournal.js"
import * as PartPlan from "./partPlan.js"
import * as PartSender from "./partSender.js"
import * as Pieces from "./pieces.js"
import * as Uploading from "./uploading.js"

/** How many bytes a source has at an offset, if only one is asked for. */
const countAt = <E, R>(source: Upload.Source<E, R>, offset: number): Effect.Effect<number, E, R> =>
  Effect.map(Stream.runHead(Stream.filter(source(offset, 1), (bytes) => bytes.length > 0)), (found) =>
    Option.isSome(found) ? 1 : 0
  )

/** Refuses a source of another length before anything is created. */
const checkEnds = <E, R>(
  source: Upload.Source<E, R>,
  filesize: number
): Effect.Effect<void, E | UploadError.SourceMismatch, R> => {
  const last = filesize - 1
  const count =
    source.direct === undefined
      ? Effect.zipWith(countAt(source, last), countAt(source, filesize), (one, more) => one + more)
      : Pieces.countFrom(source.direct, last, 2)
  return Effect.flatMap(count, (count) => {
    if (count === 1) return Effect.void
    return count === 0
      ? new UploadError.SourceMismatch({ filesize, source: "shorter", offset: last })
      : new UploadError.SourceMismatch({ filesize, source: "longer", offset: filesize })
  })
}

/** The source with handles that go from part to part. */
const held = <E, R>(source: Upload.Source<E, R>): Pick<Watched<E, R>, "source" | "close"> => {
  if (source.direct === undefined) return { source, close: Effect.void }
  const { close, direct } = Pieces.handlesOf(source.direct)
  return { source: Object.assign((offset: number, length: number) => source(offset, length), { direct }), close }
}

/**
 * The source of one upload, held to its state at the beginning.
 *
 * @internal
 */
export interface Watched<E, R> {
  readonly source: Upload.Source<E, R>
  /** Closes what of it is open. */
  readonly close: Effect.Effect<unknown>
  /** Its identity, if the caller can tell. */
  readonly identity: string | undefined
  /** Fails if it is another than at the beginning. */
  readonly intact: (offset: number, assetId: AssetId) => Effect.Effect<void, E | UploadError.SourceMismatch, R>
}

/**
 * Judges arguments and source before anything is created, and closes what was opened at the end.
 *
 * @internal
 */
export const watch = <A, E, R, E2, R2>(
  options: Upload.ContentOptions<E, R>,
  use: (watched: Watched<E, R>) => Effect.Effect<A, E2, R2>
): Effect.Effect<A, E | E2 | FrameioError.InvalidRequest | UploadError.SourceMismatch, R | R2> =>
  Effect.suspend(() => {
    const { filesize, identity, journal } = options
    const { close, source } = held(options.source)
    return Effect.gen(function* () {
      yield* Uploading.refuse([
        ...Uploading.problemsOf(options),
        ...(journal === undefined || identity !== undefined
          ? []
          : [{ path: "journal", message: "needs an identity; otherwise another file could be continued" }])
      ])
      const first = identity === undefined ? undefined : yield* identity
      yield* checkEnds(source, filesize)
      return yield* use({
        source,
        close,
        identity: first,
        intact: (offset, assetId) =>
          identity === undefined
            ? Effect.void
            : Effect.flatMap(identity, (now) =>
                now === first
                  ? Effect.void
                  : Effect.fail(new UploadError.SourceMismatch({ filesize, source: "changed", offset, assetId }))
              )
      })
    }).pipe(Effect.ensuring(close))
  })

/** A file at Frame.io, and its parts. */
interface Begun {
  readonly id: AssetId
  readonly name: string
  /** The MIME type that the parts were signed for. */
  readonly contentType: string
  readonly parts: ReadonlyArray<PartPlan.Part & { readonly url: URL }>
  /** Which parts the storage has, from 1. */
  readonly done: ReadonlySet<number>
}

const sizeOf = (parts: ReadonlyArray<PartPlan.Part>): number => parts.reduce((sum, { length }) => sum + length, 0)

/** The parts, if all of them can be sent and they are the whole file. */
const partsOf = (
  created: Pick<Repository.Created, "parts">,
  filesize: number,
  assetId: AssetId
): Effect.Effect<Begun["parts"], UploadError.UnusableUrls> =>
  Effect.gen(function* () {
    const parts = PartPlan.ofSizes(created.parts.map(({ bytes }) => bytes))
    if (sizeOf(parts) !== filesize) {
      return yield* new UploadError.UnusableUrls({ assetId, reason: "Missing" })
    }
    return yield* Effect.forEach(parts, (part, index) => {
      const url = created.parts[index]?.url
      return Effect.map(Uploading.urlOf(url === undefined ? undefined : Redacted.value(url), assetId), (url) => ({
        ...part,
        url
      }))
    })
  })

type Options<E, R> = Upload.UploadOptions<E, R>

/** A journal that fails does not fail the upload. */
const noting = <E, R>(options: Options<E, R>) => {
  const tell = Uploading.tellOf(options)
  let told = false
  return <A>(use: Effect.Effect<A, JournalFailed> | undefined): Effect.Effect<Option.Option<A>> =>
    use === undefined
      ? Effect.succeedNone
      : Effect.catchAll(Effect.asSome(use), (error) => {
          if (told) return Effect.succeedNone
          told = true
          return Effect.as(tell({ _tag: "NotJournaled", reason: error.message }), Option.none())
        })
}

const create = <E, R>(options: Options<E, R>, identity: string | undefined) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const { description, filesize, filetype, folderId, name, properties } = options
    yield* Uploading.refuse(
      repository.abilities.kindByExtension && !/.\.[^.\s]+$/.test(name)
        ? [{ path: "name", message: `is "${name}", without an extension, by which alone Frame.io tells what it is` }]
        : []
    )
    const tell = Uploading.tellOf(options)
    const created = yield* Uploading.createFile(
      repository.create({ folderId, name, bytes: filesize, mediaType: filetype, description, properties }),
      { folderId, name },
      tell
    )
    const { contentType, id } = created
    const parts = yield* partsOf(created, filesize, id)
    if (identity !== undefined && Arr.isNonEmptyReadonlyArray(created.parts)) {
      yield* noting(options)(
        options.journal?.begin({
          version: 1,
          folderId,
          name,
          filetype,
          filesize,
          identity,
          assetId: id,
          contentType,
          parts: created.parts
        })
      )
    }
    yield* tell({ _tag: "Created", assetId: id, name: created.name, filesize, parts: parts.length })
    return { id, name: created.name, contentType, parts, done: new Set<number>() } satisfies Begun
  })

/** The file of an earlier run, while it has no content yet; a whole file is somebody's. */
const unfinished = (assetId: AssetId) =>
  Effect.flatMap(Repository.Repository, (repository) =>
    Effect.filterOrFail(repository.get(assetId), (item) => item._tag === "File" && item.arrived !== true)
  )

/** Leaves an upload that cannot go on. Its file is ours and without content, so it is deleted. */
const discard = <E, R>(options: Options<E, R>, assetId: AssetId, reason: "changed" | "expired" | "gone") =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const deleted =
      reason !== "gone" && (yield* Effect.isSuccess(Effect.zipRight(unfinished(assetId), repository.remove(assetId))))
    yield* Uploading.tellOf(options)({ _tag: "Discarded", assetId, reason, deleted })
  })

/** The upload that ended early, if there is one and it can go on. */
const resume = <E, R>(options: Options<E, R>, identity: string | undefined) =>
  Effect.gen(function* () {
    const saved = Option.getOrUndefined(Option.flatten(yield* noting(options)(options.journal?.load)))
    if (saved === undefined) return undefined
    const repository = yield* Repository.Repository
    const { begun, done } = saved
    const { assetId, contentType, filesize } = begun
    const { filetype, folderId, name } = options
    yield* Uploading.refuse(
      begun.folderId === folderId && begun.name === name && begun.filetype === filetype
        ? []
        : [
            {
              path: "journal",
              message: `is of another upload: ${begun.name} (${begun.filetype}) into ${begun.folderId}. Finish that one, or take another journal`
            }
          ]
    )
    if (filesize !== options.filesize || begun.identity !== identity) {
      yield* discard(options, assetId, "changed")
      return undefined
    }
    const item = yield* Effect.catchTag(repository.get(assetId), "FrameioNotFound", () => Effect.succeed(undefined))
    if (item?._tag !== "File") {
      yield* discard(options, assetId, "gone")
      return undefined
    }
    const parts = yield* partsOf(begun, filesize, assetId)
    // A crash may have cut off the journal's last lines, so Frame.io knows better.
    const there = item.arrived === true ? parts : parts.filter(({ number }) => done.has(number))
    yield* Uploading.tellOf(options)({
      _tag: "Resumed",
      assetId,
      name,
      filesize,
      parts: parts.length,
      sent: sizeOf(there),
      partsDone: there.length
    })
    return {
      id: assetId,
      name: item.name,
      contentType,
      parts,
      done: new Set(there.map(({ number }) => number))
    } satisfies Begun
  })

const send = <E, R>(options: Options<E, R>, watched: Watched<E, R>, begun: Begun) =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const { filesize, folderId } = options
    const { contentType, done, id: assetId, name, parts } = begun
    const note = noting(options)
    const sender = Uploading.senderOf(options, { http, assetId, filetype: contentType, filesize: () => filesize })
    const there = parts.filter(({ number }) => done.has(number))
    const progress = Uploading.progressOf(
      Uploading.tellOf(options),
      { assetId, filesize, parts: parts.length },
      { sent: sizeOf(there), partsDone: there.length }
    )
    const permitted = options.permits?.withPermits(1) ?? identity
    const sendPart = ({ url, ...part }: Begun["parts"][number]) => {
      if (done.has(part.number)) return Effect.void
      const end = part.offset + part.length
      return PartSender.send(sender, {
        part,
        url,
        source: watched.source,
        intact: Effect.suspend(() => watched.intact(end, assetId)),
        moved: progress.moved,
        retrying: progress.retrying(part.number)
      }).pipe(
        Effect.zipRight(note(options.journal?.partDone(part.number))),
        Effect.zipRight(progress.done),
        Uploading.spanOf("Upload.part", {
          "frameio.asset_id": assetId,
          "upload.part": part.number,
          "upload.bytes": part.length
        }),
        permitted
      )
    }
    yield* Effect.forEach(parts, sendPart, {
      concurrency: Math.min(parts.length, options.concurrency ?? Uploading.defaults.concurrency),
      discard: true
    })
    yield* Uploading.tellOf(options)({ _tag: "Uploaded", assetId, filesize })
    return { id: assetId, name, folderId, filesize } satisfies Upload.Uploaded
  })

/**
 * Creates a file and sends its parts, or goes on by its journal, which is not cleared.
 *
 * @internal
 */
export const upload = <E, R>(
  options: Options<E, R>,
  watched: Watched<E, R>
): Effect.Effect<
  Upload.Uploaded,
  FrameioError.WriteError | UploadError.UploadError | E,
  Repository.Repository | HttpClient.HttpClient | R
> =>
  Effect.gen(function* () {
    const resumed = yield* resume(options, watched.identity)
    const begun = resumed ?? (yield* create(options, watched.identity))
    const sent = yield* Effect.either(send(options, watched, begun))
    if (sent._tag === "Right") return sent.right
    if (!(sent.left instanceof UploadError.UploadExpired)) return yield* Effect.fail(sent.left)
    // Only a new file has new URLs.
    yield* discard(options, begun.id, "expired")
    return yield* send(options, watched, yield* create(options, watched.identity))
  }).pipe(
    Effect.ensuring(watched.close),
    Uploading.spanOf("Upload.upload", { "frameio.folder_id": options.folderId, "upload.bytes": options.filesize })
  )

/**
 * Forgets a finished upload.
 *
 * @internal
 */
export const finish = <E, R>(options: Upload.ContentOptions<E, R>): Effect.Effect<void> =>
  options.journal === undefined
    ? Effect.void
    : Effect.catchAll(options.journal.clear, (error) =>
        Uploading.tellOf(options)({ _tag: "NotJournaled", reason: error.message })
      )
