import { assert, it } from "@effect/vitest"
import { RateLimitScheduler } from "@effect-frameio/core"
import { FakeFrameio } from "@effect-frameio/testing"
import { ConfigProvider, Effect, Layer } from "effect"
import { users, whoSees } from "../src/users.js"

const environment = ConfigProvider.fromMap(
  new Map([
    ["ANN_TOKEN", FakeFrameio.token],
    ["BOB_TOKEN", FakeFrameio.secondToken]
  ])
)

it.effect("calls in two names, each with a limit of its own", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const shot = yield* fake.addFile({ name: "AGM_010_0040_comp_v001.mov" })
    assert.deepStrictEqual(yield* whoSees(shot), { ann: true, bob: true })
    fake.world.remove(shot)
    assert.deepStrictEqual(yield* whoSees(shot), { ann: false, bob: false })
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    assert.deepStrictEqual(
      (yield* scheduler.snapshot).map((bucket) => bucket.owner),
      [1, 2]
    )
  }).pipe(
    Effect.provide(
      users.pipe(
        Layer.provideMerge(RateLimitScheduler.layerMemory()),
        Layer.provideMerge(FakeFrameio.layer()),
        Layer.provide(Layer.setConfigProvider(environment))
      )
    )
  )
)
