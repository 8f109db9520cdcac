/**
 * `frameio fake`: a Frame.io on this machine, with something to do in it.
 *
 * @since 0.1.0
 */
import { getHeapStatistics } from "node:v8"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CliError } from "./CliError.js"
import type * as FaultFlag from "./FaultFlag.js"
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
  /** Versions of each shot, loose at first; 2 or more, because one alone needs no stack. */
  readonly versions: number
  /** Version calls per second, or over V4 new stacks and moves; 1 or more. Default 20, and over V4 the printed limits. */
  readonly limit?: number | undefined
  /** From a request to its answer, in ms. */
  readonly latency: number
  /** 0 for any that is free. */
  readonly port: number
  /** The address or name to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined
  /** How long reads of V4 may show the state before a change, in ms; not at all by default. */
  readonly staleMillis?: number | undefined
  /** The faults; none by default. */
  readonly faults?: ReadonlyArray<FaultFlag.FaultFlag> | undefined
}

/**
 * A running fake, and the jobs seeded in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Started {
  readonly server: FakeFrameioServer.Service
  readonly pairs: ReadonlyArray<Seed.Pair>
  /** A folder as real deliveries look, to plan. */
  readonly deliveryId: string
}

/** The bytes that one file takes in a fake and its plan: measured, and rounded up. */
const BYTES_PER_FILE = 1200

/** With a larger share of its heap, Node collects more than it works. */
const HEAP_SHARE = 0.7

const GIB = 1024 ** 3

const tooLarge = ({ shots, versions }: Setup): ReadonlyArray<string> => {
  const files = shots * versions
  const wanted = files * BYTES_PER_FILE
  const heap = getHeapStatistics().heap_size_limit
  if (!(wanted > heap * HEAP_SHARE)) return []
  const fits = Math.floor((heap * HEAP_SHARE) / BYTES_PER_FILE)
  return [
    `--shots ${shots} with --versions ${versions} makes ${files.toLocaleString("en-US")} files, which take about ${(wanted / GIB).toFixed(1)} GiB; this Node holds ${(heap / GIB).toFixed(1)} GiB, and ${fits.toLocaleString("en-US")} files fit. Make fewer, or give Node more: NODE_OPTIONS=--max-old-space-size=${Math.ceil(wanted / HEAP_SHARE / 1024 ** 2)}`
  ]
}

const isCall = (name: string): name is FaultPlan.EndpointName =>
  name === "storage.part" || FrameioApi.endpoints.has(name) || V4Api.endpoints.has(name)

/** All faults as one plan; if two apply to a request, the first one does. */
const planOf = ({ faults = [], latency }: Setup): FaultPlan.FaultPlan =>
  FaultPlan.combine(
    ...faults.map(({ endpoint, fate, share }, seed) =>
      FaultPlan.sometimes(
        { share, seed, endpoints: endpoint === undefined ? undefined : [endpoint].filter(isCall) },
        fate
      )
    ),
    ...(latency === 0 ? [] : [FaultPlan.latency({ millis: latency })])
  )

const check = (setup: Setup): Effect.Effect<void, CliError> => {
  const wrong = [
    ...(setup.shots < 1 ? [`--shots is ${setup.shots}; it must be at least 1.`] : []),
    ...(setup.versions < 2
      ? [`--versions is ${setup.versions}; it must be at least 2, because one version alone is no stack.`]
      : []),
    ...(setup.limit !== undefined && setup.limit < 1
      ? [`--limit is ${setup.limit}; it must be at least 1 call per second.`]
      : []),
    ...(setup.latency < 0 ? [`--latency is ${setup.latency}; it must not be negative.`] : []),
    ...(setup.port < 0 || setup.port > 65_535 ? [`--port is ${setup.port}; it must be 0 to 65535.`] : []),
    ...(setup.host === "" ? ["--host is empty; it must be an address or a name, such as 127.0.0.1."] : []),
    ...(setup.faults ?? []).flatMap(({ endpoint }) =>
      endpoint === undefined || isCall(endpoint)
        ? []
        : [
            `--fault names ${JSON.stringify(endpoint)}, which is not a call; calls are assets.version, assets.get, storage.part.`
          ]
    ),
    ...tooLarge(setup)
  ]
  return wrong.length === 0 ? Effect.void : CliError.badInput(wrong.join("\n"))
}

const LIMIT = 20

const limitsOf = (limit: number | undefined): RateLimiter.Limits => {
  const told = limit === undefined ? undefined : RateLimiter.perSecond(limit)
  return {
    "assets.version": told ?? RateLimiter.perSecond(LIMIT),
    ...(told === undefined ? {} : { "versionStacks.create": told, "files.move": told })
  }
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
      limits: limitsOf(setup.limit),
      faults: planOf(setup),
      v4: { readAfterWriteMillis: setup.staleMillis },
      world: (world) => {
        pairs = Seed.pairs(Seed.shots(world, { shots: setup.shots, versions: setup.versions }))
        deliveryId = Seed.delivery(world).folderId
      }
    }).pipe(
      // The command reports it in its own form.
      Logger.withMinimumLogLevel(LogLevel.Error),
      Effect.mapError((error) =>
        CliError.badInput(
          `Port ${setup.port} of ${setup.host ?? FakeFrameioServer.defaultHost} cannot be used (${String(error.cause)}). Choose another with --port, or 0 for any free one; --host must be this machine's.`
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

type Api = "v2" | "v4"

/** By default the commands use a fake as v2. */
const environment = (api: Api, { baseUrl }: FakeFrameioServer.Service): ReadonlyArray<readonly [string, string]> => [
  ["FRAMEIO_BASE_URL", baseUrl],
  ["FRAMEIO_TOKEN", FakeFrameio.token],
  ...(api === "v4" ? ([["FRAMEIO_API", "v4"]] as const) : [])
]

/** At V4, a developer token needs a header, and a path its account. */
const curl = (method: "GET" | "POST", url: string, body?: unknown): string =>
  [
    "curl",
    `-H "Authorization: Bearer ${FakeFrameio.token}" -H "x-frameio-legacy-token-auth: true"`,
    ...(body === undefined ? [] : [`-H "Content-Type: application/json" -X ${method} -d '${JSON.stringify(body)}'`]),
    url
  ].join(" ")

const powerShell = (method: "GET" | "POST", url: string, body?: unknown): string =>
  [
    `Invoke-RestMethod -Method ${method} -Uri "${url}" -UserAgent "trying/1.0"`,
    `-Headers @{ "Authorization" = "Bearer ${FakeFrameio.token}"; "x-frameio-legacy-token-auth" = "true" }`,
    ...(body === undefined ? [] : [`-ContentType "application/json" -Body '${JSON.stringify(body)}'`])
  ].join(" ")

/** Facts about V4: where to begin, and calls to paste. */
const aboutV4 = ({ deliveryId, pairs, server }: Started): string => {
  const [project] = server.world.projects
  const [pair] = pairs
  if (project === undefined || pair === undefined) return ""
  const { accountId, rootId } = project
  const account = `${server.baseUrl}/v4/accounts/${accountId}`
  const list = `${account}/folders/${rootId}/children`
  const folderId = server.world.get(pair.assetId)?.parentId ?? rootId
  const stack = `${account}/folders/${folderId}/version_stacks`
  const body = { data: { file_ids: [pair.assetId, pair.nextAssetId] } }
  return [
    "",
    `account      ${accountId}`,
    `workspace    ${project.teamId}`,
    `project      ${project.id}`,
    `root folder  ${rootId}`,
    `delivery     ${deliveryId}, a folder as real deliveries look`,
    "",
    "To list the root folder, with curl and with PowerShell:",
    curl("GET", list),
    powerShell("GET", list),
    "",
    "To make a version stack of two files, the oldest first:",
    curl("POST", stack, body),
    powerShell("POST", stack, body),
    "",
    `Adobe's login: POST ${server.baseUrl}/ims/token/v3, for any client id and secret.`,
    `Webhooks are delivered to this machine only.`,
    ""
  ].join("\n")
}

const aboutV2 = ({ deliveryId, pairs, server }: Started, file: Option.Option<string>): string => {
  const [first] = pairs
  const [project] = server.world.projects
  const single =
    first === undefined
      ? ""
      : `frameio version ${first.assetId} ${first.nextAssetId}\nframeio upload <any file>.mov --onto ${first.assetId}\n`
  const batch = Option.match(file, {
    onNone: () => `\nWith --pairs pairs.csv it also writes all ${pairs.length} pairs, for a batch.\n`,
    onSome: (path) => `frameio batch run ${path}\n`
  })
  const list = `${server.baseUrl}/v4/accounts/${project?.accountId}/folders/${project?.rootId}/children`
  const reached =
    project === undefined
      ? ""
      : `\nV4 is at the same base URL: account ${project.accountId}, root folder ${project.rootId}.\n` +
        `${curl("GET", list)}\n${powerShell("GET", list)}\n`
  return (
    `\n${single}${batch}` +
    `\nA folder as real deliveries look, to plan by the names of its files:\nframeio plan ${deliveryId} --rule vfx --out plan.csv\nframeio batch run plan.csv --ledger job.db\n` +
    reached
  )
}

const limitText = (api: Api, limit: number | undefined): string => {
  if (api === "v2") return `It allows ${limit ?? LIMIT} version calls per second.`
  return limit === undefined
    ? "It speaks V4 with the limits that Frame.io prints: 10 new stacks and 100 moves a minute."
    : `It speaks V4 and allows ${limit} new stacks and ${limit} moves per second.`
}

/**
 * Serves until Ctrl-C. The exports go to standard output, everything else to standard error.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.fake")(function* (
  args: Omit<Setup, "limit" | "staleMillis"> & {
    readonly host: string
    readonly limit: Option.Option<number>
    readonly stale: Option.Option<number>
    readonly api: Api
    readonly pairs: Option.Option<string>
    readonly force: boolean
  }
) {
  const stdio = yield* Stdio
  const { problems, targets } = yield* OutputFile.check(Option.toArray(args.pairs), { force: args.force })
  if (problems.length > 0) return yield* CliError.badInput(problems.join("\n"))
  const limit = Option.getOrUndefined(args.limit)
  const staleMillis = Option.getOrUndefined(Option.map(args.stale, (seconds) => seconds * 1000))
  const started = yield* start({ ...args, limit, staleMillis })
  const { pairs, server } = started
  yield* OutputFile.write(targets.map((target) => ({ target, text: Stream.make(toCsv(pairs)) })))
  const warning = FakeFrameioServer.warning(args.host)
  if (warning !== undefined) yield* stdio.err(`Warning: ${warning}\n\n`)
  yield* stdio.err(
    `A Frame.io on this machine, with ${args.shots} shots of ${args.versions} versions each, nothing stacked yet.\n` +
      `${limitText(args.api, limit)} In another terminal:\n\n`
  )
  const variables = [...environment(args.api, server), ["FOLDER", started.deliveryId] as const]
  yield* stdio.out(variables.map(([name, value]) => `export ${name}=${value}\n`).join(""))
  const powerShell = variables.map(([name, value]) => `$env:${name} = "${value}"\n`).join("")
  yield* stdio.err(`\nIn PowerShell:\n${powerShell}`)
  yield* stdio.err(args.api === "v4" ? aboutV4(started) : aboutV2(started, args.pairs))
  yield* stdio.err(
    `\nIn a browser:\nits content and its limits: ${server.baseUrl}/\nits calls, to read and to try: ${server.docsUrl}\nCtrl-C ends it, and its content is gone.\n`
  )
  yield* stdio.interrupted(1)
  const counted = args.api === "v4" ? (["versionStacks.create", "files.move"] as const) : (["assets.version"] as const)
  const counts = yield* Effect.forEach(counted, (endpoint) => server.counts(endpoint))
  const requests = counts.reduce((sum, one) => sum + one.requests, 0)
  const refused = counts.reduce((sum, one) => sum + one.refused, 0)
  const calls = args.api === "v4" ? "new stacks and moves" : "version calls"
  yield* stdio.err(`\nIt saw ${requests} ${calls}, and answered ${refused} of them with 429.\n`)
}, Effect.scoped)
