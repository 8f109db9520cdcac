import { assert, describe, it } from "@effect/vitest"
import { FolderPlan, NamingRule, PlanFile, StackAudit, type VersionGrouping, VersionPlan } from "@effect-frameio/batch"
import { Asset } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, type World } from "@effect-frameio/testing"
import { Effect } from "effect"
import { faces } from "./faces.js"

const vfx = NamingRule.byName("vfx")

/** Files of a folder on one stack, in the order of their names. */
const stackOf = (world: World.World, parentId: string, names: ReadonlyArray<string>): ReadonlyArray<Asset.AssetId> => {
  const ids = names.map((name) => world.addFile({ name, parentId, filesize: 1000 + name.length }))
  const [first, ...others] = ids
  for (const nextAssetId of others) {
    world.version({ assetId: world.stackOf(first ?? "")?.id ?? first ?? "", nextAssetId, nowMillis: 0 })
  }
  return ids
}

const drawn = (findings: ReadonlyArray<VersionGrouping.Finding>) =>
  findings.map(
    ({ assets, base, kind, severity }) =>
      `${severity} ${kind} ${base}: ${assets
        .map(({ name }) => name)
        .sort()
        .join(", ")}`
  )

/** A folder with stacks in order and such as are not. */
const messy = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const repository = yield* Repository.Repository
  const folderId = fake.world.addFolder({ name: "Show" })
  const loose = (name: string) => fake.world.addFile({ name, parentId: folderId, filesize: 1000 + name.length })
  stackOf(fake.world, folderId, ["ok_v01.mov", "ok_v02.mov", "ok_v03.mov"])
  stackOf(fake.world, folderId, ["sib_v01.mov", "sib_v02.mov"])
  const [v3, v4, old] = [loose("sib_v03.mov"), loose("sib_v04.mov"), loose("gap_v02.mov")]
  stackOf(fake.world, folderId, ["gap_v01.mov", "gap_v03.mov"])
  const [, top = ""] = stackOf(fake.world, folderId, ["head_v01.mov", "head_v03.mov", "head_v02.mov"])
  const [middle = "", , highest = ""] = stackOf(fake.world, folderId, [
    "under_v02.mov",
    "under_v01.mov",
    "under_v03.mov"
  ])
  stackOf(fake.world, folderId, ["twice_v01.mov", "twice_v1.mov"])
  loose("new_v01.mov")
  loose("new_v02.mov")
  loose("copy_v01.mov")
  loose("copy_v01.mov")
  const placeholder = yield* repository.create({
    folderId,
    name: "late_v01.mov",
    bytes: 10,
    mediaType: "video/quicktime"
  })
  return { fake, folderId, v3, v4, top, middle, highest, old, placeholder }
})

describe("an audit of stacks", () => {
  it.effect.each(faces)("finds what is wrong with them and beside them, and mends what a plan can, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const { folderId, highest, middle, top, v3, v4 } = yield* messy
        const audit = yield* StackAudit.make(folderId, { rule: vfx })
        assert.deepStrictEqual(drawn(audit.findings), [
          "left-out duplicate-file : copy_v01.mov, copy_v01.mov",
          "left-out placeholder : late_v01.mov",
          "left-out out-of-order gap: gap_v02.mov",
          "left-out stack-order head: head_v02.mov, head_v02.mov, head_v03.mov",
          "left-out loose-sibling sib: sib_v03.mov, sib_v04.mov",
          "left-out duplicate-version twice: twice_v01.mov, twice_v1.mov",
          "left-out stack-order under: under_v01.mov, under_v02.mov, under_v03.mov, under_v03.mov"
        ])
        assert.strictEqual(audit.unstacked, 1)
        assert.deepStrictEqual(
          audit.mend.map(({ lines, target }) => [target.kind, ...lines.map(({ nextAssetId }) => nextAssetId)]),
          // v2 has no call that puts the versions of a stack in another order.
          [
            ["stack", v3, v4],
            ...(face.api === "V4"
              ? [
                  ["stack", top],
                  ["stack", middle, highest]
                ]
              : [])
          ]
        )
        const plan = yield* VersionPlan.fromString([...PlanFile.write(audit.mend, "csv")].join(""))
        assert.strictEqual(plan.jobs, face.api === "V4" ? 5 : 2)
        // One list, and the versions of six stacks.
        assert.strictEqual(audit.read.requests, 7)
      })
    )
  )

  it.effect.each(faces)("says without a rule what needs none, and which rule fits, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const { folderId } = yield* messy
        const audit = yield* StackAudit.make(folderId)
        assert.deepStrictEqual(
          audit.findings.map(({ kind }) => kind),
          ["duplicate-file", "placeholder"]
        )
        assert.deepStrictEqual(audit.mend, [])
        assert.strictEqual(audit.suggestion?.name, "vfx")
      })
    )
  )

  it.effect.each(faces)("finds stacks of one, and gaps, also in folders below, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const root = fake.world.addFolder({ name: "Show" })
        const below = fake.world.addFolder({ name: "Reel", parentId: root })
        const [, alone] = stackOf(fake.world, below, ["one_v01.mov", "one_v02.mov"])
        fake.world.unversion({ assetId: alone ?? "", nowMillis: 0 })
        stackOf(fake.world, below, ["gap_v01.mov", "gap_v04.mov"])
        const flat = yield* StackAudit.make(root, { rule: vfx })
        assert.deepStrictEqual([flat.findings, flat.foldersBelow], [[], 1])
        const audit = yield* StackAudit.make(root, { rule: vfx, recursive: true })
        assert.deepStrictEqual(drawn(audit.findings), [
          "left-out stack-of-one : one_v01.mov, one_v01.mov",
          "note gap gap: ",
          "left-out loose-sibling one: one_v02.mov"
        ])
        assert.include(audit.findings[1]?.message, "v02 to v03 of “gap” are missing")
        assert.isTrue(audit.findings.every(({ folder }) => folder === "Show/Reel"))
      })
    )
  )

  it.effect.each(faces)("has nothing to say of what a plan has put in order, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const root = fake.world.addFolder({ name: "Show" })
        stackOf(fake.world, root, ["a_v01.mov", "a_v02.mov"])
        fake.world.addFile({ name: "notes.pdf", parentId: root })
        fake.world.addFile({ name: "single_v01.mov", parentId: root })
        const audit = yield* StackAudit.make(root, { rule: vfx })
        assert.deepStrictEqual([audit.findings, audit.mend, audit.unstacked], [[], [], 0])
        assert.strictEqual(
          (yield* Effect.flip(StackAudit.make(Asset.AssetId.make(fake.world.children(root).ids[0] ?? ""))))._tag,
          "NotAFolder"
        )
      })
    )
  )
})

describe("a placeholder", () => {
  it.effect.each(faces)("is on no stack by a plan, nor is what goes above it, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const repository = yield* Repository.Repository
        const folderId = fake.world.addFolder({ name: "Show" })
        for (const name of ["a_v01.mov", "a_v02.mov", "a_v04.mov"]) fake.world.addFile({ name, parentId: folderId })
        yield* repository.create({ folderId, name: "a_v03.mov", bytes: 10, mediaType: "video/quicktime" })
        const plan = yield* FolderPlan.make(folderId, vfx)
        assert.deepStrictEqual(
          plan.groups.map(({ lines }) => lines.map(({ version }) => version)),
          [["v02"]]
        )
        assert.deepStrictEqual(
          plan.findings.map(({ assets, kind }) => [kind, assets[0]?.name]),
          [
            ["placeholder", "a_v03.mov"],
            ["waits", "a_v04.mov"]
          ]
        )
      })
    )
  )
})
