// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio show`: one asset, and the stack it is or is on.
 *
 * @since 0.1.0
 */
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as AssetCache from "@effect-frameio/stacks/AssetCache"
import * as VersionStack from "@effect-frameio/stacks/VersionStack"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AssetLink from "./AssetLink.js"
import * as AssetText from "./AssetText.js"
import { orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import { idOf } from "./LsCommand.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/**
 * Shows an asset: a few lines for a person, the asset as JSON for a program.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.show")(
  function* (args: { readonly asset: string; readonly json: boolean }) {
    const stdio = yield* Stdio
    const location = yield* VersionStack.locate(yield* idOf(args.asset))
    const { asset } = location
    if (args.json || !stdio.outIsTerminal) return yield* stdio.out(`${JSON.stringify(asset)}\n`)
    const stack = location._tag === "Stack" ? asset : location._tag === "Member" ? location.stack : undefined
    const versions =
      stack === undefined
        ? []
        : yield* VersionStack.members(stack.id).pipe(
            Effect.map((members) => members.versions),
            Effect.catchTag("FrameioNotInStack", () => Effect.succeed([]))
          )
    const link = AssetLink.linkOf(stack ?? asset)
    yield* stdio.say(
      [
        Text.styled("bold", AssetText.nameOf(asset)),
        ...Text.rows(
          [
            ["kind", AssetText.kindOf(asset)],
            ...(typeof asset.filesize === "number" ? [["size", `${asset.filesize} bytes`] as const] : []),
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
