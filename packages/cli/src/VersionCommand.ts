// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio version`: one call.
 *
 * @since 0.1.0
 */

import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as AssetCache from "@effect-frameio/stacks/AssetCache"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as StackBuild from "@effect-frameio/stacks/StackBuild"
import * as VersionStack from "@effect-frameio/stacks/VersionStack"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AssetLink from "./AssetLink.js"
import * as AssetText from "./AssetText.js"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ItemAsset from "./ItemAsset.js"
import * as LsCommand from "./LsCommand.js"
import * as ResultText from "./ResultText.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/** A result for a person: names, with the number of the version if known. */
const told = (stackId: Asset.AssetId | undefined, onto: Asset.Asset, nextId: Asset.AssetId) =>
  Effect.gen(function* () {
    const cache = yield* AssetCache.AssetCache
    const next = AssetText.nameOf(yield* cache.get({ assetId: nextId }))
    if (stackId === undefined) return `${next} is the newest version of ${AssetText.nameOf(onto)}.\n`
    const stdio = yield* Stdio
    const { stack, versions } = yield* VersionStack.members(stackId)
    const number = versions.findIndex((one) => Asset.sameId(one.id, nextId)) + 1
    const link = AssetLink.linkOf(stack)
    return `${next} is ${number > 0 ? `version ${number}` : "the newest version"} on the stack ${Text.linked(link, AssetText.nameOf(stack))} (${stackId}).\n${link === undefined || stdio.links ? "" : `${link}\n`}`
  })

interface Link {
  readonly assetId: Asset.AssetId
  readonly nextAssetId: Asset.AssetId
}

/** Reports everything wrong with the two at once. */
const linkOf = (asset: string, next: string): Effect.Effect<Link, CliError> =>
  Effect.gen(function* () {
    yield* Effect.validateAll([asset, next], LsCommand.idOf, { discard: true }).pipe(
      Effect.mapError((errors) => CliError.badInput(errors.map((error) => error.message).join("\n")))
    )
    const [assetId, nextAssetId] = yield* Effect.all([LsCommand.idOf(asset), LsCommand.idOf(next)])
    if (Asset.sameId(assetId, nextAssetId)) {
      return yield* CliError.badInput(`The asset ${assetId} cannot be put on itself: the two ids are the same.`)
    }
    return { assetId, nextAssetId }
  })

/** As many requests as the API needs, each made once; the answer is the stack. */
const throughPort = (link: Link, json: boolean) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const repository = yield* Repository.Repository
    const { stack, stackId } = yield* StackBuild.build({ onto: link.assetId, files: [link.nextAssetId] })
    if (json || !stdio.outIsTerminal) return yield* stdio.out(AssetText.json(ItemAsset.of(stack)))
    const { name } = yield* repository.get(link.nextAssetId)
    yield* stdio.say(yield* ResultText.onStack(name ?? link.nextAssetId, link.nextAssetId, stackId))
  })

/** Why a file is refused as the newest version, by name and with the one rule that applies, if known. */
const whyRefused = (nextId: Asset.AssetId, onto: Asset.Asset) =>
  Effect.map(VersionStack.locate(nextId), (location): string | undefined => {
    const name = AssetText.nameOf(location.asset)
    switch (location._tag) {
      case "Member": {
        const stack = `${AssetText.nameOf(location.stack)} (${location.stack.id})`
        return Asset.sameId(location.stack.id, onto.id)
          ? `${name} is on the stack ${stack} already. Nothing was changed.`
          : `${name} is on another stack already, ${stack}, and can be only on one.`
      }
      case "Folder":
      case "Other":
        return `${name} is a ${AssetText.kindOf(location.asset)}, and only files become versions.`
      case "Stack":
        return `${name} is a stack itself, and only files become versions.`
      case "File":
        return undefined
    }
  })

/**
 * Puts one asset on the stack of another; the answer goes to standard output, as JSON unless that is a terminal.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.version")(
  function* (args: { readonly asset: string; readonly next: string; readonly json: boolean }) {
    const stdio = yield* Stdio
    const link = yield* linkOf(args.asset, args.next)
    if ((yield* Connection.Api) !== "v2") return yield* throughPort(link, args.json)
    const client = yield* FrameioClient.FrameioClient
    const location = yield* VersionStack.locate(link.assetId)
    if (location._tag === "Folder" || location._tag === "Other") {
      return yield* CliError.badInput(
        `${AssetText.nameOf(location.asset)} is a ${AssetText.kindOf(location.asset)}, and only files and stacks get versions.`
      )
    }
    // Versions on a stack get no versions of their own; the stack does.
    const target = location._tag === "Member" ? location.stack : location.asset
    const answer = yield* client.version({ assetId: target.id, nextAssetId: link.nextAssetId }).pipe(
      Effect.catchTag("FrameioInvalidArguments", (error) =>
        Effect.flatMap(
          Effect.orElseSucceed(whyRefused(link.nextAssetId, target), () => undefined),
          (why) => Effect.fail(why === undefined ? error : new CliError({ exitCode: ExitCode.failed, message: why }))
        )
      )
    )
    if (args.json || !stdio.outIsTerminal) return yield* stdio.out(AssetText.json(answer))
    const stackId = Asset.isVersionStack(answer) ? answer.id : Asset.isVersionStack(target) ? target.id : undefined
    yield* stdio.say(
      yield* Effect.orElseSucceed(
        told(stackId, location.asset, link.nextAssetId),
        () => `${link.nextAssetId} is the newest version of ${AssetText.nameOf(location.asset)}.\n`
      )
    )
  },
  (effect) =>
    effect.pipe(
      RateLimitCall.withPriority("interactive"),
      Effect.provide(Layer.provideMerge(AssetCache.layer(), Connection.layer)),
      Effect.mapError(Failure.toCliError),
      orInterrupted(
        "Interrupted. Whether the version was put on the stack is unknown; read the stack before you try again."
      )
    )
)
