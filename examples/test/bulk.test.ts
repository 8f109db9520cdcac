import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Layer } from "effect"
import { stackAll } from "../src/bulk.js"

const layer = Layer.provideMerge(Repository.layerV2, FakeFrameio.layerClient({ limits: RateLimiter.unlimited }))

it.scoped("stacks a file of pairs, and tells of the one that is gone", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const fs = yield* FileSystem.FileSystem
    const seeded = Seed.shots(fake.world, { shots: 20, versions: 3 })
    const file = `${yield* fs.makeTempDirectoryScoped()}/versions.csv`
    yield* fs.writeFileString(
      file,
      ["asset_id,next_asset_id", ...Seed.pairs(seeded).map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n")
    )
    fake.world.remove(seeded.shots[7]?.versions[1] ?? "")

    const { counts, failures } = yield* stackAll(file)

    assert.deepInclude(counts, { links: 40, confirmed: 38, failed: 1, skipped: 1 })
    assert.lengthOf(failures, 2)
    assert.include(failures[0], "not found (404)")
  }).pipe(Effect.provide(Layer.merge(layer, NodeContext.layer)))
)
