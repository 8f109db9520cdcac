import { HttpClient } from "@effect/platform"
import { Asset, FrameioClient, type RateLimitScheduler, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio, type FaultPlan, type RateLimiter } from "@effect-frameio/testing"
import { Effect, Layer, Redacted } from "effect"

/** What lies between a client and the fake. */
type Wire = Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient>

const straight: Wire = Layer.service(HttpClient.HttpClient)

/** The repository over v2, with the fake behind it. */
export const v2 = (options?: Parameters<typeof FakeFrameio.layerClient>[0] & { readonly wire?: Wire | undefined }) =>
  FrameioClient.layer({ ...options?.client, token: Redacted.make(FakeFrameio.token) }).pipe(
    Layer.provide(options?.wire ?? straight),
    // The token is a sound one.
    Layer.orDie,
    (client) => Repository.layerV2.pipe(Layer.provideMerge(client)),
    Layer.provideMerge(FakeFrameio.layer(options))
  )

/** The same over V4, whose account is told: to ask for it would be a request, and no time passes while layers are built. */
export const v4 = (
  options?: FakeFrameio.Options & { readonly client?: V4Client.LayerOptions; readonly wire?: Wire | undefined }
) =>
  Layer.unwrapEffect(
    Effect.map(FakeFrameio.FakeFrameio, ({ world }) =>
      V4Client.layer({
        accountId: Asset.AssetId.make(world.projects[0]?.accountId ?? ""),
        ...options?.client,
        token: Redacted.make(FakeFrameio.token)
      })
    )
  ).pipe(
    Layer.provide(options?.wire ?? straight),
    (client) => RepositoryV4.layer.pipe(Layer.provideMerge(client)),
    // The token is a sound one, and reaches one account.
    Layer.orDie,
    Layer.provideMerge(FakeFrameio.layer(options))
  )

/** What both clients take. */
export interface Options extends FakeFrameio.Options {
  readonly client?: Pick<FrameioClient.LayerOptions, "retry" | "scheduler"> | undefined
  readonly wire?: Wire | undefined
}

/** A version of the API, and in what the two differ by nature. */
export interface Api {
  readonly name: string
  readonly layer: (
    options?: Options
  ) => Layer.Layer<Repository.Repository | RateLimitScheduler.RateLimitScheduler | FakeFrameio.FakeFrameio>
  /** The calls that make a stack, and that grow one. */
  readonly make: FaultPlan.EndpointName
  readonly grow: FaultPlan.EndpointName
  /** The call that reads whatever has an id. */
  readonly get: FaultPlan.EndpointName
  /** How many files come onto a stack by the request that makes it, the one below not counted. */
  readonly together: number
  /** Whether what a version is put on is read before anything is sent. */
  readonly readsFirst: boolean
  /** Whether an answer tells how many versions there are. */
  readonly counts: boolean
}

type LastVersion = "keep-stack" | "dissolve"

const v2Of = (lastVersion: LastVersion): Api => ({
  name: `v2 (${lastVersion})`,
  layer: (options) => v2({ ...options, unknowns: { lastVersion, ...options?.unknowns } }),
  make: "assets.version",
  grow: "assets.version",
  get: "assets.get",
  together: 1,
  readsFirst: false,
  counts: true
})

const v4Of = (childrenOrder: "newest-first" | "oldest-first", lastVersion: LastVersion): Api => ({
  name: `V4 (${childrenOrder}, ${lastVersion})`,
  layer: (options) =>
    v4({
      ...options,
      // The limits are those of the fake, and not what is printed.
      client: { ...options?.client, scheduler: { hint: () => undefined, ...options?.client?.scheduler } },
      v4: { childrenOrder, ...options?.v4 },
      unknowns: { lastVersion, ...options?.unknowns }
    }),
  make: "versionStacks.create",
  grow: "files.move",
  get: "files.show",
  together: RepositoryV4.filesPerStack,
  readsFirst: true,
  counts: false
})

const variantsV2 = [v2Of("keep-stack"), v2Of("dissolve")] as const

const variantsV4 = [
  v4Of("newest-first", "keep-stack"),
  v4Of("oldest-first", "dissolve"),
  v4Of("newest-first", "dissolve"),
  v4Of("oldest-first", "keep-stack")
] as const

/** Each version of the API in each combination of what is unknown and matters to whoever stacks. */
export const variants: ReadonlyArray<Api> = [...variantsV2, ...variantsV4]

/** One of each version. */
export const apis: ReadonlyArray<Api> = [variantsV2[0], variantsV4[0]]

/** All combinations of one version. */
export const variantsOf = ({ readsFirst }: Api): ReadonlyArray<Api> => (readsFirst ? variantsV4 : variantsV2)

/** A limit on both changes of an API, and on nothing else. */
export const limitsOf = ({ grow, make }: Api, limit: number, windowMillis = 1000): RateLimiter.Limits => ({
  [make]: { limit, windowMillis },
  [grow]: { limit, windowMillis },
  "*": "unlimited"
})

/** The changes that stacks are made by, in the order in which they were sent. */
export const changesOf = ({ grow, make }: Api, { journal }: FakeFrameio.Service) =>
  [...new Set([make, grow])].flatMap((endpoint) => journal.of(endpoint)).sort((a, b) => a.sequence - b.sequence)

/** How many changes a new stack of so many versions takes. */
export const changesFor = ({ together }: Api, versions: number): number => Math.max(1, versions - together)
