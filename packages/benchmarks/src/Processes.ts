/**
 * The processes of the benchmark: one server per lane, one process per client and run. All end with this one.
 *
 * @since 0.1.0
 */
import type { ChildProcess } from "node:child_process"
import { fork, spawn } from "node:child_process"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import type {
  FromServer,
  FromWorker,
  LoadReport,
  SchedulerLoad,
  SchedulerReport,
  ServerReport,
  ServerRun,
  ToServer,
  ToWorker,
  WorkerReport,
  WorkerRun
} from "./Protocol.js"
import * as Yardstick from "./Yardstick.js"

const children = new Set<ChildProcess>()

const keep = (child: ChildProcess): ChildProcess => {
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}

/**
 * Ends every process that was started here.
 *
 * @since 0.1.0
 * @category processes
 */
export const stopAll = (): void => {
  for (const child of children) child.kill("SIGKILL")
}

const start = (file: string, execArgv: ReadonlyArray<string> = [], argv: ReadonlyArray<string> = []): ChildProcess =>
  keep(
    fork(fileURLToPath(new URL(file, import.meta.url)), argv, {
      execArgv: [...execArgv],
      stdio: ["ignore", "inherit", "inherit", "ipc"]
    })
  )

/** The next message that `pick` recognizes; fails if the process ends, breaks or is too slow. */
const answer = <Message, A>(
  child: ChildProcess,
  what: string,
  timeoutMillis: number,
  pick: (message: Message) => A | undefined
): Promise<A> =>
  new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      child.off("message", onMessage)
      child.off("exit", onExit)
      end()
    }
    const onMessage = (message: Message): void => {
      const picked = pick(message)
      if (picked !== undefined) finish(() => resolve(picked))
    }
    const onExit = (code: number | null): void => finish(() => reject(new Error(`${what}: ended with code ${code}`)))
    const timer = setTimeout(
      () => finish(() => reject(new Error(`${what}: not within ${Math.round(timeoutMillis / 1000)} s`))),
      timeoutMillis
    )
    child.on("message", onMessage)
    child.on("exit", onExit)
  })

/**
 * A server that is listening.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly baseUrl: string
  readonly reset: (run: ServerRun) => Promise<void>
  readonly report: () => Promise<ServerReport>
}

/**
 * Starts a server on a free loopback port.
 *
 * @since 0.1.0
 * @category processes
 */
export const startServer = async (): Promise<Server> => {
  const child = start("./server.js")
  const tell = (message: ToServer): boolean => child.send(message)
  const port = await answer<FromServer, number>(child, "server", 30_000, (message) =>
    message.type === "listening" ? message.port : undefined
  )
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    reset: async (run) => {
      tell({ type: "reset", run })
      await answer<FromServer, true>(child, "server", 10_000, (message) =>
        message.type === "reset" ? true : undefined
      )
    },
    report: () => {
      tell({ type: "report" })
      return answer<FromServer, ServerReport>(child, "server", 10_000, (message) =>
        message.type === "report" ? message.report : undefined
      )
    }
  }
}

/**
 * A client process that waits for its start.
 *
 * @since 0.1.0
 * @category models
 */
export interface Worker {
  /** Starts it, and resolves with its report; the process is gone afterwards. */
  readonly go: (timeoutMillis: number) => Promise<WorkerReport>
  readonly stop: () => void
}

/** Like `answer`, but a process that reports that it is broken fails whatever is waited for. */
const answerOfWorker = <A>(
  child: ChildProcess,
  what: string,
  timeoutMillis: number,
  pick: (message: FromWorker) => A | undefined
): Promise<A> =>
  answer<FromWorker, () => A>(child, what, timeoutMillis, (message) => {
    if (message.type === "broken") {
      return () => {
        throw new Error(`${what}: ${message.reason}`)
      }
    }
    const value = pick(message)
    return value === undefined ? undefined : () => value
  }).then((get) => get())

/**
 * Starts a client process and waits until its client is loaded. With a directory, its CPU profile is written there.
 *
 * @since 0.1.0
 * @category processes
 */
export const startWorker = async (run: WorkerRun, profileDirectory?: string): Promise<Worker> => {
  const child = start(
    "./worker.js",
    profileDirectory === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`, `--cpu-prof-name=${run.client}.cpuprofile`]
  )
  const tell = (message: ToWorker): boolean => child.send(message)
  tell({ type: "prepare", run })
  await answerOfWorker(child, run.client, 60_000, (message) => (message.type === "ready" ? true : undefined))
  return {
    go: async (timeoutMillis) => {
      tell({ type: "go" })
      try {
        const report = await answerOfWorker(child, run.client, timeoutMillis, (message) =>
          message.type === "done" ? message.report : undefined
        )
        if (profileDirectory !== undefined) {
          // It writes its profile when it ends by itself.
          const ended = new Promise((resolve) => child.once("exit", resolve))
          child.disconnect()
          await ended
        }
        return report
      } finally {
        child.kill("SIGKILL")
      }
    },
    stop: () => {
      child.kill("SIGKILL")
    }
  }
}

/** One load, in a process of its own. */
const measureLoad = (load: SchedulerLoad, timeoutMillis: number): Promise<LoadReport> => {
  const { requests, sampleEvery, waiting, way } = load
  return answer<LoadReport, LoadReport>(
    start("./schedulerCost.js", ["--expose-gc"], [way, String(waiting), String(requests), String(sampleEvery)]),
    `scheduler (${way}, ${waiting} waiting)`,
    timeoutMillis,
    (report) => report
  )
}

const LOAD_ROUNDS = 3

/**
 * Enough that each run with 100 000 waiting pays for several collections of the whole heap, rather than for one or
 * none.
 */
const LOAD_REQUESTS = 400_000

/**
 * Measures the scheduler itself, medians of three; its memory only on request, because that takes long.
 *
 * @since 0.1.0
 * @category processes
 */
export const measureScheduler = async (withMemory: boolean, timeoutMillis: number): Promise<SchedulerReport> => {
  const load = (way: SchedulerLoad["way"], waiting: number, requests = LOAD_REQUESTS, sampleEvery = Infinity) =>
    measureLoad({ way, waiting, requests, sampleEvery }, timeoutMillis)
  const bare = await load("none", 1000)
  const loads: Array<SchedulerReport["loads"][number]> = []
  for (const waiting of [10, 1000, 100_000]) {
    const scheduled: Array<number> = []
    const queued: Array<number> = []
    // In turn, so that other work on the machine affects both.
    for (let round = 0; round < LOAD_ROUNDS; round++) {
      scheduled.push((await load("scheduler", waiting)).cpuMicros)
      queued.push((await load("queue", waiting)).cpuMicros)
    }
    loads.push({ waiting, cpuMicros: Yardstick.median(scheduled), queueMicros: Yardstick.median(queued) })
  }
  const heap = withMemory ? (await load("scheduler", 1000, 1_000_000, 100_000)).heap : []
  return { bareMicros: bare.cpuMicros, loads, heap }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = Net.createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no free port"))
      )
    })
  })

/**
 * Starts a Redis of its own on a free loopback port, without files; `undefined` if `redis-server` is missing.
 *
 * @since 0.1.0
 * @category processes
 */
export const startRedis = async (): Promise<string | undefined> => {
  const port = await freePort()
  const child = keep(
    spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no"], {
      stdio: ["ignore", "pipe", "ignore"]
    })
  )
  return new Promise((resolve) => {
    child.once("error", () => {
      children.delete(child)
      resolve(undefined)
    })
    child.once("exit", () => resolve(undefined))
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("Ready to accept connections")) resolve(`redis://127.0.0.1:${port}`)
    })
  })
}
