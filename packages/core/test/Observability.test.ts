import { assert, describe, it } from "@effect/vitest"
import { FrameioError } from "@effect-frameio/core"
import { Effect, Metric, Tracer } from "effect"
import { asset, get, id, over, stub, version } from "./support/wire.js"

/** Runs an effect and gives the spans that it made. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const native = yield* Effect.tracer
    const spans: Array<Tracer.Span & { readonly events?: ReadonlyArray<unknown> }> = []
    const tracer = Tracer.make({
      context: native.context,
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      }
    })
    const exit = yield* Effect.exit(Effect.withTracer(effect, tracer))
    return { exit, spans }
  })

const attributesOf = (span: Tracer.Span | undefined) => Object.fromEntries(span?.attributes ?? [])

describe("a span", () => {
  it.effect("says method, host and status as the conventions for HTTP have it, and each attempt", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 503 }, {}])
      const options = { baseUrl: "https://proxy.example:8443", retry: { baseDelay: 0 } }
      const { spans } = yield* traced(over(wire.client, get, options))
      assert.deepInclude(attributesOf(spans[0]), {
        "http.request.method": "GET",
        "http.route": "/v2/assets/:asset_id",
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
        "server.address": "proxy.example",
        "server.port": 8443
      })
      assert.isUndefined(attributesOf(spans[0])["error.type"])
      const events: unknown = Reflect.get(spans[0] ?? {}, "events")
      assert.deepStrictEqual(
        Array.isArray(events) ? events.map(([name, , attributes]) => [name, attributes["frameio.status"]]) : events,
        [
          ["attempt", "503"],
          ["attempt", "200"]
        ]
      )
    })
  )

  it.effect("says what went wrong: the status, or the error where there is none", () =>
    Effect.gen(function* () {
      const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
      for (const [reply, type] of [
        [{ status: 404 }, "404"],
        [{ fails: reset }, "FrameioTransportError"],
        [{ body: "<html>" }, "FrameioDecodeError"]
      ] as const) {
        const { spans } = yield* traced(over(stub([reply]).client, version))
        assert.strictEqual(attributesOf(spans[0])["error.type"], type)
      }
    })
  )

  it.effect("is told to Frame.io only where a program wants it", () =>
    Effect.gen(function* () {
      const wire = stub([{}])
      const { spans } = yield* traced(over(wire.client, version, { tracePropagation: true }))
      assert.include(wire.sent[0]?.headers.traceparent, spans[0]?.spanId)
      const silent = stub([{}])
      yield* traced(over(silent.client, version))
      assert.notMatch(Object.keys(silent.sent[0]?.headers ?? {}).join(), /trace|b3/)
    })
  )
})

/** The values of a metric by its tags. */
const values = Effect.map(Metric.snapshot, (pairs) =>
  pairs.flatMap(({ metricKey, metricState }) => {
    if (!metricKey.name.startsWith("frameio_request")) return []
    const tags = metricKey.tags.map(({ value }) => value).join(" ")
    const name: string = `${metricKey.name} ${tags}`
    return [[name, metricState] as const]
  })
)

describe("the metrics of requests", () => {
  it.effect("count them and their time by endpoint and status", () =>
    Effect.gen(function* () {
      const wire = stub([{}, { status: 503 }])
      const before = new Map(yield* values)
      yield* over(wire.client, Effect.all([version, Effect.flip(get)]), { retry: { readRetries: 0 } })
      const counts = new Map(yield* values)
      const ofVersion = "frameio_requests_total assets.version 200"
      const count = (all: typeof counts, name: string): number => {
        const state = all.get(name)
        const value: unknown = state === undefined ? 0 : Reflect.get(state, "count")
        return typeof value === "number" ? value : 0
      }
      assert.strictEqual(count(counts, ofVersion) - count(before, ofVersion), 1)
      const durations = "frameio_request_duration_seconds assets.version 200"
      assert.strictEqual(count(counts, durations) - count(before, durations), 1)
      const failed = "frameio_requests_total assets.get 503"
      assert.strictEqual(count(counts, failed) - count(before, failed), 1)
    })
  )
})

describe("a promise", () => {
  const missing = Effect.suspend(() => over(stub([{ status: 404 }]).client, version))

  it("is rejected with the error itself by runPromise", async () => {
    const reason: unknown = await FrameioError.runPromise(missing).catch((error: unknown) => error)
    assert.isTrue(reason instanceof FrameioError.NotFound)
    assert.isTrue(FrameioError.isFrameioError(reason))
    assert.deepStrictEqual<unknown>(await FrameioError.runPromise(over(stub([{}]).client, version)), asset)
    const bug: unknown = await FrameioError.runPromise(Effect.die(new RangeError("bug"))).catch(
      (error: unknown) => error
    )
    assert.isTrue(bug instanceof RangeError)
  })

  it("that Effect.runPromise rejects gives the error back", async () => {
    const reason: unknown = await Effect.runPromise(missing).catch((error: unknown) => error)
    const error = FrameioError.fromRejection(reason)
    assert.isTrue(error instanceof FrameioError.NotFound && error.assetIds.includes(id))
    assert.isUndefined(FrameioError.fromRejection(new Error("mine")))
  })
})

describe("a success", () => {
  for (const status of [200, 201, 202, 203]) {
    it.effect(`may be ${status}, with what is documented`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual<unknown>(yield* over(stub([{ status }]).client, version), asset)
      })
    )
  }

  it.effect("without anything is not believed of a change", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(over(stub([{ status: 202, body: "" }]).client, version))
      assert.deepStrictEqual([error._tag, FrameioError.outcomeOf(error)], ["FrameioDecodeError", "unknown"])
      assert.include(error.message, "is empty")
    })
  )
})

describe("408", () => {
  it.effect("is tried again on a read, and leaves the outcome of a change open", () =>
    Effect.gen(function* () {
      const read = stub([{ status: 408, body: "" }, {}])
      const options = { retry: { baseDelay: 0 } }
      assert.deepStrictEqual<unknown>(yield* over(read.client, get, options), asset)
      const change = stub([{ status: 408, body: "" }, {}])
      const error = yield* Effect.flip(over(change.client, version, options))
      assert.deepStrictEqual([FrameioError.outcomeOf(error), change.sent.length], ["unknown", 1])
    })
  )
})
