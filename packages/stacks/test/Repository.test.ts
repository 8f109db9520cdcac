import { assert, describe, it } from "@effect/vitest"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Layer, Option } from "effect"
import { suite } from "./repositorySuite.js"

const layer = (options?: FakeFrameio.Options) =>
  Repository.layerV2.pipe(Layer.provideMerge(FakeFrameio.layerClient({ limits: { "*": "unlimited" }, ...options })))

suite("Repository, over v2", layer)

describe("Repository, over v2, what is its own", () => {
  for (const versionReturns of ["stack", "file"] as const) {
    it.effect(`answers what the API answers: ${versionReturns}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const repository = yield* Repository.Repository
        const below = yield* repository.get(yield* fake.addFile({ name: "a_v001.mov" }))
        const above = yield* fake.addFile({ name: "a_v002.mov" })
        if (below._tag !== "File") throw new Error(below._tag)
        const answer = yield* repository.stack({ onto: below, files: [above] })
        const truth = Option.getOrThrow(yield* fake.stackOf(above))
        assert.deepInclude(
          answer,
          versionReturns === "stack"
            ? { _tag: "Stack", id: truth.id, newest: above, count: 2 }
            : { _tag: "File", id: above, parentId: truth.id }
        )
      }).pipe(Effect.provide(layer({ unknowns: { versionReturns } })))
    )
  }

  it.effect("refuses more than one file at a time, and sends nothing", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const repository = yield* Repository.Repository
      const below = yield* repository.get(yield* fake.addFile({ name: "a_v001.mov" }))
      const two = yield* fake.addFile({ name: "a_v002.mov" })
      const three = yield* fake.addFile({ name: "a_v003.mov" })
      if (below._tag !== "File") throw new Error(below._tag)
      const error = yield* Effect.flip(repository.stack({ onto: below, files: [two, three] }))
      assert.strictEqual(error._tag, "FrameioInvalidRequest")
      assert.strictEqual((yield* fake.counts("assets.version")).requests, 0)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("knows the routes that the scheduler knows", () =>
    Effect.gen(function* () {
      const { abilities } = yield* Repository.Repository
      assert.strictEqual(abilities.routes.stack, abilities.routes.grow)
      assert.strictEqual(abilities.routes.versions, abilities.routes.children)
      assert.strictEqual(new Set(Object.values(abilities.routes)).size, 7)
    }).pipe(Effect.provide(layer()))
  )
})
