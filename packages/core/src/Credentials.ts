/**
 * A token for each request, for as long as a program runs.
 *
 * A developer token never changes. Others end: what is refused with 401 is renewed once, by one fiber for all that wait,
 * and the request is sent again. A flow that knows when its token ends (OAuth, Adobe's IMS) is another layer of this
 * service, over {@link fromEffect} or made from scratch.
 *
 * ```ts
 * import { Credentials } from "@effect-frameio/core"
 * import { Config, Effect } from "effect"
 *
 * const credentials = Effect.flatMap(Config.redacted("FRAMEIO_TOKEN"), (token) => Credentials.make(token))
 * ```
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CredentialsError } from "./FrameioError.js"
import { tokenProblem } from "./internal/token.js"

/**
 * The source of tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The token to send now. */
  readonly token: Effect.Effect<Redacted.Redacted<string>, CredentialsError>
  /**
   * A token in the place of one that was refused; none where there is no other. All who ask while it is fetched get the
   * same one, and who asks about a token that was replaced already gets the present one.
   */
  readonly renew: (
    refused: Redacted.Redacted<string>
  ) => Effect.Effect<Option.Option<Redacted.Redacted<string>>, CredentialsError>
  /**
   * Whose rate limit it is: the name of a user, which outlives a token and may be that of several; or the first token,
   * where no name is given.
   */
  readonly owner: Effect.Effect<Redacted.Redacted<string>, CredentialsError>
}

/**
 * A token for each request.
 *
 * @since 0.1.0
 * @category tags
 */
export class Credentials extends Context.Tag("@effect-frameio/core/Credentials")<Credentials, Service>() {}

/**
 * Options of credentials beside the token.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The name of the user whose rate limit it is. Frame.io limits users and not tokens, so all tokens of one user should
   * have one name, in all processes that share a store. Default: the token.
   */
  readonly owner?: string | undefined
}

const ownerOf = (options: Options | undefined): Redacted.Redacted<string> | undefined =>
  options?.owner === undefined || options.owner === "" ? undefined : Redacted.make(options.owner)

/**
 * A token whose end is known: it is fetched again before it is used after that.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expiring {
  readonly token: Redacted.Redacted<string>
  /** For how long it is to be used from now on. */
  readonly lifetime: Duration.Duration
}

/**
 * An effect that gives the token of the moment.
 *
 * @since 0.1.0
 * @category models
 */
export type TokenSource = Effect.Effect<Redacted.Redacted<string> | Expiring, { readonly message: string }>

/**
 * A token that never changes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromToken = (token: Redacted.Redacted<string>, options?: Options): Service => ({
  token: Effect.succeed(token),
  renew: () => Effect.succeedNone,
  owner: Effect.succeed(ownerOf(options) ?? token)
})

const nanosOf = (duration: Duration.Duration): bigint => BigInt(Math.floor(Duration.toMillis(duration) * 1e6))

/**
 * A token out of an effect that gives the present one: a file, a keychain, an endpoint. It runs when the first request
 * needs a token, and again when one was refused. Bound its time; every call waits for it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEffect = (present: TokenSource, options?: Options): Effect.Effect<Service> =>
  Effect.sync(() => {
    type Token = Redacted.Redacted<string>
    let current: Token | undefined
    let first: Token | undefined
    let flight: Fiber.RuntimeFiber<Token, CredentialsError> | undefined

    let staleAtNanos: bigint | undefined

    const load: Effect.Effect<Token, CredentialsError> = Effect.matchEffect(present, {
      onFailure: (error) => Effect.fail(new CredentialsError({ detail: error.message })),
      onSuccess: (given) => {
        const token = Redacted.isRedacted(given) ? given : given.token
        const problem = tokenProblem(Redacted.value(token))
        if (problem !== undefined) return Effect.fail(new CredentialsError({ detail: problem }))
        return Effect.map(Clock.currentTimeNanos, (now) => {
          first ??= token
          current = token
          staleAtNanos = Redacted.isRedacted(given) ? undefined : now + nanosOf(given.lifetime)
          return token
        })
      }
    })

    /** A fiber of its own, for who asked first may be interrupted while others wait. */
    const fetched: Effect.Effect<Token, CredentialsError> = Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const joined =
          flight === undefined
            ? Effect.map(Effect.forkDaemon(Effect.interruptible(load)), (fiber) => {
                flight = fiber
                fiber.addObserver(() => {
                  flight = undefined
                })
                return fiber
              })
            : Effect.succeed(flight)
        return Effect.flatMap(joined, (fiber) => Effect.flatten(restore(Fiber.await(fiber))))
      })
    )

    const token = Effect.clockWith((clock) =>
      current === undefined || (staleAtNanos !== undefined && clock.unsafeCurrentTimeNanos() >= staleAtNanos)
        ? fetched
        : Effect.succeed(current)
    )
    const name = ownerOf(options)
    return {
      token,
      renew: (refused) => {
        const isOther = (one: Token) => Redacted.value(one) !== Redacted.value(refused)
        return Effect.suspend(() =>
          current !== undefined && isOther(current)
            ? Effect.succeedSome(current)
            : Effect.map(fetched, (next) => Option.liftPredicate(next, isOther))
        )
      },
      owner: name === undefined ? Effect.map(token, (present) => first ?? present) : Effect.succeed(name)
    }
  })

/**
 * A token that never changes, or an effect that gives the present one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (token: Redacted.Redacted<string> | TokenSource, options?: Options): Effect.Effect<Service> =>
  Redacted.isRedacted(token) ? Effect.succeed(fromToken(token, options)) : fromEffect(token, options)

/**
 * Credentials out of a token, or of an effect that gives the present one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (token: Redacted.Redacted<string> | TokenSource, options?: Options): Layer.Layer<Credentials> =>
  Layer.effect(Credentials, make(token, options))
