// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio auth`: makes a login for all later commands, shows it, and ends it.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as AdobeIms from "@effect-frameio/core/AdobeIms"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Confirm from "./Confirm.js"
import * as Credentials from "./Credentials.js"
import * as CredentialsFile from "./CredentialsFile.js"
import * as Failure from "./Failure.js"
import * as Identity from "./Identity.js"
import * as LocalTime from "./LocalTime.js"
import * as Redirect from "./Redirect.js"
import { Stdio } from "./Stdio.js"

const KINDS: Readonly<Record<CredentialsFile.Login["kind"], string>> = {
  "developer-token": "a developer token",
  service: "a service of Adobe",
  person: "a person at Adobe"
}

/** The file of the login. */
const place = Effect.flatMap(
  CredentialsFile.find,
  Option.match({
    onNone: () =>
      CliError.badInput(
        "There is no place to keep a login: none of XDG_CONFIG_HOME, APPDATA and HOME is set. Set FRAMEIO_TOKEN instead."
      ),
    onSome: (file) => Effect.succeed(file)
  })
)

interface LoginArgs {
  readonly withToken: boolean
  readonly service: boolean
  readonly clientId: Option.Option<string>
  readonly clientSecretFile: Option.Option<string>
  readonly redirectUri: string
  readonly json: boolean
}

const missingClient = (what: string): CliError =>
  new CliError({
    exitCode: ExitCode.badInput,
    message: `${what} is missing.`,
    todo: [
      "A credential of the Adobe Developer Console (https://developer.adobe.com/console) has it, with the Frame.io API.",
      "With a developer token of Frame.io instead: frameio auth login --with-token"
    ]
  })

/** Waits for the address that a person pastes, or for the browser alone if there is no input. */
const pasted = (isListening: boolean) =>
  Effect.flatMap(Stdio, ({ input }) =>
    input.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.map((line) => line.trim()),
      Stream.filter((line) => line !== ""),
      Stream.runHead,
      Effect.mapError((error) => CliError.failed(error.message)),
      Effect.flatMap(
        Option.match({
          onSome: (line) => Effect.succeed(line),
          onNone: () => (isListening ? Effect.never : CliError.badInput("No address was given, so nothing was done."))
        })
      )
    )
  )

const PATIENCE = "15 minutes"

const toCliError = (error: { readonly message: string }): CliError =>
  error instanceof CliError ? error : CliError.failed(error.message)

const clientOf = (args: LoginArgs) =>
  Effect.gen(function* () {
    const client = yield* Credentials.client({
      clientId: Option.getOrUndefined(args.clientId),
      clientSecretFile: Option.getOrUndefined(args.clientSecretFile)
    })
    if (Option.isNone(client)) return yield* missingClient("--client-id, or FRAMEIO_CLIENT_ID,")
    const { baseUrl: imsUrl = AdobeIms.DEFAULT_BASE_URL, clientId, clientSecret } = client.value
    return { clientId, clientSecret, imsUrl }
  })

/** A person's login by PKCE: through the browser of this machine, or by the address where another browser ended. */
const asPerson = (args: LoginArgs, host: string) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const { clientId, clientSecret, imsUrl } = yield* clientOf(args)
    const client = { clientId, clientSecret, baseUrl: imsUrl }
    const authorization = yield* AdobeIms.authorize({ ...client, redirectUri: args.redirectUri })
    const browser = Redirect.isHere(args.redirectUri)
      ? yield* Effect.option(Redirect.listen(args.redirectUri))
      : Option.none()
    yield* stdio.err(
      `Open this page in a browser and log in:\n\n${authorization.url}\n\n${
        Option.isSome(browser)
          ? `The browser comes back to ${args.redirectUri}. It may warn about the certificate there, which is this machine's own: continue to the page. From a browser on another machine, paste the final address here:\n`
          : "Then paste the browser's final address here, whatever the page shows:\n"
      }`
    )
    const redirected = yield* Effect.raceFirst(
      Option.match(browser, { onNone: () => Effect.never, onSome: ({ arrival }) => arrival }),
      pasted(Option.isSome(browser))
    ).pipe(
      Effect.timeoutFail({
        duration: PATIENCE,
        onTimeout: () => CliError.failed(`Nobody logged in within ${PATIENCE}; nothing was done.`)
      })
    )
    const code = yield* AdobeIms.codeOf(redirected, authorization)
    const store = yield* AdobeIms.storeMemory()
    const tokens = yield* Effect.provideService(
      AdobeIms.exchange(client, code, authorization),
      AdobeIms.LoginStore,
      store
    )
    return CredentialsFile.withTokens({ kind: "person", host, clientId, clientSecret, imsUrl }, tokens)
  }).pipe(Effect.scoped, Effect.mapError(toCliError))

const asService = (args: LoginArgs, host: string) =>
  Effect.gen(function* () {
    const { clientId, clientSecret, imsUrl } = yield* clientOf(args)
    if (clientSecret === undefined) return yield* missingClient("--client-secret-file, or FRAMEIO_CLIENT_SECRET,")
    return { kind: "service", host, clientId, clientSecret, imsUrl } satisfies CredentialsFile.Login
  })

const byToken = (host: string) =>
  Effect.gen(function* () {
    const token = Redacted.make(yield* Confirm.secret("Paste the developer token; it is not shown: "))
    // Checks the token's form before it is sent or kept.
    yield* Effect.mapError(FrameioConfig.make({ token }), () =>
      CliError.badInput("That is not a token: it is empty, or has spaces or other characters that no token has.")
    )
    return { kind: "developer-token", host, token } satisfies CredentialsFile.Login
  })

/**
 * Logs in, asks Frame.io whether it accepts the login, and keeps it.
 *
 * @since 0.1.0
 * @category handlers
 */
export const login = Effect.fn("Cli.authLogin")(
  function* (args: LoginArgs) {
    const stdio = yield* Stdio
    if (args.withToken && args.service) {
      return yield* CliError.badInput("--with-token and --service are two ways to log in. Give one of them.")
    }
    const file = yield* place
    const config = yield* Credentials.withoutToken
    const { host } = config.baseUrl
    const made = args.withToken
      ? yield* byToken(host)
      : args.service
        ? yield* asService(args, host)
        : yield* asPerson(args, host)
    const before = yield* Effect.option(file.load)
    // Adobe's tokens are saved at once: Frame.io is asked about them with the login in its place.
    yield* file.save(made)
    const { api, user } = yield* Credentials.ofLogin(file, made).pipe(
      Effect.flatMap((credentials) =>
        Effect.provideService(Identity.ask(made.kind), FrameioConfig.FrameioConfig, { ...config, credentials })
      ),
      Effect.mapError((error) => Failure.toCliError(error)),
      Effect.tapError(() => {
        const earlier = Option.flatten(before)
        return Effect.ignore(Option.isSome(earlier) ? file.save(earlier.value) : file.remove)
      })
    )
    const now = Option.getOrElse(yield* file.load, () => made)
    const kept = { ...now, api, user }
    yield* file.save(kept)
    const name = user === undefined ? undefined : Identity.nameOf(user)
    yield* stdio.err(
      `Logged in to ${host} over ${api === "v4" ? "V4" : "v2"}, with ${KINDS[made.kind]}${name === undefined ? "" : `, as ${name}`}.\nThe login is in ${file.path}, ${
        CredentialsFile.isOwnersOnly
          ? "which only you can read"
          : "as private as your user's folder: this system has no files for a single reader"
      }. frameio auth logout ends it.\n`
    )
    if (args.json) yield* stdio.out(toJson({ kind: kept.kind, from: file.path, login: kept }))
  },
  (effect) => effect.pipe(orInterrupted("Interrupted; nothing was kept."))
)

const expiryOf = ({ kind, login }: Credentials.Origin) => {
  const tokens = login === undefined || login.kind === "developer-token" ? undefined : login
  const isRenewed = kind === "service" || tokens?.refreshToken !== undefined
  return { expiresAt: tokens?.expiresAt, isRenewed }
}

const toJson = (origin: Credentials.Origin): string => {
  const { from, kind, login } = origin
  const { expiresAt, isRenewed } = expiryOf(origin)
  return `${JSON.stringify({
    kind,
    from,
    host: login?.host ?? null,
    api: login?.api ?? null,
    user: login?.user ?? null,
    expiresAt: expiresAt === undefined ? null : LocalTime.iso(expiresAt),
    renewedAutomatically: kind === "developer-token" ? false : isRenewed
  })}\n`
}

/**
 * Says which token the commands use, without asking anybody.
 *
 * @since 0.1.0
 * @category handlers
 */
export const status = Effect.fn("Cli.authStatus")(function* (args: { readonly json: boolean }) {
  const stdio = yield* Stdio
  const origin = yield* Effect.provide(Credentials.TokenOrigin, Credentials.layer).pipe(
    Effect.provideService(HttpClient.HttpClient, nobody)
  )
  if (args.json || !stdio.outIsTerminal) return yield* stdio.out(toJson(origin))
  const { kind, from, login } = origin
  const { expiresAt, isRenewed } = expiryOf(origin)
  const name = login?.user === undefined ? undefined : Identity.nameOf(login.user)
  yield* stdio.say(
    [
      `${KINDS[kind].replace(/^a/, "A")}, from ${from}.`,
      ...(name === undefined ? [] : [`User     ${name}`]),
      ...(login === undefined ? [] : [`For      ${login.host}${login.api === undefined ? "" : `, ${login.api}`}`]),
      `Until    ${
        kind === "developer-token"
          ? "it is revoked"
          : expiresAt === undefined
            ? "a token is requested when needed"
            : `${LocalTime.local(expiresAt)}${isRenewed ? ", and renewed automatically" : ", then frameio auth login again"}`
      }`,
      "frameio whoami asks Frame.io whether it is accepted.",
      ""
    ].join("\n")
  )
})

/** A status sends nothing. */
const nobody = HttpClient.make(() => Effect.dieMessage("a status sends nothing"))

/** Revokes Adobe's tokens; answers what went wrong, if anything. */
const revoke = ({ accessToken, clientId, clientSecret, imsUrl, refreshToken }: CredentialsFile.AdobeLogin) =>
  Effect.forEach(
    [refreshToken, accessToken].filter((token) => token !== undefined),
    (token) => AdobeIms.revoke({ clientId, clientSecret, baseUrl: imsUrl }, token),
    { discard: true }
  ).pipe(
    Effect.as(undefined),
    Effect.catchAll((error) => Effect.succeed(error.message))
  )

/**
 * Ends the login: revokes it if Adobe issued it, and deletes it from this machine, whatever Adobe says.
 *
 * @since 0.1.0
 * @category handlers
 */
export const logout = Effect.fn("Cli.authLogout")(function* (args: { readonly json: boolean }) {
  const stdio = yield* Stdio
  const file = yield* place
  // A login that cannot be read or trusted is deleted, too.
  const login = Option.getOrUndefined(Option.flatten(yield* Effect.option(file.load)))
  const tokens = login === undefined || login.kind === "developer-token" ? undefined : login
  const problem = tokens === undefined ? undefined : yield* revoke(tokens)
  const deleted = yield* file.remove
  const revoked = tokens === undefined ? null : problem === undefined
  if (args.json) yield* stdio.out(`${JSON.stringify({ deleted, revoked })}\n`)
  if (!deleted) return yield* stdio.err("Nobody was logged in.\n")
  if (problem !== undefined) {
    return yield* new CliError({
      exitCode: ExitCode.failed,
      message: `The login is deleted from ${file.path}, but its tokens are not revoked. ${problem}`,
      todo: [
        tokens?.expiresAt === undefined
          ? "They expire by themselves."
          : `The token expires by itself: ${LocalTime.local(tokens.expiresAt)}. A credential can be revoked at https://developer.adobe.com/console.`
      ]
    })
  }
  yield* stdio.err(
    `The login is deleted from ${file.path}. ${
      revoked === true
        ? "Adobe has revoked its tokens."
        : "A developer token stays valid until it is revoked at https://developer.frame.io."
    }\n`
  )
})
