/**
 * Finds a command's token: in the environment, in a named file, or in the user's login.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as AdobeIms from "@effect-frameio/core/AdobeIms"
import * as CoreCredentials from "@effect-frameio/core/Credentials"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CliError, ExitCode } from "./CliError.js"
import * as CredentialsFile from "./CredentialsFile.js"

/**
 * The kind and the origin of a command's token.
 *
 * @since 0.1.0
 * @category models
 */
export interface Origin {
  /** A developer token reaches v2, or V4 with a header of its own; Adobe's tokens reach V4 only. */
  readonly kind: CredentialsFile.Login["kind"]
  /** A variable or a file, for people. */
  readonly from: string
  /** The login, if the token is from there. */
  readonly login: CredentialsFile.Login | undefined
}

/**
 * The kind and the origin of a command's token.
 *
 * @since 0.1.0
 * @category tags
 */
export class TokenOrigin extends Context.Tag("@effect-frameio/cli/Credentials/TokenOrigin")<TokenOrigin, Origin>() {}

/** Many environments can only empty a variable, not remove it. */
const variable = (name: string): Effect.Effect<string> =>
  Effect.orElseSucceed(
    Effect.map(Config.withDefault(Config.string(name), ""), (value) => value.trim()),
    () => ""
  )

const lines = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...lines(error.left), ...lines(error.right)]
    default:
      return [`${error.path.join(".")}: ${error.message}`]
  }
}

/**
 * A fault of the environment, as bad input.
 *
 * @since 0.1.0
 * @category errors
 */
export const badConfig = (error: ConfigError.ConfigError): CliError => {
  const wrong = lines(error)
  return new CliError({
    exitCode: ExitCode.badInput,
    message: wrong.join("\n"),
    todo: wrong.some((line) => line.startsWith("FRAMEIO_TOKEN"))
      ? ["frameio auth login logs in. To try it without an account, run frameio fake, which prints what to set."]
      : []
  })
}

/**
 * The configuration except for the token.
 *
 * @since 0.1.0
 * @category constructors
 */
export const withoutToken: Effect.Effect<FrameioConfig.Service, CliError> = Effect.mapError(
  FrameioConfig.fromConfig({
    token: Config.succeed(Redacted.make("from-elsewhere")),
    tokenFile: Config.succeed("")
  }),
  badConfig
)

/**
 * The client named by options or the environment, if any: see `AdobeIms.clientFromConfig`.
 *
 * @since 0.1.0
 * @category getters
 */
export const client = (
  given?: AdobeIms.ClientConfig
): Effect.Effect<Option.Option<AdobeIms.Client>, CliError, FileSystem.FileSystem> =>
  Effect.mapError(AdobeIms.clientFromConfig(given), (error) =>
    CliError.badInput(`The client's secret cannot be read: ${error.message}`)
  )

const otherHost = (login: CredentialsFile.Login, host: string, path: string): CliError =>
  new CliError({
    exitCode: ExitCode.badInput,
    message: `The login in ${path} is for ${login.host}, and its token is not sent to ${host}.`,
    todo: [`Set FRAMEIO_BASE_URL to the login's host, or log in to ${host}: frameio auth login`]
  })

/**
 * The configuration with a login's credentials; a login for another host is bad input.
 *
 * @since 0.1.0
 * @category constructors
 */
export const configOfLogin = (
  file: CredentialsFile.CredentialsFile,
  login: CredentialsFile.Login
): Effect.Effect<FrameioConfig.Service, CliError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const config = yield* withoutToken
    if (config.baseUrl.host !== login.host) return yield* otherHost(login, config.baseUrl.host, file.path)
    return { ...config, credentials: yield* ofLogin(file, login) }
  })

/**
 * The credentials of a login.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofLogin = (
  file: CredentialsFile.CredentialsFile,
  login: CredentialsFile.Login
): Effect.Effect<CoreCredentials.Service, never, HttpClient.HttpClient> => {
  if (login.kind === "developer-token") return CoreCredentials.make(login.token)
  const store = CredentialsFile.tokenStore(file, login)
  const owner = login.user?.id ?? login.clientId
  const { clientId, imsUrl: baseUrl } = login
  return login.kind === "service"
    ? AdobeIms.serverToServer({ clientId, clientSecret: login.clientSecret, baseUrl, store }, { owner })
    : Effect.provideService(
        AdobeIms.user({ clientId, clientSecret: login.clientSecret, baseUrl }, { owner }),
        AdobeIms.LoginStore,
        store
      )
}

const chosen = Effect.gen(function* () {
  for (const name of ["FRAMEIO_TOKEN", "FRAMEIO_TOKEN_FILE"]) {
    if ((yield* variable(name)) === "") continue
    const config = yield* Effect.mapError(FrameioConfig.fromConfig(), badConfig)
    return { config, origin: { kind: "developer-token", from: name, login: undefined } as const }
  }
  const service = Option.filter(yield* client(), ({ clientSecret }) => clientSecret !== undefined)
  if (Option.isSome(service)) {
    const config = yield* withoutToken
    const credentials = yield* AdobeIms.serverToServer(service.value)
    const origin = { kind: "service", from: "FRAMEIO_CLIENT_ID", login: undefined } as const
    return { config: { ...config, credentials }, origin }
  }
  const file = yield* CredentialsFile.find
  const login = Option.isNone(file) ? Option.none() : yield* file.value.load
  if (Option.isNone(file) || Option.isNone(login)) {
    // Nothing is given: reports that, and any other faults.
    const config = yield* Effect.mapError(FrameioConfig.fromConfig(), badConfig)
    return { config, origin: { kind: "developer-token", from: "FRAMEIO_TOKEN", login: undefined } as const }
  }
  const config = yield* configOfLogin(file.value, login.value)
  const origin = { kind: login.value.kind, from: file.value.path, login: login.value }
  return { config, origin }
})

/**
 * The configuration with the user's token: `FRAMEIO_TOKEN`, `FRAMEIO_TOKEN_FILE`, a service's `FRAMEIO_CLIENT_ID` and
 * secret, or else the login. Any invalid value is bad input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<
  FrameioConfig.FrameioConfig | TokenOrigin,
  CliError,
  HttpClient.HttpClient | FileSystem.FileSystem | Path.Path
> = Layer.effectContext(
  Effect.map(chosen, ({ config, origin }) =>
    Context.make(FrameioConfig.FrameioConfig, config).pipe(Context.add(TokenOrigin, origin))
  )
)
