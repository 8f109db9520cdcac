import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as PartPlan from "../src/internal/partPlan.js"

describe("PartPlan", () => {
  it("gives each part ceil(filesize / count) bytes, and the last what is left", () => {
    assert.deepStrictEqual(PartPlan.split(10, 3), [
      { number: 1, offset: 0, length: 4 },
      { number: 2, offset: 4, length: 4 },
      { number: 3, offset: 8, length: 2 }
    ])
  })

  it("puts parts of given sizes one behind the other", () => {
    assert.deepStrictEqual(PartPlan.ofSizes([3, 0, 4]), [
      { number: 1, offset: 0, length: 3 },
      { number: 2, offset: 3, length: 0 },
      { number: 3, offset: 3, length: 4 }
    ])
    assert.deepStrictEqual(
      PartPlan.ofSizes(PartPlan.split(10_001, 7).map(({ length }) => length)),
      PartPlan.split(10_001, 7)
    )
  })

  it("leaves nothing to URLs that are too many", () => {
    assert.deepStrictEqual(
      PartPlan.split(10, 6).map((part) => part.length),
      [2, 2, 2, 2, 2, 0]
    )
    assert.deepStrictEqual(
      PartPlan.split(1, 3).map((part) => [part.offset, part.length]),
      [
        [0, 1],
        [1, 0],
        [1, 0]
      ]
    )
  })

  it("divides nothing into nothing", () => {
    assert.deepStrictEqual(PartPlan.split(0, 1), [{ number: 1, offset: 0, length: 0 }])
  })

  it.prop(
    "covers the file exactly once, in order, in equal parts, up to 5 TiB",
    [FastCheck.maxSafeNat().map((n) => n % (5 * 1024 ** 4 + 1)), FastCheck.integer({ min: 1, max: 10_000 })],
    ([filesize, count]) => {
      const parts = PartPlan.split(filesize, count)
      assert.strictEqual(parts.length, count)
      const size = Number((BigInt(filesize) + BigInt(count) - 1n) / BigInt(count))
      let at = 0
      const wrong = parts.find((part, index) => {
        const follows = part.number === index + 1 && part.offset === at
        at += part.length
        return !follows || (at < filesize && part.length !== size)
      })
      assert.isUndefined(wrong)
      assert.strictEqual(at, filesize)
    },
    { fastCheck: { numRuns: 200 } }
  )
})
