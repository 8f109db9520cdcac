/**
 * Time that jumps: when a program only sleeps, the clock goes straight to the next sleeper. Hours pass in seconds, in the
 * same order each time.
 *
 * Effect's `TestClock` is moved by hand, and takes some ms of real time for each sleeper it wakes; this clock is for
 * simulations with many thousands of sleepers.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type * as Scheduler from "effect/Scheduler"

/**
 * A clock, and the scheduler of its fibers.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualClock {
  /** Give it to a program with `Effect.withClock`. */
  readonly clock: Clock.Clock
  /** Give it to the `run` of the program. */
  readonly scheduler: Scheduler.Scheduler
  /** The time in ms, 0 at first. */
  readonly now: () => number
  /** Runs what can run now; answers whether there was anything. */
  readonly turn: () => boolean
  /** Jumps to the next sleeper and wakes it; answers whether there was one. */
  readonly jump: () => boolean
}

interface Sleeper {
  readonly at: number
  readonly order: number
  readonly resume: (effect: Effect.Effect<void>) => void
  awake: boolean
}

const earlier = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** As many operations as Effect's own scheduler lets a fiber do in a row. */
const OPERATIONS_BEFORE_YIELD = 2048

/**
 * A clock at 0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): VirtualClock => {
  const heap: Array<Sleeper> = []
  let tasks: Array<Scheduler.Task> = []
  let time = 0
  let order = 0

  const add = (sleeper: Sleeper): void => {
    heap.push(sleeper)
    let index = heap.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const [a, b] = [heap[index], heap[parent]]
      if (a === undefined || b === undefined || earlier(b, a)) return
      heap[index] = b
      heap[parent] = a
      index = parent
    }
  }

  const next = (): Sleeper | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    heap[0] = last
    let index = 0
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
      const least = left !== undefined && right !== undefined && earlier(right, left) ? 2 * index + 2 : 2 * index + 1
      const [a, b] = [heap[index], heap[least]]
      if (a === undefined || b === undefined || earlier(a, b)) return first
      heap[index] = b
      heap[least] = a
      index = least
    }
  }

  const nanos = () => BigInt(Math.round(time * 1e6))

  return {
    clock: {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => time,
      unsafeCurrentTimeNanos: nanos,
      currentTimeMillis: Effect.sync(() => time),
      currentTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.async<void>((resume) => {
          const sleeper: Sleeper = { at: time + Duration.toMillis(duration), order: order++, resume, awake: false }
          add(sleeper)
          // The heap skips it when its time comes.
          return Effect.sync(() => {
            sleeper.awake = true
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
    turn: () => {
      if (tasks.length === 0) return false
      const batch = tasks
      tasks = []
      for (const task of batch) task()
      return true
    },
    jump: () => {
      for (let sleeper = next(); sleeper !== undefined; sleeper = next()) {
        if (sleeper.awake) continue
        sleeper.awake = true
        time = Math.max(time, sleeper.at)
        sleeper.resume(Effect.void)
        return true
      }
      return false
    }
  }
}

/** How many rounds of the event loop settle pending promises and callbacks. */
const ROUNDS = 3

/**
 * Runs a program on a jumping clock that begins at 0. It may wait for promises (reading a body, a digest), but for
 * nothing that takes real time, such as a socket: the clock would jump meanwhile.
 *
 * Dies if the program can neither go on nor sleep.
 *
 * @example
 * ```ts
 * const hours = VirtualClock.run(Effect.delay(Effect.succeed("done"), "8 hours"))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = <A, E>(program: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.async((resume) => {
    const virtual = make()
    let exit: Exit.Exit<A, E> | undefined
    let quiet = 0
    const fiber = Effect.runFork(Effect.withClock(program, virtual.clock), { scheduler: virtual.scheduler })
    fiber.addObserver((ended) => {
      exit = ended
    })
    /** Answers the program's result, once there is one. */
    const step = (): Effect.Effect<A, E> | undefined => {
      while (exit === undefined && virtual.turn()) quiet = 0
      if (exit !== undefined || quiet++ < ROUNDS) return exit
      quiet = 0
      return virtual.jump() ? undefined : Effect.dieMessage(`Nothing can happen any more, at ${virtual.now()} ms`)
    }
    const go = (): void => {
      const ended = step()
      if (ended === undefined) setImmediate(go)
      else resume(ended)
    }
    setImmediate(go)
    return Effect.suspend(() => {
      fiber.unsafeInterruptAsFork(FiberId.none)
      return Effect.asVoid(fiber.await)
    })
  })
