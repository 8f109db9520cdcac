/**
 * The credentials and the base URL, checked before anything is built on them.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Credentials from "./Credentials.js"
import { tokenProblem } from "./internal/token.js"
import { isSecure } from "./SecureUrl.js"

/**
 * Frame.io's own address.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_BASE_URL = "https://api.frame.io"

/** Sent as `x-frameio-client`, as Frame.io's own SDK does. */
const DEFAULT_CLIENT_NAME = "effect-frameio"

/**
 * A configuration that has been checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The token for each request, and whose rate limit it is. */
  readonly credentials: Credentials.Service
  /** Without credentials, trailing slash, query and fragment. */
  readonly baseUrl: URL
  /** Sent as `x-frameio-client`; empty: not sent. */
  readonly clientName: string
}

/**
 * The token, the base URL, and how the client names itself.
 *
 * @example
 * ```ts
 * const Live = FrameioConfig.layer({ token: Redacted.make("fio-u-…"), baseUrl: "http://127.0.0.1:3000" })
 * const FromEnvironment = FrameioConfig.layerConfig({ token: Config.redacted("REVIEW_TOKEN") })
 * ```
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
  /**
   * A developer token, an OAuth2 access token or a first-party JWT, without the word `Bearer`; or an effect that gives one,
   * as in {@link Credentials.fromEffect}.
   */
  readonly token: Redacted.Redacted<string> | Credentials.TokenSource
  /** The user whose rate limit it is; see {@link Credentials.Options}. Default: the token. */
  readonly owner?: string | undefined
  /** The base URL, without `/v2`. It must be https, or http on this machine. Default `https://api.frame.io`. */
  readonly baseUrl?: string | URL | undefined
  /** Sent as `x-frameio-client`; the empty string sends none. Default `effect-frameio`. */
  readonly clientName?: string | undefined
}

const checkBaseUrl = (value: string | URL): Either.Either<URL, string> => {
  const example = `Use ${DEFAULT_BASE_URL}, or http://127.0.0.1:<port> for a server on this machine.`
  const text = value.toString().trim()
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === "") return Either.left(`the base URL is not a URL. ${example}`)
  if (url.username !== "" || url.password !== "") {
    return Either.left(`the base URL contains a user name or a password. Frame.io needs only the token. ${example}`)
  }
  if (!isSecure(url)) {
    return Either.left(
      `the base URL (${url.origin === "null" ? url.protocol : url.origin}) is not https, so anybody on the way could read the token. ${example}`
    )
  }
  if (url.search !== "" || url.hash !== "") {
    return Either.left(`the base URL contains a query or a fragment. ${example}`)
  }
  url.pathname = url.pathname.replace(/\/+$/, "")
  const version = /\/(v[24])$/.exec(url.pathname)?.[1]
  if (version !== undefined) {
    return Either.left(`the base URL ends with /${version}. Leave that out: it is added automatically.`)
  }
  return Either.right(url)
}

const invalid = (name: string, message: string): ConfigError.ConfigError => ConfigError.InvalidData([name], message)

const CLIENT_NAME = /^[\x20-\x7e]{1,200}$/

interface Names {
  readonly token: string
  readonly baseUrl: string
  readonly clientName: string
}

const check = (options: Options, names: Names): Effect.Effect<Service, ConfigError.ConfigError> => {
  const problems: Array<ConfigError.ConfigError> = []
  if (Redacted.isRedacted(options.token)) {
    const problem = tokenProblem(Redacted.value(options.token))
    if (problem !== undefined) problems.push(invalid(names.token, problem))
  }
  const baseUrl = checkBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL)
  if (Either.isLeft(baseUrl)) problems.push(invalid(names.baseUrl, baseUrl.left))
  const clientName = options.clientName ?? DEFAULT_CLIENT_NAME
  if (clientName !== "" && !CLIENT_NAME.test(clientName)) {
    problems.push(invalid(names.clientName, "a header takes at most 200 printable ASCII characters here."))
  }
  if (Either.isLeft(baseUrl) || problems.length > 0) {
    return Effect.fail(problems.reduce((one, other) => ConfigError.And(one, other)))
  }
  return Effect.map(Credentials.make(options.token, { owner: options.owner }), (credentials) => ({
    credentials,
    baseUrl: baseUrl.right,
    clientName
  }))
}

/**
 * Checks a configuration. Fails with all its faults at once; no message holds the token. An effect's token is judged when
 * it comes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.suspend(() => check(options, { token: "token", baseUrl: "baseUrl", clientName: "clientName" }))

/**
 * A configuration from the program's own values.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<FrameioConfig, ConfigError.ConfigError> =>
  Layer.effect(FrameioConfig, make(options))

/**
 * A configuration with the tokens of the program's {@link Credentials.Credentials}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCredentials = (
  options?: Omit<Options, "token" | "owner">
): Layer.Layer<FrameioConfig, ConfigError.ConfigError, Credentials.Credentials> =>
  Layer.effect(
    FrameioConfig,
    Effect.flatMap(Credentials.Credentials, (credentials) =>
      Effect.map(make({ ...options, token: credentials.token }), (config) => ({ ...config, credentials }))
    )
  )

/**
 * Where {@link layerConfig} reads its values.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions {
  /** Default: `FRAMEIO_TOKEN`. It or the file is required. */
  readonly token?: Config.Config<Redacted.Redacted<string>> | undefined
  /**
   * The path of a file with nothing but the token, read again when the token was refused. Needs a `FileSystem`, as in
   * `NodeContext.layer`. Default: `FRAMEIO_TOKEN_FILE`.
   */
  readonly tokenFile?: Config.Config<string> | undefined
  /** Default: `FRAMEIO_OWNER`, or else the token. */
  readonly owner?: Config.Config<string> | undefined
  /** Default: `FRAMEIO_BASE_URL`, or else `https://api.frame.io`. */
  readonly baseUrl?: Config.Config<string | URL> | undefined
  /** Default: `FRAMEIO_CLIENT_NAME`, or else `effect-frameio`. */
  readonly clientName?: Config.Config<string> | undefined
}

const NAMES = {
  token: "FRAMEIO_TOKEN",
  tokenFile: "FRAMEIO_TOKEN_FILE",
  owner: "FRAMEIO_OWNER",
  baseUrl: "FRAMEIO_BASE_URL",
  clientName: "FRAMEIO_CLIENT_NAME"
}

/** Many environments can empty a variable, but not remove it. */
const given = <A extends { toString(): string }>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), (value) =>
    Option.getOrUndefined(Option.filter(value, (one) => one.toString().trim() !== ""))
  )

const tokenIn = (path: string): Effect.Effect<Credentials.TokenSource, ConfigError.ConfigError> =>
  Effect.flatMap(Effect.serviceOption(FileSystem.FileSystem), (files) =>
    Option.isNone(files)
      ? Effect.fail(
          invalid(NAMES.tokenFile, "the token is to be read from a file, and the program provides no FileSystem.")
        )
      : Effect.succeed(Effect.map(files.value.readFileString(path), (text) => Redacted.make(text.trim())))
  )

/**
 * Reads a configuration from the program's `ConfigProvider`, by default the environment: `FRAMEIO_TOKEN` or
 * `FRAMEIO_TOKEN_FILE`, `FRAMEIO_OWNER`, `FRAMEIO_BASE_URL`, `FRAMEIO_CLIENT_NAME`, or the names in the options.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromConfig = (options?: ConfigOptions): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    const { token, tokenFile, ...rest } = yield* Config.all({
      // A missing token is judged like an empty one, together with the rest.
      token: Config.withDefault(options?.token ?? Config.redacted(NAMES.token), Redacted.make("")),
      tokenFile: given(options?.tokenFile ?? Config.string(NAMES.tokenFile)),
      owner: given(options?.owner ?? Config.string(NAMES.owner)),
      baseUrl: given(options?.baseUrl ?? Config.string(NAMES.baseUrl)),
      clientName: Config.map(
        Config.option(options?.clientName ?? Config.string(NAMES.clientName)),
        Option.getOrUndefined
      )
    })
    if (tokenFile === undefined) return yield* check({ token, ...rest }, NAMES)
    if (Redacted.value(token) !== "") {
      return yield* Effect.fail(invalid(NAMES.tokenFile, `both it and ${NAMES.token} are set. Keep one of them.`))
    }
    return yield* check({ token: yield* tokenIn(tokenFile), ...rest }, NAMES)
  })

/**
 * The layer of {@link fromConfig}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options?: ConfigOptions): Layer.Layer<FrameioConfig, ConfigError.ConfigError> =>
  Layer.effect(FrameioConfig, fromConfig(options))
