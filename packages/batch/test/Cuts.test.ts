import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, VirtualClock } from "@effect-frameio/testing"
import { Effect, type Layer, Logger, LogLevel } from "effect"
import * as Layers from "./layers.js"
import { run, type Store, storeOf, undo } from "./store.js"

const ROUND_TRIP_MILLIS = 20

interface Server {
  readonly v4: NonNullable<FakeFrameio.Options["v4"]>
  readonly unknowns: NonNullable<FakeFrameio.Options["unknowns"]>
}

/** One stack made of ten files, and two more on top of it. */
const VERSIONS = 12

const inWorld = <A>(
  server: Server,
  faults: FaultPlan.FaultPlan,
  work: (given: {
    readonly fake: FakeFrameio.Service
    readonly store: Store
    readonly isRight: () => boolean
  }) => Effect.Effect<A, never, Repository.Repository>
): Effect.Effect<A> => {
  const layer: Layer.Layer<Repository.Repository | FakeFrameio.FakeFrameio> = Layers.v4({
    limits: RateLimiter.unlimited,
    v4: server.v4,
    unknowns: server.unknowns,
    faults: FaultPlan.combine(FaultPlan.latency({ millis: ROUND_TRIP_MILLIS }), faults)
  })
  const program = Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const seeded = Seed.shots(fake.world, { shots: 1, versions: VERSIONS })
    const store = storeOf(yield* Effect.orDie(VersionPlan.fromPairs(Seed.pairs(seeded))))
    const isRight = () =>
      seeded.shots.every(({ versions }) => {
        const found = fake.world.stackOf(versions[0] ?? "")?.versions ?? []
        return found.length === versions.length && versions.every((id, index) => found[index] === id)
      })
    return yield* work({ fake, store, isRight })
  })
  return VirtualClock.run(program.pipe(Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.Error)))
}

const CHANGES = ["versionStacks.create", "files.move"] as const

/** How long reads show what was before a change. */
const STALE_MILLIS = 300

const first = (create: FaultPlan.Fault["_tag"], move: FaultPlan.Fault["_tag"], second: FaultPlan.Fault["_tag"]) =>
  FaultPlan.combine(
    FaultPlan.nth("versionStacks.create", 0, { _tag: create }),
    FaultPlan.nth("files.move", 0, { _tag: move }),
    FaultPlan.nth("files.move", 2, { _tag: second })
  )

const troubles = {
  "stale reads": FaultPlan.none,
  "answers that are lost, and errors": first("AnswerLost", "ErrorBefore", "ErrorAfter"),
  "errors after the change, and what is lost": first("ErrorAfter", "AnswerLost", "RequestLost"),
  "errors after moves": first("ErrorBefore", "ErrorAfter", "AnswerLost")
}

describe("a job over V4 that is cut off at any step, and run again, makes each version once and in order", () => {
  for (const childrenOrder of ["newest-first", "oldest-first"] as const) {
    for (const lastVersion of ["keep-stack", "dissolve"] as const) {
      for (const [trouble, faults] of Object.entries(troubles)) {
        it.live(`${childrenOrder}, ${lastVersion}, with ${trouble}`, () =>
          Effect.gen(function* () {
            const server: Server = {
              v4: { childrenOrder, readAfterWriteMillis: STALE_MILLIS },
              unknowns: { lastVersion }
            }
            const moments = yield* inWorld(server, faults, ({ fake, isRight, store }) =>
              Effect.gen(function* () {
                assert.isTrue(yield* run(store))
                assert.isTrue(isRight())
                return CHANGES.flatMap((endpoint) => fake.journal.of(endpoint).map(({ atMillis }) => atMillis))
              })
            )
            assert.isAtLeast(moments.length, 3)
            // On the way there, on the way back, and while it is looked at.
            const cuts = moments.flatMap((at) => [at - 1, at + 1, at + ROUND_TRIP_MILLIS])
            for (const cut of cuts) {
              const why = `cut off after ${cut} ms`
              yield* inWorld(server, faults, ({ fake, isRight, store }) =>
                Effect.gen(function* () {
                  yield* run(store, cut)
                  assert.isTrue(yield* run(store), why)
                  assert.isTrue(isRight(), why)
                  const { applied: creates } = fake.journal.counts("versionStacks.create")
                  const { applied: moves } = fake.journal.counts("files.move")
                  const { requests: reorders } = fake.journal.counts("versionStacks.reorder")
                  const inVain = fake.journal
                    .of("files.move")
                    .filter(({ applied, status }) => status === 200 && !applied)
                  assert.deepStrictEqual(
                    { creates, moves, reorders, inVain: inVain.length },
                    { creates: 1, moves: VERSIONS - 10, reorders: 0, inVain: 0 },
                    why
                  )
                })
              )
            }
          })
        )
      }
    }
  }
})

// -----------------------------------------------------------------------------
// shares
// -----------------------------------------------------------------------------

interface Sharing {
  /** Whether the old file is in the share. */
  readonly isShared: boolean
  readonly v4: NonNullable<FakeFrameio.Options["v4"]>
  readonly faults: FaultPlan.FaultPlan
}

interface Shared {
  readonly fake: FakeFrameio.Service
  readonly store: Store
  /** The share as it is, was before the job, and is to be after it. */
  readonly share: () => ReadonlyArray<string>
  readonly before: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
  /** Runs the rest; a person looks at a share that is in doubt, and puts back what was in it. Answers how often. */
  readonly finish: Effect.Effect<number, never, Repository.Repository>
}

/** One chain of three files, the last in another folder, and a share with a stranger, and perhaps the old file. */
const sharing = <A>(
  { faults, isShared, v4 }: Sharing,
  work: (given: Shared) => Effect.Effect<A, never, Repository.Repository>
): Effect.Effect<A> =>
  VirtualClock.run(
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const seeded = Seed.shots(fake.world, { shots: 1, versions: 3 })
      const [versions = []] = seeded.shots.map((shot) => shot.versions)
      const [old = "", newest = ""] = [versions[0], versions.at(-1)]
      fake.world.move(newest ?? "", fake.world.addFolder({ name: "incoming" }))
      const other = fake.world.addFile({ name: "other.mov" })
      const before = isShared ? [other, old] : [other]
      const shareId = fake.addShare({ name: "Client", assetIds: before })
      const store = storeOf(yield* Effect.orDie(VersionPlan.fromPairs(Seed.pairs(seeded))), [shareId])
      const finish = Effect.gen(function* () {
        const repository = yield* Repository.Repository
        let looks = 0
        for (let n = 0; n < 4; n++) {
          if (yield* run(store)) return looks
          assert.isNotEmpty(store.inDoubt(), JSON.stringify(store.rows))
          looks++
          if (isShared)
            yield* Effect.ignore(repository.shares?.add({ shareId, file: versions[0] ?? other }) ?? Effect.void)
          store.retryFailed()
        }
        return assert.fail("it comes to no end")
      })
      return yield* work({
        fake,
        store,
        share: () => fake.shareAssets(shareId).toSorted(),
        before: before.toSorted(),
        after: (isShared ? [other, newest] : [other]).toSorted(),
        finish
      })
    }).pipe(
      Effect.provide(
        Layers.v4({
          limits: RateLimiter.unlimited,
          v4: { readAfterWriteMillis: STALE_MILLIS, ...v4 },
          faults: FaultPlan.combine(FaultPlan.latency({ millis: ROUND_TRIP_MILLIS }), faults),
          client: { scheduler: { hint: () => undefined } }
        })
      ),
      Logger.withMinimumLogLevel(LogLevel.Error)
    )
  )

const SHARE_CHANGES = ["shares.removeAsset", "shares.addAsset"] as const

const lost = (endpoint: (typeof SHARE_CHANGES)[number], n: number) => FaultPlan.nth(endpoint, n, { _tag: "AnswerLost" })

const lostAnswers = {
  "no answer lost": FaultPlan.none,
  "the answer to taking out lost": lost("shares.removeAsset", 0),
  "the answer to the proof lost": lost("shares.removeAsset", 1),
  "the answer to adding lost": lost("shares.addAsset", 0),
  "the answer to the stack lost": FaultPlan.nth("versionStacks.create", 0, { _tag: "AnswerLost" }),
  "answers of the undo lost": FaultPlan.combine(lost("shares.addAsset", 1), lost("shares.removeAsset", 2))
}

describe("a share that a job keeps, cut off at each step of it and of its undo, has the right file once", () => {
  for (const [n, [what, faults]] of Object.entries(lostAnswers).entries()) {
    // Of a share without the old file only the first answer can be lost.
    for (const isShared of n < 2 ? [true, false] : [true]) {
      const v4 =
        n % 2 === 0
          ? ({ addShared: "nothing", removeUnshared: 404 } as const)
          : ({ addShared: 409, removeUnshared: 422 } as const)
      const given: Sharing = { isShared, faults, v4 }
      it.live(`${isShared ? "the old file in it" : "the old file not in it"}, ${what}`, () =>
        Effect.gen(function* () {
          const moments = yield* sharing(given, ({ after, before, fake, finish, share, store }) =>
            Effect.gen(function* () {
              yield* finish
              assert.deepStrictEqual(share(), after)
              const ran = yield* fake.elapsedMillis
              assert.isTrue(yield* undo(store))
              assert.deepStrictEqual(share(), before)
              const all = [...SHARE_CHANGES, ...CHANGES].flatMap((endpoint) =>
                fake.journal.of(endpoint).map(({ atMillis }) => atMillis)
              )
              return {
                run: all.filter((at) => at < ran),
                undo: all.filter((at) => at >= ran).map((at) => at - ran)
              }
            })
          )
          const around = (all: ReadonlyArray<number>) =>
            [...new Set(all)].flatMap((at) => [at - 1, at + 1, at + ROUND_TRIP_MILLIS]).filter((at) => at > 0)
          const cuts = [
            ...around(moments.run).map((cut) => ["run", cut] as const),
            ...around(moments.undo).map((cut) => ["undo", cut] as const)
          ]
          assert.isAtLeast(cuts.length, isShared ? 15 : 6)
          for (const [part, cut] of cuts) {
            const why = `${part} cut off after ${cut} ms`
            yield* sharing(given, ({ after, before, fake, finish, share, store }) =>
              Effect.gen(function* () {
                if (part === "run") yield* run(store, cut)
                const looks = yield* finish
                assert.deepStrictEqual(share(), after, why)
                assert.strictEqual(fake.journal.counts("versionStacks.create").applied, 1, why)
                // A person puts back what is out; the job adds the new file once.
                const added = fake.journal.counts("shares.addAsset").applied
                assert.isAtMost(added, isShared ? 1 + looks : 0, why)
                if (part === "undo") yield* undo(store, cut)
                assert.isTrue(yield* undo(store), `${why} ${JSON.stringify(store.rows)}`)
                assert.deepStrictEqual(share(), before, why)
              })
            )
          }
        })
      )
    }
  }
})
