import { assert, describe, it } from "@effect/vitest"
import { Arguments } from "@effect-frameio/cli"

const tree = { version: {}, batch: { run: {} } }
const first = (...args: ReadonlyArray<string>) =>
  Arguments.optionsFirst(args, tree, { valued: new Set(["--format"]), plain: new Set(["--json", "--help"]) }).join(" ")

describe("Arguments", () => {
  it("moves options ahead of arguments, with their values, and leaves the rest in order", () => {
    assert.strictEqual(first("batch", "run", "x.csv", "--json"), "batch run --json x.csv")
    assert.strictEqual(first("batch", "run", "-", "--format", "csv", "--json"), "batch run --format csv --json -")
    assert.strictEqual(first("batch", "run", "-", "--format=csv"), "batch run --format=csv -")
    assert.strictEqual(first("version", "a", "b"), "version a b")
    assert.strictEqual(first("version", "run", "--json", "b"), "version --json run b")
    assert.strictEqual(first("version", "a", "--bogus", "b"), "version a --bogus b")
    assert.strictEqual(first("batch", "run", "a", "--", "--b"), "batch run a -- --b")
    assert.strictEqual(first("--help"), "--help")
    assert.strictEqual(first("batch", "run", "x", "--format"), "batch run --format x")
    assert.strictEqual(first("constructor", "--json"), "--json constructor")
  })
})
