#!/usr/bin/env node
// @effect-diagnostics processEnv:off
import * as nodeModule from "node:module"
import { join } from "node:path"
import * as Answer from "./Answer.js"
import * as Arguments from "./Arguments.js"
import * as Text from "./Text.js"

const asked = Arguments.read(process.argv.slice(2))
const answer = Answer.answer(asked, process.stdout.columns ?? process.stderr.columns ?? 80)

/** Node 22.8 and later keep compiled modules between runs; in the user's folder, since others may write to a shared one. */
const keepCompiled = (): void => {
  if (!("enableCompileCache" in nodeModule) || typeof nodeModule.enableCompileCache !== "function") return
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const cache = XDG_CACHE_HOME || LOCALAPPDATA || (HOME ? join(HOME, ".cache") : "")
  if (cache !== "") nodeModule.enableCompileCache(join(cache, "effect-frameio", "compiled"))
}

if (answer === undefined) {
  keepCompiled()
  void import("./main.js").then((main) => main.run(asked))
} else {
  const stream = answer.to === "out" ? process.stdout : process.stderr
  const { colors, unicode } = Text.traits((name) => process.env[name] ?? "")
  const text = Text.painted(Text.visible(answer.text), colors && stream.isTTY === true)
  // A reader that has seen enough, such as head, is no failure.
  const onError = (error: Error): void => {
    if (!("code" in error && error.code === "EPIPE")) process.stderr.write(`Error: standard output: ${error.message}\n`)
    process.exitCode = 1
  }
  process.exitCode = answer.exitCode
  stream.on("error", onError)
  stream.write(unicode ? text : Text.ascii(text))
}
