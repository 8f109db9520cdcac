import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Text from "../src/Text.js"

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
    assert.notMatch(Text.visible(text).replace(/[\n\t\u200c\u200d]/g, ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  })

  it("links to Frame.io where the terminal can, and to nowhere else", () => {
    const address = "https://app.frame.io/player/0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"
    const linked = Text.linked(address, "shot_010")
    assert.strictEqual(Text.painted(linked, false), "shot_010")
    assert.strictEqual(Text.painted(linked, false, true), `\u001b]8;;${address}\u001b\\shot_010\u001b]8;;\u001b\\`)
    assert.strictEqual(Text.width(linked), 8)
    const elsewhere = Text.painted(Text.linked("https://frame.io.example.com/", "shot_010"), true, true)
    assert.strictEqual(elsewhere, "shot_010")
    const traits = (variables: Record<string, string>) => Text.traits((name) => variables[name] ?? "").links
    assert.isTrue(traits({ TERM: "xterm-256color", VTE_VERSION: "7600" }))
    assert.isFalse(traits({ TERM: "xterm-256color" }))
    assert.isFalse(traits({ TERM: "xterm-256color", VTE_VERSION: "7600", NO_COLOR: "1" }))
  })
})
