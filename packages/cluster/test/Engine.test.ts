/** Chains on an engine in memory and on the test's clock: seconds of silence take no time, and everything happens once. */
import { assert, describe, it } from "@effect/vitest"
import { WorkflowEngine } from "@effect/workflow"
import { VersionPlan } from "@effect-frameio/batch"
import { Accounts, JobStore } from "@effect-frameio/cluster"
import { FrameioConfig } from "@effect-frameio/core"
import { RateLimitScheduler } from "@effect-frameio/ratelimit"
import { FakeFrameio, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Clock, Context, Effect, Exit, Layer, Redacted, Scope, TestClock } from "effect"
import * as Times from "../src/internal/times.js"
import * as Work from "../src/internal/work.js"
import * as StoreMemory from "./storeMemory.js"

/** A store that a worker loses at its first write which `isLast` says: nothing comes back from there, as if it had died. */
const lostAt = (
  store: JobStore.Service,
  isLast: (states: ReadonlyArray<string | null>) => boolean
): JobStore.Service & { readonly isLost: () => boolean } => {
  let isLost = false
  const alive = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => (isLost ? Effect.never : effect))
  return {
    ...store,
    isLost: () => isLost,
    running: alive(store.running),
    finish: alive(store.finish),
    start: (...args) => alive(store.start(...args)),
    begin: (...args) => alive(store.begin(...args)),
    beat: (...args) => alive(store.beat(...args)),
    layDown: (...args) => alive(store.layDown(...args)),
    write: (job, session, entries) =>
      Effect.suspend(() => {
        isLost ||= isLast(entries.patches.map(({ state }) => state))
        return alive(store.write(job, session, entries))
      })
  }
}

/** What the engine does with a chain that it is told of. */
type Execute = WorkflowEngine.WorkflowEngine["Type"]["execute"]

/** A store whose answers stay away from the first write that `isFirst` says until it is thawed. */
const frozenAt = (store: JobStore.Service, isFirst: (states: ReadonlyArray<string | null>) => boolean) => {
  const latch = Effect.unsafeMakeLatch(true)
  let isFrozen = false
  const late = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.zipRight(latch.await, effect)
  return {
    ...store,
    isFrozen: () => isFrozen,
    thaw: latch.open,
    running: late(store.running),
    finish: late(store.finish),
    start: (...args: Parameters<JobStore.Service["start"]>) => late(store.start(...args)),
    begin: (...args: Parameters<JobStore.Service["begin"]>) => late(store.begin(...args)),
    beat: (...args: Parameters<JobStore.Service["beat"]>) => late(store.beat(...args)),
    layDown: (...args: Parameters<JobStore.Service["layDown"]>) => late(store.layDown(...args)),
    write: (...[job, session, entries]: Parameters<JobStore.Service["write"]>) =>
      Effect.suspend(() => {
        if (!isFrozen && isFirst(entries.patches.map(({ state }) => state))) {
          isFrozen = true
          latch.unsafeClose()
        }
        return late(store.write(job, session, entries))
      })
  }
}

const work = (id: string, store: JobStore.Service, api: "v2" | "v4", execute?: Execute) =>
  Effect.gen(function* () {
    const config = yield* FrameioConfig.make({ token: Redacted.make(FakeFrameio.token), owner: "one" })
    const accounts = yield* Accounts.make(() => Effect.succeed({ config, kind: "developer-token", api }))
    const engine = yield* Layer.build(Layer.fresh(WorkflowEngine.layerMemory))
    const given = Context.get(engine, WorkflowEngine.WorkflowEngine)
    return yield* Work.make(id, Times.times).pipe(
      Effect.provideService(WorkflowEngine.WorkflowEngine, execute === undefined ? given : { ...given, execute }),
      Effect.provideService(Accounts.Accounts, accounts),
      Effect.provideService(JobStore.JobStore, store)
    )
  })

/** Lets time pass until it is so, for five minutes at the most. */
const until = (isSo: () => boolean) =>
  Effect.repeat(TestClock.adjust("250 millis"), { until: () => isSo(), times: 1200 }).pipe(
    Effect.tap(() => assert.isTrue(isSo(), "what was waited for has not come"))
  )

const outside = Layer.merge(FakeFrameio.layer(), RateLimitScheduler.layerMemory())

/** Answers take long enough for calls to be under way. */
const slow = FakeFrameio.layer({ faults: FaultPlan.latency({ millis: 300 }) })

/** Of what is put on a stack, per second. */
const LIMIT = 20

const writes = ["assets.version", "versionStacks.create", "files.move"]

describe.each(["v2", "v4"] as const)("a chain over %s", (api) => {
  it.scoped("is read before anything is sent again, when its worker dies between sending and writing down", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 1, versions: 3 })
      const [versions] = seeded.shots.map((shot) => shot.versions)
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      const dying = lostAt(store.service, (states) => states.includes("confirmed"))
      // What has died ends nothing: its scope is never closed.
      yield* Scope.extend(work("dying", dying, api), yield* Scope.make())
      yield* until(dying.isLost)
      assert.isTrue(store.rowsOf(0).some(({ state }) => state === "sent"))
      const before = (yield* fake.requests).length
      yield* work("other", store.service, api)
      yield* until(store.isDone)
      const [first] = (yield* fake.requests).slice(before)
      assert.notInclude(writes, first?.endpoint, "it looks before it sends")
      assert.deepStrictEqual(fake.world.stackOf(versions?.[0] ?? "")?.versions, versions)
      const made = (yield* fake.requests).filter(({ endpoint }) => writes.includes(endpoint))
      assert.isTrue(
        made.every(({ applied }) => applied),
        "nothing was sent that was in place"
      )
      assert.isTrue(store.rowsOf(0).every(({ state }) => state === "confirmed"))
      assert.strictEqual(store.restarts(), 1)
    }).pipe(Effect.provide(outside))
  )

  it.scoped.each([
    { engine: "never answers", execute: () => Effect.never },
    { engine: "forgets what it is told", execute: () => Effect.void },
    { engine: "fails", execute: () => Effect.dieMessage("no engine") }
  ] as const)("is carried out within seconds by an engine that $engine", ({ execute }) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 12, versions: 3 })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      yield* work("one", store.service, api, () => execute() as never)
      const isBegun = (chain: number) =>
        store.isHeld(chain) || store.rowsOf(chain).some(({ state }) => state !== "planned")
      yield* until(() => seeded.shots.every((_, chain) => isBegun(chain)))
      assert.isAtMost(yield* Clock.currentTimeMillis, 15_000)
      yield* until(store.isDone)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
      const made = (yield* fake.requests).filter(({ endpoint }) => writes.includes(endpoint))
      assert.isTrue(made.every(({ applied }) => applied))
    }).pipe(Effect.provide(outside))
  )

  it.scoped("costs its worker no more than a moment, when another takes it over", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 8, versions: 12 })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      yield* work("one", store.service, api)
      yield* until(() => store.isHeld(0))
      const at = yield* Clock.currentTimeMillis
      store.takeAway(0)
      yield* until(store.isDone)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
      const soon = (yield* fake.requests).filter(({ atMillis }) => atMillis > at + 1000 && atMillis < at + 4000)
      assert.isAbove(soon.filter(({ endpoint }) => writes.includes(endpoint)).length, 0)
    }).pipe(Effect.provide(Layer.merge(slow, RateLimitScheduler.layerMemory())))
  )

  it.scoped("is sent once, when its worker is frozen for longer than its lease and goes on", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 6, versions: 6 })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      const frozen = frozenAt(store.service, (states) => states.includes("confirmed"))
      yield* work("frozen", frozen, api)
      yield* until(frozen.isFrozen)
      yield* work("other", store.service, api)
      yield* TestClock.adjust("20 seconds")
      yield* frozen.thaw
      yield* until(store.isDone)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
      const made = (yield* fake.requests).filter(({ endpoint }) => writes.includes(endpoint))
      assert.isTrue(
        made.every(({ applied }) => applied),
        "nothing was sent that was in place"
      )
    }).pipe(Effect.provide(outside))
  )

  it.scoped("does not wait until the chains of an older job are handed over", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 2, versions: 3 })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      const older = 99
      yield* work(
        "worker",
        {
          ...store.service,
          running: Effect.map(store.service.running, (jobs) => [
            ...jobs.map((job) => ({ ...job, id: older, isChecked: true })),
            ...jobs
          ]),
          start: (job, options) =>
            job === older ? Effect.as(Effect.sleep("5 minutes"), []) : store.service.start(job, options)
        },
        api
      )
      const isMade = () => [0, 1].every((chain) => store.rowsOf(chain).every(({ state }) => state === "confirmed"))
      yield* Effect.repeat(TestClock.adjust("250 millis"), { until: isMade, times: 480 })
      assert.isTrue(isMade(), "within two minutes")
    }).pipe(Effect.provide(outside))
  )

  it.scoped("takes what it left to others of the limit, once its rest fits into that", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const [shots, versions, requests] = [20, api === "v2" ? 6 : 15, 100] as const
      const seeded = Seed.shots(fake.world, { shots, versions })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      yield* work("one", store.service, api)
      yield* work("two", store.service, api)
      yield* until(store.isDone)
      const growing = api === "v2" ? "assets.version" : "files.move"
      const made = (yield* fake.requests).filter(({ endpoint }) => endpoint === growing)
      assert.strictEqual(made.length, requests)
      const millis = (made.at(-1)?.atMillis ?? 0) - (made[0]?.atMillis ?? 0)
      assert.isBelow(millis, ((requests - LIMIT) * 1000) / LIMIT + 200)
      assert.isTrue(made.every(({ applied }) => applied))
    }).pipe(
      Effect.provide(
        Layer.merge(
          FakeFrameio.layer({
            limits: {
              "*": RateLimiter.perSecond(1000),
              "assets.version": RateLimiter.perSecond(LIMIT),
              "files.move": RateLimiter.perSecond(LIMIT)
            }
          }),
          RateLimitScheduler.layerMemory()
        )
      )
    )
  )

  it.scoped("goes to another at once, when its worker is told to end", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: api === "v2" ? 16 : 12, versions: 8 })
      const store = StoreMemory.make(yield* VersionPlan.fromPairs(Seed.pairs(seeded)), api)
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(work("first", store.service, api), scope)
      assert.isFalse(yield* first.isReady, "it has heard of nothing yet")
      yield* until(() => fake.world.stackOf(seeded.shots[0]?.versions[0] ?? "") !== undefined)
      assert.isTrue(yield* first.isReady)
      const ending = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* until(() => ending.unsafePoll() !== null)
      assert.isFalse(yield* first.isReady)
      assert.isFalse(store.isDone())
      const at = yield* Clock.currentTimeMillis
      yield* work("other", store.service, api)
      yield* until(() => seeded.shots.some((_, chain) => store.isHeld(chain)))
      assert.isAtMost((yield* Clock.currentTimeMillis) - at, 500)
      yield* until(store.isDone)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
    }).pipe(Effect.provide(outside))
  )
})
