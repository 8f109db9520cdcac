/**
 * Plans a folder by the names of its files, says what was left out, and runs the plan.
 *
 * Run it: FRAMEIO_TOKEN=… node build/src/plan.js 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { BatchRunner, FolderPlan, NamingRule } from "@effect-frameio/batch"
import { Asset, FrameioClient } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { Console, Effect, Layer, Schema } from "effect"

/** Answers how many versions are in place now, and what a person has to settle. */
export const stackFolder = Effect.fn("stackFolder")(function* (folderId: Asset.AssetId) {
  const rule = NamingRule.byName("vfx", { ignoreCase: true })

  // Sends only reads. A file that can be meant in two ways is a finding, and not in the plan.
  const plan = yield* FolderPlan.make(folderId, rule, { recursive: true })
  const unsettled = plan.findings
    .filter(({ severity }) => severity === "left-out")
    .map(({ folder, message }) => `${folder}: ${message}`)

  if (plan.jobs === 0) return { confirmed: 0, unsettled }
  const counts = yield* BatchRunner.runCounted(yield* FolderPlan.toVersionPlan(plan))
  return { confirmed: counts.confirmed, unsettled }
})

const Live = Repository.layerV2.pipe(
  Layer.provideMerge(FrameioClient.layerConfig()),
  Layer.provide(NodeHttpClient.layerUndici)
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Schema.decodeUnknown(Asset.AssetId)(process.argv[2]).pipe(
    Effect.flatMap(stackFolder),
    Effect.tap(({ unsettled }) => Effect.forEach(unsettled, Console.error)),
    Effect.flatMap(({ confirmed }) => Console.log(`${confirmed} versions put on their stacks`)),
    Effect.provide(Live),
    NodeRuntime.runMain
  )
}
