/** One change of a stack, made exactly once. */
import type * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExactlyOnce from "../ExactlyOnce.js"
import type { NotMade, OutcomeUnknown } from "../VersionStackError.js"
import type { ReadOptions } from "./stackLocation.js"

type AssetId = Asset.AssetId

/**
 * The options of a change.
 *
 * @since 0.1.0
 * @category models
 */
export interface WriteOptions extends ReadOptions {
  /** How often one change may be sent, at least 1. Default 3. */
  readonly attempts?: number | undefined
  /**
   * How long after a lost answer the change can still be made; it is sent again after that. Default 30 seconds, Frame.io's
   * documented limit for a request.
   */
  readonly settleAfter?: Duration.DurationInput | undefined
}

/** The defaults of {@link WriteOptions}. */
const defaults = {
  attempts: 3,
  settleAfter: Duration.seconds(30)
} as const satisfies WriteOptions

/**
 * Makes one change exactly once.
 *
 * @internal
 */
export const once = <E, R>(
  change: {
    readonly endpoint: string
    readonly assetIds: () => ReadonlyArray<AssetId>
    readonly send: Effect.Effect<Asset.Asset, FrameioError.WriteError, R>
    readonly proves: (answer: Asset.Asset) => boolean
    readonly isMade: Effect.Effect<boolean, E | FrameioError.ListError, R>
    readonly onRefusal: Effect.Effect<"already" | "send again" | "refused", E | FrameioError.ListError, R>
  },
  options: WriteOptions | undefined
): Effect.Effect<
  { readonly how: ExactlyOnce.How; readonly answer?: Asset.Asset },
  E | FrameioError.WriteError | FrameioError.ListIncomplete | NotMade | OutcomeUnknown,
  R
> =>
  Effect.flatMap(
    ExactlyOnce.make<Asset.Asset, E, R>(
      {
        endpoint: change.endpoint,
        assetIds: change.assetIds,
        send: Effect.match(change.send, {
          onFailure: (error): ExactlyOnce.Attempt<Asset.Asset> => ({ _tag: "Faulted", error }),
          onSuccess: (answer): ExactlyOnce.Attempt<Asset.Asset> => ({ _tag: "Answered", answer })
        }),
        proves: change.proves,
        look: change.isMade,
        refused: change.onRefusal
      },
      {
        attempts: options?.attempts ?? defaults.attempts,
        settleAfter: Duration.decode(options?.settleAfter ?? defaults.settleAfter),
        onWait: (reason, duration) =>
          Effect.logDebug(
            `${change.endpoint} (${change.assetIds().join(", ")}): ${reason} (${DurationText.words(Duration.toMillis(duration))})`
          )
      }
    ),
    (end) => {
      switch (end._tag) {
        case "Made":
          return Effect.succeed(end)
        case "Failed":
          return Effect.fail(end.error)
        case "NotSent":
        case "Unknown":
          return Effect.dieMessage("a change was stopped that nobody can stop")
      }
    }
  )
