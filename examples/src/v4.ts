/**
 * Frame.io V4 as a service: puts every shot of a folder onto its stack, with the credentials of an Adobe
 * server-to-server project.
 *
 * Run it: ADOBE_CLIENT_ID=… ADOBE_CLIENT_SECRET=… node build/src/v4.js <folder id>
 */
import { fileURLToPath } from "node:url"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { AdobeIms, FrameioConfig, RateLimitScheduler, V4Asset, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4, StackBuild } from "@effect-frameio/stacks"
import { Array as Arr, Chunk, Config, Console, Effect, Either, Layer, Order, Schema, Stream } from "effect"

/** The common part of one shot's takes: `AGM_010_comp_v003.mov` is one of `AGM_010_comp`. */
const shotOf = (name: string) => name.replace(/_v\d+(?:\.\w+)?$/i, "")

const isTake = (item: Repository.Item): item is Repository.File | Repository.Stack =>
  item._tag === "File" || item._tag === "Stack"

/** Existing versions of a shot go below loose ones. */
const byTake = Order.combine(
  Order.mapInput(Order.boolean, (item: Repository.Item) => item._tag === "File"),
  Order.mapInput(Order.string, (item: Repository.Item) => item.name)
)

/** Stacks all shots of a folder that have more than one take, and reports each. */
export const stackFolder = (folder: V4Asset.Id) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const items = Chunk.toReadonlyArray(yield* Stream.runCollect(repository.children(folder)))
    const shots = Object.values(Arr.groupBy(items.filter(isTake), ({ name }) => shotOf(name)))
    const chains = shots.flatMap((takes): ReadonlyArray<StackBuild.Chain> => {
      const [onto, ...rest] = Arr.sort(takes, byTake)
      // Two stacks of one shot are for a person to look at.
      const isClear = rest.length > 0 && rest.every(({ _tag }) => _tag === "File")
      return isClear && onto !== undefined ? [{ onto: onto.id, files: rest.map(({ id }) => id) }] : []
    })
    // Ten files in one request; new stacks and moves each by their own limit, side by side; this may take hours.
    const outcomes = yield* StackBuild.buildAll(chains, { parentOf: () => folder })
    return outcomes.map(({ built, onto }) =>
      Either.match(built, {
        onLeft: (error) => `${onto}: ${error.message}`,
        onRight: ({ added, stackId }) => `stack ${stackId}: ${added.length} put on`
      })
    )
  })

/** Tokens are fetched when needed, and again before they end: a job outlives them. */
const Credentials = Layer.unwrapEffect(
  Effect.map(
    Config.all({
      clientId: Config.nonEmptyString("ADOBE_CLIENT_ID"),
      clientSecret: Config.redacted("ADOBE_CLIENT_SECRET")
    }),
    (client) => AdobeIms.layerServerToServer(client)
  )
)

/** V4 in the same words as v2, over an `HttpClient`. */
export const Live = RepositoryV4.layer.pipe(
  // A service's token is no developer token, which would need a header of its own.
  Layer.provide(V4Client.layerWithScheduler({ developerToken: false })),
  Layer.provide(RateLimitScheduler.layerMemory({ hint: V4Client.hint })),
  Layer.provide(FrameioConfig.layerCredentials()),
  Layer.provide(Credentials)
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Schema.decodeUnknown(V4Asset.Id)(process.argv[2]).pipe(
    Effect.flatMap(stackFolder),
    Effect.flatMap((lines) => Console.log(lines.join("\n"))),
    Effect.provide(Layer.provide(Live, NodeHttpClient.layerUndici)),
    NodeRuntime.runMain
  )
}
