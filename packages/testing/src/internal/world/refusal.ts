/** Why a change of the world was not made. */
import type { AssetId } from "@effect-frameio/core/Asset"
import type { Refusal } from "../../World.js"

/** @internal */
export const refuse = (
  reason: Refusal["reason"],
  assetId: string,
  detail: string
): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: { reason, assetId: assetId as AssetId, detail }
})

/** @internal */
export const gone = (id: string) => refuse("NotFound", id, "There is no such asset, or it was deleted.")
