/**
 * The audio and subtitle tracks of a file. No real answer of either endpoint is public: the types are documented, and null
 * has been seen in a file's own `audio_tracks` and `subtitle_tracks`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AssetId } from "./Asset.js"
import { tolerant } from "./internal/tolerant.js"

/**
 * The arguments of the client's `audio` and `subtitles`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TracksArgs {
  /** A file. */
  readonly assetId: AssetId
}

const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const text = Schema.optional(Schema.NullOr(Schema.String))
const list = Schema.NullOr(Schema.Array(Schema.String))

const audio = Schema.Struct(
  {
    /** `asset_audio`. */
    _type: text,
    /** Its subject is not documented. */
    id: text,
    audio_tracks: list
  },
  anything
)

/**
 * The audio tracks of a file. Whether the texts are names or URLs is not documented.
 *
 * @example
 * ```ts
 * const { audio_tracks } = yield* frameio.audio({ assetId: shot })
 * yield* Console.log(`${audio_tracks?.length ?? 0} audio tracks`)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface AudioTracks extends Schema.Schema.Type<typeof audio> {}

export const AudioTracks: Schema.Schema<AudioTracks> = tolerant(audio, { identifier: "AudioTracks" })

const subtitles = Schema.Struct(
  {
    /** `asset_subtitle`. */
    _type: text,
    /** Its subject is not documented. */
    id: text,
    subtitle_tracks: list
  },
  anything
)

/**
 * The subtitle tracks of a file. Whether the texts are names or URLs is not documented.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubtitleTracks extends Schema.Schema.Type<typeof subtitles> {}

export const SubtitleTracks: Schema.Schema<SubtitleTracks> = tolerant(subtitles, { identifier: "SubtitleTracks" })
