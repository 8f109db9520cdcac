// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio version`: one call.
 *
 * @since 0.1.0
 */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as Effect from "effect/Effect"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import { Stdio } from "./Stdio.js"

const asset = Args.text({ name: "asset" }).pipe(
  Args.withDescription("The file or stack that gets the new version: its id.")
)

const next = Args.text({ name: "next" }).pipe(Args.withDescription("The new version: the id of a file."))

/**
 * Puts one asset on the stack of another; the answer goes to standard output as JSON unless a person looks at it.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.version")(function* (args: { readonly asset: string; readonly next: string }) {
  const stdio = yield* Stdio
  const plan = yield* VersionPlan.fromPairs([{ assetId: args.asset, nextAssetId: args.next }]).pipe(
    Effect.mapError((refused) => CliError.badInput(refused.problems.map((problem) => problem.message).join("\n")))
  )
  const link = plan.chains[0]?.links[0]
  if (link === undefined) return
  const answer = yield* Effect.gen(function* () {
    const client = yield* FrameioClient.FrameioClient
    return yield* client.version({ assetId: link.assetId, nextAssetId: link.nextAssetId })
  }).pipe(
    RateLimitCall.withPriority("interactive"),
    Effect.provide(Connection.layer),
    Effect.mapError((error) =>
      error._tag === "CliError"
        ? error
        : new CliError({
            exitCode: error._tag === "FrameioUnauthorized" ? ExitCode.badInput : ExitCode.failed,
            message: error.message
          })
    ),
    orInterrupted(
      "Interrupted. Whether the version was put on the stack is not known; read the stack before you try again."
    )
  )
  yield* stdio.outIsTerminal
    ? stdio.out(
        Asset.isVersionStack(answer)
          ? `${link.nextAssetId} is the newest version on the stack ${answer.id}.\n`
          : `${link.nextAssetId} is the newest version of ${link.assetId}.\n`
      )
    : stdio.out(`${JSON.stringify(answer)}\n`)
})

/**
 * The command.
 *
 * @since 0.1.0
 * @category commands
 */
export const command = Command.make("version", { asset, next }, handle).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Puts one asset on top of another as its newest version."),
      HelpDoc.p(
        "A file on a file makes a new stack with an id of its own; a file on a stack adds to it. For a file that is inside a stack, name the stack."
      ),
      HelpDoc.h2("Examples"),
      HelpDoc.p("frameio version 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10 6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"),
      HelpDoc.p('frameio version "$STACK" "$NEW" | jq -r .id')
    ])
  )
)
