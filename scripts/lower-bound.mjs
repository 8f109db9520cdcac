/**
 * `npm run lower-bound [package…]` runs the tests of the libraries with the oldest versions in their peer ranges, in a
 * copy of this checkout.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8"))

/** The tests' own packages, which are nobody's peers, must fit. */
const oldest = { "@effect/experimental": "0.61.1", "@effect/vitest": "0.30.0" }
const libraries = []
for (const name of readdirSync(join(root, "packages"))) {
  const { peerDependencies } = read(`packages/${name}/package.json`)
  if (peerDependencies === undefined) continue
  libraries.push(name)
  for (const [peer, range] of Object.entries(peerDependencies)) oldest[peer] = /\d+\.\d+\.\d+/.exec(range)[0]
}
console.log(
  `With ${Object.entries(oldest)
    .map(([name, version]) => `${name}@${version}`)
    .join(" ")}`
)

const copy = mkdtempSync(join(tmpdir(), "effect-frameio-lower-bound-"))
const run = (...command) => {
  const [program, ...args] = command
  return spawnSync(program, args, { cwd: copy, stdio: "inherit", shell: process.platform === "win32" }).status ?? 1
}
const files = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0")
for (const file of files.filter((file) => file !== "")) cpSync(join(root, file), join(copy, file))

const manifest = read("package.json")
manifest.pnpm = { overrides: oldest }
writeFileSync(join(copy, "package.json"), JSON.stringify(manifest))
let code = run("npx", "--yes", manifest.packageManager, "install", "--no-frozen-lockfile", "--ignore-scripts")
const named = process.argv.slice(2)
const projects = (named.length > 0 ? named : libraries).flatMap((name) => ["--project", name])
if (code === 0) code = run(process.execPath, join(copy, "node_modules/vitest/vitest.mjs"), "run", ...projects)
rmSync(copy, { recursive: true, force: true })
process.exit(code)
