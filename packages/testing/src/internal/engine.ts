/** One exchange of a request for an answer, on any wire: the plan, the token, the limit, the handlers, the journal. */

import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as Uuid from "@effect-frameio/core/Uuid"
import * as RateLimitHeaders from "@effect-frameio/ratelimit/RateLimitHeaders"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as FaultPlan from "../FaultPlan.js"
import type * as Journal from "../Journal.js"
import type * as RateLimiter from "../RateLimiter.js"
import * as Storage from "../Storage.js"
import type * as Webhooks from "../Webhooks.js"
import type { User, World } from "../World.js"
import type { Arrival, Face, Handled } from "./face.js"
import { fromForm } from "./forms.js"
import * as handlers from "./handlers.js"
import type { ServerRequest } from "./messages.js"
import type * as Payload from "./payload.js"
import { afterwards, BROKEN, html, REFUSED, type Reply, withRetryAfter } from "./reply.js"
import * as StorageHost from "./storageHost.js"
import * as V4Face from "./v4/face.js"
import * as Ims from "./v4/ims.js"
import type { State } from "./v4/state.js"
import * as Announcer from "./v4/webhooks.js"
import { Visit, type VisitState } from "./visit.js"

/** @internal */
export interface Parts {
  readonly world: World
  readonly storage: Storage.Storage
  readonly limiter: RateLimiter.RateLimiter
  readonly journal: Journal.Journal
  readonly plan: FaultPlan.FaultPlan
  readonly shape: Payload.Shape
  readonly v4: State
  /** The receiver of webhook deliveries. */
  readonly receive: Webhooks.Receiver
  /** ms since 1970, by the program's clock. */
  readonly startMillis: number
}

/** @internal */
export interface Engine {
  readonly exchange: (request: ServerRequest) => Effect.Effect<Reply>
  /** Whether a request is for the storage host, whose body should not be read beforehand. */
  readonly isForStorage: (path: string) => boolean
  /** The same for the storage host. If the client goes away here, the rest of its body is lost. */
  readonly exchangeWithStorage: (incoming: StorageHost.Incoming) => Effect.Effect<Reply>
  /** Lets everything due happen. */
  readonly catchUp: Effect.Effect<void>
  /** Webhook deliveries, try by try. */
  readonly deliveries: ReadonlyArray<Webhooks.Attempt>
}

const json = (status: number, title: string, detail: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(
    { code: status, message: title, errors: [{ code: status, status, title, detail }] },
    { status }
  )

const UUIDS = new RegExp(Uuid.pattern, "gi")

/** As the limiter library sends it: no content type, no `Retry-After`. */
const LIMITED = HttpServerResponse.setBody(
  HttpServerResponse.empty({ status: 429 }),
  HttpBody.uint8Array(new TextEncoder().encode("Rate Limit Exceeded"), "")
)

const NO_HEADERS: Readonly<Record<string, string>> = {}

const rateLimitHeaders = (
  decision: RateLimiter.Decision | undefined,
  remaining: number | undefined,
  fault: FaultPlan.HeaderFault | undefined
): Readonly<Record<string, string>> => {
  if (decision?.limit === undefined || remaining === undefined || fault === "missing") return NO_HEADERS
  return {
    [RateLimitHeaders.LIMIT]: fault?.limit ?? String(decision.limit.limit),
    [RateLimitHeaders.WINDOW]: fault?.window ?? String(decision.limit.windowMillis),
    [RateLimitHeaders.REMAINING]: fault?.remaining ?? String(remaining)
  }
}

const BEARER = /^Bearer +(\S+)$/i

/** The declaration's router, as one function from a request to an answer. */
const application = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const services = yield* Layer.build(
    Layer.mergeAll(
      HttpApiBuilder.api(FrameioApi.FrameioApi).pipe(Layer.provide(handlers.layer)),
      HttpApiBuilder.Router.Live,
      HttpApiBuilder.Middleware.layer,
      HttpServer.layerContext
    )
  )
  const app = yield* Effect.provide(HttpApiBuilder.httpApp, services)
  const context = Context.add(services, Scope.Scope, scope)
  return (request: ServerRequest, visit: VisitState): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    app.pipe(
      // Nothing of the client's own context: a server knows nothing about it, including its span.
      Effect.mapInputContext((_: Context.Context<never>) =>
        context.pipe(Context.add(HttpServerRequest.HttpServerRequest, request), Context.add(Visit, visit))
      ),
      Effect.catchAllCause((cause) => broken(request, visit, cause))
    )
})

const NOT_READABLE = json(400, "Bad Request", "The body does not match its content type.")

/** A defect in a handler is a fault of the fake, or of a rule that a user gave it. */
const broken = (
  request: ServerRequest,
  visit: VisitState,
  cause: Cause.Cause<unknown>
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const error = Cause.squash(cause)
  const notReadable = HttpServerError.isServerError(error) && error._tag === "RequestError"
  if (!visit.handled && notReadable) return Effect.succeed(NOT_READABLE)
  return Effect.as(
    Effect.logError(`The fake failed at ${request.method} ${request.url}`, cause),
    json(500, "The fake failed", Cause.pretty(cause).slice(0, 500))
  )
}

/** The one endpoint whose page documents a 400. */
const REALTIME_PARTS = "assets.realtimeParts"

/** Malformed arguments: the router's own words in the documented body. */
const malformed = (response: HttpServerResponse.HttpServerResponse, status: number) => {
  if (response === NOT_READABLE || response.body._tag !== "Uint8Array") return NOT_READABLE
  const body = new TextDecoder().decode(response.body.body)
  let detail = "The arguments are not of the documented form."
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) detail = String(parsed.message)
  } catch {
    // Only the words are missing then.
  }
  return json(status, "Invalid Arguments", detail)
}

/** The face of version 2. */
const v2Face = (parts: Parts, run: Effect.Effect.Success<typeof application>): Face => {
  const { shape, world } = parts
  return {
    endpointOf: (request) => FrameioApi.endpointOf(request)?.name ?? "",
    authenticate: ({ nowMillis, request }) => {
      const token = BEARER.exec(request.headers.authorization ?? "")?.[1]
      const isAdobes = token !== undefined && parts.v4.issuedTo(token, nowMillis) !== undefined
      const user = token === undefined || isAdobes ? undefined : world.userOf(token)
      if (user !== undefined) return user
      const detail =
        token === undefined
          ? "The header Authorization: Bearer <token> is missing."
          : "The token is not known here, or it has expired."
      return json(401, "Unauthorized", detail)
    },
    noRoute: ({ request }) => json(404, "Not Found", `The fake does not know ${request.method} ${request.url}.`),
    ownerOf: (user) => user.id,
    decided: (_owner, _endpoint, decision) => decision,
    refused: () =>
      world.unknowns.rateLimitBody === "json" ? json(429, "Too Many Requests", "Rate Limit Exceeded") : LIMITED,
    failed: (status, detail) => json(status, "Internal Server Error", detail),
    handle: ({ endpoint, nowMillis, request }, user) => {
      const visit: VisitState = {
        world,
        shape,
        user,
        nowMillis,
        handled: false,
        assetIds: [],
        applied: false,
        refusal: undefined,
        status: undefined,
        headers: undefined
      }
      const readable = endpoint === "assets.create" ? fromForm(request) : request
      return Effect.map(run(readable, visit), (answered) => {
        let response = answered
        if (!visit.handled && response.status >= 400) {
          visit.refusal = "Malformed"
          if (response.status === 400) {
            const status = endpoint === REALTIME_PARTS ? 400 : world.unknowns.malformedStatus
            response = malformed(response, status)
          }
        }
        if (visit.status !== undefined) response = HttpServerResponse.setStatus(response, visit.status)
        if (visit.headers !== undefined) response = HttpServerResponse.setHeaders(response, visit.headers)
        const { applied, assetIds, handled, refusal } = visit
        return { response, assetIds: handled ? assetIds : undefined, applied, refusal }
      })
    },
    remaining: (decision) => decision.remaining
  }
}

const isV4 = (url: string): boolean => /^\/v4(?:[/?#]|$)/.test(url)

/** @internal */
export const make = (parts: Parts): Effect.Effect<Engine, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { journal, limiter, plan, receive, startMillis, storage, v4, world } = parts
    const scope = yield* Effect.scope
    const announcer = Announcer.make({ state: v4, receive, startMillis, scope })
    const host = StorageHost.make({ journal, startMillis, storage, v4, announcer, world })
    const v2Answers = v2Face(parts, yield* application)
    const v4Answers = V4Face.make(world, v4, announcer)
    const faceOf = (url: string): Face => (isV4(url) ? v4Answers : v2Answers)
    const pending = [...plan.happenings].sort((a, b) => a.atMillis - b.atMillis)
    let happened = 0
    let sent = 0
    const sentTo = new Map<string, number>()

    const happen = (now: number): void => {
      world.process(now)
      for (let next = pending[happened]; next !== undefined; next = pending[happened]) {
        if (next.atMillis > now - startMillis) return
        happened++
        switch (next._tag) {
          case "LimitChanges":
            limiter.setLimit(next.endpoint, next.limit)
            break
          case "TokenExpires":
            world.revokeToken(next.token)
            break
          case "AssetDeleted":
            world.remove(next.assetId, startMillis + next.atMillis)
            break
          case "WorldChanges":
            next.change(world)
            break
        }
      }
    }

    const arrive = (
      request: ServerRequest,
      info: FaultPlan.RequestInfo,
      fate: FaultPlan.Fate,
      now: number
    ): Effect.Effect<Reply> => {
      happen(now)
      const fault = fate.fault
      const face = faceOf(info.url)
      const arrival: Arrival = { request, endpoint: info.endpoint, nowMillis: now }
      const ended = (
        status: number,
        outcome: Partial<Omit<Handled, "response">> & {
          readonly user?: User | undefined
          readonly decision?: RateLimiter.Decision | undefined
        }
      ): void =>
        journal.add({
          sequence: info.sequence,
          atMillis: now - startMillis,
          method: info.method,
          url: info.url,
          endpoint: info.endpoint,
          userId: outcome.user?.id,
          assetIds: outcome.assetIds ?? info.url.match(UUIDS) ?? [],
          status,
          applied: outcome.applied ?? false,
          refusal: outcome.refusal,
          fault: fault?._tag,
          remaining: outcome.decision?.limit === undefined ? undefined : outcome.decision.remaining
        })

      if (fault?._tag === "RequestLost" || fault?._tag === "BrokenMidway") {
        ended(0, {})
        return Effect.succeed(BROKEN)
      }
      if (fault?._tag === "HtmlBefore") {
        const response = html(fault.status ?? 502)
        ended(response.status, { refusal: "Proxy" })
        return Effect.succeed({ _tag: "Answer", response })
      }
      const answer = (response: HttpServerResponse.HttpServerResponse, decision?: RateLimiter.Decision): Reply =>
        afterwards(fault, () => {
          const remaining = decision === undefined ? undefined : face.remaining(decision, response.status)
          const headers = rateLimitHeaders(decision, remaining, fate.headers)
          return headers === NO_HEADERS ? response : HttpServerResponse.setHeaders(response, headers)
        })

      const asking = face.authenticate(arrival)
      if (HttpServerResponse.isServerResponse(asking)) {
        ended(asking.status, { refusal: asking.status === 401 ? "Unauthorized" : "Forbidden" })
        return Effect.succeed(answer(asking))
      }
      if (info.endpoint === "") {
        ended(404, { user: asking, refusal: "NoSuchRoute" })
        return Effect.succeed(answer(face.noRoute(arrival)))
      }
      const owner = face.ownerOf(asking, arrival)
      const decision = face.decided(owner, info.endpoint, limiter.take(owner, info.endpoint, now))
      if (!decision.admitted) {
        ended(429, { user: asking, refusal: "RateLimited", decision })
        return Effect.succeed(answer(face.refused(), decision))
      }
      if (fault?._tag === "ErrorBefore") {
        const status = fault.status ?? 500
        ended(status, { user: asking, refusal: "ServerError", decision })
        const failed = status === 429 ? face.refused() : face.failed(status, "By plan, before anything was done.")
        return Effect.succeed(answer(withRetryAfter(failed, fault), decision))
      }
      return Effect.map(face.handle(arrival, asking), (handled) => {
        const response =
          fault?._tag === "ErrorAfter"
            ? face.failed(fault.status ?? 500, "By plan, after the change was made.")
            : handled.response
        ended(response.status, { ...handled, user: asking, decision })
        return answer(response, decision)
      })
    }

    const arriveNow = (request: ServerRequest, info: FaultPlan.RequestInfo, fate: FaultPlan.Fate) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => arrive(request, info, fate, now))

    /** Sends a request on its way: its number, its fate, and no connection if the plan has none for it. */
    const depart = <A>(
      request: { readonly method: string; readonly url: string },
      endpoint: FaultPlan.EndpointName | "",
      go: (info: FaultPlan.RequestInfo, fate: FaultPlan.Fate, now: number) => Effect.Effect<A>
    ): Effect.Effect<A | Reply> =>
      Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<A | Reply> => {
        const ofEndpoint = sentTo.get(endpoint) ?? 0
        sentTo.set(endpoint, ofEndpoint + 1)
        const info: FaultPlan.RequestInfo = {
          sequence: sent++,
          ofEndpoint,
          elapsedMillis: now - startMillis,
          method: request.method,
          url: request.url,
          endpoint
        }
        const fate = plan.decide(info)
        if (fate.fault?._tag !== "ConnectionRefused") return go(info, fate, now)
        journal.add({
          sequence: info.sequence,
          atMillis: info.elapsedMillis,
          method: info.method,
          url: info.url,
          endpoint: info.endpoint,
          userId: undefined,
          assetIds: info.url.match(UUIDS) ?? [],
          status: 0,
          applied: false,
          refusal: undefined,
          fault: "ConnectionRefused",
          remaining: undefined
        })
        return Effect.succeed(REFUSED)
      })

    const comeBack = (replied: Effect.Effect<Reply>, fate: FaultPlan.Fate): Effect.Effect<Reply> => {
      const answerMillis = fate.answerMillis ?? 0
      return answerMillis > 0 ? Effect.tap(replied, () => Effect.sleep(answerMillis)) : replied
    }

    /** The identity provider, which has no limit and no token. */
    const identify = (request: ServerRequest): Effect.Effect<Reply> =>
      depart(request, Ims.ENDPOINT, (info, fate, now) => {
        const lost = fate.fault?._tag === "AnswerLost"
        const failed = fate.fault?._tag === "ErrorBefore" ? (fate.fault.status ?? 500) : undefined
        const response =
          failed === undefined ? Ims.answer(v4, request, now) : HttpServerResponse.empty({ status: failed })
        journal.add({
          sequence: info.sequence,
          atMillis: now - startMillis,
          method: info.method,
          url: info.url,
          endpoint: Ims.ENDPOINT,
          userId: undefined,
          assetIds: [],
          status: lost ? 0 : response.status,
          applied: response.status === 200,
          refusal: undefined,
          fault: fate.fault?._tag,
          remaining: undefined
        })
        return comeBack(Effect.succeed<Reply>(lost ? BROKEN : { _tag: "Answer", response }), fate)
      })

    const exchangeWithApi = (request: ServerRequest): Effect.Effect<Reply> =>
      depart(request, faceOf(request.url).endpointOf(request), (info, fate, now) => {
        const requestMillis = fate.requestMillis ?? 0
        // A sent request is handled even if nobody waits for its answer, so it has a fiber of its own while it travels,
        // and cannot be interrupted otherwise.
        const replied =
          requestMillis > 0
            ? Effect.flatMap(
                Effect.forkIn(Effect.delay(arriveNow(request, info, fate), requestMillis), scope),
                Fiber.join
              )
            : Effect.uninterruptible(arrive(request, info, fate, now))
        return comeBack(replied, fate)
      })

    const exchangeWithStorage = (incoming: StorageHost.Incoming): Effect.Effect<Reply> =>
      depart(incoming, Storage.ENDPOINT, (info, fate) =>
        comeBack(Effect.delay(host.arrive(incoming, info, fate), fate.requestMillis ?? 0), fate)
      )

    return {
      exchange: (request) => (request.url.startsWith(Ims.PATH) ? identify(request) : exchangeWithApi(request)),
      isForStorage: (path) => world.uploads.isPath(path),
      exchangeWithStorage,
      catchUp: Effect.map(Clock.currentTimeMillis, happen),
      deliveries: announcer.attempts
    }
  })
