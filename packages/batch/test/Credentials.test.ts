import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { BatchEvent, BatchJob, Ledger } from "@effect-frameio/batch"
import { AdobeIms, type Credentials, FrameioConfig, RateLimitScheduler, V4Client } from "@effect-frameio/core"
import { RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, Seed } from "@effect-frameio/testing"
import { Chunk, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"

const client = { clientId: "studio", clientSecret: Redacted.make("made-up-secret") }

/** More new stacks than V4 makes while a token lives. */
const PAIRS = 30
const TOKEN_LIFE_MILLIS = 90_000

const over = <E, R>(credentials: Layer.Layer<Credentials.Credentials, E, R>) =>
  RepositoryV4.layer.pipe(
    Layer.provide(V4Client.layerWithScheduler({ developerToken: false })),
    Layer.provide(FrameioConfig.layerCredentials()),
    Layer.provideMerge(RateLimitScheduler.layerMemory({ hint: V4Client.hint })),
    Layer.provide(credentials),
    Layer.orDie
  )

const service = Effect.succeed({ layer: AdobeIms.layerServerToServer(client), secrets: ["made-up-secret"] })

const person = Effect.gen(function* () {
  const store = yield* AdobeIms.storeMemory()
  const authorization = yield* AdobeIms.authorize({ ...client, redirectUri: "https://localhost:8080/callback" })
  const code = yield* AdobeIms.codeOf(
    `https://localhost:8080/callback?code=made-up-code&state=${authorization.state}`,
    authorization
  )
  yield* Effect.provideService(AdobeIms.exchange(client, code, authorization), AdobeIms.LoginStore, store)
  const { accessToken, refreshToken } = Option.getOrThrow(yield* store.load)
  const secrets = [accessToken, Option.getOrThrow(refreshToken)].map((secret) => Redacted.value(secret))
  return { layer: AdobeIms.layerUser(client).pipe(Layer.provide(Layer.succeed(AdobeIms.LoginStore, store))), secrets }
})

describe("a job whose credentials end, and cannot be renewed", () => {
  for (const who of ["a service", "a person"] as const) {
    it.scoped(`as ${who}: stops, keeps all, says what to do, and after a login goes on`, () =>
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const seeded = Seed.shots(fake.world, { shots: PAIRS, versions: 2 })
        const fs = yield* FileSystem.FileSystem
        const ledger = yield* Ledger.make({ file: `${yield* fs.makeTempDirectoryScoped()}/job.db` })
        yield* ledger.takePairs(Stream.fromIterable(Seed.pairs(seeded)))
        const logIn = who === "a person" ? person : service
        const run = Effect.gen(function* () {
          const { layer, secrets } = yield* logIn
          const fiber = yield* BatchJob.run().pipe(
            Stream.runCollect,
            Effect.provideService(Ledger.Ledger, ledger),
            Effect.provide(over(layer)),
            Effect.fork
          )
          yield* TestClock.adjust("1 hour")
          return { events: Chunk.toReadonlyArray(yield* Fiber.join(fiber)), secrets }
        })

        const { events, secrets } = yield* run
        const end = events.at(-1)
        assert(end?._tag === "Finished")
        assert.include(end.stopped, who === "a person" ? "Log in again" : "token")
        const kept = yield* ledger.counts
        assert.deepInclude(kept, { total: PAIRS, failed: 0, skipped: 0, sent: 0 })
        assert.isAtLeast(kept.confirmed, 10)
        assert.isBelow(kept.confirmed, PAIRS)
        const told = events.map((event) => BatchEvent.toJsonLine(event)).join("\n")
        for (const secret of secrets) assert.notInclude(told, secret)

        const again = yield* run
        const last = again.events.at(-1)
        assert(last?._tag === "Finished")
        assert.isNull(last.stopped)
        assert.deepInclude(yield* ledger.counts, { confirmed: PAIRS, failed: 0 })
        for (const { versions } of seeded.shots) {
          assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
        assert.strictEqual((yield* fake.counts("versionStacks.create")).applied, PAIRS)
      }).pipe(
        Effect.provide(
          Layer.merge(
            FakeFrameio.layer({
              v4: { tokenLifeMillis: TOKEN_LIFE_MILLIS },
              // The first gives the token out, the second would renew it.
              faults: FaultPlan.nth("ims.token", 1, { _tag: "ErrorBefore", status: 400 })
            }),
            NodeContext.layer
          )
        )
      )
    )
  }
})
