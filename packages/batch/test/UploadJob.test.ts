import { crc32 } from "node:zlib"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type BatchEvent, BatchJob, Ledger, UploadJob, UploadPlan } from "@effect-frameio/batch"
import { Repository, type UploadEvent } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, Storage } from "@effect-frameio/testing"
import { Chunk, Clock, DateTime, Deferred, type Duration, Effect, Fiber, Stream, TestClock } from "effect"
import { faces } from "./faces.js"
import * as Layers from "./layers.js"
import { bytesOf, disk, journals, namesIn, vfx } from "./uploads.js"

const temporary = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fs.makeTempDirectoryScoped(), "job.db")
}).pipe(Effect.provide(NodeContext.layer))

/** A folder with a stack and a file, an evening's work on the disk, and a ledger. */
const evening = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const folder = yield* fake.addFolder({ name: "shots" })
  yield* fake.addFile({ name: "a_v001.mov", parentId: folder })
  const local = disk()
  for (const [index, name] of ["a_v002.mov", "a_v003.mov", "b_v001.mov", "b_v002.mov", "c_v001.mov"].entries()) {
    local.write(name, bytesOf(2500 + index, index + 1))
  }
  return { fake, folder, local, kept: journals(), file: yield* temporary }
})

type Evening = Effect.Effect.Success<typeof evening>

const onLedger = <A, E, R>({ file }: Evening, use: Effect.Effect<A, E, R | Ledger.Ledger>) =>
  Effect.provide(use, Ledger.layer({ file })).pipe(Effect.provide(NodeContext.layer))

/** Plans where there is no plan yet, and runs. */
const job = (
  { folder, kept, local }: Evening,
  options?: Partial<UploadJob.Options<never, never>> & {
    readonly onEvent?: (event: BatchEvent.BatchEvent) => Effect.Effect<void>
  }
) =>
  Effect.gen(function* () {
    if ((yield* UploadJob.files).length === 0) {
      yield* UploadJob.begin(yield* UploadPlan.make(folder, local.files(), vfx, { checksum: local.checksum }))
    }
    const events = yield* UploadJob.run({ contentOf: local.contentOf, journalOf: kept.of, ...options }).pipe(
      Stream.tap((event) => options?.onEvent?.(event) ?? Effect.void),
      Stream.runCollect
    )
    const finished = Chunk.toReadonlyArray(events).findLast((event) => event._tag === "Finished")
    if (finished?._tag !== "Finished") return yield* Effect.dieMessage("the job has no end")
    return { events: Chunk.toReadonlyArray(events), ...finished }
  })

/** Lets time go by while an effect runs, which reads the disk as well. */
const turning = <A, E, R>(effect: Effect.Effect<A, E, R>, step: Duration.DurationInput = "2 seconds") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const turn = Effect.zipRight(
      Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
      TestClock.adjust(step)
    )
    yield* Effect.raceFirst(Fiber.await(fiber), Effect.forever(turn))
    return yield* Fiber.join(fiber)
  })

const inTime = <A, E, R>(it: Evening, use: Effect.Effect<A, E, R | Ledger.Ledger>) => turning(onLedger(it, use))

/** Longer than a change may take to show. */
const JOINING_MILLIS = 300_000

const whole = {
  stacks: [
    ["a_v001.mov", "a_v002.mov", "a_v003.mov"],
    ["b_v001.mov", "b_v002.mov"]
  ],
  loose: ["c_v001.mov"]
}

/** That each file is whole, and each was created once. */
const everyFileOnce = ({ fake, local }: Evening) =>
  Effect.gen(function* () {
    const files = yield* UploadJob.files
    for (const { assetId, path } of files) {
      assert.strictEqual(fake.storage.content(assetId ?? "").crc32, crc32(local.contents.get(path) ?? new Uint8Array()))
    }
    assert.strictEqual(new Set(files.map(({ assetId }) => assetId)).size, local.contents.size)
  })

const smallParts: FakeFrameio.Options = { unknowns: { partSize: 1000 }, v4: { partSize: 1000 } }

for (const { api, within } of faces) {
  describe(`UploadJob, over ${api}`, () => {
    it.scoped("uploads all, stacks each in order, and has nothing left to do", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          const first = yield* inTime(it, Effect.zipLeft(job(it), everyFileOnce(it)))
          assert.deepInclude(first.counts, { links: 5, confirmed: 5, failed: 0, skipped: 0, notSent: 0 })
          assert.strictEqual(first.events.filter((one) => one._tag === "Confirmed" && one.how === "uploaded").length, 2)
          assert.deepStrictEqual(yield* namesIn(it.folder), whole)
          assert.strictEqual(it.kept.kept.size, 0)
          const { requests } = yield* it.fake.counts()
          const second = yield* inTime(it, job(it))
          assert.deepInclude(second.counts, { links: 5, confirmed: 5, before: 5, sent: 0 })
          assert.strictEqual((yield* it.fake.counts()).requests, requests)
        }),
        smallParts
      )
    )

    it.scoped("is looked at and reported like any other", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          yield* inTime(it, job(it))
          const { counts, rows } = yield* onLedger(
            it,
            Effect.flatMap(Ledger.Ledger, (ledger) =>
              Effect.all({ counts: ledger.counts, rows: Stream.runCollect(ledger.rows) })
            )
          )
          assert.deepInclude(counts, { total: 5, confirmed: 5, already: 0 })
          assert.deepStrictEqual(
            Chunk.toReadonlyArray(rows).map(({ how, name, stack }) => [name, stack, how === "uploaded"]),
            [
              ["a_v002.mov", "a", false],
              ["a_v003.mov", "a", false],
              ["b_v001.mov", "b", true],
              ["b_v002.mov", "b", false],
              ["c_v001.mov", null, true]
            ]
          )
          for (const { nextAssetId } of rows) assert.match(nextAssetId, /^[0-9a-f-]{36}$/)
        }),
        smallParts
      )
    )

    it.scoped("is undone like any other, and deletes what it has uploaded when it is asked to", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          yield* inTime(it, job(it))
          const kept = yield* inTime(it, UploadJob.removeUploads)
          assert.deepStrictEqual([kept.removed.map(({ name }) => name), kept.kept.length], [["c_v001.mov"], 4])
          const undone = yield* inTime(it, Stream.runCollect(BatchJob.undo()))
          const last = Chunk.unsafeLast(undone)
          assert.deepInclude(last._tag === "Finished" ? last.counts : {}, { confirmed: 4, before: 1, failed: 0 })
          const names = ["a_v001.mov", "a_v002.mov", "a_v003.mov", "b_v001.mov", "b_v002.mov"]
          assert.deepStrictEqual(yield* namesIn(it.folder), { stacks: [], loose: names })
          const { removed } = yield* inTime(it, UploadJob.removeUploads)
          assert.strictEqual(removed.length, 4)
          assert.deepStrictEqual(yield* namesIn(it.folder), { stacks: [], loose: ["a_v001.mov"] })
          assert.strictEqual((yield* Effect.flip(inTime(it, job(it))))._tag, "LedgerError")
        }),
        { ...smallParts, unknowns: { ...smallParts.unknowns, lastVersion: "dissolve" } }
      )
    )

    it.scoped("leaves out a file that has changed, and what would go above it, and goes on with the others", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          const { contentOf } = it.local
          const { counts, events } = yield* onLedger(
            it,
            job(it, {
              contentOf: (file) =>
                file.name === "a_v002.mov"
                  ? { ...contentOf(file), identity: Effect.succeed("another") }
                  : contentOf(file)
            })
          )
          assert.deepInclude(counts, { links: 5, confirmed: 3, failed: 1, skipped: 1, notSent: 0 })
          const failed = events.find((one) => one._tag === "Failed")
          assert.include(failed?._tag === "Failed" ? failed.message : "", "was changed or replaced")
          const { loose, stacks } = yield* namesIn(it.folder)
          assert.deepStrictEqual(stacks, [["b_v001.mov", "b_v002.mov"]])
          assert.include(loose, "a_v001.mov")
          const again = yield* inTime(it, job(it))
          assert.deepInclude(again.counts, { links: 5, confirmed: 3, before: 3, failed: 1, skipped: 1 })
          const mended = yield* inTime(it, job(it, { retryFailed: true }))
          assert.deepInclude(mended.counts, { links: 5, confirmed: 5, failed: 0, skipped: 0 })
          assert.deepStrictEqual(yield* namesIn(it.folder), whole)
        }),
        smallParts
      )
    )

    // Until a word, not until a time: the clock goes on as well while the disk is read.
    let isAway = true

    it.scoped("stops when nothing gets through to the storage, and goes on with the next run", () =>
      within(
        Effect.gen(function* () {
          isAway = true
          const it = yield* evening
          const first = yield* turning(onLedger(it, job(it, { giveUpAfter: "1 minute" })), "10 seconds")
          assert.include(first.stopped ?? "", "Nothing can be uploaded")
          assert.isAbove(first.counts.failed, 0)
          isAway = false
          const { counts } = yield* inTime(it, job(it))
          assert.deepInclude(counts, { links: 5, confirmed: 5, failed: 0 })
          assert.deepStrictEqual(yield* namesIn(it.folder), whole)
        }),
        {
          ...smallParts,
          faults: FaultPlan.when(({ endpoint }) => endpoint === Storage.ENDPOINT && isAway, {
            _tag: "ConnectionRefused"
          })
        }
      )
    )

    const moments: ReadonlyArray<
      readonly [string, (event: UploadEvent.UploadEvent | BatchEvent.BatchEvent) => boolean]
    > = [
      ["the create call was answered", ({ _tag }) => _tag === "Created"],
      ["a part is there", (event) => event._tag === "Progress" && "partsDone" in event && event.partsDone === 1],
      ["all parts are there", ({ _tag }) => _tag === "Uploaded"],
      ["a version call was sent", ({ _tag }) => _tag === "Sent"],
      ["a version is on its stack", ({ _tag }) => _tag === "Confirmed"]
    ]
    for (const [what, is] of moments) {
      it.scoped(`goes on after an end where ${what}, with each file once`, () =>
        within(
          Effect.gen(function* () {
            const it = yield* evening
            for (let nth = 1; nth <= 3; nth++) {
              const reached = yield* Deferred.make<void>()
              let seen = 0
              const end = (event: UploadEvent.UploadEvent | BatchEvent.BatchEvent): Effect.Effect<void> =>
                is(event) && ++seen === nth
                  ? Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
                  : Effect.void
              const fiber = yield* Effect.fork(
                inTime(it, job(it, { onUpload: (_, event) => end(event), onEvent: end }))
              )
              yield* turning(Effect.raceFirst(Deferred.await(reached), Fiber.await(fiber)))
              yield* Fiber.interrupt(fiber)
            }
            const { counts } = yield* turning(onLedger(it, Effect.zipLeft(job(it), everyFileOnce(it))))
            assert.deepInclude(counts, { links: 5, confirmed: 5, failed: 0, skipped: 0 })
            assert.deepStrictEqual(yield* namesIn(it.folder), whole)
          }),
          smallParts
        )
      )
    }

    it.scoped("clears the journals of a run that was killed before it could", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          const journalOf = (file: UploadPlan.LocalFile) => ({ ...it.kept.of(file), clear: Effect.void })
          yield* turning(onLedger(it, job(it, { journalOf })))
          assert.isAbove(it.kept.kept.size, 0)
          yield* turning(onLedger(it, job(it)))
          assert.strictEqual(it.kept.kept.size, 0)
        }),
        smallParts
      )
    )

    it.scoped("deletes what a killed run has created and not written down", () =>
      within(
        Effect.gen(function* () {
          const it = yield* evening
          const reached = yield* Deferred.make<void>()
          const begin = () => Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
          const journalOf = (file: UploadPlan.LocalFile) => ({ ...it.kept.of(file), begin })
          const fiber = yield* Effect.fork(onLedger(it, job(it, { journalOf, parts: 1 })))
          yield* Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
          assert.include((yield* namesIn(it.folder)).loose, "a_v002.mov")
          yield* turning(onLedger(it, job(it)))
          assert.deepStrictEqual(yield* namesIn(it.folder), whole)
        }),
        smallParts
      )
    )
  })
}

describe("UploadJob, over V4, where parts are joined after the last has come", () => {
  it.scoped("stacks no file before it has its content", () =>
    Effect.gen(function* () {
      const it = yield* evening
      const repository = yield* Repository.Repository
      const until = (yield* Clock.currentTimeMillis) + JOINING_MILLIS
      const isJoining = Effect.map(Clock.currentTimeMillis, (now) => now < until)
      const slow: Repository.Service = {
        ...repository,
        get: (id) =>
          Effect.zipWith(repository.get(id), isJoining, (item, is) =>
            is && item._tag === "File" && item.name !== "a_v001.mov" ? { ...item, arrived: false } : item
          ),
        arrival: (id) =>
          Effect.zipWith(repository.arrival(id), isJoining, (arrival, is) =>
            is ? { ...arrival, state: "arriving" } : arrival
          )
      }
      const { counts, events } = yield* Effect.provideService(inTime(it, job(it)), Repository.Repository, slow)
      assert.deepInclude(counts, { confirmed: 5, failed: 0, skipped: 0 })
      assert.deepStrictEqual(yield* namesIn(it.folder), whole)
      const sent = events.flatMap((event) => (event._tag === "Sent" ? [DateTime.toEpochMillis(event.at)] : []))
      assert.isAtLeast(Math.min(...sent), until)
    }).pipe(Effect.provide(Layers.v4()))
  )
})
