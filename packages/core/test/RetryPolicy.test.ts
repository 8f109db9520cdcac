import { assert, describe, it } from "@effect/vitest"
import { RetryPolicy } from "@effect-frameio/core"
import { FastCheck } from "effect"

const failures: ReadonlyArray<RetryPolicy.Failure> = ["Refused", "NotSent", "ServerError", "AnswerLost"]

/** Every attempt fails the same way: the delays until the policy gives up. */
const delays = (policy: RetryPolicy.RetryPolicy, failure: RetryPolicy.Failure, reads: boolean, random = 0.999999) => {
  const all: Array<number> = []
  let counted = RetryPolicy.noFailures
  for (;;) {
    counted = RetryPolicy.failed(counted, failure)
    const delay = RetryPolicy.decide(policy, { failure, reads, failures: counted, random })
    if (delay === undefined) return all
    all.push(Math.round(delay))
    assert.isBelow(all.length, 1000, "it has to end")
  }
}

describe("RetryPolicy", () => {
  it("sends a refused request again at once, and not for ever", () => {
    assert.deepStrictEqual(
      delays(RetryPolicy.defaults, "Refused", false),
      Array.from({ length: 10 }, () => 0)
    )
  })

  it("sends again what never left, after growing delays", () => {
    assert.deepStrictEqual(delays(RetryPolicy.defaults, "NotSent", false), [250, 500, 1000, 2000, 4000])
    assert.deepStrictEqual(delays(RetryPolicy.defaults, "NotSent", false, 0), [125, 250, 500, 1000, 2000])
  })

  it("sends reads again after a failed server or a lost answer, and never writes", () => {
    for (const failure of ["ServerError", "AnswerLost"] as const) {
      assert.deepStrictEqual(delays(RetryPolicy.defaults, failure, true), [250, 500, 1000])
      assert.deepStrictEqual(delays(RetryPolicy.defaults, failure, false), [])
    }
  })

  it("tells by the status what may pass", () => {
    const passing = (status: number) => RetryPolicy.failureOf(status)
    assert.strictEqual(passing(429), "Refused")
    for (const status of [408, 500, 502, 503, 504, 520, 599]) assert.strictEqual(passing(status), "ServerError")
    for (const status of [200, 204, 301, 400, 401, 403, 404, 409, 422, 425, 501, 600]) {
      assert.isUndefined(passing(status), String(status))
    }
  })

  it("caps the delay", () => {
    const policy = RetryPolicy.make({ notSentRetries: 6, baseDelay: "1 second", maxDelay: "5 seconds" })
    assert.deepStrictEqual(delays(policy, "NotSent", false), [1000, 2000, 4000, 5000, 5000, 5000])
  })

  it("can be turned off", () => {
    const never = RetryPolicy.make({ refusedRetries: 0, notSentRetries: 0, readRetries: 0 })
    for (const failure of failures) assert.deepStrictEqual(delays(never, failure, true), [])
  })

  it.prop(
    "keeps each budget apart from the others, and every delay within its bounds",
    [
      FastCheck.array(FastCheck.constantFrom(...failures)),
      FastCheck.boolean(),
      FastCheck.double({ min: 0, max: 0.999, noNaN: true })
    ],
    ([history, reads, random]) => {
      let counted = RetryPolicy.noFailures
      for (const failure of history) {
        counted = RetryPolicy.failed(counted, failure)
        const delay = RetryPolicy.decide(RetryPolicy.defaults, { failure, reads, failures: counted, random })
        if (delay !== undefined) {
          assert.isAtLeast(delay, 0)
          assert.isAtMost(delay, RetryPolicy.defaults.maxDelayMillis)
          if (failure === "ServerError" || failure === "AnswerLost") assert.isTrue(reads)
        }
      }
      const total = counted.refused + counted.notSent + counted.unanswered
      assert.strictEqual(total, history.length)
    }
  )
})
