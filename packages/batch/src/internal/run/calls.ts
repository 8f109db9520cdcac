/**
 * The calls of a job: each change in a fiber of its own, so that it can be called off without the chain that waits for it.
 */
import type { Asset, AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import type { RateLimitJob } from "@effect-frameio/ratelimit/RateLimitJob"
import type * as ExactlyOnce from "@effect-frameio/stacks/ExactlyOnce"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Halt } from "./halt.js"
import type { Outage } from "./outage.js"

/** @internal */
export type Result = ExactlyOnce.Attempt<Asset>

/**
 * What a chain can ask of Frame.io. `beforeSend` runs each time before a request leaves the machine: the first time and
 * again after each refusal by the rate limit.
 *
 * @internal
 */
export interface Calls {
  readonly version: (target: AssetId, next: AssetId, beforeSend: Effect.Effect<void>) => Effect.Effect<Result>
  readonly unversion: (id: AssetId, beforeSend: Effect.Effect<void>) => Effect.Effect<Result>
  readonly get: (id: AssetId) => Effect.Effect<Asset, FrameioError.ReadError>
}

/** @internal */
export interface Crew {
  readonly calls: Calls
  /** How many calls may have left and are not answered. */
  readonly out: () => number
  /** Calls off what has not gone out, at once, and the rest when `grace` is over. */
  readonly callOff: (grace: Duration.Duration) => Effect.Effect<void>
}

/**
 * Where a call is: nothing of it has left the machine, or it may have. It comes back as an attempt: answered, faulted,
 * withdrawn while it waited, or abandoned while it was out.
 */
interface Flight {
  place: "waiting" | "out"
}

/** A job waits for its limit as long as that takes: no link fails of it. */
const HOWEVER_LONG = Duration.days(365)

/** Whether a call that ended so has left the machine. */
const hasLeft = (result: Result): boolean =>
  result._tag === "Answered" || (result._tag === "Faulted" && FrameioError.outcomeOf(result.error) !== "not-applied")

/** @internal */
export const make = (options: {
  readonly client: FrameioClient.Service
  /** Whether the client waits for a scheduler, which tells when a call goes out; else each is out from its beginning. */
  readonly scheduled: boolean
  /** The job of the changes, and that of the reads between them. */
  readonly jobs: { readonly changes: RateLimitJob; readonly reads: RateLimitJob }
  readonly outage: Outage
  readonly halt: Halt
  /** Whether what `beforeSend` wrote down is written: nothing may be sent without it. */
  readonly isWritten: () => boolean
}): Crew => {
  const { client, halt, outage } = options
  const flights = new Map<Flight, Fiber.RuntimeFiber<Result>>()
  /** Whether the client was ever seen to tell when a call goes out; until then each may be out. */
  let tells = false
  const isOut = ({ place }: Flight): boolean => place === "out" || !tells

  const asBulk = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    call.pipe(RateLimitCall.withPriority("bulk"), RateLimitCall.withMaxWait(HOWEVER_LONG))

  const change = (
    send: Effect.Effect<Asset, FrameioError.WriteError>,
    beforeSend: Effect.Effect<void>
  ): Effect.Effect<Result> =>
    Effect.suspend(() => {
      const flight: Flight = { place: "waiting" }
      // Also after a refusal: whatever was out before is not out any more.
      const goesOut = Effect.suspend(() => {
        tells = true
        flight.place = "waiting"
        if (halt.reason() !== undefined) return Effect.interrupt
        flight.place = "out"
        return Effect.zipRight(
          beforeSend,
          Effect.suspend(() => {
            if (options.isWritten()) return Effect.void
            flight.place = "waiting"
            return Effect.interrupt
          })
        )
      })
      const call = asBulk(send).pipe(
        RateLimitCall.withJob(options.jobs.changes),
        RateLimitCall.withBeforeSend(goesOut),
        (one) => (options.scheduled ? one : Effect.zipRight(goesOut, one)),
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (FrameioError.outcomeOf(error) === "not-applied") flight.place = "waiting"
          })
        )
      )
      const attempt = Effect.match(outage.outlast(call), {
        onFailure: (error): Result => ({ _tag: "Faulted", error }),
        onSuccess: (answer): Result => ({ _tag: "Answered", answer })
      })
      return Effect.flatMap(Effect.fork(attempt), (fiber) => {
        flights.set(flight, fiber)
        return Effect.flatMap(
          Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber)),
          (exit) => {
            flights.delete(flight)
            if (Exit.isSuccess(exit)) {
              return Effect.as(flight.place === "waiting" && hasLeft(exit.value) ? beforeSend : Effect.void, exit.value)
            }
            if (!Exit.isInterrupted(exit)) return Effect.failCause(exit.cause)
            return Effect.succeed<Result>(isOut(flight) ? { _tag: "Abandoned" } : { _tag: "Withdrawn" })
          }
        )
      })
    })

  const interruptAll = (which: (flight: Flight) => boolean): Effect.Effect<void> =>
    Effect.suspend(() =>
      Effect.forEach(
        [...flights].filter(([flight]) => which(flight)),
        ([, fiber]) => Fiber.interrupt(fiber),
        { discard: true }
      )
    )

  return {
    calls: {
      version: (target, next, beforeSend) => change(client.version({ assetId: target, nextAssetId: next }), beforeSend),
      unversion: (id, beforeSend) => change(client.unversion({ assetId: id }), beforeSend),
      get: (id) => outage.outlast(RateLimitCall.withJob(asBulk(client.get({ assetId: id })), options.jobs.reads))
    },
    out: () => {
      let count = 0
      for (const { place } of flights.keys()) if (place === "out") count++
      return count
    },
    callOff: (grace) =>
      interruptAll((flight) => !isOut(flight)).pipe(
        Effect.zipRight(Effect.sleep(grace)),
        Effect.zipRight(interruptAll(() => true))
      )
  }
}
