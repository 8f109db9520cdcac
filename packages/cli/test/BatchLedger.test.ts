import { FileSystem, HttpClient, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Ledger } from "@effect-frameio/batch"
import { FakeFrameio, FaultPlan, Seed } from "@effect-frameio/testing"
import { DateTime, Effect, Fiber, Layer, type Scope, Stream, TestClock } from "effect"
import { run } from "./run.js"

type Ended = Effect.Effect.Success<ReturnType<typeof run>>

interface Setup {
  readonly fake: FakeFrameio.Service
  readonly seeded: Seed.Shots
  readonly plan: string
  readonly ledger: string
  /** Runs the command in a pipe, on the test's clock. */
  readonly piped: (...args: ReadonlyArray<string>) => Effect.Effect<Ended>
  /** The same on a terminal. */
  readonly onTerminal: (...args: ReadonlyArray<string>) => Effect.Effect<Ended>
  readonly onNarrow: (...args: ReadonlyArray<string>) => Effect.Effect<Ended>
}

const test = <E>(
  name: string,
  body: (setup: Setup) => Effect.Effect<void, E, FileSystem.FileSystem | Scope.Scope>,
  options: FakeFrameio.Options = { limits: { "*": "unlimited" } }
) =>
  it.scoped(
    name,
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const fake = yield* FakeFrameio.FakeFrameio
        const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
        const folder = yield* fs.makeTempDirectoryScoped()
        const seeded = Seed.shots(fake.world, { shots: 8, versions: 3 })
        const plan = path.join(folder, "plan.csv")
        yield* fs.writeFileString(
          plan,
          [
            "asset_id,next_asset_id,name",
            ...Seed.pairs(seeded).map((pair, n) => `${pair.assetId},${pair.nextAssetId},shot ${n}`)
          ].join("\n")
        )
        const outside =
          (terminal: boolean, columns = 100) =>
          (...args: ReadonlyArray<string>) =>
            Effect.gen(function* () {
              const fiber = yield* Effect.fork(
                run(args, { terminal, columns, http, env: { FRAMEIO_TOKEN: FakeFrameio.token } })
              )
              yield* TestClock.adjust("10 minutes")
              return yield* Fiber.join(fiber)
            })
        yield* body({
          fake,
          seeded,
          plan,
          ledger: path.join(folder, "job.db"),
          piped: outside(false),
          onTerminal: outside(true),
          onNarrow: outside(true, 40)
        })
      }).pipe(Effect.provide([FakeFrameio.layer(options), NodeContext.layer])),
    60_000
  )

const versionCalls = (fake: FakeFrameio.Service): number => fake.journal.of("assets.version").length

describe("frameio batch, with a ledger", () => {
  test("breaks what it says at words on a narrow terminal", ({ fake, ledger, onNarrow, plan, seeded }) =>
    Effect.gen(function* () {
      fake.world.remove(seeded.shots[2]?.versions[1] ?? "")
      for (const [args, said] of [
        [["run", plan], "14 of 16 versions in place, 1 failed, 1 left out because one before them failed"],
        [["run", plan], "1 failed and 1 behind them (--retry-failed tries them again)"],
        [["status"], "frameio batch report says why; --retry-failed tries them again"],
        [["undo", "--yes"], "14 of 14 versions out of their stacks"]
      ] as const) {
        const { err, out } = yield* onNarrow("batch", ...args, "--ledger", ledger)
        // Without the bar, which is erased again.
        const text = (out + err)
          .split("\r")
          .filter((part) => !part.includes("\u001b[?7l"))
          .map((part) => part.replace("\u001b[J", ""))
          .join("")
        for (const line of text.split("\n")) assert.isTrue(line.length <= 40 || !/\S \S/.test(line), line)
        assert.include(text.replace(/\s+/g, " "), said)
      }
    }))

  test("runs, goes on, says how it stands, and is undone", ({ fake, ledger, onTerminal, piped, plan, seeded }) =>
    Effect.gen(function* () {
      const gone = seeded.shots[2]?.versions[1] ?? ""
      fake.world.remove(gone)
      const first = yield* piped("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(first.code, 1, first.err)
      assert.include(first.err, "14 of 16 versions in place, 1 failed, 1 left out")

      const status = yield* onTerminal("batch", "status", "--ledger", ledger)
      assert.strictEqual(status.code, 0, status.err)
      assert.match(status.out, /in place +14\n/)
      assert.match(status.out, /failed +1 .*--retry-failed/)
      assert.match(status.out, /skipped +1 /)

      fake.world.restore(gone)
      const calls = versionCalls(fake)
      const second = yield* piped("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(second.code, 1, second.err)
      assert.include(second.err, "Resuming: 14 in place")
      assert.include(second.err, "14 of 16 versions in place, 14 of them before, 1 failed, 1 left out")
      assert.strictEqual(versionCalls(fake), calls, "what has failed is not tried again unasked")

      const third = yield* piped("batch", "run", plan, "--ledger", ledger, "--retry-failed")
      assert.strictEqual(third.code, 0, third.err)
      assert.strictEqual(versionCalls(fake), calls + 2)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
      }

      const would = yield* onTerminal("batch", "undo", "--ledger", ledger, "--dry-run")
      assert.include(would.out, "Would take 16 versions out of 8 stacks. Nothing was sent.")
      const undone = yield* piped("batch", "undo", "--ledger", ledger)
      assert.strictEqual(undone.code, 0, undone.err)
      assert.include(undone.err, "16 of 16 versions out of their stacks")
      for (const { versions } of seeded.shots) {
        for (const version of versions) assert.isUndefined(fake.world.stackOf(version))
      }
      const again = yield* piped("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(again.code, 2)
      assert.include(again.err, "this job was undone")
    }))

  test("verifies a finished job with --look-first, and answers 1 for what is no longer there", ({
    fake,
    ledger,
    piped,
    plan,
    seeded
  }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* piped("batch", "run", plan, "--ledger", ledger)).code, 0)
      const calls = versionCalls(fake)
      const whole = yield* piped("batch", "run", plan, "--ledger", ledger, "--look-first")
      assert.strictEqual(whole.code, 0, whole.err)
      assert.include(whole.err, "16 of 16 versions in place, 16 of them before")
      assert.isTrue(fake.world.unversion({ assetId: seeded.shots[2]?.versions[2] ?? "" }).ok)
      const unseen = yield* piped("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(unseen.code, 0, "only who asks has them looked up")
      const seen = yield* piped("batch", "run", plan, "--ledger", ledger, "--look-first")
      assert.strictEqual(seen.code, 1, seen.err)
      assert.include(seen.err, "1 no longer where this job put it: shot 5 (line 7)")
      assert.include(seen.err, "15 of 16 versions in place, 15 of them before, 1 failed")
      assert.strictEqual(versionCalls(fake), calls)
    }))

  test("says of a request in flight that it is under way, and of one that a killed run left that it has no answer", ({
    ledger: file,
    onTerminal,
    piped,
    seeded
  }) =>
    Effect.gen(function* () {
      const [pair] = Seed.pairs(seeded)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const ledger = yield* Ledger.make({ file })
          yield* ledger.takePairs(Stream.fromIterable(Seed.pairs(seeded)))
          const record = yield* ledger.recorder("run")
          const at = yield* DateTime.now
          const { assetId, nextAssetId } = pair ?? { assetId: "", nextAssetId: "" }
          yield* record({
            _tag: "Planned",
            at,
            job: "batch",
            links: 16,
            chains: 8,
            before: 0,
            failedBefore: 0,
            skippedBefore: 0
          })
          yield* record({ _tag: "Sent", at, chain: 0, line: 1, assetId, nextAssetId, target: assetId, attempt: 1 })
          const during = yield* onTerminal("batch", "status", "--ledger", file)
          assert.strictEqual(during.code, 0, during.err)
          assert.match(during.out, /under way +1 {2}sent, without an answer so far\n/)
          assert.include(during.out, "A run is at work on it")
          assert.notInclude(during.out, "no answer")
          const [line = ""] = (yield* piped("batch", "status", "--ledger", file)).lines
          assert.deepInclude(JSON.parse(line), { inUse: true })
        })
      )
      const after = yield* onTerminal("batch", "status", "--ledger", file)
      assert.match(after.out, /no answer +1 {2}the next run looks them up first\n/)
      assert.notInclude(after.out, "under way")
      assert.include(after.out, "was killed")
    }))

  test("with --dry-run sends nothing, and makes no ledger", ({ fake, ledger, onTerminal, plan }) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const fresh = yield* onTerminal("batch", "run", plan, "--ledger", ledger, "--dry-run")
      assert.strictEqual(fresh.code, 0, fresh.err)
      assert.include(fresh.out, "Would send 16 versions for 8 stacks. Nothing was sent.")
      assert.isFalse(yield* fs.exists(ledger))
      assert.strictEqual((yield* fake.requests).length, 0)
      yield* onTerminal("batch", "run", plan, "--ledger", ledger)
      const { length } = yield* fake.requests
      const after = yield* onTerminal("batch", "run", plan, "--ledger", ledger, "--dry-run")
      assert.include(after.out, "Would send 0 versions for 0 stacks")
      assert.include(after.out, "16 of 16 are in place already")
      assert.include(after.out, "There is nothing left to send.")
      assert.strictEqual((yield* fake.requests).length, length)
    }))

  /** What happens when the eighth version call is sent. */
  let atTheEighth = (): void => {}

  test(
    "stops cleanly when the token expires, and goes on with another",
    ({ fake, ledger, piped, plan, seeded }) =>
      Effect.gen(function* () {
        atTheEighth = () => fake.world.revokeToken(FakeFrameio.token)
        const stopped = yield* piped("batch", "run", plan, "--ledger", ledger)
        assert.strictEqual(stopped.code, 1, stopped.err)
        assert.include(stopped.err, "Stopped before the end")
        assert.include(stopped.err, "FRAMEIO_TOKEN")
        assert.include(stopped.err, "To continue: frameio batch run")
        const applied = () => fake.journal.of("assets.version").filter((call) => call.applied).length
        assert.isAbove(applied(), 0)
        assert.isBelow(applied(), 16)
        fake.world.addToken(fake.world.users[0]?.id ?? "", FakeFrameio.token)
        const after = yield* piped("batch", "run", plan, "--ledger", ledger)
        assert.strictEqual(after.code, 0, after.err)
        assert.strictEqual(applied(), 16)
        for (const { versions } of seeded.shots) {
          assert.deepStrictEqual(fake.world.stackOf(versions[0] ?? "")?.versions, versions)
        }
      }),
    {
      limits: { "*": "unlimited" },
      faults: FaultPlan.make(({ endpoint, ofEndpoint }) => {
        if (endpoint === "assets.version" && ofEndpoint === 7) atTheEighth()
        return undefined
      })
    }
  )

  test("reports as a page, as tables and in words", ({ fake, ledger, onTerminal, piped, plan, seeded }) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      fake.world.remove(seeded.shots[2]?.versions[1] ?? "")
      yield* piped("batch", "run", plan, "--ledger", ledger)
      const words = yield* onTerminal("batch", "report", "--ledger", ledger)
      assert.strictEqual(words.code, 0, words.err)
      assert.match(words.out, /14 .*1 failed/)
      assert.match(words.out, /line 6: shot 4 on .*NotFound 404/)
      const rows = yield* piped("batch", "report", "--ledger", ledger)
      assert.strictEqual(rows.lines.length, 16)
      const html = `${ledger}.html`
      const csv = `${ledger}.csv`
      const both = yield* piped("batch", "report", "--ledger", ledger, "--html", html, "--csv", csv)
      assert.strictEqual(both.code, 0, both.err)
      const page = yield* fs.readFileString(html)
      assert.match(page, /^<!doctype html>/i)
      assert.include(page, "shot 4")
      assert.include(page, '<h1><bdi dir="ltr">plan.csv</bdi></h1>')
      assert.include(page, `<code>frameio batch run ${plan} --ledger ${ledger} --retry-failed</code>`)
      const titled = yield* piped("batch", "report", "--ledger", ledger, "--html", "-", "--title", "Friday, A & B")
      assert.include(titled.out, '<h1><bdi dir="ltr">Friday, A &amp; B</bdi></h1>')
      const table = yield* fs.readFileString(csv)
      assert.match(table, /^line,chain,state,.*\r\n/)
      // Excel takes a file without a byte order mark for another encoding.
      assert.deepStrictEqual([...(yield* fs.readFile(csv)).slice(0, 3)], [0xef, 0xbb, 0xbf])
      assert.strictEqual(table.match(/,confirmed,answered,/g)?.length, 14)
      const same = yield* piped("batch", "report", "--ledger", ledger, "--html", ledger)
      assert.strictEqual(same.code, 2)
      assert.include(same.err, "is the ledger itself")
      yield* fs.symlink(ledger, `${ledger}.link`)
      const before = yield* fs.readFile(ledger)
      for (const [args, said] of [
        [["--csv", `${ledger}.link`, "--force"], "is the ledger itself"],
        [["--html", html, "--csv", `${plan}`], "plan.csv exists already; --force overwrites it"],
        [["--html", `${ledger}-new`, "--csv", `${ledger}-new`], "the same file"],
        [["--html", "-", "--csv", "-"], "Only one of"],
        [["--title", "Friday"], "--title is the title of the page: add --html."]
      ] as const) {
        const refused = yield* piped("batch", "report", "--ledger", ledger, ...args)
        assert.strictEqual(refused.code, 2, refused.err)
        assert.include(refused.err, said)
      }
      assert.deepStrictEqual(yield* fs.readFile(ledger), before)
      assert.strictEqual((yield* piped("batch", "report", "--ledger", ledger, "--csv", csv, "--force")).code, 0)
    }))

  test("refuses a ledger of another plan, one that is none, and one that is not there", ({ ledger, piped, plan }) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* piped("batch", "run", plan, "--ledger", ledger)
      const text = yield* fs.readFileString(plan)
      yield* fs.writeFileString(plan, text.split("\n").slice(0, -1).join("\n"))
      const other = yield* piped("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(other.code, 2)
      assert.include(other.err, "ledger of another plan")
      assert.include(other.err, "16 pairs, this plan 15")
      const none = yield* piped("batch", "run", plan, "--ledger", plan)
      assert.strictEqual(none.code, 2)
      assert.include(none.err, "not a ledger")
      // A plan that is refused leaves no ledger, and the one that is there alone.
      yield* fs.writeFileString(`${plan}.empty`, "")
      for (const file of [`${ledger}-new`, ledger]) {
        const refused = yield* piped("batch", "run", `${plan}.empty`, "--ledger", file)
        assert.strictEqual(refused.code, 2, refused.err)
      }
      assert.isFalse(yield* fs.exists(`${ledger}-new`))
      assert.isTrue(yield* fs.exists(ledger))
      const absent = yield* piped("batch", "status", "--ledger", `${ledger}-not`)
      assert.strictEqual(absent.code, 2)
      assert.include(absent.err, "no such file")
    }))

  test("says everything that is wrong with its options at once", ({ ledger, piped, plan }) =>
    Effect.gen(function* () {
      const wrong = yield* piped("batch", "run", plan, "--concurrency", "0", "--retry-failed")
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.err, /--concurrency is 0[\s\S]*--retry-failed needs --ledger/)
      assert.isFalse(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(ledger)))
    }))
})
