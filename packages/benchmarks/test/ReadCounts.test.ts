import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ReadCounts from "../src/ReadCounts.js"

it.effect("counts what the ways of reading take, and each saves something", () =>
  Effect.gen(function* () {
    const counts = yield* ReadCounts.measure({ loose: 120, stacks: 40, versions: 3 })
    assert.deepStrictEqual(
      counts.map(({ gets, pages }) => [gets, pages]),
      [
        // Every file, and its folder or stack.
        [480, 0],
        // Every file, the folder, and every stack.
        [240 + 1 + 40, 0],
        // The first file and its folder, then two pages of the folder; every version. The stacks were on the list.
        [2 + 120, 2],
        // The folder, two pages of it, and one of each stack.
        [1, 2 + 40]
      ]
    )
    assert.match(ReadCounts.render(counts), /\| 480 \| 0 \| 480 \| 100 % \| 1\.6 min \| 1\.6 min \|/)
  })
)
