/**
 * A job to look at, in a ledger or on a cluster.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import type * as Ledger from "@effect-frameio/batch/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CliError } from "./CliError.js"
import * as LedgerFile from "./LedgerFile.js"

/**
 * The named job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Named {
  /** The ledger's file. */
  readonly ledger: Option.Option<string>
  /** Its name on a cluster. */
  readonly job: Option.Option<string>
  /** The cluster's URL, unless the environment has it. */
  readonly cluster: Option.Option<string>
}

/**
 * The job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job extends Pick<Ledger.Job, "name" | "plan" | "createdAtMillis" | "links" | "chains"> {
  /** The API that it was begun on; absent before that, and on a cluster. */
  readonly api?: string | undefined
  /** Why workers have stopped it, if they have. */
  readonly reason?: string | undefined
}

/**
 * What is known about the job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  /** The ledger's file, or its place on the cluster. */
  readonly place: string
  readonly job: Effect.Effect<Job, CliError>
  readonly counts: Effect.Effect<JobRecord.Counts, CliError>
  readonly left: Effect.Effect<Ledger.Extent, CliError>
  readonly rows: Stream.Stream<JobRecord.Row, CliError>
  readonly runs: Effect.Effect<ReadonlyArray<JobRecord.Run>, CliError>
  readonly samples: Effect.Effect<ReadonlyArray<JobRecord.Sample>, CliError>
  readonly head: Effect.Effect<JobRecord.Head, CliError>
  readonly inUse: Effect.Effect<boolean, CliError>
  /** Whether it is a copy from the middle of a run. */
  readonly isPartial: boolean
}

/**
 * Which of the two places is meant; none or both is bad input.
 *
 * @since 0.1.0
 * @category getters
 */
export const placeOf = (
  named: Named
): Effect.Effect<
  { readonly _tag: "Ledger"; readonly file: string } | { readonly _tag: "Cluster"; readonly job: string },
  CliError
> => {
  const { cluster, job, ledger } = named
  if (Option.isSome(ledger) && (Option.isSome(job) || Option.isSome(cluster))) {
    return CliError.badInput("--ledger names a job on this machine, --job one on a cluster. Keep one of them.")
  }
  if (Option.isSome(ledger)) return Effect.succeed({ _tag: "Ledger", file: ledger.value })
  return Option.isSome(job)
    ? Effect.succeed({ _tag: "Cluster", job: job.value })
    : CliError.badInput(
        Option.isSome(cluster)
          ? "--job <name> is missing."
          : "--ledger <file> is missing; or --job <name>, on a cluster."
      )
}

/**
 * Opens the job for reading, until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (named: Named): Effect.Effect<Source, CliError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.flatMap(placeOf(named), (place) =>
    Effect.gen(function* () {
      if (place._tag === "Ledger") {
        const ledger = yield* LedgerFile.open(place.file, "read")
        const or = Effect.mapError(LedgerFile.toCliError)
        return {
          place: place.file,
          job: or(ledger.job),
          counts: or(ledger.counts),
          left: or(ledger.extent),
          rows: Stream.mapError(ledger.rows, LedgerFile.toCliError),
          runs: or(ledger.runs),
          samples: or(ledger.samples),
          head: or(ledger.head),
          inUse: or(ledger.inUse),
          isPartial: ledger.isPartial
        }
      }
      // Loaded only for a cluster: a ledger needs none of it.
      const Cluster = yield* Effect.promise(() => import("./Cluster.js"))
      const store = yield* Cluster.open(named.cluster)
      const reading = store.reading(place.job)
      const or = Effect.mapError(Cluster.toCliError)
      return {
        place: `job ${place.job}`,
        job: or(reading.job),
        counts: or(reading.counts),
        left: or(reading.left),
        rows: Stream.mapError(reading.rows, Cluster.toCliError),
        runs: or(reading.runs),
        samples: or(reading.samples),
        head: or(reading.head),
        inUse: or(reading.inUse),
        isPartial: false
      }
    })
  )
