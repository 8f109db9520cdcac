import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as check from "./fast/check.js"
import { lazy } from "./lazy.js"

const Odd: unique symbol = Symbol.for("@effect-frameio/core/odd")

type Json = Readonly<Record<PropertyKey, unknown>>

const isJsonObject = (u: unknown): u is Json => Predicate.isRecord(u) && !Array.isArray(u)

/** An optional field; `fields` are the keys of the object that it may hold. */
interface Field {
  readonly name: string
  readonly accepts: (u: unknown) => boolean
  readonly fields: ReadonlyArray<Field>
}

const objectsIn = (ast: AST.AST): ReadonlyArray<AST.TypeLiteral> =>
  AST.isTypeLiteral(ast)
    ? [ast]
    : AST.isUnion(ast)
      ? ast.types.flatMap(objectsIn)
      : AST.isRefinement(ast)
        ? objectsIn(ast.from)
        : []

const optionalFields = (ast: AST.AST, identifies: ReadonlyArray<string>): ReadonlyArray<Field> =>
  objectsIn(ast).flatMap((object) =>
    object.propertySignatures.flatMap(({ isOptional, name, type }): ReadonlyArray<Field> => {
      if (!isOptional || typeof name !== "string" || identifies.includes(name)) return []
      const quick = check.compile(type)
      const thorough = lazy(() => ParseResult.is(Schema.make(type)))
      const accepts = (u: unknown) => quick(u) || thorough()(u)
      return [{ name, accepts, fields: optionalFields(type, []) }]
    })
  )

/** A copy without the odd values, which it keeps behind a symbol; `undefined` where there is none. */
const view = (fields: ReadonlyArray<Field>, input: Json): Json | undefined => {
  let copy: Record<PropertyKey, unknown> | undefined
  let odd: Record<string, unknown> | undefined
  for (const { accepts, fields: inner, name } of fields) {
    if (!Object.hasOwn(input, name)) continue
    const value = input[name]
    if (accepts(value)) continue
    copy ??= { ...input }
    const within = isJsonObject(value) ? view(inner, value) : undefined
    if (within !== undefined && accepts(within)) {
      copy[name] = within
      continue
    }
    odd ??= {}
    odd[name] = value
    // Not deleted, so that encoding finds its place again.
    copy[name] = undefined
  }
  if (copy !== undefined && odd !== undefined) copy[Odd] = odd
  return copy
}

/**
 * The values of optional fields that are of another type than documented, as they came.
 *
 * @internal
 */
export const odd = (value: object): Readonly<Record<string, unknown>> => {
  const kept: unknown = Reflect.get(value, Odd)
  return isJsonObject(kept) ? kept : {}
}

/** The object as it came, with what was changed since. */
const restore = (fields: ReadonlyArray<Field>, value: Json): Json => {
  let copy: Record<PropertyKey, unknown> | undefined
  if (Odd in value) {
    const { [Odd]: _, ...rest } = value
    copy = rest
    for (const [name, one] of Object.entries(odd(value))) if (copy[name] === undefined) copy[name] = one
  }
  for (const { fields: inner, name } of fields) {
    const within = value[name]
    if (inner.length === 0 || !isJsonObject(within)) continue
    const restored = restore(inner, within)
    if (restored === within) continue
    copy ??= { ...value }
    copy[name] = restored
  }
  return copy ?? value
}

/**
 * A schema whose values are the very objects that arrived. Only required fields, and those that `identifies` names, can
 * make it fail: an optional field of another type is `undefined` in the value, is kept behind it ({@link odd}), and goes
 * out again on encoding.
 *
 * The fast check accepts sound values; the ordinary schema judges, and explains, the rest.
 *
 * @internal
 */
export const tolerant = <A extends object, B extends A, I>(
  schema: Schema.Schema<A, I>,
  {
    identifies = [],
    ...annotations
  }: {
    readonly identifier: string
    readonly description?: string
    readonly identifies?: ReadonlyArray<string>
  }
): Schema.Schema<B> => {
  const slow = Schema.typeSchema(schema)
  const quick = lazy(() => check.compile(slow.ast))
  const explain = lazy(() => ParseResult.validateEither(slow, { errors: "all" }))
  const fields = lazy(() => optionalFields(slow.ast, identifies))
  const isIt = (input: unknown): input is B => quick()(input) || Either.isRight(explain()(input))
  const judge = (input: unknown): Either.Either<B, ParseResult.ParseIssue> => {
    if (quick()(input) && isIt(input)) return Either.right(input)
    const seen = isJsonObject(input) ? (view(fields(), input) ?? input) : input
    if (isIt(seen)) return Either.right(seen)
    return Either.flatMap(explain()(seen), () => Either.left(new ParseResult.Type(slow.ast, input)))
  }
  const asItCame = (input: unknown): Either.Either<B, ParseResult.ParseIssue> =>
    Either.map(judge(input), (value) => {
      const whole: unknown = isJsonObject(value) ? restore(fields(), value) : value
      // Odd values are outside the types on the wire, too.
      return whole as B
    })
  const declared: Schema.Schema<B> = Schema.declare(
    [],
    { decode: () => judge, encode: () => asItCame },
    { ...annotations, arbitrary: () => (fc) => Arbitrary.makeLazy(slow)(fc).filter(isIt) }
  )
  // Most programs never ask for it, and it takes longer than all the rest.
  Object.defineProperty(declared.ast.annotations, AST.JSONSchemaAnnotationId, {
    enumerable: true,
    get: () => JSONSchema.make(slow)
  })
  return declared
}
