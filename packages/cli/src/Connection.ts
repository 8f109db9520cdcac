/**
 * The client that the commands share, from the environment.
 *
 * @since 0.1.0
 */

import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { CliError } from "./CliError.js"
import * as LimitFile from "./LimitFile.js"

const lines = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...lines(error.left), ...lines(error.right)]
    default:
      return [`${error.path.join(".")}: ${error.message}`]
  }
}

const badConfig = (error: ConfigError.ConfigError): CliError =>
  CliError.badInput(
    [...lines(error), "To try it without an account: frameio fake, which prints what to set."].join("\n")
  )

/** A server on this machine is a fake, whose limits say nothing of Frame.io's. */
const isFake = (hostname: string): boolean => /^(?:localhost|127\..*|\[::1\])$/.test(hostname)

const memory = Effect.gen(function* () {
  const base = yield* Effect.orElseSucceed(Config.string("FRAMEIO_BASE_URL"), () => "")
  const url = base === "" ? FrameioConfig.DEFAULT_BASE_URL : base
  if (!URL.canParse(url)) return Option.none()
  const { hostname } = new URL(url)
  return isFake(hostname) ? Option.none() : yield* LimitFile.open(hostname)
})

/**
 * The client and its scheduler, by `FRAMEIO_TOKEN` and `FRAMEIO_BASE_URL`, with the limits that earlier commands learnt. A
 * token or address that cannot be right is bad input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<
  FrameioClient.FrameioClient | RateLimitScheduler.RateLimitScheduler,
  CliError,
  HttpClient.HttpClient | FileSystem.FileSystem | Path.Path
> = Layer.unwrapEffect(
  Effect.map(memory, (known) =>
    Layer.mapError(
      FrameioClient.layerConfig(Option.isNone(known) ? {} : { scheduler: { memory: known.value } }),
      badConfig
    )
  )
)
