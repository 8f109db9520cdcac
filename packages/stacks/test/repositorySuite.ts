import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Array as Arr, Chunk, Effect, type Layer, Option, Redacted, Stream } from "effect"

/** What holds for a repository over any API: every test runs on its own fake. */
export const suite = (
  name: string,
  layer: (options?: FakeFrameio.Options) => Layer.Layer<Repository.Repository | FakeFrameio.FakeFrameio>
) => {
  const shots = (count: number) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const folder = yield* fake.addFolder({ name: "shots" })
      const files = yield* Effect.forEach(Arr.range(1, count), (n) =>
        fake.addFile({ name: `shot_010_v00${n}.mov`, parentId: folder })
      )
      return { fake, folder, files, repository: yield* Repository.Repository }
    })

  const fileAt = (id: Asset.AssetId) =>
    Effect.flatMap(Repository.locate(id), (location) =>
      location._tag === "File" ? Effect.succeed(location.file) : Effect.dieMessage(`${id} is a ${location._tag}`)
    )

  const stackAt = (id: Asset.AssetId) =>
    Effect.flatMap(Repository.locate(id), (location) =>
      location._tag === "Member" ? Effect.succeed(location.stack) : Effect.dieMessage(`${id} is a ${location._tag}`)
    )

  /** Puts the files on one stack, by as few requests as the repository can. */
  const stacked = (files: ReadonlyArray<Asset.AssetId>) =>
    Effect.gen(function* () {
      const repository = yield* Repository.Repository
      const [first, ...rest] = files
      if (first === undefined) return yield* Effect.dieMessage("no files")
      const { filesPerStack } = repository.abilities
      const together = rest.slice(0, filesPerStack)
      if (!Arr.isNonEmptyReadonlyArray(together)) return yield* Effect.dieMessage("one file")
      yield* repository.stack({ onto: yield* fileAt(first), files: together })
      const { id: stackId } = yield* stackAt(first)
      for (const file of rest.slice(filesPerStack)) yield* repository.grow({ stackId, file })
      return yield* stackAt(first)
    })

  describe(name, () => {
    it.effect("tells what an id is, and where it is", () =>
      Effect.gen(function* () {
        const { fake, files, folder, repository } = yield* shots(3)
        const [one, two, three] = files
        if (one === undefined || two === undefined || three === undefined) throw new Error("no files")
        yield* stacked([one, two])
        const stack = yield* stackAt(two)
        assert.deepInclude(stack, { _tag: "Stack", newest: two, parentId: folder })
        assert.deepInclude(yield* repository.get(stack.id), { _tag: "Stack", newest: two })
        assert.deepInclude(yield* repository.get(folder), { _tag: "Folder", name: "shots" })
        const file = yield* fileAt(three)
        assert.deepInclude(file, { name: "shot_010_v003.mov", parentId: folder })
        assert.isString(file.createdAt)
        assert.strictEqual((yield* Repository.locate(stack.id))._tag, "Stack")
        assert.strictEqual((yield* Repository.locate(folder))._tag, "Folder")
        const [project] = fake.world.projects
        const root = yield* repository.get(project?.rootId ?? folder)
        assert.isUndefined(root.parentId)
        const missing = Asset.AssetId.make("6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31")
        assert.strictEqual((yield* Effect.flip(repository.get(missing)))._tag, "FrameioNotFound")
      }).pipe(Effect.provide(layer()))
    )

    it.effect("lists a folder to its end, and none of what is on stacks", () =>
      Effect.gen(function* () {
        const { fake, files, folder, repository } = yield* shots(3)
        const more = yield* Effect.forEach(Arr.range(1, 230), (n) =>
          fake.addFile({ name: `${n}.mov`, parentId: folder })
        )
        const below = yield* fake.addFolder({ name: "below", parentId: folder })
        const stack = yield* stacked(files)
        const items = Chunk.toReadonlyArray(yield* Stream.runCollect(repository.children(folder)))
        assert.sameMembers(
          items.map(({ id }) => id),
          [stack.id, below, ...more]
        )
        assert.sameMembers(
          items.flatMap((item) => (item._tag === "Stack" ? [item.newest] : [])),
          [files[2]]
        )
      }).pipe(Effect.provide(layer()))
    )

    it.effect("puts files on one another, and lists them oldest first", () =>
      Effect.gen(function* () {
        const { fake, files, repository } = yield* shots(9)
        const stack = yield* stacked(files)
        const versions = yield* repository.versions(stack)
        assert.deepStrictEqual(
          versions.files.map(({ id }) => id),
          files
        )
        assert.strictEqual(versions.order, "confirmed")
        const truth = Option.getOrThrow(yield* fake.stackOf(stack.newest ?? stack.id))
        assert.deepStrictEqual(truth.versions, files)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("takes a version out, into the folder of its stack", () =>
      Effect.gen(function* () {
        const { files, folder, repository } = yield* shots(3)
        const stack = yield* stacked(files)
        const newest = stack.newest ?? stack.id
        yield* repository.takeOut({ stack, file: newest })
        assert.strictEqual((yield* fileAt(newest)).parentId, folder)
        const left = yield* repository.versions(yield* stackAt(files[0] ?? newest))
        assert.deepStrictEqual(
          left.files.map(({ id }) => id),
          files.slice(0, 2)
        )
      }).pipe(Effect.provide(layer()))
    )

    it.effect("moves a file into another folder, and deletes it", () =>
      Effect.gen(function* () {
        const { fake, files, repository } = yield* shots(1)
        const [file = Asset.AssetId.make("")] = files
        const other = yield* fake.addFolder({ name: "other" })
        yield* repository.move({ file, folderId: other })
        assert.strictEqual((yield* fileAt(file)).parentId, other)
        yield* repository.remove(file)
        assert.strictEqual((yield* Effect.flip(repository.get(file)))._tag, "FrameioNotFound")
      }).pipe(Effect.provide(layer()))
    )

    it.effect("creates a file whose parts have all of its bytes", () =>
      Effect.gen(function* () {
        const { folder, repository } = yield* shots(1)
        const created = yield* repository.create({
          folderId: folder,
          name: "shot_010_v004.mov",
          bytes: 10_001,
          mediaType: "video/quicktime"
        })
        assert.strictEqual(created.contentType, "video/quicktime")
        assert.strictEqual(
          created.parts.reduce((sum, { bytes }) => sum + bytes, 0),
          10_001
        )
        for (const { url } of created.parts) {
          assert.isTrue(URL.canParse(Redacted.value(url)))
          assert.notInclude(JSON.stringify(url), "http")
        }
        const file = yield* fileAt(created.id)
        assert.deepInclude(file, { name: "shot_010_v004.mov", parentId: folder, bytes: 10_001 })
        assert.notStrictEqual(file.arrived, true)
      }).pipe(Effect.provide(layer({ unknowns: { partSize: 1000 } })))
    )

    it.effect("draws on the budgets that it says it draws on", () =>
      Effect.gen(function* () {
        const { files, repository } = yield* shots(2)
        const { filesPerStack, routes } = repository.abilities
        assert.isAtLeast(filesPerStack, 1)
        for (const route of Object.values(routes)) assert.match(route, /^(?:GET|POST|PUT|PATCH|DELETE) \//)
        yield* stacked(files)
      }).pipe(Effect.provide(layer()))
    )
  })
}
