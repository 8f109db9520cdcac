/**
 * A job of a million links, with a ledger and without: `npm run bench -- bulk [--links 1000000]`. Each runs in a
 * process of its own against an unlimited fake in yet another, so that memory and CPU are the job's alone. Prints the
 * table, and from 100 000 links on writes it into `docs/bulk.md`.
 */
import { type ChildProcess, fork } from "node:child_process"
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
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Machine from "./Machine.js"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/bulk.md", import.meta.url))

/** Links of each chain. */
const LINKS = 3

/** The limit of V8's heap: a job whose memory grew with its plan would die. */
const HEAP_MIB = 96

const FULL = 1_000_000

/** A smaller job is a try, and shows mostly its start. */
const WORTH_WRITING = 100_000

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
  /** Before the job begins: the runtime and the code. */
  readonly beforeMiB: number
  readonly peakMiB: number
  readonly confirmed: number
  readonly applied: number
}

const mib = (bytes: number): number => bytes / 1024 / 1024

/** Fills the world and writes the plan, chain after chain. */
const prepare = (fake: FakeFrameioServer.Service, chains: number, plan: string): void => {
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

/** The chains of that plan, read as needed. */
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

const count = <E, R>(events: Stream.Stream<BatchEvent.BatchEvent, E, R>) =>
  Stream.runFold(events, BatchProgress.empty, BatchProgress.add)

interface Fake {
  readonly baseUrl: string
  /** How many links the file of pairs has. */
  readonly links: number
}

const planIn = (folder: string): string => Path.join(folder, "plan.csv")

/** Fills a world, writes its plan, and says where it listens; then says on request how many versions were made. */
const serve = (links: number, folder: string) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameioServer.make({
      limits: { "assets.version": { limit: 100_000, windowMillis: 1000 }, "*": "unlimited" },
      payload: "slim",
      journal: 0
    })
    const chains = Math.floor(links / LINKS)
    prepare(fake, chains, planIn(folder))
    process.on("message", () => process.send?.(fake.journal.counts("assets.version").applied))
    process.send?.({ baseUrl: fake.baseUrl, links: chains * LINKS } satisfies Fake)
    return yield* Effect.never
  }).pipe(Effect.scoped)

const job = (mode: Mode, { baseUrl, links: total }: Fake, folder: string) =>
  Effect.gen(function* () {
    const chains = total / LINKS
    const plan = planIn(folder)
    const file = Path.join(folder, "job.db")
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
          confirmed = counts.confirmed
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const ledger = yield* Ledger.make({ file })
          yield* measured("recognize the plan", total, ledger.takePlan(bytes))
          const counts = yield* measured(
            "run from the middle",
            total - half,
            count(BatchJob.run()).pipe(Effect.provideService(Ledger.Ledger, ledger))
          )
          confirmed = counts.confirmed
        })
      )
    }
    return {
      mode,
      steps,
      beforeMiB,
      peakMiB: process.resourceUsage().maxRSS / 1024,
      confirmed
    }
  }).pipe(
    Effect.provide(
      Repository.layerV2.pipe(
        Layer.provideMerge(FrameioClient.layer({ baseUrl, token: Redacted.make(FakeFrameio.token) })),
        Layer.provide(UndiciHttpClient.layer),
        Layer.provideMerge(NodeContext.layer)
      )
    )
  )

const start = (what: Mode | "fake", links: number, folder: string, execArgv: ReadonlyArray<string>) =>
  fork(fileURLToPath(import.meta.url), ["--mode", what, "--links", String(links), "--folder", folder], {
    execArgv: [...execArgv]
  })

const answerOf = <A>(process: ChildProcess, what: string): Promise<A> =>
  new Promise((resolve, reject) => {
    process.once("message", (message) => resolve(message as A))
    process.once("exit", (code) => reject(new Error(`the ${what} ended with ${code}`)))
  })

const measure = async (mode: Mode, links: number): Promise<Outcome> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-frameio-bulk-"))
  const fake = start("fake", links, folder, [])
  try {
    const at = await answerOf<Fake>(fake, "fake")
    const running = start(mode, links, folder, [`--max-old-space-size=${HEAP_MIB}`])
    running.send(at)
    const outcome = await answerOf<Omit<Outcome, "applied">>(running, `${mode} run`)
    fake.send("applied")
    return { ...outcome, applied: await answerOf<number>(fake, "fake") }
  } finally {
    fake.kill("SIGKILL")
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
    `The ledger costs ${Table.fixed(overhead, 0)} µs of CPU per link in all: taking the plan in, writing before and after`,
    "each call, and recognizing the plan again.",
    "",
    `${outcomes.map((one) => `${one.mode === "ledger" ? "With" : "Without"}: ${Table.grouped(one.confirmed)} confirmed, ${Table.grouped(one.applied)} made by the fake.`).join(" ")}`,
    "",
    `${Machine.words()}.`
  ].join("\n")
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { links: { type: "string", default: String(FULL) }, mode: { type: "string" }, folder: { type: "string" } }
  })
  const links = Number(values.links)
  if (!Number.isInteger(links) || links < LINKS)
    throw new Error(`--links is ${values.links}; it must be ${LINKS} or more`)
  const { folder, mode } = values
  if (folder !== undefined && mode === "fake") return Effect.runPromise(serve(links, folder))
  if (folder !== undefined && (mode === "ledger" || mode === "plain")) {
    const fake = await new Promise<Fake>((resolve) => process.once("message", (message) => resolve(message as Fake)))
    process.send?.(await Effect.runPromise(job(mode, fake, folder)))
    return
  }
  const outcomes = await Promise.all([measure("plain", links), measure("ledger", links)])
  const text = table(links, outcomes)
  process.stdout.write(`${text}\n`)
  if (links >= WORTH_WRITING)
    Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "bulk", text))
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
)
