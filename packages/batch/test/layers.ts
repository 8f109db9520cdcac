import { V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio } from "@effect-frameio/testing"
import { Layer, Redacted } from "effect"

/** The repository over v2, with the fake behind it. */
export const v2 = (options?: Parameters<typeof FakeFrameio.layerClient>[0]) =>
  Repository.layerV2.pipe(Layer.provideMerge(FakeFrameio.layerClient(options)))

/** The same over V4. */
export const v4 = (options?: FakeFrameio.Options & { readonly client?: V4Client.LayerOptions }) =>
  RepositoryV4.layer.pipe(
    Layer.provideMerge(V4Client.layer({ ...options?.client, token: Redacted.make(FakeFrameio.token) })),
    // The token is a sound one, and reaches one account.
    Layer.orDie,
    Layer.provideMerge(FakeFrameio.layer(options))
  )
