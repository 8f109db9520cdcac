import { monotonicMillis } from "@effect-frameio/ratelimit/RateLimitStore"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import type * as RuntimeFlags from "effect/RuntimeFlags"

/** An effect with a deadline. A node of a doubly linked list, so that leaving is one step. */
interface Entry {
  readonly watch: Watch
  readonly at: number
  readonly expire: () => void
  previous: Entry | undefined
  next: Entry | undefined
}

/** The entries of one clock, oldest first; as all have the same time to live, the oldest is the first to expire. */
interface Watch {
  first: Entry | undefined
  last: Entry | undefined
  /** Whether a sleeper has been started; it makes itself known as it begins. */
  watched: boolean
  sleeper: Fiber.RuntimeFiber<void, unknown> | undefined
}

/**
 * How an effect is run in a fiber of its own.
 *
 * @internal
 */
export interface Surroundings<R> {
  /** Its context, out of the caller's. */
  readonly context: (outer: Context.Context<never>) => Context.Context<R>
  /** Its fiber refs, out of the caller's. */
  readonly updateRefs: (refs: FiberRefs.FiberRefs, id: FiberId.Runtime) => FiberRefs.FiberRefs
}

/** @internal */
export interface Deadline {
  /**
   * Runs any effect; when it takes too long, interrupts it, waits until it is gone, and fails.
   *
   * It runs in a fiber of its own, because interrupting the caller's would interrupt all its children, too; so it can have
   * its own context and fiber refs at no cost.
   */
  readonly ofEffect: <A, E, R, E2>(
    self: Effect.Effect<A, E, R>,
    surroundings: Surroundings<R>,
    onTimeout: () => E2
  ) => Effect.Effect<A, E | E2>
  /**
   * Runs a function that calls back, and abandons it when it takes too long. It stays in the caller's fiber: without the
   * fork, a call costs half as much. Abandoning must do nothing after the callback.
   */
  readonly ofCallback: <A, E, E2>(
    start: (context: Context.Context<never>, callback: (exit: Exit.Exit<A, E>) => void) => () => void,
    onTimeout: () => E2
  ) => Effect.Effect<A, E | E2>
}

/**
 * A timeout for many effects at once. `Effect.timeout` races two fibers and sets a timer for each effect, which is most of
 * the cost of a call; this has a single sleeper for all effects, and none when nothing runs.
 *
 * @internal
 */
export const make = (millis: number): Deadline => {
  const watches = new WeakMap<Clock.Clock, Watch>()

  const watchOf = (clock: Clock.Clock): Watch => {
    let watch = watches.get(clock)
    if (watch === undefined) {
      watch = { first: undefined, last: undefined, watched: false, sleeper: undefined }
      watches.set(clock, watch)
    }
    return watch
  }

  /** From here on `expire` is called when the time is over, unless the entry leaves before. */
  const enter = (
    caller: Fiber.RuntimeFiber<unknown, unknown>,
    runtimeFlags: RuntimeFlags.RuntimeFlags,
    expire: () => void
  ): Entry => {
    const clock = Context.get(caller.currentDefaultServices, Clock.Clock)
    const watch = watchOf(clock)
    const at = monotonicMillis(clock) + millis
    const entry: Entry = { watch, at, expire, previous: watch.last, next: undefined }
    if (watch.last === undefined) watch.first = entry
    else watch.last.next = entry
    watch.last = entry
    if (!watch.watched) {
      watch.watched = true
      const runtime = Runtime.make({ context: caller.currentContext, runtimeFlags, fiberRefs: caller.getFiberRefs() })
      Runtime.runFork(runtime, Effect.interruptible(sleep(watch, clock)))
    }
    return entry
  }

  const leave = (entry: Entry): void => {
    const { watch } = entry
    if (entry.previous !== undefined) entry.previous.next = entry.next
    else if (watch.first === entry) watch.first = entry.next
    if (entry.next !== undefined) entry.next.previous = entry.previous
    else if (watch.last === entry) watch.last = entry.previous
    entry.previous = undefined
    entry.next = undefined
    if (watch.first === undefined && watch.sleeper !== undefined) {
      // An idle timer would keep the process alive.
      watch.sleeper.unsafeInterruptAsFork(FiberId.none)
      watch.sleeper = undefined
      watch.watched = false
    }
  }

  const expire = (watch: Watch, now: number): void => {
    for (let entry = watch.first; entry !== undefined && entry.at <= now; entry = watch.first) {
      watch.first = entry.next
      if (entry.next === undefined) watch.last = undefined
      else entry.next.previous = undefined
      entry.next = undefined
      entry.expire()
    }
  }

  const sleep = (watch: Watch, clock: Clock.Clock): Effect.Effect<void> =>
    Effect.withFiberRuntime((sleeper) => {
      // An interrupted sleeper that still wakes has been replaced.
      if (watch.sleeper !== undefined && watch.sleeper !== sleeper) return Effect.void
      expire(watch, monotonicMillis(clock))
      if (watch.first === undefined) {
        watch.sleeper = undefined
        watch.watched = false
        return Effect.void
      }
      watch.sleeper = sleeper
      const rest = Duration.millis(Math.max(watch.first.at - monotonicMillis(clock), 1))
      return Effect.zipRight(clock.sleep(rest), sleep(watch, clock))
    })

  const ofEffect = <A, E, R, E2>(
    self: Effect.Effect<A, E, R>,
    surroundings: Surroundings<R>,
    onTimeout: () => E2
  ): Effect.Effect<A, E | E2> =>
    Effect.withFiberRuntime((caller, { runtimeFlags }) =>
      Effect.async<A, E | E2>((resume) => {
        const fiberRefs = caller.getFiberRefs()
        const context = surroundings.context(caller.currentContext)
        const fiber = Runtime.runFork(Runtime.make({ context, runtimeFlags, fiberRefs }), self, surroundings)
        let expired = false
        const entry = enter(caller, runtimeFlags, () => {
          expired = true
          fiber.unsafeInterruptAsFork(FiberId.none)
        })
        fiber.addObserver((exit) => {
          leave(entry)
          resume(
            expired && Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) ? Effect.fail(onTimeout()) : exit
          )
        })
        return Effect.zipRight(fiber.interruptAsFork(caller.id()), fiber.await)
      })
    )

  const ofCallback = <A, E, E2>(
    start: (context: Context.Context<never>, callback: (exit: Exit.Exit<A, E>) => void) => () => void,
    onTimeout: () => E2
  ): Effect.Effect<A, E | E2> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((caller, { runtimeFlags }) => {
        let entry: Entry | undefined
        let abandon: (() => void) | undefined
        const answer = Effect.async<A, E | E2>((resume) => {
          entry = enter(caller, runtimeFlags, () => resume(Effect.fail(onTimeout())))
          abandon = start(caller.currentContext, resume)
        })
        return Effect.matchCauseEffect(restore(answer), {
          onFailure: (cause) => {
            if (entry !== undefined) leave(entry)
            abandon?.()
            return Effect.failCause(cause)
          },
          onSuccess: (value) => {
            if (entry !== undefined) leave(entry)
            return Effect.succeed(value)
          }
        })
      })
    )

  return { ofEffect, ofCallback }
}
