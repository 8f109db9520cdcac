/**
 * The measured alternative to Redis: an entity of the cluster for each bucket, which holds the bucket's state in its
 * memory and grants permits. Messages are volatile and go from worker to worker over sockets.
 *
 * @since 0.1.0
 */
import { createHash, randomUUID } from "node:crypto"
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import type { Sharding } from "@effect/cluster/Sharding"
import * as Headers from "@effect/platform/Headers"
import * as Rpc from "@effect/rpc/Rpc"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import type { RateLimitRule } from "@effect-frameio/ratelimit/RateLimitRule"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const SHARD_GROUP = "buckets"

/**
 * The shard groups of a runner that hosts buckets beside the engine of the chains. The engine watches its runners in
 * `default`. Its locks in PostgreSQL are numbered by the place of a group among the sorted names, whatever the prefix
 * of its tables, so the first place is left to the chains.
 *
 * @since 0.1.0
 * @category constants
 */
export const SHARD_GROUPS = {
  available: ["apart", SHARD_GROUP, "default"],
  assigned: [SHARD_GROUP, "default"]
} as const

/** As with Redis: a worker counts as dead after so long a silence about a permit. */
const LEASE = Duration.seconds(3)

/** A waiting worker asks again, so that no lost message hangs it and a dead one leaves the line. */
const PATIENCE = Duration.seconds(1)

/** The timeout of an ask; longer than {@link PATIENCE}. */
const ANSWER = Duration.seconds(2)

/** The pause after a failed ask. */
const PAUSE = Duration.millis(100)

/** The scheduler's default. */
const LINGER = Duration.seconds(5)

const Rule = Schema.Struct({ limit: Schema.Number, windowMillis: Schema.Number })

const Told = Schema.Struct({
  status: Schema.Number,
  headers: Schema.Record({ key: Schema.String, value: Schema.String })
})

const Bucket = Entity.make("Frameio.Bucket", [
  /** Answers whether the permit is granted; else the worker asks again, and keeps its place. */
  Rpc.make("Acquire", {
    payload: {
      permit: Schema.String,
      priority: Schema.Literal("interactive", "normal", "bulk"),
      /** The rule the worker knows, which makes a new entity the successor of one that died. */
      rule: Schema.UndefinedOr(Rule)
    },
    success: Schema.Boolean
  }),
  /** The outcome of the request; answers whether others got through meanwhile. */
  Rpc.make("Ended", {
    payload: { permit: Schema.String, outcome: Schema.Union(Told, Schema.Literal("lost", "withdrawn")) },
    success: Schema.Boolean
  })
]).annotate(ClusterSchema.ShardGroup, () => SHARD_GROUP)

type Outcome = typeof Told.Type | "lost" | "withdrawn"

/** An end without an answer; only an interrupted request may have been sent. */
const failing = (outcome: "lost" | "withdrawn"): Effect.Effect<never, Error> =>
  outcome === "lost"
    ? Effect.interrupt
    : Effect.fail(Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" }))

/** Every entity is one bucket, whatever its name. */
const KEY: RateLimitStore.BucketKey = { owner: Redacted.make("entity"), route: "entity" }

interface Permit {
  readonly granted: Deferred.Deferred<void>
  readonly ended: Deferred.Deferred<Outcome>
  waiting: Fiber.RuntimeFiber<unknown> | undefined
  isGranted: boolean
  /** Whether the worker was told, and may have sent its request. */
  isTold: boolean
  /** Since the last look for dead workers. */
  isHeardOf: boolean
}

/**
 * The entity. A successor does not know what its predecessor granted, so it begins with a full bucket.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (onHosting: Effect.Effect<void>): Layer.Layer<never, never, Sharding> =>
  Bucket.toLayer(
    Effect.gen(function* () {
      yield* onHosting
      const scope = yield* Effect.scope
      const store = yield* RateLimitStore.makeMemory
      const scheduler = yield* Effect.provideService(
        RateLimitScheduler.make({ linger: Duration.zero }),
        RateLimitStore.RateLimitStore,
        store
      )
      const permits = new Map<string, Permit>()
      const refusedTo = new Map<string, boolean>()
      let isNew = true

      const succeed = (rule: RateLimitRule) =>
        store.update(KEY, rule, ({ bucket }) => ({
          value: undefined,
          bucket: { ...bucket, level: rule.windowMillis },
          backlog: 0
        }))

      const outcomeOf = (permit: Permit): Effect.Effect<Outcome> =>
        Effect.flatten(
          Effect.timeoutTo(Deferred.await(permit.ended), {
            duration: LEASE,
            // The worker lives, and its lost request may still arrive.
            onSuccess: (outcome): Effect.Effect<Outcome> =>
              outcome === "lost" ? Effect.as(Effect.sleep(LINGER), outcome) : Effect.succeed(outcome),
            onTimeout: () => Effect.succeed<Outcome>(permit.isTold ? "lost" : "withdrawn")
          })
        )

      /** Takes a place in the line. */
      const enter = (id: string, priority: RateLimitCall.Priority) =>
        Effect.gen(function* () {
          const permit: Permit = {
            granted: yield* Deferred.make<void>(),
            ended: yield* Deferred.make<Outcome>(),
            waiting: undefined,
            isGranted: false,
            isTold: false,
            isHeardOf: true
          }
          permits.set(id, permit)
          const send = Effect.suspend(() => {
            permit.isGranted = true
            return Effect.zipRight(Deferred.succeed(permit.granted, undefined), outcomeOf(permit))
          }).pipe(
            Effect.flatMap((outcome) =>
              typeof outcome === "string"
                ? failing(outcome)
                : Effect.succeed({ status: outcome.status, headers: Headers.fromInput(outcome.headers) })
            )
          )
          permit.waiting = yield* scheduler
            .schedule(KEY, { onRefused: (othersPassed) => refusedTo.set(id, othersPassed) })(send)
            .pipe(
              Effect.ensuring(Effect.sync(() => permits.delete(id))),
              Effect.provideService(RateLimitCall.Current, {
                priority,
                maxWaitMillis: Number.POSITIVE_INFINITY,
                deadline: undefined,
                job: undefined
              }),
              Effect.exit,
              Effect.forkIn(scope)
            )
          return permit
        })

      const leave = ({ waiting }: Permit) => (waiting === undefined ? Effect.void : Fiber.interruptFork(waiting))

      /** Dead workers do not ask again. */
      const lookForTheDead = Effect.forEach(
        permits.values(),
        (permit) => {
          if (permit.isGranted) return Effect.void
          if (!permit.isHeardOf) return leave(permit)
          permit.isHeardOf = false
          return Effect.void
        },
        { discard: true }
      )
      yield* Effect.forkIn(
        Effect.forever(
          Effect.zipRight(
            Effect.sleep(LEASE),
            Effect.suspend(() => lookForTheDead)
          )
        ),
        scope
      )

      return {
        Acquire: ({ payload: { permit: id, priority, rule } }) =>
          Effect.gen(function* () {
            if (isNew && rule !== undefined) yield* Effect.orDie(succeed(rule))
            isNew = false
            const permit = permits.get(id) ?? (yield* enter(id, priority))
            permit.isHeardOf = true
            const isThere = yield* Effect.timeoutTo(Deferred.await(permit.granted), {
              duration: PATIENCE,
              onSuccess: () => true,
              onTimeout: () => false
            })
            if (isThere) permit.isTold = true
            return isThere
          }),
        Ended: ({ payload: { outcome, permit: id } }) =>
          Effect.gen(function* () {
            const permit = permits.get(id)
            if (permit === undefined) return false
            yield* Deferred.succeed(permit.ended, outcome)
            if (!permit.isGranted) yield* leave(permit)
            yield* Effect.yieldNow()
            const othersPassed = refusedTo.get(id) ?? false
            refusedTo.delete(id)
            return othersPassed
          })
      }
    }),
    { concurrency: "unbounded", maxIdleTime: "10 minutes", mailboxCapacity: "unbounded" }
  )

const TOO_MANY = 429
const UNAVAILABLE = 503

const HEADERS = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-window", "retry-after", "date"]

const told = ({ headers, status }: RateLimitScheduler.Answered): Outcome => {
  const picked: Record<string, string> = {}
  for (const name of HEADERS) {
    const value = headers[name]
    if (value !== undefined) picked[name] = value
  }
  return { status, headers: picked }
}

const ruleOf = ({ headers }: RateLimitScheduler.Answered): RateLimitRule | undefined => {
  const rule = {
    limit: Number(headers["x-ratelimit-limit"]),
    windowMillis: Number(headers["x-ratelimit-window"])
  }
  return Number.isFinite(rule.limit) && Number.isFinite(rule.windowMillis) ? rule : undefined
}

/**
 * A scheduler whose permits come from the entities.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerScheduler: Layer.Layer<RateLimitScheduler.RateLimitScheduler, never, Sharding> = Layer.effect(
  RateLimitScheduler.RateLimitScheduler,
  Effect.gen(function* () {
    const clientOf = yield* Bucket.client
    const buckets = new Map<string, { readonly client: ReturnType<typeof clientOf>; rule: RateLimitRule | undefined }>()
    const bucketOf = ({ owner, route }: RateLimitStore.BucketKey) => {
      const name = `${Redacted.value(owner)}\n${route}`
      const known = buckets.get(name)
      if (known !== undefined) return known
      const made = { client: clientOf(createHash("sha256").update(name).digest("base64url")), rule: undefined }
      buckets.set(name, made)
      return made
    }
    const schedule: RateLimitScheduler.Service["schedule"] = (key, options) => (send) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const call = yield* RateLimitCall.Current
          const clock = yield* Effect.clock
          const since = RateLimitStore.monotonicMillis(clock)
          const bucket = bucketOf(key)
          const permit = randomUUID()
          const end = (outcome: Outcome) =>
            Effect.catchAllCause(bucket.client.Ended({ permit, outcome }), () => Effect.succeed(false))
          // Whatever the result of an ask, the next finds the same place in the line.
          const ask = Effect.suspend(() =>
            bucket.client.Acquire({ permit, priority: call.priority, rule: bucket.rule })
          ).pipe(
            Effect.timeout(ANSWER),
            Effect.catchAllCause(() => Effect.as(Effect.sleep(PAUSE), false))
          )
          yield* restore(Effect.repeat(ask, { until: (isThere) => isThere })).pipe(
            Effect.onInterrupt(() => Effect.forkDaemon(end("withdrawn")))
          )
          options?.onWaited?.(RateLimitStore.monotonicMillis(clock) - since)
          let isSent = false
          const sending = Effect.zipRight(
            call.beforeSend ?? Effect.void,
            Effect.suspend(() => {
              isSent = true
              return send
            })
          )
          return yield* Effect.matchCauseEffect(restore(sending), {
            onFailure: (cause) =>
              Effect.zipRight(Effect.forkDaemon(end(isSent ? "lost" : "withdrawn")), Effect.failCause(cause)),
            onSuccess: (answer) => {
              bucket.rule = ruleOf(answer) ?? bucket.rule
              const ended = end(told(answer))
              return answer.status === TOO_MANY || answer.status === UNAVAILABLE
                ? Effect.map(ended, (othersPassed) => {
                    options?.onRefused?.(othersPassed)
                    return answer
                  })
                : Effect.as(Effect.forkDaemon(ended), answer)
            }
          })
        })
      )
    return {
      schedule,
      bucket: () => Effect.succeed(undefined),
      limit: (key) => Effect.sync(() => bucketOf(key).rule),
      snapshot: Effect.succeed([])
    }
  })
)
