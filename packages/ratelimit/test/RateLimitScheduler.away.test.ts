import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { RateLimitError, RateLimitScheduler, RateLimitStore } from "@effect-frameio/ratelimit"
import { RateLimiter } from "@effect-frameio/testing"
import { Effect, Fiber, Logger, Redacted, TestClock } from "effect"
import { grantOne } from "./support/grantOne.js"

const key = { owner: Redacted.make("token"), route: "POST /v2/assets/:asset_id/version" }
const request = HttpClientRequest.post("https://api.frame.io/v2/assets/x/version")

/** A store that is elsewhere, and can be away. */
const makeStore = Effect.map(RateLimitStore.makeMemory, (memory) => {
  const state = { away: false }
  const store: RateLimitStore.Service = {
    name: "elsewhere",
    pollMillis: 25,
    forget: memory.forget,
    update: (...args) =>
      Effect.suspend(() =>
        state.away
          ? Effect.fail(new RateLimitError.StoreUnavailable({ store: "elsewhere", reason: "a test" }))
          : memory.update(...args)
      )
  }
  const bucket = store.update(key, undefined, (view) => ({ value: view.bucket, bucket: view.bucket, backlog: 0 }))
  return { store, state, bucket }
})

const makeServer = (limit: number, latency: number) => {
  const limiter = RateLimiter.make({ limits: { "*": { limit, windowMillis: 1000 } } })
  const statuses: Array<number> = []
  const send = Effect.gen(function* () {
    yield* Effect.sleep(latency / 2)
    const at = RateLimitStore.monotonicMillis(yield* Effect.clock)
    const decision = limiter.take("user", "version", at)
    const status = decision.admitted ? 200 : 429
    statuses.push(status)
    yield* Effect.sleep(latency / 2)
    const headers = {
      "x-ratelimit-limit": `${limit}`,
      "x-ratelimit-window": "1000",
      "x-ratelimit-remaining": `${decision.remaining}`
    }
    return HttpClientResponse.fromWeb(request, new Response("{}", { status, headers }))
  })
  return { send, statuses }
}

const rule = (limit: number) => ({ hint: () => ({ limit, windowMillis: 1000 }) })

const scheduler = (store: RateLimitStore.Service, options: RateLimitScheduler.Options) =>
  Effect.provideService(RateLimitScheduler.make(options), RateLimitStore.RateLimitStore, store)

const several = <A, E>(count: number, call: Effect.Effect<A, E>) =>
  Effect.fork(
    Effect.all(
      Array.from({ length: count }, () => call),
      { concurrency: "unbounded" }
    )
  )

const quiet = Logger.remove(Logger.defaultLogger)

describe("RateLimitScheduler, while its store is away", () => {
  for (const whenStoreIsAway of ["local", "fail"] as const) {
    it.scoped(`tells the store, when it is back, what became of its permits (${whenStoreIsAway})`, () =>
      Effect.gen(function* () {
        const { bucket, state, store } = yield* makeStore
        const server = makeServer(10, 200)
        const { schedule } = yield* scheduler(store, { ...rule(10), whenStoreIsAway })
        const call = schedule(key)(server.send)
        const first = yield* several(6, call)
        yield* TestClock.adjust(50)
        assert.strictEqual((yield* bucket).inFlight, 6)
        state.away = true
        yield* TestClock.adjust(500)
        assert.lengthOf(yield* Fiber.join(first), 6)
        state.away = false
        yield* TestClock.adjust(1000)
        const next = yield* several(1, call)
        yield* TestClock.adjust(2000)
        yield* Fiber.join(next)
        const after = yield* bucket
        assert.strictEqual(after.inFlight, 0)
        assert.strictEqual(after.granted, 7)
        assert.deepStrictEqual(server.statuses, Array(7).fill(200))
      }).pipe(Effect.provide(quiet))
    )
  }

  it.scoped("goes on from what the bucket held, and is not refused", () =>
    Effect.gen(function* () {
      const { state, store } = yield* makeStore
      const server = makeServer(10, 20)
      const { schedule } = yield* scheduler(store, { ...rule(10), whenStoreIsAway: "local" })
      const call = schedule(key)(server.send)
      const first = yield* several(10, call)
      yield* TestClock.adjust(50)
      yield* Fiber.join(first)
      state.away = true
      const second = yield* several(10, call)
      yield* TestClock.adjust(1200)
      yield* Fiber.join(second)
      state.away = false
      const third = yield* several(10, call)
      yield* TestClock.adjust(4000)
      yield* Fiber.join(third)
      assert.deepStrictEqual(server.statuses, Array(30).fill(200))
    }).pipe(Effect.provide(quiet))
  )

  it.scoped("leaves alone what other processes have in flight", () =>
    Effect.gen(function* () {
      const { bucket, state, store } = yield* makeStore
      const server = makeServer(20, 100)
      const { schedule } = yield* scheduler(store, { ...rule(20), whenStoreIsAway: "local" })
      yield* store.update(key, rule(20).hint(), (view) => {
        let next = view.bucket
        for (let i = 0; i < 5; i++) next = grantOne(next, view.now, 1).bucket
        return { value: undefined, bucket: next, backlog: 0 }
      })
      const call = schedule(key)(server.send)
      state.away = true
      const first = yield* several(4, call)
      yield* TestClock.adjust(990)
      // These are answered when the store is back already.
      const second = yield* several(4, call)
      yield* TestClock.adjust(20)
      state.away = false
      yield* TestClock.adjust(3000)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      const third = yield* several(1, call)
      yield* TestClock.adjust(3000)
      yield* Fiber.join(third)
      assert.strictEqual((yield* bucket).inFlight, 5)
    }).pipe(Effect.provide(quiet))
  )
})

describe("RateLimitScheduler with a store elsewhere", () => {
  it.scoped("tells it at once that what was withdrawn is not to come", () =>
    Effect.gen(function* () {
      const { store } = yield* makeStore
      const told: Array<number> = []
      const telling: RateLimitStore.Service = {
        ...store,
        update: (bucket, hint, transaction) =>
          store.update(bucket, hint, (view) => {
            const update = transaction(view)
            told.push(update.backlog)
            return update
          })
      }
      const { schedule } = yield* scheduler(telling, rule(1))
      const server = makeServer(1, 20)
      const fiber = yield* several(4, schedule(key)(server.send))
      yield* TestClock.adjust(100)
      assert.strictEqual(told.at(-1), 3)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(told.at(-1), 0)
    })
  )
})
