// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio worker`: one of any number of processes that share the jobs of a cluster.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"
import * as Accounts from "@effect-frameio/cluster/Accounts"
import * as Worker from "@effect-frameio/cluster/Worker"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RedisRateLimitStore from "@effect-frameio/redis/RedisRateLimitStore"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import { CliError } from "./CliError.js"
import * as Cluster from "./Cluster.js"
import * as Credentials from "./Credentials.js"
import { Stdio } from "./Stdio.js"

/** Answers at `/health` as long as the process works, and at `/ready` when it can take work. */
const serveHealth = (worker: Worker.Service, host: string, port: number) =>
  Effect.gen(function* () {
    const runPromise = Runtime.runPromise(yield* Effect.runtime<never>())
    return yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>, CliError>((resume) => {
        const server = createServer((request, response) => {
          const end = (status: number, text: string) => response.writeHead(status).end(`${text}\n`)
          if (request.url === "/health") return void end(200, "alive")
          if (request.url !== "/ready") return void end(404, "not found")
          void runPromise(worker.isReady).then((ready) => end(ready ? 200 : 503, ready ? "ready" : "not ready"))
        })
        server.once("error", (error) => resume(CliError.badInput(`--health-port ${port}: ${error.message}`)))
        server.listen(port, host, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
  })

/** One budget over all workers where Redis is named, else one for each worker: then they refuse one another's calls. */
const scheduler = Layer.unwrapEffect(
  Effect.map(
    Effect.orElseSucceed(Config.string("FRAMEIO_REDIS_URL"), () => ""),
    (url) =>
      url === ""
        ? RateLimitScheduler.layerMemory()
        : RateLimitScheduler.layer({ whenStoreIsAway: "local" }).pipe(
            Layer.provide(Layer.mapError(RedisRateLimitStore.layerConfig(), Credentials.badConfig))
          )
  )
)

/**
 * Works until it is told to end: then nothing more is sent, what is under way may finish, and the rest goes to others.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.worker")(function* (args: {
  readonly cluster: Option.Option<string>
  readonly tokens: Option.Option<string>
  readonly healthPort: Option.Option<number>
  readonly healthHost: string
}) {
  const stdio = yield* Stdio
  const url = yield* Cluster.url(args.cluster)
  const isShared = (yield* Effect.orElseSucceed(Config.string("FRAMEIO_REDIS_URL"), () => "")) !== ""
  const accounts = yield* Layer.build(
    Layer.provide(Accounts.layer({ folder: Option.getOrUndefined(args.tokens) }), scheduler)
  )
  const worker = yield* Worker.make({ url }).pipe(Effect.provide(accounts), Effect.mapError(Cluster.toCliError))
  if (Option.isSome(args.healthPort)) yield* serveHealth(worker, args.healthHost, args.healthPort.value)
  yield* stdio.err(
    `Worker ${worker.id} is at work.\n${
      isShared ? "" : "FRAMEIO_REDIS_URL is not set: one worker keeps to the limit, several of one account would not.\n"
    }`
  )
  yield* stdio.interrupted(1)
  yield* stdio.err("Stopping: nothing more is sent, what is under way may finish, the rest goes to other workers.\n")
}, Effect.scoped)
