/**
 * The alternative to Redis that is measured against it: an entity of the cluster for each bucket, which holds the bucket's
 * state in its memory and grants permits. Messages are volatile and go from worker to worker over sockets.
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
import { StoreUnavailable } from "@effect-frameio/ratelimit/RateLimitError"
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

/**
 * The shard group of the buckets, apart from that of the chains.
 *
 * @since 0.1.0
 * @category constants
 */
export const SHARD_GROUP = "buckets"

/** As with Redis: a worker that says nothing about a permit for so long is taken for dead. */
const LEASE = Duration.seconds(3)

const Rule = Schema.Struct({ limit: Schema.Number, windowMillis: Schema.Number })

const Told = Schema.Struct({
  status: Schema.Number,
  headers: Schema.Record({ key: Schema.String, value: Schema.String })
})

const Bucket = Entity.make("Frameio.Bucket", [
  /** Answered when the permit is there. */
  Rpc.make("Acquire", {
    payload: {
      permit: Schema.String,
      priority: Schema.Literal("interactive", "normal", "bulk"),
      /** As the worker knows it, which makes a new entity the successor of one that died. */
      rule: Schema.UndefinedOr(Rule)
    }
  }),
  /** What became of the request; answers whether others got through meanwhile. */
  Rpc.make("Ended", {
    payload: { permit: Schema.String, outcome: Schema.Union(Told, Schema.Literal("lost", "withdrawn")) },
    success: Schema.Boolean
  })
]).annotate(ClusterSchema.ShardGroup, () => SHARD_GROUP)

type Outcome = typeof Told.Type | "lost" | "withdrawn"

/** Whatever came of a request but an answer; only an interruption is taken for a request that may have been sent. */
const failing = (outcome: "lost" | "withdrawn"): Effect.Effect<never, Error> =>
  outcome === "lost"
    ? Effect.interrupt
    : Effect.fail(Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" }))

/** Every entity is one bucket, whatever it is called. */
const KEY: RateLimitStore.BucketKey = { owner: Redacted.make("entity"), route: "entity" }

/**
 * The entity. A successor does not know what its predecessor has granted, so it begins with a full bucket.
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
      const scheduler = yield* Effect.provideService(RateLimitScheduler.make(), RateLimitStore.RateLimitStore, store)
      const permits = new Map<string, Deferred.Deferred<Outcome>>()
      const refusedTo = new Map<string, boolean>()
      let isNew = true

      const succeed = (rule: RateLimitRule) =>
        store.update(KEY, rule, ({ bucket }) => ({
          value: undefined,
          bucket: { ...bucket, level: rule.windowMillis },
          backlog: 0
        }))

      return {
        Acquire: ({ payload: { permit, priority, rule } }) =>
          Effect.gen(function* () {
            if (isNew && rule !== undefined) yield* Effect.orDie(succeed(rule))
            isNew = false
            const granted = yield* Deferred.make<void>()
            const ended = yield* Deferred.make<Outcome>()
            permits.set(permit, ended)
            const send = Deferred.succeed(granted, undefined).pipe(
              Effect.zipRight(Deferred.await(ended)),
              Effect.timeoutTo({ duration: LEASE, onSuccess: (outcome) => outcome, onTimeout: () => "lost" as const }),
              Effect.flatMap((outcome) =>
                typeof outcome === "string"
                  ? failing(outcome)
                  : Effect.succeed({ status: outcome.status, headers: Headers.fromInput(outcome.headers) })
              )
            )
            const waiting = yield* scheduler
              .schedule(KEY, { onRefused: (othersPassed) => refusedTo.set(permit, othersPassed) })(send)
              .pipe(
                Effect.ensuring(Effect.sync(() => permits.delete(permit))),
                Effect.provideService(RateLimitCall.Current, {
                  priority,
                  maxWaitMillis: Number.POSITIVE_INFINITY,
                  deadline: undefined,
                  job: undefined
                }),
                Effect.exit,
                Effect.forkIn(scope)
              )
            yield* Effect.onInterrupt(Deferred.await(granted), () => Fiber.interruptFork(waiting))
          }),
        Ended: ({ payload: { outcome, permit } }) =>
          Effect.gen(function* () {
            const ended = permits.get(permit)
            if (ended === undefined) return false
            yield* Deferred.succeed(ended, outcome)
            yield* Effect.yieldNow()
            const othersPassed = refusedTo.get(permit) ?? false
            refusedTo.delete(permit)
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
 * A scheduler whose permits are those of the entities.
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
          yield* restore(bucket.client.Acquire({ permit, priority: call.priority, rule: bucket.rule })).pipe(
            Effect.mapError(({ message }) => new StoreUnavailable({ store: "entity", reason: message }))
          )
          options?.onWaited?.(RateLimitStore.monotonicMillis(clock) - since)
          const end = (outcome: Outcome) =>
            Effect.catchAllCause(bucket.client.Ended({ permit, outcome }), () => Effect.succeed(false))
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
