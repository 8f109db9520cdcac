import type { BucketSnapshot } from "../BucketSnapshot.js"
import type { RateLimitJob } from "../RateLimitJob.js"

/**
 * A job as the scheduler sees it, which counts in it.
 *
 * @internal
 */
export interface JobState {
  left: number
  open: boolean
  refusals: number
  readonly through: Set<{ readonly snapshot: (now: number) => BucketSnapshot }>
}

const states = new WeakMap<RateLimitJob, JobState>()

/** @internal */
export const register = <A extends RateLimitJob & JobState>(job: A): A => {
  states.set(job, job)
  return job
}

/**
 * Absent for a job that was not made by `RateLimitJob.make`.
 *
 * @internal
 */
export const of = (job: RateLimitJob): JobState | undefined => states.get(job)
