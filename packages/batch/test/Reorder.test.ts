import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  BatchJob,
  BatchProgress,
  BatchRunner,
  Ledger,
  LinkError,
  NamingRule,
  PlanFile,
  StackAudit,
  VersionPlan
} from "@effect-frameio/batch"
import type { Asset } from "@effect-frameio/core"
import type { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, VirtualClock } from "@effect-frameio/testing"
import { Array as Arr, Chunk, Effect, FastCheck, Hash, Layer, Logger, LogLevel, Stream } from "effect"
import * as StackOrder from "../src/internal/plan/stackOrder.js"
import * as Layers from "./layers.js"
import { run, type Store, storeOf, undo } from "./store.js"

const vfx = NamingRule.byName("vfx")

/** A folder with stacks whose versions have these numbers, oldest first; answers the versions of each. */
const show = (...stacks: ReadonlyArray<ReadonlyArray<number>>) =>
  Effect.map(FakeFrameio.FakeFrameio, ({ world }) => {
    const folderId = world.addFolder({ name: "Show" })
    const made = stacks.map((numbers, at) => {
      const files = numbers.map((n) =>
        world.addFile({ name: `shot${at}_v${String(n).padStart(2, "0")}.mov`, parentId: folderId, filesize: 100 + n })
      )
      const [first, ...others] = files
      for (const nextAssetId of others) {
        world.version({ assetId: world.stackOf(first ?? "")?.id ?? first ?? "", nextAssetId, nowMillis: 0 })
      }
      return files
    })
    const numbersOn = (at: number): ReadonlyArray<number> =>
      (world.stackOf(made[at]?.[0] ?? "")?.versions ?? []).map((id) =>
        Number(/_v(\d+)/.exec(world.get(id)?.name ?? "")?.[1])
      )
    return { folderId, made, numbersOn, world }
  })

/** The plan that mends a folder, as it comes back from its file. */
const mending = (folderId: Asset.AssetId, format: PlanFile.Format = "csv") =>
  Effect.gen(function* () {
    const { mend } = yield* StackAudit.make(folderId, { rule: vfx })
    return [...PlanFile.write(mend, format)].join("")
  })

const planOf = (folderId: Asset.AssetId) => Effect.flatMap(mending(folderId), (text) => VersionPlan.fromString(text))

/** On a clock that jumps. */
const test = <E>(name: string, body: () => Effect.Effect<void, E>) =>
  it.live(name, () => VirtualClock.run(Effect.suspend(body)))

const result = (plan: VersionPlan.VersionPlan) =>
  Effect.map(Stream.runCollect(BatchRunner.run(plan)), (all) => {
    const events = Chunk.toReadonlyArray(all)
    return {
      counts: events.reduce(BatchProgress.add, BatchProgress.empty),
      failures: events.flatMap((event) => (event._tag === "Failed" ? [event.error] : []))
    }
  })

describe("raises", () => {
  it("make one order of another, and are as few as can be", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.shuffledSubarray([..."abcdef"], { minLength: 1 }).chain((now) =>
          FastCheck.tuple(FastCheck.constant(now), FastCheck.shuffledSubarray(now, { minLength: now.length }))
        ),
        ([now, wanted]) => {
          const raises = StackOrder.raisesTo(now, wanted)
          assert.deepStrictEqual(raises.reduce<ReadonlyArray<string>>(StackOrder.raised, now), wanted)
          // What is never raised keeps its order below what is: with fewer, one of those would have to move.
          const kept = wanted.length - raises.length
          const one = wanted[kept]
          if (one === undefined) return
          const longer = now.filter((id) => wanted.slice(0, kept + 1).includes(id))
          assert.notDeepEqual(longer, wanted.slice(0, kept + 1))
        }
      )
    ))
})

/** What becomes of a last version is no matter here. */
const apis = Layers.variants.filter(({ readsFirst }) => readsFirst).slice(0, 2)

for (const { layer, name } of apis) {
  const on = (options?: Layers.Options) => layer({ limits: RateLimiter.unlimited, ...options })

  describe(`a stack out of order, over ${name}`, () => {
    test("is put in order by the plan of its audit, and back", () =>
      Effect.gen(function* () {
        const { folderId, numbersOn } = yield* show([1, 3, 2], [2, 1, 3], [4, 3, 2, 1], [1, 2])
        const store = storeOf(yield* planOf(folderId))
        assert.isTrue(yield* run(store))
        assert.deepStrictEqual(Arr.makeBy(4, numbersOn), [
          [1, 2, 3],
          [1, 2, 3],
          [1, 2, 3, 4],
          [1, 2]
        ])
        const fake = yield* FakeFrameio.FakeFrameio
        // One of the first, two of the second, three of the third.
        assert.deepInclude(yield* fake.counts("versionStacks.reorder"), { requests: 6, applied: 6 })
        const again = yield* StackAudit.make(folderId, { rule: vfx })
        assert.deepStrictEqual([again.findings, again.mend], [[], []])
        assert.isTrue(yield* undo(store))
        assert.deepStrictEqual(Arr.makeBy(4, numbersOn), [
          [1, 3, 2],
          [2, 1, 3],
          [4, 3, 2, 1],
          [1, 2]
        ])
        assert.deepInclude(yield* fake.counts("versionStacks.reorder"), { requests: 12, applied: 12 })
      }).pipe(Effect.provide(on())))

    test("is left alone where somebody has changed it since the plan, and where somebody has since the job", () =>
      Effect.gen(function* () {
        const { folderId, made, numbersOn, world } = yield* show([1, 3, 2], [1, 3, 2])
        const plan = yield* planOf(folderId)
        const [first = [], second = []] = made
        const stackId = (files: ReadonlyArray<string>) => world.stackOf(files[0] ?? "")?.id ?? ""
        world.version({ assetId: stackId(first), nextAssetId: world.addFile({ name: "shot0_v09.mov" }), nowMillis: 0 })
        const { failures } = yield* result(plan)
        assert.deepStrictEqual(failures.map(LinkError.tagOf), ["FrameioTargetChanged"])
        assert.deepStrictEqual(
          [numbersOn(0), numbersOn(1)],
          [
            [1, 3, 2, 9],
            [1, 2, 3]
          ]
        )

        const store = storeOf(plan)
        // As an earlier run has left it.
        yield* run(store)
        world.reorder(stackId(second), second, 0)
        const before = (yield* (yield* FakeFrameio.FakeFrameio).counts("versionStacks.reorder")).requests
        assert.isTrue(yield* undo(store))
        assert.deepStrictEqual(numbersOn(1), [1, 3, 2])
        const after = (yield* (yield* FakeFrameio.FakeFrameio).counts("versionStacks.reorder")).requests
        assert.strictEqual(after, before, "what is back already is not put back again")
      }).pipe(Effect.provide(on())))

    test("is not put back where its order is neither that of the job nor that before it", () =>
      Effect.gen(function* () {
        const { folderId, made, numbersOn, world } = yield* show([1, 3, 2])
        const store = storeOf(yield* planOf(folderId))
        yield* run(store)
        const [[one = "", three = "", two = ""] = []] = made
        world.reorder(world.stackOf(one)?.id ?? "", [three, two, one], 0)
        assert.isFalse(yield* undo(store))
        assert.deepStrictEqual(numbersOn(0), [3, 2, 1])
        assert.include(store.rows[0]?.fault, "FrameioReorderedSince")
      }).pipe(Effect.provide(on())))

    test("fails where the API does not know the call, and says so", () =>
      Effect.gen(function* () {
        const { folderId, numbersOn } = yield* show([1, 3, 2])
        const { failures } = yield* result(yield* planOf(folderId))
        assert.deepStrictEqual(failures.map(LinkError.tagOf), ["FrameioNotFound"])
        assert.deepStrictEqual(numbersOn(0), [1, 3, 2])
      }).pipe(Effect.provide(on({ v4: { reorder: "absent" } }))))
  })
}

describe("a stack out of order, over v2", () => {
  /** A plan of V4 that mends one stack, and stacks two files beside it. */
  const ofV4 = Effect.gen(function* () {
    const { folderId, made, world } = yield* show([1, 3, 2])
    const [files = []] = made
    const loose = [1, 2].map((n) => world.addFile({ name: `loose_v${n}.mov`, parentId: folderId }))
    const reorder_from = files.join(" ")
    const assetId = world.stackOf(files[0] ?? "")?.id ?? ""
    return {
      folderId,
      pairs: [
        { assetId: loose[0] ?? "", nextAssetId: loose[1] ?? "" },
        { assetId, nextAssetId: files[1] ?? "", fields: { reorder_from } }
      ]
    }
  })
  const untouched = Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    assert.lengthOf(yield* fake.requests, 0)
  })

  test("is for a person, and the whole plan of V4 sends nothing, and says what to do", () =>
    Effect.gen(function* () {
      const { folderId, pairs } = yield* ofV4
      const events = Chunk.toReadonlyArray(
        yield* Stream.runCollect(BatchRunner.run(yield* VersionPlan.fromPairs(pairs)))
      )
      const end = events.at(-1)
      assert(end?._tag === "Finished")
      assert.deepInclude(end.counts, { links: 2, sent: 0, failed: 0, notSent: 2 })
      assert.include(end.stopped, "puts versions of stacks in another order (line 2), for which v2 has no call")
      assert.include(end.stopped, "Run it over V4")
      yield* untouched
      const audit = yield* StackAudit.make(folderId, { rule: vfx })
      assert.include(audit.findings[0]?.message, "take out those that are above v03, and plan again")
    }).pipe(Effect.provide(Layers.v2({ limits: RateLimiter.unlimited }))))

  it.scoped("refuses the plan in a ledger alike, which goes on over V4 then", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const ledger = yield* Ledger.make({ file: `${yield* fs.makeTempDirectoryScoped()}/job.db` })
      yield* ledger.takePairs(Stream.fromIterable((yield* ofV4).pairs))
      const error = yield* Effect.flip(Effect.provideService(Stream.runDrain(BatchJob.run()), Ledger.Ledger, ledger))
      assert.deepInclude(error, { _tag: "LedgerError", reason: "NoReorder" })
      assert.include(error.message, "(line 2)")
      yield* untouched
      assert.isUndefined((yield* ledger.job).api)
    }).pipe(Effect.provide(Layer.merge(Layers.v2({ limits: RateLimiter.unlimited }), NodeContext.layer)))
  )
})

describe("a plan with an order", () => {
  const [A, B, C] = ["a", "b", "c"].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`)

  it.scoped("is refused as a whole where an order is none, in memory and in a ledger", () =>
    Effect.gen(function* () {
      const pair = (reorder_from: string) => ({ assetId: A ?? "", nextAssetId: B ?? "", fields: { reorder_from } })
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      for (const wrong of [`${C}`, `${A} ${C}`, `${B} ${B}`, `${B} v02`, "1"]) {
        const inMemory = yield* Effect.flip(VersionPlan.fromPairs([pair(wrong)]))
        assert.deepStrictEqual(
          inMemory.problems.map(({ kind, line }) => [kind, line]),
          [["broken-order", 1]]
        )
        const ledger = yield* Ledger.make({ file: `${folder}/${Math.abs(Hash.string(wrong))}.db` })
        const refused = yield* Effect.flip(ledger.takePairs(Stream.make(pair(wrong))))
        assert.strictEqual(refused.message, inMemory.message)
      }
      assert.strictEqual((yield* VersionPlan.fromPairs([pair("")])).jobs, 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  test("comes back from JSON as from CSV", () =>
    Effect.gen(function* () {
      const { folderId } = yield* show([1, 3, 2])
      const [csv, jsonl] = [yield* mending(folderId), yield* mending(folderId, "jsonl")]
      assert.include(csv, ",reorder_from\n")
      const strip = ({ chains }: VersionPlan.VersionPlan) =>
        chains.map(({ links }) => links.map(({ fields, nextAssetId }) => [nextAssetId, fields?.reorder_from]))
      assert.deepStrictEqual(strip(yield* VersionPlan.fromString(jsonl)), strip(yield* VersionPlan.fromString(csv)))
    }).pipe(Effect.provide(Layers.v4({ limits: RateLimiter.unlimited }))))
})

// -----------------------------------------------------------------------------
// whatever happens on the way
// -----------------------------------------------------------------------------

const ROUND_TRIP_MILLIS = 20

interface Given {
  readonly fake: FakeFrameio.Service
  readonly store: Store
  readonly numbers: () => ReadonlyArray<number>
}

const BEFORE = [2, 1, 4, 3]

const inWorld = <A>(
  api: Layers.Api,
  faults: FaultPlan.FaultPlan,
  work: (given: Given) => Effect.Effect<A, never, Repository.Repository>
): Effect.Effect<A> =>
  VirtualClock.run(
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { folderId, numbersOn } = yield* show(BEFORE)
      const store = storeOf(yield* Effect.orDie(planOf(folderId)))
      return yield* work({ fake, store, numbers: () => numbersOn(0) })
    }).pipe(
      Effect.provide(
        api.layer({
          limits: RateLimiter.unlimited,
          v4: { readAfterWriteMillis: 300 },
          faults: FaultPlan.combine(FaultPlan.latency({ millis: ROUND_TRIP_MILLIS }), faults)
        })
      ),
      Logger.withMinimumLogLevel(LogLevel.Error)
    )
  )

const at = (n: number, fault: FaultPlan.Fault["_tag"]) => FaultPlan.nth("versionStacks.reorder", n, { _tag: fault })

const troubles = {
  "stale reads": FaultPlan.none,
  "answers that are lost": FaultPlan.combine(at(0, "AnswerLost"), at(3, "AnswerLost")),
  "requests that are lost": FaultPlan.combine(at(1, "RequestLost"), at(3, "RequestLost")),
  errors: FaultPlan.combine(at(0, "ErrorAfter"), at(2, "ErrorBefore"), at(4, "ErrorAfter"))
}

describe("a job that reorders, cut off at any step and run again, and its undo alike", () => {
  for (const api of apis) {
    for (const [trouble, faults] of Object.entries(troubles)) {
      it.live(`over ${api.name}, with ${trouble}`, () =>
        Effect.gen(function* () {
          const begunAndUndone = yield* inWorld(api, faults, ({ fake, numbers, store }) =>
            Effect.gen(function* () {
              const begun = yield* fake.elapsedMillis
              assert.isTrue(yield* run(store))
              assert.deepStrictEqual(numbers(), [1, 2, 3, 4])
              const ran = yield* fake.elapsedMillis
              assert.isTrue(yield* undo(store))
              assert.deepStrictEqual(numbers(), BEFORE)
              const moments = fake.journal.of("versionStacks.reorder").map(({ atMillis }) => atMillis)
              return {
                run: moments.filter((one) => one < ran).map((one) => one - begun),
                undo: moments.filter((one) => one >= ran).map((one) => one - ran)
              }
            })
          )
          assert.isAtLeast(begunAndUndone.run.length, 3)
          assert.isAtLeast(begunAndUndone.undo.length, 3)
          // On the way there, on the way back, and while it is looked at.
          const around = (moments: ReadonlyArray<number>) =>
            moments.flatMap((one) => [one - 1, one + 1, one + ROUND_TRIP_MILLIS])
          const cuts = [
            ...around(begunAndUndone.run).map((cut) => ["run", cut] as const),
            ...around(begunAndUndone.undo).map((cut) => ["undo", cut] as const)
          ]
          for (const [what, cut] of cuts) {
            const why = `${what} cut off after ${cut} ms`
            yield* inWorld(api, faults, ({ fake, numbers, store }) =>
              Effect.gen(function* () {
                if (what === "run") yield* run(store, cut)
                assert.isTrue(yield* run(store), why)
                assert.deepStrictEqual(numbers(), [1, 2, 3, 4], why)
                if (what === "undo") yield* undo(store, cut)
                assert.isTrue(yield* undo(store), why)
                assert.deepStrictEqual(numbers(), BEFORE, why)
                assert.strictEqual(fake.journal.counts("versionStacks.reorder").applied, 6, why)
              })
            )
          }
        })
      )
    }
  }
})
