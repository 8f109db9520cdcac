/**
 * How long stacking takes at V4's printed limits, on a clock that jumps: the fake's V4 face, 50 ms there and back,
 * beside the shortest time that the limits allow.
 *
 * @since 0.1.0
 */
import * as AdobeIms from "@effect-frameio/core/AdobeIms"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as V4Client from "@effect-frameio/core/V4Client"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import type * as StackBuild from "@effect-frameio/stacks/StackBuild"
import * as StackSteps from "@effect-frameio/stacks/StackSteps"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as VirtualClock from "@effect-frameio/testing/VirtualClock"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Table from "./Table.js"
import * as Ways from "./V4Ways.js"

/**
 * One row of the table.
 *
 * @since 0.1.0
 * @category models
 */
export interface Measured {
  readonly scenario: string
  readonly client: string
  readonly seconds: number
  /** The shortest time that the limits allow, in s. */
  readonly shortest: number
  /** Own requests that change something, and how many of them were refused. */
  readonly sent: number
  readonly refused: number
  readonly inPlace: string
}

const ROUND_TRIP_MILLIS = 50

const JITTER_MILLIS = 20

/** The fake answers for any host. */
const IMS = "https://ims.example.invalid"

interface Scenario {
  readonly name: string
  readonly sizes: ReadonlyArray<number>
  readonly fake?: FakeFrameio.Options | undefined
  /** The fraction of the limit that a stranger takes. Default 0. */
  readonly taken?: number | undefined
  /** A client beside it, which stacks as many pairs of its own. */
  readonly beside?: Ways.Way | undefined
  /** A service of Adobe's identity management instead of a developer token. */
  readonly service?: boolean | undefined
  /** How often to measure, each time with other round trips, plus or minus {@link JITTER_MILLIS}. Default once. */
  readonly seeds?: number | undefined
}

const routes = { stack: "versionStacks.create", grow: "files.move", move: "files.move" }

/** The limit's formula, and the round trips of one create. */
const shortestOf = (sizes: ReadonlyArray<number>, taken: number): number => {
  const counts = new Map<string, number>()
  for (const size of sizes) {
    counts.set(routes.stack, (counts.get(routes.stack) ?? 0) + 1)
    counts.set(routes.grow, (counts.get(routes.grow) ?? 0) + Math.max(0, size - 10))
  }
  const millis = StackSteps.shortestMillis(counts, (route) => V4Api.endpoints.get(route)?.printed)
  return (millis / (1 - taken) + ROUND_TRIP_MILLIS) / 1_000
}

const developer = V4Client.layer({ token: Redacted.make(FakeFrameio.token) })

const service = V4Client.layerWithScheduler({ developerToken: false }).pipe(
  Layer.provide(FrameioConfig.layerCredentials()),
  Layer.provide(RateLimitScheduler.layerMemory({ hint: V4Client.hint })),
  Layer.provide(
    AdobeIms.layerServerToServer({ clientId: "studio", clientSecret: Redacted.make("made-up"), baseUrl: IMS })
  )
)

/** A folder with chains in it, to be stacked. */
interface Filled {
  readonly chains: ReadonlyArray<StackBuild.Chain>
  readonly folderId: AssetId
}

const filled = (sizes: ReadonlyArray<number>): Effect.Effect<Filled, never, FakeFrameio.FakeFrameio> =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folderId = yield* fake.addFolder({ name: "shots" })
    const chains = yield* Effect.forEach(sizes, (size, shot) =>
      Effect.map(
        Effect.forEach(Array.from({ length: size }), (_, take) =>
          fake.addFile({ name: `shot_${shot}_v${take + 1}.mov`, parentId: folderId })
        ),
        ([onto, ...files]): StackBuild.Chain => ({ onto: onto ?? folderId, files })
      )
    )
    return { chains, folderId }
  })

/** Measures once, with the round trips of a seed; without one they are all alike. */
const measureOnce = (
  scenario: Scenario,
  client: string,
  way: Ways.Way,
  seed: number | undefined
): Effect.Effect<ReadonlyArray<Measured>> => {
  const latency = FaultPlan.latency({
    millis: ROUND_TRIP_MILLIS,
    ...(seed === undefined ? {} : { seed, jitterMillis: JITTER_MILLIS })
  })
  const layer = RepositoryV4.layer.pipe(
    Layer.provide(scenario.service === true ? service : developer),
    Layer.orDie,
    Layer.provideMerge(
      FakeFrameio.layer({
        ...scenario.fake,
        faults: FaultPlan.combine(latency, scenario.fake?.faults ?? FaultPlan.none)
      })
    )
  )
  const program = Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const run = ({ chains, folderId }: Filled, client: string, way: Ways.Way) =>
      Effect.gen(function* () {
        const start = yield* Clock.currentTimeMillis
        yield* way(chains, folderId)
        const seconds = ((yield* Clock.currentTimeMillis) - start) / 1_000
        const right = chains.filter(({ files, onto }) => {
          const versions = fake.world.stackOf(onto)?.versions ?? []
          return versions.length === files.length + 1 && [onto, ...files].every((id, index) => versions[index] === id)
        })
        return { client, folderId, seconds, right: right.length }
      })
    const { beside } = scenario
    const others = beside === undefined ? [] : [run(yield* filled(scenario.sizes), "the SDK beside it", beside)]
    const ends = yield* Effect.all([run(yield* filled(scenario.sizes), client, way), ...others], {
      concurrency: "unbounded"
    })
    const changes = (yield* fake.requests).filter(({ method }) => method !== "GET")
    const foreign = ends.slice(1).reduce((sum, { right }) => sum + right, 0)
    const logins = yield* fake.counts("ims.token")
    return ends.map(({ client, folderId, right, seconds }): Measured => {
      // A move names no folder, but beside another client there are none.
      const own = beside === undefined ? changes : changes.filter(({ url }) => url.includes(folderId))
      return {
        scenario: scenario.name,
        client: scenario.service === true ? `${client}; ${logins.requests - 1} refresh` : client,
        seconds,
        shortest: shortestOf([...scenario.sizes, ...Array.from({ length: foreign }, () => 2)], scenario.taken ?? 0),
        sent: own.length,
        refused: own.filter(({ status }) => status === 429).length,
        inPlace: `${right} of ${scenario.sizes.length}`
      }
    })
  })
  return VirtualClock.run(Effect.provide(program, layer))
}

/** The mean of several measurements of one client. */
const meanOf = (all: ReadonlyArray<Measured>, one: Measured): Measured => {
  const mean = (of: (one: Measured) => number) => all.reduce((sum, each) => sum + of(each), 0) / all.length
  return {
    ...one,
    scenario: `${one.scenario} (mean of ${all.length})`,
    seconds: mean(({ seconds }) => seconds),
    shortest: mean(({ shortest }) => shortest),
    sent: mean(({ sent }) => sent),
    refused: mean(({ refused }) => refused),
    inPlace: [...new Set(all.map(({ inPlace }) => inPlace))].join(", ")
  }
}

const measure = (scenario: Scenario, client: string, way: Ways.Way): Effect.Effect<ReadonlyArray<Measured>> => {
  const { seeds } = scenario
  if (seeds === undefined) return measureOnce(scenario, client, way, undefined)
  const runs = Effect.forEach(Array.from({ length: seeds }), (_, index) =>
    measureOnce(scenario, client, way, index + 1)
  )
  return Effect.map(runs, (all) =>
    (all[0] ?? []).map((one, at) =>
      meanOf(
        all.flatMap((run) => run[at] ?? []),
        one
      )
    )
  )
}

const pairs = Array.from({ length: 60 }, () => 2)

/** 200 chains of 2 to 30 files, the same each time. */
const many = Array.from({ length: 200 }, (_, index) => 2 + ((index * 17) % 29))

/** A third of what the limit allows. */
const stranger = RateLimiter.steady({ endpoint: "versionStacks.create", perSecond: 1 / 18 })

const V1 = { name: "V1: 60 pairs in one folder", sizes: pairs }

const peers: ReadonlyArray<readonly [string, Ways.Way]> = [
  ["ours", Ways.ours],
  ["bare `fetch`, sleep 60 after ten", Ways.sleeping],
  ["two blind retries", Ways.retrying],
  ["Effect 4 `HttpClient.withRateLimiter`", Ways.effect4]
]

/** When the item of this number is sent, in ms: the first ten go at once. */
const sentAt = (item: number): number => (item - 10) * 6_000

/** An access token ends before the time it announced. */
const dying = FaultPlan.happening({ _tag: "TokenExpires", atMillis: sentAt(500), token: "ims-access-1" })

const scenarios: ReadonlyArray<Effect.Effect<ReadonlyArray<Measured>>> = [
  ...peers.map(([client, way]) => measure(V1, client, way)),
  ...(["newest-first", "oldest-first"] as const).flatMap((childrenOrder) =>
    (["keep-stack", "dissolve"] as const).map((lastVersion) =>
      measure(
        {
          name: `V2: 200 chains of 2 to 30 (${childrenOrder}, ${lastVersion})`,
          sizes: many,
          fake: { v4: { childrenOrder }, unknowns: { lastVersion } }
        },
        "ours",
        Ways.ours
      )
    )
  ),
  ...([undefined, 2] as const).map((retryAfter) =>
    measure(
      {
        name: `V3: V1 beside a stranger that takes a third${retryAfter === undefined ? "" : ", Retry-After: 2"}`,
        sizes: pairs,
        taken: 1 / 3,
        fake: { v4: { retryAfter }, foreign: [stranger] }
      },
      "ours",
      Ways.ours
    )
  ),
  measure(
    { name: "V4: V1 beside an SDK with 60 pairs of its own", sizes: pairs, beside: Ways.retrying, seeds: 20 },
    "ours",
    Ways.ours
  ),
  measure(
    {
      name: "V5: 1000 pairs, a service's token dies at 500",
      sizes: Array.from({ length: 1_000 }, () => 2),
      service: true,
      fake: { faults: dying }
    },
    "ours",
    Ways.ours
  )
]

/**
 * Measures all scenarios.
 *
 * @since 0.1.0
 * @category measuring
 */
export const measureAll: Effect.Effect<ReadonlyArray<Measured>> = Effect.map(Effect.all(scenarios), (all) => all.flat())

const rounded = (count: number): string => (Number.isInteger(count) ? String(count) : Table.fixed(count, 1))

/**
 * The table.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (rows: ReadonlyArray<Measured>): string =>
  Table.render(
    ["scenario", "client", "time", "shortest", "ratio", "429", "in place, in order"],
    rows.map((row) => [
      row.scenario,
      row.client,
      `${Table.fixed(row.seconds, 1)} s`,
      `${Table.fixed(row.shortest, 1)} s`,
      Table.fixed(row.seconds / row.shortest, 3),
      row.refused === 0 ? "none" : `${rounded(row.refused)} of ${rounded(row.sent)}`,
      row.inPlace
    ])
  )
