/**
 * What a process and its children have used, as Linux counts it.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"

/**
 * CPU since the start, and memory now and at its highest.
 *
 * @since 0.1.0
 * @category models
 */
export interface Usage {
  readonly cpuMillis: number
  /** `NaN` if the system does not tell. */
  readonly residentMiB: number
  readonly peakMiB: number
}

/** One tick of the kernel's counts. */
const TICK_MILLIS = 10

const read = (file: string): string => {
  try {
    return Fs.readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/** The fields after the name, which may contain anything: `[0]` is the state. */
const statOf = (pid: number | string): ReadonlyArray<string> =>
  read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? []

const childrenOf = (parent: number): ReadonlyArray<number> =>
  Fs.readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && statOf(name)[1] === String(parent))
    .map(Number)

const kibOf = (pid: number, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(read(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024

/** Own time, and that of children that were waited for. */
const cpuOf = (pid: number): number =>
  [11, 12, 13, 14].reduce((sum, field) => sum + Number(statOf(pid)[field] ?? 0), 0) * TICK_MILLIS

/**
 * The usage of a process; CPU includes its children. `NaN` without `/proc`.
 *
 * @since 0.1.0
 * @category usage
 */
export const of = (pid: number): Usage => {
  if (!Fs.existsSync(`/proc/${pid}`)) return { cpuMillis: Number.NaN, residentMiB: Number.NaN, peakMiB: Number.NaN }
  return {
    cpuMillis: [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuOf(one), 0),
    residentMiB: kibOf(pid, "VmRSS"),
    peakMiB: kibOf(pid, "VmHWM")
  }
}

/**
 * The first child of this process that runs a program of this name.
 *
 * @since 0.1.0
 * @category usage
 */
export const childNamed = (name: string): number =>
  childrenOf(process.pid).find((pid) => read(`/proc/${pid}/comm`).trim() === name) ?? 0
