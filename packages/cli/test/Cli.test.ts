import { assert, describe, it } from "@effect/vitest"
import { BatchRunner } from "@effect-frameio/batch"
import { Upload } from "@effect-frameio/stacks"
import { Duration, Effect, Stream } from "effect"
import { orInterrupted } from "../src/CliError.js"
import * as Commands from "../src/Commands.js"
import * as Stdio from "../src/Stdio.js"
import { run } from "./run.js"

const A = "00000000-0000-4000-8000-000000000001"
const B = "00000000-0000-4000-8000-000000000002"

describe("frameio, help", () => {
  for (const [args, words] of [
    [[], ["version", "batch", "frameio demo"]],
    [["--help"], ["FRAMEIO_TOKEN", "frameio help <command>"]],
    [
      ["version", "--help"],
      ["<asset>", "<next>", "jq -r .id"]
    ],
    [
      ["upload", "--help"],
      ["--onto", "--into", "--filetype", "130  ended by Ctrl-C", "render | frameio upload - --name cut.mp4"]
    ],
    [
      ["batch", "run", "--help"],
      ["asset_id,next_asset_id", "--format", "130  ended by Ctrl-C", "frameio batch run - --format jsonl"]
    ]
  ] as const) {
    it.effect(`frameio ${args.join(" ")} teaches with examples`, () =>
      Effect.gen(function* () {
        const { code, out } = yield* run(args)
        assert.strictEqual(code, 0)
        for (const word of words) assert.include(out, word)
      })
    )
  }
})

describe("frameio, help on a terminal", () => {
  const pages = [[], ["batch"], ...Commands.all.map(({ path }) => path)]

  for (const columns of [40, 80, 200]) {
    it.effect(`keeps to ${columns} columns and breaks at words`, () =>
      Effect.gen(function* () {
        for (const page of pages) {
          const { code, out } = yield* run(["help", ...page], { terminal: true, columns })
          assert.strictEqual(code, 0)
          for (const line of out.split("\n")) {
            // Neither a line to copy is broken, nor a word.
            if (/\S \S/.test(line) && (!/frameio |[0-9a-f]{8}-/.test(line) || line.includes("Usage")))
              assert.isAtMost(line.length, columns, `${page.join(" ")}: ${line}`)
          }
        }
      })
    )
  }

  it.effect("has each command on one line of 80, and all of it on 24 lines", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["--help"], { terminal: true, columns: 80 })
      const lines = out.trimEnd().split("\n")
      assert.isBelow(lines.length, 24)
      for (const word of new Set(Commands.all.map(({ path }) => path[0]))) {
        assert.lengthOf(
          lines.filter((line) => line.startsWith(`  ${word} `)),
          1,
          word
        )
      }
    })
  )

  it.effect("has colours on a terminal that wants them, and none in a pipe", () =>
    Effect.gen(function* () {
      assert.include((yield* run(["--help"], { terminal: true, colors: true })).out, "\u001b[1mUsage\u001b[0m")
      assert.notInclude((yield* run(["--help"], { terminal: true })).out, "\u001b")
      assert.notInclude((yield* run(["--help"], { colors: true })).out, "\u001b")
      assert.notMatch((yield* run(["--help"])).out, /[\ufdd0-\ufddf]/)
    })
  )

  it("tells the defaults that the libraries have", () => {
    assert.deepStrictEqual(Commands.defaults, {
      chains: BatchRunner.defaults.concurrency,
      parts: Upload.defaults.concurrency,
      uploadHours: Duration.toHours(Upload.defaults.giveUpAfter),
      settleAfter: Duration.toSeconds(BatchRunner.defaults.settleAfter)
    })
  })
})

describe("frameio, words of others", () => {
  it.effect("spells out what a terminal would act on, and leaves data alone", () =>
    Effect.gen(function* () {
      for (const word of ["\u001b[31mred", "\u009b2J", "a\u202egpj.mov", "a\u0007b", "a\u0085b"]) {
        const { err } = yield* run(["version", word, B], { terminal: true })
        assert.notMatch(err, /(?![\n\ufdd0])[\p{Cc}\p{Cf}]/u)
        assert.include(err, "\\u")
      }
    })
  )

  it.effect("never prints a token that was given as an argument by mistake", () =>
    Effect.gen(function* () {
      const token = "fio-u-4Zq0example_example-example"
      for (const args of [
        [token],
        ["version", token, B],
        ["batch", "run", token],
        ["fake", "--port", token],
        ["fake", "--host", token],
        [`--${token}`]
      ]) {
        for (const terminal of [true, false]) {
          const { code, err, out } = yield* run(args, { terminal })
          assert.strictEqual(code, 2)
          assert.notInclude(err + out, "4Zq0example")
        }
      }
    })
  )

  it.effect("writes ASCII where the terminal has no more", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["help", "plan"], { terminal: true, unicode: false })
      assert.notMatch(out, /[^\n\x20-\x7e]/)
    })
  )
})

describe("frameio, standard output that cannot be written", () => {
  it.effect("says so, and answers 1 whatever the command would", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["batch", "status", "--ledger", "/nowhere/job.db"], {
        outFailure: () => "ENOSPC: no space left on device, write"
      })
      assert.strictEqual(code, 1)
      assert.include(err, "no space left on device")
    })
  )
})

describe("frameio, interrupted", () => {
  it.effect("says what that means, but to a reader that went away", () =>
    Effect.gen(function* () {
      const ended = (readerGone: boolean) =>
        Effect.flip(orInterrupted("Interrupted; nothing was written.")(Effect.never)).pipe(
          Effect.provideService(
            Stdio.Stdio,
            Stdio.make({
              out: () => Effect.void,
              err: () => Effect.void,
              input: Stream.empty,
              outIsTerminal: false,
              errIsTerminal: false,
              inIsTerminal: false,
              echo: () => Effect.void,
              colors: false,
              cursor: false,
              links: false,
              unicode: true,
              columns: Effect.succeed(80),
              readerGone: Effect.succeed(readerGone),
              outFailure: Effect.succeed(undefined),
              interrupted: () => Effect.void
            })
          )
        )
      assert.deepInclude(yield* ended(false), { exitCode: 130, message: "Interrupted; nothing was written." })
      assert.deepInclude(yield* ended(true), { exitCode: 130, message: "" })
    })
  )
})

describe("frameio, bad input", () => {
  for (const [what, args, said] of [
    ["an unknown flag", ["batch", "run", "x.csv", "--bogus"], "--bogus"],
    ["an unknown command", ["bach"], "bach is not a command of frameio. Did you mean frameio batch?"],
    ["a missing argument", ["version", A], "next"],
    ["a flag that is no number", ["batch", "run", "x.csv", "--concurrency", "many"], "many"],
    ["a concurrency of 0", ["batch", "run", "-", "--concurrency", "0"], "at least 1"],
    ["a file that is not there", ["batch", "run", "/nowhere/x.csv"], "/nowhere/x.csv: there is no such file"],
    ["a folder", ["batch", "run", "/"], "cannot be read"],
    [
      "an id that is none",
      ["version", A, "shot_010"],
      '"shot_010" is neither an asset\'s id, which is a UUID, nor a link to one.'
    ],
    [
      "two ids that are none",
      ["version", "x", "y"],
      '"x" is neither an asset\'s id, which is a UUID, nor a link to one.\n"y" is'
    ],
    ["an asset on itself", ["version", A, A], "cannot be put on itself"]
  ] as const) {
    it.effect(`answers 2 to ${what}, and says so once`, () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* run(args)
        assert.strictEqual(code, 2)
        assert.include(err, said)
        assert.strictEqual(err.split(said).length, 2, "said once")
        assert.strictEqual(out, "")
      })
    )
  }

  it.effect("refuses a plan with every problem, on both outputs, before it looks at the token", () =>
    Effect.gen(function* () {
      const { code, err, lines } = yield* run(["batch", "run", "-"], {
        input: `asset_id,next_asset_id\n${A},${A}\nx,${B}\n`,
        env: {}
      })
      assert.strictEqual(code, 2)
      assert.include(err, "standard input: The plan has 2 problems; nothing was sent.\n  line 2: ")
      const refused: unknown = JSON.parse(lines[0] ?? "")
      assert.deepInclude(refused, { _tag: "PlanRefused", total: 2 })
    })
  )

  it.effect("reads a pipe in the format that is told", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["batch", "run", "-", "--format", "jsonl"], {
        input: "asset_id,next_asset_id\n"
      })
      assert.strictEqual(code, 2)
      assert.include(err, "line 1, column 1: This line is not JSON")
    })
  )

  for (const [what, env, said] of [
    ["a missing token", {}, "FRAMEIO_TOKEN: the token is missing or empty"],
    ["an empty token", { FRAMEIO_TOKEN: "" }, "FRAMEIO_TOKEN: the token is missing or empty"],
    [
      "a base URL that is not https",
      { FRAMEIO_TOKEN: "secret-token", FRAMEIO_BASE_URL: "http://api.frame.io" },
      "FRAMEIO_BASE_URL: the base URL (http://api.frame.io) is not https"
    ]
  ] as const) {
    it.effect(`answers 2 to ${what}`, () =>
      Effect.gen(function* () {
        for (const args of [
          ["version", A, B],
          ["batch", "run", "-"]
        ]) {
          const { code, err } = yield* run(args, { env, input: `asset_id,next_asset_id\n${A},${B}\n` })
          assert.strictEqual(code, 2)
          assert.include(err, said)
          assert.notInclude(err, "secret-token")
        }
      })
    )
  }
})
