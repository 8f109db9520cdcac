import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { RateLimitError, RateLimitScheduler, RateLimitStore } from "@effect-frameio/ratelimit"
import { Effect, Fiber, Logger, Redacted, type Scope, TestClock } from "effect"

const request = HttpClientRequest.post("https://api.frame.io/v2/assets/x/version")

const answer = (headers: Record<string, string> = {}, status = 200) =>
  HttpClientResponse.fromWeb(request, new Response("{}", { status, headers }))

const told = (windowMillis = 1000) => ({
  "x-ratelimit-limit": "10",
  "x-ratelimit-window": `${windowMillis}`,
  "x-ratelimit-remaining": "9"
})

const bucket = (name: string): RateLimitStore.BucketKey => ({
  owner: Redacted.make(name),
  route: "POST /v2/assets/:asset_id/version"
})

/** More than a scheduler keeps without a look. */
const MANY = 300

const scheduler = (options?: RateLimitScheduler.Options) =>
  Effect.flatMap(RateLimitStore.makeMemory, (store) => {
    const forgotten: Array<string> = []
    return Effect.map(
      Effect.provideService(RateLimitScheduler.make(options), RateLimitStore.RateLimitStore, {
        ...store,
        forget: (key) =>
          Effect.zipRight(
            Effect.sync(() => void forgotten.push(Redacted.value(key.owner))),
            store.forget(key)
          )
      }),
      (service) => ({ ...service, forgotten })
    )
  })

type Scheduler = RateLimitScheduler.Service & { readonly forgotten: ReadonlyArray<string> }

const lives = (service: Scheduler, name: string) =>
  Effect.map(service.bucket(bucket(name)), (snapshot) => snapshot !== undefined)

/** So many other buckets, used once. */
const crowd = ({ schedule }: Scheduler) =>
  Effect.forEach(
    Array.from({ length: MANY }),
    (_, n) => schedule(bucket(`other ${n}`))(Effect.succeed(answer(told()))),
    {
      discard: true
    }
  )

/** The bucket after one call and so long a silence, with many others about. */
const afterSilence = (
  use: (
    schedule: RateLimitScheduler.Service["schedule"]
  ) => Effect.Effect<unknown, RateLimitError.RateLimitError, Scope.Scope>,
  silence: Parameters<typeof TestClock.adjust>[0],
  options?: RateLimitScheduler.Options
) =>
  Effect.gen(function* () {
    const service = yield* scheduler(options)
    yield* use(service.schedule)
    yield* crowd(service)
    yield* TestClock.adjust(silence)
    yield* service.schedule(bucket("new"))(Effect.succeed(answer(told())))
    return yield* lives(service, "it")
  })

const quiet = Logger.remove(Logger.defaultLogger)

describe("a bucket that nobody uses any more", () => {
  const once =
    (response: HttpClientResponse.HttpClientResponse) => (schedule: RateLimitScheduler.Service["schedule"]) =>
      schedule(bucket("it"))(Effect.succeed(response))

  it.scoped("is kept for ten minutes, then forgotten, by the store too", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* afterSilence(once(answer(told())), "9 minutes"))
      const service = yield* scheduler()
      yield* service.schedule(bucket("it"))(Effect.succeed(answer(told())))
      yield* crowd(service)
      yield* TestClock.adjust("11 minutes")
      yield* service.schedule(bucket("new"))(Effect.succeed(answer(told())))
      assert.isFalse(yield* lives(service, "it"))
      assert.lengthOf(yield* service.snapshot, 1)
      assert.lengthOf(service.forgotten, MANY + 1)
    })
  )

  it.scoped("is forgotten though no answer told its limit", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* afterSilence(once(answer()), "11 minutes"))
    })
  )

  it.scoped("has nothing in flight once all is answered, though no answer told its limit", () =>
    Effect.gen(function* () {
      const service = yield* scheduler()
      yield* Effect.replicateEffect(service.schedule(bucket("it"))(Effect.succeed(answer())), 5)
      assert.strictEqual((yield* service.bucket(bucket("it")))?.inFlight, 0)
    })
  )

  it.scoped("is forgotten though its last request was given up", () =>
    Effect.gen(function* () {
      const givenUp = (schedule: RateLimitScheduler.Service["schedule"]) =>
        Effect.gen(function* () {
          yield* schedule(bucket("it"))(Effect.succeed(answer(told())))
          const fiber = yield* Effect.fork(schedule(bucket("it"))(Effect.never))
          yield* TestClock.adjust(100)
          yield* Fiber.interrupt(fiber)
        })
      assert.isFalse(yield* afterSilence(givenUp, "11 minutes"))
    })
  )

  it.scoped("is kept while a request is in flight, and while it may still arrive", () =>
    Effect.gen(function* () {
      const inFlight = (schedule: RateLimitScheduler.Service["schedule"]) =>
        Effect.forkScoped(schedule(bucket("it"))(Effect.never))
      assert.isTrue(yield* afterSilence(inFlight, "1 hour"))
      const lingering = (schedule: RateLimitScheduler.Service["schedule"]) =>
        Effect.zipRight(
          schedule(bucket("it"))(Effect.succeed(answer(told()))),
          Effect.timeoutOption(schedule(bucket("it"))(Effect.never), "1 millis")
        ).pipe(Effect.fork, Effect.zipRight(TestClock.adjust(1)))
      assert.isTrue(yield* afterSilence(lingering, "11 minutes", { linger: "20 minutes" }))
      assert.isFalse(yield* afterSilence(lingering, "21 minutes", { linger: "20 minutes" }))
    })
  )

  it.scoped("is kept while the server's hold lasts, and while its level is above nothing", () =>
    Effect.gen(function* () {
      const held = once(answer({ ...told(), "retry-after": "3600" }, 429))
      assert.isTrue(yield* afterSilence(held, "59 minutes"))
      assert.isFalse(yield* afterSilence(held, "61 minutes"))
      const hourly = once(answer({ ...told(36_000_000), "x-ratelimit-remaining": "9" }))
      assert.isTrue(yield* afterSilence(hourly, "59 minutes"))
      assert.isFalse(yield* afterSilence(hourly, "61 minutes"))
    })
  )
})

describe("a shared store that was away when the last answer came", () => {
  for (const whenStoreIsAway of ["local", "fail"] as const) {
    it.scoped(`is told of it when it is back, though nothing more is asked (${whenStoreIsAway})`, () =>
      Effect.gen(function* () {
        const memory = yield* RateLimitStore.makeMemory
        let isAway = false
        const store: RateLimitStore.Service = {
          name: "elsewhere",
          pollMillis: 25,
          forget: memory.forget,
          update: (...args) =>
            Effect.suspend(() =>
              isAway
                ? Effect.fail(new RateLimitError.StoreUnavailable({ store: "elsewhere", reason: "a test" }))
                : memory.update(...args)
            )
        }
        const { schedule } = yield* Effect.provideService(
          RateLimitScheduler.make({ whenStoreIsAway }),
          RateLimitStore.RateLimitStore,
          store
        )
        const inFlight = store.update(bucket("it"), undefined, ({ bucket }) => ({
          value: bucket.inFlight,
          bucket,
          backlog: 0
        }))
        const call = yield* Effect.fork(
          schedule(bucket("it"))(Effect.delay(Effect.succeed(answer(told())), "1 second"))
        )
        yield* TestClock.adjust(500)
        assert.strictEqual(yield* inFlight, 1)
        isAway = true
        yield* TestClock.adjust(1500)
        yield* Fiber.join(call)
        isAway = false
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* inFlight, 0)
      }).pipe(Effect.provide(quiet))
    )
  }
})
