/**
 * The requests that the documentation shows, as curl puts them on the wire: the pages of
 * <https://developer.frame.io/platform/v2/api-reference/assets/> and the guides beside them. The path of the page is in
 * the name of the test.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Option } from "effect"
import { type Answer, at, type Json, json, list, type Sent, text, withFake } from "./wire.js"

/** `curl --request … --url … --header 'authorization: Bearer …' --data …` */
const curl = (method: string, path: string, payload?: Json, contentType = "application/json"): Sent => ({
  method,
  url: path,
  headers: {
    "User-Agent": "curl/8.5.0",
    Accept: "*/*",
    authorization: `Bearer ${FakeFrameio.token}`,
    ...(payload === undefined ? {} : { "Content-Type": contentType })
  },
  body: payload === undefined ? undefined : typeof payload === "string" ? payload : JSON.stringify(payload)
})

const read = (answer: Answer): unknown => {
  assert.strictEqual(answer.status, 200, answer.text)
  return json(answer)
}

describe("the documentation's examples", () => {
  it.live("guide rate-limits: the headers of GET /v2/assets/:id/children", () =>
    withFake({ limits: {} }, (fake, send) =>
      Effect.gen(function* () {
        const root = fake.world.projects[0]?.rootId
        const { headers } = yield* send(curl("GET", `/v2/assets/${root}/children`))
        assert.strictEqual(headers["x-ratelimit-limit"], "40")
        assert.strictEqual(headers["x-ratelimit-remaining"], "39")
        assert.strictEqual(headers["x-ratelimit-window"], "60000")
      })
    )
  )

  it.live("guide manage-version-stacks; assets/add-version-to-asset, unversion-asset, get-assets", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* Effect.all([
          fake.addFile({ name: "v1.mov" }),
          fake.addFile({ name: "v2.mov" }),
          fake.addFile({ name: "v3.mov" })
        ])
        read(yield* send(curl("POST", `/v2/assets/${first}/version`, { next_asset_id: second })))
        // The guide's way to the target: the file's parent is a stack, so its id is the one to use.
        const parent = text(at(read(yield* send(curl("GET", `/v2/assets/${first}`))), "parent_id"))
        const stack = read(yield* send(curl("GET", `/v2/assets/${parent}`)))
        assert.strictEqual(at(stack, "type"), "version_stack")
        assert.strictEqual(at(stack, "cover_asset_id"), second)
        read(yield* send(curl("POST", `/v2/assets/${parent}/version`, { next_asset_id: third })))
        const query = "include=cover_asset&sort=filetype,-id&include_deleted=true&page=1&page_size=2"
        assert.strictEqual(list(read(yield* send(curl("GET", `/v2/assets/${parent}/children?${query}`)))).length, 2)
        read(yield* send(curl("DELETE", `/v2/assets/${third}/unversion`)))
        assert.isTrue(Option.isNone(yield* fake.stackOf(third)))
      })
    )
  )

  it.live("assets/create-asset: realtime, JSON for a file, and a form, which is still accepted", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const root = fake.world.projects[0]?.rootId
        const path = `/v2/assets/${root}/children`
        const realtime = { type: "file", name: "project_clip_01.mp4", filetype: "video/mp4", is_realtime_upload: true }
        const unnamed = { type: "file", extension: ".mp4", filetype: "video/mp4", is_realtime_upload: true, name: null }
        assert.strictEqual(at(read(yield* send(curl("POST", path, unnamed))), "name"), "[new file].mp4")
        const growing = read(yield* send(curl("POST", path, realtime)))
        assert.strictEqual(at(growing, "name"), "project_clip_01.mp4")
        // assets/create-realtime-upload-parts
        const parts = { parts: [{ number: 1, size: 10_568_125, is_final: false }] }
        const answered = read(
          yield* send(curl("POST", `/v2/assets/${text(at(growing, "id"))}/realtime_upload/parts`, parts))
        )
        assert.strictEqual(list(at(answered, "upload_urls")).length, 1)
        const shot = yield* fake.addFile({ name: "my_movie_v1.mp4" })
        const file = {
          name: "my_movie",
          type: "file",
          filetype: "video/mp4",
          auto_version_id: shot,
          filesize: 80_000_000
        }
        assert.isNotEmpty(list(at(read(yield* send(curl("POST", path, file))), "upload_urls")))
        const form = "type=file&name=clip+two.mp4&filetype=video%2Fmp4&filesize=21136250"
        const posted = read(yield* send(curl("POST", path, form, "application/x-www-form-urlencoded")))
        assert.strictEqual(at(posted, "name"), "clip two.mp4")
        assert.strictEqual(at(posted, "filesize"), 21_136_250)
      })
    )
  )

  it.live("assets/update-asset: the body of the example is {}", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        assert.strictEqual(at(read(yield* send(curl("PUT", `/v2/assets/${file}`, {}))), "name"), "a.mov")
      })
    )
  )

  it.live("assets/copy-asset, move-asset, batch-copy-asset, batch-delete-asset, delete-asset", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const folder = yield* fake.addFolder({ name: "selects" })
        const [first, second] = yield* Effect.all([fake.addFile({ name: "a.mov" }), fake.addFile({ name: "b.mov" })])
        read(yield* send(curl("POST", `/v2/assets/${folder}/copy`, { id: first })))
        read(yield* send(curl("POST", `/v2/assets/${folder}/move`, { id: first })))
        const batch = { batch: [{ id: second }], copy_comments: "none" }
        const copied = read(yield* send(curl("POST", `/v2/batch/assets/${folder}/copy`, batch)))
        assert.isNull(at(copied, "error"))
        // The example's ids are integers, which name no asset: a 200 all the same.
        const example = { batch: [{ id: 1 }, { id: 2 }], copy_comments: "none" }
        const none = read(yield* send(curl("POST", `/v2/batch/assets/${folder}/copy`, example)))
        assert.isNull(at(none, "success"))
        at(none, "error", "1")
        read(yield* send(curl("DELETE", "/v2/batch/assets", { asset_ids: [second] })))
        assert.strictEqual((yield* send(curl("GET", `/v2/assets/${second}`))).status, 404)
        read(yield* send(curl("DELETE", `/v2/assets/${first}`)))
      })
    )
  )

  it.live("assets/get-audio, get-subtitles", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        const audio = read(yield* send(curl("GET", `/v2/assets/${file}/audio`)))
        assert.strictEqual(at(audio, "_type"), "asset_audio")
        list(at(audio, "audio_tracks"))
        const subtitles = read(yield* send(curl("GET", `/v2/assets/${file}/subtitles`)))
        assert.strictEqual(at(subtitles, "_type"), "asset_subtitle")
        list(at(subtitles, "subtitle_tracks"))
      })
    )
  )

  it.live("guide search-for-assets; assets/library-search-get, whose example is a GET with the body {}", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [user] = fake.world.users
        const [project] = fake.world.projects
        assert(user && project)
        const moon = yield* fake.addFile({ name: "moon.mov", nowMillis: Date.UTC(2020, 3, 15) })
        yield* fake.addFile({ name: "moon_late.mov", nowMillis: Date.UTC(2020, 4, 15) })
        yield* fake.addFile({ name: "sun.mov", nowMillis: Date.UTC(2020, 3, 15) })
        read(yield* send(curl("PUT", `/v2/assets/${moon}`, { label: "approved" })))
        const body = {
          account_id: user.accountId,
          q: "moon",
          sort: "name",
          filter: {
            inserted_at: [
              { op: "gte", value: "2020-04-01T04:00:00.000Z" },
              { op: "lte", value: "2020-04-30T03:59:59.999Z" }
            ],
            project_id: { op: "eq", value: project.id },
            label: { op: "eq", value: "approved" }
          },
          page_size: 10,
          page: 1
        }
        const found = list(read(yield* send(curl("POST", "/v2/search/library", body))))
        assert.deepStrictEqual(
          found.map((one) => at(one, "id")),
          [moon]
        )
        // Only the account is really needed, says the guide.
        assert.isNotEmpty(list(read(yield* send(curl("POST", "/v2/search/library", { account_id: user.accountId })))))
        list(read(yield* send(curl("GET", "/v2/search/library", {}))))
        list(read(yield* send(curl("GET", `/v2/search/library?account_id=${user.accountId}&q=moon`))))
        list(read(yield* send(curl("POST", "/v2/search/assets", { account_id: user.accountId, q: "moon" }))))
      })
    )
  )
})
