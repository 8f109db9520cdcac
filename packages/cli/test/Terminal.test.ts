import { execFileSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Fiber, Schedule } from "effect"
import { build, folder, program, programFile } from "./program.js"
import { hasTerminal, onTerminal } from "./terminal.js"

if (!hasTerminal) process.stderr.write("SKIPPED: terminal snapshots need script of util-linux.\n")

const job = (shots: number, limit: number, others?: RateLimiter.Limits) =>
  Effect.gen(function* () {
    const server = yield* FakeFrameioServer.make({
      limits: { ...others, "assets.version": { limit, windowMillis: 1000 } },
      faults: FaultPlan.latency({ millis: 5 })
    })
    const pairs = Seed.pairs(Seed.shots(server.world, { shots, versions: 2 }))
    const file = folder(`../build/terminal-${process.pid}-${shots}-${limit}.csv`)
    yield* Effect.acquireRelease(
      Effect.promise(() =>
        writeFile(
          file,
          ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n")
        )
      ),
      () => Effect.promise(() => rm(file))
    )
    return { file, server, env: { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token } }
  })

const isBar = (line: string): boolean => /[█░]|^\d+\/\d+/.test(line)

describe.skipIf(!hasTerminal)("frameio on a terminal", () => {
  beforeAll(build, 60_000)

  for (const columns of [40, 80, 200]) {
    it.scopedLive(`shows one bar of ${columns} columns while it runs, and none when it is over`, () =>
      Effect.gen(function* () {
        const { env, file } = yield* job(40, 25)
        const bars: Array<string> = []
        const { code, screen } = yield* onTerminal(["batch", "run", file], {
          columns,
          env,
          onScreen: ({ screen }) => {
            const seen = screen().filter(isBar)
            assert.isAtMost(seen.length, 1)
            bars.push(...seen)
          }
        })
        assert.strictEqual(code, 0)
        assert.isNotEmpty(bars)
        for (const bar of bars) assert.match(bar, /\d+\/(40|\?)/)
        assert.match(screen.join(" "), /^40 versions for 40 stacks\. 40 of 40 versions in place; [\d.]+ m?s\.$/)
      })
    )

    it.scopedLive(`leaves no bar behind at Ctrl-C on ${columns} columns, and counts what was done`, () =>
      Effect.gen(function* () {
        const { env, file, server } = yield* job(300, 30)
        let typed = false
        const { code, screen } = yield* onTerminal(["batch", "run", file], {
          columns,
          env,
          onScreen: ({ screen, type }) => {
            if (typed || !screen().some((line) => /[1-9]\d\/300/.test(line))) return
            typed = true
            type("\u0003")
          }
        })
        assert.strictEqual(code, 130)
        const applied = server.journal.counts("assets.version").applied
        const text = screen.join(" ")
        assert.deepStrictEqual(screen.filter(isBar), [])
        assert.include(text, `${applied} of 300 versions in place, ${300 - applied} not sent`)
      })
    )
  }

  it.scopedLive("leaves no stale bar when the window gets narrow and wide again", () =>
    Effect.gen(function* () {
      const { env, file } = yield* job(90, 30)
      let step = 0
      const { code, screen } = yield* onTerminal(["batch", "run", file], {
        columns: 100,
        env,
        onScreen: ({ resize, screen }) => {
          const done = Number(/(\d+)\/90/.exec(screen().find(isBar) ?? "")?.[1] ?? 0)
          if (step === 0 && done > 35) {
            step = 1
            resize(40)
          } else if (step === 1 && done > 55) {
            step = 2
            resize(90)
          }
        }
      })
      assert.strictEqual(code, 0)
      assert.strictEqual(step, 2)
      assert.match(screen.join("\n"), /^90 versions for 90 stacks\.\n90 of 90 versions in place; [\d.]+ m?s\.$/)
    })
  )

  it.scopedLive(
    "asks before it undoes, does nothing after a no, and watches a job to its end",
    () =>
      Effect.gen(function* () {
        const { env, file, server } = yield* job(90, 12, RateLimiter.unlimited)
        const ledger = `${file}.db`
        yield* Effect.addFinalizer(() =>
          Effect.promise(() =>
            Promise.all(["", "-wal", "-shm", "-lock"].map((end) => rm(`${ledger}${end}`, { force: true })))
          )
        )
        const running = yield* Effect.fork(program(["batch", "run", file, "--ledger", ledger], { env }))
        yield* Effect.repeat(server.counts("assets.version"), {
          until: ({ applied }) => applied > 3,
          schedule: Schedule.spaced("20 millis")
        })
        const seen = new Set<string>()
        const watched = yield* onTerminal(["batch", "status", "--ledger", ledger, "--watch"], {
          columns: 100,
          onScreen: ({ screen }) => {
            for (const line of screen()) if (/^\d+ of 90 versions in place/.test(line)) seen.add(line)
          }
        })
        assert.isNotEmpty(seen)
        assert.strictEqual((yield* Fiber.join(running)).code, 0)
        assert.strictEqual(watched.code, 0)
        assert.match(
          watched.screen.join("\n"),
          /in place +90\n.*The last run began \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ and ended/s
        )
        const undo = (answer: string) => {
          let asked = false
          return onTerminal(["batch", "undo", "--ledger", ledger], {
            columns: 80,
            env,
            onScreen: ({ screen, type }) => {
              if (asked || !screen().some((line) => line.includes("Take 90 versions out of 90 stacks? [y/N]"))) return
              asked = true
              type(answer)
            }
          })
        }
        const no = yield* undo("n\r")
        assert.strictEqual(no.code, 1)
        assert.include(no.screen.join("\n"), "Nothing was done.")
        assert.strictEqual((yield* server.counts("assets.unversion")).requests, 0)
        const yes = yield* undo("y\r")
        assert.strictEqual(yes.code, 0, yes.screen.join("\n"))
        assert.include(yes.screen.join(" "), "90 of 90 versions out of their stacks")
      }),
    60_000
  )

  it.scopedLive("does not show a token that is typed, and takes a pasted address of another browser", () =>
    Effect.gen(function* () {
      const { env, server } = yield* job(1, 20)
      const home = mkdtempSync(join(tmpdir(), "frameio-terminal-"))
      yield* Effect.addFinalizer(() => Effect.promise(() => rm(home, { recursive: true, force: true })))
      const at = { HOME: home, FRAMEIO_BASE_URL: env.FRAMEIO_BASE_URL, FRAMEIO_IMS_URL: env.FRAMEIO_BASE_URL }
      const answering = (args: ReadonlyArray<string>, when: RegExp, keys: (match: RegExpExecArray) => string) => {
        let typed = false
        return onTerminal(["auth", "login", ...args], {
          columns: 1000,
          env: at,
          onScreen: ({ screen, type }) => {
            const match = when.exec(screen().join("\n"))
            if (typed || match === null) return
            typed = true
            type(keys(match))
          }
        })
      }
      const token = yield* answering(["--with-token"], /it is not shown: /, () => `x\u007f${FakeFrameio.token}\r`)
      assert.strictEqual(token.code, 0, token.screen.join("\n"))
      assert.notInclude(token.screen.join("\n"), FakeFrameio.token)
      const person = yield* answering(
        ["--client-id", "studio", "--redirect-uri", "https://example.com/callback"],
        /state=([\w-]+).*final address here/s,
        ([, state]) => `https://example.com/callback?code=made-up-code&state=${state}\r`
      )
      assert.strictEqual(person.code, 0, person.screen.join("\n"))
      assert.include(person.screen.join("\n"), "with a person at Adobe")
      assert.strictEqual((yield* server.counts("ims.token")).requests, 1)
    })
  )

  it.scopedLive("says on a new line what goes wrong, and does without a cursor on a dumb terminal", () =>
    Effect.gen(function* () {
      const { env, file } = yield* job(20, 20)
      const wrong = yield* onTerminal(["batch", "run", file], {
        columns: 80,
        env: { ...env, FRAMEIO_TOKEN: "wrong-token" }
      })
      assert.strictEqual(wrong.code, 2)
      for (const line of wrong.screen) assert.notMatch(line, /[█░].*[A-Za-z]{6}/)
      const dumb = yield* onTerminal(["batch", "run", file], { columns: 80, env: { ...env, TERM: "dumb", LANG: "C" } })
      assert.strictEqual(dumb.code, 0)
      assert.notMatch(dumb.screen.join("\n"), /[^\n\x20-\x7e]/)
      assert.match(dumb.screen.at(-1) ?? "", /^20 of 20 versions in place/)
    })
  )
})

const hasFull = process.platform === "linux"

describe.skipIf(!hasFull)("frameio, standard output on a full disk", () => {
  beforeAll(build, 60_000)

  const onFull = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
    try {
      execFileSync("bash", ["-c", `"$0" "$@" > /dev/full`, process.execPath, programFile, ...args], {
        env: { PATH: process.env.PATH, ...env },
        stdio: ["ignore", "ignore", "pipe"]
      })
      return { code: 0, err: "" }
    } catch (error) {
      const ended = error as { readonly status: number; readonly stderr: Buffer }
      return { code: ended.status, err: ended.stderr.toString() }
    }
  }

  it.scopedLive("answers 1 with a word, whatever writes", () =>
    Effect.sync(() => {
      for (const args of [
        ["--help"],
        ["--version"],
        ["help", "plan"],
        ["completion", "zsh"],
        ["fake", "--shots", "1"]
      ]) {
        const { code, err } = onFull(args)
        assert.strictEqual(code, 1, args.join(" "))
        assert.match(err, /[Ss]tandard output.*no space left/)
      }
    })
  )
})
