import { assert, describe, it } from "@effect/vitest"
import { BatchEstimate, type BatchEvent, BatchRunner, VersionPlan } from "@effect-frameio/batch"
import { FakeFrameio, FaultPlan, Seed, VirtualClock } from "@effect-frameio/testing"
import { Chunk, Effect, Stream } from "effect"
import * as Layers from "./layers.js"

/** Client, scheduler, fake and runner together, on a clock that jumps. */
const job = (
  api: Layers.Api,
  options: Layers.Options & { readonly shots: number; readonly versions: number },
  batch?: BatchRunner.Options
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const seeded = Seed.shots(fake.world, options)
    const plan = yield* VersionPlan.fromPairs(Seed.pairs(seeded))
    const events = Chunk.toReadonlyArray(yield* Stream.runCollect(BatchRunner.run(plan, batch)))
    return { events, fake, plan, seeded, changes: Layers.changesOf(api, fake) }
  }).pipe(Effect.provide(api.layer(options)), VirtualClock.run)

const finished = (events: ReadonlyArray<BatchEvent.BatchEvent>) => {
  const event = events.at(-1)
  if (event?._tag !== "Finished") throw new Error("the last event must be Finished")
  return event
}

/** What is not known of an API, and is no matter to a job. */
const unknowns = (api: Layers.Api): ReadonlyArray<readonly [string, Layers.Options]> =>
  api.readsFirst
    ? [
        ["children are listed newest first", {}],
        ["children are listed oldest first", { v4: { childrenOrder: "oldest-first" } }],
        ["a move to the same stack goes on top", { v4: { moveToSameParent: "to-top" } }],
        ["rules are broken with 409 and 404", { v4: { createWithMember: 409, moveOntoFile: 404 } }],
        ["reads lag behind", { v4: { readAfterWriteMillis: 5000 } }]
      ]
    : [
        ["the stack is answered", {}],
        ["the file is answered", { unknowns: { versionReturns: "file" } }],
        ["a stacked target means its stack", { unknowns: { targetInStack: "resolve" } }],
        ["a stacked version is moved", { unknowns: { nextInStack: "move" } }],
        ["rules are broken with 409", { unknowns: { statusOf: { TargetInStack: 409, NextInStack: 409 } } }]
      ]

for (const api of Layers.apis) {
  describe(`a job through client, scheduler and fake, over ${api.name}`, () => {
    it.effect(
      "of 100 chains of 3 is within 3 % of the shortest time, never refused, one request per version or new stack",
      () =>
        Effect.gen(function* () {
          const { changes, events, fake } = yield* job(api, {
            shots: 100,
            versions: 4,
            limits: Layers.limitsOf(api, 20),
            payload: "slim",
            faults: FaultPlan.latency({ millis: 20, jitterMillis: 10 })
          })
          const ofEach = Layers.changesFor(api, 4)
          const counts = yield* fake.counts(api.make)
          assert.strictEqual((yield* fake.counts()).refused, 0)
          assert.lengthOf(changes, 100 * ofEach)
          const took = (counts.lastSuccessAtMillis ?? 0) - (counts.firstAtMillis ?? 0)
          const shortest = BatchEstimate.shortestMillis(
            { jobs: 100 * ofEach, roundTripMillis: 20, longestChain: ofEach },
            { limit: 20, windowMillis: 1000 }
          )
          assert.isAtMost(took / shortest, 1.03)
          assert.deepInclude(finished(events).counts, { confirmed: 300, failed: 0 })
        }),
      60_000
    )

    it.effect("says Sent once per request that the server saw, and not before its turn", () =>
      Effect.gen(function* () {
        const { changes, events } = yield* job(api, { shots: 40, versions: 2, limits: Layers.limitsOf(api, 10) })
        const sent = events.flatMap((event) => (event._tag === "Sent" ? [event.nextAssetId] : []))
        assert.strictEqual(sent.length, changes.length)
        // The path of V4's call for a new stack has the folder only.
        if (!api.readsFirst)
          assert.deepStrictEqual(
            sent,
            changes.map(({ assetIds }) => assetIds[1] ?? "")
          )
      })
    )

    it.effect("when stopped, withdraws what waits for the limit and knows what was sent", () =>
      Effect.gen(function* () {
        const { events, fake } = yield* job(
          api,
          {
            shots: 200,
            versions: 2,
            limits: Layers.limitsOf(api, 10),
            faults: FaultPlan.latency({ millis: 300 })
          },
          { stop: Effect.sleep("5 seconds") }
        )
        const { counts, elapsedMillis } = finished(events)
        const seen = yield* fake.counts(api.make)
        assert.isAbove(seen.applied, 20)
        assert.isBelow(seen.applied, 80)
        assert.strictEqual(counts.confirmed, seen.applied, "what was under way was finished")
        assert.strictEqual(counts.sent, seen.requests)
        assert.strictEqual(counts.notSent, 200 - seen.applied)
        assert.strictEqual(counts.unknown, 0)
        assert.isBelow(elapsedMillis, 6000)
      })
    )

    it.effect("when stopped, waits for no read that waits for its limit", () =>
      Effect.gen(function* () {
        const { changes, events } = yield* job(
          api,
          {
            shots: 60,
            versions: 3,
            limits: { ...Layers.limitsOf(api, 20), [api.get]: { limit: 40, windowMillis: 60_000 } },
            faults: FaultPlan.latency({ millis: 200 })
          },
          { stop: Effect.sleep("10 seconds"), lookFirst: true }
        )
        const { counts, elapsedMillis } = finished(events)
        assert.isAtLeast(elapsedMillis, 10_000)
        assert.isAtMost(elapsedMillis, 10_500)
        const made = (changes.filter(({ applied }) => applied).length * 2) / Layers.changesFor(api, 3)
        assert.strictEqual(counts.confirmed, made)
        assert.deepInclude(counts, { failed: 0, notSent: 120 - made })
      })
    )

    it.effect("when stopped, gives reads up that are tried again and again", () =>
      Effect.gen(function* () {
        const { events } = yield* job(
          api,
          {
            shots: 20,
            versions: 2,
            limits: { "*": "unlimited" },
            faults: FaultPlan.random({ seed: 1, endpoints: [api.get], errorBefore: 0.9 })
          },
          { stop: Effect.sleep("2 seconds"), lookFirst: true }
        )
        const { counts, elapsedMillis } = finished(events)
        assert.isAtMost(elapsedMillis, 3100)
        assert.isAbove(counts.notSent, 0)
        // Reads that had failed for good before.
        assert.strictEqual(counts.failed + counts.confirmed + counts.notSent, 20)
      })
    )

    it.effect("when stopped with a call that never comes back, records that one as unknown after the grace", () =>
      Effect.gen(function* () {
        const { events } = yield* job(
          api,
          {
            shots: 20,
            versions: 2,
            limits: Layers.limitsOf(api, 10),
            faults: FaultPlan.nth(api.make, 3, { _tag: "NoAnswer" })
          },
          { stop: Effect.sleep("500 millis"), grace: "2 seconds" }
        )
        const { counts } = finished(events)
        assert.strictEqual(counts.unknown, 1)
        assert.strictEqual(counts.confirmed + counts.notSent, 19)
      })
    )

    for (const [what, options] of unknowns(api)) {
      for (const seed of [1, 2, 3]) {
        it.effect(`stacks everything once and in order when answers are lost and ${what} (seed ${seed})`, () =>
          Effect.gen(function* () {
            // So that stacks are made and grow, over either API.
            const versions = api.together + 3
            const { changes, events, fake, seeded } = yield* job(
              api,
              {
                ...options,
                shots: 15,
                versions,
                limits: Layers.limitsOf(api, 50),
                faults: FaultPlan.combine(
                  FaultPlan.latency({ millis: 40, jitterMillis: 40, seed }),
                  FaultPlan.random({
                    seed,
                    endpoints: [api.make, api.grow],
                    answerLost: 0.1,
                    requestLost: 0.05,
                    errorAfter: 0.05,
                    errorBefore: 0.05,
                    noAnswer: 0.02,
                    connectionRefused: 0.05
                  })
                )
              },
              { attempts: 10 }
            )
            const failed = events.filter((event) => event._tag === "Failed")
            assert.deepStrictEqual(failed, [])
            for (const shot of seeded.shots) {
              assert.deepStrictEqual(fake.world.stackOf(shot.versions[0] ?? "")?.versions, shot.versions)
            }
            const applied = changes.filter((entry) => entry.applied)
            assert.lengthOf(applied, 15 * Layers.changesFor(api, versions), "no version was stacked twice")
          })
        )
      }
    }
  })
}
