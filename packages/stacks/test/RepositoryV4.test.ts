import { assert, describe, it } from "@effect/vitest"
import { V4Asset, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { suite } from "./repositorySuite.js"

const layer = (options?: FakeFrameio.Options) =>
  RepositoryV4.layer.pipe(
    Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
    Layer.orDie,
    Layer.provideMerge(FakeFrameio.layer({ limits: { "*": "unlimited" }, ...options }))
  )

for (const childrenOrder of ["newest-first", "oldest-first"] as const) {
  for (const lastVersion of ["keep-stack", "dissolve"] as const) {
    suite(`Repository, over V4 (${childrenOrder}, ${lastVersion})`, (options) =>
      layer({ ...options, v4: { childrenOrder }, unknowns: { ...options?.unknowns, lastVersion } }))
  }
}

const shot = (count: number) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folderId = yield* fake.addFolder({ name: "shots" })
    const files = yield* Effect.forEach(Array.from({ length: count }), (_, index) =>
      fake.addFile({ name: `a_v${index + 1}.mov`, parentId: folderId })
    )
    const repository = yield* Repository.Repository
    const [first, second, ...more] = files
    assert(first !== undefined && second !== undefined)
    const below = yield* repository.get(first)
    assert(below._tag === "File")
    return { fake, repository, folderId, files, below, rest: [second, ...more] as const }
  })

describe("Repository, over V4, what is its own", () => {
  it.effect("makes a stack of ten files by one request, and names it", () =>
    Effect.gen(function* () {
      const { below, fake, files, repository, rest } = yield* shot(10)
      const answer = yield* repository.stack({ onto: below, files: rest })
      const truth = Option.getOrThrow(yield* fake.stackOf(below.id))
      assert.deepInclude(answer, { _tag: "Stack", id: truth.id, newest: rest.at(-1) })
      assert.deepStrictEqual(truth.versions, files)
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 1)
      assert.strictEqual(repository.abilities.filesPerStack, rest.length)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("finds out once what an id is, and learns it from listings", () =>
    Effect.gen(function* () {
      const { below, fake, folderId, repository, rest } = yield* shot(2)
      const { id: stackId } = yield* repository.stack({ onto: below, files: rest })
      yield* repository.get(stackId)
      assert.strictEqual((yield* fake.counts("files.show")).requests, 1)
      yield* Stream.runDrain(repository.children(folderId))
      yield* repository.get(folderId)
      const before = (yield* fake.counts("files.show")).requests
      yield* repository.get(folderId)
      assert.strictEqual((yield* fake.counts("files.show")).requests, before)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("answers a move with the file and its stack, and puts a version back on top", () =>
    Effect.gen(function* () {
      const { below, fake, repository, rest } = yield* shot(3)
      const [second, third] = rest
      assert(third !== undefined)
      const { id: stackId } = yield* repository.stack({ onto: below, files: [second] })
      assert.deepInclude(yield* repository.grow({ stackId, file: third }), {
        _tag: "File",
        id: third,
        parentId: stackId
      })
      yield* repository.raise?.({ stackId, file: second }) ?? Effect.void
      assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(second)).versions, [below.id, third, second])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("draws creates and moves on two budgets", () =>
    Effect.gen(function* () {
      const { abilities } = yield* Repository.Repository
      assert.notStrictEqual(abilities.routes.stack, abilities.routes.grow)
      assert.strictEqual(abilities.routes.grow, abilities.routes.takeOut)
      assert.match(abilities.routes.grow, /^PATCH \/v4\/accounts\/[0-9a-f-]{36}\/files\/:file_id\/move$/)
    }).pipe(Effect.provide(layer()))
  )

  it("does not take an order for certain that the head does not prove", () => {
    const [a, b, c] = ["1", "2", "3"].map((digit) => ({ id: `${digit}0000000-0000-4000-8000-000000000000` }))
    const files = [a, b, c].flatMap((one) => (one === undefined ? [] : [{ id: V4Asset.Id.make(one.id) }]))
    assert.strictEqual(RepositoryV4.inOrder(files, files[1]?.id).order, "assumed")
    assert.deepStrictEqual(RepositoryV4.inOrder(files, files[2]?.id), { files, order: "confirmed" })
  })
})
