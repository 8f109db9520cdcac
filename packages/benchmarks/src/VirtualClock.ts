/**
 * An event loop without a machine under it: tasks run in order, and when nothing is left to be done the clock jumps to
 * the earliest sleeper. Nothing waits in real time, so all the CPU that is measured is work.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scheduler from "effect/Scheduler"

interface Sleeper {
  readonly at: number
  readonly resume: (effect: Effect.Effect<void>) => void
}

/**
 * The clock, and the scheduler of fibers that belongs to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualClock {
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler.Scheduler
  /** The time in ms. */
  readonly now: () => number
  /** Runs until `done` or until nothing can happen any more. */
  readonly run: (done: () => boolean) => void
}

/** As many operations as Effect's own scheduler lets a fiber do in a row. */
const OPERATIONS_BEFORE_YIELD = 2048

/**
 * A clock at 0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): VirtualClock => {
  // Few sleep at any time (one timer per bucket), so a plain set is quick enough.
  const sleepers = new Set<Sleeper>()
  let tasks: Array<Scheduler.Task> = []
  let time = 0

  const wake = (): boolean => {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (first === undefined || sleeper.at < first.at) first = sleeper
    if (first === undefined) return false
    sleepers.delete(first)
    time = Math.max(time, first.at)
    first.resume(Effect.void)
    return true
  }

  return {
    clock: {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => time,
      unsafeCurrentTimeNanos: () => BigInt(Math.round(time * 1e6)),
      currentTimeMillis: Effect.sync(() => time),
      currentTimeNanos: Effect.sync(() => BigInt(Math.round(time * 1e6))),
      sleep: (duration) =>
        Effect.async<void>((resume) => {
          const sleeper = { at: time + Duration.toMillis(duration), resume }
          sleepers.add(sleeper)
          return Effect.sync(() => {
            sleepers.delete(sleeper)
          })
        })
    },
    scheduler: {
      scheduleTask: (task) => {
        tasks.push(task)
      },
      shouldYield: (fiber) => (fiber.currentOpCount > OPERATIONS_BEFORE_YIELD ? 0 : false)
    },
    now: () => time,
    run: (done) => {
      while (!done()) {
        if (tasks.length === 0 && !wake()) return
        const batch = tasks
        tasks = []
        for (const task of batch) task()
      }
    }
  }
}
