/**
 * Sends one part to the storage host, as often as necessary. That host is not Frame.io: it gets nothing of Frame.io's.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as DirectHttpClient from "@effect-frameio/core/DirectHttpClient"
import * as RetryPolicy from "@effect-frameio/core/RetryPolicy"
import * as text from "@effect-frameio/core/SafeText"
import * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as RetryAfter from "@effect-frameio/ratelimit/RetryAfter"
import * as Transport from "@effect-frameio/ratelimit/Transport"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type * as Upload from "../Upload.js"
import { PartFailed, type SourceMismatch, UploadExpired } from "../UploadError.js"
import * as Md5 from "./md5.js"
import type { Part } from "./partPlan.js"
import * as Pieces from "./pieces.js"

/**
 * The settings of all parts of one upload.
 *
 * @internal
 */
export interface Sender {
  readonly http: HttpClient.HttpClient
  readonly assetId: AssetId
  readonly filetype: string
  readonly policy: RetryPolicy.RetryPolicy
  /** How long a part is sent again from its first failure on. */
  readonly giveUpAfterMillis: number
  readonly idleMillis: number
  /** Bytes; of a growing file, those known so far. */
  readonly filesize: (part: Part) => number
  /** `bytes`: a part is read whole before it is sent, for clients that cannot tell the length of a stream. */
  readonly body: "stream" | "bytes"
  /** Whether an ETag is compared with the MD5 of what was sent. */
  readonly checksum: boolean
}

/**
 * A part and its URL.
 *
 * @internal
 */
export interface Sending<E, R> {
  readonly part: Part
  readonly url: URL
  /** Another URL for the part, if the API gives one. */
  readonly renew?: Effect.Effect<URL, E, R> | undefined
  /** The bytes of the part, again for each attempt. More or fewer are noticed. */
  readonly source: Upload.Source<E, R>
  /** Fails if the source has changed; run when the part has been read, and before it is complete. */
  readonly intact: Effect.Effect<void, E | SourceMismatch, R>
  /** So many more bytes were sent; negative if an attempt was in vain. */
  readonly moved: (bytes: number) => Effect.Effect<void>
  readonly retrying: (failed: Failed) => Effect.Effect<void>
}

/**
 * An attempt that failed, and is made again.
 *
 * @internal
 */
export interface Failed {
  /** From 1. */
  readonly attempt: number
  readonly delayMillis: number
  /** Since the first failure of the part. */
  readonly sinceMillis: number
  readonly reason: string
}

type Reason = PartFailed["reason"]

/** Why an attempt failed. */
class Trouble extends Data.TaggedError("Trouble")<{
  readonly reason: Reason
  readonly again: boolean
  readonly status?: number | undefined
  readonly code?: string | undefined
  /** How long the storage asks to wait, in ms. */
  readonly retryAfterMillis?: number | undefined
  readonly detail: string
}> {}

const tag = (body: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]

/** The code and the message of an S3 error, without its other fields, which repeat what was signed. */
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

/** The words of an error may contain the URL, which is as good as a key. */
const withoutUrl = (words: string, url: URL): string => text.scrub(text.scrub(words, url.href), url.search.slice(1))

const ofError = (error: HttpClientError.HttpClientError, url: URL): Trouble => {
  if (error._tag === "RequestError" && error.reason === "InvalidUrl") {
    return new Trouble({ reason: "Refused", again: false, detail: "the upload URL cannot be used" })
  }
  const { code, detail, hopeless } = Transport.diagnose(error.cause ?? error.description)
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
  // A single piece need not be in memory twice.
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
  upload: Sender,
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

/** The least rate of a client that is handed a whole part, in bytes a second, because its progress cannot be seen. */
const SLOWEST = 64 * 1024

/** Sends by the short way, unless it stalls. A race of fibers instead would be a third of what a small file takes. */
const executeWatched = (
  http: DirectHttpClient.DirectHttpClient,
  request: HttpClientRequest.HttpClientRequest,
  stalled: Effect.Effect<never, Trouble>
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Trouble> =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) =>
    Effect.async((resume) => {
      const watch = Runtime.runFork(runtime)(stalled)
      const unwatch = () => watch.unsafeInterruptAsFork(FiberId.none)
      const abandon = http[DirectHttpClient.TypeId](request)(runtime.context, (exit) => {
        unwatch()
        resume(exit)
      })
      watch.addObserver((exit) => {
        if (Exit.isInterrupted(exit)) return
        abandon()
        resume(exit)
      })
      return Effect.sync(() => {
        abandon()
        unwatch()
      })
    })
  )

/** How long it is waited until a file is closed: a read that hangs cannot be interrupted. */
const CLOSING_MILLIS = 1000

const isDone = (effect: unknown): boolean => Exit.isExit(effect) && Exit.isSuccess(effect)

/** One attempt. Faults of the source are told apart from those of the connection. */
const attempt = <E, R>(upload: Sender, sending: Sending<E, R>): Effect.Effect<void, E | SourceMismatch | Trouble, R> =>
  Effect.gen(function* () {
    const { part, source, url } = sending
    const { direct } = source
    const { http } = upload
    const { length, offset } = part
    // One byte too many is asked for at the end: none must come.
    const asked = offset + length === upload.filesize(part) ? length + 1 : length
    const context = yield* Effect.context<R>()
    const sourceFailed = yield* Deferred.make<never, E | SourceMismatch>()
    const streams = upload.body === "stream"
    const md5 = upload.checksum ? Md5.make() : undefined
    const pieces = Pieces.exactly(upload, part)
    let taken = 0
    let over = false
    const moved = (bytes: number): Effect.Effect<void> => {
      if (over) return Effect.void
      taken += bytes
      return sending.moved(bytes)
    }
    const reading: Pieces.Reading<E, R> = {
      pieces,
      intact: sending.intact,
      failed: sourceFailed,
      take: (bytes) => {
        md5?.update(bytes)
        return streams ? moved(bytes.length) : Effect.void
      }
    }
    const short =
      direct !== undefined && streams && length > 0 && DirectHttpClient.isDirect(http) ? { direct, http } : undefined
    const iterate = (direct: Upload.DirectSource<E>) =>
      Effect.gen(function* () {
        const fork = Runtime.runFork(yield* Effect.runtime<R>())
        const clock = yield* Effect.clock
        let running: Fiber.RuntimeFiber<unknown, E | SourceMismatch> | undefined
        const run = (effect: Effect.Effect<unknown, E | SourceMismatch, R>): Promise<void> | undefined => {
          if (isDone(effect)) return undefined
          const fiber = fork(effect)
          const exit = fiber.unsafePoll()
          if (exit !== null && Exit.isSuccess(exit)) return undefined
          running = fiber
          // @effect-diagnostics-next-line newPromise:off
          return new Promise((resolve, reject) =>
            fiber.addObserver((exit) => (Exit.isSuccess(exit) ? resolve() : reject(Cause.squash(exit.cause))))
          )
        }
        const { giveBack, lend } = Pieces.buffersOf(http)
        const { bytes, close } = Pieces.ofFileDirectly(
          direct,
          offset,
          asked,
          reading,
          lend,
          () => RateLimitStore.monotonicMillis(clock),
          run
        )
        yield* Effect.addFinalizer(() => {
          const closing = close()?.then(giveBack)
          if (closing === undefined) return Effect.sync(giveBack)
          const stop = running === undefined ? Effect.void : Fiber.interrupt(running)
          return Effect.zipRight(
            stop,
            Effect.promise(() => closing)
          ).pipe(Effect.interruptible, Effect.timeoutOption(CLOSING_MILLIS))
        })
        return HttpBody.raw(bytes, { contentType: upload.filetype, contentLength: length })
      })
    const asStream = Effect.suspend(() =>
      bodyOf(
        upload,
        part,
        Stream.provideContext(Pieces.streamed(length === 0 ? Stream.empty : source(offset, asked), reading), context)
      )
    )
    const stalled: Effect.Effect<never, Trouble> = Effect.suspend(() => {
      const read = pieces.seen()
      const before = read + taken
      const unseen = streams ? 0 : (read / SLOWEST) * 1000
      return Effect.flatMap(Effect.sleep(upload.idleMillis + unseen), () =>
        pieces.seen() + taken === before
          ? Effect.fail(new Trouble({ reason: "Stalled", again: true, detail: "" }))
          : stalled
      )
    })
    const body = short === undefined ? asStream : Effect.succeed(yield* iterate(short.direct))
    const exchange = Effect.gen(function* () {
      const request = HttpClientRequest.put(url, {
        headers: { "content-type": upload.filetype, "x-amz-acl": "private" },
        body: yield* body
      })
      // An empty body has a length, too, and a client may omit a 0.
      const sized = length === 0 ? HttpClientRequest.setHeader(request, "content-length", "0") : request
      const response = yield* Effect.mapError(
        short === undefined ? http.execute(sized) : executeWatched(short.http, sized, stalled),
        (error) => (error instanceof Trouble ? error : ofError(error, url))
      )
      // To the end, so that the connection can be used again; an answer that breaks off still has its status.
      const answer = yield* Effect.catchAll(response.text, () => Effect.succeed(""))
      yield* judge(response, answer, url)
      if (streams && taken < length) {
        // A proxy answered: the storage cannot have bytes that were not sent.
        const detail = `The answer came after ${taken} of ${length} bytes.`
        return yield* new Trouble({ reason: "Connection", again: true, detail })
      }
      yield* prove(response, answer, url, md5)
      if (!streams) yield* moved(length)
    }).pipe(
      Effect.mapInputContext(forStorage<never>),
      // No span, because its attributes would contain the URL, and hence no trace headers, which this host does not
      // need.
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
    // The short way fails with its body, and is watched.
    const ending =
      short === undefined
        ? exchange.pipe(Effect.raceFirst(Deferred.await(sourceFailed)), Effect.raceFirst(stalled))
        : exchange
    yield* ending.pipe(
      Effect.tapErrorCause(() => {
        over = true
        return taken === 0 ? Effect.void : sending.moved(-taken)
      })
    )
  }).pipe(Effect.scoped)

/** The meaning of a status. */
const judge = (
  response: HttpClientResponse.HttpClientResponse,
  body: string,
  url: URL
): Effect.Effect<void, Trouble> => {
  const { headers, status } = response
  // S3 may find an error after it has sent the status of a success.
  const inside = status === 200 && body.includes("<Error>")
  if (status >= 200 && status < 300 && !inside) return Effect.void
  const again = inside || mayChange(status, body)
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.fail(
      new Trouble({
        reason: again ? "Unavailable" : "Refused",
        again,
        status,
        retryAfterMillis: RetryAfter.fromHeaders(headers, now),
        detail: withoutUrl(said(body), url)
      })
    )
  )
}

/** An ETag is the MD5 of what was put, unless S3 encrypts with keys of the customer's. */
const etagOf = ({ headers }: HttpClientResponse.HttpClientResponse): string | undefined =>
  headers["x-amz-server-side-encryption"]?.startsWith("aws:kms") === true ||
  headers["x-amz-server-side-encryption-customer-algorithm"] !== undefined
    ? undefined
    : /^"?([0-9a-f]{32})"?$/i.exec(headers.etag ?? "")?.[1]?.toLowerCase()

/**
 * Whether a success is really the storage's. A login page on the way also answers with 200; S3 answers with nothing but
 * the ETag.
 */
const prove = (
  response: HttpClientResponse.HttpClientResponse,
  body: string,
  url: URL,
  md5: Md5.Md5 | undefined
): Effect.Effect<void, Trouble> => {
  const { status } = response
  const unproven = (detail: string) => Effect.fail(new Trouble({ reason: "Unproven", again: true, status, detail }))
  const etag = etagOf(response)
  if (etag === undefined || md5 === undefined) {
    return body.trim() === "" ? Effect.void : unproven(withoutUrl(text.words(body, 160), url))
  }
  const digest = md5.digest("hex")
  return etag === digest ? Effect.void : unproven(`Its ETag is ${etag}, and the part has the MD5 ${digest}`)
}

/** A part whose URL is refused again and again has another fault than an old URL. */
const RENEWALS = 3

/**
 * Sends a part until the storage has it, or the time is over.
 *
 * @internal
 */
export const send = <E, R>(
  upload: Sender,
  sending: Sending<E, R>
): Effect.Effect<void, E | SourceMismatch | UploadExpired | PartFailed, R> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const { assetId, giveUpAfterMillis, policy } = upload
    const part = sending.part.number
    let url = sending.url
    let renewals = 0
    let failures = RetryPolicy.noFailures
    let since: number | undefined
    for (;;) {
      const result = yield* Effect.either(attempt(upload, { ...sending, url }))
      if (result._tag === "Right") return
      const trouble = result.left
      if (!(trouble instanceof Trouble)) return yield* Effect.fail(trouble)
      const { code, detail, reason, retryAfterMillis = 0, status } = trouble
      const now = RateLimitStore.monotonicMillis(clock)
      since ??= now
      // A part that is put twice is there once, so it is repeatable like a read.
      failures = RetryPolicy.failed(failures, "AnswerLost")
      const why = status === undefined ? (code ?? reason) : String(status)
      const failed = { attempt: failures.unanswered, sinceMillis: now - since, reason: why }
      if (status === 403) {
        const renewed = renewals < RENEWALS && sending.renew !== undefined ? yield* sending.renew : url
        if (renewed.href === url.href) return yield* new UploadExpired({ assetId, part, detail })
        url = renewed
        renewals++
        yield* sending.retrying({ ...failed, delayMillis: 0 })
        continue
      }
      const delay = RetryPolicy.decide(policy, {
        failure: "AnswerLost",
        reads: true,
        failures,
        random: yield* Random.next
      })
      const left = since + giveUpAfterMillis - now
      if (!trouble.again || delay === undefined || left <= 0 || retryAfterMillis > left) {
        return yield* new PartFailed({
          assetId,
          part,
          reason,
          attempts: failures.unanswered,
          detail,
          ...(status === undefined ? {} : { status }),
          ...(code === undefined ? {} : { code })
        })
      }
      const delayMillis = Math.max(Math.min(delay, left), retryAfterMillis)
      yield* sending.retrying({ ...failed, delayMillis })
      yield* Effect.sleep(delayMillis)
    }
  })
