import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { Repository, Upload, UploadError, type UploadEvent, UploadJournal } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, Storage } from "@effect-frameio/testing"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import { named, rootOf } from "./uploads.js"

const bytesOf = (size: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 24)

const fake = (options?: FakeFrameio.Options) =>
  Layer.provideMerge(
    Repository.layerV2,
    FakeFrameio.layerClient({
      limits: { "*": "unlimited" },
      ...options,
      unknowns: { partSize: 1000, ...options?.unknowns }
    })
  )

const run = <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.DurationInput = "3 hours") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(self)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

/** A file that somebody else writes to. */
const fileOf = (content: Uint8Array) => {
  const disk = { content, changes: 0 }
  return {
    disk,
    write: (content: Uint8Array) => {
      disk.content = content
      disk.changes++
    },
    options: {
      ...named,
      filesize: content.length,
      source: (offset: number, length: number) =>
        Stream.suspend(() => Stream.make(disk.content.subarray(offset, offset + length))),
      identity: Effect.sync(() => String(disk.changes)),
      concurrency: 1
    }
  }
}

describe("Upload, a source that changes", () => {
  const size = 3500
  const when = (event: UploadEvent.UploadEvent, partsDone: number): boolean =>
    event._tag === "Progress" && event.partsDone === partsDone

  for (const [what, changes] of [
    ["is replaced by one of the same size after the first part", (event) => when(event, 1)],
    ["is rewritten while its last part is on its way", (event) => event._tag === "Progress" && event.sent > 3000],
    ["is written to after its last part was read", (event) => when(event, 4)],
    ["is written to before the version call", (event) => event._tag === "Uploaded"]
  ] as const satisfies ReadonlyArray<readonly [string, (event: UploadEvent.UploadEvent) => boolean]>) {
    it.effect(`puts nothing on the stack when it ${what}`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
        const { options, write } = fileOf(bytesOf(size))
        let changed = false
        const error = yield* Effect.flip(
          Upload.asNextVersion({
            ...options,
            onto,
            onEvent: (event) =>
              Effect.sync(() => {
                if (changed || !changes(event)) return
                changed = true
                write(bytesOf(size, 2))
              })
          })
        )
        assert.instanceOf(error, UploadError.SourceMismatch)
        assert.strictEqual(error.source, "changed")
        assert.include(error.message, `${error.assetId} is left`)
        assert.strictEqual((yield* service.counts("assets.version")).requests, 0)
        assert.isTrue(Option.isNone(yield* service.stackOf(onto)))
      }).pipe(Effect.provide(fake()))
    )
  }

  it.effect("completes no part that was read again after a change", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const { options, write } = fileOf(bytesOf(900))
      const error = yield* Effect.flip(
        run(
          Upload.upload({
            ...options,
            folderId: rootOf(service),
            onEvent: (event) => Effect.sync(() => void (event._tag === "Retrying" && write(bytesOf(900, 2))))
          })
        )
      )
      assert.instanceOf(error, UploadError.SourceMismatch)
      assert.deepStrictEqual(service.storage.content(error.assetId ?? "").parts, [])
    }).pipe(Effect.provide(fake({ faults: FaultPlan.nth(Storage.ENDPOINT, 0, { _tag: "ConnectionRefused" }) })))
  )
})

describe("Upload, what a success proves", () => {
  const content = bytesOf(2500)
  const upload = { ...named, filesize: content.length, source: Upload.fromBytes(content) }

  for (const [what, fault, reason] of [
    ["a login page", { _tag: "HtmlBefore", status: 200 }, "200"],
    ["S3's error inside of a success", { _tag: "ErrorBefore", status: 200 }, "200"]
  ] as const) {
    it.effect(`sends a part again after ${what}`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const reasons: Array<string> = []
        const asset = yield* run(
          Upload.upload({
            ...upload,
            folderId: rootOf(service),
            body: "bytes",
            onEvent: (event) => Effect.sync(() => void (event._tag === "Retrying" && reasons.push(event.reason)))
          })
        )
        assert.deepStrictEqual(reasons, [reason, reason])
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
      }).pipe(Effect.provide(fake({ faults: FaultPlan.nth(Storage.ENDPOINT, [0, 2], fault) })))
    )
  }

  /** A storage host that answers with these headers. */
  const answering = (headers: (part: Uint8Array) => Record<string, string>) => {
    let puts = 0
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = new URL(String(input))
      if (url.hostname === "api.frame.io") {
        const id = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"
        return Response.json({ id, type: "file", ...named, upload_urls: ["https://bucket.example/a"] })
      }
      puts++
      return new Response(null, {
        headers: headers(new Uint8Array(await new Response(init?.body ?? null).arrayBuffer()))
      })
    }
    return {
      puts: () => puts,
      layer: Repository.layerV2.pipe(
        Layer.provideMerge(FrameioClient.layer({ token: Redacted.make("fio-u-secret") })),
        Layer.orDie,
        Layer.provideMerge(FetchHttpClient.layer),
        Layer.provideMerge(Layer.succeed(FetchHttpClient.Fetch, fetch))
      )
    }
  }
  const folderId = Asset.AssetId.make("6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31")
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex")

  for (const [what, headers, taken] of [
    ["the part's own ETag", (part) => ({ etag: `"${md5(part)}"` }), true],
    ["no ETag and no word", () => ({}), true],
    ["an ETag that is no MD5", () => ({ etag: '"abc-2"' }), true],
    [
      "a foreign ETag of an object under a key of the customer's",
      () => ({ etag: `"${md5(bytesOf(1))}"`, "x-amz-server-side-encryption": "aws:kms" }),
      true
    ],
    ["a foreign ETag", () => ({ etag: `"${md5(bytesOf(1))}"` }), false]
  ] as const satisfies ReadonlyArray<readonly [string, (part: Uint8Array) => Record<string, string>, boolean]>) {
    it.effect(`${taken ? "takes" : "does not take"} an answer with ${what} for the storage's`, () => {
      const { layer, puts } = answering(headers)
      return Effect.gen(function* () {
        const exit = yield* Effect.exit(Upload.upload({ ...upload, folderId, body: "bytes", giveUpAfter: 0 }))
        assert.strictEqual(Exit.isSuccess(exit), taken)
        assert.strictEqual(puts(), 1)
        if (taken) return
        const error = yield* Effect.flip(exit)
        assert.instanceOf(error, UploadError.PartFailed)
        assert.strictEqual(error.reason, "Unproven")
        assert.include(error.message, md5(content))
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("takes a foreign ETag where it is told not to compare it", () => {
    const { layer } = answering(() => ({ etag: `"${md5(bytesOf(1))}"` }))
    return Effect.provide(Upload.upload({ ...upload, folderId, body: "bytes", giveUpAfter: 0, checksum: false }), layer)
  })

  for (const [what, change, has] of [
    ["has another size", { filesize: 7 }, 7],
    ["has failed", { upload_failed_at: "2026-11-27T12:00:00.000000Z" }, null]
  ] as const) {
    it.effect(`puts nothing on the stack that ${what} at Frame.io`, () =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
        const error = yield* Effect.flip(
          Upload.asNextVersion({
            ...upload,
            onto,
            onEvent: (event) =>
              Effect.sync(() => {
                if (event._tag !== "Uploaded") return
                if ("filesize" in change) service.world.setFilesize(event.assetId, change.filesize)
                else service.world.update(event.assetId, change)
              })
          })
        )
        assert.instanceOf(error, UploadError.NotArrived)
        assert.strictEqual(error.has, has)
        assert.strictEqual((yield* service.counts("assets.version")).requests, 0)
      }).pipe(Effect.provide(fake()))
    )
  }
})

describe("Upload, offline", () => {
  const content = bytesOf(3500)
  const faults = {
    ConnectionRefused: { _tag: "ConnectionRefused" },
    RequestLost: { _tag: "RequestLost" },
    AnswerLost: { _tag: "AnswerLost" },
    HtmlBefore: { _tag: "HtmlBefore" }
  } as const

  /** From the n-th request to an endpoint on, nothing gets through for a while. */
  const away = (endpoint: string, duration: Duration.DurationInput, fault: FaultPlan.Fault): FaultPlan.FaultPlan => {
    let since: number | undefined
    return FaultPlan.when((one) => {
      if (one.endpoint === endpoint) since ??= one.elapsedMillis
      return since !== undefined && one.elapsedMillis < since + Duration.toMillis(duration)
    }, fault)
  }

  for (const endpoint of ["assets.get", "assets.create", Storage.ENDPOINT, "assets.version"]) {
    for (const duration of ["10 seconds", "3 minutes"] as const) {
      for (const fault of ["ConnectionRefused", "RequestLost", "HtmlBefore"] as const) {
        // A create call without an answer may have been carried out, so there are only a few of these.
        if (endpoint === "assets.create" && duration === "3 minutes" && fault !== "ConnectionRefused") continue
        it.effect(`ends well after ${duration} of ${fault} at ${endpoint}`, () =>
          Effect.gen(function* () {
            const service = yield* FakeFrameio.FakeFrameio
            const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
            const events: Array<UploadEvent.UploadEvent> = []
            const { file: asset, stackId } = yield* run(
              Upload.asNextVersion({
                ...fileOf(content).options,
                onto,
                onEvent: (event) => Effect.sync(() => void events.push(event))
              })
            )
            const stack = Option.getOrThrow(yield* service.stackOf(onto))
            assert.strictEqual(stack.id, stackId)
            assert.deepStrictEqual(stack.versions, [onto, asset.id])
            assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
            assert.strictEqual((yield* service.counts("assets.version")).applied, 1)
            if (duration === "3 minutes") {
              const pauses = events.filter(({ _tag }) => _tag === "Waiting" || _tag === "Retrying")
              assert.isAbove(pauses.length, 5)
            }
          }).pipe(Effect.provide(fake({ faults: away(endpoint, duration, faults[fault]) })))
        )
      }
    }
  }

  it.effect("tells what a lost answer to the create call may have left behind", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const events: Array<UploadEvent.UploadEvent> = []
      const asset = yield* run(
        Upload.upload({
          ...fileOf(content).options,
          folderId: rootOf(service),
          onEvent: (event) => Effect.sync(() => void events.push(event))
        })
      )
      const left = events.flatMap((event) => (event._tag === "LeftBehind" ? event.assetIds : []))
      assert.strictEqual(left.length, 1)
      assert.notInclude(left, asset.id)
      assert.isTrue(Option.isSome(yield* service.asset(left[0] ?? asset.id)))
    }).pipe(Effect.provide(fake({ faults: FaultPlan.nth("assets.create", 0, faults.AnswerLost) })))
  )

  for (const status of [429, 503]) {
    for (const [retryAfter, seconds] of [
      ["120", 120],
      ["Thu, 01 Jan 1970 00:10:00 GMT", 600],
      ["Thu Jan  1 00:10:00 1970", 600]
    ] as const) {
      it.effect(`comes back when the storage host's ${status} says so: ${retryAfter}`, () =>
        Effect.gen(function* () {
          const service = yield* FakeFrameio.FakeFrameio
          const asset = yield* run(Upload.upload({ ...fileOf(bytesOf(500)).options, folderId: rootOf(service) }))
          const [first, second, ...more] = service.journal.of(Storage.ENDPOINT)
          assert.strictEqual((second?.atMillis ?? 0) - (first?.atMillis ?? 0), seconds * 1000)
          assert.deepStrictEqual(more, [])
          assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytesOf(500)))
        }).pipe(
          Effect.provide(
            fake({ faults: FaultPlan.nth(Storage.ENDPOINT, 0, { _tag: "ErrorBefore", status, retryAfter }) })
          )
        )
      )
    }
  }

  it.effect("ends at once where the storage host's Retry-After is later than it may wait", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(
        Upload.upload({ ...fileOf(content).options, folderId: rootOf(service), giveUpAfter: "10 minutes" })
      )
      assert.instanceOf(error, UploadError.PartFailed)
      assert.strictEqual(error.status, 503)
      assert.lengthOf(service.journal.of(Storage.ENDPOINT), 1)
    }).pipe(
      Effect.provide(
        fake({
          faults: FaultPlan.nth(Storage.ENDPOINT, 0, { _tag: "ErrorBefore", status: 503, retryAfter: "601" })
        })
      )
    )
  )

  it.effect("gives up when it is told to", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const fiber = yield* Effect.fork(
        Upload.upload({ ...fileOf(content).options, folderId: rootOf(service), giveUpAfter: "10 minutes" })
      )
      yield* TestClock.adjust("9 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("2 minutes")
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.instanceOf(error, UploadError.PartFailed)
      assert.strictEqual(error.reason, "Connection")
    }).pipe(Effect.provide(fake({ faults: away(Storage.ENDPOINT, "1 hour", faults.ConnectionRefused) })))
  )
})

describe("Upload.realtime, an expired URL", () => {
  const stream = Stream.make(bytesOf(500))

  it.effect("is replaced by another from Frame.io", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const asset = yield* run(Upload.realtime({ ...named, folderId: rootOf(service), stream }))
      assert.strictEqual(service.storage.content(asset.id).crc32, crc32(bytesOf(500)))
      assert.strictEqual((yield* service.counts("assets.realtimeParts")).requests, 2)
    }).pipe(
      Effect.provide(
        fake({
          faults: FaultPlan.nth(Storage.ENDPOINT, 0, { _tag: "UrlExpired" })
        })
      )
    )
  )

  it.effect("ends the upload where every other is refused, too", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(run(Upload.realtime({ ...named, folderId: rootOf(service), stream })))
      assert.instanceOf(error, UploadError.UploadExpired)
      assert.isAtMost((yield* service.counts("assets.realtimeParts")).requests, 5)
    }).pipe(
      Effect.provide(
        fake({ faults: FaultPlan.when((one) => one.endpoint === Storage.ENDPOINT, { _tag: "UrlExpired" }) })
      )
    )
  )
})

describe("Upload.asNextVersion, a file that is not processed", () => {
  it.effect("is waited for where Frame.io does not take it before", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
      const tags: Array<string> = []
      const { file: asset } = yield* run(
        Upload.asNextVersion({
          ...fileOf(bytesOf(100)).options,
          onto,
          onEvent: (event) => Effect.sync(() => void tags.push(event._tag))
        })
      )
      assert.include(tags, "Processing")
      assert.deepStrictEqual(Option.getOrThrow(yield* service.stackOf(onto)).versions, [onto, asset.id])
    }).pipe(Effect.provide(fake({ unknowns: { processingMillis: 20 * 60_000, unprocessed: "matches-none" } })))
  )

  it.effect("is not waited for longer than it is told to", () =>
    Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
      const error = yield* Effect.flip(
        run(Upload.asNextVersion({ ...fileOf(bytesOf(100)).options, onto, giveUpAfter: "10 minutes" }))
      )
      assert.instanceOf(error, UploadError.NotVersioned)
    }).pipe(Effect.provide(fake({ unknowns: { processingMillis: 20 * 60_000, unprocessed: "matches-none" } })))
  )
})

describe("Upload, resumed", () => {
  const content = bytesOf(9500)

  const inTempDirectory = <A, E, R>(use: (path: string) => Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      return yield* use(`${yield* fs.makeTempDirectoryScoped()}/journal`)
    }).pipe(Effect.scoped)

  const layer = (options?: FakeFrameio.Options) => Layer.merge(fake(options), NodeFileSystem.layer)

  /** Uploads until something happens, and is then no more. */
  const until = (options: Omit<Upload.UploadOptions, "onEvent">, ends: (event: UploadEvent.UploadEvent) => boolean) =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Upload.upload({
          ...options,
          onEvent: (event) =>
            ends(event) ? Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never) : Effect.void
        })
      )
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
    })

  const whenDone = (partsDone: number) => (event: UploadEvent.UploadEvent) =>
    event._tag === "Progress" && event.partsDone >= partsDone

  it.effect("goes on where it ended, and sends no part twice", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const fs = yield* FileSystem.FileSystem
        const options = {
          ...fileOf(content).options,
          folderId: rootOf(service),
          journal: yield* UploadJournal.file(path)
        }
        yield* until(options, whenDone(4))
        assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o600)
        const done = service.storage.requests.length
        const events: Array<UploadEvent.UploadEvent> = []
        const asset = yield* Upload.upload({
          ...options,
          journal: yield* UploadJournal.file(path),
          onEvent: (event) => Effect.sync(() => void events.push(event))
        })
        assert.deepInclude(events[0], { _tag: "Resumed", assetId: asset.id, sent: 4 * 950, partsDone: 4 })
        assert.strictEqual(done, 4)
        assert.strictEqual(service.storage.requests.length, 10)
        assert.strictEqual((yield* service.counts("assets.create")).requests, 1)
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
        assert.isFalse(yield* fs.exists(path))
        assert.notProperty(asset, "upload_urls")
      })
    ).pipe(Effect.provide(layer()))
  )

  it.effect("goes on although the journal was cut off in the middle of a line", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const fs = yield* FileSystem.FileSystem
        const journal = yield* UploadJournal.file(path)
        const options = { ...fileOf(content).options, folderId: rootOf(service), journal }
        yield* until(options, whenDone(4))
        yield* fs.truncate(path, (yield* fs.stat(path)).size - 4n)
        const asset = yield* Upload.upload(options)
        assert.strictEqual(service.storage.requests.length, 11)
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
      })
    ).pipe(Effect.provide(layer()))
  )

  it.effect("begins again when the file has changed, and takes away what it had created", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const journal = yield* UploadJournal.file(path)
        const { options, write } = fileOf(content)
        const upload = { ...options, folderId: rootOf(service), journal }
        yield* until(upload, whenDone(4))
        const other = bytesOf(9500, 2)
        write(other)
        const events: Array<UploadEvent.UploadEvent> = []
        const asset = yield* Upload.upload({
          ...upload,
          onEvent: (event) => Effect.sync(() => void events.push(event))
        })
        assert.deepInclude(events[0], { _tag: "Discarded", reason: "changed", deleted: true })
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(other))
      })
    ).pipe(Effect.provide(layer()))
  )

  it.effect("begins again when the URLs have expired", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const journal = yield* UploadJournal.file(path)
        const options = { ...fileOf(content).options, folderId: rootOf(service), journal }
        yield* until(options, whenDone(4))
        const events: Array<UploadEvent.UploadEvent> = []
        const asset = yield* Upload.upload({
          ...options,
          onEvent: (event) => Effect.sync(() => void events.push(event))
        })
        assert.deepInclude(
          events.find(({ _tag }) => _tag === "Discarded"),
          { reason: "expired", deleted: true }
        )
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
      })
    ).pipe(Effect.provide(layer({ faults: FaultPlan.nth(Storage.ENDPOINT, 4, { _tag: "UrlExpired" }) })))
  )

  it.effect("begins again when the asset is gone", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const client = yield* FrameioClient.FrameioClient
        const journal = yield* UploadJournal.file(path)
        const options = { ...fileOf(content).options, folderId: rootOf(service), journal }
        yield* until(options, whenDone(4))
        const begun = Option.getOrThrow(yield* journal.load).begun
        yield* client.delete({ assetId: begun.assetId })
        const asset = yield* Upload.upload(options)
        assert.notStrictEqual(asset.id, begun.assetId)
        assert.strictEqual(service.storage.content(asset.id).crc32, crc32(content))
      })
    ).pipe(Effect.provide(layer()))
  )

  it.effect("refuses the journal of another upload", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const journal = yield* UploadJournal.file(path)
        const options = { ...fileOf(content).options, folderId: rootOf(service), journal }
        yield* until(options, whenDone(4))
        const error = yield* Effect.flip(Upload.upload({ ...options, name: "other.mov" }))
        assert.include(error.message, "is of another upload: shot_010_v002.mov")
        const nameless = yield* Effect.flip(Upload.upload({ ...options, identity: undefined }))
        assert.include(nameless.message, "journal: needs an identity")
      })
    ).pipe(Effect.provide(layer()))
  )

  it.effect("puts a file on its stack once, wherever the first run ended", () =>
    inTempDirectory((path) =>
      Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const journal = yield* UploadJournal.file(path)
        for (const ends of ["Uploaded", "Versioning", "answer"] as const) {
          const onto = yield* service.addFile({ name: "shot_010_v001.mov" })
          const options = { ...fileOf(content).options, onto, journal }
          const before = (yield* service.counts("assets.version")).applied
          const reached = yield* Deferred.make<void>()
          const reach = Deferred.succeed(reached, undefined)
          const fiber = yield* Effect.fork(
            Upload.asNextVersion({
              ...options,
              onEvent: (event) => (event._tag === ends ? Effect.zipRight(reach, Effect.never) : Effect.void)
            })
          )
          const isStacked = Effect.map(service.stackOf(onto), Option.isSome)
          const tick = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          yield* ends === "answer"
            ? Effect.repeat(Effect.zipRight(tick, isStacked), { until: (yes) => yes })
            : Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
          const { file: asset } = yield* Upload.asNextVersion(options)
          assert.deepStrictEqual(Option.getOrThrow(yield* service.stackOf(onto)).versions, [onto, asset.id])
          assert.strictEqual((yield* service.counts("assets.version")).applied, before + 1)
        }
      })
    ).pipe(Effect.provide(layer({ faults: FaultPlan.nth("assets.version", 2, { _tag: "NoAnswer" }) })))
  )
})
