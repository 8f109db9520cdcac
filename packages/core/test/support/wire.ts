import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Asset, FrameioClient, type FrameioConfig } from "@effect-frameio/core"
import { Effect, Layer, Redacted } from "effect"

/** An answer of the wire: a response, or the error of its socket. */
export type Reply =
  | { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly fails: unknown }

const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "999" }

export const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
export const asset = { id, type: "file", name: "a.mov" }

/** An `HttpClient` that answers by the list, repeating its last entry; and the requests that it received. */
export const stub = (replies: ReadonlyArray<Reply>) => {
  const sent: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) =>
    Effect.suspend(() => {
      const reply = replies[Math.min(sent.length, replies.length - 1)] ?? {}
      sent.push(request)
      if ("fails" in reply) {
        return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: reply.fails }))
      }
      const body = reply.body ?? asset
      const response = new Response(typeof body === "string" ? body : JSON.stringify(body), {
        status: reply.status ?? 200,
        headers: { ...limits, ...reply.headers }
      })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
  )
  return { sent, client }
}

/** Runs a program over a client on this `HttpClient`. */
export const over = <A, E, R>(
  client: HttpClient.HttpClient,
  program: Effect.Effect<A, E, R>,
  options?: Partial<FrameioConfig.Options> & FrameioClient.LayerOptions
) =>
  Effect.provide(
    program,
    FrameioClient.layer({ token: Redacted.make("fio-u-s3cr3t"), ...options }).pipe(
      Layer.orDie,
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
  )

export const version = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
  client.version({ assetId: id, nextAssetId: next })
)

export const get = Effect.flatMap(FrameioClient.FrameioClient, (client) => client.get({ assetId: id }))
