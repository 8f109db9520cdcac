/**
 * A Frame.io in memory, to test programs against. It keeps the documented rules: version stacks, tokens, the leaky
 * bucket to the millisecond. It runs on the program's `Clock`, so hours pass in no time under `TestClock`.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as V4Api from "@effect-frameio/core/V4Api"
import type * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as FaultPlan from "./FaultPlan.js"
import * as Engine from "./internal/engine.js"
import * as inProcess from "./internal/inProcess.js"
import type * as Payload from "./internal/payload.js"
import { State } from "./internal/v4/state.js"
import * as Journal from "./Journal.js"
import * as RateLimiter from "./RateLimiter.js"
import * as Storage from "./Storage.js"
import type * as Unknowns from "./Unknowns.js"
import * as V4Unknowns from "./V4Unknowns.js"
import * as Webhooks from "./Webhooks.js"
import * as World from "./World.js"

/**
 * The token of every fake's user, worth nothing anywhere else.
 *
 * @since 0.1.0
 * @category constants
 */
export const token = "fake-frameio-token"

/**
 * A second token of the same user, with the same rate limit.
 *
 * @since 0.1.0
 * @category constants
 */
export const secondToken = "fake-frameio-token-2"

/**
 * The options of a fake.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The seed of ids. Default 1. Not used if a world is given. */
  readonly seed?: number | undefined
  /**
   * The world to serve, which several fakes may share, or a function that fills a new one. A new one has an account, a
   * team, a project and a user with {@link token} and {@link secondToken}.
   */
  readonly world?: World.World | ((world: World.World) => void) | undefined
  /** Behaviour where the real API's is unknown. Not used if a world is given, which has its own. */
  readonly unknowns?: Unknowns.Options | undefined
  /**
   * Limits by endpoint, such as `assets.version`, in front of the documented ones; with `*`, in their place. An unknown
   * name is a defect, here and in `foreign`.
   */
  readonly limits?: RateLimiter.Limits | undefined
  /** Somebody else on the same user's buckets. */
  readonly foreign?: ReadonlyArray<RateLimiter.Foreign> | undefined
  /** Faults and latency. Default: none. */
  readonly faults?: FaultPlan.FaultPlan | undefined
  /** Behaviour where V4's is unknown. */
  readonly v4?: V4Unknowns.Options | undefined
  /**
   * The receiver of V4's webhook deliveries. Default: on a port `Webhooks.http()`, which reaches this machine only; in
   * process they are kept and not sent.
   */
  readonly webhooks?: Webhooks.Receiver | undefined
  /** How much of an asset is shown. Default `full`, as in the real API; `slim` is for bulk. */
  readonly payload?: Payload.Shape | undefined
  /** How many requests the journal keeps; it counts all of them. Default 100 000. */
  readonly journal?: number | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = {
  seed: 1,
  payload: "full",
  journal: 100_000
} as const

/**
 * A running fake, for a test to look into. Times are in ms since its start.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Its contents, which may be read and changed at any time. */
  readonly world: World.World
  /** The requests that it saw, and its answers. */
  readonly journal: Journal.Journal
  /** Its buckets. */
  readonly limiter: RateLimiter.RateLimiter
  /** The host that receives the parts of uploads, with its content. */
  readonly storage: Storage.Storage
  /** A token that it accepts. */
  readonly token: Redacted.Redacted<string>
  /** The user of that token. */
  readonly userId: string
  /** ms since the fake started. */
  readonly elapsedMillis: Effect.Effect<number>
  /** Adds a file now, to the root of the first project unless told otherwise. */
  readonly addFile: (options: Parameters<World.World["addFile"]>[0]) => Effect.Effect<AssetId>
  /** Adds a folder now, to the root of the first project unless told otherwise. */
  readonly addFolder: (options: Parameters<World.World["addFolder"]>[0]) => Effect.Effect<AssetId>
  /** An asset of the world, even a deleted one. */
  readonly asset: (id: AssetId) => Effect.Effect<Option.Option<World.Entry>>
  /** The stack with this id, or with this file in it. */
  readonly stackOf: (id: AssetId) => Effect.Effect<Option.Option<World.Stack>>
  /** The requests that the journal keeps, oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<Journal.Entry>>
  /** Counts of all requests, or of those to one endpoint such as `assets.version`. */
  readonly counts: (endpoint?: FaultPlan.EndpointName) => Effect.Effect<Journal.Counts>
  /** Fills a bucket to the brim, as somebody else would; answers how many requests that took. */
  readonly exhaust: (endpoint: FaultPlan.EndpointName, userId?: string) => Effect.Effect<number>
  /** Adds a share of V4, to the first project by default; answers its id. */
  readonly addShare: (share: {
    /** The name that people find it by. */
    readonly name: string
    /** What is in it. */
    readonly assetIds: ReadonlyArray<string>
    /** A project of this world. */
    readonly projectId?: string | undefined
  }) => string
  /** The assets in a share of V4, in the order of adding. */
  readonly shareAssets: (shareId: string) => ReadonlyArray<string>
  /** Deliveries to V4's webhooks, try by try. */
  readonly deliveries: Effect.Effect<ReadonlyArray<Webhooks.Attempt>>
  /** Counts of each foreign client's requests, in the order of the options. */
  readonly foreign: Effect.Effect<ReadonlyArray<RateLimiter.ForeignCount>>
}

/**
 * A running fake.
 *
 * @example
 * ```ts
 * const test = Effect.gen(function* () {
 *   const fake = yield* FakeFrameio.FakeFrameio
 *   const assetId = yield* fake.addFile({ name: "shot_v001.mov" })
 *   const nextAssetId = yield* fake.addFile({ name: "shot_v002.mov" })
 *   const client = yield* FrameioClient.FrameioClient
 *   return yield* client.version({ assetId, nextAssetId })
 * }).pipe(Effect.provide(FakeFrameio.layerClient()))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class FakeFrameio extends Context.Tag("@effect-frameio/testing/FakeFrameio")<FakeFrameio, Service>() {}

/** More than any bucket holds. */
const BRIM = 1_000_000

const newWorld = (options: Options | undefined): World.World => {
  const world = World.make({ seed: options?.seed ?? defaults.seed, unknowns: options?.unknowns })
  world.addUser({ tokens: [token, secondToken] })
  world.addProject()
  return world
}

const worldOf = (options: Options | undefined): World.World => {
  if (options?.world instanceof World.World) return options.world
  const world = newWorld(options)
  options?.world?.(world)
  return world
}

const firstUser = (world: World.World): World.User =>
  world.userOf(token) ?? world.users[0] ?? world.addUser({ tokens: [token, secondToken] })

/** A misspelt name would silently get the default limit. */
const checkNames = (options: Options | undefined): void => {
  const known = new Set([
    ...FrameioApi.endpoints.keys(),
    ...V4Api.endpoints.keys(),
    ...Object.keys(RateLimiter.documented)
  ])
  const named = [...Object.keys(options?.limits ?? {}), ...(options?.foreign ?? []).map((one) => one.endpoint)]
  const unknown = named.filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new Error(`the fake has no endpoint ${unknown.join(", ")}; it has ${[...known].join(", ")}`)
  }
}

/** @internal */
export interface Running {
  readonly service: Service
  readonly engine: Engine.Engine
}

/** @internal */
export const run = (options?: Options): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const startMillis = yield* Clock.currentTimeMillis
    checkNames(options)
    const world = worldOf(options)
    const user = firstUser(world)
    if (world.userOf(token) === undefined) world.addToken(user.id, token)
    const journal = Journal.make(options?.journal ?? defaults.journal)
    const limiter = RateLimiter.make({
      limits: options?.limits,
      foreign: options?.foreign,
      defaultUserId: user.id,
      startMillis
    })
    const storage = Storage.make()
    const v4 = new State(world, V4Unknowns.make(options?.v4))
    const engine = yield* Engine.make({
      world,
      storage,
      limiter,
      journal,
      plan: options?.faults ?? FaultPlan.none,
      shape: options?.payload ?? defaults.payload,
      v4,
      receive: options?.webhooks ?? Webhooks.kept,
      startMillis
    })
    /** Everything due happens first, so that a test sees it. */
    const looking = <A>(look: (nowMillis: number) => A): Effect.Effect<A> =>
      Effect.flatMap(engine.catchUp, () => Effect.map(Clock.currentTimeMillis, look))
    const service: Service = {
      world,
      journal,
      limiter,
      storage,
      token: Redacted.make(token),
      userId: user.id,
      elapsedMillis: Effect.map(Clock.currentTimeMillis, (now) => now - startMillis),
      addFile: (file) => looking((nowMillis) => world.addFile({ nowMillis, ...file })),
      addFolder: (folder) => looking((nowMillis) => world.addFolder({ nowMillis, ...folder })),
      asset: (id) => looking(() => Option.fromNullable(world.get(id, { includeDeleted: true }))),
      stackOf: (id) => looking(() => Option.fromNullable(world.stackOf(id))),
      requests: looking(() => journal.entries),
      counts: (endpoint) => looking(() => journal.counts(endpoint)),
      exhaust: (endpoint, userId) => looking((now) => limiter.charge(userId ?? user.id, endpoint, now, BRIM)),
      addShare: ({ assetIds, name, projectId }) => {
        const share = v4.addShare({ name, projectId: projectId ?? world.projects[0]?.id ?? "", nowMillis: startMillis })
        for (const id of assetIds) share.assetIds.add(id)
        return share.id
      },
      shareAssets: (shareId) => [...(v4.shares.get(shareId)?.assetIds ?? [])],
      deliveries: Effect.sync(() => [...engine.deliveries]),
      foreign: looking((now) => limiter.foreignCounts(now))
    }
    return { service, engine }
  })

/**
 * A fake in process: an `HttpClient` that it answers, for any host, and the service to look into it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<FakeFrameio | HttpClient.HttpClient> =>
  Layer.scopedContext(
    Effect.map(run(options), ({ engine, service }) =>
      Context.make(FakeFrameio, service).pipe(Context.add(HttpClient.HttpClient, inProcess.make(engine)))
    )
  )

/**
 * The same with a client over it, which uses {@link token} and a scheduler of its own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options?: Options & { readonly client?: FrameioClient.LayerOptions | undefined }
): Layer.Layer<
  FakeFrameio | HttpClient.HttpClient | FrameioClient.FrameioClient | RateLimitScheduler.RateLimitScheduler
> =>
  FrameioClient.layer({ ...options?.client, token: Redacted.make(token) }).pipe(
    // The token is valid.
    Layer.orDie,
    Layer.provideMerge(layer(options))
  )
