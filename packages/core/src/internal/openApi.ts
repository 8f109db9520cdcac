/**
 * Corrections of the derived OpenAPI document, so that it describes the wire and reads well. Pure
 * functions from one part of the document to another, given to the declaration as its annotations.
 */
import * as RateLimitHeaders from "@effect-frameio/ratelimit/RateLimitHeaders"

type Part = Readonly<Record<string, unknown>>

const isPart = (value: unknown): value is Part => typeof value === "object" && value !== null && !Array.isArray(value)

const partOf = (value: unknown): Part => (isPart(value) ? value : {})

const mapValues = (part: Part, f: (value: unknown, key: string) => unknown): Part =>
  Object.fromEntries(Object.entries(part).map(([key, value]) => [key, f(value, key)]))

const sorted = (part: Part): Part =>
  Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))

const SCHEME = "bearer"

/** The router's own answer to what does not decode. The fake turns it into Frame.io's, and Frame.io never sends it. */
const NEVER_SENT = ["HttpApiDecodeError", "Issue", "PropertyKey"]

const isNeverSent = (schema: unknown): boolean => partOf(schema).$ref === `#/components/schemas/${NEVER_SENT[0]}`

/** The response without the router's own answer; nothing where that was all. */
const sentOnly = (response: Part): Part | undefined => {
  const media = partOf(partOf(response.content)["application/json"])
  if (isNeverSent(media.schema)) return undefined
  const { anyOf } = partOf(media.schema)
  if (!Array.isArray(anyOf) || !anyOf.some(isNeverSent)) return response
  const left = anyOf.filter((one: unknown) => !isNeverSent(one))
  const schema = left.length === 1 ? left[0] : { anyOf: left }
  return { ...response, content: { "application/json": { schema } } }
}

const headerRef = (name: string): readonly [string, Part] => [name, { $ref: `#/components/headers/${name}` }]

const header = (type: string, description: string): Part => ({ description, schema: { type } })

const rateLimitHeaders: Part = {
  [RateLimitHeaders.LIMIT]: header("integer", "Requests per window, of this user at this endpoint."),
  [RateLimitHeaders.WINDOW]: header("integer", "The window, in milliseconds."),
  [RateLimitHeaders.REMAINING]: header("integer", "Requests left, rounded. On a 429 it says the whole limit.")
}

const pageHeaders: Part = {
  "page-number": header("integer", "This page, counted from 1."),
  "per-page": header("integer", "Items on a full page."),
  total: header("integer", "Items on all pages."),
  "total-pages": header("integer", "How many pages there are.")
}

const withHeaders = (response: unknown, headers: Part): Part => ({
  ...partOf(response),
  headers: { ...partOf(partOf(response).headers), ...Object.fromEntries(Object.keys(headers).map(headerRef)) }
})

/**
 * The operation of a listing: its answer comes in pages, which are told in headers.
 *
 * @internal
 */
export const paged = (operation: Part): Part => ({
  ...operation,
  responses: mapValues(partOf(operation.responses), (response, status) =>
    status === "200" ? withHeaders(response, pageHeaders) : response
  )
})

/**
 * An operation whose body may be a form as well.
 *
 * @internal
 */
export const formToo = (operation: Part): Part => {
  const body = partOf(operation.requestBody)
  const content = partOf(body.content)
  const form = { "application/x-www-form-urlencoded": content["application/json"] }
  return { ...operation, requestBody: { ...body, content: { ...content, ...form } } }
}

/** Description and response name of each status. */
const ERRORS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  "400": ["BadRequest", "Not a request that Frame.io understands. Documented for the parts of a realtime upload only."],
  "401": ["Unauthorized", "The token is missing, wrong, expired or revoked."],
  "402": ["UsageExceeded", "The account's plan is used up."],
  "403": ["Forbidden", "The user has no right to do this, or the token lacks a scope."],
  "404": ["NotFound", "The asset was moved or deleted, or the user cannot see it."],
  "409": ["Conflict", "It exists already."],
  "422": ["InvalidArguments", "An argument is invalid, or a rule is broken."],
  "429": ["RateLimited", "The limit of this endpoint is used up for now. No header says for how long."],
  "500": ["ServerError", "Frame.io failed. It says that this is often a malformed URL or body."]
}

const JSON_OR_TEXT = { "text/plain": { schema: { type: "string" } } }

const errorOf = (response: Part, status: string, description: string): Part => ({
  ...withHeaders(response, rateLimitHeaders),
  description,
  content: { ...partOf(response.content), ...(status === "429" ? JSON_OR_TEXT : {}) }
})

/** Says what it means once. */
const parameterOf = (parameter: unknown): Part => {
  const { description: _, ...schema } = partOf(partOf(parameter).schema)
  return { ...partOf(parameter), schema }
}

/** The errors of all operations by name, and the operations, which only name them. */
const errorsApart = (paths: Part): { readonly paths: Part; readonly responses: Part } => {
  const responses: Record<string, Part> = {}
  const responseOf = (response: unknown, status: string): ReadonlyArray<readonly [string, Part]> => {
    const sent = sentOnly(partOf(response))
    if (sent === undefined) return []
    const error = ERRORS[status]
    if (error === undefined) {
      const described = { ...sent, description: /\s/.test(String(sent.description)) ? sent.description : "Success" }
      return [[status, withHeaders(described, rateLimitHeaders)]]
    }
    const [name, description] = error
    responses[name] = errorOf(sent, status, description)
    return [[status, { $ref: `#/components/responses/${name}` }]]
  }
  const operationOf = (operation: unknown): Part => {
    // An empty list would say that no token is needed; without one the document's own applies.
    const { security: _, ...rest } = partOf(operation)
    const all = Object.entries(partOf(rest.responses)).flatMap(([status, one]) => responseOf(one, status))
    const parameters = Array.isArray(rest.parameters) ? rest.parameters.map(parameterOf) : []
    return { ...rest, parameters, responses: Object.fromEntries(all) }
  }
  return { paths: mapValues(paths, (path) => mapValues(partOf(path), operationOf)), responses }
}

/** `anyOf` of plain types is one `type` with their names. */
const plainTypes = (schema: Part): ReadonlyArray<string> | undefined => {
  if (!Array.isArray(schema.anyOf)) return undefined
  const types = schema.anyOf.map((one: unknown) => {
    const keys = Object.keys(partOf(one))
    const { type } = partOf(one)
    return keys.length === 1 && typeof type === "string" ? type : ""
  })
  return types.includes("") ? undefined : types
}

const INTEGER = "#/components/schemas/Int"

const isOnlyAnyOf = (schema: unknown): schema is { readonly anyOf: ReadonlyArray<unknown> } =>
  isPart(schema) && Array.isArray(schema.anyOf) && Object.keys(schema).length === 1

/** Effect's default description of a schema without annotation: "a string matching the pattern …". */
const isBoilerplate = (key: string, value: unknown): boolean =>
  typeof value === "string" && (key === "title" || (key === "description" && /^an? [a-z-]+ /.test(value)))

/** JSON Schema as a person writes it: no empty lists, anything is `{}`, references go to the components. */
const tidy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tidy)
  if (!isPart(value)) return value
  if (value.$id === "/schemas/unknown") {
    const { $id: _, ...rest } = value
    return tidy(rest)
  }
  if (value.$ref === INTEGER) {
    const { $ref: _, ...rest } = value
    return { type: "integer", ...partOf(tidy(rest)) }
  }
  const types = plainTypes(value)
  if (types !== undefined) {
    const { anyOf: _, ...rest } = value
    return { type: types, ...partOf(tidy(rest)) }
  }
  if (Array.isArray(value.allOf) && value.allOf.length === 1) {
    const { allOf, ...rest } = value
    return tidy({ ...partOf(allOf[0]), ...rest })
  }
  if (Array.isArray(value.anyOf) && value.anyOf.some(isOnlyAnyOf)) {
    return tidy({ ...value, anyOf: value.anyOf.flatMap((one: unknown) => (isOnlyAnyOf(one) ? one.anyOf : [one])) })
  }
  const entries: Array<readonly [string, unknown]> = []
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$schema" || key === "$defs" || isBoilerplate(key, inner)) continue
    if (key === "required" && Array.isArray(inner) && inner.length === 0) continue
    if (key === "properties" && isPart(inner) && Object.keys(inner).length === 0) continue
    // Frame.io may add fields.
    if (key === "additionalProperties" && inner === false) continue
    const isRef = key === "$ref" && typeof inner === "string"
    entries.push([key, isRef ? inner.replace(/^#\/\$defs\//, "#/components/schemas/") : tidy(inner)])
  }
  return Object.fromEntries(entries)
}

const schemasOf = (components: Part): Part => {
  const schemas = partOf(components.schemas)
  const hoisted = Object.values(schemas).flatMap((schema) => Object.entries(partOf(partOf(schema).$defs)))
  const unused = [...NEVER_SENT, "Int"]
  const all = [...Object.entries(schemas), ...hoisted].filter(([name]) => !unused.includes(name))
  return mapValues(sorted(Object.fromEntries(all)), tidy)
}

/**
 * The whole document.
 *
 * @internal
 */
export const document = (spec: Part): Record<string, unknown> => {
  const { paths, responses } = errorsApart(partOf(spec.paths))
  return {
    ...spec,
    paths: tidy(paths),
    components: {
      schemas: schemasOf(partOf(spec.components)),
      responses: tidy(sorted(responses)),
      headers: { ...pageHeaders, ...rateLimitHeaders },
      securitySchemes: {
        [SCHEME]: {
          type: "http",
          scheme: "bearer",
          description: "A developer token, an OAuth 2 access token or a JWT: all three are sent alike."
        }
      }
    },
    security: [{ [SCHEME]: [] }]
  }
}
