/**
 * Everything that a call to Frame.io can fail with: one tagged error per documented status, and one for each way in
 * which there is no usable answer.
 *
 * The status alone decides which error it is, whatever the body holds: the documented JSON, plain text, a proxy's page
 * or nothing. All of them can be encoded as JSON, stored and decoded again, and none holds the token.
 *
 * Tags have the prefix `Frameio`: `NotFound` alone is a tag of `@effect/platform`'s `HttpApiError`, too, and one
 * `catchTag` in a server would catch both.
 *
 * @since 0.1.0
 */

import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import {
  DeadlineExceeded,
  MaxWaitExceeded,
  QueueFull,
  type RateLimitError,
  StoreUnavailable
} from "@effect-frameio/ratelimit/RateLimitError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { AssetId } from "./Asset.js"
import { entry } from "./internal/errorBody.js"
import { afterwards, said, subject, tries } from "./internal/errorText.js"
import { lazy } from "./internal/lazy.js"
import { isRefusal } from "./internal/status.js"
import * as text from "./SafeText.js"

/**
 * Whether the change that was asked for can have been made: surely not, perhaps, or surely. A read changes nothing, so
 * its errors always say `not-applied`.
 *
 * @since 0.1.0
 * @category models
 */
export const Outcome = Schema.Literal("not-applied", "unknown", "applied")

export type Outcome = typeof Outcome.Type

/**
 * One entry of Frame.io's `errors` list. Every field is optional, as documented.
 *
 * @since 0.1.0
 * @category models
 */
export const ErrorDetail = Schema.Struct({
  ...entry,
  /** V4 only: the path of the faulty field, such as `/data/file_ids`. */
  source: Schema.optional(Schema.Struct({ pointer: Schema.optional(Schema.String) }))
})

export interface ErrorDetail extends Schema.Schema.Type<typeof ErrorDetail> {}

/**
 * Something wrong with one field: where, and what.
 *
 * @since 0.1.0
 * @category models
 */
export const Problem = Schema.Struct({
  /** Such as `id`, `creator.name`, `[3].type`; empty for the body as a whole. */
  path: Schema.String,
  message: Schema.String,
  /** The asset within a list, where its id could be read. */
  assetId: Schema.optional(AssetId)
}).annotations({ identifier: "Problem" })

export interface Problem extends Schema.Schema.Type<typeof Problem> {}

const call = {
  /** Group and name in the declaration, such as `assets.version`. */
  endpoint: Schema.optionalWith(Schema.String, { default: () => "" }),
  /** The assets that the call was about, the one in the path first. */
  assetIds: Schema.optionalWith(Schema.Array(AssetId), { default: () => [] }),
  /** How often a request was sent, or tried to be sent. */
  attempts: Schema.optionalWith(Schema.Int, { default: () => 1 }),
  /** The time spent in the rate limit's queue and between attempts, in ms when encoded. */
  waited: Schema.optionalWith(Schema.DurationFromMillis, { default: () => Duration.zero })
}

const outcome = (value: Outcome) => ({
  /** Whether the change can have been made. */
  outcome: Schema.optionalWith(Outcome, { default: () => value })
})

const notApplied = outcome("not-applied")
const unknown = outcome("unknown")

const answer = {
  ...call,
  /** Frame.io's `message`, where the body had one. */
  title: Schema.optional(Schema.String),
  /** Frame.io's `errors`, where the body had them. */
  errors: Schema.optionalWith(Schema.Array(ErrorDetail), { default: () => [] }),
  /** The first 500 characters of the body, on one line. */
  body: Schema.optionalWith(Schema.String, { default: () => "" })
}

const status = <const S extends number>(value: S) => ({
  status: Schema.optionalWith(Schema.Literal(value), { default: () => value })
})

const KEY = "@effect-frameio/core/FrameioError"

/**
 * 400: the request is not one that Frame.io understands. It is documented for the parts of a realtime upload only; from
 * any other endpoint a 400 is an {@link UnexpectedResponse}.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadRequest extends Schema.TaggedError<BadRequest>(`${KEY}/BadRequest`)("FrameioBadRequest", {
  ...answer,
  ...notApplied,
  ...status(400)
}) {
  override get message(): string {
    return `${subject(this)} Frame.io refused the request (400). Check that the asset was created for a realtime upload, that every part but the final one has at least 5 MiB, and that the file's size comes with the final one.${said(this)}${afterwards(this)}`
  }
}

/**
 * 401: the token is missing, wrong, expired or revoked.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>(`${KEY}/Unauthorized`)("FrameioUnauthorized", {
  ...answer,
  ...notApplied,
  ...status(401)
}) {
  override get message(): string {
    const todo = isOfV2(this.endpoint)
      ? "Create a new one at https://developer.frame.io."
      : "Log in again where it came from: at Adobe, or for a developer token at https://developer.frame.io."
    return `${subject(this)} Frame.io does not accept the token (401): it is wrong, expired or revoked. ${todo}${said(this)}${afterwards(this)}`
  }
}

/**
 * 402: the account's plan is used up.
 *
 * @since 0.1.0
 * @category errors
 */
export class UsageExceeded extends Schema.TaggedError<UsageExceeded>(`${KEY}/UsageExceeded`)("FrameioUsageExceeded", {
  ...answer,
  ...notApplied,
  ...status(402)
}) {
  override get message(): string {
    return `${subject(this)} the account's plan is used up (402). Free some of it, or have the account's owner change the plan; sending again will not help.${said(this)}${afterwards(this)}`
  }
}

/**
 * 403: the user's rights or the token's scopes do not allow it, or the network is blocked.
 *
 * @since 0.1.0
 * @category errors
 */
export class Forbidden extends Schema.TaggedError<Forbidden>(`${KEY}/Forbidden`)("FrameioForbidden", {
  ...answer,
  ...notApplied,
  ...status(403)
}) {
  override get message(): string {
    const scopes = isStacking(this.endpoint)
      ? "the token needs the scopes asset.read and asset.update, and its user rights on both assets"
      : isOfV2(this.endpoint)
        ? "the token may lack a scope, or its user the rights on the asset"
        : "the token's user may lack the rights on the asset"
    return `${subject(this)} not allowed (403): ${scopes}; some accounts also block networks.${said(this)}${afterwards(this)}`
  }
}

/**
 * 404: an asset was moved or deleted, or the token's user may not see it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFound extends Schema.TaggedError<NotFound>(`${KEY}/NotFound`)("FrameioNotFound", {
  ...answer,
  ...notApplied,
  ...status(404)
}) {
  override get message(): string {
    const which =
      this.assetIds.length > 1
        ? "one of these assets was"
        : this.assetIds.length === 1
          ? "the asset was"
          : "what it names was"
    return `${subject(this)} not found (404): ${which} moved or deleted, or the token's user cannot see it. Check the ids and the account.${said(this)}${afterwards(this)}`
  }
}

/**
 * 409: what was to be made exists already.
 *
 * @since 0.1.0
 * @category errors
 */
export class Conflict extends Schema.TaggedError<Conflict>(`${KEY}/Conflict`)("FrameioConflict", {
  ...answer,
  ...notApplied,
  ...status(409)
}) {
  override get message(): string {
    return `${subject(this)} exists already (409). Read the asset, or its stack: it may be in place, or somebody else changed it meanwhile.${said(this)}${afterwards(this)}`
  }
}

/** The rules of calls that have few. */
const RULES: ReadonlyMap<string, string> = new Map([
  [
    "assets.version",
    "A file goes on a file or a stack of the same type; a file inside a stack gets no versions, its stack does."
  ],
  ["assets.unversion", "The asset must be one version inside a stack, not the stack itself."]
])

/**
 * 422: Frame.io refused an argument.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidArguments extends Schema.TaggedError<InvalidArguments>(`${KEY}/InvalidArguments`)(
  "FrameioInvalidArguments",
  {
    ...answer,
    ...notApplied,
    ...status(422),
    /** The rule that was broken, in a sentence, where reading has shown it. */
    rule: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    const rules = this.rule ?? RULES.get(this.endpoint) ?? "Sending the same again will not help."
    return `${subject(this)} Frame.io refused the arguments (422). ${rules}${this.rule === undefined ? said(this) : ""}${afterwards(this)}`
  }
}

/**
 * 429: the rate limit refused the request as often as the retry policy allows. The scheduler makes this rare; when it
 * happens, somebody else is using up the same user's limit.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimited extends Schema.TaggedError<RateLimited>(`${KEY}/RateLimited`)("FrameioRateLimited", {
  ...answer,
  ...notApplied,
  ...status(429)
}) {
  override get message(): string {
    const times = this.attempts === 1 ? "once" : `${this.attempts} times`
    return `${subject(this)} the rate limit refused this ${times} (429), after ${DurationText.words(Duration.toMillis(this.waited))} of waiting. Something else uses the same user's limit: stop it, or try again later.${afterwards(this)}`
  }
}

/**
 * 5xx: Frame.io, or something in front of it, failed. Reads were tried again before this; writes were not, because
 * they may have been carried out.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerError extends Schema.TaggedError<ServerError>(`${KEY}/ServerError`)("FrameioServerError", {
  ...answer,
  ...unknown,
  /** 500 to 599. */
  status: Schema.optionalWith(Schema.Int, { default: () => 500 })
}) {
  override get message(): string {
    return `${subject(this)} the server failed (${this.status}). Frame.io's documentation says that this is usually a malformed request or its limit of 30 seconds.${said(this)}${tries(this)}${afterwards(this)}`
  }
}

/**
 * A status that is not documented, redirections included: they are not followed, because the token would go along.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>(`${KEY}/UnexpectedResponse`)(
  "FrameioUnexpectedResponse",
  {
    ...answer,
    ...unknown,
    /** As it came; 0 where a browser hides a redirection. */
    status: Schema.Int,
    /** On a redirection: the host it points to. */
    redirectHost: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    const what =
      this.status === 0 || (this.status >= 300 && this.status < 400)
        ? `a redirection (${this.status})${this.redirectHost === undefined ? "" : ` to ${this.redirectHost}`}, which is not followed because it would get the token, too. Check the base URL.`
        : this.status === 400 || (this.status >= 402 && this.status < 500)
          ? `an undocumented refusal (${this.status}). Check the base URL and the arguments.`
          : `an undocumented status (${this.status}). Check the base URL, and any proxy between this machine and Frame.io.`
    return `${subject(this)} ${what}${said(this)}${afterwards(this)}`
  }
}

/**
 * No answer, because there was no connection (`NotSent`), because it broke before the answer was complete
 * (`AnswerLost`), or because no request could be made of the arguments (`NotSendable`).
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>(`${KEY}/TransportError`)(
  "FrameioTransportError",
  {
    ...call,
    ...unknown,
    reason: Schema.Literal("NotSent", "AnswerLost", "NotSendable"),
    /** The system's code, such as `ECONNREFUSED`, where there is one. */
    code: Schema.optional(Schema.String),
    /** The cause in its own words. */
    detail: Schema.optionalWith(Schema.String, { default: () => "" })
  }
) {
  override get message(): string {
    const why = this.detail === "" || this.detail === this.code ? "" : ` Cause: ${text.excerpt(this.detail, 200)}.`
    // The system's own words have its code in them.
    const code = this.code === undefined || why.includes(this.code) ? "" : ` (${this.code})`
    switch (this.reason) {
      case "NotSent":
        return `${subject(this)} no connection${code}, so nothing was sent. Check the network, the proxy and the base URL.${why}${tries(this)}`
      case "AnswerLost":
        return `${subject(this)} the connection broke before the answer was complete${code}.${why}${tries(this)}${afterwards(this)}`
      case "NotSendable":
        return `${subject(this)} the request could not be made${code}; nothing was sent. Check the base URL.${why}`
    }
  }
}

/**
 * No complete answer in time. Frame.io itself gives up after 30 seconds, so the request or its answer was lost.
 *
 * @since 0.1.0
 * @category errors
 */
export class RequestTimeout extends Schema.TaggedError<RequestTimeout>(`${KEY}/RequestTimeout`)(
  "FrameioRequestTimeout",
  {
    ...call,
    ...unknown,
    /** The time that one attempt may take, in ms. */
    timeoutMillis: Schema.Number
  }
) {
  override get message(): string {
    return `${subject(this)} no complete answer within ${DurationText.words(this.timeoutMillis)}.${tries(this)}${afterwards(this)}`
  }
}

/**
 * An answer that says it succeeded and is not what is documented: not JSON at all, without a field that identifies what
 * it shows, or beyond the bounds of what is read (64 MiB, 500 levels of nesting).
 *
 * @since 0.1.0
 * @category errors
 */
export class DecodeError extends Schema.TaggedError<DecodeError>(`${KEY}/DecodeError`)("FrameioDecodeError", {
  ...call,
  ...unknown,
  /** 200 to 204. */
  status: Schema.optionalWith(Schema.Int, { default: () => 200 }),
  /** The problems, at most ten. */
  problems: Schema.NonEmptyArray(Problem),
  /** The first 500 characters of the body, on one line. */
  body: Schema.optionalWith(Schema.String, { default: () => "" })
}) {
  override get message(): string {
    const [first] = this.problems
    // Frame.io's own answers are JSON; what is not need not be Frame.io's.
    if (first.path === "" && this.outcome !== "applied") {
      const what = text.words(this.body, 160)
      const shown = what === "" ? "" : `: "${what}"`
      return `${subject(this)} the answer ${first.message}${shown}. Something other than Frame.io answered: check the base URL and any proxy or login page in between.${afterwards(this)}`
    }
    const list = this.problems.map((problem) => {
      const where = problem.path === "" ? "the body" : problem.path
      return `${where}${problem.assetId === undefined ? "" : ` of asset ${problem.assetId}`}: ${problem.message}`
    })
    return `${subject(this)} the answer is not as documented. ${list.join("; ")}.${afterwards(this)}`
  }
}

/**
 * There is no token to send: its source failed, or gave something that cannot be one. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsError extends Schema.TaggedError<CredentialsError>(`${KEY}/CredentialsError`)(
  "FrameioCredentialsError",
  {
    ...call,
    ...notApplied,
    /** The message of the token's source. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `${subject(this)} no token could be obtained, so nothing was sent. ${text.excerpt(this.detail, 300)}`
  }
}

/**
 * A list is not known to be whole: assets left it while it was read, so that others moved to pages that had been read, or
 * fewer came than were told.
 *
 * @since 0.1.0
 * @category errors
 */
export class ListIncomplete extends Schema.TaggedError<ListIncomplete>(`${KEY}/ListIncomplete`)(
  "FrameioListIncomplete",
  {
    endpoint: call.endpoint,
    assetIds: call.assetIds,
    ...notApplied,
    /** Items that were seen. */
    seen: Schema.Int,
    /** Items that there should be, where it was told. */
    total: Schema.optional(Schema.Int)
  }
) {
  override get message(): string {
    const of = this.total === undefined ? "" : ` of ${this.total}`
    return `${subject(this)} the list is incomplete: ${this.seen}${of} items were seen. Read it again when nobody moves or deletes items in it.`
  }
}

/**
 * The arguments cannot be right, so nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>(`${KEY}/InvalidRequest`)(
  "FrameioInvalidRequest",
  {
    endpoint: call.endpoint,
    assetIds: call.assetIds,
    ...notApplied,
    /** Everything that is wrong. */
    problems: Schema.NonEmptyArray(Problem)
  }
) {
  override get message(): string {
    const list = this.problems.map(
      (problem) => `${problem.path === "" ? "arguments" : problem.path}: ${problem.message}`
    )
    return `${subject(this)} nothing was sent. ${list.join("; ")}.`
  }
}

/** Only V4 has Adobe's tokens, and takes no notice of scopes. */
const isOfV2 = (endpoint: string): boolean => endpoint === "" || endpoint.startsWith("assets.")

const isStacking = (endpoint: string): boolean => endpoint === "assets.version" || endpoint === "assets.unversion"

/**
 * The errors that a refusing status can mean for a read.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadStatusError =
  | Unauthorized
  | UsageExceeded
  | Forbidden
  | NotFound
  | InvalidArguments
  | RateLimited
  | ServerError
  | UnexpectedResponse

/**
 * The errors that a refusing status can mean for a write.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteStatusError = ReadStatusError | Conflict

/**
 * The errors that a refusing status can mean when URLs for realtime parts are requested.
 *
 * @since 0.1.0
 * @category errors
 */
export type RealtimeStatusError = WriteStatusError | BadRequest

/**
 * The errors of a call that have no status: no answer, an unusable one, or no request sent.
 *
 * @since 0.1.0
 * @category errors
 */
export type CallError =
  | TransportError
  | RequestTimeout
  | DecodeError
  | InvalidRequest
  | CredentialsError
  | RateLimitError

/**
 * Everything that a reading call can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReadError = ReadStatusError | CallError

/**
 * Everything that reading a whole list can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ListError = ReadError | ListIncomplete

/**
 * Everything that a changing call can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type WriteError = WriteStatusError | CallError

/**
 * Everything that asking for the URLs of a realtime upload can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type RealtimeError = RealtimeStatusError | CallError

/**
 * The whole family, as a schema: errors can be stored and read back.
 *
 * @example
 * ```ts
 * const stack = yield* frameio.version({ assetId: shot, nextAssetId: take2 }).pipe(
 *   Effect.asSome,
 *   Effect.catchTag("FrameioNotFound", () => Effect.succeedNone),
 *   Effect.tapError((error) => Console.error(`${FrameioError.outcomeOf(error)}: ${error.message}`))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const FrameioError = Schema.Union(
  BadRequest,
  Unauthorized,
  UsageExceeded,
  Forbidden,
  NotFound,
  Conflict,
  InvalidArguments,
  RateLimited,
  ServerError,
  UnexpectedResponse,
  TransportError,
  RequestTimeout,
  DecodeError,
  InvalidRequest,
  CredentialsError,
  ListIncomplete,
  QueueFull,
  MaxWaitExceeded,
  DeadlineExceeded,
  StoreUnavailable
)

export type FrameioError = typeof FrameioError.Type

/**
 * Whether a value is one of the family.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFrameioError = (u: unknown): u is FrameioError => isOneOfThem()(u)

const isOneOfThem = lazy(() => Schema.is(FrameioError))

/**
 * The member of the family inside a rejection of `Effect.runPromise`, which wraps errors, or the value itself where it is
 * one.
 *
 * ```ts
 * try {
 *   await Effect.runPromise(program)
 * } catch (reason) {
 *   const error = FrameioError.fromRejection(reason)
 *   if (error instanceof FrameioError.NotFound) console.error(error.assetIds)
 *   else throw reason
 * }
 * ```
 *
 * @since 0.1.0
 * @category promises
 */
export const fromRejection = (reason: unknown): FrameioError | undefined => {
  const inner = Runtime.isFiberFailure(reason) ? Cause.squash(reason[Runtime.FiberFailureCauseId]) : reason
  return isFrameioError(inner) ? inner : undefined
}

/**
 * Runs an effect to a promise that is rejected with the error itself, so that `instanceof` and {@link isFrameioError}
 * recognise it.
 *
 * @since 0.1.0
 * @category promises
 */
export const runPromise = <A, E>(
  effect: Effect.Effect<A, E>,
  options?: {
    /** Interrupts the effect when it is aborted. */
    readonly signal?: AbortSignal
  }
): Promise<A> =>
  Effect.runPromiseExit(effect, options).then((exit) =>
    Exit.isSuccess(exit) ? exit.value : Promise.reject(Cause.squash(exit.cause))
  )

/**
 * Whether the change can have been made when a call fails with this error. What the scheduler refuses was never sent.
 *
 * @since 0.1.0
 * @category reading
 */
export const outcomeOf = (error: FrameioError): Outcome => ("outcome" in error ? error.outcome : "not-applied")

/**
 * The subject of a failure:
 *
 * - `asset`: this call and the assets that it names. Other calls may well succeed.
 * - `account`: the token, the account, or how the client is set up. Every other call fails the same way.
 * - `moment`: the network, the server or the rate limit, now. The same call may succeed later.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "asset" | "account" | "moment"

/**
 * The subject of a failure.
 *
 * @since 0.1.0
 * @category reading
 */
export const kindOf = (error: FrameioError): Kind => {
  switch (error._tag) {
    case "FrameioBadRequest":
    case "FrameioForbidden":
    case "FrameioNotFound":
    case "FrameioConflict":
    case "FrameioInvalidArguments":
    case "FrameioInvalidRequest":
      return "asset"
    case "FrameioUnauthorized":
    case "FrameioUsageExceeded":
    case "FrameioCredentialsError":
      return "account"
    case "FrameioTransportError":
      return error.reason === "NotSendable" ? "account" : "moment"
    case "FrameioUnexpectedResponse":
      return isRefusal(error.status) ? "asset" : "moment"
    case "FrameioDecodeError":
      // A page of a proxy in Frame.io's place is not JSON, and its outcome is unknown; a field that is odd is the asset's.
      return error.outcome === "unknown" || !/^\s*[[{]/.test(error.body) ? "moment" : "asset"
    case "FrameioRateLimited":
    case "FrameioServerError":
    case "FrameioRequestTimeout":
    case "FrameioListIncomplete":
    case "FrameioQueueFull":
    case "FrameioMaxWaitExceeded":
    case "FrameioDeadlineExceeded":
    case "FrameioStoreUnavailable":
      return "moment"
  }
}

/**
 * The message without its leading call and ids, for contexts where these are known.
 *
 * @since 0.1.0
 * @category reading
 */
export const reasonOf = (error: FrameioError): string => {
  const call = "endpoint" in error ? `${subject(error)} ` : "route" in error ? `${error.route}: ` : ""
  return error.message.startsWith(call) ? error.message.slice(call.length) : error.message
}
