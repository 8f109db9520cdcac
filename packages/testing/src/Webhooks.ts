/**
 * Deliveries of V4's webhooks: signed as Frame.io signs them, and tried five times, 15, 30, 60 and 120 s apart and up to a
 * fifth more, until a 2xx comes within 5 s.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as SecureUrl from "@effect-frameio/core/SecureUrl"
import * as Effect from "effect/Effect"

/**
 * One delivery, as it is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  /** The webhook's. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON: what is signed, byte for byte. */
  readonly body: string
}

/**
 * A delivery and its outcome.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt extends Delivery {
  /** From 1 to 5. */
  readonly attempt: number
  /** When it was sent, in ms since the start of the fake. */
  readonly atMillis: number
  /** The status of the answer; `undefined` if none came within 5 s. */
  readonly status: number | undefined
}

/**
 * Takes a delivery and answers its status; `undefined` if nobody answers.
 *
 * @since 0.1.0
 * @category models
 */
export type Receiver = (delivery: Delivery) => Effect.Effect<number | undefined>

/**
 * Accepts every delivery without sending it.
 *
 * @internal
 */
export const kept: Receiver = () => Effect.succeed(200)

/**
 * Sends deliveries by HTTP.
 *
 * @example
 * ```ts
 * const Fake = FakeFrameio.layer({ webhooks: Webhooks.http() })
 * ```
 *
 * @since 0.1.0
 * @category receivers
 */
export const http =
  (options?: {
    /** Default `loopback`, so that the webhooks of a program under test reach nobody else. */
    readonly hosts?: "loopback" | "any" | undefined
  }): Receiver =>
  ({ body, headers, url }) =>
    Effect.suspend(() => {
      if (!URL.canParse(url)) return Effect.succeed(undefined)
      const { hostname } = new URL(url)
      const isHere = SecureUrl.isSecure({ protocol: "http:", hostname })
      if (!isHere && options?.hosts !== "any") return Effect.succeed(undefined)
      const request = HttpClientRequest.post(url).pipe(
        HttpClientRequest.bodyText(body),
        HttpClientRequest.setHeaders(headers)
      )
      return Effect.flatMap(HttpClient.HttpClient, (client) => client.execute(request)).pipe(
        Effect.map(({ status }) => status),
        Effect.orElseSucceed(() => undefined),
        // @effect-diagnostics-next-line strictEffectProvide:off
        Effect.provide(FetchHttpClient.layer),
        // A redirection would send it elsewhere.
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
      )
    })
