// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio batch undo`: takes apart what a job has stacked.
 *
 * @since 0.1.0
 */
import * as BatchJob from "@effect-frameio/batch/BatchJob"
import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as Ledger from "@effect-frameio/batch/Ledger"
import * as UploadJob from "@effect-frameio/batch/UploadJob"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ChainText from "./ChainText.js"
import * as Confirm from "./Confirm.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as JobSource from "./JobSource.js"
import * as JobView from "./JobView.js"
import * as LedgerFile from "./LedgerFile.js"
import { Stdio } from "./Stdio.js"
import { plural } from "./Text.js"

const filesOf = (ledger: Ledger.Service) =>
  UploadJob.files.pipe(Effect.provideService(Ledger.Ledger, ledger), Effect.mapError(LedgerFile.toCliError))

/** Deletes uploaded files that are on no stack, and says so. */
const removing = Effect.gen(function* () {
  const stdio = yield* Stdio
  const { kept, removed } = yield* Effect.catchAll(UploadJob.removeUploads, (error) =>
    Effect.fail(error._tag === "LedgerError" ? error : Failure.toCliError(error))
  )
  yield* stdio.tell(
    `Deleted ${plural(removed.length, "uploaded file")}, which Frame.io keeps for 30 days.${kept.length === 0 ? "" : ` Left ${kept.length} that are on stacks.`}\n`
  )
})

/** Lists what would be taken out. */
const tellDry = (
  would: {
    readonly links: number
    readonly chains: number
    /** How many uploaded files would be deleted. */
    readonly deleted: number
    readonly counts: JobRecord.Counts
  },
  args: { readonly json: boolean },
  list: ReadonlyArray<string>
) =>
  Effect.flatMap(Stdio, (stdio) => {
    const { chains, counts, deleted, links } = would
    return args.json || !stdio.outIsTerminal
      ? stdio.out(`${JSON.stringify({ _tag: "DryRun", versions: links, stacks: chains, deleted, counts })}\n`)
      : stdio.say([`Would ${workOf(would)}. Nothing was sent.`, ...list, ""].join("\n"))
  })

const extentOf = ({ chains, links }: { readonly chains: number; readonly links: number }): string =>
  `${plural(links, "version")} out of ${plural(chains, "stack")}`

/** The parts of an undo that have something to do. */
const workOf = (work: { readonly chains: number; readonly links: number; readonly deleted: number }): string =>
  [
    ...(work.links > 0 || work.deleted === 0 ? [`take ${extentOf(work)}`] : []),
    ...(work.deleted > 0 ? [`delete ${plural(work.deleted, "uploaded file")}`] : [])
  ].join(", and ")

/** Asks, and leaves the work to the workers. */
const onCluster = (
  name: string,
  args: {
    readonly cluster: Option.Option<string>
    readonly dryRun: boolean
    readonly json: boolean
    readonly yes: boolean
  }
) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const Cluster = yield* Effect.promise(() => import("./Cluster.js"))
    const store = yield* Cluster.open(args.cluster)
    const reading = store.reading(name)
    const stacked = yield* Effect.mapError(reading.stacked, Cluster.toCliError)
    const extent = extentOf(stacked)
    if (args.dryRun) {
      const counts = yield* Effect.mapError(reading.counts, Cluster.toCliError)
      return yield* tellDry({ ...stacked, deleted: 0, counts }, args, [])
    }
    yield* Confirm.ask(`Take ${extent}?`, { yes: args.yes, unasked: "go-on" })
    yield* Effect.mapError(store.undo(name), Cluster.toCliError)
    yield* stdio.tell(`The workers take ${extent}. To see how it goes: frameio batch status --job ${name}\n`)
  })

/**
 * Takes apart what a job has stacked.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchUndo")(function* (args: {
  readonly ledger: Option.Option<string>
  readonly job: Option.Option<string>
  readonly cluster: Option.Option<string>
  readonly json: boolean
  readonly dryRun: boolean
  /** Whether to delete what the job has uploaded. */
  readonly deleteUploads?: boolean | undefined
  readonly yes: boolean
  readonly settleAfter: Option.Option<number>
  readonly giveUpAfter: Option.Option<number>
}) {
  const stdio = yield* Stdio
  const place = yield* JobSource.placeOf(args)
  if (place._tag === "Cluster") return yield* onCluster(place.job, args)
  const ledger = yield* LedgerFile.open(place.file, args.dryRun ? "read" : "write")
  const job = yield* Effect.mapError(ledger.job, LedgerFile.toCliError)
  const uploads = (yield* filesOf(ledger)).filter(({ state }) => state === "uploaded")
  const stacked = yield* Effect.mapError(ledger.stackedExtent, LedgerFile.toCliError)
  const deletes = args.deleteUploads === true && uploads.length > 0
  const extent = extentOf(stacked)
  const work = workOf({ ...stacked, deleted: deletes ? uploads.length : 0 })
  if (args.dryRun) {
    const { counts, first } = yield* Effect.all({
      counts: ledger.counts,
      first: Stream.runCollect(Stream.take(ledger.stackedChains, ChainText.LISTED))
    }).pipe(Effect.mapError(LedgerFile.toCliError))
    return yield* tellDry(
      { ...stacked, deleted: deletes ? uploads.length : 0, counts },
      args,
      ChainText.listed(Chunk.toReadonlyArray(first), { total: stacked.chains, word: "off" })
    )
  }
  if (stacked.links === 0 && !deletes && !args.json && stdio.outIsTerminal) {
    return yield* stdio.say("None of its versions is on a stack, so there is nothing to take out.\n")
  }
  yield* Confirm.ask(`${work.charAt(0).toUpperCase()}${work.slice(1)}?`, { yes: args.yes, unasked: "go-on" })
  if (stacked.links > 0) yield* stdio.tell(`Taking ${extent}.\n`)
  const ended = yield* JobView.show(
    (stop) =>
      BatchJob.undo({
        stop,
        settleAfter: Option.match(args.settleAfter, {
          onNone: () => BatchRunner.defaults.settleAfter,
          onSome: Duration.seconds
        }),
        giveUpAfter: Option.getOrUndefined(Option.map(args.giveUpAfter, Duration.seconds))
      }),
    { json: args.json, verb: "undo", goOn: "The same command continues it." }
  ).pipe(
    Effect.zipLeft(deletes ? removing : Effect.void),
    Effect.provideService(Ledger.Ledger, ledger),
    Effect.catchTag("LedgerError", (error) => Effect.fail(LedgerFile.toCliError(error))),
    Effect.provide(Connection.layerOf(job.api))
  )
  if (uploads.length > 0 && !deletes) {
    yield* stdio.tell(`${plural(uploads.length, "uploaded file")} stay in the folder; --delete-uploads deletes them.\n`)
  }
  yield* JobView.leave(ended)
}, Effect.scoped)
