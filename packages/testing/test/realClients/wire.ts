/** HTTP as other programs send it, byte for byte if it matters: a GET with a body, their headers, their JSON. */
import { request as nodeRequest } from "node:http"
import { assert } from "@effect/vitest"
import { FakeFrameioServer, RateLimiter } from "@effect-frameio/testing"
import { Effect } from "effect"

export interface Sent {
  readonly method: string
  /** Below the host, or a whole URL from an answer. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const exchange = (sent: Sent, baseUrl: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers =
      sent.body === undefined
        ? sent.headers
        : { ...sent.headers, "Content-Length": String(Buffer.byteLength(sent.body)) }
    const request = nodeRequest(new URL(sent.url, baseUrl), { method: sent.method, headers, agent: false })
    request.on("error", reject)
    request.on("response", (response) => {
      const chunks: Array<Buffer> = []
      response.on("error", reject)
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const received: Record<string, string> = {}
        for (const [name, value] of Object.entries(response.headers)) received[name] = String(value)
        resolve({
          status: response.statusCode ?? 0,
          headers: received,
          text: Buffer.concat(chunks).toString("utf8")
        })
      })
    })
    request.end(sent.body)
  })

/** A fake on a port, whose limit interferes only with tests that are about it. */
export const withFake = <A, E>(
  options: FakeFrameioServer.Options,
  test: (fake: FakeFrameioServer.Service, send: (sent: Sent) => Effect.Effect<Answer>) => Effect.Effect<A, E>
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make({ limits: RateLimiter.unlimited, ...options })
      return yield* test(fake, (sent) => Effect.promise(() => exchange(sent, fake.baseUrl)))
    })
  )

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** The result of `r.json()` and `response.data`. */
export const json = (answer: Answer): unknown => JSON.parse(answer.text)

/** `asset["creator"]["id"]`: a reader that fails like theirs. */
export const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((inner, key) => {
    assert(typeof inner === "object" && inner !== null, `no ${key} in ${JSON.stringify(inner)}`)
    const entry = Object.entries(inner).find(([name]) => name === String(key))
    assert(entry !== undefined, `no ${key} in ${JSON.stringify(inner).slice(0, 300)}`)
    return entry[1]
  }, value)

export const list = (value: unknown): ReadonlyArray<unknown> => {
  assert(Array.isArray(value), `no list: ${JSON.stringify(value).slice(0, 300)}`)
  return value
}

export const text = (value: unknown): string => {
  assert(typeof value === "string", `no text: ${JSON.stringify(value)}`)
  return value
}

/** Like Python's `json.dumps`: a space after commas and colons, only ASCII. */
export const pythonJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${pythonJson(key)}: ${pythonJson(inner)}`)
      .join(", ")}}`
  }
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
}
