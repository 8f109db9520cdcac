import { spawn } from "node:child_process"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Asset, DirectHttpClient, FrameioClient, FrameioError } from "@effect-frameio/core"
import { UndiciHttpClient } from "@effect-frameio/undici"
import { Effect, Layer, Logger, Redacted } from "effect"
import { Agent } from "undici"
import { serve } from "./serve.js"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const TOKEN = "fio-u-s3cr3t/t0ken+x"
const asset = { id, type: "file", name: "für 映画 🎬.mov" }
const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "999" }

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["UndiciHttpClient", UndiciHttpClient.layer],
  ["NodeHttpClient.layerUndici", NodeHttpClient.layerUndici],
  ["NodeHttpClient.layer", NodeHttpClient.layer],
  ["FetchHttpClient", FetchHttpClient.layer]
]

const on = <A, E, R>(baseUrl: string, http: Layer.Layer<HttpClient.HttpClient>, program: Effect.Effect<A, E, R>) =>
  Effect.provide(
    program,
    FrameioClient.layer({ token: Redacted.make(TOKEN), baseUrl, retry: { readRetries: 0, notSentRetries: 0 } }).pipe(
      Layer.orDie,
      Layer.provide(http)
    )
  )

const get = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.get({ assetId: id }))
const move = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.move({ assetId: id, destinationId: id }))

const plain = Buffer.from(JSON.stringify(asset))
const bodies: ReadonlyArray<readonly [string, Buffer]> = [
  ["gzip", gzipSync(plain)],
  ["deflate", deflateSync(plain)],
  ["deflate", deflateRawSync(plain)],
  // fetch leaves the header in place, and "{\n" begins a deflate stream that ends at once.
  ["deflate", deflateSync(JSON.stringify(asset, null, 2))],
  ["br", brotliCompressSync(plain)]
]

const MEGABYTE = Buffer.alloc(1 << 20, 0x20)

for (const [name, http] of clients) {
  describe(`over ${name}`, () => {
    it.live("a compressed answer is read, that of an error as well", () =>
      Effect.gen(function* () {
        let at = 0
        const baseUrl = yield* serve((request, response) => {
          const [encoding, body] = bodies[at++ % bodies.length] ?? ["identity", plain]
          request.resume()
          response.writeHead(at > bodies.length ? 404 : 200, { ...limits, "content-encoding": encoding })
          response.end(body)
        })
        for (const [encoding] of bodies) {
          assert.deepStrictEqual<unknown>(yield* on(baseUrl, http, get), asset, encoding)
        }
        const error = yield* Effect.flip(on(baseUrl, http, move))
        assert.include(error._tag === "FrameioNotFound" ? error.body : error._tag, "映画")
      }).pipe(Effect.scoped)
    )

    it.live("no more is read than an answer can be, and that is an error of its own", () =>
      Effect.gen(function* () {
        let written = 0
        const baseUrl = yield* serve((request, response) => {
          request.resume()
          const packed = request.method === "POST"
          response.writeHead(200, { ...limits, ...(packed ? { "content-encoding": "gzip" } : {}) })
          // 80 MB of blanks in 80 kB.
          if (packed) return void response.end(gzipSync(Buffer.alloc(80 << 20, 0x20)))
          const more = () => {
            while (!response.destroyed && written < 1024) {
              written++
              if (!response.write(MEGABYTE)) return void response.once("drain", more)
            }
            response.end()
          }
          more()
        })
        const read = yield* Effect.flip(on(baseUrl, http, get))
        assert.strictEqual(read._tag, "FrameioDecodeError")
        assert.include(read.message, "larger than")
        assert.isBelow(written, 300)
        const change = yield* Effect.flip(on(baseUrl, http, move))
        assert.deepStrictEqual([change._tag, FrameioError.outcomeOf(change)], ["FrameioDecodeError", "unknown"])
      }).pipe(Effect.scoped)
    )
  })
}

describe("an answer", () => {
  it.live("that is nested millions deep is an error of its own", () =>
    Effect.gen(function* () {
      const DEEP = 5_000_000
      const baseUrl = yield* serve((request, response) => {
        request.resume()
        response.writeHead(200, limits)
        response.end(`{"id":"${id}","type":"file","x":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`)
      })
      const error = yield* Effect.flip(on(baseUrl, UndiciHttpClient.layer, get))
      assert.strictEqual(error._tag, "FrameioDecodeError")
      assert.include(error.message, "nested deeper")
    }).pipe(Effect.scoped)
  )

  it.live("that sends the token back, or moves the cursor, shows neither", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      const log = Logger.make(({ message }) => void shown.push(String(message)))
      const baseUrl = yield* serve((request, response) => {
        request.resume()
        const echoed = encodeURIComponent(TOKEN)
        response.writeHead(request.method === "GET" ? 302 : 403, {
          "x-ratelimit-limit": `many ${TOKEN}`,
          "x-ratelimit-remaining": echoed,
          location: `https://${echoed}.example/${TOKEN}`
        })
        const detail = `no \u001b[2J\u009b1A \u202e${TOKEN} ${echoed}`
        response.end(JSON.stringify({ message: TOKEN, errors: [{ detail }] }))
      })
      for (const call of [get, move]) {
        const error = yield* Effect.flip(
          on(baseUrl, UndiciHttpClient.layer, call).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, log)))
        )
        shown.push(error.message, JSON.stringify(error))
      }
      const all = shown.join("\n")
      assert.include(all, "x-ratelimit-limit")
      assert.notInclude(all, "s3cr3t")
      assert.include(all, "\\u{1b}[2J\\u{9b}1A \\u{202e}<redacted>")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
      assert.notMatch(all, /[\u001b\u009b\u202e]/)
    }).pipe(Effect.scoped)
  )
})

/** A process that does not take connections for a while: its queue is full, so that the next handshake takes a second. */
const reluctant = `
const net = require("node:net")
const server = net.createServer((socket) => socket.on("error", () => {}).on("data", () => socket.end("HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\nconnection: close\\r\\n\\r\\nok")))
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  const { port } = server.address()
  process.stdout.write(port + "\\n", () => process.kill(process.pid, "SIGSTOP"))
})`

describe("a host with two addresses", () => {
  it.live.skipIf(process.platform !== "linux")("is reached though a handshake takes longer than 250 ms", () =>
    Effect.gen(function* () {
      const child = spawn(process.execPath, ["-e", reluctant], { stdio: ["ignore", "pipe", "inherit"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      const port = yield* Effect.async<number>((resume) => {
        child.stdout.once("data", (data) => resume(Effect.succeed(Number(String(data)))))
      })
      yield* Effect.sleep("100 millis")
      const { connect: tcp } = yield* Effect.promise(() => import("node:net"))
      const queued = Array.from({ length: 4 }, () => tcp(port, "127.0.0.1").on("error", () => {}))
      yield* Effect.addFinalizer(() => Effect.sync(() => queued.forEach((socket) => void socket.destroy())))
      yield* Effect.sleep("100 millis")
      const agent = new Agent({
        ...UndiciHttpClient.connect,
        connect: {
          lookup: (_host, _options, done) =>
            done(null, [
              { address: "127.0.0.1", family: 4 },
              { address: "127.0.0.2", family: 4 }
            ])
        }
      })
      yield* Effect.addFinalizer(() => Effect.promise(() => agent.destroy()))
      const answer = yield* Effect.fork(
        Effect.promise(async () => {
          const { body } = await agent.request({ origin: `http://two.example:${port}`, path: "/", method: "GET" })
          return body.text()
        })
      )
      // Longer than 250 ms, and well before the handshake is tried again.
      yield* Effect.sleep("400 millis")
      child.kill("SIGCONT")
      assert.strictEqual(yield* answer, "ok")
    }).pipe(Effect.scoped)
  )

  it("is what the layer's connections are made for", () => {
    assert.isTrue(UndiciHttpClient.connect.autoSelectFamily)
    assert.isAbove(UndiciHttpClient.connect.autoSelectFamilyAttemptTimeout, 1000)
    assert.isAbove(DirectHttpClient.MAX_BYTES, 1 << 20)
  })
})
