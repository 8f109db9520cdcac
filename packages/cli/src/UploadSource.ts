/**
 * The file of an upload: its identity, and the journal of its progress.
 *
 * @since 0.1.0
 */
import { open, stat } from "node:fs/promises"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as Asset from "@effect-frameio/core/Asset"
import * as Upload from "@effect-frameio/stacks/Upload"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import mime from "mime"

/**
 * The MIME type for a name's extension; bytes if it is unknown.
 *
 * @since 0.1.0
 * @category reading
 */
export const typeOf = (name: string): string => mime.getType(name) ?? "application/octet-stream"

const failed =
  (method: string, file: string) =>
  (cause: unknown): PlatformError =>
    new SystemError({
      module: "FileSystem",
      method,
      reason: "Unknown",
      pathOrDescriptor: file,
      cause,
      description: cause instanceof Error ? cause.message : String(cause)
    })

/**
 * The bytes of a file.
 *
 * @since 0.1.0
 * @category reading
 */
export const of = (file: string): Upload.Source<PlatformError> =>
  Upload.fromFileHandle(() => open(file), failed("read", file))

/**
 * The identity of a file: device, inode, size, and the time of its last change in ns. `FileSystem` has that time only
 * in ms, and a render often writes twice within one.
 *
 * @since 0.1.0
 * @category reading
 */
export const identity = (file: string): Effect.Effect<string, PlatformError> =>
  Effect.map(
    Effect.tryPromise({ try: () => stat(file, { bigint: true }), catch: failed("stat", file) }),
    ({ dev, ino, mtimeNs, size }) => `${dev}:${ino}:${size}:${mtimeNs}`
  )

/**
 * The default journal of an upload: beside the file, hidden, one for each target.
 *
 * @since 0.1.0
 * @category reading
 */
export const journalOf = (path: Path.Path, file: string, target: Asset.AssetId): string =>
  path.join(path.dirname(file), `.${path.basename(file)}.${target.slice(0, 8)}.frameio-upload`)

/**
 * The size of a file, or why it cannot be uploaded.
 *
 * @since 0.1.0
 * @category reading
 */
export const sizeOf = (file: string): Effect.Effect<Either.Either<number, string>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const info = yield* fs.stat(file)
    if (info.type === "Directory") return Either.left(`${file} is a folder. Upload its files one by one.`)
    if (info.type !== "File")
      return Either.left(`${file} is not a file; to upload what a program writes, pipe it in: -`)
    if (info.size === 0n) return Either.left(`${file} is empty; there is nothing to upload.`)
    // Opened once, so that an unreadable file is found out before anything is created.
    yield* Effect.scoped(fs.open(file, { flag: "r" }))
    return Either.right(Number(info.size))
  }).pipe(
    Effect.catchAll((error) =>
      Effect.succeed(
        Either.left(
          error._tag === "SystemError" && error.reason === "NotFound"
            ? `${file}: there is no such file.`
            : `${file}: cannot be read. ${error.message}`
        )
      )
    )
  )
