import { assert, describe, it } from "@effect/vitest"
import { RateLimitRule } from "@effect-frameio/ratelimit"
import { FastCheck as fc } from "effect"
import { type History, type Played, play } from "./support/history.js"

/** Ten thousand in every `npm test`; more, or others, by `npm run histories -- <count> <seed>`. */
const COUNT = Number(process.env.HISTORIES ?? 10_000)
const SEED = process.env.SEED === undefined ? undefined : Number(process.env.SEED)
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
      malformed: rarely(0.3),
      lying: fc.constant(undefined),
      late: fc.constantFrom(0, 1, 3),
      hint: fc.boolean(),
      change: fc.constant(undefined),
      stranger: fc.constant(undefined),
      ...(extra as object)
    })
  ) as fc.Arbitrary<History>

const params = (part: number): fc.Parameters<[History]> => ({
  numRuns: Math.ceil(COUNT * part),
  ...(SEED === undefined ? {} : { seed: SEED })
})

/** Lets the runner breathe between histories, or it takes a long run for a dead one. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

let played = 0

const holds = (histories: fc.Arbitrary<History>, part: number, check: (history: History, outcome: Played) => void) =>
  fc.assert(
    fc.asyncProperty(histories, async (history) => {
      if (++played % 200 === 0) await breathe()
      const outcome = play(history)
      assert.deepStrictEqual(outcome.problems, [])
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
        change: fc.record({
          limit: fc.integer({ min: 1, max: 1000 }),
          windowMillis: fc.integer({ min: 100, max: 60_000 }),
          after: fc.double({ min: 0, max: 1, noNaN: true })
        })
      }),
      0.1,
      (_, { refusedUnforeseen }) => assert.strictEqual(refusedUnforeseen, 0)
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

  it("with strangers about, polite or greedy, all is sent in the end", () =>
    holds(
      history({
        stranger: fc.record({
          share: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
          burst: fc.integer({ min: 1, max: 10 }),
          insists: fc.boolean()
        })
      }),
      0.1,
      ({ requests }, { granted }) => assert.isAtLeast(granted, requests)
    ))
})
