/**
 * The engine: `@effect/workflow` on `@effect/cluster`, with nothing between the workers but PostgreSQL.
 *
 * The workers do not call one another: a message goes through the database, where the other finds it within a moment. So a
 * worker needs no port, and only writers of the database can send it anything.
 */
import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Runners from "@effect/cluster/Runners"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ClusterError } from "../ClusterError.js"
import * as Words from "./sqlWords.js"
import { times } from "./times.js"
import * as WorkerName from "./workerName.js"

/**
 * A worker is alive as long as it has a connection: the server closes those of a dead process at once. If a machine is gone,
 * its heartbeat ends.
 */
const living = Effect.map(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql.unsafe<{ name: string; everybody: boolean }>(WorkerName.CONNECTED, [Duration.toSeconds(times.reconnect)]),
    (rows) => {
      const names = new Set(rows.map(({ name }) => name))
      const isRestarted = rows.some(({ everybody }) => everybody)
      return ({ host }: RunnerAddress.RunnerAddress) => isRestarted || names.has(WorkerName.ofConnections(host))
    }
  ).pipe(Effect.orElseSucceed(() => () => true))
)

const health = Layer.effect(
  RunnerHealth.RunnerHealth,
  Effect.map(living, (living) => ({ isAlive: (address) => Effect.map(living, (isAlive) => isAlive(address)) }))
)

/**
 * Every worker sees for itself who is alive. The engine leaves that to one of them; while it is dead itself, nobody sees
 * any death until its last heartbeat is 15 seconds old.
 */
const everybodyWatches = (storage: RunnerStorage.RunnerStorage["Type"]) =>
  Effect.map(living, (living) =>
    RunnerStorage.RunnerStorage.of({
      ...storage,
      getRunners: Effect.zipWith(storage.getRunners, living, (runners, isAlive) =>
        runners.map(([runner]) => [runner, isAlive(runner.address)])
      )
    })
  )

const config = (worker: string) =>
  ShardingConfig.layer({
    // Only a name: nobody connects to it.
    runnerAddress: Option.some(RunnerAddress.make(worker, 1)),
    entityMessagePollInterval: Duration.millis(250),
    entityReplyPollInterval: Duration.seconds(1),
    refreshAssignmentsInterval: Duration.seconds(1),
    runnerHealthCheckInterval: Duration.seconds(1),
    shardLockRefreshInterval: Duration.seconds(3),
    shardLockExpiration: Duration.seconds(15),
    // Each is a lock of its own.
    shardsPerGroup: 60,
    entityMaxIdleTime: Duration.seconds(15),
    // Its activities only wait, and wait again where it goes.
    entityTerminationTimeout: Duration.seconds(1),
    simulateRemoteSerialization: false
  })

/** Locks are all of one connection, on which the driver wants one query at a time; the engine gives shards back side by side. */
const locksInTurn = (storage: RunnerStorage.RunnerStorage["Type"]) =>
  Effect.map(Effect.makeSemaphore(1), (semaphore) => {
    const inTurn = semaphore.withPermits(1)
    return RunnerStorage.RunnerStorage.of({
      ...storage,
      acquire: (address, shards) => inTurn(storage.acquire(address, shards)),
      refresh: (address, shards) => inTurn(storage.refresh(address, shards)),
      release: (address, shard) => inTurn(storage.release(address, shard)),
      releaseAll: (address) => inTurn(storage.releaseAll(address))
    })
  })

/**
 * Activities run in the fiber of their workflow and leave no message of their own: their record is the table of links, which
 * an activity reads before it does anything. The engine's own would be a second copy, at five statements for each link.
 */
const activitiesInPlace = (engine: WorkflowEngine["Type"]): WorkflowEngine["Type"] =>
  WorkflowEngine.of({
    ...engine,
    activityExecute: (activity) =>
      Effect.flatMap(WorkflowInstance, ({ executionId, workflow }) =>
        Effect.provideService(
          Workflow.intoResult(activity.execute),
          WorkflowInstance,
          WorkflowInstance.initial(workflow, executionId)
        )
      )
  })

export const layer = (worker: string): Layer.Layer<WorkflowEngine, ClusterError, SqlClient.SqlClient> => {
  const runnerStorage = Layer.effect(
    RunnerStorage.RunnerStorage,
    RunnerStorage.RunnerStorage.pipe(Effect.flatMap(locksInTurn), Effect.flatMap(everybodyWatches))
  ).pipe(Layer.provide(Layer.orDie(SqlRunnerStorage.layer)))
  /** One worker at a time makes the tables. */
  const tables = Layer.effectDiscard(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Words.alone(
        sql,
        Effect.scoped(Layer.build(Layer.fresh(Layer.merge(SqlMessageStorage.layer, runnerStorage))))
      ).pipe(Effect.mapError((error) => new ClusterError({ reason: "Away", detail: Words.of(error) })))
    )
  )
  return Layer.effect(WorkflowEngine, Effect.map(WorkflowEngine, activitiesInPlace)).pipe(
    Layer.provide(ClusterWorkflowEngine.layer),
    Layer.provide(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide(Layer.orDie(SqlMessageStorage.layer)),
    Layer.provide([runnerStorage, health]),
    Layer.provide(tables),
    Layer.provide(config(worker))
  )
}
