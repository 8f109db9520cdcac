/**
 * The way to Frame.io through a proxy, as the environment says: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CliError } from "./CliError.js"

/** Either spelling, lower case first, like curl. */
const variable = (name: string): Effect.Effect<string> =>
  Config.string(name.toLowerCase()).pipe(
    Config.orElse(() => Config.string(name)),
    Config.withDefault(""),
    Effect.orElseSucceed(() => ""),
    Effect.map((value) => value.trim())
  )

const LOOPBACK = "localhost,127.0.0.1,[::1]"

const checked = (name: string, value: string): Effect.Effect<void, CliError> =>
  value === "" || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
    ? Effect.void
    : CliError.badInput(`${name} is not a proxy's address, such as http://proxy.example.com:8080.`)

/**
 * The proxies in the environment; empty strings otherwise.
 *
 * @since 0.1.0
 * @category getters
 */
export const settings: Effect.Effect<{ readonly https: string; readonly http: string; readonly no: string }> =
  Effect.all({ https: variable("HTTPS_PROXY"), http: variable("HTTP_PROXY"), no: variable("NO_PROXY") })

/**
 * A proxy's address without its name and password.
 *
 * @since 0.1.0
 * @category printing
 */
export const withoutSecrets = (address: string): string => {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  return `${url.protocol}//${url.host}`
}

/**
 * Connections through the environment's proxy, if it names one. This machine itself is never reached through a proxy.
 * An invalid proxy address is bad input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient, CliError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { http, https, no } = yield* settings
    if (https === "" && http === "") return UndiciHttpClient.layer
    yield* checked("HTTPS_PROXY", https)
    yield* checked("HTTP_PROXY", http)
    const dispatcher = Layer.scoped(
      NodeHttpClient.Dispatcher,
      Effect.acquireRelease(
        Effect.sync(
          () =>
            new Undici.EnvHttpProxyAgent({
              connect: UndiciHttpClient.connect,
              httpProxy: http,
              httpsProxy: https,
              noProxy: no === "" ? LOOPBACK : `${no},${LOOPBACK}`
            })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      )
    )
    return Layer.provide(UndiciHttpClient.layerWithoutDispatcher, dispatcher)
  })
)
