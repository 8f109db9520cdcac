import { assert, describe, it } from "@effect/vitest"
import { FaultPlan } from "@effect-frameio/testing"

const request = (
  sequence: number,
  endpoint: FaultPlan.EndpointName = "assets.version",
  ofEndpoint = sequence
): FaultPlan.RequestInfo => ({
  sequence,
  ofEndpoint,
  elapsedMillis: 0,
  method: "POST",
  url: "/v2",
  endpoint
})

const fates = (plan: FaultPlan.FaultPlan, count: number) =>
  Array.from({ length: count }, (_, sequence) => plan.decide(request(sequence)))

describe("FaultPlan", () => {
  it("takes no name that no endpoint has", () => {
    // @ts-expect-error: it would never happen, and a test pass that should not
    FaultPlan.nth("assets.verison", 0, { _tag: "AnswerLost" })
    // @ts-expect-error: likewise
    FaultPlan.random({ seed: 1, endpoints: ["asset.get"], answerLost: 1 })
    // @ts-expect-error: likewise
    FaultPlan.when((request) => request.endpoint === "assets.moved", { _tag: "AnswerLost" })
    const plan = FaultPlan.nth("files.move", 0, { _tag: "AnswerLost" })
    assert.strictEqual(plan.decide(request(0, "files.move", 0)).fault?._tag, "AnswerLost")
  })

  it("random: the same seed gives the same fates, another seed others, and the odds are right", () => {
    const odds = { answerLost: 0.1, errorBefore: 0.05, headersMissing: 0.2, headersMalformed: 0.1 }
    const one = fates(FaultPlan.random({ seed: 1, ...odds }), 20_000)
    assert.deepStrictEqual(one, fates(FaultPlan.random({ seed: 1, ...odds }), 20_000))
    assert.notDeepEqual(one, fates(FaultPlan.random({ seed: 2, ...odds }), 20_000))
    const share = (test: (fate: FaultPlan.Fate) => boolean) => one.filter(test).length / one.length
    assert.closeTo(
      share((fate) => fate.fault?._tag === "AnswerLost"),
      0.1,
      0.01
    )
    assert.closeTo(
      share((fate) => fate.fault?._tag === "ErrorBefore"),
      0.05,
      0.01
    )
    assert.closeTo(
      share((fate) => fate.headers === "missing"),
      0.2,
      0.01
    )
    assert.closeTo(
      share((fate) => typeof fate.headers === "object"),
      0.1,
      0.01
    )
    assert.closeTo(
      share((fate) => fate.fault === undefined),
      0.85,
      0.01
    )
  })

  it("random: only at the endpoints that are named", () => {
    const plan = FaultPlan.random({ seed: 1, answerLost: 1, endpoints: ["assets.version"] })
    assert.strictEqual(plan.decide(request(0)).fault?._tag, "AnswerLost")
    assert.isUndefined(plan.decide(request(0, "assets.get")).fault)
  })

  it("latency: within its bounds, both ways of their own, never negative", () => {
    const all = fates(FaultPlan.latency({ millis: 20, jitterMillis: 10, seed: 3 }), 5000)
    for (const { answerMillis = -1, requestMillis = -1 } of all) {
      assert.isTrue(requestMillis >= 5 && requestMillis <= 15 && answerMillis >= 5 && answerMillis <= 15)
    }
    const mean = all.reduce((sum, fate) => sum + (fate.requestMillis ?? 0) + (fate.answerMillis ?? 0), 0) / all.length
    assert.closeTo(mean, 20, 0.3)
    assert.isAtLeast(
      Math.min(
        ...fates(FaultPlan.latency({ millis: 5, jitterMillis: 50 }), 500).map((fate) => fate.requestMillis ?? -1)
      ),
      0
    )
    assert.deepStrictEqual(fates(FaultPlan.latency({ millis: 30 }), 1), [{ requestMillis: 15, answerMillis: 15 }])
  })

  it("nth goes by the requests to its endpoint, and the first plan that says something decides", () => {
    const plan = FaultPlan.combine(
      FaultPlan.when(({ sequence }) => sequence === 0, { _tag: "ErrorBefore" }),
      FaultPlan.nth("assets.version", [0, 2], { _tag: "AnswerLost" }),
      FaultPlan.latency({ millis: 10 })
    )
    const seen = [
      request(0, "assets.version", 0),
      request(1, "assets.get", 0),
      request(2, "assets.version", 1),
      request(3, "assets.version", 2)
    ].map(plan.decide)
    assert.deepStrictEqual(
      seen.map((fate) => fate.fault?._tag),
      ["ErrorBefore", undefined, undefined, "AnswerLost"]
    )
    assert.isTrue(seen.every((fate) => fate.requestMillis === 5))
  })

  it("make: whatever the function says, and nothing where it says nothing", () => {
    const plan = FaultPlan.make(({ sequence }) => (sequence === 1 ? { headers: "missing" } : undefined))
    assert.deepStrictEqual(fates(plan, 2), [{}, { headers: "missing" }])
  })
})
