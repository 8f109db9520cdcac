/**
 * How a command ends that does not succeed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Stdio } from "./Stdio.js"

/**
 * The process's exit code: 0 all well, 1 some of it failed, 2 the input was bad and nothing was done, 130 ended by
 * Ctrl-C.
 *
 * @since 0.1.0
 * @category models
 */
export const ExitCode = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const

/**
 * A command did not succeed. The message is for a person; empty if everything has been said already.
 *
 * @since 0.1.0
 * @category errors
 */
export class CliError extends Schema.TaggedError<CliError>("@effect-frameio/cli/CliError")("CliError", {
  exitCode: Schema.Int,
  message: Schema.String,
  /** What to do about it, in sentences or lines to copy. */
  todo: Schema.optional(Schema.Array(Schema.String))
}) {
  /** The input was bad and nothing was done. */
  static badInput(message: string): CliError {
    return new CliError({ exitCode: ExitCode.badInput, message })
  }

  /** Something failed. */
  static failed(message = ""): CliError {
    return new CliError({ exitCode: ExitCode.failed, message })
  }

  /** Ended by Ctrl-C. */
  static interrupted(message = ""): CliError {
    return new CliError({ exitCode: ExitCode.interrupted, message })
  }
}

/**
 * Ends an effect at the first Ctrl-C, saying what that means then; silently where the reader of standard output went away.
 *
 * @since 0.1.0
 * @category combinators
 */
export const orInterrupted =
  (message: string | (() => string)) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | CliError, R | Stdio> =>
    Effect.flatMap(Stdio, (stdio) =>
      Effect.raceFirst(
        self,
        Effect.flatMap(Effect.zipRight(stdio.interrupted(1), stdio.readerGone), (readerGone) =>
          CliError.interrupted(readerGone ? "" : typeof message === "string" ? message : message())
        )
      )
    )
