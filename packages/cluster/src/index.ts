/** Whose token a job runs with. */
export * as Accounts from "./Accounts.js"
/** A chain as a workflow. */
export * as ChainWorkflow from "./ChainWorkflow.js"
/** What can be wrong with a job on a cluster. */
export * as ClusterError from "./ClusterError.js"
/** What a worker counts. */
export * as ClusterMetrics from "./ClusterMetrics.js"
/** Jobs in PostgreSQL. */
export * as JobStore from "./JobStore.js"
/** One of any number of processes that share the jobs. */
export * as Worker from "./Worker.js"
