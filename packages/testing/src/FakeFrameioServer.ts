/**
 * The fake on a port of this machine, for programs in other processes and languages, over plain HTTP, with CORS for every
 * origin. Only this module needs Node and `@effect/platform-node`.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as SecureUrl from "@effect-frameio/core/SecureUrl"
import * as RateLimitHeaders from "@effect-frameio/ratelimit/RateLimitHeaders"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as FakeFrameio from "./FakeFrameio.js"
import type { Engine } from "./internal/engine.js"
import * as Manual from "./internal/manual.js"
import { ServerRequest } from "./internal/messages.js"
import type { Reply } from "./internal/reply.js"
import type { Uploads } from "./internal/uploads.js"
import * as Webhooks from "./Webhooks.js"

/**
 * The options of a fake on a port.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends FakeFrameio.Options {
  /** Default 0, which takes any free port. */
  readonly port?: number | undefined
  /**
   * The address or name to listen on. Default `127.0.0.1`. For any other the {@link warning} is logged, because everybody
   * knows the fake's token.
   */
  readonly host?: string | undefined
}

/**
 * A running fake and its address.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends FakeFrameio.Service {
  /** Such as `http://127.0.0.1:43210`: the value for `FRAMEIO_BASE_URL`. */
  readonly baseUrl: string
  /** The port it listens on. */
  readonly port: number
  /**
   * The page on which calls can be made in a browser; the OpenAPI document is beside it at `/openapi.json`. The page at
   * {@link baseUrl} shows the fake's content and buckets.
   */
  readonly docsUrl: string
}

/**
 * A running fake and its address.
 *
 * @example
 * ```ts
 * const { baseUrl } = yield* FakeFrameioServer.make()
 * const answer = yield* HttpClient.get(`${baseUrl}/openapi.json`)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class FakeFrameioServer extends Context.Tag("@effect-frameio/testing/FakeFrameioServer")<
  FakeFrameioServer,
  Service
>() {}

/**
 * The host where a fake listens by default.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultHost = "127.0.0.1"

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host)

/**
 * The warning before a fake listens on a host; none for loopback.
 *
 * @since 0.1.0
 * @category constructors
 */
export const warning = (host: string): string | undefined =>
  SecureUrl.isSecure({ protocol: "http:", hostname: inUrl(host) })
    ? undefined
    : `The fake listens on ${host === "" ? "all addresses" : host}, beyond this machine: anybody who reaches it can call it, over plain HTTP, with a token that is not secret.`

/** Nobody can connect to "all addresses". */
const REACHED_BY: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

/** Pages of every origin may call a fake, and read the headers that programs read. */
const cors = HttpMiddleware.cors({
  exposedHeaders: [
    ...[RateLimitHeaders.LIMIT, RateLimitHeaders.WINDOW, RateLimitHeaders.REMAINING, "retry-after"],
    ...["page-number", "per-page", "total", "total-pages", "link"],
    "etag"
  ]
})

/** Loaded when a server is made, so that the in-memory fake works where `@effect/platform-node` is not installed. */
const platformNode = Effect.promise(() =>
  Promise.all([import("@effect/platform-node/NodeHttpServer"), import("@effect/platform-node/NodeHttpServerRequest")])
)

/** Ends the connection as a broken network does. */
const breakOff = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.flatMap(platformNode, ([, { toIncomingMessage }]) => {
    toIncomingMessage(request).socket.resetAndDestroy()
    return Effect.never
  })

const giveBack = (request: HttpServerRequest.HttpServerRequest, reply: Reply) => {
  switch (reply._tag) {
    case "Answer":
      return Effect.succeed(reply.response)
    case "Refused":
    case "Broken":
      return breakOff(request)
    case "Silence":
      return Effect.never
  }
}

const serve = (engine: Engine, manual: Manual.Manual, uploads: Uploads) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const page = manual.answer(request)
    if (page !== undefined) return yield* page
    if (engine.isForStorage(request.url)) {
      const { headers, method, stream, url } = request
      return yield* giveBack(request, yield* engine.exchangeWithStorage({ method, url, headers, body: stream }))
    }
    // The body is read first: a request that has arrived is handled, even if the client goes away.
    const body = yield* Effect.either(request.arrayBuffer)
    if (body._tag === "Left") return HttpServerResponse.empty({ status: 400 })
    // The host by which the client reached the fake also reaches the storage host.
    if (request.headers.host !== undefined) uploads.base = `http://${request.headers.host}`
    const reply = yield* engine.exchange(
      new ServerRequest(request.method, request.url, request.headers, new Uint8Array(body.right))
    )
    return yield* giveBack(request, reply)
  })

/**
 * Starts a fake on a port, until the scope closes. Fails if the port is taken, or the host is not this machine's.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Service, HttpServerError.ServeError, Scope.Scope> =>
  Effect.gen(function* () {
    const host = options?.host ?? defaultHost
    const { engine, service } = yield* FakeFrameio.run({ ...options, webhooks: options?.webhooks ?? Webhooks.http() })
    const server = createServer()
    const [NodeHttpServer] = yield* platformNode
    const http = yield* NodeHttpServer.make(() => server, { port: options?.port ?? 0, host })
    const [project] = service.world.projects
    const manual = yield* Manual.make(
      { token: FakeFrameio.token, rootId: project?.rootId, accountId: project?.accountId },
      service
    )
    yield* http.serve(serve(engine, manual, service.world.uploads), cors)
    // Runs first of all finalizers, because kept-alive connections would keep the server from closing.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
    )
    const address = server.address()
    const { address: bound, port } =
      typeof address === "object" && address !== null ? address : { address: host, port: 0 }
    const baseUrl = `http://${inUrl(REACHED_BY[bound] ?? host)}:${port}`
    service.world.uploads.base = baseUrl
    const exposed = warning(host)
    if (exposed !== undefined) yield* Effect.logWarning(exposed)
    return { ...service, baseUrl, port, docsUrl: `${baseUrl}${Manual.PAGE}` }
  }).pipe(Effect.withTracerEnabled(false))

/**
 * A fake on a port, and `FakeFrameio` to look into it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<FakeFrameioServer | FakeFrameio.FakeFrameio, HttpServerError.ServeError> =>
  Layer.scopedContext(
    Effect.map(make(options), (service) =>
      Context.make(FakeFrameioServer, service).pipe(Context.add(FakeFrameio.FakeFrameio, service))
    )
  )
