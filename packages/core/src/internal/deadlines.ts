import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

/** One effect that has to be over by a certain time. A node of a doubly linked list, so that leaving is one step. */
interface Entry {
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
 * A timeout for many effects at once. `Effect.timeout` races two fibers and sets a timer for each effect, which is most
 * of the cost of a call; this forks one and has a single sleeper for all that run, none when nothing runs.
 *
 * @internal
 */
export const make = (millis: number) => {
  const watches = new WeakMap<Clock.Clock, Watch>()

  const watchOf = (clock: Clock.Clock): Watch => {
    let watch = watches.get(clock)
    if (watch === undefined) {
      watch = { first: undefined, last: undefined, watched: false, sleeper: undefined }
      watches.set(clock, watch)
    }
    return watch
  }

  const add = (watch: Watch, entry: Entry): void => {
    entry.previous = watch.last
    if (watch.last === undefined) watch.first = entry
    else watch.last.next = entry
    watch.last = entry
  }

  const remove = (watch: Watch, entry: Entry): void => {
    if (entry.previous !== undefined) entry.previous.next = entry.next
    else if (watch.first === entry) watch.first = entry.next
    if (entry.next !== undefined) entry.next.previous = entry.previous
    else if (watch.last === entry) watch.last = entry.previous
    entry.previous = undefined
    entry.next = undefined
    if (watch.first === undefined && watch.sleeper !== undefined) {
      // Nothing runs: a timer that is left would keep the process alive.
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
      // One that was sent away, and is woken all the same, has a successor.
      if (watch.sleeper !== undefined && watch.sleeper !== sleeper) return Effect.void
      expire(watch, clock.unsafeCurrentTimeMillis())
      if (watch.first === undefined) {
        watch.sleeper = undefined
        watch.watched = false
        return Effect.void
      }
      watch.sleeper = sleeper
      const rest = Duration.millis(Math.max(watch.first.at - clock.unsafeCurrentTimeMillis(), 1))
      return Effect.zipRight(clock.sleep(rest), sleep(watch, clock))
    })

  /** Runs the effect; when it takes too long, interrupts it, waits until it is gone, and fails. */
  return <E2>(onTimeout: () => E2) =>
    <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock) =>
          Effect.flatMap(Effect.forkDaemon(restore(self)), (fiber) => {
            const watch = watchOf(clock)
            let expired = false
            const entry: Entry = {
              at: clock.unsafeCurrentTimeMillis() + millis,
              expire: () => {
                expired = true
                fiber.unsafeInterruptAsFork(FiberId.none)
              },
              previous: undefined,
              next: undefined
            }
            add(watch, entry)
            const over = restore(
              Effect.async<A, E | E2>((resume) => {
                fiber.addObserver((exit) => {
                  remove(watch, entry)
                  resume(
                    expired && Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
                      ? Effect.fail(onTimeout())
                      : exit
                  )
                })
                return Effect.fiberIdWith((id) => fiber.interruptAsFork(id)).pipe(Effect.zipRight(fiber.await))
              })
            )
            if (watch.watched) return over
            watch.watched = true
            return Effect.zipRight(Effect.forkDaemon(Effect.interruptible(sleep(watch, clock))), over)
          })
        )
      )
}
