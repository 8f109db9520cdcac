import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DirectHttpClient } from "@effect-frameio/core"
import { Effect } from "effect"
import { Agent } from "undici"
import * as client from "../src/internal/client.js"

const isDirect = (agent: { readonly prototype: object }): Effect.Effect<boolean> =>
  Effect.provide(
    Effect.map(HttpClient.HttpClient, (client) => DirectHttpClient.TypeId in client),
    client.layerOf(agent)
  )

describe("UndiciHttpClient.layer", () => {
  it.effect("goes over fetch where undici cannot dispatch, as on Bun", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* isDirect(Agent))
      assert.isFalse(yield* isDirect(class {}))
    })
  )
})
