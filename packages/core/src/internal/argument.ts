import * as AST from "effect/SchemaAST"

const Argument: unique symbol = Symbol.for("@effect-frameio/core/internal/Argument")

/**
 * How an argument differs from the field that it becomes.
 *
 * @internal
 */
export interface Difference {
  /** The caller's name, if it is not the field's in camel case. On a struct: of further fields, by the wire's names. */
  readonly name?: string
  /** The wire wraps each item of the caller's list in an object with this one member. */
  readonly member?: string
  /** The value for the wire. It passes unknown values of untyped callers on to the schema. */
  readonly from?: (value: unknown) => unknown
  /** Whether the id says where a call works, and not on what. */
  readonly isPlace?: boolean
}

/**
 * Annotates a field, or its schema, whose argument differs in more than camel case.
 *
 * @internal
 */
export const argument = (difference: Difference) => ({ [Argument]: difference })

/**
 * The annotation of the first annotated schema.
 *
 * @internal
 */
export const differenceOf = (...annotated: ReadonlyArray<AST.Annotated>): Difference => {
  for (const one of annotated) {
    const found = AST.getAnnotation<Difference>(Argument)(one)
    if (found._tag === "Some") return found.value
  }
  return {}
}
