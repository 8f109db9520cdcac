/** A client process: loads one client, says that it is ready, does its jobs when told, and reports. */
import type { Call, Instance } from "./Client.js"
import * as Clients from "./clients/index.js"
import type { FromWorker, ToWorker, WorkerReport, WorkerRun } from "./Protocol.js"
import { assetId, monotonic, nextAssetId } from "./Protocol.js"

const send = (message: FromWorker): void => {
  process.send?.(message)
}

const callOf = (job: number, urgent: boolean): Call => ({
  assetId: assetId(job, urgent),
  nextAssetId: nextAssetId(job),
  urgent
})

/** Hands over all calls at once, or so many at a time, and resolves with the reasons of those that were given up. */
const submitAll = async (
  instance: Instance,
  calls: ReadonlyArray<Call>,
  concurrency: number | undefined
): Promise<ReadonlyArray<unknown>> => {
  if (instance.submitAll !== undefined) return instance.submitAll(calls, concurrency)
  const reasons: Array<unknown> = []
  const submit = (call: Call): Promise<unknown> =>
    instance.submit(call).catch((reason: unknown) => reasons.push(reason))
  if (concurrency === undefined) {
    await Promise.all(calls.map(submit))
    return reasons
  }
  let next = 0
  const work = async (): Promise<void> => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) await submit(call)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return reasons
}

const reportOf = (
  reasons: ReadonlyArray<unknown>,
  started: number,
  cpu: NodeJS.CpuUsage,
  urgent: Record<string, number>
): WorkerReport => {
  const elapsedMillis = monotonic() - started
  const used = process.cpuUsage(cpu)
  return {
    failed: reasons.length,
    reason: reasons.length === 0 ? undefined : String(reasons[0]),
    elapsedMillis,
    cpuMicros: used.user + used.system,
    urgent
  }
}

const calls = (first: number, count: number): ReadonlyArray<Call> =>
  Array.from({ length: count }, (_, i) => callOf(first + i, false))

const runLimit = async (instance: Instance, run: WorkerRun): Promise<WorkerReport> => {
  const urgent: Record<string, number> = {}
  const urgentDone: Array<Promise<unknown>> = []
  const urgentReasons: Array<unknown> = []
  const started = monotonic()
  const cpu = process.cpuUsage()
  const timer =
    run.urgentEveryMillis === 0
      ? undefined
      : setInterval(() => {
          const call = callOf(urgentDone.length, true)
          urgent[call.assetId] = monotonic()
          urgentDone.push(instance.submit(call).catch((reason: unknown) => urgentReasons.push(reason)))
        }, run.urgentEveryMillis)
  const reasons = await submitAll(instance, calls(run.firstJob, run.jobs), undefined)
  clearInterval(timer)
  await Promise.all(urgentDone)
  return reportOf([...reasons, ...urgentReasons], started, cpu, urgent)
}

const runCost = async (instance: Instance, run: WorkerRun): Promise<WorkerReport> => {
  await submitAll(instance, calls(run.firstJob + run.jobs, run.warmUp), run.concurrency)
  const all = calls(run.firstJob, run.jobs)
  const started = monotonic()
  const cpu = process.cpuUsage()
  return reportOf(await submitAll(instance, all, run.concurrency), started, cpu, {})
}

const prepare = async (run: WorkerRun): Promise<() => Promise<void>> => {
  const client = await Clients.get(run.client)
  if (client === undefined) throw new Error(`There is no client "${run.client}"`)
  const instance = await client.make(run)
  return async () => {
    const report = await (run.mode === "cost" ? runCost(instance, run) : runLimit(instance, run))
    await instance.close?.()
    send({ type: "done", report })
  }
}

const broken = (error: unknown): void =>
  send({ type: "broken", reason: error instanceof Error ? (error.stack ?? String(error)) : String(error) })

let start: () => Promise<void> = async () => {}

process.on("message", (message: ToWorker) => {
  if (message.type === "prepare") {
    prepare(message.run).then((ready) => {
      start = ready
      send({ type: "ready" })
    }, broken)
  } else {
    start().catch(broken)
  }
})

// Ends with its parent.
process.on("disconnect", () => process.exit(0))
process.on("unhandledRejection", broken)
