/**
 * The repository over V4, for commands.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as V4Client from "@effect-frameio/core/V4Client"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as Layer from "effect/Layer"
import { CliError, ExitCode } from "./CliError.js"
import * as Failure from "./Failure.js"

/**
 * V4's known limits.
 *
 * @since 0.1.0
 * @category constants
 */
export const hint = V4Client.hint

/**
 * The repository in an account: the given one, or the only one that the token reaches.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: { readonly developerToken: boolean; readonly accountId: AssetId | undefined }) =>
  Layer.provide(
    RepositoryV4.layer,
    Layer.mapError(V4Client.layerWithScheduler(options), (error) =>
      error._tag === "FrameioAccountNotChosen"
        ? new CliError({
            exitCode: ExitCode.badInput,
            message: error.message,
            todo: error.accounts.length === 0 ? [] : ["Choose with --account <id>, or FRAMEIO_ACCOUNT."]
          })
        : Failure.toCliError(error)
    )
  )
