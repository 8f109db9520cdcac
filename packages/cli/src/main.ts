// @effect-diagnostics strictEffectProvide:off
// @effect-diagnostics multipleEffectProvide:off
/**
 * A command that has to run, in a process of its own.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Arguments from "./Arguments.js"
import * as Cli from "./Cli.js"
import * as NodeStdio from "./NodeStdio.js"

/** Loaded for the commands that send something. */
const online = Layer.unwrapEffect(
  Effect.map(
    Effect.promise(() => import("./Proxy.js")),
    ({ layer }) => layer
  )
)

const offline = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make(() => Effect.dieMessage("a command that sends nothing has sent something"))
)

/**
 * Runs it and ends the process.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (asked: Arguments.Asked): void => {
  const http = asked._tag === "Run" && asked.command.sends !== "nothing" ? online : offline
  const command = Cli.run(asked).pipe(
    Effect.provide(Layer.merge(NodeContext.layer, http)),
    Effect.catchAll((error) => Cli.fail(error)),
    Effect.provide(NodeStdio.layer)
  )
  Effect.runFork(command).addObserver((exit) => {
    process.exit(Exit.isSuccess(exit) ? exit.value : 1)
  })
}
