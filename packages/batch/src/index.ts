/** How long a job must take at a given rate limit. */
export * as BatchEstimate from "./BatchEstimate.js"
/** Events of a job. */
export * as BatchEvent from "./BatchEvent.js"
/** A job with a ledger: it survives a kill at any moment, can be looked at, and undone. */
export * as BatchJob from "./BatchJob.js"
/** The sum of the events so far. */
export * as BatchProgress from "./BatchProgress.js"
/** Runs a plan: chains side by side, the links of each in order. */
export * as BatchRunner from "./BatchRunner.js"
/** A folder, read and planned by a naming rule. */
export * as FolderPlan from "./FolderPlan.js"
/** Folder contents, read through `Repository`. */
export * as FolderReader from "./FolderReader.js"
/** A job's record at one moment. */
export * as JobRecord from "./JobRecord.js"
/** Writes down the events of a run, whatever the store. */
export * as JobWriter from "./JobWriter.js"
/** The ledger of a job, in a SQLite file. */
export * as Ledger from "./Ledger.js"
/** Why a ledger cannot be used. */
export * as LedgerError from "./LedgerError.js"
/** Why a link of a job failed. */
export * as LinkError from "./LinkError.js"
/** A link as a job store keeps it, and what follows from it. */
export * as LinkRecord from "./LinkRecord.js"
/** The named naming rules as people see them. */
export * as NamedRule from "./NamedRule.js"
/** Reads the series and the version from a file name. */
export * as NamingRule from "./NamingRule.js"
/** Checks whether the ids of a plan exist. */
export * as PlanCheck from "./PlanCheck.js"
/** A plan as a file that a person reads and edits. */
export * as PlanFile from "./PlanFile.js"
/** The source of a plan's bytes. */
export * as PlanSource from "./PlanSource.js"
/** An audit of a folder's stacks, and a plan that mends it. */
export * as StackAudit from "./StackAudit.js"
/** Uploads local files onto their stacks, as a job with a ledger. */
export * as UploadJob from "./UploadJob.js"
/** A plan of uploads into a folder, by file names. */
export * as UploadPlan from "./UploadPlan.js"
/** Files and stacks by their names: which go on which, in what order. */
export * as VersionGrouping from "./VersionGrouping.js"
/** A plan of versions: pairs to chains, all checks before the first request. */
export * as VersionPlan from "./VersionPlan.js"
