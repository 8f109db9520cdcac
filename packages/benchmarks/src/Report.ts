/**
 * The report's sections. Pure.
 *
 * @since 0.1.0
 */
import type { Client } from "./Client.js"
import type { SchedulerReport } from "./Protocol.js"
import type { Summary } from "./Result.js"
import * as Scenario from "./Scenario.js"
import * as Table from "./Table.js"
import * as Yardstick from "./Yardstick.js"

/**
 * One client's line in a scenario's table.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly client: Client
  readonly summary: Summary
}

/**
 * The result of one run of the cost scenario.
 *
 * @since 0.1.0
 * @category models
 */
export interface CostRun {
  readonly perSecond: number
  readonly cpuMicros: number
}

/**
 * One client's line in the cost table.
 *
 * @since 0.1.0
 * @category models
 */
export interface CostLine {
  readonly client: Client
  readonly runs: ReadonlyArray<CostRun>
}

const refusals = (summary: Summary): string =>
  summary.refused === 0 ? "none" : Table.fixed(summary.refusedPerJob, summary.refusedPerJob < 0.0095 ? 3 : 2)

const unfinished = (summary: Summary): string =>
  summary.unfinished.length === 0 ? "" : ` (${summary.unfinished.length} of ${summary.runs} did not finish)`

const percent = (value: number): string => (Number.isFinite(value) ? `${Table.fixed(value * 100, 0)} %` : "–")

/**
 * The table of one scenario.
 *
 * @since 0.1.0
 * @category sections
 */
export const scenario = (scenario: Scenario.Scenario, lines: ReadonlyArray<Line>): string => {
  const shared = scenario.foreign.kind !== "none"
  const urgent = scenario.urgentEveryMillis > 0
  const head = [
    "client",
    "told",
    "time / T*",
    "lowest – highest",
    "429 per job",
    ...(shared ? ["others refused", "others' part of the rate"] : []),
    ...(urgent ? ["urgent: median wait", "urgent: longest wait"] : [])
  ]
  const rows = lines.map(({ client, summary }) => [
    client.title,
    client.told,
    Table.fixed(summary.ratio, 3) + unfinished(summary),
    `${Table.fixed(summary.lowest, 3)} – ${Table.fixed(summary.highest, 3)}`,
    refusals(summary),
    ...(shared ? [percent(summary.foreignRefused), percent(summary.foreignShare)] : []),
    ...(urgent ? [`${Table.fixed(summary.urgentMedian, 1)} ms`, `${Table.grouped(summary.urgentLongest)} ms`] : [])
  ])
  const jobs = scenario.jobs
  const shortest = Yardstick.shortestMillis(scenario, jobs)
  return [
    `### ${scenario.id}: ${scenario.title}`,
    `${urgent ? "Without the urgent calls" : "Here"} \`T*\` is ${Table.grouped(shortest)} ms. The goal for ours: ${scenario.goal}.`,
    lines.length === 0 ? "_No client that takes part was there._" : Table.render(head, rows),
    ...lines.flatMap(({ client, summary }) =>
      summary.unfinished.slice(0, 1).map((reason) => `${client.title} did not finish: ${reason.split("\n")[0]}`)
    )
  ].join("\n\n")
}

/**
 * All scenarios in one table: time over `T*`, then 429 per job.
 *
 * @since 0.1.0
 * @category sections
 */
export const overview = (
  clients: ReadonlyArray<Client>,
  columns: ReadonlyArray<{ readonly scenario: Scenario.Scenario; readonly lines: ReadonlyArray<Line> }>
): string => {
  const rows = clients
    .filter((client) => client.costOnly !== true)
    .map((client) => [
      client.title,
      ...columns.map(({ lines, scenario }) => {
        const summary = lines.find((line) => line.client.id === client.id)?.summary
        if (summary === undefined) return "–"
        const extra =
          scenario.foreign.kind === "page"
            ? `, page ${percent(summary.foreignRefused)}`
            : scenario.urgentEveryMillis > 0
              ? `, waits ${Table.fixed(summary.urgentMedian, 0)} ms`
              : ""
        return `${Table.fixed(summary.ratio, 3)}, ${refusals(summary)}${extra}`
      })
    ])
  return [
    "### All scenarios",
    "Time over `T*`, then 429 per job; in C1 also the share of the page's requests that was refused, in C2 the median wait of\nan urgent call.",
    Table.render(["client", ...columns.map(({ scenario }) => scenario.id)], rows)
  ].join("\n\n")
}

/**
 * The cost table, against bare `fetch` in the same run.
 *
 * @since 0.1.0
 * @category sections
 */
export const cost = (lines: ReadonlyArray<CostLine>): string => {
  const middle = (line: CostLine, pick: (run: CostRun) => number): number => Yardstick.median(line.runs.map(pick))
  const fetchLine = lines.find((line) => line.client.id === "bare-fetch")
  const base = fetchLine === undefined ? Number.NaN : middle(fetchLine, (run) => run.perSecond)
  const rows = lines.map((line) => {
    const perSecond = middle(line, (run) => run.perSecond)
    return [
      line.client.title,
      Table.grouped(perSecond),
      `${Table.grouped(middle(line, (run) => run.cpuMicros))} µs`,
      Table.fixed(perSecond / base, 2)
    ]
  })
  return [
    `### ${Scenario.cost.id}: ${Scenario.cost.title}`,
    `The goal for ours: ${Scenario.cost.goal}.`,
    Table.render(["client", "requests per s", "CPU per request", "× bare `fetch`"], rows)
  ].join("\n\n")
}

const mebibytes = (bytes: number | undefined): string => `${Table.fixed((bytes ?? Number.NaN) / 1_048_576, 1)} MiB`

/**
 * The table of the scheduler itself.
 *
 * @since 0.1.0
 * @category sections
 */
export const scheduler = (reports: ReadonlyArray<SchedulerReport>): string => {
  const waiting = reports[0]?.loads.map((load) => load.waiting) ?? []
  const middle = (pick: (report: SchedulerReport) => number | undefined): number =>
    Yardstick.median(reports.map((report) => pick(report) ?? Number.NaN))
  const micros = (value: number): string => `${Table.fixed(value, 1)} µs`
  const rows = waiting.map((count, i) => {
    const all = middle((report) => report.loads[i]?.cpuMicros)
    const queue = middle((report) => report.loads[i]?.queueMicros)
    return [Table.grouped(count), micros(all), micros(queue), micros(all - queue)]
  })
  const bare = Table.fixed(
    middle((report) => report.bareMicros),
    1
  )
  const heap = reports.find((report) => report.heap.length > 0)?.heap ?? []
  return [
    `### ${Scenario.scheduler.id}: ${Scenario.scheduler.title}`,
    [
      `The goal: ${Scenario.scheduler.goal}. The same loop without a scheduler takes ${bare} µs per request,`,
      "which is not subtracted. More waiting requests cost more because of V8's collector and the caches: waiting fibers are copied,",
      "whoever keeps them."
    ].join("\n"),
    Table.render(
      ["waiting requests", "CPU per request", "in a plain queue that requests can leave", "the scheduler's own share"],
      rows
    ),
    `Heap after collection: ${mebibytes(heap[0])} after 100 000 requests, ${mebibytes(heap[heap.length - 1])} after a million.`
  ].join("\n\n")
}
