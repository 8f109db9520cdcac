import { assert, describe, expect, it } from "@effect/vitest"
import { LinkError } from "@effect-frameio/batch"
import { JSONSchema, Schema } from "effect"
import * as JsonOutput from "../src/JsonOutput.js"

type Json = { readonly [name: string]: unknown } | ReadonlyArray<unknown> | string | number | boolean | null

const schemaOf = (schema: Schema.Schema.AnyNoContext): Json =>
  JSON.parse(JSON.stringify(JSONSchema.make(Schema.encodedSchema(schema))))

const tagsIn = (schema: unknown): ReadonlyArray<string> => {
  const found = JSON.stringify(schema).matchAll(/"_tag":\{"type":"string","enum":\["(\w+)"\]\}/g)
  return [...new Set([...found].map(([, tag = ""]) => tag))].sort()
}

const ERROR = schemaOf(Schema.Struct({ error: LinkError.LinkError }))

/** The family of errors is told by its tags: their fields are those of the classes, and may grow. */
const errors = JSON.stringify((ERROR as { readonly properties: { readonly error: unknown } }).properties.error)

/** Fields may come, and times are said to be such. */
const opened = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(opened)
  if (typeof value !== "object" || value === null) return value
  if (JSON.stringify(value) === errors) return { $ref: "#/$defs/error" }
  const entries = Object.entries(value as { readonly [name: string]: Json })
    .filter(([name, one]) => name !== "$schema" && !(name === "additionalProperties" && one === false))
    .map(([name, one]): readonly [string, Json] =>
      name === "description" && typeof one === "string" && one.includes("DateTime.Utc")
        ? ["format", "date-time"]
        : [name, opened(one)]
    )
  return Object.fromEntries(entries)
}

describe("what the commands write as JSON", () => {
  it("is documented as JSON schemas, which are current", async () => {
    const document = {
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "What the commands of frameio write as JSON, by command; one object per line",
      properties: Object.fromEntries(
        Object.entries(JsonOutput.all).map(([command, schema]) => [command, opened(schemaOf(schema))])
      ),
      $defs: {
        error: {
          type: "object",
          description: "Why a version failed; the other fields are those of the error of this tag.",
          required: ["_tag"],
          properties: { _tag: { type: "string", enum: tagsIn(ERROR) } }
        }
      }
    }
    assert.include(document.$defs.error.properties._tag.enum, "FrameioNotFound")
    // vitest run -u writes it.
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../../../docs/json.schema.json")
  })
})
