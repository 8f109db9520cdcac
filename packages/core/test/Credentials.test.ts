import { FileSystem, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Credentials, FrameioClient, FrameioConfig, FrameioError, RateLimitScheduler } from "@effect-frameio/core"
import { ConfigProvider, Deferred, Effect, Either, Fiber, Layer, Option, Redacted } from "effect"
import { asset, get, over, stub, version } from "./support/wire.js"

const bearer = (sent: ReturnType<typeof stub>["sent"]) => sent.map((request) => request.headers.authorization)

/** A source of tokens `t1`, `t2`, …, and how often it was asked. */
const source = () => {
  const asked = { times: 0 }
  return { asked, token: Effect.sync(() => Redacted.make(`t${++asked.times}`)) }
}

describe("Credentials", () => {
  it.effect("ask for a token when the first request needs one, and keep it", () =>
    Effect.gen(function* () {
      const wire = stub([{}])
      const { asked, token } = source()
      yield* over(wire.client, Effect.all([version, get, version]), { token })
      assert.deepStrictEqual(bearer(wire.sent), ["Bearer t1", "Bearer t1", "Bearer t1"])
      assert.strictEqual(asked.times, 1)
    })
  )

  it.effect("are renewed once after a 401, and the call is sent again, a change too", () =>
    Effect.gen(function* () {
      const wire = stub([{}, { status: 401 }, {}])
      const { token } = source()
      yield* over(wire.client, Effect.all([version, version]), { token })
      assert.deepStrictEqual(bearer(wire.sent), ["Bearer t1", "Bearer t1", "Bearer t2"])
    })
  )

  it.effect("give up when the renewed token is refused, too, and when there is no other", () =>
    Effect.gen(function* () {
      const wire = stub([{ status: 401 }])
      const { token } = source()
      assert.strictEqual((yield* Effect.flip(over(wire.client, get, { token })))._tag, "FrameioUnauthorized")
      assert.strictEqual(wire.sent.length, 2)
      const same = stub([{ status: 401 }])
      const error = yield* Effect.flip(over(same.client, get, { token: Effect.succeed(Redacted.make("same")) }))
      assert.deepStrictEqual([error._tag, same.sent.length], ["FrameioUnauthorized", 1])
      const fixed = stub([{ status: 401 }])
      yield* Effect.flip(over(fixed.client, get))
      assert.strictEqual(fixed.sent.length, 1)
    })
  )

  it.effect("are fetched by one fiber for all that wait, also when the first of them leaves", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let times = 0
      const credentials = yield* Credentials.fromEffect(
        Effect.suspend(() => {
          times++
          return Effect.as(Deferred.await(gate), Redacted.make(`t${times}`))
        })
      )
      const [first, ...others] = yield* Effect.forEach([1, 2, 3], () => Effect.fork(credentials.token))
      yield* Effect.yieldNow()
      if (first !== undefined) yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      const tokens = yield* Effect.forEach(others, Fiber.join)
      assert.deepStrictEqual(tokens.map(Redacted.value), ["t1", "t1"])
      const renewed = yield* Effect.forEach([1, 2, 3], () => credentials.renew(Redacted.make("t1")), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(renewed.map(Option.map(Redacted.value)), [
        Option.some("t2"),
        Option.some("t2"),
        Option.some("t2")
      ])
      assert.strictEqual(times, 2)
    })
  )

  it.effect("that cannot be had are an error of their own, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const [token, says] of [
        [Effect.fail({ message: "the keychain is locked" }), "the keychain is locked"],
        [Effect.succeed(Redacted.make("Bearer abc")), "Bearer"]
      ] as const) {
        const wire = stub([{}])
        const error = yield* Effect.flip(over(wire.client, version, { token }))
        assert.strictEqual(error._tag, "FrameioCredentialsError")
        assert.include(error.message, says)
        assert.include(error.message, "assets.version")
        assert.deepStrictEqual([FrameioError.outcomeOf(error), wire.sent.length], ["not-applied", 0])
      }
    })
  )

  it.effect("share one bucket where they name one owner, and outlive a token in it", () =>
    Effect.gen(function* () {
      const wire = stub([{}, { status: 401 }, {}])
      const { token } = source()
      const owners = Effect.map(
        Effect.flatMap(RateLimitScheduler.RateLimitScheduler, (scheduler) => scheduler.snapshot),
        (buckets) => buckets.map((bucket) => bucket.owner)
      )
      assert.deepStrictEqual(
        yield* over(wire.client, Effect.zipRight(Effect.all([version, version]), owners), { token }),
        [1]
      )
      const scheduler = RateLimitScheduler.layerMemory()
      const user = (token: string, owner: string | undefined) =>
        Effect.provide(
          version,
          FrameioClient.layerWithScheduler().pipe(
            Layer.provide(FrameioConfig.layer({ token: Redacted.make(token), owner }))
          )
        )
      const seen = yield* over(stub([{}]).client, Effect.void).pipe(
        Effect.zipRight(
          Effect.gen(function* () {
            yield* user("t1", "ann")
            yield* user("t2", "ann")
            yield* user("t3", undefined)
            return yield* owners
          })
        ),
        Effect.provide(Layer.mergeAll(scheduler, Layer.succeed(HttpClient.HttpClient, wire.client)))
      )
      assert.deepStrictEqual(seen, [1, 2])
    })
  )

  it.effect("come from a file that is read again when its token was refused", () =>
    Effect.gen(function* () {
      let content = "old\n"
      const files = FileSystem.layerNoop({
        readFileString: (path) => Effect.sync(() => (path === "/run/token" ? content : ""))
      })
      const provider = ConfigProvider.fromMap(new Map([["FRAMEIO_TOKEN_FILE", "/run/token"]]))
      const config = yield* FrameioConfig.fromConfig().pipe(Effect.withConfigProvider(provider), Effect.provide(files))
      const token = yield* config.credentials.token
      assert.strictEqual(Redacted.value(token), "old")
      content = "new\n"
      assert.strictEqual(Redacted.value(yield* config.credentials.token), "old")
      assert.deepStrictEqual(Option.map(yield* config.credentials.renew(token), Redacted.value), Option.some("new"))
      const none = yield* Effect.either(FrameioConfig.fromConfig().pipe(Effect.withConfigProvider(provider)))
      assert.include(String(Either.isLeft(none) ? none.left : ""), "FileSystem")
      const both = ConfigProvider.fromMap(
        new Map([
          ["FRAMEIO_TOKEN_FILE", "/x"],
          ["FRAMEIO_TOKEN", "abc"]
        ])
      )
      const two = yield* Effect.either(
        FrameioConfig.fromConfig().pipe(Effect.withConfigProvider(both), Effect.provide(files))
      )
      assert.include(String(Either.isLeft(two) ? two.left : ""), "FRAMEIO_TOKEN_FILE")
    })
  )

  it.effect("can be any service of the program", () =>
    Effect.gen(function* () {
      const wire = stub([{}])
      const answer = yield* Effect.provide(
        version,
        FrameioClient.layerWithScheduler().pipe(
          Layer.provide(FrameioConfig.layerCredentials()),
          Layer.provide(Credentials.layer(Effect.succeed(Redacted.make("ims")))),
          Layer.provide(RateLimitScheduler.layerMemory()),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, wire.client))
        )
      )
      assert.deepStrictEqual<unknown>(answer, asset)
      assert.deepStrictEqual(bearer(wire.sent), ["Bearer ims"])
    })
  )
})
