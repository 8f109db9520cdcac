/**
 * The user of a token and the version of the API that takes it, as Frame.io says.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Effect from "effect/Effect"
import { AssetId } from "./Asset.js"
import * as FrameioClient from "./FrameioClient.js"
import * as FrameioConfig from "./FrameioConfig.js"
import type * as FrameioError from "./FrameioError.js"
import { isLoopback } from "./SecureUrl.js"
import * as V4Client from "./V4Client.js"

/**
 * The versions of Frame.io's API.
 *
 * @since 0.1.0
 * @category models
 */
export type Api = "v2" | "v4"

/**
 * Where a token comes from: a developer token reaches v2, or V4 with a header of its own; Adobe's tokens reach V4 only.
 *
 * @since 0.1.0
 * @category models
 */
export type TokenKind = "developer-token" | "service" | "person"

/**
 * A user of Frame.io.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly id: string
  readonly name?: string | undefined
  readonly email?: string | undefined
}

/**
 * The user of a token, and what it reaches.
 *
 * @example
 * ```ts
 * const { api, user } = yield* Identity.ask("developer-token")
 * yield* Console.log(`${user?.name ?? "a token"} on ${api}`)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  /** The version of the API that takes the token; V4 where both do. */
  readonly api: Api
  /** Absent on v2, which has no call that says so. */
  readonly user: User | undefined
  /** The accounts of V4 that the token reaches. */
  readonly accounts: ReadonlyArray<{ readonly id: string; readonly name: string }>
}

/** No asset has this id: v2 answers 404 to a token that it takes, and 401 to any other. */
const NOBODYS = AssetId.make("00000000-0000-4000-8000-000000000000")

const text = (value: string | null | undefined): string | undefined => value ?? undefined

const ofV4 = (developerToken: boolean) =>
  Effect.gen(function* () {
    // Neither call needs an account.
    const client = yield* V4Client.make({ accountId: NOBODYS, developerToken })
    const me = yield* client.me.show()
    const { items } = yield* client.accounts.list()
    return {
      api: "v4",
      user: { id: me.id, name: text(me.name), email: text(me.email) },
      accounts: items.map(({ display_name, id }) => ({ id, name: display_name ?? id }))
    } satisfies Identity
  }).pipe(Effect.catchTag("FrameioAccountNotChosen", (error) => Effect.die(error)))

const ofV2 = Effect.flatMap(FrameioClient.make(), (client) =>
  client.get({ assetId: NOBODYS }).pipe(
    Effect.catchTag("FrameioNotFound", () => Effect.void),
    Effect.as<Identity>({ api: "v2", user: undefined, accounts: [] })
  )
)

const isNotOfV4 = (error: FrameioError.WriteError): boolean =>
  error._tag === "FrameioUnauthorized" || error._tag === "FrameioForbidden" || error._tag === "FrameioNotFound"

type Needs = FrameioConfig.FrameioConfig | RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient

/**
 * Asks Frame.io whose the token is: V4 first, and v2 if V4 does not take a developer token.
 *
 * @since 0.1.0
 * @category asking
 */
export const ask = (kind: TokenKind): Effect.Effect<Identity, FrameioError.WriteError, Needs> =>
  kind === "developer-token" ? Effect.catchIf(ofV4(true), isNotOfV4, () => ofV2) : ofV4(false)

/**
 * The version of the API that takes the token: V4 for Adobe's, v2 for a server on this machine, which is a fake that takes
 * a developer token for both; else {@link ask} finds out.
 *
 * @since 0.1.0
 * @category asking
 */
export const apiOf = (kind: TokenKind): Effect.Effect<Api, FrameioError.WriteError, Needs> =>
  Effect.gen(function* () {
    if (kind !== "developer-token") return "v4"
    const { baseUrl } = yield* FrameioConfig.FrameioConfig
    if (isLoopback(baseUrl.hostname)) return "v2"
    const { api } = yield* ask(kind)
    return api
  })
