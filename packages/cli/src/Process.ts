// @effect-diagnostics strictEffectProvide:off
// @effect-diagnostics multipleEffectProvide:off
/**
 * A command that has to run, in a process of its own.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Arguments from "./Arguments.js"
import * as Cli from "./Cli.js"
import type { CliError } from "./CliError.js"
import * as NodeStdio from "./NodeStdio.js"

/**
 * A line that runs a command.
 *
 * @since 0.1.0
 * @category models
 */
export type Asked = Extract<Arguments.Asked, { readonly _tag: "Run" }>

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
export const run = (
  asked: Asked,
  handlers: Cli.Handlers,
  online: Layer.Layer<HttpClient.HttpClient, CliError>
): void => {
  const http = asked.command.sends === "nothing" ? offline : online
  const command = Cli.run(asked, handlers).pipe(
    Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, http)),
    Effect.catchAll((error) => Cli.fail(error)),
    Effect.provide(NodeStdio.layer)
  )
  Effect.runFork(command).addObserver((exit) => {
    process.exit(Exit.isSuccess(exit) ? exit.value : 1)
  })
}
