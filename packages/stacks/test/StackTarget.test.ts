import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioError } from "@effect-frameio/core"
import { type Repository, StackTarget } from "@effect-frameio/stacks"
import { Effect } from "effect"

const id = (n: number) => Asset.AssetId.make(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`)

const item = (of: Asset.AssetId, parentId: Asset.AssetId | undefined) => ({
  id: of,
  name: "",
  parentId,
  createdAt: undefined
})

const fileAt = (of: Asset.AssetId, parentId?: Asset.AssetId): Repository.Item => ({
  _tag: "File",
  ...item(of, parentId),
  bytes: undefined,
  mediaKind: undefined,
  arrived: undefined
})

const stackAt = (of: Asset.AssetId, newest?: Asset.AssetId, parentId?: Asset.AssetId): Repository.Item => ({
  _tag: "Stack",
  ...item(of, parentId),
  newest,
  count: undefined
})

/** Items by number: what holds each, and which are stacks. Counts reads. */
const reading = (parents: Readonly<Record<number, number>>, stacks: ReadonlyArray<number>) => {
  const read: Array<Asset.AssetId> = []
  const get = (wanted: Asset.AssetId) =>
    Effect.sync((): Repository.Item => {
      read.push(wanted)
      const n = Number(wanted.slice(-12))
      const parent = parents[n]
      const holder = parent === undefined ? undefined : id(parent)
      if (stacks.includes(n)) return stackAt(wanted, undefined, holder)
      return n >= 90 ? { _tag: "Folder", ...item(wanted, holder) } : fileAt(wanted, holder)
    })
  return { read, get }
}

describe("StackTarget", () => {
  it.effect("stays what it is where the target is in no stack", () =>
    Effect.gen(function* () {
      const { get, read } = reading({ 1: 90 }, [])
      const target = StackTarget.make({ id: id(1), get })
      yield* target.resolve
      assert.deepStrictEqual([target.id(), target.isStack()], [id(1), false])
      assert.deepStrictEqual(read, [id(1), id(90)])
    })
  )

  it.effect("is the stack that the first target is in, or is", () =>
    Effect.gen(function* () {
      const { get } = reading({ 1: 10, 10: 90 }, [10])
      for (const first of [1, 10]) {
        const target = StackTarget.make({ id: id(first), get })
        yield* target.resolve
        assert.deepStrictEqual([target.id(), target.isStack()], [id(10), true])
      }
    })
  )

  it("learns from an answer only where it is a stack", () => {
    const { get } = reading({}, [])
    const target = StackTarget.make({ id: id(1), get })
    target.learn(fileAt(id(2), id(10)))
    assert.isFalse(target.isStack())
    target.learn(stackAt(id(10)))
    target.learn(stackAt(id(11)))
    assert.deepStrictEqual([target.id(), target.isStack()], [id(10), true])
  })

  it.effect("tells a version in its place from one elsewhere and from a loose one", () =>
    Effect.gen(function* () {
      const { get, read } = reading({ 1: 10, 2: 10, 3: 20, 4: 90, 10: 90, 20: 90 }, [10, 20])
      const target = StackTarget.make({ id: id(1), get })
      assert.deepStrictEqual(yield* target.placeOf(id(4)), { _tag: "Loose", folderId: id(90), arrived: undefined })
      assert.deepStrictEqual(yield* target.placeOf(id(5)), { _tag: "Loose", folderId: undefined, arrived: undefined })
      assert.deepStrictEqual(yield* target.placeOf(id(2)), { _tag: "Here", stackId: id(10) })
      assert.deepStrictEqual(read.splice(0), [4, 90, 5, 2, 10, 1].map(id))
      assert.deepStrictEqual(yield* target.placeOf(id(1)), { _tag: "Here", stackId: id(10) })
      assert.deepStrictEqual(read.splice(0), [id(1)])
      assert.deepStrictEqual(yield* target.placeOf(id(3)), { _tag: "Elsewhere", stackId: id(20) })
    })
  )

  it("knows when a failed change may still be made, and when a refusal may be about stacks", () => {
    const failed = [502, 503, 504, 500].map((status) => new FrameioError.ServerError({ status }))
    assert.deepStrictEqual(failed.map(StackTarget.mayBeUnderWay), [true, true, true, false])
    assert.isTrue(StackTarget.mayBeUnderWay(new FrameioError.TransportError({ reason: "AnswerLost" })))
    assert.isFalse(StackTarget.mayBeUnderWay(new FrameioError.UnexpectedResponse({ status: 400 })))
    assert.isTrue(StackTarget.mayBeStacked(new FrameioError.InvalidArguments({})))
    assert.isTrue(StackTarget.mayBeStacked(new FrameioError.UnexpectedResponse({ status: 400 })))
    assert.isFalse(StackTarget.mayBeStacked(new FrameioError.UnexpectedResponse({ status: 418 })))
    assert.isFalse(StackTarget.mayBeStacked(new FrameioError.Unauthorized({})))
  })

  it("believes an answer that shows the new version in its place, and no other", () => {
    const call = { next: id(2), stack: id(10) }
    const stack = (of: number, newest: number | null) => stackAt(id(of), newest === null ? undefined : id(newest))
    const file = (of: number, parent: number | null) => fileAt(id(of), parent === null ? undefined : id(parent))
    assert.isTrue(StackTarget.shows(stack(10, 2), call))
    assert.isTrue(StackTarget.shows(stack(11, 2), { ...call, stack: undefined }), "file onto file makes a new stack")
    assert.isTrue(StackTarget.shows(file(2, 10), call))
    assert.isTrue(StackTarget.shows(file(2, null), call))
    assert.isFalse(StackTarget.shows(stack(10, 1), call), "the stack as it was")
    assert.isFalse(StackTarget.shows(stack(10, null), call), "a stack that does not tell")
    assert.isFalse(StackTarget.shows(file(2, 90), call), "the new file, still in its folder")
    assert.isFalse(StackTarget.shows(file(3, 10), call), "another file")
    assert.isFalse(StackTarget.shows(file(1, 90), { ...call, stack: undefined }), "the target, still a file")
  })
})
