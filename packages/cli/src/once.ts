/**
 * The commands that make few calls, for a process that starts as fast as it can: their modules are in one file, which
 * is compiled once. They send over `node:http`, which loads in a tenth of undici's time and is slower only for many
 * calls.
 *
 * @since 0.1.0
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import * as Cli from "./Cli.js"
import * as Commands from "./Commands.js"
import * as LsCommand from "./LsCommand.js"
import * as Process from "./Process.js"
import * as RmCommand from "./RmCommand.js"
import * as ShowCommand from "./ShowCommand.js"
import * as VersionCommand from "./VersionCommand.js"

const handlers: Cli.Handlers = new Map([
  Cli.handler(Commands.version, () => Promise.resolve(VersionCommand)),
  Cli.handler(Commands.ls, () => Promise.resolve(LsCommand)),
  Cli.handler(Commands.show, () => Promise.resolve(ShowCommand)),
  Cli.handler(Commands.rm, () => Promise.resolve(RmCommand)),
  Cli.handler(Commands.whoami, () => import("./WhoAmICommand.js")),
  Cli.handler(Commands.plan, () => import("./PlanCommand.js"))
])

/** Connects like `UndiciHttpClient`: each address of a host gets the time for one lost packet. */
const online = Layer.provide(
  NodeHttpClient.layerWithoutAgent,
  NodeHttpClient.makeAgentLayer({ keepAlive: true, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2500 })
)

/**
 * Runs one of these commands and ends the process.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (asked: Process.Asked): void => Process.run(asked, handlers, online)
