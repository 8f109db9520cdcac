import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "./run.js"

const A = "00000000-0000-4000-8000-000000000001"
const B = "00000000-0000-4000-8000-000000000002"

describe("frameio, help", () => {
  for (const [args, words] of [
    [[], ["version", "batch", "frameio fake --pairs"]],
    [["--help"], ["FRAMEIO_TOKEN", "frameio batch run versions.csv"]],
    [
      ["version", "--help"],
      ["<asset>", "<next>", "jq -r .id"]
    ],
    [
      ["upload", "--help"],
      ["--onto", "--into", "--filetype", "130 after Ctrl-C", "render | frameio upload - --name cut.mp4"]
    ],
    [
      ["batch", "run", "--help"],
      ["asset_id,next_asset_id", "--format", "130 after Ctrl-C", "frameio batch run - --format jsonl"]
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

describe("frameio, bad input", () => {
  for (const [what, args, said] of [
    ["an unknown flag", ["batch", "run", "x.csv", "--bogus"], "--bogus"],
    [
      "an unknown command",
      ["bach"],
      "Invalid subcommand for frameio - use one of 'version', 'upload', 'plan', 'batch', 'fake', 'demo'"
    ],
    ["a missing argument", ["version", A], "next"],
    ["a flag that is no number", ["batch", "run", "x.csv", "--concurrency", "many"], "many"],
    ["a concurrency of 0", ["batch", "run", "-", "--concurrency", "0"], "at least 1"],
    ["a file that is not there", ["batch", "run", "/nowhere/x.csv"], "/nowhere/x.csv: there is no such file"],
    ["a folder", ["batch", "run", "/"], "cannot be read"],
    ["an id that is none", ["version", A, "shot_010"], '"next_asset_id" is "shot_010", which is not a UUID'],
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
