import { inspect } from "node:util"
import {
  FetchHttpClient,
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  HttpClientResponse,
  UrlParams
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, expect, expectTypeOf, it } from "@effect/vitest"
import {
  Asset,
  type Bulk,
  DirectHttpClient,
  FrameioClient,
  FrameioConfig,
  FrameioError,
  type Page,
  type RateLimitError,
  RateLimitScheduler,
  type Tracks,
  type UploadPart
} from "@effect-frameio/core"
import {
  Cause,
  Clock,
  Config,
  ConfigProvider,
  Context,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  FiberRef,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Schema,
  TestClock,
  Tracer
} from "effect"
import { NOWHERE, serve } from "./support/serve.js"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const TOKEN = "s3cr3t/t0ken+x"
const asset = { id, type: "file", _type: "file", name: "a.mov", invented: { deep: [1, null] } }

// -----------------------------------------------------------------------------
// a stub of the wire
// -----------------------------------------------------------------------------

type Reply =
  | { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly fails: unknown }
  | { readonly breaks: unknown }
  | "never"

interface Sent {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
  readonly signal: AbortSignal
}

const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "999" }

/** The two ways through a client: that of every `HttpClient`, and the short one (`DirectHttpClient`). */
type Way = "HttpClient" | "short"

const breakOff = (cause: unknown) => new ReadableStream({ pull: (controller) => controller.error(cause) })

const textOf = (reply: Exclude<Reply, "never">): string => {
  const body = "body" in reply && reply.body !== undefined ? reply.body : asset
  return typeof body === "string" ? body : JSON.stringify(body)
}

const responseOf = (request: HttpClientRequest.HttpClientRequest, reply: Exclude<Reply, "never">) => {
  const status = "status" in reply ? (reply.status ?? 200) : 200
  const headers = { ...limits, ...("headers" in reply ? reply.headers : {}) }
  const body = "breaks" in reply ? breakOff(reply.breaks) : status === 204 || status === 205 ? null : textOf(reply)
  return HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))
}

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.RequestError({ request, reason: "Transport", cause })

/** The same answer as a client with a short way gives it: there as a whole, or broken off. */
const wholeOf = (
  request: HttpClientRequest.HttpClientRequest,
  reply: Exclude<Reply, "never">
): Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
  if ("fails" in reply) return Exit.fail(transportError(request, reply.fails))
  const response = responseOf(request, reply)
  const text =
    "breaks" in reply
      ? Exit.fail(new HttpClientError.ResponseError({ request, response, reason: "Decode", cause: reply.breaks }))
      : Exit.succeed(response.status === 204 || response.status === 205 ? "" : textOf(reply))
  return Exit.succeed(Object.create(response, { text: { value: text } }))
}

const stubOf = (way: Way) => (replies: ReadonlyArray<Reply>) => {
  const sent: Array<Sent> = []
  const replyTo = (one: Sent): Reply => {
    sent.push(one)
    return replies[Math.min(sent.length, replies.length) - 1] ?? {}
  }
  const client = HttpClient.make((request, url, signal) =>
    Effect.suspend(() => {
      const reply = replyTo({ request, url, signal })
      if (reply === "never") return Effect.never
      if ("fails" in reply) return Effect.fail(transportError(request, reply.fails))
      return Effect.succeed(responseOf(request, reply))
    })
  )
  if (way === "HttpClient") return { sent, client }
  const exchange: DirectHttpClient.Exchange = (request) => (_, callback) => {
    const controller = new AbortController()
    const url = Either.getOrThrow(UrlParams.makeUrl(request.url, request.urlParams, request.hash))
    const reply = replyTo({ request, url, signal: controller.signal })
    if (reply !== "never") callback(wholeOf(request, reply))
    return () => {
      if (reply === "never") controller.abort()
    }
  }
  return { sent, client: Object.assign(client, { [DirectHttpClient.TypeId]: exchange }) }
}

const over = <A, E, R>(
  wire: { readonly client: HttpClient.HttpClient },
  program: Effect.Effect<A, E, R>,
  options?: Partial<FrameioConfig.Options> & FrameioClient.LayerOptions
) =>
  Effect.provide(
    program,
    FrameioClient.layer({ token: Redacted.make(TOKEN), ...options }).pipe(
      Layer.orDie,
      Layer.provide(Layer.succeed(HttpClient.HttpClient, wire.client))
    )
  )

const version = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
  client.version({ assetId: id, nextAssetId: next })
)
const get = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.get({ assetId: id }))

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })
const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

/** Runs to the end, letting virtual time pass as fast as it is asked for. */
const throughTime = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(program)
    for (let minutes = 0; minutes < 30; minutes++) yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : request.body._tag

// -----------------------------------------------------------------------------

describe.each<Way>(["HttpClient", "short"])("FrameioClient over the way: %s", (way) => {
  const stub = stubOf(way)

  describe("on the wire", () => {
    it.effect("versions an asset", () =>
      Effect.gen(function* () {
        const wire = stub([{}])
        const answer = yield* over(wire, version)
        assert.deepStrictEqual<unknown>(answer, asset)
        const [sent] = wire.sent
        assert.strictEqual(wire.sent.length, 1)
        assert.strictEqual(sent?.request.method, "POST")
        assert.strictEqual(sent?.url.toString(), `https://api.frame.io/v2/assets/${id}/version`)
        assert.deepStrictEqual(sent && JSON.parse(bodyOf(sent.request)), { next_asset_id: next })
        assert.deepStrictEqual(
          { ...sent?.request.headers },
          {
            accept: "application/json",
            authorization: `Bearer ${TOKEN}`,
            "content-length": String(sent && bodyOf(sent.request).length),
            "content-type": "application/json",
            "x-frameio-client": "effect-frameio"
          }
        )
      })
    )

    it.effect("takes a version out, reads one asset, and reads a page", () =>
      Effect.gen(function* () {
        const wire = stub([
          {},
          {},
          { body: [asset, asset], headers: { "page-number": "2", "per-page": "2", total: "5", "total-pages": "3" } },
          { body: [] }
        ])
        const [page, bare] = yield* over(
          wire,
          Effect.gen(function* () {
            const client = yield* FrameioClient.FrameioClient
            yield* client.unversion({ assetId: id })
            yield* client.get({ assetId: id, includeDeleted: true, type: ["file", "version_stack"] })
            const page = yield* client.children({
              assetId: id,
              page: 2,
              pageSize: 2,
              include: ["children", "cover_asset"],
              sort: ["filetype", "-id"],
              includeDeleted: false
            })
            return [page, yield* client.children({ assetId: id })] as const
          }),
          { baseUrl: "https://proxy.example/frameio/", clientName: "" }
        )
        assert.deepStrictEqual(
          wire.sent.map(({ request, url }) => `${request.method} ${url.pathname}${url.search}`),
          [
            `DELETE /frameio/v2/assets/${id}/unversion`,
            `GET /frameio/v2/assets/${id}?include_deleted=true&type=file&type=version_stack`,
            `GET /frameio/v2/assets/${id}/children?page=2&page_size=2&include=children%2Ccover_asset&sort=filetype%2C-id&include_deleted=false`,
            `GET /frameio/v2/assets/${id}/children`
          ]
        )
        assert.isUndefined(wire.sent[0]?.request.headers["x-frameio-client"])
        assert.strictEqual(page.items.length, 2)
        assert.deepStrictEqual([page.page, page.perPage, page.total, page.totalPages], [2, 2, 5, 3])
        assert.deepStrictEqual([bare.page, bare.total], [undefined, undefined])
      })
    )

    it.effect("sends no trace headers, though the caller traces", () =>
      Effect.gen(function* () {
        const wire = stub([{}])
        yield* over(wire, Effect.withSpan(version, "caller"))
        assert.notMatch(Object.keys(wire.sent[0]?.request.headers ?? {}).join(), /trace|b3/)
      })
    )

    it.effect("forbids fetch to follow redirections, and leaves the program's own settings in force", () =>
      Effect.gen(function* () {
        const seen: Array<RequestInit | undefined> = []
        const fetch = (_url: unknown, init?: RequestInit) => {
          seen.push(init)
          return Promise.resolve(
            new Response("", { status: 307, headers: { location: `https://evil.example/?t=1`, ...limits } })
          )
        }
        const error = yield* Effect.flip(
          version.pipe(
            Effect.provide(
              FrameioClient.layer({ token: Redacted.make(TOKEN) }).pipe(
                Layer.orDie,
                Layer.provide(FetchHttpClient.layer),
                Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)),
                Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { keepalive: true }))
              )
            )
          )
        )
        assert.strictEqual(seen.length, 1)
        assert.strictEqual(seen[0]?.redirect, "manual")
        assert.strictEqual(seen[0]?.keepalive, true)
        assert.strictEqual(error._tag, "FrameioUnexpectedResponse")
        assert.include(error.message, "evil.example")
      })
    )
  })

  describe("refuses before sending", () => {
    const cases: ReadonlyArray<
      readonly [string, (client: FrameioClient.Service) => Effect.Effect<object, FrameioError.FrameioError>, RegExp]
    > = [
      ["an asset on itself", (c) => c.version({ assetId: id, nextAssetId: id }), /itself/],
      [
        "an asset on itself, in other letters",
        (c) => c.version({ assetId: id, nextAssetId: id.toUpperCase() as Asset.AssetId }),
        /itself/
      ],
      [
        "two ids that are none, at once",
        (c) => c.version({ assetId: "x" as Asset.AssetId, nextAssetId: "../y" as Asset.AssetId }),
        /assetId: "x".*nextAssetId: "\.\.\/y"/
      ],
      ["no id", (c) => c.get(JSON.parse("{}")), /assetId/],
      ["a page before the first", (c) => c.children({ assetId: id, page: 0 }), /page/],
      ["half a page", (c) => c.children({ assetId: id, pageSize: 1.5 }), /pageSize/]
    ]
    for (const [what, call, says] of cases) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const wire = stub([{}])
          const error = yield* Effect.flip(over(wire, Effect.flatMap(FrameioClient.FrameioClient, call)))
          assert.strictEqual(error._tag, "FrameioInvalidRequest")
          assert.match(error.message, says)
          assert.strictEqual(FrameioError.outcomeOf(error), "not-applied")
          assert.strictEqual(wire.sent.length, 0)
        })
      )
    }
  })

  describe("when the status says no", () => {
    for (const [status, tag] of [
      [401, "FrameioUnauthorized"],
      [402, "FrameioUsageExceeded"],
      [403, "FrameioForbidden"],
      [404, "FrameioNotFound"],
      [409, "FrameioConflict"],
      [422, "FrameioInvalidArguments"],
      [503, "FrameioServerError"],
      [400, "FrameioUnexpectedResponse"],
      [205, "FrameioUnexpectedResponse"],
      [204, "FrameioDecodeError"],
      [201, "FrameioDecodeError"]
    ] as const) {
      it.effect(`${status} is ${tag}, after one request`, () =>
        Effect.gen(function* () {
          const wire = stub([{ status, body: "<html>no</html>" }])
          const error = yield* Effect.flip(over(wire, version))
          assert.strictEqual(error._tag, tag)
          assert.strictEqual(wire.sent.length, 1)
          assert.include(error.message, "assets.version")
          assert.include(error.message, next)
        })
      )
    }

    it.effect("409 on a read is not documented", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(over(stub([{ status: 409 }]), get))
        assert.strictEqual(error._tag, "FrameioUnexpectedResponse")
      })
    )

    it.effect("the status stands, even when its body breaks off", () =>
      Effect.gen(function* () {
        const wire = stub([{ status: 404, body: "" }])
        const broken = HttpClient.transformResponse(wire.client, (send) =>
          Effect.map(send, (response) =>
            HttpClientResponse.fromWeb(
              response.request,
              new Response(new ReadableStream({ pull: (controller) => controller.error(reset) }), { status: 404 })
            )
          )
        )
        const error = yield* Effect.flip(over({ client: broken }, version))
        assert.strictEqual(error._tag, "FrameioNotFound")
      })
    )
  })

  describe("when the answer is not what is documented", () => {
    it.effect("names the fields and the asset", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(over(stub([{ body: { ...asset, id: 5, type: "", _type: null } }]), version))
        assert.strictEqual(error._tag, "FrameioDecodeError")
        if (error._tag !== "FrameioDecodeError") return
        assert.deepStrictEqual(
          error.problems.map((problem) => problem.path),
          ["id"]
        )
        assert.strictEqual(error.outcome, "applied")
        const untyped = yield* Effect.flip(over(stub([{ body: { id } }]), version))
        assert.include(untyped.message, `type of asset ${id}`)
        assert.include(error.message, "do not send it again")
      })
    )

    it.effect("names the one asset of a list", () =>
      Effect.gen(function* () {
        const children = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.children({ assetId: id }))
        const error = yield* Effect.flip(over(stub([{ body: [asset, { id: next, index: "x" }] }]), children))
        assert.strictEqual(error._tag, "FrameioDecodeError")
        if (error._tag !== "FrameioDecodeError") return
        assert.deepStrictEqual(
          error.problems.map(({ assetId, path }) => [path, assetId]),
          [["[1].type", next]]
        )
        assert.strictEqual(error.outcome, "not-applied")
      })
    )

    for (const [what, body] of [
      ["a page", "<!doctype html><title>Sign in</title><p>Please sign in</p>"],
      ["nothing", ""],
      ["half of it", '{"id":"'],
      ["a word", '"ok"']
    ] as const) {
      it.effect(`${what} instead of JSON points to the base URL, and leaves the outcome open`, () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(over(stub([{ body }]), version))
          assert.strictEqual(error._tag, "FrameioDecodeError")
          assert.include(error.message, "check the base URL")
          assert.strictEqual(FrameioError.outcomeOf(error), "unknown")
          if (what === "a page") assert.include(error.message, "Please sign in")
        })
      )
    }
  })

  describe("sends again", () => {
    it.effect("what the rate limit refused, and reports the attempts", () =>
      Effect.gen(function* () {
        const wire = stub([{ status: 429, body: "Rate Limit Exceeded" }, { status: 429, body: "" }, {}])
        const answer = yield* throughTime(over(wire, version))
        assert.strictEqual(answer.id, id)
        assert.strictEqual(wire.sent.length, 3)
      })
    )

    it.effect("what the rate limit refused, but not for ever", () =>
      Effect.gen(function* () {
        const wire = stub([{ status: 429, body: "Rate Limit Exceeded" }])
        const error = yield* Effect.flip(throughTime(over(wire, version, { retry: { refusedRetries: 4 } })))
        assert.strictEqual(error._tag, "FrameioRateLimited")
        if (error._tag !== "FrameioRateLimited") return
        assert.strictEqual(error.attempts, 5)
        assert.strictEqual(wire.sent.length, 5)
        assert.isAbove(Duration.toMillis(error.waited), 0)
        assert.include(error.message, "5 times")
        assert.strictEqual(error.outcome, "not-applied")
      })
    )

    it.effect("a write that never left, after growing delays", () =>
      Effect.gen(function* () {
        const wire = stub([{ fails: refused }, { fails: new TypeError("fetch failed", { cause: refused }) }, {}])
        const fiber = yield* Effect.fork(over(wire, version))
        yield* TestClock.adjust("100 millis")
        assert.strictEqual(wire.sent.length, 1)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).id, id)
        assert.strictEqual(wire.sent.length, 3)
      })
    )

    it.effect("a write that never left, but not for ever", () =>
      Effect.gen(function* () {
        const wire = stub([{ fails: refused }])
        const error = yield* Effect.flip(throughTime(over(wire, version)))
        assert.strictEqual(error._tag, "FrameioTransportError")
        if (error._tag !== "FrameioTransportError") return
        assert.strictEqual(error.reason, "NotSent")
        assert.strictEqual(error.code, "ECONNREFUSED")
        assert.strictEqual(error.outcome, "not-applied")
        assert.strictEqual(error.attempts, 6)
        assert.strictEqual(wire.sent.length, 6)
        assert.isAbove(Duration.toMillis(error.waited), 3000)
      })
    )

    for (const [what, reply] of [
      ["5xx", { status: 502, body: "<html>" }],
      ["a lost connection", { fails: reset }],
      ["a body that breaks off", { breaks: reset }]
    ] as const) {
      it.effect(`a read after ${what}`, () =>
        Effect.gen(function* () {
          const wire = stub([reply, reply, {}])
          assert.strictEqual((yield* throughTime(over(wire, get))).id, id)
          assert.strictEqual(wire.sent.length, 3)
        })
      )

      it.effect(`no write after ${what}`, () =>
        Effect.gen(function* () {
          const wire = stub([reply, {}])
          const error = yield* Effect.flip(throughTime(over(wire, version)))
          assert.strictEqual(wire.sent.length, 1)
          // Where the status was 200, Frame.io has made the change.
          assert.strictEqual(FrameioError.outcomeOf(error), "breaks" in reply ? "applied" : "unknown")
          assert.match(error.message, /send it again/)
        })
      )
    }

    it.effect("nothing, when a certificate is wrong", () =>
      Effect.gen(function* () {
        const wire = stub([{ fails: Object.assign(new Error("expired"), { code: "CERT_HAS_EXPIRED" }) }])
        const error = yield* Effect.flip(throughTime(over(wire, version)))
        assert.strictEqual(wire.sent.length, 1)
        assert.strictEqual(FrameioError.outcomeOf(error), "not-applied")
      })
    )
  })

  describe("in time", () => {
    it.effect("gives up a write that is not answered, aborts it, and says that the outcome is open", () =>
      Effect.gen(function* () {
        const wire = stub(["never"])
        const fiber = yield* Effect.fork(Effect.flip(over(wire, version)))
        yield* TestClock.adjust("44 seconds")
        assert.isFalse(wire.sent[0]?.signal.aborted)
        yield* TestClock.adjust("1 seconds")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "FrameioRequestTimeout")
        assert.strictEqual(FrameioError.outcomeOf(error), "unknown")
        assert.isTrue(wire.sent[0]?.signal.aborted)
        assert.strictEqual(wire.sent.length, 1)
      })
    )

    it.effect("tries a read again that is not answered, each attempt with its own time", () =>
      Effect.gen(function* () {
        const wire = stub(["never", "never", {}])
        assert.strictEqual((yield* throughTime(over(wire, get))).id, id)
        assert.strictEqual(wire.sent.length, 3)
      })
    )

    it.effect("does not count the wait for the rate limit", () =>
      Effect.gen(function* () {
        // One request a minute: the third waits far longer than the timeout.
        const slow = { "x-ratelimit-limit": "1", "x-ratelimit-window": "60000", "x-ratelimit-remaining": "0" }
        const wire = stub([{ headers: slow }])
        const all = yield* throughTime(
          over(wire, Effect.all([get, get, get], { concurrency: 3 }), { timeout: "5 seconds" })
        )
        assert.strictEqual(all.length, 3)
        assert.strictEqual(wire.sent.length, 3)
      })
    )

    it.effect("leaves no timer behind", () =>
      Effect.gen(function* () {
        const clock = yield* Effect.clock
        let timers = 0
        const counting: Clock.Clock = {
          [Clock.ClockTypeId]: Clock.ClockTypeId,
          unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
          unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
          currentTimeMillis: clock.currentTimeMillis,
          currentTimeNanos: clock.currentTimeNanos,
          sleep: (duration) =>
            Effect.acquireUseRelease(
              Effect.sync(() => timers++),
              () => clock.sleep(duration),
              () => Effect.sync(() => timers--)
            )
        }
        const allTurns = Effect.repeatN(Effect.yieldNow(), 20)
        yield* over(
          stub([{}, {}, {}, {}, {}, {}, {}, {}, "never"]),
          Effect.gen(function* () {
            for (let i = 0; i < 5; i++) yield* version
            yield* Effect.all([get, get, get], { concurrency: 3 })
            const fiber = yield* Effect.fork(get)
            yield* allTurns
            assert.isAbove(timers, 0)
            yield* Fiber.interrupt(fiber)
          })
        ).pipe(Effect.withClock(counting))
        yield* allTurns
        assert.strictEqual(timers, 0)
      })
    )

    it.effect("times out each of many, long after others have come and gone", () =>
      Effect.gen(function* () {
        const wire = stub([{}, "never", "never", {}, "never"])
        const fiber = yield* Effect.fork(
          over(
            wire,
            Effect.gen(function* () {
              const client = yield* FrameioClient.FrameioClient
              yield* client.version({ assetId: id, nextAssetId: next })
              const lost = client.version({ assetId: id, nextAssetId: next })
              const two = yield* Effect.all([Effect.flip(lost), Effect.delay(Effect.flip(lost), "10 seconds")], {
                concurrency: 2
              })
              yield* client.version({ assetId: id, nextAssetId: next })
              return [...two, yield* Effect.flip(lost)]
            })
          )
        )
        yield* TestClock.adjust("55 seconds")
        assert.strictEqual(wire.sent.length, 5)
        yield* TestClock.adjust("45 seconds")
        assert.deepStrictEqual(
          (yield* Fiber.join(fiber)).map((error) => error._tag),
          ["FrameioRequestTimeout", "FrameioRequestTimeout", "FrameioRequestTimeout"]
        )
      })
    )
  })

  it.effect("a timeout leaves the caller's other fibers alone", () =>
    Effect.gen(function* () {
      const worker = yield* Effect.fork(Effect.never)
      const fiber = yield* Effect.fork(
        Effect.gen(function* () {
          const own = yield* Effect.fork(Effect.never)
          const error = yield* Effect.flip(over(stub(["never"]), version))
          return [error._tag, own.unsafePoll()] as const
        })
      )
      yield* TestClock.adjust("45 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["FrameioRequestTimeout", null])
      assert.isNull(worker.unsafePoll())
    })
  )

  it.effect("an interruption at the very moment of the timeout is an interruption", () =>
    Effect.gen(function* () {
      const wire = stub(["never"])
      const fiber = yield* Effect.fork(over(wire, get))
      yield* TestClock.adjust("44 seconds")
      const interrupted = yield* Effect.fork(Effect.delay(Fiber.interrupt(fiber), "1 seconds"))
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupted)))
      assert.strictEqual(wire.sent.length, 1)
      assert.isTrue(wire.sent[0]?.signal.aborted)
    })
  )

  it.effect("runs the HttpClient in the caller's context, within the call's span", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const wire = stub([{}])
      const watched = HttpClient.transformResponse(wire.client, (send) =>
        Effect.zipRight(
          Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
            Effect.sync(() => seen.push(Option.getOrUndefined(span)?.name))
          ),
          send
        )
      )
      yield* Effect.withSpan(over({ client: watched }, version), "caller")
      assert.deepStrictEqual(seen, ["Frameio.assets.version"])
    })
  )

  it.effect("reads an answer that begins with a byte order mark", () =>
    Effect.gen(function* () {
      const marked = HttpClient.transformResponse(stub([{}]).client, (send) =>
        Effect.map(send, (response) =>
          Object.create(response, { text: { value: Effect.succeed(`\ufeff${JSON.stringify(asset)}`) } })
        )
      )
      assert.deepStrictEqual<unknown>(yield* over({ client: marked }, version), asset)
    })
  )

  it.effect("an interruption reaches the wire at once and leaves nothing behind", () =>
    Effect.gen(function* () {
      const wire = stub([{}, "never"])
      yield* over(
        wire,
        Effect.gen(function* () {
          yield* version
          const fiber = yield* Effect.fork(version)
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(wire.sent.length, 2)
          const exit = yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.isInterrupted(exit))
          assert.isTrue(wire.sent[1]?.signal.aborted)
          // The scheduler cannot know whether the request arrived, and counts it until it must be over.
          yield* TestClock.adjust("10 seconds")
          const scheduler = yield* RateLimitScheduler.RateLimitScheduler
          const [bucket] = yield* scheduler.snapshot
          assert.strictEqual(bucket?.inFlight, 0)
          assert.strictEqual(bucket?.waiting, 0)
        })
      )
    })
  )

  it.effect("has a bucket for each route, whatever the ids", () =>
    Effect.gen(function* () {
      const routes = yield* over(
        stub([{}]),
        Effect.gen(function* () {
          const client = yield* FrameioClient.FrameioClient
          yield* client.get({ assetId: id })
          yield* client.get({ assetId: next })
          yield* client.version({ assetId: id, nextAssetId: next })
          const scheduler = yield* RateLimitScheduler.RateLimitScheduler
          return (yield* scheduler.snapshot).map((bucket) => bucket.route)
        })
      )
      assert.deepStrictEqual(routes.toSorted(), ["GET /v2/assets/:asset_id", "POST /v2/assets/:asset_id/version"])
    })
  )

  it.effect("traces a call with its ids, its attempts and its waiting", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        },
        context: native.context
      })
      yield* throughTime(over(stub([{ status: 429, body: "" }, {}]), version)).pipe(Effect.withTracer(tracer))
      const [span] = spans
      assert.deepStrictEqual(
        spans.map((one) => one.name),
        ["Frameio.assets.version"]
      )
      assert.deepInclude(Object.fromEntries(span?.attributes ?? []), {
        "frameio.asset_id": id,
        "frameio.next_asset_id": next,
        "frameio.attempts": 2,
        "http.route": "/v2/assets/:asset_id/version"
      })
      assert.isNumber(span?.attributes.get("frameio.waited_ms"))
      assert.strictEqual(span?.status._tag, "Ended")
    })
  )

  describe("never shows the token", () => {
    const echo = `you sent authorization: Bearer ${TOKEN}`
    const html = `<html><body>${echo}</body></html>`
    const json = JSON.stringify({ message: echo, errors: [{ title: TOKEN, detail: echo }] })
    const replies: Record<string, Reply> = {
      ...Object.fromEntries(
        [201, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503].flatMap((status) => [
          [`${status} in HTML`, { status, body: html, headers: { location: `https://x/?${TOKEN}` } }],
          [`${status} in JSON`, { status, body: json }]
        ])
      ),
      "a page with 200": { body: html },
      "another object with 200": { body: { id: TOKEN, type: TOKEN, name: { [TOKEN]: TOKEN } } },
      "a lost connection": { fails: Object.assign(new Error(echo), { code: "ECONNRESET" }) },
      "no connection": { fails: Object.assign(new Error(echo), { code: "ENOTFOUND" }) },
      "a broken body": { breaks: new Error(echo) },
      "no answer": "never"
    }
    for (const [what, reply] of Object.entries(replies)) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const logs: Array<string> = []
          const spans: Array<Tracer.Span> = []
          const native = yield* Effect.tracer
          const tracer = Tracer.make({
            span: (...args) => {
              const span = native.span(...args)
              spans.push(span)
              return span
            },
            context: native.context
          })
          const logger = Logger.make((entry) => {
            logs.push(inspect(entry.message, { depth: 20 }) + Cause.pretty(entry.cause))
          })
          for (const ended of [Effect.exit(version), Effect.exit(get)]) {
            const exit = yield* throughTime(
              over(
                stub([reply]),
                ended as Effect.Effect<
                  Exit.Exit<Asset.Asset, FrameioError.FrameioError>,
                  never,
                  FrameioClient.FrameioClient
                >
              )
            ).pipe(
              Effect.tapErrorCause((cause) => Effect.logError("failed", cause)),
              Effect.withTracer(tracer),
              Effect.locally(FiberRef.currentMinimumLogLevel, LogLevel.All),
              Effect.provide(Logger.replace(Logger.defaultLogger, logger))
            )
            assert.isTrue(Exit.isFailure(exit))
            if (Exit.isSuccess(exit)) return
            const error = Option.getOrThrow(Cause.failureOption(exit.cause))
            const shown = [
              inspect(exit, { depth: 20, showHidden: true }),
              inspect(error, { depth: 20, showHidden: true }),
              Cause.pretty(exit.cause, { renderErrorCause: true }),
              JSON.stringify(exit),
              JSON.stringify(error),
              JSON.stringify(Schema.encodeSync(FrameioError.FrameioError)(error)),
              String(error),
              error.message,
              error.stack ?? "",
              ...logs,
              ...spans.map((span) =>
                inspect([span.name, [...span.attributes], span.status], { depth: 20, showHidden: true })
              )
            ].join("\n")
            assert.include(shown, id)
            assert.notInclude(shown, TOKEN)
            assert.notInclude(shown, encodeURIComponent(TOKEN))
          }
        })
      )
    }
  })

  it.effect("cannot be made without a sound configuration", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        version.pipe(
          Effect.provide(FrameioClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["FRAMEIO_BASE_URL", "http://example.com"]])))
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      const text = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
      assert.include(text, "FRAMEIO_TOKEN")
      assert.include(text, "FRAMEIO_BASE_URL")
    })
  )

  it.effect("runs on a configuration and a scheduler that are given", () =>
    Effect.gen(function* () {
      const wire = stub([{}])
      const layer = FrameioClient.layerWithScheduler({ timeout: "1 minute" }).pipe(
        Layer.provide([
          FrameioConfig.layerConfig({ token: Config.redacted("T") }),
          RateLimitScheduler.layerMemory(),
          Layer.succeed(HttpClient.HttpClient, wire.client)
        ])
      )
      yield* version.pipe(
        Effect.provide(layer),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["T", "other"]])))
      )
      assert.strictEqual(wire.sent[0]?.request.headers.authorization, "Bearer other")
    })
  )

  it.effect("a time limit is over when it is over, though the wall clock was set back an hour", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      let setBack = 0
      const wall: Clock.Clock = {
        [Clock.ClockTypeId]: clock[Clock.ClockTypeId],
        sleep: (duration) => clock.sleep(duration),
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() - setBack,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis - setBack),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeNanos: clock.currentTimeNanos
      }
      const layer = FrameioClient.layer({ token: Redacted.make(TOKEN), timeout: "3 seconds" }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, stub(["never"]).client))
      )
      const fiber = yield* Effect.fork(Effect.withClock(Effect.provide(Effect.exit(version), layer), wall))
      yield* TestClock.adjust("1 second")
      setBack = 3_600_000
      yield* TestClock.adjust("2 seconds")
      const exit = yield* Fiber.join(fiber).pipe(
        Effect.timeoutTo({
          duration: 0,
          onSuccess: (exit) => Exit.isFailure(exit),
          onTimeout: () => false
        }),
        Effect.fork,
        Effect.tap(TestClock.adjust(1)),
        Effect.flatMap(Fiber.join)
      )
      assert.isTrue(exit)
    })
  )

  it.effect("behind a second limit that no header tells, few are refused and no call fails", () =>
    Effect.gen(function* () {
      let tokens = 5
      let last = 0
      let sent = 0
      const client = HttpClient.make((request) =>
        Effect.flatMap(Effect.delay(Clock.currentTimeMillis, "10 millis"), (now) => {
          sent++
          tokens = Math.min(5, tokens + ((now - last) * 5) / 1000)
          last = now
          const passes = tokens >= 1
          if (passes) tokens--
          const response = passes
            ? new Response(JSON.stringify(asset), {
                headers: { "x-ratelimit-limit": "20", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "15" }
              })
            : new Response("slow down", { status: 429 })
          return Effect.delay(Effect.succeed(HttpClientResponse.fromWeb(request, response)), "10 millis")
        })
      )
      const layer = FrameioClient.layer({ token: Redacted.make(TOKEN) }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      )
      const all = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 100 }), () => version, { concurrency: 10, discard: true }).pipe(
          Effect.zipRight(Clock.currentTimeMillis),
          Effect.provide(layer)
        )
      )
      yield* TestClock.adjust("30 seconds")
      const took = yield* Fiber.join(all)
      assert.isAtMost(sent, 110)
      assert.isAtMost(took, 1.2 * 19_000)
    })
  )
})

describe("FrameioClient", () => {
  describe("over real sockets", () => {
    const clients = {
      fetch: FetchHttpClient.layer,
      undici: NodeHttpClient.layerUndici,
      "node:http": NodeHttpClient.layer
    }

    for (const [name, http] of Object.entries(clients)) {
      const on = <A, E, R>(baseUrl: string, program: Effect.Effect<A, E, R>, options?: FrameioClient.Options) =>
        Effect.provide(
          program,
          FrameioClient.layer({ token: Redacted.make(TOKEN), baseUrl, ...options }).pipe(
            Layer.orDie,
            Layer.provide(http)
          )
        )

      it.live(`${name}: versions an asset`, () =>
        Effect.gen(function* () {
          const baseUrl = yield* serve((request, response) => {
            response.writeHead(request.headers.authorization === `Bearer ${TOKEN}` ? 200 : 401, limits)
            response.end(JSON.stringify({ ...asset, method: request.method, url: request.url }))
          })
          const answer = yield* on(baseUrl, version)
          assert.deepStrictEqual([answer.method, answer.url], ["POST", `/v2/assets/${id}/version`])
        }).pipe(Effect.scoped)
      )

      it.live(`${name}: does not follow a redirection with the token`, () =>
        Effect.gen(function* () {
          let followed = 0
          const elsewhere = yield* serve((_request, response) => {
            followed++
            response.end(JSON.stringify(asset))
          })
          const baseUrl = yield* serve((_request, response) => {
            response.writeHead(307, { location: `${elsewhere}/x` })
            response.end()
          })
          const error = yield* Effect.flip(on(baseUrl, version))
          assert.strictEqual(error._tag, "FrameioUnexpectedResponse")
          assert.strictEqual(followed, 0)
        }).pipe(Effect.scoped)
      )

      it.live(`${name}: knows that a refused connection sent nothing`, () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(
            on(NOWHERE, version, { retry: { notSentRetries: 1, baseDelay: "1 millis" } })
          )
          assert.strictEqual(error._tag, "FrameioTransportError")
          if (error._tag !== "FrameioTransportError") return
          assert.deepStrictEqual([error.reason, error.code, error.attempts], ["NotSent", "ECONNREFUSED", 2])
        })
      )

      it.live(`${name}: knows that a connection that breaks may have carried the request out`, () =>
        Effect.gen(function* () {
          let requests = 0
          const baseUrl = yield* serve((request) => {
            requests++
            request.socket.destroy()
          })
          const error = yield* Effect.flip(on(baseUrl, version))
          assert.strictEqual(error._tag, "FrameioTransportError")
          assert.strictEqual(FrameioError.outcomeOf(error), "unknown")
          assert.strictEqual(requests, 1)
        }).pipe(Effect.scoped)
      )

      it.live(`${name}: an interruption closes the connection`, () =>
        Effect.gen(function* () {
          const closed = yield* Effect.makeLatch()
          const arrived = yield* Effect.makeLatch()
          const runtime = yield* Effect.runtime()
          const run = (effect: Effect.Effect<unknown>) => void Effect.runFork(Effect.provide(effect, runtime))
          const baseUrl = yield* serve((request) => {
            run(arrived.open)
            request.socket.once("close", () => run(closed.open))
          })
          const fiber = yield* Effect.fork(on(baseUrl, version))
          yield* arrived.await
          yield* Fiber.interrupt(fiber)
          yield* Effect.timeout(closed.await, "5 seconds")
        }).pipe(Effect.scoped)
      )
    }
  })

  describe("its types", () => {
    type Status =
      | FrameioError.Unauthorized
      | FrameioError.UsageExceeded
      | FrameioError.Forbidden
      | FrameioError.NotFound
      | FrameioError.InvalidArguments
      | FrameioError.RateLimited
      | FrameioError.ServerError
      | FrameioError.UnexpectedResponse
    type Rest =
      | FrameioError.TransportError
      | FrameioError.RequestTimeout
      | FrameioError.DecodeError
      | FrameioError.InvalidRequest
      | FrameioError.CredentialsError
      | RateLimitError.QueueFull
      | RateLimitError.MaxWaitExceeded
      | RateLimitError.DeadlineExceeded
      | RateLimitError.StoreUnavailable

    it("hold the error channel of each call", () => {
      type Calls = FrameioClient.Service
      type Read<A> = Effect.Effect<A, Status | Rest>
      expectTypeOf<ReturnType<Calls["version"]>>().toEqualTypeOf<
        Effect.Effect<Asset.Asset, Status | FrameioError.Conflict | Rest>
      >()
      expectTypeOf<ReturnType<Calls["unversion"]>>().toEqualTypeOf<
        Effect.Effect<Asset.Asset, Status | FrameioError.Conflict | Rest>
      >()
      expectTypeOf<ReturnType<Calls["get"]>>().toEqualTypeOf<Read<Asset.Asset>>()
      expectTypeOf<ReturnType<Calls["children"]>>().toEqualTypeOf<Read<Page.Page<Asset.Asset>>>()
      type Write<A> = Effect.Effect<A, Status | FrameioError.Conflict | Rest>
      expectTypeOf<ReturnType<Calls["slimChildren"]>>().toEqualTypeOf<Read<Page.Page<Asset.AssetFragment>>>()
      expectTypeOf<ReturnType<Calls["create"]>>().toEqualTypeOf<Write<Asset.CreatedAsset>>()
      expectTypeOf<ReturnType<Calls["update"]>>().toEqualTypeOf<Write<Asset.Asset>>()
      expectTypeOf<ReturnType<Calls["delete"]>>().toEqualTypeOf<Write<Asset.Asset>>()
      expectTypeOf<ReturnType<Calls["copy"]>>().toEqualTypeOf<Write<Asset.Asset>>()
      expectTypeOf<ReturnType<Calls["move"]>>().toEqualTypeOf<Write<Asset.Asset>>()
      expectTypeOf<ReturnType<Calls["bulkCopy"]>>().toEqualTypeOf<Write<Bulk.BulkCopy>>()
      expectTypeOf<ReturnType<Calls["bulkDelete"]>>().toEqualTypeOf<Write<Bulk.BulkDelete>>()
      expectTypeOf<ReturnType<Calls["audio"]>>().toEqualTypeOf<Read<Tracks.AudioTracks>>()
      expectTypeOf<ReturnType<Calls["subtitles"]>>().toEqualTypeOf<Read<Tracks.SubtitleTracks>>()
      expectTypeOf<ReturnType<Calls["realtimeParts"]>>().toEqualTypeOf<
        Effect.Effect<UploadPart.UploadUrls, Status | FrameioError.Conflict | FrameioError.BadRequest | Rest>
      >()
      expectTypeOf<ReturnType<Calls["search"]>>().toEqualTypeOf<Read<Page.Page<Asset.Asset>>>()
      expectTypeOf<ReturnType<Calls["librarySearch"]>>().toEqualTypeOf<Read<Page.Page<Asset.Asset>>>()
      expectTypeOf<FrameioError.FrameioError>().toEqualTypeOf<
        Status | FrameioError.BadRequest | FrameioError.Conflict | FrameioError.ListIncomplete | Rest
      >()
    })

    it("let one error be caught and leave the rest", () => {
      const handled = Effect.catchTags(version, { FrameioNotFound: () => Effect.succeed("gone" as const) })
      expectTypeOf(handled).toEqualTypeOf<
        Effect.Effect<
          Asset.Asset | "gone",
          Exclude<Status, FrameioError.NotFound> | FrameioError.Conflict | Rest,
          FrameioClient.FrameioClient
        >
      >()
      expectTypeOf<Asset.Asset["id"]>().toEqualTypeOf<Asset.AssetId>()
      expectTypeOf<Parameters<FrameioClient.Service["version"]>[0]["assetId"]>().toEqualTypeOf<Asset.AssetId>()
      expect(Context.isTag(FrameioClient.FrameioClient)).toBe(true)
    })
  })
})
