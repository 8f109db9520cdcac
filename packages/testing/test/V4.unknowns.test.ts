import { readFileSync } from "node:fs"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { V4Unknowns } from "@effect-frameio/testing"
import { Effect, TestClock } from "effect"
import { at, call, ids, LEGACY, setup, stacked, withFake } from "./support/v4.js"

const statusOf = <E, R>(answer: Effect.Effect<{ readonly status: number }, E, R>) =>
  Effect.map(answer, ({ status }) => status)

const move = (account: string, file: string | undefined, parent: unknown) =>
  call("PATCH", `${account}/files/${file}/move`, { data: { parent_id: parent } })

describe("what is not known of V4", () => {
  it("is in the documentation, each with its default", () => {
    const page = readFileSync(new URL("../../../docs/v4.md", import.meta.url), "utf8")
    for (const [name, value] of Object.entries(V4Unknowns.defaults)) {
      const [row = ""] = page.match(new RegExp(`^\\| \`${name}\` \\|.*$`, "m")) ?? []
      assert.strictEqual(row.split("|").at(-2)?.trim(), String(value ?? "none"), name)
    }
  })

  it.effect("malformedId, versionHeaderOnStable", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      assert.strictEqual((yield* call("GET", `${account}/files/nonsense`)).status, 400)
      const path = `${account}/files/${files[0]}`
      assert.strictEqual((yield* call("GET", path)).status, 200)
      const told = yield* call("GET", path, undefined, { ...LEGACY, "api-version": "experimental" })
      assert.strictEqual(told.status, 422)
      // A missing body is judged as before.
      assert.strictEqual((yield* stacked(folder, account, [])).status, 422)
    }).pipe(withFake({ malformedId: 400, versionHeaderOnStable: "refused" }))
  )

  it.effect("versionHeaderOnStable: ignored by default", () =>
    Effect.gen(function* () {
      const { account, files } = yield* setup(["a_v1.mov"])
      const headers = { ...LEGACY, "api-version": "experimental" }
      assert.strictEqual((yield* call("GET", `${account}/files/${files[0]}`, undefined, headers)).status, 200)
    }).pipe(withFake())
  )

  it.effect("reorder: experimental wants its header", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
      const path = `${account}/version_stacks/${stack}/versions`
      const body = { data: { target_file_id: files[0], move_to: "top" } }
      assert.strictEqual((yield* call("PATCH", path, body)).status, 404)
      const told = yield* call("PATCH", path, body, { ...LEGACY, "api-version": "experimental" })
      assert.strictEqual(told.status, 200)
    }).pipe(withFake({ reorder: "experimental", versionHeaderOnStable: "refused" }))
  )

  for (const [deleteStack, status] of [
    [undefined, 404],
    [422, 422]
  ] as const) {
    it.effect(`deleteStack: ${status}`, () =>
      Effect.gen(function* () {
        const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
        const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
        assert.strictEqual((yield* call("DELETE", `${account}/files/${stack}`)).status, status)
        assert.strictEqual((yield* call("DELETE", `${account}/version_stacks/${stack}`)).status, 404)
        assert.strictEqual((yield* call("GET", `${account}/version_stacks/${stack}`)).status, 200)
      }).pipe(withFake({ deleteStack }))
    )
  }

  it.effect("moveOntoFile: stacks makes a stack of the two", () =>
    Effect.gen(function* () {
      const { account, fake, files } = yield* setup(["a_v1.mov", "a_v2.mov"])
      const [first, second] = files
      assert(first !== undefined)
      assert.strictEqual((yield* move(account, second, first)).status, 200)
      assert.deepStrictEqual(fake.world.stackOf(first)?.versions, files)
    }).pipe(withFake({ moveOntoFile: "stacks" }))
  )

  it.effect("childrenType: one value of several is none, unless they may be a list", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a.mov"])
      const path = `${account}/folders/${folder}/children?type=file,version_stack`
      assert.deepStrictEqual(ids(yield* call("GET", path)), [])
      assert.deepStrictEqual(ids(yield* call("GET", path.replace(",version_stack", ""))), files)
    }).pipe(withFake())
  )

  it.effect("childrenType: list; an unknown one is refused where that is chosen", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a.mov"])
      const path = `${account}/folders/${folder}/children`
      assert.deepStrictEqual(ids(yield* call("GET", `${path}?type=file,version_stack`)), files)
      const unknown = yield* call("GET", `${path}?type=film`)
      assert.deepStrictEqual([unknown.status, at(unknown.body, "errors", 0, "source", "pointer")], [422, "/type"])
    }).pipe(withFake({ childrenType: "list", unknownChildrenType: 422 }))
  )

  it.effect("deleting a version: the head falls to the next, and lastVersion applies", () =>
    Effect.gen(function* () {
      const { account, fake, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
      assert.strictEqual((yield* call("DELETE", `${account}/files/${files[2]}`)).status, 204)
      const shown = yield* call("GET", `${account}/version_stacks/${stack}`)
      assert.strictEqual(at(shown.body, "data", "head_version", "id"), files[1])
      yield* call("DELETE", `${account}/files/${files[1]}`)
      assert.strictEqual((yield* call("GET", `${account}/version_stacks/${stack}`)).status, 404)
      assert.strictEqual(fake.world.get(files[0] ?? "")?.parentId, folder)
    }).pipe(withFake(undefined, undefined, { unknowns: { lastVersion: "dissolve" } }))
  )

  for (const [emptyStack, status] of [
    ["gone", 404],
    ["stays", 200]
  ] as const) {
    it.effect(`emptyStack: ${emptyStack}`, () =>
      Effect.gen(function* () {
        const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
        const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
        yield* move(account, files[0], folder)
        yield* call("DELETE", `${account}/files/${files[1]}`)
        const shown = yield* call("GET", `${account}/version_stacks/${stack}`)
        assert.strictEqual(shown.status, status)
        if (status === 200) assert.isNull(at(shown.body, "data", "head_version"))
      }).pipe(withFake(undefined, undefined, { unknowns: { emptyStack } }))
    )
  }

  it.effect("conflictMillis: a change that comes too soon after another of the same stack is a conflict", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov", "a_v4.mov"])
      const stack = at((yield* stacked(folder, account, files.slice(0, 2))).body, "data", "id")
      assert.strictEqual((yield* move(account, files[2], stack)).status, 200)
      assert.strictEqual((yield* move(account, files[3], stack)).status, 409)
      yield* TestClock.adjust(100)
      assert.strictEqual((yield* move(account, files[3], stack)).status, 200)
    }).pipe(withFake({ conflictMillis: 100 }))
  )

  const burst = (account: string, folder: string, count: number) =>
    Effect.forEach(Array.from({ length: count }), (_, n) =>
      statusOf(call("POST", `${account}/folders/${folder}/folders`, { data: { name: `${n}` } }))
    )

  it.effect("overAdmission: lets more pass than the limit says", () =>
    Effect.gen(function* () {
      const { account, folder } = yield* setup([])
      // 3 a second, and 1 of each 1/0.4 beyond.
      assert.deepStrictEqual(yield* burst(account, folder, 5), [201, 201, 201, 201, 429])
    }).pipe(withFake({ overAdmission: 1.4 }, {}))
  )

  for (const [remainingOn429, remaining] of [
    ["full", "3"],
    ["true", "0"],
    ["zero", "0"],
    ["absent", undefined]
  ] as const) {
    it.effect(`remainingOn429: ${remainingOn429}`, () =>
      Effect.gen(function* () {
        const { account, folder } = yield* setup([])
        yield* burst(account, folder, 3)
        const refused = yield* call("POST", `${account}/folders/${folder}/folders`, { data: { name: "more" } })
        assert.deepStrictEqual([refused.status, refused.headers["x-ratelimit-remaining"]], [429, remaining])
      }).pipe(withFake({ remainingOn429 }, {}))
    )
  }

  it.effect("neverUploadedMillis: a file that was never uploaded is purged, and one that was is not", () =>
    Effect.gen(function* () {
      const { account, folder } = yield* setup(["there.mov"])
      const made = yield* call("POST", `${account}/folders/${folder}/files/local_upload`, {
        data: { name: "a.mov", file_size: 10 }
      })
      const path = `${account}/files/${at(made.body, "data", "id")}`
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual((yield* call("GET", path)).status, 200)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* call("GET", path)).status, 404)
      assert.lengthOf(ids(yield* call("GET", `${account}/folders/${folder}/children`)), 1)
    }).pipe(withFake({ neverUploadedMillis: 3_600_000 }))
  )

  for (const [mediaMix, status] of [
    ["refuse", 422],
    ["allow", 201]
  ] as const) {
    it.effect(`mediaMix: ${mediaMix}`, () =>
      Effect.gen(function* () {
        const { account, fake, files, folder } = yield* setup(["a_v1.mov"])
        const still = yield* fake.addFile({ name: "a_v2.png", parentId: folder, assetType: "image" })
        assert.strictEqual((yield* stacked(folder, account, [...files, still])).status, status)
      }).pipe(withFake({ mediaMix }))
    )
  }

  for (const [createAtomic, status, count] of [
    ["atomic", 422, undefined],
    ["partial", 201, 2]
  ] as const) {
    it.effect(`createAtomic: ${createAtomic}`, () =>
      Effect.gen(function* () {
        const { account, fake, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
        const far = yield* fake.addFile({ name: "a_v3.mov" })
        assert.strictEqual((yield* stacked(folder, account, [...files, far])).status, status)
        assert.strictEqual(fake.world.stackOf(files[0] ?? "")?.versions.length, count)
      }).pipe(withFake({ createAtomic }))
    )
  }

  for (const [crossProjectMove, status] of [
    ["allow", 200],
    ["refuse", 422]
  ] as const) {
    it.effect(`crossProjectMove: ${crossProjectMove}`, () =>
      Effect.gen(function* () {
        const { account, fake, files } = yield* setup(["a_v1.mov"])
        const { rootId } = fake.world.addProject({ name: "other" })
        assert.strictEqual((yield* move(account, files[0], rootId)).status, status)
      }).pipe(withFake({ crossProjectMove }))
    )
  }

  it.effect("headersOn204: a deletion has them", () =>
    Effect.gen(function* () {
      const { account, files } = yield* setup(["a.mov"])
      const gone = yield* call("DELETE", `${account}/files/${files[0]}`)
      assert.deepStrictEqual([gone.status, gone.headers["x-ratelimit-limit"]], [204, "100"])
    }).pipe(withFake({ headersOn204: true }, {}))
  )

  it.effect("nextCarriesQuery: the next page is asked for as it is told; totalCount: none where nobody asked", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["1.mov", "2.mov", "3.mov"])
      const first = yield* call("GET", `${account}/folders/${folder}/files?page_size=1&sort=name_asc`)
      assert.notProperty(first.body, "total_count")
      const second = yield* call("GET", String(at(first.body, "links", "next")))
      assert.deepStrictEqual(ids(second), files.slice(1, 2))
    }).pipe(withFake({ nextCarriesQuery: true, totalCount: "absent" }))
  )

  it.effect("copies into the folder of the original when it is told none, with a body or without", () =>
    Effect.gen(function* () {
      const { account, fake, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      for (const body of [undefined, {}, { data: {} }]) {
        const copy = yield* call("POST", `${account}/files/${files[0]}/copy`, body)
        assert.deepStrictEqual([copy.status, at(copy.body, "data", "parent_id")], [200, folder])
      }
      const stack = String(at((yield* stacked(folder, account, files)).body, "data", "id"))
      const ofVersion = yield* call("POST", `${account}/files/${files[0]}/copy`)
      assert.strictEqual(at(ofVersion.body, "data", "parent_id"), folder)
      const ofStack = yield* call("POST", `${account}/version_stacks/${stack}/copy`)
      assert.deepStrictEqual([ofStack.status, at(ofStack.body, "data", "type")], [200, "version_stack"])
      assert.strictEqual(fake.world.stackOf(stack)?.versions.length, 2)
    }).pipe(withFake())
  )
})

describe("uploads over V4", () => {
  const put = (url: unknown, headers: Readonly<Record<string, string>>, size: number) =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const answer = yield* client.execute(
        HttpClientRequest.put(String(url)).pipe(
          HttpClientRequest.bodyUint8Array(new Uint8Array(size), headers["content-type"]),
          HttpClientRequest.setHeaders({ "content-length": String(size), ...headers })
        )
      )
      return { status: answer.status, body: yield* answer.text, type: answer.headers["content-type"] }
    })

  const signed = { "content-type": "video/quicktime", "x-amz-acl": "private" }

  const begun = Effect.gen(function* () {
    const { account, folder } = yield* setup([])
    const made = yield* call("POST", `${account}/folders/${folder}/files/local_upload`, {
      data: { name: "a_v1.mov", file_size: 10 }
    })
    const [one, two] = [0, 1].map((part) => at(made.body, "data", "upload_urls", part, "url"))
    const status = Effect.map(call("GET", `${account}/files/${at(made.body, "data", "id")}/status`), (answer) =>
      at(answer.body, "data", "upload_complete")
    )
    return { one, two, status }
  })

  it.effect("are complete when each part has come with its size and its signed headers", () =>
    Effect.gen(function* () {
      const { one, status, two } = yield* begun
      assert.strictEqual((yield* put(one, signed, 5)).status, 200)
      assert.isFalse(yield* status)
      const lacking = yield* put(two, { "content-type": "video/quicktime" }, 5)
      assert.deepStrictEqual([lacking.status, lacking.type?.split(";")[0]], [403, "application/xml"])
      assert.notInclude(lacking.body, "x-amz-acl")
      const other = yield* put(two, { ...signed, "content-type": "text/plain" }, 5)
      assert.strictEqual(other.status, 403)
      assert.include(other.body, "<Code>SignatureDoesNotMatch</Code>")
      assert.strictEqual((yield* put(two, signed, 4)).status, 400)
      assert.strictEqual((yield* put(two, signed, 5)).status, 200)
      assert.isTrue(yield* status)
    }).pipe(withFake({ partSize: 5 }))
  )

  it.effect("expire after uploadUrlLifeMillis", () =>
    Effect.gen(function* () {
      const { one, two } = yield* begun
      assert.strictEqual((yield* put(one, signed, 5)).status, 200)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* put(two, signed, 5)).status, 403)
    }).pipe(withFake({ partSize: 5, uploadUrlLifeMillis: 60_000 }))
  )

  it.effect("expire, and say so as S3 does", () =>
    Effect.gen(function* () {
      const { one, status } = yield* begun
      yield* TestClock.adjust("24 hours")
      const late = yield* put(one, signed, 5)
      assert.strictEqual(late.status, 403)
      assert.include(late.body, "Request has expired")
      assert.isFalse(yield* status)
    }).pipe(withFake({ partSize: 5 }))
  )
})
