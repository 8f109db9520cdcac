import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
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

/**
 * Derives a call from its declaration, with everything compiled that does not depend on the arguments. An
 * `HttpApiClient` does the same by some thirty Effects for each call.
 *
 * @internal
 */
export const derive = <
  Name extends string,
  Method extends HttpMethod.HttpMethod,
  Path,
  UrlParams,
  Payload,
  Headers,
  A,
  E,
  RE
>(
  endpoint: HttpApiEndpoint.HttpApiEndpoint<Name, Method, Path, UrlParams, Payload, Headers, A, E, never, RE>,
  options: { readonly baseUrl: string; readonly headers: Readonly<Record<string, string>> }
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

  const toRequest = (encoded: typeof schema.Encoded): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setUrl(base, options.baseUrl + fill(template, encoded.path))
    const params = pairs(encoded.urlParams)
    const asked = params.length === 0 ? request : HttpClientRequest.setUrlParams(request, params)
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
