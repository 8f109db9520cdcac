/**
 * The id that new versions are sent to: the rules of one stack that grows version by version, which `VersionStack` and
 * bulk jobs are built on. It reads through a given function, and sends nothing.
 *
 * From Frame.io's guide "Manage Version Stacks": a stack is the target of its own versions; for a file inside a stack the
 * target is its parent; file onto file makes a stack with a new id. Whether a version call answers the stack or the file is
 * not documented; {@link shows} says which answers are believed.
 *
 * @since 0.1.0
 */

import { type AssetId, sameId } from "@effect-frameio/core/Asset"
import type { FrameioError } from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import type { File, Item, Stack } from "./Repository.js"

/**
 * A version's place: in no stack, in the target, or in another stack.
 *
 * @since 0.1.0
 * @category models
 */
export type Place =
  | {
      readonly _tag: "Loose"
      readonly folderId: AssetId | undefined
      /** As in `Repository.File`. */
      readonly arrived: boolean | undefined
    }
  | { readonly _tag: "Here"; readonly stackId: AssetId }
  | { readonly _tag: "Elsewhere"; readonly stackId: AssetId }

/**
 * The target of one growing stack. It changes as more is learnt.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackTarget<E, R = never> {
  /** The id to send to. */
  readonly id: () => AssetId
  /** Whether it is known to be a stack, so that no read is needed to go on. */
  readonly isStack: () => boolean
  /** The last result of {@link resolve}: the stack, or the file outside any stack; else `undefined`. */
  readonly seen: () => File | Stack | undefined
  /** Learns what the answer of a version call proves. */
  readonly learn: (answer: Item) => void
  /** Reads the target, and changes it to the stack that it is, or is in. Two reads at most. */
  readonly resolve: Effect.Effect<void, E, R>
  /** Reads a version's place. One read if it is in the known stack; else two to four. */
  readonly placeOf: (next: AssetId) => Effect.Effect<Place, E, R>
}

/**
 * Makes the target from its first id: a file's, or a stack's.
 *
 * @example
 * ```ts
 * const repository = yield* Repository.Repository
 * const target = StackTarget.make({ id: shot, get: repository.get, isFolder: repository.isFolder })
 * yield* target.resolve
 * const place = yield* target.placeOf(take2)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E, R>(options: {
  /** The first id to send to. */
  readonly id: AssetId
  /** Whether it is known to be a stack. Default `false`. */
  readonly isStack?: boolean | undefined
  /** Reads an asset as it is now, never from a cache. */
  readonly get: (id: AssetId) => Effect.Effect<Item, E, R>
  /** Whether an id is known to be a folder's, which spares its reading. Default never. */
  readonly isFolder?: ((id: AssetId) => boolean) | undefined
}): StackTarget<E, R> => {
  const { get, isFolder = () => false } = options
  let target = options.id
  let isStack = options.isStack ?? false
  let seen: File | Stack | undefined

  const found = (stack: AssetId): void => {
    target = stack
    isStack = true
    if (seen?._tag === "File") seen = undefined
  }

  const saw = (stack: Stack): void => {
    found(stack.id)
    seen = stack
  }

  /** `known` is a stack that need not be read again. */
  const resolveKnowing = (known: AssetId | undefined): Effect.Effect<void, E, R> =>
    Effect.suspend(() =>
      Effect.flatMap(get(target), (item) => {
        if (item._tag === "Stack") return Effect.sync(() => saw(item))
        seen = item._tag === "File" ? item : undefined
        const { parentId } = item
        if (parentId === undefined || isFolder(parentId)) return Effect.void
        if (known !== undefined && sameId(parentId, known)) return Effect.sync(() => found(known))
        return Effect.map(get(parentId), (holder) => {
          if (holder._tag === "Stack") saw(holder)
        })
      })
    )

  const placeOf = (next: AssetId): Effect.Effect<Place, E, R> =>
    Effect.gen(function* () {
      const item = yield* get(next)
      const { parentId } = item
      const arrived = item._tag === "File" ? item.arrived : undefined
      const loose = { _tag: "Loose", folderId: parentId, arrived } as const
      if (parentId === undefined) return loose
      if (sameId(parentId, target)) {
        // A parent is a folder or a stack, and a target is never a folder.
        found(target)
        return { _tag: "Here", stackId: target }
      }
      if (isFolder(parentId)) return loose
      const holder = yield* get(parentId)
      if (holder._tag !== "Stack") return loose
      if (!isStack) yield* resolveKnowing(holder.id)
      return isStack && sameId(target, holder.id)
        ? { _tag: "Here", stackId: target }
        : { _tag: "Elsewhere", stackId: holder.id }
    })

  return {
    id: () => target,
    isStack: () => isStack,
    seen: () => seen,
    learn: (answer) => {
      if (!isStack && answer._tag === "Stack") found(answer.id)
    },
    resolve: resolveKnowing(undefined),
    placeOf
  }
}

/**
 * Whether an answer proves that a version call was carried out: it is the stack with the new version on top, or the new
 * version itself. Any other success may be a proxy's, so read before you believe it.
 *
 * @since 0.1.0
 * @category rules
 */
export const shows = (
  answer: Item,
  call: {
    /** The new version; the newest of several. */
    readonly next: AssetId
    /** The target, if it is known to be a stack. */
    readonly stack: AssetId | undefined
  }
): boolean => {
  if (answer._tag === "Stack") return answer.newest !== undefined && sameId(answer.newest, call.next)
  const { parentId } = answer
  return (
    sameId(answer.id, call.next) && (call.stack === undefined || parentId === undefined || sameId(parentId, call.stack))
  )
}

/**
 * Whether a failed change may still be carried out later: there was no answer, or a gateway gave up waiting. After any
 * other failure the server is done with the request.
 *
 * @since 0.1.0
 * @category rules
 */
export const mayBeUnderWay = (error: FrameioError): boolean =>
  !("status" in error) || error.status === 502 || error.status === 503 || error.status === 504

/**
 * Whether a refusal can mean that the target is inside a stack, or the version already in its place. The status of a broken
 * rule is not documented; 422 would fit Frame.io's table of errors, and so would 409, 403, 404 and 400.
 *
 * @since 0.1.0
 * @category rules
 */
export const mayBeStacked = (error: FrameioError): boolean => {
  switch (error._tag) {
    case "FrameioInvalidArguments":
    case "FrameioConflict":
    case "FrameioForbidden":
    case "FrameioNotFound":
    case "FrameioBadRequest":
      return true
    case "FrameioUnexpectedResponse":
      return error.status === 400
    default:
      return false
  }
}
