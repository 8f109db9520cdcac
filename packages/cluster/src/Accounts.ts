/**
 * Whose token a job runs with. A job names an account and holds no token, which is in the workers' environment, or in a
 * mounted file.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as AdobeIms from "@effect-frameio/core/AdobeIms"
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as Identity from "@effect-frameio/core/Identity"
import * as V4Client from "@effect-frameio/core/V4Client"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as Cache from "effect/Cache"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A worker does not know an account, or its settings cannot be right. No message holds a token.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownAccount extends Schema.TaggedError<UnknownAccount>("@effect-frameio/cluster/UnknownAccount")(
  "UnknownAccount",
  {
    /** Its name. */
    account: Schema.String,
    /** What to do about it. */
    reason: Schema.String
  }
) {
  override get message(): string {
    return `The account ${JSON.stringify(this.account)} cannot be used by this worker. ${this.reason}`
  }
}

/**
 * One account, as a worker knows it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  /** Its credentials, and where Frame.io is. */
  readonly config: FrameioConfig.Service
  /** Where its token comes from. */
  readonly kind: Identity.TokenKind
  /** The version of the API, if set. */
  readonly api?: Identity.Api | undefined
  /** Its id at V4, if set; needed if the token reaches several accounts. */
  readonly accountId?: AssetId | undefined
}

/**
 * Finds an account by its name.
 *
 * @since 0.1.0
 * @category models
 */
export type Find = (account: string) => Effect.Effect<Account, UnknownAccount>

/**
 * The files and stacks of an account, and the version of the API that they are reached by.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opened {
  readonly api: Identity.Api
  readonly repository: Repository.Service
}

/**
 * The accounts that a worker knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The files and stacks of an account, over the given version of the API, else over the account's. All accounts share one
   * scheduler, which keeps their limits apart. A failed account is tried again after 10 seconds.
   */
  readonly repository: (account: string, api?: Identity.Api | undefined) => Effect.Effect<Opened, UnknownAccount>
}

/**
 * The accounts that a worker knows.
 *
 * @example
 * ```ts
 * const accounts = yield* Accounts.Accounts
 * const { api, repository } = yield* accounts.repository("studio-a")
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Accounts extends Context.Tag("@effect-frameio/cluster/Accounts")<Accounts, Service>() {}

// -----------------------------------------------------------------------------
// names
// -----------------------------------------------------------------------------

/**
 * The account of a job without one.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT = "default"

/** A name is one file and one variable; `FRAMEIO_TOKEN_FILE` is the variable of `default`. */
const NAME = /^(?!file(?:[-_]|$))[a-z0-9][a-z0-9_-]{0,63}$/

/**
 * The fault of a name, if any: names have lower-case letters, digits, `-` and `_`, and do not begin with the word `file`.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameProblem = (account: string): string | undefined =>
  NAME.test(account)
    ? undefined
    : `${JSON.stringify(account)} is not a valid account name: use at most 64 lower-case letters, digits, - and _, beginning with a letter or a digit, but not with the word file.`

/** `FRAMEIO_TOKEN` for `default`, else such as `FRAMEIO_TOKEN_SHOW_A` for `show-a`. */
const variableOf = (account: string, variable = "FRAMEIO_TOKEN"): string =>
  account === DEFAULT ? variable : `${variable}_${account.toUpperCase().replaceAll("-", "_")}`

/** The variables of each account; the addresses of Frame.io and Adobe are the same for all. */
const OWN: ReadonlySet<string> = new Set([
  "FRAMEIO_TOKEN",
  "FRAMEIO_TOKEN_FILE",
  "FRAMEIO_OWNER",
  "FRAMEIO_CLIENT_ID",
  "FRAMEIO_CLIENT_SECRET",
  "FRAMEIO_CLIENT_SECRET_FILE",
  "FRAMEIO_API",
  "FRAMEIO_ACCOUNT"
])

/** Lets an effect read its configuration as an account's: `FRAMEIO_TOKEN` is `FRAMEIO_TOKEN_SHOW_A` for `show-a`. */
const withVariablesOf =
  (account: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.configProviderWith((provider) =>
      Effect.withConfigProvider(
        self,
        ConfigProvider.mapInputPath(provider, (name) => (OWN.has(name) ? variableOf(account, name) : name))
      )
    )

// -----------------------------------------------------------------------------
// finding
// -----------------------------------------------------------------------------

/**
 * Where tokens come from.
 *
 * @since 0.1.0
 * @category options
 */
export interface ConfigOptions {
  /**
   * A folder with a file for each account, named like it, that holds the token and nothing else; it is read again when the
   * token was refused. Default: `FRAMEIO_TOKENS`, or none.
   */
  readonly folder?: string | undefined
}

const message = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)

/** Many environments can empty a variable, but not remove it. */
const variable = (name: string): Effect.Effect<string> =>
  Effect.orElseSucceed(
    Effect.map(Config.string(name), (value) => value.trim()),
    () => ""
  )

const isId = Schema.is(AssetId)

/**
 * The version of the API and the V4 account, as an account's variables `FRAMEIO_API` and `FRAMEIO_ACCOUNT` set them.
 *
 * @since 0.1.0
 * @category getters
 */
export const said = (account: string): Effect.Effect<Pick<Account, "api" | "accountId">, UnknownAccount> =>
  Effect.gen(function* () {
    const api = (yield* variable("FRAMEIO_API")).toLowerCase()
    const accountId = yield* variable("FRAMEIO_ACCOUNT")
    if (api !== "" && api !== "v2" && api !== "v4") {
      const reason = `${variableOf(account, "FRAMEIO_API")} is ${JSON.stringify(api)}; it must be v2 or v4.`
      return yield* new UnknownAccount({ account, reason })
    }
    if (accountId !== "" && !isId(accountId)) {
      const reason = `${variableOf(account, "FRAMEIO_ACCOUNT")} is not an id; it must be a UUID.`
      return yield* new UnknownAccount({ account, reason })
    }
    return { api: api === "" ? undefined : api, accountId: isId(accountId) ? accountId : undefined } as const
  }).pipe(withVariablesOf(account))

/**
 * Finds accounts by a folder of files and the program's `ConfigProvider`, in this order: the file; `FRAMEIO_TOKEN` or
 * `FRAMEIO_TOKEN_FILE`; a service's `FRAMEIO_CLIENT_ID` with `FRAMEIO_CLIENT_SECRET` or `FRAMEIO_CLIENT_SECRET_FILE`; each
 * followed by the account's name, such as `FRAMEIO_TOKEN_SHOW_A` for `show-a`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromConfig = (
  options?: ConfigOptions
): Effect.Effect<Find, never, FileSystem.FileSystem | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const needs = yield* Effect.context<FileSystem.FileSystem | HttpClient.HttpClient>()
    // That of the program, whoever asks for an account later.
    const provider = yield* Effect.configProviderWith(Effect.succeed)
    const folder = options?.folder ?? ((yield* variable("FRAMEIO_TOKENS")) || undefined)

    const service = Effect.map(
      AdobeIms.clientFromConfig(),
      Option.filter(({ clientSecret }) => clientSecret !== undefined)
    )

    const find = (account: string) =>
      Effect.gen(function* () {
        const file = folder === undefined ? undefined : `${folder}/${account}`
        const isFile = file !== undefined && (yield* Effect.orElseSucceed(fs.exists(file), () => false))
        const isToken =
          isFile || (yield* variable("FRAMEIO_TOKEN")) !== "" || (yield* variable("FRAMEIO_TOKEN_FILE")) !== ""
        const client = isToken ? Option.none() : yield* service
        if (Option.isSome(client)) {
          const credentials = yield* AdobeIms.serverToServer(client.value)
          const config = yield* FrameioConfig.fromConfig({
            // What it would be is not asked for: the credentials take its place.
            token: Config.succeed(Redacted.make("by-adobe")),
            tokenFile: Config.succeed("")
          })
          return { config: { ...config, credentials }, kind: "service" } as const
        }
        const config = yield* FrameioConfig.fromConfig(
          isFile ? { token: Config.succeed(Redacted.make("")), tokenFile: Config.succeed(file) } : {}
        )
        return { config, kind: "developer-token" } as const
      })

    return (account) =>
      Effect.gen(function* () {
        const problem = nameProblem(account)
        if (problem !== undefined) return yield* new UnknownAccount({ account, reason: problem })
        const found = yield* Effect.mapError(withVariablesOf(account)(find(account)), (error) => {
          const token = `Set ${variableOf(account)}${folder === undefined ? "" : `, or write the token to ${folder}/${account}`}`
          const service = `or, for a service at Adobe, ${variableOf(account, "FRAMEIO_CLIENT_ID")} and its secret`
          return new UnknownAccount({ account, reason: `${token}, ${service}. ${message(error)}` })
        })
        return { ...found, ...(yield* said(account)) }
      }).pipe(Effect.withConfigProvider(provider), Effect.provide(needs))
  })

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Equal keys are one client. */
class Key extends Data.Class<{ readonly account: string; readonly api: Identity.Api }> {}

const AGAIN = Duration.seconds(10)

/**
 * A client for each account over one scheduler, made when it is first needed. Give the scheduler the `hint` of `V4Client`,
 * so that V4's printed limits are kept from the first request on.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  find: Find
): Effect.Effect<Service, never, RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const unusable = (account: string) => (error: { readonly message: string }) =>
      new UnknownAccount({ account, reason: message(error) })

    /** Each once; a failure is tried again after a while. */
    const once = <K, A, R>(lookup: (key: K) => Effect.Effect<A, UnknownAccount, R>) =>
      Cache.makeWith({
        capacity: Number.MAX_SAFE_INTEGER,
        lookup,
        timeToLive: (exit: Exit.Exit<A, UnknownAccount>) => (Exit.isSuccess(exit) ? Duration.infinity : AGAIN)
      })

    const found = yield* once(find)

    const apis = yield* once((account: string) =>
      Effect.gen(function* () {
        const { api, config, kind } = yield* found.get(account)
        const asked = Effect.provideService(Identity.apiOf(kind), FrameioConfig.FrameioConfig, config)
        return api ?? (yield* Effect.mapError(asked, unusable(account)))
      })
    )

    const opened = yield* once(({ account, api }: Key) =>
      Effect.gen(function* () {
        const { accountId, config, kind } = yield* found.get(account)
        if (api === "v2" && kind !== "developer-token") {
          return yield* new UnknownAccount({ account, reason: "Its token is Adobe's, which v2 does not accept." })
        }
        if (api === "v2") {
          const client = yield* FrameioClient.makeWith(config)
          return yield* Effect.provideService(Repository.makeV2, FrameioClient.FrameioClient, client)
        }
        const client = yield* Effect.mapError(
          V4Client.makeWith(config, { accountId, developerToken: kind === "developer-token" }),
          (error) =>
            error._tag === "FrameioAccountNotChosen"
              ? new UnknownAccount({
                  account,
                  reason: `${error.message} Set ${variableOf(account, "FRAMEIO_ACCOUNT")}.`
                })
              : unusable(account)(error)
        )
        return yield* Effect.provideService(RepositoryV4.make, V4Client.V4Client, client)
      })
    )

    return {
      repository: (account, wanted) =>
        Effect.gen(function* () {
          const api = wanted ?? (yield* apis.get(account))
          return { api, repository: yield* opened.get(new Key({ account, api })) }
        })
    }
  })

/**
 * Accounts from a function of the program, such as one that reads a vault of tokens.
 *
 * @example
 * ```ts
 * const Known = Accounts.layer((account) =>
 *   FrameioConfig.make({ token: Redacted.make(`from the vault: ${account}`) }).pipe(
 *     Effect.map((config) => ({ config, kind: "developer-token" as const })),
 *     Effect.mapError(() => new Accounts.UnknownAccount({ account, reason: "Add its token to the vault." }))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  find: Find
): Layer.Layer<Accounts, never, RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient> =>
  Layer.effect(Accounts, make(find))

/**
 * The accounts of {@link fromConfig}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: ConfigOptions
): Layer.Layer<
  Accounts,
  never,
  RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient | FileSystem.FileSystem
> => Layer.effect(Accounts, Effect.flatMap(fromConfig(options), make))
