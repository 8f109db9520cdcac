import { assert, it } from "@effect/vitest"
import { FakeFrameio, FaultPlan } from "@effect-frameio/testing"
import { ConfigProvider, Effect, Layer, TestClock } from "effect"
import { Live, stackFolder } from "../src/v4.js"

const environment = ConfigProvider.fromMap(
  new Map([
    ["ADOBE_CLIENT_ID", "studio"],
    ["ADOBE_CLIENT_SECRET", "made-up"]
  ])
)

/** Hours at the printed limits, and a token that ends meanwhile. */
it.effect("stacks a folder over V4 as a service, and goes on with what is new the next time", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folder = yield* fake.addFolder({ name: "comp" })
    const add = (name: string) => fake.addFile({ name, parentId: folder })
    const takes = (shot: number, count: number) =>
      Effect.forEach(Array.from({ length: count }), (_, take) => add(`AGM_${shot}_comp_v00${take + 1}.mov`))
    const shots = yield* Effect.forEach(
      Array.from({ length: 40 }, (_, shot) => shot),
      (shot) => takes(shot, 2 + (shot % 3))
    )
    yield* add("notes.pdf")

    const stack = Effect.gen(function* () {
      const job = yield* Effect.fork(stackFolder(folder))
      yield* TestClock.adjust("20 minutes")
      return yield* job
    })
    const lines = yield* stack
    assert.lengthOf(lines, shots.length)
    for (const [shot, files] of shots.entries()) {
      assert.match(lines.find((line) => line.includes(fake.world.stackOf(files[0] ?? "")?.id ?? "-")) ?? "", /put on$/)
      assert.deepStrictEqual(fake.world.stackOf(files[0] ?? "")?.versions, files, `shot ${shot}`)
    }

    const [first] = shots
    const next = yield* add("AGM_0_comp_v003.mov")
    assert.lengthOf(yield* stack, 1)
    assert.deepStrictEqual(fake.world.stackOf(next)?.versions, [...(first ?? []), next])
    assert.isAtLeast((yield* fake.counts("ims.token")).requests, 2)
  }).pipe(
    Effect.provide(
      Live.pipe(
        Layer.provideMerge(
          FakeFrameio.layer({
            v4: { tokenLifeMillis: 180_000 },
            faults: FaultPlan.nth("versionStacks.create", 3, { _tag: "AnswerLost" })
          })
        ),
        Layer.provide(Layer.setConfigProvider(environment))
      )
    )
  )
)
