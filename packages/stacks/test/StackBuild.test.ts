import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4, StackBuild } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, VirtualClock } from "@effect-frameio/testing"
import { Array as Arr, Clock, Effect, Either, Layer, Option, Redacted, TestClock } from "effect"

type Fakes = (options?: FakeFrameio.Options) => Layer.Layer<Repository.Repository | FakeFrameio.FakeFrameio>

const v2: Fakes = (options) =>
  Repository.layerV2.pipe(
    Layer.provideMerge(
      FakeFrameio.layerClient({ limits: RateLimiter.unlimited, client: { retry: { readRetries: 0 } }, ...options })
    )
  )

const v4: Fakes = (options) =>
  RepositoryV4.layer.pipe(
    Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
    Layer.orDie,
    Layer.provideMerge(FakeFrameio.layer({ limits: RateLimiter.unlimited, ...options }))
  )

const shots = (count: number) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const folder = yield* fake.addFolder({ name: "shots" })
    const files = yield* Effect.forEach(Arr.range(1, count), (n) =>
      fake.addFile({ name: `shot_v${n}.mov`, parentId: folder })
    )
    const [onto, ...rest] = files
    assert(onto !== undefined)
    return { fake, folder, files, onto, rest }
  })

const versionsOf = (id: Asset.AssetId) =>
  Effect.flatMap(FakeFrameio.FakeFrameio, (fake) =>
    Effect.map(
      fake.stackOf(id),
      Option.match({ onNone: (): ReadonlyArray<Asset.AssetId> => [], onSome: ({ versions }) => versions })
    )
  )

/** Lets time pass until an effect is done: V4's printed limits hold where the fake tells none. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 hour")
    return yield* fiber
  })

const suite = (
  name: string,
  layer: Fakes,
  changes: { readonly make: FaultPlan.EndpointName; readonly grow: FaultPlan.EndpointName }
) =>
  describe(`StackBuild, over ${name}`, () => {
    it.effect("puts twelve files on one another in order, and finds nothing to do a second time", () =>
      Effect.gen(function* () {
        const { fake, files, onto, rest } = yield* shots(12)
        const built = yield* inTime(StackBuild.build({ onto, files: rest }))
        assert.deepStrictEqual(yield* versionsOf(onto), files)
        assert.deepStrictEqual(built.added, rest)
        const before = (yield* fake.requests).filter(({ applied }) => applied).length
        const again = yield* inTime(StackBuild.build({ onto: built.stackId, files: rest }))
        assert.deepStrictEqual([again.stackId, again.added], [built.stackId, []])
        assert.strictEqual((yield* fake.requests).filter(({ applied }) => applied).length, before)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("brings files from elsewhere, and grows the stack of a version", () =>
      Effect.gen(function* () {
        const { fake, files, onto } = yield* shots(2)
        const far = yield* fake.addFile({ name: "shot_v3.mov" })
        const farther = yield* fake.addFile({ name: "shot_v4.mov" })
        yield* StackBuild.build({ onto, files: [...files.slice(1), far] })
        yield* StackBuild.build({ onto, files: [farther] })
        assert.deepStrictEqual(yield* versionsOf(onto), [...files, far, farther])
      }).pipe(Effect.provide(layer()))
    )

    for (const endpoint of [changes.make, changes.grow]) {
      for (const [what, fault] of [
        ["an answer that is lost", { _tag: "AnswerLost" }],
        ["a request that is lost", { _tag: "RequestLost" }],
        ["an error after the change", { _tag: "ErrorAfter", status: 500 }],
        ["an error before the change", { _tag: "ErrorBefore", status: 500 }]
      ] as const) {
        it.effect(`makes every version once and in order after ${what} of ${endpoint}`, () =>
          Effect.gen(function* () {
            const { fake, files, onto, rest } = yield* shots(12)
            const built = yield* inTime(StackBuild.build({ onto, files: rest }))
            assert.deepStrictEqual(yield* versionsOf(onto), files)
            assert.deepStrictEqual(built.added, rest)
            const journal = yield* fake.requests
            const applied = journal.filter((one) => one.applied && one.endpoint === endpoint)
            const unfaulted = endpoint === changes.make && changes.make === changes.grow ? 11 : applied.length
            assert.lengthOf(applied, unfaulted)
            assert.strictEqual(journal.filter(({ fault: had }) => had !== undefined).length, 1)
          }).pipe(Effect.provide(layer({ faults: FaultPlan.nth(endpoint, 0, fault) })))
        )
      }
    }

    it.effect("leaves alone what is on another stack, and folders", () =>
      Effect.gen(function* () {
        const { fake, onto, rest } = yield* shots(3)
        const stranger = yield* fake.addFile({ name: "other_v1.mov" })
        const strangers = yield* fake.addFile({ name: "other_v2.mov" })
        yield* StackBuild.build({ onto: stranger, files: [strangers] })
        const error = yield* Effect.flip(StackBuild.build({ onto: yield* fake.addFolder({ name: "f" }), files: rest }))
        assert.strictEqual(error._tag, "FrameioNotInStack")
        const taken = yield* inTime(Effect.flip(StackBuild.build({ onto, files: [...rest, strangers] })))
        assert.strictEqual(taken._tag, "FrameioAlreadyElsewhere")
        assert.deepStrictEqual(yield* versionsOf(onto), [])
        assert.deepStrictEqual(yield* versionsOf(stranger), [stranger, strangers])
      }).pipe(Effect.provide(layer()))
    )
  })

suite("v2", v2, { make: "assets.version", grow: "assets.version" })
for (const childrenOrder of ["newest-first", "oldest-first"] as const) {
  for (const lastVersion of ["keep-stack", "dissolve"] as const) {
    suite(
      `V4 (${childrenOrder}, ${lastVersion})`,
      (options) => v4({ ...options, v4: { childrenOrder }, unknowns: { lastVersion } }),
      { make: "versionStacks.create", grow: "files.move" }
    )
  }
}

describe("StackBuild, over V4, what is its own", () => {
  it.effect("believes that nothing was done only after a second look", () =>
    Effect.gen(function* () {
      const { fake, files, onto, rest } = yield* shots(3)
      yield* inTime(StackBuild.build({ onto, files: rest }))
      assert.deepStrictEqual(yield* versionsOf(onto), files)
      assert.strictEqual((yield* fake.counts("versionStacks.create")).requests, 1)
    }).pipe(
      Effect.provide(
        v4({
          v4: { readAfterWriteMillis: 20_000 },
          faults: FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" })
        })
      )
    )
  )

  for (const childrenOrder of ["newest-first", "oldest-first"] as const) {
    it.effect(`does not take what was on top before for what is there now (${childrenOrder})`, () =>
      Effect.gen(function* () {
        const { fake, files, onto, rest } = yield* shots(13)
        const last = rest.slice(11)
        const { stackId } = yield* inTime(StackBuild.build({ onto, files: rest.slice(0, 11) }))
        yield* inTime(StackBuild.build({ onto: stackId, files: last }))
        assert.deepStrictEqual(yield* versionsOf(onto), files)
        assert.strictEqual((yield* fake.counts("files.move")).requests, 3)
      }).pipe(Effect.provide(v4({ v4: { readAfterWriteMillis: 20_000, childrenOrder } })))
    )
  }

  it.effect("keeps the rest back where Frame.io puts moved files below", () =>
    Effect.gen(function* () {
      const { fake, onto, rest } = yield* shots(13)
      const error = yield* inTime(Effect.flip(StackBuild.build({ onto, files: rest })))
      assert.strictEqual(error._tag, "FrameioNotOnTop")
      assert.strictEqual((yield* fake.counts("files.move")).requests, 1)
    }).pipe(Effect.provide(v4({ v4: { movedFilePlace: "bottom" } })))
  )

  it.effect("takes Adobe ids, and knows by the answers which files they are", () =>
    Effect.gen(function* () {
      const { fake, files, onto, rest } = yield* shots(3)
      const adobe = (file: Asset.AssetId) => Asset.AssetId.make(`adobe:urn:aaid:sc:EU:${file}`)
      const [two, three] = rest
      assert(two !== undefined && three !== undefined)
      /** The fake knows UUIDs: what Frame.io would look up is looked up on the way. */
      const knowing = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, (client) =>
          HttpClient.mapRequest(client, (request) =>
            HttpClientRequest.setUrl(request, request.url.replace(encodeURIComponent("adobe:urn:aaid:sc:EU:"), ""))
          )
        )
      )
      const repository = RepositoryV4.layer.pipe(
        Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
        Layer.provide(knowing),
        Layer.orDie
      )
      const built = yield* inTime(
        StackBuild.build({ onto: adobe(onto), files: [adobe(two), two] }).pipe(
          Effect.flatMap(({ stackId }) => StackBuild.build({ onto: stackId, files: [adobe(two), adobe(three)] })),
          Effect.provide(repository)
        )
      )
      assert.deepStrictEqual(built.added, [three])
      assert.deepStrictEqual(yield* versionsOf(onto), files)
      assert.strictEqual((yield* fake.requests).filter(({ applied }) => applied).length, 2)
    }).pipe(Effect.provide(FakeFrameio.layer({ limits: RateLimiter.unlimited })))
  )

  it.effect("makes a stack of two files by four requests, and grows it by no read that proves nothing", () =>
    Effect.gen(function* () {
      const { fake, onto, rest, folder } = yield* shots(2)
      const asked = (endpoints: ReadonlyArray<{ readonly endpoint: string | undefined }>) =>
        endpoints.map(({ endpoint }) => endpoint).filter((endpoint) => endpoint !== "accounts.list")
      const { stack, stackId } = yield* StackBuild.build({ onto, files: rest })
      assert.deepStrictEqual(asked(yield* fake.requests), [
        "files.show",
        "folders.show",
        "files.show",
        "versionStacks.create"
      ])
      assert.deepInclude(stack, { id: stackId, newest: rest[0], parentId: folder })
      const before = (yield* fake.requests).length
      const third = yield* fake.addFile({ name: "shot_v3.mov", parentId: folder })
      const grown = yield* StackBuild.build({ onto: stackId, files: [third] })
      assert.deepInclude(grown.stack, { id: stackId, newest: third })
      assert.deepStrictEqual(asked((yield* fake.requests).slice(before)), [
        "versionStacks.show",
        "versionStacks.show",
        "versionStacks.children",
        "files.show",
        "files.move",
        "versionStacks.show"
      ])
    }).pipe(Effect.provide(v4()))
  )

  it.effect("refuses a file without content before it sends anything, on top and below", () =>
    Effect.gen(function* () {
      const { fake, onto, rest, folder } = yield* shots(2)
      const repository = yield* Repository.Repository
      const late = yield* repository.create({ folderId: folder, name: "late.mov", bytes: 10, mediaType: "video/mp4" })
      const before = (yield* fake.requests).filter((one) => one.applied).length
      for (const chain of [
        { onto, files: [...rest, late.id] },
        { onto: late.id, files: rest }
      ]) {
        const error = yield* Effect.flip(StackBuild.build(chain))
        assert.deepInclude(error, { _tag: "FrameioWithoutContent", assetId: late.id })
      }
      assert.strictEqual((yield* fake.requests).filter((one) => one.applied).length, before)
    }).pipe(Effect.provide(v4()))
  )

  it.effect("takes one request for ten files, and none for a listing's parents", () =>
    Effect.gen(function* () {
      const { fake, folder, onto, rest } = yield* shots(10)
      yield* StackBuild.build({ onto, files: rest }, { parentOf: () => folder })
      const made = (yield* fake.requests).filter(({ applied }) => applied)
      assert.deepStrictEqual(
        made.map(({ endpoint }) => endpoint),
        ["versionStacks.create"]
      )
      assert.strictEqual((yield* fake.requests).length, made.length + 3)
    }).pipe(Effect.provide(v4()))
  )
})

describe("StackBuild.buildAll, over V4 at its printed limits", () => {
  const LIMITS = { "versionStacks.create": 10, "files.move": 100 } as const

  /** Chains of a folder's files, whose listing tells where they are. */
  const chainsOf = (sizes: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const folder = yield* fake.addFolder({ name: "shots" })
      const chains = yield* Effect.forEach(sizes, (size, shot) =>
        Effect.gen(function* () {
          const file = (take: number) => fake.addFile({ name: `shot_${shot}_v${take}.mov`, parentId: folder })
          return { onto: yield* file(1), files: yield* Effect.forEach(Arr.range(2, size), file) }
        })
      )
      return { fake, chains, build: StackBuild.buildAll(chains, { parentOf: () => folder }) }
    })

  const run = <A, E>(
    program: Effect.Effect<A, E, Repository.Repository | FakeFrameio.FakeFrameio>,
    options?: FakeFrameio.Options
  ) =>
    Effect.runPromise(
      VirtualClock.run(
        Effect.provide(program, v4({ limits: undefined, faults: FaultPlan.latency({ millis: 50 }), ...options }))
      )
    )

  it("leaves a slot of each budget to the person whose limit it is, until the rest fits", () =>
    run(
      Effect.gen(function* () {
        const { build, chains, fake } = yield* chainsOf(Arr.makeBy(30, (n) => 11 + ((n * 7) % 21)))
        const total = {
          "versionStacks.create": chains.length,
          "files.move": chains.reduce((sum, { files }) => sum + Math.max(0, files.length - 9), 0)
        }
        const full: Array<string> = []
        let seen = 0
        const look = Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          for (const endpoint of ["versionStacks.create", "files.move"] as const) {
            const limit = fake.limiter.limitOf(endpoint)
            if (limit === undefined) continue
            const level = fake.limiter.levelOf(fake.userId, endpoint, now)
            const left = total[endpoint] - (yield* fake.counts(endpoint)).applied
            if (left <= LIMITS[endpoint]) continue
            seen++
            if (level + RateLimiter.costOf(limit) > limit.windowMillis) full.push(`${endpoint} at ${now}`)
          }
        })
        const outcomes = yield* Effect.raceFirst(build, Effect.forever(Effect.zipRight(look, Effect.sleep(250))))
        assert.isTrue(outcomes.every(({ built }) => Either.isRight(built)))
        assert.isAbove(seen, 500)
        assert.deepStrictEqual(full, [])
        assert.strictEqual((yield* fake.requests).filter(({ status }) => status === 429).length, 0)
      })
    ))

  it("begins with the longest, and lets neither budget wait for the other", () =>
    run(
      Effect.gen(function* () {
        const sizes = Arr.flatten(Arr.makeBy(4, () => [2, 30, 12, 25, 2, 18, 21, 2, 9, 16, 28, 2, 14, 23]))
        const { build, chains, fake } = yield* chainsOf(sizes)
        const start = yield* Clock.currentTimeMillis
        yield* build
        const millis = (yield* Clock.currentTimeMillis) - start
        const made = chains
          .map(({ files, onto }) => {
            const stack = fake.world.get(fake.world.stackOf(onto)?.id ?? "")
            return { at: stack?.insertedAt ?? Number.NaN, size: files.length + 1 }
          })
          .sort((a, b) => a.at - b.at || b.size - a.size)
          .map(({ size }) => size)
        assert.deepStrictEqual(made, Arr.reverse(made.toSorted((a, b) => a - b)))
        const moves = sizes.reduce((sum, size) => sum + Math.max(0, size - 10), 0)
        const shortest = Math.max((chains.length - 10) * 6_000, (moves - 100) * 600)
        assert.isAtMost(millis, shortest * 1.02 + 2_000)
      })
    ))

  it("waits for longer than one call would", () =>
    run(
      Effect.gen(function* () {
        const { build } = yield* chainsOf(Arr.makeBy(8, () => 2))
        const outcomes = yield* build
        assert.deepStrictEqual(
          outcomes.filter(({ built }) => Either.isLeft(built)),
          []
        )
        assert.isAbove(yield* Clock.currentTimeMillis, 3_600_000)
      }),
      { limits: { "versionStacks.create": { limit: 1, windowMillis: 600_000 } } }
    ))
})
