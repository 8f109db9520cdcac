/**
 * The source of a plan's bytes.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The size of one read, in bytes. */
const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of a file, in memory that does not grow with it: each chunk is the same buffer refilled, so it is valid
 * only until the next one is requested. `Ledger.takePlan` and `VersionPlan.fromBytes` respect that; a stream that
 * buffers does not. (`FileSystem.stream` allocates for each chunk, and V8 keeps some 90 MB of that.)
 *
 * @example
 * ```ts
 * const plan = yield* VersionPlan.fromBytes(PlanSource.file("plan.csv"))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const file = (
  path: string,
  options?: {
    /** The size of one read, in bytes; less than 1 counts as 1. Default: 256 KiB. */
    readonly chunkBytes?: number | undefined
  }
): Stream.Stream<Uint8Array, PlatformError, FileSystem.FileSystem> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const opened = yield* fs.open(path)
      const buffer = new Uint8Array(Math.max(1, options?.chunkBytes ?? CHUNK_BYTES))
      return Stream.repeatEffectChunkOption(
        Effect.matchEffect(opened.read(buffer), {
          onFailure: (error) => Effect.fail(Option.some(error)),
          onSuccess: (size) =>
            size === BigInt(0)
              ? Effect.fail(Option.none<PlatformError>())
              : Effect.succeed(Chunk.of(buffer.subarray(0, Number(size))))
        })
      )
    })
  )
