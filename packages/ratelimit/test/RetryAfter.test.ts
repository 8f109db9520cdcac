import { assert, describe, it } from "@effect/vitest"
import { RetryAfter } from "@effect-frameio/ratelimit"

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)
const read = (value: string, date?: string) =>
  RetryAfter.fromHeaders({ "retry-after": value, ...(date === undefined ? {} : { date }) }, NOW)

describe("RetryAfter", () => {
  it("reads seconds, with a fraction or without", () => {
    assert.strictEqual(read("7"), 7000)
    assert.strictEqual(read(" 1.5 "), 1500)
    assert.strictEqual(read("0"), 0)
    assert.isUndefined(RetryAfter.fromHeaders({}, NOW))
  })

  it("takes the longest of a list, of numbers and dates alike", () => {
    assert.strictEqual(read("2, 2"), 2000)
    assert.strictEqual(read("2,5 , 3"), 5000)
    assert.strictEqual(read("Fri, 27 Nov 2026 12:00:10 GMT, Fri, 27 Nov 2026 12:00:20 GMT"), 20_000)
    assert.strictEqual(read("3, Fri, 27 Nov 2026 12:00:20 GMT"), 20_000)
    assert.strictEqual(read("soon, 3"), 3000)
  })

  it("reads the three dates of HTTP, all of them as UTC", () => {
    assert.strictEqual(read("Fri, 27 Nov 2026 12:01:00 GMT"), 60_000)
    assert.strictEqual(read("Friday, 27-Nov-26 12:01:00 GMT"), 60_000)
    assert.strictEqual(read("Fri Nov 27 12:01:00 2026"), 60_000)
    assert.strictEqual(read("Tue Dec  1 12:00:00 2026", "Tue Dec  1 11:59:58 2026"), 2000)
  })

  it("counts a date from the answer's own date, whatever the clock here says", () => {
    assert.strictEqual(read("Fri, 27 Nov 2026 09:00:30 GMT", "Fri, 27 Nov 2026 09:00:00 GMT"), 30_000)
    assert.strictEqual(read("Sat, 27 Nov 1999 09:00:30 GMT", "Sat, 27 Nov 1999 09:00:00 GMT"), 30_000)
    assert.strictEqual(read("Fri, 27 Nov 2026 12:00:30 GMT", "yesterday"), 30_000)
  })

  it("never answers less than nothing or more than a day", () => {
    assert.strictEqual(read("Fri, 27 Nov 2020 12:00:00 GMT"), 0)
    assert.strictEqual(read("Sat, 27 Nov 2027 12:00:00 GMT"), 86_400_000)
    assert.strictEqual(read("31536000"), 86_400_000)
  })

  it("believes nothing else", () => {
    for (const value of ["", "-1", "1e3", "Infinity", "soon", "Sep 2027", "Fri, 31 Feb 2027 12:00:00 GMT"]) {
      assert.isUndefined(read(value), value)
    }
    assert.isUndefined(read("Fri, 27 Nov 2026 12:61:00 CET"))
    assert.isUndefined(read("Fri, 27 Foo 2026 12:00:00 GMT"))
  })
})
