/**
 * A chain as a workflow, each of its links an activity, which the engine moves between workers.
 *
 * @since 0.1.0
 */
import * as Activity from "@effect/workflow/Activity"
import * as Workflow from "@effect/workflow/Workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Hands from "./internal/hands.js"

/**
 * One start of a chain. Its outcome is in the `JobStore`, link by link.
 *
 * @example
 * ```ts
 * const id = yield* ChainWorkflow.Chain.execute({ job: 1, chain: 0, generation: 1 }, { discard: true })
 * ```
 *
 * @since 0.1.0
 * @category workflows
 */
export const Chain = Workflow.make({
  name: "Frameio.Chain",
  payload: {
    /** The job's id. */
    job: Schema.Int,
    /** The chain's index in the plan. */
    chain: Schema.Int,
    /** How often it was started. */
    generation: Schema.Int
  },
  idempotencyKey: ({ chain, generation, job }) => `${job}/${chain}/${generation}`
})

/**
 * Carries out chains, link by link. An activity's name is the line of its link, so it is the same wherever and however
 * often the chain is taken up.
 *
 * @internal
 */
export const layer: Layer.Layer<never, never, WorkflowEngine | Hands.Hands> = Chain.toLayer((start) =>
  Effect.gen(function* () {
    const hands = yield* Hands.Hands
    const lines = yield* Activity.make({
      name: "lines",
      success: Schema.Array(Schema.Int),
      execute: hands.lines(start)
    })
    for (const line of lines) {
      const outcome = yield* Activity.make({
        name: `link/${line}`,
        success: Schema.Literal("made", "left"),
        execute: hands.step(start, line)
      })
      if (outcome === "left") return
    }
  })
)
