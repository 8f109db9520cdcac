import { assert, describe, it } from "@effect/vitest"
import { BatchEvent, BatchProgress, BatchRunner, LinkError, VersionPlan } from "@effect-frameio/batch"
import { Chunk, Deferred, Effect, FastCheck, Fiber, Stream, TestClock } from "effect"
import * as Stub from "./stub.js"

const { id } = Stub
const [A, B, C, D, E, F] = [id(1), id(2), id(3), id(4), id(5), id(6)] as const

const plan = (...pairs: ReadonlyArray<readonly [string, string]>) =>
  VersionPlan.fromPairs(pairs.map(([assetId, nextAssetId]) => ({ assetId, nextAssetId })))

const collect = (stub: Stub.Stub, made: VersionPlan.VersionPlan, options?: BatchRunner.Options) =>
  Stream.runCollect(BatchRunner.run(made, options)).pipe(Effect.map(Chunk.toReadonlyArray), Effect.provide(stub.layer))

/** The events of one line, short. */
const story = (events: ReadonlyArray<BatchEvent.BatchEvent>, line: number) =>
  events.flatMap((event) => {
    if (!("line" in event) || event.line !== line) return []
    switch (event._tag) {
      case "Confirmed":
        return [`confirmed ${event.how}`]
      case "Failed":
        return [`failed ${LinkError.tagOf(event.error)} ${LinkError.outcomeOf(event.error)}`]
      case "Skipped":
        return [`skipped ${event.why}`]
      default:
        return [event._tag.toLowerCase()]
    }
  })

const last = (events: ReadonlyArray<BatchEvent.BatchEvent>) => {
  const event = events[events.length - 1]
  if (event?._tag !== "Finished") throw new Error("the last event must be Finished")
  return event
}

describe("BatchRunner", () => {
  for (const answer of ["stack", "file"] as const) {
    it.effect(`puts a chain on the new stack, when Frame.io answers the ${answer}`, () =>
      Effect.gen(function* () {
        const stub = Stub.make({ answer })
        const events = yield* collect(stub, yield* plan([A, B], [A, C], [C, D], [E, F]))
        assert.deepStrictEqual(stub.on(A), [A, B, C, D])
        assert.deepStrictEqual(stub.on(E), [E, F])
        assert.strictEqual(stub.calls.length, 4, "one version call per link")
        assert.strictEqual(stub.reads(), answer === "stack" ? 0 : 2, "the stack is read once, and only when needed")
        assert.deepStrictEqual(story(events, 1), ["sent", "confirmed answered"])
        assert.strictEqual(events[0]?._tag, "Planned")
        assert.deepInclude(last(events).counts, { links: 4, sent: 4, confirmed: 4, failed: 0, notSent: 0 })
      })
    )
  }

  it.effect("leaves the rest of a chain unsent when a link fails, and goes on with the others", () =>
    Effect.gen(function* () {
      const stub = Stub.make()
      stub.missing.add(C)
      const events = yield* collect(stub, yield* plan([A, B], [A, C], [A, D], [E, F]))
      assert.deepStrictEqual(story(events, 1), ["sent", "confirmed answered"])
      assert.deepStrictEqual(story(events, 2), ["sent", "failed FrameioNotFound not-applied"])
      assert.deepStrictEqual(story(events, 3), ["skipped chain"])
      assert.deepStrictEqual(story(events, 4), ["sent", "confirmed answered"])
      const skipped = events.find((event) => event._tag === "Skipped")
      assert.strictEqual(skipped?._tag === "Skipped" ? skipped.because : undefined, 2)
      assert.deepStrictEqual(stub.on(A), [A, B])
      assert.deepInclude(last(events).counts, { confirmed: 2, failed: 1, skipped: 1 })
    })
  )

  describe("holds a plan to what it was made against", () => {
    const made = (expected: Readonly<Record<string, string>>) =>
      VersionPlan.fromPairs(
        [B, C].map((nextAssetId) => ({
          assetId: expected.of ?? A,
          nextAssetId,
          fields: { target_name: "Spot_v001.mov", ...expected }
        }))
      )
    const loose = { target_type: "file", target_folder_id: Stub.FOLDER }

    it.effect("and stacks when nothing has changed, for one read", () =>
      Effect.gen(function* () {
        const stub = Stub.make()
        yield* collect(stub, yield* made(loose))
        assert.deepStrictEqual(stub.on(A), [A, B, C])
        assert.strictEqual(stub.reads(), 1)
        const grown = Stub.make()
        const stack = grown.stack(D, E)
        yield* collect(grown, yield* made({ of: stack, target_type: "version_stack", target_cover_id: E }))
        assert.deepStrictEqual(grown.on(stack), [D, E, B, C])
      })
    )

    it.effect("and keeps a chain back whose file was stacked meanwhile, by name, and the others go on", () =>
      Effect.gen(function* () {
        const stub = Stub.make()
        stub.stack(A, F)
        const both = yield* VersionPlan.fromPairs([
          { assetId: A, nextAssetId: B, fields: { target_name: "Spot_v001.mov", ...loose } },
          { assetId: A, nextAssetId: C, fields: loose },
          { assetId: D, nextAssetId: E, fields: loose }
        ])
        const events = yield* collect(stub, both)
        assert.deepStrictEqual(stub.on(A), [A, F])
        assert.deepStrictEqual(stub.on(D), [D, E])
        assert.deepInclude(last(events).counts, { sent: 1, confirmed: 1, failed: 1, skipped: 1 })
        const failed = events.find((event) => event._tag === "Failed")
        const words = failed?._tag === "Failed" ? failed.message : ""
        assert.include(words, '"Spot_v001.mov" was in no stack when the plan was made, but is in one now')
        assert.include(words, "file 06")
        assert.include(words, "plan again")
      })
    )

    it.effect("and keeps a chain back whose stack has another newest version", () =>
      Effect.gen(function* () {
        const stub = Stub.make()
        const stack = stub.stack(D, E, F)
        const events = yield* collect(
          stub,
          yield* made({ of: stack, target_type: "version_stack", target_cover_id: E })
        )
        assert.deepStrictEqual(stub.on(stack), [D, E, F])
        assert.deepInclude(last(events).counts, { sent: 0, failed: 1, skipped: 1 })
      })
    )

    it.effect("but goes on where an earlier run without a ledger has begun", () =>
      Effect.gen(function* () {
        const stub = Stub.make()
        stub.stack(A, B)
        const events = yield* collect(stub, yield* made(loose))
        assert.deepStrictEqual(stub.on(A), [A, B, C])
        assert.deepInclude(last(events).counts, { sent: 1, confirmed: 2, already: 1, failed: 0 })
      })
    )
  })

  it.effect("sends to the stack when the target turns out to be inside one", () =>
    Effect.gen(function* () {
      const stub = Stub.make()
      const stackId = stub.stack(D, A)
      const events = yield* collect(stub, yield* plan([A, B], [A, C]))
      assert.deepStrictEqual(stub.on(A), [D, A, B, C])
      assert.deepStrictEqual(
        stub.calls.map((call) => call.target),
        [A, stackId, stackId]
      )
      assert.deepStrictEqual(story(events, 1), ["sent", "noticed", "sent", "confirmed answered"])
    })
  )

  it.effect("finds what is in place already, and from then on looks before it sends", () =>
    Effect.gen(function* () {
      const stub = Stub.make()
      stub.stack(A, B, C)
      const events = yield* collect(stub, yield* plan([A, B], [A, C], [A, D]))
      assert.deepStrictEqual(stub.on(A), [A, B, C, D])
      assert.deepStrictEqual(story(events, 1), ["sent", "confirmed already"])
      assert.deepStrictEqual(story(events, 2), ["confirmed already"])
      assert.deepStrictEqual(story(events, 3), ["sent", "confirmed answered"])
    })
  )

  it.effect("with lookFirst sends nothing at all for what is in place", () =>
    Effect.gen(function* () {
      const stub = Stub.make()
      stub.stack(A, B, C)
      const counts = yield* BatchRunner.runCounted(yield* plan([A, B], [A, C]), { lookFirst: true }).pipe(
        Effect.provide(stub.layer)
      )
      assert.strictEqual(stub.calls.length, 0)
      assert.deepInclude(counts, { confirmed: 2, already: 2, sent: 0 })
    })
  )

  it.effect("does not take a version from somebody else's stack", () =>
    Effect.gen(function* () {
      const stub = Stub.make()
      stub.stack(A, D)
      const theirs = stub.stack(E, B)
      const events = yield* collect(stub, yield* plan([A, B]))
      assert.deepStrictEqual(story(events, 1), ["sent", "failed FrameioAlreadyElsewhere not-applied"])
      const failed = events.find((event) => event._tag === "Failed")
      assert.include(failed?._tag === "Failed" ? failed.message : "", theirs)
    })
  )

  for (const [fate, expected, calls] of [
    ["lost-after", ["sent", "confirmed settled"], 1],
    ["500-after", ["sent", "confirmed settled"], 1],
    ["garbled", ["sent", "confirmed settled"], 1],
    ["500-before", ["sent", "waiting", "sent", "confirmed answered"], 2],
    ["lost-before", ["sent", "waiting", "sent", "confirmed answered"], 2],
    ["stranger", ["sent", "waiting", "sent", "confirmed answered"], 2],
    ["unchanged", ["sent", "waiting", "sent", "confirmed answered"], 2]
  ] as const) {
    for (const line of [1, 2]) {
      it.effect(
        `settles ${fate} on link ${line} by reading, and sends ${calls === 1 ? "once" : "again only then"}`,
        () =>
          Effect.gen(function* () {
            const hit = line === 1 ? B : C
            const stub = Stub.make({ fate: (call, count) => (call.next === hit && count === 1 ? fate : "ok") })
            const fiber = yield* Effect.fork(collect(stub, yield* plan([A, B], [A, C], [A, D])))
            yield* TestClock.adjust("30 seconds")
            const events = yield* Fiber.join(fiber)
            assert.deepStrictEqual(story(events, line), [...expected])
            assert.deepStrictEqual(stub.on(A), [A, B, C, D])
            assert.strictEqual(stub.calls.filter((call) => call.next === hit).length, calls)
          })
      )
    }
  }

  it.effect("does not send again before Frame.io must have given the first one up", () =>
    Effect.gen(function* () {
      const stub = Stub.make({ fate: (_, count) => (count === 1 ? "lost-before" : "ok") })
      const fiber = yield* Effect.fork(collect(stub, yield* plan([A, B])))
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(stub.calls.length, 1)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      assert.strictEqual(stub.calls.length, 2)
    })
  )

  for (const { settleFrom, waits } of [
    { settleFrom: "run", waits: 10 },
    { settleFrom: "chain", waits: 30 }
  ] as const) {
    it.effect(`waits ${waits} seconds for what another process has sent, counted from its ${settleFrom}`, () =>
      Effect.gen(function* () {
        const stub = Stub.make()
        const unsettled = (yield* plan([A, B])).chains.map((chain) => ({
          ...chain,
          links: chain.links.map((link) => ({ ...link, isUnsettled: true }))
        }))
        // The chain comes when the run is 20 seconds old.
        const chains = Stream.fromEffect(Effect.delay(Effect.succeed(unsettled), "20 seconds")).pipe(
          Stream.flattenIterables
        )
        const fiber = yield* Effect.fork(
          Stream.runDrain(BatchRunner.runChains(chains, { settleFrom })).pipe(Effect.provide(stub.layer))
        )
        yield* TestClock.adjust(20_000 + 1000 * waits - 1)
        assert.strictEqual(stub.calls.length, 0)
        assert.isAbove(stub.reads(), 0, "it was looked for")
        yield* TestClock.adjust(1)
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(stub.on(A), [A, B])
      })
    )
  }

  it.effect("says unknown when neither the answer nor the stack can be had", () =>
    Effect.gen(function* () {
      const stub = Stub.make({
        fate: () => {
          stub.missing.add(B)
          return "500-after"
        }
      })
      const events = yield* collect(stub, yield* plan([A, B], [A, C]))
      assert.deepStrictEqual(story(events, 1), ["sent", "failed FrameioServerError unknown"])
      assert.deepStrictEqual(story(events, 2), ["skipped chain"])
    })
  )

  it.effect("gives up on a link that fails again and again, each time after a longer pause", () =>
    Effect.gen(function* () {
      const stub = Stub.make({ fate: () => "500-before" })
      const fiber = yield* Effect.fork(collect(stub, yield* plan([A, B], [A, C]), { attempts: 3 }))
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(stub.calls.length, 2)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(stub.calls.length, 3)
      // What the last one may have made is looked for once more.
      yield* TestClock.adjust("30 seconds")
      const events = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        story(events, 1).filter((one) => one !== "waiting"),
        ["sent", "sent", "sent", "failed FrameioServerError not-applied"]
      )
      assert.strictEqual(stub.calls.length, 3)
    })
  )

  it.effect("stops the whole job when the token is refused", () =>
    Effect.gen(function* () {
      const stub = Stub.make({ fate: (_, __) => "unauthorized" })
      const pairs = Array.from({ length: 100 }, (_, n) => [id(1000 + n), id(2000 + n)] as const)
      const events = yield* collect(stub, yield* plan(...pairs), { concurrency: 4 })
      const end = last(events)
      assert.isAtMost(stub.calls.length, 4)
      assert.include(end.stopped, "token")
      assert.strictEqual(BatchProgress.done(end.counts), 100)
      assert.strictEqual(end.counts.failed + end.counts.notSent, 100)
    })
  )

  it.effect("stops when nothing gets through, but not for what single assets cannot", () =>
    Effect.gen(function* () {
      const pairs = Array.from({ length: 200 }, (_, n) => [id(1000 + n), id(2000 + n)] as const)
      const broken = Stub.make({ fate: () => "500-before" })
      const failing = yield* Effect.fork(collect(broken, yield* plan(...pairs), { concurrency: 4, attempts: 1 }))
      yield* TestClock.adjust("1 hour")
      const end = last(yield* Fiber.join(failing))
      assert.isTrue(end.counts.failed >= 32 && end.counts.failed < 40, `${end.counts.failed} failed`)
      assert.include(end.stopped, "32 versions in a row")
      const missing = Stub.make()
      for (const [, next] of pairs) missing.missing.add(next)
      assert.deepInclude(last(yield* collect(missing, yield* plan(...pairs))), { stopped: null })
    })
  )

  it.effect("on stop sends no more, lets finish what is under way, and counts the rest", () =>
    Effect.gen(function* () {
      const entered = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const stop = yield* Deferred.make<void>()
      const stub = Stub.make({
        during: Deferred.succeed(entered, undefined).pipe(Effect.zipRight(Deferred.await(release)))
      })
      const fiber = yield* Effect.fork(
        collect(stub, yield* plan([A, B], [A, C], [E, F]), { concurrency: 1, stop: Deferred.await(stop) })
      )
      yield* Deferred.await(entered)
      yield* Deferred.succeed(stop, undefined)
      yield* TestClock.adjust("1 seconds")
      yield* Deferred.succeed(release, undefined)
      const events = yield* Fiber.join(fiber)
      assert.deepStrictEqual(story(events, 1), ["sent", "confirmed answered"])
      assert.deepStrictEqual(story(events, 2), ["skipped stopped"])
      assert.notInclude(story(events, 3), "sent")
      assert.deepInclude(last(events).counts, { confirmed: 1, notSent: 2, unknown: 0, failed: 0 })
      assert.strictEqual(last(events).stopped, "The job was stopped.")
    })
  )

  it.effect("on stop gives up after the grace, and records what was under way as unknown", () =>
    Effect.gen(function* () {
      const entered = yield* Deferred.make<void>()
      const stop = yield* Deferred.make<void>()
      const stub = Stub.make({ fate: () => "hangs", during: Effect.asVoid(Deferred.succeed(entered, undefined)) })
      const fiber = yield* Effect.fork(
        collect(stub, yield* plan([A, B], [A, C]), { stop: Deferred.await(stop), grace: "5 seconds" })
      )
      yield* Deferred.await(entered)
      yield* Deferred.succeed(stop, undefined)
      yield* TestClock.adjust("5 seconds")
      const events = yield* Fiber.join(fiber)
      assert.deepStrictEqual(story(events, 1), ["sent", "unknown"])
      assert.deepInclude(last(events).counts, { unknown: 1, notSent: 1 })
    })
  )

  it.effect("tells a ledger of what was under way when it is interrupted, though nobody reads any more", () =>
    Effect.gen(function* () {
      const entered = yield* Deferred.make<void>()
      const stub = Stub.make({ fate: () => "hangs", during: Effect.asVoid(Deferred.succeed(entered, undefined)) })
      const seen: Array<BatchEvent.BatchEvent> = []
      const fiber = yield* Effect.fork(
        collect(stub, yield* plan([A, B], [A, C]), { onEvent: (event) => Effect.sync(() => seen.push(event)) })
      )
      yield* Deferred.await(entered)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(story(seen, 1), ["sent", "unknown"])
    })
  )

  it.effect("keeps to its concurrency, and asks for chains only as it needs them", () =>
    Effect.gen(function* () {
      let open = 0
      let most = 0
      let pulled = 0
      const stub = Stub.make({
        during: Effect.acquireUseRelease(
          Effect.sync(() => {
            most = Math.max(most, ++open)
          }),
          () => Effect.sleep("10 millis"),
          () =>
            Effect.sync(() => {
              open -= 1
              assert.isAtMost(pulled - finished, 40)
            })
        )
      })
      let finished = 0
      const made = yield* plan(...Array.from({ length: 500 }, (_, n) => [id(1000 + n), id(5000 + n)] as const))
      const fiber = yield* BatchRunner.runChains(
        Stream.fromIterable(made.chains).pipe(
          Stream.rechunk(1),
          Stream.tap(() => Effect.sync(() => pulled++))
        ),
        {
          concurrency: 8,
          onEvent: (event) =>
            Effect.sync(() => {
              if (event._tag === "Confirmed") finished += 1
            })
        }
      ).pipe(Stream.runFold(BatchProgress.empty, BatchProgress.add), Effect.provide(stub.layer), Effect.fork)
      yield* TestClock.adjust("630 millis")
      const counts = yield* Fiber.join(fiber)
      assert.strictEqual(counts.confirmed, 500)
      assert.isNull(counts.links)
      assert.strictEqual(most, 8)
    })
  )

  it.effect.prop(
    "whatever the faults: every version is stacked at most once, in order, and the story told is the truth",
    [
      FastCheck.array(FastCheck.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      FastCheck.array(
        FastCheck.constantFrom<Stub.Fate>(
          "ok",
          "ok",
          "lost-before",
          "lost-after",
          "500-before",
          "500-after",
          "garbled"
        ),
        { minLength: 1, maxLength: 12 }
      ),
      FastCheck.constantFrom<"stack" | "file">("stack", "file")
    ],
    ([lengths, fates, answer]) =>
      Effect.gen(function* () {
        let at = 0
        const stub = Stub.make({ answer, fate: () => fates[at++ % fates.length] ?? "ok" })
        const pairs = lengths.flatMap((length, chain) =>
          Array.from({ length }, (_, n) => [id(chain * 100 + 100), id(chain * 100 + 101 + n)] as const)
        )
        const fiber = yield* Effect.fork(collect(stub, yield* plan(...pairs), { attempts: 4 }))
        yield* TestClock.adjust("30 minutes")
        const events = yield* Fiber.join(fiber)
        const confirmed = new Set(events.flatMap((event) => (event._tag === "Confirmed" ? [event.nextAssetId] : [])))
        for (const [index, length] of lengths.entries()) {
          const target = id(index * 100 + 100)
          const versions = Array.from({ length }, (_, n) => id(index * 100 + 101 + n))
          const on = stub.on(target).slice(1)
          assert.deepStrictEqual(on, versions.slice(0, on.length), "in order, none twice")
          assert.deepStrictEqual(
            versions.filter((version) => confirmed.has(version)),
            on,
            "confirmed is what is on the stack"
          )
        }
        assert.strictEqual(BatchProgress.done(last(events).counts), pairs.length)
        // What is told ends as it is told, whether folded or read from lines of JSON.
        const back = yield* Effect.forEach(events, (event) => BatchEvent.fromJsonLine(BatchEvent.toJsonLine(event)))
        assert.deepStrictEqual(back, events)
        assert.deepStrictEqual(events.slice(0, -1).reduce(BatchProgress.add, BatchProgress.empty), last(events).counts)
      }),
    { fastCheck: { numRuns: 60 }, timeout: 120_000 }
  )
})
