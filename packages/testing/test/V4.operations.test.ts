import { assert, it } from "@effect/vitest"
import { V4Api, V4Asset, V4Client } from "@effect-frameio/core"
import { FakeFrameio, RateLimiter } from "@effect-frameio/testing"
import { Effect, Layer, Redacted, TestClock } from "effect"

const layer = V4Client.layer({ token: Redacted.make(FakeFrameio.token) }).pipe(
  Layer.orDie,
  Layer.provideMerge(FakeFrameio.layer({ limits: RateLimiter.unlimited }))
)

/** Lets time pass until an effect is done: the printed limits hold where the fake tells none. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("10 minutes")
    return yield* fiber
  })

it.effect("every operation of the declaration is answered as it is declared", () =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const v4 = yield* V4Client.V4Client
    const [project] = fake.world.projects
    assert(project !== undefined)
    const { id: projectIdText, rootId: folderId, teamId: workspaceId } = project
    const projectId = V4Asset.Id.make(projectIdText)
    const file = (name: string) => fake.addFile({ name })
    const [one, two, three] = [yield* file("a_v1.mov"), yield* file("a_v2.mov"), yield* file("a_v3.mov")]
    const shareId = fake.addShare({ name: "Client", assetIds: [one] })

    const calls = Effect.gen(function* () {
      assert.strictEqual((yield* v4.me.show()).id, fake.userId)
      assert.lengthOf((yield* v4.accounts.list()).items, 1)
      assert.strictEqual((yield* v4.workspaces.list()).items[0]?.id, workspaceId)
      assert.lengthOf((yield* v4.projects.list()).items, 1)
      assert.lengthOf((yield* v4.projects.listOfWorkspace({ workspaceId })).items, 1)
      assert.strictEqual((yield* v4.projects.show({ projectId })).root_folder_id, folderId)
      assert.strictEqual((yield* v4.folders.show({ folderId })).type, "folder")
      assert.lengthOf((yield* v4.folders.files({ folderId })).items, 3)
      const made = yield* v4.folders.create({ folderId, name: "new" })
      assert.deepStrictEqual(
        (yield* v4.folders.folders({ folderId })).items.map(({ id }) => id),
        [made.id]
      )

      const uploaded = yield* v4.files.localUpload({ folderId: made.id, name: "b.mov", fileSize: 5 })
      assert.strictEqual((yield* v4.files.status({ fileId: uploaded.id })).upload_complete, false)
      const fetched = yield* v4.files.remoteUpload({ folderId, name: "c.mov", sourceUrl: "https://studio.example/c" })
      assert.strictEqual((yield* v4.files.rename({ fileId: fetched.id, name: "d.mov" })).name, "d.mov")
      assert.strictEqual((yield* v4.files.show({ fileId: fetched.id })).name, "d.mov")
      assert.strictEqual((yield* v4.files.copy({ fileId: fetched.id })).parent_id, folderId)
      assert.strictEqual((yield* v4.search.search({ query: "d.mov" })).items.length, 2)
      yield* v4.files.delete({ fileId: fetched.id })

      yield* v4.shares.addAsset({ shareId, assetId: two })
      yield* v4.shares.removeAsset({ shareId, assetId: one })
      assert.strictEqual((yield* v4.shares.show({ shareId })).name, "Client")
      assert.lengthOf((yield* v4.shares.list({ projectId })).items, 1)
      assert.deepStrictEqual(fake.shareAssets(shareId), [two])

      const stack = yield* v4.versionStacks.create({ folderId, fileIds: [one, two] })
      const versionStackId = stack.id
      yield* v4.files.move({ fileId: three, parentId: versionStackId })
      yield* v4.versionStacks.reorder({ versionStackId, targetFileId: one, moveTo: "top" })
      assert.strictEqual((yield* v4.versionStacks.show({ versionStackId })).head_version?.id, one)
      assert.lengthOf((yield* v4.versionStacks.children({ versionStackId })).items, 3)
      assert.strictEqual((yield* v4.versionStacks.move({ versionStackId, parentId: made.id })).parent_id, made.id)
      assert.strictEqual((yield* v4.versionStacks.copy({ versionStackId })).parent_id, made.id)
      assert.lengthOf((yield* v4.folders.versionStacks({ folderId: made.id })).items, 2)
      assert.lengthOf((yield* v4.folders.children({ folderId: made.id })).items, 3)

      const field = "5e8d2b10-7c44-4a9f-8b3e-2f6d1c0a9e77"
      yield* v4.metadata.update({
        projectId,
        fileIds: [one],
        values: [{ fieldDefinitionId: field, value: "approved" }]
      })
      const { metadata } = yield* v4.metadata.ofFile({ fileId: one })
      assert.deepInclude(metadata[0], { field_definition_id: field, value: "approved" })

      const hook = yield* v4.webhooks.create({
        workspaceId,
        name: "hook",
        url: "https://hooks.studio.example",
        events: ["file.versioned"]
      })
      assert.isDefined(hook.secret)
      assert.lengthOf((yield* v4.webhooks.list({ workspaceId })).items, 1)
      yield* v4.webhooks.delete({ webhookId: hook.id })
      yield* v4.folders.delete({ folderId: made.id })
    })
    yield* inTime(calls)

    const answered = new Set((yield* fake.requests).filter(({ status }) => status < 300).map((one) => one.endpoint))
    assert.sameMembers([...V4Api.endpoints.keys()], [...answered])
  }).pipe(Effect.provide(layer))
)
