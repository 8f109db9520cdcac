/**
 * How long stacking takes at V4's printed limits, on a clock that jumps: the fake's V4 face, 50 ms there and back, and the
 * shortest time that the limits allow beside it.
 *
 * @since 0.1.0
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as V4Client from "@effect-frameio/core/V4Client"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as StackBuild from "@effect-frameio/stacks/StackBuild"
import * as StackSteps from "@effect-frameio/stacks/StackSteps"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as VirtualClock from "@effect-frameio/testing/VirtualClock"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Table from "./Table.js"

/**
 * What is stacked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Chain {
  readonly onto: AssetId
  readonly files: ReadonlyArray<AssetId>
}

/**
 * How a client stacks: answers how many chains are in place.
 *
 * @since 0.1.0
 * @category models
 */
export type Way = (chains: ReadonlyArray<Chain>, folderId: AssetId) => Effect.Effect<number, never, Services>

type Services = FakeFrameio.FakeFrameio | HttpClient.HttpClient | Repository.Repository

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
  /** Own requests that were refused. */
  readonly refused: number
  readonly inPlace: string
}

const ROUND_TRIP_MILLIS = 50

/** As a job does: the folder is listed, which tells where all files are. */
const ours: Way = (chains, folderId) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const parents = new Map<AssetId, AssetId | undefined>()
    yield* Stream.runForEach(repository.children(folderId), ({ id, parentId }) =>
      Effect.sync(() => parents.set(id, parentId))
    ).pipe(Effect.orDie)
    const outcomes = yield* StackBuild.buildAll(chains, { parentOf: (file) => parents.get(file) })
    return outcomes.filter(({ built }) => Either.isRight(built)).length
  })

/** A request as a script makes it; the status is all that it looks at. */
const post = (folderId: AssetId, files: ReadonlyArray<AssetId>): Effect.Effect<number, never, Services> =>
  Effect.gen(function* () {
    const { world } = yield* FakeFrameio.FakeFrameio
    const client = yield* HttpClient.HttpClient
    const answer = yield* client.execute(
      HttpClientRequest.post(
        `https://api.frame.io/v4/accounts/${world.accounts[0]}/folders/${folderId}/version_stacks`
      ).pipe(
        HttpClientRequest.setHeaders({
          authorization: `Bearer ${FakeFrameio.token}`,
          "x-frameio-legacy-token-auth": "true"
        }),
        HttpClientRequest.setBody(HttpBody.unsafeJson({ data: { file_ids: files } }))
      )
    )
    return answer.status
  }).pipe(Effect.orElseSucceed(() => 0))

const inPlace = (statuses: ReadonlyArray<number>): number => statuses.filter((status) => status === 201).length

/** What people's scripts do: ten calls, and a minute of sleep. */
const sleeping: Way = (chains, folderId) =>
  Effect.map(
    Effect.forEach(chains, ({ files, onto }, index) =>
      Effect.zipRight(
        index > 0 && index % 10 === 0 ? Effect.sleep("1 minute") : Effect.void,
        post(folderId, [onto, ...files])
      )
    ),
    inPlace
  )

/** What Frame.io's own SDKs do by default: two more tries, after half a second and after one. */
const retrying: Way = (chains, folderId) => {
  const call = ({ files, onto }: Chain) => post(folderId, [onto, ...files])
  const tried = (chain: Chain, tries: number): Effect.Effect<number, never, Services> =>
    Effect.flatMap(call(chain), (status) =>
      status !== 429 || tries === 2
        ? Effect.succeed(status)
        : Effect.zipRight(Effect.sleep(500 * 2 ** tries), tried(chain, tries + 1))
    )
  return Effect.map(
    Effect.forEach(chains, (chain) => tried(chain, 0)),
    inPlace
  )
}

interface Scenario {
  readonly name: string
  readonly sizes: ReadonlyArray<number>
  readonly fake?: Omit<FakeFrameio.Options, "faults"> | undefined
}

const routes = { stack: "versionStacks.create", grow: "files.move", move: "files.move" }

/** The facts' formula, and the round trips of one create. */
const shortestOf = (sizes: ReadonlyArray<number>, taken: number): number => {
  const counts = new Map<string, number>()
  for (const size of sizes) {
    counts.set(routes.stack, (counts.get(routes.stack) ?? 0) + 1)
    counts.set(routes.grow, (counts.get(routes.grow) ?? 0) + Math.max(0, size - 10))
  }
  const millis = StackSteps.shortestMillis(counts, (route) => V4Api.endpoints.get(route)?.printed)
  return (millis / (1 - taken) + ROUND_TRIP_MILLIS) / 1_000
}

const measure = (scenario: Scenario, client: string, way: Way, taken = 0): Effect.Effect<Measured> => {
  const layer = RepositoryV4.layer.pipe(
    Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
    Layer.orDie,
    Layer.provideMerge(
      FakeFrameio.layer({ ...scenario.fake, faults: FaultPlan.latency({ millis: ROUND_TRIP_MILLIS }) })
    )
  )
  const program = Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folderId = yield* fake.addFolder({ name: "shots" })
    const chains = yield* Effect.forEach(scenario.sizes, (size, shot) =>
      Effect.map(
        Effect.forEach(Array.from({ length: size }), (_, take) =>
          fake.addFile({ name: `shot_${shot}_v${take + 1}.mov`, parentId: folderId })
        ),
        ([onto, ...files]) => ({ onto: onto ?? folderId, files })
      )
    )
    const start = yield* Clock.currentTimeMillis
    yield* way(chains, folderId)
    const end = yield* Clock.currentTimeMillis
    const right = chains.filter(({ files, onto }) => {
      const versions = fake.world.stackOf(onto)?.versions ?? []
      return versions.length === files.length + 1 && [onto, ...files].every((id, index) => versions[index] === id)
    })
    const refused = (yield* fake.requests).filter(({ status }) => status === 429).length
    return {
      scenario: scenario.name,
      client,
      seconds: (end - start) / 1_000,
      shortest: shortestOf(scenario.sizes, taken),
      refused,
      inPlace: `${right.length} of ${chains.length}`
    }
  })
  return VirtualClock.run(Effect.provide(program, layer))
}

const pairs = Array.from({ length: 60 }, () => 2)

/** 200 chains of 2 to 30 files, the same each time. */
const many = Array.from({ length: 200 }, (_, index) => 2 + ((index * 17) % 29))

/** A third of what the limit allows. */
const stranger = RateLimiter.steady({ endpoint: "versionStacks.create", perSecond: 1 / 18 })

/**
 * Measures all scenarios.
 *
 * @since 0.1.0
 * @category measuring
 */
export const measureAll: Effect.Effect<ReadonlyArray<Measured>> = Effect.all([
  measure({ name: "V1: 60 pairs in one folder", sizes: pairs }, "ours", ours),
  measure({ name: "V1: 60 pairs in one folder", sizes: pairs }, "sleep 60 after ten", sleeping),
  measure({ name: "V1: 60 pairs in one folder", sizes: pairs }, "two blind retries", retrying),
  ...(["newest-first", "oldest-first"] as const).flatMap((childrenOrder) =>
    (["keep-stack", "dissolve"] as const).map((lastVersion) =>
      measure(
        {
          name: `V2: 200 chains of 2 to 30 (${childrenOrder}, ${lastVersion})`,
          sizes: many,
          fake: { v4: { childrenOrder }, unknowns: { lastVersion } }
        },
        "ours",
        ours
      )
    )
  ),
  ...([undefined, 2] as const).map((retryAfter) =>
    measure(
      {
        name: `V3: V1 beside a stranger that takes a third${retryAfter === undefined ? "" : ", Retry-After: 2"}`,
        sizes: pairs,
        fake: { v4: { retryAfter }, foreign: [stranger] }
      },
      "ours",
      ours,
      1 / 3
    )
  )
])

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
      String(row.refused),
      row.inPlace
    ])
  )
