/**
 * The file of an upload: what identifies it, and where it is kept how far its upload is.
 *
 * @since 0.1.0
 */
import { stat } from "node:fs/promises"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import type * as Path from "@effect/platform/Path"
import type * as Asset from "@effect-frameio/core/Asset"
import * as Effect from "effect/Effect"

/**
 * What a file is recognised by: device, inode, size, and the time of its last change in ns. `FileSystem` has that time in
 * ms only, and a render writes often within one.
 *
 * @since 0.1.0
 * @category reading
 */
export const identity = (file: string): Effect.Effect<string, PlatformError> =>
  Effect.map(
    Effect.tryPromise({
      try: () => stat(file, { bigint: true }),
      catch: (cause) =>
        new SystemError({
          module: "FileSystem",
          method: "stat",
          reason: "Unknown",
          pathOrDescriptor: file,
          cause,
          description: cause instanceof Error ? cause.message : String(cause)
        })
    }),
    ({ dev, ino, mtimeNs, size }) => `${dev}:${ino}:${size}:${mtimeNs}`
  )

/**
 * Where the journal of an upload is unless said: beside the file, hidden, one for each target.
 *
 * @since 0.1.0
 * @category reading
 */
export const journalOf = (path: Path.Path, file: string, target: Asset.AssetId): string =>
  path.join(path.dirname(file), `.${path.basename(file)}.${target.slice(0, 8)}.frameio-upload`)
