/**
 * What can go wrong with a job on a cluster.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Reason = Schema.Literal("Away", "NoJob", "OtherPlan", "OtherAccount", "OtherApi", "Undone", "Lost")

const advice: { readonly [K in typeof Reason.Type]: string } = {
  Away: "PostgreSQL cannot be used. Check that it runs, and that the URL is right.",
  NoJob: "there is no such job on this cluster. Submit a plan under this name first.",
  OtherPlan: "a job of this name has another plan. Submit this one under another name.",
  OtherAccount: "a job of this name runs in the name of another account. Submit the plan under another name.",
  OtherApi: "a job of this name runs on the other version of Frame.io's API. Submit the plan under another name.",
  Undone: "this job was undone. To stack the plan again, submit it under another name.",
  Lost: "another worker has taken over what this one had in hand; nothing more is sent from here."
}

/**
 * A job on a cluster cannot be used. Nothing was sent that the cluster does not know of.
 *
 * @example
 * ```ts
 * const store = yield* JobStore.JobStore
 * const job = yield* store.reading("reel-7").job.pipe(
 *   Effect.asSome,
 *   Effect.catchIf(({ reason }) => reason === "NoJob", () => Effect.succeedNone)
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class ClusterError extends Schema.TaggedError<ClusterError>("@effect-frameio/cluster/ClusterError")(
  "ClusterError",
  {
    /**
     * Why, for programs:
     *
     * - `Away`: PostgreSQL did not answer, or refused.
     * - `NoJob`: no job has this name.
     * - `OtherPlan`: a job of this name has another plan.
     * - `OtherAccount`: a job of this name runs in the name of another account.
     * - `OtherApi`: a job of this name runs on the other version of Frame.io's API.
     * - `Undone`: the job was undone, or is being undone.
     * - `Lost`: another worker has taken the chain over.
     */
    reason: Reason,
    /** The job's name, if it is about one. */
    job: Schema.optional(Schema.String),
    /** PostgreSQL's own words; never its password. */
    detail: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    const job = this.job === undefined ? "" : `${this.job}: `
    const detail = this.detail === undefined ? "" : ` ${this.detail}`
    const text = advice[this.reason]
    return `${job}${job === "" ? text.charAt(0).toUpperCase() + text.slice(1) : text}${detail}`
  }
}
