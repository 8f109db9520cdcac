/**
 * `frameio batch report`: what became of a job, as a page, as tables, or in a few lines.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type { LedgerError } from "@effect-frameio/batch/LedgerError"
import * as BatchReport from "@effect-frameio/report/BatchReport"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliError, orInterrupted } from "./CliError.js"
import * as LedgerFile from "./LedgerFile.js"
import { Stdio } from "./Stdio.js"

/** Written beside its place and moved there when it is whole: a page that is half written is never seen. */
const write = (
  text: Stream.Stream<string, LedgerError>,
  file: string
): Effect.Effect<void, CliError, FileSystem.FileSystem | Stdio> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const stdio = yield* Stdio
    if (file === "-") return yield* Stream.runForEach(text, stdio.out)
    const partial = `${file}.partial`
    yield* Stream.run(Stream.encodeText(text), fs.sink(partial)).pipe(
      Effect.zipRight(fs.rename(partial, file)),
      Effect.onError(() => Effect.ignore(fs.remove(partial)))
    )
    yield* stdio.err(`${file} is written.\n`)
  }).pipe(
    Effect.mapError((error: LedgerError | PlatformError) =>
      error._tag === "LedgerError"
        ? LedgerFile.toCliError(error)
        : CliError.badInput(`${file} cannot be written: ${error.message}`)
    )
  )

/**
 * Reports what became of the job in a ledger.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchReport")(
  function* (args: {
    readonly ledger: string
    readonly html: Option.Option<string>
    readonly csv: Option.Option<string>
    readonly jsonl: Option.Option<string>
  }) {
    const stdio = yield* Stdio
    const targets = [args.html, args.csv, args.jsonl].flatMap(Option.toArray)
    if (new Set(targets).size < targets.length) {
      return yield* CliError.badInput("Two of --html, --csv and --jsonl name the same place. Give each its own.")
    }
    if (targets.includes(args.ledger)) {
      return yield* CliError.badInput(`${args.ledger} is the ledger itself. Name another file for the report.`)
    }
    const ledger = yield* LedgerFile.open(args.ledger, "read")
    const head = yield* Effect.mapError(ledger.head, LedgerFile.toCliError)
    if (Option.isSome(args.html)) yield* write(BatchReport.toHtml(head, ledger.rows), args.html.value)
    if (Option.isSome(args.csv)) yield* write(BatchReport.toCsv(ledger.rows), args.csv.value)
    if (Option.isSome(args.jsonl)) yield* write(BatchReport.toJsonLines(ledger.rows), args.jsonl.value)
    if (targets.length > 0) return
    if (!stdio.outIsTerminal) return yield* write(BatchReport.toJsonLines(ledger.rows), "-")
    const failures = yield* ledger.rows.pipe(
      Stream.filter((row) => row.state === "failed" || row.state === "sent" || row.state === "undoing"),
      Stream.take(BatchReport.defaults.maxFailures),
      Stream.runCollect,
      Effect.mapError(LedgerFile.toCliError)
    )
    yield* stdio.out(BatchReport.toText(head, Chunk.toReadonlyArray(failures)))
  },
  Effect.scoped,
  orInterrupted("Interrupted; what was not written whole is not there.")
)

const target = (name: string, what: string) =>
  Options.text(name).pipe(
    Options.withDescription(`Write ${what} to this file, - is standard output.`),
    Options.optional
  )

/**
 * The command.
 *
 * @since 0.1.0
 * @category commands
 */
export const command = Command.make(
  "report",
  {
    ledger: LedgerFile.option,
    html: target("html", "one page, to open in a browser or to send to somebody,"),
    csv: target("csv", "every row as CSV"),
    jsonl: target("jsonl", "every row as JSON lines")
  },
  handle
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Says what became of a job: what was stacked, what failed and why, how it kept to the rate limit."),
      HelpDoc.p(
        "The page is one file that loads nothing and sends nothing. Without an option a terminal gets a few lines, a pipe every row as JSON lines. Needs no token and sends nothing; a job may be at work meanwhile."
      ),
      HelpDoc.h2("Examples"),
      HelpDoc.p("frameio batch report --ledger job.db"),
      HelpDoc.p("frameio batch report --ledger job.db --html report.html"),
      HelpDoc.p("frameio batch report --ledger job.db --csv rows.csv")
    ])
  )
)
