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
import { Asset, AssetId } from "./Asset.js"
import {
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

const version = HttpApiEndpoint.post("version")`/v2/assets/${assetId}/version`
  .setPayload(Schema.Struct({ next_asset_id: AssetId }))
  .addSuccess(Asset)
  .addError(
    overTheWire(Conflict, (body) => new Conflict(body)),
    { status: 409 }
  )

const unversion = HttpApiEndpoint.del("unversion")`/v2/assets/${assetId}/unversion`.addSuccess(Asset).addError(
  overTheWire(Conflict, (body) => new Conflict(body)),
  { status: 409 }
)

const get = HttpApiEndpoint.get("get")`/v2/assets/${assetId}`
  .setUrlParams(Schema.Struct({ include_deleted: flag, type: kinds }))
  .addSuccess(Asset)

const children = HttpApiEndpoint.get("children")`/v2/assets/${assetId}/children`
  .setUrlParams(
    Schema.Struct({
      page: count,
      page_size: count,
      /** `children` (the first three only), `cover_asset`, `review_links`; joined with commas. */
      include: Schema.optional(Schema.String),
      /** Fields joined with commas, `-` in front reverses: `filetype,-id`. */
      sort: Schema.optional(Schema.String),
      include_deleted: flag,
      type: kinds
    })
  )
  .addSuccess(Schema.Array(Asset))

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
