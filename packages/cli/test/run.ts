import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, Deferred, type Duration, Effect, Layer, Stream } from "effect"
import * as Answer from "../src/Answer.js"
import * as Arguments from "../src/Arguments.js"
import * as Cli from "../src/Cli.js"
import * as Handlers from "../src/Handlers.js"
import * as Stdio from "../src/Stdio.js"

export interface Outside {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly terminal?: boolean
  readonly columns?: number
  readonly colors?: boolean
  readonly links?: boolean
  readonly unicode?: boolean
  /** What is wrong with standard output, if anything. */
  readonly outFailure?: () => string | undefined
  /** Sees everything written to standard output as it comes. */
  readonly onOut?: (text: string, interrupt: Effect.Effect<void>) => Effect.Effect<void>
  /** Sees everything written to standard error as it comes. */
  readonly onErr?: (text: string, interrupt: Effect.Effect<void>) => Effect.Effect<void>
  readonly http?: Layer.Layer<HttpClient.HttpClient>
  /** When Ctrl-C is pressed. */
  readonly interruptAfter?: Duration.DurationInput
}

/** Nothing listens here: a test that sends by mistake fails. */
const noHttp = FetchHttpClient.layer.pipe(
  Layer.provide(
    Layer.succeed(FetchHttpClient.Fetch, () => Promise.reject(new Error("this test must not send anything")))
  )
)

const answerOrRun = (asked: Arguments.Asked) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const answer = Answer.answer(asked, yield* stdio.columns)
    if (answer !== undefined) {
      yield* answer.to === "out" ? stdio.say(answer.text) : stdio.err(answer.text)
      return answer.exitCode
    }
    return asked._tag === "Run" ? yield* Cli.run(asked, Handlers.all) : 1
  })

/** Runs the command with everything outside replaced, and returns what it said and how it ended. */
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
    const device: Stdio.Device = {
      out: (text) =>
        Effect.suspend(() => {
          said.out += text
          return outside?.onOut?.(text, interrupt) ?? Effect.void
        }),
      err: (text) =>
        Effect.suspend(() => {
          said.err += text
          return outside?.onErr?.(text, interrupt) ?? Effect.void
        }),
      input: Stream.make(new TextEncoder().encode(outside?.input ?? "")),
      outIsTerminal: outside?.terminal ?? false,
      errIsTerminal: outside?.terminal ?? false,
      inIsTerminal: outside?.terminal ?? false,
      echo: () => Effect.void,
      colors: outside?.colors ?? false,
      cursor: true,
      links: outside?.links ?? false,
      unicode: outside?.unicode ?? true,
      columns: Effect.succeed(outside?.columns ?? 100),
      readerGone: Effect.succeed(false),
      outFailure: Effect.sync(() => outside?.outFailure?.()),
      interrupted: (times) => {
        const signal = signals[times - 1]
        return signal === undefined ? Effect.never : Deferred.await(signal)
      }
    }
    const code = yield* answerOrRun(Arguments.read(args)).pipe(
      Effect.provide(
        Layer.mergeAll(Layer.succeed(Stdio.Stdio, Stdio.make(device)), NodeContext.layer, outside?.http ?? noHttp)
      ),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(
          new Map(Object.entries({ FRAMEIO_API: "v2", ...(outside?.env ?? { FRAMEIO_TOKEN: "fio-u-test" }) }))
        )
      )
    )
    return { code, ...said, lines: said.out.split("\n").filter((line) => line !== "") }
  })
