// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio stacks audit`: finds what is wrong with the version stacks of a folder.
 *
 * @since 0.1.0
 */
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import * as StackAudit from "@effect-frameio/batch/StackAudit"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AuditText from "./AuditText.js"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as FolderRequest from "./FolderRequest.js"
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
  /** Where to write the plan that mends. */
  readonly plan: Option.Option<string>
  readonly force: boolean
  readonly json: boolean
}

/** Everything wrong with the request, before anything is read. */
const checked = (request: Request) =>
  Effect.gen(function* () {
    const read = FolderRequest.read(request, { ruleNeeded: Option.isSome(request.plan) })
    const { problems, targets } = yield* OutputFile.check(Option.toArray(request.plan), { force: request.force })
    if (!read.ok || problems.length > 0) {
      return yield* CliError.badInput([...(read.ok ? [] : read.problems), ...problems].join("\n"))
    }
    return { ...read, target: targets[0] }
  })

/**
 * Audits the stacks of a folder, shows the findings, and writes the plan that mends what a plan can mend.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.stacksAudit")(function* (request: Request) {
  const stdio = yield* Stdio
  const { folderId, rule, target } = yield* checked(request)
  const audit = yield* StackAudit.make(folderId, {
    rule,
    recursive: request.recursive,
    acrossFolders: request.acrossFolders,
    onProgress: (progress) =>
      Effect.flatMap(stdio.columns, (columns) => stdio.status(PlanText.reading(progress, columns)))
  }).pipe(
    Effect.provide(Connection.layer),
    Effect.mapError((error) => Failure.toCliError(error, { badInput: ["FrameioForbidden", "FrameioNotFound"] })),
    orInterrupted("Interrupted; nothing was written."),
    Effect.ensuring(stdio.status(undefined))
  )

  if (request.json || !stdio.outIsTerminal) {
    yield* Stream.runForEach(PlanJson.parcels(PlanJson.ofAudit(audit)), stdio.out)
  } else {
    const columns = yield* stdio.columns
    yield* stdio.say(Text.folded(AuditText.findings(audit), columns))
    yield* stdio.say(Text.folded(AuditText.summary(audit), columns))
  }
  const format = Option.exists(request.plan, (file) => /\.(?:jsonl|ndjson)$/i.test(file)) ? "jsonl" : "csv"
  if (target !== undefined && audit.mend.length > 0) {
    const text = Stream.fromIterable(PlanFile.write(audit.mend, format))
    yield* OutputFile.write([{ target, text: format === "csv" ? OutputFile.marked(target, text) : text }])
  }
  yield* stdio.err(AuditText.next(audit, Option.getOrUndefined(request.plan), rule !== undefined))
  if (audit.findings.some(PlanJson.isLeftOut)) return yield* new CliError({ exitCode: ExitCode.failed, message: "" })
})
