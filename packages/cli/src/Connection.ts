/**
 * How the commands reach Frame.io: the version of the API that accepts the token, and the repository over it.
 *
 * @since 0.1.0
 */

import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import { isLoopback } from "@effect-frameio/core/SecureUrl"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type { BucketKey } from "@effect-frameio/ratelimit/RateLimitStore"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CliError } from "./CliError.js"
import * as Credentials from "./Credentials.js"
import * as Failure from "./Failure.js"
import * as LimitFile from "./LimitFile.js"
import { Stdio } from "./Stdio.js"

/**
 * The versions of Frame.io's API.
 *
 * @since 0.1.0
 * @category models
 */
export type Version = "v2" | "v4"

/**
 * The version of the API that a command uses: v2's answers are printed unchanged.
 *
 * @since 0.1.0
 * @category tags
 */
export class Api extends Context.Tag("@effect-frameio/cli/Connection/Api")<Api, Version>() {}

const memory = Effect.gen(function* () {
  const base = yield* Effect.orElseSucceed(Config.string("FRAMEIO_BASE_URL"), () => "")
  const url = base === "" ? FrameioConfig.DEFAULT_BASE_URL : base
  if (!URL.canParse(url)) return Option.none()
  const { hostname } = new URL(url)
  // A server on this machine is a fake, whose limits say nothing about Frame.io's.
  return isLoopback(hostname) ? Option.none() : yield* LimitFile.open(hostname)
})

const variable = (name: string): Effect.Effect<string> =>
  Effect.orElseSucceed(
    Effect.map(Config.string(name), (value) => value.trim()),
    () => ""
  )

/**
 * The version given by `--api` or `FRAMEIO_API`, if any.
 *
 * @since 0.1.0
 * @category getters
 */
export const told: Effect.Effect<Version | undefined, CliError> = Effect.flatMap(variable("FRAMEIO_API"), (api) => {
  switch (api.toLowerCase()) {
    case "":
      return Effect.succeed(undefined)
    case "v2":
    case "v4":
      return Effect.succeed(api.toLowerCase() === "v2" ? "v2" : "v4")
    default:
      return CliError.badInput(`FRAMEIO_API is ${JSON.stringify(api)}; it must be v2 or v4.`)
  }
})

/**
 * The given version, or the one that a ledger was begun on; else V4 for Adobe's tokens, which v2 does not accept; else
 * what Frame.io says about the token. A fake on this machine accepts a token for both, and is used as v2.
 */
const choose = (begun: string | undefined) =>
  Effect.gen(function* () {
    const known = yield* told
    if (known !== undefined) return known
    if (begun === "v2" || begun === "v4") return begun
    const { kind } = yield* Credentials.TokenOrigin
    if (kind !== "developer-token") return "v4"
    const { baseUrl } = yield* FrameioConfig.FrameioConfig
    // Loaded only if Frame.io has to be asked.
    if (isLoopback(baseUrl.hostname)) return "v2"
    const Identity = yield* Effect.promise(() => import("./Identity.js"))
    const api = yield* Effect.mapError(Identity.apiOf(kind), (error) => Failure.toCliError(error))
    const stdio = yield* Stdio
    yield* stdio.tell(
      `The token is one of Frame.io ${api === "v4" ? "V4" : "v2"} (with --api ${api} Frame.io need not be asked).\n`
    )
    return api
  })

const isId = Schema.is(AssetId)

/** Loaded only for V4 tokens. */
const v4 = Effect.promise(() => import("./ConnectionV4.js"))

const overV4 = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { kind } = yield* Credentials.TokenOrigin
    const account = yield* variable("FRAMEIO_ACCOUNT")
    if (account !== "" && !isId(account)) {
      return yield* CliError.badInput(`The account ${JSON.stringify(account)} is not an id; it must be a UUID.`)
    }
    const { layer } = yield* v4
    return layer({ developerToken: kind === "developer-token", accountId: isId(account) ? account : undefined })
  })
)

const scheduler = (api: Version) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const known = Option.getOrUndefined(yield* memory)
      if (api === "v2") return RateLimitScheduler.layerMemory({ memory: known })
      const { hint } = yield* v4
      return RateLimitScheduler.layerMemory({ memory: known, hint })
    })
  )

/** The services that commands get. */
type Given =
  | Api
  | Repository.Repository
  | FrameioClient.FrameioClient
  | FrameioConfig.FrameioConfig
  | RateLimitScheduler.RateLimitScheduler
  | Credentials.TokenOrigin

/** The services that a repository needs, over either API. */
type Behind = Exclude<Given, Api | Repository.Repository> | HttpClient.HttpClient

type Needed = HttpClient.HttpClient | FileSystem.FileSystem | Path.Path | Stdio

/**
 * The same for a job that was begun on a version of the API, if known.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOf = (begun: string | undefined): Layer.Layer<Given, CliError, Needed> =>
  Layer.unwrapEffect(
    Effect.map(choose(begun), (api) => {
      const repository: Layer.Layer<Repository.Repository, CliError, Behind> =
        api === "v2" ? Repository.layerV2 : overV4
      return Layer.merge(repository, Layer.succeed(Api, api)).pipe(
        Layer.provideMerge(FrameioClient.layerWithScheduler()),
        Layer.provideMerge(scheduler(api))
      )
    })
  ).pipe(Layer.provideMerge(Credentials.layer))

/**
 * The repository, the v2 client, their configuration and their scheduler, from the token that {@link Credentials} finds
 * and from `FRAMEIO_API`, `FRAMEIO_ACCOUNT` and `FRAMEIO_BASE_URL`, with the limits that earlier commands learnt. An
 * invalid token, account or address is bad input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Given, CliError, Needed> = layerOf(undefined)

/**
 * The rate-limit buckets that steps use, each once; each user has buckets of their own.
 *
 * @since 0.1.0
 * @category getters
 */
export const bucketsOf = (
  steps: ReadonlyArray<Repository.Step>
): Effect.Effect<ReadonlyArray<BucketKey>, never, FrameioConfig.FrameioConfig | Repository.Repository> =>
  Effect.gen(function* () {
    const { credentials } = yield* FrameioConfig.FrameioConfig
    const { abilities } = yield* Repository.Repository
    const owner = Option.getOrUndefined(yield* Effect.option(credentials.owner))
    if (owner === undefined) return []
    return Array.from(new Set(steps.map((step) => abilities.routes[step])), (route) => ({ owner, route }))
  })
