/**
 * Somebody else on the same bucket. The server settles their requests up to `now` before it looks at the bucket itself,
 * so they act at their own millisecond, whatever the server's timers do. Pure.
 *
 * @since 0.1.0
 */
import * as Bucket from "./Bucket.js"

/**
 * Who else uses the bucket.
 *
 * @since 0.1.0
 * @category models
 */
export type Plan =
  | { readonly kind: "none" }
  /** Takes `share` of the rate in even steps; a refused step is tried again every millisecond until it fits. */
  | { readonly kind: "steady"; readonly share: number }
  /** `requests` at once every `everyMillis`, for the first time after `startMillis`; refused ones are lost. */
  | {
      readonly kind: "page"
      readonly requests: number
      readonly everyMillis: number
      readonly startMillis: number
    }

/**
 * What they have done so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface Foreign {
  readonly plan: Plan
  /** When the next step is due, in ms. Not a whole number if the share does not divide evenly. */
  due: number
  taken: number
  refused: number
}

const periodOf = (plan: Plan, bucket: Bucket.Bucket): number => {
  switch (plan.kind) {
    case "none":
      return Number.POSITIVE_INFINITY
    case "steady":
      return bucket.cost / plan.share
    case "page":
      return plan.everyMillis
  }
}

/**
 * They begin with the first request of the measured client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (plan: Plan, bucket: Bucket.Bucket, now: number): Foreign => ({
  plan,
  due: now + (plan.kind === "page" ? plan.startMillis : periodOf(plan, bucket)),
  taken: 0,
  refused: 0
})

/**
 * Does everything due by `now`.
 *
 * @since 0.1.0
 * @category rules
 */
export const settle = (foreign: Foreign, bucket: Bucket.Bucket, now: number): void => {
  const { plan } = foreign
  if (plan.kind === "none") return
  const period = periodOf(plan, bucket)
  while (Math.ceil(foreign.due) <= now) {
    const at = Math.max(Math.ceil(foreign.due), bucket.last)
    if (plan.kind === "page") {
      for (let i = 0; i < plan.requests; i++) {
        if (Bucket.charge(bucket, at)) foreign.taken++
        else foreign.refused++
      }
    } else {
      Bucket.leak(bucket, at)
      const fits = at + Math.max(0, bucket.level + bucket.cost - bucket.windowMillis)
      if (fits > now) return
      Bucket.charge(bucket, fits)
      foreign.taken++
    }
    foreign.due += period
  }
}
