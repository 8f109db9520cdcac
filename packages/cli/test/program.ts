import { execFile, spawn } from "node:child_process"
import { rm } from "node:fs/promises"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect } from "effect"

export const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const built = folder(`../build/program-of-the-tests-${process.pid}`)

/**
 * Builds the program from the sources, whatever is in dist; for `beforeAll`, which returns how to undo it at the end.
 */
export const build = async () => {
  await promisify(execFile)(process.execPath, [folder("../bundle.mjs"), built])
  return () => rm(built, { recursive: true, force: true })
}

/** The built program. */
export const programFile = `${built}/bin.js`

export interface Ended {
  /** Null after a signal. */
  readonly code: number | null
  readonly out: ReadonlyArray<string>
  readonly err: string
}

interface Child {
  readonly kill: (signal: "SIGINT" | "SIGKILL") => boolean
}

/** The real program in its own process. `onLine` sees each line of its standard output, and may end it. */
export const program = (
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly input?: string
    /** A program that runs it, with its arguments. */
    readonly under?: ReadonlyArray<string>
    readonly onStart?: (child: Child) => void
    readonly onLine?: (line: string, child: Child) => void
    readonly onErr?: (text: string, child: Child) => void
  } = {}
) =>
  Effect.async<Ended>((resume) => {
    const [command = "", ...rest] = [...(options.under ?? []), process.execPath, `${built}/bin.js`, ...args]
    const child = spawn(command, rest, {
      env: { PATH: process.env.PATH, ...options.env },
      stdio: ["pipe", "pipe", "pipe"]
    })
    options.onStart?.(child)
    const out: Array<string> = []
    let err = ""
    child.stderr.on("data", (data: Buffer) => {
      err += data.toString()
      options.onErr?.(data.toString(), child)
    })
    child.stdin.on("error", () => undefined)
    child.stdin.end(options.input ?? "")
    const lines = createInterface({ input: child.stdout })
    lines.on("line", (line) => {
      out.push(line)
      options.onLine?.(line, child)
    })
    child.on("close", (code) => resume(Effect.succeed({ code, out, err })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
