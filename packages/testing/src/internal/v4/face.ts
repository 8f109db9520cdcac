/** The fake's V4 face: authentication, buckets and operations of V4 over the same world. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as Effect from "effect/Effect"
import type { World } from "../../World.js"
import type { Arrival, Face } from "../face.js"
import { refusal, toResponse } from "./answer.js"
import { noRoute, operations } from "./operations.js"
import type { State, Visit } from "./state.js"

const BEARER = /^Bearer +(\S+)$/i

const DEFAULT_AGENTS = /^(?:$|Python-urllib|Mozilla\/5\.0 \(Windows NT; Windows NT [^)]*\) WindowsPowerShell)/i

const isOperation = (name: string): name is V4Api.OperationName => Object.hasOwn(operations, name)

/** The values of a path's parameters, as its template names them. */
const paramsOf = (template: string, path: string): Readonly<Record<string, string>> => {
  const values = path.split("/")
  return Object.fromEntries(
    template.split("/").flatMap((part, index) => {
      const value = values[index]
      return part.startsWith(":") && value !== undefined ? [[part.slice(1), decodeURIComponent(value)]] : []
    })
  )
}

const ACCOUNT = /^\/v4\/accounts\/([^/?]+)/

/** @internal */
export const make = (world: World, state: State): Face => {
  const { unknowns } = state

  const handle = ({ endpoint, nowMillis, request }: Arrival, user: Visit["user"]) => {
    const url = new URL(request.url, "http://localhost")
    const visit: Visit = {
      state,
      world,
      unknowns,
      user,
      nowMillis,
      url: request.url,
      experimental: request.headers["api-version"] === "experimental",
      applied: false,
      refusal: undefined
    }
    const declared = V4Api.endpoints.get(endpoint)
    const answer =
      declared === undefined || !isOperation(endpoint)
        ? noRoute(visit, request.method)
        : operations[endpoint](
            {
              path: paramsOf(declared.path, url.pathname),
              query: url.searchParams,
              body: new TextDecoder().decode(request.bytes)
            },
            visit
          )
    if (answer.status === 422 && visit.refusal === undefined) visit.refusal = "Malformed"
    return { response: toResponse(answer), assetIds: undefined, applied: visit.applied, refusal: visit.refusal }
  }

  return {
    endpointOf: (request) => V4Api.endpointOf(request)?.name ?? "",
    authenticate: ({ nowMillis, request }) => {
      const token = BEARER.exec(request.headers.authorization ?? "")?.[1]
      const user = token === undefined ? undefined : world.userOf(token)
      if (unknowns.userAgentFilter && DEFAULT_AGENTS.test(request.headers["user-agent"] ?? "")) {
        return toResponse(refusal(403, [{ detail: "Forbidden" }]))
      }
      // A developer token needs its header; what the identity provider gave out does not.
      const reaches =
        token !== undefined &&
        (request.headers["x-frameio-legacy-token-auth"] === "true" || state.isIssued(token, nowMillis))
      return user !== undefined && reaches
        ? user
        : toResponse(refusal(401, [{ detail: "Invalid or missing authorization token" }]))
    },
    noRoute: ({ request }) =>
      unknowns.unknownRoute === "json"
        ? toResponse(noRoute({ url: request.url }, request.method))
        : HttpServerResponse.text("no route found", { status: 404 }),
    ownerOf: (user, { request }) => {
      const account = ACCOUNT.exec(request.url)?.[1] ?? user.accountId
      switch (unknowns.bucketScope) {
        case "account":
          return account
        case "user":
          return user.id
        case "account_user":
          // A user of this world has one account, whose bucket is then the user's.
          return account === user.accountId ? user.id : `${user.id} ${account}`
      }
    },
    refused: () => {
      const response =
        unknowns.rateLimitBody === "json"
          ? toResponse(refusal(429, [{ detail: "Too many requests" }]))
          : HttpServerResponse.text("Rate Limit Exceeded", { status: 429 })
      return unknowns.retryAfter === undefined
        ? response
        : HttpServerResponse.setHeader(response, "retry-after", String(unknowns.retryAfter))
    },
    failed: (status, detail) => toResponse(refusal(status, [{ detail }])),
    handle: (arrival, user) => Effect.sync(() => handle(arrival, user)),
    remaining: (decision, status) => {
      if (status === 204 && !unknowns.headersOn204) return undefined
      if (decision.admitted) return decision.remaining
      switch (unknowns.remainingOn429) {
        case "full":
          return decision.remaining
        case "zero":
          return 0
        case "absent":
          return undefined
      }
    }
  }
}
