import { assert, describe, it } from "@effect/vitest"
import { RateLimiter } from "@effect-frameio/testing"
import { FastCheck } from "effect"

const make = (limit: number, windowMillis: number, options?: RateLimiter.Options) =>
  RateLimiter.make({ limits: { "assets.version": { limit, windowMillis } }, defaultUserId: "u", ...options })

const take = (limiter: RateLimiter.RateLimiter, now: number, user = "u") => limiter.take(user, "assets.version", now)

describe("RateLimiter", () => {
  for (const [limit, windowMillis, cost, burst, remaining] of [
    [5, 1000, 200, 5, [4, 3, 2, 1, 0]],
    [10, 1000, 100, 10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    [40, 60_000, 1500, 40, undefined],
    [100, 60_000, 600, 100, undefined],
    [200, 60_000, 300, 200, undefined],
    [7, 1000, 143, 6, [6, 5, 4, 3, 2, 1]],
    [300, 1000, 3, 333, undefined],
    [15, 1000, 67, 14, undefined]
  ] as const) {
    it(`${limit} per ${windowMillis} ms: cost ${cost}, burst ${burst}`, () => {
      const limiter = make(limit, windowMillis)
      const seen: Array<number> = []
      for (;;) {
        const decision = take(limiter, 50)
        if (!decision.admitted) {
          assert.strictEqual(decision.remaining, limit, "a refusal reports the figure of an empty bucket")
          break
        }
        seen.push(decision.remaining)
      }
      assert.strictEqual(seen.length, burst)
      assert.strictEqual(seen[0], limit - 1)
      if (remaining !== undefined) assert.deepStrictEqual(seen, [...remaining])
      assert.strictEqual(RateLimiter.costOf({ limit, windowMillis }), cost)
      assert.strictEqual(RateLimiter.burstOf({ limit, windowMillis }), burst)
    })
  }

  it("remaining 1 does not promise admission", () => {
    const limiter = make(5, 1000)
    for (let n = 0; n < 4; n++) take(limiter, 0)
    assert.deepInclude(take(limiter, 110), { admitted: true, remaining: 1 })
    assert.isFalse(take(limiter, 110).admitted)
  })

  it("after the burst exactly one per cost, a ms earlier is refused and costs nothing", () => {
    const limiter = make(7, 1000)
    let now = 0
    while (take(limiter, now).admitted);
    for (let n = 0; n < 50; n++) {
      now += n === 0 ? 1 : 143
      if (n === 0) {
        // 6 × 143 = 858 of 1000 are used; the next needs 1 ms more than there is.
        assert.isTrue(take(limiter, now).admitted)
        continue
      }
      assert.isFalse(take(limiter, now - 1).admitted)
      assert.isTrue(take(limiter, now).admitted)
    }
  })

  it("counts whole ms, and does not run backwards", () => {
    const limiter = make(5, 1000)
    take(limiter, 100.9)
    assert.strictEqual(limiter.levelOf("u", "assets.version", 101.2), 199)
    assert.strictEqual(limiter.levelOf("u", "assets.version", 50), 199)
  })

  it("keeps users and endpoints apart, and falls back to *", () => {
    const limiter = RateLimiter.make({ limits: { "*": { limit: 1, windowMillis: 1000 } } })
    assert.isTrue(limiter.take("a", "assets.version", 0).admitted)
    assert.isFalse(limiter.take("a", "assets.version", 0).admitted)
    assert.isTrue(limiter.take("a", "assets.get", 0).admitted)
    assert.isTrue(limiter.take("b", "assets.version", 0).admitted)
    assert.deepStrictEqual(RateLimiter.make().limitOf("assets.version"), { limit: 10, windowMillis: 1000 })
    assert.deepStrictEqual(RateLimiter.make().limitOf("assets.children"), { limit: 40, windowMillis: 60_000 })
  })

  it("unlimited means every endpoint, and no headers", () => {
    const limiter = RateLimiter.make({ limits: RateLimiter.unlimited })
    for (const endpoint of ["assets.version", "assets.get", "assets.children"]) {
      for (let n = 0; n < 100; n++) {
        assert.deepInclude(limiter.take("u", endpoint, 0), { admitted: true, limit: undefined })
      }
    }
  })

  it("a limit that is none is refused", () => {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => make(limit, 1000), /whole and at least 1/)
      assert.throws(() => make(1000, limit), /whole and at least 1/)
    }
  })

  it("a new limit counts from the next request on, the level stays", () => {
    const limiter = make(5, 1000)
    for (let n = 0; n < 5; n++) take(limiter, 0)
    limiter.setLimit("assets.version", { limit: 10, windowMillis: 2000 })
    assert.deepInclude(take(limiter, 0), { admitted: true, remaining: 4 })
  })

  it("charge fills the bucket for somebody else", () => {
    const limiter = make(7, 1000)
    assert.strictEqual(limiter.charge("u", "assets.version", 0, 1000), 6)
    assert.isFalse(take(limiter, 0).admitted)
  })

  it("never admits more than the burst and one per cost in any span, whatever comes when", () => {
    void FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 1000 }),
        FastCheck.integer({ min: 100, max: 60_000 }),
        FastCheck.array(FastCheck.nat(2000), { maxLength: 300 }),
        (limit, windowMillis, gaps) => {
          const limiter = make(limit, windowMillis)
          const cost = RateLimiter.costOf({ limit, windowMillis })
          FastCheck.pre(cost > 0)
          const admitted: Array<number> = []
          let now = 0
          for (const gap of gaps) {
            now += gap % 7 === 0 ? gap : gap % 5
            if (take(limiter, now).admitted) admitted.push(now)
          }
          for (let from = 0; from < admitted.length; from += 13) {
            for (let to = from; to < admitted.length; to += 7) {
              const span = (admitted[to] ?? 0) - (admitted[from] ?? 0)
              assert.isAtMost((to - from + 1) * cost, windowMillis + span)
            }
          }
        }
      ),
      { numRuns: 300 }
    )
  })
})

describe("RateLimiter: somebody else", () => {
  it("bursts arrive in time, are refused like anybody, and lost", () => {
    const limiter = make(20, 1000, { foreign: [{ endpoint: "assets.version", burst: 6, everyMillis: 1000 }] })
    assert.strictEqual(limiter.levelOf("u", "assets.version", 0), 300)
    assert.strictEqual(limiter.levelOf("u", "assets.version", 999), 0)
    assert.strictEqual(limiter.levelOf("u", "assets.version", 1000), 300)
    limiter.charge("u", "assets.version", 1990, 1000)
    assert.deepStrictEqual(limiter.foreignCounts(2000), [{ sent: 18, refused: 6, waiting: 0 }])
  })

  it("who insists gets his share, whoever else there is", () => {
    const limiter = make(20, 1000, {
      foreign: [RateLimiter.steady({ endpoint: "assets.version", perSecond: 6, insists: true })]
    })
    let mine = 0
    for (let now = 0; now < 60_000; now++) while (take(limiter, now).admitted) mine++
    const [theirs] = limiter.foreignCounts(60_000)
    assert(theirs)
    assert.isAtLeast(theirs.sent - theirs.waiting, 359)
    assert.isAtLeast(theirs.refused, 1)
    assert.closeTo(mine + theirs.sent - theirs.waiting, 1220, 2)
  })

  it("comes from and until the times that are given, also while nobody looks", () => {
    const limiter = make(20, 1000, {
      startMillis: 10_000,
      foreign: [{ endpoint: "assets.version", burst: 2, everyMillis: 500, fromMillis: 1000, untilMillis: 2000 }]
    })
    assert.deepStrictEqual(limiter.foreignCounts(10_999), [{ sent: 0, refused: 0, waiting: 0 }])
    assert.deepStrictEqual(limiter.foreignCounts(60_000), [{ sent: 4, refused: 0, waiting: 0 }])
  })

  it("is on the bucket of one user only", () => {
    const limiter = make(20, 1000, {
      foreign: [{ endpoint: "assets.version", userId: "x", burst: 20, everyMillis: 1000 }]
    })
    assert.isTrue(take(limiter, 0).admitted)
    assert.isFalse(take(limiter, 0, "x").admitted)
  })
})
