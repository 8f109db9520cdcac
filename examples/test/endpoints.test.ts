import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { Asset, FrameioApi } from "@effect-frameio/core"
import { FakeFrameio, RateLimiter } from "@effect-frameio/testing"
import { Effect } from "effect"
import { arrange, change, clear, create, find, read } from "../src/endpoints.js"

it.effect("shows every endpoint once at least, and each does what it says", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const [project] = fake.world.projects
    const root = project?.rootId
    if (root === undefined) return assert.fail("the fake has no project")

    const { file, folder, growing, remote, urls } = yield* create(root)
    assert.lengthOf(urls, 3 + 2)
    assert.strictEqual(fake.world.get(growing.id)?.name, "camera_a.mxf")

    const { loose, named } = yield* change(file.id, remote.id)
    assert.deepInclude(named, { name: "shot_010_graded.mov", label: "approved", properties: { shot: "010" } })
    assert.strictEqual(loose.id, remote.id)

    fake.world.update(file.id, { audio_tracks: ["en"] })
    const seen = yield* read(folder.id, file.id)
    assert.deepStrictEqual([seen.audio, seen.subtitles], [["en"], []])
    assert.lengthOf(seen.page.items, 3)
    assert.deepInclude(seen.slim.items[0], { creator: { name: "Synthetic User 1" } })

    const { approved, byGet, everywhere, shots } = yield* find(project?.accountId ?? "", project?.id ?? "")
    assert.deepStrictEqual(
      approved.items.map((asset) => asset.id),
      [file.id]
    )
    assert.strictEqual(shots.total, byGet.total)
    assert.isAtLeast(everywhere.total ?? 0, shots.total ?? Number.POSITIVE_INFINITY)

    const gone = Asset.AssetId.make("00000000-0000-0000-0000-00000000dead")
    assert.deepStrictEqual(yield* arrange([file.id, remote.id, gone], root), { copied: 1, failed: [gone] })
    assert.deepStrictEqual(yield* arrange([], root), { copied: 0, failed: [] })
    assert.strictEqual(fake.world.get(file.id)?.parentId, root)

    assert.deepStrictEqual(yield* clear(folder.id, [remote.id, gone]), [gone])
    assert.deepStrictEqual(yield* clear(folder.id, [growing.id]), [growing.id])
    assert.isUndefined(fake.world.get(folder.id))

    for (const { name } of FrameioApi.endpoints.values()) {
      assert.isAtLeast(fake.journal.counts(name).succeeded, 1, name)
    }
  }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited })))
)

it("is told of in the table of endpoints", () => {
  const table = readFileSync(new URL("../../docs/endpoints.md", import.meta.url), "utf8")
  const rows = [...table.matchAll(/^\| `([A-Z]+ \/v2[^`]+)` \|/gm)].map((row) => row[1])
  assert.sameMembers(
    rows,
    [...FrameioApi.endpoints.values()].map((endpoint) => endpoint.route.replace(/:(\w+)/g, "{$1}"))
  )
  const repeatable = [...table.matchAll(/^\| `([A-Z]+ \/v2[^`]+)` \|[^|]+\| yes \|/gm)].map((row) => row[1])
  assert.sameMembers(
    repeatable,
    [...FrameioApi.endpoints.values()].flatMap((endpoint) =>
      endpoint.reads ? [endpoint.route.replace(/:(\w+)/g, "{$1}")] : []
    )
  )
})
