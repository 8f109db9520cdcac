import { assert, it } from "@effect/vitest"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Layer } from "effect"
import { stackFolder } from "../src/plan.js"

const layer = Layer.provideMerge(Repository.layerV2, FakeFrameio.layerClient({ limits: RateLimiter.unlimited }))

it.effect("stacks what is plain in a folder, tells the rest, and finds nothing to do a second time", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const { folderId } = Seed.delivery(fake.world, { shots: 5 })

    const first = yield* stackFolder(folderId)

    assert.strictEqual(first.confirmed, 25)
    assert.strictEqual((yield* fake.counts("assets.version")).applied, 25)
    assert.lengthOf(first.unsettled, 8)
    assert.isTrue(first.unsettled.some((one) => one.includes("2 files are v05 of “AGM_202_020_comp”")))
    assert.deepStrictEqual(yield* stackFolder(folderId), { confirmed: 0, unsettled: first.unsettled })
  }).pipe(Effect.provide(layer))
)
