import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Layer, Option } from "effect"
import { publishFile } from "../src/upload.js"

it.scoped("uploads a file onto its shot, and says what is left to do where it cannot", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/AGM_010_0040_comp_v002.mov`
    yield* fs.writeFile(file, new Uint8Array(300_000).fill(7))
    const fake = yield* FakeFrameio.FakeFrameio
    const shot = yield* fake.addFile({ name: "AGM_010_0040_comp_v001.mov" })
    const still = yield* fake.addFile({ name: "AGM_010_0040_still.jpg" })

    assert.match(yield* publishFile(file, shot), /^[0-9a-f-]{36} is the newest version on [0-9a-f-]{36}$/)
    const [, newest = ""] = Option.getOrThrow(yield* fake.stackOf(shot)).versions
    assert.strictEqual(fake.storage.content(newest).size, 300_000)
    assert.match(yield* publishFile(file, still), /^[0-9a-f-]{36} is uploaded; to be put on [0-9a-f-]{36}: /)
  }).pipe(
    Effect.provide(
      Layer.merge(
        NodeContext.layer,
        Layer.provideMerge(
          Repository.layerV2,
          FakeFrameio.layerClient({ limits: { "*": "unlimited" }, unknowns: { partSize: 100_000 } })
        )
      )
    )
  )
)
