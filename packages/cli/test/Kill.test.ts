/**
 * The real program, killed with SIGKILL at random moments beside a server that loses answers, until its job is done.
 * `KILLS` says how often in all; a few by default, since each takes a second or two.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, FaultPlan, Seed, type Unknowns } from "@effect-frameio/testing"
import { Effect, FastCheck } from "effect"
import { build, type Ended, program } from "./program.js"

const KILLS = Number(process.env.KILLS ?? "5")

/** So many kills in one job. */
const KILLS_PER_JOB = 5

/** Over V4 at most so many: `npm run bench -- kills` has hundreds, over four kinds of V4. */
const V4_KILLS = 10

/** As many versions as take all the calls that an API stacks with. */
const apis = {
  v2: { shots: 16, versions: 4, calls: [["assets.version", 16 * 3]] },
  v4: {
    shots: 8,
    versions: 12,
    calls: [
      ["versionStacks.create", 8],
      ["files.move", 8 * 2]
    ]
  }
} as const

interface Case {
  readonly api: keyof typeof apis
  readonly seed: number
  /** For each kill: after so many lines of output, then so many ms; a line follows each event. */
  readonly kills: ReadonlyArray<readonly [lines: number, millis: number]>
  readonly versionReturns: Unknowns.Unknowns["versionReturns"]
  readonly targetInStack: Unknowns.Unknowns["targetInStack"]
}

const casesOf = (api: Case["api"]) =>
  FastCheck.record({
    api: FastCheck.constant(api),
    seed: FastCheck.integer({ min: 1, max: 1_000_000 }),
    kills: FastCheck.array(
      FastCheck.tuple(FastCheck.integer({ min: 0, max: 40 }), FastCheck.integer({ min: 0, max: 60 })),
      {
        minLength: KILLS_PER_JOB,
        maxLength: KILLS_PER_JOB
      }
    ),
    versionReturns: FastCheck.constantFrom("stack", "file"),
    targetInStack: FastCheck.constantFrom("refuse", "resolve")
  }) as FastCheck.Arbitrary<Case>

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-frameio-kill-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("killed at any moment", () => {
  beforeAll(build, 60_000)

  it.scopedLive.each(
    (["v2", "v4"] as const).flatMap((api) =>
      FastCheck.sample(casesOf(api), {
        numRuns: Math.ceil((api === "v4" ? Math.min(KILLS, V4_KILLS) : KILLS) / KILLS_PER_JOB),
        seed: 20_261_125
      })
    )
  )(
    "every version is put on its stack once, and in order, over $api: $seed",
    ({ api, kills, seed, targetInStack, versionReturns }) =>
      Effect.gen(function* () {
        const { calls, shots, versions: count } = apis[api]
        const links = shots * (count - 1)
        const limit = { limit: 40, windowMillis: 1000 }
        // Without headers V4's printed limits would hold, and reads go at 100 a minute.
        const reads = { limit: 1000, windowMillis: 1000 }
        const server = yield* FakeFrameioServer.make({
          seed,
          payload: "slim",
          unknowns: { versionReturns, targetInStack },
          limits: { "assets.version": limit, "versionStacks.create": limit, "files.move": limit, "*": reads },
          v4: { readAfterWriteMillis: 200 },
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
        const seeded = Seed.shots(server.world, { shots, versions: count })
        const path = yield* folder
        const plan = join(path, "plan.csv")
        const ledger = join(path, "job.db")
        writeFileSync(
          plan,
          ["asset_id,next_asset_id", ...Seed.pairs(seeded).map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join(
            "\n"
          )
        )
        const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
        const args = ["batch", "run", plan, "--ledger", ledger, "--settle-after", "1", "--retry-failed", "--api", api]

        for (const [lines, millis] of kills) {
          let seen = 0
          const ended = yield* program(args, {
            env,
            onLine: (_, child) => {
              if (++seen > lines) setTimeout(() => child.kill("SIGKILL"), millis)
            }
          })
          assert.oneOf(ended.code, [null, 0, 1], ended.err)
        }
        // What failed five times in a row, by chance, is tried again; that takes a run or two more.
        let last = yield* program(args, { env })
        for (let run = 0; run < 3 && last.code === 1; run++) last = yield* program(args, { env })
        assert.strictEqual(last.code, 0, last.err)

        for (const { versions } of seeded.shots) {
          assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
        for (const [endpoint, wanted] of calls) {
          const applied = server.journal.of(endpoint).filter((call) => call.applied)
          if (endpoint === "files.move") {
            // A file that cannot be read when its stack is made comes on it by a move of its own.
            assert.isAtLeast(applied.length, wanted, endpoint)
            const files = applied.map(({ assetIds }) => assetIds.at(-1))
            assert.strictEqual(new Set(files).size, files.length, "each file is moved once")
          } else assert.strictEqual(applied.length, wanted, endpoint)
        }
        assert.deepStrictEqual(
          server.journal.of("assets.version").filter((call) => call.refusal === "NextInStack"),
          [],
          "no call was sent for a version that was in place already"
        )
        const status = yield* program(["batch", "status", "--ledger", ledger], {})
        const counts: unknown = JSON.parse(status.out[0] ?? "null").counts
        assert.deepInclude(counts, {
          total: links,
          confirmed: links,
          sent: 0,
          failed: 0
        })
      }),
    120_000
  )

  it.scopedLive(
    "an upload goes on where it was, and is put on its stack once",
    () =>
      Effect.gen(function* () {
        const server = yield* FakeFrameioServer.make({
          limits: { "*": "unlimited" },
          unknowns: { partSize: 50_000 },
          faults: FaultPlan.latency({ millis: 60, jitterMillis: 60 })
        })
        const onto = yield* server.addFile({ name: "shot_010_v001.mov" })
        const path = yield* folder
        const file = join(path, "shot_010_v002.mov")
        const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24)
        writeFileSync(file, bytes)
        const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
        const args = ["upload", file, "--onto", onto, "--concurrency", "2"]
        let killed = 0
        let last: Ended | undefined
        // A run that was through before its kill is the last: one more would upload the file anew.
        for (const millis of [0, 300, 50, 500, 150, undefined]) {
          last = yield* program(args, {
            env,
            onLine: (_, child) => {
              if (millis !== undefined) setTimeout(() => child.kill("SIGKILL"), millis)
            }
          })
          if (last.code !== null) break
          killed++
        }
        assert.strictEqual(last?.code, 0, last?.err)
        assert.isAbove(killed, 2)
        const stack = server.world.stackOf(onto)
        assert.strictEqual(stack?.versions.length, 2)
        const [, uploaded = onto] = stack?.versions ?? []
        assert.strictEqual(server.storage.content(uploaded).crc32, crc32(bytes))
        // What was created by a run that was killed before it could keep the answer has no content, and is no version.
        assert.strictEqual(server.journal.of("assets.version").filter((call) => call.applied).length, 1)
        assert.deepStrictEqual(readdirSync(path), ["shot_010_v002.mov"])
      }),
    120_000
  )

  it.scopedLive(
    "a job of uploads has every file at Frame.io once, whole, and in order on its stack",
    () =>
      Effect.gen(function* () {
        const server = yield* FakeFrameioServer.make({
          limits: { "*": "unlimited" },
          unknowns: { partSize: 50_000 },
          faults: FaultPlan.latency({ millis: 25, jitterMillis: 25 })
        })
        const to = yield* server.addFolder({ name: "dailies" })
        const path = yield* folder
        const shots = ["shot_010", "shot_020", "shot_030"]
        const files = shots.flatMap((shot, at) =>
          [1, 2, 3].map((version) => ({
            name: `${shot}_v00${version}.mov`,
            bytes: Uint8Array.from(
              { length: 180_000 + at * 10 + version },
              (_, n) => Math.imul(n + at, 2_654_435_761) >>> 24
            )
          }))
        )
        for (const { bytes, name } of files) writeFileSync(join(path, name), bytes)
        const ledgers = yield* folder
        const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
        const args = ["upload", path, "--rule", "vfx", "--to", to, "--ledger", join(ledgers, "job.db")]
        let killed = 0
        for (const [lines, millis] of [
          [0, 0],
          [2, 40],
          [6, 15],
          [4, 90]
        ] as const) {
          let seen = 0
          const ended = yield* program(args, {
            env,
            onLine: (_, child) => {
              if (++seen > lines) setTimeout(() => child.kill("SIGKILL"), millis)
            }
          })
          if (ended.code === null) killed += 1
        }
        assert.isAbove(killed, 1)
        const last = yield* program(args, { env })
        assert.strictEqual(last.code, 0, last.err)

        const { ids } = server.world.children(to)
        const stacks = ids.map((id) => server.world.stackOf(id)?.versions ?? [])
        assert.sameDeepMembers(
          stacks.map((versions) => versions.map((id) => server.world.get(id)?.name)),
          shots.map((shot) => [1, 2, 3].map((version) => `${shot}_v00${version}.mov`))
        )
        for (const id of stacks.flat()) {
          const file = files.find(({ name }) => name === server.world.get(id)?.name)
          assert.strictEqual(server.storage.content(id).crc32, crc32(file?.bytes ?? new Uint8Array()))
        }
        assert.strictEqual(server.journal.of("assets.version").filter((call) => call.applied).length, 6)
        assert.notInclude(readdirSync(ledgers), "job.db.uploads")
      }),
    120_000
  )
})
