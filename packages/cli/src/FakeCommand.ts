/**
 * `frameio fake`: a Frame.io on this machine, with something to do in it.
 *
 * @since 0.1.0
 */
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CliError } from "./CliError.js"
import * as OutputFile from "./OutputFile.js"
import { Stdio } from "./Stdio.js"

/**
 * What to put into a fake, and how it behaves.
 *
 * @since 0.1.0
 * @category models
 */
export interface Setup {
  /** Shots, each of which will be one stack; 1 or more. */
  readonly shots: number
  /** Versions of each shot, loose at first; 2 or more, for one alone needs no stack. */
  readonly versions: number
  /** Version calls per second; 1 or more. */
  readonly limit: number
  /** From a request to its answer, in ms. */
  readonly latency: number
  /** 0 for any that is free. */
  readonly port: number
  /** The address or name to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined
}

/**
 * A running fake and what there is to do in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Started {
  readonly server: FakeFrameioServer.Service
  readonly pairs: ReadonlyArray<Seed.Pair>
  /** A folder as it is found in the field, to plan. */
  readonly deliveryId: string
}

const check = (setup: Setup): Effect.Effect<void, CliError> => {
  const wrong = [
    ...(setup.shots < 1 ? [`--shots is ${setup.shots}; it must be at least 1.`] : []),
    ...(setup.versions < 2
      ? [`--versions is ${setup.versions}; it must be at least 2, for one version alone is no stack.`]
      : []),
    ...(setup.limit < 1 ? [`--limit is ${setup.limit}; it must be at least 1 call per second.`] : []),
    ...(setup.latency < 0 ? [`--latency is ${setup.latency}; it must not be negative.`] : []),
    ...(setup.port < 0 || setup.port > 65_535 ? [`--port is ${setup.port}; it must be 0 to 65535.`] : []),
    ...(setup.host === "" ? ["--host is empty; it must be an address or a name, such as 127.0.0.1."] : [])
  ]
  return wrong.length === 0 ? Effect.void : CliError.badInput(wrong.join("\n"))
}

/**
 * Starts a fake on a port until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const start = (setup: Setup): Effect.Effect<Started, CliError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* check(setup)
    let pairs: ReadonlyArray<Seed.Pair> = []
    let deliveryId = ""
    const server = yield* FakeFrameioServer.make({
      port: setup.port,
      host: setup.host,
      limits: { "assets.version": { limit: setup.limit, windowMillis: 1000 } },
      faults: setup.latency === 0 ? FaultPlan.none : FaultPlan.latency({ millis: setup.latency }),
      world: (world) => {
        pairs = Seed.pairs(Seed.shots(world, { shots: setup.shots, versions: setup.versions }))
        deliveryId = Seed.delivery(world).folderId
      }
    }).pipe(
      // The command says it in its own form.
      Logger.withMinimumLogLevel(LogLevel.Error),
      Effect.mapError((error) =>
        CliError.badInput(
          `Port ${setup.port} of ${setup.host ?? FakeFrameioServer.defaultHost} cannot be used (${String(error.cause)}). Take another with --port, or 0 for any that is free; --host must be this machine's.`
        )
      )
    )
    return { server, pairs, deliveryId }
  })

/**
 * Pairs as a file for `frameio batch run`.
 *
 * @since 0.1.0
 * @category printing
 */
export const toCsv = (pairs: ReadonlyArray<Seed.Pair>): string =>
  ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`), ""].join("\n")

/** A developer token needs a header at V4, and an account in each path. */
const v4 = ({ baseUrl, world }: FakeFrameioServer.Service): string => {
  const [project] = world.projects
  if (project === undefined) return ""
  const { accountId, rootId } = project
  return (
    `\nV4 is at the same base URL: account ${accountId}, root folder ${rootId}.\n` +
    `curl -H "Authorization: Bearer ${FakeFrameio.token}" -H "x-frameio-legacy-token-auth: true" ` +
    `${baseUrl}/v4/accounts/${accountId}/folders/${rootId}/children\n`
  )
}

/**
 * Serves until Ctrl-C. The two exports go to standard output, the rest to standard error.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.fake")(function* (
  args: Setup & { readonly host: string; readonly pairs: Option.Option<string>; readonly force: boolean }
) {
  const stdio = yield* Stdio
  const { problems, targets } = yield* OutputFile.check(Option.toArray(args.pairs), { force: args.force })
  if (problems.length > 0) return yield* CliError.badInput(problems.join("\n"))
  const { deliveryId, pairs, server } = yield* start(args)
  yield* OutputFile.write(targets.map((target) => ({ target, text: Stream.make(toCsv(pairs)) })))
  const warning = FakeFrameioServer.warning(args.host)
  if (warning !== undefined) yield* stdio.err(`Warning: ${warning}\n\n`)
  yield* stdio.err(
    `A Frame.io on this machine, with ${args.shots} shots of ${args.versions} versions each, nothing stacked yet.\n` +
      `It allows ${args.limit} version calls per second. In another terminal:\n\n`
  )
  yield* stdio.out(`export FRAMEIO_BASE_URL=${server.baseUrl}\nexport FRAMEIO_TOKEN=${FakeFrameio.token}\n`)
  const [first] = pairs
  const single =
    first === undefined
      ? ""
      : `frameio version ${first.assetId} ${first.nextAssetId}\nframeio upload <any file>.mov --onto ${first.assetId}\n`
  yield* stdio.err(
    Option.match(args.pairs, {
      onNone: () => `\n${single}\nWith --pairs pairs.csv it also writes all ${pairs.length} pairs, for a batch.\n`,
      onSome: (file) => `\n${single}frameio batch run ${file}\n`
    })
  )
  yield* stdio.err(
    `\nA folder as it is found in the field, to plan by the names of its files:\nframeio plan ${deliveryId} --rule vfx\n`
  )
  yield* stdio.err(v4(server))
  yield* stdio.err(
    `\nIts calls, to read and to try in a browser: ${server.docsUrl}\nCtrl-C ends it, and all that is in it.\n`
  )
  yield* stdio.interrupted(1)
  const counts = yield* server.counts("assets.version")
  yield* stdio.err(`\nIt saw ${counts.requests} version calls, and answered ${counts.refused} of them with 429.\n`)
}, Effect.scoped)
