import { assert, describe, it } from "@effect/vitest"
import { Text } from "@effect-frameio/cli"
import { FastCheck } from "effect"

describe("Text", () => {
  it("knows how wide names are", () => {
    for (const [text, columns] of [
      ["shot_010", 8],
      ["ショット", 8],
      ["é", 1],
      [Text.styled("red", "ab"), 2],
      ["", 0]
    ] as const) {
      assert.strictEqual(Text.width(text), columns, text)
    }
    assert.strictEqual(Text.width("e\u0301"), 1)
  })

  it("cuts in the middle, so that shot and version are seen", () => {
    assert.strictEqual(Text.shortened("AGM_104_065_010_comp_NFX_v001.mov", 20), "AGM_104_06…_v001.mov")
    assert.strictEqual(Text.shortened("a.mov", 20), "a.mov")
  })

  it.prop(
    "breaks at words, loses none, and is never wider",
    [
      FastCheck.array(FastCheck.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
      FastCheck.integer({ min: 12, max: 80 })
    ],
    ([words, columns]) => {
      const lines = Text.wrapped(words.join(" "), columns)
      assert.strictEqual(lines.join(" "), words.join(" "))
      for (const line of lines) assert.isAtMost(Text.width(line), columns)
    }
  )

  it.prop("lets nothing through that a terminal acts on", [FastCheck.string({ unit: "binary" })], ([text]) => {
    assert.notMatch(Text.visible(text).replace(/[\n\t\u200d]/g, ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })
})
