import { assert, describe, it } from "@effect/vitest"
import { RateLimitRule } from "@effect-frameio/ratelimit"
import { makeAgenda, makeClient, makeRandom, makeServer } from "./support/playground.js"

/** The scenarios of `docs/benchmarks.md`, in virtual time and out of seeds. */
interface Scenario {
  readonly limit: number
  readonly windowMillis: number
  readonly requests: number
  readonly latency: number
  readonly jitter: number
  /** Processes that share the requests and the bucket, and do not know of each other. */
  readonly processes?: number
  readonly full?: boolean
  readonly remembered?: boolean
  /** Somebody else: so many at once, so often; insisting on them, or losing those that are refused. */
  readonly stranger?: { readonly burst: number; readonly everyMillis: number; readonly insists: boolean }
}

interface Outcome {
  /** Time over the shortest possible. */
  readonly ratio: number
  readonly refused: number
  readonly strangerSent: number
  readonly strangerRefused: number
}

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

const play = (scenario: Scenario, seed: number): Outcome => {
  const { latency, limit, processes = 1, requests, stranger, windowMillis } = scenario
  const rule = { limit, windowMillis }
  const cost = RateLimitRule.costMillis(rule)
  const random = makeRandom(seed)
  const agenda = makeAgenda()
  const server = makeServer(rule, random())
  let now = 0
  let strangerSent = 0
  let strangerRefused = 0
  if (scenario.full === true) server.fill(0, RateLimitRule.burst(rule))

  if (stranger !== undefined) {
    let owed = 0
    const insist = () => {
      while (owed > 0 && server.hit(now).admitted) owed--
      if (owed > 0) agenda.add(now + 1, insist)
    }
    const visit = () => {
      for (let i = 0; i < stranger.burst; i++) {
        strangerSent++
        if (server.hit(now).admitted) continue
        strangerRefused++
        if (stranger.insists) owed++
      }
      if (owed > 0) insist()
      agenda.add(now + stranger.everyMillis, visit)
    }
    agenda.add(random() * stranger.everyMillis, visit)
  }

  const clients = Array.from({ length: processes }, () =>
    makeClient({
      agenda,
      requests: Math.floor(requests / processes),
      ...(scenario.remembered === true ? { hint: rule } : {}),
      server: server.hit,
      way: () => {
        const half = (latency + (2 * random() - 1) * scenario.jitter) / 2
        return [half, half]
      }
    })
  )
  for (const client of clients) {
    const at = 50 * random()
    agenda.add(at, () => client.start(at))
  }

  const isDone = () => clients.every(({ succeeded }) => succeeded === Math.floor(requests / processes))
  for (let event = agenda.next(); event !== undefined && !isDone(); event = agenda.next()) {
    now = event.at
    assert.isBelow(now, 1_000_000, "it is stuck")
    event.run()
  }
  const refused = sum(clients.map((client) => client.refused))
  const lastSuccessAt = Math.max(...clients.map((client) => client.lastSuccessAt))
  const startedAt = Math.min(...clients.map((client) => client.startedAt))
  const share = stranger === undefined ? 0 : (stranger.burst * cost) / stranger.everyMillis
  const burst = scenario.full === true ? 0 : RateLimitRule.burst(rule)
  const shortest = (Math.max(0, requests - burst) * cost) / (1 - share) + latency
  return { ratio: (lastSuccessAt - startedAt) / shortest, refused, strangerSent, strangerRefused }
}

const SEEDS = 101

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const playAll = (scenario: Scenario) => {
  const outcomes = Array.from({ length: SEEDS }, (_, seed) => play(scenario, seed * 7919 + 1))
  return {
    ratio: median(outcomes.map(({ ratio }) => ratio)),
    slowest: Math.max(...outcomes.map(({ ratio }) => ratio)),
    refused: outcomes.map(({ refused }) => refused),
    strangerLost: sum(outcomes.map((one) => one.strangerRefused)) / sum(outcomes.map((one) => one.strangerSent))
  }
}

const S8: Scenario = { limit: 40, windowMillis: 1000, requests: 400, latency: 200, jitter: 150 }

const S1: Scenario = { limit: 20, windowMillis: 1000, requests: 150, latency: 20, jitter: 10 }

describe("LeakyBucket in the scenarios of the benchmarks, over 101 seeds each", () => {
  it.each<readonly [string, Scenario, number]>([
    ["S1: 20 per s", S1, 1.008],
    ["S2: 100 per s", { limit: 100, windowMillis: 1000, requests: 1000, latency: 30, jitter: 20 }, 1.01],
    ["S3: 5 per s", { limit: 5, windowMillis: 1000, requests: 40, latency: 80, jitter: 60 }, 1.02],
    ["W1: 30 per 5 s", { limit: 30, windowMillis: 5000, requests: 90, latency: 20, jitter: 10 }, 1.01],
    ["S8: 40 per s, far away", S8, 1.045],
    ["S8, with the limit remembered", { ...S8, remembered: true }, 1.025]
  ])("%s, alone: never refused, and at the limit", (_, scenario, goal) => {
    const { ratio, refused } = playAll(scenario)
    assert.strictEqual(sum(refused), 0)
    assert.isAtMost(ratio, goal)
  })

  it("S4: beside a stranger that insists on its 30 %, the rest is used up", () => {
    const { ratio, refused } = playAll({ ...S1, stranger: { burst: 1, everyMillis: 50 / 0.3, insists: true } })
    assert.isAtMost(ratio, 1.015)
    assert.strictEqual(median(refused), 0)
    assert.isAtMost(sum(refused) / SEEDS, 0.2)
  })

  it("S5: a bucket that is full at the start costs one 429", () => {
    const { ratio, refused } = playAll({ ...S1, full: true })
    assert.isAtMost(ratio, 1.008)
    assert.isAtMost(Math.max(...refused), 1)
  })

  it("S6: two processes that do not know of each other share the limit", () => {
    const { ratio, refused } = playAll({ ...S1, processes: 2 })
    assert.isAtMost(ratio, 1.035)
    assert.isAtMost(sum(refused) / SEEDS / S1.requests, 0.01)
  })

  it("C1: a person's page that sends six at once each second is not refused", () => {
    const { ratio, refused, strangerLost } = playAll({
      ...S1,
      stranger: { burst: 6, everyMillis: 1000, insists: false }
    })
    assert.isAtMost(ratio, 1.025)
    assert.isAtMost(strangerLost, 0.01)
    assert.strictEqual(median(refused), 0)
  })
})
