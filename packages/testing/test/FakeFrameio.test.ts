import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioClient, FrameioError } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, World } from "@effect-frameio/testing"
import { Cause, Effect, Exit, Fiber, Layer, Option, Redacted, TestClock } from "effect"

const twoFiles = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const first = yield* fake.addFile({ name: "shot_v001.mov" })
  const second = yield* fake.addFile({ name: "shot_v002.mov" })
  return { fake, first, second, client: yield* FrameioClient.FrameioClient }
})

const BASE = "https://api.frame.io"

const post = (path: string, body: unknown, token: string = FakeFrameio.token) =>
  HttpClient.execute(
    HttpClientRequest.post(`${BASE}${path}`).pipe(
      HttpClientRequest.bearerToken(token),
      HttpClientRequest.bodyUnsafeJson(body)
    )
  )

const get = (path: string, token: string = FakeFrameio.token) =>
  HttpClient.execute(HttpClientRequest.get(`${BASE}${path}`).pipe(HttpClientRequest.bearerToken(token)))

const rateLimit = (headers: Readonly<Record<string, string | undefined>>) => [
  headers["x-ratelimit-limit"],
  headers["x-ratelimit-window"],
  headers["x-ratelimit-remaining"]
]

const stacked = (payload: "file" | "stack") =>
  Effect.gen(function* () {
    const { client, first, second } = yield* twoFiles
    const answer = yield* client.version({ assetId: first, nextAssetId: second })
    assert.strictEqual(answer.id === second, payload === "file")
  })

/** The stacks that hold a file, which must be one at most, however the calls went. */
const versionsOf = (id: Asset.AssetId) =>
  Effect.flatMap(FakeFrameio.FakeFrameio, (fake) =>
    Effect.map(fake.stackOf(id), Option.match({ onNone: () => [], onSome: (stack) => stack.versions }))
  )

describe("FakeFrameio: the calls", () => {
  it.effect("a program runs over it unchanged", () =>
    Effect.gen(function* () {
      const { client, fake, first, second } = yield* twoFiles
      const stack = yield* client.version({ assetId: first, nextAssetId: second })
      assert.strictEqual(Asset.kind(stack), "version_stack")
      assert.deepStrictEqual(Asset.coverAssetId(stack), Option.some(second))
      assert.deepStrictEqual(yield* fake.stackOf(second), Option.some({ id: stack.id, versions: [first, second] }))
      const page = yield* client.children({ assetId: stack.id })
      assert.deepStrictEqual(
        page.items.map((one) => one.id),
        [second, first]
      )
      const [entry] = yield* fake.requests
      assert.deepInclude(entry, {
        sequence: 0,
        endpoint: "assets.version",
        status: 200,
        applied: true,
        assetIds: [first, second],
        userId: fake.userId,
        refusal: undefined,
        fault: undefined,
        remaining: 9
      })
      const out = yield* client.unversion({ assetId: second })
      assert.strictEqual(out.id, second)
      assert.deepStrictEqual(yield* versionsOf(first), [first])
    }).pipe(Effect.provide(FakeFrameio.layerClient()))
  )

  it.effect("version and unversion answer what the options say", () =>
    Effect.gen(function* () {
      yield* stacked("file").pipe(Effect.provide(FakeFrameio.layerClient({ unknowns: { versionReturns: "file" } })))
      yield* stacked("stack").pipe(Effect.provide(FakeFrameio.layerClient()))
      yield* Effect.gen(function* () {
        const { client, first, second } = yield* twoFiles
        const stack = yield* client.version({ assetId: first, nextAssetId: second })
        assert.strictEqual((yield* client.unversion({ assetId: second })).id, stack.id)
      }).pipe(Effect.provide(FakeFrameio.layerClient({ unknowns: { unversionReturns: "stack" } })))
    })
  )

  it.effect("lists children in pages, with what is included", () =>
    Effect.gen(function* () {
      const { client, fake, first, second } = yield* twoFiles
      const stack = yield* client.version({ assetId: first, nextAssetId: second })
      for (let n = 0; n < 5; n++) yield* fake.addFile({ name: `${n}.mov` })
      const rootId = fake.world.projects[0]?.rootId
      assert(rootId)
      const page = yield* client.children({
        assetId: rootId,
        page: 2,
        pageSize: 4,
        sort: "name",
        include: "cover_asset"
      })
      assert.deepInclude(page, { page: 2, perPage: 4, total: 6, totalPages: 2 })
      assert.deepStrictEqual(
        page.items.map((one) => one.name),
        ["4.mov", "shot_v002.mov"]
      )
      assert.deepInclude(page.items[1], { id: stack.id, cover_asset_id: second })
      assert.deepInclude(page.items[1]?.cover_asset, { id: second })
      const withChildren = yield* client.children({ assetId: rootId, type: "version_stack", include: ["children"] })
      assert.strictEqual(withChildren.items.length, 1)
      assert.deepInclude(withChildren.items[0], { id: stack.id })
      assert.strictEqual(Array.isArray(withChildren.items[0]?.children), true)
    }).pipe(Effect.provide(FakeFrameio.layerClient()))
  )

  it.effect("every payload decodes, full and slim, and has as many fields as the real ones", () =>
    Effect.gen(function* () {
      for (const [payload, file, folder] of [
        ["full", 105, 55],
        ["slim", 32, 32]
      ] as const) {
        yield* Effect.gen(function* () {
          const { client, fake, first } = yield* twoFiles
          const rootId = fake.world.projects[0]?.rootId
          assert(rootId)
          assert.strictEqual(Object.keys(yield* client.get({ assetId: first })).length, file)
          assert.strictEqual(Object.keys(yield* client.get({ assetId: rootId })).length, folder)
        }).pipe(Effect.provide(FakeFrameio.layerClient({ payload })))
      }
    })
  )

  it.effect("refuses by the rules, with the statuses of the options", () =>
    Effect.gen(function* () {
      for (const status of [422, 409, 403, 404, 400] as const) {
        yield* Effect.gen(function* () {
          const { client, fake, first } = yield* twoFiles
          const image = yield* fake.addFile({ name: "still.jpg" })
          const error = yield* Effect.flip(client.version({ assetId: first, nextAssetId: image }))
          assert.propertyVal(error, "status", status)
          assert.strictEqual(FrameioError.outcomeOf(error), "not-applied")
          assert.include(error.message, "same asset_type")
          const [entry] = yield* fake.requests
          assert.deepInclude(entry, { status, refusal: "AssetTypeMismatch", applied: false })
        }).pipe(Effect.provide(FakeFrameio.layerClient({ unknowns: { statusOf: { AssetTypeMismatch: status } } })))
      }
    })
  )

  it.effect("404, 401, 403: who may not, and what is not there", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const file = yield* fake.addFile({ name: "a.mov" })
      const locked = yield* fake.addFolder({ name: "locked" })
      const inside = yield* fake.addFile({ name: "b.mov", parentId: locked })
      fake.world.addUser({
        tokens: ["limited"],
        allows: ({ action, asset }) => action === "read" && !fake.world.isWithin(asset.id, locked)
      })
      const outsider = fake.world.addAccount()
      fake.world.addUser({ tokens: ["outsider"], accountId: outsider })
      const status = (token: string, id: string) => Effect.map(get(`/v2/assets/${id}`, token), (one) => one.status)
      assert.strictEqual(yield* status(FakeFrameio.token, inside), 200)
      assert.strictEqual(yield* status("limited", file), 200)
      assert.strictEqual(yield* status("limited", inside), 403)
      assert.strictEqual(yield* status("outsider", file), 403)
      assert.strictEqual(yield* status("nobody", file), 401)
      assert.strictEqual(yield* status(FakeFrameio.token, "9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f"), 404)
      assert.strictEqual((yield* post(`/v2/assets/${file}/version`, { next_asset_id: file }, "limited")).status, 403)
      const without = yield* HttpClient.get(`${BASE}/v2/assets/${file}`)
      assert.strictEqual(without.status, 401)
      assert.deepStrictEqual(rateLimit(without.headers), [undefined, undefined, undefined])
    }).pipe(Effect.provide(FakeFrameio.layer()))
  )

  it.effect("arguments that are not of the documented form", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const file = yield* fake.addFile({ name: "a.mov" })
      const unknownRoute = yield* get("/v2/teapots")
      assert.strictEqual(unknownRoute.status, 404)
      for (const [body, status] of [
        [{}, 422],
        [{ next_asset_id: "not an id" }, 422],
        [{ next_asset_id: 5 }, 422]
      ] as const) {
        const answer = yield* post(`/v2/assets/${file}/version`, body)
        assert.strictEqual(answer.status, status)
        assert.deepInclude(yield* answer.json, { code: 422 })
        assert.strictEqual(answer.headers["x-ratelimit-limit"], "10")
      }
      assert.strictEqual((yield* get("/v2/assets/not-an-id")).status, 422)
      const nonsense = yield* HttpClient.execute(
        HttpClientRequest.post(`${BASE}/v2/assets/${file}/version`).pipe(
          HttpClientRequest.bearerToken(FakeFrameio.token),
          HttpClientRequest.bodyText("{ nonsense", "application/json")
        )
      )
      assert.strictEqual(nonsense.status, 400)
      assert.deepStrictEqual(
        (yield* fake.requests).map((entry) => entry.refusal),
        ["NoSuchRoute", "Malformed", "Malformed", "Malformed", "Malformed", "Malformed"]
      )
    }).pipe(Effect.provide(FakeFrameio.layer()))
  )
})

describe("FakeFrameio: the limit", () => {
  it.effect("two tokens of one user share a bucket, to the ms, and a 429 lies about what is left", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const file = yield* fake.addFile({ name: "a.mov" })
      fake.world.addUser({ tokens: ["other-token"] })
      const seen: Array<string | undefined> = []
      for (let n = 0; n < 5; n++) {
        const answer = yield* get(`/v2/assets/${file}`, n % 2 === 0 ? FakeFrameio.token : FakeFrameio.secondToken)
        seen.push(answer.headers["x-ratelimit-remaining"])
      }
      assert.deepStrictEqual(seen, ["4", "3", "2", "1", "0"])
      const refused = yield* get(`/v2/assets/${file}`)
      assert.strictEqual(refused.status, 429)
      assert.deepStrictEqual(rateLimit(refused.headers), ["5", "1000", "5"])
      assert.strictEqual(yield* refused.text, "Rate Limit Exceeded")
      assert.isUndefined(refused.headers["content-type"])
      assert.isUndefined(refused.headers["retry-after"])
      assert.strictEqual((yield* get(`/v2/assets/${file}`, "other-token")).status, 200)
      assert.strictEqual((yield* get(`/v2/assets/${file}/children`)).status, 200)
      yield* TestClock.adjust(199)
      assert.strictEqual((yield* get(`/v2/assets/${file}`)).status, 429)
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* get(`/v2/assets/${file}`)).status, 200)
      const counts = yield* fake.counts("assets.get")
      assert.deepInclude(counts, { requests: 9, succeeded: 7, refused: 2, applied: 0 })
      assert.deepStrictEqual(
        [...counts.byStatus],
        [
          [200, 7],
          [429, 2]
        ]
      )
    }).pipe(Effect.provide(FakeFrameio.layer()))
  )

  it.effect("a 429 in JSON, where that is asked for", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      assert.strictEqual(yield* fake.exhaust("assets.get"), 5)
      const refused = yield* get(`/v2/assets/${fake.world.projects[0]?.rootId}`)
      assert.strictEqual(refused.status, 429)
      assert.deepInclude(yield* refused.json, { code: 429 })
    }).pipe(Effect.provide(FakeFrameio.layer({ unknowns: { rateLimitBody: "json" } })))
  )

  it.effect("a limit that changes, a token that expires, an asset that is deleted, at a time", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const file = fake.world.children(fake.world.projects[0]?.rootId ?? "").ids[0]
      assert(file)
      const look = (token?: string) => get(`/v2/assets/${file}`, token)
      assert.deepStrictEqual(rateLimit((yield* look()).headers), ["5", "1000", "4"])
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(rateLimit((yield* look()).headers), ["100", "1000", "99"])
      assert.strictEqual((yield* look(FakeFrameio.secondToken)).status, 200)
      yield* TestClock.adjust(1000)
      assert.strictEqual((yield* look(FakeFrameio.secondToken)).status, 401)
      assert.strictEqual((yield* look()).status, 200)
      yield* TestClock.adjust(999)
      assert.isNull(Option.getOrThrow(yield* fake.asset(file)).deletedAt)
      yield* TestClock.adjust(1)
      assert.strictEqual(Option.getOrThrow(yield* fake.asset(file)).deletedAt, 3000)
      assert.strictEqual((yield* look()).status, 404)
    }).pipe(
      Effect.provide(
        FakeFrameio.layer({
          world: (world) => void world.addFile({ name: "a.mov" }),
          faults: FaultPlan.happening(
            { _tag: "TokenExpires", atMillis: 2000, token: FakeFrameio.secondToken },
            { _tag: "LimitChanges", atMillis: 1000, endpoint: "assets.get", limit: RateLimiter.perSecond(100) },
            {
              _tag: "WorldChanges",
              atMillis: 3000,
              change: (world) => void world.remove(world.children(world.projects[0]?.rootId ?? "").ids[0] ?? "", 3000)
            }
          )
        })
      )
    )
  )

  it.effect("somebody else on the bucket is seen in the headers", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const root = fake.world.projects[0]?.rootId
      assert.deepStrictEqual(rateLimit((yield* get(`/v2/assets/${root}`)).headers), ["5", "1000", "1"])
      assert.deepStrictEqual(yield* fake.foreign, [{ sent: 3, refused: 0, waiting: 0 }])
    }).pipe(Effect.provide(FakeFrameio.layer({ foreign: [{ endpoint: "assets.get", burst: 3, everyMillis: 5000 }] })))
  )

  it.effect("a bulk run over the client takes the shortest time there is, without one 429, on the test's clock", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const seeded = Seed.shots(fake.world, { shots: 100, versions: 2 })
      const run = yield* Effect.forEach(Seed.pairs(seeded), (pair) => client.version(pair), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.fork)
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(run)
      const counts = yield* fake.counts("assets.version")
      assert.deepInclude(counts, { requests: 100, applied: 100, refused: 0 })
      const took = (counts.lastSuccessAtMillis ?? 0) - (counts.firstAtMillis ?? 0)
      assert.isAtLeast(took, 9000)
      assert.isAtMost(took, 9400)
      for (const { versions } of seeded.shots)
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
    }).pipe(Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.latency({ millis: 40, jitterMillis: 20 }) })))
  )
})

describe("FakeFrameio: what goes wrong", () => {
  const outcome = (
    fault: FaultPlan.Fault,
    expected: {
      readonly error: string
      readonly applied: boolean
      readonly outcome: FrameioError.Outcome
      readonly status: number
    }
  ) =>
    Effect.gen(function* () {
      const { client, fake, first, second } = yield* twoFiles
      const call = yield* Effect.fork(Effect.flip(client.version({ assetId: first, nextAssetId: second })))
      yield* TestClock.adjust("1 hour")
      const error = yield* Fiber.join(call)
      assert.strictEqual(error._tag, expected.error)
      assert.strictEqual(FrameioError.outcomeOf(error), expected.outcome)
      assert.deepStrictEqual(yield* versionsOf(second), expected.applied ? [first, second] : [])
      const entries = (yield* fake.requests).filter((entry) => entry.endpoint === "assets.version")
      assert.isAtLeast(entries.length, 1)
      assert.deepInclude(entries[0], { fault: fault._tag, applied: expected.applied, status: expected.status })
    }).pipe(Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.when(() => true, fault) })))

  it.effect("connection refused", () =>
    outcome(
      { _tag: "ConnectionRefused" },
      { error: "FrameioTransportError", applied: false, outcome: "not-applied", status: 0 }
    )
  )
  it.effect("request lost", () =>
    outcome({ _tag: "RequestLost" }, { error: "FrameioTransportError", applied: false, outcome: "unknown", status: 0 })
  )
  it.effect("answer lost", () =>
    outcome({ _tag: "AnswerLost" }, { error: "FrameioTransportError", applied: true, outcome: "unknown", status: 200 })
  )
  it.effect("no answer", () =>
    outcome({ _tag: "NoAnswer" }, { error: "FrameioRequestTimeout", applied: true, outcome: "unknown", status: 200 })
  )
  it.effect("error before", () =>
    outcome(
      { _tag: "ErrorBefore", status: 503 },
      { error: "FrameioServerError", applied: false, outcome: "unknown", status: 503 }
    )
  )
  it.effect("error after", () =>
    outcome({ _tag: "ErrorAfter" }, { error: "FrameioServerError", applied: true, outcome: "unknown", status: 500 })
  )
  it.effect("HTML before", () =>
    outcome({ _tag: "HtmlBefore" }, { error: "FrameioServerError", applied: false, outcome: "unknown", status: 502 })
  )
  it.effect("HTML after", () =>
    outcome({ _tag: "HtmlAfter" }, { error: "FrameioServerError", applied: true, outcome: "unknown", status: 200 })
  )

  it.effect("a proxy's page with status 200 is no asset", () =>
    Effect.gen(function* () {
      const { client, first, second } = yield* twoFiles
      const error = yield* Effect.flip(client.version({ assetId: first, nextAssetId: second }))
      assert.strictEqual(error._tag, "FrameioDecodeError")
    }).pipe(
      Effect.provide(
        FakeFrameio.layerClient({ faults: FaultPlan.nth("assets.version", 0, { _tag: "HtmlBefore", status: 200 }) })
      )
    )
  )

  it.effect("headers that are missing or nonsense stop nobody", () =>
    Effect.gen(function* () {
      const { client, fake, first } = yield* twoFiles
      const run = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 60 }), () => client.get({ assetId: first }), {
          concurrency: 8,
          discard: true
        })
      )
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(run)
      assert.strictEqual((yield* fake.counts("assets.get")).succeeded, 60)
    }).pipe(
      Effect.provide(
        FakeFrameio.layerClient({ faults: FaultPlan.random({ seed: 4, headersMissing: 0.3, headersMalformed: 0.3 }) })
      )
    )
  )

  it.effect("latency: half of it before the change, half after, on the test's clock", () =>
    Effect.gen(function* () {
      const { client, fake, first, second } = yield* twoFiles
      const call = yield* Effect.fork(client.version({ assetId: first, nextAssetId: second }))
      yield* TestClock.adjust(49)
      assert.deepStrictEqual(yield* versionsOf(second), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* versionsOf(second), [first, second])
      yield* TestClock.adjust(49)
      assert.isTrue(Option.isNone(yield* Fiber.poll(call)))
      yield* TestClock.adjust(1)
      assert.isTrue(Option.isSome(yield* Fiber.poll(call)))
      assert.strictEqual((yield* fake.requests)[0]?.atMillis, 50)
    }).pipe(Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.latency({ millis: 100 }) })))
  )

  it.effect("what has been sent is done, even if the client does not wait for it", () =>
    Effect.gen(function* () {
      const { client, first, second } = yield* twoFiles
      const call = yield* Effect.fork(client.version({ assetId: first, nextAssetId: second }))
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(call)
      assert.deepStrictEqual(yield* versionsOf(second), [])
      yield* TestClock.adjust(80)
      assert.deepStrictEqual(yield* versionsOf(second), [first, second])
    }).pipe(Effect.provide(FakeFrameio.layerClient({ faults: FaultPlan.latency({ millis: 100 }) })))
  )

  it.effect("a user's rule that throws is told, and does not look like a refusal", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      fake.world.addUser({
        tokens: ["bad"],
        allows: () => {
          throw new Error("the rule of the test is broken")
        }
      })
      const answer = yield* get(`/v2/assets/${fake.world.projects[0]?.rootId}`, "bad")
      assert.strictEqual(answer.status, 500)
      assert.include(yield* answer.text, "the rule of the test is broken")
    }).pipe(Effect.provide(FakeFrameio.layer()))
  )
})

describe("FakeFrameio: worlds and layers", () => {
  it.effect("each layer that is built has a world of its own; a world that is given is shared", () =>
    Effect.gen(function* () {
      const count = Effect.map(FakeFrameio.FakeFrameio, (fake) => fake.world.addFile({ name: "a.mov" })).pipe(
        Effect.zipRight(Effect.map(FakeFrameio.FakeFrameio, (fake) => fake.world.assetCount))
      )
      assert.strictEqual(yield* Effect.provide(count, FakeFrameio.layer()), 2)
      assert.strictEqual(yield* Effect.provide(count, FakeFrameio.layer()), 2)
      const world = World.make()
      assert.strictEqual(yield* Effect.provide(count, FakeFrameio.layer({ world })), 2)
      assert.strictEqual(yield* Effect.provide(count, FakeFrameio.layer({ world })), 3)
    })
  )

  it.effect("a program with a client and a token of its own", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const root = fake.world.projects[0]?.rootId
      assert(root)
      assert.strictEqual((yield* client.get({ assetId: root })).name, "root")
    }).pipe(
      Effect.provide(
        FrameioClient.layer({ token: Redacted.make(FakeFrameio.secondToken) }).pipe(
          Layer.provideMerge(FakeFrameio.layer())
        )
      )
    )
  )

  it.effect("an endpoint that is misspelt is told, not passed over", () =>
    Effect.gen(function* () {
      for (const options of [
        { limits: { "asset.version": RateLimiter.perSecond(1) } },
        // A caller whom the types do not bind.
        { foreign: [{ endpoint: "version" as "assets.version", burst: 1, everyMillis: 1 }] }
      ]) {
        const exit = yield* Effect.exit(Effect.provide(Effect.void, FakeFrameio.layer(options)))
        assert.isTrue(Exit.isFailure(exit) && Cause.pretty(exit.cause).includes("the fake has no endpoint"))
      }
    })
  )

  it.effect("without a limit a client is as fast as the way there and back", () =>
    Effect.gen(function* () {
      const { client, fake, first } = yield* twoFiles
      const run = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 200 }), () => client.get({ assetId: first }), {
          concurrency: 50,
          discard: true
        })
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(run)
      const counts = yield* fake.counts("assets.get")
      assert.strictEqual(counts.succeeded, 200)
      assert.isAtMost(counts.lastSuccessAtMillis ?? 0, 500)
    }).pipe(
      Effect.provide(
        FakeFrameio.layerClient({
          limits: { "*": { limit: 1_000_000, windowMillis: 1000 } },
          faults: FaultPlan.latency({ millis: 50 })
        })
      )
    )
  )

  it.effect("the journal keeps as many as it is told, and counts all", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const root = fake.world.projects[0]?.rootId
      for (let n = 0; n < 7; n++) yield* get(`/v2/assets/${root}?n=${n}`)
      assert.deepStrictEqual(
        (yield* fake.requests).map((entry) => entry.sequence),
        [4, 5, 6]
      )
      assert.strictEqual((yield* fake.counts()).requests, 7)
    }).pipe(Effect.provide(FakeFrameio.layer({ journal: 3, limits: RateLimiter.unlimited })))
  )

  it.effect("the token is in nothing that the journal keeps", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      yield* get(`/v2/assets/${fake.world.projects[0]?.rootId}`)
      assert.notInclude(JSON.stringify(yield* fake.requests), FakeFrameio.token)
    }).pipe(Effect.provide(FakeFrameio.layer()))
  )
})
