/** From a request to its value or its error: the attempts of a call, whichever endpoint it goes to. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { AssetId } from "../Asset.js"
import type * as FrameioApi from "../FrameioApi.js"
import * as FrameioConfig from "../FrameioConfig.js"
import type * as FrameioError from "../FrameioError.js"
import * as RetryPolicy from "../RetryPolicy.js"
import * as Answer from "./answer.js"
import * as Call from "./call.js"
import * as Failures from "./failures.js"
import * as deadlines from "./fast/deadlines.js"
import * as direct from "./fast/direct.js"
import * as json from "./json.js"
import * as meters from "./meters.js"
import { isSuccess } from "./status.js"
import type * as StatusError from "./statusError.js"

/** @internal */
export interface Options {
  readonly timeout: Duration.DurationInput
  readonly retry: RetryPolicy.Options | undefined
  readonly transformClient: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  readonly tracePropagation: boolean
}

/**
 * The subject of a call.
 *
 * @internal
 */
export interface Subject<A, S> {
  readonly endpoint: FrameioApi.Endpoint
  readonly assetIds: ReadonlyArray<AssetId>
  /** Without the token. */
  readonly request: HttpClientRequest.HttpClientRequest
  readonly fromAnswer: (answer: StatusError.Refusal) => S
  readonly decode: (json: unknown, answer: Answer.Answer) => Either.Either<A, ParseResult.ParseIssue>
  /** The value of an answer without a body, such as a 204. */
  readonly empty?: (() => A) | undefined
}

/**
 * Forbids redirections, because the token would go along. The rest of the program's own `RequestInit`, which is read where
 * the client is made and where it is called, stays in force.
 */
const withManualRedirect = (around: Context.Context<never>) => {
  const outer = Option.getOrUndefined(Context.getOption(around, FetchHttpClient.RequestInit))
  const standard: RequestInit = { ...outer, redirect: "manual" }
  return (inner: Context.Context<never>): RequestInit => {
    const own = Option.getOrUndefined(Context.getOption(inner, FetchHttpClient.RequestInit))
    return own === undefined || own === outer ? standard : { ...own, redirect: "manual" }
  }
}

/**
 * One attempt as the wire sees it. `HttpClient` asks `currentTracerDisabledWhen` once for each request on the wire, below
 * all wrappers of the program: so a wrapper that sends again is noticed.
 */
class Wire {
  requests = 0

  readonly isUntraced = (): boolean => {
    this.requests++
    return true
  }
}

/** The context of an attempt: the caller's, within the call's span. */
const surroundings = (
  call: Call.Call,
  wire: Wire,
  requestInit: (inner: Context.Context<never>) => RequestInit
): deadlines.Surroundings<never> => ({
  context: (outer) =>
    // One copy: the context may be large.
    Context.unsafeMake(
      new Map<string, unknown>(outer.unsafeMap)
        .set(Tracer.ParentSpan.key, call.span)
        .set(FetchHttpClient.RequestInit.key, requestInit(outer))
    ),
  // The call has a span of its own. No span for each attempt: its attributes may have the token unredacted.
  updateRefs: (refs, fiberId) => {
    const counted = FiberRefs.updateAs(refs, {
      fiberId,
      fiberRef: HttpClient.currentTracerDisabledWhen,
      value: wire.isUntraced
    })
    // `HttpClient` does not ask when tracing is off.
    return FiberRefs.getOrDefault(refs, FiberRef.currentTracerEnabled)
      ? counted
      : FiberRefs.updateAs(counted, { fiberId, fiberRef: FiberRef.currentTracerEnabled, value: true })
  }
})

/** Before a token is known. */
const NONE = Redacted.make("")

const typeOf = (error: { readonly _tag: string; readonly status?: number }): string =>
  error.status === undefined || error._tag === "FrameioDecodeError" ? error._tag : String(error.status)

/**
 * Makes the sender of a client's calls.
 *
 * @internal
 */
export const make = (options: Options) =>
  Effect.gen(function* () {
    const { baseUrl, credentials } = yield* FrameioConfig.FrameioConfig
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const given = yield* HttpClient.HttpClient
    const requestInit = withManualRedirect(yield* Effect.context<never>())
    const http = options.transformClient === undefined ? given : options.transformClient(given)
    const timeoutMillis = Duration.toMillis(options.timeout)
    const timedOut = () => new Failures.TimedOut({ millis: timeoutMillis })
    const deadline = deadlines.make(timeoutMillis)
    const shortcut = direct.sendBy(http, deadline, timedOut)
    const policy = RetryPolicy.make(options.retry)
    const port = baseUrl.port === "" ? (baseUrl.protocol === "https:" ? 443 : 80) : Number(baseUrl.port)
    let hasWarned = false

    /** Sent, answered and read within the time. */
    const send = (call: Call.Call, wire: Wire, request: HttpClientRequest.HttpClientRequest, secret: string) =>
      shortcut === undefined
        ? deadline.ofEffect(
            Effect.flatMap(http.execute(request), Answer.read(secret, isSuccess, false)),
            surroundings(call, wire, requestInit),
            timedOut
          )
        : shortcut(request, secret)

    /** The same, counted, measured and told to the call's span. */
    const watched = (call: Call.Call, wire: Wire, request: HttpClientRequest.HttpClientRequest, secret: string) =>
      Effect.clockWith((clock) => {
        Call.attempted(call, 1)
        const started = clock.unsafeCurrentTimeNanos()
        const over = (status: string) => {
          const ended = clock.unsafeCurrentTimeNanos()
          if (wire.requests > 1) Call.attempted(call, wire.requests - 1)
          meters.record(call.endpoint.name, status, ended - started)
          call.span.event("attempt", started, {
            "frameio.attempt": call.attempts,
            "frameio.status": status,
            "frameio.duration_ms": Number(ended - started) / 1e6
          })
        }
        return Effect.matchEffect(send(call, wire, request, secret), {
          onFailure: (error) => {
            over(error._tag)
            return Effect.fail(error)
          },
          onSuccess: (answer) => {
            over(String(answer.status))
            call.span.attribute("http.response.status_code", answer.status)
            return Effect.succeed(answer)
          }
        })
      })

    const warn = (call: Call.Call, wire: Wire): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (hasWarned) return Effect.void
        hasWarned = true
        return Effect.logWarning(
          `${call.endpoint.name}: the HttpClient sent ${wire.requests} requests where one was asked for. Something around it sends again (retry, retryTransient, followRedirects), so a change may be made twice, and its outcome is reported as unknown. Remove it from the HttpClient: this client itself sends again what is safe, as its retry option says.`
        )
      })

    /** Attempts until one succeeds or the policy gives up; every failure becomes its public error. */
    const attempts = <A, S>(
      { assetIds, decode, empty, endpoint, fromAnswer, request }: Subject<A, S>,
      span: Tracer.Span
    ): Effect.Effect<A, S | FrameioError.CallError> => {
      type E = S | FrameioError.CallError
      const call = Call.make(endpoint, assetIds, span)
      span.attribute("server.address", baseUrl.hostname)
      span.attribute("server.port", port)
      const untokened = options.tracePropagation
        ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span))
        : request
      let isRenewed = false

      const again = (attempt: Failures.Circumstances, verdict: Failures.Verdict<E>): Effect.Effect<A, E> => {
        const { failure } = verdict
        const { reads } = call.endpoint
        // The refusal may answer a second request of this attempt, after the first was carried out.
        if (failure === undefined || (attempt.repeated && !reads)) return Effect.fail(verdict.error())
        if (!Call.isSpared(call)) call.failures = RetryPolicy.failed(call.failures, failure)
        return Effect.flatMap(Random.next, (random) => {
          const delay = RetryPolicy.decide(policy, { failure, reads, failures: call.failures, random })
          if (delay === undefined) return Effect.fail(verdict.error())
          const logged = Effect.withParentSpan(
            Effect.logDebug(
              `${call.endpoint.name}: attempt ${call.attempts} failed (${failure}), trying again in ${Math.round(delay)} ms`
            ),
            call.span
          )
          if (delay === 0) return Effect.zipRight(logged, once)
          Call.waited(call, delay)
          return Effect.zipRight(Effect.zipRight(logged, Effect.sleep(delay)), once)
        })
      }

      /** Once for each call: a token that is refused again will be refused a third time. */
      const renewed = (
        attempt: Failures.Circumstances,
        token: Redacted.Redacted<string>,
        verdict: Failures.Verdict<E>
      ): Effect.Effect<A, E> => {
        if (isRenewed || attempt.repeated) return again(attempt, verdict)
        isRenewed = true
        return Effect.flatMap(
          Effect.mapError(credentials.renew(token), withCall),
          Option.match({ onNone: () => again(attempt, verdict), onSome: () => once })
        )
      }

      const withCall = (error: FrameioError.CredentialsError): FrameioError.CredentialsError =>
        Failures.ofCredentials(call, error)

      const settle = (attempt: Failures.Circumstances, token: Redacted.Redacted<string>, answer: Answer.Answer) => {
        if (!isSuccess(answer.status)) {
          const verdict = Failures.ofAnswer(attempt, answer, fromAnswer)
          return answer.status === 401 ? renewed(attempt, token, verdict) : again(attempt, verdict)
        }
        if (answer.status === 204 && empty !== undefined) return Effect.succeed(empty())
        const parsed = json.parse(answer.body)
        if (Either.isLeft(parsed)) return Effect.fail(Failures.unparsable(attempt, answer, parsed.left))
        const value = decode(parsed.right, answer)
        return Either.isLeft(value)
          ? Effect.fail(Failures.undecodable(attempt, answer, parsed.right, value.left))
          : Effect.succeed(value.right)
      }

      const once: Effect.Effect<A, E> = Effect.suspend(() => {
        const wire = new Wire()
        let token = NONE
        const sent = Effect.flatMap(Effect.mapError(credentials.token, withCall), (present) => {
          token = present
          const secret = Redacted.value(present)
          return watched(
            call,
            wire,
            HttpClientRequest.setHeader(untokened, "authorization", `Bearer ${secret}`),
            secret
          )
        })
        const attempt = Effect.flatMap(Effect.mapError(credentials.owner, withCall), (owner) =>
          scheduler.schedule(
            { owner, route: endpoint.route },
            {
              onWaited: (millis) => Call.waited(call, millis),
              onRefused: (othersPassed) => Call.refused(call, othersPassed)
            }
          )(sent)
        )
        const circumstances = (present: Redacted.Redacted<string>): Failures.Circumstances => ({
          call,
          secret: Redacted.value(present),
          repeated: wire.requests > 1
        })
        const told = <B, F>(effect: Effect.Effect<B, F>): Effect.Effect<B, F> =>
          wire.requests > 1 ? Effect.zipRight(warn(call, wire), effect) : effect
        return Effect.matchEffect(attempt, {
          onFailure: (error): Effect.Effect<A, E> => {
            if (!Failures.isUnanswered(error)) return Effect.fail(error)
            const at = circumstances(token)
            return told(again(at, Failures.ofError(at, error)))
          },
          onSuccess: (answer): Effect.Effect<A, E> => told(settle(circumstances(token), token, answer))
        })
      })
      return once
    }

    return <A, S extends { readonly _tag: string }>(
      subject: Subject<A, S>
    ): Effect.Effect<A, S | FrameioError.CallError> =>
      Effect.useSpan(`Frameio.${subject.endpoint.name}`, { kind: "client", captureStackTrace: false }, (span) =>
        Effect.tapError(attempts(subject, span), (error) =>
          Effect.sync(() => span.attribute("error.type", typeOf(error)))
        )
      )
  })
