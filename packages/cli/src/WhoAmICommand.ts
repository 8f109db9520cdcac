// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio whoami`: asks Frame.io who the token belongs to.
 *
 * @since 0.1.0
 */
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as Effect from "effect/Effect"
import { orInterrupted } from "./CliError.js"
import * as Credentials from "./Credentials.js"
import * as Failure from "./Failure.js"
import * as Identity from "./Identity.js"
import { Stdio } from "./Stdio.js"

/**
 * Asks who the token belongs to, and which accounts it reaches.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.whoami")(
  function* (args: { readonly json: boolean }) {
    const stdio = yield* Stdio
    const { from, kind } = yield* Credentials.TokenOrigin
    const { baseUrl } = yield* FrameioConfig.FrameioConfig
    const { accounts, api, user } = yield* Identity.ask(kind)
    if (args.json || !stdio.outIsTerminal) {
      return yield* stdio.out(
        `${JSON.stringify({ api, user: user ?? null, accounts, kind, from, host: baseUrl.host })}\n`
      )
    }
    yield* stdio.say(
      [
        user === undefined
          ? `${baseUrl.host} accepts the token over v2, which has no call that tells whose it is.`
          : `${Identity.nameOf(user)} at ${baseUrl.host}, over ${api === "v4" ? "V4" : api}.`,
        ...(accounts.length === 0 ? [] : ["", ...accounts.map(({ id, name }) => `  ${name}  ${id}`)]),
        ""
      ].join("\n")
    )
  },
  (effect) =>
    effect.pipe(
      Effect.provide(Credentials.layer),
      Effect.mapError((error) => Failure.toCliError(error)),
      orInterrupted("")
    )
)
