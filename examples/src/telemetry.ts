/**
 * A job on a cluster under OpenTelemetry: one trace from its submission, in one process, to each request that a worker
 * sends in another, with the metrics and the logs beside it.
 *
 * Run it: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 FRAMEIO_CLUSTER=postgres://… node build/src/telemetry.js <csv>
 */
import { fileURLToPath } from "node:url"
import * as Otlp from "@effect/opentelemetry/Otlp"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { VersionPlan } from "@effect-frameio/batch"
import { Accounts, JobStore, Worker } from "@effect-frameio/cluster"
import { RateLimitScheduler, V4Client } from "@effect-frameio/core"
import { Config, Effect, Layer } from "effect"

/** Sends spans, metrics and logs of this process to the collector in the environment, over an `HttpClient`. */
export const telemetry = (serviceName: string) =>
  Layer.unwrapEffect(
    Effect.map(Config.nonEmptyString("OTEL_EXPORTER_OTLP_ENDPOINT"), (baseUrl) =>
      Otlp.layerJson({ baseUrl, resource: { serviceName } })
    )
  )

/** Hands a plan over. The job remembers this span, so that the work on it belongs to the same trace. */
export const submit = (name: string, plan: VersionPlan.VersionPlan) =>
  Effect.flatMap(JobStore.JobStore, (store) => store.submit(plan, { name, account: Accounts.DEFAULT })).pipe(
    Effect.withSpan("reel.submit", { attributes: { reel: name } }),
    Effect.provide(telemetry("reels"))
  )

/** Works until it is interrupted. */
export const work = Effect.flatMap(Config.redacted("FRAMEIO_CLUSTER"), (url) => Worker.run({ url })).pipe(
  Effect.provide(
    Accounts.layerConfig().pipe(
      Layer.provide(RateLimitScheduler.layerMemory({ hint: V4Client.hint })),
      Layer.provideMerge(telemetry("frameio-worker"))
    )
  )
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = "versions.csv"] = process.argv
  const store = Layer.unwrapEffect(Effect.map(Config.redacted("FRAMEIO_CLUSTER"), (url) => Worker.layerStore({ url })))
  Effect.flatMap(FileSystem.FileSystem, (fs) => VersionPlan.fromBytes(fs.stream(file))).pipe(
    Effect.flatMap((plan) => submit(file, plan)),
    Effect.provide(store),
    Effect.zipRight(work),
    Effect.provide(Layer.merge(NodeHttpClient.layerUndici, NodeContext.layer)),
    NodeRuntime.runMain
  )
}
