/**
 * The command's way to the outside: two outputs, one input, and the keyboard's Ctrl-C. Tests swap it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/**
 * Standard input could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export class InputFailed extends Data.TaggedError("InputFailed")<{
  /** The system's own words. */
  readonly reason: string
}> {
  override get message(): string {
    return `Standard input could not be read: ${this.reason}`
  }
}

/**
 * The outside.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Writes data to standard output, as it is. */
  readonly out: (text: string) => Effect.Effect<void>
  /** Writes to standard error, as it is: what is meant for a person. */
  readonly err: (text: string) => Effect.Effect<void>
  /** Standard input. */
  readonly input: Stream.Stream<Uint8Array, InputFailed>
  /** Whether a person looks at standard output. */
  readonly outIsTerminal: boolean
  /** Whether a person looks at standard error. */
  readonly errIsTerminal: boolean
  /** Whether colours are wanted: a terminal, and no `NO_COLOR`. */
  readonly colors: boolean
  /** The width of the terminal, in columns. */
  readonly columns: Effect.Effect<number>
  /** Completes when Ctrl-C (or a request to end) has come so many times, 1 for the first. */
  readonly interrupted: (times: number) => Effect.Effect<void>
}

/**
 * The outside.
 *
 * @since 0.1.0
 * @category tags
 */
export class Stdio extends Context.Tag("@effect-frameio/cli/Stdio")<Stdio, Service>() {}
