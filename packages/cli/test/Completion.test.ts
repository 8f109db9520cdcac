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

  /** Runs a program of a shell in a folder with the script of its completions and two files. */
  const inShell = (shell: "zsh" | "fish", program: string, ...args: ReadonlyArray<string>): string => {
    const folder = mkdtempSync(join(tmpdir(), "completion-"))
    try {
      writeFileSync(join(folder, shell === "zsh" ? "_frameio" : "frameio.fish"), Completion.script(shell))
      writeFileSync(join(folder, "plan.csv"), "")
      writeFileSync(join(folder, "job.db"), "")
      writeFileSync(join(folder, "program"), program)
      const options = { cwd: folder, timeout: 20_000, env: { PATH: process.env.PATH, HOME: folder, TERM: "xterm" } }
      return execFileSync(shell, [shell === "zsh" ? "-f" : "--no-config", "program", ...args], options).toString()
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  /** Lines as they are typed, and what a press of the tab key brings that is not in them. */
  const typed: ReadonlyArray<readonly [line: string, offers: string]> = [
    ["frameio bat", "batch"],
    ["frameio batch ", "submit"],
    ["frameio batch run --led", "--ledger"],
    ["frameio plan ID --rule ", "netflix"],
    ["frameio stacks audit ID --rule ", "vfx-parts"],
    ["frameio batch run ", "plan.csv"],
    ["frameio batch status --ledger ", "job.db"],
    ["frameio batch run x.csv --format ", "jsonl"],
    ["frameio completion ", "zsh"]
  ]

  it.skipIf(!has("fish"))("work in fish", () => {
    const program = "source frameio.fish\nfor line in $argv\n  complete -C $line\n  echo ----\nend\n"
    const offers = inShell("fish", program, ...typed.map(([line]) => line)).split("----\n")
    for (const [n, [line, wanted]] of typed.entries()) {
      const words = (offers[n] ?? "").split("\n").map((offer) => offer.split("\t")[0])
      assert.include(words, wanted, line)
    }
  })

  it.skipIf(!has("fish"))("say in fish what an option is, and not beside each of its words", () => {
    const [option, words] = inShell(
      "fish",
      "source frameio.fish\ncomplete -C 'frameio plan ID --rul'\necho ----\ncomplete -C 'frameio plan ID --rule '\n"
    ).split("----\n")
    assert.match(option ?? "", /^--rule\tHow files are named/)
    assert.sameMembers(
      (words ?? "").trimEnd().split("\n"),
      NamedRule.all.map(({ name }): string => name)
    )
  })

  it.skipIf(!has("zsh"))(
    "work in zsh",
    () => {
      // A terminal of zsh's own; a read waits until the pattern is there.
      const program = `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "stty -echo; PS1=; LISTMAX=1000; setopt no_beep; fpath=($PWD \\$fpath); autoload -U compinit; compinit -u -D; echo REA''DY"
zpty -r z all '*READY*'
while (( $# )); do
  zpty -n -w z $'\\x15'"$1"$'\\t\\t'
  zpty -r z all "*$2*"
  print -r -- "$1: $2"
  shift 2
done
`
      const seen = inShell("zsh", program, ...typed.flat())
      assert.deepStrictEqual(
        seen.trimEnd().split("\n"),
        typed.map(([line, offers]) => `${line}: ${offers}`)
      )
    },
    30_000
  )
})
