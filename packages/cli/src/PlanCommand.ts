// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio plan`: which files of a folder go on which stacks, by their names.
 *
 * @since 0.1.0
 */
import * as FolderPlan from "@effect-frameio/batch/FolderPlan"
import * as NamedRule from "@effect-frameio/batch/NamedRule"
import * as NamingRule from "@effect-frameio/batch/NamingRule"
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import type { Finding } from "@effect-frameio/batch/VersionGrouping"
import { AssetId } from "@effect-frameio/core/Asset"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as OutputFile from "./OutputFile.js"
import * as PlanText from "./PlanText.js"
import { Stdio } from "./Stdio.js"

const isAssetId = Schema.is(AssetId)

/**
 * What was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly folder: string
  /** The name of a rule, or a pattern. */
  readonly rule: Option.Option<string>
  readonly recursive: boolean
  readonly acrossFolders: boolean
  readonly ignoreCase: boolean
  readonly anyExtension: boolean
  readonly out: Option.Option<string>
  readonly format: Option.Option<PlanFile.Format>
  readonly force: boolean
  readonly json: boolean
}

const ruleNamed = (name: string | undefined): NamedRule.Name | undefined =>
  NamedRule.all.find((one) => one.name === name)?.name

const ruleOf = (request: Request): NamingRule.Made => {
  const stated = Option.getOrUndefined(request.rule)
  const name = ruleNamed(stated)
  if (name !== undefined) return { ok: true, rule: NamingRule.byName(name, request) }
  if (stated === undefined || /^[\w-]*$/.test(stated)) {
    const names = NamedRule.all.map((one) => one.name).join(", ")
    const is = stated === undefined ? "missing" : `${JSON.stringify(stated)}, which is no rule`
    return {
      ok: false,
      problems: [
        `--rule is ${is}. There are ${names}, or a pattern such as '(?<base>.+)_v(?<version>[0-9]+)'; --help has examples.`
      ]
    }
  }
  const made = NamingRule.fromPattern(stated, request)
  return made.ok ? made : { ok: false, problems: made.problems.map((problem) => `--rule: ${problem}`) }
}

/** `plan.csv` and `plan.findings.csv`. */
const findingsFile = (out: string): string =>
  /\.\w+$/.test(out) ? out.replace(/\.(\w+)$/, ".findings.$1") : `${out}.findings`

/** The plan, and what was found beside it; what is no file, such as a pipe, has no place beside it. */
const filesOf = (out: string): ReadonlyArray<string> =>
  /^\/(?:dev|proc)\//.test(out) ? [out] : [out, findingsFile(out)]

const formatOf = (request: Request): PlanFile.Format =>
  Option.getOrElse(request.format, () =>
    Option.exists(request.out, (out) => /\.(?:jsonl|ndjson)$/i.test(out)) ? "jsonl" : "csv"
  )

/** Everything that is wrong with what was asked for, before anything is read. */
const checked = (request: Request) =>
  Effect.gen(function* () {
    const made = ruleOf(request)
    const files = Option.match(request.out, { onNone: () => [], onSome: filesOf })
    const { problems: unwritable, targets } = yield* OutputFile.check(files, { force: request.force })
    const problems = [
      ...(isAssetId(request.folder)
        ? []
        : [
            `${JSON.stringify(request.folder)} is not a folder id, which is a UUID such as 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10.`
          ]),
      ...(made.ok ? [] : made.problems),
      ...(request.acrossFolders && !request.recursive
        ? ["--across-folders says nothing about one folder alone; add --recursive."]
        : []),
      ...unwritable
    ]
    if (!isAssetId(request.folder) || !made.ok || problems.length > 0) {
      return yield* CliError.badInput(problems.join("\n"))
    }
    return { folderId: request.folder, rule: made.rule, targets }
  })

/** Pieces of text in parcels, for one small write each is slow. */
const parcels = (pieces: Iterable<string>): Stream.Stream<string> =>
  Stream.fromIterable(pieces).pipe(
    Stream.rechunk(512),
    Stream.chunks,
    Stream.map((chunk) => Chunk.join(chunk, ""))
  )

/** The limit of version calls, where an earlier command has learnt it: reading a plan makes none. */
const rememberedLimit = Effect.gen(function* () {
  const scheduler = yield* RateLimitScheduler.RateLimitScheduler
  const bucket = yield* Connection.bucketOf("assets.version")
  return Option.isNone(bucket) ? undefined : yield* scheduler.limit(bucket.value)
})

function* jsonLines(plan: FolderPlan.FolderPlan): Generator<string> {
  for (const row of PlanFile.rows(plan.groups)) yield `${JSON.stringify({ _tag: "Line", ...row })}\n`
  for (const { assets, base, folder, kind, message, severity } of plan.findings) {
    yield `${JSON.stringify({ _tag: "Finding", severity, kind, folder, stack: base, assets, message })}\n`
  }
  const { files, folders, requests, stacks } = plan.read
  yield `${JSON.stringify({
    _tag: "Summary",
    folder_id: plan.folder.id,
    versions: plan.jobs,
    stacks: plan.groups.length,
    left_out: plan.findings.filter(isLeftOut).length,
    alone: plan.single,
    folders_not_read: plan.foldersBelow,
    suggested_rule: plan.suggestion?.name ?? null,
    read: { folders, files, stacks, requests }
  })}\n`
}

const isLeftOut = ({ severity }: Finding): boolean => severity === "left-out"

/**
 * Plans a folder, shows the plan to a person, and writes it to a file or to standard output.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.plan")(function* (request: Request) {
  const stdio = yield* Stdio
  const { folderId, rule, targets } = yield* checked(request)

  const { limit, plan } = yield* Effect.gen(function* () {
    const plan = yield* FolderPlan.make(folderId, rule, {
      recursive: request.recursive,
      acrossFolders: request.acrossFolders,
      onProgress: (progress) =>
        Effect.flatMap(stdio.columns, (columns) => stdio.status(PlanText.reading(progress, columns)))
    })
    return { plan, limit: yield* rememberedLimit }
  }).pipe(
    Effect.provide(Connection.layer),
    Effect.mapError((error) => Failure.toCliError(error, { badInput: ["FrameioForbidden", "FrameioNotFound"] })),
    orInterrupted("Interrupted; nothing was written."),
    Effect.ensuring(stdio.status(undefined))
  )

  const format = formatOf(request)
  const out = Option.getOrUndefined(request.out)
  const asFile = out === undefined && (Option.isSome(request.format) || !stdio.outIsTerminal)
  // A person who looks at standard output gets the table there; beside data it goes where the rest is said.
  const tell = request.json || asFile || out !== undefined || !stdio.outIsTerminal ? stdio.err : stdio.out
  const found = plan.findings.map(PlanText.advised)
  const findings = targets[1] === undefined || found.length === 0 ? undefined : targets[1].given

  yield* tell(PlanText.table(plan.groups))
  yield* tell(PlanText.findings(found, findings))

  const pieces = request.json
    ? jsonLines({ ...plan, findings: found })
    : asFile
      ? PlanFile.write(plan.groups, format)
      : []
  yield* Stream.runForEach(parcels(pieces), stdio.out)
  const written = [
    PlanFile.write(plan.groups, format),
    findings === undefined ? undefined : PlanFile.writeFindings(found, format)
  ].map((text) => (text === undefined ? undefined : Stream.fromIterable(text)))
  yield* OutputFile.write(
    targets.map((target, n) => {
      const text = written[n]
      // Without a byte order mark Excel does not see that it is UTF-8.
      const marked = format === "csv" && OutputFile.isFile(target)
      return { target, text: text === undefined || !marked ? text : Stream.concat(Stream.make("\ufeff"), text) }
    })
  )

  yield* tell(PlanText.summary(plan, limit))
  if (out !== undefined) {
    yield* tell(
      `\nThe plan is in ${out}${findings === undefined ? "" : `, and what was found in ${findings}`}.\n${
        plan.jobs === 0 ? "" : `Look it over, then: frameio batch run ${out}\n`
      }`
    )
  } else if (!asFile && !request.json) {
    yield* tell("\nNothing was written; --out plan.csv writes it, for frameio batch run plan.csv.\n")
  }
  if (plan.findings.some(isLeftOut)) return yield* new CliError({ exitCode: ExitCode.failed, message: "" })
})
