/**
 * Who may import whom: the walls between the packages, checked on every import, export-from and import().
 * This declaration is the only one; everything below it reads it.
 */
const arrows = `
  ratelimit   →
  core        → ratelimit
  stacks      → core ratelimit
  testing     → core ratelimit
  redis       → ratelimit
  undici      → core
  batch       → core ratelimit stacks
  report      → batch core
  cli         → core ratelimit stacks batch report testing undici
  benchmarks  → core ratelimit stacks batch testing redis undici
  examples    → core ratelimit stacks batch report testing redis undici
`

/** These run wherever \`fetch\` does: nothing of Node in them. */
const platformFree = ["ratelimit", "core", "stacks"]

/** These are published libraries: they import modules, never a barrel, so that a user bundles what is used. */
const libraries = ["ratelimit", "core", "stacks", "testing", "redis", "undici", "batch", "report", "cli"]

/** These are published as a bundle, which needs at run time only what is external to it. */
const bundled = ["cli"]

/** These hold rules and no effects: they import nothing but one another. */
const pure = [
  "packages/batch/src/internal/plan/dates.ts",
  "packages/batch/src/internal/plan/folded.ts",
  "packages/batch/src/internal/plan/nearMatches.ts",
  "packages/batch/src/internal/plan/ownPattern.ts",
  "packages/batch/src/internal/plan/scanners.ts",
  "packages/batch/src/internal/plan/series.ts",
  "packages/batch/src/internal/plan/settle.ts",
  "packages/batch/src/internal/plan/stackHead.ts",
  "packages/batch/src/NamingRule.ts",
  "packages/batch/src/PlanFile.ts",
  "packages/batch/src/VersionGrouping.ts",
  "packages/ratelimit/src/LeakyBucket.ts",
  "packages/stacks/src/PartPlan.ts",
  "packages/ratelimit/src/RateLimitHeaders.ts",
  "packages/ratelimit/src/RetryAfter.ts",
  "packages/ratelimit/src/Transport.ts",
  "packages/ratelimit/src/internal/expiries.ts",
  "packages/core/src/SecureUrl.ts",
  "packages/core/src/SafeText.ts",
  "packages/ratelimit/src/internal/waitingLine.ts"
]

/** Libraries that a pure module may import: no state, no clock, no input or output. */
const pureLibraries = ["re2js"]

/** Any test may use the fake. */
const testsMayUse = ["testing"]

import { existsSync, readdirSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const scope = "@effect-frameio/"

const mayImport = new Map(
  arrows
    .trim()
    .split("\n")
    .map((line) => line.split("→").map((side) => side.trim()))
    .map(([room, targets]) => [room, targets === "" ? [] : targets.split(/\s+/)])
)

const folderOf = (room) => (room === "examples" ? "examples" : `packages/${room}`)

const problems = []
const problem = (file, text, position, message) => {
  const line = text.slice(0, position).split("\n").length
  problems.push(`${file}:${line} ${message}`)
}

const isNode = (specifier) =>
  specifier.startsWith("node:") ||
  builtinModules.includes(specifier) ||
  /^@effect\/(platform-(node|bun|browser)|sql-[^/]+)(-shared)?(\/|$)/.test(specifier) ||
  specifier === "undici"

const packageOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

const needed = (manifest) => ({ ...manifest.dependencies, ...manifest.peerDependencies })

const sourceFiles = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .map((name) => join(folder, name).split(sep).join("/"))
        .filter((name) => /\.[cm]?tsx?$/.test(name) && !/\/(node_modules|dist|build|fixtures)\//.test(`/${name}`))
    : []

const checkFile = (room, file, kind, manifest) => {
  const text = readFileSync(join(root, file), "utf8")
  const rooms = mayImport.get(room)
  const { importedFiles } = ts.preProcessFile(text, true, true)
  for (const { fileName: specifier, pos } of importedFiles) {
    const say = (message) => problem(file, text, pos, message)

    if (specifier.startsWith(".")) {
      if (!/\.(js|mjs|json)$/.test(specifier)) say(`"${specifier}" must end in .js, or Node does not find it`)
      const target = relative(root, resolve(root, dirname(file), specifier))
        .split(sep)
        .join("/")
      const home = kind === "src" && !bundled.includes(room) ? `${folderOf(room)}/src/` : `${folderOf(room)}/`
      if (!target.startsWith(home)) say(`"${specifier}" leaves ${home}: import the package by its name`)
      if (pure.includes(file) && !pure.includes(target.replace(/\.js$/, ".ts"))) {
        say(`"${specifier}" is not pure, and ${file} may import pure modules only`)
      }
      continue
    }

    if (pure.includes(file) && !pureLibraries.includes(specifier))
      say(`"${specifier}": a pure module imports nothing but pure modules`)

    if (specifier.startsWith(scope)) {
      const target = specifier.slice(scope.length).split("/")[0]
      const allowed = target === room ? kind !== "src" : rooms.includes(target)
      const allowedInTests = kind === "test" && testsMayUse.includes(target)
      if (!allowed && !allowedInTests) {
        say(
          target === room
            ? `"${specifier}" is this package itself: import the file`
            : `${room} may not import ${target} (it may import: ${rooms.join(", ") || "none of ours"})`
        )
      }
      if (specifier.includes("/internal/")) say(`"${specifier}" is internal to ${target}`)
    }

    if (kind === "src" && platformFree.includes(room) && isNode(specifier)) {
      say(`"${specifier}": ${room} knows nothing of Node, whoever provides the platform does`)
    }

    const isBarrel =
      specifier === "effect" || (/^@effect(-frameio)?\//.test(specifier) && specifier.split("/").length === 2)
    if (kind === "src" && libraries.includes(room) && isBarrel) {
      say(`"${specifier}" is a barrel: import the module, as in \`import * as Effect from "effect/Effect"\``)
    }

    const name = packageOf(specifier)
    const isBuiltin = specifier.startsWith("node:") || builtinModules.includes(specifier)
    const isOurFake = kind === "test" && testsMayUse.some((room) => name === `${scope}${room}`)
    const declared =
      kind === "src" && !bundled.includes(room)
        ? needed(manifest)
        : { ...needed(manifest), ...manifest.devDependencies }
    if (!isBuiltin && !isOurFake && name !== manifest.name && !(name in declared)) {
      say(`"${name}" is not declared in ${folderOf(room)}/package.json${kind === "src" ? " as a dependency" : ""}`)
    }
  }
}

/** A build without a reference writes beside the sources, where later runs would take it for one. */
const strays = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true }).filter((name) => /\.(js|d\.ts|map)$/.test(name))
    : []

let count = 0
for (const room of mayImport.keys()) {
  const folder = folderOf(room)
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  for (const stray of room === "examples" ? [] : strays(`${folder}/src`)) {
    problems.push(
      `${folder}/src/${stray} was built here by mistake: delete it, and see that every tsconfig has its references`
    )
  }
  for (const kind of ["src", "test", "examples"]) {
    for (const file of sourceFiles(`${folder}/${kind}`)) {
      count++
      checkFile(room, file, kind === "src" ? "src" : "test", manifest)
    }
  }
}
for (const name of readdirSync(join(root, "packages"))) {
  if (!mayImport.has(name)) problems.push(`packages/${name} has no arrows: declare them in scripts/check-imports.mjs`)
}
for (const file of pure) {
  if (!existsSync(join(root, file))) problems.push(`${file} is declared pure and is not there`)
}

if (problems.length > 0) {
  console.error(problems.join("\n"))
  console.error(`\n${problems.length} imports cross a wall. The arrows are in scripts/check-imports.mjs.`)
  process.exit(1)
}
console.log(`Imports: ${count} files keep to their walls.`)
