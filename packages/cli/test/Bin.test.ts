import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, FaultPlan, Seed } from "@effect-frameio/testing"
import { Effect, Schedule } from "effect"
import { build, type Ended, folder, program } from "./program.js"

const fake = (options: FakeFrameioServer.Options & { readonly shots: number }) =>
  Effect.gen(function* () {
    const server = yield* FakeFrameioServer.make(options)
    const pairs = Seed.pairs(Seed.shots(server.world, { shots: options.shots, versions: 2 }))
    return {
      server,
      pairs,
      csv: ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n"),
      env: { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
    }
  })

/** What the last line of a run says. */
const counts = (ended: Ended): Record<string, unknown> => {
  const last: unknown = JSON.parse(ended.out.at(-1) ?? "null")
  if (typeof last !== "object" || last === null || !("counts" in last)) throw new Error("no summary")
  return last.counts as Record<string, unknown>
}

describe("the program", () => {
  beforeAll(build, 60_000)

  it.scopedLive("answers 0 and JSON lines in a pipe", () =>
    Effect.gen(function* () {
      const { csv, env, server } = yield* fake({ shots: 12, limits: { "*": "unlimited" } })
      const ended = yield* program(["batch", "run", "-"], { env, input: csv })
      assert.strictEqual(ended.code, 0, ended.err)
      assert.deepInclude(counts(ended), { links: 12, confirmed: 12 })
      assert.strictEqual(server.journal.counts("assets.version").applied, 12)
      assert.include(ended.err, "12 of 12 versions in place")
    })
  )

  it.scopedLive("answers 1 when some failed", () =>
    Effect.gen(function* () {
      const { csv, env, pairs, server } = yield* fake({ shots: 5, limits: { "*": "unlimited" } })
      server.world.remove(pairs[2]?.nextAssetId ?? "")
      const ended = yield* program(["batch", "run", "-"], { env, input: csv })
      assert.strictEqual(ended.code, 1, ended.err)
      assert.deepInclude(counts(ended), { confirmed: 4, failed: 1 })
    })
  )

  it.live("answers 2 to bad input, and says it once and in plain words", () =>
    Effect.gen(function* () {
      const flag = yield* program(["batch", "run", "x.csv", "--bogus"])
      assert.strictEqual(flag.code, 2)
      assert.strictEqual(flag.err.split("--bogus").length, 2)
      assert.notInclude(flag.err, "ValidationError")
      const token = yield* program(["batch", "run", "-"], {
        input: "asset_id,next_asset_id\n00000000-0000-4000-8000-000000000001,00000000-0000-4000-8000-000000000002\n"
      })
      assert.strictEqual(token.code, 2)
      assert.include(token.err, "FRAMEIO_TOKEN")
      const url = yield* program(
        ["version", "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"],
        {
          env: { FRAMEIO_TOKEN: "a-secret", FRAMEIO_BASE_URL: "http://example.com" }
        }
      )
      assert.strictEqual(url.code, 2)
      assert.include(url.err, "FRAMEIO_BASE_URL")
      assert.notInclude(url.err, "a-secret")
    })
  )

  it.scopedLive("answers 130 after Ctrl-C, with what was and was not done", () =>
    Effect.gen(function* () {
      const { csv, env, server } = yield* fake({
        shots: 500,
        limits: { "assets.version": { limit: 50, windowMillis: 1000 } },
        faults: FaultPlan.latency({ millis: 20 })
      })
      let confirmed = 0
      const ended = yield* program(["batch", "run", "-"], {
        env,
        input: csv,
        onLine: (line, child) => {
          if (line.startsWith('{"_tag":"Confirmed"') && ++confirmed === 20) child.kill("SIGINT")
        }
      })
      assert.strictEqual(ended.code, 130, ended.err)
      const applied = server.journal.counts("assets.version").applied
      const said = counts(ended)
      assert.deepInclude(said, { confirmed: applied, unknown: 0, notSent: 500 - applied })
      assert.isBelow(applied, 200)
      assert.include(ended.err, `${applied} of 500 versions in place, ${500 - applied} not sent`)
    })
  )

  it.scopedLive("leaves nothing beside a ledger, which the next command finds as it was", () =>
    Effect.gen(function* () {
      const { csv, env } = yield* fake({ shots: 3, limits: { "*": "unlimited" } })
      const place = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "frameio-ledger-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
      )
      const ledger = join(place, "job.db")
      for (const args of [
        ["batch", "run", "-", "--ledger", ledger],
        ["batch", "status", "--ledger", ledger],
        ["batch", "run", "-", "--ledger", ledger],
        ["batch", "undo", "--ledger", ledger, "--yes"]
      ]) {
        const ended = yield* program(args, { env, input: csv })
        assert.strictEqual(ended.code, 0, ended.err)
        assert.deepStrictEqual(yield* Effect.promise(() => readdir(place)), ["job.db"])
      }
    })
  )

  it.scopedLive("keeps the code of a single call for the next in the user's folder, and does without it", () =>
    Effect.gen(function* () {
      const { env, pairs } = yield* fake({ shots: 5, limits: { "*": "unlimited" } })
      const home = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "frameio-home-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
      )
      const kept = join(home, ".cache/effect-frameio/compiled")
      const call = (index: number, more: Readonly<Record<string, string>>) =>
        Effect.gen(function* () {
          const { assetId = "", nextAssetId = "" } = pairs[index] ?? {}
          const ended = yield* program(["version", assetId, nextAssetId], { env: { ...env, ...more } })
          assert.strictEqual(ended.code, 0, ended.err)
          assert.include(JSON.parse(ended.out.join("")), { type: "version_stack" })
          assert.strictEqual(ended.err, "")
        })

      yield* call(0, { HOME: home })
      const [name = "", ...others] = yield* Effect.promise(() => readdir(kept))
      assert.match(name, /^once-\w+-version-v[\d.]+-\w+$/)
      assert.deepStrictEqual(others, [])
      const file = join(kept, name)
      const { mode, mtimeMs, size } = yield* Effect.promise(() => stat(file))
      assert.isAbove(size, 100_000)
      if (process.platform !== "win32") assert.strictEqual(mode & 0o777, 0o600)
      yield* call(1, { HOME: home })
      assert.strictEqual((yield* Effect.promise(() => stat(file))).mtimeMs, mtimeMs)

      // Half of it is not taken, and written anew; so is what another release has left taken away.
      yield* Effect.promise(() => truncate(file, size / 2))
      yield* Effect.promise(() => writeFile(join(kept, "once-OLD-version-v1-x64"), ""))
      yield* call(2, { HOME: home })
      assert.strictEqual((yield* Effect.promise(() => stat(file))).size > size / 2, true)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(kept)), [name])

      // Nowhere to keep it, or not allowed to.
      yield* call(3, {})
      yield* Effect.promise(() => writeFile(join(home, "file"), ""))
      yield* call(4, { XDG_CACHE_HOME: join(home, "file") })
    })
  )

  it.scopedLive("goes through the proxy of the environment with a single call as well", () =>
    Effect.gen(function* () {
      const { env } = yield* fake({ shots: 1 })
      const asked: Array<string> = []
      const proxy = createServer((request, response) => {
        asked.push(request.url ?? "")
        response.writeHead(502).end()
      }).on("connect", (request, socket) => {
        asked.push(request.url ?? "")
        // Node leaves this socket to us, and the program may be gone before it reads the answer.
        socket.on("error", () => undefined)
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      })
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => proxy.close())
      )
      const address = proxy.address()
      const port = typeof address === "object" ? (address?.port ?? 0) : 0
      const ended = yield* program(["show", "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"], {
        env: {
          ...env,
          FRAMEIO_BASE_URL: "https://frameio.invalid",
          FRAMEIO_API: "v2",
          HTTPS_PROXY: `http://127.0.0.1:${port}`
        }
        // It is tried again and again; one time is enough.
      }).pipe(
        Effect.raceFirst(
          Effect.repeat(Effect.void, { until: () => asked.length > 0, schedule: Schedule.spaced("20 millis") })
        )
      )
      assert.isTrue(typeof ended === "number" || ended.code === 1)
      assert.include(asked[0], "frameio.invalid")
    })
  )

  it.scopedLive("leaves at once at the second Ctrl-C", () =>
    Effect.gen(function* () {
      const { csv, env } = yield* fake({ shots: 1, faults: FaultPlan.when(() => true, { _tag: "NoAnswer" }) })
      const ended = yield* program(["batch", "run", "-"], {
        env,
        input: csv,
        onLine: (line, child) => {
          if (line.startsWith('{"_tag":"Sent"')) child.kill("SIGINT")
        },
        // Two signals that come together are one, so the second waits for the answer to the first.
        onErr: (text, child) => {
          if (text.includes("Stopping")) child.kill("SIGINT")
        }
      })
      assert.strictEqual(ended.code, 130, ended.err)
    })
  )

  it.scopedLive("uploads a file onto its shot, and at Ctrl-C lets go of it and says how to go on", () =>
    Effect.gen(function* () {
      const file = folder("../build/shot_of_the_tests.mov")
      yield* Effect.acquireRelease(
        Effect.promise(() => writeFile(file, new Uint8Array(3_000_000).fill(7))),
        () => Effect.promise(() => rm(file))
      )
      const { env, pairs, server } = yield* fake({
        shots: 1,
        limits: { "*": "unlimited" },
        unknowns: { partSize: 1_000_000 },
        // The last part of the second upload is never answered.
        faults: FaultPlan.nth("storage.part", 5, { _tag: "NoAnswer" })
      })
      const shot = pairs[0]?.assetId ?? ""
      const whole = yield* program(["upload", file, "--onto", shot], { env })
      assert.strictEqual(whole.code, 0, whole.err)
      const [, newest = ""] = server.world.stackOf(shot)?.versions ?? []
      assert.strictEqual(server.storage.content(newest).crc32, crc32(Buffer.alloc(3_000_000, 7)))

      const ended = yield* program(["upload", file, "--onto", shot], {
        env,
        onStart: (child) => {
          const timer = setInterval(() => {
            if (server.storage.requests.length < 6) return
            clearInterval(timer)
            child.kill("SIGINT")
          }, 20)
        }
      })
      assert.strictEqual(ended.code, 130, ended.err)
      const [, left = ""] = /resumes the upload, with the asset (\S+)\./.exec(ended.err) ?? []
      assert.strictEqual(server.world.get(left)?.name, "shot_of_the_tests.mov")
      assert.strictEqual(server.world.stackOf(shot)?.versions.length, 2)
    })
  )

  it.live("fake says how to use it, serves a batch from the file it wrote, and ends at Ctrl-C", () =>
    Effect.gen(function* () {
      const exports: Record<string, string> = {}
      let batch: Ended | undefined
      const file = folder("../build/fake-pairs.csv")
      const ended = yield* program(
        ["fake", "--shots", "3", "--versions", "2", "--latency", "0", "--pairs", file, "--force"],
        {
          onLine: (line, child) => {
            const [, name, value] = /^export (\w+)=(.+)$/.exec(line) ?? []
            if (name !== undefined && value !== undefined) exports[name] = value
            if (name !== "FRAMEIO_TOKEN") return
            Effect.runCallback(program(["batch", "run", file], { env: exports }), {
              onExit: (exit) => {
                batch = exit._tag === "Success" ? exit.value : undefined
                child.kill("SIGINT")
              }
            })
          }
        }
      )
      assert.strictEqual(ended.code, 0, ended.err)
      assert.strictEqual(batch?.code, 0, batch?.err)
      assert.include(ended.err, `frameio batch run ${file}`)
      assert.include(ended.err, "It saw 3 version calls, and answered 0 of them with 429.")
    })
  )

  it.live("demo says in plain sentences how it went, beside a plain script, and never that it failed", () =>
    Effect.gen(function* () {
      const ended = yield* program(["demo", "--shots", "20", "--versions", "2", "--limit", "40", "--latency", "0"])
      assert.strictEqual(ended.code, 0, ended.err)
      const text = ended.out.join("\n")
      assert.include(text, "20 versions are on 20 stacks, each of them complete.")
      assert.include(text, "0 of 20 requests were refused.")
      assert.match(
        text,
        /A plain script with 60 of them, .* above the shortest time, and \d+ of \d+ requests refused\./
      )
      assert.include(text, "frameio fake --pairs pairs.csv")
      assert.match(ended.err, /^A Frame\.io on this machine .* takes about [\d.]+ m?s\./)
      assert.notInclude(text + ended.err, "failed")
    })
  )

  it.scopedLive("goes through the proxy that is named, but never for this machine itself", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const proxy = createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`)
        response.writeHead(502).end()
      }).on("connect", (request, socket) => {
        seen.push(`CONNECT ${request.url}`)
        // Node leaves this socket to us, and the program may be gone before it reads the answer.
        socket.on("error", () => undefined)
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => void proxy.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => proxy.close())
      )
      const address = proxy.address()
      const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
      const { csv, env } = yield* fake({ shots: 1, limits: { "*": "unlimited" } })
      const own = yield* program(["batch", "run", "-"], {
        env: { ...env, HTTP_PROXY: url, HTTPS_PROXY: url },
        input: csv
      })
      assert.strictEqual(own.code, 0, own.err)
      assert.deepStrictEqual(seen, [])
      const out = yield* program(["ls", "00000000-0000-4000-8000-000000000001"], {
        env: { FRAMEIO_TOKEN: "fio-u-example-example", https_proxy: url }
      })
      assert.strictEqual(out.code, 1, out.err)
      assert.include(seen, "CONNECT api.frame.io:443")
      const wrong = yield* program(["ls", "00000000-0000-4000-8000-000000000001"], {
        env: { FRAMEIO_TOKEN: "fio-u-example-example", HTTPS_PROXY: "proxy:8080" }
      })
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "HTTPS_PROXY is not a proxy's address")
    })
  )

  it.live("demo measures itself, and prints the figures", () =>
    Effect.gen(function* () {
      const ended = yield* program([
        "demo",
        "--shots",
        "10",
        "--versions",
        "2",
        "--limit",
        "50",
        "--latency",
        "0",
        "--strict"
      ])
      const text = ended.out.join("\n")
      assert.include(text, "jobs              10 versions on 10 stacks, each stack complete")
      assert.match(text, /T\* {16}0\.\d{3} s = max\(0, 10 - 50\) \* 20 ms \+ one round trip of \d+ ms/)
      assert.include(text, "429               0")
      assert.include(text, "requests per job  1.000 (10 version calls, 0 reads)")
    })
  )
})
