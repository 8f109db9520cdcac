import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { find } from "../src/internal/plan/jsonFault.js"

const sound = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe("jsonFault", () => {
  it.prop(
    "agrees with the engine on what is JSON, however it was mutilated",
    [
      FastCheck.json(),
      FastCheck.nat(),
      FastCheck.constantFrom("", '"', "{", "}", ",", ":", "\\", "\\u00", "0", "-", "e", "x", "\n", "nul")
    ],
    ([json, at, put]) => {
      const text = `${json.slice(0, at % (json.length + 1))}${put}${json.slice((at % (json.length + 1)) + (at % 3))}`
      const fault = find(text)
      assert.strictEqual(fault === undefined, sound(text), text)
      if (fault !== undefined) assert.isTrue(fault.column >= 1 && fault.column <= text.length + 1)
    },
    { fastCheck: { numRuns: 5000 } }
  )

  it("does not overflow the stack", () => {
    assert.strictEqual(find("[".repeat(200_000))?.column, 200_001)
  })
})
