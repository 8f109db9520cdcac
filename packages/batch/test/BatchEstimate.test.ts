import { assert, describe, it } from "@effect/vitest"
import { BatchEstimate } from "@effect-frameio/batch"
import { RateLimitRule } from "@effect-frameio/core"
import { FastCheck } from "effect"

describe("BatchEstimate", () => {
  it("gives the figures of the documented formula", () => {
    const twenty = { limit: 20, windowMillis: 1000 }
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 300, roundTripMillis: 20 }, twenty), 280 * 50 + 20)
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 20, roundTripMillis: 20 }, twenty), 20)
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 0, roundTripMillis: 20 }, twenty), 0)
    // 1000 / 7 is rounded up to 143, so only six pass at once.
    assert.strictEqual(RateLimitRule.burst({ limit: 7, windowMillis: 1000 }), 6)
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 7 }, { limit: 7, windowMillis: 1000 }), 143)
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 10, roundTripMillis: 100, longestChain: 10 }, twenty), 1000)
    assert.strictEqual(BatchEstimate.shortestMillis({ jobs: 1e6 }, { limit: 1e9, windowMillis: 1000 }), 0)
  })

  it.prop(
    "is the time that a leaky bucket takes, to within one request",
    [
      FastCheck.integer({ min: 1, max: 200 }),
      FastCheck.integer({ min: 1, max: 60 }),
      FastCheck.integer({ min: 100, max: 5000 })
    ],
    ([jobs, limit, windowMillis]) => {
      const cost = Math.round(windowMillis / limit)
      let level = 0
      let now = 0
      for (let n = 0; n < jobs; n++) {
        const wait = Math.max(level + cost - windowMillis, 0)
        now += wait
        level = Math.max(level - wait, 0) + cost
      }
      // The formula counts whole requests, so it may be a part of one request's cost above the bucket's own arithmetic.
      const over = BatchEstimate.shortestMillis({ jobs }, { limit, windowMillis }) - now
      assert.isTrue(over >= 0 && over < cost, `${over} of ${cost}`)
    }
  )
})
