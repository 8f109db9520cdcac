/**
 * A client's state of one of Frame.io's rate-limit buckets, and when the next request may go.
 *
 * The server keeps a level that leaks 1 ms per ms. A request costs `round(window / limit)` ms and passes while the
 * level stays within the window. The client sees only answers, late and out of order, so it keeps an upper bound of
 * that level: a request counts in full from its grant, and starts to leak when its answer arrives, the latest moment
 * at which the server can have charged it. While nobody else uses the bucket the bound is never below the server's
 * level, whatever the latency: so a granted request is never refused.
 *
 * Pure: no clock, no randomness, no Effect. Every function takes the time (ms, monotonic) and returns a new state,
 * which is plain JSON, so that several processes can share it.
 *
 * @since 0.1.0
 */
import * as Pace from "./internal/pace.js"
import type { RateLimitHeaders } from "./RateLimitHeaders.js"
import { costMillis, isRule, type RateLimitRule } from "./RateLimitRule.js"

/**
 * Proof of a grant, to be given back with the outcome: once, to one of {@link answered}, {@link refused},
 * {@link abandoned} or {@link released}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ticket {
  /** Its place among all grants of this bucket, from 1. */
  readonly sequence: number
  /** When it was granted, in ms. */
  readonly grantedAt: number
  /** How many requests had ended by then. */
  readonly endedBefore: number
}

/**
 * The state of one bucket. All times in ms on the clock of the caller.
 *
 * @example
 * ```ts
 * const rule = { limit: 100, windowMillis: 60_000 }
 * const { bucket, retryAt, tickets } = LeakyBucket.grant(LeakyBucket.make(rule), 0, 3, 0)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface LeakyBucket {
  /** Unknown until a first answer or a hint tells it. */
  readonly rule: RateLimitRule | undefined
  /** The time to which `level` and `seen` have leaked. Up to {@link CLOCK_GRAIN} ahead after a charge on empty. */
  readonly at: number
  /** Upper bound of what our own ended requests have left in the bucket. */
  readonly level: number
  /** The level as the newest answer told it, upper edge, with what we granted since. Strangers included. */
  readonly seen: number
  /** How many requests were granted so far. */
  readonly granted: number
  /** Granted and not ended, those that linger included. */
  readonly inFlight: number
  /** How many requests have ended so far. */
  readonly ended: number
  /** Requests that were given up, but that may still reach the server until then. Few entries: they are merged. */
  readonly lingering: ReadonlyArray<{
    readonly until: number
    readonly count: number
  }>
  /** Requests in flight since before the rule became cheaper: they may have been charged the dearer cost. */
  readonly dearer:
    | {
        readonly upTo: number
        readonly inFlight: number
        readonly costMillis: number
      }
    | undefined
  /** When the rule was last changed by an answer. */
  readonly ruleAt: number
  /** The sequence of the newest request whose answer told a level. */
  readonly measured: number
  /** A slow round trip: jumps up with one, comes down in time. */
  readonly roundTripMillis: number
  /** When an answer last proved that somebody else uses the bucket. */
  readonly strangerAt: number | undefined
  /** The part of the leak that strangers take, 0 to 1, averaged over two windows. */
  readonly strangerShare: number
  /** After a 429: hold, then let one request go first. */
  readonly refusal: Refusal | undefined
  /**
   * How many requests were granted before the last refusal arrived: their answers say nothing about the level after it.
   */
  readonly refusedThrough: number
  /** How far above the calm level we may go, because we got less than our share for too long. */
  readonly patience: number
  /** Since when the request at the head waits for calm only. */
  readonly waitingSince: number | undefined
  /** A rate of our own, after refusals that the known rule does not explain. Outlives the successes that follow. */
  readonly pace: Pace.Pace | undefined
  /** Requests that passed in this second, and the most in one before, halved by each: what an untold limit let through. */
  readonly passed: Pace.Passed
  /** Recent 503s: every answer that follows leaves nine tenths of the count. */
  readonly unavailable: number
}

/**
 * Why a bucket holds: a 429, several 503 in a row, or the server named the time itself (`Retry-After`).
 *
 * @since 0.1.0
 * @category models
 */
export type HoldReason = "Refused" | "Unavailable" | "RetryAfter"

/**
 * The state after a 429, until a request passes again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  /** Nothing is granted before. */
  readonly until: number
  /** How many requests in a row were refused while they went alone. */
  readonly alone: number
  /** The reason for `until`. */
  readonly reason: HoldReason
  /** When the request that was refused last had been granted. */
  readonly grantedAt: number
}

/**
 * The server reads its clock in whole ms, so of a leak one ms may not have been counted yet.
 *
 * @internal
 */
export const CLOCK_GRAIN = 1

/**
 * A long queue keeps the bucket at this part of the window: what is free above it is for a person and for urgent
 * calls. It costs no time, because the free part is spent when the rest of the queue fits into it.
 *
 * @internal
 */
export const CALM = 0.4

/** Our share of the bucket in the long run; without it, a greedy stranger could starve us. */
const LEAST_SHARE = 0.25

/** Windows without a proof after which a stranger is forgotten. */
const FORGET_WINDOWS = 3

/** Round trips over which the last requests of a long queue are spread. */
const RAMP_ROUND_TRIPS = 3

/** Without a known window a refusal holds for a second, then doubles: Frame.io's documented advice. */
const BLIND_HOLD = 1000
const LONGEST_BLIND_HOLD = 60_000

/** The longest hold: the window, or this if the window is shorter. */
const LONGEST_HOLD = 5000

/** A 503 can be any server's bad moment. Three in a row are a refusal, or one of five for a while. */
const MANY_UNAVAILABLE = 2
const UNAVAILABLE_KEPT = 0.9

/** The most requests side by side without a known rule, once as many have passed. */
const MOST_UNTOLD = 16

/** If a clock is further behind a state than this, it has been set back. */
const CLOCK_SET_BACK = 1000

/** More entries than this are merged, each into the one that lingers longer. */
const MOST_LINGERING = 16

/**
 * A bucket of which nothing is known, or only its rule: `hint` saves the first request its lonely round trip. An
 * invalid hint is ignored.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (hint?: RateLimitRule): LeakyBucket => ({
  rule: hint !== undefined && isRule(hint) ? hint : undefined,
  at: 0,
  level: 0,
  seen: 0,
  granted: 0,
  inFlight: 0,
  ended: 0,
  lingering: [],
  dearer: undefined,
  ruleAt: 0,
  measured: 0,
  roundTripMillis: 0,
  strangerAt: undefined,
  strangerShare: 0,
  refusal: undefined,
  refusedThrough: 0,
  patience: 0,
  waitingSince: undefined,
  pace: undefined,
  passed: { since: 0, count: 0, before: 0 },
  unavailable: 0
})

/**
 * The bucket with a hint, where no rule is known yet: another process that had none may have used it before.
 *
 * @since 0.1.0
 * @category transitions
 */
export const hinted = (state: LeakyBucket, hint: RateLimitRule | undefined): LeakyBucket => {
  if (state.rule !== undefined || hint === undefined || !isRule(hint)) return state
  const draft = copy(state)
  begin(draft, draft.at, hint)
  return draft
}

const cost = (bucket: LeakyBucket): number => (bucket.rule === undefined ? 0 : costMillis(bucket.rule))

const inFlightMillis = (bucket: LeakyBucket): number => {
  const each = cost(bucket)
  const { dearer } = bucket
  return bucket.inFlight * each + (dearer === undefined ? 0 : dearer.inFlight * (dearer.costMillis - each))
}

/**
 * Upper bound of the server's level, as long as nobody else uses the bucket, at the time the state stands at.
 *
 * @since 0.1.0
 * @category getters
 */
export const bound = (bucket: LeakyBucket): number => bucket.level + inFlightMillis(bucket)

/**
 * Whether somebody else was lately seen to use this bucket.
 *
 * @since 0.1.0
 * @category getters
 */
export const shared = (bucket: LeakyBucket): boolean =>
  bucket.strangerAt !== undefined &&
  bucket.rule !== undefined &&
  bucket.at - bucket.strangerAt < FORGET_WINDOWS * bucket.rule.windowMillis

const used = (bucket: LeakyBucket): number => (shared(bucket) ? Math.max(bound(bucket), bucket.seen) : bound(bucket))

/**
 * How many requests could go now, were they all that is to come.
 *
 * @internal
 */
export const free = (bucket: LeakyBucket): number => {
  const alone = openCount(bucket) === 0
  const { refusal } = bucket
  if (refusal !== undefined) return alone && bucket.at >= refusal.until ? 1 : 0
  const { pace } = bucket
  const untold = bucket.rule === undefined ? untoldRoom(bucket, bucket.at) : Number.POSITIVE_INFINITY
  if (pace !== undefined) return bucket.at >= pace.nextAt ? Math.min(1, untold) : 0
  if (bucket.rule === undefined) return untold
  const each = cost(bucket)
  if (each === 0) return Number.POSITIVE_INFINITY
  return Math.max(0, Math.floor((bucket.rule.windowMillis - used(bucket)) / each))
}

/**
 * Why nothing goes now, and for how much longer, in ms; `undefined` while no refusal holds the bucket.
 *
 * @since 0.1.0
 * @category getters
 */
export const hold = (bucket: LeakyBucket): { readonly reason: HoldReason; readonly leftMillis: number } | undefined =>
  bucket.refusal === undefined
    ? undefined
    : { reason: bucket.refusal.reason, leftMillis: Math.max(0, bucket.refusal.until - bucket.at) }

/**
 * The bucket's level for a display: the best estimate, in ms, 0 to the window.
 *
 * @since 0.1.0
 * @category getters
 */
export const level = (bucket: LeakyBucket): number =>
  bucket.rule === undefined ? 0 : Math.min(used(bucket), bucket.rule.windowMillis)

const lingeringCount = (bucket: LeakyBucket): number => {
  let count = 0
  for (const entry of bucket.lingering) count += entry.count
  return count
}

/** Requests in flight whose outcome will still be reported. */
const openCount = (bucket: LeakyBucket): number => bucket.inFlight - lingeringCount(bucket)

/**
 * Requests in flight, and those given up that may still arrive. Without a rule the ended ones are kept until it is known.
 *
 * @internal
 */
export const underWay = (bucket: LeakyBucket): number => {
  let count = openCount(bucket)
  for (const entry of bucket.lingering) if (entry.until > bucket.at) count += entry.count
  return count
}

/** A server that tells no limit is tried carefully: as many requests as passed lately. */
const untoldRoom = (bucket: LeakyBucket, now: number): number =>
  Math.max(0, Math.min(MOST_UNTOLD, Math.max(1, Pace.passedLately(bucket.passed, now))) - openCount(bucket))

/** A transition's working copy; its input and its result are never changed. */
type Draft = { -readonly [Field in keyof LeakyBucket]: LeakyBucket[Field] }

const leak = (draft: Draft, now: number): void => {
  const passed = now - draft.at
  if (passed <= 0) return
  draft.at = now
  draft.level = Math.max(0, draft.level - passed)
  draft.seen = Math.max(0, draft.seen - passed)
  if (draft.strangerShare > 0 && draft.rule !== undefined) {
    draft.strangerShare *= Math.exp(-passed / (2 * draft.rule.windowMillis))
  }
}

/**
 * `millis` more in the bucket at `now`. From empty the leak starts a grain late: the server's ms may only just have
 * begun.
 */
const charge = (draft: Draft, now: number, millis: number): void => {
  draft.at = Math.max(draft.at, Math.min(now + CLOCK_GRAIN, draft.at + Math.max(0, CLOCK_GRAIN - draft.level)))
  draft.level += millis
}

/** `count` requests in flight end, the newest of them granted as `sequence`. Answers what they may have been charged. */
const end = (draft: Draft, sequence: number, count: number): number => {
  const { dearer } = draft
  const ofDearer = dearer !== undefined && sequence <= dearer.upTo ? Math.min(count, dearer.inFlight) : 0
  const each = cost(draft)
  draft.inFlight = Math.max(0, draft.inFlight - count)
  draft.ended += count
  if (dearer === undefined) return each * count
  draft.dearer = dearer.inFlight <= ofDearer ? undefined : { ...dearer, inFlight: dearer.inFlight - ofDearer }
  return each * count + ofDearer * (dearer.costMillis - each)
}

/**
 * All times as they were, on a clock that has been set back: how much time has really passed is not known, so none has.
 */
const setBack = (draft: Draft, millis: number): void => {
  const { pace, passed, refusal, strangerAt, waitingSince } = draft
  draft.at -= millis
  draft.lingering = draft.lingering.map(({ count, until }) => ({ count, until: until - millis }))
  draft.ruleAt -= millis
  draft.strangerAt = strangerAt === undefined ? undefined : strangerAt - millis
  draft.refusal =
    refusal === undefined
      ? undefined
      : { ...refusal, until: refusal.until - millis, grantedAt: refusal.grantedAt - millis }
  draft.waitingSince = waitingSince === undefined ? undefined : waitingSince - millis
  draft.pace = pace === undefined ? undefined : { ...pace, nextAt: pace.nextAt - millis }
  draft.passed = { ...passed, since: passed.since - millis }
}

const settle = (draft: Draft, now: number): void => {
  // After a charge on empty it may be that much ahead.
  if (draft.at - now > CLOCK_SET_BACK) setBack(draft, draft.at - now - CLOCK_GRAIN)
  // The cost is unknown until the rule is known; then requests are charged as of the time at which they ended.
  if (draft.rule === undefined) {
    draft.at = Math.max(draft.at, now)
    return
  }
  for (let first = draft.lingering[0]; first !== undefined && first.until <= now; first = draft.lingering[0]) {
    leak(draft, first.until)
    draft.lingering = draft.lingering.slice(1)
    // Which of those in flight they were is not kept, so they count as old ones: the dearer cost, if there is one.
    charge(draft, first.until, end(draft, 0, first.count))
  }
  leak(draft, now)
}

/** Each field by name, which V8 does twelve times as fast as a spread of an object whose fields change. */
const copy = (bucket: LeakyBucket): Draft => ({
  rule: bucket.rule,
  at: bucket.at,
  level: bucket.level,
  seen: bucket.seen,
  granted: bucket.granted,
  inFlight: bucket.inFlight,
  ended: bucket.ended,
  lingering: bucket.lingering,
  dearer: bucket.dearer,
  ruleAt: bucket.ruleAt,
  measured: bucket.measured,
  roundTripMillis: bucket.roundTripMillis,
  strangerAt: bucket.strangerAt,
  strangerShare: bucket.strangerShare,
  refusal: bucket.refusal,
  refusedThrough: bucket.refusedThrough,
  patience: bucket.patience,
  waitingSince: bucket.waitingSince,
  pace: bucket.pace,
  passed: bucket.passed,
  unavailable: bucket.unavailable
})

const draftAt = (bucket: LeakyBucket, now: number): Draft => {
  const draft = copy(bucket)
  settle(draft, now)
  return draft
}

/**
 * The state at `now`: leaked, and with those requests charged that lingered until then. On a clock that has been set
 * back by more than a second no time has passed, and all goes on from there.
 *
 * @since 0.1.0
 * @category transitions
 */
export const advance = (bucket: LeakyBucket, now: number): LeakyBucket => draftAt(bucket, now)

const take = (draft: Draft, now: number): Ticket => {
  const each = cost(draft)
  draft.granted++
  draft.inFlight++
  draft.seen += each
  draft.patience = Math.max(0, draft.patience - each)
  draft.waitingSince = undefined
  const { pace } = draft
  if (pace !== undefined) draft.pace = Pace.taken(pace, now)
  return { sequence: draft.granted, grantedAt: now, endedBefore: draft.ended }
}

/** Only the end of a request in flight can free a slot; of one that was given up, the end is known. */
const atEnd = (bucket: LeakyBucket): number =>
  (bucket.rule === undefined ? undefined : bucket.lingering[0]?.until) ?? Number.POSITIVE_INFINITY

/** The level that an endless queue keeps to: the server's must never touch 0, so it covers what latency hides. */
const calmLevel = (bucket: LeakyBucket, rule: RateLimitRule): number =>
  Math.min(rule.windowMillis, Math.max(CALM * rule.windowMillis, 1.5 * bucket.roundTripMillis + 2 * costMillis(rule)))

/** The level that a queue of `backlog` may rise to, so that the requests after the first fit as well. */
const topLevel = (bucket: LeakyBucket, rule: RateLimitRule, backlog: number, calm: number): number => {
  const full = rule.windowMillis
  const each = costMillis(rule)
  const behind = backlog <= 1 || each === 0 ? 0 : (backlog - 1) * each
  // The last ones go over some round trips: answers can still slow them down, and they need fewer connections.
  const room = full - calm
  const ramp = RAMP_ROUND_TRIPS * bucket.roundTripMillis
  const brim = full - behind * Math.max(0.5, room <= 0 ? 0.5 : room / (room + ramp))
  // Between two answers a stranger can take its share, and answers give the level only to the nearest request.
  return shared(bucket) ? brim - 0.5 * (full / rule.limit) - bucket.strangerShare * bucket.roundTripMillis : brim
}

/** Takes a ticket out of a draft that stands at `now`, or says when asking again makes sense. */
const decide = (draft: Draft, now: number, backlog: number): Ticket | number => {
  const { refusal, rule } = draft
  const alone = openCount(draft) === 0
  if (refusal !== undefined) {
    if (now < refusal.until) return refusal.until
    if (!alone) return atEnd(draft)
  } else if (draft.pace !== undefined && now < draft.pace.nextAt) return draft.pace.nextAt
  if (rule === undefined) return untoldRoom(draft, now) > 0 ? take(draft, now) : Number.POSITIVE_INFINITY

  const each = costMillis(rule)
  const full = rule.windowMillis
  const calm = calmLevel(draft, rule)
  const top = topLevel(draft, rule, backlog, calm)
  const waited = draft.waitingSince === undefined ? 0 : now - draft.waitingSince
  draft.patience = Math.min(full - calm, draft.patience + LEAST_SHARE * waited)
  const allowed = calm + draft.patience
  const ceiling = refusal !== undefined ? full : Math.min(full, Math.max(allowed, top))
  const level = used(draft)
  // A cost above the window never fits; an empty bucket is the best there is, and the server has the last word.
  if (level + each <= ceiling || level <= 0) return take(draft, now)

  draft.waitingSince = now
  const brim = Math.max(full, each)
  const fixed = inFlightMillis(draft) + each
  if (fixed > brim) return atEnd(draft)
  const leaking = Math.max(draft.level + fixed, shared(draft) ? draft.seen + each : 0)
  const atBrim = leaking - brim
  if (refusal !== undefined) return draft.at + atBrim
  const atTop = fixed > top ? Number.POSITIVE_INFINITY : leaking - top
  // Patience grows while the level sinks, so they meet earlier.
  const calmly = Math.max(atBrim, (leaking - allowed) / (1 + LEAST_SHARE), (fixed - allowed) / LEAST_SHARE)
  return draft.at + Math.min(atTop, calmly)
}

/**
 * The answer of {@link grant}: the tickets, and when asking for the rest makes sense; `Infinity` if there is no rest,
 * or if only the end of a request in flight can free a slot.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grants {
  readonly bucket: LeakyBucket
  readonly tickets: ReadonlyArray<Ticket>
  readonly retryAt: number
}

const NO_TICKETS: ReadonlyArray<Ticket> = []

/**
 * Tickets for the requests that may go at `now`, at most `wanted`. `behind` is how many requests are to come after
 * these, as far as the caller knows; `Infinity` if it does not.
 *
 * - While the rule is unknown, one, then as many as passed within the last second, up to 16 side by side.
 * - When all that are to come fit into what is free, at once.
 * - Else calmly, as fast as the bucket leaks, and the free part is kept until the rest fits.
 * - After a 429, when the hold is over, one alone first.
 *
 * @since 0.1.0
 * @category transitions
 */
export const grant = (state: LeakyBucket, now: number, wanted: number, behind: number): Grants => {
  const bucket = draftAt(state, now)
  let tickets: Array<Ticket> | undefined
  for (let left = wanted; left > 0; left--) {
    const decision = decide(bucket, now, left + behind)
    if (typeof decision === "number") return { bucket, tickets: tickets ?? NO_TICKETS, retryAt: decision }
    if (tickets === undefined) tickets = [decision]
    else tickets.push(decision)
  }
  return { bucket, tickets: tickets ?? NO_TICKETS, retryAt: Number.POSITIVE_INFINITY }
}

/** The first rule: all that passed without one fitted into its window. */
const begin = (draft: Draft, now: number, rule: RateLimitRule): void => {
  draft.rule = rule
  settle(draft, now)
  draft.level = Math.min(draft.level, Math.max(rule.windowMillis, costMillis(rule)))
}

/** Takes the rule from an answer, unless the answer may be older than the rule we have and is not stricter. */
const learn = (draft: Draft, now: number, ticket: Ticket, headers: RateLimitHeaders): void => {
  const { rule } = draft
  if (rule !== undefined && rule.limit === headers.limit && rule.windowMillis === headers.windowMillis) return
  const next: RateLimitRule = { limit: headers.limit, windowMillis: headers.windowMillis }
  if (rule !== undefined) {
    const before = costMillis(rule)
    const after = costMillis(next)
    const stricter = after >= before && next.windowMillis <= rule.windowMillis
    if (ticket.grantedAt < draft.ruleAt && !stricter) return
    const highest = Math.max(before, draft.dearer?.costMillis ?? 0)
    draft.dearer =
      draft.inFlight > 0 && highest > after
        ? { upTo: draft.granted, inFlight: draft.inFlight, costMillis: highest }
        : undefined
  }
  draft.ruleAt = now
  if (rule === undefined) begin(draft, now, next)
  else {
    draft.rule = next
    settle(draft, now)
  }
}

/** Charges one request in flight at `until`, whatever happens to it. */
const linger = (draft: Draft, until: number): void => {
  const entries = [...draft.lingering, { until, count: 1 }].sort((a, b) => a.until - b.until)
  const [first, second, ...rest] = entries
  draft.lingering =
    entries.length > MOST_LINGERING && first !== undefined && second !== undefined
      ? [{ until: second.until, count: first.count + second.count }, ...rest]
      : entries
}

/** Lowers or raises the level by the proof in the answer of `ticket`; the request itself is charged already. */
const measure = (draft: Draft, now: number, ticket: Ticket, headers: RateLimitHeaders, remaining: number): void => {
  const full = headers.windowMillis
  const unit = full / headers.limit
  const each = cost(draft)
  // `remaining` is rounded to the nearest, so the level just after the charge was between these two; and the request
  // itself is in it, whatever the header says.
  const highest = Math.max(each, Math.min(full, full - (remaining - 0.5) * unit))
  const lowest = full - (remaining + 0.5) * unit
  const roundTrip = now - ticket.grantedAt
  /** Granted before the clock was set back: how long ago is not known. */
  const isUndated = roundTrip < 0
  if (ticket.sequence > draft.measured) {
    draft.measured = ticket.sequence
    draft.seen = highest + (draft.granted - ticket.sequence) * each + CLOCK_GRAIN
  }
  const before = draft.level
  if (!isUndated && lowest - roundTrip > bound(draft) + 2 * CLOCK_GRAIN) {
    // More was used than all of ours together can explain: somebody else is here.
    draft.strangerAt = now
    draft.level = Math.max(before, draft.seen - inFlightMillis(draft))
  } else {
    // Requests that ended since the grant may have been charged after this one.
    const endedSince = Math.max(0, draft.ended - ticket.endedBefore - 1)
    draft.level = Math.min(before, highest + endedSince * each + CLOCK_GRAIN)
  }
  if (shared(draft)) {
    draft.strangerShare = Math.min(1, Math.max(0, draft.strangerShare + (draft.level - before) / (2 * full)))
  }
}

/** A limit that nobody told was met. */
const slowDown = (draft: Draft, now: number, reason: "Refused" | "Unavailable"): void => {
  draft.pace = Pace.slower(draft.pace, draft.passed, now, cost(draft), longestOf(reason))
}

const longestOf = (reason: "Refused" | "Unavailable"): number =>
  reason === "Unavailable" ? LONGEST_HOLD : LONGEST_BLIND_HOLD

/** Learns an answer's headers and settles its cost, whatever its status. */
const arrived = (draft: Draft, now: number, ticket: Ticket, headers: RateLimitHeaders | undefined): void => {
  if (headers !== undefined) learn(draft, now, ticket, headers)
  if (draft.rule === undefined) {
    linger(draft, now)
    return
  }
  charge(draft, now, Math.max(end(draft, ticket.sequence, 1), cost(draft)))
  const roundTrip = Math.max(0, now - ticket.grantedAt)
  draft.roundTripMillis = Math.max(roundTrip, 0.98 * draft.roundTripMillis + 0.02 * roundTrip)
}

const isLate = (draft: Draft, ticket: Ticket): boolean => ticket.sequence <= draft.refusedThrough

/**
 * An answer other than 429 arrived: the request was charged at the latest now, and the headers, if any, give the rule
 * and how much was left. Headers are believed only as far as they prove something.
 *
 * @since 0.1.0
 * @category transitions
 */
export const answered = (
  state: LeakyBucket,
  now: number,
  ticket: Ticket,
  headers: RateLimitHeaders | undefined
): LeakyBucket => {
  const draft = draftAt(state, now)
  const { refusal } = draft
  arrived(draft, now, ticket, headers)
  draft.passed = Pace.passedOne(draft.passed, now)
  draft.unavailable *= UNAVAILABLE_KEPT
  // A request granted before the last refusal says nothing about the level after it, only about the rate before it.
  if (isLate(draft, ticket)) {
    if (refusal !== undefined && draft.pace?.guessed === true) {
      draft.pace = Pace.guessedAgain(draft.pace, draft.passed, now)
    }
    return draft
  }
  draft.refusal = undefined
  if (draft.pace !== undefined) draft.pace = Pace.proven(draft.pace, cost(draft))
  if (headers?.remaining !== undefined && ticket.sequence <= draft.granted && draft.rule !== undefined) {
    if (refusal !== undefined && contradicts(headers, headers.remaining, refusal, now))
      slowDown(draft, now, refusal.reason === "Unavailable" ? "Unavailable" : "Refused")
    measure(draft, now, ticket, headers, headers.remaining)
  }
  return draft
}

/**
 * Whether the bucket that an answer describes cannot have been full when the request before it was refused: then
 * another limit refused that one.
 */
const contradicts = (headers: RateLimitHeaders, remaining: number, refusal: Refusal, now: number): boolean => {
  const unit = headers.windowMillis / headers.limit
  const told = headers.windowMillis - (remaining - 0.5) * unit
  return told + CLOCK_GRAIN < headers.windowMillis - costMillis(headers) - (now - refusal.grantedAt)
}

/**
 * A 503 arrived: the request may have been charged. `retryAfterMillis` is obeyed if the server sent it; several in a
 * row are a refusal by a hidden limit.
 *
 * @since 0.1.0
 * @category transitions
 */
export const unavailable = (
  state: LeakyBucket,
  now: number,
  ticket: Ticket,
  headers: RateLimitHeaders | undefined,
  retryAfterMillis?: number | undefined
): LeakyBucket => {
  const draft = draftAt(state, now)
  arrived(draft, now, ticket, headers)
  draft.unavailable = UNAVAILABLE_KEPT * draft.unavailable + 1
  const many = draft.pace !== undefined || draft.unavailable >= MANY_UNAVAILABLE
  if (many && draft.refusal === undefined && !isLate(draft, ticket)) slowDown(draft, now, "Unavailable")
  if (many || retryAfterMillis !== undefined) holdOn(draft, now, ticket, "Unavailable", retryAfterMillis)
  return draft
}

/**
 * A 429 arrived. It cost nothing, and its `remaining` is computed from an empty bucket, so it is not believed.
 *
 * As a rule it proves that the bucket was full to within one request: so the whole bucket holds until one fits for
 * certain, then one request goes alone. Each refusal of such a request doubles the hold, up to a window or 5 s; it
 * grows fourfold while strangers are about.
 * `retryAfterMillis`, which some proxy may send, is obeyed.
 *
 * If the known rule does not explain it (a 429 without the headers that other answers have, or from a bucket with
 * room), there is another limit: the bucket keeps its level, and from then on a pace of its own.
 *
 * @since 0.1.0
 * @category transitions
 */
export const refused = (
  state: LeakyBucket,
  now: number,
  ticket: Ticket,
  headers: RateLimitHeaders | undefined,
  retryAfterMillis?: number | undefined
): LeakyBucket => {
  const draft = draftAt(state, now)
  if (headers !== undefined) learn(draft, now, ticket, headers)
  end(draft, ticket.sequence, 1)
  const full = draft.rule?.windowMillis ?? 0
  if (unexplained(draft, headers)) {
    draft.seen = Math.max(0, draft.seen - cost(draft))
    if (draft.refusal === undefined && !isLate(draft, ticket) && Pace.passedLately(draft.passed, now) > 0)
      slowDown(draft, now, "Refused")
  } else {
    draft.level = Math.max(draft.level, full)
    draft.seen = Math.max(draft.seen, full)
    draft.strangerAt = now
  }
  holdOn(draft, now, ticket, "Refused", retryAfterMillis)
  return draft
}

/** Whether the known rule did not cause a refusal. */
const unexplained = (draft: Draft, headers: RateLimitHeaders | undefined): boolean => {
  const { pace, rule } = draft
  if (rule === undefined) return true
  if (headers === undefined && draft.measured > 0) return true
  return pace !== undefined && used(draft) + 2 * costMillis(rule) <= rule.windowMillis
}

/** Nothing goes for a while, then one request alone. */
const holdOn = (
  draft: Draft,
  now: number,
  ticket: Ticket,
  reason: "Refused" | "Unavailable",
  retryAfterMillis: number | undefined
): void => {
  const { refusal } = draft
  // A request that went before the last refusal was seen tells nothing new.
  const alone = refusal === undefined ? 0 : isLate(draft, ticket) ? refusal.alone : refusal.alone + 1
  if (refusal?.alone === 0 && alone === 1 && draft.pace !== undefined)
    draft.pace = Pace.halved(draft.pace, longestOf(reason))
  const asked = now + (retryAfterMillis ?? 0)
  const until = Math.max(now + holdMillis(draft, alone, reason), asked)
  draft.refusal =
    refusal !== undefined && refusal.until >= until
      ? { ...refusal, alone, grantedAt: ticket.grantedAt }
      : { until, alone, reason: asked === until && asked > now ? "RetryAfter" : reason, grantedAt: ticket.grantedAt }
  draft.refusedThrough = draft.granted
  draft.waitingSince = undefined
}

/** With the rule known, a first refusal needs no hold of its own: the bucket counts as full, and leaks. */
const holdMillis = ({ pace, rule, strangerShare }: Draft, alone: number, reason: "Refused" | "Unavailable"): number => {
  if (rule === undefined || pace !== undefined) {
    const first = pace === undefined || pace.guessed ? BLIND_HOLD : Math.min(BLIND_HOLD, 2 * pace.costMillis)
    return Math.min(longestOf(reason), first * 2 ** alone)
  }
  if (alone === 0) return 0
  // A stranger that headers have shown takes each slot as it becomes free, so trying for the next one is refused like
  // the last.
  const growth = strangerShare > 0 ? 4 : 2
  return Math.min(Math.max(rule.windowMillis, LONGEST_HOLD), Math.max(1, costMillis(rule)) * growth ** alone)
}

/**
 * A request was interrupted, timed out or lost its answer: it may have been charged, or may still be. It keeps its
 * cost until `lingerMillis` after now, then leaks like any other.
 *
 * @since 0.1.0
 * @category transitions
 */
export const abandoned = (state: LeakyBucket, now: number, lingerMillis: number): LeakyBucket => {
  const draft = draftAt(state, now)
  linger(draft, now + Math.max(0, lingerMillis))
  settle(draft, now)
  return draft
}

/**
 * The request never reached the server (its connection was refused), so it costs nothing.
 *
 * @since 0.1.0
 * @category transitions
 */
export const released = (state: LeakyBucket, now: number, ticket: Ticket): LeakyBucket => {
  const draft = draftAt(state, now)
  end(draft, ticket.sequence, 1)
  draft.seen = Math.max(0, draft.seen - cost(draft))
  return draft
}
