/**
 * Bucket states in Redis, so that any number of processes behave like one.
 *
 * One key per bucket, changed by compare and set: a process loads the value and the server's time in one round trip,
 * decides, and writes if nobody was faster, else decides again. The key is a keyed hash, so neither token nor route is in
 * Redis. A process that dies leaves nothing behind for longer than its lease.
 *
 * Redis 5 or later, or a server that speaks its protocol and runs Lua; also a cluster, because a bucket is a single key.
 *
 * @since 0.1.0
 */
import { createHash, createHmac, randomUUID } from "node:crypto"
import * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
import { StoreUnavailable } from "@effect-frameio/ratelimit/RateLimitError"
import type * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Redis } from "ioredis"
import * as Reason from "./internal/reason.js"
import * as SharedState from "./internal/sharedState.js"

/**
 * The part of a Redis client that the store needs; ioredis and its `Cluster` have it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  /** Runs a script by its SHA-1; rejects with `NOSCRIPT` if the server does not know it. */
  readonly evalsha: (sha1: string, keys: number, ...keysAndArguments: ReadonlyArray<string>) => Promise<unknown>
  /** Runs a script, which the server then knows. */
  readonly eval: (script: string, keys: number, ...keysAndArguments: ReadonlyArray<string>) => Promise<unknown>
}

/**
 * Options of both ways to make a store.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions {
  /**
   * A secret of at least 16 characters, the same for all processes that share. Redis has only the HMAC-SHA-256 of owner and
   * route under it, so a reader of Redis cannot try tokens.
   */
  readonly hashKey: Redacted.Redacted<string>
  /** The prefix of every key. Default `frameio:ratelimit:`. */
  readonly prefix?: string | undefined
  /** How long one round trip may take before Redis counts as away. Default 500 ms. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * How long a silent process keeps its requests in flight, which take room until then; after that it counts as dead. A
   * living process writes three times as often. Default 3 seconds.
   */
  readonly lease?: Duration.DurationInput | undefined
  /** How long Redis keeps a bucket that nobody uses; at least two windows and two leases. Default 10 minutes. */
  readonly expiry?: Duration.DurationInput | undefined
  /** How often to look whether another process has changed a bucket with waiting requests. Default 25 ms. */
  readonly poll?: Duration.DurationInput | undefined
}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends CommonOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and database number if there are any. */
  readonly url: Redacted.Redacted<string>
  /** How long to try to connect, each time. Default 2 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
}

/**
 * The options of {@link makeFromClient}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends CommonOptions {
  /**
   * The caller's client, which the caller closes. With its offline queue off it fails at once while Redis is away; else
   * each call takes `timeout` to fail.
   */
  readonly client: Client
}

/**
 * The defaults of the options.
 *
 * @internal
 */
export const defaults = {
  prefix: "frameio:ratelimit:",
  timeout: Duration.millis(500),
  lease: Duration.seconds(3),
  expiry: Duration.minutes(10),
  poll: Duration.millis(25),
  connectTimeout: Duration.seconds(2)
} as const satisfies Partial<Options>

const NAME = "redis"

/**
 * The store that is shared through Redis. The layers also provide `RateLimitStore`, which a scheduler needs; this tag is
 * for code that must not run on any other store.
 *
 * @since 0.1.0
 * @category tags
 */
export class RedisRateLimitStore extends Context.Tag("@effect-frameio/redis/RedisRateLimitStore")<
  RedisRateLimitStore,
  RateLimitStore.Service
>() {}

/**
 * Without a value to write: loads. With one: writes it if nothing changed, else loads. The time is read only if nothing is
 * written, which even old servers allow. A key of another type is a mistake, and replaced.
 */
const SCRIPT = `
local found = redis.pcall("GET", KEYS[1])
if type(found) == "table" and found.err then
  if not string.find(found.err, "WRONGTYPE", 1, true) then return found end
  found = "WRONGTYPE"
end
found = found or ""
if ARGV[2] and found == ARGV[1] then
  redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
  return "OK"
end
local time = redis.call("TIME")
return { found, time[1], time[2] }
`

const SHA1 = createHash("sha1").update(SCRIPT).digest("hex")

/** Lost races before they count as an outage; in each of them another process got on. */
const MOST_ATTEMPTS = 100
/** Lost races that are retried at once; later ones after a pause. */
const EAGER_ATTEMPTS = 4
const LONGEST_PAUSE_MILLIS = 16

/** Signs of life under way at once: one after the other, those of thousands of buckets would outlast the lease. */
const RENEWED = 64

const LEAST_HASH_KEY = 16

interface Loaded {
  readonly raw: string
  readonly server: number
}

interface Entry {
  readonly key: string
  /** One transaction at a time, because two of one process would only race each other. */
  readonly lock: Effect.Semaphore
  memory: SharedState.Memory
  /** When the scheduler last asked, by this process's clock in ms. */
  askedAt: number
  /** The text of `memory.last.state`, which saves parsing it again. */
  raw: string | undefined
}

const unavailable = (reason: string) => new StoreUnavailable({ store: NAME, reason })

const invalid = (name: string, message: string) => ConfigError.InvalidData([name], message)

const checkHashKey = (hashKey: Redacted.Redacted<string>, name: string) =>
  Redacted.value(hashKey).length >= LEAST_HASH_KEY
    ? Effect.void
    : Effect.fail(
        invalid(
          name,
          `the hash key has fewer than ${LEAST_HASH_KEY} characters. Take a random one, the same for all processes that share: openssl rand -base64 32`
        )
      )

const isLoaded = (reply: unknown): reply is readonly [string, string, string] =>
  Array.isArray(reply) && reply.length === 3 && reply.every((part) => typeof part === "string")

const makeWith = (
  client: Client,
  options: CommonOptions,
  reason: (error: unknown) => string
): Effect.Effect<RateLimitStore.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const prefix = options.prefix ?? defaults.prefix
    const timeout = Duration.decode(options.timeout ?? defaults.timeout)
    const leaseMillis = Math.max(1, Duration.toMillis(options.lease ?? defaults.lease))
    const expiryMillis = Duration.toMillis(options.expiry ?? defaults.expiry)
    const pollMillis = Math.max(1, Duration.toMillis(options.poll ?? defaults.poll))
    const id = randomUUID()

    // By owner, then by route, so that no request has to build a key.
    const owners = new Map<string, Map<string, Entry>>()

    const entryOf = ({ owner, route }: RateLimitStore.BucketKey): Entry => {
      const name = Redacted.value(owner)
      let routes = owners.get(name)
      if (routes === undefined) {
        routes = new Map()
        owners.set(name, routes)
      }
      const known = routes.get(route)
      if (known !== undefined) return known
      const hash = createHmac("sha256", Redacted.value(options.hashKey))
        .update(`${name.length}:${name}${route}`)
        .digest("base64url")
      const entry: Entry = {
        key: `${prefix}${SharedState.FORMAT}:${hash}`,
        lock: Effect.unsafeMakeSemaphore(1),
        memory: SharedState.nothing,
        askedAt: 0,
        raw: undefined
      }
      routes.set(route, entry)
      return entry
    }

    const entries = (): ReadonlyArray<Entry> => Array.from(owners.values(), (routes) => [...routes.values()]).flat()

    const isMissing = (error: unknown): boolean => error instanceof Error && error.message.startsWith("NOSCRIPT")

    const call = (...keyAndArguments: ReadonlyArray<string>): Promise<unknown> =>
      client
        .evalsha(SHA1, 1, ...keyAndArguments)
        .catch((error: unknown) =>
          isMissing(error) ? client.eval(SCRIPT, 1, ...keyAndArguments) : Promise.reject(error)
        )

    const answer = (reply: unknown): Effect.Effect<Loaded | "OK", StoreUnavailable> => {
      if (reply === "OK") return Effect.succeed(reply)
      if (!isLoaded(reply)) return Effect.fail(unavailable("an answer of a form that Redis does not give"))
      const [raw, seconds, micros] = reply
      return Effect.succeed({ raw, server: Number(seconds) * 1000 + Number(micros) / 1000 })
    }

    /** The scheduler asks uninterruptibly, and a timeout interrupts. */
    const roundTrip = (...keyAndArguments: ReadonlyArray<string>): Effect.Effect<Loaded | "OK", StoreUnavailable> =>
      Effect.flatMap(
        Effect.timeoutFail(
          Effect.interruptible(
            Effect.tryPromise({ try: () => call(...keyAndArguments), catch: (error) => unavailable(reason(error)) })
          ),
          { duration: timeout, onTimeout: () => unavailable(`no answer within ${Duration.format(timeout)}`) }
        ),
        answer
      )

    const read = (entry: Entry, raw: string): Effect.Effect<SharedState.State | undefined> => {
      if (raw === "") return Effect.succeed(undefined)
      if (raw === entry.raw && entry.memory.last !== undefined) return Effect.succeed(entry.memory.last.state)
      return Effect.catchAll(SharedState.decode(raw), () =>
        Effect.as(
          Effect.logWarning(
            `${entry.key} does not hold a bucket's state. It is replaced; if that happens again, something else writes to this key: change the prefix.`
          ),
          undefined
        )
      )
    }

    const localMillis = Effect.clockWith((clock) => Effect.sync(() => RateLimitStore.monotonicMillis(clock)))

    const lifeMillis = (bucket: LeakyBucket.LeakyBucket): number =>
      Math.ceil(
        Math.max(expiryMillis, 2 * (bucket.rule?.windowMillis ?? 0), 2 * leaseMillis) +
          // A hold of the server's is for all processes, also for those that start while it lasts.
          (LeakyBucket.hold(bucket)?.leftMillis ?? 0)
      )

    const pause = (attempt: number): Effect.Effect<void> =>
      Effect.flatMap(Random.nextRange(0, Math.min(LONGEST_PAUSE_MILLIS, 2 ** (attempt - EAGER_ATTEMPTS))), (millis) =>
        Effect.sleep(Duration.millis(millis))
      )

    const transact = <A>(
      entry: Entry,
      hint: RateLimitRule.RateLimitRule | undefined,
      transaction: (view: RateLimitStore.View) => RateLimitStore.Update<A>
    ): Effect.Effect<A, StoreUnavailable> =>
      Effect.gen(function* () {
        let asked = yield* localMillis
        let reply = yield* roundTrip(entry.key)
        for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
          if (reply === "OK") break
          const { raw, server } = reply
          const loaded = yield* read(entry, raw)
          const step = SharedState.step({
            memory: entry.memory,
            loaded,
            id,
            newLineage: randomUUID,
            server,
            asked,
            got: yield* localMillis,
            leaseMillis,
            hint,
            transaction
          })
          if (step.write === undefined) {
            entry.memory = step.memory
            entry.raw = raw
            return step.value
          }
          const next = yield* Effect.orDie(SharedState.encode(step.write))
          const life = String(lifeMillis(step.write.bucket))
          asked = yield* localMillis
          reply = yield* roundTrip(entry.key, raw, next, life)
          if (reply === "OK") {
            entry.memory = step.memory
            entry.raw = next
            return step.value
          }
          if (attempt >= EAGER_ATTEMPTS) {
            yield* pause(attempt)
            asked = yield* localMillis
            reply = yield* roundTrip(entry.key)
          }
        }
        return yield* Effect.fail(
          unavailable(`other processes changed the bucket first ${MOST_ATTEMPTS} times in a row: too many share it`)
        )
      })

    const update: RateLimitStore.Service["update"] = (key, hint, transaction) =>
      Effect.clockWith((clock) => {
        const entry = entryOf(key)
        entry.askedAt = RateLimitStore.monotonicMillis(clock)
        return entry.lock.withPermits(1)(transact(entry, hint, transaction))
      })

    const busy = (): ReadonlyArray<Entry> =>
      entries().filter((entry) => entry.memory.open > 0 || entry.memory.backlog > 0)

    /**
     * A sign of life for requests in flight. A waiting request polls, so after a lease of silence nothing waits here
     * any more, whatever was written last.
     */
    const renew = Effect.clockWith((clock) =>
      Effect.forEach(
        busy(),
        (entry) =>
          entry.lock.withPermits(1)(
            Effect.ignore(
              transact(entry, undefined, ({ bucket }) => {
                const silent = RateLimitStore.monotonicMillis(clock) - entry.askedAt > leaseMillis / 3
                return { value: undefined, bucket, backlog: silent ? 0 : entry.memory.backlog }
              })
            )
          ),
        { concurrency: RENEWED, discard: true }
      )
    )
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(Duration.millis(leaseMillis / 3)), renew)))

    /** Requests in flight at the end are given up, so that the others need not wait for the lease to expire. */
    const leave = Effect.suspend(() =>
      Effect.forEach(
        busy(),
        (entry) =>
          transact(entry, undefined, ({ bucket, now }) => ({
            value: undefined,
            bucket: SharedState.abandon(bucket, now, entry.memory.open),
            backlog: 0
          })),
        { concurrency: RENEWED, discard: true }
      ).pipe(
        Effect.interruptible,
        Effect.timeout(timeout),
        Effect.catchAll(() => Effect.logDebug("Redis was away at the end; the lease tells the others."))
      )
    )
    yield* Effect.addFinalizer(() => leave)

    // The first answer of a run holds up all later requests, so the slow first encoding and round trip are done before.
    const sample = yield* Effect.orDie(SharedState.encode(SharedState.sample))
    yield* Effect.orDie(SharedState.decode(sample))
    yield* Effect.ignore(roundTrip(`${prefix}${SharedState.FORMAT}:none`))

    return RateLimitStore.RateLimitStore.of({
      name: NAME,
      pollMillis,
      update,
      forget: ({ owner, route }) =>
        Effect.sync(() => {
          const routes = owners.get(Redacted.value(owner))
          const entry = routes?.get(route)
          // A request in flight must be known until it ends.
          if (routes === undefined || entry === undefined || entry.memory.open > 0) return
          routes.delete(route)
          if (routes.size === 0) owners.delete(Redacted.value(owner))
        })
    })
  })

/** Tries again for ever, at least once a second; the scheduler decides whether to wait. */
const retryMillis = (times: number): number => Math.min(1000, 25 * 2 ** Math.min(times, 6))

/** Of a connection that never was; a server that does not speak TLS as the client does resets it, or says nothing. */
const EXPLAINS_NOTHING = /^Stream isn't writeable|ECONNRESET|ETIMEDOUT/

const NO_CONNECTION =
  "no connection came about. Check host and port: rediss:// needs a port with TLS, redis:// one without"

const EXAMPLE = "Use redis://user:password@host:6379/0, or rediss:// for TLS."

const urlProblem = (text: string): string | undefined => {
  if (!URL.canParse(text)) return `it is not a URL. ${EXAMPLE}`
  const { hostname, protocol } = new URL(text)
  if (protocol !== "redis:" && protocol !== "rediss:")
    return `it starts with neither redis:// nor rediss://. ${EXAMPLE}`
  return hostname === "" ? `it has no host. ${EXAMPLE}` : undefined
}

/** The password as it is written in the URL, and as it is meant. */
const secretsOf = (text: string): ReadonlyArray<string> => {
  const { password, searchParams } = new URL(text)
  const written = [password, searchParams.get("password") ?? ""].filter((secret) => secret !== "")
  return written.flatMap((secret) => {
    try {
      return [secret, decodeURIComponent(secret)]
    } catch {
      return [secret]
    }
  })
}

const connect = (
  url: Redacted.Redacted<string>,
  options: Options,
  reason: (error: unknown) => string
): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connectTimeout = Duration.decode(options.connectTimeout ?? defaults.connectTimeout)
    let trouble: unknown
    let wasReady = false
    const redis = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const redis = new Redis(Redacted.value(url), {
          lazyConnect: true,
          connectTimeout: Duration.toMillis(connectTimeout),
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          retryStrategy: retryMillis,
          // The primary of this name is another by now.
          reconnectOnError: ({ message }) => message.includes("READONLY")
        })
        // Without a listener ioredis prints it. Every call reports what went wrong.
        redis.on("error", (error: unknown) => {
          if (wasReady || !(error instanceof Error && EXPLAINS_NOTHING.test(error.message))) trouble = error
        })
        redis.on("ready", () => {
          trouble = undefined
          wasReady = true
        })
        return redis
      }),
      (redis) => Effect.sync(() => redis.disconnect())
    )

    /** The error of ioredis for a lost connection says only that it does not try again. */
    const whyNot = (error: unknown): Promise<never> =>
      Promise.reject(
        error instanceof Error && error.name !== "ReplyError"
          ? (trouble ?? new Error(wasReady ? "the connection was lost" : NO_CONNECTION))
          : error
      )

    // The scheduler judges a start without Redis like any later outage.
    yield* Effect.tryPromise({ try: () => redis.connect(), catch: (error) => reason(trouble ?? error) }).pipe(
      Effect.timeoutFail({
        duration: connectTimeout,
        onTimeout: () => `no connection within ${Duration.format(connectTimeout)}`
      }),
      Effect.catchAll((why) =>
        Effect.logWarning(`Redis is away at the start: ${why}. It is tried again until it is there.`)
      )
    )
    return {
      evalsha: (sha1, keys, ...rest) => redis.evalsha(sha1, keys, ...rest).catch(whyNot),
      eval: (script, keys, ...rest) => redis.eval(script, keys, ...rest).catch(whyNot)
    }
  })

const makeNamed = (
  options: Options,
  names: { readonly url: string; readonly hashKey: string }
): Effect.Effect<RateLimitStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* checkHashKey(options.hashKey, names.hashKey)
    const url = Redacted.make(Redacted.value(options.url).trim())
    const problem = urlProblem(Redacted.value(url))
    if (problem !== undefined) return yield* Effect.fail(invalid(names.url, problem))
    const reason = Reason.of(secretsOf(Redacted.value(url)))
    return yield* makeWith(yield* connect(url, options, reason), options, reason)
  })

/**
 * A store with a connection of its own. Fails only for invalid options: an unreachable Redis is logged, and tried
 * again until the store is closed. One store per scheduler.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<RateLimitStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  makeNamed(options, { url: "url", hashKey: "hashKey" })

/**
 * A store over the caller's client, which is not closed. One store per scheduler.
 *
 * @example
 * ```ts
 * import { RateLimitStore } from "@effect-frameio/ratelimit"
 * import { RedisRateLimitStore } from "@effect-frameio/redis"
 * import { Config, Effect, Layer } from "effect"
 *
 * const storeOver = (client: RedisRateLimitStore.Client) =>
 *   Layer.scoped(
 *     RateLimitStore.RateLimitStore,
 *     Effect.flatMap(Config.redacted("HASH_KEY"), (hashKey) => RedisRateLimitStore.makeFromClient({ client, hashKey }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeFromClient = (
  options: ClientOptions
): Effect.Effect<RateLimitStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  Effect.zipRight(checkHashKey(options.hashKey, "hashKey"), makeWith(options.client, options, Reason.of([])))

const layerOf = <E>(
  store: Effect.Effect<RateLimitStore.Service, E, Scope.Scope>
): Layer.Layer<RedisRateLimitStore | RateLimitStore.RateLimitStore, E> =>
  Layer.scopedContext(
    Effect.map(store, (service) =>
      Context.make(RedisRateLimitStore, service).pipe(Context.add(RateLimitStore.RateLimitStore, service))
    )
  )

/**
 * A store with a connection of its own, closed with the layer.
 *
 * @example
 * ```ts
 * const url = Redacted.make("redis://127.0.0.1:6379")
 * const Store = RedisRateLimitStore.layer({ url, hashKey: Redacted.make("0123456789abcdef") })
 * const Scheduler = RateLimitScheduler.layer().pipe(Layer.provide(Store))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<RedisRateLimitStore | RateLimitStore.RateLimitStore, ConfigError.ConfigError> => layerOf(make(options))

/**
 * Where {@link layerConfig} reads the two secrets, and the other options.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions extends Omit<Options, "url" | "hashKey"> {
  /** Default: `FRAMEIO_REDIS_URL`. */
  readonly url?: Config.Config<Redacted.Redacted<string>> | undefined
  /** Default: `FRAMEIO_REDIS_HASH_KEY`. */
  readonly hashKey?: Config.Config<Redacted.Redacted<string>> | undefined
}

const NAMES = { url: "FRAMEIO_REDIS_URL", hashKey: "FRAMEIO_REDIS_HASH_KEY" }

/**
 * A store from the program's `ConfigProvider`: `FRAMEIO_REDIS_URL` and `FRAMEIO_REDIS_HASH_KEY`, both required.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<RedisRateLimitStore | RateLimitStore.RateLimitStore, ConfigError.ConfigError> =>
  layerOf(
    Effect.flatMap(
      Config.all({
        url: options.url ?? Config.redacted(NAMES.url),
        hashKey: options.hashKey ?? Config.redacted(NAMES.hashKey)
      }),
      ({ hashKey, url }) => makeNamed({ ...options, url, hashKey }, NAMES)
    )
  )
