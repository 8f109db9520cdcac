/** A file that is uploaded beside its target, and then put on top of it. */
import { type AssetId, kind, parentId } from "@effect-frameio/core/Asset"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Patience from "@effect-frameio/core/Patience"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AssetCache from "../AssetCache.js"
import * as StackTarget from "../StackTarget.js"
import type * as Upload from "../Upload.js"
import * as UploadError from "../UploadError.js"
import * as VersionStack from "../VersionStack.js"
import * as Uploading from "./uploading.js"

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

/** Storage that took every part proves nothing about what Frame.io made of it. */
const checkArrived = (assetId: AssetId, filesize: number) =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.AssetCache
    const asset = yield* cache.get({ assetId, fresh: true })
    if (typeof asset.upload_failed_at === "string") {
      return yield* new UploadError.NotArrived({ assetId, filesize, has: null })
    }
    const has = asset.filesize ?? filesize
    if (has !== filesize) return yield* new UploadError.NotArrived({ assetId, filesize, has })
    // An earlier run may have put it on the stack; `append` sees that by what holds it.
    const holder = Option.getOrUndefined(parentId(asset))
    if (holder !== undefined) yield* cache.get({ assetId: holder })
  })

type AppendError = Effect.Effect.Error<ReturnType<typeof VersionStack.append>>

/** Whether the call may yet be carried out: what is lost on the way is read by `append`, and then sent again. */
const mayPass = (error: AppendError): boolean =>
  error._tag === "FrameioNotMade" && error.failure !== undefined && FrameioError.outcomeOf(error.failure) === "unknown"

const isRefusal = (error: AppendError): error is AppendError & FrameioError.FrameioError =>
  FrameioError.isFrameioError(error) && StackTarget.mayBeStacked(error)

/** How often it is looked whether a file is processed, in ms: at first, and at most. */
const LOOK = { first: 2000, most: 30_000 } as const

/** Puts a file on its target; where it is refused and not processed yet, once more when it is. */
const appendWhenProcessed = (
  args: { readonly onto: AssetId; readonly next: AssetId },
  options: Upload.SendOptions & Upload.TargetOptions
) => {
  const append = Patience.outlast(VersionStack.append(args, options.stacking), mayPass)
  return Effect.catchIf(append, isRefusal, (error) =>
    Effect.gen(function* () {
      const cache = yield* AssetCache.AssetCache
      const clock = yield* Effect.clock
      const isProcessed = Effect.map(
        cache.get({ assetId: args.next, fresh: true }),
        (asset) => (asset.asset_type ?? null) !== null || typeof asset.upload_failed_at === "string"
      )
      if (yield* isProcessed) return yield* Effect.fail(error)
      yield* Uploading.tellOf(options)({ _tag: "Processing", assetId: args.next })
      const until = RateLimitStore.monotonicMillis(clock) + Uploading.giveUpAfterMillis(options)
      for (let pause: number = LOOK.first; ; pause = Math.min(pause * 2, LOOK.most)) {
        const left = until - RateLimitStore.monotonicMillis(clock)
        if (left <= 0) return yield* Effect.fail(error)
        yield* Effect.sleep(Math.min(pause, left))
        if (yield* isProcessed) return yield* append
      }
    })
  )
}

/**
 * Uploads beside a target, and puts the file on top of it.
 *
 * @internal
 */
export const onto = <E, R, E2, R2>(
  options: Upload.SendOptions & Upload.TargetOptions,
  upload: (folderId: AssetId) => Effect.Effect<Upload.Uploaded, E, R>,
  /** Fails where the source has changed since. */
  intact: (assetId: AssetId) => Effect.Effect<void, E2, R2>
): Effect.Effect<
  Upload.NextVersion,
  E | E2 | FrameioError.ReadError | UploadError.NoTarget | UploadError.NotVersioned | UploadError.NotArrived,
  FrameioClient.FrameioClient | R | R2
> =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.make()
    const withCache = Effect.provideService(AssetCache.AssetCache, cache)
    const { folderId, target } = yield* withCache(placeOf(options.onto))
    const file = yield* upload(folderId)
    const { filesize, id: assetId } = file
    const notVersioned = (error: AppendError) => new UploadError.NotVersioned({ assetId, onto: target, error })
    yield* checkArrived(assetId, filesize).pipe(
      withCache,
      Effect.mapError((error) => (error._tag === "FrameioNotArrived" ? error : notVersioned(error)))
    )
    yield* intact(assetId)
    yield* Uploading.tellOf(options)({ _tag: "Versioning", assetId, onto: target })
    const { stackId } = yield* appendWhenProcessed({ onto: target, next: assetId }, options).pipe(
      withCache,
      Effect.mapError(notVersioned)
    )
    return { file, stackId }
  }).pipe(Effect.scoped, Uploading.spanOf("Upload.asNextVersion", { "frameio.asset_id": options.onto }))
