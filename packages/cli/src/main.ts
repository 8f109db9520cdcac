// @effect-diagnostics strictEffectProvide:off
/** The command on this process: its arguments, its terminal, its exit code. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Cli from "./Cli.js"
import * as NodeStdio from "./NodeStdio.js"

const live = Layer.mergeAll(NodeContext.layer, UndiciHttpClient.layer, NodeStdio.layer)

Effect.runFork(Effect.provide(Cli.run(process.argv), live)).addObserver((exit) => {
  process.exit(Exit.isSuccess(exit) ? exit.value : 1)
})
