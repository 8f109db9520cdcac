import type { HttpClient } from "@effect/platform"
import { type FrameioClient, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio, RateLimiter } from "@effect-frameio/testing"
import { Effect, Layer, Redacted } from "effect"

type Given = Repository.Repository | FakeFrameio.FakeFrameio | FrameioClient.FrameioClient | HttpClient.HttpClient

const unlimited: FakeFrameio.Options = { limits: RateLimiter.unlimited }

const v2 = (options?: FakeFrameio.Options): Layer.Layer<Given> =>
  Layer.provideMerge(Repository.layerV2, FakeFrameio.layerClient({ ...unlimited, ...options }))

const v4 = (options?: FakeFrameio.Options): Layer.Layer<Given> =>
  RepositoryV4.layer.pipe(
    Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
    Layer.orDie,
    Layer.provideMerge(FakeFrameio.layerClient({ ...unlimited, ...options }))
  )

const face = (
  api: string,
  endpoints: ReadonlyArray<Parameters<FakeFrameio.Service["journal"]["of"]>[0]>,
  layer: (options?: FakeFrameio.Options) => Layer.Layer<Given>
) => ({
  api,
  within: <A, E, R>(effect: Effect.Effect<A, E, R | Given>, options?: FakeFrameio.Options) =>
    Effect.provide(effect, layer(options)),
  /** How many pages of folders and stacks were requested. */
  listings: (fake: FakeFrameio.Service): number =>
    endpoints.reduce((sum, endpoint) => sum + fake.journal.of(endpoint).length, 0)
})

/** The port over both APIs of the fake: what does not depend on the API is tested on each. */
export const faces = [
  face("v2", ["assets.children"], v2),
  face("V4", ["folders.children", "versionStacks.children"], v4)
]
