/**
 * Sends requests as fast as the server's rate limit allows, and no faster: one queue per bucket, a permit before each
 * request, and what the answer's headers say learnt after it. Works around any `HttpClient`; nothing of Frame.io here
 * but the three headers.
 *
 * @since 0.1.0
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Expiries from "./internal/expiries.js"
import * as NeverSent from "./internal/neverSent.js"
import * as WaitingLine from "./internal/waitingLine.js"
import * as LeakyBucket from "./LeakyBucket.js"
import {
  DeadlineExceeded,
  MaxWaitExceeded,
  QueueFull,
  type RateLimitError,
  type StoreUnavailable
} from "./RateLimitError.js"
import * as RateLimitHeaders from "./RateLimitHeaders.js"
import * as RateLimitStore from "./RateLimitStore.js"

// -----------------------------------------------------------------------------
// what one call may say of itself
// -----------------------------------------------------------------------------

/**
 * Who goes first: a person who waits, the rest, a long job. Within a priority first in is first out, jobs in turn.
 *
 * A higher priority passes a lower one, but not for ever: after 16 in a row one of the lower goes.
 *
 * @since 0.1.0
 * @category models
 */
export type Priority = WaitingLine.Priority

/**
 * A run of many requests that knows how many are still to come, though only few of them wait at any time. The bucket
 * stays calm until the rest of the job fits into what is free.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  /** For messages and snapshots. */
  readonly name: string
  /** Requests still to be sent, those that wait included; `Infinity` while it is not known. */
  readonly remaining: () => number
  /** Says anew how many requests are still to be sent. Each request sent counts it down by itself. */
  readonly setRemaining: (requests: number) => void
}

/**
 * What a call tells the scheduler. Set it with {@link withPriority}, {@link withMaxWait}, {@link withDeadline} and
 * {@link withJob}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  /** Default `normal`. */
  readonly priority: Priority
  /** The longest time to wait for one permit, in ms; absent: the scheduler's own. */
  readonly maxWaitMillis: number | undefined
  /** The time on the monotonic clock, in ms, after which nothing may be sent any more. */
  readonly deadline: number | undefined
  /** The job this call is part of. */
  readonly job: Job | undefined
  /** Runs when the permit is there and before anything is sent, on every attempt. */
  readonly beforeSend?: Effect.Effect<void> | undefined
}

/**
 * What the calls of an effect tell the scheduler.
 *
 * @since 0.1.0
 * @category references
 */
export class CurrentCallOptions extends Context.Reference<CurrentCallOptions>()(
  "@effect-frameio/core/RateLimitScheduler/CurrentCallOptions",
  {
    defaultValue: (): CallOptions => ({
      priority: "normal",
      maxWaitMillis: undefined,
      deadline: undefined,
      job: undefined
    })
  }
) {}

/**
 * Where the scheduler adds up how long a call waited, in ms, over all its attempts. A client that reports the time
 * provides a fresh one around a call.
 *
 * @since 0.1.0
 * @category references
 */
export class CurrentWait extends Context.Reference<CurrentWait>()(
  "@effect-frameio/core/RateLimitScheduler/CurrentWait",
  { defaultValue: (): { millis: number } | undefined => undefined }
) {}

const updateCall = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  f: (options: CallOptions) => CallOptions
): Effect.Effect<A, E, R> =>
  Effect.flatMap(CurrentCallOptions, (options) => Effect.provideService(self, CurrentCallOptions, f(options)))

/**
 * Sets the priority of all calls of an effect.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPriority: {
  (priority: Priority): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, priority: Priority): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, priority: Priority) =>
  updateCall(self, (options) => ({ ...options, priority }))
)

/**
 * Bounds how long each request of an effect waits for its permit; then it fails with `MaxWaitExceeded`, unsent.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMaxWait: {
  (maxWait: Duration.DurationInput): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, maxWait: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, maxWait: Duration.DurationInput) =>
  updateCall(self, (options) => ({
    ...options,
    maxWaitMillis: Duration.toMillis(maxWait)
  }))
)

/**
 * Nothing of an effect is sent later than this after its start: what still waits then fails with `DeadlineExceeded`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withDeadline: {
  (after: Duration.DurationInput): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, after: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, after: Duration.DurationInput) =>
  Effect.clockWith((clock) => {
    const deadline = RateLimitStore.monotonicMillis(clock) + Duration.toMillis(after)
    return updateCall(self, (options) => ({
      ...options,
      deadline: Math.min(deadline, options.deadline ?? Number.POSITIVE_INFINITY)
    }))
  })
)

/**
 * Makes all calls of an effect part of a job. Jobs of one priority share the bucket evenly.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withJob: {
  (job: Job): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, job: Job): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, job: Job) => updateCall(self, (options) => ({ ...options, job })))

/**
 * Runs an effect each time a call has its permit and before anything leaves the machine: what must be written down first
 * is, and an interruption before this has sent nothing. Keep it short, for the permit's slot waits with it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withBeforeSend: {
  (beforeSend: Effect.Effect<void>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, beforeSend: Effect.Effect<void>): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, beforeSend: Effect.Effect<void>) =>
  updateCall(self, (options) => ({ ...options, beforeSend }))
)

interface JobState extends Job {
  left: number
  open: boolean
}

const jobStates = new WeakMap<Job, JobState>()

/**
 * Announces a job of so many requests (`"unknown"` where that is not known), until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeJob = (options: {
  /** For messages and snapshots; jobs are told apart by identity, not by name. */
  readonly name: string
  /** How many requests the job will send. */
  readonly remaining: number | "unknown"
}): Effect.Effect<Job, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const state: JobState = {
        name: options.name,
        left: options.remaining === "unknown" ? Number.POSITIVE_INFINITY : options.remaining,
        open: true,
        remaining: () => state.left,
        setRemaining: (requests) => {
          state.left = Math.max(0, requests)
        }
      }
      jobStates.set(state, state)
      return state
    }),
    (state) =>
      Effect.sync(() => {
        state.open = false
        state.left = 0
      })
  )

// -----------------------------------------------------------------------------
// the service
// -----------------------------------------------------------------------------

/**
 * One bucket as it stands.
 *
 * @since 0.1.0
 * @category models
 */
export interface BucketSnapshot {
  /** The route template. */
  readonly route: string
  /** Tells the owners apart, in the order in which they came up. Never the token. */
  readonly owner: number
  /** Requests per window; absent until known. */
  readonly limit: number | undefined
  /** The window in ms; absent until known. */
  readonly windowMillis: number | undefined
  /** How full the bucket is at most, in ms, 0 to the window. */
  readonly levelMillis: number
  /** How many requests could go at once now. */
  readonly free: number
  /** Requests sent and not answered. */
  readonly inFlight: number
  /** Requests that wait here. */
  readonly waiting: number
  /** Requests to come, as far as is known: those that wait and what the jobs announce. */
  readonly backlog: number
  /** Whether somebody else was lately seen to use the bucket. */
  readonly shared: boolean
  /** Whether the bucket holds after a 429. */
  readonly held: boolean
}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many requests may wait in one bucket; the next fails with `QueueFull`. Default 100 000. */
  readonly queueLimit?: number | undefined
  /** How long a request waits for its permit at the most, unless the call says otherwise. Default 1 hour. */
  readonly maxWait?: Duration.DurationInput | undefined
  /**
   * For how long a request that was interrupted, timed out or lost may still reach the server; until then it keeps its
   * slot. Default 5 seconds.
   */
  readonly linger?: Duration.DurationInput | undefined
  /** The rule of a bucket, where it is known before the first answer: spares the first request its lonely round trip. */
  readonly hint?: ((route: string) => LeakyBucket.Rule | undefined) | undefined
  /**
   * What to do while the shared store is away: `"fail"` (default) with `StoreUnavailable`, or go on with this
   * process's own count (`"local"`) until it is back.
   */
  readonly whenStoreIsAway?: "fail" | "local" | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = {
  queueLimit: 100_000,
  maxWait: Duration.hours(1),
  linger: Duration.seconds(5),
  whenStoreIsAway: "fail"
} as const satisfies Options

/**
 * The scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Waits for a permit of the bucket, sends, and learns from the answer's headers. */
  readonly schedule: (
    key: RateLimitStore.BucketKey
  ) => <E, R>(
    send: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, E | RateLimitError, R>
  /** The same around every request of an `HttpClient`. */
  readonly wrap: <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    options: {
      /** Whose limit it is. */
      readonly owner: Redacted.Redacted<string>
      /** The bucket's route. */
      readonly route: (request: HttpClientRequest.HttpClientRequest) => string
    }
  ) => HttpClient.HttpClient.With<E | RateLimitError, R>
  /** All buckets that were used lately. */
  readonly snapshot: Effect.Effect<ReadonlyArray<BucketSnapshot>>
  /** Buckets as they change; a slow reader misses the older ones. */
  readonly changes: Stream.Stream<BucketSnapshot>
}

/**
 * Schedules requests within the server's rate limits.
 *
 * @since 0.1.0
 * @category tags
 */
export class RateLimitScheduler extends Context.Tag("@effect-frameio/core/RateLimitScheduler")<
  RateLimitScheduler,
  Service
>() {}

/**
 * Requests granted a permit, by route.
 *
 * @since 0.1.0
 * @category metrics
 */
export const granted = Metric.counter("frameio_ratelimit_granted_total", {
  description: "Requests granted a permit",
  incremental: true
})

/**
 * Answers 429, by route. The scheduler exists to keep this at nothing.
 *
 * @since 0.1.0
 * @category metrics
 */
export const refusals = Metric.counter("frameio_ratelimit_refused_total", {
  description: "Requests refused with 429",
  incremental: true
})

/**
 * Rate-limit headers that could not be read, by route.
 *
 * @since 0.1.0
 * @category metrics
 */
export const malformedHeaders = Metric.counter("frameio_ratelimit_malformed_headers_total", {
  description: "Rate-limit headers that were not a usable number",
  incremental: true
})

/**
 * Requests that wait for a permit, by route.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waitingRequests = Metric.gauge("frameio_ratelimit_waiting", {
  description: "Requests that wait for a permit"
})

/**
 * Time spent waiting, in ms, added up, by route.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waitedMillis = Metric.counter("frameio_ratelimit_waited_milliseconds_total", {
  description: "Time that requests waited for their permits",
  incremental: true
})

// -----------------------------------------------------------------------------
// internals
// -----------------------------------------------------------------------------

/** A permit: the bucket's ticket, and whether it was given by the local count while the store was away. */
interface Permit {
  readonly ticket: LeakyBucket.Ticket
  readonly local: boolean
}

interface Request {
  readonly since: number
  readonly job: JobState | undefined
  readonly maxWaitMillis: number
  readonly deadline: number
  outcome: Exit.Exit<Permit, RateLimitError> | undefined
  resume: ((effect: Effect.Effect<Permit, RateLimitError>) => void) | undefined
}

type Event = (bucket: LeakyBucket.LeakyBucket, now: number) => LeakyBucket.LeakyBucket

/** Sleeps, looks whether it is time, and sleeps again. */
interface Timer {
  readonly clock: Clock.Clock
  wakeAt: number
  sleepsUntil: number
  firing: boolean
  fiber: Fiber.RuntimeFiber<void, never> | undefined
}

interface Queue {
  readonly key: RateLimitStore.BucketKey
  readonly owner: number
  readonly line: WaitingLine.WaitingLine<Request>
  readonly expiries: Expiries.Expiries<WaitingLine.Waiter<Request>>
  /** Jobs seen here, with the priority of their calls and how many of those wait. */
  readonly jobs: Map<JobState, { rank: number; waiting: number }>
  readonly metrics: {
    readonly granted: (count: number) => void
    readonly refused: () => void
    readonly malformed: () => void
    readonly waiting: (count: number) => void
    readonly waited: (millis: number) => void
  }
  readonly warned: Set<string>
  events: Array<Event>
  running: boolean
  again: boolean
  timer: Timer | undefined
  /** The state as this process last saw it, and how far the store's clock is behind ours. */
  bucket: LeakyBucket.LeakyBucket
  behind: number
  usedAt: number
  /** The count kept while the store is away, and when to try the store again. */
  local: { bucket: LeakyBucket.LeakyBucket; retryAt: number } | undefined
}

interface Turn {
  /** The store's time. */
  readonly now: number
  readonly tickets: ReadonlyArray<LeakyBucket.Ticket>
  readonly retryAt: number
  readonly bucket: LeakyBucket.LeakyBucket
}

const NO_TICKETS: ReadonlyArray<LeakyBucket.Ticket> = []

/** Buckets that nobody used for so long are forgotten, as Frame.io's limiter does. */
const IDLE_MILLIS = 600_000
const SWEEP_ABOVE = 256

const STORE_RETRY_MILLIS = 1000

/** `setTimeout` reads whole ms, and a timer that fires early only has to be set again. */
const LEAST_SLEEP = 1

/** A timer that wakes so soon is left to itself, for stopping it would cost more. */
const SHORT_SLEEP = 100

const jobsRest = (queue: Queue, upToRank: number): number => {
  let rest = 0
  for (const [job, { rank, waiting }] of queue.jobs) {
    if (rank <= upToRank) rest += Math.max(0, job.left - waiting)
  }
  return rest
}

const LOWEST = WaitingLine.PRIORITIES.length - 1

const backlogOf = (queue: Queue): number => queue.line.size + jobsRest(queue, LOWEST)

/** What happened, then as many grants as the bucket allows: the whole decision, in one transaction. */
const turn =
  (queue: Queue, events: ReadonlyArray<Event>) =>
  (view: RateLimitStore.View): RateLimitStore.Update<Turn> => {
    let { bucket } = view
    for (const event of events) bucket = event(bucket, view.now)
    const tickets: Array<LeakyBucket.Ticket> = []
    let retryAt = Number.POSITIVE_INFINITY
    let ahead = 0
    for (let rank = 0; rank <= LOWEST; rank++) {
      let left = queue.line.at(rank)
      if (left === 0) continue
      // What other processes have to do counts like work of ours, but does not hold up a person's call.
      const rest = jobsRest(queue, rank) + (rank === 0 ? 0 : view.elsewhere)
      while (left > 0) {
        const grant = LeakyBucket.grant(bucket, view.now, left + rest)
        bucket = grant.bucket
        if (grant.ticket === undefined) {
          retryAt = grant.retryAt
          break
        }
        tickets.push(grant.ticket)
        left--
        ahead++
      }
      if (left > 0) break
    }
    return {
      value: { now: view.now, tickets: ahead === 0 ? NO_TICKETS : tickets, retryAt, bucket },
      bucket,
      backlog: Math.max(0, backlogOf(queue) - ahead)
    }
  }

const snapshotOf = (queue: Queue, now: number): BucketSnapshot => {
  const bucket =
    queue.local === undefined
      ? LeakyBucket.advance(queue.bucket, now - queue.behind)
      : LeakyBucket.advance(queue.local.bucket, now)
  return {
    route: queue.key.route,
    owner: queue.owner,
    limit: bucket.rule?.limit,
    windowMillis: bucket.rule?.windowMillis,
    levelMillis: LeakyBucket.level(bucket),
    free: LeakyBucket.free(bucket),
    inFlight: bucket.inFlight,
    waiting: queue.line.size,
    backlog: backlogOf(queue),
    shared: LeakyBucket.shared(bucket),
    held: bucket.refusal !== undefined
  }
}

const expired = (queue: Queue, request: Request, now: number): RateLimitError =>
  request.deadline <= now
    ? new DeadlineExceeded({
        route: queue.key.route,
        waitedMillis: Math.round(now - request.since)
      })
    : new MaxWaitExceeded({
        route: queue.key.route,
        maxWaitMillis: request.maxWaitMillis,
        waitedMillis: Math.round(now - request.since)
      })

/**
 * Makes a scheduler; it needs the store that the bucket states live in.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, never, RateLimitStore.RateLimitStore | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* RateLimitStore.RateLimitStore
    const runtime = yield* Effect.runtime<never>()
    const fork = Runtime.runFork(runtime)
    const queueLimit = options.queueLimit ?? defaults.queueLimit
    const defaultMaxWait = Duration.toMillis(options.maxWait ?? defaults.maxWait)
    const lingerMillis = Duration.toMillis(options.linger ?? defaults.linger)
    const whenAway = options.whenStoreIsAway ?? defaults.whenStoreIsAway

    const owners = new Map<string, { readonly index: number; readonly queues: Map<string, Queue> }>()
    let ownersSeen = 0
    let queueCount = 0
    let readers = 0
    const published = yield* Effect.acquireRelease(PubSub.sliding<BucketSnapshot>(256), PubSub.shutdown)

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        const timers: Array<Effect.Effect<unknown>> = []
        for (const { queues } of owners.values()) {
          for (const { timer } of queues.values()) {
            if (timer?.fiber !== undefined) timers.push(timer.fiber.interruptAsFork(timer.fiber.id()))
          }
        }
        return Effect.all(timers, { discard: true })
      })
    )

    const sweep = (now: number): Effect.Effect<void> => {
      const forgotten: Array<Effect.Effect<void>> = []
      for (const [name, { queues }] of owners) {
        for (const [route, queue] of queues) {
          const idle =
            queue.line.size === 0 && !queue.running && queue.events.length === 0 && queue.bucket.inFlight === 0
          if (idle && now - queue.usedAt > IDLE_MILLIS) {
            queues.delete(route)
            queueCount--
            forgotten.push(store.forget(queue.key))
          }
        }
        if (queues.size === 0) owners.delete(name)
      }
      return forgotten.length === 0 ? Effect.void : Effect.all(forgotten, { discard: true })
    }

    const queueOf = (key: RateLimitStore.BucketKey): Queue => {
      const name = Redacted.value(key.owner)
      let owner = owners.get(name)
      if (owner === undefined) {
        owner = { index: ++ownersSeen, queues: new Map() }
        owners.set(name, owner)
      }
      const known = owner.queues.get(key.route)
      if (known !== undefined) return known
      const { route } = key
      const tagged = {
        granted: Metric.tagged(granted, "route", route),
        refused: Metric.tagged(refusals, "route", route),
        malformed: Metric.tagged(malformedHeaders, "route", route),
        waiting: Metric.tagged(waitingRequests, "route", route),
        waited: Metric.tagged(waitedMillis, "route", route)
      }
      const queue: Queue = {
        key,
        owner: owner.index,
        line: WaitingLine.make(),
        expiries: Expiries.make((waiter) => waiter.waiting),
        jobs: new Map(),
        metrics: {
          granted: (count) => tagged.granted.unsafeUpdate(count, []),
          refused: () => tagged.refused.unsafeUpdate(1, []),
          malformed: () => tagged.malformed.unsafeUpdate(1, []),
          waiting: (count) => tagged.waiting.unsafeUpdate(count, []),
          waited: (millis) => tagged.waited.unsafeUpdate(millis, [])
        },
        warned: new Set(),
        events: [],
        running: false,
        again: false,
        timer: undefined,
        bucket: LeakyBucket.make(options.hint?.(route)),
        behind: 0,
        usedAt: 0,
        local: undefined
      }
      owner.queues.set(route, queue)
      queueCount++
      return queue
    }

    const leave = (queue: Queue, waiter: WaitingLine.Waiter<Request>) => {
      const { job } = waiter.value
      if (job === undefined) return
      const entry = queue.jobs.get(job)
      if (entry === undefined) return
      entry.waiting--
      if (entry.waiting <= 0 && (!job.open || job.left === 0)) queue.jobs.delete(job)
    }

    const finish = (request: Request, outcome: Exit.Exit<Permit, RateLimitError>) => {
      request.outcome = outcome
      request.resume?.(outcome)
    }

    const failAll = (queue: Queue, error: RateLimitError) => {
      for (const waiter of queue.line.drain()) {
        leave(queue, waiter)
        finish(waiter.value, Exit.fail(error))
      }
    }

    const expire = (queue: Queue, now: number) => {
      for (const waiter of queue.expiries.due(now)) {
        queue.line.remove(waiter)
        leave(queue, waiter)
        finish(waiter.value, Exit.fail(expired(queue, waiter.value, now)))
      }
    }

    const hand = (queue: Queue, { tickets }: Turn, now: number, local: boolean) => {
      let count = 0
      for (const ticket of tickets) {
        const waiter = queue.line.take()
        if (waiter === undefined) {
          // Whoever wanted it was interrupted meanwhile.
          queue.events.push((bucket, at) => LeakyBucket.released(bucket, at, ticket))
          queue.again = true
          continue
        }
        count++
        const { job, since } = waiter.value
        if (job !== undefined && job.left > 0) job.left--
        leave(queue, waiter)
        if (now > since) queue.metrics.waited(now - since)
        finish(waiter.value, Exit.succeed({ ticket, local }))
      }
      if (count > 0) queue.metrics.granted(count)
    }

    const clearTimer = (queue: Queue): Effect.Effect<void> => {
      const { timer } = queue
      if (timer === undefined) return Effect.void
      timer.wakeAt = Number.POSITIVE_INFINITY
      if (timer.firing || timer.sleepsUntil - RateLimitStore.monotonicMillis(timer.clock) < SHORT_SLEEP)
        return Effect.void
      queue.timer = undefined
      return timer.fiber === undefined ? Effect.void : timer.fiber.interruptAsFork(timer.fiber.id())
    }

    /** One timer per bucket, set to the earliest moment at which something can change without an event. */
    const setTimer = (queue: Queue, clock: Clock.Clock, retryAt: number, now: number): Effect.Effect<void> => {
      if (queue.line.size === 0) return clearTimer(queue)
      const poll = queue.local === undefined ? store.pollMillis : STORE_RETRY_MILLIS
      const expiry = queue.expiries.peek()?.at ?? Number.POSITIVE_INFINITY
      const wakeAt = Math.min(retryAt, expiry, poll === undefined ? Number.POSITIVE_INFINITY : now + poll)
      if (wakeAt === Number.POSITIVE_INFINITY) return clearTimer(queue)
      const { timer } = queue
      // One that wakes too early goes to sleep again; only one that would wake too late has to be replaced.
      if (timer !== undefined && (timer.firing || timer.sleepsUntil <= wakeAt + LEAST_SLEEP)) {
        timer.wakeAt = wakeAt
        return Effect.void
      }
      return Effect.map(clearTimer(queue), () => {
        const next: Timer = { clock, wakeAt, sleepsUntil: now, firing: false, fiber: undefined }
        queue.timer = next
        next.fiber = fork(tick(queue, next))
      })
    }

    const tick = (queue: Queue, timer: Timer): Effect.Effect<void> =>
      Effect.suspend(() => {
        const now = RateLimitStore.monotonicMillis(timer.clock)
        if (timer.wakeAt === Number.POSITIVE_INFINITY) {
          if (queue.timer === timer) queue.timer = undefined
          return Effect.void
        }
        if (now < timer.wakeAt) {
          const millis = Math.max(LEAST_SLEEP, Math.ceil(timer.wakeAt - now))
          timer.sleepsUntil = now + millis
          return Effect.flatMap(timer.clock.sleep(Duration.millis(millis)), () => tick(queue, timer))
        }
        timer.wakeAt = Number.POSITIVE_INFINITY
        timer.firing = true
        return Effect.flatMap(Effect.uninterruptible(pump(queue, timer.clock)), () => {
          timer.firing = false
          return tick(queue, timer)
        })
      })

    /** One turn on the count that this process keeps while the store is away. */
    const localTurn = (queue: Queue, clock: Clock.Clock, events: ReadonlyArray<Event>): Turn => {
      const now = RateLimitStore.monotonicMillis(clock)
      const { rule } = queue.bucket
      queue.local ??= {
        bucket: LeakyBucket.make(rule ?? options.hint?.(queue.key.route)),
        retryAt: 0
      }
      const update = turn(queue, events)({ bucket: queue.local.bucket, now, elsewhere: 0 })
      queue.local.bucket = update.bucket
      queue.local.retryAt = now + STORE_RETRY_MILLIS
      return update.value
    }

    const settled = (queue: Queue, clock: Clock.Clock, result: Turn, local: boolean): Effect.Effect<void> => {
      const now = RateLimitStore.monotonicMillis(clock)
      if (!local) {
        queue.bucket = result.bucket
        queue.behind = now - result.now
      }
      hand(queue, result, now, local)
      queue.metrics.waiting(queue.line.size)
      if (queue.again) {
        queue.again = false
        return run(queue, clock)
      }
      queue.running = false
      const timer = setTimer(queue, clock, result.retryAt + (now - result.now), now)
      return readers === 0 ? timer : Effect.zipRight(timer, PubSub.publish(published, snapshotOf(queue, now)))
    }

    const away = (
      queue: Queue,
      clock: Clock.Clock,
      events: ReadonlyArray<Event>,
      error: StoreUnavailable
    ): Effect.Effect<void> => {
      if (whenAway === "local") {
        const first = queue.local === undefined
        const next = settled(queue, clock, localTurn(queue, clock, events), true)
        return first
          ? Effect.zipRight(Effect.logWarning(`${error.message} Going on with this process's own count.`), next)
          : next
      }
      // The outcomes of what was sent are told to the store when it is back.
      queue.events = [...events, ...queue.events]
      queue.running = false
      queue.again = false
      failAll(queue, error)
      queue.metrics.waiting(0)
      return clearTimer(queue)
    }

    const run = (queue: Queue, clock: Clock.Clock): Effect.Effect<void> => {
      const now = RateLimitStore.monotonicMillis(clock)
      expire(queue, now)
      const { events, local } = queue
      queue.events = []
      if (local !== undefined && now < local.retryAt) {
        return settled(queue, clock, localTurn(queue, clock, events), true)
      }
      const back: ReadonlyArray<Event> =
        local === undefined
          ? events
          : // What was sent without the store has been charged at most this much.
            [
              ...events,
              (bucket) => ({
                ...bucket,
                level: bucket.level + LeakyBucket.bound(LeakyBucket.advance(local.bucket, now))
              })
            ]
      return Effect.matchEffect(store.update(queue.key, options.hint?.(queue.key.route), turn(queue, back)), {
        onFailure: (error) => away(queue, clock, events, error),
        onSuccess: (result) => {
          queue.local = undefined
          return settled(queue, clock, result, false)
        }
      })
    }

    /** Decides who may go. One at a time per bucket: whoever comes meanwhile is served by the one that runs. */
    const pump = (queue: Queue, clock: Clock.Clock): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (queue.running) {
          queue.again = true
          return Effect.void
        }
        queue.running = true
        return run(queue, clock)
      })

    const enqueue = (queue: Queue, call: CallOptions, now: number): WaitingLine.Waiter<Request> => {
      const rank = WaitingLine.PRIORITIES.indexOf(call.priority)
      const job = call.job === undefined ? undefined : jobStates.get(call.job)
      const maxWaitMillis = call.maxWaitMillis ?? defaultMaxWait
      const deadline = call.deadline ?? Number.POSITIVE_INFINITY
      const waiter = queue.line.add(
        {
          since: now,
          job,
          maxWaitMillis,
          deadline,
          outcome: undefined,
          resume: undefined
        },
        rank,
        job ?? NO_JOB
      )
      if (job?.open === true) {
        const entry = queue.jobs.get(job)
        if (entry === undefined) queue.jobs.set(job, { rank, waiting: 1 })
        else {
          entry.rank = rank
          entry.waiting++
        }
      }
      return waiter
    }

    const acquire = (
      queue: Queue,
      clock: Clock.Clock,
      call: CallOptions,
      wait: { millis: number } | undefined,
      restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    ): Effect.Effect<Permit, RateLimitError> => {
      const now = RateLimitStore.monotonicMillis(clock)
      queue.usedAt = now
      if (queue.line.size >= queueLimit) {
        return Effect.fail(new QueueFull({ route: queue.key.route, waiting: queue.line.size }))
      }
      const waiter = enqueue(queue, call, now)
      const request = waiter.value
      if (request.deadline <= now) {
        queue.line.remove(waiter)
        leave(queue, waiter)
        return Effect.fail(expired(queue, request, now))
      }
      return Effect.flatMap(pump(queue, clock), () => {
        if (request.outcome !== undefined) return request.outcome
        const expiry = Math.min(request.since + request.maxWaitMillis, request.deadline)
        const alarm =
          expiry === Number.POSITIVE_INFINITY
            ? Effect.void
            : Effect.suspend(() => {
                const first = queue.expiries.peek()
                queue.expiries.add(expiry, waiter)
                // The bucket's timer has to know of a moment that is earlier than all it knows.
                return (first === undefined || expiry < first.at) &&
                  (queue.timer === undefined || expiry < queue.timer.wakeAt)
                  ? pump(queue, clock)
                  : Effect.void
              })
        const permit = Effect.async<Permit, RateLimitError>((resume) => {
          if (request.outcome === undefined) request.resume = resume
          else resume(request.outcome)
        })
        // Outside of `restore`, so that a permit that comes at the very moment of an interruption is not lost.
        return Effect.zipRight(
          alarm,
          Effect.matchCauseEffect(restore(permit), {
            onFailure: (cause) => Effect.zipRight(withdraw(queue, clock, waiter), Effect.failCause(cause)),
            onSuccess: (permit) => {
              if (wait !== undefined) wait.millis += RateLimitStore.monotonicMillis(clock) - request.since
              return Effect.succeed(permit)
            }
          })
        )
      })
    }

    /** A waiter that goes before its turn leaves the line; one that goes just as its turn comes gives the permit back. */
    const withdraw = (queue: Queue, clock: Clock.Clock, waiter: WaitingLine.Waiter<Request>): Effect.Effect<void> => {
      const { job, outcome } = waiter.value
      waiter.value.resume = undefined
      if (waiter.waiting) {
        queue.line.remove(waiter)
        leave(queue, waiter)
        queue.metrics.waiting(queue.line.size)
        return Effect.void
      }
      if (outcome === undefined || Exit.isFailure(outcome)) return Effect.void
      if (job?.open === true) job.left++
      return learn(queue, clock, outcome.value, (bucket, now, ticket) => LeakyBucket.released(bucket, now, ticket))
    }

    const learn = (
      queue: Queue,
      clock: Clock.Clock,
      permit: Permit,
      event: (bucket: LeakyBucket.LeakyBucket, now: number, ticket: LeakyBucket.Ticket) => LeakyBucket.LeakyBucket
    ): Effect.Effect<void> => {
      // A permit of the local count means nothing to the store's: that one was charged for it when it came back.
      if (permit.local === (queue.local !== undefined)) {
        queue.events.push((bucket, now) => event(bucket, now, permit.ticket))
      }
      return pump(queue, clock)
    }

    const onResponse = (
      queue: Queue,
      clock: Clock.Clock,
      permit: Permit,
      job: JobState | undefined,
      response: HttpClientResponse.HttpClientResponse
    ): Effect.Effect<void> => {
      const { headers, malformed } = RateLimitHeaders.parse(response.headers)
      const warn = malformed.length === 0 ? undefined : warnOf(queue, malformed)
      const refused = response.status === 429
      if (refused) {
        queue.metrics.refused()
        // It has to be sent again.
        if (job?.open === true) job.left++
      }
      const retryAfter = refused
        ? RateLimitHeaders.parseRetryAfter(
            Option.getOrUndefined(Headers.get(response.headers, "retry-after")),
            clock.unsafeCurrentTimeMillis()
          )
        : undefined
      const done = learn(queue, clock, permit, (bucket, now, ticket) =>
        refused
          ? LeakyBucket.refused(bucket, now, ticket, headers, retryAfter)
          : LeakyBucket.answered(bucket, now, ticket, headers)
      )
      return warn === undefined ? done : Effect.zipRight(warn, done)
    }

    const warnOf = (
      queue: Queue,
      malformed: ReadonlyArray<RateLimitHeaders.Malformed>
    ): Effect.Effect<void> | undefined => {
      let text = ""
      for (const { header, value } of malformed) {
        queue.metrics.malformed()
        if (queue.warned.has(header)) continue
        queue.warned.add(header)
        text += ` ${header}: ${JSON.stringify(value.slice(0, 100))}`
      }
      return text === ""
        ? undefined
        : Effect.logWarning(`${queue.key.route}: rate-limit headers that are no usable number are not believed:${text}`)
    }

    const onFailure = <E>(
      queue: Queue,
      clock: Clock.Clock,
      permit: Permit,
      cause: Cause.Cause<E>
    ): Effect.Effect<void> =>
      learn(queue, clock, permit, (bucket, now, ticket) =>
        NeverSent.isNeverSent(cause)
          ? LeakyBucket.released(bucket, now, ticket)
          : LeakyBucket.abandoned(bucket, now, lingerMillis)
      )

    const schedule: Service["schedule"] = (key) => (send) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.withFiberRuntime((fiber) => {
          const context = fiber.currentContext
          const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
          const call = Context.get(context, CurrentCallOptions)
          const wait = Context.get(context, CurrentWait)
          const job = call.job === undefined ? undefined : jobStates.get(call.job)
          const queue = queueOf(key)
          const acquired = acquire(queue, clock, call, wait, restore)
          const permitted =
            queueCount <= SWEEP_ABOVE
              ? acquired
              : Effect.zipRight(
                  Effect.suspend(() => sweep(RateLimitStore.monotonicMillis(clock))),
                  acquired
                )
          return Effect.flatMap(permitted, (permit) =>
            Effect.matchCauseEffect(
              restore(call.beforeSend === undefined ? send : Effect.zipRight(call.beforeSend, send)),
              {
                onFailure: (cause) => Effect.zipRight(onFailure(queue, clock, permit, cause), Effect.failCause(cause)),
                onSuccess: (response) => Effect.as(onResponse(queue, clock, permit, job, response), response)
              }
            )
          )
        })
      )

    return {
      schedule,
      wrap: (client, { owner, route }) =>
        HttpClient.transform(client, (send, request) => schedule({ owner, route: route(request) })(send)),
      snapshot: Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = RateLimitStore.monotonicMillis(clock)
          const all: Array<BucketSnapshot> = []
          for (const { queues } of owners.values())
            for (const queue of queues.values()) all.push(snapshotOf(queue, now))
          return all
        })
      ),
      changes: Stream.unwrapScoped(
        Effect.gen(function* () {
          const queue = yield* PubSub.subscribe(published)
          yield* Effect.acquireRelease(
            Effect.sync(() => readers++),
            () => Effect.sync(() => readers--)
          )
          return Stream.fromQueue(queue)
        })
      )
    }
  })

const NO_JOB = {}

/**
 * A scheduler over the store that is given.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RateLimitScheduler, never, RateLimitStore.RateLimitStore> =>
  Layer.scoped(RateLimitScheduler, make(options))

/**
 * A scheduler whose bucket states live in this process's memory.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: Options): Layer.Layer<RateLimitScheduler> =>
  Layer.provide(layer(options), RateLimitStore.layerMemory)

/** Ids do not part buckets: the limit is the endpoint's. */
const ID = /^(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i

/**
 * The route of a request whose API is not known: its method, host and path, with numbers and UUIDs as `:id`.
 *
 * @since 0.1.0
 * @category routes
 */
export const routeOf = (request: HttpClientRequest.HttpClientRequest): string => {
  const [address = ""] = request.url.split(/[?#]/)
  const path = address
    .split("/")
    .map((part) => (ID.test(part) ? ":id" : part))
    .join("/")
  return `${request.method} ${path}`
}

/**
 * Puts a scheduler around the `HttpClient` that is given, for any API with Frame.io's headers: one bucket per
 * `Authorization` header and route. The scheduler's own errors arrive as the `cause` of a `RequestError`, for the
 * error type of a plain `HttpClient` is fixed.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (options?: {
  /** Whose limit it is. Default: the `Authorization` header. */
  readonly owner?: ((request: HttpClientRequest.HttpClientRequest) => Redacted.Redacted<string>) | undefined
  /** The bucket's route. Default: {@link routeOf}. */
  readonly route?: ((request: HttpClientRequest.HttpClientRequest) => string) | undefined
}): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | RateLimitScheduler> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const scheduler = yield* RateLimitScheduler
      const ownerOf =
        options?.owner ??
        ((request: HttpClientRequest.HttpClientRequest) => Redacted.make(request.headers.authorization ?? ""))
      const route = options?.route ?? routeOf
      return HttpClient.transform(client, (send, request) =>
        Effect.mapError(
          scheduler.schedule({
            owner: ownerOf(request),
            route: route(request)
          })(send),
          (error) =>
            error._tag === "RequestError" || error._tag === "ResponseError"
              ? error
              : new HttpClientError.RequestError({
                  request,
                  reason: "Transport",
                  cause: error,
                  description: error.message
                })
        )
      )
    })
  )
