import { assert, describe, it } from "@effect/vitest"
import { RateLimitRule } from "@effect-frameio/ratelimit"
import { FastCheck as fc } from "effect"
import { type History, type Played, play } from "./support/history.js"

/** Ten thousand in every `npm test`; more, or others, by `npm run histories -- <count> <seed>`. */
const COUNT = Number(process.env.HISTORIES ?? 10_000)
const MINUTES = 60_000

const rule = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      limit: fc.integer({ min: 1, max: 1000 }),
      windowMillis: fc.integer({ min: 100, max: 60_000 })
    })
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      { limit: 7, windowMillis: 1000 },
      { limit: 15, windowMillis: 1000 },
      { limit: 5, windowMillis: 1000 },
      { limit: 10, windowMillis: 1000 },
      { limit: 300, windowMillis: 1000 },
      { limit: 40, windowMillis: 60_000 },
      { limit: 1, windowMillis: 60_000 },
      { limit: 1000, windowMillis: 100 }
    )
  }
)

/** ms; none, or no less than a clock can tell: 5e-324 ms before an answer is not a time. */
const latencies = (max: number) => fc.double({ min: 0.001, max, noNaN: true })

const rarely = (probability: number) => fc.constantFrom(0, 0, 0, probability)

const history = (extra: Partial<Record<keyof History, fc.Arbitrary<unknown>>> = {}): fc.Arbitrary<History> =>
  rule.chain(({ limit, windowMillis }) =>
    fc.record({
      seed: fc.integer(),
      limit: fc.constant(limit),
      windowMillis: fc.constant(windowMillis),
      requests: fc.integer({ min: 1, max: Math.min(300, 3 * limit + 20) }),
      latency: fc.oneof(fc.constant(0), latencies(1), latencies(10)),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      groups: fc.constantFrom(1, 1, 2, 5, 20),
      backlog: fc.constantFrom<History["backlog"]>("known", "known", "waiting", "unknown"),
      interrupted: rarely(0.1),
      lost: rarely(0.1),
      unreachable: rarely(0.1),
      withdrawn: rarely(0.2),
      malformed: rarely(0.3),
      unavailable: fc.constant(0),
      retryAfter: fc.constant(undefined),
      lying: fc.constant(undefined),
      late: fc.constantFrom(0, 1, 3),
      hint: fc.boolean(),
      changes: fc.constant([]),
      strangers: fc.constant([]),
      clock: fc.constant(undefined),
      ...(extra as object)
    })
  ) as fc.Arbitrary<History>

const change = fc.record({
  limit: fc.integer({ min: 1, max: 1000 }),
  windowMillis: fc.integer({ min: 100, max: 60_000 }),
  after: fc.double({ min: 0, max: 1, noNaN: true })
})

const strangerUpTo = (share: number) =>
  fc.record({
    share: fc.double({ min: 0.05, max: share, noNaN: true }),
    burst: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 10, max: 100 })),
    insists: fc.boolean()
  })

/** Together they leave something, or nobody who asks politely gets any. */
const strangers = fc.oneof(fc.tuple(strangerUpTo(0.9)), fc.array(strangerUpTo(0.3), { minLength: 2, maxLength: 3 }))

const params = (part: number): fc.Parameters<[History]> => ({ numRuns: Math.ceil(COUNT * part) })

/** Lets the runner breathe between histories, or it takes a long run for a dead one. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

let played = 0

const holds = (histories: fc.Arbitrary<History>, part: number, check: (history: History, outcome: Played) => void) =>
  fc.assert(
    fc.asyncProperty(histories, async (history) => {
      if (++played % 200 === 0) await breathe()
      const outcome = play(history)
      assert.strictEqual(outcome.problems.join("\n"), "")
      check(history, outcome)
    }),
    params(part)
  )

describe("LeakyBucket, whatever happens", { timeout: 60 * MINUTES }, () => {
  it("alone on the bucket: the bound holds, nothing is refused, nothing waits longer than it must or for ever", () =>
    holds(history(), 0.7, (_, { refusedUnforeseen }) => assert.strictEqual(refusedUnforeseen, 0)))

  it("alone and without faults, the last request succeeds within three round trips of the shortest time possible", () =>
    holds(
      history({
        interrupted: fc.constant(0),
        lost: fc.constant(0),
        unreachable: fc.constant(0),
        withdrawn: fc.constant(0),
        malformed: fc.constant(0),
        groups: fc.constant(1),
        late: fc.constant(1),
        backlog: fc.constantFrom("known", "waiting"),
        latency: fc.oneof(fc.constant(0), latencies(2))
      }).filter(
        ({ jitter, latency, limit, windowMillis }) =>
          // Where round trips do not fit into the calm part, what is in flight fills the bucket and sets the pace.
          2 * latency * (1 + jitter) * RateLimitRule.costMillis({ limit, windowMillis }) < 0.4 * windowMillis
      ),
      0.1,
      ({ limit, requests, windowMillis }, { lastSuccessAt, slowest, succeeded }) => {
        assert.strictEqual(succeeded, requests)
        const cost = RateLimitRule.costMillis({ limit, windowMillis })
        // With room for one or two only, the bucket runs empty before each request, and round trips and timers add up.
        const each = 3 * cost > windowMillis ? requests * (slowest + 3) : 0
        assert.isAtMost(lastSuccessAt, Math.max(0, requests * cost - windowMillis) + 3 * slowest + 10 + each)
      }
    ))

  it("when the limit changes, nothing is stuck, and what is granted under the rule in force is not refused", () =>
    holds(
      history({
        interrupted: fc.constant(0),
        lost: fc.constant(0),
        malformed: fc.constant(0),
        changes: fc.tuple(change)
      }),
      0.1,
      (_, { refusedUnforeseen }) => assert.strictEqual(refusedUnforeseen, 0)
    ))

  it("when the limit goes up and down, and headers are missing now and then, all is sent in the end", () =>
    holds(
      history({ changes: fc.array(change, { minLength: 2, maxLength: 5 }), malformed: rarely(0.5) }),
      0.1,
      ({ interrupted, lost, requests, withdrawn }, { succeeded }) => {
        if (interrupted + lost + withdrawn === 0) assert.strictEqual(succeeded, requests)
      }
    ))

  it("whatever the clock here does, the bound holds and nothing is refused", () =>
    holds(
      history({
        clock: fc.record({
          kind: fc.constantFrom("back", "still"),
          after: fc.double({ min: 0, max: 1, noNaN: true }),
          millis: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 2000, max: 100_000 }))
        })
      }),
      0.1,
      (_, { refusedUnforeseen }) => assert.strictEqual(refusedUnforeseen, 0)
    ))

  it("a server that is unavailable now and then is sent all in the end, and asked no sooner than it said", () =>
    holds(
      history({
        requests: fc.integer({ min: 1, max: 30 }),
        unavailable: fc.constantFrom(0.05, 0.3, 0.7),
        retryAfter: fc.option(
          fc.record({
            share: fc.double({ min: 0.1, max: 1, noNaN: true }),
            costs: fc.double({ min: 0.1, max: 100, noNaN: true })
          }),
          { nil: undefined }
        ),
        strangers: fc.array(
          strangerUpTo(0.9).map((one) => ({ ...one, insists: false })),
          { maxLength: 1 }
        )
      }),
      0.1,
      ({ interrupted, lost, requests, withdrawn }, { succeeded }) => {
        if (interrupted + lost + withdrawn === 0) assert.strictEqual(succeeded, requests)
      }
    ))

  it("when headers contradict each other, they prove nothing: the bound holds all the same, and nothing is refused", () =>
    holds(
      history({
        lying: fc.record({ share: fc.double({ min: 0.1, max: 1, noNaN: true }), kind: fc.constant("contradictory") }),
        requests: fc.integer({ min: 1, max: 60 })
      }),
      0.1,
      (_, { refusedUnforeseen }) => assert.strictEqual(refusedUnforeseen, 0)
    ))

  it("when headers lie in any way, the state keeps to its clock, no level is below nothing, and all is sent", () =>
    holds(
      history({
        limit: fc.integer({ min: 1, max: 50 }),
        windowMillis: fc.integer({ min: 100, max: 2000 }),
        lying: fc.record({ share: fc.double({ min: 0.1, max: 1, noNaN: true }), kind: fc.constant("any") }),
        requests: fc.integer({ min: 1, max: 60 })
      }),
      0.1,
      ({ requests }, { granted }) => assert.isAtLeast(granted, requests)
    ))

  it("with strangers about, one or several, polite or greedy, all is sent in the end", () =>
    holds(history({ strangers }), 0.1, ({ interrupted, lost, requests, withdrawn }, { granted, succeeded }) => {
      assert.isAtLeast(granted, requests)
      if (interrupted + lost + withdrawn === 0) assert.strictEqual(succeeded, requests)
    }))
})
