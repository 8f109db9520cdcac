/** The token endpoint of Adobe's identity management, as far as V4's clients use it. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { ServerRequest } from "../messages.js"
import type { State } from "./state.js"

/** @internal */
export const PATH = "/ims/token/v3"

/**
 * The endpoint's name in fault plans, limits and the journal.
 *
 * @internal
 */
export const ENDPOINT = "ims.token"

const refused = (error: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson({ error }, { status: 400 })

/** @internal */
export const answer = (
  state: State,
  request: ServerRequest,
  nowMillis: number
): HttpServerResponse.HttpServerResponse => {
  const form = new URLSearchParams(new TextDecoder().decode(request.bytes))
  const [user] = state.world.users
  if (request.method !== "POST" || user === undefined) return refused("invalid_request")
  const clientId = form.get("client_id") ?? ""
  const isPublic = form.get("client_secret") === null
  if (clientId === "") return refused("invalid_client")
  const issue = (refresh: boolean) => {
    const issued = state.issue(user.id, nowMillis, refresh && (!isPublic || state.unknowns.publicRefresh))
    return HttpServerResponse.unsafeJson({
      access_token: issued.accessToken,
      token_type: "bearer",
      expires_in: Math.floor(state.unknowns.tokenLifeMillis / 1_000),
      ...(issued.refreshToken === undefined ? {} : { refresh_token: issued.refreshToken })
    })
  }
  switch (form.get("grant_type")) {
    case "client_credentials":
      return isPublic ? refused("invalid_client") : issue(false)
    case "authorization_code":
      return form.get("code") === null ? refused("invalid_grant") : issue(true)
    case "refresh_token":
      return state.refresh(form.get("refresh_token") ?? "") ? issue(true) : refused("invalid_grant")
    default:
      return refused("unsupported_grant_type")
  }
}
