/**
 * What the scheduler itself costs: no network, a clock that jumps, a bucket of 1000 per s that is always exact, and
 * so many requests waiting all the time; with `--memory` also the heap over a million requests. Beside it the same fibers
 * in a plain queue that lets one go each ms: what waiting costs in Effect, whoever keeps the queue. Medians of three.
 * Sends its figures to its parent, or prints them when it has none.
 */

import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as RateLimitScheduler from "@effect-frameio/core/RateLimitScheduler"
import * as VirtualClock from "@effect-frameio/testing/VirtualClock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import * as Bucket from "./Bucket.js"
import type { SchedulerReport } from "./Protocol.js"
import * as Yardstick from "./Yardstick.js"

const LIMIT = 1000
const WINDOW_MILLIS = 1000
const ROUNDS = 3

/** So many that each run with 100 000 waiting pays for several collections of the whole heap, and not for one or none. */
const REQUESTS = 400_000

const request = HttpClientRequest.post("http://127.0.0.1/v2/assets/a/version")

/** One answer for each figure of `remaining`, made beforehand so that making them is not measured. */
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

interface Load {
  /** Requests that wait at any time. */
  readonly waiting: number
  /** Requests that are measured, after the warm-up. */
  readonly requests: number
  /** By the scheduler, in a plain queue, or not waiting at all. */
  readonly way: "scheduler" | "queue" | "none"
  /** Sees every so many requests. */
  readonly sampleEvery?: number
  readonly sample?: () => void
}

/** First in first out, one each ms. */
const plainQueue = () => {
  const line: Array<() => void> = []
  let first = 0
  const next = (): void => {
    line[first++]?.()
    if (first < 4096) return
    line.splice(0, first)
    first = 0
  }
  return {
    wait: Effect.async<void>((resume) => {
      line.push(() => resume(Effect.void))
    }),
    letGo: Effect.forever(Effect.zipRight(Effect.sleep(1), Effect.sync(next)))
  }
}

/** CPU per request in µs. */
const measure = (load: Load): number => {
  // What the one before left behind is not to be paid for by this one.
  globalThis.gc?.()
  const virtual = VirtualClock.make()
  const runUntil = (done: () => boolean): void => {
    while (!done() && (virtual.turn() || virtual.jump()));
  }
  const bucket = Bucket.make(LIMIT, WINDOW_MILLIS, 0)
  const warmUp = Math.min(20_000, load.requests / 4)
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
    if (load.sampleEvery !== undefined && sent % load.sampleEvery === 0) load.sample?.()
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
    // Each load with a scheduler of its own.
    Effect.provide(RateLimitScheduler.layerMemory({ queueLimit: 1_000_000, maxWait: "1 day" })),
    Effect.withClock(virtual.clock)
  )
  let exit: Exit.Exit<void, unknown> | undefined
  const fiber = Effect.runFork(program, { scheduler: virtual.scheduler })
  fiber.addObserver((ended) => {
    exit = ended
  })
  // When the last request has gone, those that still wait are of no interest.
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

const measureAll = (withMemory: boolean): SchedulerReport => {
  measure({ waiting: 100, requests: 50_000, way: "scheduler" })
  const bareMicros = measure({ waiting: 1000, requests: 100_000, way: "none" })
  const loads = [10, 1000, 100_000].map((waiting) => {
    const cpuMicros: Array<number> = []
    const queueMicros: Array<number> = []
    // In turn, so that what the machine does meanwhile meets both.
    for (let round = 0; round < ROUNDS; round++) {
      cpuMicros.push(measure({ waiting, requests: REQUESTS, way: "scheduler" }))
      queueMicros.push(measure({ waiting, requests: REQUESTS, way: "queue" }))
    }
    return { waiting, cpuMicros: Yardstick.median(cpuMicros), queueMicros: Yardstick.median(queueMicros) }
  })
  const heap: Array<number> = []
  if (withMemory) {
    measure({
      waiting: 1000,
      requests: 1_000_000,
      way: "scheduler",
      sampleEvery: 100_000,
      sample: () => heap.push(heapAfterCollection())
    })
  }
  return { bareMicros, loads, heap }
}

const report = measureAll(process.argv.includes("--memory"))
if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
else process.send(report, () => process.exit(0))

process.on("disconnect", () => process.exit(0))
