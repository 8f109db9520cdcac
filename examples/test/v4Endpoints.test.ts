import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { V4Api, V4Client } from "@effect-frameio/core"
import { FakeFrameio, RateLimiter } from "@effect-frameio/testing"
import { Effect, Layer, Redacted } from "effect"
import { clear, create, describe, listen, orient, read, share, stack } from "../src/v4Endpoints.js"

it.effect("shows every operation of V4 once at least, and each does what it says", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const { accounts, me, project, projects, rootId: root, workspace } = yield* orient()
    assert.deepStrictEqual([me.id, accounts, projects], [fake.userId, 1, 1])

    const { folder, isComplete, parts, take1, take2, take3 } = yield* create(root)
    assert.deepStrictEqual([parts, isComplete], [4, false])
    const shareId = fake.addShare({ name: "Client", assetIds: [take1.id] })
    assert.deepStrictEqual(yield* share(project.id, take1.id, take3.id), ["Client"])
    assert.deepStrictEqual(fake.shareAssets(shareId), [take3.id])

    const { newest, versions, versionStackId } = yield* stack(folder.id, [take1.id, take2.id, take3.id])
    assert.deepStrictEqual([newest, versions], [take2.id, 3])
    const { counts, found, name } = yield* read(folder.id, take1.id)
    assert.deepStrictEqual([name, found], ["Dailies", 1])
    assert.deepStrictEqual(counts, { files: 0, folders: 0, stacks: 1, all: 1 })

    const field = "5e8d2b10-7c44-4a9f-8b3e-2f6d1c0a9e77"
    const [value] = yield* describe(project.id, take1.id, field)
    assert.deepInclude(value, { field_definition_id: field, value: "approved" })
    assert.deepStrictEqual(yield* listen(workspace.id, "https://hooks.example.com"), {
      isSecretTold: true,
      webhooks: 1
    })

    const moved = yield* clear(root, folder.id, versionStackId, take1.id)
    assert.strictEqual(moved.parent_id, root)
    assert.isUndefined(fake.world.get(folder.id))

    for (const name of V4Api.endpoints.keys()) {
      const answered = (yield* fake.requests).filter(({ endpoint, status }) => endpoint === name && status < 300)
      assert.isAtLeast(answered.length, 1, name)
    }
  }).pipe(
    Effect.provide(
      V4Client.layer({ token: Redacted.make(FakeFrameio.token), scheduler: { hint: () => undefined } }).pipe(
        Layer.provideMerge(FakeFrameio.layer({ limits: RateLimiter.unlimited }))
      )
    )
  )
)

it("is told of in the table of operations", () => {
  const page = readFileSync(new URL("../../docs/v4.md", import.meta.url), "utf8")
  const rows = [...page.matchAll(/^\| `(\w+\.\w+)` \| ([A-Z]+ `[^`]+`) \| ([^|]+) \| yes \| yes \| yes \| yes \|$/gm)]
  const limitOf = ({ limit, windowMillis }: { readonly limit: number; readonly windowMillis: number }) =>
    `${limit} / ${windowMillis === 60_000 ? "min" : "s"}`
  assert.deepStrictEqual(
    rows.map(([, name, call, limit]) => [name, call, limit]),
    [...V4Api.endpoints.values()].map(({ method, name, path, printed }) => [
      name,
      `${method} \`${path.replace("/v4/accounts/:account_id", "A").replace(/:(\w+?)_id/g, "{$1}")}\``,
      limitOf(printed)
    ])
  )
})
