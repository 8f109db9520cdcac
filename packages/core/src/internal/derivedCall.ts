import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as fastCheck from "./fastCheck.js"

type Section<Name extends string, A> = [A] extends [never] ? object : { readonly [K in Name]: A }

type Arguments<Path, UrlParams, Payload> = Section<"path", Path> &
  Section<"urlParams", UrlParams> &
  Section<"payload", Payload>

/**
 * What one endpoint of the declaration makes of its arguments, and of an answer's JSON.
 *
 * @internal
 */
export interface DerivedCall<Args, A> {
  /** Fails with everything that is wrong; the paths begin with `path`, `urlParams` or `payload`. */
  readonly request: (args: Args) => Either.Either<HttpClientRequest.HttpClientRequest, ParseResult.ParseIssue>
  readonly decode: (json: unknown) => Either.Either<A, ParseResult.ParseIssue>
}

/**
 * What of an endpoint a call is derived from.
 *
 * @internal
 */
export interface Declared<Path, UrlParams, Payload, A, I> {
  readonly method: HttpMethod.HttpMethod
  readonly path: string
  readonly pathSchema: Option.Option<Schema.Schema<Path, unknown>>
  readonly urlParamsSchema: Option.Option<Schema.Schema<UrlParams, unknown>>
  readonly payloadSchema: Option.Option<Schema.Schema<Payload, unknown>>
  readonly successSchema: Schema.Schema<A, I>
}

/**
 * The same of any endpoint.
 *
 * @internal
 */
export interface AnyDeclared {
  readonly method: HttpMethod.HttpMethod
  readonly path: string
  readonly pathSchema: Option.Option<Schema.Schema.AnyNoContext>
  readonly urlParamsSchema: Option.Option<Schema.Schema.AnyNoContext>
  readonly payloadSchema: Option.Option<Schema.Schema.AnyNoContext>
  readonly successSchema: Schema.Schema.AnyNoContext
}

const ABSENT = { path: undefined, urlParams: undefined, payload: undefined }

const ALL = { errors: "all" } as const

/** Alternating: a literal part, the name of a parameter, a literal part. */
const parts = (path: string): ReadonlyArray<string> => path.split(/:(\w+)\??/)

const fill = (template: ReadonlyArray<string>, params: unknown): string => {
  const values: Readonly<Record<PropertyKey, unknown>> = Predicate.isRecord(params) ? params : {}
  let url = ""
  template.forEach((part, index) => {
    url += index % 2 === 0 ? part : encodeURIComponent(String(values[part]))
  })
  return url
}

const pairs = (params: unknown): ReadonlyArray<readonly [string, string]> => {
  const list: Array<readonly [string, string]> = []
  if (!Predicate.isRecord(params)) return list
  for (const [key, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) list.push([key, String(one)])
  }
  return list
}

const queryOf = (params: ReadonlyArray<readonly [string, string]>): string =>
  params.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&")

/**
 * Derives a call from its declaration, with everything compiled that does not depend on the arguments. An
 * `HttpApiClient` does the same by some thirty Effects for each call.
 *
 * @internal
 */
export const derive = <Path, UrlParams, Payload, A, I>(
  endpoint: Declared<Path, UrlParams, Payload, A, I>,
  options: {
    readonly baseUrl: string
    readonly headers: Readonly<Record<string, string>>
    /** Whether a query keeps its commas, which a server may not decode. */
    readonly literalCommas?: boolean
  }
): DerivedCall<Arguments<Path, UrlParams, Payload>, A> => {
  const schema = Schema.Struct({
    path: Option.getOrElse(endpoint.pathSchema, () => Schema.Unknown),
    urlParams: Option.getOrElse(endpoint.urlParamsSchema, () => Schema.Unknown),
    payload: Option.getOrElse(endpoint.payloadSchema, () => Schema.Unknown)
  })
  // What is accepted has no transformation in it, so it is its own encoding.
  const isEncoded = fastCheck.compile(schema.ast)
  const encode = ParseResult.encodeUnknownEither(schema, ALL)
  const template = parts(endpoint.path)
  const base = HttpClientRequest.setHeaders(HttpClientRequest.make(endpoint.method)(""), options.headers)
  const hasBody = Option.isSome(endpoint.payloadSchema)

  const withQuery = (url: string, params: ReadonlyArray<readonly [string, string]>) => {
    if (params.length === 0) return HttpClientRequest.setUrl(base, url)
    return options.literalCommas === true
      ? HttpClientRequest.setUrl(base, `${url}?${queryOf(params)}`)
      : HttpClientRequest.setUrlParams(HttpClientRequest.setUrl(base, url), params)
  }

  const toRequest = (encoded: typeof schema.Encoded): HttpClientRequest.HttpClientRequest => {
    const url = options.baseUrl + fill(template, encoded.path)
    const params = pairs(encoded.urlParams)
    const asked = withQuery(url, params)
    return hasBody ? HttpClientRequest.setBody(asked, HttpBody.unsafeJson(encoded.payload)) : asked
  }

  return {
    request: (args) => {
      const all = { ...ABSENT, ...args }
      return isEncoded(all) ? Either.right(toRequest(all)) : Either.map(encode(all), toRequest)
    },
    decode: ParseResult.decodeUnknownEither(endpoint.successSchema, ALL)
  }
}
