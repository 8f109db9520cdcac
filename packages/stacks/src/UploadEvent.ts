/**
 * Events of an upload, as they happen.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"

/**
 * Events of an upload: `Created` or `Resumed`, then `Progress`, `Uploaded` and `Versioning`; the others at any
 * time.
 *
 * - `Created`: Frame.io has the asset, and no content yet. `parts` is 0 where they are not known beforehand.
 * - `Resumed`: an upload that had ended early goes on; `sent` and `partsDone` are there already.
 * - `Discarded`: an upload that had ended early cannot go on, because its source has changed (`changed`), its URLs have
 *   expired (`expired`) or its asset is gone (`gone`). `deleted`: whether the asset was removed; else it is left.
 * - `LeftBehind`: the answer of a create call was lost, and these assets of the same name have no content. One of them
 *   may be its work.
 * - `Progress`: bytes were taken by the wire, or, where an attempt was in vain, are to be sent again; or a part is done.
 * - `Retrying`: a part did not get through, and is sent again after `delayMillis`.
 * - `Waiting`: a call to Frame.io does not get through, and is sent again after `delayMillis`.
 * - `Uploaded`: the storage has all of it.
 * - `Processing`: Frame.io does not take the file as a version before it is processed; it is waited for.
 * - `Versioning`: the version call is about to be sent.
 * - `NotJournaled`: the journal cannot be read or written, so the upload could not go on after an early end.
 *
 * @example
 * ```ts
 * const show = (event: UploadEvent.UploadEvent) =>
 *   event._tag === "Progress" ? Console.log(`${event.sent} of ${event.filesize ?? "?"} bytes`) : Effect.void
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type UploadEvent =
  | {
      readonly _tag: "Created"
      readonly assetId: AssetId
      readonly name: string
      /** Bytes; `null` where it is not known yet. */
      readonly filesize: number | null
      readonly parts: number
    }
  | {
      readonly _tag: "Resumed"
      readonly assetId: AssetId
      readonly name: string
      /** Bytes. */
      readonly filesize: number
      readonly parts: number
      /** Bytes. */
      readonly sent: number
      readonly partsDone: number
    }
  | {
      readonly _tag: "Discarded"
      readonly assetId: AssetId
      readonly reason: "changed" | "expired" | "gone"
      readonly deleted: boolean
    }
  | { readonly _tag: "LeftBehind"; readonly assetIds: ReadonlyArray<AssetId> }
  | {
      readonly _tag: "Progress"
      readonly assetId: AssetId
      /** Bytes that the wire took, of parts that are done or under way. */
      readonly sent: number
      /** Bytes; `null` where it is not known yet. */
      readonly filesize: number | null
      readonly partsDone: number
      readonly parts: number
    }
  | {
      readonly _tag: "Retrying"
      readonly assetId: AssetId
      /** From 1. */
      readonly part: number
      /** Which attempt failed, from 1. */
      readonly attempt: number
      readonly delayMillis: number
      /** For how long the part has not got through. */
      readonly sinceMillis: number
      /** A status, a system's code, or a word. */
      readonly reason: string
    }
  | {
      readonly _tag: "Waiting"
      readonly delayMillis: number
      /** For how long the call has not got through. */
      readonly sinceMillis: number
      /** The call's failure in its own words. */
      readonly reason: string
    }
  | { readonly _tag: "Uploaded"; readonly assetId: AssetId; readonly filesize: number }
  | { readonly _tag: "Processing"; readonly assetId: AssetId }
  | { readonly _tag: "Versioning"; readonly assetId: AssetId; readonly onto: AssetId }
  | { readonly _tag: "NotJournaled"; readonly reason: string }
