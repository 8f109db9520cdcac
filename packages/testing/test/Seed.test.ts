import { assert, describe, it } from "@effect/vitest"
import { Seed, World } from "@effect-frameio/testing"

describe("Seed", () => {
  it("names as post houses do, and a hundred thousand shots are all different", () => {
    assert.strictEqual(Seed.fileName(Seed.shotName("AGM", 0), 1), "AGM_101_005_010_comp_NFX_v001.mov")
    const seen = new Set(Array.from({ length: 100_000 }, (_, n) => Seed.shotName("AGM", n)))
    assert.strictEqual(seen.size, 100_000)
  })

  it("shots: loose files, deterministic, uploaded version by version", () => {
    const make = () => {
      const world = World.make({ seed: 5 })
      return { world, seeded: Seed.shots(world, { shots: 4, versions: 3 }) }
    }
    const { seeded, world } = make()
    assert.deepStrictEqual(make().seeded, seeded)
    assert.strictEqual(world.children(seeded.folderId).total, 12)
    const [first] = seeded.shots
    assert(first)
    assert.deepStrictEqual(
      first.versions.map((id) => world.get(id)?.name),
      ["v001", "v002", "v003"].map((version) => `${first.name}_comp_NFX_${version}.mov`)
    )
    const times = first.versions.map((id) => world.get(id)?.insertedAt ?? 0)
    assert.deepStrictEqual([...times].sort(), times)
    assert.isUndefined(world.stackOf(first.versions[0] ?? ""))
  })

  it("pairs: every version after the first is brought once", () => {
    const world = World.make()
    const seeded = Seed.shots(world, { shots: 5, versions: 4 })
    const pairs = Seed.pairs(seeded)
    assert.strictEqual(pairs.length, 15)
    assert.strictEqual(new Set(pairs.map((pair) => pair.nextAssetId)).size, 15)
  })

  it("delivery: a folder of loose files and stacks, deterministic, with folders in it", () => {
    const make = () => {
      const world = World.make({ seed: 5 })
      return { world, seeded: Seed.delivery(world, { shots: 3 }) }
    }
    const { seeded, world } = make()
    assert.deepStrictEqual(make().seeded, seeded)
    const kinds = world.children(seeded.folderId, { pageSize: 500 }).ids.reduce<Record<string, number>>((all, id) => {
      const kind = world.get(id)?.kind ?? ""
      return Object.assign(all, { [kind]: (all[kind] ?? 0) + 1 })
    }, {})
    assert.deepStrictEqual(kinds, { file: 52, folder: 2, version_stack: 6 })
    assert.strictEqual(world.children(seeded.editId).total, 4)
    assert.strictEqual(world.children(seeded.setId).total, 5)
  })
})
