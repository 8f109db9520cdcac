/** One part to the storage host, as often as it takes. The storage host is not Frame.io: nothing of Frame.io goes there. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as RetryPolicy from "@effect-frameio/core/RetryPolicy"
import * as text from "@effect-frameio/core/SafeText"
import * as transport from "@effect-frameio/ratelimit/Transport"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { Part } from "../PartPlan.js"
import { PartFailed, SourceMismatch, UploadExpired } from "../UploadError.js"

/**
 * What all parts of one upload have in common.
 *
 * @internal
 */
export interface Upload {
  readonly http: HttpClient.HttpClient
  readonly assetId: AssetId
  readonly filetype: string
  readonly policy: RetryPolicy.RetryPolicy
  readonly idleMillis: number
  /** Bytes; of a file that is still growing, what is known. */
  readonly filesize: (part: Part) => number
  /** `bytes`: a part is read whole before it is sent, for clients that cannot tell the length of a stream. */
  readonly body: "stream" | "bytes"
}

/**
 * A part, where it goes, and who wants to know.
 *
 * @internal
 */
export interface Sending<E, R> {
  readonly part: Part
  readonly url: URL
  /** The bytes of the part, again for each attempt. More or fewer are noticed. */
  readonly source: Stream.Stream<Uint8Array, E, R>
  /** So many bytes more were taken by the wire; fewer than 0 where an attempt was in vain. */
  readonly moved: (bytes: number) => Effect.Effect<void>
  readonly retrying: (attempt: number, delayMillis: number, reason: string) => Effect.Effect<void>
}

type Reason = PartFailed["reason"]

/** Why an attempt came to nothing. */
class Trouble extends Data.TaggedError("Trouble")<{
  readonly reason: Reason
  readonly again: boolean
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly detail: string
}> {}

const tag = (body: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]

/** The code and the message of an S3 error, and none of its other fields, which repeat what was signed. */
const said = (body: string): string => {
  const code = tag(body, "Code")
  const message = tag(body, "Message")
  if (code === undefined && message === undefined) return text.words(body, 160)
  return text.excerpt([code, message].filter((one) => one !== undefined && one !== "").join(": "), 200)
}

/** A slow or cut body is a 400 at S3, and worth another try. */
const CUT_SHORT = /<Code>(?:RequestTimeout|IncompleteBody)<\/Code>/

const mayChange = (status: number, body: string): boolean =>
  RetryPolicy.failureOf(status) !== undefined || (status === 400 && CUT_SHORT.test(body))

/** The words of an error may hold the URL, and the URL is as good as a key. */
const withoutUrl = (words: string, url: URL): string => text.scrub(text.scrub(words, url.href), url.search.slice(1))

const ofError = (error: HttpClientError.HttpClientError, url: URL): Trouble => {
  if (error._tag === "RequestError" && error.reason === "InvalidUrl") {
    return new Trouble({ reason: "Refused", again: false, detail: "the upload URL cannot be used" })
  }
  const { code, detail, hopeless } = transport.diagnose(error.cause ?? error.description)
  return new Trouble({
    reason: "Connection",
    again: !hopeless,
    code,
    detail: text.excerpt(withoutUrl(detail, url), 200)
  })
}

/**
 * The program's own `RequestInit` may choose a proxy; its headers are meant for another host. A redirection is not
 * followed: a stream cannot be sent twice.
 */
const forStorage = <R>(context: Context.Context<R>): Context.Context<R> => {
  const { headers: _, ...outer } = Option.getOrElse(
    Context.getOption(context, FetchHttpClient.RequestInit),
    (): RequestInit => ({})
  )
  return Context.unsafeMake(
    new Map<string, unknown>(context.unsafeMap).set(FetchHttpClient.RequestInit.key, {
      ...outer,
      redirect: "manual",
      credentials: "omit"
    })
  )
}

const concat = (chunks: Chunk.Chunk<Uint8Array>, length: number): Uint8Array => {
  // What is in one piece already need not be in memory twice.
  if (chunks.length === 1) return Chunk.unsafeHead(chunks)
  const all = new Uint8Array(length)
  let at = 0
  for (const one of chunks) {
    all.set(one, at)
    at += one.length
  }
  return all
}

const bodyOf = <E>(
  upload: Upload,
  part: Part,
  source: Stream.Stream<Uint8Array, E>
): Effect.Effect<HttpBody.HttpBody, E> => {
  // An empty stream has no length for `HttpBody`, and no bytes are no stream.
  if (upload.body === "stream" && part.length > 0) {
    return Effect.succeed(HttpBody.stream(source, upload.filetype, part.length))
  }
  return Effect.map(Stream.runCollect(source), (chunks) =>
    HttpBody.uint8Array(concat(chunks, part.length), upload.filetype)
  )
}

/**
 * What a source gave for a part, if it is as long as the part: the last piece is held back until it is certain that
 * there is no more, so that a storage never has a part complete that is not what it should be.
 */
const exactly = <E, R>(
  source: Stream.Stream<Uint8Array, E, R>,
  part: Part,
  filesize: number,
  assetId: AssetId
): Stream.Stream<Uint8Array, E | SourceMismatch, R> =>
  Stream.suspend(() => {
    let seen = 0
    let held: Uint8Array | undefined
    const mismatch = (which: "shorter" | "longer", offset: number) =>
      new SourceMismatch({ filesize, source: which, offset, assetId })
    const all = Stream.mapConcatEffect(source, (bytes): Effect.Effect<ReadonlyArray<Uint8Array>, SourceMismatch> => {
      if (bytes.length === 0) return Effect.succeed([])
      seen += bytes.length
      if (seen > part.length) return Effect.fail(mismatch("longer", part.offset + part.length))
      const before = held
      held = bytes
      return Effect.succeed(before === undefined ? [] : [before])
    })
    const last = Stream.suspend((): Stream.Stream<Uint8Array, SourceMismatch> => {
      if (seen < part.length) return Stream.fail(mismatch("shorter", part.offset + seen))
      return held === undefined ? Stream.empty : Stream.make(held)
    })
    return Stream.concat(all, last)
  })

/** What a client that is handed a whole part must do at least, in bytes a second: nothing can be seen of it meanwhile. */
const SLOWEST = 64 * 1024

/** One attempt. What is wrong with the source is told apart from what is wrong with the way. */
const attempt = <E, R>(upload: Upload, sending: Sending<E, R>): Effect.Effect<void, E | SourceMismatch | Trouble, R> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const sourceFailed = yield* Deferred.make<never, E | SourceMismatch>()
    const streams = upload.body === "stream"
    let read = 0
    let taken = 0
    const moved = (bytes: number): Effect.Effect<void> => {
      taken += bytes
      return sending.moved(bytes)
    }
    const counted = Stream.map(sending.source, (bytes) => {
      read += bytes.length
      return bytes
    })
    const source = exactly(counted, sending.part, upload.filesize(sending.part), upload.assetId).pipe(
      Stream.tap((bytes) => (streams ? moved(bytes.length) : Effect.void)),
      Stream.tapErrorCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.failCause(sourceFailed, cause)
      ),
      Stream.provideContext(context)
    )
    const exchange = Effect.gen(function* () {
      const body = yield* bodyOf(upload, sending.part, source)
      const request = HttpClientRequest.put(sending.url, {
        headers: { "content-type": upload.filetype, "x-amz-acl": "private" },
        body
      })
      // A body of no bytes has a length, too, and a client may leave out what is 0.
      const response = yield* Effect.mapError(
        upload.http.execute(
          sending.part.length === 0 ? HttpClientRequest.setHeader(request, "content-length", "0") : request
        ),
        (error) => ofError(error, sending.url)
      )
      // To the end, so that the connection can be used again; an answer that breaks off still has its status.
      yield* judge(response, sending.url)
      if (!streams) yield* moved(sending.part.length)
      else if (taken < sending.part.length) {
        // Something on the way answered by itself: the storage cannot have what it was not sent.
        const detail = `The answer came after ${taken} of ${sending.part.length} bytes.`
        return yield* new Trouble({ reason: "Connection", again: true, detail })
      }
    }).pipe(
      Effect.mapInputContext(forStorage<never>),
      // No span, for its attributes would hold the URL; and so no trace headers for a host that has no use for them.
      Effect.locally(HttpClient.currentTracerDisabledWhen, constTrue),
      // Clients wrap the failure of a body, each in its own way.
      Effect.catchAll((error) =>
        Effect.flatMap(
          Deferred.isDone(sourceFailed),
          (done): Effect.Effect<never, E | SourceMismatch | Trouble> =>
            done ? Deferred.await(sourceFailed) : Effect.fail(error)
        )
      )
    )
    const stalled: Effect.Effect<never, Trouble> = Effect.suspend(() => {
      const before = read + taken
      const unseen = streams ? 0 : (read / SLOWEST) * 1000
      return Effect.flatMap(Effect.sleep(upload.idleMillis + unseen), () =>
        read + taken === before ? Effect.fail(new Trouble({ reason: "Stalled", again: true, detail: "" })) : stalled
      )
    })
    yield* exchange.pipe(
      Effect.raceFirst(Deferred.await(sourceFailed)),
      Effect.raceFirst(stalled),
      Effect.tapErrorCause(() => (taken === 0 ? Effect.void : sending.moved(-taken)))
    )
  })

const judge = (response: HttpClientResponse.HttpClientResponse, url: URL): Effect.Effect<void, Trouble> =>
  Effect.flatMap(
    Effect.catchAll(response.text, () => Effect.succeed("")),
    (body) => {
      const { status } = response
      if (status >= 200 && status < 300) return Effect.void
      const again = mayChange(status, body)
      return Effect.fail(
        new Trouble({
          reason: again ? "Unavailable" : "Refused",
          again,
          status,
          detail: withoutUrl(said(body), url)
        })
      )
    }
  )

/**
 * Sends a part until the storage has it, or the policy gives up.
 *
 * @internal
 */
export const send = <E, R>(
  upload: Upload,
  sending: Sending<E, R>
): Effect.Effect<void, E | SourceMismatch | UploadExpired | PartFailed, R> => {
  const { assetId } = upload
  const part = sending.part.number
  const once = (
    failures: RetryPolicy.Failures
  ): Effect.Effect<void, E | SourceMismatch | UploadExpired | PartFailed, R> =>
    Effect.catchAll(attempt(upload, sending), (error) => {
      if (!(error instanceof Trouble)) return Effect.fail(error)
      const { code, detail, reason, status } = error
      if (status === 403) return Effect.fail(new UploadExpired({ assetId, part, detail }))
      // To put a part twice is to have it once, which is what makes a read repeatable, too.
      const counted = RetryPolicy.failed(failures, "AnswerLost")
      const attempts = counted.unanswered
      const failed = new PartFailed({
        assetId,
        part,
        reason,
        attempts,
        detail,
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code })
      })
      if (!error.again) return Effect.fail(failed)
      return Effect.flatMap(Random.next, (random) => {
        const delay = RetryPolicy.decide(upload.policy, {
          failure: "AnswerLost",
          reads: true,
          failures: counted,
          random
        })
        if (delay === undefined) return Effect.fail(failed)
        const why = status === undefined ? (code ?? reason) : String(status)
        return sending
          .retrying(attempts, delay, why)
          .pipe(Effect.zipRight(Effect.sleep(delay)), Effect.zipRight(once(counted)))
      })
    })
  return once(RetryPolicy.noFailures)
}
