import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { NamedRule } from "@effect-frameio/batch"
import * as CommandLine from "../src/CommandLine.js"
import * as Commands from "../src/Commands.js"
import * as Completion from "../src/Completion.js"
import * as HelpText from "../src/HelpText.js"

const has = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0

for (const shell of Completion.shells) {
  if (!has(shell)) process.stderr.write(`SKIPPED: completions are not tried in ${shell}, which is not installed.\n`)
}

/** What bash offers behind the words of a line, the last of which is being typed. */
const offered = (...words: ReadonlyArray<string>): ReadonlyArray<string> =>
  execFileSync("bash", [
    "-c",
    `${Completion.script("bash")}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _frameio; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    "frameio",
    ...words
  ])
    .toString()
    .split("\n")
    .filter((line) => line !== "")

describe("completions", () => {
  it("and help name each option of a command once, also where the command means one of every command's in its own way", () => {
    for (const command of Commands.all) {
      const help = HelpText.ofCommand(command, 80)
      const options = [...help.matchAll(/^ {2}(?:-\w, | {4})(--[\w-]+)/gm)].map(([, name]) => name)
      assert.deepStrictEqual(options, [...new Set(options)], command.path.join(" "))
      assert.include(options, "--api", command.path.join(" "))
    }
    assert.lengthOf(
      offered("fake", "--ap").filter((word) => word === "--api"),
      has("bash") ? 1 : 0
    )
  })

  it("name every command, option and rule, in every shell", () => {
    for (const shell of Completion.shells) {
      const script = Completion.script(shell)
      for (const command of Commands.all) {
        for (const { name } of [...CommandLine.flagsOf(command), ...Object.values(Commands.globals)]) {
          assert.include(script, shell === "fish" ? `-l ${name}` : `--${name}`)
        }
        for (const word of command.path) assert.include(script, word)
      }
      for (const { name } of NamedRule.all) assert.include(script, name)
    }
  })

  it.skipIf(!has("bash"))("work in bash", () => {
    assert.includeMembers([...offered("")], ["version", "batch", "completion", "ls"])
    assert.deepStrictEqual(offered("bat"), ["batch"])
    assert.includeMembers([...offered("batch", "")], ["run", "status", "report", "undo"])
    assert.deepStrictEqual(offered("batch", "run", "x.csv", "--led"), ["--ledger"])
    assert.deepStrictEqual(
      offered("plan", "ID", "--rule", ""),
      NamedRule.all.map(({ name }) => name)
    )
    assert.deepStrictEqual(offered("batch", "run", "--ledger", "/etc/host"), [
      ...new Set(offered("batch", "run", "/etc/host"))
    ])
    assert.include(offered("batch", "run", "/etc/host"), "/etc/hosts")
    assert.deepStrictEqual(offered("completion", ""), ["bash", "zsh", "fish"])
    assert.deepStrictEqual(offered("version", ""), [])
  })

  for (const shell of ["zsh", "fish"] as const) {
    it.skipIf(!has(shell))(`is a script that ${shell} reads`, () => {
      // A file: fish takes no script from a socket, which is what a child's input is here.
      const folder = mkdtempSync(join(tmpdir(), "completion-"))
      try {
        const file = join(folder, `frameio.${shell}`)
        writeFileSync(file, Completion.script(shell))
        const { status, stderr } = spawnSync(shell, ["-n", file])
        assert.strictEqual(status, 0, stderr.toString())
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
