/**
 * Who calls Frame.io, and where it is: the token and the base URL, checked before anything is built on them.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isSecure } from "./SecureUrl.js"

/**
 * Frame.io's own address.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_BASE_URL = "https://api.frame.io"

/**
 * The value of the `x-frameio-client` header unless told otherwise. Frame.io's own SDK names itself there, too.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_CLIENT_NAME = "effect-frameio"

/**
 * A configuration that has been checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Unwrapped only where the `Authorization` header is made. */
  readonly token: Redacted.Redacted<string>
  /** Without a trailing slash in its path, without credentials, query and fragment. */
  readonly baseUrl: URL
  /** Sent as `x-frameio-client`; empty: not sent. */
  readonly clientName: string
}

/**
 * The token, the base URL, and how the client names itself.
 *
 * @since 0.1.0
 * @category tags
 */
export class FrameioConfig extends Context.Tag("@effect-frameio/core/FrameioConfig")<FrameioConfig, Service>() {}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** A developer token, an OAuth2 access token or a first-party JWT, without the word `Bearer`. */
  readonly token: Redacted.Redacted<string>
  /** Where Frame.io is, without `/v2`. It must be https, or http on this machine. Default `https://api.frame.io`. */
  readonly baseUrl?: string | URL | undefined
  /** Sent as `x-frameio-client`; the empty string sends none. Default `effect-frameio`. */
  readonly clientName?: string | undefined
}

const HEADER_TEXT = /^[\x21-\x7e]+$/

/** `$NAME`, `${NAME}`, `${{ secrets.NAME }}`, `{{NAME}}`, `%NAME%`, `$(command)`, `$env:NAME`. */
const VARIABLE = /^(?:\$\w+|\$\{.*\}|\{\{.*\}\}|%\w+%|\$\(.*\)|\$env:\w+)$/i

/** What is wrong with a token, without a word of the token itself. */
const tokenProblem = (token: string): string | undefined => {
  const remedy = "Create a developer token at https://developer.frame.io and put it here as it is."
  if (token === "") return `the token is missing or empty. ${remedy}`
  if (token.trim() === "") return `the token is nothing but blanks. ${remedy}`
  if (/^\s*bearer\s/i.test(token))
    return "the token starts with the word Bearer. Leave it out: it is added automatically."
  if (token.trim() !== token) {
    return "there are blanks or a line break around the token. Take them away; files often end with a line break."
  }
  if (!HEADER_TEXT.test(token)) {
    return "there is a character in the token that cannot be in a header: a blank, a line break, or one outside of ASCII. Copy the token again."
  }
  if (/^(["'`]).*\1$/.test(token)) return "there are quotes around the token. Remove them."
  if (VARIABLE.test(token)) {
    return "the token is the name of a variable that was not replaced by its value. Check how it is passed: single quotes keep a shell from replacing it."
  }
  if (/^(?:\*+|x{3,}|•+|<[^<>]*>)$/i.test(token)) return `the token is a placeholder, or was masked. ${remedy}`
  if (/^(?:undefined|null|none|nil|nan|true|false|\[object object\])$/i.test(token)) {
    return "the token is the word for a value that was not set. Check the program or the settings that it comes from."
  }
  return undefined
}

const checkBaseUrl = (value: string | URL): Either.Either<URL, string> => {
  const example = `Use ${DEFAULT_BASE_URL}, or http://127.0.0.1:<port> for a server on this machine.`
  const text = value.toString().trim()
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === "") return Either.left(`the base URL is not a URL. ${example}`)
  if (url.username !== "" || url.password !== "") {
    return Either.left(`there are a user name or a password in the base URL. Frame.io needs only the token. ${example}`)
  }
  if (!isSecure(url)) {
    return Either.left(
      `the base URL (${url.origin === "null" ? url.protocol : url.origin}) is not https, so anybody on the way could read the token. ${example}`
    )
  }
  if (url.search !== "" || url.hash !== "") {
    return Either.left(`there is a query or a fragment in the base URL. ${example}`)
  }
  url.pathname = url.pathname.replace(/\/+$/, "")
  if (/\/v2$/.test(url.pathname)) {
    return Either.left("the base URL ends with /v2. Leave that out: it is added automatically.")
  }
  return Either.right(url)
}

const invalid = (name: string, message: string): ConfigError.ConfigError => ConfigError.InvalidData([name], message)

const check = (
  options: Options,
  names: { readonly token: string; readonly baseUrl: string; readonly clientName: string }
): Either.Either<Service, ConfigError.ConfigError> => {
  const problems: Array<ConfigError.ConfigError> = []
  const problem = tokenProblem(Redacted.value(options.token))
  if (problem !== undefined) problems.push(invalid(names.token, problem))
  const baseUrl = checkBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL)
  if (Either.isLeft(baseUrl)) problems.push(invalid(names.baseUrl, baseUrl.left))
  const clientName = options.clientName ?? DEFAULT_CLIENT_NAME
  if (clientName !== "" && !/^[\x20-\x7e]{1,200}$/.test(clientName)) {
    problems.push(invalid(names.clientName, "a header takes at most 200 printable ASCII characters here."))
  }
  if (Either.isLeft(baseUrl) || problems.length > 0) {
    return Either.left(problems.reduce((one, other) => ConfigError.And(one, other)))
  }
  return Either.right({ token: options.token, baseUrl: baseUrl.right, clientName })
}

/**
 * Checks a configuration. Fails with everything that is wrong with it at once; no message holds the token.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.suspend(() => check(options, { token: "token", baseUrl: "baseUrl", clientName: "clientName" }))

/**
 * A configuration out of values that the program has at hand.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<FrameioConfig, ConfigError.ConfigError> =>
  Layer.effect(FrameioConfig, make(options))

/**
 * Where {@link layerConfig} reads its values instead of the default names.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions {
  /** Default: `FRAMEIO_TOKEN`, required. */
  readonly token?: Config.Config<Redacted.Redacted<string>> | undefined
  /** Default: `FRAMEIO_BASE_URL`, or else `https://api.frame.io`. */
  readonly baseUrl?: Config.Config<string | URL> | undefined
  /** Default: `FRAMEIO_CLIENT_NAME`, or else `effect-frameio`. */
  readonly clientName?: Config.Config<string> | undefined
}

const NAMES = { token: "FRAMEIO_TOKEN", baseUrl: "FRAMEIO_BASE_URL", clientName: "FRAMEIO_CLIENT_NAME" }

/**
 * The configuration as a `Config`: `FRAMEIO_TOKEN`, `FRAMEIO_BASE_URL`, `FRAMEIO_CLIENT_NAME`, or what the options name.
 *
 * @since 0.1.0
 * @category configs
 */
export const config = (options?: ConfigOptions): Config.Config<Service> =>
  Config.mapOrFail(
    Config.all({
      // A token that is missing is judged like an empty one, together with the rest.
      token: Config.withDefault(options?.token ?? Config.redacted(NAMES.token), Redacted.make("")),
      // In many environments a variable cannot be taken away, only emptied.
      baseUrl: Config.map(Config.option(options?.baseUrl ?? Config.string(NAMES.baseUrl)), (value) =>
        Option.filter(value, (url) => url.toString().trim() !== "")
      ),
      clientName: Config.option(options?.clientName ?? Config.string(NAMES.clientName))
    }),
    ({ baseUrl, clientName, token }) =>
      check({ token, baseUrl: Option.getOrUndefined(baseUrl), clientName: Option.getOrUndefined(clientName) }, NAMES)
  )

/**
 * A configuration out of the program's `ConfigProvider`, which is the environment by default.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options?: ConfigOptions): Layer.Layer<FrameioConfig, ConfigError.ConfigError> =>
  Layer.effect(FrameioConfig, config(options))
