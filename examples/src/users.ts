/**
 * Two people in one process: a client for each, by name, and one scheduler that keeps their limits apart.
 *
 * Run it: ANN_TOKEN=… BOB_TOKEN=… node build/src/users.js <asset>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Asset, FrameioClient, FrameioConfig, RateLimitScheduler } from "@effect-frameio/core"
import { Config, Console, Context, Effect, Layer, Schema } from "effect"

/** Calls in Ann's name. */
export class Ann extends Context.Tag("examples/Ann")<Ann, FrameioClient.Service>() {}

/** Calls in Bob's name. */
export class Bob extends Context.Tag("examples/Bob")<Bob, FrameioClient.Service>() {}

/** Who of the two sees an asset. A type error, not a wrong token, if a client is missing. */
export const whoSees = Effect.fn("whoSees")(function* (id: string) {
  const assetId = yield* Schema.decode(Asset.AssetId)(id)
  const sees = (client: FrameioClient.Service) =>
    client.get({ assetId }).pipe(
      Effect.as(true),
      Effect.catchTag("FrameioNotFound", () => Effect.succeed(false))
    )
  return { ann: yield* sees(yield* Ann), bob: yield* sees(yield* Bob) }
})

/** A client in the name of a user; how many users there are need not be known beforehand. */
const clientOf = (owner: string, variable: string) =>
  // Frame.io limits users, not tokens: the name is what the limit belongs to, also when the token changes.
  FrameioConfig.fromConfig({ token: Config.redacted(variable), owner: Config.succeed(owner) }).pipe(
    Effect.flatMap((config) => FrameioClient.makeWith(config))
  )

/** Over an `HttpClient` and a scheduler that both share. */
export const users = Layer.mergeAll(
  Layer.effect(Ann, clientOf("ann", "ANN_TOKEN")),
  Layer.effect(Bob, clientOf("bob", "BOB_TOKEN"))
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , id = ""] = process.argv
  whoSees(id).pipe(
    Effect.flatMap(Console.log),
    Effect.provide(Layer.provide(users, Layer.merge(RateLimitScheduler.layerMemory(), NodeHttpClient.layerUndici))),
    NodeRuntime.runMain
  )
}
