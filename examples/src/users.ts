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

/** Which of the two sees an asset. If a client is missing, that is a type error rather than a wrong token. */
export const whoSees = Effect.fn("whoSees")(function* (id: string) {
  const assetId = yield* Schema.decode(Asset.AssetId)(id)
  const sees = (client: FrameioClient.Service) =>
    client.get({ assetId }).pipe(
      Effect.as(true),
      Effect.catchTag("FrameioNotFound", () => Effect.succeed(false))
    )
  return { ann: yield* sees(yield* Ann), bob: yield* sees(yield* Bob) }
})

/** A client in the name of a user; the number of users need not be known beforehand. */
const clientOf = (owner: string, variable: string) =>
  // Frame.io limits users, not tokens: the limit belongs to the name, even if the token changes.
  FrameioConfig.fromConfig({ token: Config.redacted(variable), owner: Config.succeed(owner) }).pipe(
    Effect.flatMap((config) => FrameioClient.makeWith(config))
  )

/** Both share an `HttpClient` and a scheduler. */
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
