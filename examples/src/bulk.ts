/**
 * A bulk job: puts a file of pairs onto their stacks, as fast as the rate limit allows, with a message about each
 * failure.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/bulk.js versions.csv
 */
import { fileURLToPath } from "node:url"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { BatchProgress, BatchRunner, PlanSource, VersionPlan } from "@effect-frameio/batch"
import { FrameioClient } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { Console, Effect, Layer, Stream } from "effect"

/** Answers the counts, and a message for each version that is not in place. */
export const stackAll = Effect.fn("stackAll")(function* (file: string) {
  // Reports everything wrong with the file, at once and by line, before anything is sent.
  const plan = yield* VersionPlan.fromBytes(PlanSource.file(file))

  // One chain per stack, in file order; stacks side by side. A failure is an event, and stops only its own stack.
  const failures: Array<string> = []
  const counts = yield* BatchRunner.run(plan, { name: file }).pipe(
    Stream.tap((event) =>
      Effect.sync(() => {
        if (event._tag === "Failed") failures.push(`line ${event.line}: ${event.message}`)
        if (event._tag === "Skipped") failures.push(`line ${event.line}: ${event.reason}`)
      })
    ),
    Stream.runFold(BatchProgress.empty, BatchProgress.add)
  )
  return { counts, failures }
})

// For V4: RepositoryV4.layer over V4Client.layerConfig(). The job is the same.
const Live = Repository.layerV2.pipe(
  Layer.provideMerge(FrameioClient.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.merge(NodeContext.layer)
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  stackAll(process.argv[2] ?? "versions.csv").pipe(
    Effect.tap(({ failures }) => Effect.forEach(failures, Console.error)),
    Effect.flatMap(({ counts }) => Console.log(`${counts.confirmed} of ${counts.links} in place`)),
    Effect.provide(Live),
    NodeRuntime.runMain
  )
}
