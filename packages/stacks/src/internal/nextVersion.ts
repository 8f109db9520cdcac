/** A file that is uploaded beside its target, and then put on top of it. */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Patience from "@effect-frameio/core/Patience"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Effect from "effect/Effect"
import * as Repository from "../Repository.js"
import * as StackBuild from "../StackBuild.js"
import * as StackTarget from "../StackTarget.js"
import type * as Upload from "../Upload.js"
import * as UploadError from "../UploadError.js"
import * as Uploading from "./uploading.js"

/** The folder of a target, and the file or stack that grows; fails if the target gets no versions. */
const placeOf = (
  onto: AssetId
): Effect.Effect<
  { readonly folderId: AssetId; readonly target: AssetId },
  FrameioError.ReadError | UploadError.NoTarget,
  Repository.Repository
> =>
  Effect.flatMap(Repository.locate(onto), (location) => {
    if (location._tag === "Folder") return new UploadError.NoTarget({ assetId: onto, kind: "folder" })
    if (location._tag === "Other") return new UploadError.NoTarget({ assetId: onto, kind: location.item.kind })
    const target = location._tag === "File" ? location.file : location.stack
    return target.parentId === undefined
      ? new UploadError.NoTarget({ assetId: onto, kind: target._tag.toLowerCase() })
      : Effect.succeed({ folderId: target.parentId, target: target.id })
  })

/** The pauses between two looks at the state of a file, in ms: the first, and the longest. */
const LOOK = { first: 2000, most: 30_000 } as const

/** Looks at growing intervals until something is so, as long as the patience lasts; answers whether it is. */
const until = <E, R>(options: Upload.SendOptions, isSo: Effect.Effect<boolean, E, R>): Effect.Effect<boolean, E, R> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const end = RateLimitStore.monotonicMillis(clock) + Uploading.giveUpAfterMillis(options)
    for (let pause: number = LOOK.first; ; pause = Math.min(pause * 2, LOOK.most)) {
      if (yield* isSo) return true
      const left = end - RateLimitStore.monotonicMillis(clock)
      if (left <= 0) return false
      yield* Effect.sleep(Math.min(pause, left))
    }
  })

/** Waits until Frame.io has the file: a storage that took every part does not prove it. */
const awaitArrival = (options: Upload.SendOptions, { filesize, id: assetId }: Upload.Uploaded) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    let told = false
    const arrived = yield* until(
      options,
      Effect.gen(function* () {
        const { bytes, state } = yield* repository.arrival(assetId)
        if (state === "failed") return yield* new UploadError.NotArrived({ assetId, filesize, has: null })
        if (bytes !== undefined && bytes !== filesize) {
          return yield* new UploadError.NotArrived({ assetId, filesize, has: bytes })
        }
        if (state === "arriving" && !told) {
          told = true
          yield* Uploading.tellOf(options)({ _tag: "Processing", assetId })
        }
        return state === "arrived"
      })
    )
    if (!arrived) return yield* new UploadError.NotArrived({ assetId, filesize, has: 0 })
  })

/** Whether the call may still be carried out: a lost call is read, and then sent again. */
const mayPass = (error: StackBuild.StackBuildError): boolean =>
  error._tag === "FrameioNotMade" && error.failure !== undefined && FrameioError.outcomeOf(error.failure) === "unknown"

const isRefusal = (error: StackBuild.StackBuildError): boolean =>
  FrameioError.isFrameioError(error) && StackTarget.mayBeStacked(error)

/** Puts a file on its target; a file that is refused and not processed yet, once more when it is. */
const stackWhenProcessed = (
  target: AssetId,
  { assetId, folderId }: { readonly assetId: AssetId; readonly folderId: AssetId },
  options: Upload.SendOptions & Upload.TargetOptions
): Effect.Effect<StackBuild.Built, StackBuild.StackBuildError, Repository.Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    // Where it is and that it has arrived is known.
    const parentOf = () => folderId
    const stack = Patience.outlast(
      StackBuild.build({ onto: target, files: [assetId] }, { parentOf, ...options.stacking }),
      mayPass
    )
    const isProcessed = Effect.flatMap(repository.get(assetId), (item) =>
      item._tag !== "File" || item.mediaKind !== undefined
        ? Effect.succeed(true)
        : Effect.map(repository.arrival(assetId), ({ state }) => state === "failed")
    )
    return yield* Effect.catchIf(stack, isRefusal, (error) =>
      Effect.gen(function* () {
        if (yield* isProcessed) return yield* Effect.fail(error)
        yield* Uploading.tellOf(options)({ _tag: "Processing", assetId })
        return (yield* until(options, isProcessed)) ? yield* stack : yield* Effect.fail(error)
      })
    )
  })

/**
 * Uploads beside a target, and puts the file on top of it.
 *
 * @internal
 */
export const onto = <E, R, E2, R2>(
  options: Upload.SendOptions & Upload.TargetOptions,
  upload: (folderId: AssetId) => Effect.Effect<Upload.Uploaded, E, R>,
  /** Fails if the source has changed since. */
  intact: (assetId: AssetId) => Effect.Effect<void, E2, R2>
): Effect.Effect<
  Upload.NextVersion,
  E | E2 | FrameioError.ReadError | UploadError.NoTarget | UploadError.NotVersioned | UploadError.NotArrived,
  Repository.Repository | R | R2
> =>
  Effect.gen(function* () {
    const { folderId, target } = yield* placeOf(options.onto)
    const file = yield* upload(folderId)
    const { id: assetId } = file
    const notVersioned = (error: StackBuild.StackBuildError) =>
      new UploadError.NotVersioned({ assetId, onto: target, error })
    yield* awaitArrival(options, file).pipe(
      Effect.mapError((error) => (error._tag === "FrameioNotArrived" ? error : notVersioned(error)))
    )
    yield* intact(assetId)
    yield* Uploading.tellOf(options)({ _tag: "Versioning", assetId, onto: target })
    const { stackId } = yield* Effect.mapError(stackWhenProcessed(target, { assetId, folderId }, options), notVersioned)
    return { file, stackId }
  }).pipe(Uploading.spanOf("Upload.asNextVersion", { "frameio.asset_id": options.onto }))
