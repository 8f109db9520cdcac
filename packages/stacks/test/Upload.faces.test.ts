import { crc32 } from "node:zlib"
import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type Asset, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4, Upload, UploadError, type UploadEvent, UploadJournal } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, Storage } from "@effect-frameio/testing"
import { Deferred, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"

const bytesOf = (size: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 24)

const unlimited = { limits: { "*": "unlimited" } } as const

const faces = {
  v2: (options?: FakeFrameio.Options) =>
    Layer.provideMerge(
      Repository.layerV2,
      FakeFrameio.layerClient({ ...unlimited, ...options, unknowns: { partSize: 1000, ...options?.unknowns } })
    ),
  v4: (options?: FakeFrameio.Options) =>
    RepositoryV4.layer.pipe(
      Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
      Layer.orDie,
      Layer.provideMerge(FakeFrameio.layer({ ...unlimited, ...options, v4: { partSize: 1000, ...options?.v4 } }))
    )
} as const

const content = bytesOf(9501)

const file = {
  name: "shot_010_v002.mov",
  filetype: "video/quicktime",
  filesize: content.length,
  source: Upload.fromBytes(content),
  identity: Effect.succeed("as it was"),
  concurrency: 1
} as const

const shots = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const folderId = yield* fake.addFolder({ name: "shots" })
  const files = yield* Effect.forEach(["shot_010_v000.mov", "shot_010_v001.mov"], (name) =>
    fake.addFile({ name, parentId: folderId })
  )
  const [onto, other] = files
  if (onto === undefined || other === undefined) return yield* Effect.dieMessage("no files")
  return { fake, folderId, onto, other }
})

const childrenOf = (folderId: Asset.AssetId) =>
  Effect.flatMap(Repository.Repository, (repository) =>
    Effect.map(Stream.runCollect(repository.children(folderId)), (items) => [...items])
  )

const withJournal = <A, E, R>(use: (journal: UploadJournal.UploadJournal) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* UploadJournal.file(`${yield* fs.makeTempDirectoryScoped()}/journal`))
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

/** Uploads until something happens, and is then no more. */
const until = (
  options: Omit<Upload.NextVersionOptions, "onEvent">,
  ends: (event: UploadEvent.UploadEvent) => boolean
) =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      Upload.asNextVersion({
        ...options,
        onEvent: (event) =>
          ends(event) ? Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never) : Effect.void
      })
    )
    yield* Deferred.await(reached)
    yield* Fiber.interrupt(fiber)
  })

const collecting = () => {
  const events: Array<UploadEvent.UploadEvent> = []
  return { events, onEvent: (event: UploadEvent.UploadEvent) => Effect.sync(() => void events.push(event)) }
}

for (const [face, layer] of Object.entries(faces)) {
  describe(`Upload, over ${face}`, () => {
    it.effect("sends parts of the sizes that were answered, with the headers that were signed", () =>
      Effect.gen(function* () {
        const { fake, folderId } = yield* shots
        const { id } = yield* Upload.upload({ ...file, folderId })
        const stored = fake.storage.content(id)
        assert.strictEqual(stored.crc32, crc32(content))
        assert.isAtLeast(stored.parts.length, 10)
        for (const { headers } of fake.storage.requests) {
          assert.sameMembers(Object.keys(headers), ["content-type", "content-length", "x-amz-acl"])
          assert.strictEqual(headers["content-type"], "video/quicktime")
        }
      }).pipe(Effect.provide(layer()))
    )

    it.effect("makes a stack of a file, and goes on top of it by its id or a version's", () =>
      Effect.gen(function* () {
        const { fake, folderId, onto } = yield* shots
        const first = yield* Upload.asNextVersion({ ...file, onto })
        const second = yield* Upload.asNextVersion({ ...file, onto: first.stackId })
        const third = yield* Upload.asNextVersion({ ...file, onto })
        const stack = Option.getOrThrow(yield* fake.stackOf(onto))
        assert.deepStrictEqual(stack.versions, [onto, first.file.id, second.file.id, third.file.id])
        assert.deepStrictEqual([second.stackId, third.stackId], [stack.id, stack.id])
        assert.strictEqual(second.file.folderId, folderId)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("goes on part by part after its process was killed, and stacks the file once", () =>
      withJournal((journal) =>
        Effect.gen(function* () {
          const { fake, onto } = yield* shots
          const options = { ...file, onto, journal }
          yield* until(options, (event) => event._tag === "Progress" && event.partsDone >= 4)
          const before = fake.storage.requests.length
          const { events, onEvent } = collecting()
          const { file: uploaded } = yield* Upload.asNextVersion({ ...options, onEvent })
          assert.deepInclude(events[0], { _tag: "Resumed", assetId: uploaded.id, partsDone: 4 })
          assert.strictEqual(fake.storage.requests.length, fake.storage.content(uploaded.id).parts.length)
          assert.strictEqual(before, 4)
          assert.strictEqual(fake.storage.content(uploaded.id).crc32, crc32(content))
          assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(onto)).versions, [onto, uploaded.id])
          assert.isTrue(Option.isNone(yield* journal.load))
        })
      ).pipe(Effect.provide(layer()))
    )

    it.effect("stacks what was uploaded before, once", () =>
      withJournal((journal) =>
        Effect.gen(function* () {
          const { fake, onto } = yield* shots
          const options = { ...file, onto, journal }
          yield* until(options, ({ _tag }) => _tag === "Versioning")
          const before = fake.storage.requests.length
          const { file: uploaded } = yield* Upload.asNextVersion(options)
          assert.strictEqual(fake.storage.requests.length, before)
          assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(onto)).versions, [onto, uploaded.id])
        })
      ).pipe(Effect.provide(layer()))
    )

    it.effect("takes a new file for one whose URLs have expired, and leaves no placeholder", () =>
      Effect.gen(function* () {
        const { fake, folderId, onto, other } = yield* shots
        const { events, onEvent } = collecting()
        const { id } = yield* Upload.upload({ ...file, folderId, onEvent })
        assert.deepInclude(
          events.find(({ _tag }) => _tag === "Discarded"),
          { reason: "expired", deleted: true }
        )
        assert.strictEqual(fake.storage.content(id).crc32, crc32(content))
        assert.sameMembers(
          (yield* childrenOf(folderId)).map((one) => one.id),
          [onto, other, id]
        )
      }).pipe(Effect.provide(layer({ faults: FaultPlan.nth(Storage.ENDPOINT, 4, { _tag: "UrlExpired" }) })))
    )

    it.effect("puts a file on its stack once, when answers are lost", () =>
      Effect.gen(function* () {
        const { fake, onto } = yield* shots
        const fiber = yield* Effect.fork(Upload.asNextVersion({ ...file, onto }))
        yield* TestClock.adjust("1 hour")
        const { file: uploaded } = yield* Fiber.join(fiber)
        assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(onto)).versions, [onto, uploaded.id])
      }).pipe(
        Effect.provide(
          layer({
            faults: FaultPlan.combine(
              FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }),
              FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" })
            )
          })
        )
      )
    )

    it.effect("tells what a lost answer to the create call may have left behind", () =>
      Effect.gen(function* () {
        const { fake, folderId } = yield* shots
        const { events, onEvent } = collecting()
        const { id } = yield* Upload.upload({ ...file, folderId, onEvent })
        const left = events.flatMap((event) => (event._tag === "LeftBehind" ? event.assetIds : []))
        assert.strictEqual(left.length, 1)
        assert.notInclude(left, id)
        assert.strictEqual(fake.storage.content(id).crc32, crc32(content))
      }).pipe(
        Effect.provide(
          layer({
            faults: FaultPlan.combine(
              FaultPlan.nth("assets.create", 0, { _tag: "AnswerLost" }),
              FaultPlan.nth("files.localUpload", 0, { _tag: "AnswerLost" })
            )
          })
        )
      )
    )
  })
}

describe("Upload, over v4, what is its own", () => {
  it.effect("refuses a name without an extension before anything is created", () =>
    Effect.gen(function* () {
      const { fake, folderId } = yield* shots
      const error = yield* Effect.flip(Upload.upload({ ...file, folderId, name: "shot_010_v002" }))
      assert.strictEqual(error._tag, "FrameioInvalidRequest")
      assert.include(error.message, "without an extension")
      assert.strictEqual((yield* fake.counts("files.localUpload")).requests, 0)
    }).pipe(Effect.provide(faces.v4()))
  )

  /** A repository at which the content of a file takes its time, or never comes. */
  const arriving = (states: ReadonlyArray<Repository.Arrival["state"]>) => {
    let looks = 0
    return Effect.updateService(Repository.Repository, (repository) => ({
      ...repository,
      arrival: () =>
        Effect.sync(() => ({ state: states[Math.min(looks++, states.length - 1)] ?? "failed", bytes: undefined }))
    }))
  }

  it.effect("waits until Frame.io has all of it before it is stacked", () =>
    Effect.gen(function* () {
      const { fake, onto } = yield* shots
      const { events, onEvent } = collecting()
      const fiber = yield* Effect.fork(
        Upload.asNextVersion({ ...file, onto, onEvent }).pipe(arriving(["arriving", "arriving", "arrived"]))
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 0)
      yield* TestClock.adjust("1 minute")
      const { file: uploaded } = yield* Fiber.join(fiber)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Processing").length, 1)
      assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(onto)).versions, [onto, uploaded.id])
    }).pipe(Effect.provide(faces.v4()))
  )

  for (const states of [["arriving", "failed"], ["arriving"]] as const) {
    it.effect(`stacks nothing that is ${states.at(-1)} in the end`, () =>
      Effect.gen(function* () {
        const { fake, onto } = yield* shots
        const fiber = yield* Effect.fork(
          Effect.flip(Upload.asNextVersion({ ...file, onto, giveUpAfter: "10 minutes" }).pipe(arriving(states)))
        )
        yield* TestClock.adjust("1 hour")
        assert.instanceOf(yield* Fiber.join(fiber), UploadError.NotArrived)
        assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 0)
      }).pipe(Effect.provide(faces.v4()))
    )
  }
})
