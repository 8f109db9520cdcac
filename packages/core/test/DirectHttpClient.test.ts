import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, DirectHttpClient, FrameioClient, FrameioError, RateLimitScheduler } from "@effect-frameio/core"
import { Context, Effect, Exit, Fiber, Layer, Redacted, TestClock } from "effect"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const next = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const asset = { id, type: "file", invented: { deep: [1, null] } }

type Callback = Parameters<ReturnType<DirectHttpClient.Exchange>>[1]

/** A client whose ordinary way must not be taken, and what came by the short one. */
const direct = (answer: (callback: Callback, request: HttpClientRequest.HttpClientRequest) => void) => {
  const sent: Array<{
    readonly request: HttpClientRequest.HttpClientRequest
    readonly context: Context.Context<never>
    readonly callback: Callback
    abandoned: number
  }> = []
  const usual: Array<HttpClientRequest.HttpClientRequest> = []
  const exchange: DirectHttpClient.Exchange = (request) => (context, callback) => {
    const one = { request, context, callback, abandoned: 0 }
    sent.push(one)
    answer(callback, request)
    return () => {
      one.abandoned++
    }
  }
  const plain = HttpClient.make((request) => {
    usual.push(request)
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(JSON.stringify(asset))))
  })
  return { sent, usual, client: Object.assign(plain, { [DirectHttpClient.TypeId]: exchange }) }
}

const answering = (status: number, text: string): Parameters<typeof direct>[0] => {
  const limits = { "x-ratelimit-limit": "7", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "6" }
  return (callback, request) =>
    callback(
      Exit.succeed(
        Object.create(HttpClientResponse.fromWeb(request, new Response(null, { status, headers: limits })), {
          text: { value: Exit.succeed(text) }
        })
      )
    )
}

const over = <A, E, R>(client: HttpClient.HttpClient, program: Effect.Effect<A, E, R>) =>
  Effect.provide(
    program,
    FrameioClient.layer({ token: Redacted.make("secret"), retry: { readRetries: 0 } }).pipe(
      Layer.orDie,
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
  )

const version = Effect.flatMap(FrameioClient.FrameioClient, (client) =>
  client.version({ assetId: id, nextAssetId: next })
)

describe("DirectHttpClient", () => {
  it.effect("is asked by its short way, and the scheduler learns from its answer", () =>
    Effect.gen(function* () {
      const wire = direct(answering(200, JSON.stringify(asset)))
      const [answer, [bucket]] = yield* over(
        wire.client,
        Effect.all([version, Effect.flatMap(RateLimitScheduler.RateLimitScheduler, (one) => one.snapshot)])
      )
      assert.deepStrictEqual<unknown>(answer, asset)
      assert.deepStrictEqual([bucket?.limit, bucket?.inFlight], [7, 0])
      assert.deepStrictEqual([wire.sent.length, wire.usual.length], [1, 0])
      assert.strictEqual(wire.sent[0]?.request.headers.authorization, "Bearer secret")
    })
  )

  it.effect("is not bypassed by whatever is put around it", () =>
    Effect.gen(function* () {
      const wire = direct(answering(200, JSON.stringify(asset)))
      const around = HttpClient.mapRequest(wire.client, (request) => request)
      assert.isTrue(DirectHttpClient.isDirect(wire.client))
      assert.isFalse(DirectHttpClient.isDirect(around))
      yield* over(around, version)
      assert.deepStrictEqual([wire.sent.length, wire.usual.length], [0, 1])
    })
  )

  it.effect("gives errors by status and by what broke", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(over(direct(answering(404, "{}")).client, version))
      assert.strictEqual(missing._tag, "FrameioNotFound")
      const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
      const broken = direct((callback, request) =>
        callback(Exit.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))
      )
      const lost = yield* Effect.flip(over(broken.client, version))
      assert.deepStrictEqual([lost._tag, FrameioError.outcomeOf(lost)], ["FrameioTransportError", "unknown"])
      assert.strictEqual(broken.sent.length, 1)
    })
  )

  it.effect("is abandoned when its time is over, and the caller's other fibers are left alone", () =>
    Effect.gen(function* () {
      const wire = direct(() => {})
      const fiber = yield* Effect.fork(
        Effect.gen(function* () {
          const own = yield* Effect.fork(Effect.never)
          const error = yield* Effect.flip(over(wire.client, version))
          return [error._tag, FrameioError.outcomeOf(error), own.unsafePoll()] as const
        })
      )
      yield* TestClock.adjust("44 seconds")
      assert.strictEqual(wire.sent[0]?.abandoned, 0)
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["FrameioRequestTimeout", "unknown", null])
      assert.strictEqual(wire.sent[0]?.abandoned, 1)
    })
  )

  it.effect("has no time running any more when it has answered", () =>
    Effect.gen(function* () {
      const wire = direct(() => {})
      const fiber = yield* Effect.fork(over(wire.client, Effect.zip(version, version, { concurrent: true })))
      yield* TestClock.adjust("44 seconds")
      // The first goes alone, for nothing is known of the limit yet.
      const [first] = wire.sent
      if (first === undefined) return assert.fail("nothing was sent")
      answering(200, JSON.stringify(asset))(first.callback, first.request)
      const abandoned = () => wire.sent.map((one) => one.abandoned)
      yield* TestClock.adjust("44 seconds")
      assert.deepStrictEqual(abandoned(), [0, 0])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(abandoned(), [0, 1])
      assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
    })
  )

  it.effect("is abandoned by an interruption, and what it calls back then is lost", () =>
    Effect.gen(function* () {
      const answer = answering(200, JSON.stringify(asset))
      const wire = direct((callback, request) => {
        if (wire.sent.length === 1) answer(callback, request)
      })
      yield* over(
        wire.client,
        Effect.gen(function* () {
          yield* version
          const fiber = yield* Effect.fork(version)
          yield* TestClock.adjust("1 seconds")
          assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
          const one = wire.sent[1]
          assert.strictEqual(one?.abandoned, 1)
          if (one !== undefined) answer(one.callback, one.request)
          // The scheduler cannot know whether the request arrived, and counts it until it must be over.
          const scheduler = yield* RateLimitScheduler.RateLimitScheduler
          yield* TestClock.adjust("10 seconds")
          const [bucket] = yield* scheduler.snapshot
          assert.deepStrictEqual([bucket?.inFlight, bucket?.waiting], [0, 0])
        })
      )
    })
  )

  it.effect("is asked in the caller's context", () =>
    Effect.gen(function* () {
      class Mine extends Context.Tag("Mine")<Mine, number>() {}
      const wire = direct(answering(200, JSON.stringify(asset)))
      yield* over(wire.client, version).pipe(Effect.provideService(Mine, 7))
      const context = wire.sent[0]?.context
      assert.strictEqual(context && Context.getOption(context, Mine).pipe((one) => one._tag), "Some")
    })
  )
})
