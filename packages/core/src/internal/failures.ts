/** Decides on a failed attempt: retry, or the public error. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Transport from "@effect-frameio/ratelimit/Transport"
import * as Data from "effect/Data"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { AssetId } from "../Asset.js"
import type { TooLarge } from "../DirectHttpClient.js"
import * as FrameioError from "../FrameioError.js"
import * as RetryPolicy from "../RetryPolicy.js"
import * as SafeText from "../SafeText.js"
import type * as Answer from "./answer.js"
import * as Call from "./call.js"
import { isSuccess } from "./status.js"
import type * as StatusError from "./statusError.js"

/** @internal */
export interface Verdict<E> {
  /** Absent where trying again cannot help. */
  readonly failure: RetryPolicy.Failure | undefined
  readonly error: () => E
}

/**
 * No complete answer in time; the public error also knows of the other attempts.
 *
 * @internal
 */
export class TimedOut extends Data.TaggedError("TimedOut")<{ readonly millis: number }> {}

/** @internal */
export type Unanswered = TimedOut | TooLarge | HttpClientError.HttpClientError

/** @internal */
export const isUnanswered = <E extends { readonly _tag: string }>(error: E | Unanswered): error is Unanswered =>
  error._tag === "TimedOut" ||
  error._tag === "TooLarge" ||
  error._tag === "RequestError" ||
  error._tag === "ResponseError"

/**
 * The error of credentials, which know of no call.
 *
 * @internal
 */
export const ofCredentials = (
  call: Call.Call,
  { detail }: FrameioError.CredentialsError
): FrameioError.CredentialsError => new FrameioError.CredentialsError({ ...Call.context(call), detail })

/**
 * The outcome of an attempt, apart from its answer.
 *
 * @internal
 */
export interface Circumstances {
  readonly call: Call.Call
  /** Removed from everything that an error says. */
  readonly secret: string
  /** Whether the wire saw more requests than the one that was sent, so that a refusal may be the answer to the second. */
  readonly repeated: boolean
}

const outcome = ({ call, repeated }: Circumstances, otherwise: FrameioError.Outcome): FrameioError.Outcome =>
  call.endpoint.reads ? "not-applied" : repeated && otherwise === "not-applied" ? "unknown" : otherwise

/**
 * The outcome when no answer of Frame.io's arrived.
 *
 * @internal
 */
export const ofError = (
  attempt: Circumstances,
  error: Unanswered
): Verdict<FrameioError.TransportError | FrameioError.RequestTimeout | FrameioError.DecodeError> => {
  const { call, secret } = attempt
  switch (error._tag) {
    case "TimedOut":
      return {
        failure: "AnswerLost",
        error: () =>
          new FrameioError.RequestTimeout({
            ...Call.context(call),
            outcome: outcome(attempt, "unknown"),
            timeoutMillis: error.millis
          })
      }
    case "TooLarge":
      return {
        failure: undefined,
        error: () => unusable(attempt, error.status, "", "is larger than any answer that is documented")
      }
    case "RequestError":
    case "ResponseError":
      return ofConnection(attempt, error, secret)
  }
}

const ofConnection = (
  attempt: Circumstances,
  error: HttpClientError.HttpClientError,
  secret: string
): Verdict<FrameioError.TransportError> => {
  const { call } = attempt
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return {
      failure: undefined,
      error: () =>
        new FrameioError.TransportError({
          ...Call.context(call),
          reason: "NotSendable",
          outcome: "not-applied",
          detail: SafeText.excerpt(SafeText.scrub(error.description ?? error.reason, secret))
        })
    }
  }
  const { code, detail, hopeless, neverSent } = Transport.diagnose(error.cause ?? error.description)
  const answered = error._tag === "ResponseError" && isSuccess(error.response.status)
  return {
    failure: hopeless ? undefined : neverSent ? "NotSent" : "AnswerLost",
    error: () =>
      new FrameioError.TransportError({
        ...Call.context(call),
        reason: neverSent ? "NotSent" : "AnswerLost",
        outcome: outcome(attempt, neverSent ? "not-applied" : answered ? "applied" : "unknown"),
        detail: SafeText.excerpt(SafeText.scrub(detail, secret)),
        ...(code === undefined ? {} : { code })
      })
  }
}

/** @internal */
export const ofAnswer = <E>(
  { call, repeated, secret }: Circumstances,
  { body, headers, status }: Answer.Answer,
  fromAnswer: (answer: StatusError.Refusal) => E
): Verdict<E> => ({
  failure: RetryPolicy.failureOf(status),
  error: () =>
    fromAnswer({
      ...Call.context(call),
      status,
      body,
      writes: !call.endpoint.reads,
      repeated,
      location: headers.location,
      secret
    })
})

const isAssetId = Schema.is(AssetId)

const idAt = (body: unknown, path: ReadonlyArray<PropertyKey>): AssetId | undefined => {
  const [index] = path
  const item: unknown = Array.isArray(body) && typeof index === "number" ? body[index] : body
  const id: unknown = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  return isAssetId(id) ? id : undefined
}

/**
 * One line for each field, the innermost: one that may be of several types fails once for each.
 *
 * @internal
 */
export const byField = (
  failure: ParseResult.ParseIssue,
  describe: (issue: ParseResult.ArrayFormatterIssue) => FrameioError.Problem
): readonly [FrameioError.Problem, ...Array<FrameioError.Problem>] => {
  const fields = new Map<string, FrameioError.Problem>()
  for (const issue of ParseResult.ArrayFormatter.formatIssueSync(failure)) {
    const problem = describe(issue)
    if (!fields.has(problem.path) && fields.size < 10) fields.set(problem.path, problem)
  }
  const paths = [...fields.keys()]
  for (const path of paths) {
    if (path !== "" && paths.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[`))) {
      fields.delete(path)
    }
  }
  const [first = { path: "", message: "is not as documented" }, ...rest] = fields.values()
  return [first, ...rest]
}

/**
 * The error of an answer that is JSON, but not as documented. Frame.io sent it, so the change was made.
 *
 * @internal
 */
export const undecodable = (
  attempt: Circumstances,
  { body, status }: Answer.Answer,
  json: unknown,
  failure: ParseResult.ParseIssue
): FrameioError.DecodeError => {
  if (typeof json !== "object" || json === null) return unusable(attempt, status, body, "is not JSON")
  const { call, secret } = attempt
  return new FrameioError.DecodeError({
    ...Call.context(call),
    status,
    outcome: outcome(attempt, "applied"),
    problems: byField(failure, (issue) => {
      const assetId = idAt(json, issue.path)
      return {
        path: SafeText.fieldPath(issue.path),
        message: SafeText.excerpt(SafeText.scrub(issue.message, secret), 200),
        ...(assetId === undefined ? {} : { assetId })
      }
    }),
    body: SafeText.excerpt(SafeText.scrub(body, secret))
  })
}

/**
 * The error of an answer that is not JSON, or too much of it.
 *
 * @internal
 */
export const unparsable = (
  attempt: Circumstances,
  { body, status }: Answer.Answer,
  why: "not JSON" | "too deep"
): FrameioError.DecodeError =>
  unusable(
    attempt,
    status,
    body,
    why === "too deep" ? "is nested deeper than any that is documented" : body === "" ? "is empty" : "is not JSON"
  )

/**
 * The error of an unreadable answer. It may be a proxy's, which may or may not have passed the request on.
 *
 * @internal
 */
const unusable = (attempt: Circumstances, status: number, body: string, why: string): FrameioError.DecodeError =>
  new FrameioError.DecodeError({
    ...Call.context(attempt.call),
    status,
    outcome: outcome(attempt, "unknown"),
    problems: [{ path: "", message: why }],
    body: SafeText.excerpt(SafeText.scrub(body, attempt.secret))
  })
