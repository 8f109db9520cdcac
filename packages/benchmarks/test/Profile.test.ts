import { assert, describe, it } from "@effect/vitest"
import * as Profile from "../src/Profile.js"

const node = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, lineNumber: 4 }
})

describe("Profile", () => {
  it("shares out the time that was not idle", () => {
    const { functions, packages } = Profile.shares(
      JSON.stringify({
        nodes: [
          node(1, "(idle)", ""),
          node(2, "decode", "file:///x/node_modules/.pnpm/effect@3.0.0/node_modules/effect/dist/esm/ParseResult.js"),
          node(3, "grant", "file:///x/packages/core/dist/LeakyBucket.js"),
          node(4, "(garbage collector)", ""),
          node(5, "make", "file:///x/node_modules/.pnpm/a/node_modules/@effect/platform/dist/esm/Headers.js")
        ],
        samples: [1, 2, 3, 2, 4, 5],
        timeDeltas: [1000, 30, 20, 20, 10, 20]
      })
    )
    assert.deepStrictEqual(packages, [
      { name: "effect", share: 0.5 },
      { name: "core", share: 0.2 },
      { name: "@effect/platform", share: 0.2 },
      { name: "(garbage collector)", share: 0.1 }
    ])
    assert.deepStrictEqual(functions[0], { name: "effect decode ParseResult.js:5", share: 0.5 })
  })
})
