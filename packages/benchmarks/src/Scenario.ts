/**
 * The scenarios that every client runs.
 *
 * @since 0.1.0
 */
import type { Plan } from "./Foreign.js"

/**
 * One scenario.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** Requests per window. */
  readonly limit: number
  readonly windowMillis: number
  readonly jobs: number
  /** The mean round trip; half of it passes before the bucket is charged, half after. */
  readonly latencyMillis: number
  /** The round trip is spread evenly over `latencyMillis` ± this. */
  readonly jitterMillis: number
  /** How many client processes share the jobs. */
  readonly processes: number
  /** Whether the bucket is full when the first request arrives. */
  readonly full: boolean
  readonly foreign: Plan
  /** The ms between urgent calls while the jobs run; 0 for never. */
  readonly urgentEveryMillis: number
  /** Whether the processes share a store. Clients without one are left out. */
  readonly sharedStore: boolean
  /** The goal for ours. */
  readonly goal: string
}

const base = {
  processes: 1,
  full: false,
  foreign: { kind: "none" },
  urgentEveryMillis: 0,
  sharedStore: false
} as const

const s1 = { ...base, limit: 20, windowMillis: 1000, jobs: 150, latencyMillis: 20, jitterMillis: 10 } as const
const s2 = { ...base, limit: 100, windowMillis: 1000, jobs: 1000, latencyMillis: 30, jitterMillis: 20 } as const

/**
 * All scenarios, in the order of the tables.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const all: ReadonlyArray<Scenario> = [
  { ...s1, id: "S1", title: "20 per s, 150 jobs, latency 20 ± 10 ms", goal: "≤ 1.008, no 429" },
  { ...s2, id: "S2", title: "100 per s, 1000 jobs, latency 30 ± 20 ms", goal: "≤ 1.010, no 429" },
  {
    ...base,
    id: "S3",
    title: "5 per s, 40 jobs, latency 80 ± 60 ms",
    limit: 5,
    windowMillis: 1000,
    jobs: 40,
    latencyMillis: 80,
    jitterMillis: 60,
    goal: "≤ 1.020, no 429"
  },
  {
    ...s1,
    id: "S4",
    title: "S1 with a foreign client that always gets its 30 %",
    foreign: { kind: "steady", share: 0.3 },
    goal: "≤ 1.015, no 429"
  },
  { ...s1, id: "S5", title: "S1, bucket full at the start", full: true, goal: "≤ 1.008, at most one 429" },
  {
    ...s1,
    id: "S6",
    title: "S1 shared by two processes that do not talk",
    processes: 2,
    goal: "≤ 1.035, ≤ 0.01 429 per job"
  },
  {
    ...s1,
    id: "S6r",
    title: "S1 shared by two processes with a shared store",
    processes: 2,
    sharedStore: true,
    goal: "≤ 1.010, no 429"
  },
  {
    ...base,
    id: "W1",
    title: "30 per 5 s, 90 jobs, latency 20 ± 10 ms",
    limit: 30,
    windowMillis: 5000,
    jobs: 90,
    latencyMillis: 20,
    jitterMillis: 10,
    goal: "≤ 1.010, no 429"
  },
  {
    ...s1,
    id: "C1",
    title: "S1 while the same user's web page sends 6 requests at once every second, refused ones lost",
    foreign: { kind: "page", requests: 6, everyMillis: 1000, startMillis: 500 },
    goal: "≤ 1.025, no 429, page refused ≤ 1 %"
  },
  {
    ...s2,
    id: "C2",
    title: "urgent calls every 250 ms during S2",
    urgentEveryMillis: 250,
    goal: "an urgent call waits ≤ 5 ms at the median"
  },
  {
    ...base,
    id: "S8",
    title: "40 per s, 400 jobs, latency 200 ± 150 ms: from another continent",
    limit: 40,
    windowMillis: 1000,
    jobs: 400,
    latencyMillis: 200,
    jitterMillis: 150,
    goal: "≤ 1.045 told nothing, ≤ 1.025 with the limit remembered, no 429"
  }
]

/**
 * The scenario that measures what a client costs when no limit matters.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const cost = {
  id: "Cost",
  title: "limit too high to matter, 20 000 requests at concurrency 64 on loopback, each answer decoded",
  limit: 100_000,
  windowMillis: 1000,
  requests: 20_000,
  warmUp: 1000,
  concurrency: 64,
  goal: "≥ 1.4 × bare fetch, ahead of every peer"
} as const

/**
 * The scenario that measures the scheduler itself.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const scheduler = {
  id: "Scheduler",
  title: "the scheduler itself, without a network, on a clock that jumps",
  goal: "at most 10 µs of CPU per request, constant in the number of waiting requests; no growth over a million\nrequests"
} as const

/**
 * Workers of a client without a queue of its own: how many calls its user has open at once.
 *
 * @since 0.1.0
 * @category scenarios
 */
export const WORKERS = 10
