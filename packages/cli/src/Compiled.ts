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
import { Script } from "node:vm"

/** Absent where the environment names no folder. */
const folder = (): string | undefined => {
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
  const kept = folder()
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

/**
 * Runs a script whose value is a function as those of CommonJS modules, and answers what it exports. The code for it is kept
 * at the end of a process that succeeds, by the name of what it ran, and taken by the next; V8 itself refuses code of another
 * release or with other flags.
 *
 * @since 0.1.0
 * @category running
 */
export const load = (file: string, ran: string): unknown => {
  const into = folder()
  const script = basename(file, ".cjs")
  const name = `${script}-${ran}-${process.version}-${process.arch}`
  const cachedData = into === undefined ? undefined : read(join(into, name))
  const compiled = new Script(fs.readFileSync(file, "latin1"), { filename: file, cachedData })
  if (into !== undefined && compiled.cachedDataRejected !== false) {
    process.once("exit", (code) => {
      if (code === 0) write(into, name, script, compiled.createCachedData())
    })
  }
  const module = { exports: {} }
  compiled.runInThisContext()(module.exports, nodeModule.createRequire(file), module)
  return module.exports
}
