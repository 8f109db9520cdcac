/**
 * A worker of the benchmark of budgets: the same as `frameio worker`, with the budget of all workers in Redis or in
 * entities of the cluster. `node dist/budgetWorker.js redis|entity`; tells its parent when it works and that it hosts
 * an entity, and measures permits on request.
 */
import { createServer } from "node:net"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SocketRunner from "@effect/cluster/SocketRunner"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as Headers from "@effect/platform/Headers"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Accounts from "@effect-frameio/cluster/Accounts"
import * as Worker from "@effect-frameio/cluster/Worker"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as RedisRateLimitStore from "@effect-frameio/redis/RedisRateLimitStore"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as BucketEntity from "./BucketEntity.js"
import type { FromWorker, ToWorker } from "./Budget.js"

const tell = (message: FromWorker): Effect.Effect<void> => Effect.sync(() => void process.send?.(message))

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const nameOf = (port: number): string => `budget ${port}`

/** As in the product: a worker is alive as long as it has a connection to PostgreSQL. */
const health = Layer.effect(
  RunnerHealth.RunnerHealth,
  Effect.map(SqlClient.SqlClient, (sql) => ({
    isAlive: ({ port }: RunnerAddress.RunnerAddress) =>
      sql`SELECT 1 FROM pg_stat_activity WHERE application_name = ${nameOf(port)} LIMIT 1`.pipe(
        Effect.map((rows) => rows.length > 0),
        Effect.orElseSucceed(() => true)
      )
  }))
)

const entities = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = yield* Config.redacted("FRAMEIO_CLUSTER")
    const port = yield* freePort
    const sharding = ShardingConfig.layer({
      runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)),
      availableShardGroups: BucketEntity.SHARD_GROUPS.available,
      assignedShardGroups: BucketEntity.SHARD_GROUPS.assigned,
      shardsPerGroup: 12,
      sendRetryInterval: Duration.millis(50),
      refreshAssignmentsInterval: Duration.millis(500),
      runnerHealthCheckInterval: Duration.millis(500),
      // The dead one may have watched over the runners; then only its heartbeat tells. A refresh that takes longer than its
      // interval costs a worker all its buckets, so one that is merely late must not be taken for it.
      shardLockRefreshInterval: Duration.seconds(3),
      shardLockExpiration: Duration.seconds(9),
      entityTerminationTimeout: Duration.seconds(1),
      simulateRemoteSerialization: false
    })
    const runner = SocketRunner.layer.pipe(
      Layer.provide([NodeClusterSocket.layerSocketServer, NodeClusterSocket.layerClientProtocol]),
      Layer.provide([health, MessageStorage.layerNoop, Layer.orDie(SqlRunnerStorage.layerWith({ prefix: "budget" }))]),
      Layer.provide([sharding, RpcSerialization.layerMsgPack]),
      Layer.provide(PgClient.layer({ url, applicationName: nameOf(port), maxConnections: 3 }))
    )
    return BucketEntity.layerScheduler.pipe(
      Layer.merge(BucketEntity.layer(tell({ hosts: true }))),
      Layer.provide(runner)
    )
  })
)

const redis = RateLimitScheduler.layer({ whenStoreIsAway: "local" }).pipe(
  Layer.provide(RedisRateLimitStore.layerConfig())
)

const PROBE: RateLimitStore.BucketKey = { owner: Redacted.make("probe"), route: "PROBE" }

/** So high that a permit never waits for the limit. */
const ROOMY = Headers.fromInput({
  "x-ratelimit-limit": "100000",
  "x-ratelimit-window": "1000",
  "x-ratelimit-remaining": "100000"
})

/** How long an unhindered permit takes, in ms. */
const probe = (scheduler: RateLimitScheduler.Service, { everyMillis, times }: ToWorker["probe"]) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const millis: Array<number> = []
    for (let i = 0; i < times; i++) {
      const asked = RateLimitStore.monotonicMillis(clock)
      yield* scheduler.schedule(PROBE)(
        Effect.sync(() => {
          millis.push(RateLimitStore.monotonicMillis(clock) - asked)
          return { status: 200, headers: ROOMY }
        })
      )
      yield* Effect.sleep(everyMillis)
    }
    yield* tell({ permits: millis })
  })

const program = Effect.gen(function* () {
  const scheduler = yield* Layer.build(process.argv[2] === "entity" ? entities : redis)
  const accounts = yield* Layer.build(
    Accounts.layerConfig().pipe(
      Layer.provide([UndiciHttpClient.layer, NodeFileSystem.layer]),
      Layer.provide(Layer.succeedContext(scheduler))
    )
  )
  const url = yield* Config.redacted("FRAMEIO_CLUSTER")
  yield* Effect.provide(Worker.make({ url }), accounts)
  const run = yield* Effect.runtime<never>()
  process.on("message", (message: ToWorker) => {
    Effect.runFork(
      Effect.provide(probe(Context.get(scheduler, RateLimitScheduler.RateLimitScheduler), message.probe), run)
    )
  })
  process.stderr.write("It is at work\n")
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)))
)

Effect.runPromise(program).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
})
