/**
 * The queue before one bucket: who waits, who may go, and the one timer that looks again.
 *
 * Each step starts from an event (a request asks, an answer comes, the timer fires) and decides in one transaction on the
 * bucket's state; it is synchronous unless the store is shared.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as LeakyBucket from "../LeakyBucket.js"
import {
  DeadlineExceeded,
  MaxWaitExceeded,
  QueueFull,
  type RateLimitError,
  type StoreUnavailable
} from "../RateLimitError.js"
import type * as RateLimitRule from "../RateLimitRule.js"
import * as RateLimitStore from "../RateLimitStore.js"
import * as Expiries from "./expiries.js"
import type { JobState } from "./jobState.js"
import * as WaitingLine from "./waitingLine.js"

/**
 * A request before a bucket, woken when it has a ticket or an error. Thousands may wait, so one object is the request, its
 * links in two lines, and the effect that waits.
 *
 * @internal
 */
export abstract class Request<A = unknown, E = unknown, R = unknown>
  extends Effectable.Class<A, E, R>
  implements WaitingLine.Waiter<Request>, Expiries.Expiring<Request>
{
  readonly expiresAt: number
  previous: Request | undefined = undefined
  next: Request | undefined = undefined
  sooner: Request | undefined = undefined
  later: Request | undefined = undefined
  heapIndex = Expiries.NOT_IN_HEAP
  waiting = false
  ticket: LeakyBucket.Ticket | undefined = undefined
  /** Whether the ticket was given by the local count while the store was away. */
  local = false
  error: RateLimitError | undefined = undefined
  /** How many decisions the queue had made when it came. */
  decisions = 0

  constructor(
    readonly clock: Clock.Clock,
    readonly since: number,
    readonly rank: number,
    readonly maxWaitMillis: number,
    deadline: number | undefined,
    readonly job: JobState | undefined
  ) {
    super()
    const expiresAt = since + maxWaitMillis
    this.expiresAt = deadline === undefined ? expiresAt : Math.min(expiresAt, deadline)
  }

  get lane(): object {
    return this.job ?? NO_JOB
  }

  /** Also called on a request that never had to wait. */
  abstract wake(): void
}

/**
 * An event of a request, as a step of the bucket's state.
 *
 * @internal
 */
export type Event = (bucket: LeakyBucket.LeakyBucket, now: number) => LeakyBucket.LeakyBucket

/** @internal */
export interface Meters {
  readonly granted: (count: number) => void
  readonly waiting: (count: number) => void
  readonly waited: (millis: number) => void
}

/** @internal */
export interface Settings {
  readonly store: RateLimitStore.Service
  readonly queueLimit: number
  readonly hint: RateLimitRule.RateLimitRule | undefined
  readonly whenStoreIsAway: "fail" | "local"
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  readonly meters: Meters
}

/** The result of one transaction. */
interface Turn {
  /** The store's time. */
  readonly now: number
  readonly tickets: ReadonlyArray<LeakyBucket.Ticket>
  readonly retryAt: number
  readonly bucket: LeakyBucket.LeakyBucket
}

interface Timer {
  wakeAt: number
  sleepsUntil: number
  firing: boolean
  fiber: Fiber.RuntimeFiber<void> | undefined
}

const LOWEST = WaitingLine.PRIORITIES.length - 1
const NEVER = Number.POSITIVE_INFINITY
const NO_TICKETS: ReadonlyArray<LeakyBucket.Ticket> = []
const NO_EVENTS: ReadonlyArray<Event> = []

/** The lane of all requests without a job. */
const NO_JOB = {}

const STORE_RETRY_MILLIS = 1000

/** In ms: `setTimeout` takes whole ones, and a timer that fires early must be set again. */
const LEAST_SLEEP = 1

/** In ms: a timer that wakes sooner is let run, because stopping it would cost more. */
const SHORT_SLEEP = 100

/** @internal */
export class BucketQueue {
  usedAt = 0
  private readonly line = WaitingLine.make<Request>()
  private readonly expiries = Expiries.make<Request>()
  /** Jobs seen here, with the priority of their calls and how many of those wait. */
  private readonly jobs = new Map<JobState, { rank: number; waiting: number }>()
  private events: Array<Event> = []
  private running = false
  private again = false
  private decisions = 0
  /** Requests of this process that were granted and have not ended. */
  private open = 0
  private retryAt = NEVER
  private timer: Timer | undefined
  private closed = false
  /** The state as this process last saw it, and how far the store's clock is behind ours. */
  private bucket: LeakyBucket.LeakyBucket
  private behind = 0
  /** The count kept while the store is away, and when to try the store again. */
  private local: { bucket: LeakyBucket.LeakyBucket; retryAt: number } | undefined
  /** Events of granted requests while the store was away, replayed when it is back. */
  private owed: Array<Event> = []

  constructor(
    readonly key: RateLimitStore.BucketKey,
    private readonly settings: Settings
  ) {
    this.bucket = LeakyBucket.make(settings.hint)
  }

  get waiting(): number {
    return this.line.size
  }

  /** Requests to come, as far as known. */
  get backlog(): number {
    return this.line.size + this.jobsRest(LOWEST)
  }

  /** Whether this process has nothing under way, and a new bucket would decide the same. */
  isIdleAt(now: number): boolean {
    if (this.line.size > 0 || this.running || this.open > 0 || this.hasToTell) return false
    const { at, level, lingering, refusal } = this.stateAt(now)
    return level === 0 && (refusal?.until ?? 0) <= at && lingering.every(({ until }) => until <= at)
  }

  /** Whether the store does not know the outcome of a request yet. */
  private get hasToTell(): boolean {
    return this.events.length > 0 || this.owed.length > 0
  }

  /** Whether a refusal holds the bucket, as far as this process knows. */
  get holds(): boolean {
    return (this.local?.bucket ?? this.bucket).refusal !== undefined
  }

  stateAt(now: number): LeakyBucket.LeakyBucket {
    return this.local === undefined
      ? LeakyBucket.advance(this.bucket, now - this.behind)
      : LeakyBucket.advance(this.local.bucket, now)
  }

  /** Lets a request in, unless the queue is full; it may have its ticket or its error at once. */
  ask(request: Request): void {
    const { clock, expiresAt, since: now } = request
    const { size } = this.line
    if (size >= this.settings.queueLimit) {
      request.error = new QueueFull({ route: this.key.route, waiting: size })
      return
    }
    const first = this.line.upTo(request.rank) === 0
    request.decisions = this.decisions
    this.line.add(request)
    this.enter(request)
    // Behind others it can only wait, and the first of them has a timer.
    if (first) this.pump(clock, now)
    if (!request.waiting) return
    if (expiresAt <= now && !this.running) this.giveUp(request, now)
    else if (expiresAt < NEVER) {
      this.expiries.add(request)
      if (this.timer === undefined || expiresAt < this.timer.wakeAt) this.setTimer(clock, now)
    }
  }

  /** Takes a request out of the line, or gives its permit back if it already has one. */
  withdraw(request: Request): void {
    const { ticket } = request
    if (request.waiting) {
      this.line.remove(request)
      this.leave(request)
      this.settings.meters.waiting(this.line.size)
      // Other processes of the store keep calm as long as something waits here.
      if (this.settings.store.updateNow === undefined)
        this.pump(request.clock, RateLimitStore.monotonicMillis(request.clock))
    } else if (ticket !== undefined) {
      if (request.job?.open === true) request.job.left++
      this.learn(request, (bucket, now) => LeakyBucket.released(bucket, now, ticket))
    }
  }

  learn({ clock, local }: Request, event: Event): void {
    this.open--
    // The store was charged for tickets of the local count when it came back.
    if (local === (this.local !== undefined)) this.events.push(event)
    else if (!local) this.owed.push(event)
    this.pump(clock, RateLimitStore.monotonicMillis(clock))
  }

  /** Ends the timer; waiting requests are not woken. */
  close(): void {
    this.closed = true
    this.stopTimer()
  }

  private stopTimer(): void {
    this.timer?.fiber?.unsafeInterruptAsFork(FiberId.none)
    this.timer = undefined
  }

  /** Decides which requests may go. One run at a time per bucket, which also serves those that come meanwhile. */
  private pump(clock: Clock.Clock, startedAt: number): void {
    if (this.running) {
      this.again = true
      return
    }
    this.running = true
    const { updateNow } = this.settings.store
    if (updateNow === undefined) {
      this.settings.fork(this.pumpStore(clock))
      return
    }
    let now = startedAt
    for (;;) {
      this.again = false
      this.expire(now)
      const transaction = this.transaction(this.takeEvents())
      this.settled(updateNow(this.key, this.settings.hint, now, transaction), now, false)
      this.expire(now)
      if (!this.again) break
      now = RateLimitStore.monotonicMillis(clock)
    }
    this.rest(clock, now)
  }

  private pumpStore(clock: Clock.Clock): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.again = false
      const now = RateLimitStore.monotonicMillis(clock)
      this.expire(now)
      const events = this.takeEvents()
      const { local } = this
      if (local !== undefined && now < local.retryAt) {
        this.settled(this.localTurn(events, now), now, true)
        return this.pumpOn(clock, now)
      }
      if (local !== undefined) for (const event of events) local.bucket = event(local.bucket, now)
      // Upper bound on the charge for requests sent without the store.
      const sentWithout = local === undefined ? 0 : LeakyBucket.bound(LeakyBucket.advance(local.bucket, now))
      const owed = this.takeOwed(local === undefined ? events : NO_EVENTS)
      const told: ReadonlyArray<Event> =
        sentWithout === 0 ? owed : [...owed, (bucket) => ({ ...bucket, level: bucket.level + sentWithout })]
      return Effect.matchEffect(this.settings.store.update(this.key, this.settings.hint, this.transaction(told)), {
        onFailure: (error) => this.away(owed, error, clock),
        onSuccess: (turn) => {
          const at = RateLimitStore.monotonicMillis(clock)
          if (local !== undefined) {
            // Charge the requests that were sent without the store; its grants have grown meanwhile.
            this.local = undefined
            this.events = this.owed
            this.owed = []
            if (this.events.length > 0) this.again = true
          }
          this.settled(turn, at, false)
          this.expire(at)
          return this.pumpOn(clock, at)
        }
      })
    })
  }

  private pumpOn(clock: Clock.Clock, now: number): Effect.Effect<void> {
    if (this.again) return this.pumpStore(clock)
    this.rest(clock, now)
    return Effect.void
  }

  private away(owed: ReadonlyArray<Event>, error: StoreUnavailable, clock: Clock.Clock): Effect.Effect<void> {
    const now = RateLimitStore.monotonicMillis(clock)
    if (this.settings.whenStoreIsAway === "local") {
      const first = this.local === undefined
      this.owed = [...owed, ...this.owed]
      let events = this.takeEvents()
      if (first) {
        // Events that came while the store was asked are the store's, too.
        this.owed.push(...events)
        events = NO_EVENTS
      }
      this.settled(this.localTurn(events, now), now, true)
      const next = Effect.suspend(() => this.pumpOn(clock, now))
      return first
        ? Effect.zipRight(Effect.logWarning(`${error.message} Going on with this process's own count.`), next)
        : next
    }
    // The store learns the outcome of sent requests when it is back.
    this.events = [...owed, ...this.events]
    for (const request of this.line.drain()) {
      this.leave(request)
      request.error = error
      request.wake()
    }
    this.again = false
    this.retryAt = NEVER
    this.settings.meters.waiting(0)
    this.rest(clock, now)
    return Effect.void
  }

  private takeEvents(): ReadonlyArray<Event> {
    if (this.events.length === 0) return NO_EVENTS
    const { events } = this
    this.events = []
    return events
  }

  private takeOwed(events: ReadonlyArray<Event>): ReadonlyArray<Event> {
    if (this.owed.length === 0) return events
    const owed = [...this.owed, ...events]
    this.owed = []
    return owed
  }

  /** The whole decision: the events, then as many grants as the bucket allows. Pure, since the store may run it again. */
  private transaction(events: ReadonlyArray<Event>): (view: RateLimitStore.View) => RateLimitStore.Update<Turn> {
    return (view) => {
      let { bucket } = view
      for (const event of events) bucket = event(bucket, view.now)
      let tickets = NO_TICKETS
      let retryAt = NEVER
      for (let rank = 0; rank <= LOWEST; rank++) {
        const wanted = this.line.at(rank)
        if (wanted === 0) continue
        // Work of other processes counts like ours, but does not delay a person's call.
        const rest = this.jobsRest(rank) + (rank === 0 ? 0 : view.elsewhere)
        const grants = LeakyBucket.grant(bucket, view.now, wanted, rest)
        bucket = grants.bucket
        tickets = tickets.length === 0 ? grants.tickets : [...tickets, ...grants.tickets]
        if (grants.tickets.length === wanted) continue
        retryAt = grants.retryAt
        break
      }
      return {
        value: { now: view.now, tickets, retryAt, bucket },
        bucket,
        backlog: Math.max(0, this.backlog - tickets.length)
      }
    }
  }

  /** One turn on the count that this process keeps while the store is away. */
  private localTurn(events: ReadonlyArray<Event>, now: number): Turn {
    // The server's bucket also holds requests that only the store knows of.
    this.local ??= {
      bucket: {
        ...LeakyBucket.make(this.bucket.rule ?? this.settings.hint),
        at: now,
        level: LeakyBucket.bound(LeakyBucket.advance(this.bucket, now - this.behind))
      },
      retryAt: 0
    }
    const update = this.transaction(events)({ bucket: this.local.bucket, now, elsewhere: 0 })
    this.local.bucket = update.bucket
    this.local.retryAt = now + STORE_RETRY_MILLIS
    return update.value
  }

  private settled(turn: Turn, now: number, local: boolean): void {
    if (!local) {
      this.bucket = turn.bucket
      this.behind = now - turn.now
    }
    this.decisions++
    this.retryAt = turn.retryAt + (now - turn.now)
    let count = 0
    for (const ticket of turn.tickets) {
      const request = this.line.take()
      if (request === undefined) {
        // The waiter was interrupted meanwhile.
        this.events.push((bucket, at) => LeakyBucket.released(bucket, at, ticket))
        this.again = true
        continue
      }
      count++
      if (request.job !== undefined && request.job.left > 0) request.job.left--
      this.leave(request)
      if (now > request.since) this.settings.meters.waited(now - request.since)
      request.ticket = ticket
      request.local = local
      this.open++
      request.wake()
    }
    if (count > 0) this.settings.meters.granted(count)
  }

  private rest(clock: Clock.Clock, now: number): void {
    this.running = false
    this.settings.meters.waiting(this.line.size)
    this.setTimer(clock, now)
  }

  private jobsRest(upToRank: number): number {
    if (this.jobs.size === 0) return 0
    let rest = 0
    for (const [job, { rank, waiting }] of this.jobs) {
      if (waiting === 0 && !job.open) this.jobs.delete(job)
      else if (rank <= upToRank) rest += Math.max(0, job.left - waiting)
    }
    return rest
  }

  private enter({ job, rank }: Request): void {
    if (job?.open !== true) return
    const entry = this.jobs.get(job)
    if (entry === undefined) this.jobs.set(job, { rank, waiting: 1 })
    else {
      entry.rank = rank
      entry.waiting++
    }
  }

  private leave(request: Request): void {
    this.expiries.remove(request)
    const { job } = request
    if (job === undefined) return
    const entry = this.jobs.get(job)
    if (entry === undefined) return
    entry.waiting--
    if (entry.waiting <= 0 && (!job.open || job.left === 0)) this.jobs.delete(job)
  }

  /** A waiter gets one decision, however short its time is. */
  private expire(now: number): void {
    for (
      let first = this.expiries.peek();
      first !== undefined && first.expiresAt <= now && first.decisions < this.decisions;
      first = this.expiries.peek()
    ) {
      this.giveUp(first, now)
    }
  }

  private giveUp(request: Request, now: number): void {
    this.line.remove(request)
    this.leave(request)
    const { route } = this.key
    const { expiresAt, maxWaitMillis, since } = request
    const waitedMillis = Math.round(now - since)
    request.error =
      expiresAt < since + maxWaitMillis
        ? new DeadlineExceeded({ route, waitedMillis })
        : new MaxWaitExceeded({ route, maxWaitMillis, waitedMillis })
    request.wake()
  }

  /** Set to the earliest moment at which something can change without an event. */
  private setTimer(clock: Clock.Clock, now: number): void {
    const { pollMillis } = this.settings.store
    const poll = this.local === undefined ? pollMillis : STORE_RETRY_MILLIS
    const wakeAt =
      this.line.size === 0
        ? // Others of the store count a request as in flight until they are told.
          this.hasToTell
          ? now + STORE_RETRY_MILLIS
          : NEVER
        : Math.min(this.retryAt, this.expiries.peek()?.expiresAt ?? NEVER, poll === undefined ? NEVER : now + poll)
    const { timer } = this
    // A timer that wakes too early sleeps again; only one that would wake too late is replaced.
    if (timer !== undefined) {
      const soon = wakeAt === NEVER ? timer.sleepsUntil - now < SHORT_SLEEP : timer.sleepsUntil <= wakeAt + LEAST_SLEEP
      if (timer.firing || soon) {
        timer.wakeAt = wakeAt
        return
      }
      this.stopTimer()
    }
    if (wakeAt === NEVER || this.closed) return
    const next: Timer = { wakeAt, sleepsUntil: now, firing: false, fiber: undefined }
    this.timer = next
    next.fiber = this.settings.fork(this.watch(next, clock))
  }

  private watch(timer: Timer, clock: Clock.Clock): Effect.Effect<void> {
    let now: number
    return Effect.whileLoop({
      while: () => {
        now = RateLimitStore.monotonicMillis(clock)
        if (timer.wakeAt <= now) {
          timer.firing = true
          timer.wakeAt = NEVER
          this.pump(clock, now)
          timer.firing = false
        }
        if (timer.wakeAt < NEVER) return true
        if (this.timer === timer) this.timer = undefined
        return false
      },
      body: () => {
        const millis = Math.max(LEAST_SLEEP, Math.ceil(timer.wakeAt - now))
        timer.sleepsUntil = now + millis
        return clock.sleep(Duration.millis(millis))
      },
      step: () => {}
    })
  }
}
