/**
 * What a client knows of one of Frame.io's rate-limit buckets, and when the next request may go.
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
import type { RateLimitHeaders } from "./RateLimitHeaders.js"

/**
 * A bucket's rule, as its headers tell it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule {
  /** Requests per window, at least 1. */
  readonly limit: number
  /** The window in ms, at least 1. It is also the level at which the bucket is full. */
  readonly windowMillis: number
}

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
 * @since 0.1.0
 * @category models
 */
export interface LeakyBucket {
  /** Unknown until a first answer or a hint tells it. */
  readonly rule: Rule | undefined
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
  /** When the last 429 arrived. What was granted before says nothing about the level after. */
  readonly refusedAt: number | undefined
  /** How far above the calm level we may go, because we got less than our share for too long. */
  readonly patience: number
  /** Since when the request at the head waits for calm only. */
  readonly waitingSince: number | undefined
}

/**
 * Why a bucket holds: a 429, or the server named the time itself (`Retry-After`).
 *
 * @since 0.1.0
 * @category models
 */
export type HoldReason = "Refused" | "RetryAfter"

/**
 * What a 429 leaves behind until a request passes again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  /** Nothing is granted before. */
  readonly until: number
  /** How many requests in a row were refused while they went alone. */
  readonly alone: number
  /** What set `until`. */
  readonly reason: HoldReason
}

/**
 * The answer of {@link grant}: a ticket, or the time at which asking again makes sense.
 *
 * `retryAt` is `Infinity` where only the end of a request in flight can free a slot.
 *
 * @since 0.1.0
 * @category models
 */
export type Grant =
  | { readonly bucket: LeakyBucket; readonly ticket: Ticket }
  | {
      readonly bucket: LeakyBucket
      readonly ticket: undefined
      readonly retryAt: number
    }

/**
 * The server reads its clock in whole ms, so of a leak one ms may not have been counted yet.
 *
 * @since 0.1.0
 * @category constants
 */
export const CLOCK_GRAIN = 1

/**
 * A long queue keeps the bucket at this part of the window: what is free above it is for a person and for urgent
 * calls. It costs no time, because the free part is spent when the rest of the queue fits into it.
 *
 * @since 0.1.0
 * @category constants
 */
export const CALM = 0.4

/** Whoever else uses the bucket, we insist on this part of it in the long run, or a greedy stranger could starve us. */
const LEAST_SHARE = 0.25

/** A stranger is forgotten when so many windows pass without a proof. */
const FORGET_WINDOWS = 3

/** The last requests of a long queue go over so many round trips. */
const RAMP_ROUND_TRIPS = 3

/** Without a known window a refusal holds for a second, then doubles: Frame.io's documented advice. */
const BLIND_HOLD = 1000
const LONGEST_BLIND_HOLD = 60_000

/** The hold of a known window grows to that window, or to this where the window is shorter. */
const LONGEST_HOLD = 5000

/** More entries than this are merged, each into the one that lingers longer. */
const MOST_LINGERING = 16

/**
 * A bucket of which nothing is known, or only its rule: `hint` spares the first request its lonely round trip.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (hint?: Rule): LeakyBucket => ({
  rule: hint,
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
  refusedAt: undefined,
  patience: 0,
  waitingSince: undefined
})

/**
 * What one request costs under a rule, in ms of level. Frame.io rounds it, half away from zero.
 *
 * @since 0.1.0
 * @category getters
 */
export const costMillis = (rule: Rule): number => Math.round(rule.windowMillis / rule.limit)

/**
 * How many requests pass at once from an empty bucket: with 7 per 1000 ms not 7 but 6, for the cost is rounded up.
 *
 * @since 0.1.0
 * @category getters
 */
export const burst = (rule: Rule): number => {
  const cost = costMillis(rule)
  return cost === 0 ? Number.POSITIVE_INFINITY : Math.floor(rule.windowMillis / cost)
}

/**
 * The shortest time in ms in which `requests` can succeed from an empty bucket, without the last round trip.
 *
 * @since 0.1.0
 * @category getters
 */
export const shortestMillis = (rule: Rule, requests: number): number => {
  const cost = costMillis(rule)
  return cost === 0 ? 0 : Math.max(0, requests - burst(rule)) * cost
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
 * @since 0.1.0
 * @category getters
 */
export const free = (bucket: LeakyBucket): number => {
  const alone = bucket.inFlight - lingeringCount(bucket) === 0
  const { refusal } = bucket
  if (refusal !== undefined) return alone && bucket.at >= refusal.until ? 1 : 0
  if (bucket.rule === undefined) return alone ? 1 : 0
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

/** A copy that one transition works on; what comes in and goes out is never changed. */
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

/** `millis` more in the bucket. From empty the leak starts a grain late: the server's ms may only just have begun. */
const charge = (draft: Draft, millis: number): void => {
  draft.at += Math.max(0, CLOCK_GRAIN - draft.level)
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

const settle = (draft: Draft, now: number): void => {
  // What requests cost is not known before the rule is; then they are charged for the time at which they ended.
  if (draft.rule === undefined) return
  for (let first = draft.lingering[0]; first !== undefined && first.until <= now; first = draft.lingering[0]) {
    leak(draft, first.until)
    draft.lingering = draft.lingering.slice(1)
    // Which of those in flight they were is not kept, so they count as old ones: the dearer cost, if there is one.
    charge(draft, end(draft, 0, first.count))
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
  refusedAt: bucket.refusedAt,
  patience: bucket.patience,
  waitingSince: bucket.waitingSince
})

const draftAt = (bucket: LeakyBucket, now: number): Draft => {
  const draft = copy(bucket)
  settle(draft, now)
  return draft
}

/**
 * The state at `now`: leaked, and with those requests charged that lingered until then. Never goes back in time.
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
  return { sequence: draft.granted, grantedAt: now, endedBefore: draft.ended }
}

/** Only the end of a request in flight can free a slot; of one that was given up, the end is known. */
const atEnd = (bucket: LeakyBucket): number =>
  (bucket.rule === undefined ? undefined : bucket.lingering[0]?.until) ?? Number.POSITIVE_INFINITY

/** The level that an endless queue keeps to: the server's must never touch 0, so it covers what latency hides. */
const calmLevel = (bucket: LeakyBucket, rule: Rule): number =>
  Math.min(rule.windowMillis, Math.max(CALM * rule.windowMillis, 1.5 * bucket.roundTripMillis + 2 * costMillis(rule)))

/** The level that a queue of `backlog` may go up to, so that those behind the first fit as well. */
const topLevel = (bucket: LeakyBucket, rule: Rule, backlog: number, calm: number): number => {
  const full = rule.windowMillis
  const each = costMillis(rule)
  const behind = backlog <= 1 || each === 0 ? 0 : (backlog - 1) * each
  // The last ones go over some round trips: answers can still slow them down, and they need fewer connections.
  const room = full - calm
  const ramp = RAMP_ROUND_TRIPS * bucket.roundTripMillis
  const brim = full - behind * Math.max(0.5, room <= 0 ? 0.5 : room / (room + ramp))
  // Between two answers a stranger can take its share, and a level is told only to the nearest request.
  return shared(bucket) ? brim - 0.5 * (full / rule.limit) - bucket.strangerShare * bucket.roundTripMillis : brim
}

/** Takes a ticket out of a draft that stands at `now`, or says when asking again makes sense. */
const decide = (draft: Draft, now: number, backlog: number): Ticket | number => {
  const { refusal, rule } = draft
  const alone = draft.inFlight - lingeringCount(draft) === 0
  if (refusal !== undefined) {
    if (now < refusal.until) return refusal.until
    if (!alone) return atEnd(draft)
  }
  if (rule === undefined) return alone ? take(draft, now) : Number.POSITIVE_INFINITY

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
 * May the next request go at `now`? `backlog` is how many requests there are to come, this one included, as far as
 * the caller knows; `Infinity` where it does not know.
 *
 * - While the rule is unknown, one at a time.
 * - When the backlog fits into what is free, at once.
 * - Else calmly, as fast as the bucket leaks, and the free part is kept until the rest fits.
 * - After a 429, when the hold is over, one alone first.
 *
 * @since 0.1.0
 * @category transitions
 */
export const grant = (state: LeakyBucket, now: number, backlog: number): Grant => {
  const bucket = draftAt(state, now)
  const decision = decide(bucket, now, backlog)
  return typeof decision === "number" ? { bucket, ticket: undefined, retryAt: decision } : { bucket, ticket: decision }
}

/**
 * The answer of {@link grantAll}: the tickets, and when asking for the rest makes sense; `Infinity` where there is no
 * rest, or where only the end of a request in flight can free a slot.
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
 * {@link grant} as often as it gives a ticket, `wanted` times at most, with one copy of the state for all of them.
 * `behind` is how many requests are to come after those that are wanted.
 *
 * @since 0.1.0
 * @category transitions
 */
export const grantAll = (state: LeakyBucket, now: number, wanted: number, behind: number): Grants => {
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

/** Takes the rule from an answer, unless the answer may be older than the rule we have and is not stricter. */
const learn = (draft: Draft, now: number, ticket: Ticket, headers: RateLimitHeaders): void => {
  const { rule } = draft
  if (rule !== undefined && rule.limit === headers.limit && rule.windowMillis === headers.windowMillis) return
  const next: Rule = { limit: headers.limit, windowMillis: headers.windowMillis }
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
  draft.rule = next
  draft.ruleAt = now
  settle(draft, now)
}

/** One request in flight is charged at `until`, whatever becomes of it. */
const linger = (draft: Draft, until: number): void => {
  const entries = [...draft.lingering, { until, count: 1 }].sort((a, b) => a.until - b.until)
  const [first, second, ...rest] = entries
  draft.lingering =
    entries.length > MOST_LINGERING && first !== undefined && second !== undefined
      ? [{ until: second.until, count: first.count + second.count }, ...rest]
      : entries
}

/** What the answer of `ticket` proves of the level; the request itself is charged already. */
const measure = (draft: Draft, now: number, ticket: Ticket, headers: RateLimitHeaders, remaining: number): void => {
  const full = headers.windowMillis
  const unit = full / headers.limit
  const each = cost(draft)
  // `remaining` is rounded to the nearest, so the level just after the charge was between these two.
  const highest = Math.min(full, full - (remaining - 0.5) * unit)
  const lowest = full - (remaining + 0.5) * unit
  const roundTrip = now - ticket.grantedAt
  if (ticket.sequence > draft.measured) {
    draft.measured = ticket.sequence
    draft.seen = highest + (draft.granted - ticket.sequence) * each + CLOCK_GRAIN
  }
  const before = draft.level
  if (lowest - roundTrip > bound(draft) + 2 * CLOCK_GRAIN) {
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

/**
 * An answer other than 429 arrived: the request was charged at the latest now, and the headers, where there are any,
 * tell the rule and how much was left. Headers are only believed as far as they prove something.
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
  if (headers !== undefined) learn(draft, now, ticket, headers)
  if (draft.rule === undefined) {
    linger(draft, now)
    return draft
  }
  charge(draft, Math.max(end(draft, ticket.sequence, 1), cost(draft)))
  const roundTrip = Math.max(0, now - ticket.grantedAt)
  draft.roundTripMillis = Math.max(roundTrip, 0.98 * draft.roundTripMillis + 0.02 * roundTrip)
  // What was granted before the last refusal says nothing of the level after it.
  if (draft.refusedAt !== undefined && ticket.grantedAt < draft.refusedAt) return draft
  draft.refusal = undefined
  if (headers?.remaining !== undefined && ticket.sequence <= draft.granted) {
    measure(draft, now, ticket, headers, headers.remaining)
  }
  return draft
}

/**
 * A 429 arrived. It cost nothing, and its `remaining` is computed from an empty bucket, so it is not believed. It does
 * prove that the bucket was full to within one request: so the whole bucket holds until one fits for certain, then one
 * request goes alone. Each refusal of such a request doubles the hold, up to a window or 5 s. `retryAfterMillis`,
 * which some proxy may send, is obeyed.
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
  const { refusal, rule } = draft
  // A request that went before the last refusal was seen tells nothing new.
  const late = draft.refusedAt !== undefined && ticket.grantedAt < draft.refusedAt
  const alone = refusal === undefined ? 0 : late ? refusal.alone : refusal.alone + 1
  const full = rule?.windowMillis ?? 0
  draft.level = Math.max(draft.level, full)
  draft.seen = Math.max(draft.seen, full)
  draft.strangerAt = now
  const asked = now + (retryAfterMillis ?? 0)
  const until = Math.max(now + holdMillis(rule, alone), asked)
  draft.refusal =
    refusal !== undefined && refusal.until >= until
      ? { ...refusal, alone }
      : { until, alone, reason: asked === until && asked > now ? "RetryAfter" : "Refused" }
  draft.refusedAt = now
  draft.waitingSince = undefined
  return draft
}

/** With the rule known, a first refusal needs no hold of its own: the bucket counts as full, and leaks. */
const holdMillis = (rule: Rule | undefined, alone: number): number => {
  if (rule === undefined) return Math.min(LONGEST_BLIND_HOLD, BLIND_HOLD * 2 ** alone)
  if (alone === 0) return 0
  return Math.min(Math.max(rule.windowMillis, LONGEST_HOLD), Math.max(1, costMillis(rule)) * 2 ** alone)
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
