/**
 * A test of your own program with the layers swapped: no network, no token, and no waiting, because the fake runs on
 * the test's clock. The program is the same as in production.
 */

import { assert, it } from "@effect/vitest"
import { type Asset, FrameioClient } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Effect, Fiber, TestClock } from "effect"

/** The program: all takes onto the first. */
const stackTakes = (first: Asset.AssetId, takes: ReadonlyArray<Asset.AssetId>) =>
  Effect.gen(function* () {
    const frameio = yield* FrameioClient.FrameioClient
    let target = first
    for (const nextAssetId of takes) target = (yield* frameio.version({ assetId: target, nextAssetId })).id
    return target
  })

it.effect("sixty takes in order, at ten per second, without one refusal", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const takes = yield* Effect.forEach(Array.from({ length: 61 }), (_, n) => fake.addFile({ name: `take_${n}.mov` }))
    const [first, ...rest] = takes
    if (first === undefined) return

    const fiber = yield* Effect.fork(stackTakes(first, rest))
    yield* TestClock.adjust("1 minute") // of the fake's time; none of yours
    const stack = yield* Fiber.join(fiber)

    assert.deepStrictEqual(fake.world.stackOf(stack)?.versions, takes)
    assert.strictEqual((yield* fake.counts("assets.version")).refused, 0)
  }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: { "assets.version": RateLimiter.perSecond(10) } })))
)

it.effect("an answer that is lost after the change was made is told apart from a change that was not", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const first = yield* fake.addFile({ name: "take_1.mov" })
    const second = yield* fake.addFile({ name: "take_2.mov" })

    const error = yield* Effect.flip(stackTakes(first, [second]))

    assert.strictEqual(error._tag, "FrameioTransportError")
    assert.strictEqual("outcome" in error ? error.outcome : undefined, "unknown")
    assert.deepStrictEqual(fake.world.stackOf(second)?.versions, [first, second])
  }).pipe(
    Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }) }))
  )
)
