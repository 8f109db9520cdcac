/**
 * A job of a million links, with a ledger and without: `npm run bench -- bulk [--links 1000000]`. Each in a process of
 * its own, against an unlimited fake in that process, so that memory and CPU are the job's and the fake's. Prints the
 * table, and writes it into `docs/bulk.md`.
 */
import { fork } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as BatchJob from "@effect-frameio/batch/BatchJob"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import * as Ledger from "@effect-frameio/batch/Ledger"
import * as PlanSource from "@effect-frameio/batch/PlanSource"
import type * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/bulk.md", import.meta.url))

/** Links of each chain. */
const LINKS = 3

/** What V8's heap is held to: a job whose memory grew with its plan would die of it. */
const HEAP_MIB = 96

type Mode = "ledger" | "plain"

interface Step {
  readonly name: string
  readonly links: number
  readonly cpuMicros: number
  readonly wallMillis: number
}

interface Outcome {
  readonly mode: Mode
  readonly steps: ReadonlyArray<Step>
  /** When the job begins: the runtime, the code and the fake's world. */
  readonly beforeMiB: number
  readonly peakMiB: number
  readonly confirmed: number
  readonly applied: number
}

const mib = (bytes: number): number => bytes / 1024 / 1024

/** Fills the world and writes the plan, chain after chain. */
const prepare = (fake: FakeFrameio.Service, chains: number, plan: string): void => {
  const file = Fs.openSync(plan, "w")
  let text = "asset_id,next_asset_id,name\n"
  for (let chain = 0; chain < chains; chain++) {
    const target = fake.world.addFile({ name: "shot_v001.mov" })
    for (let link = 0; link < LINKS; link++) {
      text += `${target},${fake.world.addFile({ name: "shot_v002.mov" })},shot_${chain}_v00${link + 2}.mov\n`
    }
    if (text.length > 1_000_000) {
      Fs.writeSync(file, text)
      text = ""
    }
  }
  Fs.writeSync(file, text)
  Fs.closeSync(file)
}

/** The chains of that plan, read as they are wanted. */
function* chainsOf(plan: string): Generator<VersionPlan.Chain> {
  const file = Fs.openSync(plan, "r")
  const buffer = Buffer.alloc(256 * 1024)
  let rest = ""
  let index = 0
  let isHeader = true
  let links: Array<VersionPlan.Link> = []
  for (let read = Fs.readSync(file, buffer); read > 0; read = Fs.readSync(file, buffer)) {
    const lines = (rest + buffer.toString("latin1", 0, read)).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      if (isHeader) {
        isHeader = false
        continue
      }
      const [assetId, nextAssetId] = line.split(",") as [AssetId, AssetId]
      links.push({ line: index * LINKS + links.length + 2, assetId, nextAssetId, fields: undefined })
      if (links.length < LINKS) continue
      yield { index: index++, target: links[0]?.assetId ?? assetId, links }
      links = []
    }
  }
  Fs.closeSync(file)
}

/** With no network to wait for, nothing else would let the event loop turn, and native memory would never be let go. */
const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const count = <E, R>(events: Stream.Stream<BatchEvent.BatchEvent, E, R>) =>
  Stream.runFoldEffect(events, BatchProgress.empty, (progress, event) => {
    const next = BatchProgress.add(progress, event)
    return event._tag === "Confirmed" && next.confirmed % 100 === 0 ? Effect.as(turn, next) : Effect.succeed(next)
  })

const job = (mode: Mode, links: number, folder: string) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const chains = Math.floor(links / LINKS)
    const total = chains * LINKS
    const plan = Path.join(folder, "plan.csv")
    const file = Path.join(folder, "job.db")
    prepare(fake, chains, plan)
    const bytes = PlanSource.file(plan)
    const beforeMiB = mib(process.memoryUsage().rss)

    const steps: Array<Step> = []
    const measured = <A, E, R>(name: string, of: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const cpu = process.cpuUsage()
        const begun = performance.now()
        return Effect.tap(effect, () =>
          Effect.sync(() => {
            const used = process.cpuUsage(cpu)
            const wallMillis = performance.now() - begun
            steps.push({ name, links: of, cpuMicros: (used.user + used.system) / of, wallMillis })
          })
        )
      })

    let confirmed = 0
    if (mode === "plain") {
      const counts = yield* measured(
        "run",
        total,
        count(BatchRunner.runChains(Stream.fromIterable(chainsOf(plan)), { links: total, chains }))
      )
      confirmed = counts.confirmed
    } else {
      const half = Math.floor(total / 2)
      const halfway = yield* Deferred.make<void>()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const ledger = yield* Ledger.make({ file })
          yield* measured("plan", total, ledger.takePlan(bytes))
          let done = 0
          const counts = yield* measured(
            "run to the middle",
            half,
            count(
              BatchJob.run({ stop: Deferred.await(halfway) }).pipe(
                Stream.tap((event) =>
                  event._tag === "Confirmed" && ++done === half ? Deferred.succeed(halfway, undefined) : Effect.void
                )
              )
            ).pipe(Effect.provideService(Ledger.Ledger, ledger))
          )
          confirmed += counts.confirmed
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const ledger = yield* Ledger.make({ file })
          yield* measured("know the plan again", total, ledger.takePlan(bytes))
          const counts = yield* measured(
            "run from the middle",
            total - half,
            count(BatchJob.run()).pipe(Effect.provideService(Ledger.Ledger, ledger))
          )
          confirmed += counts.confirmed
        })
      )
    }
    return {
      mode,
      steps,
      beforeMiB,
      peakMiB: process.resourceUsage().maxRSS / 1024,
      confirmed,
      applied: fake.journal.counts("assets.version").applied
    }
  }).pipe(
    Effect.provide([
      Layer.provideMerge(
        Repository.layerV2,
        FakeFrameio.layerClient({
          limits: { "assets.version": { limit: 100_000, windowMillis: 1000 }, "*": "unlimited" },
          payload: "slim",
          journal: 0
        })
      ),
      NodeContext.layer
    ])
  )

const child = async (mode: Mode, links: number): Promise<Outcome> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-frameio-bulk-"))
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const running = fork(
        fileURLToPath(import.meta.url),
        ["--mode", mode, "--links", String(links), "--folder", folder],
        { execArgv: [`--max-old-space-size=${HEAP_MIB}`] }
      )
      running.once("message", (outcome) => resolve(outcome as Outcome))
      running.once("exit", (code) => reject(new Error(`the ${mode} run ended with ${code}`)))
    })
  } finally {
    Fs.rmSync(folder, { recursive: true, force: true })
  }
}

const table = (links: number, outcomes: ReadonlyArray<Outcome>): string => {
  const cpu = (mode: Mode): number =>
    outcomes.find((one) => one.mode === mode)?.steps.reduce((sum, step) => sum + step.cpuMicros * step.links, 0) ?? 0
  const overhead = (cpu("ledger") - cpu("plain")) / links
  return [
    Table.render(
      ["", "step", "links", "CPU per link", "time", "memory before", "peak"],
      outcomes.flatMap((outcome) =>
        outcome.steps.map((step, n) => [
          n === 0 ? (outcome.mode === "ledger" ? "**with a ledger**" : "without") : "",
          step.name,
          Table.grouped(step.links),
          `${Table.fixed(step.cpuMicros, 0)} µs`,
          `${Table.fixed(step.wallMillis / 1000, 1)} s`,
          n === 0 ? `${Table.fixed(outcome.beforeMiB, 0)} MiB` : "",
          n === 0 ? `${Table.fixed(outcome.peakMiB, 0)} MiB` : ""
        ])
      )
    ),
    "",
    `The ledger costs ${Table.fixed(overhead, 0)} µs of CPU per link in all: taking the plan in, writing before and after each call, knowing the plan again.`,
    `${outcomes.map((one) => `${one.mode === "ledger" ? "With" : "Without"}: ${Table.grouped(one.confirmed)} confirmed, ${Table.grouped(one.applied)} made by the fake.`).join(" ")}`,
    "",
    `Node ${process.version}, ${Os.cpus().length} × ${Os.cpus()[0]?.model ?? "?"}.`
  ].join("\n")
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { links: { type: "string", default: "1000000" }, mode: { type: "string" }, folder: { type: "string" } }
  })
  const links = Number(values.links)
  if (!Number.isInteger(links) || links < LINKS)
    throw new Error(`--links is ${values.links}; it must be ${LINKS} or more`)
  const { folder, mode } = values
  if (folder !== undefined && (mode === "ledger" || mode === "plain")) {
    process.send?.(await Effect.runPromise(job(mode, links, folder)))
    return
  }
  const outcomes = await Promise.all([child("plain", links), child("ledger", links)])
  const text = table(links, outcomes)
  process.stdout.write(`${text}\n`)
  Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "bulk", text))
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
)
