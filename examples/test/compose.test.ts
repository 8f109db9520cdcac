import { assert, it } from "@effect/vitest"
import { FakeFrameio, FaultPlan } from "@effect-frameio/testing"
import { Effect } from "effect"
import { publish } from "../src/compose.js"

it.effect("publishes, and says what a failure means", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const shot = yield* fake.addFile({ name: "AGM_010_0040_comp_v001.mov" })
    const cut = yield* fake.addFile({ name: "AGM_010_0040_comp_v002.mov" })
    const still = yield* fake.addFile({ name: "AGM_010_0040_still.jpg" })

    assert.match(yield* publish(shot, cut), /^published, see version_stack [0-9a-f-]{36}$/)
    assert.match(yield* publish(cut, still), /^refused: /)
    fake.world.remove(still)
    assert.match(yield* publish(shot, still), /^gone: .* was deleted or moved$/)
  }).pipe(Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.latency({ millis: 0 }) })))
)
