/**
 * Arguments for creating an asset in a folder: a file that will be uploaded, a file that Frame.io fetches from a URL, a
 * file that is uploaded while it is still being written, or a folder.
 *
 * Source: <https://developer.frame.io/api/reference/operation/createAsset/>. The names there are those of the wire.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type AssetId, AssetUuid } from "./Asset.js"
import type { Problem } from "./FrameioError.js"
import { argument } from "./internal/argument.js"
import * as text from "./SafeText.js"

interface Common {
  /** Text for people. */
  readonly description?: string | undefined
  /** Custom properties by name. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

interface CommonFile extends Common {
  /**
   * The file or stack that gets this file as its next version. `auto_version_id` is in the documentation's example and not
   * in its schema, so whether Frame.io heeds it is **not known**.
   */
  readonly autoVersionId?: AssetId | undefined
}

/**
 * A file whose parts go to the `upload_urls` of the answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewFile extends CommonFile {
  readonly type: "file"
  /** With its extension. */
  readonly name: string
  /** Bytes. */
  readonly filesize: number
  /** MIME type, which the parts must have as their `content-type`. */
  readonly filetype?: string | undefined
  readonly isRealtimeUpload?: false | undefined
  readonly source?: undefined
}

/**
 * A file that Frame.io fetches from a URL.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewRemoteFile extends CommonFile {
  readonly type: "file"
  /** With its extension. */
  readonly name: string
  /** The file's URL. Frame.io must be able to read it without a login. */
  readonly source: { readonly url: string }
  /** Bytes. Whether it is required here is not documented. */
  readonly filesize?: number | undefined
  /** MIME type. */
  readonly filetype?: string | undefined
  readonly isRealtimeUpload?: false | undefined
}

interface Realtime extends CommonFile {
  readonly type: "file"
  readonly isRealtimeUpload: true
  /** MIME type. */
  readonly filetype: string
  readonly source?: undefined
}

/**
 * A file that is uploaded while it is still being written. It needs a name, or an extension such as `.mp4`, which gives
 * it the name `[new file].mp4`; both must agree. Its size comes with the last part.
 *
 * @since 0.1.0
 * @category models
 */
export type NewRealtimeFile = Realtime &
  (
    | { readonly name: string; readonly extension?: string | undefined }
    | { readonly name?: undefined; readonly extension: string }
  )

/**
 * A folder.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewFolder extends Common {
  readonly type: "folder"
  readonly name: string
  readonly isRealtimeUpload?: false | undefined
  readonly source?: undefined
}

/**
 * The asset to create.
 *
 * @example
 * ```ts
 * const file: NewAsset.NewAsset = { type: "file", name: "shot_v001.mov", filetype: "video/quicktime", filesize: 1_048_576 }
 * const created = yield* frameio.create({ parentId: folder, ...file })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type NewAsset = NewFile | NewRemoteFile | NewRealtimeFile | NewFolder

/**
 * The arguments of the client's `create`.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateArgs = NewAsset & {
  /** The folder; a project's root is one. */
  readonly parentId: AssetId
}

const bytes = Schema.Int.pipe(Schema.nonNegative()).annotations(text.says("must be a whole number of bytes"))
const textOfBytes = Schema.compose(Schema.NumberFromString, bytes).annotations({ jsonSchema: { type: "string" } })

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

const withDot = (extension: unknown): unknown =>
  isText(extension) && !extension.startsWith(".") ? `.${extension}` : extension

const fields = Schema.Struct({
  type: Schema.Literal("file", "folder").annotations(
    text.says('must be "file" or "folder"; stacks are made by version, out of files')
  ),
  name: Schema.optional(Schema.NullOr(Schema.String)).annotations({
    description: "Required unless realtime, where it may be null beside an extension."
  }),
  extension: Schema.optional(Schema.NullOr(Schema.String)).annotations({
    description: "With its dot: the documented pattern is \\..+. Only for a realtime upload; ignored otherwise.",
    ...argument({ from: withDot })
  }),
  filetype: Schema.optional(Schema.NullOr(Schema.String)).annotations({
    description: "MIME type; required if realtime."
  }),
  filesize: Schema.optional(Schema.NullOr(Schema.Union(bytes, textOfBytes))).annotations({
    description:
      "Bytes; required unless realtime, and null by default. A form and Frame.io's command line send it as text."
  }),
  is_realtime_upload: Schema.optional(Schema.Boolean).annotations({
    description: "false by default; true requires a file, and JSON."
  }),
  description: Schema.optional(Schema.NullOr(Schema.String)),
  properties: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown }))),
  source: Schema.optional(Schema.NullOr(Schema.Struct({ url: Schema.String }))).annotations({
    description: "Where Frame.io is to fetch the file."
  }),
  auto_version_id: Schema.optional(Schema.NullOr(AssetUuid)).annotations({
    description: "In the documentation's example and not in its schema."
  })
})

export interface Payload extends Schema.Schema.Type<typeof fields> {}

const extensionOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase()

/**
 * All broken rules between the fields of a payload, by their names on the wire. The schema judges single fields.
 *
 * @since 0.1.0
 * @category rules
 */
export const problemsOf = (payload: { readonly [K in keyof Payload]?: unknown }): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const { extension, filesize, filetype, is_realtime_upload, name, source, type } = payload
  if (is_realtime_upload === true) {
    if (type === "folder") {
      problems.push({ path: "is_realtime_upload", message: "is for files only; a folder has nothing to upload" })
    }
    if (!isText(filetype)) problems.push({ path: "filetype", message: "is missing; a realtime upload needs it" })
    if (!isText(name) && !isText(extension)) {
      problems.push({ path: "name", message: "is missing; a realtime upload needs a name or an extension" })
    }
    if (isText(name) && isText(extension) && extensionOf(name) !== extensionOf(extension)) {
      problems.push({ path: "extension", message: `is ${extension} and not that of the name, ${name}; leave one out` })
    }
    return problems
  }
  if (!isText(name)) problems.push({ path: "name", message: "is missing; only a realtime upload can do without" })
  const remote = source !== undefined && source !== null
  if (type === "file" && !remote && (filesize === undefined || filesize === null)) {
    problems.push({ path: "filesize", message: "is missing; how many bytes will be uploaded?" })
  }
  return problems
}

/**
 * The payload, as it is on the wire, with the rules of {@link problemsOf}.
 *
 * @since 0.1.0
 * @category wire
 */
export const Payload = fields
  .pipe(Schema.filter((payload) => problemsOf(payload).map(({ message, path }) => ({ path: [path], message }))))
  .annotations({
    identifier: "NewAsset",
    description: "The asset to create in a folder",
    examples: [{ type: "folder", name: "dailies" }],
    jsonSchema: {}
  })
