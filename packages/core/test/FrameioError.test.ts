import { HttpApiError } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioError } from "@effect-frameio/core"
import { Duration, Effect, FastCheck, JSONSchema, Schema } from "effect"
import * as StatusError from "../src/internal/statusError.js"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const call = { endpoint: "assets.version", assetIds: [id, next], writes: true } as const

const documented = JSON.stringify({
  code: 404,
  message: "Not Found",
  errors: [{ code: 404, status: 404, title: "Not Found", detail: "No such asset" }]
})

const bodies = {
  "the documented JSON": documented,
  "plain text": "Rate Limit Exceeded",
  "a proxy's page": "<!doctype html><html><head><style>x{}</style></head><body><h1>Bad Gateway</h1></body></html>",
  nothing: "",
  "broken JSON": '{"code": 4',
  "JSON of another kind": '["x", null, 7]',
  "wrongly typed JSON": '{"code":"x","message":5,"errors":[1,null,{"detail":3},"text",{"title":"kept"}]}'
}

const tags = {
  401: "FrameioUnauthorized",
  402: "FrameioUsageExceeded",
  403: "FrameioForbidden",
  404: "FrameioNotFound",
  409: "FrameioConflict",
  422: "FrameioInvalidArguments",
  429: "FrameioRateLimited",
  500: "FrameioServerError",
  502: "FrameioServerError",
  503: "FrameioServerError",
  599: "FrameioServerError",
  201: "FrameioUnexpectedResponse",
  302: "FrameioUnexpectedResponse",
  400: "FrameioUnexpectedResponse",
  405: "FrameioUnexpectedResponse",
  418: "FrameioUnexpectedResponse"
} as const

describe("FrameioError", () => {
  for (const [status, tag] of Object.entries(tags)) {
    for (const [kind, body] of Object.entries(bodies)) {
      it(`${status} is ${tag} with ${kind} for a body`, () => {
        const error = StatusError.fromWriteAnswer({ ...call, status: Number(status), body })
        assert.strictEqual(error._tag, tag)
        assert.strictEqual(error.status, Number(status))
        assert.deepStrictEqual(error.assetIds, [id, next])
        assert.include(error.message, "assets.version")
        assert.include(error.message, id)
        assert.isAbove(error.message.length, 60, "it says what to do")
        assert.notMatch(error.message, /<|undefined|\[object/)
      })
    }
  }

  it("keeps what Frame.io says", () => {
    const error = StatusError.fromReadAnswer({ ...call, status: 404, body: documented })
    assert.strictEqual(error._tag, "FrameioNotFound")
    assert.deepStrictEqual(error.errors, [{ code: 404, status: 404, title: "Not Found", detail: "No such asset" }])
    assert.include(error.message, "No such asset")
    const odd = StatusError.fromReadAnswer({ ...call, status: 404, body: bodies["wrongly typed JSON"] })
    assert.deepStrictEqual(odd.errors, [{}, { detail: "text" }, { title: "kept" }])
  })

  it("bounds what a body may put into an error", () => {
    const error = StatusError.fromReadAnswer({
      ...call,
      status: 500,
      body: JSON.stringify({
        message: "m".repeat(1e6),
        errors: Array.from({ length: 1000 }, () => ({ detail: "d".repeat(1e5) }))
      })
    })
    assert.isBelow(JSON.stringify(Schema.encodeSync(FrameioError.FrameioError)(error)).length, 15_000)
    assert.isBelow(error.message.length, 1500)
  })

  it("says whether the change can have been made", () => {
    const outcome = (status: number, writes: boolean) =>
      FrameioError.outcomeOf(StatusError.fromWriteAnswer({ ...call, writes, status, body: "" }))
    for (const status of [400, 401, 402, 403, 404, 405, 409, 422, 429]) {
      assert.strictEqual(outcome(status, true), "not-applied", String(status))
    }
    for (const status of [0, 201, 204, 302, 408, 499, 500, 502, 503, 504]) {
      assert.strictEqual(outcome(status, true), "unknown", String(status))
      assert.strictEqual(outcome(status, false), "not-applied", String(status))
    }
  })

  it("advises nothing about V4 that holds for v2 only", () => {
    const message = (status: number) =>
      StatusError.fromWriteAnswer({ ...call, endpoint: "files.move", status, body: "" }).message
    assert.include(message(401), "at Adobe")
    assert.notInclude(message(401), "Create a new one")
    assert.notInclude(message(403), "scope")
  })

  it("tells the way out", () => {
    const message = (status: number) => StatusError.fromWriteAnswer({ ...call, status, body: "" }).message
    assert.include(message(401), "https://developer.frame.io")
    assert.include(message(402), "plan")
    assert.include(message(403), "asset.update")
    assert.include(message(404), next)
    assert.include(message(409), "Read the asset")
    assert.include(message(422), "of the same type")
    assert.include(message(500), "read the asset, or its stack, before you send it again")
    assert.include(
      StatusError.fromReadAnswer({ ...call, status: 302, body: "", location: "https://x@login.example/a?token=1" })
        .message,
      "a redirection (302) to login.example,"
    )
  })

  it("never repeats the token, in any spelling", () => {
    const secret = "abc/def+ghi=&<"
    for (const spelling of [secret, encodeURIComponent(secret), "abc\\/def+ghi=&<"]) {
      for (const body of [
        `you sent ${spelling}`,
        `{"message":"${spelling}","errors":[{"detail":"${spelling}","title":"${spelling}"}]}`
      ]) {
        const error = StatusError.fromWriteAnswer({ ...call, status: 500, body, secret })
        const all =
          error.message + JSON.stringify(Schema.encodeSync(FrameioError.FrameioError)(error)) + String(error.stack)
        assert.notInclude(all, spelling)
        assert.notInclude(all, secret)
      }
    }
  })

  it("treats a conflict on a read as undocumented", () => {
    assert.strictEqual(StatusError.fromReadAnswer({ ...call, status: 409, body: "" })._tag, "FrameioUnexpectedResponse")
  })

  it("does not count tags or scripts as words, however many there are", () => {
    const error = StatusError.fromReadAnswer({ ...call, status: 502, body: "<".repeat(1e6) })
    assert.strictEqual(error._tag, "FrameioServerError")
  })

  const errors = FastCheck.record({
    status: FastCheck.constantFrom(...Object.keys(tags).map(Number)),
    body: FastCheck.oneof(FastCheck.string(), FastCheck.constantFrom(...Object.values(bodies)), FastCheck.json()),
    attempts: FastCheck.integer({ min: 1, max: 20 }),
    millis: FastCheck.nat()
  })

  it.prop("can be stored as JSON and read back, whatever came", [errors], ([{ attempts, body, millis, status }]) => {
    const error = StatusError.fromWriteAnswer({ ...call, status, body, attempts, waited: Duration.millis(millis) })
    const stored = JSON.stringify(Schema.encodeSync(FrameioError.FrameioError)(error))
    const back = Schema.decodeUnknownSync(FrameioError.FrameioError)(JSON.parse(stored))
    assert.strictEqual(back._tag, error._tag)
    assert.strictEqual(back.message, error.message)
    assert.isTrue(FrameioError.isFrameioError(back))
  })

  it.effect("shares no tag with the errors of HttpApi, so that one catchTag does not catch both", () =>
    Effect.gen(function* () {
      const tags = JSON.stringify(JSONSchema.make(FrameioError.FrameioError)).matchAll(
        /"_tag":\{"type":"string","enum":\["(\w+)"/g
      )
      const mine = [...tags].map(([, tag]) => tag ?? "")
      assert.strictEqual(mine.length, 20)
      assert.isTrue(mine.every((tag) => tag.startsWith("Frameio")))
      const served: Effect.Effect<string, HttpApiError.NotFound | FrameioError.NotFound> = Effect.fail(
        new HttpApiError.NotFound()
      )
      const left = yield* Effect.flip(Effect.catchTag(served, "FrameioNotFound", () => Effect.succeed("no such asset")))
      assert.strictEqual(left._tag, "NotFound")
    })
  )
})
