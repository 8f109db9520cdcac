/**
 * A token for each request, for as long as a program runs.
 *
 * A developer token never changes. Other tokens end: one that is refused with 401 is renewed once, by one fiber for all
 * calls that wait, and the request is sent again.
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
   * Replaces a refused token; none if there is no other. Callers during a fetch share its token, and callers with a token
   * that was replaced already get the present one.
   */
  readonly renew: (
    refused: Redacted.Redacted<string>
  ) => Effect.Effect<Option.Option<Redacted.Redacted<string>>, CredentialsError>
  /** Whose rate limit it is: the user's name, which outlives a token, or else the first token. */
  readonly owner: Effect.Effect<Redacted.Redacted<string>, CredentialsError>
}

/**
 * A token for each request.
 *
 * @example
 * ```ts
 * const token = Effect.map(fs.readFileString("/run/secrets/frameio"), Redacted.make)
 * const Live = FrameioConfig.layerCredentials().pipe(Layer.provide(Credentials.layer(token, { owner: "ann" })))
 * ```
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
   * The user whose rate limit it is. Frame.io limits users, not tokens: give all tokens of one user one name, in all
   * processes that share a store. Default: the token.
   */
  readonly owner?: string | undefined
}

const ownerOf = (options: Options | undefined): Redacted.Redacted<string> | undefined =>
  options?.owner === undefined || options.owner === "" ? undefined : Redacted.make(options.owner)

/**
 * A token whose end is known; after it, a new one is fetched.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expiring {
  readonly token: Redacted.Redacted<string>
  /** How long it may be used from now on. */
  readonly lifetime: Duration.Duration
}

/**
 * An effect that gives the token of the moment.
 *
 * @since 0.1.0
 * @category models
 */
export type TokenSource = Effect.Effect<Redacted.Redacted<string> | Expiring, { readonly message: string }>

const fromToken = (token: Redacted.Redacted<string>, options?: Options): Service => ({
  token: Effect.succeed(token),
  renew: () => Effect.succeedNone,
  owner: Effect.succeed(ownerOf(options) ?? token)
})

const nanosOf = (duration: Duration.Duration): bigint => BigInt(Math.floor(Duration.toMillis(duration) * 1e6))

/**
 * A token from an effect: a file, a keychain, an endpoint. It runs when the first request needs a token, and again
 * after a refusal. Bound its time, because every call waits for it.
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

    /** A fiber of its own, because the first caller may be interrupted while others wait. */
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
 * Credentials from a token, or from an effect that gives the current one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (token: Redacted.Redacted<string> | TokenSource, options?: Options): Layer.Layer<Credentials> =>
  Layer.effect(Credentials, make(token, options))
