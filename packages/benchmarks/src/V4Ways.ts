/**
 * Ways to stack on V4: ours, and those of other people's programs.
 *
 * @since 0.1.0
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as StackBuild from "@effect-frameio/stacks/StackBuild"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import * as Clock4 from "effect4/Clock"
import * as Duration4 from "effect4/Duration"
import * as Effect4 from "effect4/Effect"
import * as Http4 from "effect4/http"
import * as Layer4 from "effect4/Layer"
import { RateLimiter as RateLimiter4 } from "effect4/persistence"

/**
 * The services that a client stacks with.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = FakeFrameio.FakeFrameio | HttpClient.HttpClient | Repository.Repository

/**
 * How a client stacks the files of a folder; answers how many chains it believes to be in place.
 *
 * @since 0.1.0
 * @category models
 */
export type Way = (chains: ReadonlyArray<StackBuild.Chain>, folderId: AssetId) => Effect.Effect<number, never, Services>

/**
 * As a job does: lists the folder, which shows where all files are.
 *
 * @since 0.1.0
 * @category ways
 */
export const ours: Way = (chains, folderId) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const parents = new Map<AssetId, AssetId | undefined>()
    yield* Stream.runForEach(repository.children(folderId), ({ id, parentId }) =>
      Effect.sync(() => parents.set(id, parentId))
    ).pipe(Effect.orDie)
    const outcomes = yield* StackBuild.buildAll(chains, { parentOf: (file) => parents.get(file) })
    return outcomes.filter(({ built }) => Either.isRight(built)).length
  })

const HEADERS = { authorization: `Bearer ${FakeFrameio.token}`, "x-frameio-legacy-token-auth": "true" }

const urlOf = (accountId: string | undefined, folderId: AssetId): string =>
  `https://api.frame.io/v4/accounts/${accountId}/folders/${folderId}/version_stacks`

const bodyOf = ({ files, onto }: StackBuild.Chain) => ({ data: { file_ids: [onto, ...files] } })

/** A request as a script makes it, looking only at the status. */
const post = (folderId: AssetId, chain: StackBuild.Chain): Effect.Effect<number, never, Services> =>
  Effect.gen(function* () {
    const { world } = yield* FakeFrameio.FakeFrameio
    const client = yield* HttpClient.HttpClient
    const answer = yield* client.execute(
      HttpClientRequest.post(urlOf(world.accounts[0], folderId)).pipe(
        HttpClientRequest.setHeaders(HEADERS),
        HttpClientRequest.setBody(HttpBody.unsafeJson(bodyOf(chain)))
      )
    )
    return answer.status
  }).pipe(Effect.orElseSucceed(() => 0))

const inPlace = (statuses: ReadonlyArray<number>): number => statuses.filter((status) => status === 201).length

/**
 * As people's scripts do: ten calls, then a minute of sleep.
 *
 * @since 0.1.0
 * @category ways
 */
export const sleeping: Way = (chains, folderId) =>
  Effect.map(
    Effect.forEach(chains, (chain, index) =>
      Effect.zipRight(index > 0 && index % 10 === 0 ? Effect.sleep("1 minute") : Effect.void, post(folderId, chain))
    ),
    inPlace
  )

/**
 * As Frame.io's own SDKs do by default: two more attempts, after half a second and after one.
 *
 * @since 0.1.0
 * @category ways
 */
export const retrying: Way = (chains, folderId) => {
  const tried = (chain: StackBuild.Chain, tries: number): Effect.Effect<number, never, Services> =>
    Effect.flatMap(post(folderId, chain), (status) =>
      status !== 429 || tries === 2
        ? Effect.succeed(status)
        : Effect.zipRight(Effect.sleep(500 * 2 ** tries), tried(chain, tries + 1))
    )
  return Effect.map(
    Effect.forEach(chains, (chain) => tried(chain, 0)),
    inPlace
  )
}

/** Effect 4 on the clock of the surrounding program. */
const clockOf = (runtime: Runtime.Runtime<never>, clock: Clock.Clock): Clock4.Clock => {
  const nanos = () => clock.unsafeCurrentTimeNanos()
  return {
    currentTimeMillisUnsafe: () => clock.unsafeCurrentTimeMillis(),
    currentTimeMillis: Effect4.sync(() => clock.unsafeCurrentTimeMillis()),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect4.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect4.sync(nanos),
    sleep: (duration) =>
      Effect4.callback<void>((resume) => {
        const cancel = Runtime.runCallback(runtime)(Effect.sleep(Duration.millis(Duration4.toMillis(duration))), {
          onExit: () => resume(Effect4.void)
        })
        return Effect4.sync(() => cancel())
      })
  }
}

/**
 * Effect 4's `HttpClient.withRateLimiter`, with the printed limit and all calls at once.
 *
 * @since 0.1.0
 * @category ways
 */
export const effect4: Way = (chains, folderId) =>
  Effect.gen(function* () {
    const { world } = yield* FakeFrameio.FakeFrameio
    const runtime = yield* Effect.runtime<Services>()
    const clock = yield* Clock.clockWith(Effect.succeed)
    const client = yield* HttpClient.HttpClient
    const fetched: typeof fetch = (input, init) =>
      Runtime.runPromise(runtime)(
        client
          .execute(
            HttpClientRequest.post(String(input)).pipe(
              HttpClientRequest.setHeaders(HEADERS),
              HttpClientRequest.bodyText(
                typeof init?.body === "string" ? init.body : new TextDecoder().decode(init?.body as Uint8Array),
                "application/json"
              )
            )
          )
          .pipe(
            Effect.flatMap((answer) =>
              Effect.map(answer.text, (text) => new Response(text, { status: answer.status, headers: answer.headers }))
            )
          )
      )
    const program = Effect4.gen(function* () {
      const limiter = yield* RateLimiter4.RateLimiter
      const bare = yield* Http4.HttpClient.HttpClient
      const http = bare.pipe(
        Http4.HttpClient.withRateLimiter({ limiter, key: "versionStacks.create", limit: 10, window: "1 minute" })
      )
      const send = (chain: StackBuild.Chain) =>
        Http4.HttpClientRequest.post(urlOf(world.accounts[0], folderId)).pipe(
          Http4.HttpClientRequest.bodyText(JSON.stringify(bodyOf(chain)), "application/json"),
          http.execute,
          Effect4.map(({ status }) => status),
          Effect4.orElseSucceed(() => 0)
        )
      return yield* Effect4.forEach(chains, send, { concurrency: "unbounded" })
    }).pipe(
      Effect4.provide(
        Layer4.merge(
          Http4.FetchHttpClient.layer,
          RateLimiter4.layer.pipe(Layer4.provide(RateLimiter4.layerStoreMemory))
        )
      ),
      Effect4.provideService(Http4.FetchHttpClient.Fetch, fetched),
      Effect4.provideService(Clock4.Clock, clockOf(runtime, clock))
    )
    return inPlace(yield* Effect.promise(() => Effect4.runPromise(program)))
  })
