/** The errors of answers whose status says no, and the documented bodies of these errors. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { AssetId } from "../Asset.js"
import * as FrameioError from "../FrameioError.js"
import * as text from "../SafeText.js"
import * as ErrorBody from "./errorBody.js"
import { isRefusal } from "./status.js"

/**
 * A refusing answer, and its call.
 */
export interface Refusal {
  readonly status: number
  /** The body as text, of any kind. */
  readonly body: string
  /** Such as `assets.version`. */
  readonly endpoint: string
  readonly assetIds: ReadonlyArray<AssetId>
  /** Whether the call changes something. */
  readonly writes: boolean
  /** Requests sent for this call; 1 by default. */
  readonly attempts?: number | undefined
  /** Time in the rate limit's queue and between attempts. */
  readonly waited?: Duration.Duration | undefined
  /** The `location` header. */
  readonly location?: string | undefined
  /**
   * Whether a wrapper of the `HttpClient` sent more requests than were counted: the refusal may then answer the second,
   * after the first was carried out.
   */
  readonly repeated?: boolean | undefined
  /** Removed from everything that the error says. */
  readonly secret?: string | undefined
}

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** As much of a body as can be understood; never fails, and bounds everything it takes. */
const readBody = (
  body: string,
  secret: string | undefined
): { title?: string; errors: ReadonlyArray<FrameioError.ErrorDetail>; body: string } => {
  const clean = (part: string) => text.excerpt(text.scrub(part, secret))
  const parsed = /^\s*\{/.test(body) ? parseJson(body) : undefined
  if (!isObject(parsed)) return { errors: [], body: clean(body) }
  const list: ReadonlyArray<unknown> = Array.isArray(parsed.errors) ? parsed.errors : []
  const errors = list.slice(0, 20).flatMap((one): ReadonlyArray<FrameioError.ErrorDetail> => {
    if (typeof one === "string") return [{ detail: clean(one) }]
    if (!isObject(one)) return []
    return [
      {
        ...(typeof one.code === "number" ? { code: one.code } : {}),
        ...(typeof one.status === "number" ? { status: one.status } : {}),
        ...(typeof one.title === "string" ? { title: clean(one.title) } : {}),
        ...(typeof one.detail === "string" ? { detail: clean(one.detail) } : {}),
        ...(isObject(one.source) && typeof one.source.pointer === "string"
          ? { source: { pointer: clean(one.source.pointer) } }
          : {})
      }
    ]
  })
  return {
    ...(typeof parsed.message === "string" ? { title: clean(parsed.message) } : {}),
    errors,
    body: clean(body)
  }
}

const hostOf = (location: string | undefined): { redirectHost?: string } => {
  const host =
    location === undefined ? undefined : /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(location)?.[1]
  return host === undefined ? {} : { redirectHost: host }
}

const unexpected = (from: Refusal): FrameioError.UnexpectedResponse =>
  new FrameioError.UnexpectedResponse({
    ...detailsOf(from),
    ...hostOf(from.location),
    status: from.status,
    outcome: !from.writes || (isRefusal(from.status) && from.repeated !== true) ? "not-applied" : "unknown"
  })

const detailsOf = (from: Refusal) => ({
  ...readBody(from.body, from.secret),
  endpoint: from.endpoint,
  assetIds: from.assetIds,
  ...(from.repeated === true && from.writes ? { outcome: "unknown" as const } : {}),
  attempts: from.attempts ?? 1,
  waited: from.waited ?? Duration.zero
})

/**
 * The error of a refused reading call. A status that makes no sense for a read is an {@link UnexpectedResponse}.
 */
export const fromReadAnswer = (from: Refusal): FrameioError.ReadStatusError => {
  switch (from.status) {
    case 401:
      return new FrameioError.Unauthorized(detailsOf(from))
    case 402:
      return new FrameioError.UsageExceeded(detailsOf(from))
    case 403:
      return new FrameioError.Forbidden(detailsOf(from))
    case 404:
      return new FrameioError.NotFound(detailsOf(from))
    case 422:
      return new FrameioError.InvalidArguments(detailsOf(from))
    case 429:
      return new FrameioError.RateLimited(detailsOf(from))
  }
  if (from.status >= 500 && from.status < 600) {
    return new FrameioError.ServerError({
      ...detailsOf(from),
      status: from.status,
      outcome: from.writes ? "unknown" : "not-applied"
    })
  }
  return unexpected(from)
}

/**
 * The error of a refused changing call.
 */
export const fromWriteAnswer = (from: Refusal): FrameioError.WriteStatusError =>
  from.status === 409 ? new FrameioError.Conflict(detailsOf(from)) : fromReadAnswer(from)

/**
 * The error of a refused call for the URLs of a realtime upload.
 */
export const fromRealtimeAnswer = (from: Refusal): FrameioError.RealtimeStatusError =>
  from.status === 400 ? new FrameioError.BadRequest(detailsOf(from)) : fromWriteAnswer(from)

/**
 * The documented JSON body for an error, as a server sends it.
 */
const toBody = (error: FrameioError.RealtimeStatusError): typeof ErrorBody.ErrorBody.Type => ({
  code: error.status,
  message: error.title ?? "",
  errors: error.errors
})

/**
 * Declares the error of a status: decodes the documented JSON, which has no `_tag`, into the class, and encodes the class
 * as that JSON.
 */
export const overTheWire = <E extends FrameioError.RealtimeStatusError, I>(
  error: Schema.Schema<E, I>,
  make: (body: Pick<E, "errors"> & { readonly title?: string }) => E
): Schema.Schema<E, typeof ErrorBody.ErrorBody.Encoded> =>
  Schema.transform(ErrorBody.ErrorBody, Schema.typeSchema(error), {
    strict: true,
    decode: (body) =>
      make({ errors: body.errors ?? [], ...(typeof body.message === "string" ? { title: body.message } : {}) }),
    encode: (one) => toBody(one)
  }).annotations({ [SchemaAST.JSONIdentifierAnnotationId]: "HTTPError" })
