/**
 * Jobs over V4 that are killed with SIGKILL at random moments, beside a server that loses answers, fails before and
 * after the change, and for a while shows the state before it: `npm run bench -- kills [--kills 200]`. Each run is a
 * process of its own with the ledger of the last. Prints the table, and writes it into `docs/v4.md`.
 */
import { type ChildProcess, fork } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as BatchJob from "@effect-frameio/batch/BatchJob"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import * as Ledger from "@effect-frameio/batch/Ledger"
import * as PlanSource from "@effect-frameio/batch/PlanSource"
import * as V4Client from "@effect-frameio/core/V4Client"
import * as RepositoryV4 from "@effect-frameio/stacks/RepositoryV4"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as Seed from "@effect-frameio/testing/Seed"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/v4.md", import.meta.url))

/** Kills per job. */
const KILLS_PER_JOB = 10

/** One request makes a stack of ten files, which grows by three more. */
const SHOTS = 12
const VERSIONS = 13

const STALE_MILLIS = 300

/** After this, a lost change can no longer be made, and reads are fresh again. */
const SETTLE = "1 second"

/** Runs of a job after its last kill: a link that failed five times in a row by chance is tried again. */
const LAST_RUNS = 4

interface Options {
  readonly baseUrl: string
  readonly plan: string
  readonly ledger: string
}

/** One run of a job; reports each event, so that it can be killed after any, and at the end whether all is in place. */
const job = ({ baseUrl, ledger: file, plan }: Options) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger.make({ file })
    yield* ledger.takePlan(PlanSource.file(plan))
    const counts = yield* BatchJob.run({ settleAfter: SETTLE, retryFailed: true }).pipe(
      Stream.tap((event) =>
        Effect.sync(() => {
          process.send?.("event")
          if (event._tag === "Failed") process.stderr.write(`${event.error.message}\n`)
        })
      ),
      Stream.runFold(BatchProgress.empty, BatchProgress.add),
      Effect.provideService(Ledger.Ledger, ledger)
    )
    return counts.failed === 0 && counts.skipped === 0
  }).pipe(
    Effect.scoped,
    Effect.provide(
      RepositoryV4.layer.pipe(
        Layer.provide(V4Client.layer({ baseUrl, token: Redacted.make(FakeFrameio.token) })),
        Layer.provide(UndiciHttpClient.layer),
        Layer.provideMerge(NodeContext.layer)
      )
    )
  )

interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

/** Runs a job, and kills it after so many events and so many ms. */
const run = (options: Options, kill: { readonly events: number; readonly millis: number } | undefined) =>
  Effect.async<Ended>((resume) => {
    const args = ["--base-url", options.baseUrl, "--plan", options.plan, "--ledger", options.ledger]
    const child: ChildProcess = fork(fileURLToPath(import.meta.url), args)
    let seen = 0
    child.on("message", () => {
      if (kill !== undefined && ++seen > kill.events) setTimeout(() => child.kill("SIGKILL"), kill.millis)
    })
    child.on("exit", (code, signal) => resume(Effect.succeed({ code, signal })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

interface Counted {
  readonly kills: number
  readonly right: number
  readonly creates: number
  readonly moves: number
}

const NOTHING: Counted = { kills: 0, right: 0, creates: 0, moves: 0 }

const plus = (one: Counted, other: Counted): Counted => ({
  kills: one.kills + other.kills,
  right: one.right + other.right,
  creates: one.creates + other.creates,
  moves: one.moves + other.moves
})

const perSecond = RateLimiter.perSecond(40)

/** A job with its server and its kills, and the result. */
const killed = (
  seed: number,
  unknowns: { readonly childrenOrder: "newest-first" | "oldest-first"; readonly lastVersion: "keep-stack" | "dissolve" }
) =>
  Effect.gen(function* () {
    const random = Random.make(seed)
    const { childrenOrder, lastVersion } = unknowns
    const fake = yield* FakeFrameioServer.make({
      seed,
      unknowns: { lastVersion },
      v4: { childrenOrder, readAfterWriteMillis: STALE_MILLIS },
      limits: { "versionStacks.create": perSecond, "files.move": perSecond, "*": "unlimited" },
      faults: FaultPlan.combine(
        FaultPlan.latency({ millis: 15, jitterMillis: 15 }),
        FaultPlan.random({
          seed,
          answerLost: 0.04,
          requestLost: 0.02,
          errorBefore: 0.02,
          errorAfter: 0.03,
          connectionRefused: 0.02
        })
      )
    })
    const seeded = Seed.shots(fake.world, { shots: SHOTS, versions: VERSIONS })
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-frameio-kills-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
    )
    const options = { baseUrl: fake.baseUrl, plan: Path.join(folder, "plan.csv"), ledger: Path.join(folder, "job.db") }
    const rows = Seed.pairs(seeded).map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`)
    Fs.writeFileSync(options.plan, ["asset_id,next_asset_id", ...rows, ""].join("\n"))

    let kills = 0
    for (let n = 0; n < KILLS_PER_JOB; n++) {
      const kill = { events: yield* random.nextIntBetween(0, 60), millis: yield* random.nextIntBetween(0, 80) }
      const ended = yield* run(options, kill)
      if (ended.signal === "SIGKILL") kills++
      if (ended.code === 0) break
    }
    let last = yield* run(options, undefined)
    for (let n = 1; n < LAST_RUNS && last.code !== 0; n++) last = yield* run(options, undefined)
    const right = seeded.shots.filter(({ versions }) => {
      const found = fake.world.stackOf(versions[0] ?? "")?.versions ?? []
      return found.length === versions.length && versions.every((id, index) => found[index] === id)
    })
    return {
      kills,
      right: last.code === 0 ? right.length : 0,
      creates: fake.journal.counts("versionStacks.create").applied,
      moves: fake.journal.counts("files.move").applied
    }
  }).pipe(Effect.scoped)

const measure = (wanted: number) =>
  Effect.gen(function* () {
    const rows: Array<ReadonlyArray<string>> = []
    let seed = 1
    for (const childrenOrder of ["newest-first", "oldest-first"] as const) {
      for (const lastVersion of ["keep-stack", "dissolve"] as const) {
        let all = NOTHING
        let jobs = 0
        while (all.kills < wanted / 4) {
          all = plus(all, yield* killed(seed++, { childrenOrder, lastVersion }))
          jobs++
        }
        rows.push([
          `${childrenOrder}, ${lastVersion}`,
          String(all.kills),
          `${all.right} of ${jobs * SHOTS}`,
          `${all.creates} of ${jobs * SHOTS}`,
          `${all.moves} of ${jobs * SHOTS * (VERSIONS - 10)}`
        ])
      }
    }
    return Table.render(["V6", "SIGKILLs", "stacks whole, in order", "stacks made", "files moved on top"], rows)
  })

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    "base-url": { type: "string" },
    plan: { type: "string" },
    ledger: { type: "string" }
  }
})

const { "base-url": baseUrl, kills, ledger, plan } = values

const isWorker = baseUrl !== undefined && plan !== undefined && ledger !== undefined

const program = async (): Promise<number> => {
  if (isWorker) return (await Effect.runPromise(job({ baseUrl, plan, ledger }))) ? 0 : 1
  const table = await Effect.runPromise(measure(Number(kills)))
  process.stdout.write(`${table}\n`)
  Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "v4-kills", table))
  return 0
}

program().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
)
