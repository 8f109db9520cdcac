import { assert, describe, it } from "@effect/vitest"
import { Unknowns, World } from "@effect-frameio/testing"
import { FastCheck } from "effect"

const worldWith = (unknowns?: Unknowns.Options) => {
  const world = World.make({ unknowns })
  world.addUser({ tokens: ["t"] })
  world.addProject()
  return world
}

const refusal = <A>(result: World.Result<A>) => (result.ok ? undefined : result.refusal.reason)

const value = <A>(result: World.Result<A>): A => {
  if (!result.ok) throw new Error(`refused: ${result.refusal.reason}`)
  return result.value
}

const entry = (world: World.World, id: string): World.Entry => {
  const found = world.get(id)
  if (found === undefined) throw new Error(`${id} is gone`)
  return found
}

const names = (world: World.World, ids: ReadonlyArray<string>) => ids.map((id) => entry(world, id).name)

const movies = (world: World.World, count: number, parentId?: string) =>
  Array.from({ length: count }, (_, n) => world.addFile({ name: `v${n + 1}.mov`, parentId }))

describe("World: stacking", () => {
  it("file on file makes a stack with a new id, in the place of the target, that holds both", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "shots" })
    const elsewhere = world.addFolder({ name: "elsewhere" })
    const [a, b, c] = movies(world, 3, folder)
    const other = world.addFile({ name: "new.mov", parentId: elsewhere })
    assert(a && b && c)
    const before = entry(world, b)
    const { fileId, stackId } = value(world.version({ assetId: b, nextAssetId: other, nowMillis: 5 }))
    assert.strictEqual(fileId, other)
    assert.notInclude([a, b, c, other], stackId)
    assert.deepInclude(entry(world, stackId), {
      kind: "version_stack",
      parentId: folder,
      index: before.index,
      itemCount: 2,
      versions: 2,
      coverAssetId: other,
      assetType: "stream",
      name: "new.mov",
      updatedAt: 5
    })
    assert.deepStrictEqual(world.children(folder).ids, [c, stackId, a])
    assert.deepStrictEqual(world.children(stackId).ids, [other, b], "newest first")
    assert.deepStrictEqual(world.children(elsewhere).ids, [])
    assert.strictEqual(entry(world, elsewhere).itemCount, 0)
    assert.strictEqual(entry(world, folder).itemCount, 3)
    assert.strictEqual(entry(world, b).parentId, stackId)
  })

  it("stack + file appends, and the newest is the cover", () => {
    const world = worldWith()
    const [a, b, c] = movies(world, 3)
    assert(a && b && c)
    const { stackId } = value(world.version({ assetId: a, nextAssetId: b }))
    assert.strictEqual(value(world.version({ assetId: stackId, nextAssetId: c })).stackId, stackId)
    assert.deepStrictEqual(world.stackOf(stackId), { id: stackId, versions: [a, b, c] })
    assert.deepStrictEqual(world.stackOf(b), world.stackOf(stackId))
    assert.deepInclude(entry(world, stackId), { coverAssetId: c, versions: 3, itemCount: 3 })
  })

  it("refuses what the rules forbid, and changes nothing then", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "f" })
    const [a, b, c, d, e] = movies(world, 5)
    const image = world.addFile({ name: "x.jpg" })
    assert(a && b && c && d && e)
    const one = value(world.version({ assetId: a, nextAssetId: b })).stackId
    const two = value(world.version({ assetId: c, nextAssetId: d })).stackId
    const cases: ReadonlyArray<readonly [string, string, string]> = [
      [e, e, "SelfVersion"],
      [one, one, "SelfVersion"],
      [one, two, "StackOnStack"],
      [e, two, "StackOnStack"],
      [folder, e, "NotAFile"],
      [e, folder, "NotAFile"],
      [e, image, "AssetTypeMismatch"],
      [one, image, "AssetTypeMismatch"],
      [a, e, "TargetInStack"],
      [e, a, "NextInStack"],
      [one, b, "NextInStack"],
      ["00000000-0000-4000-8000-000000000000", e, "NotFound"],
      [e, "not an id", "NotFound"]
    ]
    const before = JSON.stringify(world.children(entry(world, e).parentId ?? "").ids.map((id) => entry(world, id)))
    for (const [assetId, nextAssetId, reason] of cases) {
      assert.strictEqual(refusal(world.version({ assetId, nextAssetId })), reason)
    }
    for (const id of [e, one, folder]) assert.strictEqual(refusal(world.unversion({ assetId: id })), "NotInStack")
    const after = JSON.stringify(world.children(entry(world, e).parentId ?? "").ids.map((id) => entry(world, id)))
    assert.strictEqual(after, before)
  })

  it("does not know what was deleted, nor what is in a deleted folder", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "f" })
    const [a, b] = movies(world, 2, folder)
    assert(a && b)
    value(world.remove(b, 7))
    assert.strictEqual(refusal(world.version({ assetId: a, nextAssetId: b })), "NotFound")
    assert.strictEqual(entry(world, folder).itemCount, 1)
    assert.deepStrictEqual(world.children(folder).ids, [a])
    assert.deepStrictEqual(world.children(folder, { includeDeleted: true }).ids, [b, a])
    assert.strictEqual(world.get(b, { includeDeleted: true })?.deletedAt, 7)
    value(world.restore(b))
    value(world.remove(folder))
    assert.isUndefined(world.get(a))
    assert.strictEqual(refusal(world.version({ assetId: a, nextAssetId: b })), "NotFound")
  })

  it("the cover is the newest that is not deleted, and a stack without versions is gone", () => {
    const world = worldWith()
    const [a, b] = movies(world, 2)
    assert(a && b)
    const { stackId } = value(world.version({ assetId: a, nextAssetId: b }))
    value(world.remove(b))
    assert.deepInclude(entry(world, stackId), { coverAssetId: a, versions: 1, name: "v1.mov" })
    value(world.remove(a))
    assert.isUndefined(world.get(stackId))
  })

  it("unversion takes one out, to the front of the folder of the stack", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "f" })
    const [a, b, c] = movies(world, 3, folder)
    assert(a && b && c)
    const { stackId } = value(world.version({ assetId: a, nextAssetId: b }))
    value(world.version({ assetId: stackId, nextAssetId: c }))
    assert.deepStrictEqual(value(world.unversion({ assetId: c })), { stackId, fileId: c })
    assert.deepStrictEqual(world.children(folder).ids, [c, stackId])
    assert.deepInclude(entry(world, stackId), { coverAssetId: b, versions: 2 })
    value(world.unversion({ assetId: b }))
    assert.deepStrictEqual(world.stackOf(a), { id: stackId, versions: [a] }, "a stack of one is kept by default")
    value(world.unversion({ assetId: a }))
    assert.deepStrictEqual(world.children(folder).ids, [a, b, c])
  })
})

describe("World: what is not known", () => {
  it("lastVersion: dissolve puts the last version in the place of the stack", () => {
    const world = worldWith({ lastVersion: "dissolve" })
    const folder = world.addFolder({ name: "f" })
    const [a, b, c] = movies(world, 3, folder)
    assert(a && b && c)
    const { stackId } = value(world.version({ assetId: b, nextAssetId: c }))
    const { index } = entry(world, stackId)
    value(world.unversion({ assetId: c }))
    assert.isUndefined(world.get(stackId))
    assert.deepStrictEqual(world.children(folder).ids, [c, b, a])
    assert.strictEqual(entry(world, b).index, index)
    assert.strictEqual(entry(world, folder).itemCount, 3)
    assert.isUndefined(world.stackOf(b))
    value(world.version({ assetId: b, nextAssetId: a }))
    assert.deepStrictEqual(world.stackOf(a)?.versions, [b, a])
  })

  it("targetInStack: resolve means the stack", () => {
    const world = worldWith({ targetInStack: "resolve" })
    const [a, b, c] = movies(world, 3)
    assert(a && b && c)
    const { stackId } = value(world.version({ assetId: a, nextAssetId: b }))
    assert.strictEqual(value(world.version({ assetId: b, nextAssetId: c })).stackId, stackId)
    assert.deepStrictEqual(world.stackOf(c)?.versions, [a, b, c])
  })

  it("nextInStack: move takes it out of its stack, and to the top of its own", () => {
    const world = worldWith({ nextInStack: "move" })
    const [a, b, c, d] = movies(world, 4)
    assert(a && b && c && d)
    const one = value(world.version({ assetId: a, nextAssetId: b })).stackId
    const two = value(world.version({ assetId: c, nextAssetId: d })).stackId
    value(world.version({ assetId: one, nextAssetId: d }))
    assert.deepStrictEqual(world.stackOf(one)?.versions, [a, b, d])
    assert.deepStrictEqual(world.stackOf(two)?.versions, [c])
    value(world.version({ assetId: one, nextAssetId: a }))
    assert.deepStrictEqual(world.stackOf(one)?.versions, [b, d, a])
    assert.strictEqual(entry(world, one).versions, 3)
  })

  it("unprocessed: a file without asset_type goes with any, or with its like", () => {
    for (const [unprocessed, expected] of [
      ["matches-any", undefined],
      ["matches-none", "AssetTypeMismatch"]
    ] as const) {
      const world = worldWith({ unprocessed })
      const a = world.addFile({ name: "a.mov" })
      const b = world.addFile({ name: "b.mov", assetType: null })
      assert.strictEqual(refusal(world.version({ assetId: a, nextAssetId: b })), expected)
    }
  })

  it("processingMillis: how long an uploaded file has no asset_type", () => {
    const world = worldWith({ processingMillis: 60_000 })
    const id = world.addFile({ name: "a.mov", assetType: null })
    world.completeUpload(id, 10, 1000)
    world.process(60_999)
    assert.isNull(entry(world, id).assetType)
    assert.isString(entry(world, id).fields.upload_completed_at)
    world.process(61_000)
    assert.strictEqual(entry(world, id).assetType, "stream")
  })

  it("stackName: the newest or the first", () => {
    for (const [stackName, expected] of [
      ["newest", "v2.mov"],
      ["first", "v1.mov"]
    ] as const) {
      const world = worldWith({ stackName })
      const [a, b] = movies(world, 2)
      assert(a && b)
      assert.strictEqual(entry(world, value(world.version({ assetId: a, nextAssetId: b })).stackId).name, expected)
    }
  })

  it("the defaults are those that are written down", () => {
    assert.deepStrictEqual(Unknowns.make(), Unknowns.defaults)
    assert.deepStrictEqual(Unknowns.make({ statusOf: { StackOnStack: 409 } }).statusOf, {
      ...Unknowns.defaults.statusOf,
      StackOnStack: 409
    })
  })
})

describe("World: ids, users, listings", () => {
  it("the same seed gives the same ids, another seed others, and all are UUIDs of version 4", () => {
    const ids = (seed: number) => {
      const world = World.make({ seed })
      const project = world.addProject()
      return [project.id, project.rootId, ...movies(world, 500)]
    }
    assert.deepStrictEqual(ids(7), ids(7))
    const all = [...ids(7), ...ids(8)]
    assert.strictEqual(new Set(all).size, all.length)
    for (const id of all) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it("finds an id in upper case, and none that is a letter off", () => {
    const world = worldWith()
    const [a] = movies(world, 1)
    assert(a)
    assert.strictEqual(world.get(a.toUpperCase())?.id, a)
    for (let at = 0; at < a.length; at++) {
      const other: string = `${a.slice(0, at)}${a[at] === "0" ? "1" : "0"}${a.slice(at + 1)}`
      if (other !== a) assert.isUndefined(world.get(other))
    }
  })

  it("pages and sorts children", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "f" })
    for (const [name, filesize] of [
      ["b.mov", 3],
      ["a.mov", 3],
      ["c.mov", 1]
    ] as const) {
      world.addFile({ name, filesize, parentId: folder })
    }
    world.addFolder({ name: "sub", parentId: folder })
    const listed = (query?: World.ChildrenQuery) => names(world, world.children(folder, query).ids)
    assert.deepStrictEqual(listed(), ["sub", "c.mov", "a.mov", "b.mov"])
    assert.deepStrictEqual(listed({ sort: ["name"] }), ["a.mov", "b.mov", "c.mov", "sub"])
    assert.deepStrictEqual(listed({ sort: ["-filesize", "name"] }), ["a.mov", "b.mov", "c.mov", "sub"])
    assert.deepStrictEqual(listed({ sort: ["filesize", "-name"] }), ["sub", "c.mov", "b.mov", "a.mov"])
    assert.deepStrictEqual(listed({ types: ["folder"] }), ["sub"])
    assert.deepStrictEqual(listed({ page: 2, pageSize: 3 }), ["b.mov"])
    assert.deepInclude(world.children(folder, { page: 9, pageSize: 3 }), { ids: [], total: 4, totalPages: 2, page: 9 })
    world.addFile({ name: "0.mov", parentId: folder })
    assert.strictEqual(listed({ sort: ["name"] })[0], "0.mov", "a kept listing does not outlive a change")
  })

  it("tokens belong to users, and can be revoked", () => {
    const world = World.make()
    const user = world.addUser({ tokens: ["one", "two"] })
    assert.strictEqual(world.userOf("two"), user)
    world.revokeToken("two")
    assert.isUndefined(world.userOf("two"))
    assert.strictEqual(world.userOf("one"), user)
  })

  it("moves, but not into itself, and takes a version out of its stack", () => {
    const world = worldWith()
    const outer = world.addFolder({ name: "outer" })
    const inner = world.addFolder({ name: "inner", parentId: outer })
    assert.strictEqual(refusal(world.move(outer, inner)), "BadDestination")
    assert.strictEqual(refusal(world.move(outer, outer)), "BadDestination")
    const [a, b] = movies(world, 2)
    assert(a && b)
    const { stackId } = value(world.version({ assetId: a, nextAssetId: b }))
    assert.strictEqual(refusal(world.move(inner, stackId)), "BadDestination")
    value(world.move(b, inner))
    assert.deepStrictEqual(world.children(inner).ids, [b])
    assert.deepStrictEqual(world.stackOf(a)?.versions, [a])
    const second = world.addProject({ name: "second" })
    value(world.move(outer, second.rootId))
    assert.strictEqual(entry(world, b).projectId, second.id)
  })

  it("throws where the builder is used wrongly", () => {
    const world = worldWith()
    const file = world.addFile({ name: "a.mov" })
    assert.throws(() => world.addFile({ name: "b.mov", parentId: file }), /is a file/)
    assert.throws(() => world.addFile({ name: "b.mov", parentId: "nowhere" }), /is not in this world/)
  })

  it("holds 50 000 files in a folder and lists them all", () => {
    const world = worldWith()
    const folder = world.addFolder({ name: "many" })
    for (let n = 0; n < 50_000; n++) world.addFile({ name: `f${n}.mov`, parentId: folder })
    const seen = new Set<string>()
    for (let page = 1; page <= 100; page++) {
      for (const id of world.children(folder, { page, pageSize: 500, sort: ["name"] }).ids) seen.add(id)
    }
    assert.strictEqual(seen.size, 50_000)
  })
})

describe("World: whatever is done, in whatever order", () => {
  type Step = readonly [op: number, one: number, other: number]
  const steps: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.array(
    FastCheck.tuple(FastCheck.nat(10), FastCheck.nat(30), FastCheck.nat(30)),
    { maxLength: 60 }
  )
  const unknowns: FastCheck.Arbitrary<Unknowns.Options> = FastCheck.record({
    targetInStack: FastCheck.constantFrom("refuse" as const, "resolve" as const),
    nextInStack: FastCheck.constantFrom("refuse" as const, "move" as const),
    lastVersion: FastCheck.constantFrom("keep-stack" as const, "dissolve" as const),
    copiedStack: FastCheck.constantFrom("stack" as const, "newest" as const)
  })

  /** Everything that must hold between the assets of a world. */
  const check = (world: World.World, known: ReadonlyArray<string>) => {
    const parents = new Map<string, string | null>()
    for (const project of world.projects) {
      const pending: Array<string> = [project.rootId]
      parents.set(project.rootId, null)
      for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
        const all = world.children(id, { includeDeleted: true, pageSize: 500 }).ids
        const alive = world.children(id, { pageSize: 500 }).ids
        const of = world.get(id, { includeDeleted: true })
        assert(of)
        assert.strictEqual(of.itemCount, alive.length, "item_count counts what is not deleted")
        let last = Number.NEGATIVE_INFINITY
        for (const child of all) {
          assert.isFalse(parents.has(child), "an asset is in one place")
          parents.set(child, id)
          const asset = world.get(child, { includeDeleted: true })
          assert(asset)
          assert.strictEqual(asset.parentId, id)
          if (asset.deletedAt === null) {
            assert.isAbove(asset.index, last, "index goes with the order")
            last = asset.index
          }
          pending.push(child)
          if (of.kind === "version_stack") assert.strictEqual(asset.kind, "file", "only files are in stacks")
        }
        if (of.kind === "file") assert.strictEqual(all.length, 0)
        if (of.kind === "version_stack" && of.deletedAt === null) {
          assert.isAtLeast(alive.length, 1)
          assert.strictEqual(of.coverAssetId, alive[0], "the newest version is the cover")
          assert.strictEqual(of.versions, alive.length)
          assert.deepStrictEqual([...(world.stackOf(id)?.versions ?? [])].reverse(), alive)
        }
      }
    }
    for (const id of known) assert.isTrue(parents.has(id), "nothing is lost")
    assert.strictEqual(parents.size, world.assetCount)
  }

  it("no asset is lost or in two places, and counts and covers are right", () => {
    void FastCheck.assert(
      FastCheck.property(steps, unknowns, (todo, options) => {
        const world = worldWith(options)
        const known: Array<string> = [
          world.addFolder({ name: "f" }),
          world.addFolder({ name: "g" }),
          ...movies(world, 6)
        ]
        for (const [op, one, other] of todo) {
          const a = known[one % known.length] ?? ""
          const b = known[other % known.length] ?? ""
          if (op <= 4) {
            const before = world.assetCount
            const kind = world.get(a)?.kind
            const result = world.version({ assetId: a, nextAssetId: b })
            if (result.ok) {
              assert.strictEqual(world.stackOf(b)?.id, result.value.stackId)
              assert.strictEqual(world.stackOf(b)?.versions.at(-1), b)
              if (world.assetCount > before) {
                assert.strictEqual(kind, "file")
                known.push(result.value.stackId)
              }
            } else assert.strictEqual(world.assetCount, before)
          } else if (op <= 6) {
            const result = world.unversion({ assetId: a })
            if (result.ok) assert.isUndefined(world.stackOf(a))
          } else if (op === 7) world.remove(a)
          else if (op === 8) world.restore(a)
          else if (op === 9) world.move(a, b)
          else if (world.assetCount < 300) {
            // A copy of a folder can be copied again, and so on: it doubles.
            const before = world.get(a)
            const result = world.copy(a, b)
            if (result.ok) {
              known.push(result.value)
              assert.deepStrictEqual(world.get(a), before, "what is copied stays as it is")
              assert.isTrue(world.isWithin(result.value, b))
            }
          }
        }
        check(world, known)
      }),
      { numRuns: 400 }
    )
  })
})
