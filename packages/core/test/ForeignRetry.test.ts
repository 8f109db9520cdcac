import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FrameioClient, FrameioError } from "@effect-frameio/core"
import { Effect, Logger, LogLevel, Schedule } from "effect"
import { get, id, over, stub, version } from "./support/wire.js"

const retrying = (client: HttpClient.HttpClient) =>
  HttpClient.retryTransient(client, { times: 2, schedule: Schedule.forever })
const retryingAll = (client: HttpClient.HttpClient) =>
  HttpClient.retry(client.pipe(HttpClient.filterStatusOk), { times: 2, schedule: Schedule.forever })

/** What an effect warns of. */
const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) lines.push(String(message))
  })
  return Effect.map(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), (value) => ({ value, lines }))
}

describe("an HttpClient that sends again by itself", () => {
  for (const [status, tag] of [
    [404, "FrameioNotFound"],
    [409, "FrameioConflict"],
    [422, "FrameioInvalidArguments"],
    [400, "FrameioUnexpectedResponse"],
    [429, "FrameioRateLimited"],
    [401, "FrameioUnauthorized"]
  ] as const) {
    it.effect(`leaves the outcome of a change open when the second answer is ${status}`, () =>
      Effect.gen(function* () {
        const wire = stub([{ status: 503 }, { status, body: "{}" }])
        // What retries 429, too, has given up by now.
        const twice =
          status === 429
            ? HttpClient.transformResponse(wire.client, (send) => Effect.zipRight(send, send))
            : retrying(wire.client)
        const { lines, value: error } = yield* warnings(Effect.flip(over(twice, version)))
        assert.deepStrictEqual([error._tag, FrameioError.outcomeOf(error)], [tag, "unknown"])
        assert.strictEqual(wire.sent.length, 2)
        assert.include(error.message, "read the asset, or its stack, before you send it again")
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", /sent 2 requests where one was asked for.*retryTransient/)
      })
    )
  }

  it.effect("leaves it open when the second request never left", () =>
    Effect.gen(function* () {
      const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
      const wire = stub([{ status: 503 }, { fails: refused }])
      const error = yield* Effect.flip(over(retryingAll(wire.client), version))
      assert.deepStrictEqual([error._tag, FrameioError.outcomeOf(error)], ["FrameioTransportError", "unknown"])
    })
  )

  it.effect("is noticed where tracing is off, and warned of once", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 503 }, { status: 404 }, { status: 503 }, { status: 404 }])
      const { lines, value } = yield* warnings(
        over(
          retrying(wire.client),
          Effect.withTracerEnabled(Effect.all([Effect.flip(version), Effect.flip(version)]), false)
        )
      )
      assert.deepStrictEqual(value.map(FrameioError.outcomeOf), ["unknown", "unknown"])
      assert.strictEqual(lines.length, 1)
    })
  )

  it.effect("is warned of when the change was made, perhaps twice", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 503 }, {}])
      const create = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
        client.create({ parentId: id, type: "folder", name: "Dailies" })
      )
      const { lines } = yield* warnings(over(retrying(wire.client), create))
      assert.strictEqual(lines.length, 1)
      assert.strictEqual(wire.sent.length, 2)
    })
  )

  it.effect("does no harm to a read", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 503 }, { status: 404 }])
      const error = yield* Effect.flip(over(retrying(wire.client), get))
      assert.deepStrictEqual([error._tag, FrameioError.outcomeOf(error)], ["FrameioNotFound", "not-applied"])
    })
  )

  it.effect("is not needed: transformClient puts a header on calls, and nothing is warned of", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 404 }, {}])
      const { lines, value } = yield* warnings(
        over(wire.client, Effect.all([Effect.flip(version), version]), {
          transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-proxy-auth", "abc"))
        })
      )
      assert.strictEqual(FrameioError.outcomeOf(value[0]), "not-applied")
      assert.deepStrictEqual(
        wire.sent.map((request) => request.headers["x-proxy-auth"]),
        ["abc", "abc"]
      )
      assert.deepStrictEqual(lines, [])
    })
  )
})
