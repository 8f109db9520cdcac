// @effect-diagnostics processEnv:off
/**
 * Code that V8 has compiled before, kept in the user's folder, since others may write to a shared one. Light, and without
 * Effect: it is loaded before anything else.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs"
import * as nodeModule from "node:module"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { Script } from "node:vm"

/** Absent where the environment names no folder. */
const cacheFolder = (): string | undefined => {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const cache = XDG_CACHE_HOME || LOCALAPPDATA || (HOME ? join(HOME, ".cache") : "")
  return cache === "" ? undefined : join(cache, "effect-frameio", "compiled")
}

/**
 * Has Node keep what it compiles of modules, as it can from 22.8 on.
 *
 * @since 0.1.0
 * @category running
 */
export const keepModules = (): void => {
  const kept = cacheFolder()
  if (kept === undefined || !("enableCompileCache" in nodeModule)) return
  if (typeof nodeModule.enableCompileCache === "function") nodeModule.enableCompileCache(kept)
}

/** The file's content, if it is there and nobody else's: it is run as it is. */
const read = (file: string): Buffer | undefined => {
  try {
    return fs.statSync(file).uid === (process.getuid?.() ?? 0) ? fs.readFileSync(file) : undefined
  } catch {
    return undefined
  }
}

/** Whole or not at all; what other releases have left there is removed. */
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
 * For a process that ends soon: less is collected of the heap, and only code that runs for long is optimised. By the major
 * version of V8, which complains of a flag that it does not know.
 */
const FLAGS: Readonly<Record<string, ReadonlyArray<string>>> = {
  11: [GROWTH, "--interrupt-budget=2000000"],
  12: [GROWTH, ...COUNTS],
  13: [GROWTH, ...COUNTS]
}

/** The value of a script, by the code that an earlier process has kept, or else kept for later ones. */
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
 * Scripts that are modules of CommonJS in all but name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scripts {
  /** The name of the first, which exports `shared` for the other. */
  readonly file: string
  /** The name of what it requires as `./later`, and which requires the first as `./once`. */
  readonly later: string
  /** Node's own modules that they require. */
  readonly builtins: ReadonlyArray<string>
}

/**
 * Runs the first of these scripts of a folder, and answers what it exports. The code for each is kept at the end of a
 * process that did its work, by the name of what it ran, and taken by the next; V8 itself refuses code of another release or
 * with other flags.
 *
 * @since 0.1.0
 * @category running
 */
export const load = (folder: URL, { builtins, file, later }: Scripts, ran: string): unknown => {
  const node = nodeModule.createRequire(folder)
  // Node's own compiled code counts for the default flags only.
  for (const name of builtins) node(name)
  for (const flag of FLAGS[process.versions.v8.split(".")[0] ?? ""] ?? []) setFlagsFromString(flag)
  const exportsOf = (name: string, require: (name: string) => unknown): Readonly<Record<string, unknown>> => {
    const { stackTraceLimit } = Error
    // Kept code has no positions: the first stack that is read would compile the whole script again.
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
