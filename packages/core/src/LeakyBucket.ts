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

/** With a stranger about, the last requests go over so many round trips, so that the answers can still slow us down. */
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
  if (bucket.rule === undefined) return bucket.inFlight - lingeringCount(bucket) === 0 ? 1 : 0
  const each = cost(bucket)
  if (each === 0) return Number.POSITIVE_INFINITY
  return Math.max(0, Math.floor((bucket.rule.windowMillis - used(bucket)) / each))
}

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

const leak = (bucket: LeakyBucket, now: number): LeakyBucket => {
  const passed = now - bucket.at
  if (passed <= 0) return bucket
  return {
    ...bucket,
    at: now,
    level: Math.max(0, bucket.level - passed),
    seen: Math.max(0, bucket.seen - passed),
    strangerShare:
      bucket.strangerShare === 0 || bucket.rule === undefined
        ? 0
        : bucket.strangerShare * Math.exp(-passed / (2 * bucket.rule.windowMillis))
  }
}

/** `millis` more in the bucket. From empty the leak starts a grain late: the server's ms may only just have begun. */
const charge = (bucket: LeakyBucket, millis: number): LeakyBucket => ({
  ...bucket,
  level: bucket.level + millis,
  at: bucket.at + Math.max(0, CLOCK_GRAIN - bucket.level)
})

/** `count` requests in flight end, the newest of them granted as `sequence`. Answers what they may have been charged. */
const end = (bucket: LeakyBucket, sequence: number, count: number): readonly [LeakyBucket, number] => {
  const each = cost(bucket)
  const { dearer } = bucket
  const ofDearer = dearer !== undefined && sequence <= dearer.upTo ? Math.min(count, dearer.inFlight) : 0
  const charged = each * count + (dearer === undefined ? 0 : ofDearer * (dearer.costMillis - each))
  return [
    {
      ...bucket,
      inFlight: Math.max(0, bucket.inFlight - count),
      ended: bucket.ended + count,
      dearer:
        dearer === undefined || dearer.inFlight <= ofDearer
          ? undefined
          : { ...dearer, inFlight: dearer.inFlight - ofDearer }
    },
    charged
  ]
}

/**
 * The state at `now`: leaked, and with those requests charged that lingered until then. Never goes back in time.
 *
 * @since 0.1.0
 * @category transitions
 */
export const advance = (bucket: LeakyBucket, now: number): LeakyBucket => {
  // What requests cost is not known before the rule is; then they are charged for the time at which they ended.
  if (bucket.rule === undefined) return bucket
  let next = bucket
  while (next.lingering.length > 0) {
    const [first, ...rest] = next.lingering
    if (first === undefined || first.until > now) break
    // Which of those in flight they were is not kept, so they count as old ones: the dearer cost, if there is one.
    const [ended, charged] = end(leak(next, first.until), 0, first.count)
    next = charge({ ...ended, lingering: rest }, charged)
  }
  return leak(next, now)
}

const take = (bucket: LeakyBucket, now: number): Grant => {
  const each = cost(bucket)
  const ticket: Ticket = {
    sequence: bucket.granted + 1,
    grantedAt: now,
    endedBefore: bucket.ended
  }
  return {
    bucket: {
      ...bucket,
      granted: ticket.sequence,
      inFlight: bucket.inFlight + 1,
      seen: bucket.seen + each,
      patience: Math.max(0, bucket.patience - each),
      waitingSince: undefined
    },
    ticket
  }
}

const wait = (bucket: LeakyBucket, retryAt: number): Grant => ({
  bucket,
  ticket: undefined,
  retryAt
})

/** Only the end of a request in flight can free a slot; of one that was given up, the end is known. */
const waitForEnd = (bucket: LeakyBucket): Grant =>
  wait(bucket, (bucket.rule === undefined ? undefined : bucket.lingering[0]?.until) ?? Number.POSITIVE_INFINITY)

/** The level above which a queue of `backlog` does not go, and the one it would keep to if it were endless. */
const ceilings = (
  bucket: LeakyBucket,
  rule: Rule,
  backlog: number
): { readonly calm: number; readonly top: number } => {
  const each = costMillis(rule)
  const full = rule.windowMillis
  // The server's level must never touch 0 while work waits, so the calm level covers what latency hides.
  const calm = Math.min(full, Math.max(CALM * full, 1.5 * bucket.roundTripMillis + 2 * each))
  const behind = backlog <= 1 || each === 0 ? 0 : (backlog - 1) * each
  if (!shared(bucket)) return { calm, top: full - behind }
  // Between two answers a stranger can take its share, and a level is told only to the nearest request.
  const margin = 0.5 * (full / rule.limit) + bucket.strangerShare * bucket.roundTripMillis
  const room = full - calm
  const ramp = RAMP_ROUND_TRIPS * bucket.roundTripMillis
  return {
    calm,
    top: full - margin - behind * Math.max(0.5, room <= 0 ? 0.5 : room / (room + ramp))
  }
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
  const bucket = advance(state, now)
  const alone = bucket.inFlight - lingeringCount(bucket) === 0
  if (bucket.refusal !== undefined) {
    if (now < bucket.refusal.until) return wait(bucket, bucket.refusal.until)
    if (!alone) return waitForEnd(bucket)
  }
  const { rule } = bucket
  if (rule === undefined) return alone ? take(bucket, now) : wait(bucket, Number.POSITIVE_INFINITY)

  const each = costMillis(rule)
  const full = rule.windowMillis
  const { calm, top } = ceilings(bucket, rule, backlog)
  const waited = bucket.waitingSince === undefined ? 0 : now - bucket.waitingSince
  const patience = Math.min(full - calm, bucket.patience + LEAST_SHARE * waited)
  const ceiling = bucket.refusal !== undefined ? full : Math.min(full, Math.max(calm + patience, top))
  const level = used(bucket)
  // A cost above the window never fits; an empty bucket is the best there is, and the server has the last word.
  if (level + each <= ceiling || level <= 0) return take({ ...bucket, patience }, now)

  const held = { ...bucket, patience, waitingSince: now }
  const brim = Math.max(full, each)
  const fixed = inFlightMillis(bucket) + each
  if (fixed > brim) return waitForEnd(held)
  const leaking = Math.max(bucket.level + fixed, shared(bucket) ? bucket.seen + each : 0)
  const atBrim = leaking - brim
  if (bucket.refusal !== undefined) return wait(held, bucket.at + atBrim)
  const atTop = fixed > top ? Number.POSITIVE_INFINITY : leaking - top
  // Patience grows while the level sinks, so they meet earlier.
  const allowed = calm + patience
  const calmly = Math.max(atBrim, (leaking - allowed) / (1 + LEAST_SHARE), (fixed - allowed) / LEAST_SHARE)
  return wait(held, bucket.at + Math.min(atTop, calmly))
}

/** Takes the rule from an answer, unless the answer may be older than the rule we have and is not stricter. */
const learn = (bucket: LeakyBucket, now: number, ticket: Ticket, headers: RateLimitHeaders): LeakyBucket => {
  const { rule } = bucket
  if (rule !== undefined && rule.limit === headers.limit && rule.windowMillis === headers.windowMillis) return bucket
  const next: Rule = {
    limit: headers.limit,
    windowMillis: headers.windowMillis
  }
  if (rule === undefined) return { ...bucket, rule: next, ruleAt: now }
  const before = costMillis(rule)
  const after = costMillis(next)
  const stricter = after >= before && next.windowMillis <= rule.windowMillis
  if (ticket.grantedAt < bucket.ruleAt && !stricter) return bucket
  const highest = Math.max(before, bucket.dearer?.costMillis ?? 0)
  return {
    ...bucket,
    rule: next,
    ruleAt: now,
    dearer:
      bucket.inFlight > 0 && highest > after
        ? {
            upTo: bucket.granted,
            inFlight: bucket.inFlight,
            costMillis: highest
          }
        : undefined
  }
}

const informed = (
  state: LeakyBucket,
  now: number,
  ticket: Ticket,
  headers: RateLimitHeaders | undefined
): LeakyBucket => {
  const bucket = advance(state, now)
  return headers === undefined ? bucket : advance(learn(bucket, now, ticket, headers), now)
}

/** One request in flight is charged at `until`, whatever becomes of it. */
const linger = (bucket: LeakyBucket, until: number): LeakyBucket => {
  const entries = [...bucket.lingering, { until, count: 1 }].sort((a, b) => a.until - b.until)
  const [first, second, ...rest] = entries
  return {
    ...bucket,
    lingering:
      entries.length > MOST_LINGERING && first !== undefined && second !== undefined
        ? [{ until: second.until, count: first.count + second.count }, ...rest]
        : entries
  }
}

/** What the answer of `ticket` proves of the level; the request itself is charged already. */
const measure = (
  bucket: LeakyBucket,
  now: number,
  ticket: Ticket,
  headers: RateLimitHeaders,
  remaining: number
): LeakyBucket => {
  const full = headers.windowMillis
  const unit = full / headers.limit
  // `remaining` is rounded to the nearest, so the level just after the charge was between these two.
  const highest = Math.min(full, full - (remaining - 0.5) * unit)
  const lowest = full - (remaining + 0.5) * unit
  const roundTrip = now - ticket.grantedAt
  // Requests that ended since the grant may have been charged after this one.
  const endedSince = Math.max(0, bucket.ended - ticket.endedBefore - 1)
  const proven = highest + endedSince * cost(bucket) + CLOCK_GRAIN

  const newest = ticket.sequence > bucket.measured
  const grantedSince = (bucket.granted - ticket.sequence) * cost(bucket)
  const measured = newest
    ? {
        ...bucket,
        measured: ticket.sequence,
        seen: highest + grantedSince + CLOCK_GRAIN
      }
    : bucket

  // More was used than all of ours together can explain: somebody else is here.
  const stranger = lowest - roundTrip > bound(bucket) + 2 * CLOCK_GRAIN
  const level = stranger
    ? Math.max(bucket.level, measured.seen - inFlightMillis(bucket))
    : Math.min(bucket.level, proven)
  const told = stranger ? { ...measured, level, strangerAt: now } : { ...measured, level }
  return shared(told)
    ? {
        ...told,
        strangerShare: Math.min(1, Math.max(0, told.strangerShare + (level - bucket.level) / (2 * full)))
      }
    : told
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
  const known = informed(state, now, ticket, headers)
  if (known.rule === undefined) return linger(known, now)
  const [ended, charged] = end(known, ticket.sequence, 1)
  const full = charge(ended, Math.max(charged, cost(ended)))
  const roundTrip = Math.max(0, now - ticket.grantedAt)
  const slow = Math.max(roundTrip, 0.98 * full.roundTripMillis + 0.02 * roundTrip)
  const bucket: LeakyBucket = {
    ...full,
    roundTripMillis: slow,
    refusal:
      full.refusal !== undefined && full.refusedAt !== undefined && ticket.grantedAt < full.refusedAt
        ? full.refusal
        : undefined
  }
  const stale =
    (bucket.refusedAt !== undefined && ticket.grantedAt < bucket.refusedAt) || ticket.sequence > bucket.granted
  return headers?.remaining === undefined || stale ? bucket : measure(bucket, now, ticket, headers, headers.remaining)
}

/**
 * A 429 arrived. It cost nothing, and its `remaining` is computed from an empty bucket, so it is not believed. It does
 * prove that the bucket was full to within one request: so the whole bucket holds until one fits for certain, then one
 * request goes alone. Each refusal of such a request doubles the hold, up to a window or 5 s. `retryAfterMillis`, which some
 * proxy may send, is obeyed.
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
  const known = informed(state, now, ticket, headers)
  const [ended] = end(known, ticket.sequence, 1)
  // A request that went before the last refusal was seen tells nothing new.
  const late = ended.refusedAt !== undefined && ticket.grantedAt < ended.refusedAt
  const alone = ended.refusal === undefined ? 0 : late ? ended.refusal.alone : ended.refusal.alone + 1
  const hold =
    ended.rule === undefined
      ? Math.min(LONGEST_BLIND_HOLD, BLIND_HOLD * 2 ** alone)
      : alone === 0
        ? 0
        : Math.min(Math.max(ended.rule.windowMillis, LONGEST_HOLD), Math.max(1, costMillis(ended.rule)) * 2 ** alone)
  const until = Math.max(now + Math.max(hold, retryAfterMillis ?? 0), ended.refusal?.until ?? 0)
  const full = ended.rule?.windowMillis ?? 0
  return {
    ...ended,
    level: Math.max(ended.level, full),
    seen: Math.max(ended.seen, full),
    strangerAt: now,
    refusal: { until, alone },
    refusedAt: now,
    waitingSince: undefined
  }
}

/**
 * The request was interrupted, timed out or lost its answer: it may have been charged, or may still be. It keeps its
 * cost until `lingerMillis` after now, then leaks like any other.
 *
 * @since 0.1.0
 * @category transitions
 */
export const abandoned = (state: LeakyBucket, now: number, _ticket: Ticket, lingerMillis: number): LeakyBucket =>
  advance(linger(advance(state, now), now + Math.max(0, lingerMillis)), now)

/**
 * The request never reached the server (its connection was refused), so it costs nothing.
 *
 * @since 0.1.0
 * @category transitions
 */
export const released = (state: LeakyBucket, now: number, ticket: Ticket): LeakyBucket => {
  const [bucket] = end(advance(state, now), ticket.sequence, 1)
  return { ...bucket, seen: Math.max(0, bucket.seen - cost(bucket)) }
}
