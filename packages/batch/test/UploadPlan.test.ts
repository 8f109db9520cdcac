import { assert, describe, it } from "@effect/vitest"
import { UploadPlan } from "@effect-frameio/batch"
import { type Asset, FrameioClient } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect } from "effect"
import { faces } from "./faces.js"
import { bytesOf, disk, vfx } from "./uploads.js"

const shots = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const folder = yield* fake.addFolder({ name: "shots" })
  const add = (name: string, bytes = 10) => fake.addFile({ name, parentId: folder, filesize: bytes })
  const client = yield* FrameioClient.FrameioClient
  const stack = (assetId: Asset.AssetId, nextAssetId: Asset.AssetId) => client.version({ assetId, nextAssetId })
  return { folder, add, stack }
})

const planned = (folder: Asset.AssetId, files: Readonly<Record<string, number | Uint8Array>>) => {
  const local = disk()
  for (const [path, content] of Object.entries(files)) {
    local.write(path, typeof content === "number" ? bytesOf(content, path.length + content) : content)
  }
  return UploadPlan.make(folder, local.files(), vfx, { checksum: local.checksum })
}

/** What goes on what, by name. */
const told = (plan: UploadPlan.UploadPlan) => ({
  groups: plan.groups.map(({ lines, target }) => [target.name, ...lines.map(({ name }) => name)]),
  alone: plan.alone.map(({ name }) => name),
  leftOut: plan.leftOut.map(({ name }) => name).sort(),
  there: plan.there.map(({ name }) => name)
})

const kinds = (plan: UploadPlan.UploadPlan) => plan.findings.map(({ kind, severity }) => `${kind} ${severity}`)

for (const { api, within } of faces) {
  describe(`UploadPlan, over ${api}`, () => {
    it.effect(
      "puts files on the stacks and files their names belong to, in order, and the others into the folder",
      () =>
        within(
          Effect.gen(function* () {
            const { add, folder, stack } = yield* shots
            const [a1, a2] = [yield* add("a_v001.mov"), yield* add("a_v002.mov")]
            yield* stack(a1, a2)
            yield* add("b_v001.mov")
            const plan = yield* planned(folder, {
              "in/a_v010.mov": 11,
              "in/a_v003.mov": 12,
              "in/b_v002.mov": 13,
              "in/c_v001.mov": 14,
              "in/d_v002.mov": 15,
              "in/d_v001.mov": 16
            })
            assert.deepStrictEqual(told(plan), {
              groups: [
                ["a_v002.mov", "a_v003.mov", "a_v010.mov"],
                ["b_v001.mov", "b_v002.mov"],
                ["d_v001.mov", "d_v002.mov"]
              ],
              alone: ["c_v001.mov"],
              leftOut: [],
              there: []
            })
            assert.strictEqual(plan.groups[0]?.target.kind, "stack")
          })
        )
    )

    it.effect("takes along what is loose in the folder and belongs in between, and nothing of other series", () =>
      within(
        Effect.gen(function* () {
          const { add, folder } = yield* shots
          yield* add("a_v001.mov")
          yield* add("a_v002.mov")
          yield* add("b_v001.mov")
          yield* add("b_v002.mov")
          const plan = yield* planned(folder, { "a_v003.mov": 11 })
          assert.deepStrictEqual(told(plan).groups, [["a_v001.mov", "a_v002.mov", "a_v003.mov"]])
        })
      )
    )

    it.effect("leaves out what is in doubt, and what would go above it", () =>
      within(
        Effect.gen(function* () {
          const { add, folder, stack } = yield* shots
          const [a1, a5] = [yield* add("a_v001.mov"), yield* add("a_v005.mov")]
          yield* stack(a1, a5)
          yield* add("b_v001.mov")
          const plan = yield* planned(folder, {
            "a_v003.mov": 11,
            "b_v002.mov": 12,
            "other/b_v002.mov": 13,
            "b_v003.mov": 14,
            "notes.mov": 15,
            "c_v001.mov": 16,
            ".DS_Store": 17
          })
          const { alone, groups, leftOut } = told(plan)
          assert.deepStrictEqual({ alone, groups }, { alone: ["c_v001.mov"], groups: [] })
          assert.includeMembers(leftOut, ["a_v003.mov", "b_v002.mov", "b_v003.mov", "notes.mov"])
          assert.includeMembers(kinds(plan), [
            "out-of-order left-out",
            "duplicate-version left-out",
            "no-rule left-out"
          ])
        })
      )
    )

    it.effect("notices what is there already, and uploads it no second time", () =>
      within(
        Effect.gen(function* () {
          const { add, folder, stack } = yield* shots
          const [a1, a2] = [yield* add("a_v001.mov", 21), yield* add("a_v002.mov", 22)]
          yield* stack(a1, a2)
          yield* add("b_v001.mov", 23)
          yield* add("b_v002.mov", 24)
          const plan = yield* planned(folder, { "a_v002.mov": 22, "b_v002.mov": 24, "c_v001.mov": 25 })
          assert.deepStrictEqual(told(plan), {
            // Uploaded by a run that ended before it was stacked.
            groups: [["b_v001.mov", "b_v002.mov"]],
            alone: ["c_v001.mov"],
            leftOut: [],
            there: ["a_v002.mov", "b_v002.mov"]
          })
          assert.isEmpty(plan.files)
          assert.deepStrictEqual(kinds(plan), ["same-content note", "same-content note"])
        })
      )
    )

    it.effect("notices the same content twice among the files", () =>
      within(
        Effect.gen(function* () {
          const { add, folder } = yield* shots
          yield* add("a_v001.mov")
          const same = bytesOf(50, 1)
          const plan = yield* planned(folder, {
            "a_v002.mov": same,
            "a_v003.mov": same,
            "a_v004.mov": 51,
            "copy/a_v002.mov": same,
            "x_v001.mov": same,
            "other_v001.mov": bytesOf(50, 2)
          })
          assert.deepStrictEqual(told(plan), {
            groups: [["a_v001.mov", "a_v002.mov"]],
            alone: ["other_v001.mov"],
            leftOut: ["a_v003.mov", "a_v004.mov", "x_v001.mov"],
            there: ["a_v002.mov"]
          })
          const [first] = plan.findings.filter(({ severity }) => severity === "left-out")
          assert.include(first?.message, "has the same content as “a_v002.mov”")
        })
      )
    )

    it.effect("does not go beside a placeholder of an upload that it knows nothing of", () =>
      within(
        Effect.gen(function* () {
          const { add, folder } = yield* shots
          const repository = yield* Repository.Repository
          yield* add("a_v001.mov")
          const placeholder = yield* repository.create({
            folderId: folder,
            name: "a_v002.mov",
            bytes: 11,
            mediaType: "video/quicktime"
          })
          const plan = yield* planned(folder, { "a_v002.mov": 11, "a_v003.mov": 12, "b_v001.mov": 13 })
          assert.deepStrictEqual(told(plan), {
            groups: [],
            alone: ["b_v001.mov"],
            leftOut: ["a_v002.mov", "a_v003.mov"],
            there: []
          })
          assert.include(plan.findings.find(({ kind }) => kind === "placeholder")?.message, placeholder.id)
        })
      )
    )

    it.effect("plans nothing in what is no folder", () =>
      within(
        Effect.gen(function* () {
          const { add } = yield* shots
          const error = yield* Effect.flip(planned(yield* add("a_v001.mov"), { "a_v002.mov": 11 }))
          assert.strictEqual(error._tag, "NotAFolder")
        })
      )
    )
  })
}
