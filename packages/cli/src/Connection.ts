/**
 * The client that the commands share, from the environment.
 *
 * @since 0.1.0
 */

import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type { BucketKey } from "@effect-frameio/ratelimit/RateLimitStore"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { CliError } from "./CliError.js"
import * as Credentials from "./Credentials.js"
import * as LimitFile from "./LimitFile.js"

/** A server on this machine is a fake, whose limits say nothing of Frame.io's. */
const isFake = (hostname: string): boolean => /^(?:localhost|127\..*|\[::1\])$/.test(hostname)

const memory = Effect.gen(function* () {
  const base = yield* Effect.orElseSucceed(Config.string("FRAMEIO_BASE_URL"), () => "")
  const url = base === "" ? FrameioConfig.DEFAULT_BASE_URL : base
  if (!URL.canParse(url)) return Option.none()
  const { hostname } = new URL(url)
  return isFake(hostname) ? Option.none() : yield* LimitFile.open(hostname)
})

/** The services that commands get. */
type Given =
  | Repository.Repository
  | FrameioClient.FrameioClient
  | FrameioConfig.FrameioConfig
  | RateLimitScheduler.RateLimitScheduler
  | Credentials.TokenOrigin

/**
 * The client, its configuration and its scheduler, by what {@link Credentials} finds and `FRAMEIO_BASE_URL`, with the limits that earlier
 * commands learnt. A token or address that cannot be right is bad input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Given, CliError, HttpClient.HttpClient | FileSystem.FileSystem | Path.Path> =
  Layer.unwrapEffect(
    Effect.map(memory, (known) =>
      Repository.layerV2.pipe(
        Layer.provideMerge(FrameioClient.layerWithScheduler()),
        Layer.provideMerge(RateLimitScheduler.layerMemory({ memory: Option.getOrUndefined(known) })),
        Layer.provideMerge(Credentials.layer)
      )
    )
  )

/**
 * The rate-limit bucket that the calls of an endpoint go through: each user has one of their own.
 *
 * @since 0.1.0
 * @category getters
 */
export const bucketOf = (
  endpoint: "assets.version" | "assets.unversion"
): Effect.Effect<Option.Option<BucketKey>, never, FrameioConfig.FrameioConfig> =>
  Effect.gen(function* () {
    const { credentials } = yield* FrameioConfig.FrameioConfig
    const owner = yield* Effect.option(credentials.owner)
    const route = FrameioApi.endpoints.get(endpoint)?.route
    return route === undefined ? Option.none() : Option.map(owner, (owner) => ({ owner, route }))
  })
