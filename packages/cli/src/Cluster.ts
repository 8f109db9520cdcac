/**
 * The cluster that a command uses.
 *
 * @since 0.1.0
 */
import type { ClusterError } from "@effect-frameio/cluster/ClusterError"
import * as JobStore from "@effect-frameio/cluster/JobStore"
import * as Worker from "@effect-frameio/cluster/Worker"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { CliError } from "./CliError.js"

const EXAMPLE = "postgres://user:password@host:5432/database"

/**
 * How a command ends when its cluster fails.
 *
 * @since 0.1.0
 * @category errors
 */
export const toCliError = (error: ClusterError): CliError =>
  error.reason === "Away" || error.reason === "Lost" ? CliError.failed(error.message) : CliError.badInput(error.message)

/**
 * The cluster's URL: the given one, or `FRAMEIO_CLUSTER`. Everybody on a machine can see arguments, so a password
 * belongs in the variable.
 *
 * @since 0.1.0
 * @category getters
 */
export const url = (given: Option.Option<string>): Effect.Effect<Redacted.Redacted, CliError> =>
  Effect.gen(function* () {
    const told = yield* Effect.orElseSucceed(Config.string("FRAMEIO_CLUSTER"), () => "")
    const text = Option.getOrElse(given, () => told).trim()
    if (text === "")
      return yield* CliError.badInput(`--cluster <url> is missing, and FRAMEIO_CLUSTER is not set: ${EXAMPLE}`)
    if (!URL.canParse(text) || !/^postgres(?:ql)?:$/.test(new URL(text).protocol)) {
      return yield* CliError.badInput(
        `${Option.isSome(given) ? "--cluster" : "FRAMEIO_CLUSTER"} is not an address of PostgreSQL: ${EXAMPLE}`
      )
    }
    return Redacted.make(text)
  })

/**
 * The store of jobs, until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (given: Option.Option<string>): Effect.Effect<JobStore.Service, CliError, Scope.Scope> =>
  Effect.flatMap(url(given), (url) =>
    Effect.mapBoth(Layer.build(Worker.layerStore({ url })), {
      onFailure: toCliError,
      onSuccess: Context.get(JobStore.JobStore)
    })
  )
