import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import type { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, VirtualClock } from "@effect-frameio/testing"
import { Effect, type Layer, Logger, LogLevel } from "effect"
import * as Layers from "./layers.js"
import { run, type Store, storeOf } from "./store.js"

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
