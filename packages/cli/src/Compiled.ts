// @effect-diagnostics processEnv:off
/**
 * Code that V8 has compiled before, kept in the user's folder, because others may write to a shared one. Light, and
 * without Effect: it is loaded before anything else.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs"
import * as nodeModule from "node:module"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { Script } from "node:vm"

/** Absent if the environment names no folder. */
const cacheFolder = (): string | undefined => {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const cache = XDG_CACHE_HOME || LOCALAPPDATA || (HOME ? join(HOME, ".cache") : "")
  return cache === "" ? undefined : join(cache, "effect-frameio", "compiled")
}

/**
 * Lets Node keep the compiled code of modules, which it can from 22.8 on.
 *
 * @since 0.1.0
 * @category running
 */
export const keepModules = (): void => {
  const kept = cacheFolder()
  if (kept === undefined || !("enableCompileCache" in nodeModule)) return
  if (typeof nodeModule.enableCompileCache === "function") nodeModule.enableCompileCache(kept)
}

/** The file's content, if it exists and belongs to the user: it is run unchecked. */
const read = (file: string): Buffer | undefined => {
  try {
    return fs.statSync(file).uid === (process.getuid?.() ?? 0) ? fs.readFileSync(file) : undefined
  } catch {
    return undefined
  }
}

/** Writes all or nothing, and removes what other releases have left there. */
const write = (into: string, name: string, script: string, code: Buffer): void => {
  try {
    fs.mkdirSync(into, { recursive: true, mode: 0o700 })
    const half = join(into, `${name}.${process.pid}`)
    fs.writeFileSync(half, code, { mode: 0o600, flush: true })
    fs.renameSync(half, join(into, name))
    const [kind] = script.split("-")
    for (const one of fs.readdirSync(into)) {
      if (one.startsWith(`${kind}-`) && !one.startsWith(script)) fs.rmSync(join(into, one))
    }
  } catch {
    // Without it the next start is slower.
  }
}

const GROWTH = "--semi-space-growth-factor=16"
const COUNTS = ["--invocation-count-for-maglev=4000", "--invocation-count-for-turbofan=30000"]

/**
 * For a short-lived process: less of the heap is collected, and only long-running code is optimized. By V8's major
 * version, because V8 complains about unknown flags.
 */
const FLAGS: Readonly<Record<string, ReadonlyArray<string>>> = {
  11: [GROWTH, "--interrupt-budget=2000000"],
  12: [GROWTH, ...COUNTS],
  13: [GROWTH, ...COUNTS]
}

/** The value of a script, from the code that an earlier process has kept; else its code is kept for later ones. */
const evaluated = (file: string, ran: string) => {
  const into = cacheFolder()
  const script = basename(file, ".cjs")
  const name = `${script}-${ran}-${process.version}-${process.arch}`
  const cachedData = into === undefined ? undefined : read(join(into, name))
  const compiled = new Script(fs.readFileSync(file, "latin1"), { filename: file, cachedData })
  if (into !== undefined && compiled.cachedDataRejected !== false) {
    process.once("exit", (code) => {
      // A plan with findings ends with 1.
      if (code <= 1) write(into, name, script, compiled.createCachedData())
    })
  }
  return compiled.runInThisContext()
}

/**
 * Scripts that are CommonJS modules in all but name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scripts {
  /** The name of the first script, which exports `shared` for the other. */
  readonly file: string
  /** The name of the script that it requires as `./later`, and which requires the first as `./once`. */
  readonly later: string
  /** Node's own modules that they require. */
  readonly builtins: ReadonlyArray<string>
}

/**
 * Runs the first of these scripts of a folder, and returns its exports. At the end of a process that did its work, the
 * code of each is kept, by the name of what it ran, for the next; V8 itself refuses code of another release or with
 * other flags.
 *
 * @since 0.1.0
 * @category running
 */
export const load = (folder: URL, { builtins, file, later }: Scripts, ran: string): unknown => {
  const node = nodeModule.createRequire(folder)
  // Node's own compiled code is valid only for the default flags.
  for (const name of builtins) node(name)
  for (const flag of FLAGS[process.versions.v8.split(".")[0] ?? ""] ?? []) setFlagsFromString(flag)
  const exportsOf = (name: string, require: (name: string) => unknown): Readonly<Record<string, unknown>> => {
    const { stackTraceLimit } = Error
    // Kept code has no positions: reading a stack would compile the whole script again.
    Error.stackTraceLimit = 0
    const module = { exports: {} }
    evaluated(fileURLToPath(new URL(name, folder)), ran)(module.exports, require, module)
    Error.stackTraceLimit = stackTraceLimit
    return module.exports
  }
  const first = exportsOf(file, (name) =>
    name === "./later" ? exportsOf(later, (its) => (its === "./once" ? first.shared : node(its))) : node(name)
  )
  return first
}
