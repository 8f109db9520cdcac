/**
 * Questions to a person on a terminal: consent to a change that is hard to undo, and secrets.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliError, ExitCode } from "./CliError.js"
import { Stdio } from "./Stdio.js"

/**
 * Asks a person, and goes on only after a yes. If nobody can be asked, `--yes` is required, unless the caller trusts
 * scripts.
 *
 * @since 0.1.0
 * @category asking
 */
export const ask = (
  question: string,
  options: {
    /** Whether `--yes` has answered already. */
    readonly yes: boolean
    /** What happens if nobody can be asked. Default `refuse`. */
    readonly unasked?: "refuse" | "go-on" | undefined
  }
): Effect.Effect<void, CliError, Stdio> =>
  Effect.gen(function* () {
    if (options.yes) return
    const stdio = yield* Stdio
    if (!stdio.inIsTerminal || !stdio.errIsTerminal) {
      if (options.unasked === "go-on") return
      return yield* new CliError({
        exitCode: ExitCode.badInput,
        message: "There is nobody to ask here, so nothing was done.",
        todo: ["--yes goes on without asking."]
      })
    }
    yield* stdio.err(`${question} [y/N] `)
    const answer = yield* stdio.input.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runHead,
      Effect.mapError((error) => CliError.failed(error.message))
    )
    if (!/^y(es)?$/i.test(Option.getOrElse(answer, () => "").trim())) {
      return yield* CliError.failed("Nothing was done.")
    }
  })

const BACKSPACE = /[\b\u007f]/

const CTRL_C = "\u0003"

/**
 * Reads one line that nobody may see, such as a token: from a terminal without showing it, else from standard input.
 *
 * @since 0.1.0
 * @category asking
 */
export const secret = (question: string): Effect.Effect<string, CliError, Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const typed: Array<string> = []
    const reading = stdio.input.pipe(
      Stream.decodeText(),
      Stream.mapConcat((text) => [...text]),
      Stream.takeWhile((key) => key !== "\r" && key !== "\n"),
      Stream.runForEach((key) => {
        if (stdio.inIsTerminal && key === CTRL_C) return CliError.interrupted("Interrupted; nothing was done.")
        if (stdio.inIsTerminal && BACKSPACE.test(key)) typed.pop()
        else typed.push(key)
        return Effect.void
      }),
      Effect.mapError((error) => (error._tag === "CliError" ? error : CliError.failed(error.message)))
    )
    // The question comes after that, so that an answer typed at once is not shown either.
    yield* Effect.acquireUseRelease(
      stdio.echo(false),
      () => Effect.zipRight(stdio.inIsTerminal ? stdio.err(question) : Effect.void, reading),
      () => stdio.echo(true)
    )
    if (stdio.inIsTerminal) yield* stdio.err("\n")
    return typed.join("").trim()
  })
