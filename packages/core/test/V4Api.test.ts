import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { V4Api, V4Asset } from "@effect-frameio/core"
import { Either, Option, Schema } from "effect"

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./fixtures/v4/${name}.json`, import.meta.url), "utf8"))

const data = <A, I>(schema: Schema.Schema<A, I>) => Schema.Struct({ data: schema })

const decodes = <A, I>(schema: Schema.Schema<A, I>, json: unknown): A => {
  const decoded = Schema.decodeUnknownEither(schema)(json)
  if (Either.isLeft(decoded)) assert.fail(String(decoded.left))
  return decoded.right
}

const without = (json: unknown, field: string): unknown => {
  const copy: unknown = structuredClone(json)
  if (typeof copy === "object" && copy !== null && "data" in copy) {
    const inner = copy.data
    if (typeof inner === "object" && inner !== null) Reflect.deleteProperty(inner, field)
  }
  return copy
}

describe("V4Asset", () => {
  it("decodes Frame.io's shapes and encodes them as they came", () => {
    const same = <A, I>(schema: Schema.Schema<A, I>, name: string) =>
      assert.deepStrictEqual<unknown>(
        Schema.encodeSync(data(schema))(decodes(data(schema), fixture(name))),
        fixture(name)
      )
    same(V4Asset.File, "file")
    same(V4Asset.File, "file-with-upload-urls")
    same(V4Asset.VersionStack, "version-stack")
    same(V4Asset.Me, "me")
  })

  it("tells a page's files, folders and stacks apart", () => {
    const { data: items } = decodes(
      Schema.Struct({ data: Schema.Array(V4Asset.Item) }),
      fixture("folder-children-page")
    )
    assert.deepStrictEqual(
      items.map((one) => [V4Asset.isFolder(one), V4Asset.isFile(one), V4Asset.isVersionStack(one)]),
      [
        [true, false, false],
        [false, true, false],
        [false, false, true]
      ]
    )
  })

  it("requires what identifies a thing and nothing else", () => {
    const file = fixture("file")
    for (const field of ["name", "status", "media_type", "file_size", "parent_id", "created_at", "view_url"]) {
      decodes(data(V4Asset.File), without(file, field))
    }
    for (const field of ["id", "type"]) {
      assert.isTrue(Either.isLeft(Schema.decodeUnknownEither(data(V4Asset.File))(without(file, field))), field)
    }
  })

  it("keeps kinds and states that are not known yet", () => {
    const item = decodes(V4Asset.Item, {
      id: "0a7d5e91-c3f2-4b60-8e14-5d92b7f6a038",
      type: "canvas",
      status: "transcoding",
      new_field: { of: "2027" }
    })
    assert.deepInclude(item, { type: "canvas", status: "transcoding", new_field: { of: "2027" } })
  })

  it("takes UUIDs and Adobe ids, and nothing that would leave its place in a path", () => {
    const isId = Schema.is(V4Asset.Id)
    for (const id of ["0A7D5E91-c3f2-4b60-8e14-5d92b7f6a038", "adobe:urn:aaid:sc:EU:1f|2"]) assert.isTrue(isId(id), id)
    for (const id of ["", "adobe:", "adobe:a/b", "adobe:a?b", "adobe:a b", "me", "0a7d5e91"])
      assert.isFalse(isId(id), id)
  })
})

describe("V4Api", () => {
  const account = "3d1c9a52-7f04-4b8e-9c61-0e5a2f7b8d13"
  const file = "0a7d5e91-c3f2-4b60-8e14-5d92b7f6a038"

  it("takes an id twice for one by the rule of all ids: UUIDs whatever their case, Adobe ids as they are", () => {
    const payload = Option.getOrThrow(V4Api.operations.versionStacks.create.payloadSchema)
    const takes = (...ids: ReadonlyArray<string>) => Schema.is(payload)({ data: { file_ids: ids } })
    const uuid = "5b8f3c1e-0d5e-4a7a-9a67-9c1f6c3f7d10"
    assert.isFalse(takes(uuid, uuid.toUpperCase()))
    assert.isTrue(takes("adobe:urn:aaid:a", "adobe:urn:aaid:A"))
    assert.isFalse(takes("adobe:urn:aaid:a", "adobe:urn:aaid:a"))
  })

  it("finds the endpoint of a request, and names its rate limit by account and operation", () => {
    const request = { method: "PATCH", url: `https://api.frame.io/v4/accounts/${account}/files/${file}/move?x=1` }
    assert.strictEqual(V4Api.endpointOf(request)?.name, "files.move")
    assert.strictEqual(V4Api.routeOf(request), `PATCH /v4/accounts/${account}/files/:file_id/move`)
    assert.strictEqual(V4Api.routeOf({ method: "GET", url: "/v4/me" }), "GET /v4/me")
  })

  it("tells a folder's upload from its other children by the literal segment", () => {
    const url = `/v4/accounts/${account}/folders/${file}/files/local_upload`
    assert.strictEqual(V4Api.endpointOf({ method: "POST", url })?.name, "files.localUpload")
  })

  it("prints the limits that decide how long stacking takes", () => {
    const printed = (name: string) => V4Api.endpoints.get(name)?.printed
    assert.deepStrictEqual(printed("versionStacks.create"), { limit: 10, windowMillis: 60_000 })
    assert.deepStrictEqual(printed("files.move"), { limit: 100, windowMillis: 60_000 })
    assert.deepStrictEqual(printed("files.show"), { limit: 10, windowMillis: 1_000 })
    for (const endpoint of V4Api.endpoints.values()) assert.isAbove(endpoint.printed.limit, 0, endpoint.name)
  })

  it("reads by GET and by search, and changes by all else", () => {
    for (const { method, name, reads } of V4Api.endpoints.values()) {
      assert.strictEqual(reads, method === "GET" || name === "search.search", name)
    }
  })
})
