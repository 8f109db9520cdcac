/** One exchange with the storage host, on any wire. A body is read as it comes, and not kept. */
import { createHash } from "node:crypto"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as FaultPlan from "../FaultPlan.js"
import type * as Journal from "../Journal.js"
import * as Storage from "../Storage.js"
import type { World } from "../World.js"
import * as Crc32 from "./crc32.js"
import { afterwards, BROKEN, html, type Reply, withRetryAfter } from "./reply.js"
import type { Place } from "./uploads.js"
import type { State } from "./v4/state.js"
import type { Announcer } from "./v4/webhooks.js"

/**
 * A request whose body has not been read.
 *
 * @internal
 */
export interface Incoming {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Fails if the client goes away. */
  readonly body: Stream.Stream<Uint8Array, unknown>
}

/** @internal */
export interface Parts {
  readonly world: World
  readonly storage: Storage.Storage
  readonly journal: Journal.Journal
  readonly v4: State
  readonly announcer: Announcer
  /** ms since 1970, by the program's clock. */
  readonly startMillis: number
}

/** In S3's words. */
const xml = (status: number, code: string, message: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    { status, contentType: "application/xml" }
  )

const EXPIRED = () => xml(403, "AccessDenied", "Request has expired")

/** The headers that V4 signs beside the host. */
const SIGNED = ["content-type", "x-amz-acl"]

interface Refusal {
  readonly name: string
  readonly response: HttpServerResponse.HttpServerResponse
}

const refusal = (status: number, code: string, message: string): Refusal => ({
  name: code,
  response: xml(status, code, message)
})

/** The faults of a request that are visible without its body. */
const judge = (incoming: Incoming, place: Place | undefined, signature: string | null): Refusal | undefined => {
  const { headers, method } = incoming
  if (headers.authorization !== undefined) {
    return refusal(
      400,
      "InvalidArgument",
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"
    )
  }
  if (place === undefined) return refusal(404, "NoSuchUpload", "The specified upload does not exist.")
  if (method !== "PUT") {
    return refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
  }
  if (
    signature !== place.signature ||
    headers["content-type"] !== place.upload.contentType ||
    headers["x-amz-acl"] !== "private"
  ) {
    return refusal(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided."
    )
  }
  if (headers["transfer-encoding"] !== undefined) {
    return refusal(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
  }
  if (headers["content-length"] === undefined) {
    return refusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
  }
  const length = Number(headers["content-length"])
  if (length !== place.part.size) {
    return refusal(400, "InvalidRequest", `This part has ${place.part.size} bytes, not ${length}.`)
  }
  return undefined
}

interface Handled {
  readonly response: HttpServerResponse.HttpServerResponse
  readonly refusal: string | undefined
  readonly applied: boolean
}

interface Taken {
  readonly size: number
  readonly crc32: number
  readonly md5: string
}

/** @internal */
export const make = (parts: Parts) => {
  const { announcer, journal, startMillis, storage, v4, world } = parts

  /**
   * Reads to the end, or until there are `limit` bytes, which breaks the connection on a port. The body of a client
   * that goes away ends early.
   */
  const take = (incoming: Incoming, limit = Number.POSITIVE_INFINITY): Effect.Effect<Taken> =>
    Effect.suspend(() => {
      let size = 0
      let crc32 = 0
      const md5 = createHash("md5")
      return incoming.body.pipe(
        Stream.takeUntil((bytes) => {
          storage.bytesTaken += bytes.length
          crc32 = Crc32.update(crc32, bytes)
          md5.update(bytes)
          size += bytes.length
          return size >= limit
        }),
        Stream.runDrain,
        Effect.ignore,
        Effect.map(() => ({ size, crc32, md5: md5.digest("hex") }))
      )
    })

  const handle = (
    incoming: Incoming,
    place: Place | undefined,
    fault: FaultPlan.Fault | undefined,
    now: number
  ): Effect.Effect<Handled> => {
    const refused = ({ name, response }: Refusal) => Effect.succeed({ response, refusal: name, applied: false })
    if (fault?._tag === "UrlExpired") return refused({ name: "AccessDenied", response: EXPIRED() })
    if (fault?._tag === "ErrorBefore") {
      const { name, response } = refusal(fault.status ?? 503, "SlowDown", "Please reduce your request rate.")
      return refused({ name, response: withRetryAfter(response, fault) })
    }
    const urls = place === undefined ? "none" : v4.uploadUrls(place.upload.assetId, now)
    if (urls === "expired") return refused({ name: "AccessDenied", response: EXPIRED() })
    if (urls === "valid" && SIGNED.some((name) => incoming.headers[name] === undefined)) {
      return refused(refusal(403, "AccessDenied", "Access Denied"))
    }
    const query = new URL(incoming.url, "http://localhost").searchParams
    const wrong = judge(incoming, place, query.get("signature"))
    if (wrong !== undefined || place === undefined) return refused(wrong ?? refusal(404, "NoSuchUpload", ""))
    const { part, upload } = place
    return Effect.flatMap(take(incoming), ({ crc32, md5, size }): Effect.Effect<Handled> => {
      if (size !== part.size) {
        return refused(
          refusal(
            400,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
          )
        )
      }
      storage.put(upload.assetId, { number: part.number, size, crc32 })
      const wasComplete = world.uploads.isComplete(upload.assetId)
      world.uploads.received(incoming.url, now)
      const isComplete = world.uploads.isComplete(upload.assetId)
      if (isComplete) world.completeUpload(upload.assetId, storage.content(upload.assetId).size, now)
      const response =
        fault?._tag === "ErrorAfter"
          ? xml(fault.status ?? 500, "InternalError", "We encountered an internal error. Please try again.")
          : HttpServerResponse.empty({ headers: { etag: `"${md5}"` }, status: 200 })
      const handled = { response, refusal: undefined, applied: true }
      return isComplete && !wasComplete ? Effect.as(arrived(upload.assetId), handled) : Effect.succeed(handled)
    })
  }

  /** Tells webhooks that a file has arrived, and that it can be played. */
  const arrived = (id: string): Effect.Effect<void> => {
    const file = world.get(id)
    const user = file === undefined ? undefined : world.user(file.creatorId)
    if (file === undefined || user === undefined) return Effect.void
    const { projectId } = file
    const resource = { id, type: "file" }
    const events = ["file.upload.completed", "file.ready"].map((type) => ({ type, resource, projectId }))
    return announcer.announce(events, user)
  }

  /** The answer to a request that reached the storage host. */
  const arrive = (incoming: Incoming, info: FaultPlan.RequestInfo, fate: FaultPlan.Fate): Effect.Effect<Reply> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const fault = fate.fault
      const place = world.uploads.at(incoming.url)
      const ended = (status: number, applied: boolean, refusal: string | undefined): void =>
        journal.add({
          sequence: info.sequence,
          atMillis: now - startMillis,
          method: info.method,
          url: info.url,
          endpoint: Storage.ENDPOINT,
          userId: undefined,
          assetIds: place === undefined ? [] : [place.upload.assetId],
          status,
          applied,
          refusal,
          fault: fault?._tag,
          remaining: undefined
        })
      storage.requests.push({ method: incoming.method, url: incoming.url, headers: { ...incoming.headers } })
      if (fault?._tag === "RequestLost") {
        ended(0, false, undefined)
        return BROKEN
      }
      if (fault?._tag === "BrokenMidway") {
        yield* take(incoming, Math.max(1, Math.floor((place?.part.size ?? 0) / 2)))
        ended(0, false, undefined)
        return BROKEN
      }
      if (fault?._tag === "HtmlBefore") {
        const response = html(fault.status ?? 502)
        ended(response.status, false, "Proxy")
        return { _tag: "Answer", response }
      }
      const { applied, refusal, response } = yield* Effect.onInterrupt(handle(incoming, place, fault, now), () =>
        Effect.sync(() => ended(0, false, "ClientGone"))
      )
      ended(response.status, applied, refusal)
      return afterwards(fault, () => response)
    })

  return { arrive }
}
