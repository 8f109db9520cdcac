import { assert, describe, it } from "@effect/vitest"
import { RateLimitHeaders } from "@effect-frameio/ratelimit"

const parse = (limit: string, windowMillis: string, remaining: string) =>
  RateLimitHeaders.parse({
    "x-ratelimit-limit": limit,
    "x-ratelimit-window": windowMillis,
    "x-ratelimit-remaining": remaining
  })

describe("RateLimitHeaders", () => {
  it("reads whole numbers, and one that came twice", () => {
    const headers = { limit: 20, windowMillis: 1000, remaining: 7 }
    assert.deepStrictEqual(parse("20", "1000", "7"), { headers, malformed: [] })
    assert.deepStrictEqual(parse("20.0", " 1000", "7 "), { headers, malformed: [] })
    assert.deepStrictEqual(parse("20, 20", "1000,1000", "7, 7"), { headers, malformed: [] })
  })

  it("believes none of them where more is left than there is: one is wrong, and nothing says which", () => {
    for (const [limit, remaining] of [
      ["20", "100"],
      ["7", "20"],
      ["20", "21"]
    ] as const) {
      const { headers, malformed } = parse(limit, "1000", remaining)
      assert.isUndefined(headers)
      assert.deepStrictEqual(malformed, [{ header: "x-ratelimit-remaining", value: remaining }])
    }
    assert.strictEqual(parse("20", "1000", "20").headers?.remaining, 20)
  })

  it("does not believe what came twice with two values", () => {
    const { headers, malformed } = parse("20, 30", "1000", "7")
    assert.isUndefined(headers)
    assert.deepStrictEqual(malformed, [{ header: "x-ratelimit-limit", value: "20, 30" }])
  })
})
