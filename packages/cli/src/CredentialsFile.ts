/**
 * The user's login, in a file that nobody else can read. It holds secrets: its content is in no output and no log.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as AdobeIms from "@effect-frameio/core/AdobeIms"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CliError } from "./CliError.js"
import * as UserFolder from "./UserFolder.js"

const Secret = Schema.Redacted(Schema.NonEmptyString)

const Tokens = {
  accessToken: Schema.optional(Secret),
  expiresAt: Schema.optional(Schema.DateTimeUtc),
  refreshToken: Schema.optional(Secret)
}

const common = {
  /** The login's host; its tokens go to no other. */
  host: Schema.NonEmptyString,
  /** The version of the API that accepted the token. */
  api: Schema.optional(Schema.Literal("v2", "v4")),
  /** The user, according to Frame.io. */
  user: Schema.optional(
    Schema.Struct({ id: Schema.String, name: Schema.optional(Schema.String), email: Schema.optional(Schema.String) })
  )
}

const adobe = {
  ...common,
  clientId: Schema.NonEmptyString,
  /** The address of Adobe's identity management. */
  imsUrl: Schema.NonEmptyString,
  ...Tokens
}

/**
 * A login: a developer token, a service with its client's secret, or a person at Adobe.
 *
 * @since 0.1.0
 * @category models
 */
export const Login = Schema.Union(
  Schema.Struct({ kind: Schema.Literal("developer-token"), ...common, token: Secret }),
  Schema.Struct({ kind: Schema.Literal("service"), ...adobe, clientSecret: Secret }),
  Schema.Struct({ kind: Schema.Literal("person"), ...adobe, clientSecret: Schema.optional(Secret) })
)

/**
 * A login: a developer token, a service with its client's secret, or a person at Adobe.
 *
 * @since 0.1.0
 * @category models
 */
export type Login = typeof Login.Type

/**
 * A login whose tokens Adobe issues.
 *
 * @since 0.1.0
 * @category models
 */
export type AdobeLogin = Exclude<Login, { readonly kind: "developer-token" }>

const Content = Schema.parseJson(Login, { space: 2 })

/**
 * A login's file.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsFile {
  readonly path: string
  /** The login; none if nobody has logged in. Fails if the file cannot be trusted or read. */
  readonly load: Effect.Effect<Option.Option<Login>, CliError>
  /** Replaces the login. It is on disk when this returns. */
  readonly save: (login: Login) => Effect.Effect<void, CliError>
  /** Deletes the login; answers whether there was one. */
  readonly remove: Effect.Effect<boolean, CliError>
}

const OTHERS = 0o077

const absent = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The user's id on systems with modes and owners; on others, permissions protect the user's folder. */
const userId = process.getuid?.()

/**
 * Whether files are readable only by their owner. Elsewhere, on Windows, they are as private as the user's folder.
 *
 * @since 0.1.0
 * @category constants
 */
export const isOwnersOnly: boolean = userId !== undefined

/**
 * What a login's file needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Needs = FileSystem.FileSystem | Path.Path

/**
 * The file of this name in a folder.
 *
 * @since 0.1.0
 * @category constructors
 */
export const at = (folder: string, name: string): Effect.Effect<CredentialsFile, never, Needs> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(folder, name)
    const failed = (what: string) => (error: { readonly message: string }) =>
      CliError.failed(`The login in ${file} cannot be ${what}: ${error.message}`)

    const problemOf = (what: string, info: FileSystem.File.Info, forbidden: number): string | undefined => {
      if (userId === undefined) return undefined
      if (Option.exists(info.uid, (owner) => owner !== userId)) return `${what} belongs to another user.`
      return (info.mode & forbidden) === 0 ? undefined : `${what} can be read or changed by others.`
    }

    /** Others may look into the folder, but not put another file in its place. */
    const trusted = Effect.gen(function* () {
      const problem = problemOf(file, yield* fs.stat(file), OTHERS) ?? problemOf(folder, yield* fs.stat(folder), 0o022)
      if (problem === undefined) return
      return yield* new CliError({
        exitCode: 2,
        message: `${problem} A login in it is not used.`,
        todo: [
          `If nobody else has read it: chmod 700 ${folder} && chmod 600 ${file}. Otherwise: frameio auth logout, and revoke it.`
        ]
      })
    })

    return {
      path: file,
      load: Effect.gen(function* () {
        const text = yield* Effect.zipRight(trusted, fs.readFileString(file))
        const login = Schema.decodeOption(Content)(text)
        // The parser's own message would show the content.
        return Option.isSome(login)
          ? login
          : yield* CliError.badInput(`${file} is not a login of this program. Log in again: frameio auth login`)
      }).pipe(
        Effect.catchAll((error) => {
          if (error._tag === "CliError") return Effect.fail(error)
          return absent(error) ? Effect.succeedNone : Effect.fail(failed("read")(error))
        })
      ),
      save: (login) =>
        Effect.gen(function* () {
          yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
          if (userId !== undefined) yield* fs.chmod(folder, 0o700)
          const half = `${file}.${randomBytes(6).toString("hex")}`
          const text = yield* Effect.orDie(Schema.encode(Content)(login))
          yield* Effect.scoped(
            Effect.gen(function* () {
              const opened = yield* fs.open(half, { flag: "wx", mode: 0o600 })
              yield* opened.writeAll(new TextEncoder().encode(`${text}\n`))
              yield* opened.sync
            })
          ).pipe(
            Effect.zipRight(fs.rename(half, file)),
            Effect.tapError(() => Effect.ignore(fs.remove(half, { force: true })))
          )
        }).pipe(Effect.mapError(failed("written"))),
      remove: fs.remove(file).pipe(
        Effect.as(true),
        Effect.catchIf(absent, () => Effect.succeed(false)),
        Effect.mapError(failed("deleted"))
      )
    }
  })

/**
 * The file in the user's settings folder. Absent if the environment names no such folder.
 *
 * @since 0.1.0
 * @category constructors
 */
export const find: Effect.Effect<Option.Option<CredentialsFile>, never, Needs> = Effect.flatMap(
  UserFolder.find("config"),
  Option.match({
    onNone: () => Effect.succeedNone,
    onSome: (folder) => Effect.asSome(at(folder, "credentials.json"))
  })
)

/**
 * A login with other tokens.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withTokens = (
  login: AdobeLogin,
  { accessToken, expiresAtMillis, refreshToken }: AdobeIms.Login
): AdobeLogin => ({
  ...login,
  accessToken,
  expiresAt: DateTime.unsafeMake(expiresAtMillis),
  refreshToken: Option.getOrUndefined(refreshToken)
})

/**
 * The tokens of a login, as long as it is the one in the file: after another login or a logout there are none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const tokenStore = (file: CredentialsFile, login: AdobeLogin): AdobeIms.Store => {
  const load = Effect.map(
    file.load,
    Option.filter(
      (now): now is AdobeLogin =>
        now.kind === login.kind && now.clientId === login.clientId && now.user?.id === login.user?.id
    )
  )
  return {
    load: Effect.map(
      load,
      Option.flatMap(({ accessToken, expiresAt, refreshToken }) =>
        accessToken === undefined || expiresAt === undefined
          ? Option.none()
          : Option.some({
              accessToken,
              expiresAtMillis: expiresAt.epochMillis,
              refreshToken: Option.fromNullable(refreshToken)
            })
      )
    ),
    save: (tokens) =>
      Effect.flatMap(
        load,
        Option.match({ onNone: () => Effect.void, onSome: (now) => file.save(withTokens(now, tokens)) })
      )
  }
}
