import { assert, describe, it } from "@effect/vitest"
import * as Table from "../src/Table.js"

describe("Table", () => {
  it("is Markdown", () => {
    assert.strictEqual(Table.render(["a", "b"], [["1", "2"]]), "| a | b |\n| --- | --- |\n| 1 | 2 |")
  })

  it("writes numbers for people, and a dash for none", () => {
    assert.strictEqual(Table.fixed(1.0049, 3), "1.005")
    assert.strictEqual(Table.fixed(Number.NaN, 3), "–")
    assert.deepStrictEqual([7, 999, 1000, 1234567.8].map(Table.grouped), ["7", "999", "1 000", "1 234 568"])
    assert.strictEqual(Table.grouped(Number.NaN), "–")
  })

  it("replaces a section and nothing else", () => {
    const first = Table.replaceSection(Table.replaceSection("# Title\n", "a", "one"), "b", "two")
    const second = Table.replaceSection(first, "a", "three\n")
    assert.strictEqual(second, first.replace("one", "three"))
    assert.isTrue(second.startsWith("# Title\n"))
    assert.strictEqual(Table.replaceSection(second, "a", "three"), second)
  })

  it("takes `$` in a section as it is", () => {
    assert.include(Table.replaceSection(Table.replaceSection("", "a", "one"), "a", "$& $1"), "$& $1")
  })
})
