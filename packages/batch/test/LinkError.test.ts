import { assert, describe, it } from "@effect/vitest"
import { LinkError } from "@effect-frameio/batch"
import { Asset, FrameioError } from "@effect-frameio/core"
import { VersionStackError } from "@effect-frameio/stacks"
import { Effect, Schema } from "effect"
import { id } from "./stub.js"

const encode = Schema.encodeSync(Schema.parseJson(LinkError.LinkError))
const decode = Schema.decode(Schema.parseJson(LinkError.LinkError))

const adobe = Asset.AssetId.make("adobe:urn:aaid:sc:EU:1f|2")
const failure = new FrameioError.ServerError({ endpoint: "assets.version", assetIds: [id(1), id(2)], status: 503 })
const reading = new FrameioError.TransportError({ reason: "NotSent", outcome: "not-applied" })
const made = { endpoint: "assets.version", assetIds: [id(1), id(2)] }

/** Each error, with its kind, outcome, status, and whether its link stays planned. */
const cases: ReadonlyArray<readonly [LinkError.LinkError, string, string, number | undefined, boolean]> = [
  [new FrameioError.Unauthorized({}), "account", "not-applied", 401, true],
  [new FrameioError.NotFound({ assetIds: [id(1)] }), "asset", "not-applied", 404, false],
  [reading, "moment", "not-applied", undefined, true],
  [new FrameioError.TransportError({ reason: "AnswerLost" }), "moment", "unknown", undefined, false],
  [new FrameioError.UnexpectedResponse({ status: 418, outcome: "not-applied" }), "asset", "not-applied", 418, false],
  [new FrameioError.UnexpectedResponse({ status: 302 }), "moment", "unknown", 302, false],
  [
    new VersionStackError.AlreadyElsewhere({ assetId: id(1), stackId: id(2), wanted: id(3) }),
    "asset",
    "not-applied",
    undefined,
    false
  ],
  [new VersionStackError.NotMade({ ...made, attempts: 5, failure }), "moment", "not-applied", 503, false],
  [new VersionStackError.NotMade({ ...made, attempts: 5 }), "moment", "not-applied", undefined, false],
  [new VersionStackError.OutcomeUnknown({ ...made, failure, reading }), "moment", "unknown", 503, false],
  [new VersionStackError.OutcomeUnknown({ ...made, reading }), "moment", "unknown", undefined, false],
  [
    new VersionStackError.AlreadyElsewhere({ assetId: adobe, stackId: id(2), wanted: adobe }),
    "asset",
    "not-applied",
    undefined,
    false
  ],
  [
    new LinkError.TargetChanged({ assetId: id(1), name: "Spot", change: "Grown", newest: "Spot_v4" }),
    "asset",
    "not-applied",
    undefined,
    false
  ],
  [new LinkError.MovedSince({ assetId: id(1), stackId: id(2) }), "asset", "not-applied", undefined, false]
]

describe("LinkError", () => {
  for (const [error, kind, outcome, status, planned] of cases) {
    it.effect(
      `${error._tag}${status === undefined ? "" : ` ${status}`} (${outcome}): told by its type, and kept whole`,
      () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(
            [
              LinkError.kindOf(error),
              LinkError.outcomeOf(error),
              LinkError.statusOf(error),
              LinkError.isStillPlanned(error)
            ],
            [kind, outcome, status, planned]
          )
          const again = yield* decode(encode(error))
          assert.deepStrictEqual(again, error)
          assert.strictEqual(again.message, error.message)
        })
    )
  }

  it.effect("reads what ledgers held before errors were kept, in the words of then", () =>
    Effect.gen(function* () {
      const old = { tag: "NotFound", message: "assets.version: not found (404).", outcome: "not-applied", status: 404 }
      const error = yield* decode(JSON.stringify(old))
      assert.strictEqual(error.message, old.message)
      assert.deepStrictEqual(
        [LinkError.tagOf(error), LinkError.statusOf(error), LinkError.outcomeOf(error)],
        ["NotFound", 404, "not-applied"]
      )
      assert.deepStrictEqual(JSON.parse(encode(error)), old)
    })
  )

  it("says what went wrong without the call and the ids", () => {
    const error = new FrameioError.NotFound({ endpoint: "assets.version", assetIds: [id(1), id(2)] })
    assert.match(error.message, /^assets\.version \(/)
    assert.match(LinkError.reasonOf(error), /^not found \(404\)/)
    assert.match(LinkError.reasonOf(reading), /^no connection/)
    assert.match(LinkError.explanationOf(error), /^One of these assets was/)
    const refused = new FrameioError.InvalidArguments({ endpoint: "assets.version" })
    assert.match(LinkError.explanationOf(refused), /^A file goes on a file or a stack of the same/)
    assert.strictEqual(LinkError.explanationOf(reading), LinkError.reasonOf(reading))
  })
})
