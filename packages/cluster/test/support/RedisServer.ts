/** A real `redis-server` of the test's own: on a free loopback port, without files, gone when its scope closes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { Effect } from "effect"
import { freePort } from "./PostgresServer.js"

/** Whether there is none on this machine. Says so once per test file, as loud as a test can. */
export const missing = spawnSync("redis-server", ["--version"]).error !== undefined

if (missing) console.warn("!!! redis-server is not installed: THE TESTS OF SEVERAL WORKERS ARE SKIPPED !!!")

export const start = Effect.gen(function* () {
  const port = yield* freePort
  yield* Effect.acquireRelease(
    Effect.async<ChildProcess>((resume) => {
      const child = spawn(
        "redis-server",
        ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", "--appendonly", "no"],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("Ready to accept connections")) resume(Effect.succeed(child))
      })
    }),
    (child) =>
      Effect.async<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  return { url: `redis://127.0.0.1:${port}` }
})
