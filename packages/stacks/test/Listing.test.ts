import { assert, describe, it } from "@effect/vitest"
import { Asset, FrameioClient, Page, RateLimitCall, RateLimitScheduler } from "@effect-frameio/core"
import { Listing } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { Chunk, Deferred, Effect, Exit, FastCheck, Fiber, Layer, Option, Ref, Stream, TestClock } from "effect"

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n)

const page = <A>(items: ReadonlyArray<A>, rest?: Partial<Page.Page<A>>): Page.Page<A> => ({
  items,
  page: undefined,
  perPage: undefined,
  total: undefined,
  totalPages: undefined,
  ...rest
})

/** A list in pages, with the headers that Frame.io documents. */
const paged = (items: ReadonlyArray<number>, perPage: number) => {
  const asked: Array<number> = []
  const read = (n: number) =>
    Effect.sync(() => {
      asked.push(n)
      return page(items.slice((n - 1) * perPage, n * perPage), {
        page: n,
        perPage,
        total: items.length,
        totalPages: Math.ceil(items.length / perPage)
      })
    })
  return { asked, read }
}

const collect = <E, R>(read: (n: number) => Effect.Effect<Page.Page<number>, E, R>) =>
  Effect.map(Stream.runCollect(Listing.fromPages(read, { key: String })), Chunk.toReadonlyArray)

describe("Listing.fromPages", () => {
  it.effect.prop(
    "gives every item once, in order, whatever the size of pages, and asks for each page once",
    [FastCheck.nat(60), FastCheck.integer({ min: 1, max: 12 }), FastCheck.nat(6)],
    ([count, perPage, ahead]) =>
      Effect.gen(function* () {
        const list = paged(range(0, count), perPage)
        const items = yield* Stream.runCollect(Listing.fromPages(list.read, { key: String, ahead }))
        assert.deepStrictEqual(Chunk.toReadonlyArray(items), range(0, count))
        assert.deepStrictEqual(list.asked, range(1, Math.max(1, Math.ceil(count / perPage)) + 1))
      })
  )

  it.effect("reads the first page alone, then a bounded number ahead, and no more than are taken", () =>
    Effect.gen(function* () {
      const list = paged(range(0, 100), 5)
      const gates = yield* Effect.forEach(range(0, 30), () => Deferred.make<void>())
      const gate = (n: number) => Effect.fromNullable(gates[n]).pipe(Effect.orDie)
      const read = (n: number) =>
        Effect.zipRight(
          Effect.sync(() => list.asked.push(n)),
          Effect.flatMap(gate(n), Deferred.await)
        ).pipe(Effect.map(() => page(range((n - 1) * 5, n * 5), { totalPages: 20 })))
      const taken = yield* Ref.make<ReadonlyArray<number>>([])
      const fiber = yield* Listing.fromPages(read, { key: String, ahead: 3 }).pipe(
        Stream.runForEach((item) => Ref.update(taken, (all) => [...all, item])),
        Effect.fork
      )
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(list.asked, [1])
      yield* Effect.flatMap(gate(1), (one) => Deferred.succeed(one, undefined))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(list.asked, [1, 2, 3, 4])
      // A page that comes before its turn waits for it.
      yield* Effect.flatMap(gate(3), (one) => Deferred.succeed(one, undefined))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* Ref.get(taken), range(0, 5))
      assert.deepStrictEqual(list.asked, [1, 2, 3, 4])
      yield* Effect.flatMap(gate(2), (one) => Deferred.succeed(one, undefined))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* Ref.get(taken), range(0, 15))
      assert.deepStrictEqual(list.asked, range(1, 7))
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("asks for nothing before it runs, and gives up what is under way when it is stopped", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const givenUp: Array<number> = []
      const read = (n: number) =>
        Effect.suspend(() => {
          asked.push(n)
          const one = page([n], { totalPages: 50 })
          return n === 1
            ? Effect.succeed(one)
            : Effect.as(Effect.sleep("1 minute"), one).pipe(
                Effect.onInterrupt(() => Effect.sync(() => givenUp.push(n)))
              )
        })
      const stream = Listing.fromPages(read, { key: String, ahead: 2 })
      assert.deepStrictEqual(asked, [])
      const fiber = yield* Effect.fork(Stream.runCollect(Stream.take(stream, 2)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(fiber)), [1, 2])
      assert.isAtMost(asked.length, 5)
      const settled = asked.length
      assert.sameMembers(
        givenUp,
        asked.filter((n) => n > 3)
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(asked.length, settled)
    })
  )

  it.effect("with no page ahead, asks only for what is taken", () =>
    Effect.gen(function* () {
      const list = paged(range(0, 100), 10)
      yield* Listing.fromPages(list.read, { key: String, ahead: 0 }).pipe(Stream.take(25), Stream.runDrain)
      assert.deepStrictEqual(list.asked, [1, 2, 3])
    })
  )

  describe("without headers", () => {
    const read = (items: ReadonlyArray<number>, size: number, asked: Array<number>) => (n: number) =>
      Effect.sync(() => {
        asked.push(n)
        return page(items.slice((n - 1) * size, n * size))
      })

    it.effect("takes only a page without anything new for the last, full or not", () =>
      Effect.gen(function* () {
        const asked: Array<number> = []
        assert.deepStrictEqual(yield* collect(read(range(0, 25), 10, asked)), range(0, 25))
        assert.deepStrictEqual(asked.splice(0), [1, 2, 3, 4])
        assert.deepStrictEqual(yield* collect(read(range(0, 20), 10, asked)), range(0, 20))
        assert.deepStrictEqual(asked, [1, 2, 3])
      })
    )

    it.effect("needs no more look where the page itself says that it is not full", () =>
      Effect.gen(function* () {
        const asked: Array<number> = []
        const one = read(range(0, 25), 10, asked)
        assert.deepStrictEqual(
          yield* collect((n) => Effect.map(one(n), (all) => ({ ...all, perPage: 10 }))),
          range(0, 25)
        )
        assert.deepStrictEqual(asked, [1, 2, 3])
      })
    )

    it.effect("counts the pages out of total and per-page where only total-pages is missing", () =>
      Effect.gen(function* () {
        const asked: Array<number> = []
        const one = read(range(0, 20), 10, asked)
        const items = yield* collect((n) => Effect.map(one(n), (all) => ({ ...all, total: 20, perPage: 10 })))
        assert.deepStrictEqual(items, range(0, 20))
        assert.deepStrictEqual(asked, [1, 2])
      })
    )
  })

  describe("beside changes and odd servers", () => {
    it.effect("reads on when the list has grown, and leaves out what it saw before", () =>
      Effect.gen(function* () {
        let items = range(100, 130)
        const asked: Array<number> = []
        const read = (n: number) =>
          Effect.sync(() => {
            asked.push(n)
            const now = page(items.slice((n - 1) * 10, n * 10), { totalPages: Math.ceil(items.length / 10) })
            // Three newcomers in front after every page, for a while.
            if (n < 3) items = [...range(items.length * 10, items.length * 10 + 3), ...items]
            return now
          })
        const seen = yield* Stream.runCollect(Listing.fromPages(read, { key: String, ahead: 0 }))
        assert.deepStrictEqual(Chunk.toReadonlyArray(seen), range(100, 130))
        assert.deepStrictEqual(asked, [1, 2, 3, 4])
      })
    )

    it.effect("stops early when the list has become shorter", () =>
      Effect.gen(function* () {
        const asked: Array<number> = []
        const read = (n: number) =>
          Effect.sync(() => {
            asked.push(n)
            return page(n > 2 ? [] : range(n * 10, n * 10 + 10), { totalPages: n === 1 ? 6 : 2 })
          })
        const seen = yield* Stream.runCollect(Listing.fromPages(read, { key: String, ahead: 0 }))
        assert.strictEqual(seen.length, 20)
        assert.deepStrictEqual(asked, [1, 2])
      })
    )

    it.effect("ends where the server repeats its last page for ever, with headers or without", () =>
      Effect.gen(function* () {
        const asked: Array<number> = []
        const repeating =
          (rest: (n: number) => Partial<Page.Page<number>>) =>
          (n: number): Effect.Effect<Page.Page<number>> =>
            Effect.sync(() => {
              asked.push(n)
              return page(range(Math.min(n, 3) * 10, Math.min(n, 3) * 10 + 10), rest(n))
            })
        const wanted = range(10, 40)
        assert.deepStrictEqual(yield* collect(repeating(() => ({ perPage: 10 }))), wanted)
        assert.deepStrictEqual(asked.splice(0), [1, 2, 3, 4])
        // Always one page more to come.
        assert.deepStrictEqual(yield* collect(repeating((n) => ({ totalPages: n + 1 }))), wanted)
        assert.deepStrictEqual(asked.splice(0), [1, 2, 3, 4])
        // A page number beyond the end is taken for that of the last page.
        assert.deepStrictEqual(yield* collect(repeating((n) => ({ page: Math.min(n, 3), totalPages: n + 1 }))), wanted)
        assert.deepStrictEqual(asked.splice(0), [1, 2, 3, 4])
      })
    )

    it.effect("gives an empty list", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* collect(() => Effect.succeed(page<number>([], { totalPages: 0 }))), [])
        assert.deepStrictEqual(yield* collect(() => Effect.succeed(page<number>([]))), [])
      })
    )

    it.effect("fails in its place, after the pages before", () =>
      Effect.gen(function* () {
        const list = paged(range(0, 50), 5)
        const read = (n: number) => (n === 4 ? Effect.fail("broken" as const) : list.read(n))
        const taken: Array<number> = []
        const exit = yield* Listing.fromPages(read, { key: String, ahead: 4 }).pipe(
          Stream.runForEach((item) => Effect.sync(() => taken.push(item))),
          Effect.exit
        )
        assert.deepStrictEqual(exit, Exit.fail("broken"))
        assert.deepStrictEqual(taken, range(0, 15))
      })
    )
  })
})

/** A list whose server gives 50 items a page, whatever it is asked for, and says so in its own way. */
const capped = (items: ReadonlyArray<number>, headers: (n: number, last: number) => Record<string, string>) => {
  const last = Math.ceil(items.length / 50)
  return (n: number) => Effect.succeed(Page.fromHeaders(items.slice((n - 1) * 50, n * 50), headers(n, last)))
}

describe("a list of 230 whose pages are capped at 50", () => {
  for (const [what, headers] of [
    ["nothing", () => ({})],
    [
      "link alone",
      (n: number, last: number) => ({ link: n < last ? `<x?page=${n + 1}>; rel="next"` : '<x?page=1>; rel="first"' })
    ],
    ["total alone", () => ({ total: "230" })],
    ["total-pages as 5.0", () => ({ "total-pages": "5.0" })],
    ["each header twice", () => ({ total: "230, 230", "per-page": "50, 50", "total-pages": "5, 5" })],
    ["a total-pages that is too small, beside total", () => ({ total: "230", "total-pages": "1" })],
    ["a per-page that was asked for", () => ({ "per-page": "100", total: "230" })],
    ["headers that contradict themselves", () => ({ "total-pages": "1, 5" })]
  ] as const) {
    it.effect(`is read whole where the server says ${what}`, () =>
      Effect.gen(function* () {
        const list = Listing.fromPages(capped(range(0, 230), headers), {
          key: String,
          incomplete: (facts) => facts
        })
        assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(list)), range(0, 230))
      })
    )
  }

  it.effect("is an error where fewer come than were told", () =>
    Effect.gen(function* () {
      const read = capped(range(0, 100), () => ({ total: "230" }))
      const exit = yield* Effect.exit(
        Stream.runCollect(Listing.fromPages(read, { key: String, incomplete: (facts) => facts }))
      )
      assert.deepStrictEqual(exit, Exit.fail({ seen: 100, total: 230 }))
    })
  )

  it.effect("is read again while assets leave it, so that none is missed", () =>
    Effect.gen(function* () {
      let left = range(0, 450)
      const read = (n: number) =>
        Effect.sync(() =>
          Page.fromHeaders(left.slice((n - 1) * 50, n * 50), {
            total: String(left.length),
            "total-pages": String(Math.ceil(left.length / 50))
          })
        )
      const seen: Array<number> = []
      yield* Listing.fromPages(read, { key: String, ahead: 0, incomplete: (facts) => facts }).pipe(
        Stream.runForEach((item) =>
          Effect.sync(() => {
            seen.push(item)
            left = left.filter((one) => one !== item)
          })
        )
      )
      assert.deepStrictEqual(
        seen.toSorted((a, b) => a - b),
        range(0, 450)
      )
      assert.deepStrictEqual(left, [])
    })
  )
})

describe("Listing.children", () => {
  const folderOf = (count: number) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const folder = yield* fake.addFolder({ name: "shots" })
      const ids = yield* Effect.forEach(range(0, count), (n) =>
        fake.addFile({ name: `shot_${String(n).padStart(4, "0")}.mov`, parentId: folder })
      )
      return { fake, folder, ids }
    })

  it.effect("lists a folder in the order that is asked for", () =>
    Effect.gen(function* () {
      const { fake, folder, ids } = yield* folderOf(230)
      const all = yield* Stream.runCollect(Listing.children({ assetId: folder, sort: "name", type: "file" }))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(all).map(({ id }) => id),
        ids
      )
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ url }) => url.slice(url.indexOf("?"))),
        range(1, 4).map((n) => `?page=${n}&page_size=100&sort=name&type=file`)
      )
    }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited })))
  )

  it.effect("reads a list to its end where the server gives smaller pages than were asked for", () =>
    Effect.gen(function* () {
      const { fake, folder } = yield* folderOf(230)
      assert.strictEqual(yield* Stream.runCount(Listing.children({ assetId: folder, pageSize: 1000 })), 230)
      assert.strictEqual((yield* fake.counts()).requests, 5)
    }).pipe(
      Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited, unknowns: { maximumPageSize: 50 } }))
    )
  )

  it.effect("keeps to the limit of 40 listings a minute, at the priority of the effect", () =>
    Effect.gen(function* () {
      const { fake, folder } = yield* folderOf(500)
      const scheduler = yield* RateLimitScheduler.RateLimitScheduler
      const fiber = yield* Listing.children({ assetId: folder, pageSize: 5, ahead: 8 }).pipe(
        Stream.runCount,
        RateLimitCall.withPriority("bulk"),
        Effect.fork
      )
      yield* TestClock.adjust("10 seconds")
      const [bucket] = yield* scheduler.snapshot
      assert.isAtMost(bucket?.waiting ?? 99, 8)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(yield* Fiber.join(fiber), 500)
      const counts = yield* fake.counts("assets.children")
      assert.deepInclude({ ...counts }, { requests: 100, refused: 0 })
    }).pipe(
      Effect.provide(FakeFrameio.layerClient({ limits: { "assets.children": { limit: 40, windowMillis: 60_000 } } }))
    )
  )

  it.effect("fails with the typed error of the page, and stops asking", () =>
    Effect.gen(function* () {
      const { fake, folder } = yield* folderOf(500)
      const error = yield* Listing.children({ assetId: folder, pageSize: 10, ahead: 2 }).pipe(
        Stream.runDrain,
        Effect.flip
      )
      assert.strictEqual(error._tag, "FrameioServerError")
      assert.isAtMost((yield* fake.counts()).requests, 7)
    }).pipe(
      Effect.provide(
        FakeFrameio.layerClient({
          limits: RateLimiter.unlimited,
          client: { retry: { readRetries: 0 } },
          faults: FaultPlan.nth("assets.children", 3, { _tag: "ErrorBefore" })
        })
      )
    )
  )

  it.effect("needs no end: the first is one request", () =>
    Effect.gen(function* () {
      const { fake, folder, ids } = yield* folderOf(300)
      const first = yield* Stream.runHead(Listing.children({ assetId: folder, ahead: 0 }))
      assert.deepStrictEqual(
        Option.map(first, ({ id }) => id),
        Option.fromNullable(ids.at(-1))
      )
      assert.strictEqual((yield* fake.counts()).requests, 1)
    }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited })))
  )
})

describe("Listing.search", () => {
  const shots = Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const ids = yield* Effect.forEach(range(0, 230), (n) => fake.addFile({ name: `shot_${n}.mov` }))
    return { fake, ids }
  })

  it.effect("finds over all pages, by either search", () =>
    Effect.gen(function* () {
      const { fake, ids } = yield* shots
      const accountId = fake.world.accounts[0]
      for (const found of [
        Listing.search({ accountId, q: "shot", method: "GET" }),
        Listing.librarySearch({ accountId, q: "shot" })
      ]) {
        const all = Chunk.toReadonlyArray(yield* Stream.runCollect(found))
        assert.sameMembers(
          all.map(({ id }) => id),
          ids
        )
      }
      assert.strictEqual((yield* fake.counts("assets.search")).requests, 3)
      assert.strictEqual((yield* fake.counts("assets.librarySearchPost")).requests, 3)
    }).pipe(Effect.provide(FakeFrameio.layerClient({ limits: RateLimiter.unlimited })))
  )

  it.effect("does not take a short page for the end where no header says so", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const asset = (n: number): Asset.Asset => ({
        id: Asset.AssetId.make(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`),
        type: "file"
      })
      const search = Listing.search({ q: "shot" }).pipe(
        Stream.runCount,
        Effect.provide(
          Layer.mock(FrameioClient.FrameioClient, {
            search: ({ page: n = 1, pageSize }) =>
              Effect.sync(() => {
                asked.push(n)
                assert.strictEqual(pageSize, 100)
                return page(n > 3 ? [] : range(0, 7).map((item) => asset(n * 100 + item)))
              })
          })
        )
      )
      assert.strictEqual(yield* search, 21)
      assert.deepStrictEqual(asked, [1, 2, 3, 4])
    })
  )
})
