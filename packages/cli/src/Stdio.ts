/**
 * The command's connection to the outside: two outputs, one input, and the keyboard's Ctrl-C. Tests replace it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as Text from "./Text.js"

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
 * The streams and the terminal of a process, unguarded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Device {
  /** Writes to standard output. */
  readonly out: (text: string) => Effect.Effect<void>
  /** Writes to standard error. */
  readonly err: (text: string) => Effect.Effect<void>
  /** Standard input. */
  readonly input: Stream.Stream<Uint8Array, InputFailed>
  /** Whether standard output is a terminal. */
  readonly outIsTerminal: boolean
  /** Whether standard error is a terminal. */
  readonly errIsTerminal: boolean
  /** Whether a person can be asked: standard input is a terminal. */
  readonly inIsTerminal: boolean
  /** Turns the terminal's echo on or off; when it is off, each key arrives at once. */
  readonly echo: (on: boolean) => Effect.Effect<void>
  /** Whether colours are wanted on a terminal. */
  readonly colors: boolean
  /** Whether the terminal can overwrite its line. */
  readonly cursor: boolean
  /** Whether the terminal shows links (OSC 8). */
  readonly links: boolean
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean
  /** The terminal's width, in columns; 0 or 1 if it does not say. */
  readonly columns: Effect.Effect<number>
  /** Completes at the n-th Ctrl-C (or request to end), 1 for the first. */
  readonly interrupted: (times: number) => Effect.Effect<void>
  /** Whether the reader of standard output, such as `head`, went away. */
  readonly readerGone: Effect.Effect<boolean>
  /** Why standard output could not be written, if so; a reader that went away is no failure. */
  readonly outFailure: Effect.Effect<string | undefined>
}

/**
 * The outside, safe for foreign text: anything that a terminal would act on is spelt out, and no line lands on the
 * status line.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Omit<Device, "colors" | "cursor"> {
  /** Writes data to standard output: unchanged into a pipe or file, harmless on a terminal. */
  readonly out: (text: string) => Effect.Effect<void>
  /** Writes text for a person to standard output. */
  readonly say: (text: string) => Effect.Effect<void>
  /** Writes text for a person to standard error, such as lines to copy. */
  readonly err: (text: string) => Effect.Effect<void>
  /** Writes sentences for a person to standard error, broken at words on a terminal. */
  readonly tell: (text: string) => Effect.Effect<void>
  /**
   * Shows a line below everything else until the next is shown or something is written; it stays otherwise. Does
   * nothing unless a person looks. A terminal that cannot overwrite its line gets a line every ten seconds.
   */
  readonly status: (line: string | undefined) => Effect.Effect<void>
}

/**
 * The outside.
 *
 * @since 0.1.0
 * @category tags
 */
export class Stdio extends Context.Tag("@effect-frameio/cli/Stdio")<Stdio, Service>() {}

/**
 * Goes to the beginning of the line and erases everything after it, even if a narrower window has broken the line in
 * two.
 */
const ERASE = "\r\u001b[J"

/** Keeps a window that has become narrower since it gave its width from breaking the line. */
const NO_WRAP = "\u001b[?7l"

const WRAP = "\u001b[?7h"

/** The time between status lines that stay, in ms. */
const KEPT_MILLIS = 10_000

const NARROWEST = 2

const WIDTH = 80

/**
 * The outside of a device.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (device: Device): Service => {
  let shown = false
  let keptAt = Number.NEGATIVE_INFINITY
  const spelt = (text: string): string => (device.unicode ? text : Text.ascii(text))
  const toPerson = (terminal: boolean, text: string): string =>
    spelt(Text.painted(Text.visible(text), terminal && device.colors, terminal && device.links))
  const columns = Effect.map(device.columns, (width) => (width < NARROWEST ? WIDTH : width))
  const erased = Effect.suspend(() => {
    if (!shown) return Effect.void
    shown = false
    return device.err(ERASE)
  })
  const err = (text: string): Effect.Effect<void> =>
    Effect.zipRight(
      erased,
      Effect.suspend(() => device.err(toPerson(device.errIsTerminal, text)))
    )
  const status = (line: string | undefined): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!device.errIsTerminal) return
      if (line === undefined) return yield* erased
      if (device.cursor) {
        const cut = Text.cut(spelt(Text.visibleLine(line)), (yield* columns) - 1)
        shown = true
        // The cursor waits at the beginning, so that an echoed ^C breaks no line.
        return yield* device.err(`${ERASE}${NO_WRAP}${Text.painted(cut, device.colors)}${WRAP}\r`)
      }
      const now = yield* Clock.currentTimeMillis
      if (now - keptAt < KEPT_MILLIS) return
      keptAt = now
      yield* device.err(`${spelt(Text.painted(Text.visibleLine(line), false))}\n`)
    })
  return {
    ...device,
    columns,
    status,
    err,
    tell: (text) =>
      device.errIsTerminal ? Effect.flatMap(columns, (width) => err(Text.folded(text, width))) : err(text),
    say: (text) =>
      Effect.zipRight(
        erased,
        Effect.suspend(() => device.out(toPerson(device.outIsTerminal, text)))
      ),
    out: (text) =>
      device.outIsTerminal
        ? Effect.zipRight(
            erased,
            Effect.suspend(() => device.out(Text.visible(text)))
          )
        : Effect.suspend(() => device.out(Text.withoutTokens(text)))
  }
}

/**
 * The outside without messages: only results.
 *
 * @since 0.1.0
 * @category combinators
 */
export const quiet = (self: Service): Service => {
  const nothing = () => Effect.void
  return { ...self, err: nothing, tell: nothing, status: nothing }
}
