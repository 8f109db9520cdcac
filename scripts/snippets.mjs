/**
 * The TypeScript in Markdown (```ts) and in `@example`s, as files of a program, so that it is checked like any other.
 * What has imports is a module; what has none is part of a program that this repository's examples could be, and gets
 * its imports and its names from `PRELUDE`.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"

const PRELUDE = `
import { it } from "@effect/vitest"
import { FetchHttpClient, FileSystem, HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import * as Core from "@effect-frameio/core"
import { Asset, FrameioClient, FrameioConfig, FrameioError, NewAsset, RateLimitCall, RateLimitScheduler, Search, UploadPart, V4Client } from "@effect-frameio/core"
import { AssetCache, Listing, StackBuild, StackTarget, Upload, UploadError, VersionStack } from "@effect-frameio/stacks"
import { BatchEvent, BatchJob, BatchProgress, BatchRunner, FolderPlan, Ledger, NamingRule, PlanFile, VersionPlan } from "@effect-frameio/batch"
import { FakeFrameio, FakeFrameioServer, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { BatchReport } from "@effect-frameio/report"
import { Chunk, Config, Console, Context, Duration, Effect, Layer, ManagedRuntime, Option, Redacted, Schedule, Schema, Stream } from "effect"
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

/** Each with where it stands: the file, the line of its first line, and how many lines come before it in the program. */
const found = (file, text, isIn) =>
  [...text.matchAll(FENCE)].filter(isIn).map((match, at) => {
    const [, margin, body] = match
    const code = body.split("\n").map((line) => (line.startsWith(margin.trimEnd()) ? line.slice(margin.length) : line))
    return { file, at, line: text.slice(0, match.index).split("\n").length + 1, code: code.join("\n") }
  })

const asModule = ({ code }) => {
  if (/^import /m.test(code)) return { before: "", text: code }
  const start = /\bawait\b/.test(code) ? "(async () => {" : "Effect.gen(function* () {"
  const before = `${PRELUDE}export const snippet = ${start}\n`
  return { before, text: `${before}${code}\n})\n` }
}

/** The snippets of Markdown files, and of sources. `folder` is where their imports are looked for. */
export const snippetsOf = (folder, markdown, sources) => {
  const all = [
    ...markdown.flatMap((file) => found(file, readFileSync(file, "utf8"), () => true)),
    ...sources.flatMap((file) => found(file, readFileSync(file, "utf8"), ({ 1: margin }) => margin.includes("*")))
  ]
  return new Map(
    all.map((snippet, at) => {
      const { before, text } = asModule(snippet)
      const skipped = before.split("\n").length - 1
      return [join(folder, `snippet-${at}.ts`), { ...snippet, text, skipped }]
    })
  )
}

/** A host that finds the snippets beside what is on the disk. */
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

/** What TypeScript says of the snippets, as `[file, line, message]`. */
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
