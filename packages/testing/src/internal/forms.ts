/**
 * Bodies in `application/x-www-form-urlencoded`, which creating an asset still accepts, read as the JSON they stand
 * for.
 */
import * as Headers from "@effect/platform/Headers"
import { ServerRequest } from "./messages.js"

const FORM = "application/x-www-form-urlencoded"

/** `source[url]` is the field `url` of `source`. How objects are written is not documented; this is the usual way. */
const NESTED = /^([^[\]]+)\[([^[\]]+)\]$/

/**
 * The same request with its form as JSON, all values text; any other request unchanged.
 *
 * @internal
 */
export const fromForm = (request: ServerRequest): ServerRequest => {
  if (request.headers["content-type"]?.toLowerCase().includes(FORM) !== true) return request
  const fields = new Map<string, string>()
  const inner = new Map<string, Record<string, string>>()
  for (const [key, value] of new URLSearchParams(new TextDecoder().decode(request.bytes))) {
    const [, outer, name] = NESTED.exec(key) ?? []
    if (outer === undefined || name === undefined) {
      fields.set(key, value)
    } else {
      const object = inner.get(outer) ?? {}
      object[name] = value
      inner.set(outer, object)
    }
  }
  const body = JSON.stringify(Object.fromEntries([...fields, ...inner]))
  return new ServerRequest(
    request.method,
    request.url,
    Headers.set(request.headers, "content-type", "application/json"),
    new TextEncoder().encode(body)
  )
}
