import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as VirtualClock from "../src/VirtualClock.js"

describe("VirtualClock", () => {
  it("runs all that can run before it jumps, and wakes sleepers in the order of their times", () => {
    const virtual = VirtualClock.make()
    const log: Array<string> = []
    const note = (what: string) => Effect.sync(() => log.push(`${virtual.now()} ${what}`))
    const program = Effect.all(
      [
        Effect.zipRight(Effect.sleep("1 day"), note("late")),
        Effect.zipRight(Effect.sleep(5), note("soon")),
        Effect.forEach([1, 2, 3], (i) => Effect.zipRight(Effect.yieldNow(), note(`step ${i}`)))
      ],
      { concurrency: "unbounded", discard: true }
    )
    let ended = false
    Effect.runFork(Effect.withClock(program, virtual.clock), { scheduler: virtual.scheduler }).addObserver(() => {
      ended = true
    })
    virtual.run(() => ended)
    assert.deepStrictEqual(log, ["0 step 1", "0 step 2", "0 step 3", "5 soon", "86400000 late"])
  })

  it("stops when nothing can happen any more", () => {
    const virtual = VirtualClock.make()
    const fiber = Effect.runFork(Effect.never, { scheduler: virtual.scheduler })
    virtual.run(() => false)
    fiber.unsafeInterruptAsFork(fiber.id())
    virtual.run(() => false)
    assert.isNotNull(fiber.unsafePoll())
  })
})
