/**
 * What all jobs share, whatever they do with a chain: a crew that works on chains side by side, one stream of events,
 * and the ways to stop.
 */
import * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as BatchEstimate from "../../BatchEstimate.js"
import type { BatchEvent, Counts } from "../../BatchEvent.js"
import * as BatchProgress from "../../BatchProgress.js"
import * as Calls from "./calls.js"
import * as Feed from "./feed.js"
import * as Halt from "./halt.js"
import * as Links from "./links.js"
import { monotonicMillis } from "./monotonic.js"
import * as Outage from "./outage.js"
import * as StopRules from "./stopRules.js"

/** @internal */
export interface Settings<E> {
  readonly name: string
  readonly concurrency: number | undefined
  readonly attempts: number
  readonly settleAfter: Duration.Duration
  readonly contentWithin: Duration.Duration | undefined
  /** Since when nobody else can have sent anything: since the run began, or since a chain came. */
  readonly settleFrom: "run" | "chain"
  readonly stopAfter: number
  readonly giveUpAfter: Duration.Duration
  readonly stop: Effect.Effect<unknown> | undefined
  /** Why nothing is sent at all. */
  readonly refused: string | undefined
  readonly grace: Duration.Duration
  readonly onEvent: ((event: BatchEvent) => Effect.Effect<void, E>) | undefined
  /** How many links there are to do, if known. */
  readonly links: number | undefined
  readonly chains: number | undefined
  /** Whether more chains may come, if their number is not known. */
  readonly mayCome: (() => boolean) | undefined
  /** How many of the job's other links earlier runs have done. */
  readonly before: number
  readonly failedBefore: number
  readonly skippedBefore: number
  /** The steps whose limits the job keeps to. */
  readonly steps: ReadonlyArray<Repository.Step>
  /** The requests that the links take, if they are known and go to several limits. */
  readonly requests: BatchEstimate.Steps | undefined
  /** The shares that the job keeps up to date, and how they stand. */
  readonly shares: { readonly keep: ReadonlyArray<string>; readonly known: Links.Shares["known"] } | undefined
}

/** More than are under way at 100 requests per second. */
export const CONCURRENCY = 128

/** If new stacks have a limit of their own, chains waiting for it must not block those that do not need it. */
const CONCURRENCY_OF_TWO = 1024

/** How many chains look at their targets at once, and how many gather the files of a new stack. */
const SCOUTS = 4
const MAKERS = 16

const FIRST_PACE_MILLIS = 1000

/** A job gets some hundreds of them, however long it takes. */
const PACES_PER_AGE = 600

/** Events that must be written before anything is sent. */
const isIntent = (event: BatchEvent): boolean =>
  event._tag === "Sent" || event._tag === "Sharing" || event._tag === "Undoing"

/** Requests other than those for new stacks. */
const sumOf = (requests: BatchEstimate.Steps | undefined): number | undefined =>
  requests === undefined ? undefined : requests.grows + requests.raises

/** Reports how the job kept to the limit since the last time. */
const makePace = (routes: ReadonlySet<string>, jobs: ReadonlyArray<RateLimitJob.RateLimitJob>, counts: () => Counts) =>
  Effect.map(monotonicMillis, (begun) => {
    let last = { at: begun, sent: 0, refused: 0 }
    return Effect.gen(function* () {
      const refused = jobs.reduce((sum, job) => sum + job.refused(), 0)
      const now = { at: yield* monotonicMillis, sent: counts().sent, refused }
      const buckets = (yield* Effect.forEach(jobs, (job) => job.buckets))
        .flat()
        .filter(({ route }) => routes.has(route))
      // Of several buckets, the one that the job waits for.
      const [bucket] = buckets.sort((one, other) => other.waiting - one.waiting)
      const before = last
      last = now
      return {
        _tag: "Paced" as const,
        at: yield* DateTime.now,
        millis: now.at - before.at,
        sent: now.sent - before.sent,
        refused: now.refused - before.refused,
        limit: bucket?.limit ?? null,
        windowMillis: bucket?.windowMillis ?? null,
        // An unlimited bucket always has more free, which no number expresses.
        free: bucket === undefined || !Number.isFinite(bucket.free) ? null : bucket.free,
        waiting: bucket?.waiting ?? 0
      }
    })
  })

/** @internal */
export const run = <C extends { readonly links: ReadonlyArray<unknown> }, E, R, E2>(
  chains: Stream.Stream<C, E, R>,
  settings: Settings<E2>,
  work: (chain: C, tools: Links.Tools) => Effect.Effect<void>
): Stream.Stream<BatchEvent, E | E2, R | Repository.Repository> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const { before, failedBefore, links, mayCome, onEvent, skippedBefore } = settings
      const repository = yield* Repository.Repository
      const { routes } = repository.abilities
      const hasTwo = new Set(settings.steps.map((step) => routes[step])).size > 1
      const scheduled = Option.isSome(yield* Effect.serviceOption(RateLimitScheduler.RateLimitScheduler))
      const job = yield* RateLimitJob.make({ name: settings.name, remaining: links ?? "unknown" })
      const makes = hasTwo ? yield* RateLimitJob.make({ name: settings.name, remaining: "unknown" }) : job
      const reads = yield* RateLimitJob.make({ name: settings.name, remaining: 0 })
      const mailbox = yield* Mailbox.make<BatchEvent, E | E2>(1024)
      const halt = yield* Halt.make
      const mustStop = StopRules.make(settings.stopAfter, before)
      const begun = yield* monotonicMillis
      let counts: Counts = BatchProgress.empty
      let requests = settings.requests ?? (mayCome === undefined ? undefined : BatchEstimate.none)
      /** The links of all chains so far. */
      let came = 0
      /** The error of a failed write: the job must not go on without its record. */
      let unwritten: { readonly error: E2 } | undefined

      /** Says what is left and not under way: the scheduler keeps calm until it fits into what is free. */
      const keepCalm = (): void => {
        const tell = (job: RateLimitJob.RateLimitJob, left: number | undefined): void => {
          if (left !== undefined) job.setRemaining(Math.max(left - crew.out(job), 0))
        }
        const isOpen = mayCome?.() === true
        const known = mayCome === undefined ? BatchProgress.left(counts) : came - BatchProgress.done(counts)
        tell(job, isOpen ? Number.POSITIVE_INFINITY : hasTwo ? sumOf(requests) : known)
        if (hasTwo) tell(makes, isOpen ? Number.POSITIVE_INFINITY : requests?.makes)
      }

      const emit = (event: BatchEvent): Effect.Effect<void> =>
        onEvent === undefined
          ? tell(event)
          : Effect.matchEffect(onEvent(event), {
              onFailure: (error) =>
                Effect.suspend(() => {
                  unwritten ??= { error }
                  const halted = halt.stop("The job's record could not be written.")
                  return isIntent(event) ? halted : Effect.zipRight(halted, tell(event))
                }),
              onSuccess: () => tell(event)
            })

      const tell = (event: BatchEvent): Effect.Effect<void> =>
        Effect.suspend(() => {
          counts = BatchProgress.add(counts, event)
          keepCalm()
          const why = mustStop(event)
          const told = mailbox.offer(event)
          return why === undefined ? told : Effect.zipLeft(told, halt.stop(why))
        })

      const crew: Calls.Crew = Calls.make({
        scheduled,
        jobs: { changes: job, reads },
        outage: Outage.make({ giveUpAfter: settings.giveUpAfter, isKnown: before > 0, halt, emit }),
        halt,
        isWritten: () => unwritten === undefined
      })

      const since = (begun: number): Pick<Links.Tools, "earlier" | "makeOnce"> => {
        // Wall clocks may have been set, so they do not tell when another process sent it: only this process's own time
        // counts.
        const earlier = Effect.map(monotonicMillis, (now) =>
          Duration.millis(Math.max(0, Duration.toMillis(settings.settleAfter) - (now - begun)))
        )
        const { attempts, settleAfter } = settings
        return { earlier, makeOnce: Links.onceFor({ attempts, settleAfter, emit, halt, earlier }) }
      }

      const tools: Links.Tools = {
        repository,
        calls: crew.calls,
        jobs: { makes, grows: job },
        lanes: { scout: yield* Effect.makeSemaphore(SCOUTS), make: yield* Effect.makeSemaphore(MAKERS) },
        settleMillis: Duration.toMillis(settings.settleAfter),
        contentMillis: settings.contentWithin && Duration.toMillis(settings.contentWithin),
        attempts: settings.attempts,
        shares:
          settings.shares === undefined || repository.shares === undefined
            ? undefined
            : {
                ...settings.shares,
                api: repository.shares,
                job: yield* RateLimitJob.make({ name: settings.name, remaining: "unknown" }),
                proof: { tells: undefined, turn: yield* Effect.makeSemaphore(1) }
              },
        expect: (before, now) => {
          if (requests === undefined) return
          requests = {
            makes: Math.max(0, requests.makes + now.makes - before.makes),
            grows: Math.max(0, requests.grows + now.grows - before.grows),
            raises: Math.max(0, requests.raises + now.raises - before.raises)
          }
        },
        emit,
        halt,
        ...since(begun)
      }

      yield* emit({
        _tag: "Planned",
        at: yield* DateTime.now,
        job: settings.name,
        links: links === undefined ? null : links + before + failedBefore + skippedBefore,
        chains: settings.chains ?? null,
        before,
        failedBefore,
        skippedBefore
      })

      if (settings.refused !== undefined) yield* halt.stop(settings.refused)
      if (settings.stop !== undefined) {
        yield* settings.stop.pipe(Effect.zipRight(halt.stop("The job was stopped.")), Effect.forkScoped)
      }
      yield* Effect.forkScoped(Effect.zipRight(halt.await, crew.callOff(settings.grace)))

      const pace = yield* makePace(
        new Set(settings.steps.map((step) => routes[step])),
        hasTwo ? [makes, job] : [job],
        () => counts
      )
      const emitPace = Effect.flatMap(pace, emit)
      const paces: Effect.Effect<never> = Effect.flatMap(monotonicMillis, (now) =>
        Effect.zipRight(
          Effect.delay(emitPace, Math.max(FIRST_PACE_MILLIS, Math.ceil((now - begun) / PACES_PER_AGE))),
          paces
        )
      )
      const pacing = yield* Effect.forkScoped(paces)

      // A fixed crew takes the next chain when free: cheaper than a fiber for each chain.
      const next = yield* Feed.make(Stream.interruptWhenDeferred(chains, halt.signal))
      const one = (chain: C): Effect.Effect<void> => {
        came += chain.links.length
        return settings.settleFrom === "run"
          ? work(chain, tools)
          : Effect.flatMap(monotonicMillis, (now) => work(chain, { ...tools, ...since(now) }))
      }
      const worker: Effect.Effect<void, E, R> = Effect.flatMap(next, (chain) =>
        chain === undefined ? Effect.void : Effect.zipRight(one(chain), worker)
      )
      const concurrency = settings.concurrency ?? (hasTwo ? CONCURRENCY_OF_TWO : CONCURRENCY)
      const workers = Effect.forEach(Array.from({ length: concurrency }), () => worker, {
        concurrency: "unbounded",
        discard: true
      })

      const finish = Effect.gen(function* () {
        yield* Fiber.interrupt(pacing)
        yield* emitPace
        const stopped = halt.reason() ?? null
        // Links of chains that were never begun have no event of their own.
        const notSent = counts.notSent + (stopped === null ? 0 : (BatchProgress.left(counts) ?? 0))
        yield* emit({
          _tag: "Finished",
          at: yield* DateTime.now,
          elapsedMillis: (yield* monotonicMillis) - begun,
          stopped,
          counts: { ...counts, notSent }
        })
        if (unwritten !== undefined) return yield* Effect.fail(unwritten.error)
      })

      yield* Effect.zipRight(workers, finish).pipe(Mailbox.into(mailbox), Effect.forkScoped)
      // Closed before the job's fiber is interrupted: its last events must not wait for a reader that is gone.
      yield* Effect.addFinalizer(() => mailbox.shutdown)
      return Mailbox.toStream(mailbox)
    })
  )
