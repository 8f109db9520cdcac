/**
 * Errors of version stacks, beside those of any call.
 *
 * @since 0.1.0
 */

import { AssetId } from "@effect-frameio/core/Asset"
import { FrameioError, Problem } from "@effect-frameio/core/FrameioError"
import * as Schema from "effect/Schema"

const KEY = "@effect-frameio/stacks/VersionStackError"

const list = (problems: ReadonlyArray<Problem>): string =>
  problems.map(({ assetId, message, path }) => `${assetId ?? (path === "" ? "the list" : path)} ${message}`).join("; ")

/**
 * The request breaks a rule of version stacks; nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotStackable extends Schema.TaggedError<NotStackable>(`${KEY}/NotStackable`)("FrameioNotStackable", {
  /** All faults at once. */
  problems: Schema.NonEmptyArray(Problem)
}) {
  override get message(): string {
    return `Nothing was sent, because this cannot be stacked: ${list(this.problems)}.`
  }
}

/**
 * A version is on another stack already; `VersionStack.takeOut` takes it out there.
 *
 * @since 0.1.0
 * @category errors
 */
export class AlreadyElsewhere extends Schema.TaggedError<AlreadyElsewhere>(`${KEY}/AlreadyElsewhere`)(
  "FrameioAlreadyElsewhere",
  {
    /** The version. */
    assetId: AssetId,
    /** The stack that it is on. */
    stackId: AssetId,
    /** The intended target: a stack, or a file. */
    wanted: AssetId
  }
) {
  override get message(): string {
    return `${this.assetId} is on another stack already, ${this.stackId}, and was not put on ${this.wanted}. Take it out there first, or leave it.`
  }
}

/**
 * The stack has versions of a list in another order, or with some of the list missing between them. New versions can go on
 * top only; `VersionStack.takeOut` takes those out that are before their turn.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutOfOrder extends Schema.TaggedError<OutOfOrder>(`${KEY}/OutOfOrder`)("FrameioOutOfOrder", {
  stackId: AssetId,
  /** The versions that are on the stack before their turn. */
  assetIds: Schema.NonEmptyArray(AssetId)
}) {
  override get message(): string {
    return `The stack ${this.stackId} already has versions that come later in the list: ${this.assetIds.join(", ")}. New versions go on top, so take these out and try again.`
  }
}

/**
 * The asset is not a version stack, and not inside one.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotInStack extends Schema.TaggedError<NotInStack>(`${KEY}/NotInStack`)("FrameioNotInStack", {
  assetId: AssetId,
  /** Its kind: `file`, `folder`, `version_stack`, `bundle`, or what Frame.io adds one day. */
  kind: Schema.String
}) {
  override get message(): string {
    return this.kind === "version_stack"
      ? `${this.assetId} is a version stack itself, and not a version inside one. Name the version, or take the stack apart.`
      : `${this.assetId} is a ${this.kind}, and neither a version stack nor inside one. Check the id.`
  }
}

/**
 * A file has no content, because its upload is still going on or never ended; it was not put on a stack, nor one made of
 * it.
 *
 * @since 0.1.0
 * @category errors
 */
export class WithoutContent extends Schema.TaggedError<WithoutContent>(`${KEY}/WithoutContent`)(
  "FrameioWithoutContent",
  {
    assetId: AssetId
  }
) {
  override get message(): string {
    return `${this.assetId} has no content yet: its upload is still going on, or never ended. Nothing was stacked with it. Try again when it is there, or delete it.`
  }
}

/**
 * A version is not on top of its stack: somebody else put one there meanwhile, or Frame.io puts moved files elsewhere. The
 * following versions were kept back, because they would be out of order.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotOnTop extends Schema.TaggedError<NotOnTop>(`${KEY}/NotOnTop`)("FrameioNotOnTop", {
  /** The version that should be on top. */
  assetId: AssetId,
  stackId: AssetId,
  /** The version on top instead, if Frame.io tells. */
  newest: Schema.optional(AssetId)
}) {
  override get message(): string {
    const instead = this.newest === undefined ? "" : `; ${this.newest} is`
    return `${this.assetId} was put on the stack ${this.stackId} and is not on top${instead}. Nothing more was put on it. Look at the stack, and put its versions in order there.`
  }
}

/**
 * A change was tried as often as allowed, and reading shows that it was not made.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotMade extends Schema.TaggedError<NotMade>(`${KEY}/NotMade`)("FrameioNotMade", {
  /** Such as `assets.version`. */
  endpoint: Schema.String,
  assetIds: Schema.Array(AssetId),
  attempts: Schema.Int,
  /** The last failure; absent if the answer was a success all the same. */
  failure: Schema.optional(FrameioError)
}) {
  override get message(): string {
    const times = this.attempts === 1 ? "once" : `${this.attempts} times`
    const last = this.failure === undefined ? "It was answered with success." : this.failure.message
    return `${this.endpoint} (${this.assetIds.join(", ")}): sent ${times}, but reading shows that it was not carried out. Try again later. ${last}`
  }
}

/**
 * It is not known whether a change was made: its answer was lost, and reading failed as well.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>(`${KEY}/OutcomeUnknown`)(
  "FrameioOutcomeUnknown",
  {
    /** Such as `assets.version`. */
    endpoint: Schema.String,
    assetIds: Schema.Array(AssetId),
    /** Why the outcome is not known; absent if a success proved nothing, or an earlier run got no answer. */
    failure: Schema.optional(FrameioError),
    /** Why it could not be read. */
    reading: FrameioError
  }
) {
  override get message(): string {
    return `${this.endpoint} (${this.assetIds.join(", ")}): it is not known whether the change was made. Try again when Frame.io can be read: a change that is in place is then seen, and not sent twice.${this.failure === undefined ? "" : ` ${this.failure.message}`} Reading failed, too: ${this.reading.message}`
  }
}

/**
 * Errors of version stacks.
 *
 * @example
 * ```ts
 * const { stackId } = yield* VersionStack.append({ onto: shot, next: take2 }).pipe(
 *   Effect.catchTag("FrameioAlreadyElsewhere", ({ stackId }) => Effect.succeed({ stackId }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const VersionStackError = Schema.Union(
  NotStackable,
  AlreadyElsewhere,
  OutOfOrder,
  NotInStack,
  WithoutContent,
  NotOnTop,
  NotMade,
  OutcomeUnknown
)

export type VersionStackError = typeof VersionStackError.Type
