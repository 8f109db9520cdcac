/** The report of a job: a page, CSV, JSON lines, a few lines for a terminal. */
export * as BatchReport from "./BatchReport.js"
