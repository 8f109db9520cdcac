/**
 * A worker: one of any number of processes that share the jobs of a cluster. It may be killed at any moment.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Accounts from "./Accounts.js"
import * as ChainWorkflow from "./ChainWorkflow.js"
import { ClusterError } from "./ClusterError.js"
import * as ClusterMetrics from "./ClusterMetrics.js"
import * as Engine from "./internal/engine.js"
import * as Hands from "./internal/hands.js"
import * as Words from "./internal/sqlWords.js"
import * as Times from "./internal/times.js"
import * as JobStore from "./JobStore.js"

/**
 * A worker that runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** By which the others know it; no two have the same. */
  readonly id: string
  /** Whether it can work: it has heard from PostgreSQL within the last 10 seconds, and is not being shut down. */
  readonly isReady: Effect.Effect<boolean>
}

/**
 * Where the jobs are.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** `postgres://user:password@host:5432/database`; with `?sslmode=verify-full` over TLS. */
  readonly url: Redacted.Redacted
  /** How many connections to open at the most, 3 or more. Default 10. */
  readonly connections?: number | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults = { connections: 10 } as const

/** After so many ms of silence from PostgreSQL a worker is not ready. */
const SILENCE = 10_000

/** So many chains are handed to the engine side by side. */
const HANDED = 16

/**
 * A worker over an engine and a store that are there. What it has in hand is laid down before the engine goes.
 *
 * @internal
 */
export const over = (
  id: string,
  times: Times.Times
): Effect.Effect<Service, never, Accounts.Accounts | JobStore.JobStore | WorkflowEngine | Scope.Scope> =>
  Effect.gen(function* () {
    const accounts = yield* Accounts.Accounts
    const store = yield* JobStore.JobStore
    const context = yield* Layer.build(
      Layer.provideMerge(ChainWorkflow.layer, Layer.scoped(Hands.Hands, Hands.make(times)))
    )
    let isDraining = false
    /** Jobs whose account is not known here. */
    const told = new Set<number>()
    let heardAt: number | undefined

    // Closed before the engine is: what is laid down goes to others when the engine gives its shards away.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isDraining = true
        return Context.get(context, Hands.Hands).drain
      })
    )

    const startOf = (job: JobStore.Job) =>
      Effect.gen(function* () {
        const starts = yield* store.start(job.id, { open: Times.OPEN, stalled: times.stalled })
        const again = starts.filter((start) => start.again).length
        if (again > 0) {
          yield* Metric.incrementBy(ClusterMetrics.chainsRestarted, again)
          yield* Effect.logWarning(`${again} chains of ${job.name} had stalled and are started again`)
        }
        yield* Effect.forEach(
          starts,
          ({ chain, generation, job }) => ChainWorkflow.Chain.execute({ job, chain, generation }, { discard: true }),
          { concurrency: HANDED, discard: true }
        )
      })

    const tick = Effect.gen(function* () {
      const jobs = yield* store.running
      heardAt = yield* Clock.currentTimeMillis
      yield* Effect.forEach(
        jobs,
        (job) =>
          Effect.matchEffect(accounts.repository(job.account, job.api), {
            onFailure: (error) =>
              Effect.suspend(() => {
                if (told.has(job.id)) return Effect.void
                told.add(job.id)
                return Effect.logWarning(`${job.name} waits. ${error.message}`)
              }),
            onSuccess: () => {
              told.delete(job.id)
              return startOf(job)
            }
          }),
        { discard: true }
      )
      if (jobs.length > 0) yield* store.finish
    }).pipe(Effect.catchAllCause((cause) => Effect.logWarning("Could not look for work", cause)))
    yield* tick.pipe(Effect.withTracerEnabled(false), Effect.repeat(Schedule.spaced(times.tick)), Effect.forkScoped)

    return {
      id,
      isReady: Effect.map(
        Clock.currentTimeMillis,
        (now) => !isDraining && heardAt !== undefined && now - heardAt < SILENCE
      )
    }
  }).pipe(Effect.annotateLogs("worker", id))

/**
 * Starts a worker that runs until the scope closes. Then nothing more is sent, what is under way may finish, and what was in
 * hand is laid down for others, who go on at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ClusterError, Accounts.Accounts | Scope.Scope> =>
  Effect.gen(function* () {
    const id = crypto.randomUUID()
    const pg = PgClient.layer({
      url: options.url,
      applicationName: Engine.applicationName(id),
      maxConnections: options.connections ?? defaults.connections
    }).pipe(Layer.mapError((error) => new ClusterError({ reason: "Away", detail: Words.of(error) })))
    const engine = yield* Layer.build(Engine.layer(id).pipe(Layer.provideMerge(JobStore.layer), Layer.provide(pg)))
    return yield* Effect.provide(over(id, Times.times), engine)
  })

/**
 * Runs a worker until it is interrupted.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options: Options): Effect.Effect<never, ClusterError, Accounts.Accounts> =>
  Effect.scoped(Effect.zipRight(make(options), Effect.never))

/**
 * The store of jobs alone, for who submits and reads.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStore = (options: Options): Layer.Layer<JobStore.JobStore, ClusterError> =>
  JobStore.layer.pipe(
    Layer.provide(
      Layer.mapError(
        PgClient.layer({ url: options.url, applicationName: "frameio", maxConnections: 2 }),
        (error) => new ClusterError({ reason: "Away", detail: Words.of(error) })
      )
    )
  )
