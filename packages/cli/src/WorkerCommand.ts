// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio worker`: one of any number of processes that share the jobs of a cluster.
 *
 * @since 0.1.0
 */
import * as Otlp from "@effect/opentelemetry/Otlp"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as PlatformConfigProvider from "@effect/platform/PlatformConfigProvider"
import * as Accounts from "@effect-frameio/cluster/Accounts"
import * as Worker from "@effect-frameio/cluster/Worker"
import { hint } from "@effect-frameio/core/V4Client"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RedisRateLimitStore from "@effect-frameio/redis/RedisRateLimitStore"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Cluster from "./Cluster.js"
import * as Credentials from "./Credentials.js"
import * as CredentialsFile from "./CredentialsFile.js"
import * as Stdio from "./Stdio.js"
import * as WorkerHealth from "./WorkerHealth.js"

/**
 * The login of an account, as `frameio auth login` writes it, in a file `show-a.json` of the folder; else the one in
 * the environment.
 */
const find = (folder: string | undefined) =>
  Effect.gen(function* () {
    const other = yield* Accounts.fromConfig({ folder })
    const needs = yield* Effect.context<CredentialsFile.Needs | HttpClient.HttpClient>()
    const find: Accounts.Find = (account) =>
      Effect.gen(function* () {
        const problem = Accounts.nameProblem(account)
        if (folder === undefined || problem !== undefined) return yield* other(account)
        const file = yield* CredentialsFile.at(folder, `${account}.json`)
        const login = yield* file.load
        if (Option.isNone(login)) return yield* other(account)
        const config = yield* Credentials.configOfLogin(file, login.value)
        return { config, kind: login.value.kind, ...(yield* Accounts.said(account)) }
      }).pipe(
        Effect.mapError((error) =>
          error._tag === "CliError" ? new Accounts.UnknownAccount({ account, reason: error.message }) : error
        ),
        Effect.provide(needs)
      )
    return find
  })

const variable = (name: string): Effect.Effect<string> => Effect.orElseSucceed(Config.string(name), () => "")

/** For a person at a terminal; else a line of the log, which is for programs. */
const say = (stdio: Stdio.Service, text: string): Effect.Effect<void> =>
  stdio.errIsTerminal ? stdio.err(`${text}\n`) : Effect.logInfo(text)

/** One budget over all workers with Redis; without it, one for each worker, which then cause one another's refusals. */
const scheduler = Layer.unwrapEffect(
  Effect.map(variable("FRAMEIO_REDIS_URL"), (url) =>
    url === ""
      ? RateLimitScheduler.layerMemory({ hint })
      : RateLimitScheduler.layer({ hint, whenStoreIsAway: "local" }).pipe(
          Layer.provide(Layer.mapError(RedisRateLimitStore.layerConfig(), Credentials.badConfig))
        )
  )
)

/** Sends spans, metrics and logs to `OTEL_EXPORTER_OTLP_ENDPOINT`, if set. */
const telemetry = Layer.unwrapEffect(
  Effect.map(variable("OTEL_EXPORTER_OTLP_ENDPOINT"), (baseUrl) =>
    baseUrl === "" ? Layer.empty : Otlp.layerJson({ baseUrl, resource: { serviceName: "frameio-worker" } })
  )
)

/** Works until told to end. */
const work = (args: Arguments, tokens: string | undefined) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const url = yield* Cluster.url(args.cluster)
    const isShared = (yield* variable("FRAMEIO_REDIS_URL")) !== ""
    let isReady: Effect.Effect<boolean> = Effect.succeed(false)
    if (Option.isSome(args.healthPort)) {
      yield* WorkerHealth.serve(
        args.healthHost,
        args.healthPort.value,
        Effect.suspend(() => isReady)
      )
    }
    const accounts = yield* Layer.build(
      Layer.effect(Accounts.Accounts, Effect.flatMap(find(tokens), Accounts.make)).pipe(Layer.provide(scheduler))
    )
    const worker = yield* Worker.make({ url }).pipe(Effect.provide(accounts), Effect.mapError(Cluster.toCliError))
    isReady = worker.isReady
    yield* say(stdio, `Worker ${worker.id} is at work.`)
    if (!isShared) {
      yield* say(
        stdio,
        "FRAMEIO_REDIS_URL is not set: one worker keeps to the limit, but several workers of one account would not."
      )
    }
    yield* stdio.interrupted(1)
    yield* say(stdio, "Stopping: nothing more is sent, calls under way may finish, the rest goes to other workers.")
  }).pipe(Effect.scoped, Effect.provide(telemetry))

interface Arguments {
  readonly cluster: Option.Option<string>
  readonly tokens: Option.Option<string>
  readonly healthPort: Option.Option<number>
  readonly healthHost: string
}

/**
 * Works until told to end: then it sends nothing more, lets calls under way finish, and leaves the rest to others. An
 * unset variable may be a file of that name in the folder of tokens.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.worker")(function* (args: Arguments) {
  const tokens = Option.getOrElse(args.tokens, () => "") || (yield* variable("FRAMEIO_TOKENS"))
  if (tokens === "") return yield* work(args, undefined)
  return yield* Effect.provide(work(args, tokens), PlatformConfigProvider.layerFileTreeAdd({ rootDirectory: tokens }))
})
