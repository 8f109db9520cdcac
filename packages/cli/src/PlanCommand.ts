// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio plan`: plans which files of a folder go on which stacks, by their names.
 *
 * @since 0.1.0
 */
import * as FolderPlan from "@effect-frameio/batch/FolderPlan"
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as FolderRequest from "./FolderRequest.js"
import * as JobEstimate from "./JobEstimate.js"
import * as OutputFile from "./OutputFile.js"
import * as PlanJson from "./PlanJson.js"
import * as PlanText from "./PlanText.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/**
 * The request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request extends FolderRequest.FolderRequest {
  readonly out: Option.Option<string>
  readonly format: Option.Option<PlanFile.Format>
  /** The ids of shares to keep up to date when the plan runs. */
  readonly keepShares: Option.Option<ReadonlyArray<string>>
  readonly force: boolean
  readonly json: boolean
}

/** `plan.csv` and `plan.findings.csv`. */
const findingsFile = (out: string): string =>
  /\.\w+$/.test(out) ? out.replace(/\.(\w+)$/, ".findings.$1") : `${out}.findings`

/** The plan, and the findings beside it; a pipe or another non-file has no place beside it. */
const filesOf = (out: string): ReadonlyArray<string> =>
  /^\/(?:dev|proc)\//.test(out) ? [out] : [out, findingsFile(out)]

const formatOf = (request: Request): PlanFile.Format =>
  Option.getOrElse(request.format, () =>
    Option.exists(request.out, (out) => /\.(?:jsonl|ndjson)$/i.test(out)) ? "jsonl" : "csv"
  )

/** Everything wrong with the request, before anything is read. */
const checked = (request: Request) =>
  Effect.gen(function* () {
    const read = FolderRequest.read(request, { ruleNeeded: true })
    const files = Option.match(request.out, { onNone: () => [], onSome: filesOf })
    const { problems, targets } = yield* OutputFile.check(files, { force: request.force })
    if (!read.ok || read.rule === undefined || problems.length > 0) {
      return yield* CliError.badInput([...(read.ok ? [] : read.problems), ...problems].join("\n"))
    }
    return { folderId: read.folderId, rule: read.rule, targets }
  })

/** The limit of a call, where this command or an earlier one has learnt it: reading a plan makes no version call. */
const limitOf = (step: Repository.Step) =>
  Effect.gen(function* () {
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const [bucket] = yield* Connection.bucketsOf([step])
    return bucket === undefined ? undefined : yield* scheduler.limit(bucket)
  })

/** What running a plan asks of Frame.io, over the API that it was read by. */
const estimateOf = (plan: FolderPlan.FolderPlan) =>
  Effect.gen(function* () {
    if (plan.jobs === 0) return ""
    const { chains } = yield* Effect.orDie(FolderPlan.toVersionPlan(plan))
    const all = Stream.fromIterable(chains)
    if ((yield* Connection.Api) === "v2") {
      return yield* JobEstimate.overV2(all, { grow: yield* limitOf("grow"), look: yield* limitOf("get") })
    }
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    return yield* V4Job.estimate(all)
  })

/**
 * Plans a folder, shows the plan to a person, and writes it to a file or to standard output.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.plan")(function* (request: Request) {
  const stdio = yield* Stdio
  const { folderId, rule, targets } = yield* checked(request)

  const { estimate, plan } = yield* Effect.gen(function* () {
    const plan = yield* FolderPlan.make(folderId, rule, {
      recursive: request.recursive,
      acrossFolders: request.acrossFolders,
      onProgress: (progress) =>
        Effect.flatMap(stdio.columns, (columns) => stdio.status(PlanText.reading(progress, columns)))
    })
    return { plan, estimate: yield* estimateOf(plan) }
  }).pipe(
    Effect.provide(Connection.layer),
    Effect.mapError((error) => Failure.toCliError(error, { badInput: ["FrameioForbidden", "FrameioNotFound"] })),
    orInterrupted("Interrupted; nothing was written."),
    Effect.ensuring(stdio.status(undefined))
  )

  const format = formatOf(request)
  const out = Option.getOrUndefined(request.out)
  const asFile = out === undefined && (Option.isSome(request.format) || !stdio.outIsTerminal)
  // A person who looks at standard output gets the table there; if standard output has data, it goes to standard error.
  const tell = request.json || asFile || out !== undefined || !stdio.outIsTerminal ? stdio.err : stdio.out
  const found = plan.findings.map(PlanText.advised)
  const findings = targets[1] === undefined || found.length === 0 ? undefined : targets[1].given

  const isSeen = tell === stdio.out ? stdio.outIsTerminal : stdio.errIsTerminal
  const columns = isSeen ? yield* stdio.columns : Number.POSITIVE_INFINITY
  yield* tell(PlanText.table(plan.groups, columns))
  yield* tell(Text.folded(PlanText.findings(found, findings), columns))

  const pieces = request.json
    ? PlanJson.ofPlan({ ...plan, findings: found })
    : asFile
      ? PlanFile.write(plan.groups, format)
      : []
  yield* Stream.runForEach(PlanJson.parcels(pieces), stdio.out)
  const written = [
    PlanFile.write(plan.groups, format),
    findings === undefined ? undefined : PlanFile.writeFindings(found, format)
  ].map((text) => (text === undefined ? undefined : Stream.fromIterable(text)))
  yield* OutputFile.write(
    targets.map((target, n) => {
      const text = written[n]
      return { target, text: text === undefined || format !== "csv" ? text : OutputFile.marked(target, text) }
    })
  )

  yield* tell(Text.folded(PlanText.summary(plan, estimate), columns))
  const shares = Option.getOrElse(request.keepShares, () => [])
  if (shares.length > 0) {
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    const stacks = plan.groups.filter(({ target }) => target.kind === "file").length
    yield* tell(Text.folded(`\n${V4Job.sharesEstimate(stacks, shares.length)}\n`, columns))
  }
  const kept = shares.length === 0 ? "" : ` --ledger job.db --keep-shares ${shares.join(",")}`
  if (out !== undefined) {
    yield* tell(
      `\nThe plan is in ${out}${findings === undefined ? "" : `, and the findings are in ${findings}`}.\n${
        plan.jobs === 0 ? "" : `Look it over, then: frameio batch run ${out}${kept}\n`
      }`
    )
  } else if (!asFile && !request.json) {
    const rest = "\nNothing was written; --out plan.csv writes it, for frameio batch run plan.csv.\n"
    yield* tell(Text.folded(rest, columns))
  }
  if (plan.findings.some(PlanJson.isLeftOut)) return yield* new CliError({ exitCode: ExitCode.failed, message: "" })
})
