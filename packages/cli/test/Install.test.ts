import { execFile, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, Seed } from "@effect-frameio/testing"
import { Effect } from "effect"
import { folder } from "./program.js"

/** What a fresh install may take of a disk. */
const MOST_MEGABYTES = 40

const windows = process.platform === "win32"
const scratch = mkdtempSync(join(tmpdir(), "effect-frameio-install-"))

/** As a person would: by the name of the program. */
const run = (command: string, args: ReadonlyArray<string>, options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const child = execFile(
      command,
      [...args],
      { cwd: scratch, shell: windows, timeout: 120_000, ...options, env: { ...process.env, ...options.env } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err })
    )
    child.stdin?.end()
  })

const succeed = async (...args: Parameters<typeof run>) => {
  const ended = await run(...args)
  assert.strictEqual(ended.code, 0, `${args[0]} ${args[1].join(" ")}\n${ended.out}${ended.err}`)
  return ended.out
}

const bytes = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

/** The tarball needs one package of the registry, or of npm's cache. */
const reachable =
  spawnSync("npm", ["view", "libsql", "version", "--prefer-offline", "--fetch-retries=0", "--fetch-timeout=10000"], {
    cwd: scratch,
    shell: windows,
    timeout: 20_000
  }).status === 0
if (!reachable) console.warn("!!! the npm registry cannot be reached: THE TESTS OF AN INSTALL ARE SKIPPED !!!")

describe.skipIf(!reachable)("the package", () => {
  const version: unknown = JSON.parse(readFileSync(folder("../package.json"), "utf8")).version
  const prefix = join(scratch, "global")
  const frameio = windows ? join(prefix, "frameio.cmd") : join(prefix, "bin/frameio")
  let tarball = ""

  beforeAll(async () => {
    const packed = await succeed("npm", ["pack", "--silent", "--pack-destination", scratch], { cwd: folder("..") })
    tarball = join(scratch, packed.trim().split("\n").at(-1) ?? "")
    await succeed("npm", [
      "install",
      "--global",
      "--prefix",
      prefix,
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      tarball
    ])
  }, 180_000)
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it("is installed by npm install --global, in little room", async () => {
    assert.strictEqual(await succeed(frameio, ["--version"]), `${version}\n`)
    assert.include(await succeed(frameio, ["--help"]), "frameio")
    const megabytes = bytes(prefix) / 1e6
    assert.isAtMost(megabytes, MOST_MEGABYTES)
  })

  it("is run by npx", async () => {
    const args = ["--yes", "--prefer-offline", `--package=${tarball}`, "frameio", "--version"]
    assert.strictEqual(await succeed("npx", args), `${version}\n`)
  }, 120_000)

  it.scopedLive("runs a job with a ledger", () =>
    Effect.gen(function* () {
      const server = yield* FakeFrameioServer.make()
      const pairs = Seed.pairs(Seed.shots(server.world, { shots: 2, versions: 2 }))
      const csv = ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`)]
      writeFileSync(join(scratch, "pairs.csv"), csv.join("\n"))
      const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
      const args = ["batch", "run", "pairs.csv", "--ledger", "job.db"]
      yield* Effect.promise(() => succeed(frameio, args, { env }))
      assert.isTrue(existsSync(join(scratch, "job.db")))
    })
  )

  it.scopedLive(
    "keeps what it has compiled of a call, and says nothing of what is left there that it cannot take",
    () =>
      Effect.gen(function* () {
        const server = yield* FakeFrameioServer.make()
        const pairs = Seed.pairs(Seed.shots(server.world, { shots: 3, versions: 2 }))
        const cache = join(scratch, "cache")
        const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token, XDG_CACHE_HOME: cache }
        const kept = join(cache, "effect-frameio/compiled")
        const call = (args: ReadonlyArray<string>) => Effect.promise(() => run(frameio, args, { env }))
        for (const { assetId, nextAssetId } of pairs) {
          const { code, err, out } = yield* call(["version", assetId, nextAssetId])
          assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
          assert.include(out, "version_stack")
          const files = readdirSync(kept)
          assert.lengthOf(files, 1)
          // Of the second call on as another Node may have left it.
          if (nextAssetId !== pairs[0]?.nextAssetId) for (const file of files) writeFileSync(join(kept, file), "broken")
        }
        for (const _ of [1, 2]) {
          const { code, err, out } = yield* call(["whoami"])
          assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
          assert.include(out, server.baseUrl.slice("http://".length))
        }
      })
  )

  it("does not need SQLite where no ledger is opened, and says what is missing where one is", async () => {
    const modules = join(prefix, windows ? "node_modules" : "lib/node_modules")
    for (const at of [join(modules, "@effect-frameio/cli/node_modules/@libsql"), join(modules, "@libsql")]) {
      rmSync(at, { recursive: true, force: true })
    }
    assert.strictEqual(await succeed(frameio, ["--version"]), `${version}\n`)
    const ended = await run(frameio, ["batch", "run", "pairs.csv", "--ledger", "other.db"], {
      env: { FRAMEIO_TOKEN: FakeFrameio.token, FRAMEIO_BASE_URL: "http://127.0.0.1:9" }
    })
    assert.include(ended.err, "other.db: SQLite's library for this platform is not installed.")
    assert.notInclude(ended.err, "    at ")
    assert.strictEqual(ended.code, 2)
  })
})
