/** What the fake does at the endpoints beside those of version stacks, through the client and on the bare wire. */
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioApi, FrameioClient, FrameioError, UploadPart, V4Api } from "@effect-frameio/core"
import { FakeFrameio, RateLimiter, World } from "@effect-frameio/testing"
import { Effect, FastCheck, Option } from "effect"
import * as Uploads from "../src/internal/uploads.js"

const fakeAnd = <A, E>(
  program: (parts: {
    readonly fake: FakeFrameio.Service
    readonly client: FrameioClient.Service
    readonly root: Asset.AssetId
  }) => Effect.Effect<A, E, HttpClient.HttpClient>,
  options?: FakeFrameio.Options
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const client = yield* FrameioClient.FrameioClient
    const root = fake.world.projects[0]?.rootId
    assert.isDefined(root)
    return yield* program({ fake, client, root: root ?? missing })
  }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited, ...options })))

const missing = Asset.AssetId.make("00000000-0000-0000-0000-00000000dead")

const names = (assets: ReadonlyArray<Asset.AssetFragment>) => assets.map((asset) => asset.name)

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(
    HttpClient.execute(
      HttpClientRequest.prependUrl(HttpClientRequest.bearerToken(request, FakeFrameio.token), "https://api.frame.io")
    ),
    (response) => Effect.map(response.text, (text) => ({ status: response.status, body: JSON.parse(text), response }))
  )

const listed = (client: FrameioClient.Service, assetId: Asset.AssetId) =>
  Effect.map(client.children({ assetId, pageSize: 100 }), (page) => names(page.items))

describe("create", () => {
  it.effect("makes folders and files, newest first, with what they were given", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const folder = yield* client.create({ parentId: root, type: "folder", name: "Dailies", description: "day 1" })
        assert.isTrue(Asset.isFolder(folder))
        assert.strictEqual(folder.description, "day 1")
        assert.deepStrictEqual(Asset.uploadUrls(folder), [])
        const file = yield* client.create({
          parentId: folder.id,
          type: "file",
          name: "a.mov",
          filesize: 60 * 2 ** 20,
          properties: { shot: 7 }
        })
        assert.deepStrictEqual(
          [file.filesize, file.filetype, file.asset_type, file.parent_id, file.creator_id, file.properties],
          [60 * 2 ** 20, "video/quicktime", null, folder.id, fake.userId, { shot: 7 }]
        )
        // Three parts of 20 MiB, for none has more than 25.
        const upload = fake.world.uploads.get(file.id)
        assert.deepStrictEqual(
          upload?.parts.map((part) => part.url),
          [...Asset.uploadUrls(file)]
        )
        assert.deepStrictEqual(
          upload?.parts.map((part) => part.size),
          [20 * 2 ** 20, 20 * 2 ** 20, 20 * 2 ** 20]
        )
        const remote = yield* client.create({
          parentId: folder.id,
          type: "file",
          name: "b.png",
          source: { url: "https://x.example/b.png" }
        })
        assert.deepStrictEqual(Asset.uploadUrls(remote), [])
        assert.deepStrictEqual(yield* listed(client, folder.id), ["b.png", "a.mov"])
        assert.strictEqual((yield* client.get({ assetId: folder.id })).item_count, 2)
      })
    )
  )

  it.effect("refuses what is no folder, what is not there, and what the user may not do", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        const into = (parentId: Asset.AssetId) => Effect.flip(client.create({ parentId, type: "folder", name: "x" }))
        assert.strictEqual((yield* into(file))._tag, "FrameioInvalidArguments")
        assert.strictEqual((yield* into(missing))._tag, "FrameioNotFound")
        const guest = fake.world.addUser({ tokens: ["guest"], allows: ({ action }) => action === "read" })
        const response = yield* HttpClient.execute(
          HttpClientRequest.post(`https://api.frame.io/v2/assets/${root}/children`).pipe(
            HttpClientRequest.bearerToken("guest"),
            HttpClientRequest.bodyUnsafeJson({ type: "folder", name: "x" })
          )
        )
        assert.strictEqual(response.status, 403, guest.name)
        assert.strictEqual(fake.journal.changes.length, 0)
      })
    )
  )

  it.effect("takes a form, as the real one still does, but not for a realtime upload", () =>
    fakeAnd(({ fake, root }) =>
      Effect.gen(function* () {
        const form = (fields: Record<string, string>) =>
          send(
            HttpClientRequest.setBody(
              HttpClientRequest.post(`/v2/assets/${root}/children`),
              HttpBody.text(new URLSearchParams(fields).toString(), "application/x-www-form-urlencoded; charset=utf-8")
            )
          )
        const made = yield* form({
          type: "file",
          name: "a & b.mov",
          filesize: "5",
          "properties[shot]": "7"
        })
        assert.strictEqual(made.status, 200)
        assert.deepInclude(made.body, { name: "a & b.mov", filesize: 5, properties: { shot: "7" } })
        const remote = yield* form({ type: "file", name: "c.mov", "source[url]": "https://x.example/c.mov" })
        assert.isUndefined(remote.body.upload_urls)
        const realtime = { type: "file", name: "d.mov", filetype: "video/quicktime", is_realtime_upload: "true" }
        assert.strictEqual((yield* form(realtime)).status, 422)
        assert.strictEqual((yield* form({ type: "file", name: "e.mov", filesize: "many" })).status, 422)
        assert.strictEqual(fake.journal.counts("assets.create").applied, 2)
      })
    )
  )

  it.effect("makes the next version of another, where that is believed", () => {
    const program = (parts: { client: FrameioClient.Service; fake: FakeFrameio.Service; root: Asset.AssetId }) =>
      Effect.gen(function* () {
        const { client, fake, root } = parts
        const first = yield* fake.addFile({ name: "a_v001.mov" })
        const create = (name: string) =>
          client.create({ parentId: root, type: "file", name, filesize: 1, autoVersionId: first })
        const second = yield* create("a_v002.mov")
        const third = yield* create("a_v003.mov")
        return [fake.world.stackOf(first)?.versions, [first, second.id, third.id]] as const
      })
    return Effect.gen(function* () {
      const [versions, all] = yield* fakeAnd(program)
      assert.deepStrictEqual(versions, all)
      const [none] = yield* fakeAnd(program, { unknowns: { autoVersion: false } })
      assert.isUndefined(none)
    })
  })
})

describe("update, move, copy, delete", () => {
  it.effect("update changes the fields that it is given, and no others", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        const id = yield* fake.addFile({ name: "a.mov" })
        const before = yield* client.get({ assetId: id })
        const after = yield* client.update({ assetId: id, name: "b.mov", fields: { label: "approved" } })
        assert.deepStrictEqual(after, { ...before, name: "b.mov", label: "approved", updated_at: after.updated_at })
        assert.deepStrictEqual(yield* client.get({ assetId: id }), after)
      })
    )
  )

  it.effect("move puts an asset first in another folder, with all that is in it, and not into itself", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const from = yield* fake.addFolder({ name: "from" })
        const to = yield* fake.addFolder({ name: "to" })
        const file = yield* fake.addFile({ name: "a.mov", parentId: from })
        yield* fake.addFile({ name: "old.mov", parentId: to })
        const moved = yield* client.move({ assetId: from, destinationId: to })
        assert.deepStrictEqual(Asset.parentId(moved), Option.some(to))
        assert.deepStrictEqual(yield* listed(client, to), ["from", "old.mov"])
        assert.deepStrictEqual(yield* listed(client, root), ["to"])
        assert.isTrue(fake.world.isWithin(file, to))
        for (const [assetId, destinationId] of [
          [to, from],
          [to, to],
          [root, to],
          [to, file]
        ] as const) {
          assert.strictEqual(
            (yield* Effect.flip(client.move({ assetId, destinationId })))._tag,
            "FrameioInvalidArguments"
          )
        }
      })
    )
  )

  const tree = (fake: FakeFrameio.Service) =>
    Effect.gen(function* () {
      const folder = yield* fake.addFolder({ name: "shots" })
      const inner = yield* fake.addFolder({ name: "inner", parentId: folder })
      const a = yield* fake.addFile({ name: "a_v001.mov", parentId: inner, filesize: 7 })
      const b = yield* fake.addFile({ name: "a_v002.mov", parentId: inner, filetype: "video/x-own" })
      const gone = yield* fake.addFile({ name: "gone.mov", parentId: folder })
      yield* fake.addFile({ name: "b.png", parentId: folder })
      fake.world.version({ assetId: a, nextAssetId: b })
      fake.world.update(a, { label: "approved" })
      fake.world.remove(gone)
      return { folder, inner, a, b }
    })

  /** Everything below an asset, by what a person would see. */
  const outline = (world: World.World, id: string): ReadonlyArray<unknown> =>
    world.children(id, { pageSize: 500 }).ids.map((child) => {
      const entry = world.get(child)
      return [entry?.kind, entry?.name, entry?.filesize, entry?.filetype, entry?.fields, outline(world, child)]
    })

  it.effect("copy makes another of an asset and of all that is in it, in order, and leaves the first as it was", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const { a, folder } = yield* tree(fake)
        const before = outline(fake.world, folder)
        const target = yield* fake.addFolder({ name: "target" })
        const copy = yield* client.copy({ assetId: folder, destinationId: target })
        assert.notStrictEqual(copy.id, folder)
        assert.strictEqual(copy.name, "shots")
        assert.deepStrictEqual(Asset.parentId(copy), Option.some(target))
        assert.deepStrictEqual(outline(fake.world, copy.id), before)
        assert.deepStrictEqual(outline(fake.world, folder), before)
        // A version is copied as a file of its own.
        const single = yield* client.copy({ assetId: a, destinationId: target })
        assert.strictEqual(Asset.kind(single), "file")
        assert.deepStrictEqual(yield* listed(client, target), ["a_v001.mov", "shots"])
        for (const [assetId, destinationId] of [
          [folder, folder],
          [root, target],
          [folder, a]
        ] as const) {
          assert.strictEqual(
            (yield* Effect.flip(client.copy({ assetId, destinationId })))._tag,
            "FrameioInvalidArguments"
          )
        }
      })
    )
  )

  it.effect("a copy is called, and a copied stack becomes, what the options say", () =>
    fakeAnd(
      ({ client, fake, root }) =>
        Effect.gen(function* () {
          const { folder } = yield* tree(fake)
          const copy = yield* client.copy({ assetId: folder, destinationId: root })
          assert.strictEqual(copy.name, "Copy of shots")
          const [, inner] = fake.world.children(copy.id).ids
          const [file, ...rest] = fake.world.children(inner ?? "").ids
          assert.deepInclude(fake.world.get(file ?? ""), { kind: "file", name: "a_v002.mov", filetype: "video/x-own" })
          assert.deepStrictEqual(rest, [])
        }),
      { unknowns: { copyName: "copy-of", copiedStack: "newest" } }
    )
  )

  it.effect("delete is soft, takes along all that is inside, and answers what is gone", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const { b, folder } = yield* tree(fake)
        const gone = yield* client.delete({ assetId: folder })
        assert.isString(gone.deleted_at)
        assert.strictEqual((yield* Effect.flip(client.get({ assetId: b })))._tag, "FrameioNotFound")
        assert.strictEqual((yield* client.get({ assetId: b, includeDeleted: true })).id, b)
        assert.strictEqual((yield* Effect.flip(client.delete({ assetId: folder })))._tag, "FrameioNotFound")
        assert.strictEqual((yield* Effect.flip(client.delete({ assetId: root })))._tag, "FrameioInvalidArguments")
        assert.deepStrictEqual(yield* listed(client, root), [])
      })
    )
  )
})

describe("many at once", () => {
  it.effect("bulk copy says in a 200 what it did and what it did not", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const [one, two, target] = yield* Effect.all([
          fake.addFile({ name: "1.mov" }),
          fake.addFile({ name: "2.mov" }),
          fake.addFolder({ name: "target" })
        ])
        const result = yield* client.bulkCopy({
          assetIds: [one, missing, two, root],
          destinationId: target,
          copyComments: "all"
        })
        assert.deepStrictEqual(
          result.copied.map(({ asset, key }) => [key, asset?.name, asset?.parent_id]),
          [
            [one, "1.mov", target],
            [two, "2.mov", target]
          ]
        )
        assert.sameMembers(
          result.errors.map((error) => error.key),
          [missing, root]
        )
        assert.match(String(result.errors[0]?.value), /no asset|root/)
        // The specification's accidents are sent, too.
        assert.deepInclude(result.raw, { succes_test: null, "": null })
        assert.deepStrictEqual(yield* listed(client, target), ["2.mov", "1.mov"])
        const all = yield* client.bulkCopy({ assetIds: [one], destinationId: target })
        assert.deepStrictEqual([all.errors, all.raw.error], [[], null])
        const none = yield* client.bulkCopy({ assetIds: [missing], destinationId: target })
        assert.deepStrictEqual([none.copied, none.raw.success], [[], null])
        assert.strictEqual(
          (yield* Effect.flip(client.bulkCopy({ assetIds: [one], destinationId: missing })))._tag,
          "FrameioNotFound"
        )
      })
    )
  )

  it.effect("bulk copy takes ids that are numbers, as specified, and an empty batch, and finds nothing", () =>
    fakeAnd(({ root }) =>
      Effect.gen(function* () {
        const copy = (body: object) =>
          send(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(`/v2/batch/assets/${root}/copy`), body))
        const numbers = yield* copy({ batch: [{ id: 1 }, { id: 2 }] })
        assert.strictEqual(numbers.status, 200)
        assert.deepStrictEqual(Object.keys(numbers.body.error), ["1", "2"])
        assert.deepInclude((yield* copy({})).body, { error: null, success: null })
        assert.strictEqual((yield* copy({ batch: [{ id: "one" }] })).status, 422)
      })
    )
  )

  it.effect("bulk delete has its ids in a body, and says what is still there", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const one = yield* fake.addFile({ name: "1.mov" })
        const two = yield* fake.addFile({ name: "2.mov" })
        const result = yield* client.bulkDelete({ assetIds: [one, missing] })
        assert.deepStrictEqual(
          result.errors.map((error) => error.key),
          [missing]
        )
        assert.deepStrictEqual(yield* listed(client, root), ["2.mov"])
        assert.deepStrictEqual(yield* client.bulkDelete({ assetIds: [two] }), { errors: [], raw: {} })
        const [deleted] = fake.journal.of("assets.bulkDelete")
        assert.deepStrictEqual([deleted?.assetIds, deleted?.applied], [[one, missing], true])
        const bare = yield* send(HttpClientRequest.del("/v2/batch/assets"))
        assert.strictEqual(bare.status, 400)
      })
    )
  )
})

describe("tracks", () => {
  it.effect("are what an update gave the file; a folder has none to ask for", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        assert.deepStrictEqual(yield* client.audio({ assetId: file }), {
          _type: "asset_audio",
          id: file,
          audio_tracks: []
        })
        fake.world.update(file, { audio_tracks: ["en", "de"], subtitle_tracks: ["fr"] })
        assert.deepStrictEqual((yield* client.audio({ assetId: file })).audio_tracks, ["en", "de"])
        assert.deepStrictEqual(yield* client.subtitles({ assetId: file }), {
          _type: "asset_subtitle",
          id: file,
          subtitle_tracks: ["fr"]
        })
        assert.strictEqual((yield* Effect.flip(client.audio({ assetId: root })))._tag, "FrameioNotFound")
        assert.strictEqual((yield* Effect.flip(client.subtitles({ assetId: missing })))._tag, "FrameioNotFound")
      })
    )
  )
})

describe("realtime uploads", () => {
  it.effect("begin with an id and a name, get URLs in any order, and their size with the final part", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const created = yield* client.create({
          parentId: root,
          type: "file",
          isRealtimeUpload: true,
          extension: "mxf",
          filetype: "application/mxf"
        })
        const { id } = created
        assert.deepStrictEqual(created, { id, name: "[new file].mxf" })
        const size = UploadPart.MIN_SIZE
        const later = yield* client.realtimeParts({ assetId: id, parts: [{ number: 3, size, isFinal: false }] })
        const last = yield* client.realtimeParts({
          assetId: id,
          parts: [
            { number: 9, size: 5, isFinal: true },
            { number: 1, size, isFinal: false }
          ],
          assetName: "b.mxf",
          assetFilesize: 2 * size + 5
        })
        const upload = fake.world.uploads.get(id)
        assert.deepStrictEqual(
          upload?.parts.map((part) => [part.number, part.url, part.isFinal]),
          [
            [1, last.upload_urls[1], false],
            [3, later.upload_urls[0], false],
            [9, last.upload_urls[0], true]
          ]
        )
        const after = yield* client.get({ assetId: id })
        assert.deepStrictEqual([after.name, after.filesize, after.filetype], ["b.mxf", 2 * size + 5, "application/mxf"])
      })
    )
  )

  it.effect("are refused with 400 where there is none, or the parts cannot be", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        const parts = [{ number: 1, size: UploadPart.MIN_SIZE, isFinal: false }]
        const error = yield* Effect.flip(client.realtimeParts({ assetId: file, parts }))
        assert.strictEqual(error._tag, "FrameioBadRequest")
        assert.strictEqual(FrameioError.outcomeOf(error), "not-applied")
        assert.strictEqual(
          (yield* Effect.flip(client.realtimeParts({ assetId: missing, parts })))._tag,
          "FrameioNotFound"
        )
        const bare = yield* send(
          HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(`/v2/assets/${file}/realtime_upload/parts`), {
            parts: [{ number: 1, size: 5, is_final: false }]
          })
        )
        assert.strictEqual(bare.status, 400)
      })
    )
  )
})

describe("search", () => {
  const library = (fake: FakeFrameio.Service) =>
    Effect.gen(function* () {
      const day = 86_400_000
      const at = (n: number) => World.EPOCH_MILLIS + n * day
      const other = fake.world.addProject({ name: "Other" })
      const folder = yield* fake.addFolder({ name: "Night shots", nowMillis: at(0) })
      const a = yield* fake.addFile({ name: "night_010_comp.mov", parentId: folder, filesize: 30, nowMillis: at(1) })
      const b = yield* fake.addFile({ name: "night_020_comp.mov", filesize: 10, nowMillis: at(2) })
      const c = yield* fake.addFile({ name: "day_010_comp.mov", filesize: 20, nowMillis: at(3) })
      const d = yield* fake.addFile({ name: "Night_030_plate.exr", parentId: other.rootId, nowMillis: at(4) })
      fake.world.update(b, { label: "approved", properties: { shot: 20 } }, at(5))
      return { folder, a, b, c, d, other }
    })

  it.effect("finds by words, kind, project, account and values of one's own, by either method", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        const { other } = yield* library(fake)
        const first = fake.world.projects[0]
        const found = (args: Parameters<FrameioClient.Service["search"]>[0]) =>
          Effect.map(client.search(args), (page) => names(page.items))
        for (const method of ["GET", "POST"] as const) {
          assert.deepStrictEqual(yield* found({ method, q: "NIGHT comp" }), [
            "night_020_comp.mov",
            "night_010_comp.mov"
          ])
          assert.deepStrictEqual(yield* found({ method, query: "night", type: "folder" }), ["Night shots"])
          assert.deepStrictEqual(yield* found({ method, q: "night", projectId: other.id }), ["Night_030_plate.exr"])
          assert.deepStrictEqual(yield* found({ method, accountId: missing }), [])
          assert.lengthOf(yield* found({ method, accountId: first?.accountId, teamId: [first?.teamId ?? ""] }), 5)
          assert.deepStrictEqual(yield* found({ method, q: "night", sort: "-filesize", type: "file", pageSize: 1 }), [
            "Night_030_plate.exr"
          ])
        }
        assert.deepStrictEqual(yield* found({ properties: { shot: 20 } }), ["night_020_comp.mov"])
        assert.deepStrictEqual(yield* found({ properties: { shot: 21 } }), [])
      })
    )
  )

  it.effect("keeps to the conditions of a filter, and sorts by a field either way", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        const { a, d } = yield* library(fake)
        const found = (args: Parameters<FrameioClient.Service["librarySearch"]>[0]) =>
          Effect.map(client.librarySearch(args), (page) => names(page.items))
        assert.deepStrictEqual(yield* found({ filter: { label: { op: "eq", value: "approved" } } }), [
          "night_020_comp.mov"
        ])
        assert.deepStrictEqual(
          yield* found({
            filter: {
              inserted_at: [
                { op: "gte", value: "2024-01-03" },
                { op: "lte", value: "2024-01-04T00:00:00.000000Z" }
              ],
              type: { op: "eq", value: "file" }
            },
            sort: "inserted_at"
          }),
          ["night_020_comp.mov", "day_010_comp.mov"]
        )
        assert.deepStrictEqual(yield* found({ filter: { name: { op: "match", value: "_010_" } }, sort: "-name" }), [
          "night_010_comp.mov",
          "day_010_comp.mov"
        ])
        assert.lengthOf(yield* found({ filter: { "creator.name": { op: "match", value: "synthetic" } } }), 5)
        const projectId = fake.world.get(d)?.projectId ?? ""
        assert.deepStrictEqual(yield* found({ filter: { project_id: { op: "eq", value: projectId } } }), [
          "Night_030_plate.exr"
        ])
        const slip = yield* Effect.flip(client.librarySearch({ filter: { label: { op: "equals", value: 1 } } }))
        assert.strictEqual(slip._tag, "FrameioInvalidArguments")
        assert.include(slip.message, "label")
        // Deleted ones only where they are asked for.
        yield* client.delete({ assetId: a })
        assert.deepStrictEqual(yield* found({ q: "night_010" }), [])
        assert.deepStrictEqual(yield* found({ q: "night_010", includeDeleted: true }), ["night_010_comp.mov"])
      })
    )
  )

  it.effect("shows ten at a time, and only what the user may read", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        for (let n = 0; n < 23; n++) yield* fake.addFile({ name: `take_${n}.mov` })
        const strange = fake.world.addUser({ accountId: fake.world.addAccount() })
        const theirs = fake.world.addProject({ teamId: fake.world.addTeam({ accountId: strange.accountId }) })
        yield* fake.addFile({ name: "take_secret.mov", parentId: theirs.rootId })
        const pages = yield* Effect.forEach([1, 2, 3, 4], (page) => client.librarySearch({ q: "take", page }))
        assert.deepStrictEqual(
          pages.map(({ items, page, perPage, total, totalPages }) => [items.length, page, perPage, total, totalPages]),
          [
            [10, 1, 10, 23, 3],
            [10, 2, 10, 23, 3],
            [3, 3, 10, 23, 3],
            [0, 4, 10, 23, 3]
          ]
        )
        assert.strictEqual(new Set(pages.flatMap((page) => page.items.map((asset) => asset.id))).size, 23)
      })
    )
  )

  it.effect("reads objects in a query as JSON, refuses what it cannot read, and takes null for absent", () =>
    fakeAnd(({ fake }) =>
      Effect.gen(function* () {
        yield* library(fake)
        const ask = (path: string, params: Record<string, string>) =>
          send(HttpClientRequest.setUrlParams(HttpClientRequest.get(`/v2/search/${path}`), params))
        const filter = JSON.stringify({ label: { op: "eq", value: "approved" } })
        for (const path of ["assets", "library"]) {
          assert.deepStrictEqual(names((yield* ask(path, { filter })).body), ["night_020_comp.mov"])
          for (const unreadable of ["label=approved", "[1]", '{"label":{"value":1}}']) {
            assert.strictEqual((yield* ask(path, { filter: unreadable })).status, 422, unreadable)
          }
        }
        assert.lengthOf((yield* ask("assets", { properties: '{"shot":20}' })).body, 1)
        assert.strictEqual((yield* ask("assets", { properties: "7" })).status, 422)
        const nulls = yield* send(
          HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v2/search/assets"), {
            q: "night",
            team_id: null,
            project_id: null,
            filter: null
          })
        )
        assert.lengthOf(nulls.body, 4)
      })
    )
  )

  it.effect("brings along what is asked for", () =>
    fakeAnd(({ client, fake }) =>
      Effect.gen(function* () {
        const { a, b } = yield* library(fake)
        fake.world.version({ assetId: a, nextAssetId: b })
        const [stack] = (yield* client.search({ type: "version_stack", include: "cover_asset" })).items
        assert.deepInclude(stack?.cover_asset, { id: b })
      })
    )
  )
})

describe("slim listings", () => {
  it.effect("show the fields that are asked for, and what tells an asset apart", () =>
    fakeAnd(({ client, fake, root }) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        for (let n = 0; n < 5; n++) yield* fake.addFile({ name: `${n}.mov`, parentId: folder })
        const slim = yield* client.slimChildren({
          assetId: root,
          include: "children",
          onlyFields: ["a.name", "a.filesize", "u.name", "a.nothing"]
        })
        const [item] = slim.items
        assert.deepStrictEqual(Object.keys(item ?? {}).sort(), ["_type", "children", "filesize", "id", "name", "type"])
        assert.lengthOf(slim.items, 1)
        // At most three of a folder's five.
        assert.lengthOf((item?.children as ReadonlyArray<unknown> | undefined) ?? [], 3)
        const files = yield* client.slimChildren({
          assetId: folder,
          onlyFields: ["a.name", "u.name", "creator.id"],
          pageSize: 1
        })
        assert.deepStrictEqual(
          [files.total, files.items[0]?.creator],
          [5, { name: "Synthetic User 1", id: fake.userId }]
        )
      })
    )
  )

  it.effect("leave out what is to be dropped", () =>
    fakeAnd(({ fake, root }) =>
      Effect.gen(function* () {
        yield* fake.addFile({ name: "a.mov" })
        const { body, status } = yield* send(
          HttpClientRequest.get(
            `/v2/assets/${root}/children?drop_includes=a.source,a.checksums&hard_drop_fields=a.project&include=creator,presentation,review_links`
          )
        )
        assert.strictEqual(status, 200)
        const [item] = body
        for (const field of ["source", "checksums", "project"]) assert.notProperty(item, field)
        assert.deepStrictEqual([item.creator.id, item.presentation, item.review_links], [fake.userId, null, []])
      })
    )
  )
})

describe("limits", () => {
  it.effect("are one bucket for each endpoint, with the documented figures", () =>
    fakeAnd(
      ({ fake, root }) =>
        Effect.gen(function* () {
          const figures: Record<string, string> = {}
          const ask: Record<string, HttpClientRequest.HttpClientRequest> = {
            "assets.create": HttpClientRequest.post(`/v2/assets/${root}/children`),
            "assets.update": HttpClientRequest.put(`/v2/assets/${root}`),
            "assets.get": HttpClientRequest.get(`/v2/assets/${root}`),
            "assets.children": HttpClientRequest.get(`/v2/assets/${root}/children`),
            "assets.search": HttpClientRequest.get("/v2/search/assets"),
            "assets.searchPost": HttpClientRequest.post("/v2/search/assets"),
            "assets.librarySearch": HttpClientRequest.get("/v2/search/library"),
            "assets.librarySearchPost": HttpClientRequest.post("/v2/search/library")
          }
          for (const [endpoint, request] of Object.entries(ask)) {
            const { response } = yield* send(HttpClientRequest.bodyUnsafeJson(request, {}))
            const { headers } = response
            assert.strictEqual(Number(headers["x-ratelimit-remaining"]) + 1, Number(headers["x-ratelimit-limit"]))
            figures[endpoint] = `${headers["x-ratelimit-limit"]} in ${headers["x-ratelimit-window"]}`
          }
          assert.deepStrictEqual(figures, {
            "assets.create": "5 in 1000",
            "assets.update": "10 in 1000",
            "assets.get": "5 in 1000",
            "assets.children": "40 in 60000",
            "assets.search": "200 in 60000",
            "assets.searchPost": "200 in 60000",
            "assets.librarySearch": "200 in 60000",
            "assets.librarySearchPost": "200 in 60000"
          })
          // A name that is misspelt would be a limit of nothing.
          for (const name of Object.keys(RateLimiter.documented)) {
            assert.isTrue(name === "*" || FrameioApi.endpoints.has(name) || V4Api.endpoints.has(name), name)
          }
          assert.strictEqual(fake.journal.counts().requests, 8)
        }),
      { limits: {} }
    )
  )
})

describe("Uploads", () => {
  const assetId = missing

  it.prop(
    "cut a file into equal parts, but for the last, that are the file together",
    [FastCheck.integer({ min: 0, max: 10_000 }), FastCheck.integer({ min: 1, max: 999 })],
    ([filesize, partSize]) => {
      const { parts } = Uploads.make().expect({ assetId, filesize, contentType: "x/y", partSize })
      const sizes = parts.map((part) => part.size)
      const equal = Math.ceil(filesize / parts.length)
      assert.strictEqual(
        sizes.reduce((sum, size) => sum + size, 0),
        filesize
      )
      assert.isAtMost(Math.max(...sizes), partSize)
      assert.strictEqual(parts.length, Math.max(1, Math.ceil(filesize / partSize)))
      sizes.forEach((size, n) => {
        assert.strictEqual(size, Math.max(0, Math.min(equal, filesize - n * equal)))
      })
      assert.deepStrictEqual(
        parts.map((part) => part.isFinal),
        parts.map((_, n) => n === parts.length - 1)
      )
    }
  )

  it("know each part by its URL, and when all are there", () => {
    const uploads = Uploads.make()
    uploads.base = "http://127.0.0.1:1/storage"
    const { parts } = uploads.expect({ assetId, filesize: 10, contentType: "x/y", partSize: 4 })
    assert.deepStrictEqual(
      parts.map((part) => part.size),
      [4, 4, 2]
    )
    assert.isFalse(uploads.received(`${uploads.base}/uploads/${assetId}/4`, 1))
    assert.isUndefined(uploads.at("http://127.0.0.1:1/elsewhere"))
    parts.forEach((part, n) => {
      assert.isFalse(uploads.isComplete(assetId))
      assert.isTrue(uploads.received(`${part.url.toUpperCase().replace("UPLOADS", "uploads")}?signature=x`, n))
    })
    assert.isTrue(uploads.isComplete(assetId))
    assert.strictEqual(uploads.at(parts[1]?.url ?? "")?.part.receivedAt, 1)
  })
})
