import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Cli, Stdio } from "@effect-frameio/cli"
import { ConfigProvider, Console, Deferred, type Duration, Effect, Layer, Stream } from "effect"

export interface Outside {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly terminal?: boolean
  readonly columns?: number
  /** Sees everything written to standard output as it comes. */
  readonly onOut?: (text: string, interrupt: Effect.Effect<void>) => Effect.Effect<void>
  readonly http?: Layer.Layer<HttpClient.HttpClient>
  /** When Ctrl-C comes. */
  readonly interruptAfter?: Duration.DurationInput
}

/** Nothing is listening: a test that sends without meaning to fails. */
const noHttp = FetchHttpClient.layer.pipe(
  Layer.provide(
    Layer.succeed(FetchHttpClient.Fetch, () => Promise.reject(new Error("this test must not send anything")))
  )
)

/** Runs the command with the outside swapped, and answers what it said and how it ended. */
export const run = (args: ReadonlyArray<string>, outside?: Outside) =>
  Effect.gen(function* () {
    const said = { out: "", err: "" }
    const signals = [yield* Deferred.make<void>(), yield* Deferred.make<void>()] as const
    let count = 0
    const interrupt = Effect.suspend(() => {
      const signal = signals[count++]
      return signal === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(signal, undefined))
    })
    if (outside?.interruptAfter !== undefined) yield* Effect.fork(Effect.delay(interrupt, outside.interruptAfter))
    const stdio = Layer.succeed(Stdio.Stdio, {
      out: (text) =>
        Effect.suspend(() => {
          said.out += text
          return outside?.onOut?.(text, interrupt) ?? Effect.void
        }),
      err: (text) =>
        Effect.sync(() => {
          said.err += text
        }),
      input: Stream.make(new TextEncoder().encode(outside?.input ?? "")),
      outIsTerminal: outside?.terminal ?? false,
      errIsTerminal: outside?.terminal ?? false,
      colors: false,
      columns: Effect.succeed(outside?.columns ?? 100),
      interrupted: (times) => {
        const signal = signals[times - 1]
        return signal === undefined ? Effect.never : Deferred.await(signal)
      }
    })
    const tell =
      (to: "out" | "err") =>
      (...what: ReadonlyArray<unknown>) =>
        Effect.sync(() => {
          said[to] += `${what.join(" ")}\n`
        })
    const console: Console.Console = yield* Console.consoleWith((real) =>
      Effect.succeed({ ...real, log: tell("out"), error: tell("err") })
    )
    const code = yield* Cli.run(["node", "frameio", ...args]).pipe(
      Effect.provide(Layer.mergeAll(stdio, NodeContext.layer, outside?.http ?? noHttp)),
      Effect.withConsole(console),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map(Object.entries(outside?.env ?? { FRAMEIO_TOKEN: "fio-u-test" })))
      )
    )
    return { code, ...said, lines: said.out.split("\n").filter((line) => line !== "") }
  })
