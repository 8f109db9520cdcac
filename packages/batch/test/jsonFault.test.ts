import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { find, nameTwice } from "../src/internal/plan/jsonFault.js"

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
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`
    assert.isUndefined(find(deep))
    assert.strictEqual(nameTwice(`{"a":1,"a":${deep}}`, JSON.parse(`{"a":${deep}}`))?.column, 8)
  })
})
