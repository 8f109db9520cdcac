/**
 * Frame.io's own command line: <https://github.com/Frameio/fioctl>, commit 99232cb (version 1.1.1), paths below
 * `fioctl/`. It calls through `frameioclient` 0.6.0, whose `FrameioClient._api_call` sends a JSON body with every
 * request, `{}` when there is nothing to say, and no header of its own but the token.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Option } from "effect"
import { type Answer, at, type Json, json, list, pythonJson, type Sent, text, withFake } from "./wire.js"

const REQUESTS = {
  "User-Agent": "python-requests/2.22.0",
  "Accept-Encoding": "gzip, deflate",
  Accept: "*/*",
  Connection: "keep-alive"
}

/** `FrameioClient._api_call` of `frameioclient` 0.6.0, `client.py`. */
const call = (method: "get" | "post" | "put" | "delete", endpoint: string, payload: Json = {}): Sent => ({
  method: method.toUpperCase(),
  url: `/v2${endpoint}`,
  headers: { ...REQUESTS, Authorization: `Bearer ${FakeFrameio.token}`, "Content-Type": "application/json" },
  body: pythonJson(payload)
})

const read = (answer: Answer): unknown => {
  assert(answer.status < 400, `raise_for_status: ${answer.status} ${answer.text}`)
  return json(answer)
}

/** `DEFAULT_COLS` of assets.py, which every command prints; a column that is absent prints as None. */
const COLUMNS = ["id", "name", "type", "project_id", "filesize", "private"]

const printed = (asset: unknown) => {
  for (const column of COLUMNS) at(asset, column)
  return asset
}

/** `stream_endpoint` of fio.py over `stream` of utils.py: every page says how many there are, be it the only one. */
const stream = (
  send: (sent: Sent) => Effect.Effect<Answer>,
  endpoint: string,
  pageSize = 15
): Effect.Effect<ReadonlyArray<unknown>> =>
  Effect.gen(function* () {
    const items: Array<unknown> = []
    let totalPages = 1
    for (let page = 1; page <= totalPages; page++) {
      const answer = yield* send(call("get", `${endpoint}?page=${page}&page_size=${pageSize}`))
      for (const header of ["page-number", "per-page", "total-pages", "total"]) {
        assert.match(answer.headers[header] ?? "", /^\d+$/, header)
      }
      items.push(...list(read(answer)))
      totalPages = Number.parseInt(answer.headers["total-pages"] ?? "", 10)
    }
    return items
  })

describe("fioctl", () => {
  it.live("assets.py list: pages of 15 until there are no more", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        for (let i = 0; i < 31; i++) yield* fake.addFile({ name: `shot_${i}.mov`, parentId: folder })
        const items = yield* stream(send, `/assets/${folder}/children`)
        assert.strictEqual(new Set(items.map((one) => at(printed(one), "id"))).size, 31)
        const empty = yield* fake.addFolder({ name: "empty" })
        assert.isEmpty(yield* stream(send, `/assets/${empty}/children`))
      })
    )
  )

  it.live("assets.py folder_stream: a recursive download takes the cover of a stack out of the plain listing", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        const [first, second] = yield* Effect.all([
          fake.addFile({ name: "shot_v001.mov", parentId: folder }),
          fake.addFile({ name: "shot_v002.mov", parentId: folder })
        ])
        read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second })))
        const [stack] = yield* stream(send, `/assets/${folder}/children`)
        assert.strictEqual(at(stack, "_type"), "version_stack")
        const cover = at(stack, "cover_asset")
        assert.strictEqual(at(cover, "id"), second)
        for (const key of ["_type", "asset_type", "name", "original"]) at(cover, key)
        // `traverse` goes into the stack instead, and hangs its versions below `parent_id`.
        for (const version of yield* stream(send, `/assets/${text(at(stack, "id"))}/children`)) {
          assert.strictEqual(at(version, "parent_id"), at(stack, "id"))
        }
      })
    )
  )

  it.live("the other answer to that, which is the documented one: the cover comes where it was asked for", () =>
    withFake({ unknowns: { coverAsset: "included" } }, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        const [first, second] = yield* Effect.all([
          fake.addFile({ name: "shot_v001.mov", parentId: folder }),
          fake.addFile({ name: "shot_v002.mov", parentId: folder })
        ])
        read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second })))
        const plain = list(read(yield* send(call("get", `/assets/${folder}/children`))))
        assert.notProperty(plain[0], "cover_asset")
        const asked = read(yield* send(call("get", `/assets/${folder}/children?include=cover_asset`)))
        assert.strictEqual(at(asked, 0, "cover_asset", "id"), second)
      })
    )
  )

  it.live("assets.py version and unversion", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [first, second] = yield* Effect.all([
          fake.addFile({ name: "shot_v001.mov" }),
          fake.addFile({ name: "shot_v002.mov" })
        ])
        printed(read(yield* send(call("post", `/assets/${first}/version`, { next_asset_id: second }))))
        assert.isTrue(Option.isSome(yield* fake.stackOf(second)))
        printed(read(yield* send(call("delete", `/assets/${second}/unversion`))))
        assert.isTrue(Option.isNone(yield* fake.stackOf(second)))
      })
    )
  )

  it.live("assets.py get, mv, cp, rm", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "selects" })
        const file = yield* fake.addFile({ name: "a.mov" })
        printed(read(yield* send(call("get", `/assets/${file}`))))
        const copy = printed(read(yield* send(call("post", `/assets/${folder}/copy`, { id: file }))))
        assert.strictEqual(at(copy, "parent_id"), folder)
        const moved = printed(read(yield* send(call("post", `/assets/${folder}/move`, { id: file }))))
        assert.strictEqual(at(moved, "id"), file)
        assert.strictEqual(at(moved, "parent_id"), folder)
        const deleted = printed(read(yield* send(call("delete", `/assets/${file}`))))
        // Its one extra column here; `from_iso` of utils.py reads times in this form.
        assert.match(text(at(deleted, "deleted_at")), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z$/)
      })
    )
  )

  it.live("assets.py set --values label=approved,properties.shot=10: every value is text, nested by dots", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        const values = { label: "approved", properties: { shot: "10" }, name: "b.mov" }
        const answer = printed(read(yield* send(call("put", `/assets/${file}`, values))))
        assert.strictEqual(at(answer, "label"), "approved")
        assert.deepStrictEqual(at(answer, "properties"), { shot: "10" })
        assert.strictEqual(at(answer, "name"), "b.mov")
      })
    )
  )

  it.live("assets.py create --values: a folder, and a file whose size is text", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const root = fake.world.projects[0]?.rootId
        assert(root)
        const folder = printed(
          read(yield* send(call("post", `/assets/${root}/children`, { type: "folder", name: "dailies" })))
        )
        assert.strictEqual(at(folder, "type"), "folder")
        const values = { type: "file", name: "clip.mp4", filesize: "1234" }
        const file = printed(read(yield* send(call("post", `/assets/${text(at(folder, "id"))}/children`, values))))
        assert.strictEqual(at(file, "filesize"), 1234)
      })
    )
  )

  it.live("assets.py upload, upload --recursive and uploader.py", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "dailies" })
        const bytes = Uint8Array.from({ length: 100 }, (_, index) => index)
        for (const create of [
          { name: "clip.mp4", filesize: bytes.length, type: "file", filetype: "video/mp4" },
          // The recursive one says no type, and reads it from the answer.
          { name: "clip.mp4", filesize: bytes.length, type: "file" }
        ]) {
          const asset = printed(read(yield* send(call("post", `/assets/${folder}/children`, create))))
          const urls = list(at(asset, "upload_urls")).map(text)
          const size = Math.ceil(Number(at(asset, "filesize")) / urls.length)
          const filetype = at(asset, "filetype")
          for (const [index, url] of urls.entries()) {
            const put = yield* send({
              method: "PUT",
              url,
              // `requests` leaves a header out whose value is None.
              headers: {
                ...REQUESTS,
                ...(typeof filetype === "string" ? { "content-type": filetype } : {}),
                "x-amz-acl": "private"
              },
              body: bytes.subarray(index * size, (index + 1) * size)
            })
            assert.isBelow(put.status, 400, put.text)
          }
        }
      })
    )
  )
})
