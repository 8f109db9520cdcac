import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { AdobeIms, type Credentials, FrameioConfig, RateLimitScheduler, V4Client } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter } from "@effect-frameio/testing"
import { ConfigProvider, Effect, Layer, Option, Redacted, TestClock } from "effect"
import { serve } from "./support/serve.js"

const client = { clientId: "studio", clientSecret: Redacted.make("made-up-secret") }

/** A V4 client whose tokens come from these credentials. */
const over = <E, R>(credentials: Layer.Layer<Credentials.Credentials, E, R>) =>
  V4Client.layerWithScheduler({ developerToken: false }).pipe(
    Layer.provide(FrameioConfig.layerCredentials()),
    Layer.provide(RateLimitScheduler.layerMemory({ hint: V4Client.hint })),
    Layer.provide(credentials)
  )

const fake = (options?: FakeFrameio.Options) => FakeFrameio.layer({ limits: RateLimiter.unlimited, ...options })

const asked = Effect.map(
  Effect.flatMap(FakeFrameio.FakeFrameio, (one) => one.requests),
  (requests) => requests.filter(({ endpoint }) => endpoint === "ims.token").length
)

const login = (refreshToken: string | undefined, expiresAtMillis: number): AdobeIms.Login => ({
  accessToken: Redacted.make("an-old-access-token"),
  expiresAtMillis,
  refreshToken: Option.map(Option.fromNullable(refreshToken), Redacted.make)
})

const refreshTokenOf = ({ refreshToken }: AdobeIms.Login) => Redacted.value(Option.getOrThrow(refreshToken))

/** A login of the fake's own, kept in memory. */
const loggedIn = Effect.gen(function* () {
  const store = yield* AdobeIms.storeMemory()
  const authorization = yield* AdobeIms.authorize({ ...client, redirectUri: "https://localhost:8080/callback" })
  const code = yield* AdobeIms.codeOf(
    `https://localhost:8080/callback?code=made-up-code&state=${authorization.state}`,
    authorization
  )
  yield* Effect.provideService(AdobeIms.exchange(client, code, authorization), AdobeIms.LoginStore, store)
  return store
})

describe("AdobeIms: a client out of the environment", () => {
  const named = (variables: Readonly<Record<string, string>>, options?: AdobeIms.ClientConfig) =>
    AdobeIms.clientFromConfig(options).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
      Effect.provide(FileSystem.layerNoop({ readFileString: (path) => Effect.succeed(`the secret in ${path}\n`) })),
      Effect.map(
        Option.map(({ baseUrl, clientId, clientSecret }) => ({
          clientId,
          secret: clientSecret === undefined ? undefined : Redacted.value(clientSecret),
          baseUrl
        }))
      )
    )

  it.effect("takes the secret itself before its file, and a file that is named before both", () =>
    Effect.gen(function* () {
      const both = { FRAMEIO_CLIENT_ID: "studio", FRAMEIO_CLIENT_SECRET: "s", FRAMEIO_CLIENT_SECRET_FILE: "/run/s" }
      const is = (secret: string | undefined, clientId = "studio") =>
        Option.some({ clientId, secret, baseUrl: undefined })
      assert.deepStrictEqual(yield* named(both), is("s"))
      assert.deepStrictEqual(yield* named({ ...both, FRAMEIO_CLIENT_SECRET: "" }), is("the secret in /run/s"))
      assert.deepStrictEqual(yield* named(both, { clientSecretFile: "mine" }), is("the secret in mine"))
      assert.deepStrictEqual(yield* named(both, { clientId: "other" }), is("s", "other"))
      assert.deepStrictEqual(yield* named({ FRAMEIO_CLIENT_ID: "studio" }), is(undefined))
      assert.deepStrictEqual(yield* named({ FRAMEIO_CLIENT_SECRET: "s" }), Option.none())
    })
  )
})

describe("AdobeIms: a service", () => {
  it.effect("asks for a token once for all who wait, and again before it ends", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const v4 = yield* V4Client.V4Client
        yield* Effect.all([v4.me.show(), v4.me.show(), v4.me.show()], { concurrency: "unbounded" })
        assert.strictEqual(yield* asked, 1)
        yield* TestClock.adjust("50 minutes")
        yield* v4.me.show()
        assert.strictEqual(yield* asked, 1)
        yield* TestClock.adjust("6 minutes")
        yield* Effect.all([v4.me.show(), v4.me.show()], { concurrency: "unbounded" })
        assert.strictEqual(yield* asked, 2)
      }).pipe(Effect.provide(over(AdobeIms.layerServerToServer(client))))
    }).pipe(Effect.provide(fake({ v4: { tokenLifeMillis: 3_600_000 } })))
  )

  it.effect("is asked again when it fails for a moment, and says when it refuses", () =>
    Effect.gen(function* () {
      const credentials = yield* AdobeIms.serverToServer(client)
      const token = yield* Effect.fork(credentials.token)
      yield* TestClock.adjust("2 seconds")
      assert.include(Redacted.value(yield* token), "ims-access")
      const refused = yield* AdobeIms.serverToServer({ clientId: "public" })
      const error = yield* Effect.flip(refused.token)
      assert.include(error.message, "invalid_client")
    }).pipe(Effect.provide(fake({ faults: FaultPlan.nth("ims.token", 0, { _tag: "ErrorBefore", status: 503 }) })))
  )

  it.effect("keeps its token for the next run where it is given a store, and asks anew after a 401", () =>
    Effect.gen(function* () {
      const store = yield* AdobeIms.storeMemory()
      const run = Effect.flatMap(V4Client.V4Client, (v4) => v4.me.show()).pipe(
        Effect.provide(over(AdobeIms.layerServerToServer({ ...client, store })))
      )
      yield* run
      yield* run
      assert.strictEqual(yield* asked, 1)
      const { world } = yield* FakeFrameio.FakeFrameio
      world.revokeToken(Redacted.value(Option.getOrThrow(yield* store.load).accessToken))
      yield* run
      assert.strictEqual(yield* asked, 2)
    }).pipe(Effect.provide(fake()))
  )

  for (const [name, http] of [
    ["fetch", FetchHttpClient.layer],
    ["undici", NodeHttpClient.layerUndici],
    ["node:http", NodeHttpClient.layer]
  ] as const) {
    const tokenAt = (baseUrl: string) =>
      Effect.flatMap(AdobeIms.serverToServer({ ...client, baseUrl }), ({ token }) => Effect.flip(token)).pipe(
        Effect.provide(http)
      )

    it.scopedLive(`over ${name} sends its secret to no host that it is redirected to`, () =>
      Effect.gen(function* () {
        let followed = 0
        const elsewhere = yield* serve((_request, response) => {
          followed++
          response.end()
        })
        const baseUrl = yield* serve((_request, response) => {
          response.writeHead(307, { location: `${elsewhere}/ims/token/v3` })
          response.end()
        })
        const error = yield* tokenAt(baseUrl)
        assert.strictEqual(followed, 0)
        assert.match(error.message, /redirection \(307\), which is not followed/)
      })
    )

    it.scopedLive(`over ${name} shows no secret that a refusal sends back`, () =>
      Effect.gen(function* () {
        const baseUrl = yield* serve((request, response) => {
          let form = ""
          request.on("data", (chunk) => {
            form += String(chunk)
          })
          request.on("end", () => {
            response.writeHead(400, { "content-type": "application/json" })
            response.end(JSON.stringify({ error: "invalid_client", error_description: `in ${form}` }))
          })
        })
        const error = yield* tokenAt(baseUrl)
        assert.include(error.message, "invalid_client")
        assert.include(error.message, "client_secret=<redacted>")
        assert.notInclude(error.message, Redacted.value(client.clientSecret))
      })
    )
  }

  it.effect("sends its secret nowhere but to https, or to this machine", () =>
    Effect.gen(function* () {
      const credentials = yield* AdobeIms.serverToServer({ ...client, baseUrl: "http://ims.example.com" })
      const error = yield* Effect.flip(Effect.zipLeft(credentials.token, Effect.void)).pipe(Effect.fork)
      yield* TestClock.adjust("1 minute")
      assert.include((yield* error).message, "https")
      assert.strictEqual(yield* asked, 0)
    }).pipe(Effect.provide(fake()))
  )
})

describe("AdobeIms: a person", () => {
  it.effect("logs in by PKCE, and the address of another login is refused", () =>
    Effect.gen(function* () {
      const authorization = yield* AdobeIms.authorize({ clientId: "studio", redirectUri: "https://localhost/callback" })
      const url = new URL(authorization.url)
      assert.strictEqual(url.pathname, "/ims/authorize/v2")
      assert.include(url.searchParams.get("scope"), "AdobeID")
      assert.notInclude(authorization.url, Redacted.value(authorization.verifier))
      for (const bad of [
        "https://localhost/callback?code=x&state=other",
        "https://localhost/callback?error=login_required",
        "x"
      ]) {
        assert.strictEqual((yield* Effect.flip(AdobeIms.codeOf(bad, authorization))).reason, "Refused")
      }
    })
  )

  it.effect("is refreshed once after a 401 for all who wait, and the rotated token is saved before it is used", () =>
    Effect.gen(function* () {
      const memory = yield* loggedIn
      const saved: Array<string> = []
      const store: AdobeIms.Store = {
        load: memory.load,
        save: (next) =>
          Effect.zipRight(
            Effect.flatMap(FakeFrameio.FakeFrameio, (one) => one.counts("me.show")).pipe(
              Effect.map((counts) => saved.push(`${counts.requests} ${Redacted.value(next.accessToken)}`)),
              Effect.provide(context)
            ),
            memory.save(next)
          )
      }
      const context = yield* Effect.context<FakeFrameio.FakeFrameio>()
      const { world } = yield* FakeFrameio.FakeFrameio
      const first = Option.getOrThrow(yield* memory.load)
      const credentials = AdobeIms.layerUser(client).pipe(Layer.provide(Layer.succeed(AdobeIms.LoginStore, store)))
      yield* Effect.gen(function* () {
        const v4 = yield* V4Client.V4Client
        yield* v4.me.show()
        world.revokeToken(Redacted.value(first.accessToken))
        yield* Effect.all([v4.me.show(), v4.me.show(), v4.me.show()], { concurrency: "unbounded" })
        assert.strictEqual(yield* asked, 2)
        const kept = Option.getOrThrow(yield* memory.load)
        // One call that passed and three that were refused, and none yet with the new token.
        assert.deepStrictEqual(saved, [`4 ${Redacted.value(kept.accessToken)}`])
        assert.notStrictEqual(refreshTokenOf(kept), refreshTokenOf(first))
      }).pipe(Effect.provide(over(credentials)))
    }).pipe(Effect.provide(fake()))
  )

  it.effect("takes over what another process has refreshed", () =>
    Effect.gen(function* () {
      const store = yield* loggedIn
      const provide = Effect.provideService(AdobeIms.LoginStore, store)
      const one = yield* provide(AdobeIms.user(client))
      const other = yield* provide(AdobeIms.user(client))
      const token = yield* one.token
      assert.strictEqual(Redacted.value(yield* other.token), Redacted.value(token))
      const renewed = Option.getOrThrow(yield* one.renew(token))
      const taken = Option.getOrThrow(yield* other.renew(token))
      assert.strictEqual(Redacted.value(taken), Redacted.value(renewed))
      assert.strictEqual(yield* asked, 2)
    }).pipe(Effect.provide(fake()))
  )

  it.effect("takes over what another process has refreshed at the same moment, which ended the refresh token", () =>
    Effect.gen(function* () {
      const memory = yield* loggedIn
      const stale = yield* memory.load
      yield* TestClock.adjust("2 hours")
      const other = yield* Effect.provideService(AdobeIms.user(client), AdobeIms.LoginStore, memory)
      const token = yield* other.token
      let loads = 0
      const late: AdobeIms.Store = {
        ...memory,
        load: Effect.suspend(() => (++loads === 1 ? Effect.succeed(stale) : memory.load))
      }
      const mine = yield* Effect.provideService(AdobeIms.user(client), AdobeIms.LoginStore, late)
      assert.strictEqual(Redacted.value(yield* mine.token), Redacted.value(token))
    }).pipe(Effect.provide(fake({ v4: { tokenLifeMillis: 3_600_000 } })))
  )

  it.effect("says that a person must log in again, with no token in the words", () =>
    Effect.gen(function* () {
      for (const refreshToken of ["used-up-refresh-token", undefined]) {
        const store = yield* AdobeIms.storeMemory(login(refreshToken, 0))
        const credentials = yield* Effect.provideService(AdobeIms.user(client), AdobeIms.LoginStore, store)
        const error = yield* Effect.flip(credentials.token)
        assert.include(error.message, "Log in again")
        assert.notInclude(error.message, "used-up-refresh-token")
      }
    }).pipe(Effect.provide(fake()))
  )
})
