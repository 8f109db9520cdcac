// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio batch run`: puts a file of versions on their stacks.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as BatchJob from "@effect-frameio/batch/BatchJob"
import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as Ledger from "@effect-frameio/batch/Ledger"
import type { LedgerError } from "@effect-frameio/batch/LedgerError"
import * as PlanSource from "@effect-frameio/batch/PlanSource"
import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import type { RateLimitRule } from "@effect-frameio/ratelimit/RateLimitRule"
import { Repository } from "@effect-frameio/stacks/Repository"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ChainText from "./ChainText.js"
import { CliError, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as JobEstimate from "./JobEstimate.js"
import * as JobView from "./JobView.js"
import * as LedgerFile from "./LedgerFile.js"
import { type InputFailed, Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/**
 * The format of a file, by its name.
 *
 * @since 0.1.0
 * @category getters
 */
export const formatOf = (file: string): VersionPlan.Format => {
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

type Bytes = Stream.Stream<Uint8Array, InputFailed | PlatformError>

/**
 * Reads and checks a file, or standard input; everything wrong with it is bad input.
 *
 * @since 0.1.0
 * @category reading
 */
export const reading = <A, R>(
  file: string,
  json: boolean,
  read: (bytes: Bytes) => Effect.Effect<A, VersionPlan.PlanRefused | InputFailed | PlatformError | CliError, R>
): Effect.Effect<A, CliError, R | Stdio | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const fs = yield* FileSystem.FileSystem
    const bytes: Bytes =
      file === "-" ? stdio.input : Stream.provideService(PlanSource.file(file), FileSystem.FileSystem, fs)
    return yield* read(bytes).pipe(
      Effect.catchTags({
        PlanRefused: (error) =>
          Effect.zipRight(
            json || !stdio.outIsTerminal ? stdio.out(`${refusedToJson(error)}\n`) : Effect.void,
            CliError.badInput(
              `${file === "-" ? "standard input" : file}: ${error.message}${
                error.problems.some(({ kind }) => kind === "out-of-order")
                  ? "\nIf you mean that order: --any-order sends the lines as they stand."
                  : ""
              }`
            )
          ),
        InputFailed: (error) => CliError.badInput(error.message),
        SystemError: (error) =>
          CliError.badInput(
            error.reason === "NotFound"
              ? `${file}: there is no such file.`
              : `${file}: cannot be read (${error.reason}). ${error.description ?? ""}`.trimEnd()
          ),
        BadArgument: (error) => CliError.badInput(`${file}: cannot be read. ${error.message}`)
      }),
      orInterrupted("Interrupted before anything was sent.")
    )
  })

const extent = (links: number, chains: number): string =>
  `${Text.plural(links, "version")} for ${Text.plural(chains, "stack")}`

/** The limit that an earlier run saw last. */
const lastRule = (samples: ReadonlyArray<JobRecord.Sample>) => {
  for (const { limit, windowMillis } of [...samples].reverse()) {
    if (limit !== null && windowMillis !== null) return { limit, windowMillis }
  }
  return undefined
}

/**
 * The arguments of `handle`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunArgs {
  /** A path, or `-` for standard input. */
  readonly file: string
  /** The format of the file. */
  readonly format: VersionPlan.Format
  /** JSON lines on standard output, even on a terminal. */
  readonly json: boolean
  /** Chains side by side. */
  readonly concurrency: Option.Option<number>
  /** Whether to look up each link before it is sent. */
  readonly lookFirst: boolean
  /** The ledger's file. */
  readonly ledger: Option.Option<string>
  /** Whether to try links again that failed in an earlier run. */
  readonly retryFailed: boolean
  /** Whether to send nothing. */
  readonly dryRun: boolean
  /** Seconds after which a call without an answer counts as not made, if the stack does not show it. */
  readonly settleAfter: Option.Option<number>
  /** Seconds to wait while nothing gets through, before the job stops. */
  readonly giveUpAfter: Option.Option<number>
  /** The ids of shares in which new versions take the place of old files. Default none. */
  readonly keepShares?: Option.Option<ReadonlyArray<string>> | undefined
  /** Whether the versions of a stack may come in another order than the file's columns say. */
  readonly anyOrder?: boolean | undefined
  /** No JSON lines, even in a pipe. */
  readonly quiet?: boolean | undefined
  /** How to continue with the rest, if not by the same command. */
  readonly goOn?: string | undefined
  /** Sees each event. */
  readonly onEvent?: ((event: BatchEvent.BatchEvent) => Effect.Effect<void>) | undefined
}

const sharesOf = ({ keepShares }: Pick<RunArgs, "keepShares">): ReadonlyArray<string> =>
  Option.getOrElse(keepShares ?? Option.none(), () => [])

const checked = (args: RunArgs): Effect.Effect<void, CliError> => {
  const wrong = [
    ...(Option.exists(args.concurrency, (n) => n < 1)
      ? [`--concurrency is ${Option.getOrThrow(args.concurrency)}; it must be at least 1.`]
      : []),
    ...(args.retryFailed && Option.isNone(args.ledger)
      ? ["--retry-failed needs --ledger: without one, nothing is known about earlier runs."]
      : []),
    ...(sharesOf(args).length > 0 && Option.isNone(args.ledger)
      ? ["--keep-shares needs --ledger: resuming and undoing need a record of what was taken out of a share."]
      : [])
  ]
  return wrong.length === 0 ? Effect.void : CliError.badInput(wrong.join("\n"))
}

const runnerOptions = (args: RunArgs, stop: Effect.Effect<void>) => ({
  concurrency: Option.getOrUndefined(args.concurrency),
  settleAfter: Option.match(args.settleAfter, {
    onNone: () => BatchRunner.defaults.settleAfter,
    onSome: Duration.seconds
  }),
  giveUpAfter: Option.getOrUndefined(Option.map(args.giveUpAfter, Duration.seconds)),
  lookFirst: args.lookFirst,
  stop
})

const takeInto = (ledger: Ledger.Service, args: RunArgs, format: VersionPlan.Format) =>
  reading(args.file, args.json, (bytes) =>
    ledger
      .takePlan(bytes, { format, anyOrder: args.anyOrder, ...(args.file === "-" ? {} : { plan: args.file }) })
      .pipe(Effect.catchTag("LedgerError", (error) => Effect.fail(LedgerFile.toCliError(error))))
  )

const memoryPlan = (args: RunArgs, format: VersionPlan.Format) =>
  reading(args.file, args.json, (bytes) => VersionPlan.fromBytes(bytes, { format, anyOrder: args.anyOrder }))

/** Chains that make a stack, whose newest file is shown in the place of the oldest. */
const isNew = (chain: VersionPlan.Chain): boolean =>
  chain.expected?.kind !== "stack" && chain.resumed?.stack === undefined

/** The swaps in each share to keep up to date, if the old file is in it. */
const swapped = <E, R>(chains: Stream.Stream<VersionPlan.Chain, E, R>, args: RunArgs) =>
  Effect.gen(function* () {
    const shares = sharesOf(args)
    if (shares.length === 0) return []
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    const made = [...(yield* Stream.runCollect(Stream.filter(chains, isNew)))]
    return [
      `In ${shares.length === 1 ? `the share ${shares[0]}` : `each of the shares ${shares.join(", ")}`}, where the old file is in it:`,
      ...ChainText.listed(
        made.map(({ links, target }) => ({ target, links: links.slice(-1) })),
        { total: made.length, word: "for" }
      ),
      V4Job.sharesEstimate(made.length, shares.length)
    ]
  })

/** By the limits of the chosen API, or of the one that the job was begun on; nobody is asked. */
const estimateOf = <E, R>(
  chains: Stream.Stream<VersionPlan.Chain, E, R>,
  { lookFirst }: Pick<RunArgs, "lookFirst">,
  grow: RateLimitRule | undefined,
  begun: string | undefined
) =>
  Effect.gen(function* () {
    const api = (yield* Connection.told) ?? begun
    if (api !== "v4") return yield* JobEstimate.overV2(chains, { ...JobEstimate.unseen, grow }, { lookFirst })
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    return yield* V4Job.estimate(chains, { checked: begun === undefined })
  })

const dryRun = (
  args: RunArgs,
  format: VersionPlan.Format
): Effect.Effect<void, CliError, Stdio | FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const fs = yield* FileSystem.FileSystem
    const file = Option.getOrUndefined(args.ledger)
    const say = (
      would: { readonly versions: number; readonly stacks: number; readonly known?: JobRecord.Counts | undefined },
      rest: ReadonlyArray<string>
    ): Effect.Effect<void> =>
      args.json || !stdio.outIsTerminal
        ? stdio.out(
            `${JSON.stringify({ _tag: "DryRun", versions: would.versions, stacks: would.stacks, counts: would.known ?? null })}\n`
          )
        : stdio.out([`Would send ${extent(would.versions, would.stacks)}. Nothing was sent.`, ...rest, ""].join("\n"))
    if (file === undefined || !(yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
      const plan = yield* memoryPlan(args, format)
      return yield* say({ versions: plan.jobs, stacks: plan.chains.length }, [
        ...ChainText.listed(plan.chains, { total: plan.chains.length, word: "on" }),
        yield* estimateOf(Stream.fromIterable(plan.chains), args, undefined, undefined),
        ...(yield* swapped(Stream.fromIterable(plan.chains), args))
      ])
    }
    const ledger = yield* LedgerFile.open(file, "read")
    const job = yield* takeInto(ledger, args, format)
    const { counts, left, samples } = yield* Effect.all({
      counts: ledger.counts,
      left: ledger.extent,
      samples: ledger.samples
    }).pipe(Effect.mapError(LedgerFile.toCliError))
    yield* say({ versions: left.links, stacks: left.chains, known: counts }, [
      `${counts.confirmed} of ${counts.total} are in place already, ${counts.sent} have no answer and would be looked up first, ` +
        `${counts.failed} have failed and ${counts.skipped} wait for them (see --retry-failed).`,
      yield* Effect.mapError(estimateOf(ledger.chains, args, lastRule(samples), job.api), (error) =>
        error._tag === "LedgerError" ? LedgerFile.toCliError(error) : error
      ),
      ...(yield* Effect.mapError(swapped(ledger.chains, args), LedgerFile.toCliError))
    ])
  })

/** Names the shares to keep; fails if one does not exist, or the API has none. */
const beforeShares = (chains: Stream.Stream<VersionPlan.Chain, LedgerError>, shareIds: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (shareIds.length === 0) return
    const stdio = yield* Stdio
    const { shares } = yield* Repository
    if (shares === undefined) {
      return yield* CliError.badInput("--keep-shares: only V4 has calls for shares. Nothing was sent.")
    }
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    const names = yield* Effect.forEach(shareIds, (shareId) =>
      Effect.map(shares.name(shareId), (name) => (name === "" ? shareId : `${JSON.stringify(name)} (${shareId})`))
    )
    const stacks = yield* Stream.runCount(Stream.filter(chains, isNew))
    yield* stdio.tell(`Shares: ${names.join(", ")}. ${V4Job.sharesEstimate(stacks, shareIds.length)}\n`)
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "LedgerError"
        ? LedgerFile.toCliError(error)
        : error._tag === "CliError"
          ? error
          : Failure.toCliError(error, { badInput: ["FrameioNotFound"] })
    )
  )

/** Over V4: how long it takes, in hours if it takes hours, and whether all ids of the plan exist. */
const beforeOverV4 = (chains: Stream.Stream<VersionPlan.Chain, LedgerError>, isBegun: boolean) =>
  Effect.gen(function* () {
    if ((yield* Connection.Api) !== "v4") return
    const stdio = yield* Stdio
    const V4Job = yield* Effect.promise(() => import("./V4Job.js"))
    yield* stdio.tell(`${yield* V4Job.estimate(chains, { checked: !isBegun })}\n`)
    if (isBegun) return
    yield* orInterrupted("Interrupted before anything was sent.")(V4Job.checkIds(chains))
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "LedgerError" ? LedgerFile.toCliError(error) : Failure.toCliError(error)
    )
  )

const runWithoutLedger = (args: RunArgs, format: VersionPlan.Format) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const plan = yield* memoryPlan(args, format)
    yield* stdio.tell(`${extent(plan.jobs, plan.chains.length)}.\n`)
    return yield* Effect.zipRight(
      beforeOverV4(Stream.fromIterable(plan.chains), false),
      JobView.show((stop) => BatchRunner.run(plan, runnerOptions(args, stop)), {
        ...args,
        goOn: "To continue, run the same command with --look-first: it reads each stack and sends nothing that is in place. With --ledger a job remembers by itself."
      })
    ).pipe(Effect.provide(Connection.layer))
  })

const runWithLedger = (args: RunArgs, file: string, format: VersionPlan.Format) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const fs = yield* FileSystem.FileSystem
    const isNew = !(yield* Effect.orElseSucceed(fs.exists(file), () => true))
    let isRefused = false
    // Runs after the ledger is closed: a refused plan leaves no ledger.
    yield* Effect.addFinalizer(() => (isRefused ? Effect.ignore(fs.remove(file)) : Effect.void))
    const ledger = yield* LedgerFile.open(file, "create")
    isRefused = isNew
    const job = yield* takeInto(ledger, args, format)
    isRefused = false
    const before = yield* Effect.mapError(ledger.counts, LedgerFile.toCliError)
    const begun = before.total > before.planned
    yield* stdio.tell(
      `${extent(job.links, job.chains)}.${
        begun
          ? ` Resuming: ${before.confirmed} in place, ${before.sent} to look up, ${before.planned} to send` +
            (
              before.failed > 0
                ? `, ${before.failed} failed and ${before.skipped} behind them${args.retryFailed ? ", tried again" : " (--retry-failed tries them again)"}`
                : ""
            )
          : ""
      }\n${ledger.isPartial ? `${LedgerFile.PARTIAL} Each version is looked up before it is sent.\n` : ""}`
    )
    const keepShares = sharesOf(args)
    const kept = keepShares.length === 0 ? "" : ` --keep-shares ${keepShares.join(",")}`
    const view = JobView.show(
      (stop) => BatchJob.run({ ...runnerOptions(args, stop), retryFailed: args.retryFailed, keepShares }),
      {
        ...args,
        goOn:
          args.goOn ?? `To continue: frameio batch run ${Text.quoted(args.file)} --ledger ${Text.quoted(file)}${kept}`
      }
    )
    return yield* beforeOverV4(ledger.chains, job.api !== undefined).pipe(
      Effect.zipRight(beforeShares(ledger.chains, keepShares)),
      Effect.zipRight(view),
      Effect.provideService(Ledger.Ledger, ledger),
      Effect.catchTag("LedgerError", (error) => Effect.fail(LedgerFile.toCliError(error))),
      Effect.provide(Connection.layerOf(job.api))
    )
  })

/**
 * Checks a file of versions as a whole, then runs it.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.batchRun")(function* (args: RunArgs) {
  yield* checked(args)
  const format = args.format === "auto" ? formatOf(args.file) : args.format
  if (args.dryRun) return yield* dryRun(args, format)
  const ended = yield* Option.match(args.ledger, {
    onNone: () => runWithoutLedger(args, format),
    onSome: (file) => runWithLedger(args, file, format)
  })
  yield* JobView.leave(ended)
}, Effect.scoped)
