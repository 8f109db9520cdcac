import { OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FrameioApi } from "@effect-frameio/core"
import { compileErrors, validate } from "@readme/openapi-parser"
import { Effect } from "effect"

const document = OpenApi.fromApi(FrameioApi.FrameioApi)

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
)

/** The parser works on the object it is given. */
const copy = () => structuredClone(document)

describe("the OpenAPI document", () => {
  it.effect("is valid, and all its references lead somewhere", () =>
    Effect.gen(function* () {
      const result = yield* Effect.promise(() => validate(JSON.parse(JSON.stringify(copy()))))
      assert(result.valid, result.valid ? "" : compileErrors(result))
      assert.isEmpty(result.warnings)
    })
  )

  it.effect("the validator finds what is wrong", () =>
    Effect.gen(function* () {
      const broken = JSON.parse(
        JSON.stringify(copy()).replace("#/components/schemas/Asset", "#/components/schemas/Nothing")
      )
      const result = yield* Effect.promise(() =>
        validate(broken).then(
          ({ valid }) => valid,
          () => false
        )
      )
      assert.isFalse(result)
    })
  )

  it("has every endpoint of the declaration, with words and their source", () => {
    assert.deepStrictEqual(
      operations.map(({ operation }) => operation.operationId).sort(),
      [...FrameioApi.endpoints.keys()].sort()
    )
    for (const { method, operation, path } of operations) {
      const declared = FrameioApi.endpoints.get(operation.operationId)
      assert.strictEqual(`${method} ${path}`, declared?.route.replace(/:(\w+)/g, "{$1}"))
      assert.isAbove(operation.summary?.length ?? 0, 5, operation.operationId)
      assert.isAbove(operation.description?.length ?? 0, 20, operation.operationId)
      assert.match(operation.externalDocs?.url ?? "", /^https:\/\/developer\.frame\.io\//, operation.operationId)
    }
  })

  it("says what is on the wire: a token, plain bodies of errors, nothing of ours", () => {
    assert.deepStrictEqual(document.security, [{ bearer: [] }])
    for (const { operation } of operations) assert.notProperty(operation, "security")
    assert.property(document.components.schemas, "HTTPError")
    for (const name of Object.keys(document.components.schemas)) assert.match(name, /^[A-Za-z]+$/)
    assert.notMatch(
      JSON.stringify(document),
      /@effect|"_tag"|HttpApi|decoded into|a string matching|FromString|\\$defs/
    )
  })

  it("has numbers and flags in queries, not the text that they travel as", () => {
    const types = new Map<string, unknown>()
    for (const { operation } of operations) {
      for (const parameter of operation.parameters) types.set(parameter.name, Reflect.get(parameter.schema, "type"))
    }
    assert.strictEqual(types.get("page"), "integer")
    assert.strictEqual(types.get("page_size"), "integer")
    assert.strictEqual(types.get("include_deleted"), "boolean")
  })
})
