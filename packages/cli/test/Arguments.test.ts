import { assert, describe, it } from "@effect/vitest"
import * as Arguments from "../src/Arguments.js"
import * as CommandLine from "../src/CommandLine.js"
import * as Commands from "../src/Commands.js"

const read = (line: string) => Arguments.read(line === "" ? [] : line.split(" "))

const wordsOf = (line: string) => {
  const asked = read(line)
  return asked._tag === "Run" ? [...asked.command.path, ...asked.words].join(" ") : asked
}

const wrongOf = (line: string) => {
  const asked = read(line)
  return asked._tag === "Wrong" ? asked.problems : asked
}

describe("Arguments", () => {
  it("takes options anywhere, and leaves arguments in order", () => {
    for (const line of [
      "batch run x.csv --json --format csv",
      "batch run --format=csv x.csv --json",
      "batch run --json --format csv -- x.csv",
      "batch -q run x.csv --json --format csv",
      "--log-level debug batch run x.csv --json --format csv"
    ]) {
      assert.strictEqual(wordsOf(line), "batch run --format csv --json -- x.csv", line)
    }
    assert.strictEqual(wordsOf("version a b"), "version -- a b")
    assert.strictEqual(wordsOf("version run version"), "version -- run version")
    assert.strictEqual(wordsOf("batch run -"), "batch run -- -")
    assert.strictEqual(wordsOf("batch run -- --b"), "batch run -- --b")
    assert.strictEqual(wordsOf("upload --name=--odd a"), "upload --name --odd -- a")
    assert.strictEqual(wordsOf("fake --shots -1"), "fake --shots -1 --")
  })

  it("reads the options of every command", () => {
    const asked = read("batch -vq run --log-file=log.txt x.csv")
    if (asked._tag !== "Run") throw new Error(asked._tag)
    assert.deepInclude(asked.globals, { verbose: true, quiet: true, help: false })
    assert.deepInclude(asked.globals.logFile, { _tag: "Some", value: "log.txt" })
  })

  it("finds help and version wherever they are asked for", () => {
    for (const line of ["help batch run", "batch run --help", "batch run x.csv -h", "-h batch run"]) {
      assert.deepStrictEqual(read(line), { _tag: "Help", path: ["batch", "run"] }, line)
    }
    assert.deepStrictEqual(read(""), { _tag: "Help", path: [] })
    assert.deepStrictEqual(read("batch"), { _tag: "Help", path: ["batch"] })
    assert.deepStrictEqual(read("help"), { _tag: "Help", path: [] })
    for (const line of ["--version", "-V", "batch --version"]) assert.strictEqual(read(line)._tag, "Version")
    assert.strictEqual(wordsOf("upload -- -h"), "upload -- -h")
  })

  it("blames the word that is wrong, and says what was probably meant", () => {
    for (const [line, what, meant] of [
      ["bach", "bach is not a command of frameio.", "frameio batch"],
      ["batch rnu x.csv", "rnu is not a command of frameio batch.", "frameio batch run"],
      ["batch rnu --ledger", "rnu is not a command of frameio batch.", "frameio batch run"],
      ["run x.csv", "run is not a command of frameio.", "frameio batch run"],
      ["xyzzy", "xyzzy is not a command of frameio.", undefined],
      ["version --bogus A B", "--bogus is not an option of frameio version.", undefined],
      ["batch run x.csv --ledgr=j", "--ledgr is not an option of frameio batch run.", "--ledger"],
      ["batch run x.csv -x", "-x is not an option of frameio batch run.", undefined],
      ["batch run x.csv --ledger", "--ledger needs a value: --ledger <file>.", undefined],
      ["batch run --ledger --json x.csv", "--ledger needs a value: --ledger <file>.", undefined],
      ["batch run x.csv --json=yes", '--json takes no value, but has "yes".', undefined],
      ["batch run x.csv --format xml", '--format is "xml"; it must be auto, csv, jsonl.', undefined],
      ["batch run x.csv --concurrency many", '--concurrency is "many"; it must be a whole number.', undefined],
      [
        "upload x --give-up-after soon",
        '--give-up-after is "soon"; it must be a time such as 90s, 30m or 2h.',
        undefined
      ],
      [
        "batch run x.csv --settle-after=-1",
        '--settle-after is "-1"; it must be a time such as 90s, 30m or 2h.',
        undefined
      ],
      ["batch run x.csv --ledger a --ledger b", "--ledger is given 2 times; give it once.", undefined],
      ["version A", "<next> is missing.", undefined],
      ["version A B C", '"C" is more than frameio version takes.', undefined],
      ["batch status --ledger", "--ledger needs a value: --ledger <file>.", undefined],
      ["help batch rnu", "rnu is not a command of frameio batch.", "frameio batch run"],
      ["constructor", "constructor is not a command of frameio.", undefined]
    ] as const) {
      const problems = wrongOf(line)
      if (!Array.isArray(problems)) throw new Error(`${line} is not wrong`)
      assert.deepStrictEqual(
        problems.map((one) => [one.what, one.meant]),
        [[what, meant]],
        line
      )
    }
  })

  it("reads times", () => {
    const read = ["90", "500ms", "90s", "30m", "1.5h", "1d", "-1s", ""].map((word) => CommandLine.duration.read(word))
    assert.deepStrictEqual(
      read.map((one) => (one.ok ? one.value : undefined)),
      [90, 0.5, 90, 1800, 5400, 86_400, undefined, undefined]
    )
  })

  it("says all that is wrong at once", () => {
    const problems = wrongOf("batch run --bogus --concurrency many")
    assert.deepStrictEqual(Array.isArray(problems) ? problems.map(({ what }) => what) : problems, [
      "--bogus is not an option of frameio batch run.",
      "<file> is missing.",
      '--concurrency is "many"; it must be a whole number.'
    ])
  })

  it("knows every command by its own words", () => {
    for (const command of Commands.all) {
      assert.deepStrictEqual(Arguments.read([...command.path, "--help"]), { _tag: "Help", path: [...command.path] })
    }
  })
})
