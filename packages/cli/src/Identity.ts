// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * Whose the command's token is.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as CoreIdentity from "@effect-frameio/core/Identity"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Effect from "effect/Effect"

/**
 * A user by name and address, as far as they are known.
 *
 * @since 0.1.0
 * @category printing
 */
export const nameOf = ({ email, id, name }: CoreIdentity.User): string =>
  name === undefined ? (email ?? id) : email === undefined ? name : `${name} (${email})`

const alone = <A, E, R>(asking: Effect.Effect<A, E, R | RateLimitScheduler.RateLimitScheduler>) =>
  Effect.provide(asking, RateLimitScheduler.layerMemory())

/**
 * Asks Frame.io who the token belongs to.
 *
 * @since 0.1.0
 * @category asking
 */
export const ask = (
  kind: CoreIdentity.TokenKind
): Effect.Effect<CoreIdentity.Identity, FrameioError.WriteError, FrameioConfig.FrameioConfig | HttpClient.HttpClient> =>
  alone(CoreIdentity.ask(kind))

/**
 * The version of the API that takes the token.
 *
 * @since 0.1.0
 * @category asking
 */
export const apiOf = (
  kind: CoreIdentity.TokenKind
): Effect.Effect<CoreIdentity.Api, FrameioError.WriteError, FrameioConfig.FrameioConfig | HttpClient.HttpClient> =>
  alone(CoreIdentity.apiOf(kind))
