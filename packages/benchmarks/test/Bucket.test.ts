import { assert, describe, it } from "@effect/vitest"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import { FastCheck } from "effect"
import * as Bucket from "../src/Bucket.js"

/** Charges `count` requests at `now`; returns what each answer would say. */
const burst = (bucket: Bucket.Bucket, now: number, count: number): ReadonlyArray<number | "429"> =>
  Array.from({ length: count }, () => (Bucket.charge(bucket, now) ? Bucket.remaining(bucket) : "429"))

describe("Bucket", () => {
  it("counts down from an empty bucket and then refuses", () => {
    assert.deepStrictEqual(burst(Bucket.make(5, 1000, 0), 0, 6), [4, 3, 2, 1, 0, "429"])
  })

  it("loses a request of the burst where the cost is rounded up", () => {
    assert.deepStrictEqual(burst(Bucket.make(7, 1000, 0), 0, 7), [6, 5, 4, 3, 2, 1, "429"])
  })

  it("gains requests where the cost is rounded down", () => {
    const answers = burst(Bucket.make(300, 1000, 0), 0, 334)
    assert.strictEqual(answers.filter((answer) => answer !== "429").length, 333)
    assert.strictEqual(answers[332], 0)
    assert.strictEqual(answers[333], "429")
  })

  it("has room for one more exactly one cost after it was full", () => {
    const bucket = Bucket.make(20, 1000, 0)
    burst(bucket, 0, 20)
    assert.isFalse(Bucket.charge(bucket, 49))
    assert.isTrue(Bucket.charge(bucket, 50))
    assert.isFalse(Bucket.charge(bucket, 50))
  })

  it("says the whole limit on a 429", () => {
    const bucket = Bucket.make(20, 1000, 0)
    burst(bucket, 0, 21)
    assert.strictEqual(Bucket.remainingWhenRefused(bucket), 20)
  })

  it("never leaks below empty", () => {
    const bucket = Bucket.make(20, 1000, 0)
    Bucket.charge(bucket, 0)
    Bucket.leak(bucket, 10_000)
    assert.strictEqual(bucket.level, 0)
  })

  it.prop(
    "admits and says what the fake's own limiter does, whatever comes when",
    [
      FastCheck.integer({ min: 1, max: 400 }),
      FastCheck.constantFrom(1000, 5000, 60_000),
      FastCheck.array(FastCheck.nat(400), { maxLength: 300 })
    ],
    ([limit, windowMillis, pauses]) => {
      const bucket = Bucket.make(limit, windowMillis, 0)
      const limiter = RateLimiter.make({ limits: { "assets.version": { limit, windowMillis } } })
      let now = 0
      for (const pause of pauses) {
        now += pause < 300 ? 0 : pause
        const { admitted, remaining } = limiter.take("", "assets.version", now)
        assert.strictEqual(Bucket.charge(bucket, now), admitted)
        assert.strictEqual(admitted ? Bucket.remaining(bucket) : Bucket.remainingWhenRefused(bucket), remaining)
      }
    }
  )
})
