/**
 * Tokens of Adobe's identity management (IMS), for V4 accounts that Adobe administers: of a service, by client
 * credentials, and of a person, by a login that is refreshed.
 *
 * A token is neither decoded nor verified, because IMS's access tokens say nothing reliable of themselves. Its lifetime is
 * that of the answer.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Credentials from "./Credentials.js"
import * as answers from "./internal/answer.js"
import { isSuccess } from "./internal/status.js"
import * as text from "./SafeText.js"
import { isSecure } from "./SecureUrl.js"

/**
 * The base URL of Adobe's identity management.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_BASE_URL = "https://ims-na1.adobelogin.com"

/**
 * The scopes of a service.
 *
 * @internal
 */
export const SERVICE_SCOPES: ReadonlyArray<string> = ["openid", "AdobeID", "frame.s2s.all"]

/**
 * The scopes of a person's login. Without `AdobeID` Frame.io refuses a token that IMS calls valid; `offline_access`
 * brings a refresh token.
 *
 * @internal
 */
export const USER_SCOPES: ReadonlyArray<string> = [
  "AdobeID",
  "openid",
  "profile",
  "email",
  "offline_access",
  "additional_info.roles"
]

/**
 * The registered program that asks.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  /** The client id of the credential in the Adobe Developer Console. */
  readonly clientId: string
  /** Its secret; none for a public client, such as a program on a person's machine. */
  readonly clientSecret?: Redacted.Redacted<string> | undefined
  /** The base URL of IMS. It must be https, or http on this machine. Default {@link DEFAULT_BASE_URL}. */
  readonly baseUrl?: string | undefined
}

/**
 * Where {@link clientFromConfig} reads its values.
 *
 * @since 0.1.0
 * @category options
 */
export interface ClientConfig {
  /** Default: `FRAMEIO_CLIENT_ID`. */
  readonly clientId?: string | undefined
  /** The path of a file with nothing but the secret. Default: `FRAMEIO_CLIENT_SECRET`, else `FRAMEIO_CLIENT_SECRET_FILE`. */
  readonly clientSecretFile?: string | undefined
}

/** Many environments can only empty a variable, not remove it. */
const variable = (name: string): Effect.Effect<string> =>
  Effect.orElseSucceed(
    Effect.map(Config.string(name), (value) => value.trim()),
    () => ""
  )

/**
 * The client named by the program's `ConfigProvider`, by default the environment: `FRAMEIO_CLIENT_ID`, with
 * `FRAMEIO_CLIENT_SECRET` or `FRAMEIO_CLIENT_SECRET_FILE`, and `FRAMEIO_IMS_URL`. None without an id. Fails if the file
 * cannot be read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const clientFromConfig = (
  options?: ClientConfig
): Effect.Effect<Option.Option<Client>, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const clientId = options?.clientId || (yield* variable("FRAMEIO_CLIENT_ID"))
    if (clientId === "") return Option.none()
    const given = options?.clientSecretFile ? "" : yield* variable("FRAMEIO_CLIENT_SECRET")
    const file = options?.clientSecretFile || (given === "" ? yield* variable("FRAMEIO_CLIENT_SECRET_FILE") : "")
    const secret = file === "" ? given : (yield* (yield* FileSystem.FileSystem).readFileString(file)).trim()
    const baseUrl = yield* variable("FRAMEIO_IMS_URL")
    return Option.some({
      clientId,
      clientSecret: secret === "" ? undefined : Redacted.make(secret),
      baseUrl: baseUrl === "" ? undefined : baseUrl
    })
  })

/**
 * IMS gave no token.
 *
 * @since 0.1.0
 * @category errors
 */
export class ImsError extends Data.TaggedError("FrameioImsError")<{
  /** `Refused`: the credential or the login is not valid, or no longer. `Unreachable`: IMS could not be asked. */
  readonly reason: "Refused" | "Unreachable"
  readonly detail: string
}> {
  override get message(): string {
    return this.reason === "Refused"
      ? `Adobe's identity management refused: ${this.detail}.`
      : `Adobe's identity management could not be reached: ${this.detail}.`
  }
}

/**
 * A login as it is kept between runs. Both tokens are secrets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Login {
  readonly accessToken: Redacted.Redacted<string>
  /** When the access token ends, in ms since 1970. */
  readonly expiresAtMillis: number
  /** Single-use: a refresh brings another. IMS gives some public clients none. */
  readonly refreshToken: Option.Option<Redacted.Redacted<string>>
}

/**
 * The store of a login. `save` returns when the login is on disk, because the token that it replaces is used up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Store {
  /** None before the first login and after a logout. */
  readonly load: Effect.Effect<Option.Option<Login>, { readonly message: string }>
  readonly save: (login: Login) => Effect.Effect<void, { readonly message: string }>
}

/**
 * The store of a login.
 *
 * @since 0.1.0
 * @category tags
 */
export class LoginStore extends Context.Tag("@effect-frameio/core/AdobeIms/LoginStore")<LoginStore, Store>() {}

/**
 * Keeps a login as long as the program runs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const storeMemory = (login?: Login): Effect.Effect<Store> =>
  Effect.map(Ref.make(Option.fromNullable(login)), (ref) => ({
    load: Ref.get(ref),
    save: (next) => Ref.set(ref, Option.some(next))
  }))

const Answer = Schema.Struct({
  access_token: Schema.String,
  expires_in: Schema.Number.pipe(Schema.nonNegative()),
  refresh_token: Schema.optional(Schema.NullOr(Schema.String))
})

const Refusal = Schema.Struct({
  error: Schema.optional(Schema.NullOr(Schema.String)),
  error_description: Schema.optional(Schema.NullOr(Schema.String))
})

const decodeAnswer = Schema.decodeUnknownOption(Schema.parseJson(Answer))
const decodeRefusal = Schema.decodeUnknownOption(Schema.parseJson(Refusal))

const refused = (detail: string) => new ImsError({ reason: "Refused", detail })

const unreachable = (detail: string) => new ImsError({ reason: "Unreachable", detail: text.excerpt(detail, 200) })

/** A refused grant stays refused; a failing server may be asked again. */
const refusalOf = (status: number, body: string): ImsError => {
  if (status >= 500 || status === 429) return unreachable(`it answered ${status}`)
  // A browser hides the status of a redirection.
  if (status < 400) return refused(`it answered with a redirection (${status}), which is not followed`)
  const told = Option.getOrElse(decodeRefusal(body), () => ({ error: undefined, error_description: undefined }))
  return refused(text.excerpt(`${told.error ?? status} ${told.error_description ?? ""}`, 200))
}

/** The fields of a form that are secrets. */
const SECRETS = ["client_secret", "code", "code_verifier", "refresh_token", "token"]

const withoutSecrets = (body: string, form: Readonly<Record<string, string>>): string =>
  SECRETS.reduce((clean, name) => text.scrub(clean, form[name]), body)

const ATTEMPTS = Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(3))

const TIMEOUT = "30 seconds"

/**
 * The body of a 200. Not traced and not redirected, so that the form's secrets are in no span and reach no other host.
 */
const post = (
  client: Client,
  path: string,
  form: Readonly<Record<string, string>>
): Effect.Effect<string, ImsError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const base = client.baseUrl ?? DEFAULT_BASE_URL
    if (!URL.canParse(base) || !isSecure(new URL(base))) {
      return yield* new ImsError({ reason: "Unreachable", detail: "its base URL is not https" })
    }
    const http = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(`${base.replace(/\/+$/, "")}${path}`).pipe(
      HttpClientRequest.bodyUrlParams(form)
    )
    const outer = yield* Effect.serviceOption(FetchHttpClient.RequestInit)
    const init: RequestInit = { ...Option.getOrUndefined(outer), redirect: "manual" }
    const { body, status } = yield* http.execute(request).pipe(
      Effect.flatMap(answers.read("", isSuccess, false)),
      Effect.provideService(FetchHttpClient.RequestInit, init),
      Effect.timeoutFail({ duration: TIMEOUT, onTimeout: () => unreachable("it did not answer in time") }),
      Effect.catchTags({
        RequestError: (error) => unreachable(error.description ?? error.reason),
        ResponseError: (error) => unreachable(error.reason),
        TooLarge: () => unreachable("its answer is too large")
      }),
      Effect.withTracerEnabled(false)
    )
    return status === 200 ? body : yield* refusalOf(status, withoutSecrets(body, form))
  })

const again = <A, R>(self: Effect.Effect<A, ImsError, R>): Effect.Effect<A, ImsError, R> =>
  Effect.retry(self, { schedule: ATTEMPTS, while: (error) => error.reason === "Unreachable" })

const ask = (
  client: Client,
  grant: Readonly<Record<string, string>>
): Effect.Effect<Login, ImsError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const body = yield* post(client, "/ims/token/v3", {
      client_id: client.clientId,
      ...(client.clientSecret === undefined ? {} : { client_secret: Redacted.value(client.clientSecret) }),
      ...grant
    })
    const answer = decodeAnswer(body)
    if (Option.isNone(answer)) return yield* unreachable("its answer is not as documented")
    const now = yield* Clock.currentTimeMillis
    return {
      accessToken: Redacted.make(answer.value.access_token),
      expiresAtMillis: now + answer.value.expires_in * 1_000,
      refreshToken: Option.map(Option.fromNullable(answer.value.refresh_token), Redacted.make)
    }
  }).pipe(again)

/**
 * Ends an access token or a refresh token before its time. IMS answers alike for a token that it does not know.
 *
 * @since 0.1.0
 * @category login
 */
export const revoke = (
  client: Client,
  token: Redacted.Redacted<string>
): Effect.Effect<void, ImsError, HttpClient.HttpClient> =>
  again(Effect.asVoid(post(client, "/ims/revoke", { token: Redacted.value(token) })))

/** In ms: a token is renewed so long before its end, or after nine tenths of a short life. */
const EARLY_MILLIS = 300_000

const lifetimeOf = (login: Login, nowMillis: number): Duration.Duration => {
  const left = Math.max(0, login.expiresAtMillis - nowMillis)
  return Duration.millis(Math.max(left * 0.9, left - EARLY_MILLIS))
}

const expiring = (login: Login): Effect.Effect<Credentials.Expiring> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({ token: login.accessToken, lifetime: lifetimeOf(login, now) }))

/** The store's token while it can be used, else a fresh one, saved before it is used. Other processes may share the store. */
const fromStore = <E, R>(
  store: Store,
  fresh: (login: Option.Option<Login>) => Effect.Effect<Login, E | ImsError, R>
): Effect.Effect<Credentials.Expiring, E | ImsError | { readonly message: string }, R> => {
  let given: string | undefined
  const usable = (login: Option.Option<Login>) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      Option.filter(
        login,
        (one) => Redacted.value(one.accessToken) !== given && Duration.toMillis(lifetimeOf(one, now)) > 0
      )
    )
  const saved = (login: Option.Option<Login>) =>
    Effect.tap(fresh(login), store.save).pipe(
      // The old refresh token is used up, so an interruption must not lose the new one.
      Effect.uninterruptible,
      // Another process may have been first; then its tokens are in the store.
      Effect.catchAll((error) =>
        Effect.flatMap(
          Effect.flatMap(store.load, usable),
          Option.match({
            onNone: () => Effect.fail(error),
            onSome: (other) => Effect.succeed(other)
          })
        )
      )
    )
  return Effect.gen(function* () {
    const login = yield* store.load
    const chosen = yield* Effect.flatMap(
      usable(login),
      Option.match({ onNone: () => saved(login), onSome: (one) => Effect.succeed(one) })
    )
    given = Redacted.value(chosen.accessToken)
    return yield* expiring(chosen)
  })
}

/**
 * Credentials of a service. A token is fetched when needed, before it ends, and after a refusal, once for all waiting
 * calls.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serverToServer = (
  client: Client & {
    /** The scopes to request. Default {@link SERVICE_SCOPES}. */
    readonly scopes?: ReadonlyArray<string> | undefined
    /** Keeps the token for other runs: Adobe may slow down a client that asks for many. Default: this program alone. */
    readonly store?: Store | undefined
  },
  options?: Credentials.Options
): Effect.Effect<Credentials.Service, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<HttpClient.HttpClient>()
    const store = client.store ?? (yield* storeMemory())
    const grant = { grant_type: "client_credentials", scope: (client.scopes ?? SERVICE_SCOPES).join(",") }
    const present = fromStore(store, () => ask(client, grant))
    return yield* Credentials.fromEffect(Effect.provide(present, context), {
      ...options,
      owner: options?.owner ?? client.clientId
    })
  })

const LOGIN_AGAIN = "Log in again."

/**
 * Credentials of a person who has logged in. The login is refreshed before its token ends and after a refusal, once for
 * all waiting calls. A rotated refresh token is saved before the new access token is used, and another process's
 * refresh is taken from the store.
 *
 * @since 0.1.0
 * @category constructors
 */
export const user = (
  client: Client,
  options?: Credentials.Options
): Effect.Effect<Credentials.Service, never, HttpClient.HttpClient | LoginStore> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<HttpClient.HttpClient>()
    const present = fromStore(yield* LoginStore, (login) =>
      Effect.gen(function* () {
        if (Option.isNone(login)) return yield* refused("nobody has logged in")
        const { refreshToken } = login.value
        if (Option.isNone(refreshToken)) {
          return yield* refused(`the login has ended, and this client gets no refresh token. ${LOGIN_AGAIN}`)
        }
        const grant = { grant_type: "refresh_token", refresh_token: Redacted.value(refreshToken.value) }
        const next = yield* Effect.mapError(ask(client, grant), (error) =>
          error.reason === "Refused" ? refused(`${error.detail}. ${LOGIN_AGAIN}`) : error
        )
        return { ...next, refreshToken: Option.orElse(next.refreshToken, () => refreshToken) }
      })
    )
    return yield* Credentials.fromEffect(Effect.provide(present, context), {
      ...options,
      owner: options?.owner ?? client.clientId
    })
  })

/**
 * A login that has begun: where to send the person, and what to check the answer against.
 *
 * @since 0.1.0
 * @category models
 */
export interface Authorization {
  /** The page for the person's browser. */
  readonly url: string
  /** The `state` that the redirection must bring back. */
  readonly state: string
  /** The PKCE verifier, known to this program only. */
  readonly verifier: Redacted.Redacted<string>
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")

const randomText = (bytes: number): Effect.Effect<string> =>
  Effect.sync(() => base64Url(crypto.getRandomValues(new Uint8Array(bytes))))

/**
 * Begins a person's login. IMS redirects to https only, even on this machine, and to the credential's default when the URI
 * is not registered.
 *
 * @since 0.1.0
 * @category login
 */
export const authorize = (
  client: Client & {
    /** As registered for the credential. */
    readonly redirectUri: string
    /** The scopes to request. Default {@link USER_SCOPES}. */
    readonly scopes?: ReadonlyArray<string> | undefined
  }
): Effect.Effect<Authorization> =>
  Effect.gen(function* () {
    const state = yield* randomText(16)
    const verifier = yield* randomText(48)
    const digest = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)))
    const query = new URLSearchParams({
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      scope: (client.scopes ?? USER_SCOPES).join(","),
      response_type: "code",
      state,
      code_challenge: base64Url(new Uint8Array(digest)),
      code_challenge_method: "S256"
    })
    const base = (client.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, "")
    return { url: `${base}/ims/authorize/v2?${query}`, state, verifier: Redacted.make(verifier) }
  })

/**
 * The code from the address that IMS redirected to. Fails if the address belongs to another login, or has an error.
 *
 * @since 0.1.0
 * @category login
 */
export const codeOf = (
  redirected: string,
  authorization: Authorization
): Effect.Effect<Redacted.Redacted<string>, ImsError> =>
  Effect.suspend(() => {
    if (!URL.canParse(redirected)) return refused("the given text is not the address of a page")
    const { searchParams } = new URL(redirected)
    const error = searchParams.get("error")
    if (error !== null) return refused(text.excerpt(error, 100))
    const code = searchParams.get("code")
    if (code === null) return refused("the address contains no code")
    if (searchParams.get("state") !== authorization.state) return refused("the address belongs to another login")
    return Effect.succeed(Redacted.make(code))
  })

/**
 * Exchanges the code for tokens, and saves them.
 *
 * @since 0.1.0
 * @category login
 */
export const exchange = (
  client: Client,
  code: Redacted.Redacted<string>,
  authorization: Authorization
): Effect.Effect<Login, ImsError | { readonly message: string }, HttpClient.HttpClient | LoginStore> =>
  Effect.gen(function* () {
    const store = yield* LoginStore
    // No scope: repeating it would narrow the token to what is named.
    const login = yield* ask(client, {
      grant_type: "authorization_code",
      code: Redacted.value(code),
      code_verifier: Redacted.value(authorization.verifier)
    })
    yield* store.save(login)
    return login
  })

/**
 * The credentials of a service as a layer.
 *
 * @example
 * ```ts
 * const Service = AdobeIms.layerServerToServer({ clientId: "abc", clientSecret: Redacted.make("p8e-…") })
 * const FrameioConfigLive = FrameioConfig.layerCredentials().pipe(Layer.provide(Service))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServerToServer = (
  ...args: Parameters<typeof serverToServer>
): Layer.Layer<Credentials.Credentials, never, HttpClient.HttpClient> =>
  Layer.effect(Credentials.Credentials, serverToServer(...args))

/**
 * The credentials of a person as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerUser = (
  ...args: Parameters<typeof user>
): Layer.Layer<Credentials.Credentials, never, HttpClient.HttpClient | LoginStore> =>
  Layer.effect(Credentials.Credentials, user(...args))
