import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Expiries from "../src/internal/expiries.js"

interface Waiter extends Expiries.Expiring<Waiter> {
  waiting: boolean
}

const waiterUntil = (expiresAt: number): Waiter => ({ expiresAt, waiting: true, nextToExpire: undefined })

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
      const expiries = Expiries.make<Waiter>()
      let model: Array<Waiter> = []
      let now = 0
      for (const one of steps) {
        if ("add" in one) {
          // Mostly in the order in which they expire, as in life, or in any.
          const waiter = waiterUntil(now + (equallyLong && one.add > 2 ? 20 : one.add))
          expiries.add(waiter)
          model.push(waiter)
        } else if ("leave" in one) {
          const waiter = model[one.leave % Math.max(1, model.length)]
          if (waiter !== undefined) waiter.waiting = false
          model = model.filter((other) => other.waiting)
        } else {
          now += one.due
          const due = expiries.due(now).map((waiter) => waiter.expiresAt)
          const expected = model.filter((waiter) => waiter.expiresAt <= now).map((waiter) => waiter.expiresAt)
          assert.deepStrictEqual(
            due,
            expected.sort((a, b) => a - b)
          )
          model = model.filter((waiter) => waiter.expiresAt > now)
        }
        const earliest = model.length === 0 ? undefined : Math.min(...model.map((waiter) => waiter.expiresAt))
        assert.strictEqual(expiries.peek()?.expiresAt, earliest)
      }
    }
  )

  it("keep their order when those that left are cleared away", () => {
    const expiries = Expiries.make<Waiter>()
    const waiters = Array.from({ length: 5000 }, (_, i) => waiterUntil(i % 7 === 0 ? i - 50 : i))
    for (const waiter of waiters) {
      expiries.add(waiter)
      if (waiter.expiresAt % 3 !== 0) waiter.waiting = false
    }
    const left = waiters.filter((waiter) => waiter.waiting).map((waiter) => waiter.expiresAt)
    assert.deepStrictEqual(
      expiries.due(Number.POSITIVE_INFINITY).map((waiter) => waiter.expiresAt),
      left.sort((a, b) => a - b)
    )
    assert.isUndefined(expiries.peek())
  })
})
