/**
 * The one declaration of Frame.io's API, version 2: paths, parameters, payloads, successes and errors. The client, the
 * fake server and the OpenAPI document are derived from it.
 *
 * Names are those on the wire. Sources: <https://developer.frame.io/api/reference/> and the guides beside it.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import { Asset, AssetFragment, AssetUuid, CreatedAsset } from "./Asset.js"
import * as Bulk from "./Bulk.js"
import {
  BadRequest,
  Conflict,
  Forbidden,
  InvalidArguments,
  NotFound,
  RateLimited,
  ServerError,
  Unauthorized,
  UsageExceeded
} from "./FrameioError.js"
import { argument } from "./internal/argument.js"
import * as openApi from "./internal/openApi.js"
import * as query from "./internal/query.js"
import { reflect } from "./internal/reflection.js"
import { overTheWire } from "./internal/statusError.js"
import * as NewAsset from "./NewAsset.js"
import * as Search from "./Search.js"
import * as Tracks from "./Tracks.js"
import * as UploadPart from "./UploadPart.js"

/**
 * Marks an endpoint that only reads although its method is not GET, such as a search by POST: it may be sent again when
 * its answer was lost.
 *
 * @since 0.1.0
 * @category annotations
 */
export class Reads extends Context.Reference<Reads>()("@effect-frameio/core/FrameioApi/Reads", {
  defaultValue: () => false
}) {}

const assetId = HttpApiSchema.param("asset_id", AssetUuid)

const REFERENCE = "https://developer.frame.io/platform/v2/api-reference/assets/"

/** An endpoint's description for the OpenAPI document, and the page that documents it. */
const documented = (page: string, summary: string, description: string) =>
  OpenApi.annotations({ summary, description, externalDocs: { url: `${REFERENCE}${page}` } })

const page = query.count("The page, counted from 1.")
const pageSize = (byDefault: string) => query.count(`Items per page; ${byDefault}.`)
const includeDeleted = query.flag("Whether deleted assets are shown, too; false by default.")
const types = query.texts("Only these kinds: file, folder, version_stack, bundle.")

/** 409 is in the general table of errors; the pages of the endpoints document 401 and 404 only. */
const conflict = overTheWire(Conflict, (body) => new Conflict(body))

const version = HttpApiEndpoint.post("version")`/v2/assets/${assetId}/version`
  .setPayload(Schema.Struct({ next_asset_id: AssetUuid }))
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "add-version-to-asset",
      "Version an asset",
      "Puts a file on a version stack. The path names what is there: a stack, which grows, or a file, out of which a new stack with an id of its own is made. The body names the new version. Both must have the same asset_type; stacks and folders cannot be versions. Which of the two is answered, the stack or the file, is not documented."
    )
  )

const unversion = HttpApiEndpoint.del("unversion")`/v2/assets/${assetId}/unversion`
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "unversion-asset",
      "Take a version out of its stack",
      "The path names the version. Which asset is answered is not documented."
    )
  )

const get = HttpApiEndpoint.get("get")`/v2/assets/${assetId}`
  .setUrlParams(Schema.Struct({ include_deleted: includeDeleted, type: types }))
  .addSuccess(Asset)
  .annotateContext(documented("get-asset", "Get an asset", "A file, a folder, a version stack or a bundle."))

const listing = HttpApiEndpoint.get("children")`/v2/assets/${assetId}/children`
  .setUrlParams(
    Schema.Struct({
      page,
      page_size: pageSize("the default and the maximum are not documented"),
      include: query.joined(
        "Related resources, joined with commas. Documented: children (the first three only), cover_asset, review_links. Frame.io's SDK also names creator and presentation."
      ),
      // The documented enumeration of single fields would refuse the documentation's own example.
      sort: query.joined("Fields joined with commas, - in front reverses: filetype,-id."),
      include_deleted: includeDeleted,
      type: types,
      only_fields: query.joined(
        "Not documented, sent by Frame.io's SDK: the fields to show, with the prefix of a table, such as a.name,u.name."
      ),
      drop_includes: query.joined("Not documented, sent by Frame.io's SDK: what not to bring along."),
      hard_drop_fields: query.joined("Not documented, sent by Frame.io's SDK: fields not to show.")
    })
  )
  .annotateContext(
    documented(
      "get-assets",
      "List what is in a folder or a stack",
      "One page; a stack's newest version comes first. Which page, and how many there are, is in the headers."
    )
  )
  .annotate(OpenApi.Transform, openApi.paged)

const children = listing.addSuccess(Schema.Array(Asset))

/**
 * The listing with `only_fields`, whose items may lack any field.
 *
 * @internal
 */
export const slimChildren = listing.addSuccess(Schema.Array(AssetFragment))

const parentId = HttpApiSchema.param(
  "asset_id",
  Schema.propertySignature(AssetUuid).annotations(argument({ name: "parentId" }))
)

const create = HttpApiEndpoint.post("create")`/v2/assets/${parentId}/children`
  .setPayload(NewAsset.Payload)
  .addSuccess(CreatedAsset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "create-asset",
      "Create a file or a folder",
      "The path names the folder. For a file the answer has upload_urls: put each part there, of ceil(filesize / count) bytes, with the file's content type and x-amz-acl: private. A realtime upload is answered with id and name only. A form (application/x-www-form-urlencoded) is accepted too, but not for a realtime upload."
    )
  )
  .annotate(OpenApi.Transform, openApi.formToo)

const update = HttpApiEndpoint.put("update")`/v2/assets/${assetId}`
  .setPayload(
    Schema.Struct(
      {
        name: Schema.optional(Schema.String),
        properties: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
      },
      Schema.Record({ key: Schema.String, value: Schema.Unknown })
    ).annotations(argument({ name: "fields" }))
  )
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "update-asset",
      "Update an asset",
      "No body is documented. Frame.io's SDK sends name, its command line any field, properties among them; text is what it always sends."
    )
  )

const remove = HttpApiEndpoint.del("delete")`/v2/assets/${assetId}`
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "delete-asset",
      "Delete an asset",
      "It can be restored for 30 days. The answer is the asset with deleted_at, which Frame.io's command line reads."
    )
  )

const destinationFolder = HttpApiSchema.param(
  "destination_folder",
  Schema.propertySignature(AssetUuid).annotations(argument({ name: "destinationId" }))
)

const what = Schema.Struct({ id: Schema.propertySignature(AssetUuid).annotations(argument({ name: "assetId" })) })

const copy = HttpApiEndpoint.post("copy")`/v2/assets/${destinationFolder}/copy`
  .setPayload(what)
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented("copy-asset", "Copy an asset into a folder", "The path names the destination, the body what is copied.")
  )

const move = HttpApiEndpoint.post("move")`/v2/assets/${destinationFolder}/move`
  .setPayload(what)
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented("move-asset", "Move an asset into a folder", "The path names the destination, the body what is moved.")
  )

const bulkCopy = HttpApiEndpoint.post(
  "bulkCopy"
)`/v2/batch/assets/${HttpApiSchema.param("destination_id", AssetUuid)}/copy`
  .setPayload(
    Schema.Struct({
      batch: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.Union(AssetUuid, Schema.Int) }))).annotations({
        description:
          "The specification says that these ids are integers, with 1 and 2 as examples; the official SDK sends UUIDs.",
        ...argument({ name: "assetIds", member: "id" })
      }),
      copy_comments: Schema.optional(Schema.Literal("all", "none")).annotations({
        description: "The default is not documented."
      })
    })
  )
  .addSuccess(Bulk.CopyAnswer)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "batch-copy-asset",
      "Copy many assets into a folder",
      "Answers 200 even where some could not be copied: read error. The documentation says that the ids are integers; Frame.io's SDK sends UUIDs."
    )
  )

/** A proxy that drops the body of a DELETE makes a 422 or 500 of the call. */
const bulkDelete = HttpApiEndpoint.del("bulkDelete")`/v2/batch/assets`
  .setPayload(Schema.Struct({ asset_ids: Schema.Array(AssetUuid) }))
  .addSuccess(Bulk.DeleteAnswer)
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "batch-delete-asset",
      "Delete many assets",
      "A DELETE with a body. Answers 200 even where some could not be deleted: read error."
    )
  )

const audio = HttpApiEndpoint.get("audio")`/v2/assets/${assetId}/audio`
  .addSuccess(Tracks.AudioTracks)
  .annotateContext(documented("get-audio", "Get the audio tracks of a file", "The names of the tracks of one file."))

const subtitles = HttpApiEndpoint.get("subtitles")`/v2/assets/${assetId}/subtitles`
  .addSuccess(Tracks.SubtitleTracks)
  .annotateContext(
    documented(
      "get-subtitles",
      "Get the subtitles of a file",
      "The names of the tracks of one file. Tagged as private in Frame.io's own specification."
    )
  )

/** The one endpoint that documents 400. */
const realtimeParts = HttpApiEndpoint.post("realtimeParts")`/v2/assets/${assetId}/realtime_upload/parts`
  .setPayload(UploadPart.Payload)
  .addSuccess(UploadPart.UploadUrls)
  .addError(
    overTheWire(BadRequest, (body) => new BadRequest(body)),
    { status: 400 }
  )
  .addError(conflict, { status: 409 })
  .annotateContext(
    documented(
      "create-realtime-upload-parts",
      "Get URLs for the parts of a realtime upload",
      "For an asset created with is_realtime_upload. One URL per part, in the order of the request. Every part but the final one has at least 5 MiB; the size of the whole file comes with the final one."
    )
  )

const search = HttpApiEndpoint.get("search")`/v2/search/assets`
  .setUrlParams(Search.AssetsQuery)
  .addSuccess(Schema.Array(Asset))
  .annotateContext(
    documented(
      "asset-search-get",
      "Search",
      "Only names and types of the fields are documented. How an object is written in a query is not."
    )
  )
  .annotate(OpenApi.Transform, openApi.paged)

const searchPost = HttpApiEndpoint.post("searchPost")`/v2/search/assets`
  .setPayload(Search.AssetsPayload)
  .addSuccess(Schema.Array(Asset))
  .annotate(Reads, true)
  .annotateContext(
    documented("asset-search-post", "Search, by POST", "The same fields as a JSON body. Changes nothing.")
  )
  .annotate(OpenApi.Transform, openApi.paged)

const librarySearch = HttpApiEndpoint.get("librarySearch")`/v2/search/library`
  .setUrlParams(Search.LibraryQuery)
  .addSuccess(Schema.Array(Asset))
  .annotateContext(
    documented(
      "library-search-get",
      "Search the library of an account",
      "The advanced search; its guide is https://developer.frame.io/platform/v2/search-for-assets. How an object is written in a query is not documented: search by POST."
    )
  )
  .annotate(OpenApi.Transform, openApi.paged)

const librarySearchPost = HttpApiEndpoint.post("librarySearchPost")`/v2/search/library`
  .setPayload(Search.LibraryPayload)
  .addSuccess(Schema.Array(Asset))
  .annotate(Reads, true)
  .annotateContext(
    documented(
      "library-search-post",
      "Search the library of an account, by POST",
      "The advanced search; its guide is https://developer.frame.io/platform/v2/search-for-assets. Frame.io says that a page may hold more or fewer items than were asked for. Changes nothing."
    )
  )
  .annotate(OpenApi.Transform, openApi.paged)

/**
 * The Assets group of the documentation.
 *
 * @since 0.1.0
 * @category groups
 */
export class AssetsGroup extends HttpApiGroup.make("assets")
  .annotate(OpenApi.Description, "Files, folders, version stacks and bundles: all are assets.")
  .add(version)
  .add(unversion)
  .add(get)
  .add(children)
  .add(create)
  .add(update)
  .add(remove)
  .add(copy)
  .add(move)
  .add(bulkCopy)
  .add(bulkDelete)
  .add(audio)
  .add(subtitles)
  .add(realtimeParts)
  .add(search)
  .add(searchPost)
  .add(librarySearch)
  .add(librarySearchPost)
  .addError(
    overTheWire(Unauthorized, (body) => new Unauthorized(body)),
    { status: 401 }
  )
  .addError(
    overTheWire(UsageExceeded, (body) => new UsageExceeded(body)),
    { status: 402 }
  )
  .addError(
    overTheWire(Forbidden, (body) => new Forbidden(body)),
    { status: 403 }
  )
  .addError(
    overTheWire(NotFound, (body) => new NotFound(body)),
    { status: 404 }
  )
  .addError(
    overTheWire(InvalidArguments, (body) => new InvalidArguments(body)),
    { status: 422 }
  )
  .addError(
    overTheWire(RateLimited, (body) => new RateLimited(body)),
    { status: 429 }
  )
  .addError(
    overTheWire(ServerError, (body) => new ServerError(body)),
    { status: 500 }
  ) {}

const ABOUT = `The Assets group of the Frame.io API, version 2 (legacy), as effect-frameio declares it. Not Frame.io's \
own document: it is derived from the client's declaration, out of the public documentation and of what public clients \
send and read. Where those differ, docs/clients.md of effect-frameio says which fact decided.

Every asset is one JSON object, without an envelope, and may have fields that are not listed here. Each user has one \
rate limit for each endpoint, whatever the token; every answer tells it in headers.`

/**
 * The declaration.
 *
 * @example
 * ```ts
 * import { OpenApi } from "@effect/platform"
 * import { FrameioApi } from "@effect-frameio/core"
 *
 * const document = OpenApi.fromApi(FrameioApi.FrameioApi)
 * ```
 *
 * @since 0.1.0
 * @category api
 */
export class FrameioApi extends HttpApi.make("frameio")
  .add(AssetsGroup)
  .annotateContext(
    OpenApi.annotations({
      title: "Frame.io API, version 2: assets",
      version: "2.0.0",
      description: ABOUT,
      servers: [{ url: "https://api.frame.io", description: "Frame.io" }],
      transform: openApi.document
    })
  ) {}

/**
 * One declared endpoint, in the form that a running client needs.
 *
 * @since 0.1.0
 * @category reflection
 */
export interface Endpoint<Name extends string = string> {
  /** Group and name, such as `assets.version`. */
  readonly name: Name
  /** Such as `POST`. */
  readonly method: string
  /** Such as `/v2/assets/:asset_id/version`. */
  readonly path: string
  /** Method and path: the name of the endpoint's rate limit, such as `POST /v2/assets/:asset_id/version`. */
  readonly route: string
  /** Whether it changes nothing, so that it may be sent again when its answer was lost. */
  readonly reads: boolean
}

const reflected = reflect(
  Object.values(FrameioApi.groups).flatMap(({ endpoints, identifier }) =>
    Object.values(endpoints).map(({ annotations, method, name, path }) => ({
      name: `${identifier}.${name}`,
      method,
      path,
      annotations
    }))
  ),
  "/v2/",
  ({ annotations, method, name, path }): Endpoint<EndpointName> => ({
    // Reflection loses the literal type.
    name: name as EndpointName,
    method,
    path,
    route: `${method} ${path}`,
    reads: method === "GET" || Context.get(annotations, Reads)
  })
)

/**
 * The name of an endpoint, such as `assets.version`.
 *
 * @since 0.1.0
 * @category reflection
 */
export type EndpointName = `assets.${HttpApiGroup.HttpApiGroup.Endpoints<typeof AssetsGroup>["name"]}`

/**
 * Every endpoint of the declaration by its name.
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpoints: ReadonlyMap<string, Endpoint<EndpointName>> = reflected.byName

/**
 * The endpoint that a request goes to, if it is declared. The URL may be whole or only a path.
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpointOf = (request: {
  readonly method: string
  readonly url: string
}): Endpoint<EndpointName> | undefined => reflected.find(request)
