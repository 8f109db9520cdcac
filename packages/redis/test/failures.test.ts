import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { LeakyBucket, RateLimitStore } from "@effect-frameio/ratelimit"
import { RedisRateLimitStore } from "@effect-frameio/redis"
import { freePort } from "@effect-frameio/servers/freePort"
import * as RedisServer from "@effect-frameio/servers/RedisServer"
import { Clock, Effect, Logger, Redacted, Schedule } from "effect"
import { Cluster, Redis } from "ioredis"
import { HASH_KEY, key } from "./support/client.js"
import { grantOne } from "./support/grantOne.js"

const test = it.scopedLive.skipIf(RedisServer.missing)

const rule = { limit: 1000, windowMillis: 1000 }

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** A busy machine may keep an answer for longer than the default. */
const make = (url: Redacted.Redacted<string>) =>
  Effect.orDie(RedisRateLimitStore.make({ url, hashKey: HASH_KEY, timeout: "5 seconds" }))

const over = (client: RedisRateLimitStore.Client, options?: Partial<RedisRateLimitStore.CommonOptions>) =>
  Effect.orDie(RedisRateLimitStore.makeFromClient({ client, hashKey: HASH_KEY, ...options }))

const connection = <A extends Redis | Cluster>(make: () => A) =>
  Effect.acquireRelease(Effect.sync(make), (redis) => Effect.sync(() => redis.disconnect()))

const admin = ({ url }: RedisServer.RedisServer) => connection(() => new Redis(Redacted.value(url)))

const command = (redis: Redis, ...words: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.promise(() => redis.call(...words))

const grant = (view: RateLimitStore.View): RateLimitStore.Update<LeakyBucket.LeakyBucket> => {
  const { bucket } = grantOne(view.bucket, view.now, 1)
  return { value: bucket, bucket, backlog: 0 }
}

const look = (view: RateLimitStore.View): RateLimitStore.Update<RateLimitStore.View> => ({
  value: view,
  bucket: view.bucket,
  backlog: 0
})

const granted = (store: RateLimitStore.Service, name: RateLimitStore.BucketKey = key) =>
  Effect.map(store.update(name, rule, grant), (bucket) => bucket.granted)

const reasonOf = (store: RateLimitStore.Service) => Effect.map(Effect.flip(granted(store)), ({ reason }) => reason)

/** A client tries to connect, and a cluster to agree, once a second at least. */
const soon = { schedule: Schedule.intersect(Schedule.spaced(20), Schedule.recurs(500)) }

describe("a Redis that answers and cannot be used", () => {
  test("because it is full, says so, and goes on from where it was when there is room", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* admin(server)
      const store = yield* make(server.url)
      assert.strictEqual(yield* granted(store), 1)
      yield* command(redis, "CONFIG", "SET", "maxmemory", "1")
      const reason = yield* reasonOf(store)
      assert.match(reason, /OOM/)
      assert.include(reason, "raise its maxmemory")
      yield* command(redis, "CONFIG", "SET", "maxmemory", "0")
      assert.strictEqual(yield* granted(store), 2)
    }))

  test("because it is a replica, says so, and goes on when it is the primary", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* admin(server)
      const store = yield* make(server.url)
      assert.strictEqual(yield* granted(store), 1)
      yield* command(redis, "REPLICAOF", "127.0.0.1", "1")
      const reason = yield* reasonOf(store)
      assert.match(reason, /READONLY/)
      assert.include(reason, "primary")
      yield* command(redis, "REPLICAOF", "NO", "ONE")
      assert.strictEqual(yield* Effect.retry(granted(store), soon), 2)
    }))

  test("because another is the primary of its name now, is left for that one, and nothing is forgotten", () =>
    Effect.gen(function* () {
      const servers = [yield* RedisServer.start(), yield* RedisServer.start()] as const
      const [first, second] = servers
      let primary = first
      // A name that leads to the primary; connections of before stay where they are.
      const port = yield* Effect.acquireRelease(
        Effect.async<Net.Server>((resume) => {
          const proxy = Net.createServer((socket) => {
            const other = Net.connect(primary.port, "127.0.0.1")
            for (const [from, to] of [
              [socket, other],
              [other, socket]
            ] as const) {
              from.pipe(to)
              from.on("error", () => to.destroy())
            }
          })
          proxy.listen(0, "127.0.0.1", () => resume(Effect.succeed(proxy)))
        }),
        (proxy) => Effect.sync(() => proxy.close())
      ).pipe(
        Effect.map((proxy) => {
          const address = proxy.address()
          return typeof address === "object" && address !== null ? address.port : 0
        })
      )
      const store = yield* make(Redacted.make(`redis://127.0.0.1:${port}`))
      assert.strictEqual(yield* granted(store), 1)
      primary = second
      yield* command(yield* admin(first), "REPLICAOF", "127.0.0.1", `${second.port}`)
      assert.match(yield* reasonOf(store), /READONLY/)
      assert.strictEqual(yield* Effect.retry(granted(store), soon), 2)
    }))

  test("because its user may not, says what it needs", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      yield* command(yield* admin(server), "ACL", "SETUSER", "narrow", "on", ">secret-word", "~*", "+get", "+info")
      const store = yield* make(Redacted.make(`redis://narrow:secret-word@127.0.0.1:${server.port}`))
      const reason = yield* reasonOf(store)
      assert.match(reason, /NOPERM/)
      assert.include(reason, "evalsha")
      assert.notInclude(reason, "secret-word")
    }))

  test("because it is one node of a cluster, says so; a client of the cluster reaches every bucket", () =>
    Effect.gen(function* () {
      const bus = yield* freePort
      const server = yield* RedisServer.start({
        settings: ["--cluster-enabled", "yes", "--cluster-port", `${bus}`, "--cluster-announce-ip", "127.0.0.1"]
      })
      const alone = yield* make(server.url)
      assert.include(yield* reasonOf(alone), "Cluster of ioredis")
      yield* command(yield* admin(server), "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
      const cluster = yield* connection(() => new Cluster([{ host: "127.0.0.1", port: server.port }]))
      // Ioredis prints what nobody listens to.
      cluster.on("error", () => {})
      const store = yield* over(cluster, { timeout: "5 seconds" })
      for (let n = 0; n < 20; n++) {
        const name = { ...key, route: `GET /${n}` }
        assert.strictEqual(yield* Effect.retry(granted(store, name), soon), 1)
        assert.strictEqual(yield* granted(store, name), 2)
      }
    }))
})

describe("TLS", () => {
  const certificate = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-tls-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ).pipe(
    Effect.map((folder) => {
      const [file, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")]
      spawnSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", file]
      ])
      return { file, keyFile }
    })
  )

  const startTls = Effect.gen(function* () {
    const { file, keyFile } = yield* certificate
    const port = yield* freePort
    yield* RedisServer.start({
      settings: [
        ...["--tls-port", `${port}`, "--tls-cert-file", file, "--tls-key-file", keyFile],
        ...["--tls-ca-cert-file", file, "--tls-auth-clients", "no"]
      ]
    })
    return { port, ca: readFileSync(file) }
  })

  test("with a certificate that is not trusted says how to trust it", () =>
    Effect.gen(function* () {
      const { port } = yield* startTls
      const store = yield* make(Redacted.make(`rediss://:secret-word@127.0.0.1:${port}`))
      const reason = yield* reasonOf(store)
      assert.include(reason, "NODE_EXTRA_CA_CERTS")
      assert.strictEqual(reason.split("NODE_EXTRA_CA_CERTS").length, 2)
      assert.notInclude(reason, "secret-word")
    }).pipe(quiet))

  test("with a trusted one works", () =>
    Effect.gen(function* () {
      const { ca, port } = yield* startTls
      const redis = yield* connection(() => new Redis({ host: "127.0.0.1", port, tls: { ca } }))
      const store = yield* over(redis, { timeout: "5 seconds" })
      assert.strictEqual(yield* granted(store), 1)
    }))

  test("to a port that speaks none, or none to one that does, is told", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const { port } = yield* startTls
      for (const url of [`rediss://127.0.0.1:${server.port}`, `redis://127.0.0.1:${port}`]) {
        const store = yield* make(Redacted.make(url))
        assert.include(yield* reasonOf(store), "rediss:// needs")
      }
    }).pipe(quiet))
})

describe("the clocks of the hosts", () => {
  test("may differ by hours: all have the time of Redis", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const stores = [yield* make(server.url), yield* make(server.url), yield* make(server.url)]
      const own = yield* Effect.clock
      const fastBy = (millis: number): Clock.Clock => ({
        ...own,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        sleep: (duration) => own.sleep(duration),
        unsafeCurrentTimeMillis: () => own.unsafeCurrentTimeMillis() + millis,
        unsafeCurrentTimeNanos: () => own.unsafeCurrentTimeNanos() + BigInt(millis) * 1_000_000n,
        currentTimeMillis: Effect.map(own.currentTimeMillis, (now) => now + millis),
        currentTimeNanos: Effect.map(own.currentTimeNanos, (now) => now + BigInt(millis) * 1_000_000n)
      })
      const slow = { limit: 10, windowMillis: 60_000 }
      const times: Array<number> = []
      let taken = 0
      for (let round = 0; round < 6; round++) {
        for (const [n, store] of stores.entries()) {
          yield* Effect.withClock(
            store.update(key, slow, (view) => {
              times.push(view.now)
              const { bucket, ticket } = grantOne(view.bucket, view.now, 1)
              return { value: ticket, bucket, backlog: 0 }
            }),
            fastBy([0, 7_200_000, -3_600_000][n] ?? 0)
          ).pipe(Effect.map((ticket) => ticket !== undefined && taken++))
        }
      }
      assert.strictEqual(taken, 10)
      assert.isBelow(Math.max(...times) - Math.min(...times), 10_000)
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
    }))
})

describe("thousands of buckets", () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => ({ ...key, route: `GET /${n}` }))

  test("with requests in flight all give their sign of life in time, though each takes a while", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* admin(server)
      const far: RedisRateLimitStore.Client = {
        evalsha: (...args) => new Promise((resolve) => setTimeout(resolve, 5)).then(() => redis.evalsha(...args)),
        eval: (...args) => redis.eval(...args)
      }
      const store = yield* over(far, { lease: "1 second", timeout: "5 seconds" })
      const other = yield* make(server.url)
      const all = names(1000)
      yield* Effect.forEach(all, (name) => granted(store, name), { concurrency: 64, discard: true })
      yield* Effect.sleep("2 seconds")
      for (const name of all.filter((_, n) => n % 50 === 0)) {
        const { bucket } = yield* other.update(name, rule, look)
        assert.strictEqual(bucket.inFlight, 1, name.route)
      }
    }))

  test("take less than 2 kB of Redis each", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.start()
      const redis = yield* admin(server)
      const store = yield* make(server.url)
      const used = Effect.map(
        Effect.promise(() => redis.info("memory")),
        (text) => Number(/^used_memory:(\d+)/m.exec(text)?.[1])
      )
      const before = yield* used
      const all = names(3000)
      yield* Effect.forEach(all, (name) => granted(store, name), { concurrency: 64, discard: true })
      assert.strictEqual(yield* Effect.promise(() => redis.dbsize()), all.length)
      assert.isBelow(((yield* used) - before) / all.length, 2000)
    }))
})
