/** Judges a request by its declaration, and words the faults like the library behind Frame.io's answers. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { V4Unknowns } from "../../V4Unknowns.js"
import { type Answer, refusal } from "./answer.js"

/**
 * The part of a declared endpoint that requests are judged by.
 *
 * @internal
 */
export interface Endpoint<Path, UrlParams, Payload> {
  readonly pathSchema: Option.Option<Schema.Schema<Path, unknown>>
  readonly urlParamsSchema: Option.Option<Schema.Schema<UrlParams, unknown>>
  readonly payloadSchema: Option.Option<Schema.Schema<Payload, unknown>>
}

/** @internal */
export interface Raw {
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: string
}

/** @internal */
export interface Judged<Path, UrlParams, Payload> {
  readonly path: Path
  readonly query: UrlParams
  readonly body: Payload
}

interface Fault {
  readonly pointer: ReadonlyArray<PropertyKey>
  readonly detail: string
}

const LONGEST_NAME = 40

const typeOf = (actual: unknown): string => {
  if (actual === null) return "null"
  if (Array.isArray(actual)) return "array"
  return typeof actual === "number" ? (Number.isInteger(actual) ? "integer" : "number") : typeof actual
}

const expected = (ast: AST.AST): string => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return "string"
    case "NumberKeyword":
      return "integer"
    case "BooleanKeyword":
      return "boolean"
    case "TupleType":
      return "array"
    case "TypeLiteral":
      return "object"
    case "Refinement":
      return expected(ast.from)
    case "Transformation":
      return expected(ast.to)
    default:
      return "value"
  }
}

const isEnum = (ast: AST.AST): boolean =>
  ast._tag === "Literal" || (ast._tag === "Union" && ast.types.every((one) => one._tag === "Literal"))

/** The rule of the wire behind a refinement. */
const broken = (ast: AST.Refinement, actual: unknown): string => {
  const rule: unknown = ast.annotations[AST.JSONSchemaAnnotationId]
  const named = Predicate.isRecord(rule) ? rule : {}
  const size = typeof actual === "string" || Array.isArray(actual) ? actual.length : 0
  // A number in the query is still text here.
  const value = Number(actual)
  const is = (name: string, holds: (bound: number) => boolean) => {
    const bound = named[name]
    return typeof bound === "number" && !holds(bound) ? bound : undefined
  }
  const rules: ReadonlyArray<readonly [number | undefined, string]> = [
    [is("minItems", (bound) => size >= bound), `Array length ${size} is smaller than minItems: `],
    [is("maxItems", (bound) => size <= bound), `Array length ${size} is larger than maxItems: `],
    [is("minLength", (bound) => size >= bound), "String length is smaller than minLength: "],
    [is("maxLength", (bound) => size <= bound), "String length is larger than maxLength: "],
    [is("minimum", (bound) => value >= bound), `${value} is smaller than inclusive minimum `],
    [is("maximum", (bound) => value <= bound), `${value} is larger than inclusive maximum `]
  ]
  for (const [bound, words] of rules) if (bound !== undefined) return `${words}${bound}`
  if (Array.isArray(actual)) return "Array items must be unique"
  if (typeof actual === "string") return "Invalid format. Expected :uuid"
  return typeof actual === "number" ? "Invalid integer. Got: number" : "Invalid value"
}

const isMany = <A>(value: ParseResult.SingleOrNonEmpty<A>): value is readonly [A, ...Array<A>] => Array.isArray(value)

const steps = (path: ParseResult.Path): ReadonlyArray<PropertyKey> => (isMany(path) ? path : [path])

const allOf = (issues: ParseResult.SingleOrNonEmpty<ParseResult.ParseIssue>): ReadonlyArray<ParseResult.ParseIssue> =>
  isMany(issues) ? issues : [issues]

const faultsOf = (issue: ParseResult.ParseIssue, at: ReadonlyArray<PropertyKey>): ReadonlyArray<Fault> => {
  switch (issue._tag) {
    case "Pointer":
      return faultsOf(issue.issue, [...at, ...steps(issue.path)])
    case "Composite":
      return allOf(issue.issues).flatMap((one) => faultsOf(one, at))
    case "Missing":
      return [{ pointer: at, detail: `Missing field: ${String(at.at(-1))}` }]
    case "Unexpected":
      return [{ pointer: at, detail: `Unexpected field: ${String(at.at(-1)).slice(0, LONGEST_NAME)}` }]
    case "Refinement":
      return issue.kind === "From"
        ? faultsOf(issue.issue, at)
        : [{ pointer: at, detail: broken(issue.ast, issue.actual) }]
    case "Transformation":
      return faultsOf(issue.issue, at)
    case "Type": {
      if (isEnum(issue.ast)) return [{ pointer: at, detail: "Invalid value for enum" }]
      const wanted = expected(issue.ast)
      return [
        {
          pointer: at,
          detail:
            issue.actual === null
              ? `null value where ${wanted} expected`
              : `Invalid ${wanted}. Got: ${typeOf(issue.actual)}`
        }
      ]
    }
    case "Forbidden":
      return [{ pointer: at, detail: "Invalid value" }]
  }
}

/** Only the first superfluous field is reported. */
const told = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> => {
  const [first] = faults.filter((one) => one.detail.startsWith("Unexpected"))
  return faults.filter((one) => one === first || !one.detail.startsWith("Unexpected"))
}

const EVERY_FAULT = { errors: "all", onExcessProperty: "error" } as const
const IGNORING = { errors: "all", onExcessProperty: "ignore" } as const

/** Extra members beside `data` are refused too, although the declaration accepts unknown fields in answers. */
const strict = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, I> =>
  schema.ast._tag === "TypeLiteral" && schema.ast.indexSignatures.length > 0
    ? Schema.make(new AST.TypeLiteral(schema.ast.propertySignatures, [], schema.ast.annotations))
    : schema

type Decode<A> = (input: unknown) => Either.Either<A, ParseResult.ParseError>

const NOTHING = Schema.Struct({})

/** A part without schema must be absent from the request. */
const section = <A, I>(schema: Option.Option<Schema.Schema<A, I>>, options: AST.ParseOptions): Decode<A> => {
  if (Option.isSome(schema)) return Schema.decodeUnknownEither(schema.value, options)
  const empty = Schema.decodeUnknownEither(NOTHING, options)
  return (input) => Either.map(empty(input), () => undefined as A)
}

const parse = (body: string): Either.Either<unknown, Answer> =>
  Either.try({
    try: (): unknown => JSON.parse(body === "" ? "{}" : body),
    catch: () => refusal(400, [{ detail: "The body is not JSON." }])
  })

const wrong = (error: ParseResult.ParseError, status = 422): Answer =>
  refusal(
    status,
    told(faultsOf(error.issue, [])).map(({ detail, pointer }) => ({
      detail,
      title: "Invalid value",
      source: { pointer: `/${pointer.map(String).join("/")}` }
    }))
  )

/**
 * The arguments of a request, or the 422 that lists everything wrong with it: parameters first, then the body.
 *
 * @internal
 */
export const judge = <Path, UrlParams, Payload>(
  endpoint: Endpoint<Path, UrlParams, Payload>
): ((
  raw: Raw,
  unknowns: Pick<V4Unknowns, "malformedId" | "unknownQuery">
) => Either.Either<Judged<Path, UrlParams, Payload>, Answer>) => {
  const path = section(endpoint.pathSchema, IGNORING)
  const query = {
    refuse: section(endpoint.urlParamsSchema, EVERY_FAULT),
    ignore: section(endpoint.urlParamsSchema, IGNORING)
  }
  const body = section(Option.map(endpoint.payloadSchema, strict), EVERY_FAULT)
  return (raw, { malformedId, unknownQuery }) =>
    Either.gen(function* () {
      return {
        path: yield* Either.mapLeft(path(raw.path), (error) => wrong(error, malformedId)),
        // The first of a repeated parameter counts.
        query: yield* Either.mapLeft(query[unknownQuery](Object.fromEntries([...raw.query].reverse())), (error) =>
          wrong(error)
        ),
        body: yield* Either.flatMap(parse(raw.body), (json) => Either.mapLeft(body(json), (error) => wrong(error)))
      }
    })
}
