import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type BatchEvent, BatchJob, BatchProgress, Ledger, LinkError } from "@effect-frameio/batch"
import { type Asset, V4Client } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Array as Arr, Chunk, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import * as Layers from "./layers.js"

/** Lets time pass until an effect is done. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("12 hours")
    return yield* Fiber.join(fiber)
  })

/** A folder with two shots, and a share that the first version of the first is in. */
const delivered = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const parentId = yield* fake.addFolder({ name: "shots" })
  const shot = (name: string, count: number) =>
    Effect.forEach(Arr.range(1, count), (n) => fake.addFile({ name: `${name}_v${n}.mov`, parentId }))
  const a = yield* shot("a", 3)
  const b = yield* shot("b", 2)
  const [old] = a
  assert(old !== undefined)
  const shareId = fake.addShare({ name: "Client", assetIds: [old] })
  return { a, b, shareId, shared: (): ReadonlyArray<string | undefined> => fake.shareAssets(shareId) }
})

const pairsOf = ([target, ...rest]: Chain) =>
  target === undefined ? [] : rest.map((nextAssetId) => ({ assetId: target, nextAssetId }))

const withLedger = <A, E, R>(work: Effect.Effect<A, E, R | Ledger.Ledger>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const ledger = yield* Ledger.make({ file: `${folder}/job.db` })
    return yield* Effect.provideService(work, Ledger.Ledger, ledger)
  })

type Chain = ReadonlyArray<Asset.AssetId>

const run = (chains: ReadonlyArray<Chain>, options: BatchJob.Options) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger.Ledger
    yield* ledger.takePairs(Stream.fromIterable(chains.flatMap(pairsOf)))
    return Chunk.toReadonlyArray(yield* inTime(Stream.runCollect(BatchJob.run(options))))
  })

const undo = Effect.suspend(() => inTime(Stream.runFold(BatchJob.undo(), BatchProgress.empty, BatchProgress.add)))

const countsOf = (events: ReadonlyArray<BatchEvent.BatchEvent>) => events.reduce(BatchProgress.add, BatchProgress.empty)

const sharingOf = (events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  events.flatMap((event) => (event._tag === "Sharing" ? [event.state] : []))

const failuresOf = (events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  events.flatMap((event) => (event._tag === "Failed" ? [LinkError.tagOf(event.error)] : []))

/** The changes that were asked for, in their order. */
const changes = Effect.map(
  Effect.flatMap(FakeFrameio.FakeFrameio, (fake) => fake.requests),
  (all) => all.filter(({ method }) => method !== "GET").map(({ endpoint }) => endpoint)
)

const on = (options?: FakeFrameio.Options) =>
  Layer.merge(Layers.v4({ limits: RateLimiter.unlimited, ...options }), NodeContext.layer)

const lost = (endpoint: FaultPlan.EndpointName, n: number | ReadonlyArray<number> = 0) =>
  FaultPlan.nth(endpoint, n, { _tag: "AnswerLost" })

describe("a job that keeps shares", () => {
  it.scoped("gives the newest version the old one's place before they are stacked, and undo gives it back", () =>
    withLedger(
      Effect.gen(function* () {
        const { a, b, shared, shareId } = yield* delivered
        const events = yield* run([a, b], { keepShares: [shareId], concurrency: 1 })
        assert.deepInclude(countsOf(events), { confirmed: 3, failed: 0 })
        assert.deepStrictEqual(shared(), [a[2]])
        assert.deepStrictEqual(yield* changes, [
          "shares.removeAsset",
          "shares.removeAsset",
          "shares.addAsset",
          "versionStacks.create",
          "shares.removeAsset",
          "versionStacks.create"
        ])
        assert.deepStrictEqual(sharingOf(events), ["removing", "proving", "adding", "done", "removing", "absent"])
        assert.deepInclude(yield* undo, { confirmed: 3, failed: 0 })
        assert.deepStrictEqual(shared(), [a[0]])
      })
    ).pipe(Effect.provide(on()))
  )

  it.scoped("takes two calls for each file and share, once it is known what an answer means", () =>
    withLedger(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { a, b } = yield* delivered
        const both = fake.addShare({ name: "Both", assetIds: [a[0] ?? "", b[0] ?? ""] })
        const events = yield* run([a, b], { keepShares: [both] })
        assert.deepInclude(countsOf(events), { confirmed: 3, failed: 0 })
        assert.sameMembers([...fake.shareAssets(both)], [a[2], b[1]])
        assert.strictEqual((yield* fake.counts("shares.removeAsset")).requests, 3)
        assert.strictEqual((yield* fake.counts("shares.addAsset")).requests, 2)
      })
    ).pipe(Effect.provide(on()))
  )

  it.scoped("shows nothing new where Frame.io does not tell whether the old file was there", () =>
    withLedger(
      Effect.gen(function* () {
        const { a, b, shared, shareId } = yield* delivered
        const events = yield* run([a, b], { keepShares: [shareId], concurrency: 1 })
        assert.deepStrictEqual(failuresOf(events), ["FrameioShareInDoubt", "FrameioShareInDoubt"])
        // The first is out, and named; no other is touched.
        assert.deepStrictEqual(shared(), [])
        const told = events.flatMap((event) => (event._tag === "Failed" ? [event.message] : []))
        assert.include(told[0], `Nobody can tell whether ${a[0]} was in the share ${shareId}`)
        assert.deepStrictEqual(yield* changes, ["shares.removeAsset", "shares.removeAsset"])
      })
    ).pipe(Effect.provide(on({ v4: { removeUnshared: "nothing" } })))
  )

  for (const addShared of ["nothing", 409, 422] as const) {
    for (const removeUnshared of [404, 422] as const) {
      for (const [what, faults] of [
        ["adding is lost", lost("shares.addAsset")],
        ["adding fails after the change", FaultPlan.nth("shares.addAsset", 0, { _tag: "ErrorAfter" })],
        ["adding is lost on its way", FaultPlan.nth("shares.addAsset", 0, { _tag: "RequestLost" })],
        ["the proof is lost", lost("shares.removeAsset", 1)],
        ["taking out is lost on its way", FaultPlan.nth("shares.removeAsset", 0, { _tag: "RequestLost" })]
      ] as const) {
        it.scoped(`changes a share once where ${what} (shared: ${addShared}, unshared: ${removeUnshared})`, () =>
          withLedger(
            Effect.gen(function* () {
              const { a, shared, shareId } = yield* delivered
              const events = yield* run([a], { keepShares: [shareId] })
              assert.deepInclude(countsOf(events), { confirmed: 2, failed: 0 })
              assert.deepStrictEqual(shared(), [a[2]])
            })
          ).pipe(Effect.provide(on({ faults, v4: { addShared, removeUnshared } })))
        )
      }
    }
  }

  it.scoped("keeps a chain back where the answer to taking out was lost, and looks again when told to", () =>
    withLedger(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { a, shared, shareId } = yield* delivered
        const events = yield* run([a], { keepShares: [shareId] })
        assert.deepStrictEqual(failuresOf(events), ["FrameioShareInDoubt"])
        assert.deepStrictEqual(shared(), [])
        assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 0)
        // Whoever has looked puts it back.
        const v4 = yield* V4Client.V4Client
        const [old] = a
        assert(old !== undefined)
        yield* v4.shares.addAsset({ shareId, assetId: old })
        const again = yield* run([a], { keepShares: [shareId], retryFailed: true })
        assert.deepInclude(countsOf(again), { confirmed: 2, failed: 0 })
        assert.deepStrictEqual(shared(), [a[2]])
      })
    ).pipe(Effect.provide(on({ faults: lost("shares.removeAsset") })))
  )

  it.scoped("puts the old file back where the new one is refused", () =>
    withLedger(
      Effect.gen(function* () {
        const { a, shared, shareId } = yield* delivered
        const events = yield* run([a], { keepShares: [shareId] })
        assert.deepStrictEqual(failuresOf(events), ["FrameioInvalidArguments"])
        assert.deepStrictEqual(sharingOf(events), ["removing", "proving", "adding", "restoring", "restored"])
        assert.deepStrictEqual(shared(), [a[0]])
        assert.notInclude(yield* changes, "versionStacks.create")
      })
    ).pipe(Effect.provide(on({ faults: FaultPlan.nth("shares.addAsset", 0, { _tag: "ErrorBefore", status: 422 }) })))
  )

  it.scoped("puts a file back whose place a version has that never came onto the stack", () =>
    withLedger(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { a, b, shared, shareId } = yield* delivered
        const [theirs = ""] = b.slice(-1)
        fake.world.version({ assetId: b[0] ?? "", nextAssetId: theirs })
        // What is above the first ten is looked at when its turn comes.
        const parentId = fake.world.get(a[0] ?? "")?.parentId ?? undefined
        const more = yield* Effect.forEach(Arr.range(4, 10), (n) => fake.addFile({ name: `a_v${n}.mov`, parentId }))
        const events = yield* run([[...a, ...more, ...b.slice(-1)]], { keepShares: [shareId] })
        assert.deepInclude(countsOf(events), { confirmed: 9, failed: 1 })
        assert.deepStrictEqual(failuresOf(events), ["FrameioAlreadyElsewhere"])
        assert.deepStrictEqual(shared(), [theirs])
        const undone = yield* undo
        assert.deepInclude(undone, { failed: 0 })
        assert.deepStrictEqual(shared(), [a[0]])
        assert.deepStrictEqual(fake.world.stackOf(theirs)?.versions, b)
      })
    ).pipe(Effect.provide(on()))
  )

  it.scoped("shows the newest that comes onto the stack, and nothing of somebody else's stack", () =>
    withLedger(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { a, b, shared, shareId } = yield* delivered
        fake.world.version({ assetId: b[0] ?? "", nextAssetId: b[1] ?? "" })
        const events = yield* run([[...a, ...b.slice(-1)]], { keepShares: [shareId] })
        assert.deepInclude(countsOf(events), { confirmed: 2, failed: 1 })
        assert.deepStrictEqual(shared(), [a[2]])
        assert.deepInclude(yield* undo, { failed: 0 })
        assert.deepStrictEqual(shared(), [a[0]])
      })
    ).pipe(Effect.provide(on()))
  )

  it.scoped("does not begin over an API without shares", () =>
    withLedger(
      Effect.gen(function* () {
        const { a, shareId } = yield* delivered
        const error = yield* Effect.flip(run([a], { keepShares: [shareId] }))
        assert.deepInclude(error, { _tag: "LedgerError", reason: "NoShares" })
      })
    ).pipe(Effect.provide(Layer.merge(Layers.v2({ limits: RateLimiter.unlimited }), NodeContext.layer)))
  )
})

describe("undo over V4", () => {
  it.scoped("takes a file back to the folder that it was brought from", () =>
    withLedger(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { a } = yield* delivered
        const far = yield* fake.addFolder({ name: "incoming" })
        const next = yield* fake.addFile({ name: "a_v4.mov", parentId: far })
        const onto = yield* fake.addFile({ name: "a_v5.mov", parentId: far })
        const chain = [...a, next, onto]
        const events = yield* run([chain], {})
        assert.deepInclude(countsOf(events), { confirmed: 4, failed: 0 })
        assert.deepInclude(yield* undo, { confirmed: 4, failed: 0 })
        const home = fake.world.get(a[0] ?? "")?.parentId
        assert.deepStrictEqual(
          chain.map((id) => fake.world.get(id)?.parentId),
          [home, home, home, far, far]
        )
      })
    ).pipe(Effect.provide(on()))
  )
})
