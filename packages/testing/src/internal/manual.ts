/**
 * Extras of a fake on a port: a page that shows its content, the declaration as an OpenAPI document, and a page for
 * trying calls. That page is Swagger UI from `@effect/platform`, which contains everything it needs: the browser asks
 * no other host.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as Effect from "effect/Effect"
import * as Home from "./home.js"
import { ServerRequest } from "./messages.js"

/** @internal */
export const PAGE = "/docs"

/** @internal */
const DOCUMENT = "/openapi.json"

/** @internal */
export interface Manual {
  /** The answer to a request for the manual; none if the request is for the API. */
  readonly answer: (request: {
    readonly method: string
    readonly url: string
  }) => Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined
}

/** The first facts for a person on the page. */
interface Known {
  readonly token: string
  /** The root folder of the first project. */
  readonly rootId: string | undefined
  /** The account to search in. */
  readonly accountId: string | undefined
}

const about = ({ accountId, rootId, token }: Known): string => {
  const root = rootId === undefined ? "" : ` The root folder of its first project is \`${rootId}\`: list its children.`
  const account = accountId === undefined ? "" : ` Its account is \`${accountId}\`.`
  return `**A fake of Frame.io on this machine.** It keeps the documented rules, lives in memory, and is gone when it ends. \
What a call here changes is changed for every program on this port, and counts against the same rate limit.

The token \`${token}\` is filled in already.${root}${account}`
}

/** The declaration, with the answering host as its server. */
const declared = (known: Known) =>
  FrameioApi.FrameioApi.annotateContext(
    OpenApi.annotations({
      title: "Frame.io, the fake of it",
      description: about(known),
      servers: [{ url: "/", description: "This fake" }]
    })
  )

type Declared = ReturnType<typeof declared>

/** Swagger UI has only bright colours: they are inverted, and those of pictures and marks inverted back. */
const DARK = `<style>@media (prefers-color-scheme: dark) { html { background: #111 } .swagger-ui { filter: invert(0.9) hue-rotate(180deg) } .swagger-ui .microlight, .swagger-ui img { filter: invert(1) hue-rotate(180deg) } }</style>`

/** Fills in the token once the page is loaded. */
const authorize = (token: string): string => {
  const [scheme = ""] = Object.keys(OpenApi.fromApi(FrameioApi.FrameioApi).components.securitySchemes)
  const call = `window.ui.preauthorizeApiKey(${JSON.stringify(scheme)}, ${JSON.stringify(token)})`
  return `${DARK}<script>window.addEventListener("load", () => ${call})</script>`
}

/** Loaded on first use, because it is two megabytes. */
const render = (api: Declared, token: string): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.gen(function* () {
    const swagger = yield* Effect.promise(() => import("@effect/platform/HttpApiSwagger"))
    const app = yield* HttpLayerRouter.toHttpEffect(swagger.layerHttpLayerRouter({ api, path: PAGE }))
    const asked = new ServerRequest("GET", PAGE, Headers.empty, new Uint8Array(0))
    const response = yield* Effect.provideService(app, HttpServerRequest.HttpServerRequest, asked)
    const page = response.body._tag === "Uint8Array" ? new TextDecoder().decode(response.body.body) : ""
    return HttpServerResponse.html(page.replace(/<\/body>\s*<\/html>\s*$/, () => `${authorize(token)}</body></html>`))
  }).pipe(Effect.scoped, Effect.orDie)

/** @internal */
export const make = (known: Known, shown: Omit<Home.Shown, "docs">): Effect.Effect<Manual> =>
  Effect.gen(function* () {
    const api = declared(known)
    const home = Home.make({ ...shown, docs: PAGE })
    const page = yield* Effect.cached(render(api, known.token))
    const document = Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(api)))
    const pages: Readonly<Record<string, Effect.Effect<HttpServerResponse.HttpServerResponse>>> = {
      [PAGE]: page,
      [DOCUMENT]: document,
      // Every browser asks for one; it is not a request to the API.
      "/favicon.ico": Effect.succeed(HttpServerResponse.empty())
    }
    return {
      answer: ({ method, url }) => {
        if (method !== "GET") return undefined
        const path = url.split("?", 1)[0] ?? ""
        return Object.hasOwn(pages, path) ? pages[path] : home(url)
      }
    }
  })
