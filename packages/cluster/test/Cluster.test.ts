import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { Accounts, type ClusterError, JobStore, Worker } from "@effect-frameio/cluster"
import { FrameioConfig } from "@effect-frameio/core"
import { RateLimitScheduler } from "@effect-frameio/ratelimit"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { FakeFrameioServer, type RateLimiter, Seed } from "@effect-frameio/testing"
import {
  Chunk,
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Layer,
  Logger,
  LogLevel,
  Redacted,
  Schedule,
  Scope,
  Stream
} from "effect"

type Postgres = Effect.Effect.Success<typeof PostgresServer.start>

type Environment = Readonly<Record<string, string>>

/** What a worker has of its environment, beside the address: the token of the fake, by name. */
const accounts = (fake: FakeFrameioServer.Service, environment: Environment = {}) =>
  Accounts.layerConfig().pipe(
    Layer.provide([RateLimitScheduler.layerMemory(), NodeHttpClient.layerUndici, NodeFileSystem.layer]),
    Layer.provide(
      Layer.setConfigProvider(
        ConfigProvider.fromMap(
          new Map(
            Object.entries({
              FRAMEIO_BASE_URL: fake.baseUrl,
              FRAMEIO_TOKEN: Redacted.value(fake.token),
              ...environment
            })
          )
        )
      )
    )
  )

/** A worker in this process, in a scope of its own. */
const start = (postgres: Postgres, fake: FakeFrameioServer.Service, environment?: Environment) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const context = yield* Scope.extend(Layer.build(accounts(fake, environment)), scope)
    const worker = yield* Worker.make({ url: postgres.url }).pipe(Effect.provide(context), Scope.extend(scope))
    return { ...worker, stop: Scope.close(scope, Exit.void) }
  })

const ended = (reading: JobStore.Reading) =>
  reading.job.pipe(
    Effect.repeat({ until: ({ state }) => state !== "running", schedule: Schedule.spaced("100 millis") }),
    Effect.timeout("50 seconds"),
    Effect.zipRight(reading.job)
  )

const everyShotInOrder = (fake: FakeFrameioServer.Service, seeded: Seed.Shots) => {
  for (const { versions } of seeded.shots) {
    assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
  }
}

/** So many changes each second: slow enough for what must happen in the middle of a job, on a busy machine as well. */
const SLOWLY: RateLimiter.Limit = { limit: 30, windowMillis: 1000 }

const test = <E>(
  name: string,
  body: (given: {
    readonly postgres: Postgres
    readonly fake: FakeFrameioServer.Service
    readonly store: JobStore.Service
  }) => Effect.Effect<void, E, Scope.Scope>,
  limit: RateLimiter.Limit = { limit: 200, windowMillis: 1000 }
) =>
  it.scopedLive.skipIf(PostgresServer.missing)(
    name,
    () =>
      Effect.gen(function* () {
        const postgres = yield* PostgresServer.start
        const context = yield* Layer.build(
          Layer.merge(
            Worker.layerStore({ url: postgres.url }),
            FakeFrameioServer.layer({
              limits: { "*": { limit: 200, windowMillis: 1000 }, "assets.version": limit, "files.move": limit }
            })
          )
        )
        yield* body({
          postgres,
          fake: Context.get(context, FakeFrameioServer.FakeFrameioServer),
          store: Context.get(context, JobStore.JobStore)
        })
      }),
    90_000
  )

const planOf = (seeded: Seed.Shots) => VersionPlan.fromPairs(Seed.pairs(seeded))

/** The two versions of the API, and the requests of a job there: V4 puts nine on one by the first, and then each by itself. */
const faces = [
  { api: "v2", requests: (shots: number, versions: number) => shots * (versions - 1) },
  { api: "v4", requests: (shots: number, versions: number) => shots * (1 + Math.max(0, versions - 10)) }
] as const

/** What was asked to be changed. */
const changes = (fake: FakeFrameioServer.Service) =>
  (["assets.version", "versionStacks.create", "files.move"] as const).flatMap((name) => fake.journal.of(name))

const submission = { name: "job", account: Accounts.DEFAULT, settleAfter: "1 second" } as const

describe.each(faces)("a job on a cluster over $api", ({ api, requests }) => {
  const mine = { ...submission, api }

  test("is carried out by two workers, each version once and in order", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const seeded = Seed.shots(fake.world, { shots: 20, versions: 4 })
      yield* start(postgres, fake)
      yield* start(postgres, fake)
      const { isNew, job } = yield* store.submit(yield* planOf(seeded), mine)
      assert.isTrue(isNew)
      assert.deepInclude(job, { links: 60, chains: 20, state: "running", api })
      const reading = store.reading("job")
      assert.strictEqual((yield* ended(reading)).state, "done")
      everyShotInOrder(fake, seeded)
      assert.strictEqual(changes(fake).filter((call) => call.applied).length, requests(20, 4))
      assert.deepInclude(yield* reading.counts, { total: 60, confirmed: 60, already: 0, planned: 0, sent: 0 })
      const rows = Chunk.toReadonlyArray(yield* Stream.runCollect(reading.rows))
      assert.strictEqual(rows.length, 60)
      assert.isTrue(rows.every(({ how }) => how === "answered"))
    }))

  test(
    "goes on elsewhere when a worker is shut down, and nothing is sent twice",
    ({ fake, postgres, store }) =>
      Effect.gen(function* () {
        const [shots, versions] = [30, api === "v2" ? 8 : 16]
        const seeded = Seed.shots(fake.world, { shots, versions })
        const first = yield* start(postgres, fake)
        yield* start(postgres, fake)
        yield* store.submit(yield* planOf(seeded), mine)
        const reading = store.reading("job")
        let left = 0
        yield* reading.counts.pipe(
          Effect.tap(({ planned }) => {
            left = planned
          }),
          Effect.repeat({ until: ({ confirmed }) => confirmed >= 30, schedule: Schedule.spaced("50 millis") })
        )
        assert.isAbove(left, 0, "the first worker is stopped in the middle")
        yield* first.stop
        assert.isFalse(yield* first.isReady)
        assert.strictEqual((yield* ended(reading)).state, "done")
        everyShotInOrder(fake, seeded)
        const calls = changes(fake)
        assert.strictEqual(calls.filter((call) => call.applied).length, requests(shots, versions))
        assert.deepStrictEqual(
          calls.filter((call) => call.refusal === "NextInStack"),
          [],
          "nothing was sent that was in place already"
        )
        assert.isAtLeast((yield* reading.runs).length, 2)
      }),
    SLOWLY
  )

  test("is taken apart again, and its name is not used twice", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const seeded = Seed.shots(fake.world, { shots: 5, versions: 4 })
      const plan = yield* planOf(seeded)
      yield* start(postgres, fake)
      yield* store.submit(plan, mine)
      const reading = store.reading("job")
      yield* ended(reading)
      assert.deepStrictEqual(yield* reading.stacked, { links: 15, chains: 5 })
      yield* store.undo("job")
      assert.strictEqual((yield* ended(reading)).state, "done")
      assert.deepInclude(yield* reading.counts, { undone: 15, confirmed: 0, undoing: 0 })
      for (const { versions } of seeded.shots) assert.isUndefined(fake.world.stackOf(versions[0] ?? ""))
      const again = yield* Effect.flip(store.submit(plan, mine))
      assert.strictEqual(again.reason, "Undone")
    }))

  test(
    "is taken apart while two workers are in the middle of it",
    ({ fake, postgres, store }) =>
      Effect.gen(function* () {
        const seeded = Seed.shots(fake.world, { shots: 20, versions: 12 })
        yield* start(postgres, fake)
        yield* start(postgres, fake)
        yield* store.submit(yield* planOf(seeded), mine)
        const reading = store.reading("job")
        yield* reading.counts.pipe(
          Effect.repeat({ until: ({ confirmed }) => confirmed >= 10, schedule: Schedule.spaced("50 millis") })
        )
        yield* store.undo("job")
        assert.deepInclude(yield* ended(reading), { state: "done", kind: "undo", reason: undefined })
        assert.deepInclude(yield* reading.counts, { confirmed: 0, sent: 0, undoing: 0, failed: 0 })
        for (const { versions } of seeded.shots) assert.isUndefined(fake.world.stackOf(versions[0] ?? ""))
      }),
    SLOWLY
  )
})

describe("a job on a cluster", () => {
  test("runs over the API of its account, and stays on it", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const [first, second] = [Seed.shots(fake.world, { shots: 2 }), Seed.shots(fake.world, { shots: 2 })]
      yield* start(postgres, fake, { FRAMEIO_API: "v4", FRAMEIO_TOKEN_SHOW_A: Redacted.value(fake.token) })
      const plan = yield* planOf(first)
      yield* store.submit(plan, submission)
      yield* store.submit(yield* planOf(second), { ...submission, name: "other", account: "show-a" })
      yield* ended(store.reading("job"))
      yield* ended(store.reading("other"))
      everyShotInOrder(fake, first)
      everyShotInOrder(fake, second)
      assert.strictEqual((yield* store.reading("job").job).api, "v4")
      assert.strictEqual((yield* store.reading("other").job).api, "v2")
      assert.strictEqual(fake.journal.of("versionStacks.create").length, 2)
      const other = yield* Effect.flip(store.submit(plan, { ...submission, api: "v2" }))
      assert.strictEqual(other.reason, "OtherApi")
    }))

  test("runs with the token that Adobe gives a service", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const seeded = Seed.shots(fake.world, { shots: 2 })
      yield* start(postgres, fake, {
        FRAMEIO_TOKEN: "",
        FRAMEIO_CLIENT_ID_SHOW_A: "client",
        FRAMEIO_CLIENT_SECRET_SHOW_A: "the secret of the client",
        FRAMEIO_IMS_URL: fake.baseUrl
      })
      yield* store.submit(yield* planOf(seeded), { ...submission, account: "show-a" })
      yield* ended(store.reading("job"))
      everyShotInOrder(fake, seeded)
      assert.strictEqual((yield* store.reading("job").job).api, "v4")
      assert.strictEqual((yield* fake.counts("ims.token")).requests, 1)
    }))

  test("goes on with what is left when it is submitted again; what failed waits for its word", (given) =>
    Effect.gen(function* () {
      const { fake, postgres, store } = given
      const seeded = Seed.shots(fake.world, { shots: 4, versions: 3 })
      const plan = yield* planOf(seeded)
      const gone = seeded.shots[0]?.versions[1] ?? ""
      fake.world.remove(gone)
      yield* start(postgres, fake)
      yield* store.submit(plan, submission)
      const reading = store.reading("job")
      assert.strictEqual((yield* ended(reading)).state, "done")
      assert.deepInclude(yield* reading.counts, { confirmed: 6, failed: 1, skipped: 1 })
      const { requests } = yield* fake.counts("assets.version")
      const { isNew } = yield* store.submit(plan, submission)
      assert.isFalse(isNew)
      yield* ended(reading)
      assert.strictEqual((yield* fake.counts("assets.version")).requests, requests)
      yield* store.submit(plan, { ...submission, retryFailed: true })
      yield* ended(reading)
      assert.isAbove((yield* fake.counts("assets.version")).requests, requests)
      assert.deepInclude(yield* reading.counts, { confirmed: 6, failed: 1, skipped: 1 })
    }))

  test("is looked at by its name, and refused where its name is another's", ({ store }) =>
    Effect.gen(function* () {
      const pairs = [{ assetId: crypto.randomUUID(), nextAssetId: crypto.randomUUID() }]
      const others = [{ assetId: crypto.randomUUID(), nextAssetId: crypto.randomUUID() }]
      yield* store.submit(yield* VersionPlan.fromPairs(pairs), submission)
      const reason = <A>(effect: Effect.Effect<A, ClusterError.ClusterError>) =>
        Effect.map(Effect.flip(effect), (error) => error.reason)
      assert.strictEqual(yield* reason(store.reading("other").head), "NoJob")
      assert.strictEqual(yield* reason(store.undo("other")), "NoJob")
      const other = yield* VersionPlan.fromPairs(others)
      assert.strictEqual(yield* reason(store.submit(other, submission)), "OtherPlan")
      const same = yield* VersionPlan.fromPairs(pairs)
      assert.strictEqual(yield* reason(store.submit(same, { ...submission, account: "show-a" })), "OtherAccount")
      assert.deepInclude(yield* store.reading("job").left, { links: 1, chains: 1 })
      assert.isFalse(yield* store.reading("job").inUse)
    }))

  it.scoped("is refused over v2 with a token of Adobe's, before anything is asked", () =>
    Effect.gen(function* () {
      const config = yield* FrameioConfig.make({ token: Redacted.make("of-adobe") })
      const accounts = yield* Accounts.make(() => Effect.succeed({ config, kind: "service" }))
      const error = yield* Effect.flip(accounts.repository("show-a", "v2"))
      assert.include(error.message, "Adobe's, which v2 does not accept")
    }).pipe(Effect.provide(Layer.merge(RateLimitScheduler.layerMemory(), NodeHttpClient.layerUndici)))
  )

  test(
    "goes on when PostgreSQL was restarted in the middle",
    ({ fake, postgres, store }) =>
      Effect.gen(function* () {
        const seeded = Seed.shots(fake.world, { shots: 20, versions: 8 })
        const worker = yield* start(postgres, fake)
        yield* store.submit(yield* planOf(seeded), submission)
        const reading = store.reading("job")
        yield* reading.counts.pipe(
          Effect.repeat({ until: ({ confirmed }) => confirmed >= 20, schedule: Schedule.spaced("50 millis") })
        )
        yield* postgres.stop
        yield* Effect.sleep("500 millis")
        yield* postgres.up
        yield* reading.job.pipe(Effect.retry(Schedule.spaced("50 millis")))
        assert.isAbove((yield* reading.counts).planned, 0, "it was restarted in the middle")
        assert.strictEqual((yield* ended(reading)).state, "done")
        assert.isTrue(yield* worker.isReady)
        everyShotInOrder(fake, seeded)
        assert.strictEqual(fake.journal.of("assets.version").filter((call) => call.applied).length, 140)
        // What the engine says of it is long.
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None)),
    SLOWLY
  )

  test(
    "goes on when every connection to PostgreSQL is cut in the middle",
    ({ fake, postgres, store }) =>
      Effect.gen(function* () {
        const seeded = Seed.shots(fake.world, { shots: 20, versions: 8 })
        yield* start(postgres, fake)
        yield* start(postgres, fake)
        yield* store.submit(yield* planOf(seeded), submission)
        const reading = store.reading("job")
        yield* reading.counts.pipe(
          Effect.repeat({ until: ({ confirmed }) => confirmed >= 20, schedule: Schedule.spaced("50 millis") })
        )
        const sql = yield* PgClient.PgClient
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
        assert.isAbove((yield* Effect.retry(reading.counts, { times: 10 })).planned, 0, "it was in the middle")
        assert.strictEqual((yield* ended(reading)).state, "done")
        everyShotInOrder(fake, seeded)
        assert.strictEqual(fake.journal.of("assets.version").filter((call) => call.applied).length, 140)
        // What the engine says of it is long.
      }).pipe(Effect.provide(PgClient.layer({ url: postgres.url })), Logger.withMinimumLogLevel(LogLevel.None)),
    SLOWLY
  )

  test("has all shards, when workers died with the one that watched over all", ({ fake, postgres }) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const worker = yield* start(postgres, fake)
      // Such as others leave behind that were killed: the heartbeat is young for an hour.
      for (let n = 0; n < 8; n++) {
        yield* sql`INSERT INTO cluster_runners (address, runner, healthy, last_heartbeat)
          SELECT replace(address, ${worker.id}, ${`dead-${n}`}), replace(runner, ${worker.id}, ${`dead-${n}`}), true,
            now() + interval '1 hour' FROM cluster_runners WHERE address LIKE ${`${worker.id}%`}`
      }
      yield* worker.stop
      yield* start(postgres, fake)
      const locks = sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objid BETWEEN 1000001 AND 1000060`
      yield* locks.pipe(
        Effect.repeat({ until: ([row]) => row?.count === 60, schedule: Schedule.spaced("100 millis") }),
        Effect.timeout("50 seconds")
      )
    }).pipe(Effect.provide(PgClient.layer({ url: postgres.url }))))

  test("may be deleted, and its workers go on with others", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const [first, second] = [Seed.shots(fake.world, { shots: 4, versions: 30 }), Seed.shots(fake.world, { shots: 2 })]
      yield* start(postgres, fake)
      yield* store.submit(yield* planOf(first), submission)
      const reading = store.reading("job")
      yield* reading.counts.pipe(
        Effect.repeat({ until: ({ confirmed }) => confirmed >= 4, schedule: Schedule.spaced("50 millis") })
      )
      const sql = yield* PgClient.PgClient
      yield* sql`DELETE FROM frameio_jobs WHERE name = 'job'`
      yield* sql`TRUNCATE cluster_messages, cluster_replies`
      yield* store.submit(yield* planOf(second), { ...submission, name: "other" })
      assert.strictEqual((yield* ended(store.reading("other"))).state, "done")
      everyShotInOrder(fake, second)
      const left = yield* sql`SELECT 1 FROM frameio_links WHERE job NOT IN (SELECT id FROM frameio_jobs)`
      assert.strictEqual(left.length, 0)
    }).pipe(Effect.provide(PgClient.layer({ url: postgres.url }))))

  test("stops before its first request over V4 where ids are not found, and names them all", ({
    fake,
    postgres,
    store
  }) =>
    Effect.gen(function* () {
      const seeded = Seed.shots(fake.world, { shots: 4, versions: 3 })
      const gone = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const
      const pairs = [...Seed.pairs(seeded), { assetId: gone[0], nextAssetId: gone[1] }]
      yield* start(postgres, fake)
      yield* start(postgres, fake)
      const v4 = { ...submission, api: "v4" } as const
      yield* store.submit(yield* VersionPlan.fromPairs(pairs), v4)
      const reading = store.reading("job")
      const { reason, state } = yield* ended(reading)
      assert.strictEqual(state, "stopped")
      for (const id of gone) assert.include(reason, `line 9: ${id}`)
      assert.include(reason, "2 ids of the plan; nothing was sent")
      assert.deepStrictEqual(changes(fake), [])
      assert.deepInclude(yield* reading.counts, { planned: 9, failed: 0, sent: 0 })
      // One worker looks, and looks again when the plan is submitted again.
      const looked = () => fake.journal.of("files.show").length
      const before = looked()
      assert.isAbove(before, 0)
      yield* store.submit(yield* VersionPlan.fromPairs(pairs), v4)
      assert.strictEqual((yield* ended(reading)).state, "stopped")
      assert.strictEqual(looked(), 2 * before)
    }))

  test("stops before its first request over v2 where its plan reorders stacks, and names the lines", ({
    fake,
    postgres,
    store
  }) =>
    Effect.gen(function* () {
      const seeded = Seed.shots(fake.world, { shots: 2, versions: 3 })
      const [first = { versions: [] }] = seeded.shots
      const [one = "", two = "", three = ""] = first.versions
      fake.world.version({ assetId: one, nextAssetId: two })
      const stack = fake.world.stackOf(one)?.id ?? ""
      fake.world.version({ assetId: stack, nextAssetId: three })
      const pairs = [
        ...Seed.pairs(seeded).slice(2),
        { assetId: stack, nextAssetId: one, fields: { reorder_from: first.versions.join(" ") } }
      ]
      yield* start(postgres, fake)
      yield* start(postgres, fake)
      yield* store.submit(yield* VersionPlan.fromPairs(pairs), submission)
      const reading = store.reading("job")
      const { reason, state } = yield* ended(reading)
      assert.strictEqual(state, "stopped")
      assert.include(reason, "another order (line 3), for which v2 has no call. Nothing was sent")
      assert.deepStrictEqual(changes(fake), [])
      assert.deepInclude(yield* reading.counts, { planned: 3, failed: 0, sent: 0 })
    }))

  test("waits for a worker that knows its account, and holds no other up", ({ fake, postgres, store }) =>
    Effect.gen(function* () {
      const [mine, others] = [Seed.shots(fake.world, { shots: 2 }), Seed.shots(fake.world, { shots: 2 })]
      yield* start(postgres, fake)
      yield* store.submit(yield* planOf(others), { ...submission, name: "theirs", account: "show-a" })
      yield* store.submit(yield* planOf(mine), submission)
      assert.strictEqual((yield* ended(store.reading("job"))).state, "done")
      assert.deepInclude(yield* store.reading("theirs").counts, { planned: 4, sent: 0 })
      assert.deepInclude(yield* store.reading("theirs").job, { state: "running" })
    }))
})
