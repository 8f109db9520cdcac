/** One of the APIs that the fake answers over its world: what differs between them on the way through the engine. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type { EndpointName } from "../FaultPlan.js"
import type * as RateLimiter from "../RateLimiter.js"
import type { User } from "../World.js"
import type { ServerRequest } from "./messages.js"

/**
 * A request that a face has handled, with what the journal needs.
 *
 * @internal
 */
export interface Handled {
  readonly response: HttpServerResponse.HttpServerResponse
  readonly assetIds: ReadonlyArray<string> | undefined
  readonly applied: boolean
  readonly refusal: string | undefined
}

/** @internal */
export interface Arrival {
  readonly request: ServerRequest
  /** Empty if the API has no such endpoint. */
  readonly endpoint: string
  readonly nowMillis: number
}

/** @internal */
export interface Face {
  /** The name of a request's endpoint; empty if there is none. */
  readonly endpointOf: (request: { readonly method: string; readonly url: string }) => EndpointName | ""
  /** The authorised user, or the answer to an unknown token. */
  readonly authenticate: (arrival: Arrival) => User | HttpServerResponse.HttpServerResponse
  readonly noRoute: (arrival: Arrival) => HttpServerResponse.HttpServerResponse
  /** Whose bucket a request is charged to. */
  readonly ownerOf: (user: User, arrival: Arrival) => string
  /** Applies the limiter's decision. */
  readonly decided: (owner: string, endpoint: string, decision: RateLimiter.Decision) => RateLimiter.Decision
  readonly refused: () => HttpServerResponse.HttpServerResponse
  /** The error that a plan asks for. */
  readonly failed: (status: number, detail: string) => HttpServerResponse.HttpServerResponse
  readonly handle: (arrival: Arrival, user: User) => Effect.Effect<Handled>
  /** The value of `x-ratelimit-remaining`; `undefined` omits all three headers. */
  readonly remaining: (decision: RateLimiter.Decision, status: number) => number | undefined
}
