import { assert, describe, it } from "@effect/vitest"
import * as Bucket from "../src/Bucket.js"
import * as Foreign from "../src/Foreign.js"

describe("Foreign", () => {
  it("takes its share in even steps", () => {
    const bucket = Bucket.make(20, 1000, 0)
    const foreign = Foreign.make({ kind: "steady", share: 0.3 }, bucket, 0)
    Foreign.settle(foreign, bucket, 166)
    assert.strictEqual(foreign.taken, 0)
    Foreign.settle(foreign, bucket, 167)
    assert.strictEqual(foreign.taken, 1)
    Foreign.settle(foreign, bucket, 10_000)
    assert.strictEqual(foreign.taken, 60)
    assert.strictEqual(foreign.refused, 0)
  })

  it("waits at a full bucket for the first millisecond that has room, before anyone who comes then", () => {
    const bucket = Bucket.make(20, 1000, 0)
    const foreign = Foreign.make({ kind: "steady", share: 0.5 }, bucket, 0)
    bucket.level = 1000 + 60
    // Due at 100, when the level is 960: it fits at 110.
    Foreign.settle(foreign, bucket, 109)
    assert.strictEqual(foreign.taken, 0)
    Foreign.settle(foreign, bucket, 110)
    assert.strictEqual(foreign.taken, 1)
    assert.isFalse(Bucket.charge(bucket, 110))
  })

  it("gets its share in full from a client that takes whatever is left", () => {
    const bucket = Bucket.make(20, 1000, 0)
    const foreign = Foreign.make({ kind: "steady", share: 0.3 }, bucket, 0)
    let ours = 0
    for (let now = 0; now <= 100_000; now++) {
      Foreign.settle(foreign, bucket, now)
      if (Bucket.charge(bucket, now)) ours++
    }
    assert.approximately(foreign.taken, 600, 1)
    assert.approximately(ours, 20 + 0.7 * 2000, 2)
  })

  it("loses what is refused when it is a page", () => {
    const bucket = Bucket.make(20, 1000, 0)
    const plan = { kind: "page", requests: 6, everyMillis: 1000, startMillis: 500 } as const
    const foreign = Foreign.make(plan, bucket, 0)
    for (let i = 0; i < 20; i++) Bucket.charge(bucket, 500)
    Foreign.settle(foreign, bucket, 500)
    assert.deepStrictEqual([foreign.taken, foreign.refused], [0, 6])
    Foreign.settle(foreign, bucket, 1500)
    assert.deepStrictEqual([foreign.taken, foreign.refused], [6, 6])
  })

  it("does what was due in between at its own time, however late it is settled", () => {
    const plan = { kind: "page", requests: 6, everyMillis: 1000, startMillis: 500 } as const
    const often = Bucket.make(7, 1000, 0)
    const rarely = Bucket.make(7, 1000, 0)
    const a = Foreign.make(plan, often, 0)
    const b = Foreign.make(plan, rarely, 0)
    for (let now = 0; now <= 5777; now++) Foreign.settle(a, often, now)
    Foreign.settle(b, rarely, 5777)
    Bucket.leak(often, 5777)
    Bucket.leak(rarely, 5777)
    assert.deepStrictEqual([a.taken, a.refused, often.level], [b.taken, b.refused, rarely.level])
  })
})
