/**
 * Where an asset is: loose in a folder, or on which stack.
 */
import * as Asset from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export type Get = (id: Asset.AssetId) => Effect.Effect<Asset.Asset, FrameioError.ReadError>

/** The stack that holds an asset, if one does. */
export const stackOf = (
  asset: Asset.Asset,
  get: Get
): Effect.Effect<Option.Option<Asset.Asset>, FrameioError.ReadError> =>
  Option.match(Asset.parentId(asset), {
    onNone: () => Effect.succeedNone,
    onSome: (parent) =>
      Effect.map(get(parent), (holder) => (Asset.isVersionStack(holder) ? Option.some(holder) : Option.none()))
  })

/** How many versions a stack says that it holds. */
export const size = (stack: Asset.Asset): number | undefined => stack.versions ?? stack.item_count ?? undefined
