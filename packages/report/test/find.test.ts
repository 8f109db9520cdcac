import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { cutOf, excerptOf, folded, hitsIn, wordsOf } from "../src/client/find.js"
import { shares } from "../src/internal/reportFacts.js"
import { pieces } from "../src/internal/reportText.js"
import { anyText, countsOf } from "./support/report.js"

describe("find", () => {
  it.prop("marks what a word stands for, wherever it stands", [anyText, anyText, anyText], ([before, word, after]) => {
    const [first] = wordsOf(word)
    if (first === undefined) return
    const text = `${before} ${first} ${after}`
    const hits = hitsIn(text, [first])
    assert.isAbove(hits.length, 0)
    for (const { from, to } of hits) assert.include(folded(text.slice(from, to)), first)
  })

  it("finds letters in either spelling, and their places in the text as it is", () => {
    assert.deepStrictEqual(hitsIn("Caf\u0065\u0301_v1", ["é"]), [{ from: 3, to: 5 }])
    assert.deepStrictEqual(hitsIn("İx_A", ["a"]), [{ from: 3, to: 4 }])
    assert.deepStrictEqual(hitsIn("abab", ["ab", "b"]), [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 1, to: 2 },
      { from: 3, to: 4 }
    ])
  })

  it.prop("cuts a name within it, and never within a letter", [anyText], ([name]) => {
    const cut = cutOf(name, 15, [])
    assert.isTrue(cut >= 0 && cut <= name.length)
    const half = /[\ud800-\udbff]$/.test(name.slice(0, cut)) && /^[\udc00-\udfff]/.test(name.slice(cut))
    assert.isFalse(half)
  })

  it("keeps the version at the end, or the hit, in sight", () => {
    const name = "AGM_104_0010_comp_main_beauty_v004_review.mov"
    assert.strictEqual(name.slice(cutOf(name, 15, [])), "v004_review.mov")
    assert.isTrue(name.slice(cutOf(name, 15, ["main"])).startsWith("main_"))
    assert.strictEqual(name.slice(cutOf(name, 15, ["agm"])), "v004_review.mov")
    assert.strictEqual(cutOf("short.mov", 15, []), 9)
    assert.match(excerptOf(`${"x".repeat(50)} harbour night`, ["harbour"]), /^…x{14} harbour night$/)
  })
})

describe("pieces", () => {
  it.prop("cover the text once, in order", [anyText], ([text]) => {
    let end = 0
    for (const [at, piece] of pieces(text).entries()) {
      assert.strictEqual(piece.at, end)
      end = pieces(text)[at + 1]?.at ?? text.length
      if (!piece.hidden) assert.strictEqual(text.slice(piece.at, end), piece.text)
    }
    assert.strictEqual(end, text.length)
  })
})

describe("shares", () => {
  const some = FastCheck.oneof(FastCheck.constant(0), FastCheck.nat(20), FastCheck.nat(1_000_000))
  it.prop(
    "fill the bar, show whatever is there, and keep the order of what is common",
    [some, some, some],
    ([confirmed, failed, skipped]) => {
      const counts = { ...countsOf([]), confirmed, failed, skipped, total: confirmed + failed + skipped }
      const found = shares(counts)
      assert.lengthOf(found, [confirmed, failed, skipped].filter((one) => one > 0).length)
      if (counts.total > 0)
        assert.closeTo(
          found.reduce((sum, { percent }) => sum + percent, 0),
          100,
          1e-9
        )
      for (const { percent } of found) assert.isAtLeast(percent, 1)
      for (const one of found) {
        for (const other of found) {
          if (counts[one.state] > counts[other.state]) assert.isAtLeast(one.percent, other.percent - 0.1)
        }
      }
    }
  )
})
