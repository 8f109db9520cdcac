import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  RateLimitCall,
  RateLimitError,
  RateLimitedHttpClient,
  RateLimitJob,
  type RateLimitMemory,
  RateLimitMetrics,
  RateLimitScheduler,
  RateLimitStore
} from "@effect-frameio/ratelimit"
import * as Limiter from "@effect-frameio/testing/RateLimiter"
import { Array as Arr, Effect, Exit, Fiber, Layer, Logger, Metric, MetricState, Redacted, Ref, TestClock } from "effect"

const ROUTE = "POST /v2/assets/:asset_id/version"
const key = { owner: Redacted.make("token"), route: ROUTE }
const request = HttpClientRequest.post("https://api.frame.io/v2/assets/x/version")

interface Seen {
  readonly name: string
  readonly at: number
  readonly status: number
}

/** A server with a limit and a latency, on the clock of the test; it keeps what it saw. */
const makeServer = (options: {
  readonly limit: number
  readonly windowMillis?: number
  readonly latency?: number
  readonly headers?: (headers: Record<string, string>, nth: number) => Record<string, string>
}) =>
  Effect.gen(function* () {
    const latency = options.latency ?? 20
    const limiter = Limiter.make({
      limits: { "*": { limit: options.limit, windowMillis: options.windowMillis ?? 1000 } }
    })
    const seen: Array<Seen> = []
    const now = Effect.map(Effect.clock, RateLimitStore.monotonicMillis)
    const send = (name = "") =>
      Effect.gen(function* () {
        yield* Effect.sleep(latency / 2)
        const at = yield* now
        const decision = limiter.take("user", "version", at)
        seen.push({ name, at, status: decision.admitted ? 200 : 429 })
        const nth = seen.length
        yield* Effect.sleep(latency / 2)
        const headers = {
          "x-ratelimit-limit": `${decision.limit?.limit}`,
          "x-ratelimit-window": `${decision.limit?.windowMillis}`,
          "x-ratelimit-remaining": `${decision.remaining}`
        }
        return HttpClientResponse.fromWeb(
          request,
          new Response(decision.admitted ? "{}" : "Rate Limit Exceeded", {
            status: decision.admitted ? 200 : 429,
            headers: options.headers?.(headers, nth) ?? headers
          })
        )
      })
    return { limiter, seen, send }
  })

const run = <A, E, R>(
  effect: Effect.Effect<A, E, R | RateLimitScheduler.RateLimitScheduler>,
  options?: RateLimitScheduler.Options
) => Effect.provide(effect, RateLimitScheduler.layerMemory(options))

/** Forks, lets virtual time pass until it is done, and joins. */
const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>, duration: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

const count = (seen: ReadonlyArray<Seen>, status: number) => seen.filter((one) => one.status === status).length

describe("RateLimitScheduler", () => {
  it.effect("sends the first request alone, then what fits, then one per cost, and none is refused", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 10 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(
          Effect.forEach(Array.from({ length: 40 }), () => schedule(key)(server.send()), { concurrency: "unbounded" }),
          10_000
        )
        const times = server.seen.map((one) => one.at)
        assert.strictEqual(times[0], 10)
        assert.isAtLeast(times[1] ?? 0, 30)
        assert.strictEqual(count(server.seen, 429), 0)
        assert.strictEqual(count(server.seen, 200), 40)
        // 40 of 100 ms, of which 1000 ms fit at once, and the two halves of a round trip, and 3 %.
        assert.isAtMost(times[39] ?? Number.POSITIVE_INFINITY, 3000 + 100)
      })
    )
  )

  it.effect("with a hint the first request is not alone", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 10 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(
          Effect.forEach(Array.from({ length: 10 }), () => schedule(key)(server.send()), { concurrency: "unbounded" }),
          100
        )
        assert.deepStrictEqual(
          server.seen.map((one) => one.at),
          Array.from({ length: 10 }, () => 10)
        )
      }),
      { hint: () => ({ limit: 10, windowMillis: 1000 }) }
    )
  )

  it.effect("keeps the order of arrival within a priority", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 50, latency: 0 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const names = Array.from({ length: 120 }, (_, i) => `${i}`)
        yield* elapse(
          Effect.forEach(names, (name) => schedule(key)(server.send(name)), { concurrency: "unbounded" }),
          10_000
        )
        assert.deepStrictEqual(
          server.seen.map((one) => one.name),
          names
        )
      })
    )
  )

  it.effect("an interactive call passes a bulk job of ten thousand, at once, and the job goes on", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 20 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const bulk = yield* Effect.fork(
          Effect.forEach(Array.from({ length: 10_000 }), () => schedule(key)(server.send("bulk")), {
            concurrency: "unbounded",
            discard: true
          }).pipe(RateLimitCall.withPriority("bulk"))
        )
        yield* TestClock.adjust(5000)
        const before = server.seen.length
        yield* elapse(schedule(key)(server.send("urgent")).pipe(RateLimitCall.withPriority("interactive")), 20)
        const urgent = server.seen.find((one) => one.name === "urgent")
        assert.strictEqual(urgent?.at, 5010)
        assert.strictEqual(urgent?.status, 200)
        yield* TestClock.adjust(5000)
        assert.isAtLeast(server.seen.length - before, 98)
        assert.strictEqual(count(server.seen, 429), 0)
        yield* Fiber.interrupt(bulk)
      })
    )
  )

  it.effect("two bulk jobs share the bucket evenly, whoever came first", () =>
    Effect.scoped(
      run(
        Effect.gen(function* () {
          const server = yield* makeServer({ limit: 20 })
          const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
          const start = (name: string, remaining: number) =>
            Effect.gen(function* () {
              const job = yield* RateLimitJob.make({ name, remaining })
              yield* Effect.forEach(Array.from({ length: remaining }), () => schedule(key)(server.send(name)), {
                concurrency: "unbounded",
                discard: true
              }).pipe(RateLimitCall.withJob(job), RateLimitCall.withPriority("bulk"), Effect.fork)
            })
          yield* start("a", 300)
          yield* start("b", 300)
          yield* TestClock.adjust(10_000)
          const a = server.seen.filter((one) => one.name === "a").length
          const b = server.seen.filter((one) => one.name === "b").length
          assert.isAtLeast(a + b, 190)
          assert.isAtMost(Math.abs(a - b), 10)
        })
      )
    )
  )

  it.effect("a job that says that much is still to come stays calm, though few requests wait", () =>
    Effect.scoped(
      run(
        Effect.gen(function* () {
          const server = yield* makeServer({ limit: 20 })
          const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
          const job = yield* RateLimitJob.make({ name: "job", remaining: 400 })
          yield* Effect.forEach(Array.from({ length: 400 }), () => schedule(key)(server.send()), {
            concurrency: 5,
            discard: true
          }).pipe(RateLimitCall.withJob(job), Effect.fork)
          for (let second = 1; second < 15; second++) {
            yield* TestClock.adjust(1000)
            const [bucket] = yield* snapshot
            assert.isAtLeast(bucket?.free ?? 0, 10)
            assert.strictEqual(bucket?.backlog, job.remaining())
          }
          yield* TestClock.adjust(6000)
          assert.strictEqual(count(server.seen, 200), 400)
          assert.strictEqual(job.remaining(), 0)
          // 20 at once and one per 50 ms after that: 19 s.
          assert.isAtMost(server.seen.at(-1)?.at ?? Number.POSITIVE_INFINITY, 19_200)
        })
      )
    )
  )

  it.effect(
    "a 429 holds all that wait, one goes first when the hold is over, and `remaining` of the 429 is not believed",
    () =>
      run(
        Effect.gen(function* () {
          const server = yield* makeServer({ limit: 10 })
          const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
          server.limiter.charge("user", "version", 0, 10)
          const retried = (name: string) =>
            Effect.repeat(schedule(key)(server.send(name)), { while: (response) => response.status === 429 })
          yield* elapse(
            Effect.forEach(Array.from({ length: 30 }), (_, i) => retried(`${i}`), { concurrency: "unbounded" }),
            10_000
          )
          assert.strictEqual(count(server.seen, 429), 1)
          assert.strictEqual(count(server.seen, 200), 30)
          // The refusal arrives at 20; a slot is free for certain 100 ms later.
          assert.isAtMost(server.seen[1]?.at ?? Number.POSITIVE_INFINITY, 140)
          assert.isAtMost(server.seen.at(-1)?.at ?? Number.POSITIVE_INFINITY, 3150)
        })
      )
  )

  it.effect("a proxy's Retry-After is obeyed by the whole bucket", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({
          limit: 10,
          headers: (headers, nth) => (nth === 1 ? { ...headers, "retry-after": "7" } : headers)
        })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        server.limiter.charge("user", "version", 0, 10)
        yield* elapse(schedule(key)(server.send()), 100)
        const second = yield* Effect.fork(schedule(key)(server.send()))
        yield* TestClock.adjust(6900)
        assert.strictEqual(server.seen.length, 1)
        yield* TestClock.adjust(200)
        assert.strictEqual((yield* Fiber.join(second)).status, 200)
      })
    )
  )

  it.effect("the queue is bounded: what is too much is refused at once, and said", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 1 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const calls = Effect.forEach(Array.from({ length: 6 }), () => Effect.either(schedule(key)(server.send())), {
          concurrency: "unbounded"
        })
        const failures = Arr.getLefts(yield* elapse(calls, 10_000))
        const full = new RateLimitError.QueueFull({ route: ROUTE, waiting: 3 })
        assert.deepStrictEqual(failures, [full, full])
        assert.strictEqual(count(server.seen, 200), 4)
      }),
      { queueLimit: 3 }
    )
  )

  it.effect("a request waits no longer than it may, and then was not sent", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 1, windowMillis: 10_000 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(schedule(key)(server.send()), 100)
        const patient = yield* Effect.fork(schedule(key)(server.send("patient")))
        const hasty = yield* Effect.fork(
          Effect.flip(schedule(key)(server.send("hasty"))).pipe(RateLimitCall.withMaxWait("2 seconds"))
        )
        const late = yield* Effect.fork(
          Effect.flip(schedule(key)(server.send("late"))).pipe(RateLimitCall.withDeadline("3 seconds"))
        )
        yield* TestClock.adjust(2000)
        assert.deepStrictEqual(
          yield* Fiber.join(hasty),
          new RateLimitError.MaxWaitExceeded({ route: ROUTE, maxWaitMillis: 2000, waitedMillis: 2000 })
        )
        yield* TestClock.adjust(1000)
        assert.deepStrictEqual(
          yield* Fiber.join(late),
          new RateLimitError.DeadlineExceeded({ route: ROUTE, waitedMillis: 3000 })
        )
        yield* TestClock.adjust(10_000)
        yield* Fiber.join(patient)
        assert.deepStrictEqual(
          server.seen.map((one) => one.name),
          ["", "patient"]
        )
      })
    )
  )

  it.effect("a limit once learnt spares the next scheduler its lonely first request, and is corrected by answers", () =>
    Effect.gen(function* () {
      const learnt = new Map<string, { readonly limit: number; readonly windowMillis: number }>()
      let times = 0
      const memory: RateLimitMemory.RateLimitMemory = {
        recall: ({ route }) => learnt.get(route),
        remember: ({ route }, rule) =>
          Effect.sync(() => {
            times++
            learnt.set(route, rule)
          })
      }
      const job = (limit: number) =>
        run(
          Effect.gen(function* () {
            const server = yield* makeServer({ limit })
            const scheduler = yield* RateLimitScheduler.RateLimitScheduler
            const before = yield* scheduler.limit(key)
            const start = yield* Effect.map(Effect.clock, RateLimitStore.monotonicMillis)
            yield* elapse(
              Effect.forEach(Array.from({ length: 5 }), () => scheduler.schedule(key)(server.send()), {
                concurrency: "unbounded"
              }),
              2000
            )
            assert.deepStrictEqual(yield* scheduler.limit(key), { limit, windowMillis: 1000 })
            return { before, together: server.seen.filter(({ at }) => at - start < 15).length }
          }),
          { memory }
        )
      assert.deepStrictEqual(yield* job(10), { before: undefined, together: 1 })
      assert.deepStrictEqual(yield* job(10), { before: { limit: 10, windowMillis: 1000 }, together: 5 })
      assert.deepStrictEqual(yield* job(8), { before: { limit: 10, windowMillis: 1000 }, together: 5 })
      assert.deepStrictEqual(learnt.get(ROUTE), { limit: 8, windowMillis: 1000 })
      // Told when it is learnt and when it changes, and not with every answer.
      assert.strictEqual(times, 3)
    })
  )

  it.effect("maxWait 0 takes a permit that is there, and fails where there is none", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 1, windowMillis: 10_000 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const now = schedule(key)(server.send()).pipe(RateLimitCall.withMaxWait(0))
        yield* elapse(now, 20)
        const error = yield* Effect.flip(now)
        assert.deepStrictEqual(
          error,
          new RateLimitError.MaxWaitExceeded({ route: ROUTE, maxWaitMillis: 0, waitedMillis: 0 })
        )
        yield* TestClock.adjust(10_001)
        yield* elapse(now, 20)
        assert.strictEqual(server.seen.length, 2)
      })
    )
  )

  it.effect("a hint that is no rule is not used, and hangs nothing", () =>
    Effect.forEach(
      [
        { limit: 0, windowMillis: 1000 },
        { limit: 10, windowMillis: Number.NaN },
        { limit: -1, windowMillis: 0 }
      ],
      (hint) =>
        run(
          Effect.gen(function* () {
            const server = yield* makeServer({ limit: 10 })
            const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
            yield* elapse(Effect.all([schedule(key)(server.send()), schedule(key)(server.send())]), 1000)
            assert.strictEqual(count(server.seen, 200), 2)
          }),
          { hint: () => hint }
        )
    )
  )

  it.effect("a 503 that says when to come back is obeyed, and several in a row hold the bucket", () =>
    run(
      Effect.gen(function* () {
        const { bucket, schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const answer = (status: number, headers: Record<string, string> = {}) =>
          Effect.sync(() => HttpClientResponse.fromWeb(request, new Response("", { status, headers })))
        yield* schedule(key)(answer(503, { "retry-after": "90" }))
        assert.deepStrictEqual((yield* bucket(key))?.hold, { reason: "RetryAfter", leftMillis: 90_000 })
        yield* elapse(schedule(key)(answer(200)), 90_000)
        assert.isUndefined((yield* bucket(key))?.hold)
        const other = { ...key, route: "GET /v2/assets/:asset_id" }
        yield* schedule(other)(answer(503))
        yield* schedule(other)(answer(503))
        assert.isUndefined((yield* bucket(other))?.hold)
        const told: Array<boolean> = []
        yield* schedule(other, { onRefused: (othersPassed) => told.push(othersPassed) })(answer(503))
        assert.deepStrictEqual((yield* bucket(other))?.hold, { reason: "Unavailable", leftMillis: 1000 })
        assert.deepStrictEqual(told, [false])
      })
    )
  )

  it.effect("a refusal says whether others got through meanwhile", () =>
    run(
      Effect.gen(function* () {
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const answer = (status: number, latency: number) =>
          Effect.delay(
            Effect.sync(() =>
              HttpClientResponse.fromWeb(
                request,
                new Response("", {
                  status,
                  headers: {
                    "x-ratelimit-limit": "20",
                    "x-ratelimit-window": "1000",
                    "x-ratelimit-remaining": "18"
                  }
                })
              )
            ),
            latency
          )
        const told: Array<boolean> = []
        const refused = schedule(key, { onRefused: (othersPassed) => told.push(othersPassed) })(answer(429, 100))
        yield* elapse(schedule(key)(answer(200, 10)), 10)
        yield* elapse(Effect.all([refused, schedule(key)(answer(200, 50))], { concurrency: "unbounded" }), 100)
        yield* TestClock.adjust(2000)
        yield* elapse(refused, 2000)
        assert.deepStrictEqual(told, [true, false])
      })
    )
  )

  it.effect(
    "an interrupted waiter leaves no trace; an interrupted request keeps its slot until leak has cleared it",
    () =>
      run(
        Effect.gen(function* () {
          const server = yield* makeServer({ limit: 4, latency: 40 })
          const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
          yield* elapse(schedule(key)(server.send()), 2000)
          const flying = yield* Effect.forEach(Array.from({ length: 4 }), () =>
            Effect.fork(schedule(key)(server.send()))
          )
          const waiting = yield* Effect.forEach(Array.from({ length: 100 }), () =>
            Effect.fork(schedule(key)(server.send("waiting")))
          )
          yield* TestClock.adjust(1)
          assert.strictEqual((yield* snapshot)[0]?.waiting, 100)
          yield* Fiber.interruptAll(waiting)
          assert.strictEqual((yield* snapshot)[0]?.waiting, 0)
          yield* Fiber.interruptAll(flying)
          assert.strictEqual((yield* snapshot)[0]?.free, 0)
          yield* TestClock.adjust(999)
          assert.strictEqual((yield* snapshot)[0]?.free, 0)
          // A second's linger, and a second to leak.
          yield* TestClock.adjust(1002)
          assert.strictEqual((yield* snapshot)[0]?.free, 4)
          assert.strictEqual(server.seen.filter((one) => one.name === "waiting").length, 0)
        }),
        { linger: "1 second" }
      )
  )

  it.effect("beforeSend runs when the permit is there, before anything is sent, and never for what was withdrawn", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 1 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const before: Array<readonly [string, number]> = []
        const call = (name: string) =>
          schedule(key)(server.send(name)).pipe(
            RateLimitCall.withBeforeSend(Effect.sync(() => before.push([name, server.seen.length])))
          )
        yield* elapse(call("first"), 100)
        const withdrawn = yield* Effect.fork(call("withdrawn"))
        const second = yield* Effect.fork(call("second"))
        yield* TestClock.adjust(500)
        assert.deepStrictEqual(before, [["first", 0]])
        yield* Fiber.interrupt(withdrawn)
        yield* TestClock.adjust(1000)
        yield* Fiber.join(second)
        assert.deepStrictEqual(before, [
          ["first", 0],
          ["second", 1]
        ])
      })
    )
  )

  it.effect("whatever ends a call during its beforeSend gives the permit back at once", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 1, windowMillis: 60_000 })
        const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(schedule(key)(server.send("first")), 70_000)
        const interrupted = yield* Effect.fork(
          RateLimitCall.withBeforeSend(schedule(key)(server.send("interrupted")), Effect.never)
        )
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* snapshot)[0]?.free, 0)
        yield* Fiber.interrupt(interrupted)
        assert.strictEqual((yield* snapshot)[0]?.free, 1)
        const died = yield* Effect.exit(
          RateLimitCall.withBeforeSend(schedule(key)(server.send("died")), Effect.die("no disk"))
        )
        assert.isTrue(Exit.isFailure(died))
        assert.strictEqual((yield* snapshot)[0]?.free, 1)
        // Nothing but the first was sent, so another goes at once.
        yield* elapse(schedule(key)(server.send("next")), 100)
        assert.deepStrictEqual(
          server.seen.map((one) => one.name),
          ["first", "next"]
        )
      })
    )
  )

  it.effect("a refused connection costs nothing", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 4 })
        const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(schedule(key)(server.send()), 2000)
        const refused = new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
        })
        const exit = yield* Effect.exit(schedule(key)(Effect.fail(refused)))
        assert.deepStrictEqual(exit, Exit.fail(refused))
        assert.strictEqual((yield* snapshot)[0]?.free, 4)
        // What the retry calls "never sent" costs nothing either.
        for (const cause of [{ code: "ETIMEDOUT", syscall: "connect" }, { code: "CERT_HAS_EXPIRED" }]) {
          yield* Effect.exit(
            schedule(key)(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))
          )
          assert.strictEqual((yield* snapshot)[0]?.free, 4)
        }
        yield* Effect.exit(
          schedule(key)(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" })))
        )
        assert.strictEqual((yield* snapshot)[0]?.free, 3)
      })
    )
  )

  it.scoped("a job counts what was sent: neither a refused connection nor what was withdrawn", () =>
    run(
      Effect.gen(function* () {
        const server = yield* makeServer({ limit: 4 })
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const job = yield* RateLimitJob.make({ name: "job", remaining: 10 })
        const call = <E>(send: Effect.Effect<HttpClientResponse.HttpClientResponse, E>) =>
          RateLimitCall.withJob(schedule(key)(send), job)
        yield* elapse(call(server.send()), 2000)
        assert.strictEqual(job.remaining(), 9)
        yield* Effect.exit(
          call(
            Effect.fail(
              new HttpClientError.RequestError({
                request,
                reason: "Transport",
                cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
              })
            )
          )
        )
        assert.strictEqual(job.remaining(), 9)
        const stopped = yield* Effect.fork(RateLimitCall.withBeforeSend(call(server.send()), Effect.never))
        yield* TestClock.adjust(1)
        assert.strictEqual(job.remaining(), 8)
        yield* Fiber.interrupt(stopped)
        assert.strictEqual(job.remaining(), 9)
      })
    )
  )

  it.effect("broken headers are not believed: a warning, a metric, and the last good values stay", () =>
    Effect.gen(function* () {
      const logged = yield* Ref.make<ReadonlyArray<string>>([])
      const logger = Logger.make(({ message }) => {
        Effect.runSync(Ref.update(logged, (all) => [...all, String(message)]))
      })
      const server = yield* makeServer({
        limit: 10,
        headers: (headers, nth) =>
          nth === 2 ? { ...headers, "x-ratelimit-limit": "Infinity", "x-ratelimit-window": "-1" } : headers
      })
      const before = yield* Metric.value(Metric.tagged(RateLimitMetrics.malformedHeaders, "route", ROUTE))
      yield* run(
        Effect.gen(function* () {
          const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
          yield* elapse(Effect.repeatN(schedule(key)(server.send()), 4), 1000)
          const [bucket] = yield* snapshot
          assert.strictEqual(bucket?.limit, 10)
          assert.strictEqual(bucket?.windowMillis, 1000)
        })
      ).pipe(Effect.provide(Logger.add(logger)))
      const after = yield* Metric.value(Metric.tagged(RateLimitMetrics.malformedHeaders, "route", ROUTE))
      assert.isTrue(MetricState.isCounterState(after))
      assert.strictEqual(Number(after.count) - Number(before.count), 2)
      const warnings = (yield* Ref.get(logged)).filter((line) => line.includes("x-ratelimit-limit"))
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0], "Infinity")
    })
  )

  it.effect("what waits is counted over all owners of a route", () =>
    run(
      Effect.gen(function* () {
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const server = yield* makeServer({ limit: 1, windowMillis: 60_000 })
        const route = "GET /of-many-owners"
        const waiting = Effect.map(
          Metric.value(Metric.tagged(RateLimitMetrics.waitingRequests, "route", route)),
          (state) => (MetricState.isGaugeState(state) ? state.value : Number.NaN)
        )
        const calls = yield* Effect.forEach([3, 5], (count, n) =>
          Effect.fork(
            Effect.replicateEffect(schedule({ owner: Redacted.make(`owner ${n}`), route })(server.send()), count, {
              concurrency: "unbounded",
              discard: true
            })
          )
        )
        yield* TestClock.adjust(30)
        assert.strictEqual(yield* waiting, 2 + 4)
        yield* Fiber.interruptAll(calls)
        assert.strictEqual(yield* waiting, 0)
      })
    )
  )

  it.effect("buckets are apart by owner and route, and the snapshot never shows the token", () =>
    run(
      Effect.gen(function* () {
        const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
        const server = yield* makeServer({ limit: 1 })
        const other = yield* makeServer({ limit: 1 })
        yield* elapse(
          Effect.all(
            [
              schedule(key)(server.send()),
              schedule({ ...key, owner: Redacted.make("other token") })(other.send()),
              schedule({ ...key, route: "GET /v2/assets/:asset_id" })(other.send())
            ],
            { concurrency: "unbounded" }
          ),
          20
        )
        const buckets = yield* snapshot
        assert.deepStrictEqual(
          buckets.map(({ owner, route }) => ({ owner, route })),
          [
            { owner: 1, route: ROUTE },
            { owner: 1, route: "GET /v2/assets/:asset_id" },
            { owner: 2, route: ROUTE }
          ]
        )
        assert.notInclude(JSON.stringify(buckets), "token")
      })
    )
  )

  it.scoped("a job knows its own refusals and its own buckets, whoever else is on them or on another owner's", () =>
    run(
      Effect.gen(function* () {
        const { bucket, schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const server = yield* makeServer({ limit: 5 })
        const other = yield* makeServer({ limit: 7 })
        const mine = yield* RateLimitJob.make({ name: "mine", remaining: 2 })
        const theirs = yield* RateLimitJob.make({ name: "theirs", remaining: 1 })
        const otherKey = { ...key, owner: Redacted.make("other") }
        yield* elapse(schedule(otherKey)(other.send()).pipe(RateLimitCall.withJob(theirs)), 100)
        yield* elapse(schedule(key)(server.send()).pipe(RateLimitCall.withJob(mine)), 2000)
        server.limiter.charge("user", "version", 2100, 5)
        yield* elapse(schedule(key)(server.send()).pipe(RateLimitCall.withJob(mine)), 100)
        assert.strictEqual(mine.refused(), 1)
        assert.strictEqual(mine.remaining(), 1)
        assert.strictEqual(theirs.refused(), 0)
        assert.deepStrictEqual(
          (yield* mine.buckets).map(({ limit, owner }) => ({ limit, owner })),
          [{ limit: 5, owner: 2 }]
        )
        assert.deepStrictEqual(
          (yield* theirs.buckets).map(({ limit, owner }) => ({ limit, owner })),
          [{ limit: 7, owner: 1 }]
        )
        assert.strictEqual((yield* bucket(otherKey))?.limit, 7)
        assert.isUndefined(yield* bucket({ ...key, route: "GET /v2/assets/:asset_id" }))
      })
    )
  )

  it.scoped("a bucket that holds says why and for how long, and that nothing is free", () =>
    run(
      Effect.gen(function* () {
        const { bucket, schedule } = yield* RateLimitScheduler.RateLimitScheduler
        const server = yield* makeServer({
          limit: 5,
          headers: (headers, nth) => (nth === 2 ? { ...headers, "retry-after": "3600" } : headers)
        })
        yield* elapse(schedule(key)(server.send()), 2000)
        assert.isUndefined((yield* bucket(key))?.hold)
        server.limiter.charge("user", "version", 2010, 5)
        yield* elapse(schedule(key)(server.send()), 20)
        assert.deepStrictEqual((yield* bucket(key))?.hold, { reason: "RetryAfter", leftMillis: 3_600_000 })
        assert.strictEqual((yield* bucket(key))?.free, 0)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* bucket(key))?.hold?.leftMillis, 0)
        assert.strictEqual((yield* bucket(key))?.free, 1)
        yield* elapse(schedule(key)(server.send()), 20)
        assert.isUndefined((yield* bucket(key))?.hold)
      })
    )
  )

  it.effect("goes around any HttpClient: routes come from the URL, its own errors as the cause", () =>
    Effect.gen(function* () {
      const server = yield* makeServer({ limit: 1 })
      const client = HttpClient.make(() => server.send())
      const layer = RateLimitedHttpClient.layer().pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
        Layer.provideMerge(RateLimitScheduler.layerMemory({ maxWait: "500 millis" }))
      )
      yield* Effect.gen(function* () {
        const { snapshot } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(HttpClient.get("https://example.com/things/17?x=1"), 100)
        const error = yield* elapse(Effect.flip(HttpClient.get("https://example.com/things/4711")), 600)
        assert.strictEqual(error._tag, "RequestError")
        assert.instanceOf(error.cause, RateLimitError.MaxWaitExceeded)
        assert.deepStrictEqual(
          (yield* snapshot).map(({ route }) => route),
          ["GET https://example.com/things/:id"]
        )
      }).pipe(Effect.provide(layer))
    })
  )
})

/** A store that can be taken away. */
const fragile = Effect.gen(function* () {
  const memory = yield* RateLimitStore.makeMemory
  const away = yield* Ref.make(false)
  let calls = 0
  const store: RateLimitStore.Service = {
    ...memory,
    name: "fragile",
    updateNow: undefined,
    update: (key, hint, transaction) =>
      Effect.flatMap(Ref.get(away), (gone) => {
        calls++
        return gone
          ? Effect.fail(new RateLimitError.StoreUnavailable({ store: "fragile", reason: "taken away" }))
          : memory.update(key, hint, transaction)
      })
  }
  return { away, calls: () => calls, layer: Layer.succeed(RateLimitStore.RateLimitStore, store) }
})

describe("RateLimitScheduler without its store", () => {
  it.effect("fails with a typed error, sends nothing, and goes on when the store is back", () =>
    Effect.gen(function* () {
      const store = yield* fragile
      const server = yield* makeServer({ limit: 10 })
      yield* Effect.gen(function* () {
        const { schedule } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(schedule(key)(server.send()), 100)
        yield* Ref.set(store.away, true)
        const error = yield* Effect.flip(schedule(key)(server.send()))
        assert.deepStrictEqual(error, new RateLimitError.StoreUnavailable({ store: "fragile", reason: "taken away" }))
        assert.strictEqual(server.seen.length, 1)
        yield* Ref.set(store.away, false)
        yield* elapse(schedule(key)(server.send()), 100)
        assert.strictEqual(server.seen.length, 2)
      }).pipe(Effect.provide(Layer.provide(RateLimitScheduler.layer(), store.layer)))
    })
  )

  it.effect("or goes on by its own count, and tells the store what was sent when it is back", () =>
    Effect.gen(function* () {
      const store = yield* fragile
      const server = yield* makeServer({ limit: 10 })
      yield* Effect.gen(function* () {
        const { schedule, snapshot } = yield* RateLimitScheduler.RateLimitScheduler
        yield* elapse(schedule(key)(server.send()), 2000)
        yield* Ref.set(store.away, true)
        yield* elapse(
          Effect.forEach(Array.from({ length: 10 }), () => schedule(key)(server.send()), { concurrency: "unbounded" }),
          500
        )
        yield* Ref.set(store.away, false)
        yield* TestClock.adjust(600)
        yield* elapse(schedule(key)(server.send()), 2000)
        assert.strictEqual(count(server.seen, 200), 12)
        assert.strictEqual(count(server.seen, 429), 0)
        assert.strictEqual((yield* snapshot)[0]?.inFlight, 0)
      }).pipe(Effect.provide(Layer.provide(RateLimitScheduler.layer({ whenStoreIsAway: "local" }), store.layer)))
    })
  )
})
