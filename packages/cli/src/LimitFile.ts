/**
 * Learnt limits, in a small file in the user's cache directory, for the next command to begin with.
 *
 * @since 0.1.0
 */
import { createHmac, randomBytes } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { RateLimitMemory } from "@effect-frameio/ratelimit/RateLimitMemory"
import type { BucketKey } from "@effect-frameio/ratelimit/RateLimitStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as UserFolder from "./UserFolder.js"

const Content = Schema.parseJson(
  Schema.Struct({
    /** For the hashes: the file's content cannot be compared with any other file. */
    key: Schema.NonEmptyString,
    limits: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({
        limit: Schema.Finite.pipe(Schema.greaterThanOrEqualTo(1)),
        windowMillis: Schema.Finite.pipe(Schema.greaterThanOrEqualTo(1)),
        /** When it was learnt, in ms since 1970. */
        at: Schema.Finite
      })
    })
  })
)
type Content = typeof Content.Type

/** The oldest go first. */
const MOST = 200

/**
 * Opens the memory for one host. Absent if the environment names no directory. An unreadable file is replaced and an
 * unwritable one ignored, because it only saves a round trip.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  host: string
): Effect.Effect<Option.Option<RateLimitMemory>, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* UserFolder.find("cache")
    if (Option.isNone(folder)) return Option.none()
    const file = path.join(folder.value, "limits.json")

    const read: Effect.Effect<Content> = fs.readFileString(file).pipe(
      Effect.flatMap(Schema.decode(Content)),
      Effect.orElseSucceed((): Content => ({ key: randomBytes(32).toString("base64url"), limits: {} }))
    )

    const write = (content: Content) =>
      Effect.gen(function* () {
        yield* fs.makeDirectory(folder.value, { recursive: true })
        const half = `${file}.${randomBytes(6).toString("hex")}`
        yield* fs.writeFileString(half, yield* Schema.encode(Content)(content), { mode: 0o600 })
        yield* fs.rename(half, file)
      })

    let content = yield* read
    const nameOf = ({ owner, route }: BucketKey, key: string): string =>
      createHmac("sha256", key)
        .update(JSON.stringify([host, Redacted.value(owner), route]))
        .digest("base64url")

    return Option.some<RateLimitMemory>({
      recall: (bucket) => content.limits[nameOf(bucket, content.key)],
      remember: (bucket, { limit, windowMillis }) =>
        Effect.gen(function* () {
          const at = yield* Clock.currentTimeMillis
          // Another command may have learnt something meanwhile.
          const { key, limits } = yield* read
          const all = Object.entries({ ...limits, [nameOf(bucket, key)]: { limit, windowMillis, at } })
          all.sort(([, one], [, other]) => other.at - one.at)
          content = { key, limits: Object.fromEntries(all.slice(0, MOST)) }
          yield* write(content)
        }).pipe(Effect.ignore)
    })
  })
