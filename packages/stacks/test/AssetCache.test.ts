import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioClient, RateLimitCall } from "@effect-frameio/core"
import { AssetCache } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Cause, Effect, Exit, Fiber, Layer, Option, Stream, TestClock } from "effect"

const over = (options?: AssetCache.Options, fake?: Parameters<typeof FakeFrameio.layerClient>[0]) =>
  AssetCache.layer(options).pipe(
    Layer.provideMerge(FakeFrameio.layerClient({ limits: RateLimiter.unlimited, ...fake }))
  )

/** So slow that a test can do something while a request is under way. */
const SLOW = { faults: FaultPlan.latency({ millis: 1000 }) }

const requests = Effect.flatMap(FakeFrameio.FakeFrameio, ({ counts }) => counts()).pipe(
  Effect.map((counts) => counts.requests)
)

const file = (name = "a.mov", parentId?: Asset.AssetId) =>
  Effect.flatMap(FakeFrameio.FakeFrameio, ({ addFile }) => addFile({ name, parentId }))

const get = (assetId: Asset.AssetId, fresh?: boolean) =>
  Effect.flatMap(AssetCache.AssetCache, (cache) => cache.get({ assetId, fresh }))

const rename = (id: Asset.AssetId, name: string) =>
  Effect.map(FakeFrameio.FakeFrameio, ({ world }) => void world.update(id, { name }))

describe("AssetCache", () => {
  describe("what is known", () => {
    it.effect("is not asked for again, whatever the case of the id, until its time is over", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const first = yield* get(id)
        assert.strictEqual(yield* get(id.toUpperCase() as Asset.AssetId), first)
        yield* TestClock.adjust("9 minutes")
        assert.strictEqual(yield* get(id), first)
        assert.strictEqual(yield* requests, 1)
        yield* TestClock.adjust("1 minute")
        yield* get(id)
        assert.strictEqual(yield* requests, 2)
        const { stats } = yield* AssetCache.AssetCache
        assert.deepStrictEqual(yield* stats, { known: 2, joined: 0, asked: 2, size: 1 })
      }).pipe(Effect.provide(over()))
    )

    it.effect("ages from the answer and not from the question", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const fiber = yield* Effect.fork(get(id))
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(fiber)
        yield* TestClock.adjust("19 seconds")
        yield* get(id)
        assert.strictEqual(yield* requests, 1)
      }).pipe(Effect.provide(over({ timeToLive: "20 seconds" }, { faults: FaultPlan.latency({ millis: 30_000 }) })))
    )

    it.effect("is asked for again where that is wanted, and what was learnt is known then", () =>
      Effect.gen(function* () {
        const id = yield* file("old.mov")
        yield* get(id)
        yield* rename(id, "new.mov")
        assert.strictEqual((yield* get(id)).name, "old.mov")
        assert.strictEqual((yield* get(id, true)).name, "new.mov")
        assert.strictEqual((yield* get(id)).name, "new.mov")
        assert.strictEqual(yield* requests, 2)
      }).pipe(Effect.provide(over()))
    )

    it.effect("can be switched off", () =>
      Effect.gen(function* () {
        const id = yield* file()
        yield* get(id)
        yield* get(id)
        assert.strictEqual(yield* requests, 2)
        const cache = yield* AssetCache.AssetCache
        assert.isTrue(Option.isNone(yield* cache.known(id)))
      }).pipe(Effect.provide(over({ timeToLive: 0 })))
    )

    it.effect("is bounded: what was not used for the longest time goes first", () =>
      Effect.gen(function* () {
        const [a, b, c] = yield* Effect.all([file("a.mov"), file("b.mov"), file("c.mov")])
        yield* get(a)
        yield* get(b)
        yield* get(a)
        yield* get(c)
        assert.strictEqual(yield* requests, 3)
        yield* get(a)
        yield* get(c)
        assert.strictEqual(yield* requests, 3)
        yield* get(b)
        assert.strictEqual(yield* requests, 4)
        const { stats } = yield* AssetCache.AssetCache
        assert.strictEqual((yield* stats).size, 2)
      }).pipe(Effect.provide(over({ capacity: 2 })))
    )

    it.effect("is never a failure", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const id = yield* file()
        world.remove(id)
        assert.strictEqual((yield* Effect.flip(get(id)))._tag, "FrameioNotFound")
        world.restore(id)
        assert.strictEqual((yield* get(id)).id, id)
      }).pipe(Effect.provide(over()))
    )

    it.effect("is what a listing showed: kind, parent and cover", () =>
      Effect.gen(function* () {
        const { addFolder, world } = yield* FakeFrameio.FakeFrameio
        const folder = yield* addFolder({ name: "shots" })
        const [a, b, c] = yield* Effect.all([file("a.mov", folder), file("b.mov", folder), file("c.mov", folder)])
        world.version({ assetId: a, nextAssetId: b })
        const count = yield* Stream.runCount(AssetCache.listing({ assetId: folder, pageSize: 1 }))
        assert.strictEqual(count, 2)
        assert.strictEqual(yield* requests, 2)
        const stack = world.stackOf(a)?.id ?? a
        assert.deepInclude(yield* get(stack), { type: "version_stack", cover_asset_id: b, parent_id: folder })
        assert.deepInclude(yield* get(c), { type: "file", parent_id: folder })
        assert.strictEqual(yield* requests, 2)
      }).pipe(Effect.provide(over()))
    )

    it.effect("does not hold deleted assets, which a listing can show and a read cannot", () =>
      Effect.gen(function* () {
        const { addFolder, world } = yield* FakeFrameio.FakeFrameio
        const folder = yield* addFolder({ name: "shots" })
        const id = yield* file("a.mov", folder)
        world.remove(id)
        assert.strictEqual(yield* Stream.runCount(AssetCache.listing({ assetId: folder, includeDeleted: true })), 1)
        assert.strictEqual((yield* Effect.flip(get(id)))._tag, "FrameioNotFound")
      }).pipe(Effect.provide(over()))
    )

    it.effect("can be told and forgotten", () =>
      Effect.gen(function* () {
        const cache = yield* AssetCache.AssetCache
        const client = yield* FrameioClient.FrameioClient
        const id = yield* file()
        yield* cache.remember([yield* client.get({ assetId: id })])
        yield* get(id)
        assert.strictEqual(yield* requests, 1)
        yield* cache.forget([id])
        assert.isTrue(Option.isNone(yield* cache.known(id)))
        yield* get(id)
        yield* cache.forget()
        assert.isTrue(Option.isNone(yield* cache.known(id)))
      }).pipe(Effect.provide(over()))
    )
  })

  describe("equal reads in flight", () => {
    it.effect("are one request", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const fiber = yield* Effect.fork(
          Effect.all(
            Array.from({ length: 100 }, () => get(id)),
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust("1 second")
        assert.strictEqual(new Set(yield* Fiber.join(fiber)).size, 1)
        assert.strictEqual(yield* requests, 1)
        const { stats } = yield* AssetCache.AssetCache
        assert.deepInclude(yield* stats, { joined: 99, asked: 1 })
      }).pipe(Effect.provide(over({ timeToLive: 0 }, SLOW)))
    )

    it.effect("share a failure, and the next read asks again", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const fiber = yield* Effect.fork(Effect.all([Effect.exit(get(id)), Effect.exit(get(id))], { concurrency: 2 }))
        yield* TestClock.adjust("1 second")
        const [one, other] = yield* Fiber.join(fiber)
        assert.isTrue(Exit.isFailure(one) && Exit.isFailure(other))
        assert.strictEqual(yield* requests, 1)
        const again = yield* Effect.fork(get(id))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(again)).id, id)
      }).pipe(
        Effect.provide(
          over(undefined, {
            client: { retry: { readRetries: 0 } },
            faults: FaultPlan.combine(FaultPlan.nth("assets.get", 0, { _tag: "ErrorBefore" }), SLOW.faults)
          })
        )
      )
    )

    it.effect("outlive the reader who asked first", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const first = yield* Effect.fork(get(id))
        yield* TestClock.adjust("100 millis")
        const second = yield* Effect.fork(get(id))
        yield* TestClock.adjust("100 millis")
        const exit = yield* Fiber.interrupt(first)
        assert.isTrue(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(second)).id, id)
        assert.strictEqual(yield* requests, 1)
      }).pipe(Effect.provide(over(undefined, SLOW)))
    )

    it.effect("are given up with the last reader, and not joined any more", () => {
      const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
      const given = { up: 0, asked: 0 }
      const never = Effect.onInterrupt(
        Effect.suspend(() => {
          given.asked++
          return Effect.never
        }),
        () =>
          Effect.zipRight(
            Effect.sleep("1 second"),
            Effect.sync(() => given.up++)
          )
      )
      return Effect.gen(function* () {
        const readers = yield* Effect.forEach([1, 2], () => Effect.fork(get(id)))
        yield* Effect.yieldNow()
        const leaving = yield* Effect.fork(Fiber.interruptAll(readers))
        yield* TestClock.adjust("500 millis")
        assert.deepStrictEqual(given, { asked: 1, up: 0 })
        const late = yield* Effect.fork(get(id))
        yield* TestClock.adjust("500 millis")
        yield* Fiber.join(leaving)
        assert.deepStrictEqual(given, { asked: 2, up: 1 })
        const end = yield* Effect.fork(Fiber.interrupt(late))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(end)
        assert.deepStrictEqual(given, { asked: 2, up: 2 })
      }).pipe(
        Effect.provide(
          AssetCache.layer().pipe(Layer.provide(Layer.mock(FrameioClient.FrameioClient, { get: () => never })))
        )
      )
    })

    it.effect("are not one where a reader is in more of a hurry, or bound otherwise", () =>
      Effect.gen(function* () {
        const id = yield* file()
        const fiber = yield* Effect.fork(
          Effect.all(
            [
              get(id),
              RateLimitCall.withPriority(get(id), "interactive"),
              RateLimitCall.withMaxWait(get(id), "1 minute"),
              get(id, true)
            ],
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(fiber)
        assert.strictEqual(yield* requests, 4)
      }).pipe(Effect.provide(over(undefined, SLOW)))
    )

    it.effect("are one for pages of a listing, too", () =>
      Effect.gen(function* () {
        const { addFolder } = yield* FakeFrameio.FakeFrameio
        const folder = yield* addFolder({ name: "shots" })
        yield* file("a.mov", folder)
        const count = Stream.runCount(AssetCache.listing({ assetId: folder }))
        const fiber = yield* Effect.fork(Effect.all([count, count, count], { concurrency: "unbounded" }))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(fiber), [1, 1, 1])
        assert.strictEqual(yield* requests, 1)
      }).pipe(Effect.provide(over(undefined, SLOW)))
    )
  })

  describe("changes", () => {
    it.effect("make forgotten what they may have changed", () =>
      Effect.gen(function* () {
        const cache = yield* AssetCache.AssetCache
        const { world } = yield* FakeFrameio.FakeFrameio
        const { rootId } = world.projects[0] ?? { rootId: yield* file() }
        const [a, b, c] = yield* Effect.all([file("a.mov"), file("b.mov"), file("c.mov")])
        yield* Effect.forEach([a, b, c, rootId], (id) => get(id))
        const stack = yield* cache.version({ assetId: a, nextAssetId: b })
        for (const id of [a, b, rootId]) assert.isTrue(Option.isNone(yield* cache.known(id)))
        assert.isTrue(Option.isSome(yield* cache.known(c)))
        assert.deepInclude(yield* get(b), { parent_id: stack.id })
        yield* get(stack.id)
        yield* cache.unversion({ assetId: b })
        for (const id of [b, stack.id]) assert.isTrue(Option.isNone(yield* cache.known(id)))
        assert.deepInclude(yield* get(b), { parent_id: rootId })
      }).pipe(Effect.provide(over()))
    )

    it.effect("make it forgotten also where they go through the plain client", () =>
      Effect.gen(function* () {
        const client = yield* FrameioClient.FrameioClient
        const fake = yield* FakeFrameio.FakeFrameio
        const [from, to] = [yield* fake.addFolder({ name: "from" }), yield* fake.addFolder({ name: "to" })]
        const id = yield* file("a.mov", from)
        yield* get(id)
        yield* client.update({ assetId: id, name: "b.mov" })
        assert.strictEqual((yield* get(id)).name, "b.mov")
        yield* get(from)
        yield* client.move({ assetId: id, destinationId: to })
        assert.deepStrictEqual(Asset.parentId(yield* get(id)), Option.some(to))
        const cache = yield* AssetCache.AssetCache
        assert.isTrue(Option.isNone(yield* cache.known(from)))
        yield* client.delete({ assetId: id })
        assert.strictEqual((yield* Effect.flip(get(id)))._tag, "FrameioNotFound")
      }).pipe(Effect.provide(over()))
    )

    it.effect("that failed make it forgotten all the same", () =>
      Effect.gen(function* () {
        const cache = yield* AssetCache.AssetCache
        const [a, b] = yield* Effect.all([file("a.mov"), file("b.mov")])
        yield* get(b)
        assert.strictEqual(
          (yield* Effect.flip(cache.version({ assetId: a, nextAssetId: b })))._tag,
          "FrameioTransportError"
        )
        assert.notDeepInclude(yield* get(b), { parent_id: undefined })
        assert.strictEqual((yield* FakeFrameio.FakeFrameio).world.stackOf(b)?.id, (yield* get(b)).parent_id)
      }).pipe(Effect.provide(over(undefined, { faults: FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }) })))
    )

    it.effect("overtake reads and listings that were under way, which are not kept then", () =>
      Effect.gen(function* () {
        const cache = yield* AssetCache.AssetCache
        const { addFolder, world } = yield* FakeFrameio.FakeFrameio
        const folder = yield* addFolder({ name: "shots" })
        const [a, b, c] = yield* Effect.all([file("a.mov", folder), file("b.mov", folder), file("c.mov", folder)])
        const reads = yield* Effect.fork(
          Effect.all([get(b), cache.children({ assetId: folder })], { concurrency: "unbounded" })
        )
        // The reads have been answered on the server by now, and are on their way back.
        yield* TestClock.adjust("600 millis")
        yield* cache.changing([a, b])(Effect.sync(() => world.version({ assetId: a, nextAssetId: b })))
        // Whoever asks now does not get the answer that is under way.
        const late = yield* Effect.fork(get(b))
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude((yield* Fiber.join(reads))[0], { parent_id: folder })
        const stack = world.stackOf(b)?.id
        assert.deepInclude(yield* Fiber.join(late), { parent_id: stack })
        assert.deepInclude(yield* get(b), { parent_id: stack })
        assert.isTrue(Option.isNone(yield* cache.known(a)))
        assert.isTrue(Option.isSome(yield* cache.known(c)))
      }).pipe(Effect.provide(over(undefined, SLOW)))
    )
  })
})
