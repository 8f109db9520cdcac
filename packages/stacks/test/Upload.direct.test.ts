import { crc32 } from "node:zlib"
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DirectHttpClient } from "@effect-frameio/core"
import { Repository, Upload, UploadError, type UploadEvent } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan } from "@effect-frameio/testing"
import { Effect, Exit, FastCheck, Fiber, FiberId, identity, Layer, Option, Runtime, Stream, TestClock } from "effect"
import { bytesOf, named, rootOf, storageFaults } from "./uploads.js"

const MIB = 1024 * 1024

const isBytes = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body

/** The fake behind a client with a short way, and how many requests went it. */
const fake = (options: { readonly partSize: number; readonly faults?: FaultPlan.FaultPlan }) => {
  const taken = { requests: 0, abandoned: 0 }
  const short = Effect.gen(function* () {
    const usual = yield* HttpClient.HttpClient
    const runtime = yield* Effect.runtime<never>()
    const exchange: DirectHttpClient.Exchange = (request) => (_, callback) => {
      taken.requests += 1
      const { body } = request
      const fiber = Runtime.runFork(runtime)(
        usual.execute(
          body._tag === "Raw" && isBytes(body.body)
            ? HttpClientRequest.setBody(
                request,
                HttpBody.stream(Stream.fromAsyncIterable(body.body, identity), body.contentType, body.contentLength)
              )
            : request
        )
      )
      let over = false
      fiber.addObserver((exit) => {
        if (!over) callback(exit)
        over = true
      })
      return () => {
        if (over) return
        over = true
        taken.abandoned += 1
        fiber.unsafeInterruptAsFork(FiberId.none)
      }
    }
    return Object.assign(HttpClient.transform(usual, identity), { [DirectHttpClient.TypeId]: exchange })
  })
  const { faults, partSize } = options
  return {
    taken,
    layer: Layer.effect(HttpClient.HttpClient, short).pipe(
      Layer.provideMerge(Repository.layerV2),
      Layer.provideMerge(
        FakeFrameio.layerClient({
          limits: { "*": "unlimited" },
          unknowns: { partSize },
          ...(faults === undefined ? {} : { faults })
        })
      )
    )
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A file that counts who has it open. */
const fileOf = (content: Uint8Array) => {
  const disk = {
    content,
    changes: 0,
    opened: 0,
    open: 0,
    reads: 0,
    brokenAt: Number.POSITIVE_INFINITY,
    hangs: false,
    /** Those that whole pieces were read into. */
    buffers: new Set<ArrayBufferLike>()
  }
  const source = Upload.fromFileHandle(
    async () => {
      disk.opened += 1
      disk.open += 1
      return {
        read: async (buffer, offset, length, position) => {
          disk.reads += 1
          if (disk.hangs) return new Promise(() => {})
          if (buffer.length >= MIB) disk.buffers.add(buffer.buffer)
          if (position + length > disk.brokenAt) throw new Error("EIO")
          const some = disk.content.subarray(position, position + length)
          buffer.set(some, offset)
          return { bytesRead: some.length }
        },
        close: async () => {
          await turn()
          disk.open -= 1
        }
      }
    },
    (cause) => `cannot be read: ${String(cause)}`
  )
  return { disk, source, identity: Effect.sync(() => String(disk.changes)) }
}

const run = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(self)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const until = (condition: () => boolean) => Effect.repeat(Effect.promise(turn), { until: condition })

describe("Upload of a file, by the short way", () => {
  for (const [way, millis, told] of [
    ["a quick", 1, [1, 3, 4, 8]],
    ["a slow", 100, [1, 2, 3, 4, 5, 6, 7, 8, 9]]
  ] as const) {
    it.effect(`is whole out of two buffers for each part, whose bytes are told as they go ${way} way`, () => {
      const content = bytesOf(9 * MIB + 17)
      const { disk, identity, source } = fileOf(content)
      const { layer, taken } = fake({ partSize: content.length })
      const sent: Array<number> = []
      return Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const { id } = yield* Upload.upload({
          ...named,
          folderId: rootOf(service),
          filesize: content.length,
          source,
          identity,
          onEvent: (event) =>
            event._tag === "Progress"
              ? // What is told waits for who hears it.
                Effect.zipRight(
                  TestClock.adjust(millis),
                  Effect.sync(() => void sent.push(event.sent))
                )
              : Effect.void
        })
        assert.strictEqual(service.storage.content(id).crc32, crc32(content))
        assert.deepStrictEqual(sent, [...told.map((count) => count * MIB), content.length, content.length])
        assert.strictEqual(taken.requests, 1)
        assert.strictEqual(disk.open, 0)
        assert.isAtMost(disk.buffers.size, 2)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect.prop(
    "arrives whole, whatever the size, the parts, and what goes wrong on the way",
    [
      FastCheck.integer({ min: 1, max: 20_000 }),
      FastCheck.integer({ min: 1, max: 20_000 }),
      FastCheck.integer({ min: 1, max: 8 }),
      FastCheck.boolean(),
      FastCheck.integer()
    ],
    ([size, partSize, concurrency, checksum, seed]) => {
      const content = bytesOf(size, seed)
      const { disk, identity, source } = fileOf(content)
      const { layer } = fake({
        partSize: Math.max(partSize, Math.ceil(size / 20)),
        faults: storageFaults(seed)
      })
      const events: Array<UploadEvent.UploadEvent> = []
      return Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const { id } = yield* run(
          Upload.upload({
            ...named,
            folderId: rootOf(service),
            filesize: size,
            source,
            identity,
            concurrency,
            checksum,
            onEvent: (event) => Effect.sync(() => void events.push(event))
          })
        )
        assert.strictEqual(service.storage.content(id).crc32, crc32(content))
        const progress = events.flatMap((event) => (event._tag === "Progress" ? [event.sent] : []))
        assert.strictEqual(progress.at(-1), size)
        assert.isAtMost(Math.max(...progress), size)
        assert.strictEqual(disk.open, 0)
      }).pipe(Effect.provide(layer))
    },
    { fastCheck: { numRuns: 15 }, timeout: 90_000 }
  )

  for (const [what, change, message] of [
    ["becomes shorter", { content: bytesOf(3 * MIB) }, "shorter"],
    ["becomes longer", { content: bytesOf(4 * MIB + 1) }, "longer"],
    ["becomes another", { content: bytesOf(4 * MIB, 2), changes: 1 }, "changed"]
  ] as const) {
    it.effect(`fails where the file ${what} while it goes up, and has no part of it complete`, () => {
      const { disk, identity, source } = fileOf(bytesOf(4 * MIB))
      const { layer } = fake({ partSize: 4 * MIB })
      return Effect.gen(function* () {
        const service = yield* FakeFrameio.FakeFrameio
        const error = yield* Effect.flip(
          Upload.upload({
            ...named,
            folderId: rootOf(service),
            filesize: 4 * MIB,
            source,
            identity,
            onEvent: (event) => Effect.sync(() => void (event._tag === "Created" && Object.assign(disk, change)))
          })
        )
        assert.instanceOf(error, UploadError.SourceMismatch)
        assert.strictEqual(error.source, message)
        assert.strictEqual((yield* service.counts("storage.part")).applied, 0)
        assert.strictEqual(disk.open, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("fails with the file's own error where it cannot be read, and does not blame the way", () => {
    const { disk, source } = fileOf(bytesOf(4 * MIB))
    const { layer } = fake({ partSize: 4 * MIB })
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const error = yield* Effect.flip(
        Upload.upload({
          ...named,
          folderId: rootOf(service),
          filesize: 4 * MIB,
          source,
          onEvent: (event) =>
            Effect.sync(() => void (event._tag === "Created" && Object.assign(disk, { brokenAt: 2 * MIB })))
        })
      )
      assert.strictEqual(error, "cannot be read: Error: EIO")
      assert.strictEqual(disk.open, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("abandons its requests and closes the file when it is interrupted", () => {
    const { disk, identity, source } = fileOf(bytesOf(4 * MIB))
    const { layer, taken } = fake({
      partSize: MIB,
      faults: FaultPlan.when(({ endpoint }) => endpoint === "storage.part", { _tag: "NoAnswer" })
    })
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const fiber = yield* Effect.fork(
        Upload.upload({ ...named, folderId: rootOf(service), filesize: 4 * MIB, source, identity })
      )
      yield* until(() => taken.requests === 4)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(taken.abandoned, 4)
      assert.strictEqual(disk.open, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("abandons a request that stalls, and sends the part again", () => {
    const content = bytesOf(2 * MIB)
    const { disk, identity, source } = fileOf(content)
    const { layer, taken } = fake({
      partSize: 2 * MIB,
      faults: FaultPlan.nth("storage.part", 0, { _tag: "NoAnswer" })
    })
    const reasons: Array<string> = []
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const { id } = yield* run(
        Upload.upload({
          ...named,
          folderId: rootOf(service),
          filesize: content.length,
          source,
          identity,
          idleTimeout: "30 seconds",
          onEvent: (event) => Effect.sync(() => void (event._tag === "Retrying" && reasons.push(event.reason)))
        })
      )
      assert.deepStrictEqual(reasons, ["Stalled"])
      assert.deepStrictEqual(taken, { requests: 2, abandoned: 1 })
      assert.strictEqual(service.storage.content(id).crc32, crc32(content))
      assert.strictEqual(disk.open, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not wait for long until a file is closed whose reading hangs", () => {
    const { disk, source } = fileOf(bytesOf(2 * MIB))
    const { layer } = fake({ partSize: 2 * MIB })
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const fiber = yield* Effect.fork(
        Upload.upload({
          ...named,
          folderId: rootOf(service),
          filesize: 2 * MIB,
          source,
          onEvent: (event) => Effect.sync(() => void (event._tag === "Created" && Object.assign(disk, { hangs: true })))
        })
      )
      // Once to see its end, and once for its part.
      yield* until(() => disk.reads === 2)
      const ended = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("900 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(ended)))
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(ended)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes no new memory and opens no file for a part where an earlier one is done", () => {
    const content = bytesOf(12 * MIB)
    const { disk, identity, source } = fileOf(content)
    const { layer } = fake({ partSize: 2 * MIB + 1 })
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const { id } = yield* Upload.upload({
        ...named,
        folderId: rootOf(service),
        filesize: content.length,
        source,
        identity,
        concurrency: 2
      })
      assert.strictEqual(service.storage.content(id).crc32, crc32(content))
      assert.isAtMost(disk.buffers.size, 2 * 2)
      assert.isAtMost(disk.opened, 2)
      assert.strictEqual(disk.open, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not taken for a file that goes in one piece", () => {
    const content = bytesOf(2000)
    const { identity, source } = fileOf(content)
    const { layer, taken } = fake({ partSize: 1000 })
    return Effect.gen(function* () {
      const service = yield* FakeFrameio.FakeFrameio
      const { id } = yield* Upload.upload({
        ...named,
        folderId: rootOf(service),
        filesize: content.length,
        source,
        identity,
        body: "bytes"
      })
      assert.strictEqual(service.storage.content(id).crc32, crc32(content))
      assert.strictEqual(taken.requests, 0)
    }).pipe(Effect.provide(layer))
  })
})
