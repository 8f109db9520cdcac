import { assert, it } from "@effect/vitest"
import { AssetCache } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Layer } from "effect"
import { stackShot, unstack } from "../src/stack.js"

it.effect("builds the stack of a shot, and takes it apart", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const { folderId, shots } = Seed.shots(fake.world, { shots: 3, versions: 4 })
    const [shot] = shots
    if (shot === undefined) return

    assert.match(yield* stackShot(folderId, shot.name), /^stack [0-9a-f-]{36}: 3 put on, .*_v004\.mov on top$/)

    const stack = fake.world.stackOf(shot.versions[0] ?? "")
    assert.deepStrictEqual(stack?.versions, shot.versions)
    // Versions on a stack are no longer on the folder's list.
    assert.match(yield* stackShot(folderId, shot.name), /needs at least two ids/)

    assert.strictEqual(yield* unstack(shot.versions[2] ?? folderId), "4 files")
    assert.match(yield* unstack(folderId), /is a folder, and neither a version stack nor inside one/)
    assert.isUndefined(fake.world.stackOf(shot.versions[0] ?? ""))
  }).pipe(
    Effect.provide(
      AssetCache.layer().pipe(
        Layer.provideMerge(
          FakeFrameio.layerClient({
            limits: RateLimiter.unlimited,
            faults: FaultPlan.nth("assets.version", 1, { _tag: "AnswerLost" })
          })
        )
      )
    )
  )
)
