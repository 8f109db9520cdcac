import * as Option from "effect/Option"
import * as AST from "effect/SchemaAST"

/**
 * Turns the AST of a schema without transformations into a plain predicate, some ten times as fast as a parser.
 *
 * It answers `true` only if the schema accepts, and `false` for all that it does not know, so it may shorten a decoding,
 * but never change its result.
 *
 * @internal
 */
export const compile = (ast: AST.AST): ((u: unknown) => boolean) => {
  switch (ast._tag) {
    case "StringKeyword":
      return (u) => typeof u === "string"
    case "NumberKeyword":
      return (u) => typeof u === "number"
    case "BooleanKeyword":
      return (u) => typeof u === "boolean"
    case "UndefinedKeyword":
      return (u) => u === undefined
    case "UnknownKeyword":
    case "AnyKeyword":
      return () => true
    case "Literal":
      return (u) => u === ast.literal
    case "Refinement": {
      const from = compile(ast.from)
      return (u) => from(u) && Option.isNone(ast.filter(u, AST.defaultParseOption, ast))
    }
    case "Union":
      return union(ast)
    case "TupleType":
      return list(ast)
    case "TypeLiteral":
      return struct(ast)
    default:
      return () => false
  }
}

const union = (ast: AST.Union): ((u: unknown) => boolean) => {
  const members = ast.types.map(compile)
  const scalars = ast.types.map((member) => member._tag)
  // By far the most common: a scalar that may be null or absent.
  const nullable = ast.types.some((member) => member._tag === "Literal" && member.literal === null)
  const optional = scalars.includes("UndefinedKeyword")
  return (u) => {
    if (u === undefined && optional) return true
    if (u === null && nullable) return true
    for (const member of members) {
      if (member(u)) return true
    }
    return false
  }
}

const list = (ast: AST.TupleType): ((u: unknown) => boolean) => {
  const rest = ast.rest[0]
  if (ast.elements.length > 0 || ast.rest.length !== 1 || rest === undefined) return () => false
  const item = compile(rest.type)
  return (u) => Array.isArray(u) && u.every(item)
}

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

const struct = (ast: AST.TypeLiteral): ((u: unknown) => boolean) => {
  // The caller keeps undeclared keys; only a record of `unknown` is known here.
  if (ast.indexSignatures.some((signature) => !AST.isUnknownKeyword(signature.type))) return () => false
  const names: Array<string> = []
  const checks: Array<(u: unknown) => boolean> = []
  for (const signature of ast.propertySignatures) {
    if (typeof signature.name !== "string") return () => false
    const check = compile(signature.type)
    names.push(signature.name)
    checks.push(signature.isOptional ? (u) => u === undefined || check(u) : check)
  }
  const count = names.length
  return (u) => {
    if (!isRecord(u)) return false
    for (let i = 0; i < count; i++) {
      const name = names[i]
      const check = checks[i]
      if (name === undefined || check === undefined || !check(u[name])) return false
    }
    return true
  }
}
