/** How long a job must take at a given rate limit. */
export * as BatchEstimate from "./BatchEstimate.js"
/** Events of a job. */
export * as BatchEvent from "./BatchEvent.js"
/** A job with a ledger: it can be killed at any moment, looked at, and undone. */
export * as BatchJob from "./BatchJob.js"
/** The sum of the events so far. */
export * as BatchProgress from "./BatchProgress.js"
/** Runs a plan: chains side by side, the links of each in order. */
export * as BatchRunner from "./BatchRunner.js"
/** A folder, read and planned by a naming rule. */
export * as FolderPlan from "./FolderPlan.js"
/** Folder contents, read through the port. */
export * as FolderReader from "./FolderReader.js"
/** A job's record at a moment. */
export * as JobRecord from "./JobRecord.js"
/** Writes the events of a run down, whatever the store. */
export * as JobWriter from "./JobWriter.js"
/** The ledger of a job, in a SQLite file. */
export * as Ledger from "./Ledger.js"
/** Why a ledger cannot be used. */
export * as LedgerError from "./LedgerError.js"
/** Why a link of a job failed. */
export * as LinkError from "./LinkError.js"
/** A link as a store keeps it, and what follows from it. */
export * as LinkRecord from "./LinkRecord.js"
/** The naming rules that have a name, as they are shown to people. */
export * as NamedRule from "./NamedRule.js"
/** A file name's series and version. */
export * as NamingRule from "./NamingRule.js"
/** Whether what a plan names is there. */
export * as PlanCheck from "./PlanCheck.js"
/** A plan as a file that a person reads and edits. */
export * as PlanFile from "./PlanFile.js"
/** The source of a plan's bytes. */
export * as PlanSource from "./PlanSource.js"
/** An audit of a folder's stacks, and a plan that mends it. */
export * as StackAudit from "./StackAudit.js"
/** Files of this machine uploaded onto their stacks, as a job with a ledger. */
export * as UploadJob from "./UploadJob.js"
/** A plan of uploads into a folder, by file names. */
export * as UploadPlan from "./UploadPlan.js"
/** Files and stacks by their names: which go on which, in what order. */
export * as VersionGrouping from "./VersionGrouping.js"
/** A plan of versions: pairs to chains, all checks before the first request. */
export * as VersionPlan from "./VersionPlan.js"
