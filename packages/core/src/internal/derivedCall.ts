import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as check from "./fast/check.js"

/**
 * A call's arguments by the names of the declaration.
 *
 * @internal
 */
export interface Sections {
  readonly path: Readonly<Record<string, unknown>>
  readonly urlParams: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Encoder of an endpoint's arguments, and decoder of its answers.
 *
 * @internal
 */
export interface DerivedCall<A> {
  /** Fails with everything that is wrong; the paths begin with `path`, `urlParams` or `payload`. */
  readonly request: (sections: Sections) => Either.Either<HttpClientRequest.HttpClientRequest, ParseResult.ParseIssue>
  readonly decode: (json: unknown) => Either.Either<A, ParseResult.ParseIssue>
}

interface HasAst {
  readonly ast: AST.AST
}

/**
 * The part of an endpoint that a call's arguments are derived from.
 *
 * @internal
 */
export interface AnyDeclared {
  readonly method: HttpMethod.HttpMethod
  readonly path: string
  readonly pathSchema: Option.Option<HasAst>
  readonly urlParamsSchema: Option.Option<HasAst>
  readonly payloadSchema: Option.Option<HasAst>
}

/**
 * The part of an endpoint that a call is derived from.
 *
 * @internal
 */
export interface Declared<A, I> extends AnyDeclared {
  readonly successSchema: Schema.Schema<A, I>
}

/**
 * How all requests of a client are written.
 *
 * @internal
 */
export interface Writing {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether a query keeps its commas, which a server may not decode. */
  readonly literalCommas?: boolean
}

const ALL = { errors: "all" } as const

/** Alternating: a literal part, the name of a parameter, a literal part. */
const parts = (path: string): ReadonlyArray<string> => path.split(/:(\w+)\??/)

/** Half a surrogate pair, such as of an emoji that was cut, has no UTF-8. */
const escaped = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd"))

const fill = (template: ReadonlyArray<string>, params: unknown): string => {
  const values: Readonly<Record<PropertyKey, unknown>> = Predicate.isRecord(params) ? params : {}
  let url = ""
  template.forEach((part, index) => {
    url += index % 2 === 0 ? part : escaped(String(values[part]))
  })
  return url
}

/** A parameter without a schema would be filled in as "undefined". */
const requireAll = (endpoint: AnyDeclared, template: ReadonlyArray<string>): void => {
  const declared = Option.match(endpoint.pathSchema, {
    onNone: () => [],
    onSome: ({ ast }) => (ast._tag === "TypeLiteral" ? ast.propertySignatures : [])
  })
  for (const [index, name] of template.entries()) {
    if (index % 2 === 1 && !declared.some((one) => one.name === name && !one.isOptional)) {
      throw new Error(`${endpoint.path}: the path's parameter ${name} is not declared, or may be left out`)
    }
  }
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
  params.map(([key, value]) => `${key}=${escaped(value).replaceAll("%2C", ",")}`).join("&")

const jsonOf = (value: unknown): Either.Either<HttpBody.Uint8Array, "not JSON"> =>
  Either.try({ try: () => HttpBody.unsafeJson(value), catch: () => "not JSON" })

/** The fields of a body that has no JSON: `unknown` lets a BigInt or a circle through. */
const unwritable = (ast: AST.AST, payload: unknown): ParseResult.ParseIssue => {
  const fields = Predicate.isRecord(payload) ? Object.entries(payload) : []
  const issues = fields
    .filter(([, value]) => Either.isLeft(jsonOf(value)))
    .map(([name, value]) => {
      const issue = new ParseResult.Type(ast, value, "cannot be written as JSON; is there a BigInt or a circle in it?")
      return new ParseResult.Pointer(name, payload, issue)
    })
  const [first = new ParseResult.Type(ast, payload), ...rest] = issues
  return new ParseResult.Pointer("payload", payload, new ParseResult.Composite(ast, payload, [first, ...rest]))
}

const sectionOf = (declared: Option.Option<HasAst>): Schema.Schema<unknown> =>
  Option.match(declared, { onNone: () => Schema.Unknown, onSome: ({ ast }) => Schema.make<unknown>(ast) })

/**
 * Derives a call from its declaration, with everything compiled that does not depend on the arguments. An
 * `HttpApiClient` does the same by some thirty Effects for each call.
 *
 * @internal
 */
export const derive = <A, I>(endpoint: Declared<A, I>, writing: Writing): DerivedCall<A> => {
  const schema = Schema.Struct({
    path: sectionOf(endpoint.pathSchema),
    urlParams: sectionOf(endpoint.urlParamsSchema),
    payload: sectionOf(endpoint.payloadSchema)
  })
  // An accepted value has no transformation in it, so it is its own encoding.
  const isEncoded = check.compile(schema.ast)
  const encode = ParseResult.encodeUnknownEither(schema, ALL)
  const template = parts(endpoint.path)
  requireAll(endpoint, template)
  const base = HttpClientRequest.setHeaders(HttpClientRequest.make(endpoint.method)(""), writing.headers)
  const hasBody = Option.isSome(endpoint.payloadSchema)

  const withQuery = (url: string, params: ReadonlyArray<readonly [string, string]>) => {
    if (params.length === 0) return HttpClientRequest.setUrl(base, url)
    return writing.literalCommas === true
      ? HttpClientRequest.setUrl(base, `${url}?${queryOf(params)}`)
      : HttpClientRequest.setUrlParams(HttpClientRequest.setUrl(base, url), params)
  }

  const toRequest = (
    encoded: typeof schema.Encoded
  ): Either.Either<HttpClientRequest.HttpClientRequest, ParseResult.ParseIssue> => {
    const url = writing.baseUrl + fill(template, encoded.path)
    const params = pairs(encoded.urlParams)
    const asked = withQuery(url, params)
    if (!hasBody) return Either.right(asked)
    return Either.mapBoth(jsonOf(encoded.payload), {
      onLeft: () => unwritable(schema.ast, encoded.payload),
      onRight: (body) => HttpClientRequest.setBody(asked, body)
    })
  }

  return {
    request: (sections) => (isEncoded(sections) ? toRequest(sections) : Either.flatMap(encode(sections), toRequest)),
    decode: ParseResult.decodeUnknownEither(endpoint.successSchema, ALL)
  }
}
