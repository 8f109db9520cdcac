/**
 * The client that the commands share, from the environment.
 *
 * @since 0.1.0
 */

import type * as HttpClient from "@effect/platform/HttpClient"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type * as ConfigError from "effect/ConfigError"
import * as Layer from "effect/Layer"
import { CliError } from "./CliError.js"

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

/**
 * The client and its scheduler, by `FRAMEIO_TOKEN` and `FRAMEIO_BASE_URL`. A token or address that cannot be right is bad
 * input.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<
  FrameioClient.FrameioClient | RateLimitScheduler.RateLimitScheduler,
  CliError,
  HttpClient.HttpClient
> = Layer.mapError(FrameioClient.layerConfig(), badConfig)
