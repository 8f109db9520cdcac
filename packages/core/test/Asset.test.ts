import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@effect-frameio/core"
import { Either, FastCheck, Option, ParseResult, Schema } from "effect"

const folder = fileURLToPath(new URL("fixtures", import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith(".json"))
const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))
const whole = files.filter((name) => !name.includes("fragment"))
const fragments = files.filter((name) => name.includes("fragment"))

const decode = Schema.decodeUnknownEither(Asset.Asset)
const encode = Schema.encodeSync(Asset.Asset)
const decodeFragment = Schema.decodeUnknownEither(Asset.AssetFragment)

const id = "9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f"

const paths = (result: Either.Either<unknown, ParseResult.ParseError>): ReadonlyArray<string> =>
  Either.isRight(result)
    ? []
    : [...new Set(ParseResult.ArrayFormatter.formatErrorSync(result.left).map((issue) => issue.path.join(".")))]

describe("Asset", () => {
  it("has the seven fixtures", () => {
    assert.strictEqual(whole.length, 3)
    assert.strictEqual(fragments.length, 4)
  })

  for (const name of whole) {
    it(`decodes ${name} and gives it back`, () => {
      const before = readFileSync(`${folder}/${name}`, "utf8")
      const asset = Either.getOrThrow(decode(JSON.parse(before)))
      assert.strictEqual(JSON.stringify(encode(asset)), JSON.stringify(JSON.parse(before)))
      assert.isTrue(Asset.isFile(asset) || Asset.isFolder(asset))
    })
  }

  for (const name of fragments) {
    it(`decodes ${name} as a fragment, and says what it lacks as an asset`, () => {
      const fragment = read(name)
      assert.deepStrictEqual(Either.getOrThrow(decodeFragment(fragment)), fragment)
      assert.deepStrictEqual(paths(decode(fragment)), ["id"])
      assert.deepStrictEqual(paths(decode({ ...fragment, id })), ["type"])
      assert.isTrue(Either.isRight(decode({ ...fragment, id, type: "file" })))
      assert.isTrue(Either.isRight(decode({ ...fragment, id, _type: "file" })))
    })
  }

  it("takes both documented forms of a field", () => {
    const forms: ReadonlyArray<Record<string, unknown>> = [
      { required_transcodes: ["thumb", "h264_360"] },
      { required_transcodes: { thumb: true, h264_360: true, cover: false, finalized: ["thumb"] } },
      { creator: { integrations: ["slack"] } },
      { creator: { integrations: {} } },
      { creator: { id, name: "A" } },
      { creator: null },
      { asset_type: null },
      { properties: { "": "x" } },
      { index: -4 },
      { index: 12.5 }
    ]
    for (const form of forms) assert.isTrue(Either.isRight(decode({ id, type: "file", ...form })), JSON.stringify(form))
  })

  it("keeps values and fields that are not known", () => {
    const sent = {
      id,
      type: "hologram",
      asset_type: "smell",
      label: "blue",
      status: "melted",
      invented: { deep: [1, null] }
    }
    const asset = Either.getOrThrow(decode(sent))
    assert.deepStrictEqual<unknown>(encode(asset), sent)
    assert.strictEqual(Asset.kind(asset), "hologram")
  })

  it("refuses what does not say which asset it is, and what is no asset", () => {
    assert.deepStrictEqual(paths(decode({ id: "7", type: "file", name: 5, creator: { email: 1 } })), ["id"])
    assert.deepStrictEqual(paths(decode({ id, type: 5 })), ["type"])
    assert.deepStrictEqual(paths(decode({ id, type: "" })), ["type"])
    for (const nothing of [null, undefined, 1, "x", [], [{ id, type: "file" }]]) {
      assert.isTrue(Either.isLeft(decode(nothing)))
    }
  })

  it("keeps an odd value of a known field, and shows none in its place", () => {
    const sent = {
      filesize: "1024",
      id,
      type: "file",
      properties: [],
      private: 0,
      _type: 7,
      name: "a.mov",
      creator: { id: 5, name: "A", integrations: null },
      invented: [1]
    }
    const asset = Either.getOrThrow(decode(sent))
    assert.deepStrictEqual<unknown>(
      [
        asset.filesize,
        asset.properties,
        asset.private,
        asset._type,
        asset.name,
        asset.creator?.name,
        asset.creator?.id
      ],
      [undefined, undefined, undefined, undefined, "a.mov", "A", undefined]
    )
    assert.strictEqual(Asset.kind(asset), "file")
    assert.deepStrictEqual(Asset.oddFields(asset), { filesize: "1024", properties: [], private: 0, _type: 7 })
    assert.strictEqual(JSON.stringify(encode(asset)), JSON.stringify(sent))
    // What a program changes afterwards is what goes out.
    const changed = encode({ ...asset, filesize: 1, name: "b.mov" })
    assert.strictEqual(JSON.stringify(changed), JSON.stringify({ ...sent, filesize: 1, name: "b.mov" }))
    assert.deepStrictEqual(Asset.oddFields(Either.getOrThrow(decode({ id, type: "file" }))), {})
  })

  it("takes a page in which one asset has odd fields", () => {
    const page = Array.from({ length: 100 }, (_, n) => ({ id, type: "file", filesize: n === 50 ? "1024" : n }))
    const items = Either.getOrThrow(Schema.decodeUnknownEither(Schema.Array(Asset.Asset))(page))
    assert.deepStrictEqual([items[49]?.filesize, items[50]?.filesize, items[51]?.filesize], [49, undefined, 51])
  })

  it("reads the parent under either name, and the kind as Frame.io's own tools do", () => {
    const of = (rest: Record<string, unknown>) => Either.getOrThrow(decode({ id, type: "file", ...rest }))
    const parent = "2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d"
    assert.deepStrictEqual(Asset.parentId(of({ parent_id: parent })), Option.some(Asset.AssetId.make(parent)))
    assert.deepStrictEqual(Asset.parentId(of({ parent_asset_id: parent })), Option.some(Asset.AssetId.make(parent)))
    assert.deepStrictEqual(Asset.parentId(of({ parent_id: null })), Option.none())
    assert.deepStrictEqual(Asset.coverAssetId(of({ cover_asset_id: parent })), Option.some(Asset.AssetId.make(parent)))
    assert.isTrue(Asset.isVersionStack(of({ _type: "version_stack" })))
  })

  it("takes ids of both APIs, of which v2 knows UUIDs only", () => {
    const [isId, isUuid] = [Schema.is(Asset.AssetId), Schema.is(Asset.AssetUuid)]
    const uuid = "0A7D5E91-c3f2-4b60-8e14-5d92b7f6a038"
    assert.isTrue(isId(uuid) && isUuid(uuid))
    const adobe = Asset.AssetId.make("adobe:urn:aaid:sc:EU:1f|2")
    assert.isFalse(isUuid(adobe))
    assert.isFalse(Asset.sameId(adobe, Asset.AssetId.make(adobe.toUpperCase().replace("ADOBE", "adobe"))))
    assert.isTrue(Either.isLeft(Schema.decodeUnknownEither(Asset.Asset)({ id: adobe, type: "file" })))
  })

  it("tells ids by their form, and compares them without regard to case", () => {
    const is = Schema.is(Asset.AssetId)
    assert.isTrue(is(id) && is(id.toUpperCase()))
    for (const bad of ["", "x", `${id} `, `${id}0`, id.replaceAll("-", ""), `{${id}}`, `${id}\n`]) {
      assert.isFalse(is(bad), JSON.stringify(bad))
    }
    assert.isTrue(Asset.sameId(Asset.AssetId.make(id), Asset.AssetId.make(id.toUpperCase())))
  })

  it.prop(
    "gives back every JSON value it accepts",
    [FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue()), FastCheck.constantFrom("type", "_type")],
    ([rest, key]) => {
      const text = JSON.stringify({ ...rest, id, [key]: "file" })
      const result = decode(JSON.parse(text))
      if (Either.isRight(result)) assert.strictEqual(JSON.stringify(encode(result.right)), text)
      else assert.notInclude(paths(result), "id")
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "accepts whatever the schema itself generates",
    [Asset.Asset],
    ([asset]) => {
      const text = JSON.stringify(asset)
      assert.strictEqual(JSON.stringify(encode(Either.getOrThrow(decode(JSON.parse(text))))), text)
    },
    { fastCheck: { numRuns: 50 } }
  )

  // A field of the documented example with any other JSON value: only what identifies the asset can be refused.
  it.prop(
    "takes any value in a field that does not identify it, and gives it back",
    [FastCheck.constantFrom(...Object.keys(read("asset-docs-version-example.json"))), FastCheck.jsonValue()],
    ([field, value]) => {
      const sent = { ...read("asset-docs-version-example.json"), [field]: value }
      const result = decode(sent)
      if (Either.isLeft(result)) {
        assert.include(["id", "type"], field)
        assert.deepStrictEqual(paths(result), [field])
        return
      }
      assert.strictEqual(JSON.stringify(encode(result.right)), JSON.stringify(sent))
      const fragment = Either.getOrThrow(decodeFragment({ [field]: value }))
      assert.deepStrictEqual(Asset.oddFields(fragment), Asset.oddFields(result.right))
    },
    { fastCheck: { numRuns: 500 } }
  )
})
