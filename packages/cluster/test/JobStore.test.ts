import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { ClusterError, JobStore, Worker } from "@effect-frameio/cluster"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { Clock, Context, DateTime, type Duration, Effect, Exit, Fiber, Layer, type Redacted, type Scope } from "effect"

const test = <E>(
  name: string,
  body: (store: JobStore.Service, url: Redacted.Redacted) => Effect.Effect<void, E, Scope.Scope>
) =>
  it.scopedLive.skipIf(PostgresServer.missing)(
    name,
    () =>
      Effect.flatMap(PostgresServer.start, ({ url }) =>
        Effect.flatMap(JobStore.JobStore, (store) => body(store, url)).pipe(Effect.provide(Worker.layerStore({ url })))
      ),
    60_000
  )

/** The question whether chains are still a session's. */
const HELD = "SELECT id FROM frameio_chains WHERE job = $1 AND session = $2 AND id = ANY($3::int[])"

const ids = Array.from({ length: 6 }, () => crypto.randomUUID())
const [a = "", b = "", c = "", d = "", e = "", f = ""] = ids

/** Two chains: b and c on a, and e and f on d. */
const plan = VersionPlan.fromPairs([
  { assetId: a, nextAssetId: b },
  { assetId: a, nextAssetId: c },
  { assetId: d, nextAssetId: e },
  { assetId: d, nextAssetId: f }
])

const submitted = (store: JobStore.Service) =>
  Effect.map(
    Effect.flatMap(plan, (plan) => store.submit(plan, { name: "job", account: "default" })),
    ({ job }) => job
  )

const sent = (line: number) =>
  Effect.map(DateTime.now, (at) => ({
    others: [],
    patches: [
      {
        line,
        state: "sent" as const,
        how: null,
        sentTo: a,
        stackId: null,
        attempts: 1,
        sentAt: DateTime.toEpochMillis(at),
        doneAt: null,
        fault: null,
        home: null
      }
    ],
    shares: []
  }))

const starting = { open: 10, stalled: "1 hour", unheld: "1 hour", gone: "1 hour", reconnect: "0 seconds" } as const

const begin = (
  store: JobStore.Service,
  job: JobStore.Job,
  start: JobStore.Start,
  session: string,
  lease: Duration.DurationInput
) => Effect.map(store.begin(job, session, [start], lease), (begun) => begun.get(start.chain))

describe("JobStore", () => {
  test("lets one session have a chain, and no other write about it", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first] = yield* store.start(job.id, starting)
      if (first === undefined) return assert.fail("nothing was started")
      assert.strictEqual((yield* begin(store, job, first, "one", "1 hour"))?._tag, "Taken")
      assert.strictEqual((yield* begin(store, job, first, "other", "1 hour"))?._tag, "Elsewhere")
      const line = first.chain === 0 ? 1 : 3
      yield* store.write(job, "one", yield* sent(line))
      assert.strictEqual((yield* Effect.flip(store.write(job, "other", yield* sent(line)))).reason, "Lost")
      assert.strictEqual(yield* store.stateOf(job.id, line), "sent")
      // Nobody has heard of the first for longer than the lease.
      const taken = yield* begin(store, job, first, "other", "0 seconds")
      assert.strictEqual(taken?._tag, "Taken")
      if (taken?._tag === "Taken") assert.deepInclude(taken.rows[0], { state: "sent", attempts: 1, sent_to: a })
      assert.strictEqual((yield* Effect.flip(store.write(job, "one", yield* sent(line)))).reason, "Lost")
    }))

  test("lets a session send nothing whose write was under way when its chain was taken over", (store, url) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first] = yield* store.start(job.id, starting)
      if (first === undefined) return assert.fail("nothing was started")
      yield* begin(store, job, first, "one", "1 hour")
      const line = first.chain === 0 ? 1 : 3
      const sql = yield* PgClient.PgClient
      /** How many statements wait for a lock. */
      const waiting = Effect.map(
        sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted`,
        ([row]) => row?.count ?? 0
      )
      const other = yield* sql.reserve
      const run = (statement: string, ...values: ReadonlyArray<number>) => other.execute(statement, values, undefined)
      yield* run("BEGIN")
      yield* run("SELECT 1 FROM frameio_links WHERE job = $1 AND line = $2 FOR UPDATE", job.id, line)
      const write = yield* Effect.fork(Effect.exit(store.write(job, "one", yield* sent(line))))
      yield* Effect.repeat(waiting, { until: (count) => count > 0 })
      const taken = yield* begin(store, job, first, "other", "0 seconds")
      yield* run("COMMIT")
      assert.isTrue(taken?._tag === "Taken" && taken.rows[0]?.state === "planned", "it sees nothing of the write")
      const lost = new ClusterError.ClusterError({ reason: "Lost" })
      assert.deepStrictEqual(yield* Fiber.join(write), Exit.fail(lost))
    }).pipe(Effect.provide(PgClient.layer({ url }))))

  test("takes many chains in hand at once, and says of each what became of it", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first, second] = yield* store.start(job.id, starting)
      if (first === undefined || second === undefined) return assert.fail("not all was started")
      yield* begin(store, job, first, "other", "1 hour")
      const of = (begun: ReadonlyMap<number, JobStore.Begun>) =>
        [first, second].map(({ chain }) => begun.get(chain)?._tag)
      const both = yield* store.begin(job, "one", [first, second], "1 hour")
      assert.deepStrictEqual(of(both), ["Elsewhere", "Taken"])
      const taken = both.get(second.chain)
      if (taken?._tag === "Taken")
        assert.deepStrictEqual(
          taken.rows.map(({ chain }) => chain),
          [second.chain, second.chain]
        )
      const early = [first, { ...second, generation: 2 }]
      assert.deepStrictEqual(of(yield* store.begin(job, "one", early, "1 hour")), ["Elsewhere", "Over"])
      const undoing = { ...job, kind: "undo" } as const
      assert.deepStrictEqual(of(yield* store.begin(undoing, "one", [first, second], "1 hour")), ["Other", "Other"])
      assert.deepStrictEqual(of(yield* store.begin(job, "one", [first, second], "0 seconds")), ["Taken", "Taken"])
    }))

  test("starts a chain again that nobody is heard of about, and lets the first start go", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const firsts = yield* store.start(job.id, starting)
      assert.strictEqual(firsts.length, 2)
      assert.isTrue(firsts.every(({ generation, how }) => how === "new" && generation === 1))
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      const [first] = firsts
      if (first === undefined) return assert.fail("nothing was started")
      yield* begin(store, job, first, "one", "1 hour")
      const agains = yield* store.start(job.id, { ...starting, stalled: "0 seconds" })
      assert.isTrue(agains.length === 2 && agains.every(({ generation, how }) => how === "stalled" && generation === 2))
      assert.strictEqual((yield* begin(store, job, first, "one", "1 hour"))?._tag, "Over")
      assert.strictEqual(
        (yield* Effect.flip(store.write(job, "one", yield* sent(first.chain === 0 ? 1 : 3)))).reason,
        "Lost"
      )
      const [second] = agains
      if (second === undefined) return assert.fail("nothing was started again")
      assert.strictEqual((yield* begin(store, job, second, "other", "1 hour"))?._tag, "Taken")
    }))

  test("starts a chain again at once whose worker has no connection any more", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first, second] = yield* store.start(job.id, starting)
      if (first === undefined || second === undefined) return assert.fail("not all was started")
      yield* begin(store, job, first, "a-worker-that-died/session", "1 hour")
      yield* begin(store, job, second, "no-worker", "1 hour")
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      const restarted = yield* store.start(job.id, { ...starting, gone: "0 seconds", reconnect: "1 hour" })
      assert.deepStrictEqual(restarted, [], "it may still be connecting again")
      const again = yield* store.start(job.id, { ...starting, gone: "0 seconds" })
      assert.deepStrictEqual(again, [{ job: job.id, chain: first.chain, generation: 2, how: "stalled" }])
    }))

  test("has no more chains open than it is told, and ends a job with its last chain", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const state = Effect.map(store.reading("job").job, (job) => job.state)
      for (const expected of [1, 1, 0]) {
        const starts = yield* store.start(job.id, { ...starting, open: 1 })
        assert.strictEqual(starts.length, expected)
        assert.strictEqual((yield* store.start(job.id, { ...starting, open: 1 })).length, 0)
        for (const one of starts) {
          yield* store.finish
          assert.strictEqual(yield* state, "running")
          yield* begin(store, job, one, "one", "1 hour")
          yield* store.layDown(job.id, "one", [one.chain], "done")
        }
      }
      yield* store.finish
      assert.strictEqual(yield* state, "done")
    }))

  test("starts a chain again soon that nobody has in hand, and one at once that was laid down", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first, second] = yield* store.start(job.id, starting)
      if (first === undefined || second === undefined) return assert.fail("not all was started")
      yield* begin(store, job, first, "one", "1 hour")
      const [unheld] = yield* store.start(job.id, { ...starting, unheld: "0 seconds" })
      assert.deepStrictEqual(unheld, { job: job.id, chain: second.chain, generation: 2, how: "stalled" })
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      yield* store.layDown(job.id, "one", [first.chain], "open")
      const [laidDown] = yield* store.start(job.id, starting)
      assert.deepStrictEqual(laidDown, { job: job.id, chain: first.chain, generation: 2, how: "laid down" })
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
    }))

  test("lets a session send nothing that was frozen while it asked whether its chain is still its own", (store, url) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const [first] = yield* store.start(job.id, starting)
      if (first === undefined) return assert.fail("nothing was started")
      yield* begin(store, job, first, "one", "1 hour")
      const clock = yield* Clock.clockWith(Effect.succeed)
      /** How long the process was frozen. */
      let frozenNanos = 0n
      const later: Clock.Clock = Object.assign(Object.create(clock), {
        currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + frozenNanos)
      })
      const sql = yield* PgClient.PgClient
      let isTaken = false
      const freezing = new Proxy(sql, {
        get: (target, name) =>
          name === "unsafe"
            ? (text: string, values: ReadonlyArray<unknown>) =>
                text !== HELD || isTaken
                  ? target.unsafe(text, values)
                  : Effect.tap(target.unsafe(text, values), () => {
                      isTaken = true
                      frozenNanos = 3_600_000_000_000n
                      return begin(store, job, first, "other", "0 seconds")
                    })
            : Reflect.get(target, name)
      })
      const frozen = yield* Effect.map(
        Layer.build(Layer.provide(JobStore.layer, Layer.succeed(SqlClient.SqlClient, freezing))),
        Context.get(JobStore.JobStore)
      )
      const write = frozen.write(job, "one", yield* sent(first.chain === 0 ? 1 : 3))
      assert.strictEqual((yield* Effect.flip(Effect.withClock(write, later))).reason, "Lost")
      assert.isTrue(isTaken)
    }).pipe(Effect.provide(PgClient.layer({ url }))))

  test("does not end a job whose undo begins at that moment", (store, url) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      const sql = yield* PgClient.PgClient
      for (const { chain } of yield* store.start(job.id, starting)) {
        yield* begin(store, job, { job: job.id, chain, generation: 1 }, "one", "1 hour")
        yield* store.layDown(job.id, "one", [chain], "done")
      }
      yield* sql`UPDATE frameio_links SET state = 'confirmed', how = 'answered' WHERE job = ${job.id}`
      const waiting = Effect.map(
        sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted`,
        ([row]) => row?.count ?? 0
      )
      const other = yield* sql.reserve
      const run = (statement: string) => other.execute(statement, [], undefined)
      yield* run("BEGIN")
      // The undo waits for this row, and the end of the job for the undo.
      yield* run("SELECT 1 FROM frameio_chains FOR UPDATE")
      const undo = yield* Effect.fork(store.undo("job"))
      yield* Effect.repeat(waiting, { until: (count) => count > 0 })
      const finish = yield* Effect.fork(store.finish)
      yield* Effect.repeat(waiting, { until: (count) => count > 1 })
      yield* run("COMMIT")
      yield* Fiber.join(undo)
      yield* Fiber.join(finish)
      assert.deepInclude(yield* store.reading("job").job, { kind: "undo", state: "running" })
      assert.strictEqual((yield* store.start(job.id, starting)).length, 2)
    }).pipe(Effect.provide(PgClient.layer({ url }))))

  test("leaves chains in hand alone when a job is submitted twice at the same moment", (store, url) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      yield* store.stop(job, "The token was refused.")
      const sql = yield* PgClient.PgClient
      const waiting = Effect.map(
        sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted`,
        ([row]) => row?.count ?? 0
      )
      const other = yield* sql.reserve
      const run = (statement: string) => other.execute(statement, [], undefined)
      yield* run("BEGIN")
      yield* run("SELECT 1 FROM frameio_jobs FOR UPDATE")
      const late = yield* Effect.fork(submitted(store))
      yield* Effect.repeat(waiting, { until: (count) => count > 0 })
      yield* run("UPDATE frameio_jobs SET state = 'running', reason = NULL")
      yield* run("UPDATE frameio_chains SET state = 'open', session = 'one', generation = 1, seen_at = now()")
      yield* run("COMMIT")
      yield* Fiber.join(late)
      const held = yield* sql<{ session: string | null }>`SELECT session FROM frameio_chains`
      assert.deepStrictEqual(
        held.map(({ session }) => session),
        ["one", "one"]
      )
    }).pipe(Effect.provide(PgClient.layer({ url }))))

  test("stops no undo for what its run has met", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      yield* store.undo("job")
      yield* store.stop(job, "An id of the plan was not found.")
      assert.deepInclude(yield* store.reading("job").job, { kind: "undo", state: "running" })
    }))

  test("works with the tables of a later version that has added to them", (store, url) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      for (const table of ["jobs", "chains", "links", "runs", "paces", "notices"]) {
        yield* sql.unsafe(`ALTER TABLE frameio_${table} ADD COLUMN later TEXT NOT NULL DEFAULT ''`)
      }
      yield* sql`INSERT INTO frameio_migrations (migration_id, name) VALUES (99, 'later')`
      const older = yield* Effect.map(Layer.build(Worker.layerStore({ url })), Context.get(JobStore.JobStore))
      const job = yield* submitted(older)
      const [first] = yield* older.start(job.id, starting)
      if (first === undefined) return assert.fail("nothing was started")
      yield* begin(older, job, first, "one", "1 hour")
      const at = yield* DateTime.now
      const paced = {
        _tag: "Paced",
        at,
        millis: 1000,
        sent: 1,
        refused: 0,
        limit: 100,
        windowMillis: 1000,
        free: 99,
        waiting: 0
      } as const
      yield* older.write(job, "one", { ...(yield* sent(first.chain === 0 ? 1 : 3)), others: [paced] })
      assert.strictEqual((yield* store.reading("job").samples).length, 1)
      assert.strictEqual((yield* older.reading("job").counts).sent, 1)
    }).pipe(Effect.provide(PgClient.layer({ url }))))

  test("starts nothing of a job that was stopped, and says why", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      yield* store.stop(job, "The token was refused.")
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      assert.deepInclude(yield* store.reading("job").job, { state: "stopped", reason: "The token was refused." })
      assert.deepInclude(yield* submitted(store), { state: "running", reason: undefined })
      assert.strictEqual((yield* store.start(job.id, starting)).length, 2)
    }))
})
