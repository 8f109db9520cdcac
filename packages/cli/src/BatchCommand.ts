// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio batch run`: a file of versions.
 *
 * @since 0.1.0
 */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as RateLimitScheduler from "@effect-frameio/core/RateLimitScheduler"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CliError, ExitCode, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as ProgressBar from "./ProgressBar.js"
import { type InputFailed, Stdio } from "./Stdio.js"

/** How many failed lines the summary spells out; the JSON lines have all. */
const SPELT_OUT = 20

const CLEAR = "\r\u001b[2K"

/** The route of the bucket whose budget the bar shows. */
const isVersionRoute = (route: string): boolean => route.endsWith("/version")

const budgetOf = (snapshots: ReadonlyArray<RateLimitScheduler.BucketSnapshot>): ProgressBar.Budget | undefined =>
  snapshots.find((one) => isVersionRoute(one.route))

/**
 * What `runPlan` needs to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /** JSON lines on standard output, even when a person looks at it. */
  readonly json: boolean
  /** Chains side by side. */
  readonly concurrency: number | undefined
  /** Whether each link is looked up before it is sent. */
  readonly lookFirst: boolean
  /** No JSON lines, even in a pipe. */
  readonly quiet?: boolean | undefined
  /** Sees each event. */
  readonly onEvent?: ((event: BatchEvent.BatchEvent) => Effect.Effect<void>) | undefined
}

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** The last words, for a person. */
const summary = (
  finished: typeof BatchEvent.Finished.Type,
  failures: ReadonlyArray<string>,
  lines: { readonly unknown: ReadonlyArray<number> }
): string => {
  const { counts } = finished
  const parts = [
    `${counts.confirmed} of ${plural(counts.links ?? BatchProgress.done(counts), "version")} in place`,
    ...(counts.already > 0 ? [`${counts.already} of them before`] : []),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} left out because one before them failed`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} unknown`] : []),
    ...(counts.notSent > 0 ? [`${counts.notSent} not sent`] : [])
  ]
  const hidden = counts.failed - failures.length
  return [
    ...(finished.stopped === null ? [] : [`Stopped before the end: ${finished.stopped}`]),
    ...failures,
    ...(hidden > 0 ? [`and ${hidden} more failed; the JSON lines (--json) have all of them`] : []),
    `${parts.join(", ")}; ${(finished.elapsedMillis / 1000).toFixed(1)} s.`,
    ...(lines.unknown.length > 0
      ? [
          `Whether ${lines.unknown.length === 1 ? "line" : "lines"} ${lines.unknown.slice(0, SPELT_OUT).join(", ")}${
            lines.unknown.length > SPELT_OUT ? " and more" : ""
          } got through is not known; with --look-first the same command reads each stack before it sends.`
        ]
      : []),
    ...(counts.notSent > 0 && lines.unknown.length === 0
      ? ["The same command with --look-first goes on: it sends nothing that is in place."]
      : [])
  ].join("\n")
}

/**
 * How a run ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ended {
  readonly finished: typeof BatchEvent.Finished.Type
  /** Whether Ctrl-C came. */
  readonly interrupted: boolean
  /** Whether the token was refused. */
  readonly unauthorized: boolean
}

/**
 * Runs a plan, shows how it goes, and answers how it ended. Ctrl-C stops it gently.
 *
 * @since 0.1.0
 * @category handlers
 */
export const runPlan = (
  plan: VersionPlan.VersionPlan,
  options: RunOptions
): Effect.Effect<Ended, never, Stdio | FrameioClient.FrameioClient | RateLimitScheduler.RateLimitScheduler> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const json = options.quiet !== true && (options.json || !stdio.outIsTerminal)
    const progress = yield* Ref.make(ProgressBar.empty)
    const note = yield* Ref.make<string | undefined>(undefined)
    const failures: Array<string> = []
    const unknown: Array<number> = []
    let unauthorized = false

    const draw = Effect.gen(function* () {
      const line = ProgressBar.render(yield* Ref.get(progress), {
        now: yield* Clock.currentTimeMillis,
        columns: yield* stdio.columns,
        colors: stdio.colors,
        budget: budgetOf(yield* scheduler.snapshot),
        note: yield* Ref.get(note)
      })
      yield* stdio.err(`${CLEAR}${line}`)
    })

    const interrupted = stdio
      .interrupted(1)
      .pipe(
        Effect.zipRight(Ref.set(note, "stopping; Ctrl-C again to leave at once")),
        Effect.zipRight(
          stdio.errIsTerminal
            ? Effect.void
            : stdio.err("Stopping: nothing more is sent, what is under way may finish.\n")
        )
      )

    const take = (event: BatchEvent.BatchEvent): Effect.Effect<void> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* Ref.update(progress, (state) => ProgressBar.add(state, event, now))
        if (event._tag === "Failed" && event.fault.tag === "Unauthorized") unauthorized = true
        if (event._tag === "Failed" && failures.length < SPELT_OUT) {
          failures.push(`line ${event.line}: ${event.fault.message}`)
        }
        if (event._tag === "Unknown" && unknown.length <= SPELT_OUT) unknown.push(event.line)
        if (json) yield* stdio.out(`${BatchEvent.toJsonLine(event)}\n`)
      })

    const events = BatchRunner.run(plan, {
      concurrency: options.concurrency,
      lookFirst: options.lookFirst,
      stop: interrupted,
      onEvent: options.onEvent
    })

    const bar = stdio.errIsTerminal
      ? Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("100 millis")))
      : Effect.void

    const finished = yield* Effect.scoped(
      Effect.zipRight(
        bar,
        Stream.runFoldEffect(events, undefined as typeof BatchEvent.Finished.Type | undefined, (_, event) =>
          Effect.as(take(event), event._tag === "Finished" ? event : undefined)
        )
      )
    )
    if (finished === undefined) return yield* Effect.dieMessage("the job ended without its last event")
    if (stdio.errIsTerminal) {
      yield* draw
      yield* stdio.err("\n")
    }
    yield* stdio.err(`${summary(finished, failures, { unknown })}\n`)
    return { finished, interrupted: (yield* Ref.get(note)) !== undefined, unauthorized }
  })

/**
 * What the process answers when a job ended so.
 *
 * @since 0.1.0
 * @category getters
 */
export const exitCode = ({ finished, interrupted, unauthorized }: Ended): number => {
  const { counts } = finished
  if (interrupted) return ExitCode.interrupted
  // A token that is refused at the first call is bad input: nothing was done.
  if (unauthorized && counts.confirmed + counts.unknown === 0) return ExitCode.badInput
  if (counts.failed + counts.skipped + counts.unknown + counts.notSent === 0) return ExitCode.ok
  return ExitCode.failed
}

const formatOf = (file: string): VersionPlan.Format => {
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase()
  switch (extension) {
    case "csv":
    case "tsv":
      return "csv"
    case "jsonl":
    case "ndjson":
      return "jsonl"
    default:
      return "auto"
  }
}

const refusedToJson = Schema.encodeSync(Schema.parseJson(VersionPlan.PlanRefused))

/** Reads and checks a file, or standard input; everything wrong with it is bad input. */
const readPlan = Effect.fn("Cli.readPlan")(function* (
  file: string,
  format: VersionPlan.Format | undefined,
  json: boolean
) {
  const stdio = yield* Stdio
  const fs = yield* FileSystem.FileSystem
  const options = { format: format ?? formatOf(file) }
  const bytes: Stream.Stream<Uint8Array, InputFailed | PlatformError> =
    file === "-" ? stdio.input : fs.stream(file, { chunkSize: 256 * 1024 })
  return yield* VersionPlan.fromBytes(bytes, options).pipe(
    Effect.catchTags({
      PlanRefused: (error) =>
        Effect.zipRight(
          json || !stdio.outIsTerminal ? stdio.out(`${refusedToJson(error)}\n`) : Effect.void,
          CliError.badInput(`${file === "-" ? "standard input" : file}: ${error.message}`)
        ),
      InputFailed: (error) => CliError.badInput(error.message),
      SystemError: (error) =>
        CliError.badInput(
          error.reason === "NotFound"
            ? `${file}: there is no such file.`
            : `${file}: cannot be read (${error.reason}). ${error.description ?? ""}`.trimEnd()
        ),
      BadArgument: (error) => CliError.badInput(`${file}: cannot be read. ${error.message}`)
    })
  )
})

/**
 * Checks a file of versions as a whole, then runs it.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handleRun = Effect.fn("Cli.batchRun")(function* (
  args: Omit<RunOptions, "concurrency"> & {
    /** A path, or `-` for standard input. */
    readonly file: string
    readonly format: VersionPlan.Format
    readonly concurrency: Option.Option<number>
  }
) {
  const stdio = yield* Stdio
  const concurrency = Option.getOrElse(args.concurrency, () => BatchRunner.defaults.concurrency)
  if (concurrency < 1) return yield* CliError.badInput(`--concurrency is ${concurrency}; it must be at least 1.`)
  const plan = yield* readPlan(args.file, args.format === "auto" ? undefined : args.format, args.json).pipe(
    orInterrupted("Interrupted before anything was sent.")
  )
  yield* stdio.err(`${plural(plan.jobs, "version")} for ${plural(plan.chains.length, "stack")}.\n`)
  const ended = yield* runPlan(plan, { ...args, concurrency }).pipe(Effect.provide(Connection.layer))
  const code = exitCode(ended)
  if (code !== ExitCode.ok) return yield* new CliError({ exitCode: code, message: "" })
})

const run = Command.make(
  "run",
  {
    file: Args.text({ name: "file" }).pipe(
      Args.withDescription(
        "CSV with the columns asset_id and next_asset_id, or JSON lines with these fields; - is standard input."
      )
    ),
    format: Options.choice("format", ["auto", "csv", "jsonl"]).pipe(
      Options.withDescription("How the file is written. By its name, else by its first character."),
      Options.withDefault("auto" as const)
    ),
    json: Options.boolean("json").pipe(
      Options.withDescription("Write JSON lines to standard output, as always in a pipe.")
    ),
    concurrency: Options.integer("concurrency").pipe(
      Options.withDescription(
        `How many stacks to work on side by side, ${BatchRunner.defaults.concurrency} unless said. The rate limit is kept whatever it is.`
      ),
      Options.optional
    ),
    lookFirst: Options.boolean("look-first").pipe(
      Options.withDescription("Read each stack before sending, so that what is in place is not sent again. Slower.")
    )
  },
  handleRun
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Puts a file of versions on their stacks, as fast as the rate limit allows."),
      HelpDoc.p(
        "Each line puts next_asset_id on the stack of asset_id. The versions of one stack go in the order of the file, stacks go side by side. All of the file is checked before anything is sent. When a version fails, the rest of its stack is left out and the others go on."
      ),
      HelpDoc.p(
        "On a terminal a bar shows how it goes; in a pipe, standard output has one JSON object per event. Ctrl-C stops gently. The exit code is 0 when all went well, 1 when some failed, 2 for bad input, 130 after Ctrl-C."
      ),
      HelpDoc.h2("Examples"),
      HelpDoc.p("frameio batch run versions.csv"),
      HelpDoc.p("frameio batch run versions.csv --json | jq -r 'select(._tag == \"Failed\") | .nextAssetId'"),
      HelpDoc.p("export-pairs | frameio batch run - --format jsonl > log.jsonl"),
      HelpDoc.h2("A file"),
      HelpDoc.p("asset_id,next_asset_id"),
      HelpDoc.p("0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10,6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31")
    ])
  )
)

/**
 * The command and its subcommands.
 *
 * @since 0.1.0
 * @category commands
 */
export const command = Command.make("batch").pipe(
  Command.withDescription("Many versions at once."),
  Command.withSubcommands([run])
)
