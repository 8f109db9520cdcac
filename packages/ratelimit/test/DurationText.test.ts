import { assert, describe, it } from "@effect/vitest"
import { DurationText } from "@effect-frameio/ratelimit"
import { FastCheck } from "effect"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe("DurationText", () => {
  it("says how long something takes in its two largest units", () => {
    for (const [millis, said] of [
      [0, "0 ms"],
      [249.6, "250 ms"],
      [999.7, "1 s"],
      [4240, "4.2 s"],
      [59_949, "59.9 s"],
      [59_950, "1 min"],
      [65 * SECOND, "1 min 5 s"],
      [HOUR - 1, "1 h"],
      [90 * MINUTE, "1 h 30 min"],
      [DAY - 1, "1 d"],
      [3 * DAY + 4 * HOUR, "3 d 4 h"]
    ] as const) {
      assert.strictEqual(DurationText.words(millis), said)
    }
  })

  it.prop(
    "is never off by more than half of its smaller unit",
    [FastCheck.double({ min: 0, max: 400 * DAY, noNaN: true })],
    ([millis]) => {
      const units: Readonly<Record<string, number>> = { ms: 1, s: SECOND, min: MINUTE, h: HOUR, d: DAY }
      const off: Readonly<Record<string, number>> = { ms: 0.5, s: 500, min: 30 * SECOND, h: 30 * MINUTE, d: 12 * HOUR }
      const parts = [...DurationText.words(millis).matchAll(/([\d.]+) (ms|s|min|h|d)/g)]
      const sum = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? Number.NaN), 0)
      assert.isAtMost(Math.abs(sum - millis), off[parts.at(-1)?.[2] ?? ""] ?? Number.NaN)
    }
  )

  it("counts down in whole seconds, never below none", () => {
    for (const [millis, said] of [
      [0, "0:00"],
      [-5, "0:00"],
      [59_001, "1:00"],
      [65_000, "1:05"],
      [3_661_000, "1:01:01"]
    ] as const) {
      assert.strictEqual(DurationText.clock(millis), said)
    }
  })
})
