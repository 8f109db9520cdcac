import { assert, describe, it } from "@effect/vitest"
import type { BatchEvent } from "@effect-frameio/batch"
import { FrameioError } from "@effect-frameio/core"
import { DateTime, FastCheck } from "effect"
import * as ProgressBar from "../src/ProgressBar.js"
import * as Text from "../src/Text.js"

const at = DateTime.unsafeMake(0)
const planned = (links: number): BatchEvent.BatchEvent => ({
  _tag: "Planned",
  at,
  job: "batch",
  links,
  chains: links,
  before: 0,
  failedBefore: 0,
  skippedBefore: 0
})
const link = (line: number) => ({ at, chain: line, line, assetId: "a", nextAssetId: "b" })
const confirmed = (line: number): BatchEvent.BatchEvent => ({
  _tag: "Confirmed",
  ...link(line),
  stackId: null,
  how: "answered"
})
const failed = (line: number): BatchEvent.BatchEvent => ({
  _tag: "Failed",
  ...link(line),
  error: new FrameioError.NotFound({}),
  message: "gone"
})

const progressOf = (events: ReadonlyArray<readonly [number, BatchEvent.BatchEvent]>) =>
  events.reduce((progress, [now, event]) => ProgressBar.add(progress, event, now), ProgressBar.empty)

const budget = { limit: 20, windowMillis: 1000, free: 7, hold: undefined }

describe("ProgressBar", () => {
  it("shows done and failed, rate, limit and the time left", () => {
    const progress = progressOf([
      [0, planned(100)],
      ...Array.from({ length: 20 }, (_, n) => [n * 50, confirmed(n)] as const),
      [1000, failed(20)]
    ])
    const line = ProgressBar.render(progress, { now: 1000, columns: 100, budget })
    assert.match(Text.painted(line, false), /^█+░+ {2}21\/100 {2}1 failed {2}21\.0\/s {2}limit 20\/s {2}0:04 left$/)
  })

  it("says who waits for something else, and for how long", () => {
    const waiting: BatchEvent.BatchEvent = { _tag: "Waiting", ...link(1), reason: "x", millis: 30_000 }
    const progress = progressOf([
      [0, planned(4)],
      [0, waiting]
    ])
    const line = ProgressBar.render(progress, { now: 5000, columns: 100, budget: undefined })
    assert.include(line, "1 waiting 0:25")
    const over = ProgressBar.add(progress, confirmed(1), 6000)
    assert.notInclude(ProgressBar.render(over, { now: 6000, columns: 100, budget: undefined }), "waiting")
  })

  it("takes the rate from what came last, not from the burst", () => {
    const progress = progressOf([
      [0, planned(1000)],
      ...Array.from({ length: 100 }, (_, n) => [10, confirmed(n)] as const),
      ...Array.from({ length: 100 }, (_, n) => [10 + (n + 1) * 100, confirmed(100 + n)] as const)
    ])
    assert.closeTo(ProgressBar.rate(progress, 10_010) ?? 0, 10, 0.5)
  })

  it.prop(
    "never fills more than its line, whatever happens",
    [
      FastCheck.integer({ min: 0, max: 50 }),
      FastCheck.array(FastCheck.boolean(), { maxLength: 60 }),
      FastCheck.integer({ min: 1, max: 200 }),
      FastCheck.boolean()
    ],
    ([links, outcomes, columns, known]) => {
      const progress = progressOf([
        [0, planned(links)],
        ...outcomes.map((ok, n) => [n * 10, ok ? confirmed(n) : failed(n)] as const)
      ])
      const line = ProgressBar.render(progress, {
        now: 600,
        columns,
        budget: known ? budget : undefined,
        stopping: known
      })
      assert.isBelow(Text.width(line), Math.max(columns, 1))
      assert.notMatch(line, /NaN|Infinity|undefined/)
    }
  )

  it("counts what was not sent as not done, and cuts nothing at 40 columns", () => {
    const unsent = (line: number): BatchEvent.BatchEvent => ({
      _tag: "Skipped",
      ...link(line),
      why: "stopped",
      reason: "x",
      because: null
    })
    const progress = progressOf([
      [0, planned(1000)],
      ...Array.from({ length: 537 }, (_, n) => [n * 10, confirmed(n)] as const),
      ...Array.from({ length: 463 }, (_, n) => [5370, unsent(537 + n)] as const)
    ])
    for (const [columns, text] of [
      [40, "537/1000  stopping"],
      [80, "537/1000  stopping; Ctrl-C again to leave at once"],
      [200, "537/1000  stopping; Ctrl-C again to leave at once"]
    ] as const) {
      const line = Text.painted(ProgressBar.render(progress, { now: 5400, columns, budget, stopping: true }), false)
      assert.isTrue(line.endsWith(`  ${text}`), line)
      const bar = line.slice(0, line.indexOf("  "))
      assert.strictEqual([...bar].filter((one) => one === "█").length, Math.floor(bar.length * 0.537))
    }
  })

  it("says what it waits for where its own calls wait for nothing", () => {
    const reads = {
      route: "GET /v2/assets/:asset_id/children",
      limit: 40,
      windowMillis: 60_000,
      free: 0,
      hold: undefined,
      waiting: 12
    }
    const own = { route: "POST /v2/assets/:asset_id/version", ...budget, waiting: 0 }
    assert.strictEqual(ProgressBar.brake([own, reads], own.route), reads)
    assert.isUndefined(ProgressBar.brake([{ ...own, waiting: 1 }, reads], own.route))
    const progress = progressOf([
      [0, planned(100)],
      ...Array.from({ length: 10 }, (_, n) => [n * 1500, confirmed(n)] as const)
    ])
    const line = ProgressBar.render(progress, { now: 15_000, columns: 100, budget, brake: reads })
    assert.include(line, "reading stacks: 40 a minute  2:15 left")
    const many = ProgressBar.render(progress, { now: 15_000, columns: 100, budget, brake: { ...reads, waiting: 400 } })
    assert.include(many, "reading stacks: 40 a minute  10:00 left", "no less than those that wait take")
    const held = { ...budget, hold: { reason: "RetryAfter", leftMillis: 90_000 } as const }
    assert.include(
      ProgressBar.render(progress, { now: 15_000, columns: 100, budget: held }),
      "held for 1:30, as Frame.io asked"
    )
  })
})
