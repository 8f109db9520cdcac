/**
 * Reads pairs from bytes, in either format.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Csv from "./csvPairs.js"
import * as JsonLines from "./jsonLinesPairs.js"
import type { PairSink } from "./planBuilder.js"
import { type Piece, Utf8Lines } from "./utf8Lines.js"

/**
 * Reads all pairs of an input into a sink, which collects all problems. `between` runs after each piece, so that a sink
 * can pass on what it holds.
 */
export const readPairs = <E, R, E2 = never, R2 = never>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  sink: PairSink,
  options: { readonly format: "csv" | "jsonl" | "auto"; readonly maxLineBytes: number },
  between: Effect.Effect<void, E2, R2> = Effect.void
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.gen(function* () {
    const { maxLineBytes } = options
    const lines = new Utf8Lines(maxLineBytes)
    let { format } = options
    let csv: Csv.CsvPairs | undefined
    let blank = true
    let wanted = true

    const take = (piece: Piece): Effect.Effect<boolean> => {
      switch (piece._tag) {
        case "Nothing":
          return Effect.succeed(true)
        case "TooLong":
          sink.problem("too-long", piece.line, Csv.tooLong(maxLineBytes))
          return Effect.succeed(false)
        case "Binary":
          sink.problem("not-utf8", undefined, piece.message)
          return Effect.succeed(false)
        case "NotUtf8":
          sink.problem("not-utf8", piece.line, piece.message, piece.column)
          return Effect.succeed(false)
        case "Lines": {
          const first = blank ? /\S/.exec(piece.text)?.[0] : "already seen"
          if (first === undefined) return Effect.succeed(true)
          if (blank && format === "auto") format = first === "{" || first === "[" ? "jsonl" : "csv"
          if (blank && format === "jsonl") {
            const texts = piece.text.split(piece.end)
            const at = texts.findIndex((one) => /\S/.test(one))
            const wrong = JsonLines.misshapen(texts[at] ?? "")
            if (wrong !== undefined) {
              sink.problem("not-an-object", piece.firstLine + at, wrong)
              return Effect.succeed(false)
            }
          }
          blank = false
          if (format === "jsonl") {
            return Effect.sync(() => JsonLines.write(sink, piece.text, piece.firstLine, maxLineBytes, piece.end))
          }
          csv ??= Csv.make(sink, piece.text, piece.firstLine, maxLineBytes, piece.end)
          return csv.write(piece.bytes)
        }
      }
    }
    const takeNext = (piece: Piece): Effect.Effect<boolean, E2, R2> =>
      Effect.flatMap(take(piece), (more) => {
        wanted = more
        return Effect.as(between, more)
      })

    yield* Stream.runForEachWhile(bytes, (chunk) => Effect.suspend(() => takeNext(lines.push(chunk))))
    if (wanted) yield* takeNext(lines.end())
    if (csv !== undefined) yield* csv.end
    if (sink.total === 0 && sink.size === 0) sink.problem("empty", undefined, Csv.emptyMessage(!blank))
    yield* between
  })
