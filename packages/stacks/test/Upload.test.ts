import { crc32 } from "node:zlib"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Asset, FrameioClient, type FrameioError, UploadPart } from "@effect-frameio/core"
import { Repository, Upload, UploadError, type UploadEvent } from "@effect-frameio/stacks"
import { FakeFrameio, FakeFrameioServer, FaultPlan } from "@effect-frameio/testing"
import {
  Effect,
  Exit,
  FastCheck,
  Fiber,
  Layer,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { bytesOf, rootOf, storageFaults } from "./uploads.js"

const unlimited = { limits: { "*": "unlimited" } } as const

const fake = (partSize: number, options?: FakeFrameio.Options) =>
  Layer.provideMerge(
    Repository.layerV2,
    FakeFrameio.layerClient({ ...unlimited, ...options, unknowns: { partSize, ...options?.unknowns } })
  )

/** A source in pieces, as a file would come. */
const inPieces =
  (bytes: Uint8Array, piece: number): Upload.Source =>
  (offset, length) => {
    const end = Math.min(offset + length, bytes.length)
    return Stream.unfold(offset, (at) =>
      at >= end ? Option.none() : Option.some([bytes.subarray(at, Math.min(at + piece, end)), at + piece])
    )
  }

const file = { name: "shot_010_v002.mov", filetype: "video/quicktime" } as const

const run = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(self)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

/** Every place of the fake where a secret could turn up after an upload. */
const storageHeaders = (service: FakeFrameio.Service) => service.storage.requests.flatMap(({ headers }) => [headers])

describe("Upload.upload", () => {
  it.effect("puts a file in equal parts, and answers the asset without its URLs", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(10_001)
      const asset = yield* Upload.upload({
        folderId: rootOf(service),
        ...file,
        filesize: bytes.length,
        source: Upload.fromBytes(bytes),
        description: "for the client"
      })
      assert.strictEqual(asset.name, file.name)
      assert.notProperty(asset, "upload_urls")
      const content = service.storage.content(asset.id)
      assert.deepStrictEqual(
        content.parts.map((part) => part.size),
        [910, 910, 910, 910, 910, 910, 910, 910, 910, 910, 901]
      )
      assert.strictEqual(content.crc32, crc32(bytes))
      const after = yield* (yield* FrameioClient.FrameioClient).get({ assetId: asset.id })
      assert.strictEqual(after.filesize, bytes.length)
      assert.strictEqual(after.description, "for the client")
      assert.strictEqual(after.asset_type, "stream")
      assert.isString(after.upload_completed_at)
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("gives the storage host the documented headers, and nothing of Frame.io's", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(2500)
      yield* Upload.upload({
        folderId: rootOf(service),
        ...file,
        filesize: bytes.length,
        source: Upload.fromBytes(bytes)
      }).pipe(Effect.withSpan("a span of the program's"))
      const headers = storageHeaders(service)
      assert.strictEqual(headers.length, 3)
      for (const one of headers) {
        assert.sameMembers(Object.keys(one), ["content-type", "content-length", "x-amz-acl"])
        assert.strictEqual(one["content-type"], "video/quicktime")
        assert.strictEqual(one["x-amz-acl"], "private")
        assert.notInclude(JSON.stringify(one), FakeFrameio.token)
      }
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("tells how it goes", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(3000)
      const events: Array<UploadEvent.UploadEvent> = []
      const asset = yield* Upload.upload({
        folderId: rootOf(service),
        ...file,
        filesize: 3000,
        source: inPieces(bytes, 500),
        concurrency: 1,
        onEvent: (event) => Effect.sync(() => void events.push(event))
      })
      const assetId = asset.id
      assert.deepStrictEqual(events[0], { _tag: "Created", assetId, name: file.name, filesize: 3000, parts: 3 })
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Progress" ? [[event.sent, event.partsDone]] : [])),
        [
          [500, 0],
          [1000, 0],
          [1000, 1],
          [1500, 1],
          [2000, 1],
          [2000, 2],
          [2500, 2],
          [3000, 2],
          [3000, 3]
        ]
      )
      assert.deepStrictEqual(events.at(-1), { _tag: "Uploaded", assetId, filesize: 3000 })
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("sends a part again that did not get through, whatever the reason, and counts its bytes once", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(6000)
      const events: Array<UploadEvent.UploadEvent> = []
      const asset = yield* run(
        Upload.upload({
          folderId: rootOf(service),
          ...file,
          filesize: bytes.length,
          source: inPieces(bytes, 100),
          concurrency: 1,
          onEvent: (event) => Effect.sync(() => void events.push(event))
        })
      )
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Retrying" ? [[event.part, event.attempt, event.reason]] : [])),
        [
          [1, 1, "ECONNREFUSED"],
          [1, 2, "ECONNRESET"],
          [2, 1, "ECONNRESET"],
          [3, 1, "503"],
          [4, 1, "500"],
          [5, 1, "429"],
          [6, 1, "502"]
        ]
      )
      const last = events.findLast((event) => event._tag === "Progress")
      assert.deepInclude(last, { sent: 6000, partsDone: 6 })
      const most = Math.max(...events.map((event) => (event._tag === "Progress" ? event.sent : 0)))
      assert.strictEqual(most, 6000)
    }).pipe(
      Effect.provide(
        fake(1000, {
          faults: FaultPlan.combine(
            FaultPlan.nth("storage.part", 0, { _tag: "ConnectionRefused" }),
            FaultPlan.nth("storage.part", 1, { _tag: "BrokenMidway" }),
            FaultPlan.nth("storage.part", 3, { _tag: "AnswerLost" }),
            FaultPlan.nth("storage.part", 5, { _tag: "ErrorBefore" }),
            FaultPlan.nth("storage.part", 7, { _tag: "ErrorAfter" }),
            FaultPlan.nth("storage.part", 9, { _tag: "ErrorBefore", status: 429 }),
            FaultPlan.nth("storage.part", 11, { _tag: "HtmlBefore" })
          )
        })
      )
    )
  )

  it.effect("gives a part up when it was tried for long enough, and says what is left", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(
        run(
          Upload.upload({
            folderId: rootOf(service),
            ...file,
            filesize: 100,
            source: Upload.fromBytes(bytesOf(100)),
            giveUpAfter: "1 second"
          })
        )
      )
      assert.instanceOf(error, UploadError.PartFailed)
      assert.deepInclude(error, { reason: "Unavailable", status: 503, part: 1 })
      // After 0 s, some 0.4 s, and 1 s.
      assert.isTrue(error.attempts >= 3 && error.attempts <= 4)
      assert.include(error.message, "SlowDown: Please reduce your request rate.")
      assert.include(error.message, error.assetId)
      assert.isTrue(Option.isSome(yield* service.asset(error.assetId)))
    }).pipe(
      Effect.provide(
        fake(1000, { faults: FaultPlan.when((one) => one.endpoint === "storage.part", { _tag: "ErrorBefore" }) })
      )
    )
  )

  it.effect("begins a file anew when a URL has expired, and tells when that does not help", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(
        Upload.upload({
          folderId: rootOf(service),
          ...file,
          filesize: 5000,
          source: Upload.fromBytes(bytesOf(5000)),
          concurrency: 1
        })
      )
      assert.instanceOf(error, UploadError.UploadExpired)
      assert.strictEqual(error.part, 1)
      assert.include(error.message, "Request has expired")
      assert.include(error.message, "Start the upload anew")
      assert.notInclude(error.message, "signature=")
      assert.strictEqual(service.storage.requests.length, 4)
      assert.strictEqual((yield* service.counts("assets.create")).applied, 2)
      assert.strictEqual((yield* service.counts("assets.delete")).applied, 1)
    }).pipe(
      Effect.provide(
        fake(1000, {
          faults: FaultPlan.combine(
            FaultPlan.nth("storage.part", 2, { _tag: "UrlExpired" }),
            FaultPlan.nth("storage.part", 3, { _tag: "UrlExpired" })
          )
        })
      )
    )
  )

  it.effect("tries again when no byte moves for too long", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(500)
      const reasons: Array<string> = []
      const asset = yield* run(
        Upload.upload({
          folderId: rootOf(service),
          ...file,
          filesize: bytes.length,
          source: Upload.fromBytes(bytes),
          idleTimeout: "30 seconds",
          onEvent: (event) => Effect.sync(() => void (event._tag === "Retrying" && reasons.push(event.reason)))
        })
      )
      assert.deepStrictEqual(reasons, ["Stalled"])
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
    }).pipe(Effect.provide(fake(1000, { faults: FaultPlan.nth("storage.part", 0, { _tag: "NoAnswer" }) })))
  )

  it.effect("does not count a slow way as none", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(1000)
      const slow: Upload.Source = (offset, length) =>
        inPieces(bytes, 10)(offset, length).pipe(Stream.tap(() => Effect.sleep("20 seconds")))
      const asset = yield* run(
        Upload.upload({
          folderId: rootOf(service),
          ...file,
          filesize: bytes.length,
          source: slow,
          idleTimeout: "30 seconds",
          giveUpAfter: 0
        })
      )
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect.prop(
    "arrives whole, whatever the size, the parts, and what goes wrong on the way",
    [
      FastCheck.integer({ min: 1, max: 20_000 }),
      FastCheck.integer({ min: 1, max: 20_000 }),
      FastCheck.integer({ min: 100, max: 4096 }),
      FastCheck.integer({ min: 1, max: 8 }),
      FastCheck.constantFrom("stream" as const, "bytes" as const),
      FastCheck.integer()
    ],
    ([size, partSize, piece, concurrency, body, seed]) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const bytes = bytesOf(size, seed)
        const asset = yield* run(
          Upload.upload({
            folderId: rootOf(service),
            ...file,
            filesize: size,
            source: inPieces(bytes, piece),
            concurrency,
            body
          })
        )
        const content = service.storage.content(asset.id)
        assert.strictEqual(content.size, size)
        assert.strictEqual(content.crc32, crc32(bytes))
        assert.isTrue(service.world.uploads.isComplete(asset.id))
      }).pipe(
        Effect.provide(
          fake(Math.max(partSize, Math.ceil(size / 20)), {
            faults: storageFaults(seed)
          })
        )
      ),
    { fastCheck: { numRuns: 15 }, timeout: 90_000 }
  )

  it.effect("holds no more than the pieces under way, however large the file", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const piece = new Uint8Array(64 * 1024)
      const filesize = 150 * 1024 * 1024
      let read = 0
      let most = 0
      const source: Upload.Source = (offset, length) =>
        Stream.unfold(offset, (at) =>
          at >= Math.min(offset + length, filesize)
            ? Option.none()
            : Option.some([
                piece.subarray(0, Math.min(piece.length, filesize - at, offset + length - at)),
                at + piece.length
              ])
        ).pipe(
          Stream.tap((bytes) =>
            Effect.sync(() => {
              read += bytes.length
              most = Math.max(most, read - service.storage.bytesTaken)
            })
          )
        )
      const asset = yield* Upload.upload({ folderId: rootOf(service), ...file, filesize, source, concurrency: 4 })
      assert.strictEqual(service.storage.content(asset.id).size, filesize)
      // Two for each part: the one that is held back, and the one on its way.
      assert.isAtMost(most, 4 * 2 * piece.length + 1)
    }).pipe(Effect.provide(fake(25 * 1024 * 1024)))
  )

  it.effect("sends no more parts at once than it is allowed to", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const under = yield* Ref.make(0)
      let most = 0
      const bytes = bytesOf(20_000)
      const source: Upload.Source = (offset, length) =>
        Stream.unwrapScoped(
          Effect.acquireRelease(
            Ref.updateAndGet(under, (n) => n + 1).pipe(
              Effect.tap((n) => Effect.sync(() => (most = Math.max(most, n))))
            ),
            () => Ref.update(under, (n) => n - 1)
          ).pipe(Effect.as(Upload.fromBytes(bytes)(offset, length).pipe(Stream.tap(() => Effect.sleep("1 second")))))
        )
      yield* run(Upload.upload({ folderId: rootOf(service), ...file, filesize: bytes.length, source, concurrency: 3 }))
      assert.strictEqual(most, 3)
    }).pipe(Effect.provide(fake(1000)))
  )
})

describe("Upload.upload, refusing", () => {
  it.effect("tells all that is wrong with the arguments before anything is sent", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(
        Upload.upload({
          folderId: rootOf(service),
          name: " ",
          filetype: "quicktime",
          filesize: 0,
          source: Upload.fromBytes(new Uint8Array(0)),
          concurrency: 0
        })
      )
      assert.strictEqual(error._tag, "FrameioInvalidRequest")
      assert.deepStrictEqual("problems" in error ? error.problems.map((problem) => problem.path) : [], [
        "name",
        "filetype",
        "filesize",
        "concurrency"
      ])
      assert.strictEqual((yield* service.counts()).requests, 0)
    }).pipe(Effect.provide(fake(1000)))
  )

  for (const [what, size, which] of [
    ["shorter", 999, "shorter"],
    ["longer", 1001, "longer"]
  ] as const) {
    it.effect(`refuses a source that is ${what} than filesize, before anything is created`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const error = yield* Effect.flip(
          Upload.upload({
            folderId: rootOf(service),
            ...file,
            filesize: 1000,
            source: Upload.fromBytes(bytesOf(size))
          })
        )
        assert.instanceOf(error, UploadError.SourceMismatch)
        assert.strictEqual(error.source, which)
        assert.include(error.message, "Nothing was created.")
        assert.strictEqual((yield* service.counts()).requests, 0)
      }).pipe(Effect.provide(fake(100)))
    )

    for (const body of ["stream", "bytes"] as const) {
      it.effect(`stops when the source becomes ${what} meanwhile, and completes nothing (${body})`, () =>
        Effect.gen(function* () {
          const service = yield* FakeFrameio.FakeFrameio
          let content = bytesOf(1000)
          const error = yield* Effect.flip(
            Upload.upload({
              folderId: rootOf(service),
              ...file,
              filesize: 1000,
              source: (offset, length) => Stream.suspend(() => inPieces(content, 50)(offset, length)),
              body,
              concurrency: 1,
              onEvent: (event) =>
                Effect.sync(() => {
                  if (event._tag === "Progress" && event.partsDone === 3) content = bytesOf(size)
                })
            })
          )
          assert.instanceOf(error, UploadError.SourceMismatch)
          assert.strictEqual(error.source, which)
          assert.isDefined(error.assetId)
          assert.include(error.message, `${error.assetId} is left without its content`)
          assert.isFalse(service.world.uploads.isComplete(error.assetId ?? ""))
        }).pipe(Effect.provide(fake(100)))
      )
    }
  }

  it.effect("fails with the source's own error, as it is", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      class DiskGone extends Schema.TaggedError<DiskGone>()("RequestError", {}) {}
      const error = yield* Effect.flip(
        Upload.upload({
          folderId: rootOf(service),
          ...file,
          filesize: 1000,
          source: (offset, length) =>
            offset === 500 ? Stream.fail(new DiskGone()) : Upload.fromBytes(bytesOf(1000))(offset, length)
        })
      )
      assert.instanceOf(error, DiskGone)
    }).pipe(Effect.provide(fake(100)))
  )
})

// -----------------------------------------------------------------------------
// a storage host of one's own
// -----------------------------------------------------------------------------

const assetId = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"
const SECRET = "fio-u-secret"

interface Call {
  readonly url: URL
  readonly init: RequestInit
}

/** `fetch` that answers a create call with these URLs, and everything else as `storage` does. */
const fetching = (
  urls: ReadonlyArray<string> | undefined,
  storage: (call: Call) => Response | Promise<Response>,
  init?: RequestInit
) => {
  const calls: Array<Call> = []
  const fetch: typeof globalThis.fetch = (input, given) => {
    const url = new URL(String(input))
    if (url.hostname === "api.frame.io") {
      const asset = { id: assetId, type: "file", name: file.name, filetype: file.filetype, upload_urls: urls }
      return Promise.resolve(Response.json(asset))
    }
    const call = { url, init: given ?? {} }
    calls.push(call)
    return Promise.resolve(storage(call))
  }
  const layer = Repository.layerV2.pipe(
    Layer.provideMerge(FrameioClient.layer({ token: Redacted.make(SECRET) })),
    Layer.orDie,
    Layer.provideMerge(FetchHttpClient.layer),
    Layer.provideMerge(Layer.succeed(FetchHttpClient.Fetch, fetch)),
    Layer.provideMerge(init === undefined ? Layer.empty : Layer.succeed(FetchHttpClient.RequestInit, init))
  )
  return { calls, layer }
}

const small = {
  folderId: Asset.AssetId.make("6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"),
  ...file,
  filesize: 10,
  source: Upload.fromBytes(bytesOf(10)),
  body: "bytes"
} as const

describe("Upload.upload, the storage host", () => {
  it.effect("gets nothing of the program's that was meant for Frame.io, and is not followed elsewhere", () => {
    const { calls, layer } = fetching(
      ["https://bucket.example/a?X-Amz-Signature=s1", "https://bucket.example/b?X-Amz-Signature=s2"],
      () => new Response(null, { status: 200 }),
      { headers: { authorization: `Bearer ${SECRET}`, cookie: "session=1" }, keepalive: true }
    )
    return Effect.gen(function* () {
      yield* Upload.upload(small).pipe(Effect.withSpan("a span of the program's"))
      assert.strictEqual(calls.length, 2)
      for (const { init } of calls) {
        const headers = Object.fromEntries(new Headers(init.headers).entries())
        assert.deepStrictEqual(headers, { "content-type": "video/quicktime", "x-amz-acl": "private" })
        assert.deepInclude(init, { method: "PUT", redirect: "manual", credentials: "omit", keepalive: true })
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not followed when it points elsewhere", () => {
    const { calls, layer } = fetching(
      ["https://bucket.example/a?X-Amz-Signature=s1"],
      () => new Response(null, { status: 307, headers: { location: "https://elsewhere.example/" } })
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Upload.upload(small))
      assert.instanceOf(error, UploadError.PartFailed)
      assert.deepInclude(error, { reason: "Refused", status: 307, attempts: 1 })
      assert.include(error.message, "redirection (307), which is not followed")
      assert.strictEqual(calls.length, 1)
    }).pipe(Effect.provide(layer))
  })

  for (const [what, urls, reason] of [
    ["a URL without https", ["https://bucket.example/a", "http://bucket.example/b"], "Insecure"],
    ["no URLs", undefined, "Missing"],
    ["an empty list of URLs", [], "Missing"],
    ["what is no URL", ["bucket/a"], "Missing"]
  ] as const) {
    it.effect(`gets nothing when Frame.io answers ${what}`, () => {
      const { calls, layer } = fetching(urls, () => new Response(null))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Upload.upload(small))
        assert.instanceOf(error, UploadError.UnusableUrls)
        assert.strictEqual(error.reason, reason)
        assert.include(error.message, assetId)
        assert.strictEqual(calls.length, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("may be this machine without https", () => {
    const { calls, layer } = fetching(["http://127.0.0.1:1/a"], () => new Response(null))
    return Effect.gen(function* () {
      yield* Upload.upload(small)
      assert.strictEqual(calls.length, 1)
    }).pipe(Effect.provide(layer))
  })

  for (const status of [411, 501]) {
    it.effect(`makes plain what is the matter when it wants a length (${status})`, () => {
      const { calls, layer } = fetching(["https://bucket.example/a"], () => new Response(null, { status }))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Upload.upload(small))
        assert.include(error.message, 'Use undici\'s client, or body: "bytes"')
        assert.strictEqual(calls.length, 1)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("is asked again after S3's own timeout, which is a 400", () => {
    let count = 0
    const { layer } = fetching(["https://bucket.example/a"], () =>
      count++ === 0
        ? new Response("<Error><Code>RequestTimeout</Code><Message>idle</Message></Error>", { status: 400 })
        : new Response(null)
    )
    return Effect.gen(function* () {
      yield* run(Upload.upload(small))
      assert.strictEqual(count, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not believed when it says that it has a part before it took all of it", () => {
    const taken: Array<number> = []
    const { layer } = fetching(["https://bucket.example/a"], async ({ init }) => {
      // The first answer is one that a proxy may give by itself.
      taken.push(taken.length === 0 ? 0 : (await new Response(init.body ?? null).arrayBuffer()).byteLength)
      return new Response(null)
    })
    return Effect.gen(function* () {
      // More than what is read ahead.
      const source = inPieces(bytesOf(100_000), 10_000)
      yield* run(Upload.upload({ ...small, filesize: 100_000, source, body: "stream" }))
      assert.deepStrictEqual(taken, [0, 100_000])
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not get its URL into an error", () => {
    const url = "https://bucket.example/a?X-Amz-Signature=5ec7e7"
    const { layer } = fetching([url], () =>
      Promise.reject(new Error("request failed", { cause: new Error(`connect to ${url} failed`) }))
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(run(Upload.upload({ ...small, giveUpAfter: 0 })))
      assert.instanceOf(error, UploadError.PartFailed)
      assert.strictEqual(error.reason, "Connection")
      assert.notInclude(error.message, "5ec7e7")
      assert.notInclude(JSON.stringify(Schema.encodeSync(UploadError.UploadError)(error)), "5ec7e7")
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not get its URL into a span, and each part has one", () => {
    const spans: Array<readonly [string, string]> = []
    const tracer = Tracer.make({
      span: (name, parent, context, links, startTime, kind) => {
        const attributes = new Map<string, unknown>()
        return {
          _tag: "Span",
          name,
          spanId: String(spans.length),
          traceId: "t",
          parent,
          context,
          status: { _tag: "Started", startTime },
          attributes,
          links,
          sampled: true,
          kind,
          attribute: (key, value) => void attributes.set(key, value),
          event: () => undefined,
          addLinks: () => undefined,
          end: () => void spans.push([name, JSON.stringify([...attributes])])
        }
      },
      context: (f) => f()
    })
    const { layer } = fetching(["https://bucket.example/a?X-Amz-Signature=5ec7e7"], () => new Response(null))
    return Effect.gen(function* () {
      yield* Upload.upload(small).pipe(Effect.withTracer(tracer))
      assert.includeMembers(
        spans.map(([name]) => name),
        ["Upload.part", "Upload.upload"]
      )
      assert.notInclude(JSON.stringify(spans), "5ec7e7")
      assert.notInclude(JSON.stringify(spans), SECRET)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is let go of when the upload is interrupted", () => {
    const { calls, layer } = fetching(
      ["https://bucket.example/a", "https://bucket.example/b"],
      () => new Promise<Response>(() => undefined)
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(Upload.upload(small))
      while (calls.length < 2) yield* Effect.promise(() => Promise.resolve())
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      for (const { init } of calls) assert.isTrue(init.signal?.aborted)
    }).pipe(Effect.provide(layer))
  })
})

describe("Upload.realtime", () => {
  const MIB = 1024 * 1024
  const partSize = UploadPart.MIN_SIZE

  const growing = (bytes: Uint8Array, piece: number): Stream.Stream<Uint8Array> =>
    Stream.unfold(0, (at) =>
      at >= bytes.length ? Option.none() : Option.some([bytes.subarray(at, at + piece), at + piece])
    )

  for (const [what, size, piece, parts] of [
    ["less than a part", 1000, 300, [1000]],
    ["a part exactly", partSize, 300_000, [partSize]],
    ["a part and a byte", partSize + 1, MIB, [partSize, 1]],
    ["two parts exactly", 2 * partSize, partSize, [partSize, partSize]],
    ["all in one piece", 2 * partSize + 5, 3 * partSize, [partSize, partSize, 5]]
  ] as const) {
    it.effect(`sends a stream of ${what}, with its size at the end`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const bytes = bytesOf(size)
        const asset = yield* Upload.realtime({
          folderId: rootOf(service),
          ...file,
          stream: growing(bytes, piece),
          partSize
        })
        const content = service.storage.content(asset.id)
        assert.deepStrictEqual(
          content.parts.map((part) => part.size),
          [...parts]
        )
        assert.strictEqual(content.crc32, crc32(bytes))
        assert.isTrue(service.world.uploads.isComplete(asset.id))
        const after = yield* (yield* FrameioClient.FrameioClient).get({ assetId: asset.id })
        assert.strictEqual(after.filesize, size)
        assert.isString(after.upload_completed_at)
      }).pipe(Effect.provide(fake(1000)))
    )
  }

  it.effect("sends its parts again, and none of Frame.io's headers with them", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const bytes = bytesOf(2 * partSize + 100)
      const asset = yield* run(
        Upload.realtime({ folderId: rootOf(service), ...file, stream: growing(bytes, MIB), partSize })
      )
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
      assert.isAbove(service.storage.requests.length, 3)
      for (const one of storageHeaders(service)) {
        assert.sameMembers(Object.keys(one), ["content-type", "content-length", "x-amz-acl"])
      }
    }).pipe(
      Effect.provide(
        fake(1000, {
          faults: FaultPlan.nth("storage.part", [0, 2, 4], { _tag: "BrokenMidway" })
        })
      )
    )
  )

  it.effect("reads no further while a part is on its way: one part is all that is held", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      let read = 0
      let most = 0
      const stream = growing(bytesOf(4 * partSize), 500_000).pipe(
        Stream.tap((bytes) =>
          Effect.sync(() => {
            read += bytes.length
            most = Math.max(most, read - service.storage.bytesTaken)
          })
        )
      )
      yield* Upload.realtime({ folderId: rootOf(service), ...file, stream, partSize })
      assert.isAtMost(most, partSize + 500_000)
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("creates nothing for a stream that has nothing, or fails before it has", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const folderId = rootOf(service)
      const empty = yield* Effect.flip(Upload.realtime({ folderId, ...file, stream: Stream.make(new Uint8Array(0)) }))
      assert.strictEqual(empty._tag, "FrameioInvalidRequest")
      assert.include(empty.message, "there is nothing to upload")
      const broken = yield* Effect.flip(Upload.realtime({ folderId, ...file, stream: Stream.fail("gone" as const) }))
      assert.strictEqual(broken, "gone")
      const wrong = yield* Effect.flip(Upload.realtime({ folderId, ...file, stream: Stream.empty, partSize: 1000 }))
      assert.include(String(wrong), "partSize: is 1000; a part has at least 5242880 bytes")
      assert.strictEqual((yield* service.counts()).requests, 0)
    }).pipe(Effect.provide(fake(1000)))
  )
})

describe("Upload.asNextVersion", () => {
  const bytes = bytesOf(2500)
  const content = { ...file, filesize: bytes.length, source: Upload.fromBytes(bytes) } as const

  it.effect("makes a stack of a file, beside which it uploads", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const shots = yield* service.addFolder({ name: "shots" })
      const onto = yield* service.addFile({ name: "shot_010_v001.mov", parentId: shots })
      const events: Array<string> = []
      const { file: asset, stackId } = yield* Upload.asNextVersion({
        ...content,
        onto,
        onEvent: (event) => Effect.sync(() => void (event._tag !== "Progress" && events.push(event._tag)))
      })
      assert.strictEqual(asset.folderId, shots)
      assert.deepStrictEqual(events, ["Created", "Uploaded", "Versioning"])
      const stack = Option.getOrThrow(yield* service.stackOf(onto))
      assert.strictEqual(stack.id, stackId)
      assert.deepStrictEqual(stack.versions, [onto, asset.id])
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("goes on top of a stack, whether the stack is named or a version on it", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const client = yield* FrameioClient.FrameioClient
      const shots = yield* service.addFolder({ name: "shots" })
      const one = yield* service.addFile({ name: "shot_010_v001.mov", parentId: shots })
      const two = yield* service.addFile({ name: "shot_010_v002.mov", parentId: shots })
      const stack = yield* client.version({ assetId: one, nextAssetId: two })
      const third = yield* Upload.asNextVersion({ ...content, onto: stack.id })
      const fourth = yield* Upload.asNextVersion({ ...content, onto: one })
      assert.strictEqual(third.file.folderId, shots)
      assert.strictEqual(third.stackId, stack.id)
      assert.strictEqual(fourth.stackId, stack.id)
      assert.deepStrictEqual(Option.getOrThrow(yield* service.stackOf(one)).versions, [
        one,
        two,
        third.file.id,
        fourth.file.id
      ])
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("uploads nothing beside what gets no versions", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const folder = yield* service.addFolder({ name: "shots" })
      const before = service.world.assetCount
      for (const onto of [folder, rootOf(service)]) {
        const error = yield* Effect.flip(Upload.asNextVersion({ ...content, onto }))
        assert.instanceOf(error, UploadError.NoTarget)
        assert.include(error.message, "is a folder, which has no versions")
      }
      const missing = Asset.AssetId.make("6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31")
      assert.strictEqual(
        (yield* Effect.flip(Upload.asNextVersion({ ...content, onto: missing })))._tag,
        "FrameioNotFound"
      )
      assert.strictEqual(service.world.assetCount, before)
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("tells as what the file is uploaded when it cannot become a version", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const onto = yield* service.addFile({ name: "still.jpg" })
      const error = yield* Effect.flip(Upload.asNextVersion({ ...content, onto }))
      assert.instanceOf(error, UploadError.NotVersioned)
      assert.strictEqual(error.onto, onto)
      assert.include(error.message, `is uploaded, as ${error.assetId}`)
      assert.notInclude(error.message, "frameio ")
      assert.isTrue(service.world.uploads.isComplete(error.assetId))
      const again = Schema.decodeUnknownSync(UploadError.UploadError)(Schema.encodeSync(UploadError.UploadError)(error))
      assert.strictEqual(again.message, error.message)
    }).pipe(Effect.provide(fake(1000)))
  )

  it.effect("puts it on the stack once, when the answer of the version call is lost", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
      const { file: asset } = yield* run(Upload.asNextVersion({ ...content, onto }))
      assert.deepStrictEqual(Option.getOrThrow(yield* service.stackOf(onto)).versions, [onto, asset.id])
      assert.strictEqual((yield* service.counts("assets.version")).applied, 1)
    }).pipe(Effect.provide(fake(1000, { faults: FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }) })))
  )

  it.effect("does so with a file that is still being written", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
      const { file: asset, stackId } = yield* Upload.asNextVersion({
        ...file,
        stream: Stream.make(bytes),
        onto
      })
      const stack = Option.getOrThrow(yield* service.stackOf(onto))
      assert.strictEqual(stack.id, stackId)
      assert.deepStrictEqual(stack.versions, [onto, asset.id])
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
    }).pipe(Effect.provide(fake(1000)))
  )

  it("has in its type all that can go wrong, and nothing of its insides", () => {
    const options: Upload.NextVersionOptions<"from the source"> = {
      ...content,
      onto: Asset.AssetId.make("6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"),
      source: () => Stream.fail("from the source")
    }
    const uploading = Upload.asNextVersion(options)
    type Failure = Effect.Effect.Error<typeof uploading>
    expectTypeOf<Extract<Failure, string>>().toEqualTypeOf<"from the source">()
    expectTypeOf<Exclude<Failure, string>["_tag"]>().toEqualTypeOf<
      FrameioError.WriteError["_tag"] | UploadError.UploadError["_tag"]
    >()
  })
})

describe("Upload.upload, on a wire", () => {
  const onWire = (http: Layer.Layer<HttpClient.HttpClient>) =>
    Layer.unwrapEffect(
      Effect.map(FakeFrameioServer.FakeFrameioServer, ({ baseUrl }) =>
        FrameioClient.layer({ token: Redacted.make(FakeFrameio.token), baseUrl })
      )
    ).pipe(
      (client) => Layer.provideMerge(Repository.layerV2, client),
      Layer.provideMerge(http),
      Layer.provideMerge(FakeFrameioServer.layer({ ...unlimited, unknowns: { partSize: 100_000 } })),
      Layer.orDie
    )

  const bytes = bytesOf(350_000)
  const content = { ...file, filesize: bytes.length, source: inPieces(bytes, 10_000) } as const

  for (const [what, http, body] of [
    ["undici, streaming", NodeHttpClient.layerUndici, "stream"],
    ["undici, part by part", NodeHttpClient.layerUndici, "bytes"],
    ["Node's own client, streaming", NodeHttpClient.layer, "stream"],
    ["fetch, part by part", FetchHttpClient.layer, "bytes"]
  ] as const) {
    it.live(`arrives whole over ${what}, with nothing of Frame.io's`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const asset = yield* Upload.upload({ ...content, folderId: rootOf(service), body }).pipe(
          Effect.withSpan("a span of the program's")
        )
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytes))
        for (const one of storageHeaders(service)) {
          assert.notProperty(one, "authorization")
          assert.notInclude(JSON.stringify(one), FakeFrameio.token)
          const foreign = Object.keys(one).filter((name) =>
            /^(x-frameio|traceparent|tracestate|b3|x-b3|cookie)/.test(name)
          )
          assert.deepStrictEqual(foreign, [])
        }
      }).pipe(Effect.provide(onWire(http)))
    )
  }

  it.live("says what to do where fetch would send a stream without its length", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(Upload.upload({ ...content, folderId: rootOf(service) }))
      assert.instanceOf(error, UploadError.PartFailed)
      assert.deepInclude(error, { reason: "Refused", status: 501, attempts: 1 })
      assert.include(error.message, 'body: "bytes"')
    }).pipe(Effect.provide(onWire(FetchHttpClient.layer)))
  )

  it.live("breaks off when it is interrupted, and the storage host has no part of it", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const eventually = (is: () => boolean) =>
        Effect.repeat(Effect.sync(is), { until: (yes) => yes, schedule: Schedule.spaced("10 millis") })
      const stuck: Upload.Source = (offset, length) =>
        length === 1
          ? Upload.fromBytes(bytes)(offset, length)
          : Stream.concat(inPieces(bytes, 1000)(offset, 30_000), Stream.fromEffect(Effect.never))
      const fiber = yield* Effect.fork(Upload.upload({ ...content, folderId: rootOf(service), source: stuck }))
      yield* eventually(() => service.storage.bytesTaken > 50_000)
      yield* Fiber.interrupt(fiber)
      // Each of the four requests ends at the server, and none with a part.
      yield* eventually(() => service.journal.counts("storage.part").requests === 4)
      assert.strictEqual((yield* service.counts("storage.part")).applied, 0)
    }).pipe(Effect.provide(onWire(NodeHttpClient.layerUndici)))
  )
})
