/**
 * The calls of a job: each runs in a fiber of its own, so that it can be called off without its chain.
 */
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import { DeadlineExceeded } from "@effect-frameio/ratelimit/RateLimitError"
import type { RateLimitJob } from "@effect-frameio/ratelimit/RateLimitJob"
import type * as ExactlyOnce from "@effect-frameio/stacks/ExactlyOnce"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Halt } from "./halt.js"
import type { Outage } from "./outage.js"

/**
 * How a chain makes its calls. `beforeSend` runs each time before a request leaves the machine: the first time, and
 * after each refusal by the rate limit.
 *
 * @internal
 */
export interface Calls {
  readonly change: <A>(
    send: Effect.Effect<A, FrameioError.WriteError>,
    how: { readonly beforeSend: Effect.Effect<void>; readonly job?: RateLimitJob | undefined }
  ) => Effect.Effect<ExactlyOnce.Attempt<A>>
  /** Reads. Once the job is stopped, only what became of a change that was `sent` is read, and not for long. */
  readonly read: <A>(
    read: Effect.Effect<A, FrameioError.ListError>,
    sent: boolean
  ) => Effect.Effect<A, FrameioError.ListError>
}

/** @internal */
export interface Crew {
  readonly calls: Calls
  /** How many calls of a job may have left without an answer. */
  readonly out: (job: RateLimitJob) => number
  /** Calls off waiting calls at once, reads under way a second later, and changes under way when `grace` is over. */
  readonly callOff: (grace: Duration.Duration) => Effect.Effect<void>
}

/**
 * A call that may or may not have left the machine. It comes back as an attempt: answered, faulted, withdrawn while it
 * waited, or abandoned under way.
 */
interface Flight {
  place: "waiting" | "out"
  readonly job: RateLimitJob
}

/** A job waits for its limit as long as it takes: no link fails by waiting. */
const HOWEVER_LONG = Duration.days(365)

/** How long a read may still be under way when the job is stopped: it may be one that is tried again and again. */
const READ_GRACE = Duration.seconds(1)

/** The end of a read that was called off, or not begun. */
const calledOff = () => new DeadlineExceeded({ route: "A read of a job that was stopped", waitedMillis: 0 })

/** Whether the call has left the machine. */
const hasLeft = (result: ExactlyOnce.Attempt<unknown>): boolean =>
  result._tag === "Answered" || (result._tag === "Faulted" && FrameioError.outcomeOf(result.error) !== "not-applied")

/** @internal */
export const make = (options: {
  /** Whether the client's scheduler says when a call goes out; if not, each call counts as out from its beginning. */
  readonly scheduled: boolean
  /** The job for changes without one of their own, and that for the reads between them. */
  readonly jobs: { readonly changes: RateLimitJob; readonly reads: RateLimitJob }
  readonly outage: Outage
  readonly halt: Halt
  /** Whether the record of `beforeSend` is written: nothing may be sent without it. */
  readonly isWritten: () => boolean
}): Crew => {
  const { halt, jobs, outage } = options
  const flights = new Map<Flight, Fiber.RuntimeFiber<unknown, unknown>>()
  /** Whether the client has ever said when a call goes out; until then each may be out. */
  let tells = false
  const isOut = ({ place }: Flight): boolean => place === "out" || !tells

  /** Once the job is stopped, what cannot be sent at once is not sent. */
  const asBulk = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    call.pipe(
      RateLimitCall.withPriority("bulk"),
      RateLimitCall.withMaxWait(halt.reason() === undefined ? HOWEVER_LONG : Duration.zero)
    )

  const telling = <A, E, R>(call: Effect.Effect<A, E, R>, goesOut: Effect.Effect<void>): Effect.Effect<A, E, R> =>
    options.scheduled ? RateLimitCall.withBeforeSend(call, goesOut) : Effect.zipRight(goesOut, call)

  const fly = <A, E, R>(flight: Flight, call: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
    Effect.flatMap(Effect.fork(call), (fiber) => {
      flights.set(flight, fiber)
      return Effect.map(
        Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber)),
        (exit) => {
          flights.delete(flight)
          return exit
        }
      )
    })

  const change: Calls["change"] = <A>(
    send: Effect.Effect<A, FrameioError.WriteError>,
    {
      beforeSend,
      job = jobs.changes
    }: { readonly beforeSend: Effect.Effect<void>; readonly job?: RateLimitJob | undefined }
  ) =>
    Effect.suspend(() => {
      const flight: Flight = { place: "waiting", job }
      // This also runs after a refusal, when the earlier request is no longer out.
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
      const call = telling(RateLimitCall.withJob(asBulk(send), job), goesOut).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (FrameioError.outcomeOf(error) === "not-applied") flight.place = "waiting"
          })
        )
      )
      const attempt = Effect.match(outage.outlast(call), {
        onFailure: (error): ExactlyOnce.Attempt<A> => ({ _tag: "Faulted", error }),
        onSuccess: (answer): ExactlyOnce.Attempt<A> => ({ _tag: "Answered", answer })
      })
      return Effect.flatMap(fly(flight, attempt), (exit) => {
        if (Exit.isSuccess(exit)) {
          return Effect.as(flight.place === "waiting" && hasLeft(exit.value) ? beforeSend : Effect.void, exit.value)
        }
        if (!Exit.isInterrupted(exit)) return Effect.failCause(exit.cause)
        return Effect.succeed<ExactlyOnce.Attempt<A>>({ _tag: isOut(flight) ? "Abandoned" : "Withdrawn" })
      })
    })

  const read: Calls["read"] = (send, sent) =>
    Effect.suspend(() => {
      const flight: Flight = { place: "waiting", job: jobs.reads }
      const goesOut = Effect.sync(() => {
        tells = true
        flight.place = "out"
      })
      const call = telling(RateLimitCall.withJob(asBulk(send), jobs.reads), goesOut)
      if (halt.reason() !== undefined) {
        if (!sent) return Effect.fail(calledOff())
        return Effect.timeoutFail(call, { duration: READ_GRACE, onTimeout: calledOff })
      }
      return Effect.flatMap(fly(flight, outage.outlast(call)), (exit) =>
        Exit.isInterrupted(exit) ? Effect.fail(calledOff()) : exit
      )
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
    calls: { change, read },
    out: (job) => {
      let count = 0
      for (const flight of flights.keys()) if (flight.place === "out" && flight.job === job) count++
      return count
    },
    callOff: (grace) => {
      const first = Duration.min(grace, READ_GRACE)
      return interruptAll((flight) => !isOut(flight)).pipe(
        Effect.zipRight(Effect.sleep(first)),
        Effect.zipRight(interruptAll(({ job }) => job === jobs.reads)),
        Effect.zipRight(Effect.sleep(Duration.subtract(grace, first))),
        Effect.zipRight(interruptAll(() => true))
      )
    }
  }
}
