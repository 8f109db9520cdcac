import { HttpApiBuilder, HttpServer } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioApi, FrameioError } from "@effect-frameio/core"
import { Effect, Layer, Schema } from "effect"
import * as StatusError from "../src/internal/statusError.js"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const asset: Asset.Asset = { id, type: "file", _type: "file", invented: [1, { deep: null }] }

type Declared = Exclude<FrameioError.WriteStatusError, FrameioError.UnexpectedResponse>

const failures: Record<string, Declared> = {
  401: new FrameioError.Unauthorized({ title: "no" }),
  402: new FrameioError.UsageExceeded({}),
  403: new FrameioError.Forbidden({}),
  404: new FrameioError.NotFound({ title: "gone", errors: [{ code: 404, detail: "gone" }] }),
  409: new FrameioError.Conflict({}),
  422: new FrameioError.InvalidArguments({}),
  429: new FrameioError.RateLimited({}),
  500: new FrameioError.ServerError({})
}

const NOT_ASKED = Effect.die("no test asks for this")

describe("FrameioApi", () => {
  it("knows its endpoints by name", () => {
    assert.deepStrictEqual(
      [...FrameioApi.endpoints.values()].map(({ name, reads, route }) => [name, route, reads]),
      [
        ["assets.version", "POST /v2/assets/:asset_id/version", false],
        ["assets.unversion", "DELETE /v2/assets/:asset_id/unversion", false],
        ["assets.get", "GET /v2/assets/:asset_id", true],
        ["assets.children", "GET /v2/assets/:asset_id/children", true],
        ["assets.create", "POST /v2/assets/:asset_id/children", false],
        ["assets.update", "PUT /v2/assets/:asset_id", false],
        ["assets.delete", "DELETE /v2/assets/:asset_id", false],
        ["assets.copy", "POST /v2/assets/:destination_folder/copy", false],
        ["assets.move", "POST /v2/assets/:destination_folder/move", false],
        ["assets.bulkCopy", "POST /v2/batch/assets/:destination_id/copy", false],
        ["assets.bulkDelete", "DELETE /v2/batch/assets", false],
        ["assets.audio", "GET /v2/assets/:asset_id/audio", true],
        ["assets.subtitles", "GET /v2/assets/:asset_id/subtitles", true],
        ["assets.realtimeParts", "POST /v2/assets/:asset_id/realtime_upload/parts", false],
        ["assets.search", "GET /v2/search/assets", true],
        ["assets.searchPost", "POST /v2/search/assets", true],
        ["assets.librarySearch", "GET /v2/search/library", true],
        ["assets.librarySearchPost", "POST /v2/search/library", true]
      ]
    )
  })

  it("finds the route of a request, whole or only a path, in either case of the id", () => {
    const version = "POST /v2/assets/:asset_id/version"
    for (const url of [
      `/v2/assets/${id}/version`,
      `/v2/assets/${id.toUpperCase()}/version`,
      `https://api.frame.io/v2/assets/${id}/version`,
      `http://127.0.0.1:3000/some/v2/prefix/v2/assets/${id}/version?x=/v2/assets/1#/v2/`
    ]) {
      assert.strictEqual(FrameioApi.endpointOf({ method: "POST", url })?.route, version, url)
    }
    assert.strictEqual(FrameioApi.endpointOf({ method: "GET", url: `/v2/assets/${id}` })?.name, "assets.get")
  })

  it("finds nothing for a request that is not declared", () => {
    assert.isUndefined(FrameioApi.endpointOf({ method: "GET", url: `https://x/v2/comments/${id}/likes/7?a=1` }))
    assert.isUndefined(FrameioApi.endpointOf({ method: "PATCH", url: `/v2/assets/${id}` }))
  })

  it("can be served: assets with all their fields, errors as the documented JSON without a tag", async () => {
    let answer: Effect.Effect<Asset.Asset, Declared> = Effect.succeed(asset)
    const group = HttpApiBuilder.group(FrameioApi.FrameioApi, "assets", (handlers) =>
      handlers
        .handle("version", ({ path, payload }) => {
          assert.strictEqual(path.asset_id, id)
          assert.strictEqual(payload.next_asset_id, next)
          return answer
        })
        .handle("unversion", () => Effect.succeed(asset))
        .handle("get", ({ urlParams }) =>
          Effect.succeed({ ...asset, type: [urlParams.type].flat().join("+"), flag: urlParams.include_deleted })
        )
        .handle("children", ({ urlParams }) => Effect.succeed([asset, { ...asset, index: urlParams.page ?? 0 }]))
        .handle("create", () => NOT_ASKED)
        .handle("update", () => NOT_ASKED)
        .handle("delete", () => NOT_ASKED)
        .handle("copy", () => NOT_ASKED)
        .handle("move", () => NOT_ASKED)
        .handle("bulkCopy", () => NOT_ASKED)
        .handle("bulkDelete", () => NOT_ASKED)
        .handle("audio", () => NOT_ASKED)
        .handle("subtitles", () => NOT_ASKED)
        .handle("realtimeParts", () => NOT_ASKED)
        .handle("search", () => NOT_ASKED)
        .handle("searchPost", () => NOT_ASKED)
        .handle("librarySearch", () => NOT_ASKED)
        .handle("librarySearchPost", () => NOT_ASKED)
    )
    const { dispose, handler } = HttpApiBuilder.toWebHandler(
      HttpApiBuilder.api(FrameioApi.FrameioApi).pipe(Layer.provide(group), Layer.provideMerge(HttpServer.layerContext))
    )
    const send = (method: string, path: string, body?: unknown) =>
      handler(
        new Request(`http://x${path}`, {
          method,
          ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
        })
      )
    const version = () => send("POST", `/v2/assets/${id}/version`, { next_asset_id: next })

    const success = await version()
    assert.strictEqual(success.status, 200)
    assert.deepStrictEqual(await success.json(), asset)
    assert.deepStrictEqual(
      await (await send("GET", `/v2/assets/${id}?type=file&type=folder&include_deleted=true`)).json(),
      {
        ...asset,
        type: "file+folder",
        flag: true
      }
    )
    assert.deepStrictEqual(await (await send("GET", `/v2/assets/${id}/children?page=3`)).json(), [
      asset,
      { ...asset, index: 3 }
    ])
    for (const [status, error] of Object.entries(failures)) {
      answer = Effect.fail(error)
      const response = await version()
      assert.strictEqual(response.status, Number(status))
      const body: unknown = await response.json()
      assert.deepStrictEqual(body, { code: Number(status), message: error.title ?? "", errors: [...error.errors] })
      assert.strictEqual(
        StatusError.fromWriteAnswer({
          endpoint: "assets.version",
          assetIds: [],
          writes: true,
          status: response.status,
          body: JSON.stringify(body)
        })._tag,
        error._tag
      )
    }
    await dispose()
  })

  it("declares errors that decode out of a body without a tag", () => {
    const schema = StatusError.overTheWire(FrameioError.NotFound, (body) => new FrameioError.NotFound(body))
    const error = Schema.decodeUnknownSync(schema)({ code: 404, message: "gone", errors: null })
    assert.instanceOf(error, FrameioError.NotFound)
    assert.strictEqual(error.title, "gone")
  })
})
