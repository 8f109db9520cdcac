/** Which rule of stacks a refused version has broken, found by reading, because Frame.io's 422 may not say. */
import { type AssetId, sameId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"

type Read<A> = Effect.Effect<A, FrameioError.ReadError, Repository.Repository>

const nameOf = ({ id, name }: Repository.Item): string => (name === "" ? id : JSON.stringify(name))

const kindOf = (item: Repository.Item): string =>
  item._tag === "Other" ? item.kind : { File: "file", Folder: "folder", Stack: "version stack" }[item._tag]

/** The file whose kind of media the new version must have. */
const sampleOf = (onto: Repository.Item): Read<Repository.Item | undefined> =>
  onto._tag !== "Stack"
    ? Effect.succeed(onto)
    : onto.newest === undefined
      ? Effect.succeed(undefined)
      : Effect.flatMap(Repository.Repository, ({ get }) => get(onto.newest ?? onto.id))

/**
 * The rule in a sentence, if reading shows one.
 *
 * @internal
 */
export const find = (version: AssetId, target: AssetId): Read<string | undefined> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const place = yield* Repository.locate(version)
    if (place._tag === "Member") {
      const { file, stack } = place
      return sameId(stack.id, target) ? undefined : `${nameOf(file)} is on another stack already, ${nameOf(stack)}.`
    }
    if (place._tag !== "File") {
      const item = place._tag === "Stack" ? place.stack : place._tag === "Folder" ? place.folder : place.item
      return `${nameOf(item)} is a ${kindOf(item)}, and only files become versions.`
    }
    const onto = yield* repository.get(target)
    if (onto._tag === "Folder" || onto._tag === "Other") {
      return `${nameOf(onto)} is a ${kindOf(onto)}, and only files and stacks get versions.`
    }
    const kind = place.file.mediaKind
    const sample = kind === undefined ? undefined : yield* sampleOf(onto)
    return sample?._tag === "File" && sample.mediaKind !== undefined && sample.mediaKind !== kind
      ? `${nameOf(place.file)} is of the type ${kind}, and ${nameOf(sample)} of the type ${sample.mediaKind}: only files of one type are stacked.`
      : undefined
  })
