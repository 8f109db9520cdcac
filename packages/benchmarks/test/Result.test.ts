import { assert, describe, it } from "@effect/vitest"
import type { ServerReport, WorkerReport } from "../src/Protocol.js"
import * as Result from "../src/Result.js"
import * as Scenario from "../src/Scenario.js"

const scenario = (id: string): Scenario.Scenario => {
  const found = Scenario.all.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no scenario ${id}`)
  return found
}

const server: ServerReport = {
  admitted: 150,
  refused: 15,
  foreignTaken: 9,
  foreignRefused: 3,
  first: 1000,
  lastSuccess: 1000 + 6520 * 1.5,
  urgent: {}
}

const worker: WorkerReport = { failed: 0, reason: undefined, elapsedMillis: 1, cpuMicros: 1, urgent: {} }

const finished = (run: Result.Run): Extract<Result.Run, { readonly finished: true }> => {
  if (!run.finished) throw new Error(run.reason)
  return run
}

describe("Result", () => {
  it("judges by the server's times and counts", () => {
    const run = finished(Result.judge(scenario("S1"), server, [worker]))
    assert.approximately(run.ratio, 1.5, 1e-9)
    assert.approximately(run.refusedPerJob, 0.1, 1e-9)
    assert.approximately(run.foreignRefused, 0.25, 1e-9)
    assert.approximately(run.foreignShare, (9 * 50) / 9780, 1e-9)
  })

  it("counts urgent calls as jobs, and their wait up to the attempt that succeeded", () => {
    const run = finished(
      Result.judge(scenario("C2"), { ...server, lastSuccess: 1000 + 9050, urgent: { a: 17, b: 40 } }, [
        { ...worker, urgent: { a: 10, b: 20 } }
      ])
    )
    assert.deepStrictEqual(run.urgentWaits, [7, 20])
    assert.approximately(run.ratio, 1, 1e-9)
  })

  it("does not call a run finished in which calls were given up, or none succeeded", () => {
    const gaveUp = { ...worker, failed: 2, reason: "429" }
    assert.deepStrictEqual(Result.judge(scenario("S6"), server, [gaveUp, gaveUp]), {
      finished: false,
      reason: "4 of 150 calls given up after 15 times 429: 429"
    })
    assert.isFalse(Result.judge(scenario("S6"), { ...server, lastSuccess: Number.NaN }, [worker]).finished)
  })

  it("summarises with medians, and keeps the runs that did not finish apart", () => {
    const run = finished(Result.judge(scenario("S1"), server, [worker]))
    const summary = Result.summarise([
      { ...run, ratio: 1.3, urgentWaits: [5] },
      { finished: false, reason: "too slow" },
      { ...run, ratio: 1.1, urgentWaits: [1, 9] },
      { ...run, ratio: 1.2 }
    ])
    assert.strictEqual(summary.ratio, 1.2)
    assert.deepStrictEqual([summary.lowest, summary.highest], [1.1, 1.3])
    assert.deepStrictEqual(summary.unfinished, ["too slow"])
    assert.deepStrictEqual([summary.urgentMedian, summary.urgentLongest], [5, 9])
  })
})
