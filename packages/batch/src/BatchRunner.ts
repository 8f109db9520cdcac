/**
 * Runs a plan: chains side by side, the links of each in order, as fast as the rate limit allows.
 *
 * A version call is never repeated blindly. When a call's outcome is unknown the stack is read, and the link is confirmed,
 * sent again, or reported. When a link fails, the rest of its chain is not sent and says so; other chains go on.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitScheduler from "@effect-frameio/core/RateLimitScheduler"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BatchEvent, Counts, Fault } from "./BatchEvent.js"
import * as BatchProgress from "./BatchProgress.js"
import * as ChainRun from "./internal/chainRun.js"
import * as Feed from "./internal/feed.js"
import type { Chain, VersionPlan } from "./VersionPlan.js"

/**
 * How to run a plan.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The job's name, in events and for the scheduler's fairness between jobs. Default `"batch"`. */
  readonly name?: string | undefined
  /** How many chains go side by side, 1 or more. Default 128: more than are under way at 100 requests per second. */
  readonly concurrency?: number | undefined
  /** How often a link is sent when it is plain each time that it was not applied, 1 or more. Default 5. */
  readonly attempts?: number | undefined
  /**
   * How long to wait before a call without an answer is taken for not made, when the stack does not show it. Default
   * 30 seconds, after which Frame.io gives up a request:
   * https://developer.frame.io/platform/v2/docs/getting-started/errors
   */
  readonly settleAfter?: Duration.DurationInput | undefined
  /**
   * Reads each target and each version before it is sent, so that nothing that is in place is sent again. Costs two to
   * three reads per link, at a lower limit than version calls have. Default false: a link is looked up only when Frame.io
   * refuses it, or when an earlier one of its chain was found in place.
   */
  readonly lookFirst?: boolean | undefined
  /**
   * How many links in a row may fail for reasons that are not about their assets (no connection, the server's failure, an
   * answer that is not Frame.io's) before the job stops, 1 or more, or `Infinity`. Default 32.
   */
  readonly stopAfter?: number | undefined
  /**
   * Completes when the job is to stop: nothing more is sent, what waits for the rate limit is withdrawn, what is under way
   * may finish within `grace`. Default never.
   */
  readonly stop?: Effect.Effect<unknown> | undefined
  /** How long calls under way may take after `stop` before they are given up as unknown. Default 10 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /**
   * Sees each event before anything that follows from it is done, also when the job is interrupted; what writes a ledger
   * goes here. The stream has the same events.
   */
  readonly onEvent?: ((event: BatchEvent) => Effect.Effect<void>) | undefined
}

/**
 * What holds when an option is left out.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  name: "batch",
  concurrency: 128,
  attempts: 5,
  settleAfter: Duration.seconds(30),
  stopAfter: 32,
  grace: Duration.seconds(10),
  lookFirst: false
} as const

/** Failures that the next link will most likely meet as well. */
const NOT_THE_ASSETS: ReadonlySet<string> = new Set([
  "ServerError",
  "UnexpectedResponse",
  "TransportError",
  "RequestTimeout",
  "DecodeError",
  "RateLimited",
  "StoreUnavailable"
])

const toFault = (error: FrameioError.FrameioError): Fault => ({
  tag: error._tag,
  message: error.message,
  outcome: FrameioError.outcomeOf(error),
  ...("status" in error ? { status: error.status } : {})
})

/** Whether a call that ended so has left the machine, whatever was said of it before. */
const wasSent = (result: ChainRun.CallResult): boolean =>
  result._tag === "Answered" || (result._tag === "Faulted" && result.fault.outcome !== "not-applied")

interface Underway {
  readonly fiber: Fiber.RuntimeFiber<ChainRun.CallResult>
  /** Whether it may have left the machine. */
  readonly out: () => boolean
}

/**
 * Runs chains as they come, for plans that are kept elsewhere than in memory.
 *
 * The stream begins with `Planned`, ends with `Finished`, and fails only as `chains` does. A slow reader slows the job.
 *
 * @since 0.1.0
 * @category running
 */
export const runChains = <E, R>(
  chains: Stream.Stream<Chain, E, R>,
  options?: Options & {
    /** How many links there are in all, where known: for the scheduler and the progress. */
    readonly links?: number | undefined
    /** How many chains there are in all, where known. */
    readonly chains?: number | undefined
  }
): Stream.Stream<BatchEvent, E, R | FrameioClient.FrameioClient> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const client = yield* FrameioClient.FrameioClient
      // A client that brings no scheduler may send at once, so its calls count as sent from the beginning.
      const scheduled = Option.isSome(yield* Effect.serviceOption(RateLimitScheduler.RateLimitScheduler))
      const mailbox = yield* Mailbox.make<BatchEvent, E>(1024)
      const begun = yield* Clock.currentTimeMillis
      const halt = yield* Deferred.make<void>()
      const grace = Duration.decode(options?.grace ?? defaults.grace)
      const name = options?.name ?? defaults.name
      const onEvent = options?.onEvent
      const stopAfter = options?.stopAfter ?? defaults.stopAfter
      let inARow = 0
      let stopped: string | undefined
      let counts: Counts = BatchProgress.empty

      const emit = (event: BatchEvent): Effect.Effect<void> =>
        Effect.suspend(() => {
          counts = BatchProgress.add(counts, event)
          tellScheduler()
          const offered = mailbox.offer(event)
          const told = onEvent === undefined ? offered : Effect.zipRight(onEvent(event), offered)
          if (event._tag === "Confirmed") inARow = 0
          if (event._tag !== "Failed") return told
          inARow = NOT_THE_ASSETS.has(event.fault.tag) ? inARow + 1 : 0
          return inARow < stopAfter
            ? told
            : Effect.zipLeft(
                told,
                stop(`${inARow} versions in a row failed for reasons that are not theirs. ${event.fault.message}`)
              )
        })

      /** What is left and not under way: the scheduler keeps calm until it fits into what is free. */
      const job = yield* RateLimitScheduler.makeJob({ name, remaining: options?.links ?? "unknown" })
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

      const control: ChainRun.Control = {
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

      const calls: ChainRun.Calls = {
        version: (target: AssetId, next: AssetId, beforeSend) =>
          Effect.suspend(() => {
            let out = false
            const goesOut = Effect.suspend(() => {
              if (out) return Effect.void
              hookSeen = true
              // Called off with its turn already there: the last moment at which nothing has been sent.
              if (stopped !== undefined) return Effect.interrupt
              out = true
              outNow += 1
              return beforeSend
            })
            const call = client.version({ assetId: target, nextAssetId: next }).pipe(
              RateLimitScheduler.withPriority("bulk"),
              RateLimitScheduler.withJob(job),
              RateLimitScheduler.withBeforeSend(goesOut),
              Effect.match({
                onFailure: (error): ChainRun.CallResult => ({ _tag: "Faulted", fault: toFault(error) }),
                onSuccess: (asset): ChainRun.CallResult => ({ _tag: "Answered", asset })
              })
            )
            // In a fiber of its own, so that it can be called off without the chain that waits for it.
            return Effect.flatMap(Effect.fork(scheduled ? call : Effect.zipRight(goesOut, call)), (fiber) => {
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
                  return Effect.succeed<ChainRun.CallResult>(
                    out || !hookSeen ? { _tag: "Abandoned" } : { _tag: "Withdrawn" }
                  )
                }
              )
            })
          }),
        get: (id) => Effect.mapError(client.get({ assetId: id }), toFault)
      }

      const chainOptions: ChainRun.ChainOptions = {
        attempts: options?.attempts ?? defaults.attempts,
        settleAfter: Duration.decode(options?.settleAfter ?? defaults.settleAfter),
        lookFirst: options?.lookFirst ?? defaults.lookFirst
      }

      yield* emit({
        _tag: "Planned",
        at: yield* DateTime.now,
        job: name,
        links: options?.links ?? null,
        chains: options?.chains ?? null
      })

      if (options?.stop !== undefined) {
        yield* options.stop.pipe(Effect.zipRight(stop("The job was stopped.")), Effect.forkScoped)
      }

      yield* Effect.forkScoped(callOff)

      // A fixed crew that takes the next chain when it is free with one: cheaper than a fiber for each chain.
      const next = yield* Feed.make(Stream.interruptWhenDeferred(chains, halt))
      const worker: Effect.Effect<void, E, R> = Effect.flatMap(next, (chain) =>
        chain === undefined
          ? Effect.void
          : Effect.zipRight(ChainRun.runChain(chain, calls, emit, control, chainOptions), worker)
      )

      yield* Effect.forEach(Array.from({ length: options?.concurrency ?? defaults.concurrency }), () => worker, {
        concurrency: "unbounded",
        discard: true
      }).pipe(
        Effect.zipRight(
          Effect.gen(function* () {
            // Links of chains that were never begun have no event of their own.
            const notSent = counts.notSent + (stopped === undefined ? 0 : (BatchProgress.left(counts) ?? 0))
            yield* emit({
              _tag: "Finished",
              at: yield* DateTime.now,
              elapsedMillis: (yield* Clock.currentTimeMillis) - begun,
              stopped: stopped ?? null,
              counts: { ...counts, notSent }
            })
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

/**
 * Runs a plan.
 *
 * The stream begins with `Planned`, ends with `Finished` and does not fail: what goes wrong with a link is an event.
 * Interrupting it interrupts the calls under way; to stop gently, use the option `stop`.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  plan: VersionPlan,
  options?: Options
): Stream.Stream<BatchEvent, never, FrameioClient.FrameioClient> =>
  runChains(Stream.fromIterable(plan.chains), { ...options, links: plan.jobs, chains: plan.chains.length })

/**
 * Runs a plan for its counts alone; events go to `onEvent`.
 *
 * @since 0.1.0
 * @category running
 */
export const runCounted = (
  plan: VersionPlan,
  options?: Options
): Effect.Effect<Counts, never, FrameioClient.FrameioClient> =>
  Stream.runFold(run(plan, options), BatchProgress.empty, BatchProgress.add)
