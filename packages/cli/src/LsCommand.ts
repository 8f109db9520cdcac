// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio ls`: lists a folder or a stack.
 *
 * @since 0.1.0
 */
import { type Asset, AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioClient from "@effect-frameio/core/FrameioClient"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as Listing from "@effect-frameio/stacks/Listing"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AssetText from "./AssetText.js"
import { CliError, orInterrupted } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ItemAsset from "./ItemAsset.js"
import { Stdio } from "./Stdio.js"

/**
 * An id from a command line.
 *
 * @since 0.1.0
 * @category reading
 */
export const idOf = (word: string): Effect.Effect<AssetId, CliError> =>
  Schema.is(AssetId)(word)
    ? Effect.succeed(word)
    : CliError.badInput(`${JSON.stringify(word)} is neither an asset's id, which is a UUID, nor a link to one.`)

/** The contents of a folder, or of the stack behind an id, newest version first. */
const inHolder = (id: AssetId) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const repository = yield* Repository.Repository
      const item = yield* repository.get(id)
      if (item._tag !== "Stack") return Stream.map(repository.children(id), ItemAsset.of)
      const { files } = yield* repository.versions(item)
      return Stream.fromIterable(files.toReversed().map(ItemAsset.of))
    })
  )

/**
 * Lists a folder or a stack: a table for a person, JSON lines for a program.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.ls")(
  function* (args: { readonly folder: string; readonly json: boolean }) {
    const stdio = yield* Stdio
    const assetId = yield* idOf(args.folder)
    const assets: Stream.Stream<Asset, FrameioError.ListError, FrameioClient.FrameioClient | Repository.Repository> =
      (yield* Connection.Api) === "v2" ? Listing.children({ assetId }) : inHolder(assetId)
    if (args.json || !stdio.outIsTerminal) {
      return yield* Stream.runForEach(assets, (asset) => stdio.out(AssetText.json(asset)))
    }
    const columns = yield* stdio.columns
    const count = yield* assets.pipe(
      Stream.rechunk(Listing.defaults.pageSize),
      Stream.chunks,
      Stream.tap((page) => stdio.say(AssetText.table(Chunk.toReadonlyArray(page), columns))),
      Stream.runFold(0, (sum, page) => sum + Chunk.size(page))
    )
    if (count === 0) yield* stdio.say("There is nothing in it.\n")
  },
  (effect) =>
    effect.pipe(
      RateLimitCall.withPriority("interactive"),
      Effect.provide(Connection.layer),
      Effect.mapError(Failure.toCliError),
      orInterrupted("")
    )
)
