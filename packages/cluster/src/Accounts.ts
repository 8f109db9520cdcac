/**
 * Whose token a job runs with. A job names an account and holds no token: the token is in the environment of the workers, or
 * in a file that is mounted there.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A worker does not know an account, or what it knows of it cannot be right. No message holds a token.
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
 * The accounts that a worker knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The files and stacks of an account. All accounts share one scheduler, which keeps their limits apart. */
  readonly repository: (account: string) => Effect.Effect<Repository.Service, UnknownAccount>
}

/**
 * The accounts that a worker knows.
 *
 * @since 0.1.0
 * @category tags
 */
export class Accounts extends Context.Tag("@effect-frameio/cluster/Accounts")<Accounts, Service>() {}

/**
 * The account of a job that names none.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT = "default"

/** So that a name is one file, and one variable. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

/**
 * What is wrong with a name, if anything: names are of lower-case letters, digits, `-` and `_`.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameProblem = (account: string): string | undefined =>
  NAME.test(account)
    ? undefined
    : `${JSON.stringify(account)} is no name of an account: at most 64 lower-case letters, digits, - and _, of which the first is a letter or a digit.`

/**
 * The variable that holds the token of an account: `FRAMEIO_TOKEN` for `default`, else such as `FRAMEIO_TOKEN_SHOW_A` for
 * `show-a`.
 *
 * @since 0.1.0
 * @category getters
 */
export const variableOf = (account: string): string =>
  account === DEFAULT ? "FRAMEIO_TOKEN" : `FRAMEIO_TOKEN_${account.toUpperCase().replaceAll("-", "_")}`

/**
 * Where tokens come from.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * A folder with a file for each account, called like it, that holds the token and nothing else. It is read again when the
   * token was refused. Default: `FRAMEIO_TOKENS`, or none.
   */
  readonly folder?: string | undefined
}

const message = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)

/**
 * Accounts by the program's `ConfigProvider` and by a folder of files. Where an account has both, the file counts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<
  Service,
  never,
  RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient | FileSystem.FileSystem
> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const needs = yield* Effect.context<
      RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient | FileSystem.FileSystem
    >()
    const folder =
      options?.folder ??
      Option.getOrUndefined(yield* Effect.orElseSucceed(Config.option(Config.string("FRAMEIO_TOKENS")), Option.none))
    const repositories = new Map<string, Repository.Service>()

    const make = (account: string): Effect.Effect<Repository.Service, UnknownAccount> =>
      Effect.gen(function* () {
        const problem = nameProblem(account)
        if (problem !== undefined) return yield* new UnknownAccount({ account, reason: problem })
        const variable = variableOf(account)
        const file = folder === undefined ? undefined : `${folder}/${account}`
        const isFile = file !== undefined && (yield* Effect.orElseSucceed(fs.exists(file), () => false))
        const config = FrameioConfig.fromConfig({
          token: isFile ? Config.succeed(Redacted.make("")) : Config.redacted(variable),
          // An empty one counts as none.
          tokenFile: isFile
            ? Config.succeed(file)
            : account === DEFAULT
              ? Config.string("FRAMEIO_TOKEN_FILE")
              : Config.succeed("")
        })
        return yield* config.pipe(
          Effect.mapError(
            (error) =>
              new UnknownAccount({
                account,
                reason: `Set ${variable}${folder === undefined ? "" : `, or write the token to ${file}`}. ${message(error)}`
              })
          ),
          Effect.flatMap((service) =>
            Effect.provideService(FrameioClient.make(), FrameioConfig.FrameioConfig, service)
          ),
          Effect.flatMap((client) => Effect.provideService(Repository.makeV2, FrameioClient.FrameioClient, client)),
          Effect.provide(needs)
        )
      })

    return {
      repository: (account) =>
        Effect.suspend(() => {
          const known = repositories.get(account)
          return known === undefined
            ? Effect.tap(make(account), (made) => Effect.sync(() => repositories.set(account, made)))
            : Effect.succeed(known)
        })
    }
  })

/**
 * Accounts by the program's `ConfigProvider` and by a folder of files.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<
  Accounts,
  never,
  RateLimitScheduler.RateLimitScheduler | HttpClient.HttpClient | FileSystem.FileSystem
> => Layer.effect(Accounts, make(options))
