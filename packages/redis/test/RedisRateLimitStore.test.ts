import { assert, describe, it } from "@effect/vitest"
import { LeakyBucket, RateLimitStore } from "@effect-frameio/ratelimit"
import { RedisRateLimitStore } from "@effect-frameio/redis"
import * as RedisServer from "@effect-frameio/servers/RedisServer"
import { ConfigProvider, Effect, Exit, Fiber, Layer, Logger, Redacted, Schedule, Scope } from "effect"
import { Redis } from "ioredis"
import { HASH_KEY, key, makeScheduler, makeServer, ROUTE, TOKEN } from "./support/client.js"
import { grantOne } from "./support/grantOne.js"
import { storeSuite } from "./support/storeSuite.js"

const test = it.scopedLive.skipIf(RedisServer.missing)

const rule = { limit: 1000, windowMillis: 1000 }

/** A busy machine may keep an answer for longer than the default. */
const optionsFor = (server: RedisServer.RedisServer) =>
  ({
    url: server.url,
    hashKey: HASH_KEY,
    timeout: "5 seconds",
    connectTimeout: "10 seconds"
  }) satisfies RedisRateLimitStore.Options

const make = (
  server: RedisServer.RedisServer,
  options?: Partial<RedisRateLimitStore.Options>
): Effect.Effect<RateLimitStore.Service, never, Scope.Scope> =>
  Effect.orDie(RedisRateLimitStore.make({ ...optionsFor(server), ...options }))

const rawClient = (server: RedisServer.RedisServer) =>
  Effect.acquireRelease(
    Effect.sync(() => new Redis(Redacted.value(server.url))),
    (redis) => Effect.sync(() => redis.disconnect())
  )

const onlyKey = (redis: Redis) =>
  Effect.map(
    Effect.promise(() => redis.keys("*")),
    ([name = "", ...more]) => {
      assert.isNotEmpty(name)
      assert.isEmpty(more)
      return name
    }
  )

const grants =
  (count: number, backlog = 0) =>
  ({ bucket, elsewhere, now }: RateLimitStore.View) => {
    let next = bucket
    const tickets: Array<LeakyBucket.Ticket> = []
    for (let i = 0; i < count; i++) {
      const grant = grantOne(next, now, 1)
      next = grant.bucket
      if (grant.ticket !== undefined) tickets.push(grant.ticket)
    }
    return { value: { tickets, elsewhere, bucket: next }, bucket: next, backlog }
  }

const answers =
  (tickets: ReadonlyArray<LeakyBucket.Ticket>) =>
  ({ bucket, now }: RateLimitStore.View) => ({
    value: undefined,
    bucket: tickets.reduce((next, ticket) => LeakyBucket.answered(next, now, ticket, undefined), bucket),
    backlog: 0
  })

const look = (view: RateLimitStore.View) => ({ value: view, bucket: view.bucket, backlog: 0 })

const warnings = () => {
  const texts: Array<string> = []
  return {
    texts,
    layer: Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => {
        texts.push(String(message))
      })
    )
  }
}

describe("the store in memory", () => {
  storeSuite(false, (count) =>
    Effect.map(RateLimitStore.makeMemory, (store) => Array.from({ length: count }, () => store))
  )
})

describe("the store in Redis, like any other", () => {
  storeSuite(RedisServer.missing, (count) =>
    Effect.flatMap(RedisServer.start(), (server) => Effect.all(Array.from({ length: count }, () => make(server))))
  )
})

describe("the store in Redis", () => {
  test("has the token nowhere, nor its plain hash, and every key expires", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const store = yield* make(server)
      yield* store.update(key, rule, grants(3, 7))
      yield* store.update({ ...key, route: "GET /other" }, { limit: 1, windowMillis: 1_200_000 }, grants(1))
      const redis = yield* rawClient(server)
      const names = yield* Effect.promise(() => redis.keys("*"))
      assert.lengthOf(names, 2)
      const lives: Array<number> = []
      for (const name of names) {
        const value = yield* Effect.promise(() => redis.get(name))
        for (const text of [name, value ?? ""]) {
          assert.notInclude(text, TOKEN)
          assert.notInclude(text, TOKEN.slice(6))
          assert.notInclude(text, ROUTE)
          assert.notInclude(text, Redacted.value(HASH_KEY))
        }
        assert.match(name, /^frameio:ratelimit:3:[\w-]{43}$/)
        lives.push(yield* Effect.promise(() => redis.pttl(name)))
      }
      lives.sort((a, b) => a - b)
      assert.approximately(lives[0] ?? 0, 600_000, 5000)
      assert.approximately(lives[1] ?? 0, 2_400_000, 5000)
    }))

  test("shares only under the same hash key and prefix", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const stores = [
        yield* make(server),
        yield* make(server, { hashKey: Redacted.make("another key of some length") }),
        yield* make(server, { prefix: "other:" })
      ]
      for (const store of stores) {
        assert.strictEqual((yield* store.update(key, rule, grants(1))).bucket.granted, 1)
      }
    }))

  test("tells each process what the others still want to send", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const [a, b, c] = [yield* make(server), yield* make(server), yield* make(server)]
      yield* a.update(key, rule, grants(1, 30))
      yield* b.update(key, rule, grants(1, 12))
      assert.strictEqual((yield* c.update(key, rule, grants(1))).elsewhere, 42)
      assert.strictEqual((yield* a.update(key, rule, grants(1, Number.POSITIVE_INFINITY))).elsewhere, 12)
      assert.strictEqual((yield* b.update(key, rule, grants(1))).elsewhere, Number.POSITIVE_INFINITY)
      assert.strictEqual((yield* a.update(key, rule, grants(0))).elsewhere, 0)
    }))

  test("gives up what a killed process had in flight when its lease is over, and no sooner", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      // A process that is killed says nothing more, and never renews its lease.
      const dead = yield* make(server, { lease: "1 hour" })
      const store = yield* make(server, { lease: "1 second" })
      yield* dead.update(key, rule, grants(5, 9))
      const [mine] = (yield* store.update(key, rule, grants(1))).tickets
      const before = yield* store.update(key, rule, look)
      assert.strictEqual(before.bucket.inFlight, 6)
      assert.strictEqual(before.elsewhere, 9)
      yield* Effect.sleep(1050)
      const after = yield* store.update(key, rule, look)
      assert.strictEqual(after.bucket.inFlight, 1)
      assert.strictEqual(after.elsewhere, 0)
      // They may have been charged until then.
      assert.isAtLeast(LeakyBucket.bound(after.bucket), 6)
      if (mine === undefined) return assert.fail("no ticket")
      yield* store.update(key, rule, answers([mine]))
      assert.strictEqual((yield* store.update(key, rule, look)).bucket.inFlight, 0)
    }))

  test("takes back a process that was only slow", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const slow = yield* make(server, { lease: "1 hour" })
      const store = yield* make(server, { lease: 50 })
      const { tickets } = yield* slow.update(key, rule, grants(4))
      yield* Effect.sleep(80)
      const mine = yield* store.update(key, rule, grants(2))
      assert.strictEqual(mine.bucket.inFlight, 2)
      assert.strictEqual((yield* slow.update(key, rule, look)).bucket.inFlight, 6)
      yield* slow.update(key, rule, answers(tickets))
      assert.strictEqual((yield* store.update(key, rule, look)).bucket.inFlight, 2)
    }))

  test("renews the lease of a process that waits for a long answer", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const waiting = yield* make(server, { lease: "1 second" })
      const store = yield* make(server, { lease: "1 second" })
      yield* waiting.update(key, rule, grants(3))
      yield* Effect.sleep(1800)
      assert.strictEqual((yield* store.update(key, rule, look)).bucket.inFlight, 3)
    }))

  test("leaves nothing behind when it is closed", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const scope = yield* Scope.make()
      const closing = yield* Scope.extend(make(server), scope)
      const store = yield* make(server)
      yield* closing.update(key, rule, grants(3, 50))
      yield* Scope.close(scope, Exit.void)
      const view = yield* store.update(key, rule, look)
      assert.strictEqual(view.bucket.inFlight, 0)
      assert.strictEqual(view.elsewhere, 0)
      assert.strictEqual((yield* Effect.flip(closing.update(key, rule, look)))._tag, "FrameioStoreUnavailable")
    }))

  test("replaces what is no state of a bucket, and says so once", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* rawClient(server)
      const logged = warnings()
      yield* Effect.gen(function* () {
        const writer = yield* make(server)
        yield* writer.update(key, rule, grants(1))
        const name = yield* onlyKey(redis)
        const good = (yield* Effect.promise(() => redis.get(name))) ?? ""
        const bad = [
          "rubbish",
          "{}",
          "null",
          good.slice(0, -1),
          good.replace('"inFlight":1', '"inFlight":-1'),
          good.replace('"inFlight":1', '"inFlight":1.5'),
          good.replace('"level":0', '"level":null')
        ]
        for (const value of bad) {
          assert.notStrictEqual(value, good)
          yield* Effect.promise(() => redis.set(name, value))
          const store = yield* make(server)
          assert.strictEqual((yield* store.update(key, rule, grants(1))).bucket.granted, 1)
          assert.strictEqual((yield* store.update(key, rule, grants(1))).bucket.granted, 2)
        }
        yield* Effect.promise(() => redis.del(name))
        yield* Effect.promise(() => redis.lpush(name, "a list"))
        const store = yield* make(server)
        assert.strictEqual((yield* store.update(key, rule, grants(1))).bucket.granted, 1)
        assert.lengthOf(logged.texts, bad.length + 1)
        for (const text of logged.texts) assert.notInclude(text, TOKEN)
      }).pipe(Effect.provide(logged.layer))
    }))

  test("decides anew when another process was faster", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* rawClient(server)
      const store = yield* make(server)
      const other = yield* make(server)
      let runs = 0
      // Whoever decides first is beaten by the other twice.
      const seen = yield* store.update(key, rule, (view) => {
        runs++
        return grants(1)(view)
      })
      assert.strictEqual(runs, 1)
      assert.strictEqual(seen.bucket.granted, 1)
      const beaten: RedisRateLimitStore.Client = {
        evalsha: (sha1, keys, ...rest) =>
          rest.length > 1 && runs < 4
            ? Effect.runPromise(other.update(key, rule, grants(1))).then(() => redis.evalsha(sha1, keys, ...rest))
            : redis.evalsha(sha1, keys, ...rest),
        eval: (script, keys, ...rest) => redis.eval(script, keys, ...rest)
      }
      const late = yield* RedisRateLimitStore.makeFromClient({ client: beaten, hashKey: HASH_KEY })
      const result = yield* late.update(key, rule, (view) => {
        runs++
        return grants(1)(view)
      })
      assert.strictEqual(runs, 4)
      assert.strictEqual(result.bucket.granted, 4)
    }))

  test("ends with StoreUnavailable when others are always faster", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* rawClient(server)
      let round = 0
      const always: RedisRateLimitStore.Client = {
        evalsha: () => Promise.resolve([`${round++}`, "1700000000", "0"]),
        eval: (script, keys, ...rest) => redis.eval(script, keys, ...rest)
      }
      const store = yield* RedisRateLimitStore.makeFromClient({ client: always, hashKey: HASH_KEY })
      const error = yield* Effect.flip(store.update(key, rule, grants(1)))
      assert.strictEqual(error._tag, "FrameioStoreUnavailable")
      assert.include(error.message, "100 times")
    }).pipe(Effect.provide(warnings().layer)))

  test("goes on when the server has forgotten the script", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* rawClient(server)
      const store = yield* make(server)
      yield* store.update(key, rule, grants(1))
      yield* Effect.promise(() => redis.script("FLUSH"))
      assert.strictEqual((yield* store.update(key, rule, grants(1))).bucket.granted, 2)
    }))

  test("does not write what time alone does", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* rawClient(server)
      const store = yield* make(server)
      // The bucket is full, and somebody waits.
      yield* store.update(key, { limit: 2, windowMillis: 60_000 }, grants(5, 3))
      const name = yield* onlyKey(redis)
      const before = yield* Effect.promise(() => redis.get(name))
      for (let i = 0; i < 3; i++) {
        const polled = yield* store.update(key, undefined, grants(1, 3))
        assert.isEmpty(polled.tickets)
      }
      assert.strictEqual(yield* Effect.promise(() => redis.get(name)), before)
    }))
})

describe("several schedulers over one Redis", () => {
  test("are never refused by a strict server", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const server = makeServer(100)
      const schedulers = yield* Effect.all(
        Array.from({ length: 3 }, () => makeScheduler(RedisRateLimitStore.layer(optionsFor(redis))))
      )
      const answers = yield* Effect.forEach(
        schedulers.flatMap((scheduler) => Array.from({ length: 40 }, () => scheduler)),
        (scheduler) => scheduler.schedule(key)(server.send()),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(answers, 120)
      assert.strictEqual(server.refused(), 0)
      assert.strictEqual(server.admitted(), 120)
    }))
})

describe("when Redis is away", () => {
  /** The client tries to connect once a second at least; nothing says when it has. */
  const soon = { schedule: Schedule.intersect(Schedule.spaced(10), Schedule.recurs(500)) }

  test("a scheduler that may not go on without it fails at once, and works again when it is back", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start({ password: "p@ss/word" })
      const server = makeServer(1000)
      const scheduler = yield* makeScheduler(RedisRateLimitStore.layer(optionsFor(redis)))
      const call = scheduler.schedule(key)(server.send())
      assert.strictEqual((yield* call).status, 200)
      yield* redis.kill
      const error = yield* Effect.flip(call)
      if (error._tag !== "FrameioStoreUnavailable") return assert.fail(error._tag)
      assert.match(error.reason, /connection|ECONN/)
      for (const text of [error.message, String(error), JSON.stringify(error), error.stack ?? ""]) {
        assert.notInclude(text, "p@ss/word")
        assert.notInclude(text, "p%40ss")
        assert.notInclude(text, TOKEN)
      }
      assert.strictEqual(server.admitted(), 1)
      yield* redis.restart
      const status = yield* Effect.retry(
        Effect.map(call, (response) => response.status),
        soon
      )
      assert.strictEqual(status, 200)
    }))

  test("one that hangs is given up after the timeout", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const server = makeServer(1000)
      const scheduler = yield* makeScheduler(RedisRateLimitStore.layer({ ...optionsFor(redis), timeout: "1 second" }))
      const call = scheduler.schedule(key)(server.send())
      yield* call
      yield* redis.freeze
      const error = yield* Effect.flip(Effect.timeout(call, "10 seconds"))
      yield* redis.thaw
      if (error._tag !== "FrameioStoreUnavailable") return assert.fail(error._tag)
      assert.include(error.reason, "1s")
      assert.strictEqual((yield* call).status, 200)
    }))

  test("a scheduler that may go on with its own count does, and shares again when it is back", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const logged = warnings()
      const server = makeServer(200)
      yield* Effect.gen(function* () {
        const store = yield* make(redis)
        const scheduler = yield* makeScheduler(Layer.succeed(RateLimitStore.RateLimitStore, store), {
          whenStoreIsAway: "local"
        })
        const call = scheduler.schedule(key)(server.send())
        yield* Effect.all(
          Array.from({ length: 10 }, () => call),
          { concurrency: "unbounded" }
        )
        assert.strictEqual((yield* store.update(key, undefined, look)).bucket.granted, 10)
        yield* redis.kill
        yield* Effect.all(
          Array.from({ length: 20 }, () => call),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(server.admitted(), 30)
        assert.isTrue(logged.texts.some((text) => text.includes("this process's own count")))
        yield* redis.restart
        yield* Effect.retry(store.update({ ...key, route: "GET /other" }, rule, look), soon)
        // So long it goes on by itself before it looks again.
        yield* Effect.sleep(1100)
        yield* call
        // The outcome is told after the answer was given.
        const view = yield* Effect.retry(
          Effect.filterOrFail(store.update(key, undefined, look), ({ bucket }) => bucket.inFlight === 0),
          soon
        )
        assert.strictEqual(view.bucket.granted, 11)
        assert.strictEqual(server.refused(), 0)
      }).pipe(Effect.provide(logged.layer))
    }))

  test("a store that comes back empty is told what this process knew", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const raw = yield* rawClient(redis)
      const store = yield* make(redis)
      const { tickets } = yield* store.update(key, { limit: 10, windowMillis: 60_000 }, grants(10))
      assert.lengthOf(tickets, 10)
      yield* Effect.promise(() => raw.flushall())
      const after = yield* store.update(key, undefined, grants(1))
      assert.isEmpty(after.tickets)
      assert.strictEqual(after.bucket.inFlight, 10)
      assert.deepStrictEqual(after.bucket.rule, { limit: 10, windowMillis: 60_000 })
    }))

  test("a start without it warns, and recovers", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start({ password: "pass-word" })
      yield* redis.kill
      const logged = warnings()
      const store = yield* Effect.provide(make(redis), logged.layer)
      assert.lengthOf(logged.texts, 1)
      assert.include(logged.texts[0], "ECONNREFUSED")
      assert.notInclude(logged.texts[0], "pass-word")
      const error = yield* Effect.flip(store.update(key, rule, look))
      assert.strictEqual(error._tag, "FrameioStoreUnavailable")
      yield* redis.restart
      yield* Effect.retry(store.update(key, rule, look), soon)
    }))

  test("a wrong password is told, and not shown", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start({ password: "right" })
      const logged = warnings()
      const url = Redacted.make(`redis://:wrong-secret@127.0.0.1:${redis.port}`)
      const store = yield* Effect.provide(make(redis, { url }), logged.layer)
      const error = yield* Effect.flip(store.update(key, rule, look))
      assert.match(error.reason, /WRONGPASS|NOAUTH/)
      for (const text of [error.message, JSON.stringify(error), ...logged.texts])
        assert.notInclude(text, "wrong-secret")
    }))

  test("an interrupted call hands its slot back", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const store = yield* make(redis)
      const server = makeServer(1, 60_000)
      const scheduler = yield* makeScheduler(RedisRateLimitStore.layer(optionsFor(redis)))
      yield* scheduler.schedule(key)(server.send())
      const waiting = yield* Effect.fork(scheduler.schedule(key)(server.send()))
      const seen = (isSo: (view: RateLimitStore.View) => boolean) =>
        Effect.retry(Effect.filterOrFail(store.update(key, undefined, look), isSo), soon)
      // It waits, and the outcome of the first was told.
      yield* seen(({ bucket, elsewhere }) => elsewhere === 1 && bucket.inFlight === 0)
      yield* Fiber.interrupt(waiting)
      yield* seen(({ elsewhere }) => elsewhere === 0)
      assert.strictEqual(server.admitted(), 1)
      const view = yield* store.update(key, undefined, look)
      assert.strictEqual(view.bucket.inFlight, 0)
      assert.strictEqual(view.bucket.granted, 1)
    }))
})

describe("the configuration", () => {
  const layerWith = (values: Record<string, string>) =>
    Effect.scoped(
      Layer.build(
        Layer.provide(
          RedisRateLimitStore.layerConfig(),
          Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(values))))
        )
      )
    )

  it.effect.each([
    [{}, "FRAMEIO_REDIS_URL"],
    [{ FRAMEIO_REDIS_URL: "redis://h:1" }, "FRAMEIO_REDIS_HASH_KEY"],
    [{ FRAMEIO_REDIS_URL: "redis://h:1", FRAMEIO_REDIS_HASH_KEY: "too-short" }, "openssl"],
    [{ FRAMEIO_REDIS_URL: "http://u:hidden@h", FRAMEIO_REDIS_HASH_KEY: "0123456789abcdef" }, "redis://"],
    [{ FRAMEIO_REDIS_URL: "hidden", FRAMEIO_REDIS_HASH_KEY: "0123456789abcdef" }, "not a URL"],
    [{ FRAMEIO_REDIS_URL: "redis:///1", FRAMEIO_REDIS_HASH_KEY: "0123456789abcdef" }, "no host"]
  ] as const)("that is of no use says why: %j", ([values, words]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(layerWith(values))
      assert.include(String(error), words)
      assert.notInclude(String(error), "hidden")
      assert.notInclude(String(error), "too-short")
    })
  )

  test("from the environment makes a store that works", () =>
    Effect.gen(function* () {
      const redis = yield* RedisServer.start()
      const store = yield* Effect.map(
        Layer.build(
          Layer.provide(
            RedisRateLimitStore.layerConfig(),
            Layer.setConfigProvider(
              ConfigProvider.fromMap(
                new Map([
                  ["FRAMEIO_REDIS_URL", Redacted.value(redis.url)],
                  ["FRAMEIO_REDIS_HASH_KEY", Redacted.value(HASH_KEY)]
                ])
              )
            )
          )
        ),
        (context) => context
      )
      const service = yield* Effect.provide(RateLimitStore.RateLimitStore, store)
      assert.strictEqual(service.name, "redis")
      yield* service.update(key, rule, grants(1))
      const sharing = yield* make(redis)
      assert.strictEqual((yield* sharing.update(key, rule, look)).bucket.granted, 1)
    }))
})
