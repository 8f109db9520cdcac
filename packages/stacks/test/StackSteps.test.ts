import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@effect-frameio/core"
import { StackSteps } from "@effect-frameio/stacks"
import { FastCheck } from "effect"

const idOf = (n: number) => Asset.AssetId.make(`00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`)

const HOME = idOf(9_000)
const ELSEWHERE = idOf(9_001)
const v4 = { filesPerStack: 9, sameFolder: true }
const v2 = { filesPerStack: 1, sameFolder: false }
const routes = { stack: "stacks", grow: "moves", move: "moves" }
const file = { _tag: "File", id: idOf(0), folderId: HOME } as const
const nexts = (count: number, parentId = HOME) =>
  Array.from({ length: count }, (_, index) => ({ id: idOf(index + 1), parentId }))

const counts = (jobs: ReadonlyArray<ReadonlyArray<StackSteps.Step>>) => StackSteps.requests(jobs.flat(), routes)

describe("StackSteps", () => {
  it("makes a stack of ten files by one request, and puts the rest on top one by one", () => {
    const steps = StackSteps.steps(file, nexts(11), v4)
    assert.deepStrictEqual(
      steps.map((step) => (step._tag === "Make" ? step.files.length : step._tag)),
      [9, "Grow", "Grow"]
    )
  })

  it("gathers only those that are to be made a stack and lie elsewhere", () => {
    const steps = StackSteps.steps(file, [...nexts(3, ELSEWHERE), { id: idOf(4), parentId: HOME }], v4)
    assert.deepStrictEqual(
      steps.map(({ _tag }) => _tag),
      ["Gather", "Gather", "Gather", "Make"]
    )
    assert.lengthOf(StackSteps.steps({ _tag: "Stack", id: idOf(5) }, nexts(3, ELSEWHERE), v4), 3)
    assert.deepStrictEqual(
      StackSteps.steps(file, nexts(2, ELSEWHERE), v2).map(({ _tag }) => _tag),
      ["Make", "Grow"]
    )
    assert.deepStrictEqual(StackSteps.steps(file, [], v4), [])
  })

  it("counts the jobs of Frame.io's printed limits as the formula does", () => {
    const limits = new Map([
      ["stacks", { limit: 10, windowMillis: 60_000 }],
      ["moves", { limit: 100, windowMillis: 60_000 }]
    ])
    const millis = (jobs: number, versions: number, parentId = HOME) =>
      StackSteps.shortestMillis(
        counts(Array.from({ length: jobs }, () => StackSteps.steps(file, nexts(versions, parentId), v4))),
        (route) => limits.get(route)
      )
    assert.strictEqual(millis(1_000, 1), 5_940_000)
    assert.strictEqual(millis(1_000, 1, ELSEWHERE), 5_940_000)
    assert.strictEqual(millis(100, 9), 540_000)
    assert.strictEqual(millis(100, 19), 540_000)
    assert.strictEqual(millis(100, 29), 1_140_000)
    const onStacks = Array.from({ length: 1_000 }, () => StackSteps.steps({ _tag: "Stack", id: idOf(5) }, nexts(1), v4))
    assert.strictEqual(
      StackSteps.shortestMillis(counts(onStacks), (route) => limits.get(route)),
      540_000
    )
    assert.strictEqual(
      StackSteps.shortestMillis(counts(onStacks), () => undefined),
      0
    )
  })

  it("puts every file on once and in order, whatever one request can do", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0, max: 40 }),
        FastCheck.integer({ min: 1, max: 12 }),
        FastCheck.boolean(),
        FastCheck.boolean(),
        (count, filesPerStack, sameFolder, isStack) => {
          const bottom = isStack ? ({ _tag: "Stack", id: idOf(0) } as const) : file
          const steps = StackSteps.steps(bottom, nexts(count, ELSEWHERE), { filesPerStack, sameFolder })
          const put = steps.flatMap((step) =>
            step._tag === "Make" ? step.files : step._tag === "Grow" ? [step.file] : []
          )
          assert.deepStrictEqual(
            put,
            nexts(count).map(({ id }) => id)
          )
          const made = steps.findIndex(({ _tag }) => _tag === "Make")
          assert.strictEqual(steps.filter(({ _tag }) => _tag === "Make").length, isStack || count === 0 ? 0 : 1)
          assert.isTrue(steps.every(({ _tag }, index) => _tag !== "Gather" || index < made))
          assert.isTrue(steps.every(({ _tag }, index) => _tag !== "Grow" || index > made))
        }
      )
    ))
})
