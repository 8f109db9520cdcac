// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * The user of a token and the version of the API that takes it, as Frame.io says.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as V4Client from "@effect-frameio/core/V4Client"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

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
 * A user by name and address, as far as they are known.
 *
 * @since 0.1.0
 * @category printing
 */
export const nameOf = ({ email, id, name }: User): string =>
  name === undefined ? (email ?? id) : email === undefined ? name : `${name} (${email})`

/**
 * The user of a token, and what it reaches.
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  /** The version of the API that takes the token; V4 where both do. */
  readonly api: "v2" | "v4"
  /** Who it is; v2 has no call that says so. */
  readonly user: User | undefined
  /** The accounts of V4 that the token reaches. */
  readonly accounts: ReadonlyArray<{ readonly id: string; readonly name: string }>
}

/** No asset has it: v2 answers 404 to a token that it takes, and 401 to any other. */
const NOBODYS = AssetId.make("00000000-0000-4000-8000-000000000000")

const text = (value: string | null | undefined): string | undefined => value ?? undefined

const ofV4 = (developerToken: boolean) =>
  Effect.gen(function* () {
    // Neither call is about an account, so that none has to be chosen.
    const client = yield* V4Client.make({ accountId: NOBODYS, developerToken })
    const me = yield* client.me.show()
    const { items } = yield* client.accounts.list()
    return {
      api: "v4",
      user: { id: me.id, name: text(me.name), email: text(me.email) },
      accounts: items.map(({ display_name, id }) => ({ id, name: display_name ?? id }))
    } satisfies Identity
  }).pipe(Effect.catchTag("FrameioAccountNotChosen", (error) => Effect.die(error)))

const ofV2 = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
  client.get({ assetId: NOBODYS }).pipe(
    Effect.catchTag("FrameioNotFound", () => Effect.void),
    Effect.as<Identity>({ api: "v2", user: undefined, accounts: [] })
  )
)

const isNotOfV4 = (error: FrameioError.WriteError): boolean =>
  error._tag === "FrameioUnauthorized" || error._tag === "FrameioForbidden" || error._tag === "FrameioNotFound"

/**
 * Asks Frame.io who the token belongs to: V4 first, and v2 where V4 does not take a developer token.
 *
 * @since 0.1.0
 * @category asking
 */
export const ask = (
  kind: "developer-token" | "service" | "person"
): Effect.Effect<Identity, FrameioError.WriteError, FrameioConfig.FrameioConfig | HttpClient.HttpClient> =>
  (kind === "developer-token" ? Effect.catchIf(ofV4(true), isNotOfV4, () => ofV2) : ofV4(false)).pipe(
    Effect.provide(FrameioClient.layerWithScheduler().pipe(Layer.provideMerge(RateLimitScheduler.layerMemory())))
  )
