// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio rm`: an asset deleted, after a question.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as Effect from "effect/Effect"
import * as AssetText from "./AssetText.js"
import { orInterrupted } from "./CliError.js"
import * as Confirm from "./Confirm.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import { idOf } from "./LsCommand.js"
import { Stdio } from "./Stdio.js"

/**
 * Deletes an asset, softly: Frame.io keeps it for 30 days. Asks on a terminal.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.rm")(
  function* (args: { readonly asset: string; readonly yes: boolean; readonly json: boolean }) {
    const stdio = yield* Stdio
    const client = yield* FrameioClient.FrameioClient
    const asset = yield* client.get({ assetId: yield* idOf(args.asset) })
    const name = `the ${AssetText.kindOf(asset)} ${AssetText.nameOf(asset)}`
    const all = Asset.isFile(asset) ? "" : " and all that is in it"
    yield* Confirm.ask(`Delete ${name}${all}?`, args)
    const deleted = yield* client.delete({ assetId: asset.id })
    yield* args.json || !stdio.outIsTerminal
      ? stdio.out(`${JSON.stringify(deleted)}\n`)
      : stdio.say(`Deleted ${name}${all}. Frame.io keeps it for 30 days.\n`)
  },
  (effect) =>
    effect.pipe(
      RateLimitCall.withPriority("interactive"),
      Effect.provide(Connection.layer),
      Effect.mapError(Failure.toCliError),
      orInterrupted("Interrupted. If it was asked to delete something, look whether it is still there.")
    )
)
