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
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import { Asset, AssetFragment, AssetId, CreatedAsset } from "./Asset.js"
import * as Bulk from "./Bulk.js"
import {
  BadRequest,
  Conflict,
  Forbidden,
  InvalidArguments,
  NotFound,
  overTheWire,
  RateLimited,
  ServerError,
  Unauthorized,
  UsageExceeded
} from "./FrameioError.js"
import * as NewAsset from "./NewAsset.js"
import * as Search from "./Search.js"
import * as Tracks from "./Tracks.js"
import * as UploadPart from "./UploadPart.js"

/**
 * Marks an endpoint that changes nothing although its method is not GET, such as a search by POST: it may be sent
 * again when its answer was lost.
 *
 * @since 0.1.0
 * @category annotations
 */
export class Reads extends Context.Reference<Reads>()("@effect-frameio/core/FrameioApi/Reads", {
  defaultValue: () => false
}) {}

const assetId = HttpApiSchema.param("asset_id", AssetId)

const flag = Schema.optional(Schema.BooleanFromString)

/** The documentation says "double"; pages are counted from 1. */
const count = Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()))

/** One value or several; several are sent as the key repeated, the way OpenAPI serialises a list by default. */
const kinds = Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String)))

/** In the general table of errors; the pages of the endpoints document 401 and 404 only. */
const conflict = overTheWire(Conflict, (body) => new Conflict(body))

const version = HttpApiEndpoint.post("version")`/v2/assets/${assetId}/version`
  .setPayload(Schema.Struct({ next_asset_id: AssetId }))
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

const unversion = HttpApiEndpoint.del("unversion")`/v2/assets/${assetId}/unversion`
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

const get = HttpApiEndpoint.get("get")`/v2/assets/${assetId}`
  .setUrlParams(Schema.Struct({ include_deleted: flag, type: kinds }))
  .addSuccess(Asset)

const listing = HttpApiEndpoint.get("children")`/v2/assets/${assetId}/children`.setUrlParams(
  Schema.Struct({
    page: count,
    page_size: count,
    /**
     * Documented: `children` (the first three only), `cover_asset`, `review_links`; `creator` and `presentation` are
     * named by Frame.io's own SDK. Joined with commas.
     */
    include: Schema.optional(Schema.String),
    /**
     * Fields joined with commas, `-` in front reverses: `filetype,-id`. The documented enumeration of single fields
     * would refuse this, which is its own example.
     */
    sort: Schema.optional(Schema.String),
    include_deleted: flag,
    type: kinds,
    /** Not documented, sent by Frame.io's own SDK: the fields to show, with the prefix of a table (`a.name,u.name`). */
    only_fields: Schema.optional(Schema.String),
    /** Not documented, sent by Frame.io's own SDK: what not to bring along. */
    drop_includes: Schema.optional(Schema.String),
    /** Not documented, sent by Frame.io's own SDK: fields not to show. */
    hard_drop_fields: Schema.optional(Schema.String)
  })
)

const children = listing.addSuccess(Schema.Array(Asset))

/**
 * The listing with `only_fields`, whose items may lack anything: the same endpoint as `children`, for the client that
 * asks for it. What such an item has for certain is not documented.
 *
 * @since 0.1.0
 * @category endpoints
 */
export const slimChildren = listing.addSuccess(Schema.Array(AssetFragment))

/** `asset_id` is the folder. */
const create = HttpApiEndpoint.post("create")`/v2/assets/${assetId}/children`
  .setPayload(NewAsset.Payload)
  .addSuccess(CreatedAsset)
  .addError(conflict, { status: 409 })

/**
 * No body is documented. `name` is what Frame.io's SDK sends, and its command line sends whatever fields it is given,
 * `properties` among them.
 */
const update = HttpApiEndpoint.put("update")`/v2/assets/${assetId}`
  .setPayload(
    Schema.Struct(
      {
        name: Schema.optional(Schema.String),
        properties: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
      },
      Schema.Record({ key: Schema.String, value: Schema.Unknown })
    )
  )
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

/** Answers the asset as it is then, `deleted_at` and all: Frame.io's command line reads that field. */
const remove = HttpApiEndpoint.del("delete")`/v2/assets/${assetId}`
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

const destinationFolder = HttpApiSchema.param("destination_folder", AssetId)

/** The path names the destination, and the body what is copied or moved there. */
const what = Schema.Struct({ id: AssetId })

const copy = HttpApiEndpoint.post("copy")`/v2/assets/${destinationFolder}/copy`
  .setPayload(what)
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

const move = HttpApiEndpoint.post("move")`/v2/assets/${destinationFolder}/move`
  .setPayload(what)
  .addSuccess(Asset)
  .addError(conflict, { status: 409 })

const bulkCopy = HttpApiEndpoint.post(
  "bulkCopy"
)`/v2/batch/assets/${HttpApiSchema.param("destination_id", AssetId)}/copy`
  .setPayload(
    Schema.Struct({
      /** The specification says that these ids are integers, with 1 and 2 as examples; the official SDK sends UUIDs. */
      batch: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.Union(AssetId, Schema.Int) }))),
      /** The default is not documented. */
      copy_comments: Schema.optional(Schema.Literal("all", "none"))
    })
  )
  .addSuccess(Bulk.CopyAnswer)
  .addError(conflict, { status: 409 })

/** A DELETE with a body, which is what is documented. A proxy that drops it makes a 422 or 500 of the call. */
const bulkDelete = HttpApiEndpoint.del("bulkDelete")`/v2/batch/assets`
  .setPayload(Schema.Struct({ asset_ids: Schema.Array(AssetId) }))
  .addSuccess(Bulk.DeleteAnswer)
  .addError(conflict, { status: 409 })

const audio = HttpApiEndpoint.get("audio")`/v2/assets/${assetId}/audio`.addSuccess(Tracks.AudioTracks)

/** Also tagged as private in the specification. */
const subtitles = HttpApiEndpoint.get("subtitles")`/v2/assets/${assetId}/subtitles`.addSuccess(Tracks.SubtitleTracks)

/** The one endpoint that documents 400. */
const realtimeParts = HttpApiEndpoint.post("realtimeParts")`/v2/assets/${assetId}/realtime_upload/parts`
  .setPayload(UploadPart.Payload)
  .addSuccess(UploadPart.UploadUrls)
  .addError(
    overTheWire(BadRequest, (body) => new BadRequest(body)),
    { status: 400 }
  )
  .addError(conflict, { status: 409 })

const search = HttpApiEndpoint.get("search")`/v2/search/assets`
  .setUrlParams(Search.AssetsQuery)
  .addSuccess(Schema.Array(Asset))

const searchPost = HttpApiEndpoint.post("searchPost")`/v2/search/assets`
  .setPayload(Search.AssetsPayload)
  .addSuccess(Schema.Array(Asset))
  .annotate(Reads, true)

const librarySearch = HttpApiEndpoint.get("librarySearch")`/v2/search/library`
  .setUrlParams(Search.LibraryQuery)
  .addSuccess(Schema.Array(Asset))

const librarySearchPost = HttpApiEndpoint.post("librarySearchPost")`/v2/search/library`
  .setPayload(Search.LibraryPayload)
  .addSuccess(Schema.Array(Asset))
  .annotate(Reads, true)

/**
 * The assets: what the documentation calls the Assets group.
 *
 * @since 0.1.0
 * @category groups
 */
export class AssetsGroup extends HttpApiGroup.make("assets")
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

/**
 * The declaration.
 *
 * @since 0.1.0
 * @category api
 */
export class FrameioApi extends HttpApi.make("frameio").add(AssetsGroup) {}

/**
 * What the declaration says of one endpoint, in the form that a running client needs.
 *
 * @since 0.1.0
 * @category reflection
 */
export interface Endpoint {
  /** Group and name, such as `assets.version`. */
  readonly name: string
  /** Such as `POST`. */
  readonly method: string
  /** Such as `/v2/assets/:asset_id/version`. */
  readonly path: string
  /** Method and path: the name of the endpoint's rate limit, such as `POST /v2/assets/:asset_id/version`. */
  readonly route: string
  /** Whether it changes nothing, so that it may be sent again when its answer was lost. */
  readonly reads: boolean
}

interface Template {
  readonly endpoint: Endpoint
  /** The path's segments; `undefined` stands for a parameter. */
  readonly segments: ReadonlyArray<string | undefined>
}

const reflected: {
  readonly byName: ReadonlyMap<string, Endpoint>
  readonly byShape: ReadonlyMap<string, ReadonlyArray<Template>>
} = (() => {
  const byName = new Map<string, Endpoint>()
  const byShape = new Map<string, Array<Template>>()
  HttpApi.reflect(FrameioApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group, mergedAnnotations }) => {
      const declared: Endpoint = {
        name: `${group.identifier}.${endpoint.name}`,
        method: endpoint.method,
        path: endpoint.path,
        route: `${endpoint.method} ${endpoint.path}`,
        reads: endpoint.method === "GET" || Context.get(mergedAnnotations, Reads)
      }
      byName.set(declared.name, declared)
      const segments = endpoint.path.slice(1).split("/")
      const shape = `${endpoint.method} ${segments.length}`
      const templates = byShape.get(shape) ?? []
      templates.push({ endpoint: declared, segments: segments.map((one) => (one.startsWith(":") ? undefined : one)) })
      // A literal segment wins over a parameter, as in any router.
      templates.sort((a, b) => parameters(a) - parameters(b))
      byShape.set(shape, templates)
    }
  })
  return { byName, byShape }
})()

function parameters(template: Template): number {
  return template.segments.filter((segment) => segment === undefined).length
}

/**
 * Every endpoint of the declaration by its name, such as `assets.version`.
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpoints: ReadonlyMap<string, Endpoint> = reflected.byName

const ROOT = "/v2/"

/** The path below the base URL: without host, prefix and query. */
const pathOf = (url: string): string => {
  const query = url.search(/[?#]/)
  const path = query === -1 ? url : url.slice(0, query)
  const root = path.lastIndexOf(ROOT)
  return root === -1 ? path : path.slice(root)
}

const matches = (template: Template, segments: ReadonlyArray<string>): boolean =>
  template.segments.every((segment, index) => segment === undefined || segment === segments[index])

/**
 * The endpoint that a request goes to, if it is declared. The URL may be whole or only a path.
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpointOf = (request: { readonly method: string; readonly url: string }): Endpoint | undefined => {
  const segments = pathOf(request.url).slice(1).split("/")
  return reflected.byShape.get(`${request.method} ${segments.length}`)?.find((template) => matches(template, segments))
    ?.endpoint
}

/** Whatever may be an id: left in the route it would make a bucket of every asset. */
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=\/)\d+(?=\/|$)/gi

/**
 * The route of a request, which is the name of its rate limit: `POST /v2/assets/:asset_id/version`. A request that is
 * not declared gets its own path with the ids taken out.
 *
 * @since 0.1.0
 * @category reflection
 */
export const routeOf = (request: { readonly method: string; readonly url: string }): string =>
  endpointOf(request)?.route ?? `${request.method} ${pathOf(request.url).replace(ID, ":id")}`
