/**
 * All commands, each loaded when it runs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Handlers from "./Handlers.js"
import * as Process from "./Process.js"

/** Loaded for commands that send something. */
const online = Layer.unwrapEffect(
  Effect.map(
    Effect.promise(() => import("./Proxy.js")),
    ({ layer }) => layer
  )
)

/**
 * Runs a command and ends the process.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (asked: Process.Asked): void => Process.run(asked, Handlers.all, online)
