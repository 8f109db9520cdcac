/**
 * Frame.io's own Python SDK: <https://github.com/Frameio/python-frameio-client>, commit ec3d25d (version 2.0.0), paths
 * below `frameioclient/`. Every request carries what `APIClient._api_call` in `lib/transport.py` puts on it, by way of
 * the library `requests`: a JSON body always, on GET and DELETE as well, `{}` when there is nothing to say.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Option } from "effect"
import { type Answer, at, type Json, json, list, pythonJson, type Sent, text, withFake } from "./wire.js"

const REQUESTS = {
  "User-Agent": "python-requests/2.28.2",
  "Accept-Encoding": "gzip, deflate",
  Accept: "*/*",
  Connection: "keep-alive"
}

/** `APIClient._api_call`, and `_format_api_call` for the URL. */
const call = (method: "get" | "post" | "put" | "delete", endpoint: string, payload: Json = {}): Sent => ({
  method: method.toUpperCase(),
  url: `/v2${endpoint}`,
  headers: {
    ...REQUESTS,
    "x-frameio-client": "python/2.0.0",
    Authorization: `Bearer ${FakeFrameio.token}`,
    "Content-Type": "application/json"
  },
  body: pythonJson(payload)
})

/** What `_api_call` reads: a page when there is `page-number` and more than one page, a list or an object otherwise. */
const read = (answer: Answer) => {
  assert(answer.status < 400, `raise_for_status: ${answer.status} ${answer.text}`)
  const body = json(answer)
  const paged =
    answer.headers["page-number"] !== undefined && Number.parseInt(answer.headers["total-pages"] ?? "", 10) > 1
  return {
    body,
    page: paged
      ? {
          pageSize: Number.parseInt(answer.headers["per-page"] ?? "", 10),
          total: Number.parseInt(answer.headers.total ?? "", 10),
          totalPages: Number.parseInt(answer.headers["total-pages"] ?? "", 10)
        }
      : undefined
  }
}

const SLIM =
  "include=children" +
  "&only_fields=a.name,a.filesize,u.name,a.is_session_watermarked,a.item_count,a.creator.namea.creator.id," +
  "a.inserted_at,a.original,a.upload_completed_at" +
  "&drop_includes=a.trancode_statuses,a.transcodes,a.source,a.checksums" +
  "&hard_drop_fields=a.transcodes,a.source"

describe("python-frameio-client", () => {
  it.live("services/assets.py Asset.get: GET with the body {}", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const id = yield* fake.addFile({ name: "shot_v001.mov" })
        const { body } = read(yield* send(call("get", `/assets/${id}`)))
        assert.strictEqual(at(body, "id"), id)
        assert.strictEqual(at(body, "_type"), "file")
      })
    )
  )

  it.live("services/assets.py Asset.get_children and lib/utils.py PaginatedResponse: the pages of a listing", () =>
    withFake({ unknowns: { defaultPageSize: 2 } }, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        for (const name of ["a.mov", "b.mov", "c.mov"]) yield* fake.addFile({ name, parentId: folder })
        const first = read(yield* send(call("get", `/assets/${folder}/children`)))
        assert.deepStrictEqual(first.page, { pageSize: 2, total: 3, totalPages: 2 })
        assert.strictEqual(list(first.body).length, 2)

        // `get_specific_page` as it stands lacks the prefix of an f-string: the next page is asked for at this very URL,
        // which no server has.
        const literal = yield* send(call("get", encodeURI("{endpoint}?page={page}")))
        assert.strictEqual(literal.status, 404)
        // As it was meant, and as the copy in frameio-python-sync has it.
        const second = read(yield* send(call("get", `/assets/${folder}/children?page=2`)))
        assert.strictEqual(list(second.body).length, 1)
        const ids = [...list(first.body), ...list(second.body)].map((one) => at(one, "id"))
        assert.strictEqual(new Set(ids).size, 3)
      })
    )
  )

  it.live("tests/py3_integration.py test_download: keyword arguments of a listing travel in the body of a GET", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        for (const name of ["a.mov", "b.mov"]) yield* fake.addFile({ name, parentId: folder })
        const arguments_ = { page: 1, page_size: 1, include: "children" }
        const answer = read(yield* send(call("get", `/assets/${folder}/children`, arguments_)))
        // Read as an ordinary listing: a body on GET is not heeded, and not in the way.
        assert.isUndefined(answer.page)
        assert.strictEqual(list(answer.body).length, 2)
        for (const asset of list(answer.body)) {
          // lib/transfer.py FrameioDownloader and flatten_asset_children read these.
          assert.strictEqual(at(asset, "_type"), "file")
          for (const key of ["name", "filesize", "is_session_watermarked", "original", "upload_completed_at"]) {
            at(asset, key)
          }
          // `TypeError` is caught, `KeyError` is not: the field is there, and null until it is known.
          at(asset, "checksums")
        }
      })
    )
  )

  it.live(
    "services/helpers.py get_assets_recursively: slim listings, the stack's top item, three children of a folder",
    () =>
      withFake({}, (fake, send) =>
        Effect.gen(function* () {
          const folder = yield* fake.addFolder({ name: "shots" })
          const inner = yield* fake.addFolder({ name: "plates", parentId: folder })
          for (const name of ["1.exr", "2.exr", "3.exr", "4.exr"]) yield* fake.addFile({ name, parentId: inner })
          const first = yield* fake.addFile({ name: "shot_v001.mov", parentId: folder })
          const second = yield* fake.addFile({ name: "shot_v002.mov", parentId: folder })
          yield* fake.addFile({ name: "note.pdf", parentId: folder })
          const stacked = read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second })))
          const stack = text(at(stacked.body, "id"))

          const assets = list(read(yield* send(call("get", `/assets/${folder}/children?${SLIM}`))).body)
          assert.strictEqual(assets.length, 3)
          const seen = new Map<unknown, unknown>()
          for (const asset of assets) {
            // It prints the number of children of everything in the listing, files included.
            const children = list(at(asset, "children"))
            at(asset, "name")
            seen.set(at(asset, "_type"), at(asset, "id"))
            if (at(asset, "_type") === "file") assert.isEmpty(children)
            if (at(asset, "_type") === "folder") {
              assert.strictEqual(at(asset, "item_count"), 4)
              assert.strictEqual(children.length, 3, "the first three only")
              for (const child of children) at(child, "_type")
            }
          }
          assert.deepStrictEqual([...seen.keys()].sort(), ["file", "folder", "version_stack"])
          const versions = list(read(yield* send(call("get", `/assets/${stack}/children?${SLIM}`))).body)
          assert.strictEqual(at(versions, 0, "id"), second, "element 0 is the top item")
        })
      )
  )

  it.live("services/assets.py Asset.add_version: a new stack, then one more on it", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* Effect.all([
          fake.addFile({ name: "shot_v001.mov" }),
          fake.addFile({ name: "shot_v002.mov" }),
          fake.addFile({ name: "shot_v003.mov" })
        ])
        const { body } = read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second })))
        const stack = text(at(body, "id"))
        assert.strictEqual(at(body, "_type"), "version_stack")
        read(yield* send(call("post", `/assets/${stack}/version`, { next_asset_id: third })))
        assert.deepStrictEqual(
          Option.map(yield* fake.stackOf(third), (one) => one.versions),
          Option.some([first, second, third])
        )
      })
    )
  )

  it.live("services/assets.py Asset.create, create_folder, from_url", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const root = fake.world.projects[0]?.rootId
        assert(root)
        // `create` always sends all four, null where the caller gave nothing.
        const asFolder = { name: "dailies", type: "folder", filesize: null, filetype: null }
        const folder = text(at(read(yield* send(call("post", `/assets/${root}/children`, asFolder))).body, "id"))
        const named = { name: "grüße", type: "folder" }
        const second = read(yield* send(call("post", `/assets/${folder}/children`, named)))
        assert.strictEqual(at(second.body, "name"), "grüße")
        const fetched = { name: "clip.mov", type: "file", source: { url: "https://example.com/clip.mov" } }
        const file = read(yield* send(call("post", `/assets/${folder}/children`, fetched)))
        assert.strictEqual(at(file.body, "_type"), "file")
        assert.strictEqual(at(file.body, "parent_id"), folder)
      })
    )
  )

  it.live("services/assets.py Asset.upload and lib/upload.py FrameioUploader", () =>
    withFake({ unknowns: { partSize: 300 } }, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "dailies" })
        const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)
        // It reads the destination first, and would look for a project of that id if that failed.
        const destination = text(at(read(yield* send(call("get", `/assets/${folder}`))).body, "id"))
        const file = { name: "clip.mp4", type: "file", filesize: bytes.length, filetype: "video/mp4" }
        const asset = read(yield* send(call("post", `/assets/${destination}/children`, file))).body
        const urls = list(at(asset, "upload_urls")).map(text)
        assert.strictEqual(urls.length, 4)
        const size = Math.ceil(Number(at(asset, "filesize")) / urls.length)
        for (const [index, url] of urls.entries()) {
          const last = index + 1 === urls.length
          const chunk = bytes.subarray(index * size, last ? undefined : (index + 1) * size)
          const put = yield* send({
            method: "PUT",
            url,
            headers: { ...REQUESTS, "content-type": text(at(asset, "filetype")), "x-amz-acl": "private" },
            body: chunk
          })
          assert.isBelow(put.status, 400, put.text)
        }
        const uploaded = read(yield* send(call("get", `/assets/${text(at(asset, "id"))}`))).body
        assert.isNotNull(at(uploaded, "upload_completed_at"), "FrameioDownloader refuses what has none")
      })
    )
  )

  it.live("services/assets.py Asset.update, copy, bulk_copy, delete", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "selects" })
        const [first, second] = yield* Effect.all([fake.addFile({ name: "a.mov" }), fake.addFile({ name: "b.mov" })])
        const renamed = read(yield* send(call("put", `/assets/${first}`, { name: "updated_filename.mp4" })))
        assert.strictEqual(at(renamed.body, "name"), "updated_filename.mp4")
        const copied = read(yield* send(call("post", `/assets/${folder}/copy`, { id: first })))
        assert.strictEqual(at(copied.body, "parent_id"), folder)
        assert.notStrictEqual(at(copied.body, "id"), first)
        // The documented type of `id` is integer; what travels are UUIDs. `copy_comments` is left out, or "all".
        for (const more of [{}, { copy_comments: "all" }]) {
          const batch = { batch: [{ id: first }, { id: second }], ...more }
          const answer = read(yield* send(call("post", `/batch/assets/${folder}/copy`, batch)))
          at(answer.body, "success")
        }
        const inside = list(read(yield* send(call("get", `/assets/${folder}/children`))).body)
        assert.strictEqual(inside.length, 5)
        const deleted = read(yield* send(call("delete", `/assets/${second}`)))
        assert.strictEqual(at(deleted.body, "id"), second)
        assert.strictEqual((yield* send(call("get", `/assets/${second}`))).status, 404)
      })
    )
  )

  it.live("services/search.py Search.library and services/helpers.py get_updated_assets", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [project] = fake.world.projects
        const [account] = fake.world.users
        assert(project && account)
        for (const name of ["shot_a.mov", "shot_b.mov", "shot_c.mov", "other.mov"]) yield* fake.addFile({ name })
        // What the caller leaves out travels as null.
        const query = { account_id: null, q: "shot", sort: null, page_size: 2, page: 1 }
        const found = read(yield* send(call("post", "/search/library", query)))
        assert.deepStrictEqual(found.page, { pageSize: 2, total: 3, totalPages: 2 })
        // PaginatedResponse goes on by the same body with another `page`.
        const next = read(yield* send(call("post", "/search/library", { ...query, page: 2 })))
        const names = [...list(found.body), ...list(next.body)].map((one) => text(at(one, "name")))
        assert.deepStrictEqual(names.sort(), ["shot_a.mov", "shot_b.mov", "shot_c.mov"])
        const updated = {
          account_id: account.accountId,
          page: 1,
          page_size: 50,
          include: "children",
          sort: "-inserted_at",
          filter: {
            project_id: { op: "eq", value: project.id },
            updated_at: { op: "gte", value: "2014-02-07T00:00:01.000000+00:00" }
          }
        }
        assert.isNotEmpty(list(read(yield* send(call("post", "/search/library", updated))).body))
      })
    )
  )

  it.live("lib/transport.py HTTPClient: a 429 is tried again until it passes", () =>
    withFake({ limits: { "assets.version": { limit: 1, windowMillis: 200 } } }, (fake, send) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* Effect.all([
          fake.addFile({ name: "a.mov" }),
          fake.addFile({ name: "b.mov" }),
          fake.addFile({ name: "c.mov" })
        ])
        const stacked = read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second })))
        const again = call("post", `/assets/${text(at(stacked.body, "id"))}/version`, { next_asset_id: third })
        const refused = yield* send(again)
        // urllib3's `Retry` goes by the status; it would obey a `Retry-After`, and there is none.
        assert.strictEqual(refused.status, 429)
        assert.isUndefined(refused.headers["retry-after"])
        const passed = yield* Effect.repeat(send(again), { while: (answer) => answer.status === 429, times: 10_000 })
        assert.strictEqual(passed.status, 200)
      })
    )
  )

  it.live("an error is read by its status alone, and its body is JSON", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "a folder" })
        const file = yield* fake.addFile({ name: "a.mov" })
        const refused = yield* send(call("post", `/assets/${folder}/version`, { next_asset_id: file }))
        assert.strictEqual(refused.status, 422)
        assert.strictEqual(at(json(refused), "code"), 422)
        const stranger = yield* send({
          ...call("get", `/assets/${file}`),
          headers: { ...REQUESTS, Authorization: "Bearer nobody" }
        })
        assert.strictEqual(stranger.status, 401)
      })
    )
  )
})
