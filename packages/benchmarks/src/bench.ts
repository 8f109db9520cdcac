/**
 * The whole benchmark: every scenario with every client, interleaved, each client in a process of its own.
 *
 *     node packages/benchmarks/dist/bench.js [--scenario S1,S2,Cost] [--client ours,fetch] [--runs 3] [--lanes 3]
 *         [--profile directory]
 *
 * `--profile` writes a CPU profile of each client's `Cost` run into the directory and says where its time went.
 *
 * Tables go to the terminal; with all clients also into `docs/benchmarks.md`, for the scenarios that were run.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Client } from "./Client.js"
import * as Clients from "./clients/index.js"
import * as Machine from "./Machine.js"
import type { Server, Worker } from "./Processes.js"
import * as Processes from "./Processes.js"
import * as Profile from "./Profile.js"
import type { SchedulerReport, WorkerReport } from "./Protocol.js"
import * as Report from "./Report.js"
import type { Run } from "./Result.js"
import * as Result from "./Result.js"
import * as Scenario from "./Scenario.js"
import * as Table from "./Table.js"
import * as Yardstick from "./Yardstick.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url))

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** A client slower than this is stopped, so that the whole ends. */
const patienceMillis = (scenario: Scenario.Scenario): number =>
  15_000 + 4 * Yardstick.shortestMillis(scenario, scenario.jobs)

const COST_PATIENCE_MILLIS = 240_000
const SCHEDULER_PATIENCE_MILLIS = 300_000

const startWorkers = async (
  scenario: Scenario.Scenario,
  client: Client,
  server: Server,
  redisUrl: string | undefined
): Promise<ReadonlyArray<Worker>> => {
  const each = scenario.jobs / scenario.processes
  const started = await Promise.allSettled(
    Array.from({ length: scenario.processes }, (_, i) =>
      Processes.startWorker({
        client: client.id,
        baseUrl: server.baseUrl,
        limit: scenario.limit,
        windowMillis: scenario.windowMillis,
        firstJob: i * each,
        jobs: each,
        concurrency: Scenario.WORKERS,
        urgentEveryMillis: scenario.urgentEveryMillis,
        redisUrl: scenario.sharedStore ? redisUrl : undefined,
        mode: "limit",
        warmUp: 0
      })
    )
  )
  const workers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
  for (const one of started) {
    if (one.status === "rejected") {
      for (const worker of workers) worker.stop()
      throw one.reason
    }
  }
  return workers
}

/** One scenario with several clients side by side, each with a server of its own; they start when all are loaded. */
const round = async (
  scenario: Scenario.Scenario,
  clients: ReadonlyArray<Client>,
  servers: ReadonlyArray<Server>,
  seed: number,
  redisUrl: string | undefined
): Promise<ReadonlyArray<Run>> => {
  const broken = (reason: unknown): Run => ({ finished: false, reason: String(reason) })
  const ready = await Promise.all(
    clients.map(async (client, i) => {
      const server = servers[i]
      if (server === undefined) return broken("no server")
      await server.reset({
        limit: scenario.limit,
        windowMillis: scenario.windowMillis,
        latencyMillis: scenario.latencyMillis,
        jitterMillis: scenario.jitterMillis,
        seed,
        full: scenario.full,
        foreign: scenario.foreign
      })
      try {
        return { server, workers: await startWorkers(scenario, client, server, redisUrl) }
      } catch (error) {
        return broken(error)
      }
    })
  )
  return Promise.all(
    ready.map(async (lane): Promise<Run> => {
      if (!("server" in lane)) return lane
      try {
        const reports: ReadonlyArray<WorkerReport> = await Promise.all(
          lane.workers.map((worker) => worker.go(patienceMillis(scenario)))
        )
        return Result.judge(scenario, await lane.server.report(), reports)
      } catch (error) {
        for (const worker of lane.workers) worker.stop()
        return broken(error)
      }
    })
  )
}

const costRun = async (client: Client, server: Server, profile: string | undefined): Promise<Report.CostRun> => {
  const { cost } = Scenario
  await server.reset({
    limit: cost.limit,
    windowMillis: cost.windowMillis,
    latencyMillis: 0,
    jitterMillis: 0,
    seed: 1,
    full: false,
    foreign: { kind: "none" }
  })
  const worker = await Processes.startWorker(
    {
      client: client.id,
      baseUrl: server.baseUrl,
      limit: cost.limit,
      windowMillis: cost.windowMillis,
      firstJob: 0,
      jobs: cost.requests,
      concurrency: cost.concurrency,
      urgentEveryMillis: 0,
      redisUrl: undefined,
      mode: "cost",
      warmUp: cost.warmUp
    },
    profile
  )
  const report = await worker.go(COST_PATIENCE_MILLIS)
  const seen = await server.report()
  if (report.failed > 0) throw new Error(`${report.failed} calls were given up: ${report.reason}`)
  if (seen.refused > 0) throw new Error(`${seen.refused} calls were refused: the limit mattered`)
  return {
    perSecond: cost.requests / (report.elapsedMillis / 1000),
    cpuMicros: report.cpuMicros / cost.requests
  }
}

/** Where a client's process spent its time. */
const profileOf = (directory: string, client: Client): string => {
  const shares = Profile.shares(Fs.readFileSync(Path.join(directory, `${client.id}.cpuprofile`), "utf8"))
  return ["packages", ...shares.packages.slice(0, 10), "functions", ...shares.functions.slice(0, 25)]
    .map((one) =>
      typeof one === "string" ? `  ${one}:` : `    ${(one.share * 100).toFixed(1).padStart(5)} %  ${one.name}`
    )
    .join("\n")
}

const list = (value: string | undefined): ReadonlyArray<string> | undefined =>
  value?.split(",").filter((part) => part !== "")

const positive = (value: string, option: string): number => {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${option} must be a whole number from 1, not "${value}"`)
  return number
}

/** Another client goes first in every run, so that none always has the same neighbours in time. */
const rotated = <A>(items: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const loadClients = async (wanted: ReadonlyArray<string>): Promise<ReadonlyArray<Client>> => {
  const clients: Array<Client> = []
  for (const id of wanted) {
    const client = await Clients.get(id)
    if (client === undefined) throw new Error(`There is no client "${id}". There are: ${Clients.ids.join(", ")}`)
    clients.push(client)
  }
  return clients
}

const pickScenarios = (wanted: ReadonlyArray<string> | undefined): ReadonlyArray<Scenario.Scenario> => {
  const ids = [...Scenario.all.map((scenario) => scenario.id), Scenario.cost.id, Scenario.scheduler.id]
  for (const id of wanted ?? []) {
    if (!ids.includes(id)) throw new Error(`There is no scenario "${id}". There are: ${ids.join(", ")}`)
  }
  return Scenario.all.filter((scenario) => wanted === undefined || wanted.includes(scenario.id))
}

const INTRODUCTION = `# Benchmarks

Measured by \`npm run bench\`, which writes everything between the markers.

\`T*\` is the shortest time in which the jobs can succeed: \`max(0, N - floor(W / c)) * c + one round trip\`, with
\`c = round(W / L)\` for \`L\` requests per \`W\` ms. With others on the bucket, the part after the burst is divided by the
share that they leave. The time is measured at the server, from the arrival of the first request to the moment the last
success leaves. The server is a process of its own and keeps the limit to the millisecond; like the real one, its 429
says that the whole limit is left. Each client is a process of its own, written as its users write it
(\`packages/benchmarks/src/clients\`): those with a queue get all jobs at once, those without get
${Scenario.WORKERS} workers. "Told" is what the client has to be told about the limit beforehand.

A section that was measured by itself says so at its end. The overview always shows one whole run, so the two can differ.
`

/** A document with a place for each section, in order. */
const blank = (): string =>
  ["about", "overview", ...Scenario.all.map((scenario) => scenario.id), Scenario.cost.id, Scenario.scheduler.id].reduce(
    (document, id) => Table.replaceSection(document, id, "_Not measured yet._"),
    INTRODUCTION
  )

const about = (command: string, runs: number, lanes: number): string =>
  [
    `Last run: ${Machine.today()}, ${Machine.words()}.`,
    `\`${command}\`: medians of ${runs} runs, ${lanes === 1 ? "each alone" : `${lanes} clients side by side (cost and scheduler alone)`}.`
  ].join("\n")

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      scenario: { type: "string" },
      client: { type: "string" },
      runs: { type: "string", default: "3" },
      lanes: { type: "string", default: "3" },
      profile: { type: "string" }
    }
  })
  const started = performance.now()
  const wantedScenarios = list(values.scenario)
  const wantedClients = list(values.client)
  const runs = positive(values.runs, "--runs")
  const lanes = positive(values.lanes, "--lanes")
  const scenarios = pickScenarios(wantedScenarios)
  const withCost = wantedScenarios === undefined || wantedScenarios.includes(Scenario.cost.id)
  const withScheduler = wantedScenarios?.includes(Scenario.scheduler.id) ?? wantedClients === undefined
  const clients = await loadClients(wantedClients ?? Clients.ids)
  const limited = clients.filter((client) => client.costOnly !== true)
  const servers = await Promise.all(
    Array.from({ length: Math.max(1, Math.min(lanes, limited.length)) }, () => Processes.startServer())
  )

  for (const scenario of scenarios) {
    if (scenario.sharedStore && !limited.some((client) => client.sharedStore)) {
      say(`!!! ${scenario.id} IS SKIPPED: no client that was asked for has a shared store`)
    }
  }
  const sharing = scenarios.some((scenario) => scenario.sharedStore) && limited.some((client) => client.sharedStore)
  const redisUrl = sharing ? await Processes.startRedis() : undefined
  if (sharing && redisUrl === undefined) {
    say("!!! redis-server is not installed: THE SCENARIO WITH A SHARED STORE IS SKIPPED")
  }
  const taking = (scenario: Scenario.Scenario): ReadonlyArray<Client> =>
    scenario.sharedStore ? limited.filter((client) => client.sharedStore === true && redisUrl !== undefined) : limited

  const results = new Map<string, Array<Run>>()
  const runsOf = (scenario: Scenario.Scenario, client: Client): Array<Run> => {
    const key = `${scenario.id} ${client.id}`
    const there = results.get(key) ?? []
    results.set(key, there)
    return there
  }
  const costs = new Map<string, Array<Report.CostRun>>()
  const schedulers: Array<SchedulerReport> = []

  for (let run = 0; run < runs; run++) {
    for (const scenario of scenarios) {
      for (const group of chunks(rotated(taking(scenario), run), lanes)) {
        // Each run has its own database, so that nothing learnt in one reaches the next.
        const database = redisUrl === undefined ? undefined : `${redisUrl}/${run % 16}`
        const outcomes = await round(scenario, group, servers, 1000 + run, database)
        group.forEach((client, i) => {
          const outcome = outcomes[i]
          if (outcome === undefined) return
          runsOf(scenario, client).push(outcome)
          say(
            `${run + 1}/${runs} ${scenario.id.padEnd(4)} ${client.id.padEnd(20)} ${
              outcome.finished
                ? `${outcome.ratio.toFixed(3)}  ${outcome.refusedPerJob.toFixed(3)} 429 per job`
                : outcome.reason
            }`
          )
        })
      }
    }
    if (withScheduler) {
      try {
        const report = await Processes.measureScheduler(run === 0, SCHEDULER_PATIENCE_MILLIS)
        schedulers.push(report)
        say(
          `${run + 1}/${runs} Scheduler ${report.loads.map((load) => `${load.waiting} waiting: ${load.cpuMicros.toFixed(1)} µs`).join(", ")}`
        )
      } catch (error) {
        say(`${run + 1}/${runs} Scheduler ${String(error)}`)
      }
    }
    const server = servers[0]
    if (!withCost || server === undefined) continue
    for (const client of rotated(
      clients.filter((one) => one.limitOnly !== true),
      run
    )) {
      try {
        const outcome = await costRun(client, server, values.profile)
        costs.set(client.id, [...(costs.get(client.id) ?? []), outcome])
        say(
          `${run + 1}/${runs} Cost ${client.id.padEnd(20)} ${outcome.perSecond.toFixed(0)} per s, ${outcome.cpuMicros.toFixed(0)} µs each`
        )
        if (values.profile !== undefined) say(profileOf(values.profile, client))
      } catch (error) {
        say(`${run + 1}/${runs} Cost ${client.id.padEnd(20)} ${String(error)}`)
      }
    }
  }

  const columns = scenarios.map((scenario) => ({
    scenario,
    lines: taking(scenario).map((client) => ({ client, summary: Result.summarise(runsOf(scenario, client)) }))
  }))
  const sections: Array<readonly [id: string, content: string]> = columns.map(({ lines, scenario }) => [
    scenario.id,
    scenario.sharedStore && sharing && redisUrl === undefined
      ? `### ${scenario.id}: ${scenario.title}\n\n**Skipped: \`redis-server\` is not installed on this machine.**`
      : Report.scenario(scenario, lines)
  ])
  if (withCost) {
    sections.push([
      Scenario.cost.id,
      Report.cost(
        clients.flatMap((client) => {
          const there = costs.get(client.id)
          return there === undefined ? [] : [{ client, runs: there }]
        })
      )
    ])
  }
  if (schedulers.length > 0) sections.push([Scenario.scheduler.id, Report.scheduler(schedulers)])
  if (columns.length > 1) sections.unshift(["overview", Report.overview(clients, columns)])

  process.stdout.write(`${sections.map(([, content]) => content).join("\n\n")}\n`)
  const whole = wantedScenarios === undefined
  if (wantedClients === undefined) {
    const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ")
    // Only scenarios run side by side; cost and scheduler are always measured alone.
    const stamp = about(command, runs, scenarios.length === 0 ? 1 : lanes)
    let document = Fs.existsSync(DOCUMENT) ? Fs.readFileSync(DOCUMENT, "utf8") : blank()
    if (whole) document = Table.replaceSection(document, "about", stamp)
    for (const [id, content] of sections) {
      // A section measured by itself says when and how, and leaves the others alone.
      if (whole) document = Table.replaceSection(document, id, content)
      else if (id !== "overview") document = Table.replaceSection(document, id, `${content}\n\n${stamp}`)
    }
    Fs.mkdirSync(Path.dirname(DOCUMENT), { recursive: true })
    Fs.writeFileSync(DOCUMENT, document)
    say(`Written to ${DOCUMENT}`)
  } else {
    say("Only some clients were measured, so nothing was written to docs/benchmarks.md.")
  }
  say(`${Math.round((performance.now() - started) / 1000)} s`)
}

process.on("exit", Processes.stopAll)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130))

main().then(
  () => process.exit(0),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
)
