/**
 * Answers that run nothing: help, the version, completions, and the faults of a line. Pure, and light: `frameio --help`
 * loads nothing else.
 *
 * @since 0.1.0
 */
import * as Arguments from "./Arguments.js"
import * as Commands from "./Commands.js"
import * as Completion from "./Completion.js"
import * as ErrorText from "./ErrorText.js"
import * as HelpText from "./HelpText.js"
import * as Version from "./Version.js"

/**
 * The text, its stream, and the exit code.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly to: "out" | "err"
  readonly text: string
  readonly exitCode: number
}

/**
 * The answer to a line, or nothing if a command has to run.
 *
 * @since 0.1.0
 * @category combinators
 */
export const answer = (asked: Arguments.Asked, columns: number): Answer | undefined => {
  switch (asked._tag) {
    case "Help": {
      const command = Arguments.commandAt(asked.path)
      const text = command === undefined ? HelpText.ofGroup(asked.path, columns) : HelpText.ofCommand(command, columns)
      return { to: "out", text, exitCode: 0 }
    }
    case "Version":
      return { to: "out", text: `${Version.version}\n`, exitCode: 0 }
    case "Wrong":
      return { to: "err", text: ErrorText.ofLine(asked, columns), exitCode: 2 }
    case "Run": {
      if (asked.command !== Commands.completion) return undefined
      const shell = Completion.shells.find((one) => one === asked.words.at(-1))
      return shell === undefined ? undefined : { to: "out", text: Completion.script(shell), exitCode: 0 }
    }
  }
}
