import { HttpClient, HttpClientResponse } from "@effect/platform"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { JobStore, Worker } from "@effect-frameio/cluster"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import { FakeFrameioServer, Seed } from "@effect-frameio/testing"
import { ConfigProvider, Context, Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"
import { submit, work } from "../src/telemetry.js"

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String
})

const Traces = Schema.parseJson(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) })
    )
  })
)

/** Keeps what is exported, and lets everything else through. */
const collector = "http://collector.test"
const collecting = (exported: Array<{ readonly path: string; readonly text: string }>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.transform(client, (answer, request) =>
        Effect.suspend(() => {
          if (!request.url.startsWith(collector)) return answer
          const { body } = request
          const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
          exported.push({ path: new URL(request.url).pathname, text })
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}")))
        })
      )
    )
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

it.scopedLive.skipIf(PostgresServer.missing)(
  "has one trace from the submission to each request, with metrics, and without the token",
  () =>
    Effect.gen(function* () {
      const { url } = yield* PostgresServer.start
      const fake = Context.get(yield* Layer.build(FakeFrameioServer.layer()), FakeFrameioServer.FakeFrameioServer)
      const exported: Array<{ readonly path: string; readonly text: string }> = []
      const environment = ConfigProvider.fromMap(
        new Map([
          ["OTEL_EXPORTER_OTLP_ENDPOINT", collector],
          ["FRAMEIO_CLUSTER", Redacted.value(url)],
          ["FRAMEIO_TOKEN", Redacted.value(fake.token)],
          ["FRAMEIO_BASE_URL", fake.baseUrl]
        ])
      )
      const store = Context.get(yield* Layer.build(Worker.layerStore({ url })), JobStore.JobStore)
      const outside = Layer.merge(collecting(exported), NodeFileSystem.layer)

      const seeded = Seed.shots(fake.world, { shots: 2, versions: 3 })
      yield* submit("reel-7", yield* VersionPlan.fromPairs(Seed.pairs(seeded))).pipe(
        Effect.provideService(JobStore.JobStore, store),
        Effect.provide(outside),
        Effect.withConfigProvider(environment)
      )
      const worker = yield* Effect.fork(work.pipe(Effect.provide(outside), Effect.withConfigProvider(environment)))
      yield* store
        .reading("reel-7")
        .job.pipe(
          Effect.repeat({ until: ({ state }) => state === "done", schedule: Schedule.spaced("100 millis") }),
          Effect.timeout("30 seconds")
        )
      yield* Fiber.interrupt(worker)

      const batches = yield* Effect.forEach(
        exported.filter(({ path }) => path === "/v1/traces"),
        ({ text }) => Schema.decode(Traces)(text)
      )
      const spans = batches.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      )
      const byId = new Map(spans.map((span) => [span.spanId, span]))
      const calls = spans.filter(({ name }) => name === "Frameio.assets.version")
      assert.strictEqual(calls.length, 4)
      for (const call of calls) {
        const above: Array<string> = []
        for (let at = byId.get(call.parentSpanId ?? ""); at !== undefined; at = byId.get(at.parentSpanId ?? "")) {
          above.push(at.name)
        }
        assert.deepStrictEqual(above, ["Frameio.job", "JobStore.submit", "reel.submit"])
      }
      assert.strictEqual(new Set(calls.map(({ traceId }) => traceId)).size, 1)
      const metrics = exported.filter(({ path }) => path === "/v1/metrics").map(({ text }) => text)
      for (const name of [
        "frameio_cluster_links_total",
        "frameio_cluster_chains_taken_total",
        "frameio_requests_total"
      ]) {
        assert.isTrue(
          metrics.some((text) => text.includes(name)),
          name
        )
      }
      for (const { text } of exported) assert.notInclude(text, Redacted.value(fake.token))
    }),
  60_000
)
