#!/usr/bin/env node
// @effect-diagnostics processEnv:off
import * as Answer from "./Answer.js"
import * as Arguments from "./Arguments.js"
import * as Compiled from "./Compiled.js"
import type * as once from "./once.js"
import * as Text from "./Text.js"

/** The file with the commands that make few calls, and their names, if the bundle has one. */
declare const ONCE: (Compiled.Scripts & { readonly commands: ReadonlyArray<string> }) | undefined

const asked = Arguments.read(process.argv.slice(2))
const answer = Answer.answer(asked, process.stdout.columns ?? process.stderr.columns ?? 80)

const hasProxy = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some(
  (name) => (process.env[name] ?? "").trim() !== ""
)

if (answer === undefined && asked._tag === "Run") {
  const name = asked.command.path.join("-")
  if (ONCE?.commands.includes(name) === true && !hasProxy) {
    const { run } = Compiled.load(new URL(".", import.meta.url), ONCE, name) as typeof once
    run(asked)
  } else {
    Compiled.keepModules()
    void import("./main.js").then((main) => main.run(asked))
  }
}
if (answer !== undefined) {
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
