/**
 * `frameio batch report`: what became of a job, as a page, as tables, or in a few lines.
 *
 * @since 0.1.0
 */
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as BatchReport from "@effect-frameio/report/BatchReport"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliError, orInterrupted } from "./CliError.js"
import * as JobSource from "./JobSource.js"
import * as OutputFile from "./OutputFile.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/** The possible next steps, by what is left: in words and as a command. */
const nextOf = (
  { counts, plan }: JobRecord.Head,
  ledger: string
): ReadonlyArray<{ readonly when: string; readonly command: string }> => {
  const file = `--ledger ${Text.quoted(ledger)}`
  if (counts.undoing > 0) {
    return [{ when: "To continue the undo:", command: `frameio batch undo ${file}` }]
  }
  // A plan from standard input has no name for a command.
  if (plan === null || counts.undone > 0) return []
  const run = `frameio batch run ${Text.quoted(plan)} ${file}`
  const open = counts.planned + counts.sent
  return [
    ...(open > 0 ? [{ when: "To continue with the rest:", command: run }] : []),
    ...(counts.failed > 0
      ? [{ when: "To try the failed versions again, after removing the causes:", command: `${run} --retry-failed` }]
      : []),
    ...(open + counts.failed === 0 && counts.total > 0
      ? [{ when: "To check whether all is still in place:", command: `${run} --look-first` }]
      : [])
  ]
}

/**
 * Reports what became of a job.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchReport")(
  function* (args: {
    readonly ledger: Option.Option<string>
    readonly job: Option.Option<string>
    readonly cluster: Option.Option<string>
    readonly html: Option.Option<string>
    readonly title: Option.Option<string>
    readonly csv: Option.Option<string>
    readonly jsonl: Option.Option<string>
    readonly force: boolean
    readonly json: boolean
  }) {
    const stdio = yield* Stdio
    const jsonl = Option.orElse(args.jsonl, () => (args.json ? Option.some("-") : Option.none()))
    const asked = [args.html, args.csv, jsonl].flatMap(Option.toArray)
    const files = asked.filter((file) => file !== "-")
    const { problems, targets } = yield* OutputFile.check(files, {
      force: args.force,
      keep: Option.match(args.ledger, {
        onNone: () => [],
        onSome: (ledger) => [
          { file: ledger, what: "the ledger itself" },
          ...["-wal", "-shm", ".lock"].map((end) => ({ file: `${ledger}${end}`, what: "a part of the ledger" }))
        ]
      })
    })
    const twice =
      asked.length > files.length + 1
        ? ["Only one of --html, --csv and --jsonl can be -, which --json is as well."]
        : []
    const untitled =
      Option.isSome(args.title) && Option.isNone(args.html) ? ["--title is the title of the page: add --html."] : []
    const refused = [...problems, ...twice, ...untitled]
    if (refused.length > 0) return yield* CliError.badInput(refused.join("\n"))
    const source = yield* JobSource.open(args)
    const head = yield* source.head
    const texts = [
      Option.as(
        args.html,
        BatchReport.toHtml(head, source.rows, {
          title: Option.getOrUndefined(args.title),
          next: Option.match(args.ledger, { onNone: () => [], onSome: (ledger) => nextOf(head, ledger) })
        })
      ),
      Option.map(args.csv, (file) =>
        BatchReport.toCsv(source.rows, {
          byteOrderMark: targets.some((target) => target.given === file && OutputFile.isFile(target))
        })
      ),
      Option.as(jsonl, BatchReport.toJsonLines(source.rows))
    ].flatMap(Option.toArray)
    const say = (text: (typeof texts)[number]) => Stream.runForEach(text, stdio.out)
    const places = asked.map((file) => targets.find(({ given }) => given === file))
    yield* OutputFile.write(
      places.flatMap((target, n) => {
        const text = texts[n]
        return target === undefined || text === undefined ? [] : [{ target, text }]
      })
    )
    yield* Effect.forEach(places, (target, n) => {
      const text = texts[n]
      return target !== undefined
        ? stdio.err(`${target.given} is written.\n`)
        : text === undefined
          ? Effect.void
          : say(text)
    })
    if (asked.length > 0) return
    if (!stdio.outIsTerminal) return yield* say(BatchReport.toJsonLines(source.rows))
    const failures = yield* source.rows.pipe(
      Stream.filter((row) => row.state === "failed" || row.state === "sent" || row.state === "undoing"),
      Stream.take(BatchReport.defaults.maxFailures),
      Stream.runCollect
    )
    yield* stdio.out(BatchReport.toText(head, Chunk.toReadonlyArray(failures)))
  },
  Effect.scoped,
  orInterrupted("Interrupted; a file that was not complete does not exist.")
)
