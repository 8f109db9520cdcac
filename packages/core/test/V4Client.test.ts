import { HttpClient } from "@effect/platform"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { FrameioError, V4Asset, V4Client } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Chunk, Effect, Layer, Option, Redacted, Schema, Stream, TestClock } from "effect"

const clientOn = (
  options?: FakeFrameio.Options,
  client?: Partial<V4Client.LayerOptions & { readonly token: Redacted.Redacted<string> }>
) =>
  V4Client.layer({ token: Redacted.make(FakeFrameio.token), ...client }).pipe(
    Layer.provideMerge(FakeFrameio.layer({ limits: RateLimiter.unlimited, ...options }))
  )

const folderOf = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folderId = yield* fake.addFolder({ name: "shots" })
    const files = yield* Effect.forEach(names, (name) => fake.addFile({ name, parentId: folderId }))
    return { fake, folderId, files }
  })

describe("V4Client: arguments and answers", () => {
  it("has the types of the declaration, in camel case and without envelopes", () => {
    expectTypeOf<Parameters<V4Client.Service["files"]["move"]>[0]>().toEqualTypeOf<{
      readonly accountId?: V4Asset.Id | undefined
      readonly fileId: V4Asset.Id
      readonly parentId: V4Asset.Id
    }>()
    type Children = Effect.Effect.Success<ReturnType<V4Client.Service["folders"]["children"]>>
    expectTypeOf<Children>().toEqualTypeOf<V4Client.Page<V4Asset.Item>>()
    type Stack = Effect.Effect.Success<ReturnType<V4Client.Service["versionStacks"]["create"]>>
    expectTypeOf<Stack>().toMatchTypeOf<V4Asset.VersionStack>()
    type Reordered = Effect.Effect.Success<ReturnType<V4Client.Service["versionStacks"]["reorder"]>>
    expectTypeOf<Reordered>().toEqualTypeOf<ReadonlyArray<V4Asset.Item>>()
    expectTypeOf<Effect.Effect.Success<ReturnType<V4Client.Service["files"]["delete"]>>>().toEqualTypeOf<undefined>()
    expectTypeOf<
      Effect.Effect.Error<ReturnType<V4Client.Service["files"]["show"]>>
    >().toEqualTypeOf<FrameioError.ReadError>()
    expectTypeOf<Effect.Effect.Error<ReturnType<V4Client.Service["files"]["move"]>>>().toEqualTypeOf<V4Client.V4Error>()
    // Every list takes a cursor.
    expectTypeOf<Parameters<V4Client.Service["shares"]["list"]>[0]>().toHaveProperty("after")
  })

  it.effect("stacks files, moves one on top, and finds the account by itself", () =>
    Effect.gen(function* () {
      const { fake, files, folderId } = yield* folderOf(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const [first, second, third] = files
      assert(first !== undefined && second !== undefined && third !== undefined)
      const v4 = yield* V4Client.V4Client
      assert.strictEqual(v4.accountId, fake.world.accounts[0])
      const stack = yield* v4.versionStacks.create({ folderId, fileIds: [first, second] })
      assert.strictEqual(stack.head_version?.id, second)
      const moved = yield* v4.files.move({ fileId: third, parentId: stack.id })
      assert.strictEqual(moved.parent_id, stack.id)
      const versions = yield* v4.versionStacks.children({ versionStackId: stack.id })
      assert.deepStrictEqual(
        versions.items.map(({ id }) => id),
        [third, second, first]
      )
      assert.isUndefined(yield* v4.files.delete({ fileId: third }))
      const me = yield* v4.me.show()
      assert.strictEqual(me.id, fake.userId)
    }).pipe(Effect.provide(clientOn()))
  )

  it.effect("judges all arguments before anything is sent, by the caller's names", () =>
    Effect.gen(function* () {
      const v4 = yield* V4Client.V4Client
      const fake = yield* FakeFrameio.FakeFrameio
      const before = (yield* fake.requests).length
      const [project] = fake.world.projects
      assert(project !== undefined)
      const error = yield* Effect.flip(
        v4.versionStacks.create({ folderId: project.rootId, fileIds: [project.rootId], accountId: project.rootId })
      )
      assert.strictEqual(error._tag, "FrameioInvalidRequest")
      assert.match(error.message, /fileIds/)
      const { page } = { page: yield* Effect.flip(v4.folders.children({ folderId: project.rootId, pageSize: 501 })) }
      assert.match(page.message, /pageSize/)
      assert.strictEqual((yield* fake.requests).length, before)
    }).pipe(Effect.provide(clientOn()))
  )

  it.effect("sends commas as they are and a list of includes as one", () => {
    const urls: Array<string> = []
    const watching = Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, (client) =>
        HttpClient.mapRequest(client, (request) => {
          urls.push(request.url)
          return request
        })
      )
    )
    return Effect.gen(function* () {
      const { folderId } = yield* folderOf(["a.mov"])
      const v4 = yield* V4Client.V4Client
      yield* v4.folders.files({ folderId, include: ["media_links.thumbnail", "creator"], sort: "name_asc" })
      assert.match(urls.at(-1) ?? "", /\?include=media_links\.thumbnail,creator&sort=name_asc$/)
      // Half an emoji has no UTF-8.
      yield* Effect.ignore(v4.folders.files({ folderId, after: "\ud83c" }))
      assert.match(urls.at(-1) ?? "", /\?after=%EF%BF%BD$/)
    }).pipe(
      Effect.provide(
        V4Client.layer({ token: Redacted.make(FakeFrameio.token) }).pipe(
          Layer.provide(watching),
          Layer.provideMerge(FakeFrameio.layer({ limits: RateLimiter.unlimited }))
        )
      )
    )
  })

  it.effect("lists all pages by sending the first query again with each cursor", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 23 }, (_, index) => `shot_${String(index).padStart(2, "0")}.mov`)
      const { fake, folderId } = yield* folderOf(names)
      const v4 = yield* V4Client.V4Client
      const listed = yield* Stream.runCollect(
        V4Client.pages(v4.folders.files, { folderId, pageSize: 5, sort: "name_asc" })
      )
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(listed).map(({ name }) => name),
        names
      )
      const requests = (yield* fake.requests).filter(({ endpoint }) => endpoint === "folders.files")
      assert.lengthOf(requests, 5)
      for (const { url } of requests) assert.match(url, /page_size=5.*sort=name_asc/)
    }).pipe(Effect.provide(clientOn()))
  )

  it.effect("says which of several accounts there are, when none was chosen", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(clientOn(undefined, { token: Redacted.make("nobody-has-this-token") })))
      )
      assert.strictEqual("_tag" in error ? error._tag : "", "FrameioUnauthorized")
      const several = new V4Client.AccountNotChosen({
        accounts: [
          { id: "1", name: "A" },
          { id: "2", name: "B" }
        ]
      })
      assert.include(several.message, "A (1), B (2)")
    })
  )
})

describe("V4Client: errors", () => {
  it.effect("are the family of v2, with what V4 says and where", () =>
    Effect.gen(function* () {
      const { files, folderId } = yield* folderOf(["a_v1.mov", "a_v2.mov"])
      const [first, second] = files
      assert(first !== undefined && second !== undefined)
      const v4 = yield* V4Client.V4Client
      const stack = yield* v4.versionStacks.create({ folderId, fileIds: [first, second] })
      const wrong = yield* Effect.flip(v4.files.show({ fileId: stack.id }))
      assert(wrong._tag === "FrameioInvalidArguments")
      assert.deepStrictEqual(wrong.errors[0]?.source, { pointer: "/file_id" })
      const gone = yield* Effect.flip(v4.files.show({ fileId: folderId }))
      assert.strictEqual(gone._tag, "FrameioNotFound")
      assert.isTrue(FrameioError.isFrameioError(gone))
    }).pipe(Effect.provide(clientOn()))
  )

  it.effect("name Adobe ids, and are stored with them", () =>
    Effect.gen(function* () {
      const { folderId } = yield* folderOf([])
      const fileId = V4Asset.Id.make("adobe:urn:aaid:sc:EU:1f|2")
      const v4 = yield* V4Client.V4Client
      const gone = yield* Effect.flip(v4.files.move({ fileId, parentId: folderId }))
      assert(gone._tag === "FrameioNotFound")
      assert.deepStrictEqual(gone.assetIds, [fileId, folderId])
      assert.include(gone.message, fileId)
      const stored = Schema.parseJson(FrameioError.FrameioError)
      assert.deepStrictEqual(yield* Schema.decode(stored)(yield* Schema.encode(stored)(gone)), gone)
    }).pipe(Effect.provide(clientOn()))
  )

  it.effect("do not send a change again whose answer was lost", () =>
    Effect.gen(function* () {
      const { fake, files, folderId } = yield* folderOf(["a_v1.mov", "a_v2.mov"])
      const [first, second] = files
      assert(first !== undefined && second !== undefined)
      const v4 = yield* V4Client.V4Client
      const error = yield* Effect.flip(v4.versionStacks.create({ folderId, fileIds: [first, second] }))
      assert.strictEqual(error._tag, "FrameioTransportError")
      assert.strictEqual(FrameioError.outcomeOf(error), "unknown")
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 1)
      assert.deepStrictEqual(
        (yield* fake.stackOf(first)).pipe(Option.map(({ versions }) => versions)),
        Option.some(files)
      )
    }).pipe(Effect.provide(clientOn({ faults: FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" }) })))
  )
})

describe("V4Client: the limit", () => {
  it.effect("knows the printed limits before the first answer, and draws no refusal", () =>
    Effect.gen(function* () {
      const { fake, folderId } = yield* folderOf([])
      const v4 = yield* V4Client.V4Client
      const names = Array.from({ length: 30 }, (_, index) => `f${index}`)
      const made = yield* Effect.fork(
        Effect.forEach(names, (name) => v4.folders.create({ folderId, name }), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("10 seconds")
      yield* made
      const counts = yield* fake.counts("folders.create")
      assert.deepStrictEqual([counts.requests, counts.refused], [30, 0])
    }).pipe(Effect.provide(clientOn({ limits: {} })))
  )
})
