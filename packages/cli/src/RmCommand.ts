// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio rm`: deletes an asset, after a question.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import { Repository } from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as AssetText from "./AssetText.js"
import { CliError, orInterrupted } from "./CliError.js"
import * as Confirm from "./Confirm.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ItemAsset from "./ItemAsset.js"
import { idOf } from "./LsCommand.js"
import { Stdio } from "./Stdio.js"

const ofV2 = (assetId: Asset.AssetId) =>
  Effect.gen(function* () {
    const client = yield* FrameioClient.FrameioClient
    return { asset: yield* client.get({ assetId }), remove: client.delete({ assetId }) }
  })

const ofPort = (assetId: Asset.AssetId) =>
  Effect.gen(function* () {
    const repository = yield* Repository
    const asset = ItemAsset.of(yield* repository.get(assetId))
    if (Asset.isVersionStack(asset)) {
      return yield* CliError.badInput(
        `${AssetText.nameOf(asset)} is a stack, which this version of Frame.io's API cannot delete. Delete its versions one by one: frameio ls ${asset.id}`
      )
    }
    return { asset, remove: Effect.as(repository.remove(assetId), asset) }
  })

/**
 * Deletes an asset, softly: Frame.io keeps it for 30 days. Asks on a terminal.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.rm")(
  function* (args: { readonly asset: string; readonly yes: boolean; readonly json: boolean }) {
    const stdio = yield* Stdio
    const assetId = yield* idOf(args.asset)
    const { asset, remove } = yield* (yield* Connection.Api) === "v2" ? ofV2(assetId) : ofPort(assetId)
    const name = `the ${AssetText.kindOf(asset)} ${AssetText.nameOf(asset)}`
    const all = Asset.isFile(asset) ? "" : " and all that is in it"
    yield* Confirm.ask(`Delete ${name}${all}?`, args)
    const deleted = yield* remove
    yield* args.json || !stdio.outIsTerminal
      ? stdio.out(AssetText.json(deleted))
      : stdio.say(`Deleted ${name}${all}. Frame.io keeps it for 30 days.\n`)
  },
  (effect) =>
    effect.pipe(
      RateLimitCall.withPriority("interactive"),
      Effect.provide(Connection.layer),
      Effect.mapError(Failure.toCliError),
      orInterrupted("Interrupted. If a delete was under way, look whether the asset still exists.")
    )
)
