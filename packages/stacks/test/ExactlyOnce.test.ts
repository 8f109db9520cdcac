import { assert, describe, it } from "@effect/vitest"
import { type Asset, FrameioError, RateLimitError } from "@effect-frameio/core"
import { ExactlyOnce } from "@effect-frameio/stacks"
import { Clock, Duration, Effect, Fiber, TestClock } from "effect"

const file = "00000000-0000-4000-8000-000000000001" as Asset.AssetId

const about = { endpoint: "files.move", assetIds: [file] }

/** A request that fails with a status, before its change was made or after it. */
interface Sent {
  readonly status: 500 | 422
  readonly isMade: boolean
}

/** A change whose requests end like this, one after the other, and whose making shows so many ms later. */
const change = (requests: ReadonlyArray<Sent>, staleMillis: number) =>
  Effect.sync(() => {
    let sent = 0
    let madeAt: number | undefined
    const now = Clock.currentTimeMillis
    const look = Effect.map(now, (at) => madeAt !== undefined && at >= madeAt + staleMillis)
    const made: ExactlyOnce.Change<void, never> = {
      endpoint: about.endpoint,
      assetIds: () => [file],
      send: Effect.map(now, (at): ExactlyOnce.Attempt<void> => {
        const { isMade, status } = requests[sent++] ?? { isMade: false, status: 500 }
        if (isMade) madeAt ??= at
        const error =
          status === 500
            ? new FrameioError.ServerError({ ...about, status })
            : new FrameioError.InvalidArguments({ ...about, status, errors: [] })
        return { _tag: "Faulted", error }
      }),
      proves: () => true,
      look,
      refused: Effect.map(look, (is) => (is ? "already" : "refused"))
    }
    return { made, sent: () => sent }
  })

const end = (requests: ReadonlyArray<Sent>, staleMillis: number, options: { readonly attempts: number }) =>
  Effect.gen(function* () {
    const { made, sent } = yield* change(requests, staleMillis)
    const begun = yield* Clock.currentTimeMillis
    const fiber = yield* ExactlyOnce.make(made, { ...options, settleAfter: Duration.seconds(30) }).pipe(
      Effect.flatMap((result) => Effect.map(Clock.currentTimeMillis, (at) => ({ result, took: at - begun }))),
      Effect.fork
    )
    yield* TestClock.adjust("10 minutes")
    return { ...(yield* Fiber.join(fiber)), sent: sent() }
  })

const failing = { status: 500, isMade: false } as const
const madeAndFailing = { status: 500, isMade: true } as const
const refused = { status: 422, isMade: false } as const

describe("a change is told as not made only when it can no longer become visible", () => {
  for (const stale of [0, 300, 20_000]) {
    it.effect(`though its last request failed after it, and reads are ${stale} ms old`, () =>
      Effect.gen(function* () {
        const { result, sent } = yield* end([failing, failing, madeAndFailing], stale, { attempts: 3 })
        assert.deepInclude(result, { _tag: "Made", how: "settled" })
        assert.strictEqual(sent, 3)
      })
    )

    it.effect(`though a repetition was refused because of it, and reads are ${stale} ms old`, () =>
      Effect.gen(function* () {
        const { result } = yield* end([madeAndFailing, refused], stale, { attempts: 3 })
        assert.strictEqual(result._tag, "Made")
      })
    )
  }

  it.effect("and is, when it was not made", () =>
    Effect.gen(function* () {
      const { result, sent, took } = yield* end([failing, failing], 300, { attempts: 2 })
      assert(result._tag === "Failed")
      assert.strictEqual(result.error._tag, "FrameioNotMade")
      assert.deepStrictEqual([sent, took], [2, 31_000])
    })
  )

  it.effect("and not when the job was stopped before the reason of a refusal was read", () =>
    Effect.gen(function* () {
      const { made } = yield* change([madeAndFailing, refused], 20_000)
      let stopped = false
      const calledOff = Effect.suspend(() => {
        stopped = true
        return new RateLimitError.DeadlineExceeded({ route: "a read", waitedMillis: 0 })
      })
      const fiber = yield* Effect.fork(
        ExactlyOnce.make(
          { ...made, refused: calledOff },
          { attempts: 3, settleAfter: Duration.seconds(30), stopping: () => stopped }
        )
      )
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Unknown")
    })
  )

  it.effect("and at once, when its first request was refused", () =>
    Effect.gen(function* () {
      const { result, took } = yield* end([refused], 300, { attempts: 3 })
      assert(result._tag === "Failed")
      assert.deepStrictEqual([result.error._tag, took], ["FrameioInvalidArguments", 0])
    })
  )
})
