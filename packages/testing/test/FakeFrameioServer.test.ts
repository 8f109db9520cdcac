import { networkInterfaces } from "node:os"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FrameioClient, FrameioError } from "@effect-frameio/core"
import { FakeFrameio, FakeFrameioServer, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Exit, Layer, Logger, Option, Redacted, Scope } from "effect"

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))

const clientOver = (server: FakeFrameioServer.Service) =>
  FrameioClient.layer({ token: server.token, baseUrl: server.baseUrl })

const withClient = <A, E>(
  options: FakeFrameioServer.Options,
  body: (server: FakeFrameioServer.Service) => Effect.Effect<A, E, FrameioClient.FrameioClient>,
  http = NodeHttpClient.layerUndici
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const server = yield* FakeFrameioServer.make(options)
      return yield* Effect.provide(body(server), Layer.provide(clientOver(server), http))
    })
  )

const files = (server: FakeFrameioServer.Service) =>
  Effect.all([server.addFile({ name: "a_v001.mov" }), server.addFile({ name: "a_v002.mov" })])

describe("FakeFrameioServer", () => {
  for (const [name, http] of [
    ["undici", NodeHttpClient.layerUndici],
    ["fetch", FetchHttpClient.layer]
  ] as const) {
    it.live(`the same fake on a port, over ${name}`, () =>
      withClient(
        {},
        (server) =>
          Effect.gen(function* () {
            const client = yield* FrameioClient.FrameioClient
            assert.match(server.baseUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
            const [first, second] = yield* files(server)
            const stack = yield* client.version({ assetId: first, nextAssetId: second })
            assert.deepStrictEqual(
              Option.map(yield* server.stackOf(first), (one) => one.id),
              Option.some(stack.id)
            )
            const page = yield* client.children({ assetId: stack.id, pageSize: 1 })
            assert.deepInclude(page, { page: 1, perPage: 1, total: 2, totalPages: 2 })
            const error = yield* Effect.flip(client.version({ assetId: first, nextAssetId: second }))
            assert.strictEqual(error._tag, "FrameioInvalidArguments")
          }),
        http
      )
    )

    it.live(`a DELETE with a body, a PUT, and bodies both ways arrive whole, over ${name}`, () =>
      withClient(
        { limits: RateLimiter.unlimited },
        (server) =>
          Effect.gen(function* () {
            const client = yield* FrameioClient.FrameioClient
            const [first, second] = yield* files(server)
            const folder = yield* server.addFolder({ name: "copies" })
            const renamed = yield* client.update({ assetId: first, name: "ä_v001.mov", properties: { "": null } })
            assert.deepInclude(renamed, { name: "ä_v001.mov", properties: { "": null } })
            const { copied, errors } = yield* client.bulkCopy({ assetIds: [first, second], destinationId: folder })
            assert.deepStrictEqual([copied.length, errors], [2, []])
            const found = yield* client.search({ q: "ä_v001", filter: { type: { op: "eq", value: "file" } } })
            assert.strictEqual(found.total, 2)
            assert.deepStrictEqual((yield* client.bulkDelete({ assetIds: [first, second] })).errors, [])
            assert.strictEqual((yield* client.search({ method: "GET", q: "ä_v001" })).total, 1)
          }),
        http
      )
    )
  }

  for (const [fault, applied] of [
    ["AnswerLost", true],
    ["RequestLost", false]
  ] as const) {
    it.live(`${fault} breaks the connection`, () =>
      withClient({ faults: FaultPlan.nth("assets.version", 0, { _tag: fault }) }, (server) =>
        Effect.gen(function* () {
          const client = yield* FrameioClient.FrameioClient
          const [first, second] = yield* files(server)
          const error = yield* Effect.flip(client.version({ assetId: first, nextAssetId: second }))
          assert.strictEqual(error._tag, "FrameioTransportError")
          assert.strictEqual(FrameioError.outcomeOf(error), "unknown")
          assert.strictEqual(Option.isSome(yield* server.stackOf(second)), applied)
          assert.strictEqual((yield* client.get({ assetId: first })).id, first, "and the server goes on")
        })
      )
    )
  }

  it.scopedLive("a failure by plan says when to come back, which pages of other origins may read", () =>
    Effect.gen(function* () {
      const server = yield* FakeFrameioServer.make({
        faults: FaultPlan.nth("assets.get", 0, { _tag: "ErrorBefore", status: 503, retryAfter: "120" })
      })
      const { headers, status } = yield* Effect.promise(() =>
        fetch(`${server.baseUrl}/v2/assets/${server.world.projects[0]?.rootId}`, {
          headers: { authorization: `Bearer ${FakeFrameio.token}` }
        })
      )
      assert.deepStrictEqual([status, headers.get("retry-after")], [503, "120"])
      assert.include(headers.get("access-control-expose-headers") ?? "", "retry-after")
    })
  )

  it.live("no answer is waited for, and a server with open connections ends at once", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(
        FakeFrameioServer.make({ faults: FaultPlan.when(() => true, { _tag: "NoAnswer" }) }),
        scope
      )
      const root = server.world.projects[0]?.rootId
      assert(root)
      const call = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.get({ assetId: root })).pipe(
        Effect.provide(
          FrameioClient.layer({
            token: Redacted.make(FakeFrameio.token),
            baseUrl: server.baseUrl,
            timeout: "100 millis",
            retry: { readRetries: 0 }
          }).pipe(Layer.provide(NodeHttpClient.layerUndici))
        ),
        Effect.flip
      )
      assert.strictEqual((yield* call)._tag, "FrameioRequestTimeout")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* call)._tag, "FrameioTransportError", "nobody is there any more")
    })
  )

  it.live("a port that is taken is an error, not a defect", () =>
    Effect.gen(function* () {
      const { port } = yield* FakeFrameioServer.make()
      const error = yield* Effect.flip(FakeFrameioServer.make({ port }))
      assert.strictEqual(error._tag, "ServeError")
    }).pipe(Effect.scoped)
  )

  for (const [host, shown] of [
    ["127.0.0.2", "127.0.0.2"],
    ["localhost", "localhost"],
    ["::1", "[::1]"],
    ["::ffff:127.0.0.1", "[::ffff:127.0.0.1]"]
  ] as const) {
    const missing = host.includes(":") && !hasIPv6
    if (missing) console.warn(`!!! this machine has no IPv6: THE TEST OF A FAKE ON ${host} IS SKIPPED !!!`)
    it.scopedLive.skipIf(missing)(`listens on ${host} when it is told to, and parts go there, too`, () =>
      Effect.gen(function* () {
        const logged: Array<string> = []
        const server = yield* FakeFrameioServer.make({ host }).pipe(
          Effect.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.make(({ message }) => void logged.push(String(message)))
            )
          )
        )
        assert.strictEqual(server.baseUrl, `http://${shown}:${server.port}`)
        const root = server.world.projects[0]?.rootId ?? ""
        const created = yield* Effect.promise(async () => {
          const response = await fetch(`${server.baseUrl}/v2/assets/${root}/children`, {
            method: "POST",
            headers: { authorization: `Bearer ${FakeFrameio.token}`, "content-type": "application/json" },
            body: JSON.stringify({ type: "file", name: "a.mov", filesize: 3, filetype: "video/quicktime" })
          })
          return response.json()
        })
        assert.strictEqual(new URL(created.upload_urls[0]).origin, new URL(server.baseUrl).origin)
        const isSure = host !== "::ffff:127.0.0.1"
        assert.strictEqual(logged.length, isSure ? 0 : 1, "a warning where it may not be this machine alone")
        if (!isSure) assert.include(logged[0], "listens on ::ffff:127.0.0.1")
      })
    )
  }

  it("warns of every host that others may reach", () => {
    for (const host of ["0.0.0.0", "::", "", "192.168.1.5", "fake.example.com", "127.0.0.1.example.com"]) {
      assert.include(FakeFrameioServer.warning(host), "can call it")
    }
    for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) {
      assert.isUndefined(FakeFrameioServer.warning(host))
    }
  })

  it.scopedLive("names the host that a client has reached it by in the URLs that it gives", () =>
    Effect.gen(function* () {
      const server = yield* FakeFrameioServer.make()
      const root = server.world.projects[0]?.rootId ?? ""
      const created = yield* Effect.promise(async () => {
        const response = await fetch(`http://localhost:${server.port}/v2/assets/${root}/children`, {
          method: "POST",
          headers: { authorization: `Bearer ${FakeFrameio.token}`, "content-type": "application/json" },
          body: JSON.stringify({ type: "file", name: "a.mov", filesize: 3, filetype: "video/quicktime" })
        })
        return response.json()
      })
      assert.isTrue(created.upload_urls[0].startsWith(`http://localhost:${server.port}/uploads/`))
    })
  )

  it.live("the layer, with a seeded world", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const server = yield* FakeFrameioServer.FakeFrameioServer
      assert.strictEqual(fake.world, server.world)
      assert.strictEqual(fake.world.assetCount, 2 + 6)
    }).pipe(Effect.provide(FakeFrameioServer.layer({ world: (world) => void Seed.shots(world, { shots: 2 }) })))
  )
})
