import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { WebhookSignature } from "@effect-frameio/core"
import { FakeFrameio, FakeFrameioServer, RateLimiter, type Webhooks } from "@effect-frameio/testing"
import { Effect, Redacted, TestClock } from "effect"
import { at, call, LEGACY, setup, stacked, withFake } from "./support/v4.js"

const register = (events: ReadonlyArray<string>, url = "https://hooks.studio.example/frameio") =>
  Effect.gen(function* () {
    const { world } = yield* FakeFrameio.FakeFrameio
    const made = yield* call(
      "POST",
      `/v4/accounts/${world.accounts[0]}/workspaces/${world.projects[0]?.teamId}/webhooks`,
      {
        data: { name: "stacking", url, events }
      }
    )
    assert.strictEqual(made.status, 201)
    return { id: at(made.body, "data", "id"), secret: Redacted.make(String(at(made.body, "data", "secret"))) }
  })

const deliveries = Effect.flatMap(FakeFrameio.FakeFrameio, (fake) => fake.deliveries)

const told = Effect.map(deliveries, (all) =>
  all.map(({ body }) => {
    const json: unknown = JSON.parse(body)
    return [at(json, "type"), at(json, "resource", "id"), at(json, "resource", "type")]
  })
)

const received = (delivery: Webhooks.Delivery, secret: Redacted.Redacted<string>) =>
  WebhookSignature.receive({ headers: delivery.headers, body: new TextEncoder().encode(delivery.body) }, { secret })

describe("the fake's webhooks", () => {
  it.effect("are told of new versions and of nothing that they did not ask for, signed", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov", "a_v3.mov"])
      const { secret } = yield* register(["file.versioned"])
      const stack = at((yield* stacked(folder, account, files.slice(0, 2))).body, "data", "id")
      yield* call("PATCH", `${account}/files/${files[2]}/move`, { data: { parent_id: stack } })
      yield* call("DELETE", `${account}/files/${files[0]}`)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* told, [
        ["file.versioned", files[1], "file"],
        ["file.versioned", files[2], "file"]
      ])
      const [first] = yield* deliveries
      assert(first !== undefined)
      assert.strictEqual(first.headers["user-agent"], "Frame.io V4 API")
      const event = yield* received(first, secret)
      assert.strictEqual(event.resource.id, files[1])
      assert.strictEqual((yield* Effect.flip(received(first, Redacted.make("another")))).reason, "Forged")
    }).pipe(withFake())
  )

  it.effect("name the stack where that is chosen, and are silent about what was refused", () =>
    Effect.gen(function* () {
      const { account, files, folder } = yield* setup(["a_v1.mov", "a_v2.mov"])
      yield* register(["file.versioned", "file.deleted", "folder.created"])
      yield* stacked(folder, account, files.slice(0, 1))
      yield* call("DELETE", `${account}/files/${folder}`)
      const stack = at((yield* stacked(folder, account, files)).body, "data", "id")
      yield* call("POST", `${account}/folders/${folder}/folders`, { data: { name: "new" } })
      yield* TestClock.adjust(0)
      const all = yield* told
      assert.deepStrictEqual(all[0], ["file.versioned", stack, "version_stack"])
      assert.deepStrictEqual(
        all.map(([type]) => type),
        ["file.versioned", "folder.created"]
      )
    }).pipe(withFake({ versionedResource: "version_stack" }))
  )

  it.effect("are tried five times, later and later, each signed anew, and no more once they are deleted", () => {
    let status: number | undefined = 500
    return Effect.gen(function* () {
      const { account, files } = yield* setup(["a.mov", "b.mov", "c.mov"])
      const { id, secret } = yield* register(["file.deleted"])
      yield* call("DELETE", `${account}/files/${files[0]}`)
      yield* TestClock.adjust("10 minutes")
      const tries = yield* deliveries
      assert.deepStrictEqual(
        tries.map(({ attempt, status }) => [attempt, status]),
        [1, 2, 3, 4, 5].map((attempt) => [attempt, 500])
      )
      for (const [index, pause] of [15_000, 30_000, 60_000, 120_000].entries()) {
        const waited = (tries[index + 1]?.atMillis ?? 0) - (tries[index]?.atMillis ?? 0)
        assert.isAtLeast(waited, pause)
        assert.isAtMost(waited, pause * 1.2)
      }
      const last = tries[4]
      assert(last !== undefined)
      // The clock is ten minutes on: what was signed at the last try is five minutes old at most, or it is stale.
      const age = 600_000 - last.atMillis
      const verdict = yield* Effect.either(received(last, secret))
      assert.strictEqual(verdict._tag, age <= 300_000 ? "Right" : "Left")

      // One that does not answer in 5 s is tried again, and one that answers is not.
      status = undefined
      yield* call("DELETE", `${account}/files/${files[1]}`)
      yield* TestClock.adjust("6 seconds")
      status = 204
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(
        (yield* deliveries).slice(5).map(({ attempt, status }) => [attempt, status]),
        [
          [1, undefined],
          [2, 204]
        ]
      )

      status = 500
      yield* call("DELETE", `${account}/files/${files[2]}`)
      yield* TestClock.adjust(0)
      yield* call("DELETE", `${account}/webhooks/${id}`)
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(yield* deliveries, 8)
    }).pipe(
      withFake(undefined, undefined, {
        webhooks: () => Effect.suspend(() => (status === undefined ? Effect.never : Effect.succeed(status)))
      })
    )
  })

  it.effect("are told of an upload when all has come", () =>
    Effect.gen(function* () {
      const { account, folder } = yield* setup([])
      yield* register(["file.created", "file.upload.completed", "file.ready"])
      const made = yield* call("POST", `${account}/folders/${folder}/files/remote_upload`, {
        data: { name: "a.mov", source_url: "https://studio.example/a.mov" }
      })
      yield* TestClock.adjust(0)
      const id = at(made.body, "data", "id")
      assert.deepStrictEqual(
        yield* told,
        ["file.created", "file.upload.completed", "file.ready"].map((type) => [type, id, "file"])
      )
    }).pipe(withFake())
  )

  it.scopedLive("reach a server on this machine and no other", () =>
    Effect.gen(function* () {
      const seen: Array<{ readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Uint8Array }> =
        []
      const receiver = yield* Effect.acquireRelease(
        Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
          const server = createServer((request, response) => {
            const chunks: Array<Buffer> = []
            request.on("data", (chunk: Buffer) => chunks.push(chunk))
            request.on("end", () => {
              const headers = Object.fromEntries(
                Object.entries(request.headers).map(([name, value]) => [name, String(value)])
              )
              seen.push({ headers, body: Buffer.concat(chunks) })
              response.writeHead(200).end()
            })
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ port, close: () => server.close() }))
          })
        }),
        ({ close }) => Effect.sync(close)
      )
      const fake = yield* FakeFrameioServer.make({ limits: RateLimiter.unlimited })
      const [project] = fake.world.projects
      const post = (path: string, data: unknown) =>
        Effect.promise(() =>
          fetch(`${fake.baseUrl}/v4/accounts/${fake.world.accounts[0]}${path}`, {
            method: "POST",
            headers: { authorization: `Bearer ${FakeFrameio.token}`, "content-type": "application/json", ...LEGACY },
            body: JSON.stringify({ data })
          }).then((answer) => answer.json())
        )
      const hook = (url: string) =>
        post(`/workspaces/${project?.teamId}/webhooks`, { name: "hook", url, events: ["folder.created"] })
      const made = yield* hook(`http://127.0.0.1:${receiver.port}/hook`)
      yield* hook("http://192.0.2.1/hook")
      yield* post(`/folders/${project?.rootId}/folders`, { name: "new" })
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => seen.length > 0, times: 500 })
      const [one] = seen
      assert(one !== undefined)
      const event = yield* WebhookSignature.receive(one, { secret: Redacted.make(String(at(made, "data", "secret"))) })
      assert.strictEqual(event.type, "folder.created")
      const elsewhere = (yield* fake.deliveries).filter(({ url }) => url.includes("192.0.2.1"))
      assert.deepStrictEqual(
        elsewhere.map(({ status }) => status),
        [undefined]
      )
    })
  )
})
