import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { type Answer, at, call, ids, setup, stacked, withFake } from "./support/v4.js"

describe("the fake's V4 face", () => {
  it.effect("makes a stack of files, oldest first, and shows its newest as head", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const made = yield* stacked(folder, account, files)
      assert.strictEqual(made.status, 201)
      assert.strictEqual(at(made.body, "data", "head_version", "id"), files[2])
      const stack = at(made.body, "data", "id")
      const children = yield* call("GET", `${account}/version_stacks/${stack}/children`)
      assert.deepStrictEqual(ids(children), [...files].reverse())
      const listed = yield* call("GET", `${account}/folders/${folder}/children`)
      assert.deepStrictEqual(ids(listed), [stack])
      assert.strictEqual(at(listed.body, "data", 0, "head_version", "id"), files[2])
    }).pipe(withFake())
  )

  it.effect("moves a file onto a stack, answers the file, and moves it out again", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const stack = at((yield* stacked(folder, account, files.slice(0, 2))).body, "data", "id")
      const moved = yield* call("PATCH", `${account}/files/${files[2]}/move`, { data: { parent_id: stack } })
      assert.strictEqual(moved.status, 200)
      assert.deepInclude(at(moved.body, "data"), { id: files[2], type: "file", parent_id: stack })
      const head = yield* call("GET", `${account}/version_stacks/${stack}`)
      assert.strictEqual(at(head.body, "data", "head_version", "id"), files[2])
      yield* call("PATCH", `${account}/files/${files[2]}/move`, { data: { parent_id: folder } })
      const left = yield* call("GET", `${account}/version_stacks/${stack}`)
      assert.strictEqual(at(left.body, "data", "head_version", "id"), files[1])
    }).pipe(withFake())
  )

  it.effect("puts moved files below and lists oldest first where it is told to", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const stack = at((yield* stacked(folder, account, files.slice(0, 2))).body, "data", "id")
      yield* call("PATCH", `${account}/files/${files[2]}/move`, { data: { parent_id: stack } })
      const children = yield* call("GET", `${account}/version_stacks/${stack}/children`)
      assert.deepStrictEqual(ids(children), [files[2], files[0], files[1]])
      const reordered = yield* call("PATCH", `${account}/version_stacks/${stack}/versions`, {
        data: { target_file_id: files[2], move_to: "top" }
      })
      assert.strictEqual(reordered.status, 200)
      const mended = yield* call("GET", `${account}/version_stacks/${stack}/children`)
      assert.deepStrictEqual(ids(mended), files)
    }).pipe(withFake({ movedFilePlace: "bottom", childrenOrder: "oldest-first" }))
  )

  it.effect("gives cursors that carry nothing of the query, and refuses pages that are too large", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["1.mov", "2.mov", "3.mov"])
      const path = `${account}/folders/${folder}/files`
      const first = yield* call("GET", `${path}?page_size=2&sort=name_asc`)
      assert.deepStrictEqual(ids(first), files.slice(0, 2))
      const next = String(at(first.body, "links", "next"))
      assert.match(next, /\/files\?after=[^&]+$/)
      const second = yield* call("GET", `${next}&page_size=2&sort=name_asc`)
      assert.deepStrictEqual(ids(second), files.slice(2))
      assert.isNull(at(second.body, "links", "next"))
      const large = yield* call("GET", `${path}?page_size=501`)
      assert.strictEqual(large.status, 422)
      assert.deepStrictEqual(at(large.body, "errors", 0), {
        detail: "501 is larger than inclusive maximum 500",
        title: "Invalid value",
        source: { pointer: "/page_size" }
      })
    }).pipe(withFake())
  )

  it.effect("refuses what the declaration does not have, with a pointer to it", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      const details = (answer: Answer) => [
        answer.status,
        at(answer.body, "errors", 0, "detail"),
        at(answer.body, "errors", 0, "source", "pointer")
      ]
      assert.deepStrictEqual(details(yield* stacked(folder, account, files.slice(0, 1))), [
        422,
        "Array length 1 is smaller than minItems: 2",
        "/data/file_ids"
      ])
      const upload = { data: { name: "a.mov", file_size: 1, media_type: "video/quicktime" } }
      assert.deepStrictEqual(details(yield* call("POST", `${account}/folders/${folder}/files/local_upload`, upload)), [
        422,
        "Unexpected field: media_type",
        "/data/media_type"
      ])
      assert.deepStrictEqual(details(yield* call("GET", `${account}/files/nonsense`)), [
        422,
        "Invalid format. Expected :uuid",
        "/file_id"
      ])
      assert.deepStrictEqual(details(yield* call("GET", `${account}/folders/${folder}/children?sort=name_asc`)), [
        422,
        "Unexpected field: sort",
        "/sort"
      ])
      assert.deepStrictEqual(
        details(yield* call("PATCH", `${account}/files/${files[0]}/move`, { data: { parent_id: null } })),
        [422, "null value where string expected", "/data/parent_id"]
      )
      assert.strictEqual((yield* call("GET", "/v4/nothing")).status, 404)
    }).pipe(withFake())
  )

  it.effect("knows no developer token without its header, and no stack by a file's route", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      assert.strictEqual((yield* call("GET", "/v4/me", undefined, {})).status, 401)
      assert.strictEqual((yield* call("GET", "/v4/me")).status, 200)
      const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
      const wrong = yield* call("GET", `${account}/files/${stack}`)
      assert.deepStrictEqual([wrong.status, at(wrong.body, "errors", 0, "detail")], [422, "is not a file"])
      assert.strictEqual((yield* call("GET", `${account}/folders/${stack}`)).status, 404)
    }).pipe(withFake())
  )

  it.effect("charges each operation's printed limit, and says the full limit on a refusal", () =>
    Effect.gen(function* () {
      const { account, folder } = yield* setup([])
      const path = `${account}/folders/${folder}/folders`
      const made = yield* Effect.forEach([1, 2, 3, 4], (n) => call("POST", path, { data: { name: `${n}` } }))
      assert.deepStrictEqual(
        made.map(({ headers, status }) => [status, headers["x-ratelimit-remaining"], headers["x-ratelimit-limit"]]),
        [
          [201, "2", "3"],
          [201, "1", "3"],
          [201, "0", "3"],
          [429, "3", "3"]
        ]
      )
      assert.strictEqual((yield* call("GET", `${account}/folders/${folder}`)).headers["x-ratelimit-window"], "60000")
      yield* TestClock.adjust(334)
      assert.strictEqual((yield* call("POST", path, { data: { name: "5" } })).status, 201)
    }).pipe(withFake({}, {}))
  )

  it.effect("answers deletions without a body and without rate-limit headers", () =>
    Effect.gen(function* () {
      const { account, files } = yield* setup(["a.mov"])
      const gone = yield* call("DELETE", `${account}/files/${files[0]}`)
      assert.deepStrictEqual([gone.status, gone.body, gone.headers["x-ratelimit-limit"]], [204, undefined, undefined])
      assert.strictEqual((yield* call("GET", `${account}/files/${files[0]}`)).status, 404)
    }).pipe(withFake({}, {}))
  )

  it.effect("may show for a while what was before a change", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      const made = yield* stacked(folder, account, files)
      const parent = Effect.map(call("GET", `${account}/files/${files[0]}`), (answer) =>
        at(answer.body, "data", "parent_id")
      )
      assert.strictEqual(yield* parent, folder)
      yield* TestClock.adjust(2_000)
      assert.strictEqual(yield* parent, at(made.body, "data", "id"))
    }).pipe(withFake({ readAfterWriteMillis: 2_000 }))
  )

  it.effect("makes no stack of files that are elsewhere, or on a stack already", () =>
    Effect.gen(function* () {
      const { account, fake, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const elsewhere = yield* fake.addFile({ name: "a_v4.mov" })
      assert.strictEqual((yield* stacked(folder, account, [files[0] ?? "", elsewhere])).status, 422)
      yield* stacked(folder, account, files.slice(0, 2))
      assert.strictEqual((yield* stacked(folder, account, [files[0] ?? "", files[2] ?? ""])).status, 422)
    }).pipe(withFake())
  )

  it.effect("takes an upload by its parts, each with its own size", () =>
    Effect.gen(function* () {
      const { account, folder } = yield* setup([])
      const made = yield* call("POST", `${account}/folders/${folder}/files/local_upload`, {
        data: { name: "shot_010_v003.mov", file_size: 50_645_990 }
      })
      const urls = at(made.body, "data", "upload_urls")
      assert.deepStrictEqual(
        Array.isArray(urls) ? urls.map((one) => at(one, "size")) : [],
        [16_881_997, 16_881_997, 16_881_996]
      )
      assert.deepInclude(at(made.body, "data"), { status: "created", media_type: "video/quicktime" })
      const status = yield* call("GET", `${account}/files/${at(made.body, "data", "id")}/status`)
      assert.deepInclude(at(status.body, "data"), { upload_complete: false, upload_failed: false })
    }).pipe(withFake())
  )

  it.effect("takes a whole stack out of a share with the file that was in it", () =>
    Effect.gen(function* () {
      const { account, fake, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      const share = fake.addShare({ name: "Client", assetIds: [files[0] ?? ""] })
      const stack = String(at((yield* stacked(folder, account, files)).body, "data", "id"))
      yield* call("POST", `${account}/shares/${share}/assets`, { data: { asset_id: stack } })
      yield* call("DELETE", `${account}/shares/${share}/assets/${files[0]}`)
      assert.deepStrictEqual(fake.shareAssets(share), [])
    }).pipe(withFake())
  )
})
