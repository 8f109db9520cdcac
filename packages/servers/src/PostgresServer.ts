/** A real PostgreSQL for one test: on a free loopback port, in a temporary folder, removed when its scope closes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { freePort } from "./freePort.js"

/** Debian does not put the server's programs on the path. */
const folders = [
  ...(process.env.PATH ?? "").split(":"),
  ...(existsSync("/usr/lib/postgresql")
    ? readdirSync("/usr/lib/postgresql").map((version) => `/usr/lib/postgresql/${version}/bin`)
    : [])
]

const find = (program: string): string | undefined =>
  folders.map((folder) => join(folder, program)).find((file) => existsSync(file))

const postgres = find("postgres")
const initdb = find("initdb")

/** Whether none is installed. Says so once per test file, as loudly as a test can. */
export const missing = postgres === undefined || initdb === undefined

if (missing) process.stderr.write("!!! postgres is not installed: WHAT NEEDS IT IS SKIPPED !!!\n")

const idOf = (user: string): number | undefined => {
  const { status, stdout } = spawnSync("id", ["-u", user], { encoding: "utf8" })
  return status === 0 ? Number(stdout) : undefined
}

/** PostgreSQL refuses to run as root. */
const user = process.getuid?.() === 0 ? (idOf("postgres") ?? idOf("nobody")) : undefined
const identity = user === undefined ? {} : { uid: user, gid: user }

const launch = (folder: string, port: number) =>
  Effect.async<ChildProcess>((resume) => {
    const child = spawn(
      postgres ?? "postgres",
      [
        ...["-D", folder, "-p", `${port}`, "-k", folder, "-c", "listen_addresses=127.0.0.1"],
        // Data must outlive the server, not the machine.
        ...["-c", "fsync=off", "-c", "max_connections=100"]
      ],
      { ...identity, cwd: folder, stdio: ["ignore", "ignore", "pipe"] }
    )
    child.stderr.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("ready to accept connections")) resume(Effect.succeed(child))
    })
    child.once("exit", (code) => resume(Effect.dieMessage(`postgres ended with ${code}`)))
  })

const end = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

export const start = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = mkdtempSync(join(tmpdir(), "frameio-postgres-"))
      if (user !== undefined) chownSync(made, user, user)
      return made
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  yield* Effect.sync(() => {
    const { status, stderr } = spawnSync(
      initdb ?? "initdb",
      ["-D", folder, "-U", "frameio", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...identity, cwd: folder, encoding: "utf8" }
    )
    if (status !== 0) throw new Error(`initdb ended with ${status}: ${stderr}`)
  })
  const port = yield* freePort
  let child: ChildProcess | undefined
  const up = Effect.map(launch(folder, port), (started) => {
    child = started
  })
  const down = (signal: NodeJS.Signals) =>
    Effect.suspend(() => (child === undefined ? Effect.void : end(child, signal)))
  yield* Effect.acquireRelease(up, () => down("SIGQUIT"))
  return {
    url: Redacted.make(`postgres://frameio@127.0.0.1:${port}/postgres`),
    /** Cuts off every connection. */
    stop: down("SIGINT"),
    /** Starts it again, with the committed data. */
    up
  }
})
