import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"
import { Effect } from "effect"
import * as esbuild from "esbuild"

export const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const bin = folder(`../build/bin-of-the-tests-${process.pid}.mjs`)

/** What the command has only through its packages. */
const OF_BATCH = /^@effect\/(sql|experimental)/

/** Marks what is to be found the ordinary way. */
const PLAIN = {}

/** Builds the program as it is in the sources, whatever lies in dist. */
export const build = () =>
  esbuild.build({
    entryPoints: [folder("../src/bin.ts")],
    outfile: bin,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    plugins: [
      {
        name: "sources",
        setup: (build) => {
          build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData }) => {
            if (pluginData === PLAIN) return undefined
            const [, name, module = "index"] = /^@effect-frameio\/(\w+)(?:\/(\w+))?$/.exec(path) ?? []
            if (name !== undefined) return { path: folder(`../../${name}/src/${module}.ts`) }
            // What the command itself depends on is there when it runs; what its packages do is taken in, or found.
            if (path === "csv-parse") return undefined
            if (!OF_BATCH.test(path)) return { path, external: true }
            const found = await build.resolve(path, {
              resolveDir: folder("../../batch"),
              kind: "import-statement",
              pluginData: PLAIN
            })
            return { path: pathToFileURL(found.path).href, external: true }
          })
        }
      }
    ]
  })

export interface Ended {
  /** Null after a signal. */
  readonly code: number | null
  readonly out: ReadonlyArray<string>
  readonly err: string
}

interface Child {
  readonly kill: (signal: "SIGINT" | "SIGKILL") => boolean
}

/** The real program in a process of its own. `onLine` sees each line of its standard output, and may end it. */
export const program = (
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly input?: string
    readonly onStart?: (child: Child) => void
    readonly onLine?: (line: string, child: Child) => void
    readonly onErr?: (text: string, child: Child) => void
  } = {}
) =>
  Effect.async<Ended>((resume) => {
    const child = spawn(process.execPath, [bin, ...args], {
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
