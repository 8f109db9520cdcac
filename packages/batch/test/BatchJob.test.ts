import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  type BatchEvent,
  BatchJob,
  BatchProgress,
  type JobRecord,
  Ledger,
  LedgerError,
  type VersionPlan
} from "@effect-frameio/batch"
import type { RateLimitScheduler } from "@effect-frameio/core"
import type { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, Seed, type Unknowns } from "@effect-frameio/testing"
import { Chunk, Clock, Deferred, Effect, Fiber, Layer, Random, type Scope, Stream, TestClock } from "effect"
import * as Layers from "./layers.js"

const temporary = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fs.makeTempDirectoryScoped(), "job.db")
})

const test = <E>(
  name: string,
  body: (file: string) => Effect.Effect<void, E, FileSystem.FileSystem | Path.Path | Scope.Scope>,
  timeout?: number
) => it.scoped(name, () => Effect.flatMap(temporary, body).pipe(Effect.provide(NodeContext.layer)), timeout)

const take = (pairs: ReadonlyArray<VersionPlan.Pair>) =>
  Effect.flatMap(Ledger.Ledger, (ledger) => ledger.takePairs(Stream.fromIterable(pairs)))

/** Forks work once its ledger is open: opening reads the disk, for which the test's clock does not wait. */
const begin = <A, E, R, E2, R2>(
  work: Effect.Effect<A, E, R | Ledger.Ledger>,
  ledger: Layer.Layer<Ledger.Ledger, E2, R2>
) =>
  Effect.gen(function* () {
    const opened = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      Effect.zipRight(Deferred.succeed(opened, undefined), work).pipe(Effect.provide(ledger))
    )
    yield* Effect.raceFirst(Deferred.await(opened), Fiber.await(fiber))
    return fiber
  })

/** One run with the ledger, on the test's clock, cut off after so many ms. */
const onLedger = <A, E, R>(file: string, work: Effect.Effect<A, E, R | Ledger.Ledger>, cutAfterMillis?: number) =>
  Effect.gen(function* () {
    const fiber = yield* begin(work, Ledger.layer({ file }))
    if (cutAfterMillis === undefined) {
      yield* TestClock.adjust("1 hour")
      return yield* Fiber.join(fiber)
    }
    yield* TestClock.adjust(cutAfterMillis)
    yield* Fiber.interrupt(fiber)
    return undefined
  })

const counted = <E, R>(events: Stream.Stream<BatchEvent.BatchEvent, E, R>) =>
  Stream.runFold(events, BatchProgress.empty, BatchProgress.add)

const everyShotInOrder = (fake: FakeFrameio.Service, seeded: Seed.Shots) => {
  for (const { versions } of seeded.shots) {
    assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
  }
}

describe.each(Layers.apis)("a job with a ledger, over $name", (api) => {
  test("does nothing a second time", (file) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 10, versions: 3 })
      const job = Effect.zipRight(take(Seed.pairs(seeded)), counted(BatchJob.run()))
      assert.deepInclude(yield* onLedger(file, job), { links: 20, confirmed: 20 })
      everyShotInOrder(fake, seeded)
      const { requests } = yield* fake.counts()
      assert.deepInclude(yield* onLedger(file, job), { links: 20, confirmed: 20, before: 20, sent: 0 })
      assert.strictEqual((yield* fake.counts()).requests, requests)
    }).pipe(Effect.provide(api.layer({ limits: { "*": "unlimited" } }))))

  describe("goes on after any cut, whatever is lost: each version once, and in order", () => {
    /** So many that a request that makes a stack does not make all of it. */
    const versions = api.together + 3
    const variants = Layers.variantsOf(api)
    for (const seed of api.readsFirst ? [1, 2, 3, 4] : [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { layer, name } = variants[seed % variants.length] ?? api
      const unknowns: Unknowns.Options = {
        versionReturns: seed % 2 === 0 ? "stack" : "file",
        targetInStack: seed % 3 === 0 ? "resolve" : "refuse"
      }
      test(
        `seed ${seed}, ${name}`,
        (file) =>
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const seeded = Seed.shots(fake.world, { shots: 12, versions })
            const job = Effect.zipRight(
              take(Seed.pairs(seeded)),
              counted(
                BatchJob.run({ retryFailed: true, settleAfter: "2 seconds", stopAfter: Number.POSITIVE_INFINITY })
              )
            )
            const cuts = 6
            yield* Effect.forEach(
              Array.from({ length: cuts }),
              () => Effect.flatMap(Random.nextIntBetween(1, 900), (millis) => onLedger(file, job, millis)),
              { discard: true }
            )
            // What failed by chance, five times in a row, is tried again.
            yield* onLedger(file, job)
            yield* onLedger(file, job)
            everyShotInOrder(fake, seeded)
            const calls = Layers.changesOf(api, fake)
            assert.strictEqual(calls.filter((call) => call.applied).length, 12 * Layers.changesFor(api, versions))
            assert.deepStrictEqual(
              calls.filter((call) => call.refusal === "NextInStack" || (call.status === 200 && !call.applied)),
              [],
              "nothing was sent that was in place already"
            )
          }).pipe(
            Effect.withRandom(Random.make(seed)),
            Effect.provide(
              layer({
                // Faults by chance may follow one another.
                client: { retry: { readRetries: 12 } },
                seed,
                unknowns,
                payload: "slim",
                limits: Layers.limitsOf(api, 20),
                faults: FaultPlan.combine(
                  FaultPlan.latency({ millis: 40, jitterMillis: 40 }),
                  FaultPlan.random({
                    seed,
                    answerLost: 0.05,
                    requestLost: 0.05,
                    errorBefore: 0.03,
                    errorAfter: 0.03,
                    connectionRefused: 0.02
                  })
                )
              })
            )
          ),
        60_000
      )
    }
  })

  for (const [what, beside] of [
    ["without its log", []],
    ["with its log", ["-wal"]]
  ] as const) {
    test(`goes on from a copy taken in the middle of a run, ${what}`, (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const fake = yield* FakeFrameio.FakeFrameio
        const versions = 4
        // More than go out in the first moment.
        const changes = 30
        const shots = changes / Layers.changesFor(api, versions)
        const links = shots * (versions - 1)
        const seeded = Seed.shots(fake.world, { shots, versions })
        const job = Effect.zipRight(take(Seed.pairs(seeded)), counted(BatchJob.run()))
        const fiber = yield* begin(job, Ledger.layer({ file }))
        yield* TestClock.adjust(300)
        const copy = `${file}.copy`
        yield* Effect.forEach(["", ...beside], (end) => fs.copyFile(`${file}${end}`, `${copy}${end}`))
        yield* Fiber.interrupt(fiber)
        assert.isAbove(Layers.changesOf(api, fake).length, 5)

        const isPartial = Effect.scoped(
          Effect.map(Ledger.make({ file: copy, mode: "read" }), (ledger) => ledger.isPartial)
        )
        assert.strictEqual(yield* isPartial, beside.length === 0)
        const counts = yield* onLedger(copy, job)
        assert.deepInclude(counts, { links, confirmed: links, failed: 0 })
        everyShotInOrder(fake, seeded)
        const calls = Layers.changesOf(api, fake)
        assert.strictEqual(calls.filter(({ applied }) => applied).length, changes)
        // Also after it was closed in order: what the log held is not known by anybody.
        assert.strictEqual(yield* isPartial, beside.length === 0)
      }).pipe(Effect.provide(api.layer({ limits: Layers.limitsOf(api, 20) }))))
  }

  describe("with lookFirst", () => {
    interface Job {
      readonly fake: FakeFrameio.Service
      /** The id of a shot's version, both from 0. */
      readonly at: (shot: number, version: number) => string
      /** One run: its counts, and what failed in it. */
      readonly run: (
        options?: BatchJob.Options,
        cutAfterMillis?: number
      ) => Effect.Effect<
        { readonly counts: BatchEvent.Counts; readonly failed: ReadonlyArray<readonly [string, string]> },
        never,
        FileSystem.FileSystem
      >
      readonly counts: Effect.Effect<JobRecord.Counts, never, FileSystem.FileSystem>
      readonly undo: Effect.Effect<BatchEvent.Counts | undefined, never, FileSystem.FileSystem>
      /** The versions of the stack that an asset is on. */
      readonly on: (id: string) => ReadonlyArray<string> | undefined
      readonly calls: () => number
    }

    const verified = (name: string, body: (job: Job) => Effect.Effect<void, never, FileSystem.FileSystem>) =>
      test(name, (file) =>
        Effect.gen(function* () {
          const fake = yield* FakeFrameio.FakeFrameio
          const client = yield* Effect.context<Repository.Repository | RateLimitScheduler.RateLimitScheduler>()
          const seeded = Seed.shots(fake.world, { shots: 6, versions: 3 })
          yield* body({
            fake,
            at: (shot, version) => seeded.shots[shot]?.versions[version] ?? "",
            run: (options, cutAfterMillis) =>
              Effect.gen(function* () {
                let counts: BatchEvent.Counts = BatchProgress.empty
                const failed: Array<readonly [string, string]> = []
                const see = (event: BatchEvent.BatchEvent): void => {
                  counts = BatchProgress.add(counts, event)
                  if (event._tag === "Failed") failed.push([event.nextAssetId, event.error._tag])
                }
                const job = Stream.runForEach(BatchJob.run(options), (event) => Effect.sync(() => see(event)))
                yield* onLedger(file, Effect.zipRight(take(Seed.pairs(seeded)), job), cutAfterMillis)
                return { counts, failed }
              }).pipe(Effect.provide(client), Effect.orDie),
            counts: Ledger.make({ file, mode: "read" }).pipe(
              Effect.flatMap((ledger) => ledger.counts),
              Effect.scoped,
              Effect.orDie
            ),
            undo: Effect.orDie(Effect.provide(onLedger(file, counted(BatchJob.undo())), client)),
            on: (id) => fake.world.stackOf(id)?.versions,
            calls: () => Layers.changesOf(api, fake).length
          })
        }).pipe(Effect.provide(api.layer({ limits: { "*": "unlimited" }, faults: FaultPlan.latency({ millis: 40 }) })))
      )

    verified("verifies a finished job: what is no longer in its place fails, and nothing is sent", (job) =>
      Effect.gen(function* () {
        const { at, fake } = job
        yield* job.run()
        const whole = yield* job.run({ lookFirst: true })
        assert.deepInclude(whole.counts, { links: 12, confirmed: 12, already: 12, sent: 0, failed: 0 })
        // The newest of one stack, one below the newest of another, and one that goes on a third.
        for (const id of [at(0, 2), at(1, 1), at(2, 2)]) assert.isTrue(fake.world.unversion({ assetId: id }).ok)
        const third = fake.world.stackOf(at(3, 0))?.id ?? ""
        assert.isTrue(fake.world.version({ assetId: third, nextAssetId: at(2, 2) }).ok)
        const sent = job.calls()
        const { counts, failed } = yield* job.run({ lookFirst: true })
        assert.deepInclude(counts, { links: 12, confirmed: 9, already: 9, failed: 3, skipped: 0, sent: 0 })
        const moved = [at(0, 2), at(1, 1), at(2, 2)].map((id) => [id, "FrameioMovedSince"] as const)
        assert.deepStrictEqual([...failed].sort(), moved.sort())
        assert.deepInclude(yield* job.counts, { confirmed: 9, already: 0, failed: 3, planned: 0 })
        assert.strictEqual(job.calls(), sent)

        // What was taken from the top is put back when that is asked for; the others would go where they do not belong.
        const again = yield* job.run({ retryFailed: true })
        assert.deepInclude(again.counts, { confirmed: 10, failed: 2 })
        assert.deepStrictEqual(job.on(at(0, 0)), [at(0, 0), at(0, 1), at(0, 2)])
        assert.deepStrictEqual(job.on(at(1, 0)), [at(1, 0), at(1, 2)])
        assert.deepStrictEqual(job.on(at(3, 0)), [at(3, 0), at(3, 1), at(3, 2), at(2, 2)])
      })
    )

    verified("verifies what a half-finished job has in place, and does the rest", (job) =>
      Effect.gen(function* () {
        const { at, fake } = job
        yield* job.run({ concurrency: 1 }, api.readsFirst ? 700 : 250)
        const before = yield* job.counts
        assert.isAbove(before.confirmed, 2)
        assert.isAbove(before.planned, 2)
        assert.isTrue(fake.world.unversion({ assetId: at(0, 2) }).ok)
        const { counts, failed } = yield* job.run({ lookFirst: true, settleAfter: "1 second" })
        assert.deepStrictEqual(failed, [[at(0, 2), "FrameioMovedSince"]])
        assert.deepInclude(counts, { links: 12, confirmed: 11, failed: 1, notSent: 0, unknown: 0 })
        // Looked up or not, it is this job that has put them there.
        assert.deepInclude(yield* job.undo, { failed: 0, confirmed: 11 })
        for (const shot of [1, 2, 3, 4, 5]) assert.isUndefined(job.on(at(shot, 0)))
      })
    )

    verified(
      "counts what a stopped verification has not come to as in place and not looked at, and not as not sent",
      (job) =>
        Effect.gen(function* () {
          yield* job.run()
          const { counts } = yield* job.run({ lookFirst: true, stop: Effect.void })
          const { already, notVerified = 0 } = counts
          assert.isAbove(notVerified, 0)
          assert.strictEqual(already + notVerified, 12)
          assert.deepInclude(counts, { links: 12, confirmed: 12, before: notVerified, notSent: 0, sent: 0 })
        })
    )

    verified("keeps what is confirmed when it cannot be looked up", (job) =>
      Effect.gen(function* () {
        yield* job.run()
        yield* job.run({ lookFirst: true }, 30)
        assert.deepInclude(yield* job.counts, { confirmed: 12, already: 0 })
        assert.deepInclude((yield* job.run({ lookFirst: true })).counts, { confirmed: 12, failed: 0, sent: 0 })
      })
    )
  })

  describe("waits for what an earlier run has sent as long as it may be under way, whatever the wall clock says", () => {
    const settleMillis = 30_000
    const latencyMillis = 40
    for (const jump of [-3_600_000, 3_600_000]) {
      for (const when of ["between the runs", "as it begins", "while it waits"] as const) {
        test(`${jump / 1000} s ${when}`, (file) =>
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const seeded = Seed.shots(fake.world, { shots: 1, versions: 2 })
            const clock = yield* Effect.clock
            let jumped = 0
            const wall: Clock.Clock = {
              [Clock.ClockTypeId]: clock[Clock.ClockTypeId],
              sleep: (duration) => clock.sleep(duration),
              unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + jumped,
              currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis + jumped),
              unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
              currentTimeNanos: clock.currentTimeNanos
            }
            /** When a run has begun and sent, by the clock that nobody sets. */
            let begun = 0
            let sent = 0
            const job = Effect.zipRight(
              take(Seed.pairs(seeded)),
              Stream.runForEach(BatchJob.run({ settleAfter: settleMillis, lookFirst: true }), (event) =>
                Effect.sync(() => {
                  if (event._tag === "Planned") begun = clock.unsafeCurrentTimeMillis()
                  if (event._tag === "Sent") sent = clock.unsafeCurrentTimeMillis()
                })
              )
            ).pipe(Effect.withClock(wall))
            yield* TestClock.adjust("3 hours")
            yield* onLedger(file, job, 5000)
            assert.isAbove(sent, begun)
            if (when === "between the runs") jumped = jump
            const fiber = yield* begin(job, Ledger.layer({ file }))
            yield* TestClock.adjust(20)
            if (when === "as it begins") jumped = jump
            yield* TestClock.adjust(10_000)
            if (when === "while it waits") jumped = jump
            yield* TestClock.adjust("2 hours")
            yield* Fiber.join(fiber)
            assert.isAtLeast(sent - begun, settleMillis)
            assert.isAtMost(sent - begun, settleMillis + 10 * latencyMillis, "but for what it reads before and after")
            everyShotInOrder(fake, seeded)
          }).pipe(
            Effect.provide(
              api.layer({
                limits: { "*": "unlimited" },
                faults: FaultPlan.combine(
                  FaultPlan.latency({ millis: latencyMillis }),
                  FaultPlan.nth(api.make, 0, { _tag: "RequestLost" })
                )
              })
            )
          ))
      }
    }
  })

  describe("undone", () => {
    for (const { layer, name } of Layers.variantsOf(api)) {
      test(
        `leaves all loose as it was, cut off in the middle or not, over ${name}`,
        (file) =>
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const seeded = Seed.shots(fake.world, { shots: 6, versions: 3 })
            const stackId = fake.world.version({
              assetId: seeded.shots[0]?.versions[0] ?? "",
              nextAssetId: seeded.shots[0]?.versions[1] ?? ""
            })
            assert.isTrue(stackId.ok)
            yield* onLedger(file, Effect.zipRight(take(Seed.pairs(seeded)), counted(BatchJob.run({ lookFirst: true }))))
            everyShotInOrder(fake, seeded)
            const undo = counted(BatchJob.undo({ settleAfter: "1 second" }))
            yield* onLedger(file, undo, 150)
            const counts = yield* onLedger(file, undo)
            assert.deepInclude(counts, { failed: 0, unknown: 0, notSent: 0 })
            for (const [index, { versions }] of seeded.shots.entries()) {
              for (const [place, version] of versions.entries()) {
                const on = fake.world.stackOf(version)?.versions
                // The two that were a stack before are left as they were.
                if (index === 0 && place < 2) assert.deepStrictEqual(on, versions.slice(0, 2))
                else assert.isUndefined(on, `shot ${index}, version ${place}`)
              }
            }
            const again = yield* Effect.flip(onLedger(file, counted(BatchJob.run())))
            assert.deepInclude(again, { _tag: "LedgerError", reason: "Undone" })
          }).pipe(
            Effect.provide(
              layer({
                // Faults by chance may follow one another.
                client: { retry: { readRetries: 12 } },
                limits: { "*": "unlimited" },
                faults: FaultPlan.combine(
                  FaultPlan.latency({ millis: 40 }),
                  FaultPlan.random({ seed: 3, answerLost: 0.05, errorAfter: 0.05 })
                )
              })
            )
          ),
        60_000
      )
    }

    test("leaves alone what somebody else has moved to another stack since", (file) =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const seeded = Seed.shots(fake.world, { shots: 2, versions: 3 })
        yield* onLedger(file, Effect.zipRight(take(Seed.pairs(seeded)), counted(BatchJob.run())))
        const [one, other] = seeded.shots
        const moved = one?.versions[2] ?? ""
        fake.world.unversion({ assetId: moved })
        const theirs = fake.world.version({
          assetId: fake.world.stackOf(other?.versions[0] ?? "")?.id ?? "",
          nextAssetId: moved
        })
        assert.isTrue(theirs.ok)
        const counts = yield* onLedger(file, counted(BatchJob.undo()))
        assert.deepInclude(counts, { confirmed: 2, failed: 1, skipped: 1 })
        assert.deepStrictEqual(fake.world.stackOf(moved)?.versions.at(-1), moved)
      }).pipe(Effect.provide(api.layer({ limits: { "*": "unlimited" } }))))
  })

  test("stops before it sends what it cannot write down, and goes on when there is room", (file) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 300, versions: 2 })
      const pairs = Seed.pairs(seeded)
      yield* onLedger(file, take(pairs))
      const ledger = Ledger.make({ file })
      const full = Layer.scoped(
        Ledger.Ledger,
        Effect.map(ledger, (real): Ledger.Service => {
          let writes = 0
          return {
            ...real,
            recorder: (kind) =>
              Effect.map(real.recorder(kind), (record) => (event) => {
                if (event._tag === "Sent" && ++writes > 50) {
                  return Effect.fail(new LedgerError.LedgerError({ reason: "Full", file }))
                }
                return record(event)
              })
          }
        })
      )
      const fiber = yield* begin(Effect.flip(counted(BatchJob.run())), full)
      yield* TestClock.adjust("1 hour")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "LedgerError", reason: "Full" })
      assert.strictEqual(Layers.changesOf(api, fake).length, 50)
      yield* onLedger(file, counted(BatchJob.run({ settleAfter: "1 second" })))
      everyShotInOrder(fake, seeded)
      assert.strictEqual(Layers.changesOf(api, fake).length, 300)
    }).pipe(Effect.provide(api.layer({ limits: Layers.limitsOf(api, 50) }))))

  test("notices somebody else at work on the same stack, and overwrites nothing", (file) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 1, versions: api.together + 3 })
      const theirs = fake.world.addFile({ name: "theirs.mov" })
      const versions = seeded.shots[0]?.versions ?? []
      const work = Effect.zipRight(take(Seed.pairs(seeded)), Stream.runCollect(BatchJob.run()))
      const fiber = yield* begin(work, Ledger.layer({ file }))
      yield* TestClock.adjust(1500)
      const stack = fake.world.stackOf(versions[0] ?? "")
      fake.world.version({ assetId: stack?.id ?? "", nextAssetId: theirs })
      yield* TestClock.adjust("1 minute")
      const events = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
      const noticed = events.filter((event) => event._tag === "Noticed")
      assert.strictEqual(noticed.length, api.counts ? 1 : 0)
      assert.include(fake.world.stackOf(theirs)?.versions ?? [], theirs)
      assert.strictEqual(fake.world.stackOf(theirs)?.versions.length, versions.length + 1)
      assert.deepStrictEqual(
        fake.world.stackOf(theirs)?.versions.filter((id) => id !== theirs),
        versions
      )
      const notices = yield* onLedger(
        file,
        Effect.flatMap(Ledger.Ledger, (ledger) => ledger.notices)
      )
      assert.strictEqual(notices?.[0]?.stackId, api.counts ? stack?.id : undefined)
    }).pipe(Effect.provide(api.layer({ limits: Layers.limitsOf(api, 1) }))))
})
