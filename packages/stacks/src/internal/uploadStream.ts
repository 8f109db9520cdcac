/** A file that is still being written: its bytes come once, and its size with the last of them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as UploadPart from "@effect-frameio/core/UploadPart"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Repository from "../Repository.js"
import type * as Upload from "../Upload.js"
import * as UploadError from "../UploadError.js"
import * as PartSender from "./partSender.js"
import * as Uploading from "./uploading.js"

const PIECE = 64 * 1024

/** Bytes a piece at a time, so that their progress can be seen. */
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
      /** Bytes that came and did not fit yet. */
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

/** @internal */
export const upload = <E, R>(
  options: Upload.RealtimeOptions<E, R>
): Effect.Effect<
  Upload.Uploaded,
  FrameioError.RealtimeError | UploadError.UploadError | E,
  FrameioClient.FrameioClient | Repository.Repository | HttpClient.HttpClient | R
> =>
  Effect.gen(function* () {
    const partSize = options.partSize ?? Uploading.defaults.partSize
    const client = yield* FrameioClient.FrameioClient
    const http = yield* HttpClient.HttpClient
    const tell = Uploading.tellOf(options)
    const { description, filetype, folderId, name, properties } = options
    const create = Effect.gen(function* () {
      const asset = yield* Uploading.createFile(
        client.create({
          parentId: folderId,
          type: "file",
          isRealtimeUpload: true,
          name,
          filetype,
          description,
          properties
        }),
        { folderId, name },
        tell
      )
      const assetId = asset.id
      yield* tell({ _tag: "Created", assetId, name: asset.name ?? name, filesize: null, parts: 0 })
      return {
        asset,
        progress: Uploading.progressOf(tell, { assetId, filesize: null, parts: 0 }),
        sender: Uploading.senderOf(options, {
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
          return yield* Uploading.refuse([{ path: "stream", message: "has no bytes; there is nothing to upload" }])
        }
        begun.upload ??= yield* create
        const { asset, progress, sender } = begun.upload
        const assetId = asset.id
        number += 1
        size += bytes.length
        if (number > UploadPart.MAX_NUMBER) {
          return yield* new UploadError.TooManyParts({ assetId, partSize, parts: UploadPart.MAX_NUMBER })
        }
        // Asking for the same part again gives another URL.
        const askForUrl = client
          .realtimeParts({
            assetId,
            parts: [{ number, size: bytes.length, isFinal }],
            assetFilesize: isFinal ? size : undefined
          })
          .pipe(Effect.flatMap((answer) => Uploading.urlOf(answer.upload_urls[0], assetId)))
        yield* PartSender.send(sender, {
          part: { number, offset: size - bytes.length, length: bytes.length },
          url: yield* askForUrl,
          renew: askForUrl,
          source: () => inPieces(bytes),
          intact: Effect.void,
          moved: progress.moved,
          retrying: progress.retrying(number)
        })
        yield* progress.done
      }).pipe(Uploading.spanOf("Upload.part", { "upload.part": number + 1, "upload.bytes": bytes.length }))
    )
    // The stream had bytes, or the last step would have refused it.
    if (begun.upload === undefined) return yield* Effect.dieMessage("a realtime upload without a part")
    const { asset } = begun.upload
    yield* tell({ _tag: "Uploaded", assetId: asset.id, filesize: size })
    return { id: asset.id, name: asset.name ?? name, folderId, filesize: size }
  }).pipe(Uploading.spanOf("Upload.realtime", { "frameio.folder_id": options.folderId }))
