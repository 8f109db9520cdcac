import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { ClusterError, JobStore, Worker } from "@effect-frameio/cluster"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { DateTime, type Duration, Effect, Exit, Fiber, type Redacted, type Scope } from "effect"

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

const starting = { open: 10, stalled: "1 hour", gone: "1 hour", reconnect: "0 seconds" } as const

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
      assert.isTrue(firsts.every(({ again, generation }) => !again && generation === 1))
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      const [first] = firsts
      if (first === undefined) return assert.fail("nothing was started")
      yield* begin(store, job, first, "one", "1 hour")
      const agains = yield* store.start(job.id, { ...starting, stalled: "0 seconds" })
      assert.isTrue(agains.length === 2 && agains.every(({ again, generation }) => again && generation === 2))
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
      assert.deepStrictEqual(again, [{ job: job.id, chain: first.chain, generation: 2, again: true }])
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

  test("starts nothing of a job that was stopped, and says why", (store) =>
    Effect.gen(function* () {
      const job = yield* submitted(store)
      yield* store.stop(job.id, "The token was refused.")
      assert.deepStrictEqual(yield* store.start(job.id, starting), [])
      assert.deepInclude(yield* store.reading("job").job, { state: "stopped", reason: "The token was refused." })
      assert.deepInclude(yield* submitted(store), { state: "running", reason: undefined })
      assert.strictEqual((yield* store.start(job.id, starting)).length, 2)
    }))
})
