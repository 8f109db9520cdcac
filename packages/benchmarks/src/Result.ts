/**
 * The result of one run, and of several runs of one client together. Pure.
 *
 * @since 0.1.0
 */
import type { ServerReport, WorkerReport } from "./Protocol.js"
import type { Scenario } from "./Scenario.js"
import * as Yardstick from "./Yardstick.js"

/**
 * One run of one client in one scenario.
 *
 * @since 0.1.0
 * @category models
 */
export type Run =
  | { readonly finished: false; readonly reason: string }
  | {
      readonly finished: true
      /** Time from the first request to the last success, over `T*`. */
      readonly ratio: number
      readonly refusedPerJob: number
      readonly refused: number
      /** The fraction of other clients' requests that was refused, 0 to 1. */
      readonly foreignRefused: number
      /** The fraction of the whole rate that others got, 0 to 1. */
      readonly foreignShare: number
      /** How long each urgent call waited until its successful attempt reached the server, in ms. */
      readonly urgentWaits: ReadonlyArray<number>
    }

/**
 * Judges one run. Times are the server's: from the arrival of the first request to the moment the last success leaves,
 * so anything before the first request does not count.
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (scenario: Scenario, server: ServerReport, workers: ReadonlyArray<WorkerReport>): Run => {
  const asked = Object.assign({}, ...workers.map((worker) => worker.urgent)) as Readonly<Record<string, number>>
  const jobs = scenario.jobs + Object.keys(asked).length
  const failed = workers.reduce((sum, worker) => sum + worker.failed, 0)
  const elapsed = server.lastSuccess - server.first
  // A client that gives up has done less than the others: its time says nothing.
  if (failed > 0 || !(elapsed > 0)) {
    const reason = workers.find((worker) => worker.reason !== undefined)?.reason ?? "no call succeeded"
    return {
      finished: false,
      reason: `${failed} of ${jobs} calls given up after ${server.refused} times 429: ${reason}`
    }
  }
  const foreign = server.foreignTaken + server.foreignRefused
  const urgentWaits = Object.entries(server.urgent).flatMap(([id, arrived]) => {
    const at = asked[id]
    return at === undefined ? [] : [arrived - at]
  })
  return {
    finished: true,
    ratio: elapsed / Yardstick.shortestMillis(scenario, jobs),
    refusedPerJob: server.refused / jobs,
    refused: server.refused,
    foreignRefused: foreign === 0 ? 0 : server.foreignRefused / foreign,
    foreignShare: (server.foreignTaken * (scenario.windowMillis / scenario.limit)) / elapsed,
    urgentWaits
  }
}

/**
 * The medians of several runs, with the lowest and highest ratio.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary {
  readonly runs: number
  readonly unfinished: ReadonlyArray<string>
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
  readonly refusedPerJob: number
  readonly refused: number
  readonly foreignRefused: number
  readonly foreignShare: number
  /** Median and longest over the urgent calls of all runs. */
  readonly urgentMedian: number
  readonly urgentLongest: number
}

/**
 * Summarizes runs.
 *
 * @since 0.1.0
 * @category judging
 */
export const summarise = (runs: ReadonlyArray<Run>): Summary => {
  const finished = runs.flatMap((run) => (run.finished ? [run] : []))
  const ratios = finished.map((run) => run.ratio)
  const waits = finished.flatMap((run) => run.urgentWaits)
  return {
    runs: runs.length,
    unfinished: runs.flatMap((run) => (run.finished ? [] : [run.reason])),
    ratio: Yardstick.median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    refusedPerJob: Yardstick.median(finished.map((run) => run.refusedPerJob)),
    refused: Yardstick.median(finished.map((run) => run.refused)),
    foreignRefused: Yardstick.median(finished.map((run) => run.foreignRefused)),
    foreignShare: Yardstick.median(finished.map((run) => run.foreignShare)),
    urgentMedian: Yardstick.median(waits),
    urgentLongest: waits.length === 0 ? Number.NaN : Math.max(...waits)
  }
}
