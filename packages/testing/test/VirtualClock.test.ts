import { assert, describe, it } from "@effect/vitest"
import { VirtualClock } from "@effect-frameio/testing"
import { Cause, Clock, Effect, Exit } from "effect"

describe("VirtualClock", () => {
  it.live("runs all that can run before it jumps, and wakes sleepers in the order of their times", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const note = (what: string) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          log.push(`${now} ${what}`)
        })
      yield* VirtualClock.run(
        Effect.all(
          [
            Effect.zipRight(Effect.sleep("1 day"), note("late")),
            Effect.zipRight(Effect.sleep(5), note("soon")),
            Effect.forEach([1, 2, 3], (i) => Effect.zipRight(Effect.yieldNow(), note(`step ${i}`)))
          ],
          { concurrency: "unbounded", discard: true }
        )
      )
      assert.deepStrictEqual(log, ["0 step 1", "0 step 2", "0 step 3", "5 soon", "86400000 late"])
    })
  )

  it.live("waits for promises before it jumps", () =>
    Effect.gen(function* () {
      const digest = Effect.promise(() => crypto.subtle.digest("SHA-256", new Uint8Array([1, 2, 3])))
      const winner = yield* VirtualClock.run(
        Effect.race(
          Effect.as(
            Effect.promise(() => new Response("x").text()),
            "body"
          ),
          Effect.as(Effect.sleep("1 hour"), "sleep")
        )
      )
      assert.strictEqual(winner, "body")
      assert.strictEqual((yield* digest).byteLength, 32)
    })
  )

  it.live("forgets a sleeper that was interrupted, and fails as the program does", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        VirtualClock.run(
          Effect.gen(function* () {
            yield* Effect.timeoutOption(Effect.sleep("2 hours"), "1 hour")
            return yield* Effect.fail(yield* Clock.currentTimeMillis)
          })
        )
      )
      assert.deepStrictEqual(exit, Exit.fail(3_600_000))
    })
  )

  it.live("dies when nothing can happen any more", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(VirtualClock.run(Effect.never))
      assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "Nothing can happen any more, at 0 ms")
    })
  )
})
