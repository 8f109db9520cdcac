// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio show`: one asset, and its stack.
 *
 * @since 0.1.0
 */
import type * as Asset from "@effect-frameio/core/Asset"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as AssetCache from "@effect-frameio/stacks/AssetCache"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as VersionStack from "@effect-frameio/stacks/VersionStack"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AssetLink from "./AssetLink.js"
import * as AssetText from "./AssetText.js"
import { orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ItemAsset from "./ItemAsset.js"
import { idOf } from "./LsCommand.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/** An asset, and the stack that it is or is on. */
interface Shown {
  readonly asset: Asset.Asset
  readonly stack: Asset.Asset | undefined
}

const ofV2 = (id: Asset.AssetId) =>
  Effect.map(
    VersionStack.locate(id),
    (location): Shown => ({
      asset: location.asset,
      stack: location._tag === "Stack" ? location.asset : location._tag === "Member" ? location.stack : undefined
    })
  )

const ofPort = (id: Asset.AssetId) =>
  Effect.map(Repository.locate(id), (location): Shown => {
    switch (location._tag) {
      case "Member":
        return { asset: ItemAsset.of(location.file), stack: ItemAsset.of(location.stack) }
      case "Stack": {
        const stack = ItemAsset.of(location.stack)
        return { asset: stack, stack }
      }
      case "File":
        return { asset: ItemAsset.of(location.file), stack: undefined }
      case "Folder":
        return { asset: ItemAsset.of(location.folder), stack: undefined }
      case "Other":
        return { asset: ItemAsset.of(location.item), stack: undefined }
    }
  })

const versionsOfV2 = (stackId: Asset.AssetId) =>
  VersionStack.members(stackId).pipe(
    Effect.map((members) => members.versions),
    Effect.catchTag("FrameioNotInStack", () => Effect.succeed([]))
  )

const versionsOfPort = (stackId: Asset.AssetId) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const stack = yield* repository.get(stackId)
    return stack._tag === "Stack" ? (yield* repository.versions(stack)).files.map(ItemAsset.of) : []
  })

/**
 * Shows an asset: a few lines for a person, the asset as JSON for a program.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.show")(
  function* (args: { readonly asset: string; readonly json: boolean }) {
    const stdio = yield* Stdio
    const isV2 = (yield* Connection.Api) === "v2"
    const id = yield* idOf(args.asset)
    const { asset, stack } = yield* isV2 ? ofV2(id) : ofPort(id)
    if (args.json || !stdio.outIsTerminal) return yield* stdio.out(AssetText.json(asset))
    const versions = stack === undefined ? [] : yield* isV2 ? versionsOfV2(stack.id) : versionsOfPort(stack.id)
    const link = AssetLink.linkOf(stack ?? asset)
    yield* stdio.say(
      [
        Text.styled("bold", AssetText.nameOf(asset)),
        ...Text.rows(
          [
            ["kind", AssetText.kindOf(asset)],
            ...(typeof asset.filesize === "number" ? [["size", AssetText.sizeOf(asset)] as const] : []),
            ["id", asset.id],
            ...(stack === undefined || stack === asset
              ? []
              : [["on", `${AssetText.nameOf(stack)}, the stack ${stack.id}`] as const]),
            ...(link === undefined ? [] : [["link", link] as const])
          ],
          yield* stdio.columns
        ),
        ...(versions.length === 0 ? [] : [`${Text.plural(versions.length, "version")}, the newest first:`]),
        ...versions
          .map((one, n) => `  ${n + 1}  ${AssetText.nameOf(one)}  ${one.id}${one.id === asset.id ? "  (this)" : ""}`)
          .reverse(),
        ""
      ].join("\n")
    )
  },
  (effect) =>
    effect.pipe(
      RateLimitCall.withPriority("interactive"),
      Effect.provide(Layer.provideMerge(AssetCache.layer(), Connection.layer)),
      Effect.mapError(Failure.toCliError),
      orInterrupted("")
    )
)
