/**
 * The shared value, and one process's view of it; pure, so that it can be tested without a server.
 *
 * @internal
 */
import * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
import type * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
import type * as RateLimitStore from "@effect-frameio/ratelimit/RateLimitStore"
import * as Schema from "effect/Schema"

/** JSON knows no `undefined`. */
const OrNull = <A, I>(self: Schema.Schema<A, I>): Schema.Schema<A | undefined, I | null> =>
  Schema.transform(Schema.NullOr(self), Schema.UndefinedOr(Schema.typeSchema(self)), {
    strict: true,
    decode: (value) => value ?? undefined,
    encode: (value) => value ?? null
  })

/** JSON knows no `Infinity`. */
const Unbounded: Schema.Schema<number, number | null> = Schema.transform(
  Schema.NullOr(Schema.NonNegative),
  Schema.NonNegative,
  {
    strict: true,
    decode: (value) => value ?? Number.POSITIVE_INFINITY,
    encode: (value) => (value === Number.POSITIVE_INFINITY ? null : value)
  }
)

const Count = Schema.NonNegativeInt
const Amount = Schema.Finite.pipe(Schema.nonNegative())

const Bucket = Schema.Struct({
  rule: OrNull(Schema.Struct({ limit: Schema.Positive, windowMillis: Schema.Positive })),
  at: Amount,
  level: Amount,
  seen: Amount,
  granted: Count,
  inFlight: Count,
  ended: Count,
  lingering: Schema.Array(Schema.Struct({ until: Unbounded, count: Count })),
  dearer: OrNull(Schema.Struct({ upTo: Count, inFlight: Count, costMillis: Amount })),
  ruleAt: Amount,
  measured: Count,
  roundTripMillis: Amount,
  strangerAt: OrNull(Amount),
  strangerShare: Amount,
  refusal: OrNull(
    Schema.Struct({
      until: Amount,
      alone: Count,
      reason: Schema.Literal("Refused", "Unavailable", "RetryAfter"),
      grantedAt: Schema.Finite
    })
  ),
  refusedThrough: Count,
  patience: Amount,
  waitingSince: OrNull(Amount),
  pace: OrNull(
    Schema.Struct({
      costMillis: Amount,
      nextAt: Schema.Finite,
      untilFaster: Count,
      provenMillis: OrNull(Amount),
      refusedMillis: Amount,
      beyond: Count,
      guessed: Schema.Boolean
    })
  ),
  passed: Schema.Struct({ since: Schema.Finite, count: Count, before: Amount }),
  unavailable: Amount
})

const MemberSchema = Schema.Struct({
  /** Requests it still wants to send. */
  backlog: Unbounded,
  /** Requests granted to it, without a known outcome. */
  inFlight: Count,
  /** When it last wrote, in the state's own time. */
  seenAt: Amount
})

/** One process that uses the bucket. */
export type Member = typeof MemberSchema.Type

const StateSchema = Schema.Struct({
  /** Changes when memory restores a lost state; revisions compare only within one lineage. */
  lineage: Schema.String,
  revision: Count,
  /** The last `now` of any transaction. */
  time: Amount,
  /** How far the state's time is ahead of the server's clock: not 0 after that clock was set. */
  ahead: Schema.Finite,
  bucket: Bucket,
  members: Schema.Record({ key: Schema.String, value: MemberSchema })
})

/** The whole value. */
export type State = typeof StateSchema.Type

/** Changes with {@link StateSchema}: it is part of the key, so different versions do not read each other's values. */
export const FORMAT = 3

const Json = Schema.parseJson(StateSchema)

/** Fails if the value is not one of ours. */
export const decode = Schema.decode(Json)

/** The value to write. */
export const encode = Schema.encode(Json)

/** A value with every field set. */
export const sample: State = {
  lineage: "sample",
  revision: 1,
  time: 1,
  ahead: 0,
  bucket: {
    ...LeakyBucket.make({ limit: 1, windowMillis: 1 }),
    lingering: [{ until: Number.POSITIVE_INFINITY, count: 1 }],
    dearer: { upTo: 1, inFlight: 1, costMillis: 1 },
    refusal: { until: 1, alone: 0, reason: "Refused", grantedAt: 1 },
    strangerAt: 1,
    refusedThrough: 1,
    waitingSince: 1,
    pace: {
      costMillis: 1,
      nextAt: 1,
      untilFaster: 1,
      provenMillis: 1,
      refusedMillis: 1,
      beyond: 1,
      guessed: false
    }
  },
  members: { sample: { backlog: Number.POSITIVE_INFINITY, inFlight: 1, seenAt: 1 } }
}

/** Requests in flight whose outcome will still be reported. */
const open = (bucket: LeakyBucket.LeakyBucket): number =>
  bucket.lingering.reduce((count, entry) => count - entry.count, bucket.inFlight)

/**
 * Gives up requests whose outcome nobody will report: charged now, the latest time at which the server can have charged
 * them.
 */
export const abandon = (bucket: LeakyBucket.LeakyBucket, now: number, count: number): LeakyBucket.LeakyBucket => {
  let next = bucket
  for (let i = 0; i < count; i++) next = LeakyBucket.abandoned(next, now, 0)
  return next
}

/** One process's memory of a bucket. */
export interface Memory {
  /** Its own requests in flight: authoritative, whatever the value says. */
  readonly open: number
  /** How many requests it last said it still wants to send. */
  readonly backlog: number
  /** The newest state it saw, its `now`, and this process's time before it asked for that. */
  readonly last: { readonly state: State; readonly now: number; readonly local: number } | undefined
}

/** A bucket never seen. */
export const nothing: Memory = { open: 0, backlog: 0, last: undefined }

/** How much faster than ours the server's clock may run, with rounding, before it counts as set. */
const DRIFT = 0.001
const GRAIN_MILLIS = 2

/** Applies a transaction to the loaded value. */
export interface Step<A> {
  readonly value: A
  readonly memory: Memory
  /** The new state; absent if only time has passed. */
  readonly write: State | undefined
}

/**
 * What is left by now of the level that a process last saw, with what the others had in flight. Its own clock bounds how much
 * time has passed.
 */
const levelBy = (
  { last, open: mine }: Memory,
  { got, server }: { readonly got: number; readonly server: number }
): number => {
  if (last === undefined) return 0
  const { local, now, state } = last
  const passed = Math.max(0, Math.min(server - (now - state.ahead), got - local))
  const bucket = LeakyBucket.advance(state.bucket, now + passed)
  return abandon({ ...bucket, lingering: [] }, bucket.at, Math.max(0, bucket.inFlight - mine)).level
}

const ignoringTime = Schema.equivalence(Bucket)

/** Whether a transaction did more than let time pass, which can be computed again later. */
const changed = (before: LeakyBucket.LeakyBucket, after: LeakyBucket.LeakyBucket, now: number): boolean => {
  if (before === after) return false
  const passed = LeakyBucket.advance(before, now)
  const waits = (before.waitingSince === undefined) !== (after.waitingSince === undefined)
  return waits || !ignoringTime(passed, { ...after, patience: passed.patience, waitingSince: passed.waitingSince })
}

/**
 * Runs a transaction on the loaded value (`undefined`: nothing, or nothing usable).
 *
 * - If the value is gone, or older than what this process saw (the server was restarted, or a replica took over), it
 *   is restored from memory; if another process was first, the level that this one remembers is completed.
 * - Time is the server's, but goes neither back nor ahead of this process's own, however that clock is set. If it was set
 *   back, time goes on from where it was.
 * - This process's requests in flight are corrected if the value differs: a write may have been lost, or have arrived
 *   although its answer did not.
 * - A process not seen for `leaseMillis` counts as dead.
 */
export const step = <A>(options: {
  readonly memory: Memory
  readonly loaded: State | undefined
  readonly id: string
  readonly newLineage: () => string
  /** The server's clock, in ms. */
  readonly server: number
  /** This process's clock, in ms: before it asked for the value, and when the value arrived. */
  readonly asked: number
  readonly got: number
  readonly leaseMillis: number
  readonly hint: RateLimitRule.RateLimitRule | undefined
  readonly transaction: (view: RateLimitStore.View) => RateLimitStore.Update<A>
}): Step<A> => {
  const { id, leaseMillis, loaded, memory, server } = options
  const { last } = memory
  const older =
    loaded !== undefined &&
    last !== undefined &&
    loaded.lineage === last.state.lineage &&
    loaded.revision < last.state.revision
  const kept = loaded !== undefined && !older ? loaded : undefined
  const base = kept ?? {
    ...(last?.state ?? { revision: 0, time: 0, ahead: 0, bucket: LeakyBucket.make(), members: {} }),
    lineage: options.newLineage()
  }

  const latest =
    last === undefined ? Number.POSITIVE_INFINITY : last.now + (options.got - last.local) * (1 + DRIFT) + GRAIN_MILLIS
  const now = Math.max(0, base.time, Math.min(server + base.ahead, latest))
  // Written even if nothing else changes; else no time would pass until that clock is where it was.
  const setBack = server + base.ahead < base.time - GRAIN_MILLIS

  let bucket = LeakyBucket.hinted(base.bucket, options.hint)
  const remembered = kept === undefined || kept.lineage === last?.state.lineage ? 0 : levelBy(memory, options)
  const isCompleted = remembered > LeakyBucket.advance(bucket, now).level
  if (isCompleted) bucket = { ...LeakyBucket.advance(bucket, now), level: remembered }
  let elsewhere = 0
  const members: Record<string, Member> = {}
  let dropped = false
  for (const [name, member] of Object.entries(base.members)) {
    if (name === id) continue
    if (now - member.seenAt > leaseMillis) {
      bucket = abandon(bucket, now, member.inFlight)
      dropped = true
      continue
    }
    members[name] = member
    elsewhere += member.backlog
  }

  const before = base.members[id]
  const missing = memory.open - (before?.inFlight ?? 0)
  if (missing > 0) bucket = { ...bucket, granted: bucket.granted + missing, inFlight: bucket.inFlight + missing }
  if (missing < 0) bucket = abandon(bucket, now, -missing)

  const update = options.transaction({ bucket, now, elsewhere })
  const inFlight = Math.max(0, memory.open + open(update.bucket) - open(bucket))
  const me = inFlight > 0 || update.backlog > 0 ? { backlog: update.backlog, inFlight, seenAt: now } : undefined
  if (me !== undefined) members[id] = me

  const write =
    kept === undefined ||
    dropped ||
    setBack ||
    isCompleted ||
    missing !== 0 ||
    me?.backlog !== before?.backlog ||
    me?.inFlight !== before?.inFlight ||
    (before !== undefined && now - before.seenAt > leaseMillis / 3) ||
    changed(bucket, update.bucket, now)
  const state: State = write
    ? {
        lineage: base.lineage,
        revision: base.revision + 1,
        time: now,
        ahead: now - server,
        bucket: update.bucket,
        members
      }
    : kept
  return {
    value: update.value,
    memory: { open: inFlight, backlog: update.backlog, last: { state, now, local: options.asked } },
    write: write ? state : undefined
  }
}
