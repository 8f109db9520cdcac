/**
 * `frameio batch submit`: hands a file of versions to the workers of a cluster.
 *
 * @since 0.1.0
 */

import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import * as PlanCheck from "@effect-frameio/batch/PlanCheck"
import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import * as Accounts from "@effect-frameio/cluster/Accounts"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BatchRunCommand from "./BatchRunCommand.js"
import { CliError } from "./CliError.js"
import * as Cluster from "./Cluster.js"
import * as Connection from "./Connection.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/** The default name of a job: its plan's file without folder and extension. */
const nameOf = (file: string): string =>
  file
    .replace(/^.*[\\/]/, "")
    .replace(/\.[^.]*$/, "")
    .trim()

/**
 * Checks a file of versions as a whole, then hands it to a cluster.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchSubmit")(function* (args: {
  readonly file: string
  readonly cluster: Option.Option<string>
  readonly job: Option.Option<string>
  readonly account: string
  readonly retryFailed: boolean
  readonly format: VersionPlan.Format
  readonly json: boolean
  readonly anyOrder: boolean
  readonly keepShares: Option.Option<ReadonlyArray<string>>
  readonly settleAfter: Option.Option<number>
}) {
  const stdio = yield* Stdio
  const name = Option.getOrElse(args.job, () => (args.file === "-" ? "" : nameOf(args.file)))
  const problem = Accounts.nameProblem(args.account)
  const wrong = [
    ...(Option.isSome(args.keepShares)
      ? [
          "--keep-shares: the workers of a cluster keep no shares, because what is taken out of one is known to a ledger only. " +
            `Nothing was handed over. On one machine: frameio batch run ${Text.quoted(args.file)} --ledger <ledger> --keep-shares ${args.keepShares.value.join(",")}`
        ]
      : []),
    ...(problem === undefined ? [] : [`--account: ${problem}`]),
    ...(name.trim() === "" ? ["--job <name> is missing."] : [])
  ]
  if (wrong.length > 0) return yield* CliError.badInput(wrong.join("\n"))
  const api = yield* Connection.told
  const format = args.format === "auto" ? BatchRunCommand.formatOf(args.file) : args.format
  const plan = yield* BatchRunCommand.reading(args.file, args.json, (bytes) =>
    VersionPlan.fromBytes(bytes, { format, anyOrder: args.anyOrder })
  )
  const reorders = api === "v2" ? PlanCheck.reorders(plan.chains) : []
  if (reorders.length > 0) return yield* CliError.badInput(PlanCheck.describeReorders("v2", reorders))
  const store = yield* Cluster.open(args.cluster)
  const { isNew, job } = yield* Effect.mapError(
    store.submit(plan, {
      name,
      account: args.account,
      api,
      retryFailed: args.retryFailed,
      settleAfter: Option.match(args.settleAfter, {
        onNone: () => BatchRunner.defaults.settleAfter,
        onSome: Duration.seconds
      }),
      ...(args.file === "-" ? {} : { plan: args.file })
    }),
    Cluster.toCliError
  )
  if (args.json || !stdio.outIsTerminal) {
    const { account, api, chains: stacks, links: versions, state } = job
    return yield* stdio.out(
      `${JSON.stringify({ job: job.name, isNew, account, api: api ?? null, state, versions, stacks })}\n`
    )
  }
  const extent = `${Text.plural(job.links, "version")} for ${Text.plural(job.chains, "stack")}`
  yield* stdio.out(
    `${job.name}: ${extent}, ${isNew ? "submitted" : "submitted before, and goes on"}.\nHow it goes: frameio batch status --job ${job.name}\n`
  )
}, Effect.scoped)
