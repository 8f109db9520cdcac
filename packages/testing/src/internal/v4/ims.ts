/** Adobe's identity management, as far as V4's clients use it: logins, tokens and their expiry. */
import { createHash } from "node:crypto"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { ServerRequest } from "../messages.js"
import type { State } from "./state.js"

/**
 * The common prefix of its paths.
 *
 * @internal
 */
export const PATH = "/ims/"

/**
 * The endpoint's name in fault plans, limits and the journal.
 *
 * @internal
 */
export const ENDPOINT = "ims.token"

const refused = (error: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson({ error }, { status: 400 })

/** Without this scope, Frame.io refuses a token that is valid here. */
const reachesFrameio = (scope: string): boolean => scope.split(/[\s,]+/).includes("AdobeID")

/** The person is assumed to agree. IMS redirects only to https. */
const authorize = (state: State, query: URLSearchParams): HttpServerResponse.HttpServerResponse => {
  const redirect = query.get("redirect_uri") ?? ""
  if (!URL.canParse(redirect) || new URL(redirect).protocol === "http:") return refused("invalid_redirect_uri")
  if ((query.get("client_id") ?? "") === "" || query.get("response_type") !== "code") return refused("invalid_request")
  const value = query.get("code_challenge")
  const code = state.addCode({
    challenge: value === null ? undefined : { value, method: query.get("code_challenge_method") ?? "plain" },
    // A login in the browser adds it.
    scoped: true
  })
  const back = new URL(redirect)
  back.searchParams.set("code", code)
  const given = query.get("state")
  if (given !== null) back.searchParams.set("state", given)
  return HttpServerResponse.redirect(back.href)
}

/** By HTTP Basic, or in the body. */
const clientOf = (request: ServerRequest, form: URLSearchParams, query: URLSearchParams) => {
  const [, encoded] = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? "") ?? []
  if (encoded !== undefined) {
    const [id = "", secret] = Buffer.from(encoded, "base64").toString().split(":")
    return { id, isPublic: secret === undefined }
  }
  return { id: form.get("client_id") ?? query.get("client_id") ?? "", isPublic: form.get("client_secret") === null }
}

const token = (state: State, request: ServerRequest, nowMillis: number): HttpServerResponse.HttpServerResponse => {
  const form = new URLSearchParams(new TextDecoder().decode(request.bytes))
  const client = clientOf(request, form, new URL(request.url, "http://localhost").searchParams)
  const [user] = state.world.users
  if (user === undefined) return refused("invalid_request")
  if (client.id === "") return refused("invalid_client")
  const issue = ({ refresh, scoped }: { readonly refresh: boolean; readonly scoped: boolean }) => {
    const issued = state.issue({
      userId: user.id,
      nowMillis,
      scoped,
      refresh: refresh && (!client.isPublic || state.unknowns.publicRefresh)
    })
    return HttpServerResponse.unsafeJson({
      access_token: issued.accessToken,
      token_type: "bearer",
      expires_in: Math.floor(state.unknowns.tokenLifeMillis / 1_000),
      ...(issued.refreshToken === undefined ? {} : { refresh_token: issued.refreshToken })
    })
  }
  switch (form.get("grant_type")) {
    case "client_credentials":
      if (client.isPublic) return refused("invalid_client")
      return issue({ refresh: false, scoped: reachesFrameio(form.get("scope") ?? "") })
    case "authorization_code": {
      const login = state.takeCode(form.get("code") ?? "ims-code-none")
      if (login === undefined) return refused("invalid_grant")
      // A client that repeats the scope narrows the token to it.
      const scope = form.get("scope")
      const scoped = scope === null ? login === "elsewhere" || login.scoped : reachesFrameio(scope)
      const challenge = login === "elsewhere" ? undefined : login.challenge
      if (challenge !== undefined) {
        const verifier = form.get("code_verifier") ?? ""
        const proof = challenge.method === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier
        if (proof !== challenge.value) return refused("invalid_grant")
      }
      return issue({ refresh: true, scoped })
    }
    case "refresh_token": {
      const login = state.refresh(form.get("refresh_token") ?? "")
      return login === undefined ? refused("invalid_grant") : issue({ refresh: true, scoped: login.scoped })
    }
    default:
      return refused("unsupported_grant_type")
  }
}

/** @internal */
export const answer = (
  state: State,
  request: ServerRequest,
  nowMillis: number
): HttpServerResponse.HttpServerResponse => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost")
  switch (`${request.method} ${pathname}`) {
    case "GET /ims/authorize/v2":
      return authorize(state, searchParams)
    case "POST /ims/token/v3":
      return token(state, request, nowMillis)
    case "POST /ims/revoke":
      state.revoke(new URLSearchParams(new TextDecoder().decode(request.bytes)).get("token") ?? "")
      return HttpServerResponse.empty({ status: 200 })
    default:
      return HttpServerResponse.unsafeJson({ error: "invalid_request" }, { status: 404 })
  }
}
