/**
 * Jobs on a cluster: `npm run bench -- cluster [--only kill,postgres,redis,budget,idle,growth,tenants] [--scale 0.1]
 * [--log FILE]`. The bundled command as worker processes, real PostgreSQL and Redis, and the fake in yet another
 * process. Prints the tables, and at full size writes each completely measured one into `docs/cluster.md`.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, promisify } from "node:util"
import * as PostgresServer from "@effect-frameio/servers/PostgresServer"
import * as RedisServer from "@effect-frameio/servers/RedisServer"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Budget from "./Budget.js"
import * as ClusterFake from "./ClusterFake.js"
import * as Machine from "./Machine.js"
import * as ProcessUsage from "./ProcessUsage.js"
import * as Table from "./Table.js"
import * as Yardstick from "./Yardstick.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/cluster.md", import.meta.url))
const BIN = fileURLToPath(new URL("../../cli/dist/bin.js", import.meta.url))
const BUDGET_WORKER = fileURLToPath(new URL("./budgetWorker.js", import.meta.url))

const exec = promisify(execFile)

const SECTIONS = ["kill", "postgres", "redis", "budget", "idle", "growth", "tenants"] as const
type Section = (typeof SECTIONS)[number]

const WORKERS = 3
const LATENCY_MILLIS = 20

/** Links of each chain. */
const LINKS = 5

/** How many more seconds a call without an answer may take: the fake is on this machine. */
const SETTLE_SECONDS = 2

/** For one job; a chain that hangs shows by its end. */
const PATIENCE: Duration.DurationInput = "10 minutes"

const SHOW_A = FakeFrameio.token
const SHOW_B = "fake-frameio-token-of-another"

const shortestMillis = (limit: number, links: number): number =>
  Yardstick.shortestMillis(
    { limit, windowMillis: 1000, latencyMillis: LATENCY_MILLIS, foreign: { kind: "none" }, full: false },
    links
  )

/** Rounded to whole chains. */
const scaled = (links: number, scale: number): number => Math.max(LINKS, Math.round((links * scale) / LINKS) * LINKS)

const now = Effect.sync(() => performance.now())

// -----------------------------------------------------------------------------
// a cluster
// -----------------------------------------------------------------------------

interface Worker {
  readonly child: ChildProcess
  readonly pid: number
}

const Status = Schema.parseJson(
  Schema.Struct({ left: Schema.Number, counts: Schema.Struct({ confirmed: Schema.Number }) })
)

/** Servers, the fake, and the command; no worker yet. Workers are those of the command, unless others are named. */
const makeCluster = (limit: number, logFile: string, program: ReadonlyArray<string> = [BIN, "worker"]) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "frameio-cluster-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
    )
    const postgres = yield* PostgresServer.start
    const redis = yield* RedisServer.start()
    const fake = yield* ClusterFake.start(new URL(import.meta.url), { limit, latencyMillis: LATENCY_MILLIS })
    const env = {
      PATH: process.env.PATH,
      FRAMEIO_CLUSTER: Redacted.value(postgres.url),
      FRAMEIO_BASE_URL: fake.baseUrl,
      FRAMEIO_TOKEN_SHOW_A: SHOW_A,
      FRAMEIO_TOKEN_SHOW_B: SHOW_B,
      FRAMEIO_REDIS_URL: Redacted.value(redis.url),
      FRAMEIO_REDIS_HASH_KEY: "a hash key of some length"
    }
    const frameio = (...args: ReadonlyArray<string>) =>
      Effect.map(
        Effect.promise(() => exec(process.execPath, [BIN, ...args], { env, maxBuffer: 1e9 })),
        ({ stdout }) => stdout
      )

    const log = Fs.openSync(logFile, "a")
    const workers: Array<Worker> = []
    /** Including those that do not work yet. */
    const children: Array<ChildProcess> = []
    /** Workers that ended without being killed. */
    let ended = 0
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const child of children) child.kill("SIGKILL")
        Fs.closeSync(log)
      })
    )
    /** Starts a worker; waits until it works. */
    const work = Effect.async<Worker>((resume) => {
      const child = spawn(process.execPath, program, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] })
      children.push(child)
      child.stderr?.on("data", (chunk: Buffer) => {
        Fs.writeSync(log, chunk)
        if (!chunk.toString().includes("is at work")) return
        const worker = { child, pid: child.pid ?? 0 }
        workers.push(worker)
        resume(Effect.succeed(worker))
      })
      child.once("exit", (_code, signal) => {
        if (signal !== "SIGKILL") ended++
      })
    })
    const kill = Effect.sync(() => workers.shift()?.child.kill("SIGKILL"))

    const submit = (job: { readonly name: string; readonly token: string; readonly links: number; chains?: number }) =>
      Effect.gen(function* () {
        const plan = Path.join(folder, `${job.name}.csv`)
        yield* fake.seed({ ...job, chains: job.chains ?? job.links / LINKS, plan })
        const account = job.token === SHOW_A ? "show-a" : "show-b"
        const began = yield* now
        yield* frameio("batch", "submit", plan, "--account", account, "--settle-after", String(SETTLE_SECONDS))
        return (yield* now) - began
      })

    const stacked = (name: string) =>
      fake
        .stacked(name)
        .pipe(
          Effect.timeoutFail({ duration: PATIENCE, onTimeout: () => new Error(`${name} was not done in time`) }),
          Effect.orDie
        )

    /** How many links the tables say are confirmed, once nothing is left. */
    const confirmed = (name: string) =>
      Effect.flatMap(frameio("batch", "status", "--job", name, "--json"), Schema.decode(Status)).pipe(
        Effect.repeat({ until: ({ left }) => left === 0, schedule: Schedule.spaced("500 millis") }),
        Effect.zipRight(Effect.flatMap(frameio("batch", "status", "--job", name, "--json"), Schema.decode(Status))),
        Effect.map(({ counts }) => counts.confirmed),
        Effect.timeout("2 minutes"),
        Effect.orDie
      )

    const usage = Effect.sync(() => ({
      workers: workers.map(({ pid }) => ProcessUsage.of(pid)),
      postgres: ProcessUsage.of(ProcessUsage.childNamed("postgres")),
      redis: ProcessUsage.of(ProcessUsage.childNamed("redis-server"))
    }))

    return { postgres, redis, fake, work, kill, submit, stacked, confirmed, usage, workersEnded: () => ended }
  })

type Cluster = Effect.Effect.Success<ReturnType<typeof makeCluster>>

const startWorkers = (cluster: Cluster) =>
  Effect.all(
    Array.from({ length: WORKERS }, () => cluster.work),
    { concurrency: WORKERS }
  )

const note = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(`${text}\n`))

// -----------------------------------------------------------------------------
// the sections
// -----------------------------------------------------------------------------

interface Settings {
  readonly scale: number
  /** The workers' log. */
  readonly log: string
}

const FAULTS = ["kill", "postgres", "redis"] as const satisfies ReadonlyArray<Section>
type Fault = (typeof FAULTS)[number]

const KILL_SECONDS = 4

const HAPPENS: { readonly [K in Fault]: string } = {
  kill: `a worker killed every ${KILL_SECONDS} s`,
  postgres: "PostgreSQL restarted",
  redis: "Redis restarted, empty"
}

const AWAY: Duration.DurationInput = "1 second"

/** Does it during a job of so many ms; `end` returns how often. */
const disturb = (fault: Fault, cluster: Cluster, millis: number) =>
  Effect.gen(function* () {
    let times = 0
    const count = Effect.sync(() => void times++)
    const doing = {
      kill: Effect.forever(
        Effect.sleep(KILL_SECONDS * 1000).pipe(
          Effect.zipRight(cluster.kill),
          Effect.zipRight(count),
          Effect.zipRight(Effect.forkScoped(cluster.work))
        )
      ),
      postgres: Effect.sleep(millis / 2).pipe(
        Effect.zipRight(cluster.postgres.stop),
        Effect.zipRight(Effect.sleep(AWAY)),
        Effect.zipRight(cluster.postgres.up),
        Effect.zipRight(count)
      ),
      redis: Effect.sleep(millis / 2).pipe(
        Effect.zipRight(cluster.redis.kill),
        Effect.zipRight(Effect.sleep(AWAY)),
        Effect.zipRight(cluster.redis.restart),
        Effect.zipRight(count)
      )
    }
    const fiber = yield* Effect.forkScoped(doing[fault])
    return { end: Effect.map(Fiber.interrupt(fiber), () => times) }
  })

const FAULT_LINKS = 3000
const FAULT_LIMIT = 100

const faults = (wanted: ReadonlyArray<Fault>, { log, scale }: Settings) =>
  Effect.map(
    Effect.forEach(wanted, (fault) =>
      Effect.gen(function* () {
        const limit = FAULT_LIMIT
        const links = scaled(FAULT_LINKS, scale)
        const cluster = yield* makeCluster(limit, log)
        yield* startWorkers(cluster)
        yield* note(`${fault}: ${links} links`)
        yield* cluster.submit({ name: fault, token: SHOW_A, links })
        const shortest = shortestMillis(limit, links)
        const { end } = yield* disturb(fault, cluster, shortest)
        yield* cluster.stacked(fault)
        const times = yield* end
        const confirmed = yield* cluster.confirmed(fault)
        const seen = yield* cluster.fake.look(fault)
        return [
          HAPPENS[fault],
          String(times),
          Table.grouped(confirmed),
          Table.grouped(seen.applied),
          String(seen.again),
          `${seen.right} of ${links / LINKS}`,
          `${Table.fixed(seen.millis / 1000, 1)} s`,
          Table.fixed(seen.millis / shortest, 3),
          `${Table.fixed((100 * seen.refused) / seen.requests, 2)} %`,
          String(cluster.workersEnded())
        ]
      }).pipe(Effect.scoped)
    ),
    (rows) => {
      const links = scaled(FAULT_LINKS, scale)
      const table = Table.render(
        [
          "what happens",
          "times",
          "confirmed",
          "made by the fake",
          "sent again in vain",
          "stacks in order",
          "time",
          "time / `T*`",
          "429",
          "workers that ended by themselves"
        ],
        rows
      )
      return `${table}\n\n${Table.grouped(links)} links in ${Table.grouped(links / LINKS)} chains at ${FAULT_LIMIT} per second.`
    }
  )

const idle = ({ log, scale }: Settings) =>
  Effect.gen(function* () {
    const cluster = yield* makeCluster(100, log)
    yield* startWorkers(cluster)
    yield* note("idle")
    yield* Effect.sleep("5 seconds")
    const seconds = Math.max(5, 30 * scale)
    const before = yield* cluster.usage
    yield* Effect.sleep(seconds * 1000)
    const after = yield* cluster.usage
    const perMinute = (one: number, other: number) => `${Table.fixed((other - one) / 1000 / (seconds / 60), 2)} s`
    const rows = [
      ...after.workers.map((worker, n) => [
        `worker ${n + 1}`,
        perMinute(before.workers[n]?.cpuMillis ?? Number.NaN, worker.cpuMillis),
        `${Table.fixed(worker.residentMiB, 0)} MiB`
      ]),
      ["PostgreSQL, all its processes", perMinute(before.postgres.cpuMillis, after.postgres.cpuMillis), ""],
      [
        "Redis",
        perMinute(before.redis.cpuMillis, after.redis.cpuMillis),
        `${Table.fixed(after.redis.residentMiB, 0)} MiB`
      ]
    ]
    return Table.render(["three workers without work", "CPU per minute", "memory"], rows)
  }).pipe(Effect.scoped)

/** Each worker asks for so many permits, one after the other. */
const PERMITS = 300
/** The time between permits of all workers, at the rate of the job. */
const PERMIT_MILLIS = 30

const permitsOf = ({ child }: Worker, scale: number) =>
  Effect.async<ReadonlyArray<number>>((resume) => {
    child.on("message", (message: Budget.FromWorker) => {
      if ("permits" in message) resume(Effect.succeed(message.permits))
    })
    const probe: Budget.ToWorker = { probe: { times: Math.max(20, PERMITS * scale), everyMillis: PERMIT_MILLIS } }
    child.send(probe)
  })

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN

/** A job this late has come to a standstill. */
const STANDSTILL_MILLIS = 60_000

/** Shards move while workers come. */
const SETTLED: Duration.DurationInput = "3 seconds"

const BUDGETS = { redis: "Redis", entity: "an entity for each bucket" } as const

/** The same job with the budget in Redis and in entities: undisturbed, and with a worker killed in the middle. */
const budget = ({ log, scale }: Settings) =>
  Effect.map(
    Effect.forEach(
      [false, true].flatMap((isKilled) => (["redis", "entity"] as const).map((store) => ({ store, isKilled }))),
      ({ isKilled, store }) =>
        Effect.gen(function* () {
          const limit = 100
          const links = scaled(3000, scale)
          const cluster = yield* makeCluster(limit, log, [BUDGET_WORKER, store])
          const workers = yield* startWorkers(cluster)
          /** In the order in which they came to host a bucket. */
          const hosts: Array<Worker> = []
          for (const worker of workers) {
            worker.child.on("message", (message: Budget.FromWorker) => {
              if ("hosts" in message) hosts.push(worker)
            })
          }
          yield* note(`budget: ${links} links, ${BUDGETS[store]}${isKilled ? ", a worker killed" : ""}`)
          yield* Effect.sleep(SETTLED)
          const permits = isKilled
            ? []
            : (yield* Effect.forEach(workers, (worker) => permitsOf(worker, scale), { concurrency: WORKERS }))
                .flat()
                .sort((one, other) => one - other)
          hosts.length = 0
          const before = yield* cluster.usage
          yield* cluster.submit({ name: store, token: SHOW_A, links })
          const shortest = shortestMillis(limit, links)
          let victim = "a worker"
          if (isKilled) {
            yield* Effect.sleep(shortest / 2)
            // The bucket of the version calls is asked first.
            const [host = workers[0]] = hosts
            if (hosts.length > 0) victim = "its host"
            host?.child.kill("SIGKILL")
          }
          const isDone = Option.isSome(
            yield* Effect.timeoutOption(cluster.stacked(store), shortest + STANDSTILL_MILLIS)
          )
          const after = yield* cluster.usage
          if (isDone) yield* cluster.confirmed(store)
          const seen = yield* cluster.fake.look(store)
          const sum = (usage: typeof after) => usage.workers.reduce((total, { cpuMillis }) => total + cpuMillis, 0)
          const perLink = (one: number, other: number) =>
            isKilled ? "" : `${Table.fixed((other - one) / links, 2)} ms`
          const permit = (q: number) => (isKilled ? "" : `${Table.fixed(quantile(permits, q), 1)} ms`)
          return [
            `${BUDGETS[store]}${isKilled ? `, ${victim} killed` : ""}`,
            isDone ? Table.fixed(seen.millis / shortest, 3) : "never",
            `${Table.fixed((100 * seen.refused) / seen.requests, 2)} %`,
            `${Table.fixed(seen.pauseMillis / 1000, 1)} s`,
            permit(0.5),
            permit(0.99),
            perLink(sum(before), sum(after)),
            perLink(before.postgres.cpuMillis, after.postgres.cpuMillis),
            perLink(before.redis.cpuMillis, after.redis.cpuMillis),
            `${seen.right} of ${links / LINKS}`
          ]
        }).pipe(Effect.scoped)
    ),
    (rows) =>
      Table.render(
        [
          "one budget in",
          "time / `T*`",
          "429",
          "longest pause",
          "a permit, p50",
          "p99",
          "CPU per link, workers",
          "PostgreSQL",
          "Redis",
          "stacks in order"
        ],
        rows
      )
  )

/** Fast enough that 30 000 links take a minute or two. */
const GROWTH_LIMIT = 250

const growth = ({ log, scale }: Settings) =>
  Effect.map(
    Effect.forEach([1000, 10_000, 30_000], (size) =>
      Effect.gen(function* () {
        const links = scaled(size, scale)
        const cluster = yield* makeCluster(GROWTH_LIMIT, log)
        yield* startWorkers(cluster)
        yield* note(`growth: ${links} links`)
        const before = yield* cluster.usage
        const submitMillis = yield* cluster.submit({ name: "growth", token: SHOW_A, links })
        yield* cluster.stacked("growth")
        yield* cluster.confirmed("growth")
        const after = yield* cluster.usage
        const seen = yield* cluster.fake.look("growth")
        const sum = (usage: typeof after) => usage.workers.reduce((total, { cpuMillis }) => total + cpuMillis, 0)
        const perLink = (one: number, other: number) => `${Table.fixed((other - one) / links, 2)} ms`
        return [
          Table.grouped(links),
          `${Table.fixed(submitMillis / 1000, 1)} s`,
          perLink(sum(before), sum(after)),
          perLink(before.postgres.cpuMillis, after.postgres.cpuMillis),
          perLink(before.redis.cpuMillis, after.redis.cpuMillis),
          `${Table.fixed(Math.max(...after.workers.map(({ peakMiB }) => peakMiB)), 0)} MiB`,
          `${Table.fixed(seen.millis / 1000, 1)} s`,
          Table.fixed(seen.millis / shortestMillis(GROWTH_LIMIT, links), 3),
          `${Table.fixed((100 * seen.refused) / seen.requests, 2)} %`
        ]
      }).pipe(Effect.scoped)
    ),
    (rows) =>
      Table.render(
        [
          "links",
          "submitted in",
          "CPU per link, workers",
          "PostgreSQL",
          "Redis",
          "peak of a worker",
          `time at ${GROWTH_LIMIT} per s`,
          "time / `T*`",
          "429"
        ],
        rows
      )
  )

const tenants = ({ log, scale }: Settings) =>
  Effect.gen(function* () {
    const limit = 100
    const small = { links: 20, chains: 4 }
    const cluster = yield* makeCluster(limit, log)
    yield* startWorkers(cluster)
    yield* note("tenants")
    const timed = (name: string, token: string) =>
      Effect.gen(function* () {
        yield* cluster.submit({ name, token, ...small })
        const began = yield* now
        yield* cluster.stacked(name)
        return (yield* now) - began
      })
    const several = (name: string, token: string) =>
      Effect.map(
        Effect.forEach([1, 2, 3, 4, 5], (n) => timed(`${name}-${n}`, token)),
        Yardstick.median
      )
    yield* timed("warm-up", SHOW_B)
    const alone = yield* several("alone", SHOW_B)
    const links = scaled(10_000, scale)
    yield* cluster.submit({ name: "large", token: SHOW_A, links })
    yield* Effect.sleep("3 seconds")
    const beside = yield* several("beside", SHOW_B)
    const same = yield* several("same", SHOW_A)
    const { applied } = yield* cluster.fake.look("large")
    const row = (what: string, millis: number) => [
      what,
      `${Table.fixed(millis / 1000, 2)} s`,
      Table.fixed(millis / alone, 2)
    ]
    const large = `a job of ${Table.grouped(links)} links`
    return [
      Table.render(
        ["20 links on 4 stacks, from the end of `submit` (medians of 5)", "time", "beside alone"],
        [
          row("alone", alone),
          row(`beside ${large} of another account`, beside),
          row(`beside ${large} of the same account`, same)
        ]
      ),
      "",
      `The large job had ${Table.grouped(applied)} of its links in place when the last small one was done.`
    ].join("\n")
  }).pipe(Effect.scoped)

// -----------------------------------------------------------------------------
// the program
// -----------------------------------------------------------------------------

/** The tables, and their sections. */
const PARTS: ReadonlyArray<{
  readonly id: string
  readonly sections: ReadonlyArray<Section>
  readonly measure: (wanted: ReadonlyArray<Section>, settings: Settings) => Effect.Effect<string>
}> = [
  {
    id: "cluster-faults",
    sections: FAULTS,
    measure: (wanted, settings) =>
      Effect.orDie(
        faults(
          FAULTS.filter((fault) => wanted.includes(fault)),
          settings
        )
      )
  },
  { id: "cluster-budget", sections: ["budget"], measure: (_, settings) => Effect.orDie(budget(settings)) },
  { id: "cluster-idle", sections: ["idle"], measure: (_, settings) => Effect.orDie(idle(settings)) },
  { id: "cluster-growth", sections: ["growth"], measure: (_, settings) => Effect.orDie(growth(settings)) },
  { id: "cluster-tenants", sections: ["tenants"], measure: (_, settings) => Effect.orDie(tenants(settings)) }
]

const stamp = (): string =>
  `Measured on ${Machine.today()} with ${Machine.words()}, the servers and the fake on the same machine; ${WORKERS} workers, ${LATENCY_MILLIS} ms to an answer, one run.`

/** Each table is printed and written before the next is measured. */
const measure = (only: ReadonlyArray<Section>, settings: Settings): Effect.Effect<void> =>
  Effect.forEach(
    PARTS.filter(({ sections }) => sections.some((section) => only.includes(section))),
    ({ id, measure, sections }) =>
      Effect.map(measure(only, settings), (table) => {
        const text = `${table}\n\n${stamp()}`
        process.stdout.write(`${text}\n\n`)
        if (settings.scale !== 1 || !sections.every((section) => only.includes(section))) return
        Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), id, text))
      }),
    { discard: true }
  )

const isSection = (name: string): name is Section => SECTIONS.some((section) => section === name)

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: SECTIONS.join(",") },
      scale: { type: "string", default: "1" },
      log: { type: "string", default: Os.devNull },
      fake: { type: "string" }
    }
  })
  if (values.fake !== undefined) return Effect.runPromise(ClusterFake.serve(JSON.parse(values.fake)))
  const only = values.only.split(",")
  const unknown = only.filter((name) => !isSection(name))
  if (unknown.length > 0) throw new Error(`--only knows ${SECTIONS.join(", ")}, not ${unknown.join(", ")}`)
  const scale = Number(values.scale)
  if (!(scale > 0)) throw new Error(`--scale is ${values.scale}; it must be above 0`)
  if (PostgresServer.missing || RedisServer.missing) throw new Error("PostgreSQL and Redis must be installed")
  // Ends what was started and removes what was written, before this process ends.
  const interrupted = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort())
  await Effect.runPromise(measure(only.filter(isSection), { scale, log: values.log }), {
    signal: interrupted.signal
  })
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
)
