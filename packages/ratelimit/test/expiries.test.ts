import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Expiries from "../src/internal/expiries.js"

interface Waiter extends Expiries.Expiring<Waiter> {}

const waiterUntil = (expiresAt: number): Waiter => ({
  expiresAt,
  sooner: undefined,
  later: undefined,
  heapIndex: Expiries.NOT_IN_HEAP
})

/** Takes out all that are due. */
const takeDue = (expiries: Expiries.Expiries<Waiter>, now: number): ReadonlyArray<number> => {
  const due: Array<number> = []
  for (let first = expiries.peek(); first !== undefined && first.expiresAt <= now; first = expiries.peek()) {
    due.push(first.expiresAt)
    expiries.remove(first)
  }
  return due
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
          if (waiter === undefined) continue
          expiries.remove(waiter)
          // Whoever left may be told so again.
          expiries.remove(waiter)
          assert.deepStrictEqual(waiter, waiterUntil(waiter.expiresAt), "it holds nobody")
          model = model.filter((other) => other !== waiter)
        } else {
          now += one.due
          const due = takeDue(expiries, now)
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

  it("keep their order, whichever of many leave", () => {
    const expiries = Expiries.make<Waiter>()
    const waiters = Array.from({ length: 5000 }, (_, i) => waiterUntil(i % 7 === 0 ? i - 50 : i))
    for (const waiter of waiters) expiries.add(waiter)
    const left = waiters.filter((waiter) => waiter.expiresAt % 3 === 0)
    for (const waiter of waiters) if (!left.includes(waiter)) expiries.remove(waiter)
    assert.deepStrictEqual(
      takeDue(expiries, Number.POSITIVE_INFINITY),
      left.map((waiter) => waiter.expiresAt).sort((a, b) => a - b)
    )
    assert.isUndefined(expiries.peek())
  })
})
