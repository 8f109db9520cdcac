/**
 * What every job has in common, whatever it does with a chain: a crew that works on chains side by side, calls that can
 * be called off, one stream of events, and the ways to stop.
 */
import type * as Asset from "@effect-frameio/core/Asset"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BatchEvent, Counts, Fault } from "../../BatchEvent.js"
import * as BatchMetrics from "../../BatchMetrics.js"
import * as BatchProgress from "../../BatchProgress.js"
import type { Calls } from "./chainRun.js"
import type { CallResult, Control } from "./changeOnce.js"
import * as Feed from "./feed.js"

/** Failures that the next link will most likely meet as well. */
const NOT_THE_ASSETS: ReadonlySet<string> = new Set([
  "FrameioServerError",
  "FrameioUnexpectedResponse",
  "FrameioTransportError",
  "FrameioRequestTimeout",
  "FrameioDecodeError",
  "FrameioRateLimited",
  "FrameioStoreUnavailable"
])

export interface Settings<E> {
  readonly name: string
  readonly concurrency: number
  readonly stopAfter: number
  readonly stop: Effect.Effect<unknown> | undefined
  readonly grace: Duration.Duration
  readonly onEvent: ((event: BatchEvent) => Effect.Effect<void, E>) | undefined
  /** How many links there are to do, where known. */
  readonly links: number | undefined
  readonly chains: number | undefined
  /** How many links earlier runs have done. */
  readonly before: number
  /** The endpoint whose limit the job keeps to. */
  readonly endpoint: "assets.version" | "assets.unversion"
}

/** What the work on one chain has at hand. */
export interface Tools {
  readonly calls: Calls
  readonly emit: (event: BatchEvent) => Effect.Effect<void>
  readonly control: Control
}

const toFault = (error: FrameioError.FrameioError): Fault => ({
  tag: error._tag,
  message: error.message,
  outcome: FrameioError.outcomeOf(error),
  ...("status" in error ? { status: error.status } : {})
})

/** Whether a call that ended so has left the machine, whatever was said of it before. */
const wasSent = (result: CallResult): boolean =>
  result._tag === "Answered" || (result._tag === "Faulted" && result.fault.outcome !== "not-applied")

/** Events without which nothing may be sent. */
const isIntent = (event: BatchEvent): boolean => event._tag === "Sent" || event._tag === "Undoing"

interface Underway {
  readonly fiber: Fiber.RuntimeFiber<CallResult>
  /** Whether it may have left the machine. */
  readonly out: () => boolean
}

const FIRST_PACE_MILLIS = 1000

/** So that a job has some hundreds of them, however long it takes. */
const PACES_PER_AGE = 600

export const run = <C, E, R, E2>(
  chains: Stream.Stream<C, E, R>,
  settings: Settings<E2>,
  work: (chain: C, tools: Tools) => Effect.Effect<void>
): Stream.Stream<BatchEvent, E | E2, R | FrameioClient.FrameioClient> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const client = yield* FrameioClient.FrameioClient
      const { grace, name, onEvent, stopAfter } = settings
      // A client that brings no scheduler may send at once, so its calls count as sent from the beginning.
      const scheduler = Option.getOrUndefined(yield* Effect.serviceOption(RateLimitScheduler.RateLimitScheduler))
      const mailbox = yield* Mailbox.make<BatchEvent, E | E2>(1024)
      const begun = yield* Clock.currentTimeMillis
      const halt = yield* Deferred.make<void>()
      let inARow = 0
      let stopped: string | undefined
      /** What could not be written down: the job must not go on without its record. */
      let unwritten: { readonly error: E2 } | undefined
      let counts: Counts = BatchProgress.empty

      const emit = (event: BatchEvent): Effect.Effect<void> =>
        onEvent === undefined
          ? Effect.suspend(() => told(event))
          : Effect.matchEffect(onEvent(event), {
              onFailure: (error) =>
                Effect.suspend(() => {
                  unwritten ??= { error }
                  const halted = stop("The job's record could not be written.")
                  return isIntent(event) ? halted : Effect.zipRight(halted, told(event))
                }),
              onSuccess: () => told(event)
            })

      const told = (event: BatchEvent): Effect.Effect<void> => {
        counts = BatchProgress.add(counts, event)
        tellScheduler()
        const offered = Effect.zipRight(BatchMetrics.observe(event), mailbox.offer(event))
        if (event._tag === "Confirmed" || event._tag === "Undone") inARow = 0
        if (event._tag !== "Failed") return offered
        inARow = NOT_THE_ASSETS.has(event.fault.tag) ? inARow + 1 : 0
        return inARow < stopAfter
          ? offered
          : Effect.zipLeft(
              offered,
              stop(`${inARow} versions in a row failed for reasons that are not theirs. ${event.fault.message}`)
            )
      }

      /** What is left and not under way: the scheduler keeps calm until it fits into what is free. */
      const job = yield* RateLimitJob.make({ name, remaining: settings.links ?? "unknown" })
      let outNow = 0
      /** Whether the client was ever seen to say when a call goes out; until then each may be out. */
      let hookSeen = false
      const tellScheduler = (): void => {
        const left = BatchProgress.left(counts)
        if (left !== undefined) job.setRemaining(Math.max(left - outNow, 0))
      }

      const stop = (reason: string): Effect.Effect<void> =>
        Effect.suspend(() => {
          stopped ??= reason
          return Deferred.succeed(halt, undefined)
        })

      const control: Control = {
        stopping: () => stopped !== undefined,
        sleep: (duration) => Effect.raceFirst(Effect.sleep(duration), Deferred.await(halt)),
        stop
      }

      const underway = new Set<Underway>()

      /** What has not gone out is called off at once, the rest when the grace is over. */
      const callOff = Effect.gen(function* () {
        yield* Deferred.await(halt)
        yield* Effect.forEach([...underway], (one) => (one.out() ? Effect.void : Fiber.interrupt(one.fiber)), {
          discard: true
        })
        yield* Effect.sleep(grace)
        yield* Effect.forEach([...underway], (one) => Fiber.interrupt(one.fiber), { discard: true })
      })

      /** A change at Frame.io, in a fiber of its own, so that it can be called off without the chain that waits for it. */
      const change = (
        send: Effect.Effect<Asset.Asset, FrameioError.WriteError>,
        beforeSend: Effect.Effect<void>
      ): Effect.Effect<CallResult> =>
        Effect.suspend(() => {
          let out = false
          const goesOut = Effect.suspend(() => {
            if (out) return Effect.void
            hookSeen = true
            // Called off with its turn already there: the last moment at which nothing has been sent.
            if (stopped !== undefined) return Effect.interrupt
            out = true
            outNow += 1
            return Effect.zipRight(
              beforeSend,
              Effect.suspend(() => {
                if (unwritten === undefined) return Effect.void
                out = false
                outNow -= 1
                return Effect.interrupt
              })
            )
          })
          const call = send.pipe(
            RateLimitCall.withPriority("bulk"),
            RateLimitCall.withJob(job),
            RateLimitCall.withBeforeSend(goesOut),
            Effect.match({
              onFailure: (error): CallResult => ({ _tag: "Faulted", fault: toFault(error) }),
              onSuccess: (asset): CallResult => ({ _tag: "Answered", asset })
            })
          )
          return Effect.flatMap(
            Effect.fork(scheduler === undefined ? Effect.zipRight(goesOut, call) : call),
            (fiber) => {
              const entry: Underway = { fiber, out: () => out || !hookSeen }
              underway.add(entry)
              return Effect.flatMap(
                Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber)),
                (exit) => {
                  underway.delete(entry)
                  if (out) outNow -= 1
                  if (Exit.isSuccess(exit)) {
                    return Effect.as(!out && wasSent(exit.value) ? beforeSend : Effect.void, exit.value)
                  }
                  if (!Exit.isInterrupted(exit)) return Effect.failCause(exit.cause)
                  return Effect.succeed<CallResult>(out || !hookSeen ? { _tag: "Abandoned" } : { _tag: "Withdrawn" })
                }
              )
            }
          )
        })

      const calls: Calls = {
        version: (target, next, beforeSend) =>
          change(client.version({ assetId: target, nextAssetId: next }), beforeSend),
        unversion: (id, beforeSend) => change(client.unversion({ assetId: id }), beforeSend),
        get: (id) => Effect.mapError(client.get({ assetId: id }), toFault)
      }

      yield* emit({
        _tag: "Planned",
        at: yield* DateTime.now,
        job: name,
        links: settings.links ?? null,
        chains: settings.chains ?? null,
        before: settings.before
      })

      if (settings.stop !== undefined) {
        yield* settings.stop.pipe(Effect.zipRight(stop("The job was stopped.")), Effect.forkScoped)
      }

      yield* Effect.forkScoped(callOff)

      const route = FrameioApi.endpoints.get(settings.endpoint)?.route ?? ""
      let pacedAt = begun
      let pacedSent = 0
      let pacedRefused = 0
      const pace = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const refused = job.refused()
        const bucket = (yield* job.buckets).find((one) => one.route === route)
        const millis = now - pacedAt
        const sent = counts.sent - pacedSent
        const refusedSince = refused - pacedRefused
        pacedAt = now
        pacedSent = counts.sent
        pacedRefused = refused
        yield* emit({
          _tag: "Paced",
          at: yield* DateTime.now,
          millis,
          sent,
          refused: refusedSince,
          limit: bucket?.limit ?? null,
          windowMillis: bucket?.windowMillis ?? null,
          // Of a limit that is no limit there is always more: no number says so.
          free: bucket === undefined || !Number.isFinite(bucket.free) ? null : bucket.free,
          waiting: bucket?.waiting ?? 0
        })
      })
      const paces: Effect.Effect<never> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.zipRight(Effect.delay(pace, Math.max(FIRST_PACE_MILLIS, (now - begun) / PACES_PER_AGE)), paces)
      )
      const pacing = yield* Effect.forkScoped(paces)

      // A fixed crew that takes the next chain when it is free with one: cheaper than a fiber for each chain.
      const next = yield* Feed.make(Stream.interruptWhenDeferred(chains, halt))
      const worker: Effect.Effect<void, E, R> = Effect.flatMap(next, (chain) =>
        chain === undefined ? Effect.void : Effect.zipRight(work(chain, { calls, emit, control }), worker)
      )

      yield* Effect.forEach(Array.from({ length: settings.concurrency }), () => worker, {
        concurrency: "unbounded",
        discard: true
      }).pipe(
        Effect.zipRight(
          Effect.gen(function* () {
            yield* Fiber.interrupt(pacing)
            yield* pace
            // Links of chains that were never begun have no event of their own.
            const notSent = counts.notSent + (stopped === undefined ? 0 : (BatchProgress.left(counts) ?? 0))
            yield* emit({
              _tag: "Finished",
              at: yield* DateTime.now,
              elapsedMillis: (yield* Clock.currentTimeMillis) - begun,
              stopped: stopped ?? null,
              counts: { ...counts, notSent }
            })
            if (unwritten !== undefined) return yield* Effect.fail(unwritten.error)
          })
        ),
        Mailbox.into(mailbox),
        Effect.forkScoped
      )
      // Closed before the job's fiber is interrupted: its last words must not wait for a reader that is gone.
      yield* Effect.addFinalizer(() => mailbox.shutdown)
      return Mailbox.toStream(mailbox)
    })
  )
