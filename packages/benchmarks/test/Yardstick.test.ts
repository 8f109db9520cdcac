import { assert, describe, it } from "@effect/vitest"
import * as Bucket from "../src/Bucket.js"
import * as Foreign from "../src/Foreign.js"
import * as Scenario from "../src/Scenario.js"
import * as Yardstick from "../src/Yardstick.js"

const scenario = (id: string): Scenario.Scenario => {
  const found = Scenario.all.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no scenario ${id}`)
  return found
}

describe("Yardstick", () => {
  it("is the rule of the model", () => {
    const shortest = (id: string): number => Yardstick.shortestMillis(scenario(id), scenario(id).jobs)
    assert.strictEqual(shortest("S1"), 130 * 50 + 20)
    assert.strictEqual(shortest("S2"), 900 * 10 + 30)
    assert.strictEqual(shortest("S3"), 35 * 200 + 80)
    assert.strictEqual(shortest("S5"), 150 * 50 + 20)
    assert.strictEqual(shortest("W1"), (90 - 29) * 167 + 20)
    assert.approximately(shortest("S4"), (130 * 50) / 0.7 + 20, 1e-6)
    assert.approximately(shortest("C1"), (130 * 50) / 0.7 + 20, 1e-6)
  })

  it("is one round trip for what fits into the burst", () => {
    assert.strictEqual(Yardstick.shortestMillis(scenario("S1"), 20), 20)
  })

  it("cannot be beaten by a client that tries every millisecond", () => {
    for (const one of Scenario.all) {
      const bucket = Bucket.make(one.limit, one.windowMillis, 0)
      if (one.full) bucket.level = one.windowMillis
      const foreign = Foreign.make(one.foreign, bucket, 0)
      let now = 0
      for (let done = 0; done < one.jobs; ) {
        Foreign.settle(foreign, bucket, now)
        if (Bucket.charge(bucket, now)) done++
        else now++
      }
      const least = Yardstick.shortestMillis(one, one.jobs) - one.latencyMillis
      // A page refused because of such a client loses its part, so the client gets more than its own.
      if (one.foreign.kind === "page") assert.isBelow(now, least)
      else assert.approximately(now, least, bucket.cost * 1.5, one.id)
    }
  })

  it("takes the middle", () => {
    assert.strictEqual(Yardstick.median([3, 1, 2]), 2)
    assert.strictEqual(Yardstick.median([4, 1, 2, 3]), 2.5)
    assert.strictEqual(Yardstick.median([10, 9]), 9.5)
    assert.isNaN(Yardstick.median([]))
  })
})
