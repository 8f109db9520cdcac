/**
 * Translates a call's arguments between the caller's names and the wire's. Both follow from the declaration: the caller's
 * are in camel case, path, query and body together; exceptions are annotated (`internal/argument`).
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { snakeToCamel } from "effect/String"
import * as SafeText from "../SafeText.js"
import { type Difference, differenceOf } from "./argument.js"
import type { AnyDeclared, Sections } from "./derivedCall.js"

interface Field {
  readonly name: string
  readonly wire: string
  readonly difference: Difference
  /** Whether its values are ids of assets that the call is about. */
  readonly isSubject: boolean
  /** The fields of its value, or of the items of its list; `undefined` where names are the caller's own. */
  readonly shape: Shape | undefined
}

interface Shape {
  readonly byName: ReadonlyMap<string, Field>
  readonly byWire: ReadonlyMap<string, Field>
}

const structIn = (ast: AST.AST): AST.TypeLiteral | undefined => {
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.length === 0 ? undefined : ast
    case "Refinement":
      return structIn(ast.from)
    case "Transformation":
      return structIn(ast.to)
    case "TupleType":
      return ast.rest[0] === undefined ? undefined : structIn(ast.rest[0].type)
    case "Union":
      return ast.types.map(structIn).find(Predicate.isNotUndefined)
    default:
      return undefined
  }
}

const holdsAssetIds = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "Refinement":
      return (
        Option.exists(AST.getBrandAnnotation(ast), (brands) => brands.includes("AssetId")) || holdsAssetIds(ast.from)
      )
    case "TupleType":
      return ast.rest.some(({ type }) => holdsAssetIds(type))
    case "Union":
      return ast.types.some(holdsAssetIds)
    default:
      return false
  }
}

const fieldOf = (wire: string, type: AST.AST, signature: AST.Annotated): Field => {
  const difference = differenceOf(signature, type)
  const shape = difference.member === undefined ? shapeOf(type) : undefined
  return {
    name: difference.name ?? snakeToCamel(wire),
    wire,
    difference,
    isSubject: difference.isPlace !== true && (difference.member !== undefined || holdsAssetIds(type)),
    shape
  }
}

const shapeOf = (ast: AST.AST): Shape | undefined => {
  const struct = structIn(ast)
  if (struct === undefined) return undefined
  const fields = struct.propertySignatures.map((one) => fieldOf(String(one.name), one.type, one))
  return {
    byName: new Map(fields.map((field) => [field.name, field])),
    byWire: new Map(fields.map((field) => [field.wire, field]))
  }
}

const inShape = (shape: Shape, value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => inShape(shape, item))
  if (!Predicate.isRecord(value)) return value
  const renamed: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(value)) {
    const field = shape.byName.get(name)
    if (field !== undefined && given !== undefined) renamed[field.wire] = onTheWire(field, given)
  }
  return renamed
}

const onTheWire = ({ difference: { from, member }, shape }: Field, given: unknown): unknown => {
  const value = from === undefined ? given : from(given)
  if (member !== undefined) return Array.isArray(value) ? value.map((item) => ({ [member]: item })) : value
  return shape === undefined ? value : inShape(shape, value)
}

type Section = keyof Sections

const SECTIONS: ReadonlyArray<Section> = ["path", "urlParams", "payload"]

/** @internal */
export interface Arguments {
  /** Arguments that are not declared, and those that are `undefined`, are left out. */
  readonly toSections: (args: object) => Sections
  /** The values at the places of asset ids, the path's first. Unvalidated. */
  readonly idsIn: (args: object) => ReadonlyArray<unknown>
  /** The caller's name for a path in the sections, such as `payload.parts[0].is_final`. */
  readonly nameOf: (path: ReadonlyArray<PropertyKey>) => string
  /** The same for a path in any section. */
  readonly nameOfField: (path: string) => string
}

/**
 * The arguments of an endpoint.
 *
 * @internal
 */
export const of = (endpoint: AnyDeclared): Arguments => {
  const payload = Option.map(endpoint.payloadSchema, ({ ast }) => ast)
  const envelope = Option.getOrUndefined(
    Option.filterMap(payload, (ast) =>
      Option.fromNullable(structIn(ast)?.propertySignatures.find(({ name }) => name === "data"))
    )
  )
  const asts: Readonly<Record<Section, AST.AST | undefined>> = {
    path: Option.getOrUndefined(endpoint.pathSchema)?.ast,
    urlParams: Option.getOrUndefined(endpoint.urlParamsSchema)?.ast,
    payload: envelope?.type ?? Option.getOrUndefined(payload)
  }
  const fields = SECTIONS.flatMap((section) => {
    const ast = asts[section]
    const shape = ast === undefined ? undefined : shapeOf(ast)
    return shape === undefined ? [] : [...shape.byName.values()].map((field) => ({ section, field }))
  })
  const byName = new Map(fields.map((one) => [one.field.name, one]))
  const subjects = fields.filter(({ field }) => field.isSubject).map(({ field }) => field.name)
  const further = asts.payload === undefined ? undefined : differenceOf(asts.payload).name

  const renamed = (field: Field, rest: ReadonlyArray<PropertyKey>): ReadonlyArray<PropertyKey> => {
    const steps: Array<PropertyKey> = [field.name]
    let shape = field.shape
    for (const step of rest) {
      if (step === field.difference.member) continue
      const inner = typeof step === "string" ? shape?.byWire.get(step) : undefined
      steps.push(inner?.name ?? step)
      if (typeof step === "string") shape = inner?.shape
    }
    return steps
  }

  const find = (sections: ReadonlyArray<Section>, path: ReadonlyArray<PropertyKey>): string => {
    const [first, ...rest] = path
    const found = fields.find(({ field, section }) => field.wire === first && sections.includes(section))
    return SafeText.fieldPath(found === undefined ? path : renamed(found.field, rest))
  }

  return {
    toSections: (args) => {
      const sections: Record<Section, Record<string, unknown>> = { path: {}, urlParams: {}, payload: {} }
      for (const [name, given] of Object.entries(args)) {
        if (given === undefined) continue
        const one = byName.get(name)
        if (one !== undefined) sections[one.section][one.field.wire] = onTheWire(one.field, given)
        else if (name === further && Predicate.isRecord(given)) sections.payload = { ...given, ...sections.payload }
      }
      return envelope === undefined ? sections : { ...sections, payload: { data: sections.payload } }
    },
    idsIn: (args) => {
      const given: Readonly<Record<string, unknown>> = { ...args }
      return subjects.flatMap((name) => given[name] ?? [])
    },
    nameOf: ([section, ...path]) =>
      find(
        SECTIONS.filter((one) => one === section),
        envelope !== undefined && path[0] === "data" ? path.slice(1) : path
      ),
    nameOfField: (path) => find(SECTIONS, SafeText.pathSteps(path))
  }
}
