/**
 * `Stdio` of a Node process.
 *
 * @since 0.1.0
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { InputFailed, Stdio } from "./Stdio.js"

/** Resolves when the text was taken, so that a slow reader slows the program and nothing piles up. */
const write =
  (stream: NodeJS.WriteStream) =>
  (text: string): Effect.Effect<void> =>
    Effect.async<void>((resume) => {
      stream.write(text, () => resume(Effect.void))
    })

/**
 * The process's own streams and signals. `SIGINT` and `SIGTERM` are counted and no longer end the process by themselves;
 * neither does a reader of the output that goes away, which counts as one of them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Stdio> = Layer.scoped(
  Stdio,
  Effect.gen(function* () {
    const waiting: Array<Deferred.Deferred<void>> = []
    const noColor = yield* Config.option(Config.string("NO_COLOR")).pipe(Effect.orElseSucceed(Option.none))
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
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        process.on("SIGINT", onSignal)
        process.on("SIGTERM", onSignal)
        process.stdout.on("error", onBroken)
        process.stderr.on("error", onBroken)
      }),
      () =>
        Effect.sync(() => {
          process.off("SIGINT", onSignal)
          process.off("SIGTERM", onSignal)
        })
    )
    return {
      out: write(process.stdout),
      err: write(process.stderr),
      input: NodeStream.fromReadable<InputFailed, Uint8Array>(
        () => process.stdin,
        (cause) => new InputFailed({ reason: cause instanceof Error ? cause.message : String(cause) })
      ),
      outIsTerminal: process.stdout.isTTY === true,
      errIsTerminal: process.stderr.isTTY === true,
      colors: process.stderr.isTTY === true && Option.isNone(Option.filter(noColor, (value) => value !== "")),
      columns: Effect.sync(() => process.stderr.columns ?? 80),
      interrupted: (times) => Effect.suspend(() => Deferred.await(at(times)))
    }
  })
)
