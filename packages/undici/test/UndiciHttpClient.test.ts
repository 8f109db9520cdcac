import type { IncomingMessage } from "node:http"
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net"
import {
  Cookies,
  HttpBody,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
  UrlParams
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Asset, DirectHttpClient, FrameioClient, FrameioError } from "@effect-frameio/core"
import { UndiciHttpClient } from "@effect-frameio/undici"
import { Chunk, Context, Effect, Exit, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { Agent } from "undici"
import { NOWHERE, serve } from "./serve.js"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const TOKEN = "s3cr3t"
const asset = { id, type: "file", name: "für 映画 🎬.mov" }
const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "999" }

const on = <A, E, R>(
  baseUrl: string,
  program: Effect.Effect<A, E, R>,
  http: Layer.Layer<HttpClient.HttpClient> = UndiciHttpClient.layer
) =>
  Effect.provide(
    program,
    FrameioClient.layer({ token: Redacted.make(TOKEN), baseUrl, retry: { notSentRetries: 0 } }).pipe(
      Layer.orDie,
      Layer.provide(http)
    )
  )

const version = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
  client.version({ assetId: id, nextAssetId: next })
)

const bodyOf = (request: IncomingMessage) =>
  new Promise<string>((resolve) => {
    let text = ""
    request.on("data", (chunk) => (text += chunk)).on("end", () => resolve(text))
  })

/** One request by the short way. */
const exchange = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    DirectHttpClient.isDirect(client)
      ? Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
          client[DirectHttpClient.TypeId](request)(Context.empty(), resume)
        })
      : Effect.dieMessage("no short way")
  ).pipe(Effect.provide(UndiciHttpClient.layer))

describe("UndiciHttpClient", () => {
  it.live("sends what the call says, and decodes what comes in pieces", () =>
    Effect.gen(function* () {
      let seen: unknown
      const baseUrl = yield* serve(async (request, response) => {
        const { authorization, "content-length": length, "content-type": type } = request.headers
        seen = [request.method, request.url, authorization, type, length, JSON.parse(await bodyOf(request))]
        response.writeHead(200, limits)
        // In the middle of characters, too.
        for (const byte of Buffer.from(`\ufeff${JSON.stringify(asset)}`)) {
          response.write(Buffer.of(byte))
          await new Promise(setImmediate)
        }
        response.end()
      })
      assert.deepStrictEqual<unknown>(yield* on(baseUrl, version), asset)
      const body = { next_asset_id: next }
      const length = String(JSON.stringify(body).length)
      assert.deepStrictEqual(seen, [
        "POST",
        `/v2/assets/${id}/version`,
        `Bearer ${TOKEN}`,
        "application/json",
        length,
        body
      ])
    }).pipe(Effect.scoped)
  )

  it.live("does not follow a redirection with the token, and skips what only announces an answer", () =>
    Effect.gen(function* () {
      let followed = 0
      const elsewhere = yield* serve((_request, response) => {
        followed++
        response.end(JSON.stringify(asset))
      })
      const baseUrl = yield* serve((_request, response) => {
        response.writeProcessing()
        response.writeHead(307, { location: `${elsewhere}/x` })
        response.end()
      })
      const error = yield* Effect.flip(on(baseUrl, version))
      assert.strictEqual(error._tag, "FrameioUnexpectedResponse")
      assert.strictEqual(followed, 0)
    }).pipe(Effect.scoped)
  )

  it.live("knows that a refused connection sent nothing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(on(NOWHERE, version))
      if (error._tag !== "FrameioTransportError") return assert.fail(error._tag)
      assert.deepStrictEqual(
        [error.reason, error.code, FrameioError.outcomeOf(error)],
        ["NotSent", "ECONNREFUSED", "not-applied"]
      )
    })
  )

  for (const [what, status, outcome] of [
    ["before the status", undefined, ["FrameioTransportError", "unknown"]],
    ["within a success", 200, ["FrameioTransportError", "applied"]],
    ["within an error, whose status says enough", 404, ["FrameioNotFound", "not-applied"]]
  ] as const) {
    it.live(`knows what a connection leaves open that breaks ${what}`, () =>
      Effect.gen(function* () {
        let requests = 0
        const baseUrl = yield* serve((request, response) => {
          requests++
          if (status === undefined) {
            request.socket.destroy()
            return
          }
          response.writeHead(status, { "content-length": "1000" })
          response.write('{"id":', () => request.socket.destroy())
        })
        const error = yield* Effect.flip(on(baseUrl, version))
        assert.deepStrictEqual<ReadonlyArray<string>>([error._tag, FrameioError.outcomeOf(error)], outcome)
        assert.strictEqual(requests, 1)
      }).pipe(Effect.scoped)
    )
  }

  /** A server that answers with the headers at the most, and latches for what happens to its one connection. */
  const silent = (withHeaders: boolean) =>
    Effect.gen(function* () {
      const arrived = yield* Effect.makeLatch()
      const closed = yield* Effect.makeLatch()
      const baseUrl = yield* serve((request, response) => {
        if (withHeaders) {
          response.writeHead(200, { "content-length": "1000" })
          response.write("{")
        }
        request.socket.once("close", () => Effect.runSync(closed.open))
        Effect.runSync(arrived.open)
      })
      return { arrived, closed, baseUrl }
    })

  for (const withHeaders of [false, true]) {
    const when = withHeaders ? "within an answer" : "before an answer"

    it.live(`an interruption ${when} closes the connection`, () =>
      Effect.gen(function* () {
        const { arrived, baseUrl, closed } = yield* silent(withHeaders)
        const fiber = yield* Effect.fork(on(baseUrl, version))
        yield* arrived.await
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        yield* closed.await
      }).pipe(Effect.scoped)
    )

    it.effect(`a timeout ${when} closes the connection`, () =>
      Effect.gen(function* () {
        const { arrived, baseUrl, closed } = yield* silent(withHeaders)
        const fiber = yield* Effect.fork(Effect.flip(on(baseUrl, version)))
        yield* arrived.await
        yield* TestClock.adjust("45 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "FrameioRequestTimeout")
        yield* closed.await
      }).pipe(Effect.scoped)
    )
  }

  it.live("a reset within the TLS handshake left nothing, and one after it may have", () =>
    Effect.gen(function* () {
      const outcomeOf = (baseUrl: string) => Effect.map(Effect.flip(on(baseUrl, version)), FrameioError.outcomeOf)
      const resetting = yield* Effect.acquireRelease(
        Effect.async<Server>((resume) => {
          const server = createTcpServer((socket) => {
            socket.on("error", () => {})
            socket.once("data", () => socket.resetAndDestroy())
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = resetting.address() as AddressInfo
      assert.strictEqual(yield* outcomeOf(`https://127.0.0.1:${port}`), "not-applied")
      assert.strictEqual(yield* outcomeOf(`http://127.0.0.1:${port}`), "unknown")
    }).pipe(Effect.scoped)
  )

  it.live("sends nothing of a call that is interrupted while it waits for a connection", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const arrived = yield* Effect.makeLatch()
      const go = yield* Effect.makeLatch()
      const baseUrl = yield* serve((request, response) => {
        seen.push(request.url)
        Effect.runSync(arrived.open)
        response.writeHead(200, limits)
        if (seen.length === 1) response.end(JSON.stringify(asset))
        else
          Effect.runFork(
            Effect.andThen(
              go.await,
              Effect.sync(() => response.end(JSON.stringify(asset)))
            )
          )
      })
      const one = UndiciHttpClient.layerWithoutDispatcher.pipe(
        Layer.provide(Layer.sync(NodeHttpClient.Dispatcher, () => new Agent({ connections: 1, pipelining: 1 })))
      )
      const get = (assetId: Asset.AssetId) =>
        Effect.flatMap(FrameioClient.FrameioClient, (client) => client.get({ assetId }))
      yield* on(
        baseUrl,
        Effect.gen(function* () {
          yield* get(id)
          yield* arrived.close
          const first = yield* Effect.fork(get(id))
          yield* arrived.await
          const second = yield* Effect.fork(get(next))
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(second)
          yield* go.open
          yield* Fiber.join(first)
          yield* get(id)
        }),
        one
      )
      assert.deepStrictEqual(
        seen.map((url) => url?.endsWith(id)),
        [true, true, true]
      )
    }).pipe(Effect.scoped)
  )

  it.live("honours undici's own options, where the client is made and where it is called", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const baseUrl = yield* serve((request, response) => {
        seen.push(request.headers.connection)
        response.writeHead(200, limits)
        response.end(JSON.stringify(asset))
      })
      const closing = { path: "/elsewhere", method: "GET", reset: true }
      yield* on(baseUrl, version)
      yield* Effect.provideService(on(baseUrl, version), NodeHttpClient.UndiciRequestOptions, closing)
      yield* on(
        baseUrl,
        version,
        Layer.provide(UndiciHttpClient.layer, Layer.succeed(NodeHttpClient.UndiciRequestOptions, closing))
      )
      assert.deepStrictEqual(seen, ["keep-alive", "close", "close"])
    }).pipe(Effect.scoped)
  )

  it.live("is the HttpClient of the platform to everybody else", () =>
    Effect.gen(function* () {
      const baseUrl = yield* serve((request, response) => {
        response.end(String(request.headers.traceparent !== undefined))
      })
      const text = yield* Effect.flatMap(HttpClient.get(baseUrl), (response) => response.text).pipe(
        Effect.provide(UndiciHttpClient.layer)
      )
      assert.strictEqual(text, "true")
    }).pipe(Effect.scoped)
  )

  describe("by the short way", () => {
    it.live("gives an answer that can be read in every form", () =>
      Effect.gen(function* () {
        const baseUrl = yield* serve(async (request, response) => {
          response.setHeader("set-cookie", ["a=1", "b=2"])
          response.setHeader("content-type", request.headers["content-type"] ?? "text/plain")
          response.end(`${request.url === "/" ? await bodyOf(request) : request.url}`)
        })
        const echo = (body: HttpBody.HttpBody) =>
          exchange(HttpClientRequest.setBody(HttpClientRequest.post(`${baseUrl}/`), body))
        const json = yield* echo(HttpBody.text('{"a":[1]}', "application/json"))
        assert.deepStrictEqual(yield* json.json, { a: [1] })
        assert.strictEqual(yield* json.text, '{"a":[1]}')
        assert.strictEqual(Buffer.from(yield* json.arrayBuffer).toString(), '{"a":[1]}')
        assert.strictEqual(Buffer.concat(Chunk.toArray(yield* Stream.runCollect(json.stream))).toString(), '{"a":[1]}')
        assert.deepStrictEqual(Cookies.toRecord(json.cookies), { a: "1", b: "2" })
        assert.strictEqual(json.headers["content-type"], "application/json")
        assert.include(JSON.stringify(json), '"status":200')
        const form = yield* echo(HttpBody.raw("b=2", { contentType: "application/x-www-form-urlencoded" }))
        assert.deepStrictEqual(yield* form.urlParamsBody, UrlParams.fromInput({ b: "2" }))
        assert.strictEqual((yield* form.formData).get("b"), "2")
        const asked = HttpClientRequest.get(`${baseUrl}/x#y`, { urlParams: { c: "ä 3" } })
        const query = yield* exchange(asked)
        assert.strictEqual(yield* query.text, "/x?c=%C3%A4+3")
      }).pipe(Effect.scoped)
    )

    it.live("every form of an answer that broke off fails", () =>
      Effect.gen(function* () {
        const baseUrl = yield* serve((request, response) => {
          response.writeHead(200, { "content-length": "1000" })
          response.write("{", () => request.socket.destroy())
        })
        const { arrayBuffer, formData, json, stream, text, urlParamsBody } = yield* exchange(
          HttpClientRequest.get(baseUrl)
        )
        for (const read of [arrayBuffer, formData, json, Stream.runDrain(stream), text, urlParamsBody]) {
          const error = yield* Effect.flip(Effect.asVoid<unknown, HttpClientError.ResponseError, never>(read))
          assert.strictEqual(error._tag, "ResponseError")
        }
      }).pipe(Effect.scoped)
    )

    it.live("refuses what cannot be sent this way", () =>
      Effect.gen(function* () {
        const reason = (request: HttpClientRequest.HttpClientRequest) => Effect.flip(exchange(request))
        assert.propertyVal(yield* reason(HttpClientRequest.get("nowhere")), "reason", "InvalidUrl")
        const streaming = HttpClientRequest.post("http://127.0.0.1:1", { body: HttpBody.stream(Stream.make()) })
        assert.propertyVal(yield* reason(streaming), "reason", "Encode")
      })
    )
  })

  it.live("asks an iterable for the next piece when the last is sent, so that its memory is free", () =>
    Effect.gen(function* () {
      const received: Array<number> = []
      const baseUrl = yield* serve((request, response) => {
        let at = 0
        request.on("data", (bytes: Uint8Array) => {
          // Slower than what is sent.
          request.pause()
          setTimeout(() => request.resume(), 1)
          for (const byte of bytes) received[Math.floor(at++ / PIECE)] = byte
        })
        request.on("end", () => response.end())
      })
      const PIECE = 256 * 1024
      const buffer = new Uint8Array(PIECE)
      async function* pieces() {
        for (let n = 1; n <= 8; n++) yield buffer.fill(n)
      }
      const answer = yield* exchange(
        HttpClientRequest.put(baseUrl, { body: HttpBody.raw(pieces(), { contentLength: 8 * PIECE }) })
      )
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(received, [1, 2, 3, 4, 5, 6, 7, 8])
    }).pipe(Effect.scoped)
  )
})
