import { assert, describe, it } from "@effect/vitest"
import { LeakyBucket } from "@effect-frameio/ratelimit"
import { grantOne } from "./support/grantOne.js"
import { makeAgenda, makeClient, makeRandom } from "./support/playground.js"

const LIMIT = 20
const WINDOW = 1000

/** Servers with the same headers and another rule than Frame.io's. Each answers what is left, or a refusal. */
const servers = {
  "a fixed window": () => {
    let window = -1
    let used = 0
    return (now: number) => {
      const current = Math.floor(now / WINDOW)
      if (current !== window) used = 0
      window = current
      return used < LIMIT ? LIMIT - ++used : undefined
    }
  },
  "a sliding window": () => {
    let admitted: Array<number> = []
    return (now: number) => {
      admitted = admitted.filter((at) => at > now - WINDOW)
      if (admitted.length >= LIMIT) return undefined
      admitted.push(now)
      return LIMIT - admitted.length
    }
  },
  "a bucket that admits too many at once": () => {
    let level = 0
    let last = 0
    let lax = 0
    return (now: number) => {
      level = Math.max(0, level - (now - last))
      last = now
      // Check and charge are not one step: every third comes in uncharged.
      if (++lax % 3 === 0) return LIMIT
      if (level + WINDOW / LIMIT > WINDOW) return undefined
      level += WINDOW / LIMIT
      return Math.round((WINDOW - level) / (WINDOW / LIMIT))
    }
  },
  "a bucket that is forgotten now and then": () => {
    let level = 0
    let last = 0
    return (now: number) => {
      if (Math.floor(now / 3000) !== Math.floor(last / 3000)) level = 0
      level = Math.max(0, level - (now - last))
      last = now
      if (level + WINDOW / LIMIT > WINDOW) return undefined
      level += WINDOW / LIMIT
      return Math.round((WINDOW - level) / (WINDOW / LIMIT))
    }
  },
  "half the limit that it tells": () => {
    let level = 0
    let last = 0
    return (now: number) => {
      level = Math.max(0, level - (now - last) / 2)
      last = now
      if (level + WINDOW / LIMIT > WINDOW) return undefined
      level += WINDOW / LIMIT
      return Math.round((WINDOW - level) / (WINDOW / LIMIT))
    }
  }
}

const play = (take: (now: number) => number | undefined, requests: number, seed: number) => {
  const agenda = makeAgenda()
  const random = makeRandom(seed)
  const client = makeClient({
    agenda,
    requests,
    way: () => [5 + 10 * random(), 5 + 10 * random()],
    server: (now) => {
      const remaining = take(now)
      return {
        admitted: remaining !== undefined,
        headers: { limit: LIMIT, windowMillis: WINDOW, remaining: remaining ?? LIMIT }
      }
    }
  })
  client.start(0)
  for (let event = agenda.next(); event !== undefined && client.succeeded < requests; event = agenda.next()) event.run()
  return client
}

describe("LeakyBucket before a server of another rule than Frame.io's", () => {
  for (const [name, make] of Object.entries(servers)) {
    it(`${name}: all is sent, without a storm of refusals`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const { lastSuccessAt, refused, succeeded } = play(make(), 400, seed)
        assert.strictEqual(succeeded, 400)
        // At 20 per s it would take 20 s, and 40 s where only half of that is really given.
        assert.isAtMost(lastSuccessAt, 50_000)
        assert.isAtMost(refused, 40)
      }
    })
  }
})

describe("LeakyBucket before a server that tells no limit", () => {
  const play = (server: (now: number) => boolean, requests: number) => {
    const agenda = makeAgenda()
    const client = makeClient({
      agenda,
      requests,
      workers: 10,
      way: () => [50, 50],
      server: (now) => ({ admitted: server(now), headers: undefined })
    })
    client.start(0)
    for (let event = agenda.next(); event !== undefined && client.succeeded < requests; event = agenda.next())
      event.run()
    assert.strictEqual(client.succeeded, requests)
    return client
  }

  it("has none: requests go side by side after the first answers", () => {
    const { lastSuccessAt, refused } = play(() => true, 400)
    assert.strictEqual(refused, 0)
    // One at a time would take 40 s, its ten workers take 4 s.
    assert.isAtMost(lastSuccessAt, 4500)
  })

  it("has one all the same: it is found by few refusals", () => {
    const take = servers["a sliding window"]()
    const { lastSuccessAt, refused } = play((now) => take(now) !== undefined, 400)
    assert.isAtMost(refused, 40)
    assert.isAtMost(lastSuccessAt, 50_000)
  })

  it("tells one late: what passed before holds up nothing", () => {
    let bucket = LeakyBucket.make()
    let now = 0
    for (let i = 0; i < 10_000; i++) {
      const { bucket: next, ticket } = grantOne(bucket, now, 1)
      assert.isDefined(ticket)
      now += 10
      if (ticket !== undefined) bucket = LeakyBucket.answered(next, now, ticket, undefined)
    }
    const { bucket: last, ticket } = grantOne(bucket, now, 1)
    if (ticket !== undefined) {
      bucket = LeakyBucket.answered(last, now + 10, ticket, { limit: 100, windowMillis: 1000, remaining: undefined })
    }
    assert.isAtMost(LeakyBucket.bound(bucket), 1010)
  })
})
