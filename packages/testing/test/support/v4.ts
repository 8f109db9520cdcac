/** V4 in plain requests. */
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { FakeFrameio, RateLimiter, type V4Unknowns } from "@effect-frameio/testing"
import { Effect } from "effect"

export const LEGACY = { "x-frameio-legacy-token-auth": "true" }

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** A value deep in JSON, by a path of keys. */
export const at = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    json
  )

export const call = (
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = LEGACY
): Effect.Effect<Answer, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.make(method)(`https://api.frame.io${path}`).pipe(
      HttpClientRequest.setHeaders({ authorization: `Bearer ${FakeFrameio.token}`, ...headers })
    )
    const answer = yield* client.execute(
      body === undefined ? request : HttpClientRequest.setBody(request, HttpBody.unsafeJson(body))
    )
    const text = yield* answer.text
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === "" ? undefined : (JSON.parse(text) as unknown)
    }
  }).pipe(Effect.orDie)

/** A folder with files in it, and the paths to them. */
export const setup = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const account = fake.world.accounts[0] ?? ""
    const folder = yield* fake.addFolder({ name: "shots" })
    const files = yield* Effect.forEach(names, (name) => fake.addFile({ name, parentId: folder }))
    return { fake, account: `/v4/accounts/${account}`, folder, files }
  })

export const stacked = (folder: string, account: string, files: ReadonlyArray<string>) =>
  call("POST", `${account}/folders/${folder}/version_stacks`, { data: { file_ids: files } })

export const ids = (answer: Answer): ReadonlyArray<unknown> => {
  const data = at(answer.body, "data")
  return Array.isArray(data) ? data.map((one) => at(one, "id")) : []
}

export const withFake = (
  v4?: V4Unknowns.Options,
  limits: RateLimiter.Limits = RateLimiter.unlimited,
  options?: FakeFrameio.Options
) => Effect.provide(FakeFrameio.layer({ v4, limits, ...options }))
