/**
 * Two tools that people run in production against version 2:
 * `frameio-python-sync` (<https://github.com/strombergdev/frameio-python-sync>, commit f0ef8bb), and the scripts of
 * <https://github.com/jgeehreng/Flame-FrameIO>, commit da1143f, which put renders on version stacks.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect } from "effect"
import { type Answer, at, type Json, json, list, pythonJson, type Sent, text, withFake } from "./wire.js"

const REQUESTS = {
  "User-Agent": "python-requests/2.26.0",
  "Accept-Encoding": "gzip, deflate",
  Accept: "*/*",
  Connection: "keep-alive",
  Authorization: `Bearer ${FakeFrameio.token}`
}

const read = (answer: Answer): unknown => {
  assert(answer.status < 400, `raise_for_status: ${answer.status} ${answer.text}`)
  return json(answer)
}

describe("frameio-python-sync", () => {
  /** `_api_call` of server/frameioclient/client.py, with `TELEMETRY_HEADERS` of server/config.py. */
  const call = (method: string, endpoint: string, payload: Json = {}): Sent => ({
    method,
    url: `/v2${endpoint}`,
    headers: {
      ...REQUESTS,
      "x-frameio-client": "frameio-python-sync/1.0.4",
      "x-vendor-name": "@strombergdev",
      "x-client-name": "frameio-python-sync",
      "x-client-version": "1.0.4",
      "x-platform": "Linux",
      "Content-Type": "application/json"
    },
    body: pythonJson(payload)
  })

  it.live("server/sync.py update_frameio_assets: what was changed since, page by page", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [user] = fake.world.users
        const [project] = fake.world.projects
        assert(user && project)
        const folder = yield* fake.addFolder({ name: "shots" })
        for (let i = 0; i < 60; i++) yield* fake.addFile({ name: `shot_${i}.mov`, parentId: folder })
        const payload = {
          account_id: user.accountId,
          page: 1,
          page_size: 50,
          include: "children",
          sort: "-inserted_at",
          filter: {
            project_id: { op: "eq", value: project.id },
            updated_at: { op: "gte", value: "2014-02-07T00:00:01.000000+00:00" }
          }
        }
        const first = yield* send(call("POST", "/search/library", payload))
        const total = Number.parseInt(first.headers.total ?? "", 10)
        const items = [...list(read(first))]
        for (let page = 2; page <= Number.parseInt(first.headers["total-pages"] ?? "", 10); page++) {
          items.push(...list(read(yield* send(call("POST", "/search/library", { ...payload, page })))))
        }
        assert.strictEqual(items.length, total)
        assert.isAtLeast(items.length, 61)
        for (const item of items) {
          for (const key of ["id", "name", "parent_id", "inserted_at", "project_id"]) at(item, key)
          if (at(item, "type") === "file") for (const key of ["upload_completed_at", "original"]) at(item, key)
        }
      })
    )
  )

  it.live("server/sync.py upload_asset and verify_new_uploads: reads `original` off the answer to a create", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "shots" })
        const create = { name: "clip.mp4", type: "file", filetype: "video/mp4", filesize: 3 }
        const asset = read(yield* send(call("POST", `/assets/${folder}/children`, create)))
        for (const key of ["id", "original"]) at(asset, key)
        // server/frameioclient/next_uploader.py
        for (const url of list(at(asset, "upload_urls")).map(text)) {
          const put = yield* send({
            method: "PUT",
            url,
            headers: { "content-type": "video/mp4", "x-amz-acl": "private" },
            body: Uint8Array.of(1, 2, 3)
          })
          assert.isBelow(put.status, 400, put.text)
        }
        const verified = read(yield* send(call("GET", `/assets/${text(at(asset, "id"))}`)))
        assert.isNotNull(at(verified, "upload_completed_at"))
        at(verified, "checksums")
        read(yield* send(call("DELETE", `/assets/${text(at(asset, "id"))}`)))
      })
    )
  )
})

describe("Flame-FrameIO, lib/frame_io_api.py", () => {
  /** `get_headers`: a content type also where there is no body. */
  const headers = { ...REQUESTS, "Content-Type": "application/json" }
  const get = (path: string): Sent => ({ method: "GET", url: `/v2${path}`, headers })
  const send_ = (method: string, path: string, payload: Json): Sent => ({
    method,
    url: `/v2${path}`,
    headers,
    body: pythonJson(payload)
  })

  it.live("find_fio_asset, resolve_stack_root_id, version_asset", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [user] = fake.world.users
        const [project] = fake.world.projects
        assert(user && project)
        const first = yield* fake.addFile({ name: "shot_010.mov" })
        const [second, third] = yield* Effect.all([
          fake.addFile({ name: "render_2.mov" }),
          fake.addFile({ name: "render_3.mov" })
        ])
        const query = new URLSearchParams({
          account_id: user.accountId,
          project_id: project.id,
          q: "shot_010.mov",
          team_id: project.teamId,
          type: "file"
        })
        const found = list(read(yield* send(get(`/search/assets?${query.toString()}`))))
        const shot = found.find((one) => at(one, "type") === "file" && at(one, "name") === "shot_010.mov")
        assert.strictEqual(at(shot, "id"), first)
        at(shot, "parent_id")

        assert.strictEqual(at(read(yield* send(get(`/assets/${first}`))), "type"), "file")
        read(yield* send(send_("POST", `/assets/${first}/version`, { next_asset_id: second })))
        // The log line of `version_asset` tells of this 422: the base is inside a stack already.
        const inside = yield* send(send_("POST", `/assets/${first}/version`, { next_asset_id: third }))
        assert.strictEqual(inside.status, 422)
        const root = text(at(read(yield* send(get(`/assets/${first}`))), "parent_id"))
        assert.strictEqual(at(read(yield* send(get(`/assets/${root}`))), "type"), "version_stack")
        read(yield* send(send_("POST", `/assets/${root}/version`, { next_asset_id: third })))
      })
    )
  )

  it.live("create_fio_folder, get_asset_status, set_asset_status", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const root = fake.world.projects[0]?.rootId
        assert(root)
        const folder = read(
          yield* send(send_("POST", `/assets/${root}/children`, { name: "CONFORMS", type: "folder" }))
        )
        const file = yield* fake.addFile({ name: "a.mov", parentId: text(at(folder, "id")) })
        assert.strictEqual(at(read(yield* send(get(`/assets/${file}`))), "label"), "none")
        read(yield* send(send_("PUT", `/assets/${file}`, { label: "needs_review" })))
        assert.strictEqual(at(read(yield* send(get(`/assets/${file}`))), "label"), "needs_review")
      })
    )
  )
})
