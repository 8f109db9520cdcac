/** A scheduler over a store, and a strict server in this process to send to. */

import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { RateLimitScheduler, RateLimitStore } from "@effect-frameio/ratelimit"
import { RateLimiter } from "@effect-frameio/testing"
import { Context, Effect, Layer, Redacted } from "effect"

export const TOKEN = "fio-u-secret-token-0123456789"
export const HASH_KEY = Redacted.make("a hash key of some length")
export const ROUTE = "POST /v2/assets/:asset_id/version"
export const key = { owner: Redacted.make(TOKEN), route: ROUTE }

const request = HttpClientRequest.post("https://api.frame.io/v2/assets/x/version")

const now = Effect.map(Effect.clock, RateLimitStore.monotonicMillis)

/** Keeps the limit to the millisecond, in real time. */
export const makeServer = (limit: number, windowMillis = 1000, latency = 4) => {
  const limiter = RateLimiter.make({ limits: { "*": { limit, windowMillis } } })
  let admitted = 0
  let refused = 0
  const send = () =>
    Effect.gen(function* () {
      yield* Effect.sleep(latency / 2)
      const decision = limiter.take("user", "version", yield* now)
      const status = decision.admitted ? 200 : 429
      if (decision.admitted) admitted++
      else refused++
      yield* Effect.sleep(latency / 2)
      const headers = {
        "x-ratelimit-limit": `${limit}`,
        "x-ratelimit-window": `${windowMillis}`,
        "x-ratelimit-remaining": `${decision.remaining}`
      }
      return HttpClientResponse.fromWeb(request, new Response("{}", { status, headers }))
    })
  return { send, refused: () => refused, admitted: () => admitted }
}

/** The parts of one process: a scheduler over its own store. */
export const makeScheduler = <E>(
  store: Layer.Layer<RateLimitStore.RateLimitStore, E>,
  options?: RateLimitScheduler.Options
) =>
  Effect.map(
    Layer.build(Layer.provide(RateLimitScheduler.layer(options), store)),
    Context.get(RateLimitScheduler.RateLimitScheduler)
  )
