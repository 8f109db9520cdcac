/**
 * The real program, killed by `strace` at single system calls of its ledger: each sync, write, cut and unlink of making one
 * and of a run. `KILLS` says at how many of them; a few by default, spread over the run.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, Seed } from "@effect-frameio/testing"
import { Effect } from "effect"
import { build, program } from "./program.js"

/** Each takes several seconds, and they share one time limit. */
const MOST = 40

const KILLS = Math.min(MOST, Number(process.env.KILLS ?? "3"))

const SHOTS = 2
const VERSIONS = 3

const CALLS = ["fsync", "fdatasync", "pwrite64", "ftruncate", "unlink"]

const works =
  spawnSync("strace", ["-f", "-o", "/dev/null", "-e", "trace=fsync", process.execPath, "-e", "0"]).status === 0
if (!works) console.warn("SKIPPED: strace is missing or may not trace here; no kills at single system calls")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-frameio-kill-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A job at a server of its own. */
const job = Effect.gen(function* () {
  const server = yield* FakeFrameioServer.make({ payload: "slim", limits: { "*": "unlimited" } })
  const seeded = Seed.shots(server.world, { shots: SHOTS, versions: VERSIONS })
  const path = yield* folder
  const plan = join(path, "plan.csv")
  const ledger = join(path, "job.db")
  const pairs = Seed.pairs(seeded).map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`)
  writeFileSync(plan, ["asset_id,next_asset_id", ...pairs].join("\n"))
  const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
  const args = ["batch", "run", plan, "--ledger", ledger, "--settle-after", "0"]
  const paths = ["", "-journal", "-wal", ".lock", ".lock-journal"].flatMap((end) => ["-P", `${ledger}${end}`])
  const traced = (log: string, ...injected: ReadonlyArray<string>) =>
    program(args, {
      env,
      under: ["strace", "-f", "-o", log, "-e", `trace=${CALLS.join(",")}`, ...paths, ...injected]
    })
  return { server, seeded, path, ledger, env, args, traced }
})

describe.skipIf(!works)("killed at single system calls of the ledger", () => {
  beforeAll(build, 60_000)

  it.scopedLive(
    "goes on with the same command: every version once, and in order",
    () =>
      Effect.gen(function* () {
        const whole = yield* job
        const log = join(whole.path, "trace")
        assert.strictEqual((yield* whole.traced(log)).code, 0)
        const seen = CALLS.map((call) => {
          const count = readFileSync(log, "utf8").match(new RegExp(`\\b${call}\\(`, "g"))?.length ?? 0
          return { call, count }
        })
        const points = seen.flatMap(({ call, count }) => Array.from({ length: count }, (_, n) => ({ call, at: n + 1 })))
        assert.isAbove(points.length, 20, JSON.stringify(seen))
        const step = Math.max(1, points.length / KILLS)
        const chosen = Array.from({ length: Math.min(KILLS, points.length) }, (_, n) => points[Math.floor(n * step)])
        let killed = 0
        for (const point of chosen) {
          if (point === undefined) continue
          const { call, at } = point
          yield* Effect.scoped(
            Effect.gen(function* () {
              const { args, env, ledger, path, seeded, server, traced } = yield* job
              const cut = yield* traced(join(path, "trace"), "-e", `inject=${call}:signal=SIGKILL:when=${at}`)
              if (cut.code !== 0) killed += 1
              const where = `${call} ${at}`
              const after = yield* program(args, { env })
              assert.strictEqual(after.code, 0, `${where}: ${after.err}`)
              for (const { versions } of seeded.shots) {
                assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions, where)
              }
              const applied = server.journal.of("assets.version").filter((one) => one.applied)
              assert.strictEqual(applied.length, SHOTS * (VERSIONS - 1), where)
              const status = yield* program(["batch", "status", "--ledger", ledger], {})
              assert.strictEqual(status.code, 0, `${where}: ${status.err}`)
            })
          )
        }
        assert.isAbove(killed, chosen.length / 2)
      }),
    600_000
  )
})
