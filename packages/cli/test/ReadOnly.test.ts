/**
 * `status` and `report` by somebody who may read a ledger and its folder, and write to neither.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, Seed } from "@effect-frameio/testing"
import { Effect } from "effect"
import { build, folder, program } from "./program.js"

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

const works =
  process.getuid?.() === 0 &&
  spawnSync(NOBODY[0] ?? "", [...NOBODY.slice(1), "test", "-r", folder("../bundle.mjs")]).status === 0
if (!works) console.warn("SKIPPED: only root can become somebody who may only read")

describe.skipIf(!works)("a ledger that may only be read", () => {
  beforeAll(build, 60_000)

  it.scopedLive(
    "is shown by status and report, also when its run was killed, and its folder stays as it is",
    () =>
      Effect.gen(function* () {
        const server = yield* FakeFrameioServer.make({
          limits: { "assets.version": { limit: 5, windowMillis: 1000 }, "*": "unlimited" }
        })
        const seeded = Seed.shots(server.world, { shots: 8, versions: 2 })
        const path = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-frameio-read-"))),
          (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
        )
        const plan = join(path, "plan.csv")
        const ledger = join(path, "job.db")
        const pairs = Seed.pairs(seeded).map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`)
        writeFileSync(plan, ["asset_id,next_asset_id", ...pairs].join("\n"))
        chmodSync(path, 0o755)
        const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
        const run = ["batch", "run", plan, "--ledger", ledger, "--settle-after", "0"]
        const look = (command: "status" | "report") =>
          program(["batch", command, "--ledger", ledger], { under: NOBODY, env: { HOME: path } })
        const shown = Effect.gen(function* () {
          const before = readdirSync(path)
          const status = yield* look("status")
          assert.strictEqual(status.code, 0, status.err)
          const report = yield* look("report")
          assert.strictEqual(report.code, 0, report.err)
          assert.lengthOf(report.out, 8)
          assert.deepStrictEqual(readdirSync(path), before)
          return JSON.parse(status.out[0] ?? "")
        })

        yield* program(run, {
          env,
          onLine: (line, child) => {
            if (line.includes('"Confirmed"')) child.kill("SIGKILL")
          }
        })
        const { confirmed, sent } = (yield* shown).counts
        assert.isAbove(confirmed + sent, 0)
        const ended = yield* program(run, { env })
        assert.strictEqual(ended.code, 0, ended.err)
        assert.deepInclude((yield* shown).counts, { confirmed: 8 })
      }),
    60_000
  )
})
