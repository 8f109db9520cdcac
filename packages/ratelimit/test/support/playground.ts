/** The ground of histories and scenarios: an agenda of events, random numbers from a seed, and a server's bucket. */
import { LeakyBucket, type RateLimitRule } from "@effect-frameio/ratelimit"
import { RateLimiter } from "@effect-frameio/testing"
import { grantOne } from "./grantOne.js"

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const before = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Events in the order of their times; those of one time in the order in which they were added. */
export const makeAgenda = () => {
  const heap: Array<Event> = []
  let order = 0
  return {
    add: (at: number, run: () => void) => {
      heap.push({ at, order: order++, run })
      let index = heap.length - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        const [a, b] = [heap[index], heap[parent]]
        if (a === undefined || b === undefined || before(b, a)) break
        heap[index] = b
        heap[parent] = a
        index = parent
      }
    },
    next: (): Event | undefined => {
      const top = heap[0]
      const last = heap.pop()
      if (top === undefined || last === undefined || heap.length === 0) return top
      heap[0] = last
      let index = 0
      for (;;) {
        const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
        const least = right !== undefined && left !== undefined && before(right, left) ? 2 * index + 2 : 2 * index + 1
        const [a, b] = [heap[index], heap[least]]
        if (a === undefined || b === undefined || before(a, b)) return top
        heap[index] = b
        heap[least] = a
        index = least
      }
    }
  }
}

/** Numbers from 0 to 1, from a seed. */
export const makeRandom = (seed: number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const USER = "user"
const ENDPOINT = "assets.version"

/** A bucket of the fake Frame.io; `epoch` is the fraction of a ms by which its clock is off ours. */
export const makeServer = (rule: RateLimiter.Limit, epoch: number) => {
  const limiter = RateLimiter.make({ limits: { [ENDPOINT]: rule } })
  return {
    change: (next: RateLimiter.Limit) => limiter.setLimit(ENDPOINT, next),
    rule: () => limiter.limitOf(ENDPOINT) ?? rule,
    level: (now: number) => limiter.levelOf(USER, ENDPOINT, now + epoch),
    fill: (now: number, requests: number) => limiter.charge(USER, ENDPOINT, now + epoch, requests),
    hit: (now: number) => {
      const { admitted, limit = rule, remaining } = limiter.take(USER, ENDPOINT, now + epoch)
      return { admitted, headers: { limit: limit.limit, windowMillis: limit.windowMillis, remaining } }
    }
  }
}

export type Server = (now: number) => {
  readonly admitted: boolean
  readonly headers: { readonly limit: number; readonly windowMillis: number; readonly remaining: number } | undefined
  /** A refusal by 503 instead of 429. */
  readonly unavailable?: boolean
}

/** A client that obeys its bucket: it sends when it may, and sends refused requests again. */
export const makeClient = (options: {
  readonly agenda: ReturnType<typeof makeAgenda>
  readonly requests: number
  readonly server: Server
  /** The most requests under way at once. Default: no limit. */
  readonly workers?: number
  /** The rule, if it is remembered. */
  readonly hint?: RateLimitRule.RateLimitRule
  /** The times there and back, in ms. */
  readonly way: () => readonly [number, number]
}) => {
  const { agenda, server, way } = options
  let bucket = LeakyBucket.make(options.hint)
  let unstarted = Math.max(0, options.requests - (options.workers ?? options.requests))
  let waiting = options.requests - unstarted
  let timer = 0
  const client = {
    startedAt: 0,
    succeeded: 0,
    refused: 0,
    lastSuccessAt: 0,
    start: (now: number) => {
      client.startedAt = now
      pump(now)
    }
  }
  const pump = (now: number) => {
    while (waiting > 0) {
      const grant = grantOne(bucket, now, waiting + unstarted)
      bucket = grant.bucket
      if (grant.ticket === undefined) {
        if (grant.retryAt === Number.POSITIVE_INFINITY) return
        const mine = ++timer
        // As late as a timer of whole ms.
        const at = Math.max(now + 1, Math.ceil(grant.retryAt))
        agenda.add(at, () => {
          if (mine === timer) pump(at)
        })
        return
      }
      waiting--
      send(now, grant.ticket)
    }
  }
  const send = (now: number, ticket: LeakyBucket.Ticket) => {
    const [there, back] = way()
    agenda.add(now + there, () => {
      const { admitted, headers, unavailable } = server(now + there)
      const at = now + there + back
      agenda.add(at, () => {
        if (admitted) {
          bucket = LeakyBucket.answered(bucket, at, ticket, headers)
          client.succeeded++
          client.lastSuccessAt = at
          if (unstarted > 0) {
            unstarted--
            waiting++
          }
        } else {
          bucket =
            unavailable === true
              ? LeakyBucket.unavailable(bucket, at, ticket, headers)
              : LeakyBucket.refused(bucket, at, ticket, headers)
          client.refused++
          waiting++
        }
        pump(at)
      })
    })
  }
  return client
}
