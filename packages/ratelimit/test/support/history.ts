/**
 * Plays a random history against a `LeakyBucket`: a client that obeys it, and a server as strict as Frame.io's.
 * Deterministic: everything comes from the history's own numbers.
 */
import { LeakyBucket, RateLimitHeaders, RateLimitRule } from "@effect-frameio/ratelimit"
import { grantOne } from "./grantOne.js"
import { makeAgenda, makeRandom, makeServer } from "./playground.js"

/** The server reads its clock in whole ms. */
const CLOCK_GRAIN = 1

/** The part of the window that a long queue fills. */
const CALM = 0.4

export interface History {
  readonly seed: number
  readonly limit: number
  readonly windowMillis: number
  readonly requests: number
  /** Mean latency, in costs. */
  readonly latency: number
  /** As a share of the latency, 0 to 1. */
  readonly jitter: number
  /** Requests come in so many groups, all known in advance or not. */
  readonly groups: number
  readonly backlog: "known" | "unknown" | "waiting"
  /** Probabilities. */
  readonly interrupted: number
  readonly lost: number
  readonly unreachable: number
  /** Given back before sending, and over. */
  readonly withdrawn: number
  /** Answers without readable headers. */
  readonly malformed: number
  /** Answers of 503 before the limiter decides. */
  readonly unavailable: number
  /** How often a refusal or a 503 says when to try again, and in how many costs. */
  readonly retryAfter: { readonly share: number; readonly costs: number } | undefined
  /** How often headers are false: contradicting each other, or in any way. */
  readonly lying: { readonly share: number; readonly kind: "contradictory" | "any" } | undefined
  /** How late timers fire at most, in ms. */
  readonly late: number
  readonly hint: boolean
  /** The rule changes, each time after such a part of the run. */
  readonly changes: ReadonlyArray<RateLimitRule.RateLimitRule & { readonly after: number }>
  /** Others: so many requests at once, each so many costs apart, refused ones sent again or not. */
  readonly strangers: ReadonlyArray<{ readonly share: number; readonly burst: number; readonly insists: boolean }>
  /** The client's clock, after such a part of the run, is set back, or stands still, for so many ms. */
  readonly clock: { readonly kind: "back" | "still"; readonly after: number; readonly millis: number } | undefined
}

export interface Played {
  readonly problems: ReadonlyArray<string>
  readonly granted: number
  readonly succeeded: number
  readonly refused: number
  /** Refused although the rule in force was known when they were granted. */
  readonly refusedUnforeseen: number
  readonly lastSuccessAt: number
  readonly slowest: number
}

interface Told {
  readonly limit: number
  readonly windowMillis: number
  readonly remaining: number
}

const contradictions: ReadonlyArray<(told: Told) => Told> = [
  (told) => ({ ...told, remaining: 5 * told.limit }),
  (told) => ({ ...told, remaining: 50 * told.limit }),
  (told) => ({ ...told, remaining: told.limit + 1 }),
  ({ limit, remaining, windowMillis }) =>
    remaining < limit
      ? { limit: remaining, windowMillis, remaining: limit }
      : { limit, windowMillis, remaining: limit + 1 }
]

const lies: ReadonlyArray<(told: Told) => Told> = [
  ...contradictions,
  (told) => ({ ...told, remaining: told.limit }),
  (told) => ({ ...told, remaining: 0 }),
  (told) => ({ ...told, remaining: Math.floor(told.remaining / 2) }),
  (told) => ({ ...told, limit: 1_000_000_000 * told.limit }),
  (told) => ({ ...told, limit: 2 * told.limit }),
  (told) => ({ ...told, windowMillis: 1 }),
  (told) => ({ ...told, windowMillis: Math.max(1, Math.floor(told.windowMillis / 10)) })
]

/** As sent over the wire. */
const read = ({ limit, remaining, windowMillis }: Told): RateLimitHeaders.RateLimitHeaders | undefined =>
  RateLimitHeaders.parse({
    [RateLimitHeaders.LIMIT]: `${limit}`,
    [RateLimitHeaders.WINDOW]: `${windowMillis}`,
    [RateLimitHeaders.REMAINING]: `${remaining}`
  }).headers

export const play = (history: History): Played => {
  const random = makeRandom(history.seed)
  const agenda = makeAgenda()
  const rule: RateLimitRule.RateLimitRule = { limit: history.limit, windowMillis: history.windowMillis }
  const server = makeServer(rule, random())
  const cost = RateLimitRule.costMillis(rule)
  /** Nothing interferes, so the strict promises hold. */
  const strict = () =>
    history.strangers.length === 0 && history.changes.length === 0 && history.lying?.kind !== "any" && refused === 0
  /** Only the bucket itself says when the next may go. */
  const prompt = () => strict() && history.clock === undefined && history.unavailable === 0
  const mean = history.latency * Math.max(1, cost)
  const longest = mean * (1 + history.jitter)
  const problems: Array<string> = []
  let now = 0
  let bucket = LeakyBucket.make(history.hint ? rule : undefined)
  let waiting = 0
  let unsent = history.requests
  let open = history.requests
  let granted = 0
  let succeeded = 0
  let refused = 0
  let refusedUnforeseen = 0
  let lastSuccessAt = 0
  let slowest = 0
  let timer = 0
  let learnt = true
  let changes = 0
  /** A refusal that said when to come back is obeyed until then, on the client's clock. */
  let heldUntil = 0
  /** How far the client's clock is behind. */
  let behind = 0
  let standsSince: number | undefined
  const clock = () => (standsSince ?? now) - behind

  const problem = (text: string) => {
    if (problems.length < 3) problems.push(`at ${now.toFixed(3)} ms: ${text}`)
  }

  const check = () => {
    if (history.clock === undefined && bucket.at > clock() + CLOCK_GRAIN + 1e-6)
      problem(`the state is ahead of its clock, at ${bucket.at}`)
    if (bucket.level < 0 || bucket.seen < 0) problem(`a level below nothing: ${bucket.level}, ${bucket.seen}`)
    const at = LeakyBucket.advance(bucket, clock())
    if (strict() && at.rule !== undefined && LeakyBucket.bound(at) < server.level(now) - 1e-6) {
      problem(`the bound ${LeakyBucket.bound(at)} is below the level ${server.level(now)}`)
    }
    // A round trip across a step of the clock has no known length.
    if (strict() && history.clock?.kind !== "back" && LeakyBucket.shared(at))
      problem("sees a stranger where there is none")
    if (at.lingering.length > 16) problem("the state grows")
  }

  const backlog = () =>
    history.backlog === "unknown" ? Number.POSITIVE_INFINITY : history.backlog === "known" ? waiting + unsent : waiting

  /** A request for all at once must give the same as one by one. */
  const checkAll = (all: LeakyBucket.Grants, given: number, retryAt: number) => {
    if (all.tickets.length !== given) problem(`all at once are given ${all.tickets.length}, one by one ${given}`)
    if (all.retryAt !== retryAt) problem(`all at once are told ${all.retryAt}, one by one ${retryAt}`)
    for (const field of ["at", "level", "seen", "granted", "inFlight", "ended", "patience", "waitingSince"] as const) {
      if (all.bucket[field] !== bucket[field]) problem(`all at once leave ${field} at ${all.bucket[field]}`)
    }
  }

  const pump = () => {
    const all = LeakyBucket.grant(bucket, clock(), waiting, backlog() - waiting)
    const before = waiting
    while (waiting > 0) {
      const grant = grantOne(bucket, clock(), backlog())
      bucket = grant.bucket
      check()
      if (grant.ticket !== undefined && clock() < heldUntil) problem("is granted while the server's hold lasts")
      if (grant.ticket === undefined) {
        checkAll(all, before - waiting, grant.retryAt)
        checkWait(grant.retryAt)
        if (grant.retryAt < Number.POSITIVE_INFINITY) {
          const mine = ++timer
          const waits = Math.max(history.clock === undefined ? 0 : 1, grant.retryAt - clock())
          agenda.add(now + waits + 1e-6 + random() * history.late, () => {
            if (mine === timer) pump()
          })
        }
        return
      }
      waiting--
      granted++
      send(grant.ticket)
    }
    if (before > 0) checkAll(all, before, Number.POSITIVE_INFINITY)
  }

  /** It waits only for what it must, and no longer. */
  const checkWait = (retryAt: number) => {
    const at = LeakyBucket.advance(bucket, clock())
    const live = at.inFlight - at.lingering.reduce((count, entry) => count + entry.count, 0)
    if (retryAt === Number.POSITIVE_INFINITY) {
      if (live === 0 && at.lingering.length === 0) problem("waits for an event that never comes")
      return
    }
    if (retryAt < clock() - 1e-6) problem(`asks to try again in the past, at ${retryAt}`)
    if (!prompt() || at.rule === undefined) return
    if (at.lingering.length === 0 && grantOne(bucket, retryAt + 1e-3, backlog()).ticket === undefined) {
      problem(`is not granted when it said it would be, at ${retryAt}`)
    }
    const each = RateLimitRule.costMillis(at.rule)
    const full = at.rule.windowMillis
    const bound = LeakyBucket.bound(at)
    if (bound + each * backlog() <= full - 1e-6) problem("waits although all that is to come fits")
    if (bound + each <= CALM * full - 1e-6) problem("waits although the bucket is calm")
    if (at.inFlight === 0 && retryAt - now > bound + CLOCK_GRAIN + 1e-6)
      problem("waits longer than until the bucket is empty")
  }

  const send = (ticket: LeakyBucket.Ticket) => {
    const latency = mean * (1 + history.jitter * (2 * random() - 1))
    const there = latency * random()
    const sentAt = now
    const foreseen = learnt && bucket.rule !== undefined
    const changesBefore = changes
    slowest = Math.max(slowest, latency)
    if (random() < history.withdrawn) {
      agenda.add(now, () => {
        bucket = LeakyBucket.released(bucket, clock(), ticket)
        open--
        check()
        pump()
      })
      return
    }
    if (random() < history.unreachable) {
      agenda.add(now + there, () => {
        bucket = LeakyBucket.released(bucket, clock(), ticket)
        waiting++
        check()
        pump()
      })
      return
    }
    let given = false
    const giveUp = () => {
      if (given) return
      given = true
      bucket = LeakyBucket.abandoned(bucket, clock(), Math.max(0, sentAt + longest - now))
      open--
      check()
      pump()
    }
    const interrupted = random() < history.interrupted
    if (interrupted) agenda.add(now + latency * random(), giveUp)
    const lost = random() < history.lost
    const isUnavailable = random() < history.unavailable
    agenda.add(now + there, () => {
      const { admitted, headers } = isUnavailable ? { admitted: false, headers: undefined } : server.hit(now)
      const unforeseen = foreseen && changes === changesBefore
      check()
      agenda.add(sentAt + latency, () => {
        if (given) return
        if (lost) return giveUp()
        given = true
        const { lying } = history
        const all = lying?.kind === "any" ? lies : contradictions
        const lie = lying !== undefined && random() < lying.share ? all[Math.floor(random() * all.length)] : undefined
        const isTold = headers !== undefined && random() >= history.malformed
        const told = isTold ? (lie === undefined ? headers : read(lie(headers))) : undefined
        const { retryAfter } = history
        const again =
          admitted || retryAfter === undefined || random() >= retryAfter.share ? undefined : retryAfter.costs * cost
        if (again !== undefined) heldUntil = Math.max(heldUntil, clock() + again)
        if (admitted) {
          bucket = LeakyBucket.answered(bucket, clock(), ticket, told)
          succeeded++
          open--
          lastSuccessAt = now
        } else if (isUnavailable) {
          bucket = LeakyBucket.unavailable(bucket, clock(), ticket, told, again)
          waiting++
        } else {
          bucket = LeakyBucket.refused(bucket, clock(), ticket, told, again)
          refused++
          if (unforeseen) refusedUnforeseen++
          waiting++
        }
        if (
          !learnt &&
          bucket.rule?.limit === server.rule().limit &&
          bucket.rule.windowMillis === server.rule().windowMillis
        ) {
          learnt = true
        }
        check()
        pump()
      })
    })
  }

  const span = RateLimitRule.shortestMillis(rule, history.requests) + mean
  for (let group = 0; group < history.groups; group++) {
    const count =
      Math.floor(((group + 1) * history.requests) / history.groups) -
      Math.floor((group * history.requests) / history.groups)
    agenda.add(group === 0 ? 0 : random() * span, () => {
      waiting += count
      unsent -= count
      pump()
    })
  }
  for (const change of history.changes) {
    agenda.add(change.after * span, () => {
      server.change(change)
      learnt = false
      changes++
    })
  }
  const { clock: jump } = history
  if (jump?.kind === "back") {
    agenda.add(jump.after * span, () => {
      behind += jump.millis
      heldUntil -= jump.millis
      pump()
    })
  }
  if (jump?.kind === "still") {
    agenda.add(jump.after * span, () => {
      standsSince = now
    })
    agenda.add(jump.after * span + jump.millis, () => {
      behind = jump.millis
      standsSince = undefined
      pump()
    })
  }
  for (const stranger of history.strangers) {
    const every = Math.max(1, (stranger.burst * cost) / stranger.share)
    let owed = 0
    const visit = () => {
      if (open === 0) return
      owed = stranger.insists ? owed + stranger.burst : stranger.burst
      insist()
      agenda.add(now + every, visit)
    }
    const insist = () => {
      while (owed > 0) {
        const { admitted } = server.hit(now)
        if (admitted || !stranger.insists) owed--
        else {
          if (open > 0) agenda.add(now + Math.max(1, cost / 10), insist)
          return
        }
      }
    }
    agenda.add(random() * every, visit)
  }

  // An hour of the slowest bucket, many times over: anything not done by then is stuck.
  const widest = Math.max(history.windowMillis, ...history.changes.map(({ windowMillis }) => windowMillis))
  const end = 500 * (span + history.requests * (longest + widest)) + 10_000_000
  let steps = 0
  for (let event = agenda.next(); event !== undefined && open > 0; event = agenda.next()) {
    now = event.at
    if (now > end || ++steps > 2_000_000) {
      problem(`is stuck: ${waiting} of ${history.requests} still wait`)
      break
    }
    event.run()
  }
  if (open > 0 && problems.length === 0) problem(`ended with ${open} requests open, ${waiting} waiting`)
  return { problems, granted, succeeded, refused, refusedUnforeseen, lastSuccessAt, slowest }
}
