/**
 * Every command of `frameio`, in the order of the help, and what all of them take. A command is declared in the module of
 * its group in `commands`, listed here, and given its handler in `Handlers`.
 *
 * @since 0.1.0
 */
import * as CommandLine from "./CommandLine.js"
import { ls, rm, show, version } from "./commands/assets.js"
import { demo, fake } from "./commands/fakes.js"
import { plan, stacksAudit } from "./commands/folders.js"
import { batchReport, batchRun, batchStatus, batchSubmit, batchUndo, worker } from "./commands/jobs.js"
import { authLogin, authLogout, authStatus, whoami } from "./commands/logins.js"
import { completion, doctor } from "./commands/tools.js"
import { upload } from "./commands/uploads.js"

export * from "./commands/assets.js"
export * from "./commands/fakes.js"
export * from "./commands/folders.js"
export * from "./commands/jobs.js"
export * from "./commands/logins.js"
export { defaults } from "./commands/options.js"
export * from "./commands/tools.js"
export * from "./commands/uploads.js"

/**
 * All commands, in the order of the help.
 *
 * @since 0.1.0
 * @category commands
 */
export const all: ReadonlyArray<CommandLine.Command> = [
  version,
  upload,
  plan,
  stacksAudit,
  batchRun,
  batchSubmit,
  batchStatus,
  batchReport,
  batchUndo,
  ls,
  show,
  rm,
  authLogin,
  authStatus,
  authLogout,
  whoami,
  doctor,
  worker,
  fake,
  demo,
  completion
]

/**
 * Words that only lead to commands.
 *
 * @since 0.1.0
 * @category commands
 */
export const groups: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly summary: string }> = [
  { path: [], summary: "Puts files on their version stacks at Frame.io, as fast as it allows" },
  { path: ["stacks"], summary: "Version stacks as they are" },
  { path: ["batch"], summary: "Many versions at once" },
  { path: ["auth"], summary: "Who the commands are for Frame.io" }
]

/**
 * Options that every command takes.
 *
 * @since 0.1.0
 * @category options
 */
export const globals = {
  help: CommandLine.toggle("help", "Show what a command does and takes.", "h"),
  version: CommandLine.toggle("version", "Show the version of frameio.", "V"),
  verbose: CommandLine.toggle("verbose", "Log what is asked of Frame.io and what it answers.", "v"),
  quiet: CommandLine.toggle("quiet", "Say nothing but results and errors.", "q"),
  tokenFile: CommandLine.optional(
    "token-file",
    CommandLine.file,
    "Take the token from this file, whatever the environment or the login say."
  ),
  api: CommandLine.optional(
    "api",
    CommandLine.choice("version", ["v2", "v4"]),
    "The version of Frame.io's API. Found out by asking, where it is not said."
  ),
  account: CommandLine.optional(
    "account",
    CommandLine.text("id"),
    "The account of V4 to work in, where the token reaches several."
  ),
  logLevel: CommandLine.optional(
    "log-level",
    CommandLine.choice("level", ["debug", "info", "warning", "error", "none"]),
    "What is logged at least.",
    "warning"
  ),
  logFile: CommandLine.optional(
    "log-file",
    CommandLine.file,
    "Log to this file, behind what is there, and not to the terminal."
  )
}

/**
 * The global options, except those that a command redefines.
 *
 * @since 0.1.0
 * @category getters
 */
export const globalsOf = (command: CommandLine.Command): ReadonlyArray<CommandLine.Flag<unknown>> => {
  const own = new Set(CommandLine.flagsOf(command).map(({ name }) => name))
  return Object.values(globals).filter(({ name }) => !own.has(name))
}

/**
 * The variables of commands that talk to Frame.io.
 *
 * @since 0.1.0
 * @category constants
 */
export const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["FRAMEIO_TOKEN", "A developer token, from https://developer.frame.io. Or log in: frameio auth login."],
  ["FRAMEIO_BASE_URL", "Where Frame.io is. Default: https://api.frame.io"],
  ["FRAMEIO_TOKEN_FILE", "A file with the token."],
  ["FRAMEIO_API", "As --api: v2 or v4."],
  ["FRAMEIO_ACCOUNT", "As --account."],
  ["FRAMEIO_CLIENT_ID", "A service at Adobe, with FRAMEIO_CLIENT_SECRET or FRAMEIO_CLIENT_SECRET_FILE."],
  ["FRAMEIO_IMS_URL", "Where Adobe's identity management is. Default: https://ims-na1.adobelogin.com"],
  ["HTTPS_PROXY", "The proxy to go through; HTTP_PROXY, NO_PROXY likewise."],
  ["NODE_EXTRA_CA_CERTS", "A file with the certificates of a proxy that signs its own."],
  ["NO_COLOR", "Whatever it says: no colours."]
]

/**
 * The meaning of the exit codes.
 *
 * @since 0.1.0
 * @category constants
 */
export const exits: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, "all went well"],
  [1, "some of it failed"],
  [2, "bad input; nothing was done"],
  [130, "ended by Ctrl-C"]
]
