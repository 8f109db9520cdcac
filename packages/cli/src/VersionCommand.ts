// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio version`: one call.
 *
 * @since 0.1.0
 */

import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as Effect from "effect/Effect"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import { Stdio } from "./Stdio.js"

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
