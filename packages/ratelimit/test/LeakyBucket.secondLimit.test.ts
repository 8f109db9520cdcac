import { assert, describe, it } from "@effect/vitest"
import { makeAgenda, makeClient, makeRandom, makeServer } from "./support/playground.js"

/** Limits of 5 per second that no header tells, before a bucket that tells another one. */
const gates = {
  "a fixed window": () => {
    let window = -1
    let used = 0
    return (now: number) => {
      const current = Math.floor(now / 1000)
      if (current !== window) used = 0
      window = current
      return ++used <= 5
    }
  },
  "a sliding window": () => {
    let admitted: Array<number> = []
    return (now: number) => {
      admitted = admitted.filter((at) => at > now - 1000)
      return admitted.length < 5 && admitted.push(now) > 0
    }
  },
  "a bucket of 5": () => {
    let tokens = 5
    let last = 0
    return (now: number) => {
      tokens = Math.min(5, tokens + ((now - last) * 5) / 1000)
      last = now
      if (tokens < 1) return false
      tokens--
      return true
    }
  }
}

interface Played {
  readonly seconds: number
  readonly refused: number
}

const play = (options: {
  readonly gate: (now: number) => boolean
  readonly seed: number
  readonly told: number
  readonly by: "bare 429" | "429" | "503"
  readonly requests?: number
  readonly liftedAt?: number
}): Played => {
  const requests = options.requests ?? 100
  const agenda = makeAgenda()
  const random = makeRandom(options.seed)
  const server = makeServer({ limit: options.told, windowMillis: 1000 }, random())
  const start = 1000 * random()
  const client = makeClient({
    agenda,
    requests,
    workers: 10,
    way: () => [5 + 20 * random(), 5 + 20 * random()],
    server: (now) => {
      if (options.gate(now) || now > (options.liftedAt ?? Number.POSITIVE_INFINITY)) return server.hit(now)
      const headers = { limit: options.told, windowMillis: 1000, remaining: options.told }
      return {
        admitted: false,
        headers: options.by === "429" ? headers : undefined,
        unavailable: options.by === "503"
      }
    }
  })
  agenda.add(start, () => client.start(start))
  for (let event = agenda.next(); event !== undefined && client.succeeded < requests; event = agenda.next()) event.run()
  assert.strictEqual(client.succeeded, requests)
  return { seconds: (client.lastSuccessAt - start) / 1000, refused: client.refused }
}

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const SHORTEST = 19

describe("LeakyBucket behind a second, tighter limit that no header tells", () => {
  for (const [name, make] of Object.entries(gates)) {
    for (const by of ["bare 429", "429", "503"] as const) {
      it(`${name}, refusing by ${by}: few are refused, and little time is lost`, () => {
        for (const told of [7, 10, 20, 50, 300]) {
          const all = Array.from({ length: 40 }, (_, seed) => play({ gate: make(), seed, told, by }))
          const seconds = median(all.map((one) => one.seconds))
          const refused = median(all.map((one) => one.refused))
          // Ten workers send ten before the first can be refused; told 20 or less, the bucket itself holds some back.
          assert.isAtMost(refused, by === "bare 429" || told <= 20 ? 10 : 16, `refused, told ${told}`)
          assert.isAtMost(seconds, 1.25 * SHORTEST, `seconds, told ${told}`)
        }
      })
    }
  }

  it("is forgotten when it is gone: the told limit is used again within a minute", () => {
    const { seconds } = play({
      gate: gates["a bucket of 5"](),
      seed: 1,
      told: 20,
      by: "bare 429",
      requests: 1600,
      liftedAt: 20_000
    })
    // 100 in the first 20 s, then 1500 of which the last ones go at 20 per second.
    assert.isAtMost(seconds, 20 + 1500 / 20 + 30)
  })

  it("a limit per minute is found by halving", () => {
    const perMinute = () => {
      let window = -1
      let used = 0
      return (now: number) => {
        const current = Math.floor(now / 60_000)
        if (current !== window) used = 0
        window = current
        return ++used <= 100
      }
    }
    for (let seed = 0; seed < 10; seed++) {
      const { refused, seconds } = play({ gate: perMinute(), seed, told: 20, by: "bare 429", requests: 500 })
      assert.isAtMost(refused, 50)
      assert.isAtMost(seconds, 1.25 * 240)
    }
  })

  it("a server that answers 503 at random is asked all the while, and used up again soon after", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = makeRandom(seed)
      const { seconds } = play({
        gate: () => random() < 0.3,
        seed,
        told: 20,
        by: "503",
        requests: 3000,
        liftedAt: 600_000
      })
      assert.isAtMost(seconds, 600 + 3000 / 20 + 300)
    }
  })
})
