import { assert, describe, it } from "@effect/vitest"
import { LeakyBucket, type RateLimitRule } from "@effect-frameio/ratelimit"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import { Effect, FastCheck } from "effect"
import * as SharedState from "../src/internal/sharedState.js"
import { grantOne } from "./support/grantOne.js"

const rule = { limit: 10, windowMillis: 1000 }

/** What becomes of a write: it arrives, or not, or arrives and its answer does not. */
type Fate = "lost" | "unheard" | undefined

/** The shared value, and processes that use it. Each has a clock of its own, in step with the true time. */
const world = (leaseMillis = 1000) => {
  let value: SharedState.State | undefined
  let lineages = 0
  const process = (id: string, skew = 0, hint: RateLimitRule.RateLimitRule | undefined = rule) => {
    let memory = SharedState.nothing
    const prepare = <A>(at: number, server: number, transaction: (view: View) => Update<A>) =>
      SharedState.step({
        memory,
        loaded: value,
        id,
        newLineage: () => `lineage ${lineages++}`,
        server,
        asked: at + skew,
        got: at + skew,
        leaseMillis,
        hint,
        transaction
      })
    return {
      /** A transaction that is written, or not (`lost`), and whose answer arrives, or not (`unheard`). */
      run: <A>(
        at: number,
        transaction: (view: View) => Update<A>,
        options: { readonly server?: number; readonly fate?: Fate } = {}
      ): A => {
        const step = prepare(at, options.server ?? at, transaction)
        if (step.write !== undefined && options.fate !== "lost") value = step.write
        if (options.fate === undefined) memory = step.memory
        return step.value
      }
    }
  }
  return {
    process,
    get value() {
      return value
    },
    set value(next) {
      value = next
    }
  }
}

type View = Parameters<Parameters<typeof SharedState.step>[0]["transaction"]>[0]
interface Update<A> {
  readonly value: A
  readonly bucket: LeakyBucket.LeakyBucket
  readonly backlog: number
}

const grant =
  (count = 1) =>
  ({ bucket, now }: View): Update<ReadonlyArray<LeakyBucket.Ticket>> => {
    const tickets: Array<LeakyBucket.Ticket> = []
    let next = bucket
    for (let i = 0; i < count; i++) {
      const grant = grantOne(next, now, 1)
      next = grant.bucket
      if (grant.ticket !== undefined) tickets.push(grant.ticket)
    }
    return { value: tickets, bucket: next, backlog: 0 }
  }

const answer =
  (tickets: ReadonlyArray<LeakyBucket.Ticket>) =>
  ({ bucket, now }: View): Update<void> => ({
    value: undefined,
    bucket: tickets.reduce((next, ticket) => LeakyBucket.answered(next, now, ticket, undefined), bucket),
    backlog: 0
  })

const look = (view: View): Update<View> => ({ value: view, bucket: view.bucket, backlog: 0 })

describe("the shared state", () => {
  it.effect("is the same after a journey as JSON", () =>
    Effect.gen(function* () {
      const text = yield* SharedState.encode(SharedState.sample)
      assert.notInclude(text, "undefined")
      assert.deepStrictEqual(yield* SharedState.decode(text), SharedState.sample)
      const fresh = { ...SharedState.sample, bucket: LeakyBucket.make() }
      assert.deepStrictEqual(yield* SharedState.decode(yield* SharedState.encode(fresh)), fresh)
    })
  )

  it("takes the hint of whoever has one, when a process without made it", () => {
    const here = world()
    const none: RateLimitRule.RateLimitRule = { limit: 0, windowMillis: 0 }
    const a = here.process("a", 0, none)
    a.run(10, answer(a.run(0, grant())))
    assert.isUndefined(a.run(20, look).bucket.rule)
    const b = here.process("b")
    assert.strictEqual(b.run(30, grant(9)).length, 9)
    assert.deepStrictEqual(a.run(40, look).bucket.rule, rule)
  })

  it("goes on from where it was when the server's clock is set back, for all who share it", () => {
    const here = world()
    const a = here.process("a")
    const b = here.process("b")
    const server = 100_000
    const tickets = a.run(0, grant(10), { server })
    a.run(10, answer(tickets), { server: server + 10 })
    const full = LeakyBucket.level(b.run(10, look, { server: server + 10 }).bucket)
    // A minute back; nothing but the time changes in what follows.
    a.run(20, look, { server: server + 20 - 60_000 })
    b.run(30, look, { server: server + 30 - 60_000 })
    const { bucket, now } = a.run(320, look, { server: server + 320 - 60_000 })
    const later = LeakyBucket.level(LeakyBucket.advance(bucket, now))
    assert.isAtMost(later, full - 290)
    assert.isAtLeast(later, full - 320)
    // A process that never saw the clock before goes on from there, too.
    assert.closeTo(here.process("c").run(330, look, { server: server + 330 - 60_000 }).now, now + 10, 5)
  })

  it("counts a write whose answer was lost once, whether it arrived or not", () => {
    for (const fate of ["lost", "unheard"] as const) {
      const here = world()
      const a = here.process("a")
      const kept = a.run(0, grant(2))
      // These permits are never used.
      a.run(10, grant(3), { fate })
      assert.strictEqual(a.run(20, look).bucket.inFlight, 2)
      // This is told again.
      a.run(30, answer(kept), { fate })
      a.run(40, answer(kept))
      const { bucket } = a.run(50, look)
      assert.strictEqual(bucket.inFlight, 0)
      assert.isAtLeast(LeakyBucket.bound(bucket), 190)
    }
  })

  it("is put back by who remembers it, when it is gone or older", () => {
    for (const rollback of [false, true]) {
      const here = world()
      const a = here.process("a")
      const b = here.process("b")
      const early = a.run(0, grant(2))
      const old = here.value
      a.run(10, grant(4))
      here.value = rollback ? old : undefined
      const { bucket } = a.run(20, look)
      assert.strictEqual(bucket.inFlight, 6)
      // One that knows nothing takes what it finds.
      assert.strictEqual(b.run(30, grant(4)).length, 4)
      assert.isEmpty(b.run(30, grant(1)))
      a.run(40, answer(early))
      assert.strictEqual(b.run(50, look).bucket.inFlight, 8)
    }
  })

  it("that somebody else put back is completed with what is in flight here", () => {
    const here = world()
    const a = here.process("a")
    const b = here.process("b")
    a.run(0, grant(3))
    here.value = undefined
    b.run(10, grant(2))
    assert.strictEqual(a.run(20, look).bucket.inFlight, 5)
    assert.isEmpty(a.run(20, grant(6)).slice(5))
  })

  it("that somebody else put back is completed with the level that was here", () => {
    const here = world()
    const a = here.process("a")
    const b = here.process("b")
    a.run(10, answer(a.run(0, grant(8))))
    here.value = undefined
    assert.lengthOf(b.run(20, grant(1)), 1)
    const bound = ({ bucket, now }: View) => LeakyBucket.bound(LeakyBucket.advance(bucket, now))
    assert.closeTo(bound(a.run(30, look)), 880, 5)
    assert.closeTo(bound(b.run(40, look)), 870, 5)
    assert.closeTo(bound(a.run(340, look)), 570, 5)
  })

  it.prop(
    "has a time that no step of the server's clock can move",
    [
      FastCheck.array(
        FastCheck.record({
          passes: FastCheck.integer({ min: 0, max: 500 }),
          step: FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: -1e7, max: 1e7 })),
          process: FastCheck.nat(2)
        }),
        { minLength: 2, maxLength: 40 }
      )
    ],
    ([events]) => {
      const here = world(1e9)
      const processes = [here.process("a"), here.process("b", 12_345), here.process("c", -777)]
      const start = 1e8
      let truth = start
      let offset = 0
      let rounds = 1
      // Every process saw the time at the start, so none believes that more passed than did.
      for (const process of processes) process.run(truth, look)
      for (const event of events) {
        truth += event.passes
        offset += event.step
        rounds++
        const process = processes[event.process]
        if (process === undefined) throw new Error("no process")
        const written = here.value?.time ?? 0
        const { now } = process.run(truth, look, { server: Math.max(0, truth + offset) })
        assert.isAtLeast(now, written)
        assert.isAtMost(now, start + (truth - start) * 1.001 + 2 * rounds)
      }
    }
  )

  it("goes on at once after the server's clock was set back", () => {
    const here = world()
    const a = here.process("a")
    const b = here.process("b")
    a.run(10_000, look)
    const back = a.run(10_100, grant(), { server: 5000 })
    assert.lengthOf(back, 1)
    const later = b.run(10_300, look, { server: 5200 })
    assert.strictEqual(later.now, 10_200)
  })

  it.prop(
    "knows of no more and no less in flight than the processes that live, whatever happens",
    [
      FastCheck.array(
        FastCheck.record({
          process: FastCheck.nat(2),
          passes: FastCheck.integer({ min: 0, max: 300 }),
          action: FastCheck.constantFrom("grant", "answer", "abandon", "look", "flush"),
          fate: FastCheck.constantFrom<Fate>(undefined, undefined, undefined, "lost", "unheard")
        }),
        { maxLength: 60 }
      )
    ],
    ([events]) => {
      const here = world(1e9)
      const names = ["a", "b", "c"]
      const processes = names.map((name) => ({ ...here.process(name), open: [] as Array<LeakyBucket.Ticket> }))
      let now = 1000
      for (const { action, fate, passes, process: index } of events) {
        now += passes
        const process = processes[index]
        if (process === undefined) throw new Error("no process")
        const options = { fate }
        if (action === "flush") here.value = undefined
        else if (action === "grant") {
          const tickets = process.run(now, grant(2), options)
          if (fate === undefined) process.open.push(...tickets)
        } else if (action === "answer" || action === "abandon") {
          const tickets = process.open.slice(0, 1)
          process.run(
            now,
            action === "answer"
              ? answer(tickets)
              : ({ bucket, now }) => ({
                  value: undefined,
                  bucket: tickets.reduce((next) => LeakyBucket.abandoned(next, now, 50), bucket),
                  backlog: 0
                }),
            options
          )
          if (fate === undefined) process.open.splice(0, 1)
        } else process.run(now, look, options)
      }
      now += 1000
      for (const process of processes) process.run(now, look)
      const open = processes.reduce((count, process) => count + process.open.length, 0)
      const last = processes[0]?.run(now, (view) => ({
        value: LeakyBucket.advance(view.bucket, view.now).inFlight,
        bucket: view.bucket,
        backlog: 0
      }))
      assert.strictEqual(last, open)
    },
    { fastCheck: { numRuns: 500 } }
  )

  it.prop(
    "lets nothing go that the server refuses, whoever dies, whatever is lost, and whenever a request arrives",
    [
      FastCheck.array(
        FastCheck.record({
          process: FastCheck.nat(2),
          passes: FastCheck.oneof(FastCheck.integer({ min: 0, max: 60 }), FastCheck.integer({ min: 0, max: 400 })),
          action: FastCheck.constantFrom("grant", "grant", "answer", "answer", "abandon", "look", "flush", "die"),
          count: FastCheck.integer({ min: 1, max: 10 }),
          /** Whether a request arrives when it is sent, or only just before its answer. */
          early: FastCheck.boolean(),
          fate: FastCheck.constantFrom<Fate>(undefined, undefined, undefined, "lost", "unheard")
        }),
        { maxLength: 80 }
      )
    ],
    ([events]) => {
      const lease = 1000
      const here = world(lease)
      const limiter = RateLimiter.make({ limits: { "*": rule } })
      let now = 1000
      let born = 0
      let heardAt = now
      const arrive = () => assert.isTrue(limiter.take("user", "version", now).admitted, `refused at ${now}`)
      interface Open {
        readonly ticket: LeakyBucket.Ticket
        arrived: boolean
      }
      const make = () => ({ ...here.process(`process ${born++}`), open: [] as Array<Open> })
      const processes = [make(), make(), make()]
      for (const { action, count, early, fate, passes, process: index } of events) {
        now += passes
        const process = processes[index]
        if (process === undefined) throw new Error("no process")
        if (action === "flush") here.value = undefined
        else if (action === "die") {
          if (early) for (const one of process.open) if (!one.arrived) arrive()
          processes[index] = make()
        } else if (action === "grant") {
          const tickets = process.run(now, grant(count), { fate })
          // A permit that was not heard of is not used.
          if (fate === undefined) {
            for (const ticket of tickets) {
              if (early) arrive()
              process.open.push({ ticket, arrived: early })
            }
          }
        } else if (action === "answer" || action === "abandon") {
          const ended = process.open.slice(0, count)
          for (const one of ended) {
            if (!one.arrived) arrive()
            one.arrived = true
          }
          const tickets = ended.map(({ ticket }) => ticket)
          process.run(
            now,
            action === "answer"
              ? answer(tickets)
              : ({ bucket, now }) => ({
                  value: undefined,
                  bucket: tickets.reduce((next) => LeakyBucket.abandoned(next, now, 50), bucket),
                  backlog: 0
                }),
            { fate }
          )
          if (fate === undefined) process.open.splice(0, count)
        }
        // What is lost is put back by who comes first, and completed by the others. Else they give their signs of life.
        const silent = now - heardAt > lease / 3
        if (silent) heardAt = now
        if (silent || action === "flush" || action === "die") {
          for (let n = 0; n < processes.length; n++) processes[(index + n) % processes.length]?.run(now, look)
        }
        const bucket = here.value?.bucket
        if (bucket === undefined) continue
        const bound = LeakyBucket.bound(LeakyBucket.advance(bucket, now))
        assert.isAtLeast(bound + 1e-6, limiter.levelOf("user", "version", now), `the bound at ${now}`)
      }
    },
    { fastCheck: { numRuns: 2000 } }
  )
})
