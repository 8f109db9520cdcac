/**
 * A file's place for a person, at the end of a command: names, the number of the version and a link, over either API.
 *
 * @since 0.1.0
 */
import type * as Asset from "@effect-frameio/core/Asset"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as AssetLink from "./AssetLink.js"
import * as AssetText from "./AssetText.js"
import * as ItemAsset from "./ItemAsset.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

/** A name that links to its page; without terminal links, the address is on its own line. */
const linked = (asset: Asset.Asset) =>
  Effect.map(Stdio, (stdio) => {
    const url = AssetLink.linkOf(asset)
    return {
      name: Text.linked(url, AssetText.nameOf(asset)),
      line: url === undefined || stdio.links ? "" : `${url}\n`
    }
  })

/**
 * A file on its stack; without a number if the stack does not show it.
 *
 * @since 0.1.0
 * @category printing
 */
export const onStack = Effect.fnUntraced(function* (fileName: string, id: Asset.AssetId, stackId: Asset.AssetId) {
  const repository = yield* Repository.Repository
  const stack = yield* repository.get(stackId)
  const files = stack._tag === "Stack" ? (yield* repository.versions(stack)).files : []
  const number = files.findIndex((file) => file.id === id) + 1
  const { line, name } = yield* linked(ItemAsset.of(stack))
  const place = number > 0 ? `version ${number}` : "the newest version"
  return `${Text.visibleLine(fileName)} is ${place} on the stack ${name} (${stackId}).\n${line}`
})

/**
 * A new file in its folder.
 *
 * @since 0.1.0
 * @category printing
 */
export const inFolder = Effect.fnUntraced(function* (id: Asset.AssetId, folderId: Asset.AssetId) {
  const repository = yield* Repository.Repository
  const folder = AssetText.nameOf(ItemAsset.of(yield* repository.get(folderId)))
  const { line, name } = yield* linked(ItemAsset.of(yield* repository.get(id)))
  return `${name} is uploaded into the folder ${folder} (${folderId}), as ${id}.\n${line}`
})
