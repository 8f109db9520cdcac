/**
 * The switch of this room, whose calls cost less than the ordinary way through `HttpClient` (`internal/calls`): `check`
 * decodes without a parser, `deadlines` has one timer for all calls, and `direct` sends without a fiber. The tests of
 * `FrameioClient` run both ways.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as DirectHttpClient from "../../DirectHttpClient.js"
import * as Answer from "../answer.js"
import type * as Failures from "../failures.js"
import { isSuccess } from "../status.js"
import type * as deadlines from "./deadlines.js"

/**
 * How an attempt is sent.
 *
 * @internal
 */
export type Send = (
  request: HttpClientRequest.HttpClientRequest,
  secret: string
) => Effect.Effect<Answer.Answer, Failures.Unanswered>

/**
 * Sends by a client's short way; `undefined` if it has none.
 *
 * @internal
 */
export const sendBy = (
  http: HttpClient.HttpClient,
  deadline: deadlines.Deadline,
  onTimeout: () => Failures.TimedOut
): Send | undefined => {
  if (!DirectHttpClient.isDirect(http)) return undefined
  const exchange = http[DirectHttpClient.TypeId]
  return (request, secret) =>
    Effect.flatMap(deadline.ofCallback(exchange(request), onTimeout), Answer.read(secret, isSuccess, true))
}
