/** A real `redis-server` for one test: on a free loopback port, without files, removed when its scope closes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { freePort } from "./freePort.js"

/** Whether none is installed. Says so once per test file, as loudly as a test can. */
export const missing = spawnSync("redis-server", ["--version"]).error !== undefined

if (missing) {
  process.stderr.write("!!! redis-server is not installed: WHAT NEEDS IT IS SKIPPED !!!\n")
}

const launch = (port: number, folder: string, { password, settings = [] }: Options) =>
  Effect.async<ChildProcess>((resume) => {
    const child = spawn(
      "redis-server",
      [
        ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", "", "--appendonly", "no"],
        ...(password === undefined ? [] : ["--requirepass", password]),
        ...settings
      ],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("Ready to accept connections")) resume(Effect.succeed(child))
    })
    child.once("exit", (code) => resume(Effect.dieMessage(`redis-server ended with ${code}`)))
  })

const end = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

interface Options {
  readonly password?: string
  /** As on the command line of `redis-server`. */
  readonly settings?: ReadonlyArray<string>
}

export const start = (options: Options = {}) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-redis-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const port = yield* freePort
    let child: ChildProcess | undefined
    const up = Effect.flatMap(launch(port, folder, options), (started) =>
      Effect.sync(() => {
        child = started
      })
    )
    const down = Effect.suspend(() => (child === undefined ? Effect.void : end(child)))
    yield* Effect.acquireRelease(up, () => down)
    const credentials = options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`
    return {
      port,
      url: Redacted.make(`redis://${credentials}127.0.0.1:${port}`),
      /** Ends it like a crash: nothing is kept. */
      kill: down,
      /** Starts it again, empty, on the same port. */
      restart: up,
      /** Freezes it: connections stay open, answers do not come. */
      freeze: Effect.sync(() => child?.kill("SIGSTOP")),
      thaw: Effect.sync(() => child?.kill("SIGCONT"))
    }
  })

export type RedisServer = Effect.Effect.Success<ReturnType<typeof start>>
