import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  BatchEstimate,
  type BatchEvent,
  BatchJob,
  BatchProgress,
  BatchRunner,
  Ledger,
  LinkError,
  PlanCheck,
  VersionPlan
} from "@effect-frameio/batch"
import { type Asset, FrameioError } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Array as Arr, Chunk, Clock, DateTime, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import * as Layers from "./layers.js"
import { storeOf, undo } from "./store.js"

const unlimited: FakeFrameio.Options = { limits: RateLimiter.unlimited }

/** Lets time pass until an effect is done: the printed limits hold where the fake tells none. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("12 hours")
    return yield* Fiber.join(fiber)
  })

const shot = (name: string, count: number, parentId?: Asset.AssetId) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const parent = parentId ?? (yield* fake.addFolder({ name: "shots" }))
    const files = yield* Effect.forEach(Arr.range(1, count), (n) =>
      fake.addFile({ name: `${name}_v${n}.mov`, parentId: parent })
    )
    const [target, ...rest] = files
    assert(target !== undefined)
    return { parent, files, target, rest }
  })

const pairs = (target: Asset.AssetId, rest: ReadonlyArray<Asset.AssetId>, fields?: Readonly<Record<string, string>>) =>
  rest.map((nextAssetId) => ({ assetId: target, nextAssetId, fields }))

const run = (all: ReadonlyArray<VersionPlan.Pair>, options?: BatchRunner.Options) =>
  inTime(
    Effect.flatMap(VersionPlan.fromPairs(all), (plan) =>
      Effect.map(Stream.runCollect(BatchRunner.run(plan, options)), Chunk.toReadonlyArray)
    )
  )

const versionsOf = (id: Asset.AssetId) =>
  Effect.flatMap(FakeFrameio.FakeFrameio, (fake) =>
    Effect.map(
      fake.stackOf(id),
      Option.match({ onNone: (): ReadonlyArray<Asset.AssetId> => [], onSome: ({ versions }) => versions })
    )
  )

const countsOf = (events: ReadonlyArray<BatchEvent.BatchEvent>) => events.reduce(BatchProgress.add, BatchProgress.empty)

const tagsOf = (events: ReadonlyArray<BatchEvent.BatchEvent>, line: number) =>
  events.flatMap((event) => ("line" in event && event.line === line ? [event._tag] : []))

const failuresOf = (events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  events.flatMap((event) => (event._tag === "Failed" ? [LinkError.tagOf(event.error)] : []))

const applied = Effect.map(
  Effect.flatMap(FakeFrameio.FakeFrameio, (fake) => fake.requests),
  (all) => all.filter((one) => one.applied).length
)

describe("a refusal over v2", () => {
  it.effect("names the one rule that was broken, where reading shows it", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const parentId = yield* fake.addFolder({ name: "shots" })
      const file = (name: string, assetType: "stream" | "image" = "stream") =>
        fake.addFile({ name, parentId, assetType })
      const [one, two, three, four, five] = yield* Effect.all([
        file("a.mov"),
        file("b.mov"),
        file("c.mov"),
        file("d.mov"),
        file("e.mov")
      ])
      const still = yield* file("still.png", "image")
      const [sub, other] = yield* Effect.all([
        fake.addFolder({ name: "sub", parentId }),
        fake.addFolder({ name: "other", parentId })
      ])
      yield* run(pairs(four, [five]))
      const events = yield* run([
        ...pairs(one, [still]),
        ...pairs(two, [sub]),
        ...pairs(other, [three]),
        ...pairs(yield* file("f.mov"), [five])
      ])
      const said = events.flatMap((event) => (event._tag === "Failed" ? [LinkError.explanationOf(event.error)] : []))
      assert.deepStrictEqual(said, [
        '"still.png" is of the type image, and "a.mov" of the type stream: only files of one type are stacked.',
        '"sub" is a folder, and only files become versions.',
        '"other" is a folder, and only files and stacks get versions.',
        '"e.mov" is on another stack already, "e.mov".'
      ])
    }).pipe(Effect.provide(Layers.v2(unlimited)))
  )
})

for (const { grow, layer: given, make, name } of Layers.variants) {
  const layer = (options?: FakeFrameio.Options) =>
    given({ ...unlimited, client: { retry: { readRetries: 0 } }, ...options })

  describe(`a job over ${name}`, () => {
    it.effect("stacks chains of all lengths, from other folders too, and finds nothing to do a second time", () =>
      Effect.gen(function* () {
        const long = yield* shot("long", 14)
        const short = yield* shot("short", 2, long.parent)
        const fake = yield* FakeFrameio.FakeFrameio
        const far = yield* fake.addFile({ name: "short_v3.mov" })
        const all = [...pairs(long.target, long.rest), ...pairs(short.target, [...short.rest, far])]
        const events = yield* run(all)
        assert.deepInclude(countsOf(events), { links: 15, confirmed: 15, failed: 0, skipped: 0 })
        assert.deepStrictEqual(yield* versionsOf(long.target), long.files)
        assert.deepStrictEqual(yield* versionsOf(short.target), [...short.files, far])
        const before = yield* applied
        assert.deepInclude(countsOf(yield* run(all, { lookFirst: true })), { confirmed: 15, already: 15, sent: 0 })
        assert.strictEqual(yield* applied, before)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("reads as much as is estimated of a plan that names its targets", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { abilities } = yield* Repository.Repository
        const made = yield* shot("a", 3)
        const grown = yield* shot("b", 2)
        yield* run(pairs(grown.target, grown.rest))
        const stackId = Option.getOrThrow(yield* fake.stackOf(grown.target)).id
        const more = yield* Effect.forEach([3, 4, 5], (n) =>
          fake.addFile({ name: `b_v${n}.mov`, parentId: grown.parent })
        )
        const [cover = ""] = grown.rest
        const all = [
          ...pairs(made.target, made.rest, { target_type: "file", target_folder_id: made.parent }),
          ...pairs(stackId, more, { target_type: "version_stack", target_cover_id: cover })
        ]
        const { chains } = yield* VersionPlan.fromPairs(all)
        const estimated = chains
          .map((chain) => BatchEstimate.readsOf(chain, abilities))
          .reduce((sum, { files, stacks }) => sum + files + stacks, 0)
        const before = (yield* fake.requests).length
        yield* run(all)
        const reads = (yield* fake.requests).slice(before).filter(({ applied }) => !applied).length
        assert.isAtLeast(reads, estimated)
        assert.isAtMost(reads, estimated + chains.length)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("puts versions on a stack, and on the stack that a file turns out to be in", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { files, rest, target } = yield* shot("a", 3)
        yield* run(pairs(target, rest))
        const stackId = Option.getOrThrow(yield* fake.stackOf(target)).id
        const four = yield* fake.addFile({ name: "a_v4.mov" })
        const five = yield* fake.addFile({ name: "a_v5.mov" })
        assert.deepInclude(countsOf(yield* run(pairs(stackId, [four]))), { confirmed: 1 })
        assert.deepInclude(countsOf(yield* run(pairs(target, [five]))), { confirmed: 1 })
        assert.deepStrictEqual(yield* versionsOf(target), [...files, four, five])
      }).pipe(Effect.provide(layer()))
    )

    for (const endpoint of new Set([make, grow])) {
      for (const [what, fault] of [
        ["an answer that is lost", { _tag: "AnswerLost" }],
        ["a request that is lost", { _tag: "RequestLost" }],
        ["an error after the change", { _tag: "ErrorAfter", status: 500 }],
        ["an error before the change", { _tag: "ErrorBefore", status: 500 }]
      ] as const) {
        it.effect(`makes every version once and in order after ${what} of ${endpoint}`, () =>
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const { files, rest, target } = yield* shot("a", 12)
            assert.deepInclude(countsOf(yield* run(pairs(target, rest))), { confirmed: 11, failed: 0 })
            assert.deepStrictEqual(yield* versionsOf(target), files)
            const journal = yield* fake.requests
            assert.lengthOf(
              journal.filter(({ fault: had }) => had !== undefined),
              1
            )
          }).pipe(Effect.provide(layer({ faults: FaultPlan.nth(endpoint, 0, fault) })))
        )
      }
    }

    it.effect("takes a version from nobody's stack, and leaves what comes behind it", () =>
      Effect.gen(function* () {
        const theirs = yield* shot("theirs", 2)
        yield* run(pairs(theirs.target, theirs.rest))
        const { files, rest, target } = yield* shot("a", 4)
        const events = yield* run(pairs(target, [...rest.slice(0, 1), ...theirs.rest, ...rest.slice(1)]))
        assert.deepStrictEqual(yield* versionsOf(target), files.slice(0, 2))
        assert.deepStrictEqual(yield* versionsOf(theirs.target), theirs.files)
        assert.deepStrictEqual(failuresOf(events), ["FrameioAlreadyElsewhere"])
        assert.deepInclude(countsOf(events), { confirmed: 1, failed: 1, skipped: 2 })
      }).pipe(Effect.provide(layer()))
    )

    it.effect("keeps a chain back behind a version that is gone", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { files, rest, target } = yield* shot("a", 5)
        fake.world.remove(rest[2] ?? "")
        const events = yield* run(pairs(target, rest))
        assert.deepStrictEqual(yield* versionsOf(target), files.slice(0, 3))
        assert.deepStrictEqual(failuresOf(events), ["FrameioNotFound"])
        assert.deepInclude(countsOf(events), { confirmed: 2, failed: 1, skipped: 1 })
        assert.deepStrictEqual(tagsOf(events, 4), ["Skipped"])
      }).pipe(Effect.provide(layer()))
    )

    it.effect("leaves a target alone that has changed since the plan was made", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const stacked = yield* shot("stacked", 2)
        yield* run(pairs(stacked.target, stacked.rest))
        const grown = yield* shot("grown", 3)
        yield* run(pairs(grown.target, grown.rest))
        const stackId = Option.getOrThrow(yield* fake.stackOf(grown.target)).id
        const loose = yield* shot("loose", 2)
        const next = yield* shot("next", 2)
        const before = yield* applied
        const events = yield* run([
          ...pairs(stacked.target, next.files.slice(0, 1), {
            target_type: "file",
            target_folder_id: stacked.parent
          }),
          ...pairs(stackId, next.files.slice(1), {
            target_type: "version_stack",
            target_cover_id: grown.rest[0] ?? ""
          }),
          ...pairs(loose.target, loose.rest, { target_type: "file", target_folder_id: loose.parent })
        ])
        assert.deepStrictEqual(failuresOf(events), ["FrameioTargetChanged", "FrameioTargetChanged"])
        assert.deepStrictEqual(yield* versionsOf(loose.target), loose.files)
        assert.strictEqual(yield* applied, before + 1)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("leaves a link as it is recorded where its undo cannot read", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { rest, target } = yield* shot("a", 2)
        const store = storeOf(yield* VersionPlan.fromPairs(pairs(target, rest)))
        const [row] = store.rows
        assert(row !== undefined)
        // As an earlier run has left it.
        store.rows[0] = { ...row, state: "sent", sent_to: target }
        fake.world.remove(rest[0] ?? "")
        yield* inTime(undo(store))
        assert.strictEqual(store.rows[0]?.state, "sent")
      }).pipe(Effect.provide(layer()))
    )

    it.scoped("goes on from its ledger, verifies it, and takes everything out again", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const file = path.join(yield* fs.makeTempDirectoryScoped(), "job.db")
        const long = yield* shot("long", 13)
        const short = yield* shot("short", 2)
        const all = [...pairs(long.target, long.rest), ...pairs(short.target, short.rest)]
        const on = <A, E, R>(work: Effect.Effect<A, E, R>) =>
          Effect.scoped(
            Effect.gen(function* () {
              const ledger = yield* Ledger.make({ file })
              return yield* inTime(Effect.provideService(work, Ledger.Ledger, ledger))
            })
          )
        const counted = <E, R>(events: Stream.Stream<BatchEvent.BatchEvent, E, R>) =>
          Stream.runFold(events, BatchProgress.empty, BatchProgress.add)
        const job = (options?: BatchJob.Options) =>
          Effect.flatMap(Ledger.Ledger, (ledger) =>
            Effect.zipRight(ledger.takePairs(Stream.fromIterable(all)), counted(BatchJob.run(options)))
          )
        assert.deepInclude(yield* on(job()), { links: 13, confirmed: 13, before: 0 })
        const before = yield* applied
        assert.deepInclude(yield* on(job()), { confirmed: 13, before: 13, sent: 0 })
        assert.deepInclude(yield* on(job({ lookFirst: true })), { confirmed: 13, already: 13, sent: 0 })
        assert.strictEqual(yield* applied, before)
        assert.deepInclude(yield* on(counted(BatchJob.undo())), { links: 13, confirmed: 13, failed: 0 })
        for (const id of [...long.files, ...short.files]) assert.deepStrictEqual(yield* versionsOf(id), [])
        const fake = yield* FakeFrameio.FakeFrameio
        for (const id of long.files) assert.strictEqual(fake.world.get(id)?.parentId, long.parent)
      }).pipe(Effect.provide(Layer.merge(layer(), NodeContext.layer)))
    )
  })
}

for (const { layer, name } of Layers.apis) {
  describe(`a stack, over ${name}`, () => {
    it.effect("is taken apart also where its last request arrives after that has begun", () =>
      Effect.gen(function* () {
        const repository = yield* Repository.Repository
        const { files, rest, target } = yield* shot("a", 2)
        const [next] = rest
        assert(next !== undefined)
        const onto = yield* inTime(repository.get(target))
        assert(onto._tag === "File")
        const chain: VersionPlan.StackedChain = {
          index: 0,
          target,
          stack: undefined,
          madeStack: true,
          firstLine: 1,
          links: [{ line: 1, assetId: target, nextAssetId: next, fields: undefined, mayArrive: true }]
        }
        const events = yield* inTime(
          Effect.zipRight(
            Effect.fork(Effect.delay(repository.stack({ onto, files: [next] }), "3 seconds")),
            Effect.map(Stream.runCollect(BatchRunner.undoChains(Stream.make(chain))), Chunk.toReadonlyArray)
          )
        )
        assert.include(tagsOf(events, 1), "Undoing")
        for (const id of files) assert.deepStrictEqual(yield* versionsOf(id), [])
      }).pipe(Effect.provide(layer()))
    )
  })

  describe(`the ids of a plan, over ${name}`, () => {
    it.effect("are looked for in the folders that it tells, and one by one else; all that are missing are told", () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { parent, rest, target } = yield* shot("a", 4)
        const far = yield* shot("far", 2)
        const gone = yield* shot("gone", 3)
        for (const id of gone.files.slice(1)) fake.world.remove(id)
        const plan = yield* VersionPlan.fromPairs([
          ...pairs(target, rest, { target_type: "file", target_folder_id: parent }),
          ...pairs(far.target, far.rest),
          ...pairs(gone.target, gone.rest)
        ])
        const before = (yield* fake.requests).length
        const missing = yield* inTime(PlanCheck.missing(Stream.fromIterable(plan.chains)))
        assert.deepStrictEqual(
          missing.map(({ assetId, line }): readonly [number, string | undefined] => [line, assetId]),
          [
            [5, gone.files[1]],
            [6, gone.files[2]]
          ]
        )
        const asked = (yield* fake.requests).slice(before)
        assert.isTrue(asked.every(({ assetIds }) => !rest.some((id) => assetIds.includes(id))))
        assert.isFalse(asked.some((one) => one.applied))
      }).pipe(Effect.provide(layer(unlimited)))
    )
  })
}

describe("a job over V4", () => {
  const v4 = (options?: FakeFrameio.Options) => Layers.v4({ ...unlimited, ...options })

  const withFile = <A, E, R>(work: (file: string) => Effect.Effect<A, E, R>) =>
    Effect.flatMap(FileSystem.FileSystem, (fs) =>
      Effect.flatMap(fs.makeTempDirectoryScoped(), (folder) => work(`${folder}/job.db`))
    )

  it.scoped("goes on over the API that it was begun on, and over no other", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const { rest, target } = yield* shot("a", 2)
        const ledger = yield* Ledger.make({ file })
        yield* ledger.takePairs(Stream.fromIterable(pairs(target, rest)))
        const job = Effect.provideService(Stream.runDrain(BatchJob.run()), Ledger.Ledger, ledger)
        yield* inTime(job)
        const error = yield* Effect.flip(Effect.provide(job, Layers.v2(unlimited)))
        assert.deepInclude(error, { _tag: "LedgerError", reason: "OtherApi" })
        assert.include(error.message, "begun on v4")
      })
    ).pipe(Effect.provide(Layer.merge(v4(), NodeContext.layer)))
  )

  it.scoped("takes out again what was stacked and is not on top", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const { files, rest, target } = yield* shot("a", 12)
        const ledger = yield* Ledger.make({ file })
        yield* ledger.takePairs(Stream.fromIterable(pairs(target, rest)))
        const counted = (events: ReturnType<typeof BatchJob.run>) =>
          inTime(
            Effect.provideService(Stream.runFold(events, BatchProgress.empty, BatchProgress.add), Ledger.Ledger, ledger)
          )
        assert.deepInclude(yield* counted(BatchJob.run()), { confirmed: 9, failed: 1, skipped: 1 })
        assert.deepInclude(yield* counted(BatchJob.undo()), { links: 10, confirmed: 10, failed: 0 })
        for (const id of files) assert.deepStrictEqual(yield* versionsOf(id), [])
      })
    ).pipe(Effect.provide(Layer.merge(v4({ v4: { movedFilePlace: "bottom", reorder: "absent" } }), NodeContext.layer)))
  )

  it.scoped("takes out what is not on top also if it was to be tried again, and never was", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const { files, rest, target } = yield* shot("a", 12)
        const ledger = yield* Ledger.make({ file })
        yield* ledger.takePairs(Stream.fromIterable(pairs(target, rest)))
        const counted = (events: ReturnType<typeof BatchJob.run>) =>
          inTime(
            Effect.provideService(Stream.runFold(events, BatchProgress.empty, BatchProgress.add), Ledger.Ledger, ledger)
          )
        assert.deepInclude(yield* counted(BatchJob.run()), { confirmed: 9, failed: 1, skipped: 1 })
        yield* counted(BatchJob.run({ retryFailed: true, stop: Effect.void }))
        assert.deepInclude(yield* ledger.counts, { confirmed: 9, planned: 2, failed: 0 })
        assert.deepInclude(yield* counted(BatchJob.undo()), { links: 10, confirmed: 10, failed: 0 })
        for (const id of files) assert.deepStrictEqual(yield* versionsOf(id), [])
      })
    ).pipe(Effect.provide(Layer.merge(v4({ v4: { movedFilePlace: "bottom", reorder: "absent" } }), NodeContext.layer)))
  )

  it.effect("begins with the longest chains, and draws on both limits at once", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const stacked = yield* Effect.forEach(Arr.range(1, 3), (n) => shot(`stack_${n}`, 2))
      yield* run(stacked.flatMap(({ rest, target }) => pairs(target, rest)))
      const short = yield* Effect.forEach(Arr.range(1, 30), (n) => shot(`short_${n}`, 2))
      const long = yield* shot("long", 30)
      const more = yield* Effect.forEach(stacked, ({ target }) =>
        Effect.map(shot("more", 4), ({ files }) => ({ target, files }))
      )
      const begun = (yield* fake.requests).length
      yield* run([
        ...short.flatMap(({ rest, target }) => pairs(target, rest)),
        ...more.flatMap(({ files, target }) => pairs(target, files)),
        ...pairs(long.target, long.rest)
      ])
      const requests = (yield* fake.requests).slice(begun)
      const changes = requests.filter((one) => one.applied)
      const creates = changes.filter(({ endpoint }) => endpoint === "versionStacks.create")
      const moves = changes.filter(({ endpoint }) => endpoint === "files.move")
      const at = (one: (typeof changes)[number] | undefined) => one?.atMillis ?? 0
      const first = at(creates[0])
      assert.lengthOf(creates, 31)
      assert.lengthOf(moves, 12 + 20)
      // All moves are done while creates wait for their limit.
      assert.isBelow(at(moves.at(-1)) - first, 20_000)
      assert.isAtMost(at(creates.at(-1)) - first, 21 * 6000 * 1.01)
      assert.strictEqual(requests.filter((one) => one.status === 429).length, 0)
    }).pipe(Effect.provide(Layers.v4()))
  )

  for (const createdStackable of ["allow", "refuse"] as const) {
    it.effect(
      `stacks what is below a file without content, and says why not more (V4 would ${createdStackable} it)`,
      () =>
        Effect.gen(function* () {
          const fake = yield* FakeFrameio.FakeFrameio
          const repository = yield* Repository.Repository
          const { files, parent, rest, target } = yield* shot("a", 3)
          const late = yield* repository.create({
            folderId: parent,
            name: "a_v4.mov",
            bytes: 10,
            mediaType: "video/mp4"
          })
          const above = yield* fake.addFile({ name: "a_v5.mov", parentId: parent })
          const before = yield* applied
          const events = yield* run(pairs(target, [...rest, late.id, above]))
          assert.deepStrictEqual(yield* versionsOf(target), files)
          assert.strictEqual(yield* applied, before + 1)
          assert.deepStrictEqual(failuresOf(events), ["FrameioWithoutContent"])
          assert.deepStrictEqual(tagsOf(events, 3), [...Arr.replicate("Waiting", 5), "Failed"])
          assert.deepStrictEqual(tagsOf(events, 4), ["Skipped"])
          const onto = yield* run(pairs(late.id, [above]))
          assert.deepStrictEqual(failuresOf(onto), ["FrameioWithoutContent"])
          assert.strictEqual(yield* applied, before + 1)
        }).pipe(Effect.provide(v4({ v4: { createdStackable } })))
    )
  }

  it.effect("puts a stack's order back also where the call that changes it arrives after that has begun", () =>
    Effect.gen(function* () {
      const repository = yield* Repository.Repository
      const { files, rest, target } = yield* shot("a", 3)
      yield* run(pairs(target, rest))
      const [lowest] = files
      const stack = Option.getOrThrow(yield* Effect.flatMap(FakeFrameio.FakeFrameio, (fake) => fake.stackOf(target)))
      assert(lowest !== undefined && repository.raise !== undefined)
      const link = { line: 1, assetId: stack.id, nextAssetId: lowest, fields: undefined, order: files, mayArrive: true }
      const chain: VersionPlan.StackedChain = {
        index: 0,
        target: stack.id,
        stack: stack.id,
        madeStack: false,
        firstLine: 1,
        links: [link]
      }
      const events = yield* inTime(
        Effect.zipRight(
          Effect.fork(Effect.delay(repository.raise({ stackId: stack.id, file: lowest }), "3 seconds")),
          Effect.map(Stream.runCollect(BatchRunner.undoChains(Stream.make(chain))), Chunk.toReadonlyArray)
        )
      )
      assert.deepStrictEqual(tagsOf(events, 1), ["Undoing", "Undone"])
      assert.deepStrictEqual(yield* versionsOf(target), files)
    }).pipe(Effect.provide(v4()))
  )

  it.effect("waits no longer for the content of a file whose upload has failed", () =>
    Effect.gen(function* () {
      const { parent, rest, target } = yield* shot("a", 2)
      const repository = yield* Repository.Repository
      const late = yield* repository.create({ folderId: parent, name: "a_v3.mov", bytes: 10, mediaType: "video/mp4" })
      const odd: Repository.Service = {
        ...repository,
        arrival: () => Effect.succeed({ state: "failed", bytes: undefined })
      }
      const events = yield* Effect.provideService(run(pairs(target, [late.id, ...rest])), Repository.Repository, odd)
      assert.deepStrictEqual([tagsOf(events, 1), tagsOf(events, 2)], [["Failed"], ["Skipped"]])
    }).pipe(Effect.provide(v4()))
  )

  it.effect("waits a little for the content of a file that was just uploaded", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const repository = yield* Repository.Repository
      const { files, parent, rest, target } = yield* shot("a", 2)
      const late = yield* repository.create({ folderId: parent, name: "a_v3.mov", bytes: 10, mediaType: "video/mp4" })
      const url = Arr.map(late.parts, (part) => Redacted.value(part.url))[0] ?? ""
      yield* Effect.fork(
        Effect.delay(
          Effect.sync(() => fake.world.uploads.received(url, 4000)),
          "4 seconds"
        )
      )
      assert.deepInclude(countsOf(yield* run(pairs(target, [...rest, late.id]))), { confirmed: 2, failed: 0 })
      assert.deepStrictEqual(yield* versionsOf(target), [...files, late.id])
    }).pipe(Effect.provide(v4()))
  )

  it.effect("holds nothing up for files without content, however many", () =>
    Effect.gen(function* () {
      const repository = yield* Repository.Repository
      const shots = yield* Effect.forEach(Arr.range(1, 60), (n) => shot(`s${n}`, 2))
      const pairsOf = yield* Effect.forEach(shots, ({ parent, rest, target }, n) =>
        n >= 50
          ? Effect.succeed(pairs(target, rest))
          : Effect.map(
              inTime(repository.create({ folderId: parent, name: `s${n}_v9.mov`, bytes: 10, mediaType: "video/mp4" })),
              ({ id }) => pairs(target, [id])
            )
      )
      const begun = yield* Clock.currentTimeMillis
      const events = yield* run(pairsOf.flat())
      assert.deepInclude(countsOf(events), { confirmed: 10, failed: 50 })
      const ended = events
        .filter(({ _tag }) => _tag === "Confirmed")
        .map(({ at }) => DateTime.toEpochMillis(at) - begun)
      // What reading all of them takes; a wait for each in one of the lanes would take two minutes.
      assert.isBelow(Math.max(...ended), 60_000)
    }).pipe(Effect.provide(v4()))
  )

  it.effect("takes a list that is not whole for an answer, and no outage", () =>
    Effect.gen(function* () {
      const { rest, target } = yield* shot("a", 2)
      const repository = yield* Repository.Repository
      const odd: Repository.Service = {
        ...repository,
        versions: () => new FrameioError.ListIncomplete({ endpoint: "versionStacks.children", seen: 1 })
      }
      const events = yield* Effect.provideService(run(pairs(target, rest)), Repository.Repository, odd)
      assert.deepStrictEqual(
        events.flatMap(({ _tag }) => (_tag === "Paused" ? [_tag] : [])),
        []
      )
      assert.deepStrictEqual(failuresOf(events), ["FrameioTransportError"])
    }).pipe(Effect.provide(v4({ faults: FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" }) })))
  )

  it.effect("makes a stack of ten files by one request, and says so of each link", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { files, rest, target } = yield* shot("a", 12)
      const events = yield* run(pairs(target, rest))
      assert.deepStrictEqual(yield* versionsOf(target), files)
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 1)
      assert.strictEqual((yield* fake.counts("files.move")).requests, 2)
      for (const line of Arr.range(1, 11)) assert.deepStrictEqual(tagsOf(events, line), ["Sent", "Confirmed"])
    }).pipe(Effect.provide(v4()))
  )

  for (const [what, faults] of [
    ["", FaultPlan.none],
    [
      ", also where the answer to the new stack was lost",
      FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" })
    ]
  ] as const) {
    it.effect(`puts versions on top that V4 has put elsewhere${what}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { files, rest, target } = yield* shot("a", 13)
        assert.deepInclude(countsOf(yield* run(pairs(target, rest))), { confirmed: 12, failed: 0 })
        assert.deepStrictEqual(yield* versionsOf(target), files)
        assert.strictEqual((yield* fake.counts("versionStacks.reorder")).requests, 3)
      }).pipe(Effect.provide(v4({ faults, v4: { movedFilePlace: "bottom" } })))
    )
  }

  it.effect("waits for a version to show on top once, and not again where V4 is known to put them elsewhere", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { files, rest, target } = yield* shot("a", 13)
      assert.deepInclude(countsOf(yield* run(pairs(target, rest))), { confirmed: 12, failed: 0 })
      assert.deepStrictEqual(yield* versionsOf(target), files)
      const at = (endpoint: FaultPlan.EndpointName) => fake.journal.of(endpoint).map(({ sequence }) => sequence)
      const [moves, looks, raises] = [at("files.move"), at("versionStacks.show"), at("versionStacks.reorder")]
      const between = moves.map((move, n) => looks.filter((look) => look > move && look < (raises[n] ?? 0)).length)
      assert.lengthOf(raises, 3)
      assert.isAtLeast(between[0] ?? 0, 5)
      assert.deepStrictEqual(between.slice(1), [1, 1])
    }).pipe(Effect.provide(v4({ v4: { movedFilePlace: "bottom", readAfterWriteMillis: 5000 } })))
  )

  it.effect("keeps the rest back where it cannot", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { rest, target } = yield* shot("a", 13)
      const events = yield* run(pairs(target, rest))
      assert.deepStrictEqual(failuresOf(events), ["FrameioNotOnTop"])
      assert.deepInclude(countsOf(events), { confirmed: 9, failed: 1, skipped: 2 })
      assert.strictEqual((yield* fake.counts("files.move")).requests, 1)
    }).pipe(Effect.provide(v4({ v4: { movedFilePlace: "bottom", reorder: "absent" } })))
  )

  it.effect("believes neither an old state nor that nothing was done before it has looked twice", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { files, rest, target } = yield* shot("a", 12)
      assert.deepInclude(countsOf(yield* run(pairs(target, rest))), { confirmed: 11, failed: 0 })
      assert.deepStrictEqual(yield* versionsOf(target), files)
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 1)
      assert.strictEqual((yield* fake.counts("versionStacks.reorder")).requests, 0)
    }).pipe(
      Effect.provide(
        v4({
          v4: { readAfterWriteMillis: 20_000 },
          faults: FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" })
        })
      )
    )
  )
})
