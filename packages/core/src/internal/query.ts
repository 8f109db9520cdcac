/** The fields of a query: text on the wire, and what they mean in the OpenAPI document. */
import * as Schema from "effect/Schema"
import { argument } from "./argument.js"

/** @internal */
export const flag = (description: string) =>
  Schema.optional(Schema.BooleanFromString.annotations({ jsonSchema: { type: "boolean", description } }))

/**
 * A whole number from 1.
 *
 * @internal
 */
export const count = (description: string) =>
  Schema.optional(
    Schema.NumberFromString.pipe(Schema.int(), Schema.positive()).annotations({
      jsonSchema: { type: "integer", minimum: 1, description }
    })
  )

/** @internal */
export const text = (description: string) => Schema.optional(Schema.String.annotations({ description }))

const withCommas = (value: unknown): unknown => (Array.isArray(value) ? value.join(",") : value)

/**
 * Text; the caller may give a list, whose items are joined with commas.
 *
 * @internal
 */
export const joined = (description: string) =>
  Schema.optional(Schema.String.annotations({ description })).annotations(argument({ from: withCommas }))

/**
 * One value or several; several are sent as the key repeated, the way OpenAPI serialises a list by default.
 *
 * @internal
 */
export const texts = (description: string) =>
  Schema.optional(
    Schema.Union(Schema.String, Schema.Array(Schema.String)).annotations({
      jsonSchema: { type: "array", items: { type: "string" }, description }
    })
  )
