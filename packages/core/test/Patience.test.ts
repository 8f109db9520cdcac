import { assert, describe, it } from "@effect/vitest"
import { FrameioClient, Patience } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan } from "@effect-frameio/testing"
import { Duration, Effect, Exit, Fiber, TestClock } from "effect"

/** Nothing gets through from here on, for so long. */
const outage = (fromMillis: number, duration: Duration.DurationInput, fault: FaultPlan.Fault) =>
  FaultPlan.when(
    ({ elapsedMillis }) => elapsedMillis >= fromMillis && elapsedMillis < fromMillis + Duration.toMillis(duration),
    fault
  )

const withFake = (faults: FaultPlan.FaultPlan) =>
  Effect.provide(FakeFrameio.layerClient({ limits: { "*": "unlimited" }, faults }))

const run = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(self)
    yield* TestClock.adjust("2 hours")
    return yield* Effect.exit(Fiber.join(fiber))
  })

describe("Patience", () => {
  it.effect("waits an outage out, and tells of it", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const assetId = yield* fake.addFile({ name: "a.mov" })
      const waits: Array<Patience.Waiting> = []
      const exit = yield* run(
        Patience.withPatience(client.get({ assetId }), "1 hour", (waiting) =>
          Effect.sync(() => void waits.push(waiting))
        )
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.isAbove(waits.length, 10)
      assert.strictEqual(waits[0]?.sinceMillis, 0)
      assert.include(waits[0]?.reason, "no connection")
      for (const { delayMillis } of waits) assert.isAtMost(delayMillis, 20_000)
    }).pipe(withFake(outage(0, "10 minutes", { _tag: "ConnectionRefused" })))
  )

  it.effect("is over when it is said to be over", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const assetId = yield* fake.addFile({ name: "a.mov" })
      const fiber = yield* Effect.fork(Patience.withPatience(client.get({ assetId }), "5 minutes"))
      yield* TestClock.adjust("4 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("2 minutes")
      assert.isNotNull(fiber.unsafePoll())
      assert.strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "FrameioTransportError")
    }).pipe(withFake(outage(0, "1 hour", { _tag: "ConnectionRefused" })))
  )

  it.effect("sends a change again only if it never left", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const assetId = yield* fake.addFile({ name: "a.mov" })
      const nextAssetId = yield* fake.addFile({ name: "b.mov" })
      const exit = yield* run(Patience.withPatience(client.version({ assetId, nextAssetId }), "1 hour"))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual((yield* fake.counts("assets.version")).requests, 1)
    }).pipe(withFake(outage(0, "10 minutes", { _tag: "AnswerLost" })))
  )

  it.effect("is none unless asked for, and none where something else is told", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const assetId = yield* fake.addFile({ name: "a.mov" })
      const fiber = yield* Effect.fork(client.get({ assetId }))
      yield* TestClock.adjust("1 minute")
      assert.isNotNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 hour")
      const folder = yield* fake.addFolder({ name: "x" })
      const refused = Patience.withPatience(client.unversion({ assetId: folder }), "1 hour")
      assert.strictEqual((yield* Effect.flip(refused))._tag, "FrameioInvalidArguments")
    }).pipe(withFake(outage(0, "10 minutes", { _tag: "ConnectionRefused" })))
  )
})
