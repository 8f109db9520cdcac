/**
 * Sends requests as fast as the server's rate limit allows, and no faster: one queue per bucket, a permit before each
 * request, and the answer's headers learnt after it. Knows only the three headers of Frame.io.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"
import type { BucketSnapshot } from "./BucketSnapshot.js"
import { BucketQueue, Request, type Settings } from "./internal/bucketQueue.js"
import * as JobState from "./internal/jobState.js"
import { PRIORITIES } from "./internal/waitingLine.js"
import * as LeakyBucket from "./LeakyBucket.js"
import * as RateLimitCall from "./RateLimitCall.js"
import type { RateLimitError } from "./RateLimitError.js"
import * as RateLimitHeaders from "./RateLimitHeaders.js"
import type { RateLimitMemory } from "./RateLimitMemory.js"
import * as RateLimitMetrics from "./RateLimitMetrics.js"
import * as RateLimitRule from "./RateLimitRule.js"
import * as RateLimitStore from "./RateLimitStore.js"
import * as RetryAfter from "./RetryAfter.js"
import * as Transport from "./Transport.js"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many requests may wait in one bucket; the next fails with `QueueFull`. Default 100 000. */
  readonly queueLimit?: number | undefined
  /** The longest time that a request waits for its permit, unless the call says otherwise. Default 1 hour. */
  readonly maxWait?: Duration.DurationInput | undefined
  /**
   * How long a request that was interrupted, timed out or lost may still reach the server, and keeps its slot. Default 5
   * seconds.
   */
  readonly linger?: Duration.DurationInput | undefined
  /** The rule of a bucket, if known before the first answer: else the first request goes alone. */
  readonly hint?: ((route: string) => RateLimitRule.RateLimitRule | undefined) | undefined
  /** Reads the rules of buckets without a `hint`, and keeps what is learnt. */
  readonly memory?: RateLimitMemory | undefined
  /**
   * What to do while the shared store is away: `"fail"` (default) with `StoreUnavailable`, or go on with this
   * process's own count (`"local"`) until it is back.
   */
  readonly whenStoreIsAway?: "fail" | "local" | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = {
  queueLimit: 100_000,
  maxWait: Duration.hours(1),
  linger: Duration.seconds(5),
  whenStoreIsAway: "fail"
} as const satisfies Options

/**
 * The parts of an answer that the scheduler reads; the body may be gone by then.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answered {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Headers.Headers
}

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
      /** Is told how long the permit took, in ms; not called when it was there at once. */
      readonly onWaited?: ((millis: number) => void) | undefined
      /**
       * Hears of a 429, or of a 503 among many, and whether other requests of the bucket got through since this one
       * asked: then the refusal says nothing about this request.
       */
      readonly onRefused?: ((othersPassed: boolean) => void) | undefined
    }
  ) => <A extends Answered, E, R>(send: Effect.Effect<A, E, R>) => Effect.Effect<A, E | RateLimitError, R>
  /** One bucket, if it was used lately. */
  readonly bucket: (key: RateLimitStore.BucketKey) => Effect.Effect<BucketSnapshot | undefined>
  /** The limit of a bucket, told by its answers or else by `hint` or `memory`. */
  readonly limit: (key: RateLimitStore.BucketKey) => Effect.Effect<RateLimitRule.RateLimitRule | undefined>
  /** All buckets that were used lately. */
  readonly snapshot: Effect.Effect<ReadonlyArray<BucketSnapshot>>
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

/** A bucket unused for so long is forgotten, as by Frame.io's limiter. */
const IDLE_MILLIS = 600_000

/** Fewer buckets are not worth a look. */
const SWEEP_ABOVE = 256

/** A look at all buckets is not worth its time more often. */
const SWEEP_EVERY_MILLIS = 10_000

const TOO_MANY = 429
const UNAVAILABLE = 503

/** A server may send anything in a header, even the token: only a number or a short word is shown. */
const PRESENTABLE = /^[\w .,+-]{0,16}$/

interface Owner {
  readonly index: number
  readonly queues: Map<string, Bucket>
}

/**
 * A request in its queue. As an effect it asks and waits; woken, it runs again and is sent.
 */
class Sending<A extends Answered, E, R> extends Request<A, E | RateLimitError, R> {
  /** Once it is set the server may see the request; until then its permit can be given back. */
  sent = false
  private readonly passedBefore: number
  private asked = false
  private resume: ((turn: Turn<A, E, R>) => void) | undefined = undefined

  constructor(
    readonly bucket: Bucket,
    clock: Clock.Clock,
    now: number,
    private readonly call: RateLimitCall.RateLimitCall,
    job: JobState.JobState | undefined,
    defaultMaxWait: number,
    private readonly send: Effect.Effect<A, E, R>,
    private readonly observer: Observer | undefined
  ) {
    super(clock, now, PRIORITIES.indexOf(call.priority), call.maxWaitMillis ?? defaultMaxWait, call.deadline, job)
    this.passedBefore = bucket.passed
  }

  commit(): Turn<A, E, R> {
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
    if (this.error === undefined) this.observer?.onWaited?.(RateLimitStore.monotonicMillis(this.clock) - this.since)
    resume(this)
  }

  onRefused(): void {
    this.observer?.onRefused?.(this.bucket.passed > this.passedBefore)
  }

  private go(): Turn<A, E, R> {
    this.sent = true
    return this.send
  }
}

type Observer = NonNullable<Parameters<Service["schedule"]>[1]>

/** An interruption may have come after the request was written. */
const neverSent = (cause: Cause.Cause<unknown>): boolean =>
  !Cause.isInterrupted(cause) && [...Cause.failures(cause)].some((error) => Transport.diagnose(error).neverSent)

type Turn<A, E, R> = Effect.Effect<A, E | RateLimitError, R>

/** The counts of a route, over all owners. */
class Route {
  buckets = 0
  private readonly grants
  private readonly refusals
  private readonly malformedHeaders
  private readonly waitingRequests
  private readonly waitedMillis
  private waiting = 0

  constructor(route: string) {
    this.grants = Metric.tagged(RateLimitMetrics.granted, "route", route)
    this.refusals = Metric.tagged(RateLimitMetrics.refusals, "route", route)
    this.malformedHeaders = Metric.tagged(RateLimitMetrics.malformedHeaders, "route", route)
    this.waitingRequests = Metric.tagged(RateLimitMetrics.waitingRequests, "route", route)
    this.waitedMillis = Metric.tagged(RateLimitMetrics.waitedMillis, "route", route)
  }

  readonly refused = (): void => this.refusals.unsafeUpdate(1, [])
  readonly malformed = (): void => this.malformedHeaders.unsafeUpdate(1, [])

  /** The meters of one bucket. */
  meters(): Settings["meters"] {
    let here = 0
    return {
      granted: (count) => this.grants.unsafeUpdate(count, []),
      waiting: (count) => {
        if (count === here) return
        this.waiting += count - here
        here = count
        this.waitingRequests.unsafeUpdate(this.waiting, [])
      },
      waited: (millis) => this.waitedMillis.unsafeUpdate(millis, [])
    }
  }
}

class Bucket {
  readonly queue: BucketQueue
  /** Headers that a warning was logged about. */
  readonly warned = new Set<string>()
  /** The rule last kept in the memory. */
  remembered: RateLimitRule.RateLimitRule | undefined
  /** Answers that were not refusals. */
  passed = 0

  constructor(
    /** Tells the owners apart. */
    readonly owner: number,
    key: RateLimitStore.BucketKey,
    readonly route: Route,
    settings: Omit<Settings, "meters">
  ) {
    this.queue = new BucketQueue(key, { ...settings, meters: route.meters() })
  }

  snapshot(now: number): BucketSnapshot {
    const { owner, queue } = this
    const bucket = queue.stateAt(now)
    return {
      route: queue.key.route,
      owner,
      limit: bucket.rule?.limit,
      windowMillis: bucket.rule?.windowMillis,
      levelMillis: LeakyBucket.level(bucket),
      free: LeakyBucket.free(bucket),
      inFlight: LeakyBucket.underWay(bucket),
      waiting: queue.waiting,
      backlog: queue.backlog,
      shared: LeakyBucket.shared(bucket),
      hold: LeakyBucket.hold(bucket)
    }
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
    const routes = new Map<string, Route>()
    let ownersSeen = 0
    let bucketCount = 0
    let sweptAt = Number.NEGATIVE_INFINITY

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const { queues } of owners.values()) for (const { queue } of queues.values()) queue.close()
      })
    )

    const bucketOf = (key: RateLimitStore.BucketKey, now: number): Bucket => {
      if (bucketCount > SWEEP_ABOVE && now - sweptAt >= SWEEP_EVERY_MILLIS) sweep(now)
      const bucket = knownOrNew(key)
      bucket.queue.usedAt = now
      return bucket
    }

    const hintOf = (key: RateLimitStore.BucketKey): RateLimitRule.RateLimitRule | undefined => {
      const hint = options.hint?.(key.route) ?? options.memory?.recall(key)
      if (hint === undefined || RateLimitRule.isRule(hint)) return hint
      fork(
        Effect.logWarning(
          `${key.route}: the hint of ${hint.limit} requests per ${hint.windowMillis} ms is no rule, and is not used. Both must be at least 1.`
        )
      )
      return undefined
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
      let route = routes.get(key.route)
      if (route === undefined) {
        route = new Route(key.route)
        routes.set(key.route, route)
      }
      const bucket = new Bucket(owner.index, key, route, {
        store,
        queueLimit,
        hint: hintOf(key),
        whenStoreIsAway,
        fork
      })
      owner.queues.set(key.route, bucket)
      route.buckets++
      bucketCount++
      return bucket
    }

    const sweep = (now: number): void => {
      sweptAt = now
      for (const [name, { queues }] of owners) {
        for (const [name, { queue, route }] of queues) {
          if (now - queue.usedAt <= IDLE_MILLIS || !queue.isIdleAt(now)) continue
          queue.close()
          queues.delete(name)
          if (--route.buckets === 0) routes.delete(name)
          bucketCount--
          fork(store.forget(queue.key))
        }
        if (queues.size === 0) owners.delete(name)
      }
    }

    const complain = ({ queue, route, warned }: Bucket, broken: ReadonlyArray<RateLimitHeaders.Malformed>): void => {
      let text = ""
      for (const { header, value } of broken) {
        route.malformed()
        if (warned.has(header)) continue
        warned.add(header)
        text += ` ${header}: ${PRESENTABLE.test(value) ? JSON.stringify(value) : `${value.length} characters`}`
      }
      if (text === "") return
      fork(Effect.logWarning(`${queue.key.route}: rate-limit headers that cannot be right are not believed:${text}`))
    }

    const remember = (bucket: Bucket, { limit, windowMillis }: RateLimitHeaders.RateLimitHeaders): void => {
      if (options.memory === undefined) return
      const { remembered } = bucket
      if (remembered?.limit === limit && remembered.windowMillis === windowMillis) return
      bucket.remembered = { limit, windowMillis }
      fork(options.memory.remember(bucket.queue.key, bucket.remembered))
    }

    const onResponse = <A extends Answered, E, R>(sending: Sending<A, E, R>, response: Answered): void => {
      const { bucket, clock, job, ticket } = sending
      if (ticket === undefined) return
      const { headers, malformed } = RateLimitHeaders.parse(response.headers)
      if (malformed.length > 0) complain(bucket, malformed)
      if (response.status !== TOO_MANY && response.status !== UNAVAILABLE) {
        bucket.passed++
        if (headers !== undefined) remember(bucket, headers)
        bucket.queue.learn(sending, (state, now) => LeakyBucket.answered(state, now, ticket, headers))
        return
      }
      const retryAfter = RetryAfter.fromHeaders(response.headers, clock.unsafeCurrentTimeMillis())
      if (response.status === UNAVAILABLE) {
        bucket.queue.learn(sending, (state, now) => LeakyBucket.unavailable(state, now, ticket, headers, retryAfter))
        if (bucket.queue.holds) sending.onRefused()
        return
      }
      bucket.route.refused()
      if (job !== undefined) {
        job.refusals++
        // It has to be sent again.
        if (job.open) job.left++
      }
      bucket.queue.learn(sending, (state, now) => LeakyBucket.refused(state, now, ticket, headers, retryAfter))
      sending.onRefused()
    }

    const onFailure = <A extends Answered, E, R>(sending: Sending<A, E, R>, cause: Cause.Cause<unknown>): void => {
      const { queue } = sending.bucket
      if (!sending.sent || sending.ticket === undefined || neverSent(cause)) queue.withdraw(sending)
      else queue.learn(sending, (state, now) => LeakyBucket.abandoned(state, now, lingerMillis))
    }

    const schedule: Service["schedule"] =
      (key, options) =>
      <A extends Answered, E, R>(send: Effect.Effect<A, E, R>) =>
        Effect.withFiberRuntime((fiber, { runtimeFlags }): Turn<A, E, R> => {
          const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
          const call = Context.get(fiber.currentContext, RateLimitCall.Current)
          const now = RateLimitStore.monotonicMillis(clock)
          const bucket = bucketOf(key, now)
          const job = call.job === undefined ? undefined : JobState.of(call.job)
          job?.through.add(bucket)
          const sending = new Sending(bucket, clock, now, call, job, defaultMaxWait, send, options)
          // Does the work of `uninterruptibleMask`, and holds less while it waits.
          return RuntimeFlags.interruptible(runtimeFlags)
            ? Effect.uninterruptible(learning(sending, Effect.interruptible(sending)))
            : learning(sending, sending)
        })

    // Apart from `schedule`, so that a waiting request does not hold its caller's closure.
    const learning = <A extends Answered, E, R>(sending: Sending<A, E, R>, turn: Turn<A, E, R>): Turn<A, E, R> =>
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
      bucket: ({ owner, route }) =>
        Effect.clockWith((clock) =>
          Effect.sync(() =>
            owners.get(Redacted.value(owner))?.queues.get(route)?.snapshot(RateLimitStore.monotonicMillis(clock))
          )
        ),
      limit: (key) =>
        Effect.clockWith((clock) =>
          Effect.sync(() => {
            const known = owners.get(Redacted.value(key.owner))?.queues.get(key.route)
            return known?.queue.stateAt(RateLimitStore.monotonicMillis(clock)).rule ?? hintOf(key)
          })
        ),
      snapshot: Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = RateLimitStore.monotonicMillis(clock)
          return Array.from(owners.values(), ({ queues }) =>
            Array.from(queues.values(), (bucket) => bucket.snapshot(now))
          ).flat()
        })
      )
    }
  })

/**
 * A scheduler over the given store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RateLimitScheduler, never, RateLimitStore.RateLimitStore> =>
  Layer.scoped(RateLimitScheduler, make(options))

/**
 * A scheduler whose bucket states live in this process's memory.
 *
 * @example
 * ```ts
 * const Scheduler = RateLimitScheduler.layerMemory({ queueLimit: 1000, maxWait: "5 minutes" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: Options): Layer.Layer<RateLimitScheduler> =>
  Layer.provide(layer(options), RateLimitStore.layerMemory)
