/**
 * Sends requests as fast as the server's rate limit allows, and no faster: one queue per bucket, a permit before each
 * request, and what the answer's headers say learnt after it. Works around any `HttpClient`; nothing of Frame.io here
 * but the three headers.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { BucketQueue, type JobState, Request } from "./internal/bucketQueue.js"
import * as NeverSent from "./internal/neverSent.js"
import { type Priority as LinePriority, PRIORITIES } from "./internal/waitingLine.js"
import * as LeakyBucket from "./LeakyBucket.js"
import type { RateLimitError } from "./RateLimitError.js"
import * as RateLimitHeaders from "./RateLimitHeaders.js"
import * as RateLimitStore from "./RateLimitStore.js"
import * as RetryAfter from "./RetryAfter.js"

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
export type Priority = LinePriority

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
  "@effect-frameio/ratelimit/RateLimitScheduler/CurrentCallOptions",
  {
    defaultValue: (): CallOptions => ({
      priority: "normal",
      maxWaitMillis: undefined,
      deadline: undefined,
      job: undefined
    })
  }
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
      const state: Job & JobState = {
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
    key: RateLimitStore.BucketKey,
    options?: {
      /** Is told for how long the permit was waited for, in ms; not called when it was there at once. */
      readonly onWaited?: ((millis: number) => void) | undefined
    }
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
export class RateLimitScheduler extends Context.Tag("@effect-frameio/ratelimit/RateLimitScheduler")<
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
// constructors
// -----------------------------------------------------------------------------

/** Buckets that nobody used for so long are forgotten, as Frame.io's limiter does. */
const IDLE_MILLIS = 600_000

/** So few buckets are not worth a look. */
const SWEEP_ABOVE = 256

interface Owner {
  readonly index: number
  readonly queues: Map<string, Bucket>
}

/**
 * A request that is sent when its turn has come. As an effect it asks and waits; woken, it is run again, and is sent.
 */
class Sending<E, R> extends Request<HttpClientResponse.HttpClientResponse, E | RateLimitError, R> {
  /** Once it is set the server may see the request; until then its permit can be given back. */
  sent = false
  private asked = false
  private resume: ((turn: Turn<E, R>) => void) | undefined = undefined

  constructor(
    readonly bucket: Bucket,
    clock: Clock.Clock,
    now: number,
    private readonly call: CallOptions,
    defaultMaxWait: number,
    private readonly send: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>,
    private readonly onWaited: ((millis: number) => void) | undefined
  ) {
    super(
      clock,
      now,
      PRIORITIES.indexOf(call.priority),
      call.maxWaitMillis ?? defaultMaxWait,
      call.deadline,
      call.job === undefined ? undefined : jobStates.get(call.job)
    )
  }

  commit(): Turn<E, R> {
    if (!this.asked) {
      this.asked = true
      this.bucket.queue.ask(this)
      if (this.waiting) {
        return Effect.async((resume) => {
          this.resume = resume
          // It may have been woken between the two.
          if (!this.waiting) this.wake()
        })
      }
    }
    if (this.error !== undefined) return Effect.fail(this.error)
    const { beforeSend } = this.call
    return beforeSend === undefined
      ? this.go()
      : Effect.zipRight(
          beforeSend,
          Effect.suspend(() => this.go())
        )
  }

  wake(): void {
    const { resume } = this
    if (resume === undefined) return
    if (this.error === undefined) this.onWaited?.(RateLimitStore.monotonicMillis(this.clock) - this.since)
    resume(this)
  }

  private go(): Turn<E, R> {
    this.sent = true
    return this.send
  }
}

type Turn<E, R> = Effect.Effect<HttpClientResponse.HttpClientResponse, E | RateLimitError, R>

interface Bucket {
  readonly owner: number
  readonly queue: BucketQueue
  readonly refused: () => void
  readonly malformed: () => void
  /** Headers whose values were complained about. */
  readonly warned: Set<string>
}

const snapshotOf = ({ owner, queue }: Bucket, now: number): BucketSnapshot => {
  const bucket = queue.stateAt(now)
  return {
    route: queue.key.route,
    owner,
    limit: bucket.rule?.limit,
    windowMillis: bucket.rule?.windowMillis,
    levelMillis: LeakyBucket.level(bucket),
    free: LeakyBucket.free(bucket),
    inFlight: bucket.inFlight,
    waiting: queue.waiting,
    backlog: queue.backlog,
    shared: LeakyBucket.shared(bucket),
    held: bucket.refusal !== undefined
  }
}

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
    const fork = Runtime.runFork(yield* Effect.runtime<never>())
    const queueLimit = options.queueLimit ?? defaults.queueLimit
    const defaultMaxWait = Duration.toMillis(options.maxWait ?? defaults.maxWait)
    const lingerMillis = Duration.toMillis(options.linger ?? defaults.linger)
    const whenStoreIsAway = options.whenStoreIsAway ?? defaults.whenStoreIsAway

    const owners = new Map<string, Owner>()
    const readers = new Set<Queue.Queue<BucketSnapshot>>()
    let ownersSeen = 0
    let bucketCount = 0

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const { queues } of owners.values()) for (const { queue } of queues.values()) queue.close()
      })
    )

    const bucketOf = (key: RateLimitStore.BucketKey, now: number): Bucket => {
      if (bucketCount > SWEEP_ABOVE) sweep(now)
      const bucket = knownOrNew(key)
      bucket.queue.usedAt = now
      return bucket
    }

    const knownOrNew = (key: RateLimitStore.BucketKey): Bucket => {
      const name = Redacted.value(key.owner)
      let owner = owners.get(name)
      if (owner === undefined) {
        owner = { index: ++ownersSeen, queues: new Map() }
        owners.set(name, owner)
      }
      const known = owner.queues.get(key.route)
      if (known !== undefined) return known
      const bucket = makeBucket(key, owner.index)
      owner.queues.set(key.route, bucket)
      bucketCount++
      return bucket
    }

    const makeBucket = (key: RateLimitStore.BucketKey, owner: number): Bucket => {
      const { route } = key
      const grants = Metric.tagged(granted, "route", route)
      const refusing = Metric.tagged(refusals, "route", route)
      const breaking = Metric.tagged(malformedHeaders, "route", route)
      const waiting = Metric.tagged(waitingRequests, "route", route)
      const waited = Metric.tagged(waitedMillis, "route", route)
      const bucket: Bucket = {
        owner,
        queue: new BucketQueue(key, {
          store,
          queueLimit,
          hint: options.hint?.(route),
          whenStoreIsAway,
          fork,
          meters: {
            granted: (count) => grants.unsafeUpdate(count, []),
            waiting: (count) => waiting.unsafeUpdate(count, []),
            waited: (millis) => waited.unsafeUpdate(millis, [])
          },
          changed: (_, now) => {
            if (readers.size === 0) return
            const snapshot = snapshotOf(bucket, now)
            for (const reader of readers) reader.unsafeOffer(snapshot)
          }
        }),
        refused: () => refusing.unsafeUpdate(1, []),
        malformed: () => breaking.unsafeUpdate(1, []),
        warned: new Set()
      }
      return bucket
    }

    const sweep = (now: number): void => {
      for (const [name, { queues }] of owners) {
        for (const [route, { queue }] of queues) {
          if (!queue.idle || now - queue.usedAt <= IDLE_MILLIS) continue
          queue.close()
          queues.delete(route)
          bucketCount--
          fork(store.forget(queue.key))
        }
        if (queues.size === 0) owners.delete(name)
      }
    }

    const complain = (
      { malformed, queue, warned }: Bucket,
      broken: ReadonlyArray<RateLimitHeaders.Malformed>
    ): void => {
      let text = ""
      for (const { header, value } of broken) {
        malformed()
        if (warned.has(header)) continue
        warned.add(header)
        text += ` ${header}: ${JSON.stringify(value.slice(0, 100))}`
      }
      if (text === "") return
      fork(Effect.logWarning(`${queue.key.route}: rate-limit headers without a usable number are not believed:${text}`))
    }

    const onResponse = <E, R>(sending: Sending<E, R>, response: HttpClientResponse.HttpClientResponse): void => {
      const { bucket, clock, job, ticket } = sending
      if (ticket === undefined) return
      const { headers, malformed } = RateLimitHeaders.parse(response.headers)
      if (malformed.length > 0) complain(bucket, malformed)
      if (response.status !== 429) {
        bucket.queue.learn(sending, (state, now) => LeakyBucket.answered(state, now, ticket, headers))
        return
      }
      bucket.refused()
      // It has to be sent again.
      if (job?.open === true) job.left++
      const retryAfter = RetryAfter.fromHeaders(response.headers, clock.unsafeCurrentTimeMillis())
      bucket.queue.learn(sending, (state, now) => LeakyBucket.refused(state, now, ticket, headers, retryAfter))
    }

    const onFailure = <E, R>(sending: Sending<E, R>, cause: Cause.Cause<unknown>): void => {
      const { queue } = sending.bucket
      if (!sending.sent || sending.ticket === undefined || NeverSent.isNeverSent(cause)) queue.withdraw(sending)
      else queue.learn(sending, (state, now) => LeakyBucket.abandoned(state, now, lingerMillis))
    }

    const schedule: Service["schedule"] =
      (key, options) =>
      <E, R>(send: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>) =>
        Effect.withFiberRuntime((fiber, { runtimeFlags }): Turn<E, R> => {
          const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
          const call = Context.get(fiber.currentContext, CurrentCallOptions)
          const now = RateLimitStore.monotonicMillis(clock)
          const bucket = bucketOf(key, now)
          const sending = new Sending(bucket, clock, now, call, defaultMaxWait, send, options?.onWaited)
          // What `uninterruptibleMask` does, but with less to hold while it waits.
          return RuntimeFlags.interruptible(runtimeFlags)
            ? Effect.uninterruptible(learning(sending, Effect.interruptible(sending)))
            : learning(sending, sending)
        })

    // Apart from `schedule`, so that what waits does not hold the scope in which it came.
    const learning = <E, R>(sending: Sending<E, R>, turn: Turn<E, R>): Turn<E, R> =>
      Effect.matchCauseEffect(turn, {
        onFailure: (cause) => {
          onFailure(sending, cause)
          return Effect.failCause(cause)
        },
        onSuccess: (response) => {
          onResponse(sending, response)
          return Effect.succeed(response)
        }
      })

    return {
      schedule,
      wrap: (client, { owner, route }) =>
        HttpClient.transform(client, (send, request) => schedule({ owner, route: route(request) })(send)),
      snapshot: Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = RateLimitStore.monotonicMillis(clock)
          const all: Array<BucketSnapshot> = []
          for (const { queues } of owners.values())
            for (const bucket of queues.values()) all.push(snapshotOf(bucket, now))
          return all
        })
      ),
      changes: Stream.unwrapScoped(
        Effect.map(
          Effect.acquireRelease(
            Effect.tap(Queue.sliding<BucketSnapshot>(CHANGES_KEPT), (reader) => Effect.sync(() => readers.add(reader))),
            (reader) =>
              Effect.zipRight(
                Effect.sync(() => readers.delete(reader)),
                Queue.shutdown(reader)
              )
          ),
          (reader) => Stream.fromQueue(reader)
        )
      )
    }
  })

/** How many changes a slow reader can be behind before it misses some. */
const CHANGES_KEPT = 256

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
