/** What can be answered without running anything. */
export * as Answer from "./Answer.js"
/** What the words of a line ask for. */
export * as Arguments from "./Arguments.js"
/** An asset as it is named on a command line, by its id or by its link. */
export * as AssetLink from "./AssetLink.js"
/** Assets for a person. */
export * as AssetText from "./AssetText.js"
/** An audit for a person. */
export * as AuditText from "./AuditText.js"
/** A login for all commands to come: `frameio auth`. */
export * as AuthCommand from "./AuthCommand.js"
/** What became of a job: `frameio batch report`. */
export * as BatchReportCommand from "./BatchReportCommand.js"
/** A file of versions: `frameio batch run`. */
export * as BatchRunCommand from "./BatchRunCommand.js"
/** How a job stands: `frameio batch status`. */
export * as BatchStatusCommand from "./BatchStatusCommand.js"
/** A file of versions, for a cluster: `frameio batch submit`. */
export * as BatchSubmitCommand from "./BatchSubmitCommand.js"
/** What a job has stacked, taken apart: `frameio batch undo`. */
export * as BatchUndoCommand from "./BatchUndoCommand.js"
/** Calls to Frame.io as lines of a log. */
export * as CallLog from "./CallLog.js"
/** The command: arguments in, exit code out. */
export * as Cli from "./Cli.js"
/** How a command ends when it does not end well. */
export * as CliError from "./CliError.js"
/** The cluster that the commands mean. */
export * as Cluster from "./Cluster.js"
/** A command line as data. */
export * as CommandLine from "./CommandLine.js"
/** Every command, with its options, arguments and examples. */
export * as Commands from "./Commands.js"
/** Completions for shells. */
export * as Completion from "./Completion.js"
/** A question before something that is not easily undone. */
export * as Confirm from "./Confirm.js"
/** The client that the commands share. */
export * as Connection from "./Connection.js"
/** Where a command's token comes from. */
export * as Credentials from "./Credentials.js"
/** The login of the user, in a file that nobody else can read. */
export * as CredentialsFile from "./CredentialsFile.js"
/** A fake and a batch against it, measured: `frameio demo`. */
export * as DemoCommand from "./DemoCommand.js"
/** What may be in the way: `frameio doctor`. */
export * as DoctorCommand from "./DoctorCommand.js"
/** What went wrong, for a person. */
export * as ErrorText from "./ErrorText.js"
/** How a command ends when the library fails. */
export * as Failure from "./Failure.js"
/** A Frame.io on this machine: `frameio fake`. */
export * as FakeCommand from "./FakeCommand.js"
/** What goes wrong in a fake. */
export * as FaultFlag from "./FaultFlag.js"
/** A folder and the rule that its files are named by. */
export * as FolderRequest from "./FolderRequest.js"
/** Help, as wide as the terminal. */
export * as HelpText from "./HelpText.js"
/** Who a token belongs to. */
export * as Identity from "./Identity.js"
/** What a repository tells, in the words of v2's assets. */
export * as ItemAsset from "./ItemAsset.js"
/** A job to look at, wherever it is kept. */
export * as JobSource from "./JobSource.js"
/** How a job shows while it runs. */
export * as JobView from "./JobView.js"
/** What the commands write as JSON, as schemas. */
export * as JsonOutput from "./JsonOutput.js"
/** A ledger as a command opens it. */
export * as LedgerFile from "./LedgerFile.js"
/** Limits once learnt, for the next command. */
export * as LimitFile from "./LimitFile.js"
/** Times, for people and for machines. */
export * as LocalTime from "./LocalTime.js"
/** What is in a folder: `frameio ls`. */
export * as LsCommand from "./LsCommand.js"
/** `Stdio` of a Node process. */
export * as NodeStdio from "./NodeStdio.js"
/** How every command writes its files. */
export * as OutputFile from "./OutputFile.js"
/** `@effect/cli` set up from a command's declaration. */
export * as Parser from "./Parser.js"
/** A folder's version stacks by the names of its files: `frameio plan`. */
export * as PlanCommand from "./PlanCommand.js"
/** Plans and audits as JSON lines. */
export * as PlanJson from "./PlanJson.js"
/** A plan for a person. */
export * as PlanText from "./PlanText.js"
/** One line that says how a job goes. */
export * as ProgressBar from "./ProgressBar.js"
/** The way to Frame.io through a proxy. */
export * as Proxy from "./Proxy.js"
/** The address on this machine that a login in the browser ends at. */
export * as Redirect from "./Redirect.js"
/** An asset deleted: `frameio rm`. */
export * as RmCommand from "./RmCommand.js"
/** One asset: `frameio show`. */
export * as ShowCommand from "./ShowCommand.js"
/** What is wrong with the stacks of a folder: `frameio stacks audit`. */
export * as StacksAuditCommand from "./StacksAuditCommand.js"
/** The command's way to the outside. */
export * as Stdio from "./Stdio.js"
/** Text for a terminal. */
export * as Text from "./Text.js"
/** One line that says how an upload goes. */
export * as UploadBar from "./UploadBar.js"
/** A file, and onto its stack: `frameio upload`. */
export * as UploadCommand from "./UploadCommand.js"
/** Files by their names, as one job: `frameio upload --rule`. */
export * as UploadJobCommand from "./UploadJobCommand.js"
/** The file of an upload. */
export * as UploadSource from "./UploadSource.js"
/** The folders that a user's programs keep their files in. */
export * as UserFolder from "./UserFolder.js"
/** What is said and checked of a job over V4 before it begins. */
export * as V4Job from "./V4Job.js"
/** The version of the command. */
export * as Version from "./Version.js"
/** One version: `frameio version`. */
export * as VersionCommand from "./VersionCommand.js"
/** Who the token belongs to: `frameio whoami`. */
export * as WhoAmICommand from "./WhoAmICommand.js"
/** One of the processes that share the jobs of a cluster: `frameio worker`. */
export * as WorkerCommand from "./WorkerCommand.js"
