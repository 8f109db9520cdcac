/**
 * `Stdio` of a Node process.
 *
 * @since 0.1.0
 */
import { isatty } from "node:tty"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "./Stdio.js"
import * as Text from "./Text.js"

/** Resolves when the text was taken, so that a slow reader slows the program and nothing piles up. */
const write =
  (stream: NodeJS.WriteStream, onError: (error: Error) => void) =>
  (text: string): Effect.Effect<void> =>
    Effect.async<void>((resume) => {
      stream.write(text, (error) => {
        if (error != null) onError(error)
        resume(Effect.void)
      })
    })

const TRAITS = [
  ...["NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG"],
  ...["TERM_PROGRAM", "WT_SESSION", "KONSOLE_VERSION", "VTE_VERSION"]
]

/** The terminal's abilities, from the environment. */
const traits = Effect.map(
  Effect.all(TRAITS.map((name) => Effect.orElseSucceed(Config.withDefault(Config.string(name), ""), () => ""))),
  (values) => Text.traits((name) => values[TRAITS.indexOf(name)] ?? "")
)

/**
 * The process's own streams and signals. `SIGINT` and `SIGTERM` are counted and no longer end the process by
 * themselves; a reader of the output that goes away counts as one of them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Stdio.Stdio> = Layer.scoped(
  Stdio.Stdio,
  Effect.gen(function* () {
    const waiting: Array<Deferred.Deferred<void>> = []
    const { colors, cursor, links, unicode } = yield* traits
    let outFailure: string | undefined
    let readerGone = false
    let count = 0
    const at = (times: number): Deferred.Deferred<void> => {
      while (waiting.length < times) {
        const deferred = Deferred.unsafeMake<void>(fiberId)
        if (waiting.length < count) Deferred.unsafeDone(deferred, Effect.void)
        waiting.push(deferred)
      }
      const found = waiting[times - 1]
      return found === undefined ? Deferred.unsafeMake<void>(fiberId) : found
    }
    const fiberId = yield* Effect.fiberId
    const onSignal = (): void => {
      count += 1
      Deferred.unsafeDone(at(count), Effect.void)
    }
    const onBroken = (): void => {
      if (count === 0) onSignal()
    }
    const onOutError = (error: Error): void => {
      // A reader that has seen enough, such as head, is no failure.
      if ("code" in error && error.code === "EPIPE") readerGone = true
      else outFailure ??= error.message
      onBroken()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        process.on("SIGINT", onSignal)
        process.on("SIGTERM", onSignal)
        process.stdout.on("error", onOutError)
        process.stderr.on("error", onBroken)
      }),
      () =>
        Effect.sync(() => {
          process.off("SIGINT", onSignal)
          process.off("SIGTERM", onSignal)
        })
    )
    return Stdio.make({
      out: write(process.stdout, onOutError),
      err: write(process.stderr, onBroken),
      input: NodeStream.fromReadable<Stdio.InputFailed, Uint8Array>(
        () => process.stdin,
        (cause) => new Stdio.InputFailed({ reason: cause instanceof Error ? cause.message : String(cause) })
      ),
      outIsTerminal: process.stdout.isTTY === true,
      errIsTerminal: process.stderr.isTTY === true,
      // The stream itself takes long to be made, and few commands read it.
      inIsTerminal: isatty(0),
      echo: (on) =>
        Effect.sync(() => {
          if (process.stdin.isTTY === true) process.stdin.setRawMode(!on)
        }),
      colors,
      cursor,
      links,
      unicode,
      columns: Effect.sync(() => process.stderr.columns ?? process.stdout.columns ?? 0),
      interrupted: (times) => Effect.suspend(() => Deferred.await(at(times))),
      readerGone: Effect.sync(() => readerGone),
      outFailure: Effect.sync(() => outFailure)
    })
  })
)
