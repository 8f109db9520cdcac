/**
 * The TypeScript in Markdown (```ts) and in `@example`s, as files of a program, so that it is checked like any other. A
 * snippet with imports is a module; one without gets imports of every public module, and a few names.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"

const PRELUDE = `
import { it } from "@effect/vitest"
import { FetchHttpClient, FileSystem, HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import * as Core from "@effect-frameio/core"
import { Chunk, Clock, Config, Console, Context, Duration, Effect, Either, Layer, ManagedRuntime, Metric, Option, Redacted, Runtime, Schedule, Schema, Stream } from "effect"
declare const frameio: FrameioClient.Service
declare const fs: FileSystem.FileSystem
declare const shot: Asset.AssetId
declare const cut: Asset.AssetId
declare const folder: Asset.AssetId
declare const root: Asset.AssetId
declare const growing: Asset.AssetId
declare const shots: ReadonlyArray<Asset.AssetId>
declare const folderId: Asset.AssetId
declare const take2: Asset.AssetId
declare const take3: Asset.AssetId
declare const v4: V4Client.Service
declare const version: (assetId: Asset.AssetId, nextAssetId: Asset.AssetId) => Promise<Asset.Asset>
declare const accountId: string
declare const projectId: string
declare const program: Effect.Effect<void, FrameioError.FrameioError>
declare const file: string
declare const size: FileSystem.Size
declare const pair: { readonly assetId: Asset.AssetId; readonly nextAssetId: Asset.AssetId }
`

const FENCE = /^([ \t]*(?:\*[ \t])?)```ts\n([\s\S]*?)^\1```/gm

/** Each with its place: the file, the line of its first line, and the number of lines before it in the program. */
const found = (file, text, isIn) =>
  [...text.matchAll(FENCE)].filter(isIn).map((match, at) => {
    const [, margin, body] = match
    const code = body.split("\n").map((line) => (line.startsWith(margin.trimEnd()) ? line.slice(margin.length) : line))
    return { file, at, line: text.slice(0, match.index).split("\n").length + 1, code: code.join("\n") }
  })

const importOf = (source) => {
  const [, library, module] = /packages\/([^/]+)\/src\/([A-Z]\w*)\.ts$/.exec(source) ?? []
  return module === undefined ? [] : [`import { ${module} } from "@effect-frameio/${library}"\n`]
}

const asModule = ({ code }, imports) => {
  if (/^import /m.test(code)) return { before: "", text: code }
  const start = /\bawait\b/.test(code) ? "(async () => {" : "Effect.gen(function* () {"
  const before = `${imports}${PRELUDE}export const snippet = ${start}\n`
  return { before, text: `${before}${code}\n})\n` }
}

/** The snippets of Markdown files and of sources. Their imports resolve from `folder`. */
export const snippetsOf = (folder, markdown, sources) => {
  const all = [
    ...markdown.flatMap((file) => found(file, readFileSync(file, "utf8"), () => true)),
    ...sources.flatMap((file) => found(file, readFileSync(file, "utf8"), ({ 1: margin }) => margin.includes("*")))
  ]
  const imports = sources.flatMap(importOf).join("")
  return new Map(
    all.map((snippet, at) => {
      const { before, text } = asModule(snippet, imports)
      const skipped = before.split("\n").length - 1
      return [join(folder, `snippet-${at}.ts`), { ...snippet, text, skipped }]
    })
  )
}

/** A host that finds the snippets beside the files on disk. */
export const hostWith = (options, snippets) => {
  const host = ts.createCompilerHost(options)
  return {
    ...host,
    fileExists: (name) => snippets.has(name) || host.fileExists(name),
    readFile: (name) => snippets.get(name)?.text ?? host.readFile(name),
    getSourceFile: (name, ...more) => {
      const snippet = snippets.get(name)
      return snippet === undefined
        ? host.getSourceFile(name, ...more)
        : ts.createSourceFile(name, snippet.text, more[0], true)
    }
  }
}

/** TypeScript's diagnostics for the snippets, as `[file, line, message]`. */
export const faultsOf = (program, snippets) =>
  [...snippets].flatMap(([name, snippet]) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      .filter(({ category, source: by }) => category === ts.DiagnosticCategory.Error && by === undefined)
      .map(({ start, messageText }) => [
        snippet.file,
        snippet.line - snippet.skipped + source.getLineAndCharacterOfPosition(start ?? 0).line,
        ts.flattenDiagnosticMessageText(messageText, " ")
      ])
  })
