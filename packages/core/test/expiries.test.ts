import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Expiries from "../src/internal/expiries.js"

interface Waiter {
  readonly at: number
  here: boolean
}

describe("expiries", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 40 }) }) },
    { weight: 3, arbitrary: fc.record({ leave: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ due: fc.integer({ min: 0, max: 12 }) }) }
  )

  it.prop(
    "give what is due, earliest first, and nothing that has left, whatever the order in which it came",
    [fc.array(step, { maxLength: 200 }), fc.boolean()],
    ([steps, equallyLong]) => {
      const expiries = Expiries.make<Waiter>((waiter) => waiter.here)
      let model: Array<Waiter> = []
      let now = 0
      for (const one of steps) {
        if ("add" in one) {
          // Mostly in the order in which they expire, as in life, or in any.
          const waiter = { at: now + (equallyLong && one.add > 2 ? 20 : one.add), here: true }
          expiries.add(waiter.at, waiter)
          model.push(waiter)
        } else if ("leave" in one) {
          const waiter = model[one.leave % Math.max(1, model.length)]
          if (waiter !== undefined) waiter.here = false
          model = model.filter((other) => other.here)
        } else {
          now += one.due
          const due = expiries.due(now).map((waiter) => waiter.at)
          const expected = model.filter((waiter) => waiter.at <= now).map((waiter) => waiter.at)
          assert.deepStrictEqual(
            due,
            expected.sort((a, b) => a - b)
          )
          model = model.filter((waiter) => waiter.at > now)
        }
        const earliest = model.length === 0 ? undefined : Math.min(...model.map((waiter) => waiter.at))
        assert.strictEqual(expiries.peek()?.at, earliest)
      }
    }
  )

  it("keep their order when those that left are cleared away", () => {
    const expiries = Expiries.make<Waiter>((waiter) => waiter.here)
    const waiters = Array.from({ length: 5000 }, (_, i) => ({ at: i % 7 === 0 ? i - 50 : i, here: true }))
    for (const waiter of waiters) {
      expiries.add(waiter.at, waiter)
      if (waiter.at % 3 !== 0) waiter.here = false
    }
    const left = waiters.filter((waiter) => waiter.here).map((waiter) => waiter.at)
    assert.deepStrictEqual(
      expiries.due(Number.POSITIVE_INFINITY).map((waiter) => waiter.at),
      left.sort((a, b) => a - b)
    )
    assert.isUndefined(expiries.peek())
  })
})
