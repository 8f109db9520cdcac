import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioClient, FrameioError, RateLimitScheduler } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, World } from "@effect-frameio/testing"
import { Duration, Effect, Exit, Fiber, Layer, Option, Redacted, TestClock } from "effect"

const twoFiles = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const first = yield* fake.addFile({ name: "shot_v001.mov" })
  const second = yield* fake.addFile({ name: "shot_v002.mov" })
  return { fake, first, second, client: yield* FrameioClient.FrameioClient }
})

describe("FakeFrameio in process", () => {
  it.effect("a program runs over it unchanged", () =>
    Effect.gen(function* () {
      const { client, fake, first, second } = yield* twoFiles
      const stack = yield* client.version({ assetId: first, nextAssetId: second })
      assert.strictEqual(Asset.kind(stack), "version_stack")
      assert.deepStrictEqual(Asset.coverAssetId(stack), Option.some(second))
      assert.deepStrictEqual(yield* fake.stackOf(second), Option.some({ id: stack.id, versions: [first, second] }))
      const page = yield* client.children({ assetId: stack.id })
      assert.deepStrictEqual(
        page.items.map((one) => one.id),
        [second, first]
      )
      assert.strictEqual(page.total, 2)
      const [entry] = yield* fake.requests
      assert.deepInclude(entry, {
        sequence: 0,
        endpoint: "assets.version",
        status: 200,
        applied: true,
        assetIds: [first, second],
        userId: fake.userId,
        refusal: undefined,
        fault: undefined,
        remaining: 9
      })
    }).pipe(Effect.provide(FakeFrameio.layerClient()))
  )
})
