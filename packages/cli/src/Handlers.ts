/**
 * The handlers of all commands. A command's module is loaded when it runs.
 *
 * @since 0.1.0
 */
import * as Cli from "./Cli.js"
import * as Commands from "./Commands.js"

/**
 * The handler of each command that runs something.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: Cli.Handlers = new Map([
  Cli.handler(Commands.version, () => import("./VersionCommand.js")),
  Cli.handler(Commands.upload, () => import("./UploadCommand.js")),
  Cli.handler(Commands.plan, () => import("./PlanCommand.js")),
  Cli.handler(Commands.stacksAudit, () => import("./StacksAuditCommand.js")),
  Cli.handler(Commands.batchRun, () => import("./BatchRunCommand.js")),
  Cli.handler(Commands.batchSubmit, () => import("./BatchSubmitCommand.js")),
  Cli.handler(Commands.batchStatus, () => import("./BatchStatusCommand.js")),
  Cli.handler(Commands.batchReport, () => import("./BatchReportCommand.js")),
  Cli.handler(Commands.batchUndo, () => import("./BatchUndoCommand.js")),
  Cli.handler(Commands.ls, () => import("./LsCommand.js")),
  Cli.handler(Commands.show, () => import("./ShowCommand.js")),
  Cli.handler(Commands.rm, () => import("./RmCommand.js")),
  Cli.handler(Commands.authLogin, () => import("./AuthCommand.js").then(({ login }) => ({ handle: login }))),
  Cli.handler(Commands.authStatus, () => import("./AuthCommand.js").then(({ status }) => ({ handle: status }))),
  Cli.handler(Commands.authLogout, () => import("./AuthCommand.js").then(({ logout }) => ({ handle: logout }))),
  Cli.handler(Commands.whoami, () => import("./WhoAmICommand.js")),
  Cli.handler(Commands.doctor, () => import("./DoctorCommand.js")),
  Cli.handler(Commands.worker, () => import("./WorkerCommand.js")),
  Cli.handler(Commands.fake, () => import("./FakeCommand.js")),
  Cli.handler(Commands.demo, () => import("./DemoCommand.js"))
])
