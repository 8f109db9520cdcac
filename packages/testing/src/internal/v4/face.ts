/** The fake's V4 face: authentication, buckets and operations of V4 over the same world. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as Effect from "effect/Effect"
import type { World } from "../../World.js"
import type { Arrival, Face } from "../face.js"
import { refusal, refused, toResponse } from "./answer.js"
import { noRoute, operations } from "./operations.js"
import type { State, Visit } from "./state.js"
import type { Announcer } from "./webhooks.js"

const BEARER = /^Bearer +(\S+)$/i

const DEFAULT_AGENTS = /^(?:$|Python-urllib|Mozilla\/5\.0 \(Windows NT; Windows NT [^)]*\) WindowsPowerShell)/i

const EXPERIMENTAL: V4Api.OperationName = "versionStacks.reorder"

const isOperation = (name: string): name is V4Api.OperationName => Object.hasOwn(operations, name)

/** The values of a path's parameters, by their names in the template. */
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
export const make = (world: World, state: State, announcer: Announcer): Face => {
  const { unknowns } = state
  /** How many requests each bucket lets pass beyond its limit. */
  const surplus = new Map<string, number>()

  const handle = ({ endpoint, nowMillis, request }: Arrival, user: Visit["user"]) => {
    const url = new URL(request.url, "http://localhost")
    const visit: Visit = {
      state,
      world,
      unknowns,
      user,
      nowMillis,
      url: request.url,
      include: new Set((url.searchParams.get("include") ?? "").split(",").filter((name) => name !== "")),
      version: request.headers["api-version"],
      events: [],
      applied: false,
      refusal: undefined
    }
    const declared = V4Api.endpoints.get(endpoint)
    const isRefusedVersion =
      visit.version !== undefined && unknowns.versionHeaderOnStable === "refused" && endpoint !== EXPERIMENTAL
    const answer =
      declared === undefined || !isOperation(endpoint)
        ? noRoute(visit, request.method)
        : isRefusedVersion
          ? refused(422, "Invalid value for header: api-version", "/api-version")
          : operations[endpoint](
              {
                path: paramsOf(declared.path, url.pathname),
                query: url.searchParams,
                body: new TextDecoder().decode(request.bytes)
              },
              visit
            )
    if (answer.status === 422 && visit.refusal === undefined) visit.refusal = "Malformed"
    const handled = {
      response: toResponse(answer),
      assetIds: undefined,
      applied: visit.applied,
      refusal: visit.refusal
    }
    return { handled, events: visit.events }
  }

  return {
    endpointOf: (request) => V4Api.endpointOf(request)?.name ?? "",
    authenticate: ({ nowMillis, request }) => {
      if (unknowns.userAgentFilter && DEFAULT_AGENTS.test(request.headers["user-agent"] ?? "")) {
        return toResponse(refusal(403, [{ detail: "Forbidden" }]))
      }
      const token = BEARER.exec(request.headers.authorization ?? "")?.[1] ?? ""
      // A developer token needs its header; a token of the identity provider does not.
      const isDeveloper = request.headers["x-frameio-legacy-token-auth"] === "true"
      const user = state.issuedTo(token, nowMillis) ?? (isDeveloper ? world.userOf(token) : undefined)
      return user === undefined || user === "nobody"
        ? toResponse(refusal(401, [{ detail: "Invalid or missing authorization token" }]))
        : user
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
    decided: (owner, endpoint, decision) => {
      if (unknowns.overAdmission <= 1) return decision
      const key = `${owner} ${endpoint}`
      const more = surplus.get(key) ?? 0
      if (decision.admitted) {
        surplus.set(key, more + unknowns.overAdmission - 1)
        return decision
      }
      if (more < 1) return decision
      surplus.set(key, more - 1)
      return { ...decision, admitted: true, remaining: 0, left: 0 }
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
    handle: (arrival, user) =>
      Effect.suspend(() => {
        state.purge(arrival.nowMillis)
        const { events, handled } = handle(arrival, user)
        return Effect.as(announcer.announce(events, user), handled)
      }),
    remaining: (decision, status) => {
      if (status === 204 && !unknowns.headersOn204) return undefined
      if (decision.admitted) return decision.remaining
      switch (unknowns.remainingOn429) {
        case "full":
          return decision.remaining
        case "true":
          return decision.left
        case "zero":
          return 0
        case "absent":
          return undefined
      }
    }
  }
}
