/**
 * The cost of one load: no network, a clock that jumps, and so many requests waiting all the time, in one of three
 * ways: by the scheduler, with a bucket of 1000 per s that is always exact; in a plain queue that lets one go each ms
 * and that an interrupted request can leave, which is what waiting costs in Effect with any queue; or not waiting at
 * all. Each load has a process of its own, because what V8 learns of one way makes the next one slower.
 *
 * Takes the way, the number of waiting requests, the number of requests, and after how many of them to look at the
 * heap. Sends its figures to its parent, or prints them without one.
 */

import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as VirtualClock from "@effect-frameio/testing/VirtualClock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { constVoid } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as Bucket from "./Bucket.js"
import type { LoadReport, SchedulerLoad } from "./Protocol.js"

const LIMIT = 1000
const WINDOW_MILLIS = 1000

const request = HttpClientRequest.post("http://127.0.0.1/v2/assets/a/version")

/** One answer for each value of `remaining`, made beforehand so that making them is not measured. */
const answers = Array.from({ length: LIMIT + 1 }, (_, remaining) =>
  Effect.succeed(
    HttpClientResponse.fromWeb(
      request,
      new Response(null, {
        headers: {
          "x-ratelimit-limit": String(LIMIT),
          "x-ratelimit-window": String(WINDOW_MILLIS),
          "x-ratelimit-remaining": String(remaining)
        }
      })
    )
  )
)

/** First in, first out, one each ms. An interrupted request leaves an empty place. */
const plainQueue = () => {
  const line: Array<{ letGo: () => void }> = []
  let first = 0
  const next = (): void => {
    line[first++]?.letGo()
    if (first < 4096) return
    line.splice(0, first)
    first = 0
  }
  return {
    wait: Effect.async<void>((resume) => {
      const place = { letGo: () => resume(Effect.void) }
      line.push(place)
      return Effect.sync(() => {
        place.letGo = constVoid
      })
    }),
    letGo: Effect.forever(Effect.zipRight(Effect.sleep(1), Effect.sync(next)))
  }
}

/** CPU per request in µs. */
const measure = (load: SchedulerLoad, sample: () => void): number => {
  // This load must not pay for garbage of the one before.
  globalThis.gc?.()
  const virtual = VirtualClock.make()
  const runUntil = (done: () => boolean): void => {
    while (!done() && (virtual.turn() || virtual.jump()));
  }
  const bucket = Bucket.make(LIMIT, WINDOW_MILLIS, 0)
  // Until the initial batch has gone: after that, the load stays the same for ever.
  const warmUp = Math.max(20_000, load.waiting)
  const total = warmUp + load.requests
  let sent = 0
  let refused = 0
  let cpu = process.cpuUsage()
  let used = Number.NaN
  const send = Effect.suspend(() => {
    sent++
    if (sent === warmUp) cpu = process.cpuUsage()
    if (sent === total) {
      const spent = process.cpuUsage(cpu)
      used = spent.user + spent.system
    }
    if (sent % load.sampleEvery === 0) sample()
    if (load.way !== "scheduler") return answers[LIMIT] ?? Effect.never
    if (!Bucket.charge(bucket, Math.floor(virtual.now()))) refused++
    return answers[Bucket.remaining(bucket)] ?? Effect.never
  })
  const program = Effect.gen(function* () {
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const queue = plainQueue()
    const call =
      load.way === "scheduler"
        ? scheduler.schedule({ owner: Redacted.make("benchmark"), route: "POST /v2/assets/:asset_id/version" })(send)
        : Effect.zipRight(load.way === "queue" ? queue.wait : Effect.yieldNow(), send)
    if (load.way === "queue") yield* Effect.fork(queue.letGo)
    const loop = Effect.whileLoop({ while: () => sent < total, body: () => call, step: () => {} })
    yield* Effect.forEach(Array.from({ length: load.waiting }), () => loop, { concurrency: "unbounded", discard: true })
  }).pipe(
    // Each load has a scheduler of its own.
    Effect.provide(RateLimitScheduler.layerMemory({ queueLimit: 1_000_000, maxWait: "1 day" })),
    Effect.withClock(virtual.clock)
  )
  let exit: Exit.Exit<void, unknown> | undefined
  const fiber = Effect.runFork(program, { scheduler: virtual.scheduler })
  fiber.addObserver((ended) => {
    exit = ended
  })
  // Once the last measured request has gone, the waiting ones do not matter.
  runUntil(() => exit !== undefined || !Number.isNaN(used))
  if (Number.isNaN(used)) throw new Error(`Stuck after ${sent} of ${total} requests: ${exit}`)
  if (refused > 0) throw new Error(`The scheduler was refused ${refused} times`)
  fiber.unsafeInterruptAsFork(FiberId.none)
  runUntil(() => exit !== undefined)
  return used / load.requests
}

const heapAfterCollection = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const run = (load: SchedulerLoad): LoadReport => {
  const heap: Array<number> = []
  const sample = (): void => {
    heap.push(heapAfterCollection())
  }
  measure(
    { ...load, waiting: Math.min(load.waiting, 100), requests: 50_000, sampleEvery: Number.POSITIVE_INFINITY },
    sample
  )
  return { cpuMicros: measure(load, sample), heap }
}

const ways: ReadonlyArray<string> = ["scheduler", "queue", "none"] satisfies ReadonlyArray<SchedulerLoad["way"]>
const isWay = (way: string | undefined): way is SchedulerLoad["way"] => way !== undefined && ways.includes(way)

const [way, waiting, requests, sampleEvery] = process.argv.slice(2)
if (!isWay(way)) throw new Error(`Which way? One of ${ways.join(", ")}, then how many wait and how many requests`)
const report = run({
  way,
  waiting: Number(waiting ?? 1000),
  requests: Number(requests ?? 400_000),
  sampleEvery: Number(sampleEvery ?? Number.POSITIVE_INFINITY)
})
if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
else process.send(report, () => process.exit(0))

process.on("disconnect", () => process.exit(0))
