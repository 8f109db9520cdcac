/**
 * Where a process spent its time, from a V8 CPU profile. Pure.
 *
 * @since 0.1.0
 */

interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/**
 * A fraction of the busy time, 0 to 1.
 *
 * @since 0.1.0
 * @category models
 */
export interface Share {
  readonly name: string
  readonly share: number
}

/** The package a script belongs to, in words. */
const packageOf = (url: string, functionName: string): string => {
  if (url === "") return functionName.startsWith("(") ? functionName : "native"
  if (url.startsWith("node:")) return "node"
  const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
  if (installed?.[1] !== undefined) return installed[1]
  return /\/packages\/([^/]+)\//.exec(url)?.[1] ?? url
}

const sorted = (totals: ReadonlyMap<string, number>, all: number): ReadonlyArray<Share> =>
  [...totals].map(([name, time]) => ({ name, share: time / all })).sort((a, b) => b.share - a.share)

/**
 * The time spent in each package and in each function itself, the largest first.
 *
 * @since 0.1.0
 * @category reading
 */
export const shares = (
  text: string
): { readonly packages: ReadonlyArray<Share>; readonly functions: ReadonlyArray<Share> } => {
  const profile = JSON.parse(text) as CpuProfile
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const packages = new Map<string, number>()
  const functions = new Map<string, number>()
  let all = 0
  profile.samples.forEach((id, i) => {
    const frame = frames.get(id)
    const time = profile.timeDeltas[i] ?? 0
    if (frame === undefined || frame.functionName === "(idle)" || frame.functionName === "(program)") return
    all += time
    const owner = packageOf(frame.url, frame.functionName)
    const name = `${owner} ${frame.functionName || "(anonymous)"} ${frame.url.split("/").pop() ?? ""}:${frame.lineNumber + 1}`
    packages.set(owner, (packages.get(owner) ?? 0) + time)
    functions.set(name, (functions.get(name) ?? 0) + time)
  })
  return { packages: sorted(packages, all), functions: sorted(functions, all) }
}
