import { createServer, type Socket } from "node:net"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@effect-frameio/ratelimit"
import { Effect, type Layer } from "effect"

/** A server on a port of its own that does one thing with whoever connects. */
const serve = (onHello: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => onHello(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ port, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const alert = (number: number) => (socket: Socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, number]))

const clients: Record<string, Layer.Layer<HttpClient.HttpClient>> = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer
}

const diagnosed = (url: string, client: Layer.Layer<HttpClient.HttpClient>) =>
  HttpClient.get(url).pipe(
    Effect.flip,
    Effect.map((error) => Transport.diagnose(error)),
    Effect.provide(client)
  )

describe("Transport", () => {
  for (const [name, client] of Object.entries(clients)) {
    describe(name, () => {
      it.scopedLive("a refused connection left nothing, and may come to be later", () =>
        Effect.gen(function* () {
          const { close, port } = yield* serve(() => {})
          close()
          const { hopeless, neverSent } = yield* diagnosed(`http://127.0.0.1:${port}/`, client)
          assert.deepStrictEqual({ hopeless, neverSent }, { hopeless: false, neverSent: true })
        })
      )

      it.scopedLive("a handshake cut off left nothing, and is worth another try", () =>
        Effect.gen(function* () {
          const { port } = yield* serve((socket) => socket.end())
          const { hopeless, neverSent } = yield* diagnosed(`https://127.0.0.1:${port}/`, client)
          assert.deepStrictEqual({ hopeless, neverSent }, { hopeless: false, neverSent: true })
        })
      )

      it.scopedLive("an alert that refuses the handshake left nothing, and comes again", () =>
        Effect.gen(function* () {
          for (const number of [40, 70, 112]) {
            const { port } = yield* serve(alert(number))
            const { hopeless, neverSent } = yield* diagnosed(`https://127.0.0.1:${port}/`, client)
            assert.deepStrictEqual({ hopeless, neverSent }, { hopeless: true, neverSent: true }, `alert ${number}`)
          }
        })
      )

      it.scopedLive("a server that speaks no TLS was sent nothing", () =>
        Effect.gen(function* () {
          const { port } = yield* serve((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
          const { hopeless, neverSent } = yield* diagnosed(`https://127.0.0.1:${port}/`, client)
          assert.deepStrictEqual({ hopeless, neverSent }, { hopeless: true, neverSent: true })
        })
      )

      it.scopedLive("an alert that can also end a connection in use proves nothing", () =>
        Effect.gen(function* () {
          const { port } = yield* serve(alert(80))
          assert.isFalse((yield* diagnosed(`https://127.0.0.1:${port}/`, client)).neverSent)
        })
      )

      it.scopedLive("an answer that is cut off was asked for", () =>
        Effect.gen(function* () {
          const { port } = yield* serve((socket) => socket.destroy())
          assert.isFalse((yield* diagnosed(`http://127.0.0.1:${port}/`, client)).neverSent)
        })
      )
    })
  }

  it("a proxy that does not open the tunnel kept everything from the server; 407 comes again, 502 may not", () => {
    const refused = (status: number) =>
      Transport.diagnose({
        message: "fetch failed",
        cause: {
          message: "Request was cancelled.",
          cause: { code: "UND_ERR_ABORTED", message: `Proxy response (${status}) !== 200 when HTTP Tunneling` }
        }
      })
    assert.include(refused(407), { neverSent: true, hopeless: true })
    assert.include(refused(502), { neverSent: true, hopeless: false })
  })

  it("a timeout of connect is no timeout of an answer, and of several addresses each has to prove it", () => {
    const connect = { code: "ETIMEDOUT", syscall: "connect", message: "connect ETIMEDOUT" }
    const read = { code: "ETIMEDOUT", syscall: "read", message: "read ETIMEDOUT" }
    const of = (...errors: ReadonlyArray<unknown>) => Transport.diagnose({ cause: { code: "ETIMEDOUT", errors } })
    assert.isTrue(Transport.diagnose({ cause: connect }).neverSent)
    assert.isFalse(Transport.diagnose({ cause: read }).neverSent)
    assert.isTrue(of(connect, connect).neverSent)
    assert.isFalse(of(connect, read).neverSent)
  })

  it("a bad certificate was judged before anything left", () => {
    const { hopeless, neverSent } = Transport.diagnose({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } })
    assert.deepStrictEqual({ hopeless, neverSent }, { hopeless: true, neverSent: true })
  })

  it("ends with causes that go round in a circle", () => {
    const circle: { cause?: unknown; message: string } = { message: "round" }
    circle.cause = circle
    assert.include(Transport.diagnose(circle), { neverSent: false, detail: "round" })
  })
})
