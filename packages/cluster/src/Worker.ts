/**
 * A worker: one of any number of processes that share the jobs of a cluster. It may be killed at any moment.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Accounts from "./Accounts.js"
import { ClusterError } from "./ClusterError.js"
import * as Engine from "./internal/engine.js"
import * as Words from "./internal/sqlWords.js"
import * as Times from "./internal/times.js"
import * as Work from "./internal/work.js"
import * as WorkerName from "./internal/workerName.js"
import * as JobStore from "./JobStore.js"

/**
 * A worker that runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Its unique name among the workers. */
  readonly id: string
  /** Whether it has heard from PostgreSQL within the last 10 seconds, and is not shutting down. */
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
  /** The most connections to open, 3 or more. Default 10. */
  readonly connections?: number | undefined
}

const CONNECTIONS = 10

/**
 * Starts a worker that runs until the scope closes. Then it sends nothing more, lets calls under way finish, and lays its
 * chains down for other workers, which go on at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ClusterError, Accounts.Accounts | Scope.Scope> =>
  Effect.gen(function* () {
    const id = crypto.randomUUID()
    const pg = PgClient.layer({
      url: options.url,
      applicationName: WorkerName.ofConnections(id),
      maxConnections: options.connections ?? CONNECTIONS
    }).pipe(Layer.mapError((error) => new ClusterError({ reason: "Away", detail: Words.of(error) })))
    const engine = yield* Layer.build(Engine.layer(id).pipe(Layer.provideMerge(JobStore.layer), Layer.provide(pg)))
    return yield* Effect.provide(Work.make(id, Times.times), engine)
  })

/**
 * Runs a worker until it is interrupted.
 *
 * @example
 * ```ts
 * const url = Redacted.make("postgres://frameio@db.studio.lan:5432/frameio?sslmode=verify-full")
 * const worker = Worker.run({ url }).pipe(Effect.provide(Accounts.layerConfig()))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options: Options): Effect.Effect<never, ClusterError, Accounts.Accounts> =>
  Effect.scoped(Effect.zipRight(make(options), Effect.never))

/**
 * The store of jobs alone, for programs that submit and read them.
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
