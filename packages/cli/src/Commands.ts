/**
 * Every command of `frameio`, in the order of the help, and the options that all of them take. A command is declared in
 * the module of its group in `commands`, listed here, and given its handler in `Handlers`.
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
  { path: ["stacks"], summary: "Look over version stacks" },
  { path: ["batch"], summary: "Many versions at once" },
  { path: ["auth"], summary: "Log in at Frame.io, and out" }
]

/**
 * Options that every command takes.
 *
 * @since 0.1.0
 * @category options
 */
export const globals = {
  help: CommandLine.toggle("help", "Show help for a command.", "h"),
  version: CommandLine.toggle("version", "Show the version of frameio.", "V"),
  verbose: CommandLine.toggle("verbose", "Log the requests to Frame.io and its answers.", "v"),
  quiet: CommandLine.toggle("quiet", "Print only results and errors.", "q"),
  tokenFile: CommandLine.optional(
    "token-file",
    CommandLine.file,
    "Take the token from this file, instead of the environment or the login."
  ),
  api: CommandLine.optional(
    "api",
    CommandLine.choice("version", ["v2", "v4"]),
    "The version of Frame.io's API. Default: found out by asking."
  ),
  account: CommandLine.optional(
    "account",
    CommandLine.text("id"),
    "The V4 account to work in, if the token reaches several."
  ),
  logLevel: CommandLine.optional(
    "log-level",
    CommandLine.choice("level", ["debug", "info", "warning", "error", "none"]),
    "The lowest level to log.",
    "warning"
  ),
  logFile: CommandLine.optional("log-file", CommandLine.file, "Append the log to this file instead of the terminal.")
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
  ["FRAMEIO_BASE_URL", "The address of Frame.io. Default: https://api.frame.io"],
  ["FRAMEIO_TOKEN_FILE", "A file with the token."],
  ["FRAMEIO_API", "Like --api: v2 or v4."],
  ["FRAMEIO_ACCOUNT", "As --account."],
  ["FRAMEIO_CLIENT_ID", "A service at Adobe, with FRAMEIO_CLIENT_SECRET or FRAMEIO_CLIENT_SECRET_FILE."],
  ["FRAMEIO_IMS_URL", "The address of Adobe's identity management. Default: https://ims-na1.adobelogin.com"],
  ["HTTPS_PROXY", "The proxy to use; also HTTP_PROXY, NO_PROXY."],
  ["NODE_EXTRA_CA_CERTS", "A file with the certificates of a proxy that signs its own."],
  ["NO_COLOR", "If set to anything: no colours."]
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
