/**
 * The messages between the processes. All times are in ms of the machine's monotonic clock, which they share.
 *
 * @since 0.1.0
 */
import type { Plan } from "./Foreign.js"

/**
 * The server's behaviour in the next run.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerRun {
  readonly limit: number
  readonly windowMillis: number
  readonly latencyMillis: number
  readonly jitterMillis: number
  readonly seed: number
  readonly full: boolean
  readonly foreign: Plan
}

/**
 * What the server saw.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerReport {
  readonly admitted: number
  /** How many 429s the measured client got. */
  readonly refused: number
  readonly foreignTaken: number
  readonly foreignRefused: number
  /** When the first request arrived. */
  readonly first: number
  /** When the last success left. */
  readonly lastSuccess: number
  /** When the admitted attempt of each urgent call arrived, by asset id. */
  readonly urgent: Readonly<Record<string, number>>
}

/**
 * To the server.
 *
 * @since 0.1.0
 * @category messages
 */
export type ToServer = { readonly type: "reset"; readonly run: ServerRun } | { readonly type: "report" }

/**
 * From the server.
 *
 * @since 0.1.0
 * @category messages
 */
export type FromServer =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "reset" }
  | { readonly type: "report"; readonly report: ServerReport }

/**
 * The task of a client process.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerRun {
  readonly client: string
  readonly baseUrl: string
  readonly limit: number
  readonly windowMillis: number
  /** The numbers of its jobs: from `firstJob`, `jobs` of them. */
  readonly firstJob: number
  readonly jobs: number
  /** Calls at once of a client without a queue; in `cost` mode, of every client. */
  readonly concurrency: number
  readonly urgentEveryMillis: number
  /** The address of the shared store, in scenarios that have one. */
  readonly redisUrl: string | undefined
  readonly mode: "limit" | "cost"
  /** Requests before the measured ones, in `cost` mode. */
  readonly warmUp: number
}

/**
 * What a client process saw.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerReport {
  /** Calls that the client gave up. */
  readonly failed: number
  /** The first of their reasons. */
  readonly reason: string | undefined
  readonly elapsedMillis: number
  readonly cpuMicros: number
  /** When each urgent call was made, by asset id. */
  readonly urgent: Readonly<Record<string, number>>
}

/**
 * To a client process.
 *
 * @since 0.1.0
 * @category messages
 */
export type ToWorker = { readonly type: "prepare"; readonly run: WorkerRun } | { readonly type: "go" }

/**
 * From a client process.
 *
 * @since 0.1.0
 * @category messages
 */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly report: WorkerReport }
  | { readonly type: "broken"; readonly reason: string }

/**
 * The task of a process that measures the scheduler itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulerLoad {
  /** By the scheduler, in a plain queue that calls can leave, or not waiting at all. */
  readonly way: "scheduler" | "queue" | "none"
  /** Requests waiting at any time. */
  readonly waiting: number
  /** Measured requests, after the warm-up. */
  readonly requests: number
  /** Looks at the heap after each so many requests; `Infinity` for never. */
  readonly sampleEvery: number
}

/**
 * What the process measured.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadReport {
  /** CPU per request, in µs. */
  readonly cpuMicros: number
  /** The heap in bytes after a collection, at each look. */
  readonly heap: ReadonlyArray<number>
}

/**
 * The cost of the scheduler itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulerReport {
  /** CPU per request of the same loop without a scheduler, in µs. */
  readonly bareMicros: number
  /**
   * CPU per request, in µs, by number of waiting requests: in the scheduler, and of the same fibers in the plain queue.
   */
  readonly loads: ReadonlyArray<{ readonly waiting: number; readonly cpuMicros: number; readonly queueMicros: number }>
  /** The heap in bytes after a collection, every 100 000 requests; empty if it was not measured. */
  readonly heap: ReadonlyArray<number>
}

/**
 * The machine's monotonic clock in ms, the same in every process.
 *
 * @since 0.1.0
 * @category clock
 */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/**
 * The asset of a job. Urgent calls have a range of their own.
 *
 * @since 0.1.0
 * @category ids
 */
export const assetId = (job: number, urgent: boolean): string =>
  `${urgent ? "0f0f0f0f" : "a55e7000"}-0000-4000-8000-${hex(job, 12)}`

/**
 * Whether an id belongs to an urgent call.
 *
 * @since 0.1.0
 * @category ids
 */
export const isUrgent = (id: string): boolean => id.startsWith("0f0f0f0f")

/**
 * The asset that a job puts on its target.
 *
 * @since 0.1.0
 * @category ids
 */
export const nextAssetId = (job: number): string => `4e870000-0000-4000-8000-${hex(job, 12)}`
