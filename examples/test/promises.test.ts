import { NodeHttpClient } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer } from "@effect-frameio/testing"
import { Effect } from "effect"
import { connect, publish } from "../src/promises.js"

it.live("publishes from a program of promises, and recognises what goes wrong", () =>
  Effect.gen(function* () {
    const server = yield* FakeFrameioServer.FakeFrameioServer
    const shot = yield* server.addFile({ name: "a_v001.mov" })
    const cut = yield* server.addFile({ name: "a_v002.mov" })
    yield* Effect.acquireUseRelease(
      Effect.sync(() => {
        process.env.FRAMEIO_TOKEN = FakeFrameio.token
        process.env.FRAMEIO_BASE_URL = server.baseUrl
        return connect(NodeHttpClient.layerUndici)
      }),
      (frameio) =>
        Effect.promise(async () => {
          assert.match(await publish(frameio, shot, cut), /^published as /)
          assert.match(await publish(frameio, "00000000-0000-4000-8000-00000000dead", cut), /^gone: /)
        }),
      (frameio) => Effect.promise(() => frameio.dispose())
    )
  }).pipe(Effect.provide(FakeFrameioServer.layer()))
)
