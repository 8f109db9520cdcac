/**
 * MD5 beside the thread that sends, of as many parts as are under way, four in each step: so that to prove a part costs a
 * fraction of sending it. Only on Node.
 */
import * as Effect from "effect/Effect"
import type { Md5 } from "./md5.js"
import * as Md5Kernel from "./md5Kernel.js"

interface Port {
  readonly postMessage: (jobs: ReadonlyArray<Job>) => void
  readonly on: (event: "message", listener: (done: ReadonlyArray<number>) => void) => void
  readonly ref: () => void
  readonly unref: () => void
}

interface WorkerThreads {
  readonly Worker: new (
    source: string,
    options: { readonly eval: true; readonly workerData: unknown; readonly stdout: true }
  ) => Port
}

declare const process: { readonly getBuiltinModule?: (id: "node:worker_threads") => WorkerThreads | undefined }

/** Whole blocks of a lane that are to be hashed. */
interface Job {
  readonly lane: number
  readonly state: number
  readonly at: number
  readonly blocks: number
  /** Whether it is waited for. */
  readonly last: boolean
}

const PAGE = 65_536
const BLOCK = 64
/** What goes to the thread at once. A lane has two, one to fill while the other is hashed. */
const HALF = 524_288
/** A half, and the padding behind the last bytes. */
const ROOM = HALF + 2 * BLOCK
const LANE_PAGES = Math.ceil((2 * ROOM + BLOCK) / PAGE)
const MOST_LANES = 64
const MOST_PAGES = 1 + MOST_LANES * LANE_PAGES
/** Where there are fewer than four messages, the others are nowhere. */
const NOWHERE = Md5Kernel.table.byteLength

/**
 * Takes jobs, and says their lanes when they are done. Four lanes take as long as one: so jobs lie until there are four, or a lane has two
 * and waits, or a job is the last of its lane.
 */
const source = `
const { parentPort, receiveMessageOnPort, workerData } = require("node:worker_threads")
const { memory, module, nowhere } = workerData
const { compress } = new WebAssembly.Instance(module, { m: { m: memory } }).exports
const jobs = []
const next = () => {
  const now = []
  let pressing = false
  for (const job of jobs) {
    if (now.some(({ lane }) => lane === job.lane)) pressing = true
    else if (now.length < 4) now.push(job)
    if (job.last) pressing = true
  }
  return pressing || now.length === 4 ? now : []
}
parentPort.on("message", (first) => {
  jobs.push(...first)
  for (;;) {
    for (let more = receiveMessageOnPort(parentPort); more !== undefined; more = receiveMessageOnPort(parentPort)) {
      jobs.push(...more.message)
    }
    const now = next()
    if (now.length === 0) return
    const blocks = Math.min(...now.map((job) => job.blocks))
    const at = [0, 1, 2, 3].map((n) => (now[n] ?? now[0]).at)
    compress(...at, ...[0, 1, 2, 3].map((n) => now[n]?.state ?? nowhere), blocks)
    for (const job of now) {
      job.at += blocks * 64
      job.blocks -= blocks
    }
    const done = now.filter((job) => job.blocks === 0)
    for (const job of done) jobs.splice(jobs.indexOf(job), 1)
    parentPort.postMessage(done.map(({ lane }) => lane))
  }
})`

/** The start of the state, by RFC 1321. */
const INITIAL = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)

interface Lane {
  readonly index: number
  readonly state: number
  readonly halves: readonly [number, number]
  /** Called for each job that is done. */
  done: () => void
}

interface Thread {
  readonly memory: WebAssembly.Memory
  readonly worker: Port
  readonly lanes: Array<Lane>
  readonly free: Array<Lane>
  /** What the thread would only let lie, for to wake it costs as much as to hash. */
  readonly kept: Array<Job>
}

const start = (): Thread | undefined => {
  try {
    const threads = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:worker_threads")
    if (threads === undefined) return undefined
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true })
    const module = new WebAssembly.Module(Md5Kernel.module(MOST_PAGES))
    new Uint32Array(memory.buffer).set(Md5Kernel.table)
    const worker = new threads.Worker(source, {
      eval: true,
      stdout: true,
      workerData: { memory, module, nowhere: NOWHERE }
    })
    worker.unref()
    const lanes: Array<Lane> = []
    worker.on("message", (done) => {
      for (const lane of done) lanes[lane]?.done()
    })
    return { memory, worker, lanes, free: [], kept: [] }
  } catch {
    return undefined
  }
}

/** One for the process, begun with the first part that is worth it. */
let thread: Thread | undefined | null = null

const newLane = ({ lanes, memory }: Thread): Lane | undefined => {
  if (lanes.length === MOST_LANES) return undefined
  const base = memory.grow(LANE_PAGES) * PAGE
  const lane: Lane = {
    index: lanes.length,
    state: base,
    halves: [base + BLOCK, base + BLOCK + ROOM],
    done: () => {}
  }
  lanes.push(lane)
  return lane
}

/**
 * A hash in the thread; `undefined` where there is none, or none free.
 *
 * @internal
 */
export const make = (): Md5 | undefined => {
  if (thread === null) thread = start()
  if (thread === undefined) return undefined
  const { free, kept, lanes, memory, worker } = thread
  const lane = free.pop() ?? newLane(thread)
  if (lane === undefined) return undefined
  if (free.length === lanes.length - 1) worker.ref()
  const buffer = memory.buffer
  new Uint32Array(buffer, lane.state, 4).set(INITIAL)
  let half: 0 | 1 = 0
  let filled = 0
  let length = 0
  let busy = 0
  let closed = false
  let waiting: (() => void) | undefined
  lane.done = () => {
    busy -= 1
    waiting?.()
    if (closed && busy === 0) giveBack()
  }
  const giveBack = (): void => {
    free.push(lane)
    if (free.length === lanes.length) worker.unref()
  }
  const post = (last: boolean): void => {
    kept.push({ lane: lane.index, state: lane.state, at: lane.halves[half], blocks: filled / BLOCK, last })
    busy += 1
    if (last || busy === 2 || kept.length === 4) worker.postMessage(kept.splice(0))
    half = half === 0 ? 1 : 0
    filled = 0
  }
  /** Until no more than so many jobs are under way. */
  const until = (most: number): Effect.Effect<void> =>
    Effect.async((resume) => {
      const look = (): void => {
        if (busy > most) return
        waiting = undefined
        resume(Effect.void)
      }
      waiting = look
      look()
    })
  const take = (bytes: Uint8Array): Effect.Effect<void> | undefined => {
    let at = 0
    while (at < bytes.length) {
      if (busy === 2) return Effect.suspend(() => Effect.zipRight(until(1), take(bytes.subarray(at)) ?? Effect.void))
      const some = bytes.subarray(at, at + HALF - filled)
      new Uint8Array(buffer, lane.halves[half] + filled).set(some)
      filled += some.length
      at += some.length
      if (filled === HALF) post(false)
    }
    return undefined
  }
  return {
    update: (bytes) => {
      length += bytes.length
      return take(bytes)
    },
    // The half to fill is free once no more than the other is under way.
    digest: Effect.suspend(() => until(1)).pipe(
      Effect.tap(() => {
        const end = Math.ceil((filled + 9) / BLOCK) * BLOCK
        const at = lane.halves[half]
        const padding = new Uint8Array(buffer, at + filled, end - filled).fill(0)
        padding[0] = 0x80
        const bits = new DataView(buffer, at + end - 8)
        bits.setUint32(0, (length * 8) >>> 0, true)
        bits.setUint32(4, Math.floor(length / 2 ** 29), true)
        filled = end
        post(true)
        return until(0)
      }),
      Effect.map(() =>
        Array.from(new Uint8Array(buffer, lane.state, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")
      )
    ),
    close: () => {
      closed = true
      if (busy === 0) giveBack()
      if (busy !== 1) return
      // What lies there would lie on.
      filled = BLOCK
      post(true)
    }
  }
}
