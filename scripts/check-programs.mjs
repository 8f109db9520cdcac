/**
 * The examples as programs of a stranger's project, which has the packed tarballs and what their manifests declare: they
 * compile as ES modules of Node and for a bundler, and one runs. Needs the build. `node scripts/check-programs.mjs`
 */
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const project = mkdtempSync(join(tmpdir(), "effect-frameio-programs-"))
process.on("exit", () => rmSync(project, { recursive: true, force: true }))

const run = (command, args, cwd) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    shell: command === "npm" && process.platform === "win32"
  })
  if (status === 0) return stdout
  console.error(`${command} ${args.join(" ")}\n${error?.message ?? ""}${stdout}${stderr}`)
  process.exit(1)
}

const manifestIn = (room) => JSON.parse(readFileSync(join(room, "package.json"), "utf8"))

const rooms = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((room) => manifestIn(room).private !== true && manifestIn(room).exports["."] !== undefined)

const tarballs = JSON.parse(
  run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project, ...rooms], project)
)
for (const { filename, name } of tarballs) {
  const into = join(project, "node_modules", name)
  mkdirSync(into, { recursive: true })
  run("tar", ["-xzf", join(project, filename), "-C", into, "--strip-components=1"], project)
}

for (const room of [...rooms, join(root, "examples")]) {
  const { dependencies, peerDependencies } = manifestIn(room)
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const [from, to] = [join(room, "node_modules", name), join(project, "node_modules", name)]
    if (existsSync(to) || !existsSync(from)) continue
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(realpathSync(from), to, "junction")
  }
}

/** A program of three packages: a stack is built at the fake, and seen there. */
const PROGRAM = `import { FakeFrameio, Seed } from "@effect-frameio/testing"
import { AssetCache } from "@effect-frameio/stacks"
import { Effect, Layer } from "effect"
import { stackShot } from "./stack.js"

const program = Effect.gen(function* () {
  const { world } = yield* FakeFrameio.FakeFrameio
  const { folderId, shots } = Seed.shots(world, { shots: 1, versions: 3 })
  yield* stackShot(folderId, shots[0]?.name ?? "")
  return world.stackOf(shots[0]?.versions[0] ?? "")?.versions.length
})

console.log(
  await Effect.runPromise(Effect.provide(program, AssetCache.layer().pipe(Layer.provideMerge(FakeFrameio.layerClient()))))
)
`
const sources = join(project, "src")
mkdirSync(sources)
const programs = readdirSync(join(root, "examples/src"))
for (const name of programs) copyFileSync(join(root, "examples/src", name), join(sources, name))
writeFileSync(join(sources, "try.ts"), PROGRAM)
writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }))

for (const [module, moduleResolution] of [
  ["ESNext", "bundler"],
  ["NodeNext", "NodeNext"]
]) {
  const compilerOptions = {
    ...{ module, moduleResolution, target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable"], outDir: "dist" },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: true },
    ...{ types: ["node"], typeRoots: [join(root, "node_modules/@types")] }
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }))
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"], project)
}
const said = run(process.execPath, ["dist/try.js"], project).trim()
if (said !== "3") {
  console.error(`The stack has ${said} versions instead of 3.`)
  process.exit(1)
}
console.log(
  `Programs: ${programs.length} compile against ${tarballs.length} tarballs under both resolutions, and one runs.`
)
